"""Start the hub and the class of a built workshop on this machine, and let ten learners work in it through the hub's own interface.

    python try_room.py ../../_build/workshops/NAME

Each learner logs in with the password of the room, agrees to be shown (the last one does not), starts a server, opens a kernel, and
solves the first exercise with the solution from the instructor's copy. Then the board must show nine who are done, and no tenth.
Prints how long it took and the memory of a learner; ends with 1 if the board is wrong. Needs what README.md installs.
"""

import asyncio
import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from urllib.parse import quote

import nbformat
import psutil
from tornado.httpclient import AsyncHTTPClient, HTTPError, HTTPRequest
from tornado.websocket import websocket_connect

HERE = Path(__file__).resolve().parent
LEARNERS = 10
# The configuration of the room, and besides a way in for this program.
CONFIG = """
load_subconfig({config!r})
c.JupyterHub.services += [{{"name": "try", "api_token": {token!r}}}]
c.JupyterHub.load_roles += [{{"name": "try", "services": ["try"],
    "scopes": ["admin:users", "admin:servers", "access:servers", "read:hub"]}}]
c.JupyterHub.hub_port = {hub}
c.ConfigurableHTTPProxy.api_url = "http://127.0.0.1:{proxy}"
c.Spawner.args = {arguments!r}
"""


def free():
    """A port that nobody listens on."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


class Hub:
    def __init__(self, address, token):
        self.address, self.token = address, token
        self.client = AsyncHTTPClient(max_clients=50)

    async def ask(self, path, method="GET", body=None):
        asked = HTTPRequest(
            self.address + path,
            method,
            {"Authorization": f"token {self.token}", "Content-Type": "application/json"},
            body=None if body is None else json.dumps(body),
            request_timeout=120,
        )
        answer = await self.client.fetch(asked)
        return json.loads(answer.body or b"null")


async def until(ready, what, seconds=180):
    """Ask again until it is so."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            if found := await ready():
                return found
        except (OSError, HTTPError):
            pass  # not yet
        await asyncio.sleep(1)
    sys.exit(f"Not within {seconds} s: {what}.")


async def run(kernel, code):
    """Run code in a kernel; gives the text that it printed and the names of its errors."""
    message = secrets.token_hex(8)
    header = {
        "msg_id": message,
        "msg_type": "execute_request",
        "username": "",
        "session": message,
        "version": "5.3",
    }
    content = {
        "code": code,
        "silent": False,
        "store_history": False,
        "user_expressions": {},
        "allow_stdin": False,
    }
    await kernel.write_message(
        json.dumps(
            {"header": header, "parent_header": {}, "metadata": {}, "content": content, "channel": "shell"}
        )
    )
    said = []
    while True:
        told = json.loads(await kernel.read_message())
        if told["parent_header"].get("msg_id") != message:
            continue
        kind, content = told["msg_type"], told["content"]
        if kind == "error":
            said.append(f"{content['ename']}: {content['evalue']}")
        elif kind in ("execute_result", "display_data"):
            said.append(content["data"].get("text/plain", ""))
        elif kind == "stream":
            said.append(content["text"])
        elif kind == "status" and content["execution_state"] == "idle":
            return "\n".join(said)


def solved(place):
    """(question, the cells that lead to its right answer) of the first exercise of the instructor's copy."""
    outline = json.loads((place / "instructor" / "class.json").read_text(encoding="utf-8"))
    question = outline["exercises"][0]["id"]
    for path in sorted((place / "instructor" / "notebooks").rglob("*.ipynb")):
        cells = nbformat.read(path, 4).cells
        checks = [
            n
            for n, cell in enumerate(cells)
            if cell.cell_type == "code" and f'check("{question}")' in cell.source
        ]
        if checks:
            break
    left_out = {"wrong-answer", "starter"}
    before = [
        cell.source
        for cell in cells[: checks[-1] + 1]
        if cell.cell_type == "code" and not left_out & set(cell.metadata.get("tags", []))
    ]
    return question, before


async def learner(hub, number, cells):
    name, agreed = f"learner-{number}", number < LEARNERS - 1
    await hub.ask(f"hub/api/users/{name}", "POST", {})
    await hub.ask(f"hub/api/users/{name}/server", "POST", {"share": agreed})

    async def started():
        return (await hub.ask(f"hub/api/users/{name}"))["servers"].get("", {}).get("ready")

    await until(started, f"the server of {name}")
    kernel = await hub.ask(f"user/{name}/api/kernels", "POST", {})
    address = f"{hub.address.replace('http', 'ws', 1)}user/{quote(name)}/api/kernels/{kernel['id']}/channels"
    channel = await websocket_connect(HTTPRequest(address, headers={"Authorization": f"token {hub.token}"}))
    said = [await run(channel, cell) for cell in cells]
    return said[-1]


async def work(built, folder):
    # The class keeps its journal beside its folder: here beside a copy, so that a real class is not mixed with this one.
    place = folder / "workshop" / built.name
    place.mkdir(parents=True)
    for part in ("learner", "instructor"):
        (place / part).symlink_to(built / part)
    ports = {name: free() for name in ("board", "public", "hub", "proxy")}
    board, public = (f"http://127.0.0.1:{ports[name]}/" for name in ("board", "public"))
    token = secrets.token_hex(24)
    config = folder / "config.py"
    config.write_text(
        CONFIG.format(
            config=str(HERE / "jupyterhub_config.py"),
            token=token,
            hub=ports["hub"],
            proxy=ports["proxy"],
            arguments=["--allow-root"] if os.geteuid() == 0 else [],
        )
    )
    settings = os.environ | {
        "CLASS_PASSWORD": secrets.token_hex(8), "CLASS_KIT": str(place / "learner"), "CLASS_PLACES": str(folder / "class"),
        "CLASS_ADDRESS": public, "CLASS_BOARD": board,
    }  # fmt: skip
    commands = (
        [sys.executable, "-m", "cleanworks.cli", "class", "serve", str(place), "--host", "127.0.0.1", "--port", str(ports["board"])],
        [sys.executable, "-m", "jupyterhub", "-f", str(config)],
    )  # fmt: skip
    processes = []
    try:
        for number, command in enumerate(commands):
            with open(folder / f"{number}.log", "w") as log:
                processes.append(subprocess.Popen(command, env=settings, cwd=folder, stdout=log, stderr=log))
        hub = Hub(public, token)
        await until(lambda: hub.ask("hub/api"), "the hub answers")
        question, cells = solved(place)
        begun = time.monotonic()
        said = await asyncio.gather(*(learner(hub, number, cells) for number in range(LEARNERS)))
        seconds = time.monotonic() - begun
        memory = [
            sum(child.memory_info().rss for child in [one, *one.children(recursive=True)])
            for one in psutil.Process(processes[1].pid).children(recursive=True)
            if "jupyterhub-singleuser" in " ".join(one.cmdline())
        ]
        told = (folder / "0.log").read_text(encoding="utf-8")
        secret = told.partition("/board/")[2].partition("/")[0]

        async def shown():
            saved = await hub.ask_board(f"{board}board/{secret}/class.json")
            done = [
                one for one in saved["records"] for lesson in one.values() if question in lesson["exercises"]
            ]
            return len(done) >= LEARNERS - 1 and done

        async def ask_board(address):
            return json.loads((await hub.client.fetch(address)).body)

        hub.ask_board = ask_board
        done = await until(shown, f"the board shows {LEARNERS - 1} learners at {question}", 30)
    except BaseException:
        for log in sorted(folder.glob("*.log")):
            print(log.read_text(encoding="utf-8", errors="replace")[-3000:], file=sys.stderr)
        raise
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            process.wait(30)
    print(
        f"{len(done)} of {LEARNERS} learners are on the board at {question}; one did not agree. The last check said: {said[0]}"
    )
    print(
        f"All started and solved it within {seconds:.0f} s; memory of a learner {max(memory) / 1e6:.0f} MB at most."
    )
    return len(done) == LEARNERS - 1


def main():
    if len(sys.argv) != 2 or not (Path(sys.argv[1]) / "instructor" / "class.json").is_file():
        sys.exit("Name the folder of a workshop that `cleanworks workshop build` made.")
    if not shutil.which("configurable-http-proxy"):
        sys.exit(
            "The proxy is not on the path: npm install configurable-http-proxy, then add node_modules/.bin to PATH."
        )
    with tempfile.TemporaryDirectory() as folder:
        right = asyncio.run(work(Path(sys.argv[1]).resolve(), Path(folder)))
    sys.exit(0 if right else 1)


if __name__ == "__main__":
    main()
