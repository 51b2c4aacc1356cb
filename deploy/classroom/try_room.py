"""Start the hub and the class of a built workshop on this machine, and let ten learners work in it through the hub's own interface.

    python try_room.py ../../_build/workshops/NAME

First the login page, as a browser fills it in: another password and a name that is no folder are refused, the password of the room is not.
Then each learner agrees to be shown (the last one does not), starts a server, opens a kernel, and solves the first exercise with the
solution from the instructor's copy. The board must show nine who are done, and no tenth.
Prints how long it took and the memory of a learner; ends with 1 if something is wrong. Needs what README.md installs.
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
from http.cookiejar import CookieJar
from pathlib import Path
from urllib import request
from urllib.error import HTTPError as Refused
from urllib.parse import quote, urlencode

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


class Browser:
    """Fills in the login page of the hub and keeps its cookies."""

    def __init__(self, address):
        self.address = address
        self.cookies = CookieJar()
        self.opener = request.build_opener(
            request.ProxyHandler({}), request.HTTPCookieProcessor(self.cookies)
        )

    def open(self, path, **fields):
        """The status, the last address and the text of a page; fields are sent as its form sends them."""
        if fields:
            fields["_xsrf"] = next(one.value for one in self.cookies if one.name == "_xsrf")
        sent = urlencode(fields).encode() or None
        try:
            with self.opener.open(self.address + path, sent, timeout=60) as answer:
                return answer.status, answer.url, answer.read().decode()
        except Refused as refused:
            return refused.code, refused.url, refused.read().decode()

    def log_in(self, name, password):
        status, _, page = self.open("hub/login")
        if status != 200 or 'name="password"' not in page:
            sys.exit(f"The login page answers {status} and asks for no password.")
        return self.open("hub/login", username=name, password=password)


def log_in_wrong_and_right(address, password):
    """What is wrong with the login page, in sentences."""
    wrong = []
    for name, word in (
        ("ada", password + "x"),
        ("ada", ""),
        ("ada lovelace", password),
        ("ada/../..", password),
    ):
        status, _, page = Browser(address).log_in(name, word)
        if status != 403 or 'name="password"' not in page:
            wrong.append(f"{name!r} with {len(word)} signs as password was answered {status}.")
    browser = Browser(address)
    status, url, page = browser.log_in("ada", password)
    if status != 200 or "/hub/login" in url or 'name="share"' not in page:
        wrong.append(f"The right password led to {url} ({status}), not to the question of the board.")
    status, url, _ = browser.open("hub/admin")
    if status not in (403, 404):
        wrong.append(f"A learner was let into {url} ({status}).")
    status, url, page = Browser(address).open("hub/home")
    if "/hub/login" not in url:
        wrong.append(f"Without a password one came to {url} ({status}).")
    return wrong


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
    password = secrets.token_hex(8)
    settings = os.environ | {
        "CLASS_PASSWORD": password, "CLASS_KIT": str(place / "learner"), "CLASS_PLACES": str(folder / "class"),
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
        wrong = await asyncio.to_thread(log_in_wrong_and_right, public, password)
        print("\n".join(wrong) or "The login page takes the password of the room and no other.")
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
    return len(done) == LEARNERS - 1 and not wrong


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
