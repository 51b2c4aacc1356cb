"""Editions in other languages: the route of gettext.

Sphinx takes the texts out of the pages, paragraph by paragraph, as it reads them for the book, so a notebook's prose is
found like any other. Translators fill one .po file for each page (`book/locale/<language>/LC_MESSAGES/`). Building an
edition compiles them into the folder of its work, where Sphinx looks them up. Code stays as it is; what figures and
buttons say is translated by :mod:`cleanworks.words`.
"""

from __future__ import annotations

import codecs
import contextlib
import copy
import dataclasses
import functools
import hashlib
import html
import io
import json
import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from cleanworks import scratch
from cleanworks.errors import InputError
from cleanworks.words import is_code
from cleanworks.workshop import made_of
from cleanworks.workshop.editions import edition
from cleanworks.workshop.files import write_whole

if TYPE_CHECKING:
    from babel.messages.catalog import Catalog, Message
    from nbformat import NotebookNode

    from cleanworks.workshop.catalogue import Course, Lesson

SOURCE = "en"
"""The language that the course is written in."""


# --- files --------------------------------------------------------------------------------------------------------


def folder(course: Course, language: str) -> Path:
    """Where the translations of a language lie, laid out like the pages."""
    return course.root / course.settings.locale / language / "LC_MESSAGES"


def languages(course: Course) -> list[str]:
    """The languages that have at least one translated page."""
    base = course.root / course.settings.locale
    found = (path.name for path in base.iterdir() if path.is_dir()) if base.is_dir() else ()
    return sorted(name for name in found if is_code(name) and any(folder(course, name).rglob("*.po")))


def require(course: Course, language: str) -> None:
    """See that an edition in this language can be built.

    Raises
    ------
    InputError
        The code has another form, or nothing is translated.
    """
    require_code(language)
    known = languages(course)
    if language != SOURCE and language not in known:
        raise InputError(
            f"There is no translation into {language!r}.",
            where=str(course.root / course.settings.locale),
            fix=f"There are {', '.join([SOURCE, *known])}. `cleanworks language update {language}` begins a new one.",
        )


def require_code(language: str) -> None:
    if not is_code(language):
        raise InputError(
            f"{language!r} is not a language code.",
            fix="Write two or three small letters, such as ko, fr or pt_BR.",
        )


def compiled(course: Course, language: str, target: Path) -> None:
    """Write what Sphinx looks up: a compiled file for each page that has translations.

    Files that would not change keep their time, because Sphinx reads a page again when its translations are newer.
    """
    from babel.messages.mofile import write_mo

    wanted = set()
    for source in sorted(folder(course, language).rglob("*.po")):
        content = read(source)
        if not any(_is_done(message) for message in content):
            continue
        for message in content:
            if _is_done(message):
                # Alone, "1. Read the table" is a list and no heading; the page shows it without the backslash.
                message.string = re.sub(r"^(\d+)([.)])(?=\s)", r"\1\\\2", _said(message))
        place = target / language / "LC_MESSAGES" / source.relative_to(folder(course, language))
        made = io.BytesIO()
        content.charset = "utf-8"  # a file may be in an encoding that cannot write what we add
        write_mo(made, content)
        for path, data in ((place, source.read_bytes()), (place.with_suffix(".mo"), made.getvalue())):
            wanted.add(path)
            if not path.is_file() or path.read_bytes() != data:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(data)
    for old in [path for path in target.rglob("*.?o") if path not in wanted]:
        old.unlink()


def read(path: Path) -> Catalog:
    """One file of translations.

    Raises
    ------
    InputError
        It is not in the format of gettext.
    """
    from babel.messages.pofile import PoFileError, read_po

    try:
        # Notepad puts a byte order mark first.
        catalog = read_po(io.BytesIO(path.read_bytes().removeprefix(codecs.BOM_UTF8)), abort_invalid=True)
        codecs.lookup(catalog.charset)  # an empty name is found only when the file is written
        return catalog
    except PoFileError as error:
        raise InputError(
            f"The translations cannot be read: {error}.", where=str(path), fix="Correct that line."
        ) from None
    except UnicodeDecodeError as error:
        raise InputError(
            f"The translations are not text in the charset that their header names ({error.encoding}).",
            where=str(path),
            fix="Save the file as UTF-8, and write `charset=utf-8` in its header.",
        ) from None
    except LookupError as error:
        raise InputError(
            f"The header of the translations names a charset that is not known: {str(error).removeprefix('unknown encoding:').strip()!r}.",
            where=str(path),
            fix="Write `charset=utf-8` in its header, and save it so.",
        ) from None
    except (ValueError, IndexError, TypeError) as error:  # babel's own slips on damaged files
        raise InputError(
            f"The translations cannot be read: {error}.",
            where=str(path),
            fix="Correct the entry it speaks of.",
        ) from None


# --- what there is to translate -----------------------------------------------------------------------------------


def texts(course: Course, pages: Iterable[str] = ()) -> dict[str, list[str]]:
    """The texts of every page, in their order, by the page's name ("notebooks/orientation/o1-start-here").

    The pages are read as an instructor gets them, which is all there is. Each text comes once for each page. While neither the
    course nor the toolkit changes, the pages are not read again: the answer is kept under `_build`.

    Parameters
    ----------
    pages : names of pages, or ids of lessons ("o1": the lesson and its exercises)
        Only these are read; all if empty.
    """
    wanted = set(pages)
    kept = course.root / "_build" / "texts.json"
    key = hashlib.sha256(
        made_of.tool().encode() + made_of.contents(course, set(made_of.sources(course)))
    ).hexdigest()
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
        known = json.loads(kept.read_text(encoding="utf-8"))
        if known["key"] == key:
            return {
                name: said for name, said in known["texts"].items() if not wanted or _is_one(name, wanted)
            }
    if wanted:
        return _texts(course, wanted)
    found = _texts(course)
    with contextlib.suppress(InputError, OSError):
        kept.parent.mkdir(exist_ok=True)
        write_whole(kept, json.dumps({"key": key, "texts": found}, ensure_ascii=False).encode())
    return found


def _is_one(page: str, wanted: Iterable[str]) -> bool:
    """Whether a page was asked for, by its name or by the id of its lesson."""
    return page in wanted or page.rpartition("/")[2].partition("-")[0] in wanted


def _texts(course: Course, wanted: Iterable[str] = ()) -> dict[str, list[str]]:
    with scratch.folder() as temporary:
        _extract(course, temporary, wanted)
        found = {}
        for path in sorted((temporary / "pot").rglob("*.pot")):
            name = path.relative_to(temporary / "pot").with_suffix("").as_posix()
            found[name] = [text for text in map(_asked, read(path)) if _is_for_people(text)]
    for entry in course.notebooks:
        name = course.relative(entry.path).removesuffix(".ipynb")
        if wanted and name not in found:
            continue
        found[name] = list(dict.fromkeys([*found.get(name, []), *descriptions(entry.notebook.node)]))
    return {name: found[name] for name in _in_order(course, found)}


def _is_for_people(text: str) -> bool:
    """Not a formula that stands by itself (it begins with a space), a whole number, or the ids of lessons."""
    return bool(text) and text[0] not in " \n" and not re.fullmatch(r"[a-z]\d+(, [a-z]\d+)*|\d+", text)


def descriptions(node: NotebookNode) -> Iterator[str]:
    """What the pictures of a notebook show, in words."""
    for cell in node.cells:
        text = cell.metadata.get("mystnb", {}).get("image", {}).get("alt")
        if text:
            yield text


def _in_order(course: Course, names: Collection[str]) -> list[str]:
    """The pages of the book among these. Sphinx reads other texts too, such as those for workshops, which each language has whole."""
    plain, lessons = ([entry.path for entry in kind] for kind in (course.plain, course.notebooks))
    paths = [*plain, *course.pages, *lessons]
    listed = [course.relative(path).rpartition(".")[0] for path in paths]
    return [name for name in dict.fromkeys(listed) if name in names]


def _extract(course: Course, target: Path, wanted: Iterable[str] = ()) -> None:
    """Write the texts of all pages, or of those wanted, under ``target/pot``."""
    from jupyter_book.sphinx import build_sphinx

    toc = course.root / "_toc.yml"
    if wanted:
        names = [course.relative(page).rpartition(".")[0] for page in course.pages]
        names += [course.relative(entry.path).rpartition(".")[0] for entry in course.notebooks]
        chosen = [name for name in dict.fromkeys(names) if _is_one(name, wanted)]
        if not chosen:
            return
        # Sphinx reads what its table of contents names, and nothing else.
        toc = target / "_toc.yml"
        others = {"entries": [{"file": name} for name in chosen[1:]]} if chosen[1:] else {}
        toc.write_text(json.dumps({"root": chosen[0], **others}), encoding="utf-8")
    messages = io.StringIO()
    with contextlib.redirect_stderr(messages), contextlib.redirect_stdout(io.StringIO()):
        result = build_sphinx(
            course.root,
            target / "pot",
            path_config=course.root / "_config.yml",
            noconfig=True,
            doctreedir=target / "doctrees",
            confoverrides={
                "external_toc_path": str(toc),
                "external_toc_exclude_missing": bool(wanted),
                "nb_execution_mode": "off",
                "cleanworks_audience": "instructor",
                "cleanworks_executed": "",
                "gettext_compact": False,
                "latex_individualpages": False,
            },
            builder="gettext",
            keep_going=True,
            quiet=True,
        )
    if isinstance(result, KeyboardInterrupt | OSError):
        raise result
    if isinstance(result, Exception):
        said = re.sub(r"\x1b\[[0-9;]*m", "", messages.getvalue()).strip() or str(result)
        raise InputError(
            f"The texts cannot be taken out of the pages: {said}", fix="`cleanworks book` says more."
        )


# --- notebooks that are handed out --------------------------------------------------------------------------------


def entries(path: Path) -> dict[str, str]:
    """The finished translations of one page's file, by their English text. Empty when there is no file."""
    return _entries(path, path.stat().st_mtime_ns) if path.is_file() else {}


@functools.lru_cache(maxsize=256)
def _entries(path: Path, changed: int) -> dict[str, str]:
    return {_asked(message): _said(message) for message in read(path) if _is_done(message)}


def entries_of(course: Course, language: str | None, notebook: Path) -> dict[str, str]:
    """The finished translations of a notebook of the course."""
    if language is None or language == SOURCE:
        return {}
    name = course.relative(notebook).removesuffix(".ipynb")
    return entries(folder(course, language) / f"{name}.po")


def untranslated(course: Course, language: str, lessons: Iterable[Lesson]) -> list[Lesson]:
    """The lessons that cannot be handed out in a language: the lesson or its exercises have no translation."""
    if language == SOURCE:
        return []
    both = [(lesson, [lesson, lesson.exercises] if lesson.exercises else [lesson]) for lesson in lessons]
    return [
        lesson
        for lesson, entries in both
        if not all(entries_of(course, language, entry.path) for entry in entries)
    ]


def edition_language(course: Course, wanted: str) -> str | None:
    """The language for an edition of a workshop: None, which is English, when the course has no such translation."""
    return wanted if wanted != SOURCE and wanted in languages(course) else None


def translated(node: NotebookNode, said: Mapping[str, str]) -> NotebookNode:
    """A copy of a notebook with its prose in another language; code, outputs and ids stay.

    A page of the book is translated by Sphinx. A notebook that somebody opens to work in it is not a page, so its text is
    replaced here, paragraph by paragraph, by the same translations. A paragraph becomes one line.
    """
    made = copy.deepcopy(node)
    if not said:
        return made
    for cell in made.cells:
        image = cell.metadata.get("mystnb", {}).get("image", {})
        if image.get("alt") in said:
            image["alt"] = said[image["alt"]]
        if cell.cell_type == "markdown":
            cell.source = translated_text(cell.source, said)
    return made


def secrets(course: Course, lesson: Lesson) -> list[str]:
    """Pieces of translated sentences that a learner must not read: of solutions, of notes, of feedback in the quiz.

    What the learner's edition of the lesson or of its exercises says as well is left out, and so is what is too short to
    tell anything. The pieces lie between quotation marks, code and links, which every format writes in its own way.
    """
    found: list[str] = []
    for language in languages(course):
        shown, hidden = "", []
        for entry in (lesson, lesson.exercises):
            said = entries_of(course, language, entry.path) if entry else {}
            if entry is None or not said:
                continue
            for_learners = translated(edition(entry.notebook.node, "learner"), said)
            shown += _squeezed("\n".join(cell.source for cell in for_learners.cells))
            for cell in translated(entry.notebook.node, said).cells:
                if cell.cell_type == "markdown" and _HIDDEN & set(cell.metadata.get("tags", [])):
                    hidden += re.split(r"[`*{}$<>|\[\]\"'“”‘’…\n]|\.\.\.|--", cell.source)
        found += [
            piece.strip() for piece in hidden if len(_squeezed(piece)) >= 16 and _squeezed(piece) not in shown
        ]
    return found


_HIDDEN = frozenset({"solution", "instructor", "wrong-answer", "quiz"})


def holds(text: str, piece: str) -> bool:
    """Whether a page or a notebook, as text, holds a piece of a sentence; tags and spaces do not count."""
    return _squeezed(piece) in _readable(text)


@functools.lru_cache(maxsize=4)
def _readable(text: str) -> str:
    return _squeezed(html.unescape(re.sub(r"<[^>]+>", "", text)))


def _squeezed(text: str) -> str:
    return "".join(text.split())


def translated_text(source: str, said: Mapping[str, str]) -> str:
    """Markdown of a cell with its paragraphs in another language, as far as they are translated."""
    if not said:
        return source
    from markdown_it import MarkdownIt

    lines = source.split("\n")
    tokens = MarkdownIt("commonmark").enable("table").parse(source)
    texts = [
        (token.map[0], token.map[1], token.content)
        for token in tokens
        if token.type == "inline" and token.map and token.content.strip()
    ]
    at: dict[int, int] = {}  # how far a row of a table is done
    gone: set[int] = set()
    for first, last, content in texts:
        head, *rest = content.split("\n")
        mark = re.match(r"\[[ xX]\] ", head)
        head = head[mark.end() :] if mark else head
        translation = said.get(" ".join(line.strip() for line in [head, *rest]))
        place = lines[first].find(head, at.get(first, 0))
        if translation is None or place < 0:
            continue
        lines[first] = lines[first][:place] + translation + lines[first][place + len(head) :]
        at[first] = place + len(translation)
        gone.update(range(first + 1, min(last, first + 1 + len(rest))))
    return "\n".join(line for number, line in enumerate(lines) if number not in gone)


# --- bringing files up to date ------------------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True)
class Updated:
    """What an update did to one page: how many texts came, changed (a translator should look), and went."""

    page: str
    new: int
    changed: int
    gone: int


def update(course: Course, language: str, pages: Iterable[str] = ()) -> list[Updated]:
    """Bring the files of a language up to date with the pages; translations that still fit stay.

    A translation whose text changed a little is kept and marked `fuzzy`: the page shows English until somebody has
    looked at it and taken the mark away. One whose text is gone stays at the end of its file as a comment.

    Parameters
    ----------
    pages : names of pages or of lessons ("o1": the lesson and its exercises)
        None: those that have a file already.

    Raises
    ------
    InputError
        A page is not there, or none is named and none has been begun.
    """
    from babel.messages.catalog import Catalog

    require_code(language)
    if language == SOURCE:
        raise InputError("The course is written in English.", fix="Name another language.")
    there = texts(course)
    chosen = _chosen(course, language, there, pages)
    done = []
    for page in chosen:
        path = folder(course, language) / f"{page}.po"
        template = Catalog()
        for text in there[page]:
            template.add(text)
        content = read(path) if path.is_file() else Catalog(locale=language)
        before = {message.id for message in content if message.id}
        content.locale = content.locale or language
        # Nothing is guessed for a new page; a changed sentence is likely close to what it was.
        content.update(template, no_fuzzy_matching=not before, update_header_comment=False)
        for old in [text for text in content.obsolete if isinstance(text, str) and not _is_for_people(text)]:
            del content.obsolete[old]
        now = {message.id for message in content if message.id}
        changed = sum(1 for message in content if message.id and message.fuzzy and message.id not in before)
        done.append(Updated(page, len(now - before) - changed, changed, len(before - now)))
        write(path, content, language)
    return done


def write(path: Path, content: Catalog, language: str) -> None:
    """Write a file of translations so that the same translations give the same bytes."""
    from babel.messages.pofile import write_po

    content.fuzzy = False
    content.charset = "utf-8"
    for message in content:
        # Babel takes the braces of a role for places of values.
        message.flags.discard("python-brace-format")
        message.flags.discard("python-format")
    content.header_comment = (
        f"# Translation into {language}. Written by hand; `cleanworks language update {language}` adds texts."
    )
    made = io.BytesIO()
    write_po(made, content, width=0, no_location=True)
    text = made.getvalue().decode()
    kept = ("Language:", "MIME-Version:", "Content-Type:", "Content-Transfer-Encoding:")
    head, _, rest = text.partition("\n\n")
    lines = [line for line in head.splitlines() if not line.startswith('"') or line[1:].startswith(kept)]
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, ("\n".join(lines) + "\n\n" + rest.rstrip("\n") + "\n").encode())


def _chosen(course: Course, language: str, there: dict[str, list[str]], pages: Iterable[str]) -> list[str]:
    wanted = list(pages)
    if not wanted:
        begun = [page for page in there if (folder(course, language) / f"{page}.po").is_file()]
        if not begun:
            raise InputError(
                f"No page is translated into {language} yet.",
                fix=f"Name pages or lessons: `cleanworks language update {language} index o1`.",
            )
        return begun
    chosen: list[str] = []
    for name in wanted:
        found = [page for page in there if page == name or Path(page).name.partition("-")[0] == name]
        if not found:
            raise InputError(
                f"There is no page {name!r}.", fix="`cleanworks language status` lists the pages."
            )
        chosen += found
    return list(dict.fromkeys(chosen))


# --- how far a language is ----------------------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True)
class PageStatus:
    """How much of a page is translated, in texts and in words of the English page."""

    page: str
    texts: int
    missing: tuple[str, ...]
    faults: tuple[str, ...] = ()
    words: int = 0

    @property
    def missing_words(self) -> int:
        return sum(len(text.split()) for text in self.missing)

    @property
    def done(self) -> int:
        return self.texts - len(self.missing)

    @property
    def percent(self) -> int:
        """Whole percent of the words, rounded down: 100 means that nothing is missing."""
        if not self.missing or not self.words:
            return 100 * self.done // self.texts if self.texts else 100
        return min(99, 100 * (self.words - self.missing_words) // self.words)


def status(course: Course, language: str, pages: Iterable[str] = ()) -> list[PageStatus]:
    """How much of each page is translated, and which translations lost a link, a citation or a piece of code.

    ``pages`` are names of pages or ids of lessons, as for `texts`; all if empty.
    """
    require(course, language)
    return status_of(course, language, texts(course, pages))


def status_of(course: Course, language: str, there: Mapping[str, list[str]]) -> list[PageStatus]:
    """The status of pages whose texts are known."""
    require(course, language)
    result = []
    for page, wanted in there.items():
        done = entries(folder(course, language) / f"{page}.po")
        missing = tuple(text for text in wanted if text not in done)
        broken = tuple(
            f"{text[:60]!r}: {fault}" for text in wanted if text in done for fault in faults(text, done[text])
        )
        result.append(
            PageStatus(page, len(wanted), missing, broken, sum(len(text.split()) for text in wanted))
        )
    return result


def _is_done(message: Message) -> bool:
    return bool(message.id and message.string and not message.fuzzy)


def _asked(message: Message) -> str:
    """The English text; Babel would give several where a language counts, which no page asks for."""
    return message.id if isinstance(message.id, str) else message.id[0]


def _said(message: Message) -> str:
    """Its translation, empty where there is none."""
    return message.string if isinstance(message.string, str) else ""


def faults(text: str, translation: str) -> list[str]:
    """What a translation lost or added of the things that are no words.

    Roles and what they point at, code, the addresses of links, formulas and places for values have to be the same, in
    whatever order.
    """
    before, after = _marks(text), _marks(translation)
    return [f"{mark} is missing" for mark in (before - after)] + [
        f"{mark} is new" for mark in (after - before)
    ]


# The text of these roles is for people and may change; their targets may not.
_ROLE = re.compile(r"\{([\w:-]+)\}`([^`]*)`")
_FREE = {"cleanworks-download"}
_REST = (
    re.compile(r"(?P<tick>`+)(?!`).+?(?<!`)(?P=tick)(?!`)"),
    re.compile(r"(?<=\])\([^()\s]+\)"),
    re.compile(r"<https?://[^>]+>"),
    re.compile(r"\$[^$\s](?:[^$]*[^$\s])?\$"),
    re.compile(r"\{\d*\}"),
)


def _marks(text: str) -> Counter[str]:
    found: Counter[str] = Counter()

    def role(match: re.Match[str]) -> str:
        target = re.search(r"<([^<>]+)>$", match[2])
        found["{%s}%s" % (match[1], "" if match[1] in _FREE else (target[1] if target else match[2]))] += 1  # noqa: UP031
        return " "

    rest = _ROLE.sub(role, text)
    for pattern in _REST:
        found.update("{}" if match[0].startswith("{") else match[0] for match in pattern.finditer(rest))
        rest = pattern.sub(" ", rest)
    return found
