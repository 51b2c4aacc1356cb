"""A book whose pages run Python, browsers without a network to read it in, and what a reader does there."""

from __future__ import annotations

import contextlib
import functools
import http.server
import json
import os
import select
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import Locator, Page, expect

ROOT = Path(__file__).resolve().parents[2]

LONG = 400_000
"""Milliseconds for Python to start, on a machine that does other things too."""

_LISTEN = """
window.ranCells = [];
document.addEventListener('cw-ran', event => ranCells.push(event.detail.cell));
"""


def sealed(command: str, folder: Path, group: Path | None = None) -> Path:
    """A program that starts another one where no network is, not even the machine's own; in a group with a limit, if one is given."""
    path = folder / f"sealed-{Path(command).name}"
    join = f'echo $$ > "{group}/cgroup.procs"\n' if group else ""
    path.write_text(f'#!/bin/sh\n{join}exec {" ".join(SEAL)} "{command}" "$@"\n', encoding="utf-8")
    path.chmod(0o755)
    return path


@contextmanager
def little_memory(megabytes: int) -> Iterator[Path | None]:
    """A control group inside that of the tests, with so much memory and no swap; None where the system does not allow one."""
    group = None
    try:
        for line in Path("/proc/self/cgroup").read_text(encoding="ascii").splitlines():
            _, kinds, place = line.split(":", 2)
            old = "memory" in kinds.split(",")  # the first version of these groups has a tree for each kind
            if old or not kinds:
                tree = Path("/sys/fs/cgroup/memory" if old else "/sys/fs/cgroup")
                found = tree / place.lstrip("/") / f"cleanworks-{os.getpid()}"
                found.mkdir()
                group = found
                limits = ("memory.limit_in_bytes", "memory.memsw.limit_in_bytes") if old else ("memory.max",)
                for name in limits:
                    (group / name).write_text(str(megabytes * 1_000_000))
                break
    except OSError:
        if group:
            group.rmdir()
        group = None
    try:
        yield group
    finally:
        if group:
            for process in (group / "cgroup.procs").read_text().split():
                with contextlib.suppress(ProcessLookupError):
                    ended = os.pidfd_open(int(process))
                    select.select([ended], [], [], 30)
                    os.close(ended)
            group.rmdir()


def _seal() -> list[str]:
    wish = ["unshare", "-n"] if os.geteuid() == 0 else ["unshare", "-rn"]
    allowed = shutil.which("unshare") and subprocess.run([*wish, "true"], capture_output=True).returncode == 0
    return wish if allowed else []


SEAL = _seal()
"""What goes before a command that shall have no network; nothing where the system does not allow it."""


def cells_of(set_path: str) -> dict[str, Any]:
    """The code cells of an exercise set's source by id."""
    (path,) = (ROOT / "exercises").glob(f"*/{set_path}-*.ipynb")
    content = json.loads(path.read_text(encoding="utf-8"))
    return {
        cell["id"]: {**cell, "source": "".join(cell["source"])}
        for cell in content["cells"]
        if cell["cell_type"] == "code"
    }


def page_of(set_path: str) -> str:
    (path,) = (ROOT / "exercises").glob(f"*/{set_path}-*.ipynb")
    return path.relative_to(ROOT).with_suffix(".html").as_posix()


@dataclass
class Reading:
    """One page of the book in one tab, and what a reader should never meet."""

    page: Page
    inside: str
    complaints: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.add_init_script(_LISTEN)
        self.page.on("console", self._said)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", self._asked)

    def _said(self, message: Any) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(f"console: {message.text}")

    def _asked(self, request: Any) -> None:
        self.asked.append(request.url)
        if not request.url.startswith((self.inside, "data:", "blob:")):
            self.complaints.append(f"asks for {request.url}")

    def open(self, name: str) -> Reading:
        self.page.goto(f"{self.inside}{name}")
        return self

    def cell(self, id: str) -> Locator:
        return self.page.locator(f'[data-cw-cell="{id}"]')

    def press(self, cell: Locator, name: str) -> None:
        """Go to a button with the keyboard, and press it."""
        button = cell.get_by_role("button", name=name)
        expect(button).to_be_visible()
        button.evaluate(
            "e => { const all = [...document.querySelectorAll('a[href], button, input, summary, textarea, [contenteditable=true], [tabindex]')]"
            ".filter(o => o.checkVisibility() && o.tabIndex >= 0 && !o.disabled); (all[all.indexOf(e) - 1] ?? e).focus(); }"
        )
        if not button.evaluate("e => e === document.activeElement"):
            self.page.keyboard.press("Tab")
        expect(button).to_be_focused()
        self.page.keyboard.press("Enter")

    @contextmanager
    def running(self) -> Iterator[None]:
        """Wait until what is started inside has run."""
        before = self.page.evaluate("ranCells.length")
        yield
        self.page.wait_for_function("before => ranCells.length > before", arg=before, timeout=LONG)

    def unfold(self, id: str) -> None:
        """Open whatever a cell stands in."""
        self.cell(id).evaluate(
            "e => { for (let d = e.closest('details'); d; d = d.parentElement.closest('details')) { d.hidden = false; d.open = true; } }"
        )

    def run(self, id: str) -> Locator:
        """Run a cell with its button; what it shows."""
        cell = self.cell(id)
        with self.running():
            self.press(cell, "Run")
        return cell.locator(".cw-live-output")

    def run_with(self, id: str, code: str) -> Locator:
        """Write code into a cell and run it."""
        self.write(id, code)
        return self.run(id)

    def check(self, question: str) -> Locator:
        """Press Check under a question; the outcome."""
        cell = self.cell(f"{question}-check")
        with self.running():
            self.press(cell, "Check the answer")
        return cell.locator(".cw-live-output .cleanworks-outcome")

    def write(self, id: str, code: str, *, by_hand: bool = False) -> Locator:
        """Put code into a cell's editor, as somebody who types or pastes does."""
        cell = self.cell(id)
        edit = cell.get_by_role("button", name="Change")
        if edit.is_visible():
            self.press(cell, "Change")
        place = cell.get_by_role("textbox")
        place.focus()
        # The editor has come, or the plain field stays.
        self.page.wait_for_function("() => !document.querySelector('.cw-field') || !window.CleanWorksEditor")
        place = cell.get_by_role("textbox")
        place.focus()
        expect(place).to_be_focused()
        self.page.keyboard.press("Control+a")
        if by_hand:
            self.page.keyboard.type(code)
        else:
            self.page.keyboard.insert_text(code)
        return place

    def code(self, id: str) -> str:
        return self.page.evaluate("id => CleanWorksLive.cells[id].code", id)

    def spoken(self) -> Locator:
        """What is announced to those who listen."""
        return self.page.locator("article > .cw-unseen[role=status]")

    def record(self, question: str) -> dict[str, Any]:
        lesson = question.rsplit("-", 1)[0]
        return self.page.evaluate(
            "([lesson, id]) => cwProgress.load()[lesson]?.exercises?.[id] ?? {}", [lesson, question]
        )


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *words: object) -> None:
        """Tests are quiet."""


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """The address of a folder on this machine's own web server."""
    listening = http.server.ThreadingHTTPServer(
        ("127.0.0.1", 0), functools.partial(_Quiet, directory=str(folder))
    )
    thread = threading.Thread(target=listening.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listening.server_port}/"
    finally:
        listening.shutdown()
        thread.join()


def linked_copy(book: Path, folder: Path) -> Path:
    """The same book once more, without its bytes: each file can be replaced."""
    shutil.copytree(book, folder, copy_function=os.link)
    return folder
