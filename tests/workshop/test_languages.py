"""Editions in other languages: what translators get, what they may break, what readers see."""

from __future__ import annotations

import re
import shutil
import warnings
from pathlib import Path
from types import SimpleNamespace

import matplotlib as mpl
import nbformat
import pytest
from bs4 import BeautifulSoup
from docutils import nodes
from docutils.utils import new_document

mpl.use("Agg")

import matplotlib.pyplot as plt
from matplotlib.figure import Figure
from matplotlib.text import Text

from cleanworks import cli, figures, words
from cleanworks.errors import InputError
from cleanworks.learn import compare, compare_choice
from cleanworks.learn.outcome import NotAttempted
from cleanworks.workshop import languages
from cleanworks.workshop.catalogue import Course
from cleanworks.workshop.editions import edition
from cleanworks.workshop.notebook import dump
from cleanworks.workshop.pages import spoken

pytestmark = pytest.mark.usefixtures("one_server")

ROOT = Path(__file__).resolve().parents[2]
TINY = Path(__file__).parent / "course"


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
    assert cli.run(["language", "status", "ko", "--page", "index", "--root", str(begun)]) == 0, "a page alone"
    assert "index" in capsys.readouterr().out
    assert cli.run(["language", "status", "ko", "--page", "r9", "--root", str(begun)]) == 2
    assert "no page 'r9'" in capsys.readouterr().err


def test_a_page_that_is_asked_for_alone_has_the_texts_that_it_has_among_all(course):
    loaded = Course.load(course)
    alone = languages.texts(loaded, ["r2"])
    assert not (course / "_build" / "texts.json").exists()
    everything = languages.texts(loaded)
    assert alone == {name: said for name, said in everything.items() if "/r2-" in name} and len(alone) == 2
    assert languages.texts(loaded, ["r2"]) == alone


def test_texts_that_are_no_page_of_the_book_are_not_counted(course):
    (course / "workshops").mkdir()
    (course / "workshops" / "invitation.md").write_text("# Come\n\nYou are invited.\n", encoding="utf-8")
    loaded = Course.load(course)
    pages = {loaded.relative(path).rpartition(".")[0] for path in loaded.pages}
    assert "index" in pages and set(languages.texts(loaded)) >= pages
    assert not any("invited" in text for said in languages.texts(loaded).values() for text in said)


def test_pages_are_read_again_only_when_something_changed(begun, monkeypatch):
    first = languages.texts(Course.load(begun))
    monkeypatch.setattr(languages, "_extract", lambda *_: pytest.fail("the pages were read again"))
    assert languages.texts(Course.load(begun)) == first
    monkeypatch.undo()
    page = begun / "index.md"
    page.write_text(page.read_text(encoding="utf-8") + "\nA new sentence.\n", encoding="utf-8")
    assert "A new sentence." in languages.texts(Course.load(begun))["index"]


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
        (["language", "update", "../ko"], "not a language code"),
        (["language", "update", "en"], "written in English"),
        (["language", "update", "ko"], "No page is translated"),
        (["language", "update", "ko", "r99"], "no page 'r99'"),
        (["language", "status", "xx"], "no translation into 'xx'"),
        (["book", "--language", "xx"], "no translation into 'xx'"),
        (["book", "--language", "../../x"], "not a language code"),
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


def test_other_charsets_and_a_byte_order_mark_are_read_and_end_as_plain_utf_8(begun):
    path = next(begun.rglob("index.po"))
    text = path.read_text(encoding="utf-8")
    entry = 'msgid "Read me"\nmsgstr "\u00c9t\u00e9"\n'
    for made in (
        (text.replace("charset=utf-8", "charset=latin-1") + "\n" + entry).encode("latin-1"),
        b"\xef\xbb\xbf" + (text + "\n" + entry).encode(),
    ):
        path.write_bytes(made)
        assert cli.run(["language", "update", "ko", "--root", str(begun)]) == 0
        now = path.read_bytes().decode("utf-8")
        assert now.startswith("#") and "charset=utf-8" in now and "\u00c9t\u00e9" in now


def test_what_is_added_to_a_translation_need_not_fit_its_charset(begun):
    path = next(begun.rglob("index.po"))
    text = path.read_text(encoding="utf-8").replace("charset=utf-8", "charset=idna")
    path.write_text(text + '\nmsgid "Read me"\nmsgstr "..."\n', encoding="ascii", errors="ignore")
    languages.compiled(Course.load(begun), "ko", begun / "made")
    assert list((begun / "made").rglob("index.mo"))


@pytest.mark.parametrize("charset", ["", "nonsense"])
def test_a_charset_that_is_none_is_named(tmp_path, charset):
    path = tmp_path / "page.po"
    path.write_text(
        f'msgid ""\nmsgstr "Content-Type: text/plain; charset={charset}\\n"\n\nmsgid "a"\nmsgstr "b"\n',
        encoding="utf-8",
    )
    with pytest.raises(InputError, match=f"a charset that is not known: '{charset}'"):
        languages.read(path)


# --- what readers and learners get --------------------------------------------------------------------------------


def marked(text: str) -> str:
    """A stand-in for a translation: every sentence is recognisable, and nothing but the words changes."""
    return f"번역 {text}"


@pytest.fixture(scope="module")
def tiny(tmp_path_factory) -> Path:
    """The tiny course with its first lesson, its exercises and its first page translated into two languages."""
    root = tmp_path_factory.mktemp("tiny") / "course"
    shutil.copytree(TINY, root, ignore=shutil.ignore_patterns("_build", "__pycache__"))
    for language in ("ko", "ar"):
        languages.update(Course.load(root), language, ["r1", "index"])
        for path in languages.folder(Course.load(root), language).rglob("*.po"):
            content = languages.read(path)
            for message in content:
                if message.id:
                    message.string = marked(message.id)
            languages.write(path, content, language)
    return root


def build(root: Path, language: str, audience: str = "reader") -> Path:
    arguments = ["book", "--root", str(root), "--language", language, "--audience", audience]
    assert cli.run(arguments) == 0
    return root / "_build" / (f"html-{language}" if audience == "reader" else f"html-{language}-{audience}")


@pytest.fixture(scope="module")
def korean_book(tiny) -> Path:
    return build(tiny, "ko")


def page(book: Path, name: str) -> BeautifulSoup:
    found = next(path for path in sorted(book.rglob(f"{name}*.html")) if "exercises" not in path.parts)
    return BeautifulSoup(found.read_text(encoding="utf-8"), "html.parser")


def test_a_translated_page_speaks_its_language_from_the_title_to_the_quiz(korean_book):
    soup = page(korean_book, "r1-")
    assert soup.html["lang"] == "ko" and "dir" not in soup.html.attrs
    article = soup.select_one("article")
    assert article.h1.get_text().startswith("번역 ")
    assert "답 확인" in article.get_text() and "질문 1 / 2" in article.get_text()
    for paragraph in article.select(".cw-quiz-prompt p, .cw-option label span"):
        assert paragraph.get_text().strip().startswith("번역 "), paragraph
    for image in article.select("img"):
        assert image["alt"].startswith("번역 ")


def test_the_first_page_and_every_other_say_that_the_translation_is_a_draft(korean_book):
    for name in ("index", "r1-", "r2-"):
        said = page(korean_book, name).select_one(".bd-header-announcement").get_text()
        assert "번역 초안" in said and "not yet reviewed by a native speaker" in said


def test_what_is_pressed_to_show_a_cell_speaks_the_language(tmp_path):
    app = SimpleNamespace(
        config=SimpleNamespace(language="ko", locale_dirs=[str(tmp_path)]),
        env=SimpleNamespace(docname="index"),
    )
    page = new_document("index")
    page += nodes.container(prompt_show="Show the answer", prompt_hide="somebody's own words")
    spoken.name_parts(app, page)
    assert (page[0]["prompt_show"], page[0]["prompt_hide"]) == ("답 보기", "somebody's own words")


def test_a_reviewed_translation_is_no_draft(tiny, tmp_path):
    root = tmp_path / "course"
    shutil.copytree(tiny, root, ignore=shutil.ignore_patterns("_build"))
    settings = root / "cleanworks.toml"
    settings.write_text('reviewed = ["ko"]\n' + settings.read_text(encoding="utf-8"), encoding="utf-8")
    assert page(build(root, "ko"), "index").select_one(".bd-header-announcement") is None


def test_a_page_without_a_translation_says_that_it_is_english(korean_book):
    assert page(korean_book, "r2-").select_one("article [lang=en][dir=ltr] h1")
    assert page(korean_book, "r1-").select_one("article > [lang=en]") is None


def test_arabic_runs_from_right_to_left(tiny):
    book = build(tiny, "ar")
    for name in ("index", "r1-"):
        assert page(book, name).html.attrs.items() >= {"lang": "ar", "dir": "rtl"}.items()


def test_the_notebook_to_download_is_translated_and_its_code_is_not(korean_book, tiny):
    copy = nbformat.read(next((korean_book / "_sources" / "notebooks").rglob("r1-*.ipynb")), 4)
    source = {cell.id: cell for cell in Course.load(tiny).lesson("r1").notebook.node.cells}
    for cell in copy.cells:
        if cell.cell_type == "code":
            assert cell.source == source[cell.id].source
        else:
            assert "번역 " in cell.source


def test_no_solution_note_or_key_reaches_a_learner_in_any_language(tiny):
    book = build(tiny, "ko", "learner")
    course = Course.load(tiny)
    pieces = languages.secrets(course, course.lesson("r1"))
    assert len(pieces) > 5, "there is something to give away"
    for path in book.rglob("*"):
        if path.suffix in (".html", ".ipynb", ".js") and "_static" not in path.parts:
            text = path.read_text(encoding="utf-8")
            assert [piece for piece in pieces if languages.holds(text, piece)] == [], path
    # The search is not blind: the instructor's copy gives them away.
    whole = languages.translated(
        course.lesson("r1").exercises.notebook.node,
        languages.entries_of(course, "ko", course.lesson("r1").exercises.path),
    )
    assert [piece for piece in pieces if languages.holds(dump(whole), piece)]


def test_the_learners_notebooks_of_this_course_give_nothing_away_in_any_language():
    course = Course.load(ROOT)
    for language in languages.languages(course):
        for lesson in course.lessons:
            pieces = languages.secrets(course, lesson)
            for entry in (lesson, lesson.exercises):
                said = languages.entries_of(course, language, entry.path)
                if said:
                    handed_out = dump(languages.translated(edition(entry.notebook.node, "learner"), said))
                    assert [piece for piece in pieces if languages.holds(handed_out, piece)] == [], entry.path


# --- figures, checks and buttons ----------------------------------------------------------------------------------


@pytest.fixture
def korean(monkeypatch):
    monkeypatch.setenv(words.VARIABLE, "ko")


def drawn_texts(figure) -> set[str]:
    """What a reader sees in a figure."""
    figure.canvas.draw()
    return {text.get_text() for text in figure.findobj(Text) if text.get_text()}


def test_a_figure_speaks_the_language_whatever_line_wrote_the_text(korean, monkeypatch):
    monkeypatch.setattr(figures, "_speaks", lambda language: (True, ()))
    figure, axes = figures.new("Staff score every question lower than users do", x="Share of payments (%)")
    axes.plot([1, 2], ["2017, published", "unknown word"], label="Users")
    axes.text(1, 0, "Staff 7.87\ncount 0.237")
    axes.legend()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # letters without a font are no matter here
        texts = drawn_texts(figure)
    plt.close(figure)
    assert {
        "직원은 모든 질문에 이용자보다 낮은 점수를 준다",
        "지급의 비율 (%)",
        "이용자",
        "2017, 공표",
    } <= texts
    assert "직원 7.87\n반영 0.237" in texts
    assert {"데이터: 가상 도시", "unknown word"} <= texts


def test_without_a_font_figures_stay_english_and_say_so_in_one_line(korean, monkeypatch):
    monkeypatch.setattr(figures, "_installed", lambda wanted: None)
    figures._speaks.cache_clear()
    with pytest.warns(UserWarning, match="Figures stay in English") as said:
        for _ in range(2):
            figure, axes = figures.new("Staff score every question lower than users do")
            plt.close(figure)
    figures._speaks.cache_clear()
    assert len(said) == 1 and "\n" not in str(said[0].message)
    assert axes.get_title(loc="left") == "Staff score every question lower than users do"


def test_english_figures_are_what_they_were(monkeypatch):
    monkeypatch.delenv(words.VARIABLE, raising=False)
    figure, _ = figures.new("Staff score every question lower than users do")
    assert type(figure) is Figure
    plt.close(figure)


def test_a_check_answers_in_the_language_and_records_in_english(korean):
    outcome = NotAttempted("Give a value to `largest`, run its box, and check again.")
    assert "시도하지 않음" in str(outcome) and "`largest`에 값을 넣고" in str(outcome)
    assert outcome.record()["message"].startswith("Give a value")


def test_feedback_speaks_the_language_and_leaves_the_learners_own_words_alone(korean):
    assert str(compare(50.0, 0.5)) == (
        "↻ 아직 아님. 당신의 답 50: 100배 큽니다. 0과 1 사이의 비율을 물었는데 백분율을 쓰지 않았습니까?"
    )
    # "done" is also the word of a button.
    assert "`done`" in str(compare_choice("done", "a", options=["a", "b"]))


def test_an_unknown_language_or_a_path_for_one_stays_english(monkeypatch):
    for code in ("xx", "../ko", "KO", ""):
        monkeypatch.setenv(words.VARIABLE, code)
        assert words.say("Users") == "Users"


@pytest.mark.parametrize("path", sorted(words.FOLDER.glob("*.po")), ids=lambda path: path.stem)
def test_the_words_of_the_toolkit_keep_their_values(path):
    for text, translation in words.read_po(path.read_text(encoding="utf-8")).items():
        assert languages.faults(text, translation) == [], text
        # A language may have another order: a Korean date begins with the year.
        values = [sorted(re.findall(r"\{[a-z]+\}", one)) for one in (text, translation)]
        assert values[0] == values[1], text


# --- the translations of this course ------------------------------------------------------------------------------

OURS = sorted((ROOT / "book" / "locale").rglob("*.po"))


@pytest.mark.parametrize("path", OURS, ids=lambda path: path.relative_to(ROOT / "book" / "locale").as_posix())
def test_links_citations_code_and_formulas_survive_translation(path):
    broken = [
        f"{message.id[:70]!r}: {fault}"
        for message in languages.read(path)
        if message.id and message.string
        for fault in languages.faults(message.id, message.string)
    ]
    assert broken == []


@pytest.mark.parametrize("path", OURS, ids=lambda path: path.relative_to(ROOT / "book" / "locale").as_posix())
def test_translations_are_written_as_the_command_writes_them(path, tmp_path):
    copy = tmp_path / "copy.po"
    language = path.relative_to(ROOT / "book" / "locale").parts[0]
    languages.write(copy, languages.read(path), language)
    assert copy.read_text(encoding="utf-8") == path.read_text(encoding="utf-8")


COMPLETE = {"ko": ("o1", "o2", "c6", "m4"), "fr": ("o1", "o2", "c6", "m4"), "ar": ("o1",)}


def test_the_promised_lessons_are_complete():
    course = Course.load(ROOT)
    there = languages.texts(course, {one for lessons in COMPLETE.values() for one in lessons})
    for language, lessons in COMPLETE.items():
        wanted = {page: said for page, said in there.items() if page.rpartition("/")[2][:2] in lessons}
        found = languages.status_of(course, language, wanted)
        assert len(found) == 2 * len(lessons)
        for one in found:
            # An English sentence may change before its translators have seen it; a page may not fall behind.
            assert one.faults == (), one.page
            assert one.percent >= 95, f"{one.page}: run `cleanworks language update {language}` and translate"
