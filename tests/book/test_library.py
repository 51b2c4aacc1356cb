"""The pages of the library: every function on them has an example, and every example does what it says."""

from __future__ import annotations

import doctest
import importlib
import inspect
import re
import tempfile
from pathlib import Path
from typing import NamedTuple

import pytest

from cleanworks.workshop.catalogue import Course
from cleanworks.workshop.delivery import workshop_folder
from tests.few import few

ROOT = Path(__file__).parents[2]
PAGES = sorted((ROOT / "book" / "library").glob("*.md"))


class Room(NamedTuple):
    """A module on a page: the lines that a reader runs before its examples, and the names that the page shows."""

    setup: str
    module: str
    names: list[str]


def rooms(page: Path) -> list[Room]:
    found, setup = [], ""
    for language, text in re.findall(
        r"^```\{?([\w-]+)\}?\n(.*?)^```", page.read_text(encoding="utf-8"), re.M | re.S
    ):
        if language == "python":
            setup += text
        elif language == "eval-rst":
            module = re.search(r"automodule:: (\S+)", text)[1]
            names = re.search(r":members: (.+)", text)[1].split(", ")
            found.append(Room(setup, module, names))
            setup = ""
    return found


@pytest.mark.parametrize("page", few([page.stem for page in PAGES], ["checks", "payments", "surveys"]))
def test_every_example_of_a_page_gives_what_it_shows(page, tmp_path, monkeypatch):
    monkeypatch.delenv("CLEANWORKS_PROFILE", raising=False)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    said, wrong = [], 0
    runner = doctest.DocTestRunner(verbose=False, optionflags=doctest.NORMALIZE_WHITESPACE)
    reader: dict = {}
    for room in rooms(ROOT / "book" / "library" / f"{page}.md"):
        exec(room.setup, reader)
        module = importlib.import_module(room.module)
        for name in room.names:
            tests = [
                test
                for test in doctest.DocTestFinder(exclude_empty=True).find(
                    inspect.unwrap(getattr(module, name)), f"{room.module}.{name}", globs=dict(reader)
                )
                if test.examples
            ]
            assert any(test.name == f"{room.module}.{name}" for test in tests), f"{name} has no example"
            for test in tests:
                wrong += runner.run(test, out=said.append).failed
    assert not wrong, "".join(said)


def test_a_page_shows_nothing_private():
    shown = [name for page in PAGES for room in rooms(page) for name in room.names]
    assert len(shown) > 100
    assert not [name for name in shown if name.startswith("_")]


def test_every_page_of_the_library_is_in_the_contents():
    contents = (ROOT / "_toc.yml").read_text(encoding="utf-8")
    assert not [page.stem for page in PAGES if f"file: book/library/{page.stem}\n" not in contents]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_book_shows_each_function_with_its_example(page, soups):
    soup = soups[f"book/library/{page.stem}.html"]
    for room in rooms(page):
        for name in room.names:
            title = soup.find("dt", id=f"{room.module}.{name}")
            assert title is not None, f"{room.module}.{name}"
            assert ">>>" in title.find_next_sibling("dd").get_text(), f"{room.module}.{name}"
    private = [title["id"] for title in soup.select("dt[id]") if "._" in title["id"]]
    assert not private


def test_a_source_in_a_description_leads_to_the_list_of_sources(soups):
    soup = soups["book/library/surveys.html"]
    title = soup.find("dt", id="cleanworks.integrity.survey.bribery_prevalence")
    assert title.find_next_sibling("dd").select('a[href*="references.html#"]')


def test_no_page_beside_the_lessons_gives_an_answer_away(tmp_path):
    """A kit with such a page is refused, and with it every workshop that hands out the book."""
    course, secrets = Course.load(ROOT), {}
    for page in [*sorted((ROOT / "book").glob("*.md")), *PAGES]:
        examples = [
            inspect.getdoc(getattr(importlib.import_module(room.module), name)) or ""
            for room in (rooms(page) if page in PAGES else ())
            for name in room.names
        ]
        shown = tmp_path / page.with_suffix(".txt").name
        shown.write_text("\n".join([page.read_text(encoding="utf-8"), *examples]), encoding="utf-8")
        assert workshop_folder.given_away(course, shown, secrets) == "", page.name
