"""Where Python for the pages cannot be had, the book is built all the same, and says so."""

from __future__ import annotations

import shutil
from dataclasses import replace

import pytest
from bs4 import BeautifulSoup

from cleanworks import cli
from cleanworks.workshop.live import fetch
from cleanworks.workshop.live.release import Release
from tests.workshop.conftest import COURSE

SENTENCE = "This copy of the book was built without Python in its pages."


@pytest.fixture
def course(tmp_path, monkeypatch, release, offline):
    """A course that asks for Python in its pages, on a machine where no way leads to it: nobody listens at the address."""
    root = tmp_path / "course"
    shutil.copytree(COURSE, root, ignore=shutil.ignore_patterns("_build", "__pycache__"))
    with (root / "cleanworks.toml").open("a", encoding="utf-8") as settings:
        settings.write("\n[live]\nrun = true\n")
    silent = replace(release, address="http://127.0.0.1:9/")
    monkeypatch.setattr(Release, "load", lambda: silent)
    monkeypatch.setattr(fetch, "cache_folder", lambda: tmp_path / "cache")
    return root


def test_the_build_ends_well_and_every_page_with_code_says_it_in_a_sentence(course, capsys):
    code = cli.run(["book", "--root", str(course)])
    output = capsys.readouterr()
    assert code == 0, output.err
    said = " ".join(output.err.split())
    assert "Python for the pages (Pyodide 0.0, 0.3 MB) cannot be fetched: 2 of 2 files are missing." in said
    assert "The address of the release does not give one.js: Connection refused." in said
    assert "The book is built without: its pages show the code and do not run it." in said
    html = course / "_build" / "html"
    pages = [*html.glob("notebooks/*/*.html"), *html.glob("exercises/*/*.html")]
    assert len(pages) == 4
    for path in pages:
        soup = BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")
        (sentence,) = soup.select(".cw-live-off")
        assert sentence.get_text().startswith(SENTENCE)
        assert soup.select("div.cell") and not soup.select(".cw-bar, script#cleanworks-live")
    assert SENTENCE not in (html / "index.html").read_text(encoding="utf-8")
    assert not (html / "_static" / "live" / "images").exists()


@pytest.mark.everything
def test_a_fault_of_the_course_is_not_taken_for_a_missing_network(course, capsys, monkeypatch, tmp_path):
    """A course whose tables cannot be made gets a message and no book without Python."""
    monkeypatch.setattr("cleanworks.workshop.live.payload.fetch", lambda root, release, *, say: {})
    with (course / "cleanworks.toml").open("a", encoding="utf-8") as settings:
        settings.write('tables = "rain:no_such_function"\n')
    monkeypatch.setattr("cleanworks.workshop.live.images.of_release", lambda *given: [])
    monkeypatch.setattr("cleanworks.workshop.live.payload.cache_folder", lambda: tmp_path / "cache")
    code = cli.run(["book", "--root", str(course)])
    assert code == 2 and not (course / "_build" / "html").exists()
    assert "names 'rain:no_such_function', which is not there" in capsys.readouterr().err
