"""Python in the page in the other browser that ministries have: Firefox ESR, from the disk, without a network."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys

import pytest

from tests.book.conftest import book  # noqa: F401  (a fixture)
from tests.live import firefox
from tests.live.reading import SEAL, cells_of, page_of
from tests.live.test_in_the_page import live  # noqa: F401  (a fixture)


@pytest.fixture(scope="session")
def installed_firefox() -> str:
    found = shutil.which("firefox-esr") or shutil.which("firefox")
    if found is None:
        missing = "No Firefox found: install it (apt install firefox-esr)."
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(missing)
    return found


def _focus(cell: str, what: str) -> str:
    return f"const found = document.querySelector('[data-cw-cell=\"{cell}\"] {what}'); found.focus(); return found === document.activeElement;"


def _shown(cell: str) -> str:
    return f"return document.querySelector('[data-cw-cell=\"{cell}\"] .cw-live-output')?.innerText;"


@pytest.mark.everything
def test_an_exercise_by_keyboard(live, installed_firefox, tmp_path):  # noqa: F811
    """Not attempted, wrong, right; a figure; an endless loop stopped; the code is there again after a reload."""
    cells = cells_of("c6")
    starter, check = "c6-e1-starter", "c6-e1-check"
    given = cells[starter]["source"].partition("due = ...")[0]
    wrong, right = cells["c6-e1-wrong-answer"], cells["c6-e1-solution"]
    keep = "window.ran = new Promise(done => document.addEventListener('cw-ran', done, { once: true }));"
    write = "CleanWorksLive.cells['c6-e1-starter'].editor.set({});"
    drawn = "from cleanworks import figures\nfigure, axes = figures.new('Two', x='Days', y='Site')\naxes.barh(['A', 'B'], [12, 3])"
    steps: list[list[str]] = [
        ["open", f"{live.as_uri()}/{page_of('c6')}"],
        ["tell", keep + _focus(check, "[data-do=run]")],
        ["type", "\ue007"],
        ["tell", f"await window.ran; {_shown(check)}"],
        # The editor, with keys: what is typed, and Tab that leaves it.
        ["tell", _focus(starter, "[role=textbox]")],
        ["all"],
        ["type", "due = 3\ue004"],
        [
            "tell",
            "return [CleanWorksLive.cells['c6-e1-starter'].code, document.activeElement.getAttribute('aria-label')];",
        ],
    ]
    for code in (given + wrong["source"], given + right["source"]):
        steps += [
            ["tell", write.format(json.dumps(code)) + keep + _focus(check, "[data-do=run]")],
            ["type", "\ue007"],
            ["tell", f"await window.ran; {_shown(check)}"],
        ]
    steps += [
        ["tell", write.format(json.dumps(drawn)) + keep + _focus(starter, "[data-do=run]")],
        ["type", "\ue007"],
        [
            "tell",
            f"await window.ran; const image = document.querySelector('[data-cw-cell=\"{starter}\"] .cw-live-output img'); await image.decode(); return image.naturalWidth;",
        ],
        ["tell", write.format(json.dumps("while True:\n    pass")) + keep + _focus(starter, "[data-do=run]")],
        ["type", "\ue007\ue004"],
        ["tell", "return document.activeElement.textContent;"],
        ["type", "\ue007"],
        [
            "tell",
            f"await window.ran; return document.querySelector('[data-cw-cell=\"{starter}\"] .cw-bar-say').textContent;",
        ],
        ["tell", "return JSON.stringify(cwProgress.load().c6.exercises['c6-e1']);"],
        ["open", f"{live.as_uri()}/{page_of('c6')}"],
        ["tell", "return CleanWorksLive.cells['c6-e1-starter'].code;"],
    ]
    done = subprocess.run(
        [*SEAL, sys.executable, firefox.__file__, installed_firefox, str(tmp_path), json.dumps(steps)],
        capture_output=True, text=True, timeout=1500,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    told = dict(enumerate(json.loads(done.stdout)))
    assert "Not attempted." in told[3]
    assert told[7] == ["due = 3", "Run the cell of question c6-e1"]
    assert wrong["metadata"]["cleanworks"]["feedback"] in told[10]
    assert "Correct." in told[13]
    assert told[16] > 1000
    assert told[19] == "Stop" and told[21].startswith("Stopped.")
    entry = json.loads(told[22])
    assert (entry["outcome"], entry["checks"]) == ("correct", 2)
    assert told[24] == "while True:\n    pass"
