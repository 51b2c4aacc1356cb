"""`cleanworks book` on a copy of the tiny course: what it prints, what it leaves in place, what each audience gets."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from cleanworks import cli
from cleanworks.workshop import book
from tests.workshop.conftest import COURSE, cell_of, edit, lesson_path, set_path

LESSON = "notebooks/weather/r1-rain-gauge.html"
EXERCISES = "exercises/weather/r1-rain-gauge.html"
JUPYTER_BOOK = [sys.executable, "-c", "from jupyter_book.cli.main import main; main()"]


@pytest.fixture(scope="module")
def built(tmp_path_factory) -> Path:
    """A copy of the tiny course with its book, for tests that change nothing."""
    return _with_book(tmp_path_factory.mktemp("built"))


@pytest.fixture
def course(tmp_path, built) -> Path:
    """Another copy, for tests that do. It brings the book and what makes the next build quick."""
    root = tmp_path / "course"
    shutil.copytree(built, root)
    return root


def _with_book(folder: Path) -> Path:
    root = folder / "course"
    shutil.copytree(COURSE, root, ignore=shutil.ignore_patterns("_build", "__pycache__"))
    assert cli.run(["book", "--root", str(root)]) == 0
    return root


@pytest.fixture
def run(capsys, course, monkeypatch):
    monkeypatch.chdir(course)
    monkeypatch.delenv("CLEANWORKS_DEBUG", raising=False)

    def go(*arguments: str):
        code = cli.run(["book", *arguments])
        shown = capsys.readouterr()
        assert "Traceback" not in shown.err
        return code, shown.out, shown.err

    return go


def soup(root: Path, page: str, edition: str = "") -> BeautifulSoup:
    return BeautifulSoup((root / "_build" / f"html{edition}" / page).read_text("utf-8"), "html.parser")


def test_the_path_of_the_first_page_is_all_that_is_printed(run, course):
    first = course / "_build" / "html" / "index.html"
    before = first.stat().st_mtime_ns
    # A copied course is another place, so the first build there is a real one.
    code, out, _ = run()
    assert code == 0 and out.strip() == str(first)
    code, out, err = run()
    assert code == 0 and out.strip() == str(first)
    assert "up to date" in err
    assert first.stat().st_mtime_ns >= before


def test_a_changed_page_is_built_again(run, course):
    page = course / "index.md"
    page.write_text(page.read_text("utf-8") + "\nA sentence that is new.\n", encoding="utf-8")
    assert run()[0] == 0
    assert "A sentence that is new." in soup(course, "index.html").get_text()


def test_a_changed_result_reaches_its_page(run, course):
    data = next(course.rglob("rain.py"))
    text = data.read_text("utf-8")
    assert run()[0] == 0
    old = soup(course, LESSON).select_one("table.dataframe").get_text()
    number = next(part for part in old.split() if part.replace(".", "").isdigit() and "." in part)
    other = course / "_build/html/_sources/notebooks/weather/r2-two-stations.ipynb"
    before = other.read_bytes()
    data.write_text(text.replace(number, "77.5"), encoding="utf-8")
    assert run()[0] == 0
    assert other.read_bytes() == before, "the options of its quiz were shuffled once more"
    assert "term-station" in (course / "_build/html/searchindex.js").read_text("utf-8"), (
        "of a page not built again"
    )
    assert "77.5" in soup(course, LESSON).select_one("table.dataframe").get_text()


def test_a_page_made_from_the_lessons_is_written_again_when_they_say_something_else_and_only_then(course):
    def build():
        # Each in a process of its own, as people build: within one, Sphinx may find its settings changed.
        command = [sys.executable, "-c", "from cleanworks.cli import main; main()", "book"]
        subprocess.run(command, cwd=course, check=True, capture_output=True)

    settings = course / "_config.yml"
    settings.write_text(
        settings.read_text("utf-8")
        + "  config: {cleanworks_reports: {lessons: cleanworks.workshop.pages.reports:lessons}}\n",
        encoding="utf-8",
    )
    glossary = course / "book/glossary.md"
    made = "\n```{report} lessons\n```\n\n```{lesson-graph}\n```\n\n```{progress}\n```\n\n```{executed-by}\n```\n"
    glossary.write_text(glossary.read_text("utf-8") + made, encoding="utf-8")
    build()
    kept = course / "_build/book/html/book/glossary.html"
    before = kept.stat().st_mtime_ns
    page = course / "book/references.md"
    page.write_text(page.read_text("utf-8") + "\nA sentence that is new.\n", encoding="utf-8")
    build()
    assert kept.stat().st_mtime_ns == before, "it says the same"

    def rename(content):
        content["metadata"]["cleanworks"]["title"] = "A gauge for the rain"
        cell = content["cells"][0]
        cell["source"] = "# A gauge for the rain\n" + cell["source"].partition("\n")[2]

    edit(lesson_path(course), rename)
    build()
    shown = soup(course, "book/glossary.html")
    assert "A gauge for the rain" in shown.select_one("table.cw-report").get_text()
    assert "A gauge for the rain" in shown.select_one(".cw-graph title").get_text()
    assert shown.select_one(".cw-progress [data-lesson=r1]")["data-title"] == "A gauge for the rain"


def test_a_fault_is_named_with_its_cell_and_the_old_book_stays(run, course):
    before = (course / "_build/html/index.html").read_bytes()

    def break_it(content):
        cell_of(content, "the-decision")["source"] += "\n\n[no page](nowhere.md) {cite}`nobody-s1`"

    edit(lesson_path(course), break_it)
    for _ in range(2):  # a fault must not be forgotten by the second build
        code, out, err = run()
        assert code == 1
        assert "r1-rain-gauge.ipynb, cell `the-decision`" in out and "nowhere.md" in out
        assert "nobody-s1" in out
        assert "was not built" in err
        assert (course / "_build/html/index.html").read_bytes() == before


def test_a_notebook_that_fails_leaves_the_old_book(run, course):
    before = (course / "_build/html" / LESSON).read_bytes()
    edit(lesson_path(course), lambda c: cell_of(c, "step-1-the-total-code").update(source="1 / 0"))
    code, out, err = run()
    assert code == 1
    assert "ZeroDivisionError" in out and "not all notebooks ran" in err
    assert (course / "_build/html" / LESSON).read_bytes() == before


def test_a_build_by_another_program_is_noticed(run, course):
    run()
    page = course / "_build/html/index.html"
    page.write_text("by hand", encoding="utf-8")
    assert run()[0] == 0
    assert "Measuring rain" in page.read_text("utf-8")


def test_a_build_that_stopped_between_two_renames_is_put_right(run, course):
    html = course / "_build/html"
    html.rename(course / "_build/.html-old")
    (course / "index.md").write_text("# Broken\n\n[no page](nowhere.md)\n", encoding="utf-8")
    assert run()[0] == 1
    assert "Two lessons" in (html / "index.html").read_text("utf-8")
    assert not (course / "_build/.html-old").exists()


def test_an_interrupted_build_leaves_the_old_book(course, monkeypatch):
    from cleanworks.workshop.catalogue import Course

    before = (course / "_build/html/index.html").read_bytes()
    (course / "index.md").write_text("# New\n", encoding="utf-8")

    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(book, "_sphinx", interrupt)
    with pytest.raises(KeyboardInterrupt):
        book.build(Course.load(course), book.Edition(course))
    assert (course / "_build/html/index.html").read_bytes() == before


_KILLED = """
import os, sys
import jupyter_book.sphinx as sphinx
from cleanworks import cli
build = sphinx.build_sphinx
def half(source, out, **options):
    build(source, out, **options)
    (out / "searchindex.js").write_text("Search.setIndex({")
    os.kill(os.getpid(), 9)
sphinx.build_sphinx = half
cli.run(["book"])
"""


@pytest.mark.everything
def test_a_build_that_was_killed_spoils_neither_the_book_nor_the_next_build(course):
    before = (course / "_build/html/index.html").read_bytes()
    (course / "index.md").write_text("# New\n", encoding="utf-8")
    died = subprocess.run([sys.executable, "-c", _KILLED], cwd=course, capture_output=True)
    assert died.returncode == -9
    assert (course / "_build/html/index.html").read_bytes() == before
    (course / "index.md").write_text("# Newer\n", encoding="utf-8")
    again = subprocess.run([sys.executable, "-m", "cleanworks.cli", "book"], cwd=course, capture_output=True)
    assert again.returncode == 0, again.stderr.decode()
    assert "Newer" in (course / "_build/html/index.html").read_text("utf-8")
    assert (course / "_build/html/searchindex.js").read_text("utf-8").endswith(")")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [(["--audience", "teacher"], "'teacher' is not one of"), (["--root", "nowhere"], "no table of contents")],
)
def test_what_cannot_be_used_is_refused(run, arguments, message):
    code, _, err = run(*arguments)
    assert code == 2 and message in err


def test_a_book_whose_settings_do_not_name_the_extension_gets_it_all_the_same(run, course):
    settings = (course / "_config.yml").read_text(encoding="utf-8")
    (course / "_config.yml").write_text(
        settings.replace("extra_extensions: [cleanworks.workshop.sphinxext]", "extra_extensions: []")
    )
    code, _, err = run()
    assert code == 0, err
    assert soup(course, LESSON).select_one("form.cw-quiz")
    (course / "_config.yml").unlink()
    code, _, err = run()
    assert code == 2 and "cleanworks init" in err


def test_old_results_are_never_shown(course):
    from cleanworks.workshop.catalogue import Course

    edit(lesson_path(course), lambda c: cell_of(c, "step-1-the-total-code").update(source="total_mm = 0"))
    faults = book.build(Course.load(course), book.Edition(course))
    assert any("`step-1-the-total-code` is missing or old" in fault for fault in faults)


# --- editions -----------------------------------------------------------------------------------------------------


def test_readers_get_solutions_behind_two_steps_and_no_notes_for_instructors(built):
    page = soup(built, EXERCISES)
    assert len(page.select("details.cw-solution details.cw-reveal")) == 2
    text = page.get_text() + soup(built, LESSON).get_text()
    assert "who would water the garden" not in text
    assert 'week["mm"].mean()\n' not in page.get_text()


def test_learners_get_no_line_of_a_solution(run, course):
    assert run("--audience", "learner")[0] == 0
    folder = course / "_build/html-learner"
    for path in [folder / EXERCISES, *folder.rglob("*.ipynb"), folder / "searchindex.js"]:
        text = path.read_text("utf-8")
        assert "leaves the missing Wednesday" not in text and "with_value" not in text, path
    quiz = soup(course, LESSON, "-learner").select_one("form.cw-quiz")
    assert quiz.select("input") and not quiz.select("button") and not quiz.select(".cw-note")
    assert soup(course, LESSON, "-learner").select("table.dataframe"), "lessons keep their results"


def test_instructors_see_notes_and_what_the_check_says_to_each_mistake(run, course):
    assert run("--audience", "instructor")[0] == 0
    assert "who would water the garden" in soup(course, LESSON, "-instructor").get_text()
    page = soup(course, EXERCISES, "-instructor")
    mistakes = page.select(".cw-mistake")
    assert len(mistakes) == 4
    assert all("Not yet" in mistake.get_text() for mistake in mistakes)
    assert not page.select("details.cw-solution")


def test_the_box_under_the_title_says_what_the_metadata_says(built):
    front = soup(built, LESSON).select_one(".cw-front")
    assert front.select_one("ol li")
    assert front.select_one('a[href*="glossary.html#term-rain-gauge"]')
    assert front.select_one('a[href="../../exercises/weather/r1-rain-gauge.html"]')
    assert front.select_one("a.cw-download")["href"].endswith(
        "_sources/notebooks/weather/r1-rain-gauge.ipynb"
    )


def test_feedback_of_every_option_is_in_the_page_but_not_readable(built):
    quiz = soup(built, LESSON).select_one("form.cw-quiz")
    notes = [json.loads(base64.b64decode(note["data-note"])) for note in quiz.select(".cw-note")]
    assert [note["right"] for note in notes].count(True) == 1
    assert any("A dry day is written as 0" in note["html"] for note in notes)
    assert "A dry day is written as 0" not in quiz.get_text()


@pytest.mark.everything
def test_jupyter_book_by_hand_gives_the_same_pages(built, tmp_path):
    root = tmp_path / "course"
    shutil.copytree(built, root, ignore=shutil.ignore_patterns("_build", "__pycache__"))
    settings = root / "_config.yml"
    settings.write_text(
        settings.read_text("utf-8").replace('execute_notebooks: "off"', "execute_notebooks: force"),
        encoding="utf-8",
    )
    done = subprocess.run(
        [*JUPYTER_BOOK, "build", str(root), "-W", "--keep-going"],
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    for page in (LESSON, EXERCISES):
        by_hand, ours = (soup(folder, page).select_one("article") for folder in (root, built))
        assert str(by_hand) == str(ours)
    text = (root / "_build/html/_sources" / EXERCISES).with_suffix(".ipynb").read_text("utf-8")
    assert "wrong-answer" not in text


@pytest.mark.everything
def test_the_whole_course_on_one_page_keeps_its_boxes(built, tmp_path):
    """The page that a PDF is printed from."""
    root = tmp_path / "course"
    shutil.copytree(built, root, ignore=shutil.ignore_patterns("_build", "__pycache__"))
    done = subprocess.run(
        [*JUPYTER_BOOK, "build", str(root), "--builder", "singlehtml"],
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    page = BeautifulSoup((root / "_build/singlehtml/index.html").read_text("utf-8"), "html.parser")
    assert len(page.select(".cw-exercise")) >= 2 and page.select("form.cw-quiz")


def test_a_first_build_marks_its_style_sheets_as_later_ones_do(built):
    sheet = soup(built, LESSON).select_one('link[href*="/mystnb."]')
    assert "?v=" in sheet["href"]


def test_sources_of_the_tiny_course_are_untouched(built):
    for path in (lesson_path(built), set_path(built)):
        assert path.read_bytes() == (COURSE / path.relative_to(built)).read_bytes()
