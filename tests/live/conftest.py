"""A small release of Pyodide that nobody has to fetch, and a web server for it on this machine."""

from __future__ import annotations

import base64
import hashlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from cleanworks.workshop.live.release import File, Index, Parts, Release

CONTENTS = {"one.js": b"let one = 1;\n" * 9000, "two.zip": bytes(range(256)) * 700}


def read_script(data: bytes) -> bytes:
    """The deflated image in a script, as the page takes it out."""
    return base64.b64decode(data.split(b"*")[1])


@dataclass
class Server:
    """What a local web server gives, and what it was asked for."""

    address: str
    files: dict[str, bytes]
    asked: list[tuple[str, str | None]] = field(default_factory=list)
    ranges: bool = True
    break_after: int | None = None


@pytest.fixture
def server() -> Iterator[Server]:
    state = Server("", dict(CONTENTS))

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            name, wanted = self.path.strip("/"), self.headers.get("Range")
            state.asked.append((name, wanted))
            if name not in state.files:
                self.send_error(404)
                return
            data, begun = state.files[name], 0
            if wanted and state.ranges:
                begun = int(wanted.removeprefix("bytes=").rstrip("-"))
                if begun >= len(data):
                    self.send_error(416)
                    return
            self.send_response(206 if begun else 200)
            self.send_header("Content-Length", str(len(data) - begun))
            self.end_headers()
            end = len(data) if state.break_after is None else begun + state.break_after
            self.wfile.write(data[begun:end])

        def log_message(self, *words: object) -> None:
            """Tests are quiet."""

    listening = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    state.address = f"http://127.0.0.1:{listening.server_port}/"
    thread = threading.Thread(target=listening.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield state
    listening.shutdown()
    thread.join()


@pytest.fixture
def release(server: Server) -> Release:
    """Two files, at the server's address; a package index knows nothing of them."""
    files = {name: File(name, len(data), hashlib.sha256(data).hexdigest()) for name, data in CONTENTS.items()}
    index = Index("cleanworks-no-such-package==0.0.1", "0" * 64, "carrier/", 1000)
    return Release(
        "0.0", "3.12", "cb0d0d0a", server.address, {}, index, files, {"one": Parts("one", tuple(files))}
    )


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    """No folder is named, and pip knows no index."""
    for name in ("CLEANWORKS_PYODIDE", "PIP_EXTRA_INDEX_URL", "PIP_INDEX_URL", "PIP_FIND_LINKS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")


@pytest.fixture
def said() -> list[str]:
    return []


def write(folder: Path, **changed: bytes) -> Path:
    """A folder with the files, some of them changed."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in CONTENTS.items():
        (folder / name).write_bytes(changed.get(name.partition(".")[0], data))
    return folder
