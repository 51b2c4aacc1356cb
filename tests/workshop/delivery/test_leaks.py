"""No solution, note or key in any kind of file that learners get; each search is shown to find a planted leak."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from cleanworks import paper
from cleanworks.errors import InputError
from cleanworks.workshop.catalogue import Course
from cleanworks.workshop.delivery import readable, workshop_folder
from cleanworks.workshop.editions import leaks

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def course() -> Course:
    return Course.load(ROOT)


@pytest.fixture(scope="module")
def note(course) -> str:
    """A sentence that only instructors read."""
    lines = course.lesson("c6").notebook.with_tag("instructor")[0].source.splitlines()
    return next(line for line in lines if len(line.split()) > 9 and not set(line) & set("*`{$<>&"))


def refused(course, folder):
    with pytest.raises(InputError, match="give an answer away") as error:
        workshop_folder._refuse_leaks(course, folder)
    return error.value.message


@pytest.mark.usefixtures("installed_browser")
def test_a_leak_in_a_pdf(course, note, tmp_path):
    path = tmp_path / "handouts" / "c6.pdf"
    path.parent.mkdir()
    path.write_bytes(paper.pdf(paper.Page("Handout", f"<p>Read this.</p><p>{paper.escape(note)}</p>").html))
    assert "c6.pdf" in refused(course, tmp_path)
    path.write_bytes(paper.pdf(paper.Page("Handout", "<p>Read this.</p>").html))
    workshop_folder._refuse_leaks(course, tmp_path)


def test_a_leak_in_a_zip_in_a_zip(course, note, tmp_path):
    inner = tmp_path / "inner.zip"
    with zipfile.ZipFile(inner, "w") as opened:
        opened.writestr("notes/read.txt", note)
    with zipfile.ZipFile(tmp_path / "more.zip", "w") as opened:
        opened.write(inner, "inner.zip")
    inner.unlink()
    assert "more.zip" in refused(course, tmp_path)


def test_a_leak_in_a_table_of_the_data(course, note, tmp_path):
    (tmp_path / "data").mkdir()
    path = tmp_path / "data" / "projects.csv"
    path.write_text(f'project_id,title\nP1,"{note.replace(chr(34), chr(34) * 2)}"\n', encoding="utf-8")
    assert "projects.csv" in refused(course, tmp_path)
    path.write_text("project_id,title\nP1,A bridge over the river\n", encoding="utf-8")
    workshop_folder._refuse_leaks(course, tmp_path)


@pytest.mark.parametrize("name", ["broken.pdf", "broken.zip"])
def test_what_cannot_be_read_is_not_handed_out(course, tmp_path, name):
    (tmp_path / name).write_bytes(b"neither")
    with pytest.raises(InputError, match=r"cannot be read|is damaged"):
        workshop_folder._refuse_leaks(course, tmp_path)


def test_wheels_of_others_are_not_opened(tmp_path):
    (tmp_path / "numpy-2.0-py3-none-any.whl").write_bytes(b"not even a zip")
    assert list(readable.texts(tmp_path / "numpy-2.0-py3-none-any.whl")) == []


@pytest.mark.usefixtures("installed_browser")
def test_code_and_prose_of_solutions_are_found_in_a_pdf(course, tmp_path):
    """A print has ligatures, hyphens at the ends of lines, and other spaces than the source."""
    lesson = next(lesson for lesson in course.lessons if lesson.exercises)
    node = lesson.exercises.notebook.node
    cells = [cell for cell in node.cells if "solution" in cell.metadata.get("tags", [])]
    source = "\n".join(cell.source for cell in cells)
    body = "".join(f"<pre>{paper.escape(cell.source)}</pre>" for cell in cells)
    path = tmp_path / "solutions.pdf"
    path.write_bytes(paper.pdf(paper.Page("Solutions", body).html))
    ((_, text),) = readable.texts(path)
    planted = leaks(source, node, taught=[lesson.notebook.node])
    found = leaks(text, node, taught=[lesson.notebook.node])
    assert any(leak.text in cells[0].source for leak in found)
    assert len(found) >= 0.9 * len(planted) > 1


def test_names_that_a_solution_shows_give_nothing_away_and_their_values_do(course):
    """The check of a question with two answers names both, and the solution ends with a line that shows both."""
    source = course.lesson("o0").exercises.notebook.node
    page = "<html><body><p>Not attempted. Replace the placeholder in president, unknown, run that cell.</p>\n{}</body></html>"
    assert leaks(page.format(""), source) == []
    assert [leak.question for leak in leaks(page.format("<p>president = 1</p>"), source)] == ["o0-e4"]


def test_a_function_of_one_name_answers_only_beside_its_question(course, tmp_path):
    """c12 asks for the number of `answers`; the library counts some of its own."""
    page = "<html><body><pre>len(answers)</pre></body></html>"
    for name, refuses in (("book/library/own-data.html", False), ("handouts/c12.html", True)):
        path = tmp_path / name
        path.parent.mkdir(parents=True)
        path.write_text(page, encoding="utf-8")
        assert bool(workshop_folder.given_away(course, path)) is refuses, name
    whole = tmp_path / "whole.html"
    whole.write_text("<html><body><pre>bodies = len(answers)</pre></body></html>", encoding="utf-8")
    assert workshop_folder.given_away(course, whole) == "bodies = len(answers)"


def test_a_leak_in_a_file_of_any_kind(course, note, tmp_path):
    """Words in a picture's file, a comment in a workbook, a database, a program, a zip under another name."""
    import io
    import sqlite3

    from PIL import Image, PngImagePlugin

    said = PngImagePlugin.PngInfo()
    said.add_text("Comment", note, zip=True)
    Image.new("L", (2, 2)).save(tmp_path / "figure.png", pnginfo=said)
    seen = Image.Exif()
    seen[0x9C9C] = note.encode("utf-16-le")  # the comment that Windows shows
    Image.new("L", (2, 2)).save(tmp_path / "photo.jpg", exif=seen)
    with zipfile.ZipFile(tmp_path / "tables.xlsx", "w") as opened:
        opened.writestr(
            "xl/comments1.xml", f"<?xml version='1.0'?><comments><t>{paper.escape(note)}</t></comments>"
        )
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as opened:
        opened.writestr("notes", note)
    (tmp_path / "tables.bin").write_bytes(packed.getvalue())
    with sqlite3.connect(tmp_path / "works.db") as base:
        base.execute("create table notes (said)")
        base.execute("insert into notes values (?)", [note])
    base.close()
    (tmp_path / "helper.py").write_text(f"# {note}\n", encoding="utf-8")
    for path in sorted(tmp_path.iterdir()):
        assert workshop_folder.given_away(course, path) == note, path.name
    (tmp_path / "plain.png").write_bytes((tmp_path / "figure.png").read_bytes()[:20])  # cut short
    assert workshop_folder.given_away(course, tmp_path / "plain.png") == ""


def test_an_answer_in_an_address_that_holds_its_file_is_found(course, tmp_path):
    import base64

    source = course.lesson("o0").exercises.notebook.node
    line = next(leak.text for leak in leaks("president = 1", source))
    page = f'<html><img src="data:text/plain;base64,{base64.b64encode(line.encode()).decode()}"></html>'
    (tmp_path / "o0.html").write_text(page, encoding="utf-8")
    assert workshop_folder.given_away(course, tmp_path / "o0.html") == line
