"""Print chapters: an HTML document with cover and contents, an installed browser, and a second pass for page numbers.

A browser cannot say on which page a heading will come to stand. So the document is printed once, the pages of its
places are read from the PDF, written into the contents, and it is printed again. Figures in the contents have a fixed
width, so the second print breaks its pages where the first one did; that is checked, and done again if it did not.
"""

from __future__ import annotations

import datetime as dt
import io
import logging
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from markupsafe import Markup

from cleanworks import paper, scratch, words
from cleanworks.errors import InputError
from cleanworks.html_templates import filled
from cleanworks.workshop.printed.chapters import Part, cited, unlink_what_is_elsewhere
from cleanworks.written import whole

STYLE = Path(__file__).with_name("print.css")
_CONTENT_WIDTH = 657  # CSS pixels between the margins of print.css on A4: (210 - 36) mm

# Tables and program output that are too wide get smaller letters, then break their lines. What is small enough to stay
# together is kept together: a long box would leave half a page empty.
_FIT = """
(limit) => {
  const inner = element => {
    let holder = element.parentElement;
    while (holder && getComputedStyle(holder).display === 'inline') holder = holder.parentElement;
    const style = getComputedStyle(holder);
    return holder.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
  };
  for (const table of document.querySelectorAll('table')) {
    for (const size of [8.3, 7.6, 7, 6.4]) {
      table.style.fontSize = size + 'pt';
      if (table.offsetWidth <= inner(table) + 0.5) break;
    }
    if (table.offsetWidth > inner(table) + 0.5) { table.classList.add('wrapped'); table.style.fontSize = '7pt'; }
    if (table.offsetWidth > inner(table) + 0.5) { table.classList.add('hard'); table.style.fontSize = '6.4pt'; }
  }
  for (const pre of document.querySelectorAll('pre')) {
    pre.style.whiteSpace = 'pre';
    for (const size of [7.6, 7, 6.4, 6]) {
      pre.style.fontSize = size + 'pt';
      if (pre.scrollWidth <= pre.clientWidth) break;
    }
    if (pre.scrollWidth > pre.clientWidth) { pre.style.fontSize = '7pt'; }
    pre.style.whiteSpace = '';
  }
  for (const box of document.querySelectorAll('.cw-box, .cw-fold, .cw-part, .cw-front, .admonition, pre, table, .answer, dd'))
    if (box.offsetHeight < limit) box.classList.add('keep');
  const right = document.body.getBoundingClientRect().right + 1;
  return [...document.querySelectorAll('body *')]
    .filter(one => !one.closest('mjx-assistive-mml, svg') && one.getBoundingClientRect().right > right)
    .map(one => one.tagName.toLowerCase() + ': ' + one.textContent.trim().slice(0, 60)).slice(0, 10);
}
"""

_HEADINGS = """
() => [...document.querySelectorAll('h1, h2, h3, h4, h5, h6')].map(one => one.textContent.trim().replace(/\\s+/g, ' '))
"""


@dataclass(frozen=True)
class Cover:
    """What stands on the first page. `logo` is a picture file or None, `language` the code of what the book is written in."""

    title: str
    subtitle: str
    author: str
    notice: str
    logo: Path | None = None
    language: str = "en"


def language_tag(language: str) -> str:
    """The code of a language as files name it: "pt-BR" of "pt_BR"."""
    return language.replace("_", "-")


def document(parts: list[Part], cover: Cover, *, mathjax: Path, numbers: dict[str, int] | None = None) -> str:
    """The HTML document to print; `numbers` gives the page of each place of the contents."""
    shown = [part for part in parts if part.chapters]
    body = Markup("".join(_part(part) for part in shown))
    return filled(
        __package__,
        "document.html",
        cover=cover,
        **spoken(cover.language),
        style=Markup(STYLE.read_text(encoding="utf-8") + _code_colours()),
        mathjax=mathjax.as_uri() if 'class="math' in body else "",
        notice=Markup(cover.notice),
        contents=words.say("Contents", cover.language),
        entries=list(entries(shown)),
        numbers=numbers or {},
        body=body,
    )


def spoken(language: str) -> dict[str, str]:
    """The language of a document and its direction, as its first tag says them."""
    return {"tag": language_tag(language), "direction": words.direction(language)}


def _part(part: Part) -> str:
    heading = Markup('<h1 class="part" id="part-{}">{}</h1>').format(part.number, part.title)
    chapters = "".join(str(chapter.body) for chapter in part.chapters)
    return (heading if part.title else "") + Markup(chapters) + answers(part)


def answers(part: Part) -> Markup:
    """Keys and solutions of a part, under the titles of their chapters."""
    answered = [
        (chapter.title, Markup("".join(map(str, chapter.answers))))
        for chapter in part.chapters
        if chapter.answers
    ]
    return filled(__package__, "answers.html", part=part, answered=answered) if answered else Markup()


def entries(parts: list[Part]) -> Iterator[tuple[str, str, str]]:
    """The lines of the contents: (kind, id, title)."""
    for part in parts:
        if part.title:
            yield "in-part", f"part-{part.number}", part.title
        for chapter in part.chapters:
            yield ("in-set" if chapter.nested else "in-chapter"), chapter.id, chapter.title
        if any(chapter.answers for chapter in part.chapters):
            yield "in-chapter", f"answers-{part.number}", "Answers"


def _code_colours() -> str:
    from pygments.formatters import HtmlFormatter

    # The light style of the theme; its colours reach AA on white and stay apart in grey.
    return HtmlFormatter(style="a11y-high-contrast-light").get_style_defs(".highlight")


# --- the browser --------------------------------------------------------------------------------------------------


@contextmanager
def printer() -> Iterator[Any]:
    """A headless browser that stays open for several documents.

    Raises
    ------
    InputError
        No browser is installed.
    """
    program = paper.browser()
    if program is None:
        raise InputError(
            "No browser that makes PDF files was found (Edge, Chrome or Chromium).",
            fix="Install one, or name it in CLEANWORKS_CHROMIUM.",
        )
    from playwright.sync_api import sync_playwright

    with scratch.folder() as folder, sync_playwright() as playwright:
        launched = playwright.chromium.launch(
            executable_path=program,
            # Chromium refuses its sandbox to root, which is who runs in most containers.
            args=["--no-sandbox"],
            # What a killed browser leaves lies where the next one removes it.
            env={**os.environ, "TMPDIR": str(folder)},
        )
        try:
            yield launched
        finally:
            launched.close()


def write(browser: Any, parts: list[Part], cover: Cover, target: Path, *, mathjax: Path) -> int:
    """Print parts to a PDF file and give its number of pages.

    Raises
    ------
    InputError
        Something is wider than the page even in small letters; the message says what.
    """
    numbers: dict[str, int] = {}
    for _ in range(4):
        printed, headings = _print(browser, document(parts, cover, mathjax=mathjax, numbers=numbers))
        found = page_numbers(printed)
        wanted = {place: found[place] for _, place, _ in entries(parts)}
        if wanted == numbers:
            break
        numbers = wanted
    else:
        raise InputError(
            "The page numbers in the table of contents keep changing.",
            where=target.name,
            fix="Run it again; if it stays so, please report it.",
        )
    finished, count = _finish(printed, cover, headings)
    target.parent.mkdir(parents=True, exist_ok=True)
    with whole(target) as file:
        file.write(finished)
    return count


def _print(browser: Any, html: str) -> tuple[bytes, list[str]]:
    """The printed document, and its headings as they are written."""
    with scratch.folder() as folder:
        path = folder / "book.html"
        path.write_text(html, encoding="utf-8")
        page = browser.new_page(viewport={"width": _CONTENT_WIDTH, "height": 950}, java_script_enabled=True)
        try:
            page.emulate_media(media="print", color_scheme="light")
            page.goto(path.as_uri())
            page.evaluate("window.MathJax?.startup?.promise")
            page.evaluate("document.fonts.ready.then(() => 0)")
            wide = page.evaluate(_FIT, 380)
            if wide:
                raise InputError(
                    "Something is wider than the page.",
                    where="; ".join(wide),
                    fix="Make the table narrower, or the line shorter.",
                )
            headings = page.evaluate(_HEADINGS)
            return page.pdf(
                prefer_css_page_size=True, print_background=True, tagged=True, outline=True
            ), headings
        finally:
            page.close()


def page_numbers(pdf: bytes) -> dict[str, int]:
    """The page, counted from 1, of each place in a PDF that a link leads to."""
    from pypdf import PdfReader

    reader = PdfReader(io.BytesIO(pdf))
    found = {
        str(name).lstrip("/"): reader.get_destination_page_number(place)
        for name, place in reader.named_destinations.items()
    }
    return {name: number + 1 for name, number in found.items() if number is not None}


def _write_bookmarks(item: Any, headings: Mapping[str, str]) -> None:
    """Give bookmarks the words of their headings: where a heading breaks into two lines, the browser joins the words around the break."""
    from pypdf.generic import NameObject, TextStringObject

    while item is not None:
        item = item.get_object()
        if title := item.get("/Title"):
            item[NameObject("/Title")] = TextStringObject(headings.get(_letters(title), title))
        _write_bookmarks(item.get("/First"), headings)
        item = item.get("/Next")


def _letters(text: str) -> str:
    return "".join(text.split())


def _finish(pdf: bytes, cover: Cover, headings: Iterable[str]) -> tuple[bytes, int]:
    """Say in the file what it is; the same book gives the same file."""
    from pypdf import PdfReader, PdfWriter
    from pypdf.generic import BooleanObject, DictionaryObject, NameObject

    # It remarks on the trailer that the browser writes, which it then corrects.
    logging.getLogger("pypdf").setLevel(logging.ERROR)
    reader = PdfReader(io.BytesIO(paper.steady(pdf)))
    writer = PdfWriter(clone_from=reader)
    _write_bookmarks(writer.root_object.get("/Outlines"), {_letters(one): one for one in headings})
    day = dt.datetime(2026, 1, 1, tzinfo=dt.UTC).strftime("D:%Y%m%d%H%M%SZ")
    writer.add_metadata(
        {
            "/Title": f"{cover.title}: {cover.subtitle}",
            "/Author": cover.author,
            "/Creator": "CleanWorks",
            "/CreationDate": day,
            "/ModDate": day,
        }
    )
    writer.root_object[NameObject("/ViewerPreferences")] = DictionaryObject(
        {NameObject("/DisplayDocTitle"): BooleanObject(True)}
    )
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue(), len(reader.pages)


# --- parts --------------------------------------------------------------------------------------------------------


def alone(part: Part, sources: Part | None) -> list[Part]:
    """A part as a document of its own, with the sources that it cites at its end and no links to elsewhere."""
    import copy

    made = copy.deepcopy(part)
    shown = [made]
    bodies = [one for chapter in made.chapters for one in (chapter.body, *chapter.answers)]
    if sources is not None:
        used = set(cited(bodies))
        extra = copy.deepcopy(sources)
        for entry in [one for chapter in extra.chapters for one in chapter.body.select("div.citation")]:
            if entry.get("id") not in used:
                entry.decompose()
        if any(chapter.body.select("div.citation") for chapter in extra.chapters):
            shown.append(extra)
            bodies += [chapter.body for chapter in extra.chapters]
    unlink_what_is_elsewhere(bodies)
    return shown
