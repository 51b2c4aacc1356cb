"""What the pages of a course get, so that their code can be run there."""

from __future__ import annotations

import json
import shutil

import pytest
from bs4 import BeautifulSoup

from cleanworks.workshop import book
from cleanworks.workshop.catalogue import Course
from cleanworks.workshop.editions import edition
from cleanworks.workshop.live import runnable_cells
from cleanworks.workshop.notebook import read
from tests.workshop.conftest import COURSE, set_path


@pytest.fixture
def soup(tmp_path) -> BeautifulSoup:
    """The exercise page of the tiny course, built for Python."""
    root = tmp_path / "course"
    shutil.copytree(COURSE, root, ignore=shutil.ignore_patterns("_build", "__pycache__"))
    with (root / "cleanworks.toml").open("a", encoding="utf-8") as settings:
        settings.write("\n[live]\nrun = true\n[live.offer]\nhint = 3\n")
    course, made = Course.load(root), book.Edition(root)
    for entry in course.notebooks:
        copy = made.executed / course.relative(entry.path)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(entry.path, copy)
    faults = book._sphinx(course, made, object(), None)
    assert not faults, faults
    path = made.work / "html" / set_path(root).relative_to(root).with_suffix(".html")
    return BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")


def test_every_code_cell_has_its_buttons_and_its_code(soup):
    about = json.loads(soup.select_one("script#cleanworks-live").string)
    node = edition(read(set_path(COURSE)).node, "reader")
    sources = {cell.id: cell.source for cell in node.cells if cell.cell_type == "code"}
    assert {cell["id"]: cell["source"] for cell in about["cells"]} == sources
    assert [cell["data-cw-cell"] for cell in soup.select("div.cell[data-cw-cell]")] == list(sources)
    assert (about["kind"], about["base"], about["offer"]) == (
        "exercise",
        "../../_static/live/",
        {"hint": 3, "solution": 4},
    )
    names = [button["aria-label"] for button in soup.select(".cw-bar button")]
    assert (
        len(names) == len(set(names))
        and "Run code cell 1" in names
        and "Check the answer: the cell of question r1-e1" in names
    )
    # What runs the cells is not there before somebody asks for it; without scripts there are no buttons.
    asked = [script.get("src", "") for script in soup.find_all("script")]
    assert any("live/live.js" in source for source in asked)
    assert not any(
        name in source for source in asked for name in ("worker.js", "manifest.js", "editor.js", "images/")
    )
    assert (
        ".cw-bar { display: none; }"
        in soup.find("noscript", string=lambda text: text and "cw-bar" in text).string
    )


def test_the_checks_of_an_instructor_judge_the_answer_above_them():
    node = edition(read(set_path(COURSE)).node, "instructor")
    runnable_cells.number_cells(node)
    cells = {cell.id: cell.metadata["cleanworks_live"] for cell in node.cells if cell.cell_type == "code"}
    again = {id: about["judges"] for id, about in cells.items() if "judges" in about}
    assert again and all(judged == [id.removesuffix("-check")] for id, judged in again.items())
    assert {about["type"] for about in cells.values()} == {
        "plain",
        "starter",
        "check",
        "solution",
        "wrong-answer",
    }
