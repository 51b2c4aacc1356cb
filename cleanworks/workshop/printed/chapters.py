"""Chapters from the pages of a built book: what a reader clicks becomes something to read.

Folds stand open, a quiz is a list of boxes to tick, and what was behind a button (the key of a quiz, solutions) moves to
the end of the part. Every id gets the page's name in front, so that many pages can share a document.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, urldefrag, urlsplit

from bs4 import BeautifulSoup, Tag

from cleanworks.errors import InputError
from cleanworks.workshop.catalogue import Course, listed

_REFERRING = ("aria-labelledby", "aria-describedby", "aria-controls", "for", "headers")
# Parts of a page that do nothing on paper: by name, and by class.
_DEAD_TAGS = frozenset(["script", "noscript", "style", "button", "input"])
_DEAD_CLASSES = frozenset(
    [
        *("headerlink", "cw-download", "cw-run", "cw-done", "cw-progress", "cw-feedback", "cw-screen"),
        *("cw-data", "cw-bar", "cw-live-off"),
        "cw-figure-data",  # a page on paper has its figures; their numbers are in the book on a screen
        *("sd-octicon", "svg-inline--fa"),
    ]
)


@dataclass
class Chapter:
    """A page of the book: its name without suffix, its title, its part, and its content."""

    name: str
    title: str
    part: str
    body: Tag
    nested: bool = False
    answers: list[Tag] = field(default_factory=list)

    @property
    def id(self) -> str:
        return anchor(self.name)


@dataclass
class Part:
    """A part of the table of contents, with what belongs at its end."""

    title: str
    chapters: list[Chapter]
    number: int


def anchor(page: str, target: str = "") -> str:
    """The id that a page, or a place in it, has in a document of many pages."""
    name = re.sub(r"[^\w-]+", "-", page)
    return f"{name}--{target}" if target else name


def parts(course: Course, html: Path) -> list[Part]:
    """The chapters of a built book, part by part. The first page is a part of its own, with an empty title.

    Raises
    ------
    InputError
        A page of the table of contents is not in the folder.
    """
    pages = [
        (path.relative_to(course.root).with_suffix("").as_posix(), part) for path, part in listed(course.root)
    ]
    names = {name for name, _ in pages}
    sets = {
        course.relative(entry.path.with_suffix(""))
        for entry in course.notebooks
        if entry.block.kind != "lesson"
    }
    made: list[Part] = []
    for number, (name, title) in enumerate(pages, 1):
        if not made or made[-1].title != title:
            made.append(Part(title, [], len(made)))
        made[-1].chapters.append(_chapter(html, name, title, number, names, nested=name in sets))
    return made


def _chapter(html: Path, name: str, part: str, number: int, names: set[str], *, nested: bool) -> Chapter:
    path = html / f"{name}.html"
    if not path.is_file():
        raise InputError(
            "A page of the book is missing.", where=str(path), fix="Run `cleanworks book` again."
        )
    text = path.read_text(encoding="utf-8")
    # What stands around it, the contents above all, is most of a page and takes as long to read.
    begin, end = text.find('<article class="bd-article"'), text.rfind("</article>")
    soup = BeautifulSoup(text[begin:end] if 0 <= begin < end else "", "html.parser")
    body = soup.find("article")
    if body is None:
        raise InputError(
            "This page has no text of the book in it.", where=str(path), fix="Run `cleanworks book` again."
        )
    heading = body.find("h1")
    for dead in body.find_all(_is_dead):
        dead.decompose()
    # MyST-NB writes paragraphs into the line that folds code, where the standard of the EPUB allows only text.
    for summary in body.find_all("summary"):
        for paragraph in summary.find_all("p"):
            paragraph.name = "span"
    made = Chapter(name, _text(heading), part, body, nested)
    _answers(soup, made)
    _static(soup, body)
    _figures(soup, body, number)
    for level in (5, 4, 3, 2, 1):
        for one in body.find_all(f"h{level}"):
            one.name = f"h{level + 1}"
    for whole in (body, *made.answers):
        _name_for_the_whole(whole, name, names, html)
    body.name = "section"
    body.attrs = {"class": "chapter nested" if nested else "chapter", "id": made.id}
    return made


def _is_dead(tag: Tag) -> bool:
    classes = tag.get_attribute_list("class")
    if tag.name in _DEAD_TAGS or not _DEAD_CLASSES.isdisjoint(classes):
        return True
    if tag.has_attr("hidden") and "cw-note" not in classes:
        return True
    # Nothing was attempted yet on paper, either.
    return (
        "cell_output" in classes
        and tag.find_parent(class_="cw-check") is not None
        and tag.find(class_="cleanworks-not-attempted") is not None
    )


# --- answers ------------------------------------------------------------------------------------------------------


def _answers(soup: BeautifulSoup, made: Chapter) -> None:
    """Take keys and folded solutions out of the page, and leave a word about where they went."""
    for quiz in made.body.find_all("form", class_="cw-quiz"):
        key = _quiz(soup, quiz)
        if key is not None:
            made.answers.append(key)
    for fold in made.body.find_all("details", class_="cw-solution"):
        inside = fold.select_one("details.cw-reveal > .cw-inside") or fold.select_one(".cw-inside")
        exercise = fold.find_parent(class_="cw-exercise")
        title = _text(exercise.select_one(".cw-title")) if exercise else "Solution"
        answer = soup.new_tag("div", attrs={"class": "answer"})
        name = f"{exercise['id']}-solution" if exercise else f"solution-{len(made.answers)}"
        answer.append(_paragraph(soup, title, "answer-title", id=anchor(made.name, name)))
        answer.extend(list(inside.contents) if inside else [])
        made.answers.append(answer)
        fold.replace_with(_pointer(soup, "Solution", anchor(made.name, name)))
    for answer in made.answers:
        _static(soup, answer)


def _quiz(soup: BeautifulSoup, quiz: Tag) -> Tag | None:
    """Make a form a list to tick. Gives its key, or None where it has none (a learner's copy)."""
    keyed = quiz.has_attr("data-keyed")
    title = _text(quiz.select_one(".cw-title"))
    rows = []
    for letter, option in zip("ABCDEFGHIJ", quiz.select(".cw-option"), strict=False):
        note = option.select_one(".cw-note")
        said = json.loads(base64.b64decode(str(note["data-note"]))) if note else None
        if note:
            note.decompose()
        label = option.select_one("label")
        if label:
            label.name = "p"
            label.insert(0, _span(soup, f"☐ {letter}", "tick"))
        if said and keyed:
            rows.append((letter, said))
    for left in quiz.select(".cw-note"):
        left.decompose()
    quiz.name = "div"
    for tag in quiz.select('[role="radiogroup"]'):
        tag["role"] = "group"
    if not rows:
        return None
    answer = soup.new_tag("div", attrs={"class": "answer"})
    right = " and ".join(letter for letter, said in rows if said["right"])
    answer.append(_paragraph(soup, f"{title}: {right}", "answer-title"))
    items = soup.new_tag("ul", attrs={"class": "key"})
    for letter, said in rows:
        item = soup.new_tag("li")
        item.append(_span(soup, f"{letter} {'is right' if said['right'] else 'is not it'}. ", "tick"))
        item.extend(
            list(BeautifulSoup(re.sub(r"^<p>(.*)</p>$", r"\1", said["html"]), "html.parser").contents)
        )
        items.append(item)
    answer.append(items)
    return answer


def _pointer(soup: BeautifulSoup, word: str, target: str) -> Tag:
    made = _paragraph(soup, "", "pointer")
    link = soup.new_tag("a", href=f"#{target}", attrs={"class": "placed"})
    link.string = f"{word} at the end of this part"
    made.append(link)
    return made


# --- what needs no script -----------------------------------------------------------------------------------------


def _static(soup: BeautifulSoup, body: Tag) -> None:
    """Open every fold, show every tab, and drop what only a program looks at."""
    for fold in body.find_all("details"):
        fold.name = "div"
        summary = fold.find("summary")
        if summary:
            summary.name = "p"
            summary["class"] = "cw-part-title"
    for frame in body.find_all("iframe"):
        title = frame.get("title") or "A page to click through"
        frame.replace_with(_paragraph(soup, f"{title}: open the book on a screen to use it.", "pointer"))
    for tab in body.find_all(class_="sd-tab-label"):
        tab.name = "p"
    for tag in [body, *body.find_all(True)]:
        for attribute in [
            key for key in tag.attrs if key.startswith(("data-", "on")) or key in ("open", "tabindex")
        ]:
            del tag[attribute]


def _figures(soup: BeautifulSoup, body: Tag, number: int) -> None:
    """Number the pictures of a chapter: what a cell drew, and what the author put in a figure."""
    for count, image in enumerate(body.select(".cell_output img, figure img"), 1):
        figure = image.find_parent("figure")
        if figure is None:
            figure = soup.new_tag("figure")
            image.wrap(figure)
        caption = figure.find("figcaption")
        if caption is None:
            caption = soup.new_tag("figcaption")
            caption.string = _first_sentence(str(image.get("alt", "")))
            figure.append(caption)
        caption.insert(0, _span(soup, f"Figure {number}.{count}. ", "figure-number"))


def _first_sentence(text: str) -> str:
    found = re.match(r".*?[.:!?](?=\s|$)", " ".join(text.split()))
    return (found[0] if found else text).rstrip(":")


def _text(tag: Tag | None) -> str:
    return tag.get_text(strip=True) if tag else ""


def _paragraph(soup: BeautifulSoup, text: str, kind: str, **attributes: str) -> Tag:
    made = soup.new_tag("p", attrs={"class": kind, **attributes})
    made.string = text
    return made


def _span(soup: BeautifulSoup, text: str, kind: str) -> Tag:
    made = soup.new_tag("span", attrs={"class": kind})
    made.string = text
    return made


# --- names --------------------------------------------------------------------------------------------------------


def _name_for_the_whole(whole: Tag, page: str, names: set[str], html: Path) -> None:
    """Give ids, links and pictures names that hold in a document of many pages."""
    for tag in [whole, *whole.find_all(True)]:
        _rename(tag, page)
    for link in whole.find_all("a", href=True):
        _relink(link, page, names, html)
    for image in whole.find_all("img", src=True):
        source = str(image["src"])
        if not urlsplit(source).scheme:
            image["src"] = ((html / f"{page}.html").parent / unquote(source)).resolve().as_uri()


def _rename(tag: Tag, page: str) -> None:
    id = str(tag.get("id") or "")
    if id and not id.startswith(f"{anchor(page)}--"):
        tag["id"] = anchor(page, id)
    for attribute in _REFERRING:
        if tag.get(attribute):
            words = " ".join(map(str, tag.get_attribute_list(attribute))).split()
            tag[attribute] = " ".join(anchor(page, word) for word in words)


def _relink(link: Tag, page: str, names: set[str], html: Path) -> None:
    href = str(link["href"])
    if href.startswith(f"#{anchor(page)}--") or urlsplit(href).scheme:
        return
    target, place = urldefrag(href)
    if target:
        path = (html / f"{page}.html").parent / unquote(target)
        name = path.resolve().relative_to(html.resolve()).with_suffix("").as_posix()
    else:
        name = page
    if name not in names:
        # A file beside the page, such as a notebook to download.
        link.name = "span"
        link.attrs = {}
        return
    link.attrs = {key: value for key, value in link.attrs.items() if key in ("class", "id", "title")}
    link["href"] = f"#{anchor(name, unquote(place))}" if place else f"#{anchor(name)}"


def unlink_what_is_elsewhere(bodies: list[Tag]) -> None:
    """Make links to places that these bodies do not hold plain words."""
    held = {tag["id"] for body in bodies for tag in [body, *body.find_all(id=True)] if tag.get("id")}
    for body in bodies:
        for link in body.find_all("a", href=re.compile("^#")):
            if str(link["href"])[1:] not in held:
                link.name = "span"
                link.attrs = {}


def cited(bodies: list[Tag]) -> Iterator[str]:
    """Ids of the places that bodies link to."""
    for body in bodies:
        for link in body.find_all("a", href=re.compile("^#")):
            yield str(link["href"])[1:]
