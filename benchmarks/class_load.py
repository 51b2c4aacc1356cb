"""Do sixty learners join a class within ten seconds, is the board current within one, and does the server need under 300 MB?

    python benchmarks/class_load.py BUILT [--people 60]

BUILT is the folder of a workshop that `cleanworks workshop build` made. It is copied to a place of its own, served by
`cleanworks class serve` in a process of its own at 127.0.0.1, and asked by so many browsers at once as a program plays
them: each opens the first page, joins, and loads the first page of the book. Then each sends three checks at a person's
pace, and for every one the time until the board's stream shows it is measured. Exit code 1 if a limit is missed.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil
from tornado.httpclient import AsyncHTTPClient

JOIN, CURRENT, MEGABYTES = 10.0, 1.0, 300.0
COMMAND = [sys.executable, "-c", "from cleanworks.cli import main; main()"]


async def play(address: str, board: str, about: dict, people: int) -> tuple[float, list[float]]:
    """(seconds until all had joined, seconds until the board showed each check)."""
    client = AsyncHTTPClient(force_instance=True, max_clients=2 * people + 10)
    question = about["exercises"][0]["id"]
    seen: dict[int, float] = {}
    rest = b""

    def read(chunk: bytes) -> None:
        nonlocal rest
        *whole, rest = (rest + chunk).split(b"\n\n")
        for one in whole:
            told = json.loads(one.removeprefix(b"data: "))
            seen[told["version"]] = time.perf_counter()

    async def post(path: str, body: dict, cookie: str = ""):
        headers = {"Content-Type": "application/json", "Cookie": cookie}
        return await client.fetch(address + path, method="POST", body=json.dumps(body), headers=headers)

    async def join() -> str:
        await client.fetch(address)
        answer = await post("class/join", {"name": "", "share": True})
        await client.fetch(address + "kit/book/index.html")
        return answer.headers["Set-Cookie"].partition(";")[0]

    listening = asyncio.ensure_future(
        client.fetch(board + "events", streaming_callback=read, request_timeout=600, raise_error=False)
    )
    begun = time.perf_counter()
    cookies = await asyncio.gather(*(join() for _ in range(people)))
    joined = time.perf_counter() - begun

    sent: list[float] = []

    async def work(cookie: str, wait: float) -> None:
        for outcome in ("not-yet", "raised", "correct"):
            await asyncio.sleep(wait)
            body = {
                "workshop": about["workshop"],
                "question": question,
                "outcome": outcome,
                "mistake": None,
                "hints": 0,
            }
            await post("class/check", body, cookie)
            sent.append(time.perf_counter())

    await asyncio.gather(*(work(cookie, 1 + 2 * n / people) for n, cookie in enumerate(cookies)))
    await asyncio.sleep(3 * CURRENT)
    logging.disable()  # the client complains that its stream is closed, which is meant
    listening.cancel()
    # Every change has its version: the n-th check is shown by the first board that is as new.
    first = max(seen) - len(sent)
    waits = []
    for n, moment in enumerate(sorted(sent), 1):
        shown = [at for version, at in seen.items() if version >= first + n]
        waits.append(max(0.0, min(shown) - moment))
    return joined, waits


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("built", type=Path)
    parser.add_argument("--people", type=int, default=60)
    options = parser.parse_args()
    about = json.loads((options.built / "instructor" / "class.json").read_text(encoding="utf-8"))
    with tempfile.TemporaryDirectory(prefix="class-") as place:
        folder = Path(place) / about["workshop"]
        shutil.copytree(options.built, folder)
        command = [*COMMAND, "class", "serve", str(folder), "--host", "127.0.0.1", "--port", "8897"]
        server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, bufsize=1)
        try:
            for line in server.stdout:
                if found := re.search(r"http://\S+/board/\S+/", line):
                    board = found[0]
                    break
            else:
                sys.exit("The server did not start.")
            joined, waits = asyncio.run(play("http://127.0.0.1:8897/", board, about, options.people))
            memory = psutil.Process(server.pid).memory_info().rss / 1e6
        finally:
            server.terminate()
            server.wait()
    print(f"{options.people} joined, each with two pages, in {joined:.1f} s (limit {JOIN:.0f})")
    print(
        f"{len(waits)} checks on the board after {sorted(waits)[len(waits) // 2]:.2f} s (median), {max(waits):.2f} s at most (limit {CURRENT:.0f})"
    )
    print(f"{memory:.0f} MB of memory (limit {MEGABYTES:.0f})")
    return int(joined > JOIN or max(waits) > CURRENT or memory > MEGABYTES)


if __name__ == "__main__":
    sys.exit(main())
