"""Editions in other languages: what translators get, what they may break, what readers see."""

from __future__ import annotations

from pathlib import Path

import pytest

from cleanworks import cli
from cleanworks.errors import InputError
from cleanworks.workshop import languages
from cleanworks.workshop.catalogue import Course

LESSON = "notebooks/weather/r1-"


def fill(course: Path, language: str, page: str, change=lambda text: f"[{text}]") -> Path:
    """Translate every text of a page."""
    path = next(languages.folder(Course.load(course), language).rglob(f"{page}*.po"))
    content = languages.read(path)
    for message in content:
        if message.id:
            message.string = change(message.id)
    languages.write(path, content, language)
    return path


@pytest.fixture
def begun(course) -> Path:
    """The tiny course with a translation of its first lesson begun."""
    languages.update(Course.load(course), "ko", ["r1", "index"])
    return course


def test_an_update_writes_one_file_for_each_page_and_says_what_is_new(course, capsys):
    assert cli.run(["language", "update", "ko", "r1", "--root", str(course)]) == 0
    said = capsys.readouterr().out
    assert "book/locale/ko/LC_MESSAGES/notebooks/" in said and "new" in said
    found = {path.parent.parent.name for path in (course / "book/locale/ko").rglob("*.po")}
    assert found == {"notebooks", "exercises"}


def test_prose_quiz_hints_and_descriptions_of_pictures_are_all_there_to_translate(course):
    lesson = Course.load(course).lesson("r1")
    texts = languages.texts(Course.load(course))
    found = next(texts for name, texts in texts.items() if name.startswith("notebooks") and "/r1-" in name)
    for cell in lesson.notebook.node.cells:
        if "quiz" in cell.metadata.get("tags", []):
            option = next(line[6:] for line in cell.source.splitlines() if line.startswith("- ["))
            assert option.strip() in found
    assert set(languages.descriptions(lesson.notebook.node)) <= set(found)


def test_an_update_keeps_translations_and_marks_those_of_changed_sentences(begun):
    path = fill(begun, "ko", "index")
    before = path.read_bytes()
    assert [done.new for done in languages.update(Course.load(begun), "ko", ["index"])] == [0]
    assert path.read_bytes() == before, "the same translations give the same bytes"

    page = begun / "index.md"
    text = max(page.read_text(encoding="utf-8").splitlines(), key=len)
    page.write_text(page.read_text(encoding="utf-8").replace(text, f"{text} Indeed."), encoding="utf-8")
    (done,) = languages.update(Course.load(begun), "ko", ["index"])
    assert (done.changed, done.gone) == (1, 1)
    (status,) = (one for one in languages.status(Course.load(begun), "ko") if one.page == "index")
    assert [text for text in status.missing if "Indeed." in text], "a guess is not shown as a translation"


def test_the_status_counts_what_is_missing_page_by_page(begun, capsys):
    fill(begun, "ko", "index")
    assert cli.run(["language", "status", "ko", "--root", str(begun)]) == 0
    said = capsys.readouterr().out
    assert "100 %" in said and "0 %" in said and "missing" in said
    assert cli.run(["language", "status", "ko", "--page", "r1", "--root", str(begun)]) == 0
    said = capsys.readouterr().out
    assert "texts are missing" in said and "rain" in said


@pytest.mark.parametrize(
    ("text", "translation", "fault"),
    [
        ("See {cite}`a-1`.", "보기.", "{cite}a-1 is missing"),
        ("See {doc}`how <book/how>`.", "보기 {doc}`어떻게 <book/other>`.", "{doc}book/how is missing"),
        ("Run `x == 1`.", "실행: `x = 1`.", "`x == 1` is missing"),
        ("It is $x^2$.", "$x^3$", "$x^2$ is missing"),
        ("Go [there](https://a.org).", "[거기](https://b.org)", "(https://a.org) is missing"),
        ("Paid after {} days", "일 뒤 지급", "{} is missing"),
        ("Plain.", "`code`", "`code` is new"),
    ],
)
def test_a_translation_that_loses_or_adds_what_is_no_word_is_found(text, translation, fault):
    assert fault in languages.faults(text, translation)


@pytest.mark.parametrize(
    ("text", "translation"),
    [
        ("{term}`median` of `a` and `b`", "`b`, `a` 의 {term}`중앙값 <median>`"),
        ("{cleanworks-download}`this notebook`", "{cleanworks-download}`이 노트북`"),
        ("Costs $5 and $6.", "Coûte 5 $ et 6 $."),
        ("{} of {}", "{2} 중 {1}"),
    ],
)
def test_other_order_and_other_words_are_no_fault(text, translation):
    assert languages.faults(text, translation) == []


def test_a_broken_link_in_a_translation_fails_the_status(begun, capsys):
    fill(begun, "ko", "r1", lambda text: text.replace("`", ""))
    assert cli.run(["language", "status", "ko", "--root", str(begun)]) == 1
    assert "is missing" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["language", "update", "../ko"], "no code of a language"),
        (["language", "update", "en"], "written in English"),
        (["language", "update", "ko"], "No page is translated"),
        (["language", "update", "ko", "r99"], "no page 'r99'"),
        (["language", "status", "xx"], "no translation into 'xx'"),
        (["book", "--language", "xx"], "no translation into 'xx'"),
        (["book", "--language", "../../x"], "no code of a language"),
    ],
)
def test_wrong_requests_get_one_message(course, capsys, arguments, said):
    assert cli.run([*arguments, "--root", str(course)]) == 2
    assert said in capsys.readouterr().err.replace("\n", " ")
    assert not (course / "book/locale").exists()


def test_a_file_that_is_not_gettext_is_named(begun):
    path = next((begun / "book/locale/ko").rglob("*.po"))
    path.write_text('msgid "a"\nnonsense\n', encoding="utf-8")
    with pytest.raises(InputError, match="cannot be read"):
        languages.status(Course.load(begun), "ko")
