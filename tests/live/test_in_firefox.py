"""Python in the page in the other browser that ministries have: Firefox ESR, from the disk, without a network."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.book.conftest import book  # noqa: F401  (a fixture)
from tests.few import few
from tests.live import firefox
from tests.live.reading import SEAL, cells_of, page_of
from tests.live.test_in_the_page import EVERYTHING, SCIPY, live  # noqa: F401  (a fixture)


@pytest.fixture(scope="session")
def installed_firefox() -> str:
    found = shutil.which("firefox-esr") or shutil.which("firefox")
    if found is None:
        missing = "No Firefox found: install it (apt install firefox-esr)."
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(missing)
    return found


DRAWN = "from cleanworks import figures\nfigure, axes = figures.new('Two', x='Days', y='Site')\naxes.barh(['A', 'B'], [12, 3])"


def _focus(cell: str, what: str) -> str:
    return f"const found = document.querySelector('[data-cw-cell=\"{cell}\"] {what}'); found.focus(); return found === document.activeElement;"


def _told(cell: str, what: str) -> str:
    return f"return document.querySelector('[data-cw-cell=\"{cell}\"] {what}')?.innerText;"


def _written(cell: str, code: str) -> list[list[str]]:
    """Put code into the editor, which comes when somebody goes to the cell."""
    come = "while (document.querySelector('.cw-field')) await new Promise(requestAnimationFrame);"
    return [
        ["tell", _focus(cell, ":is(textarea, [role=textbox])")],
        ["tell", f"{come} CleanWorksLive.cells['{cell}'].editor.set({json.dumps(code)});"],
    ]


def _begun(cell: str, keys: str = "") -> list[list[str]]:
    """Go to the cell's button and press it."""
    keep = "window.ran = new Promise(done => document.addEventListener('cw-ran', done, { once: true }));"
    return [["tell", keep + _focus(cell, "[data-do=run]")], ["type", f"\ue007{keys}"]]


def _ended(cell: str, what: str = ".cw-live-output") -> list[list[str]]:
    """Wait until it has run; what it shows comes last."""
    return [["tell", f"await window.ran; {_told(cell, what)}"]]


def _drawn(cell: str) -> list[list[str]]:
    """How wide the figure is that code of one's own draws."""
    image = f"const image = document.querySelector('[data-cw-cell=\"{cell}\"] .cw-live-output img'); await image.decode(); return image.naturalWidth;"
    return [*_written(cell, DRAWN), *_begun(cell), ["tell", f"await window.ran; {image}"]]


class Visit:
    """Steps in a row, and which of them have something to say."""

    def __init__(self) -> None:
        self.steps: list[list[str]] = []
        self._asked: list[int] = []

    def do(self, *steps: list[str]) -> None:
        self.steps += steps

    def ask(self, *steps: list[str]) -> None:
        self.steps += steps
        self._asked.append(len(self.steps) - 1)

    def answers(self, program: str, folder: Path) -> list[Any]:
        """Do all of it in a new Firefox that has no network."""
        done = subprocess.run(
            [*SEAL, sys.executable, firefox.__file__, program, str(folder), json.dumps(self.steps)],
            capture_output=True, text=True, timeout=1500,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr[-3000:]
        told = json.loads(done.stdout)
        return [told[number] for number in self._asked]


@EVERYTHING
def test_an_exercise_by_keyboard(live, installed_firefox, tmp_path):  # noqa: F811
    """Not attempted, wrong, right; a figure; an endless loop stopped; the code is there again after a reload."""
    cells = cells_of("c6")
    starter, check = "c6-e1-starter", "c6-e1-check"
    given = cells[starter]["source"].partition("due = ...")[0]
    wrong, right = cells["c6-e1-wrong-answer"], cells["c6-e1-solution"]
    visit = Visit()
    visit.do(["open", f"{live.as_uri()}/{page_of('c6')}"], *_begun(check))
    visit.ask(*_ended(check))
    # The editor, with keys: what is typed, and Tab that leaves it.
    visit.do(["tell", _focus(starter, "[role=textbox]")], ["all"], ["type", "due = 3\ue004"])
    visit.ask(["tell", f"return CleanWorksLive.cells['{starter}'].code;"])
    visit.ask(["tell", "return document.activeElement.getAttribute('aria-label');"])
    for code in (given + wrong["source"], given + right["source"]):
        visit.ask(*_written(starter, code), *_begun(check), *_ended(check))
    visit.ask(*_drawn(starter))
    visit.do(*_written(starter, "while True:\n    pass"), *_begun(starter, "\ue004"))
    visit.ask(["tell", "return document.activeElement.textContent;"])
    visit.ask(["type", "\ue007"], *_ended(starter, ".cw-bar-say"))
    visit.ask(["tell", "return cwProgress.load().c6.exercises['c6-e1'];"])
    visit.do(["open", f"{live.as_uri()}/{page_of('c6')}"])
    visit.ask(["tell", f"return CleanWorksLive.cells['{starter}'].code;"])
    first, typed, after, judged, solved, width, stop, stopped, entry, kept = visit.answers(
        installed_firefox, tmp_path
    )
    assert "Not attempted." in first
    assert (typed, after) == ("due = 3", "Run the cell of question c6-e1")
    assert wrong["metadata"]["cleanworks"]["feedback"] in judged
    assert "Correct." in solved
    assert width > 1000
    assert stop == "Stop" and stopped.startswith("Stopped.")
    assert (entry["outcome"], entry["checks"]) == ("correct", 2)
    assert kept == "while True:\n    pass"


@pytest.mark.parametrize("set_id", few(["o1", "m4", "c8"], ["o1"]))
def test_the_first_exercise_of_other_sets(live, installed_firefox, tmp_path, set_id):  # noqa: F811
    """From a cold page: a wrong answer and what it gets, the right one, a figure."""
    cells = cells_of(set_id)
    starter, check = f"{set_id}-e1-starter", f"{set_id}-e1-check"
    wrong = next(cell for id, cell in cells.items() if id.startswith(f"{set_id}-e1-wrong-answer"))
    visit = Visit()
    visit.do(["open", f"{live.as_uri()}/{page_of(set_id)}"])
    for answer in (wrong["source"], cells[f"{set_id}-e1-solution"]["source"]):
        code = f"{cells[starter]['source']}\n{answer}"
        visit.ask(*_written(starter, code), *_begun(check), *_ended(check))
    visit.ask(*_drawn(starter))
    judged, solved, width = visit.answers(installed_firefox, tmp_path)
    assert wrong["metadata"]["cleanworks"]["feedback"] in judged
    assert "Correct." in solved
    assert width > 1000


@EVERYTHING
def test_scipy_is_there_when_it_is_imported(live, installed_firefox, tmp_path):  # noqa: F811
    """It is unpacked only then."""
    starter = "m8-e1-starter"
    visit = Visit()
    visit.do(["open", f"{live.as_uri()}/{page_of('m8')}"])
    visit.ask(*_written(starter, SCIPY), *_begun(starter), *_ended(starter))
    (told,) = visit.answers(installed_firefox, tmp_path)
    assert "1.96 6.0" in told
