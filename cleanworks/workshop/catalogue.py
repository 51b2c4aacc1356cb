"""The course: its lessons and exercise sets, in the order of `_toc.yml`, with what they say about themselves."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from cleanworks.errors import InputError
from cleanworks.workshop.metadata import NotebookBlock
from cleanworks.workshop.notebook import Notebook, read
from cleanworks.workshop.settings import Settings

TOC = "_toc.yml"


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
    """

    root: Path
    settings: Settings
    lessons: tuple[Lesson, ...]
    pages: tuple[Path, ...]

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
        entries: list[Entry] = []
        pages: list[Path] = []
        for path, caption in listed(root):
            if path.suffix != ".ipynb":
                pages.append(path)
                continue
            notebook = read(path)
            if notebook.block is None:
                raise InputError(
                    f"The notebook's metadata is wrong: {notebook.block_problems[0]}.",
                    where=str(path),
                    fix="Compare it with another lesson's; `cleanworks lint` lists everything.",
                )
            entries.append(Entry(notebook, notebook.block, caption))
        return cls(root, settings, _paired(entries), tuple(pages))

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

    def relative(self, path: Path) -> str:
        """A path as people say it: from the course's folder, with forward slashes."""
        try:
            return path.relative_to(self.root).as_posix()
        except ValueError:
            return path.as_posix()


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


def listed(root: Path) -> list[tuple[Path, str]]:
    """Each file of the table of contents with the caption of its part."""
    path = root / TOC
    try:
        toc = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError(
            "There is no table of contents here.",
            where=str(path),
            fix="Run this in the folder of the course, or give --root.",
        ) from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark else ""
        raise InputError(
            f"The table of contents cannot be read: {getattr(error, 'problem', None) or error}.",
            where=f"{path}{line}",
        ) from None
    if not isinstance(toc, dict) or "root" not in toc:
        raise InputError(
            "The table of contents has no `root`.", where=str(path), fix="Its first page is `root: index`."
        )
    found = [(_file(root, toc["root"]), "")]
    _collect(root, toc, "", found)
    return found


def _collect(root: Path, node: dict[str, Any], caption: str, found: list[tuple[Path, str]]) -> None:
    """Walk parts, chapters and sections, which nest in any depth."""
    caption = node.get("caption", caption)
    for key in ("parts", "subtrees", "chapters", "sections", "entries"):
        for child in node.get(key) or []:
            if not isinstance(child, dict):
                raise InputError(
                    f"{child!r} is not an entry of the table of contents.",
                    where=str(root / TOC),
                    fix="Write `- file: path/without/suffix`.",
                )
            if "file" in child:
                found.append((_file(root, child["file"]), caption))
            _collect(root, child, caption, found)


def _file(root: Path, name: Any) -> Path:
    """The page that the table of contents names, usually without its suffix."""
    path = root / str(name)
    for candidate in (path, *(path.with_name(path.name + suffix) for suffix in (".ipynb", ".md", ".rst"))):
        if candidate.is_file():
            return candidate
    raise InputError(
        f"The table of contents names {name!r}, and there is no such page.",
        where=str(root / TOC),
        fix="Correct the name, or add the file (.md or .ipynb).",
    )
