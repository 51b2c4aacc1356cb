"""The course: its lessons and exercise sets, in the order of `_toc.yml`, with what they say about themselves."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path
from typing import Any

from cleanworks.errors import InputError
from cleanworks.texts import is_there, read_text
from cleanworks.workshop.book_settings import BookSettings
from cleanworks.workshop.files import (
    custom_content,
    holds_cells,
    is_myst_notebook,
    keep_myst_content,
    kept_myst_content,
    read_yaml,
)
from cleanworks.workshop.metadata import BLOCK, Minutes, NotebookBlock
from cleanworks.workshop.notebook import Notebook, read
from cleanworks.workshop.settings import Settings

TOC = "_toc.yml"
# What was read of notebooks that are text.
_KEPT = Path("_build", "pages")


@dataclass(frozen=True)
class Entry:
    """One line of the table of contents: a notebook with its block, and the caption of the part it stands under."""

    notebook: Notebook
    block: NotebookBlock
    caption: str

    @property
    def path(self) -> Path:
        return self.notebook.path

    @property
    def name(self) -> str:
        return self.block.name


@dataclass(frozen=True)
class Lesson(Entry):
    """A lesson, and its exercise set if it has one."""

    exercises: Entry | None = None

    @property
    def id(self) -> str:
        return self.block.id

    @property
    def title(self) -> str:
        return self.block.title

    @property
    def minutes(self) -> Minutes:
        """What it takes; the metadata of every lesson says so."""
        assert self.block.minutes is not None
        return self.block.minutes


@dataclass(frozen=True)
class PlainNotebook:
    """A notebook of the table of contents that does not say it is a lesson: it is executed and shown, and no more is asked of it.

    Attributes
    ----------
    notebook : Notebook
    name : str
        Its path from the course's folder without its suffix: `intro/first-steps`.
    reader : callable, optional
        Makes its content from the text of its file; None for a ``.ipynb``.
    """

    notebook: Notebook
    name: str
    caption: str
    reader: Callable[[str], dict[str, Any]] | None = None

    @property
    def path(self) -> Path:
        return self.notebook.path

    @property
    def settings(self) -> dict[str, Any]:
        """What it says of its own execution, as MyST-NB reads it: `execution_mode`, `execution_timeout`, `execution_allow_errors`."""
        block = self.notebook.content["metadata"].get("mystnb")
        return block if isinstance(block, dict) else {}

    @property
    def has_code(self) -> bool:
        return any(cell["cell_type"] == "code" for cell in self.notebook.content["cells"])


@dataclass(frozen=True)
class Course:
    """A course as its `_toc.yml` and its notebooks describe it.

    Attributes
    ----------
    root : Path
        Its folder.
    lessons : tuple of Lesson
        In the order of the table of contents.
    pages : tuple of Path
        All other pages, in that order.
    plain : tuple of PlainNotebook
        Notebooks that are not lessons, in that order; a book that was never made for this toolkit has only these.
    book : BookSettings
        What `_config.yml` says about them.
    """

    root: Path
    settings: Settings
    lessons: tuple[Lesson, ...]
    pages: tuple[Path, ...]
    plain: tuple[PlainNotebook, ...] = ()
    book: BookSettings = field(default_factory=BookSettings)

    @classmethod
    def load(cls, root: Path | str = ".") -> Course:
        """Read a course.

        Raises
        ------
        InputError
            The table of contents is missing or malformed, a file that it names is missing, a notebook's block is
            wrong, two lessons share an id, or an exercise set has no lesson. The message names file and cell.
        """
        root = Path(root)
        settings = Settings.load(root)
        book = BookSettings.load(root)
        entries: list[Entry] = []
        pages: list[Path] = []
        plain: list[PlainNotebook] = []
        without: list[PlainNotebook] = []
        for path, caption in listed(root, book):
            found = _notebook(root, path, caption, book)
            if found is None:
                pages.append(path)
            elif found.reader is None and BLOCK in found.notebook.content["metadata"]:
                if found.notebook.block is None:
                    raise _wrong_block(found.notebook)
                entries.append(Entry(found.notebook, found.notebook.block, caption))
            elif found.reader is None and _in_folders(root, path, settings):
                without.append(found)
            else:
                plain.append(found)
        # Where the folder of lessons holds lessons, a notebook in it that does not say so has lost its block.
        if without and any(_in_folders(root, entry.path, settings) for entry in entries):
            raise _wrong_block(without[0].notebook)
        return cls(root, settings, _paired(entries), tuple(pages), (*plain, *without), book)

    def lesson(self, id: str) -> Lesson:
        """The lesson with this id.

        Raises
        ------
        InputError
            There is none; the message lists those there are.
        """
        for lesson in self.lessons:
            if lesson.id == id:
                return lesson
        raise InputError(f"There is no lesson {id!r}.", fix=f"The lessons are {', '.join(self.ids)}.")

    def entry(self, name: str) -> Entry:
        """The notebook with this name: `c6` for a lesson, `c6-exercises` for its exercise set."""
        for entry in self.notebooks:
            if entry.name == name:
                return entry
        raise InputError(
            f"There is no notebook {name!r}.",
            fix=f"There are {', '.join(entry.name for entry in self.notebooks)}.",
        )

    @property
    def ids(self) -> list[str]:
        return [lesson.id for lesson in self.lessons]

    @cached_property
    def notebooks(self) -> tuple[Entry, ...]:
        """Every lesson followed by its exercise set."""
        return tuple(self._notebooks())

    def _notebooks(self) -> Iterator[Entry]:
        for lesson in self.lessons:
            yield lesson
            if lesson.exercises:
                yield lesson.exercises

    @property
    def executed(self) -> tuple[PlainNotebook, ...]:
        """The plain notebooks that neither `_config.yml` nor they themselves leave out of execution."""
        return tuple(
            one
            for one in self.plain
            if self.book.executes(self.relative(one.path), one.settings.get("execution_mode"))
        )

    def keep_texts(self) -> None:
        """Keep what was read of notebooks that are text, so that the next command need not load what reads them."""
        for one in self.plain:
            if isinstance(one.reader, partial) and one.reader.func is kept_myst_content:
                keep_myst_content(one.notebook.content, one.notebook.text, one.path, self.root / _KEPT)

    @cached_property
    def unread(self) -> list[str]:
        """Pages whose code cells nobody executes, because their first lines do not say that they are notebooks."""
        return [
            self.relative(path)
            for path in self.pages
            if path.suffix == ".md" and holds_cells(read_text(path, "The page"))
        ]

    @cached_property
    def nested(self) -> list[str]:
        """Notebooks with code cells in a place where MyST-NB looks for none, so that nobody executes them."""
        return [
            self.relative(one.path)
            for one in self.plain
            if one.path.suffix == ".md"
            and any(
                holds_cells(cell["source"])
                for cell in one.notebook.content["cells"]
                if cell["cell_type"] == "markdown"
            )
        ]

    def is_idle(self, one: Entry | PlainNotebook) -> bool:
        """Whether nothing of a notebook is executed although it has code cells: it is left out, or they stand where nobody looks."""
        if not isinstance(one, PlainNotebook):
            return False
        return one not in self.executed or (not one.has_code and self.relative(one.path) in self.nested)

    @property
    def is_strict(self) -> bool:
        """Whether a warning about a page is a fault: in a course of lessons it is; a book that has none keeps its own customs."""
        return bool(self.lessons) or not self.plain

    def relative(self, path: Path) -> str:
        """A path as people say it: from the course's folder, with forward slashes."""
        try:
            return path.relative_to(self.root).as_posix()
        except ValueError:
            return path.as_posix()


def _wrong_block(notebook: Notebook) -> InputError:
    return InputError(
        f"The notebook's metadata is wrong: {notebook.block_problems[0]}.",
        where=str(notebook.path),
        fix="Compare it with another lesson's; `cleanworks lint` lists everything.",
    )


def _in_folders(root: Path, path: Path, settings: Settings) -> bool:
    """Whether a file lies in the course's folder of lessons or of exercise sets."""
    return any(path.is_relative_to(root / folder) for folder in (settings.lessons, settings.exercises))


def _notebook(root: Path, path: Path, caption: str, book: BookSettings) -> PlainNotebook | None:
    """The notebook that a page is, in whichever format; None for a page of prose."""
    name = path.relative_to(root).as_posix()
    suffix = next((end for end in sorted(book.formats, key=len, reverse=True) if name.endswith(end)), None)
    reader: Callable[[str], dict[str, Any]] | None = None
    if suffix is not None:
        text = read_text(path, "The notebook")
        reader = partial(
            custom_content, path=path, reader=book.formats[suffix][0], options=book.formats[suffix][1]
        )
    elif path.suffix == ".ipynb":
        return PlainNotebook(read(path), name.removesuffix(".ipynb"), caption)
    elif path.suffix == ".md":
        text = read_text(path, "The page")
        if not is_myst_notebook(text):
            return None
        suffix, reader = ".md", partial(kept_myst_content, path=path, folder=root / _KEPT)
    else:
        return None
    return PlainNotebook(Notebook(path, text, reader(text)), name.removesuffix(suffix), caption, reader)


def _paired(entries: list[Entry]) -> tuple[Lesson, ...]:
    seen: dict[str, Path] = {}
    for entry in entries:
        if entry.name in seen:
            raise InputError(
                f"The id {entry.block.id!r} is taken by {seen[entry.name]}.",
                where=str(entry.path),
                fix="Give every lesson an id of its own.",
            )
        seen[entry.name] = entry.path
    sets = {entry.block.id: entry for entry in entries if entry.block.kind == "exercises"}
    lessons = tuple(
        Lesson(entry.notebook, entry.block, entry.caption, sets.pop(entry.block.id, None))
        for entry in entries
        if entry.block.kind == "lesson"
    )
    for id, entry in sets.items():
        raise InputError(
            f"The exercise set {id!r} belongs to no lesson of the table of contents.",
            where=str(entry.path),
            fix=f"Add the lesson to {TOC}, or correct the id in the notebook's metadata.",
        )
    return lessons


def listed(root: Path, book: BookSettings | None = None) -> list[tuple[Path, str]]:
    """Each file of the table of contents with the caption of its part; `book` is read where it is not given."""
    path = root / TOC
    if not is_there(path, "The table of contents"):
        raise InputError(
            "There is no table of contents here.",
            where=str(path),
            fix="Run this in the folder of the course, or give --root; `cleanworks init` makes a course of a folder of notebooks.",
        )
    toc = read_yaml(path, "The table of contents")
    if isinstance(toc, list) and any(isinstance(one, dict) and "file" in one for one in toc):
        raise InputError(
            "The table of contents has the form of Jupyter Book before 0.11, which Jupyter Book 1 does not read.",
            where=str(path),
            fix=f"Write `jupyter-book toc migrate {TOC} -o {TOC}` in the folder of the book.",
        )
    if not isinstance(toc, dict) or "root" not in toc:
        raise InputError(
            "The table of contents has no `root`.", where=str(path), fix="Its first page is `root: index`."
        )
    if book is None:
        book = BookSettings.load(root)
    found = [(_file(root, toc["root"], book), "")]
    _collect(root, toc, "", found, book)
    _let_the_builder_read(root, toc)
    # A page may be named once by its name and once by a pattern.
    places: dict[Path, str] = {}
    for path, caption in found:
        places.setdefault(path, caption)
    return [*places.items()]


def _let_the_builder_read(root: Path, toc: dict[str, Any]) -> None:
    """Refuse at once what Jupyter Book would refuse when it builds: other keys, an unknown format, a page listed twice."""
    from sphinx_external_toc.parsing import MalformedError, parse_toc_data

    try:
        parse_toc_data(toc)
    except (MalformedError, TypeError, ValueError, AttributeError) as error:
        raise _misshapen(
            root,
            f"Jupyter Book cannot read the table of contents: {str(error).rstrip('.')}.",
            "Correct that entry.",
        ) from None
    except RecursionError:
        raise _misshapen(
            root, "The table of contents is nested too deeply.", "Write it with fewer levels."
        ) from None


def _collect(
    root: Path, node: dict[str, Any], caption: str, found: list[tuple[Path, str]], book: BookSettings
) -> None:
    """Walk parts, chapters and sections, which nest in any depth."""
    caption = node.get("caption", caption)
    if not isinstance(caption, str):
        raise _misshapen(root, f"The caption {caption!r} is not text.", "Write it in quotes.")
    for key in ("parts", "subtrees", "chapters", "sections", "entries"):
        children = node.get(key)
        if not isinstance(children, list | None):
            raise _misshapen(
                root,
                f"`{key}` should be a list, not {children!r}.",
                "Write `- file: path/without/suffix` under it.",
            )
        for child in children or ():
            if not isinstance(child, dict):
                raise _misshapen(
                    root,
                    f"{child!r} is not an entry of the table of contents.",
                    "Write `- file: path/without/suffix`.",
                )
            if "file" in child:
                found.append((_file(root, child["file"], book), caption))
            elif isinstance(child.get("glob"), str):
                found += [(path, caption) for path in _matching(root, child["glob"], tuple(book.formats))]
            _collect(root, child, caption, found, book)


def _matching(root: Path, pattern: str, suffixes: tuple[str, ...]) -> list[Path]:
    """The pages that `- glob:` means, as Sphinx reads it: `*` stays in one folder, `**` does not."""
    from sphinx.util.matching import patfilter

    pages: dict[str, Path] = {}
    seen: set[str] = set()
    for folder, folders, names in os.walk(root, followlinks=True):  # as Sphinx does
        seen.add(os.path.realpath(folder))
        folders[:] = [
            name
            for name in folders
            if name != "_build"
            and not name.startswith(".")
            # A link to a folder above leads round in circles.
            and not (os.path.islink(one := os.path.join(folder, name)) and os.path.realpath(one) in seen)
        ]
        for name in sorted(names):
            end = next((end for end in (".ipynb", ".md", ".rst", *suffixes) if name.endswith(end)), None)
            if end:
                path = Path(folder, name)
                pages.setdefault(path.relative_to(root).as_posix().removesuffix(end), path)
    return [pages[name] for name in sorted(patfilter(pages, pattern))]


def _misshapen(root: Path, what: str, fix: str) -> InputError:
    return InputError(what, where=str(root / TOC), fix=fix)


def _file(root: Path, name: Any, book: BookSettings) -> Path:
    """The page that the table of contents names, usually without its suffix."""
    if not isinstance(name, str | int | float) or not str(name).strip():
        raise _misshapen(root, f"{name!r} is not the name of a page.", "Write `- file: path/without/suffix`.")
    path, ends = root / str(name), (".ipynb", ".md", ".rst", *book.formats)
    shown = str(name) if len(str(name)) <= 80 else f"{str(name)[:77]}..."
    if os.path.isabs(str(name)) or os.path.normpath(str(name)).startswith(".."):
        raise _misshapen(
            root,
            f"The table of contents names {shown!r}, which lies outside the folder of the course.",
            "Copy the page into the folder.",
        )
    end = next((end for end in sorted(ends, key=len, reverse=True) if path.name.endswith(end)), "")
    stem = path.name.removesuffix(end)
    # A name with its suffix is that file where no other pages are built; else it is a page, which may have several files.
    names = [path.name] if end and book.only_listed else [stem + one for one in ends if stem]
    longer = [path.name + one for one in ends if end]
    for wanted in (names, longer):
        if found := sorted(_there(path.with_name(name) for name in wanted)):
            return _chosen(root, found, book)
    like = [
        one.name
        for one in _beside(path)
        if one.stem in (stem, path.stem) and one.suffix not in ends and one.suffix.lower() in ends
    ]
    raise _misshapen(
        root,
        f"The table of contents names {shown!r}, and there is no such page.",
        f"Rename {like[0]}: Jupyter Book reads suffixes in small letters only."
        if like
        else "Correct the name, or add the file (.md or .ipynb).",
    )


def _there(paths: Iterable[Path]) -> Iterator[Path]:
    for path in paths:
        # A name longer than the system allows, or with a zero character, names nothing.
        with contextlib.suppress(OSError, ValueError):
            if path.is_file():
                yield path


def _beside(path: Path) -> list[Path]:
    with contextlib.suppress(OSError, ValueError):
        return sorted(path.parent.iterdir())
    return []


def _chosen(root: Path, files: list[Path], book: BookSettings) -> Path:
    """Of several files with the name of one page the one that Sphinx builds: the first in alphabetical order that is not excluded.

    A lesson.ipynb may lie beside a lesson.Rmd that jupytext keeps equal to it; to execute the other one would show code without results.
    """
    if len(files) == 1 or not book.excluded:
        return files[0]
    from sphinx.util.matching import Matcher

    excluded = Matcher(book.excluded)
    return next((one for one in files if not excluded(one.relative_to(root).as_posix())), files[0])
