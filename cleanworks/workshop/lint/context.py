"""What a rule may look up beyond its own notebook: the other notebooks, the glossary, the list of sources."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from cleanworks import prerequisites, words
from cleanworks.errors import InputError
from cleanworks.texts import read_text
from cleanworks.workshop.book_settings import BookSettings
from cleanworks.workshop.lint import python_words
from cleanworks.workshop.metadata import BLOCK, NotebookBlock
from cleanworks.workshop.notebook import Notebook, read
from cleanworks.workshop.settings import FILE, Settings

_BIB_ENTRY = re.compile(r"^\s*@(\w+)\s*\{\s*([^,\s]+)\s*,", re.MULTILINE)
_GLOSSARY = re.compile(r"^(`{3,}|:{3,})\{glossary\}[^\n]*\n(.*?)^\1\s*$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Context:
    """The course around a notebook. Notebooks that cannot be read are left out; they have findings of their own."""

    root: Path
    settings: Settings = field(default_factory=Settings)
    notebooks: tuple[Notebook, ...] = ()
    whole: bool = True  # no notebook had to be left out, so that what is not here is missing

    @classmethod
    def of(cls, root: Path, more: Iterable[Path] = ()) -> Context:
        """The context of a course: all notebooks in its folders, and `more`."""
        settings = Settings.load(root)
        # One file may be named in two ways; the way in which it was asked for is the one to show.
        paths = {path.resolve(): path for path in [*course_files(root, settings), *more]}
        found = []
        for path in paths.values():
            try:
                found.append(read(path))
            except InputError:
                continue
        return cls(root, settings, tuple(found), whole=len(found) == len(paths))

    @cached_property
    def amounts_stay(self) -> bool:
        """Whether the book leaves amounts in dollars alone; an unreadable `_config.yml` is the book's finding, not lint's."""
        with contextlib.suppress(InputError):
            return BookSettings.load(self.root).amounts_stay
        return False

    @cached_property
    def _lesson_folders(self) -> set[str]:
        """The course's folders of lessons and exercise sets, if a notebook in them says what it is."""
        folders = (self.settings.lessons, self.settings.exercises)
        inside = [nb.path.resolve() for nb in self.notebooks if BLOCK in nb.content["metadata"]]
        holds = any(
            path.is_relative_to((self.root / folder).resolve()) for path in inside for folder in folders
        )
        return set(folders) if holds else set()

    def is_lesson(self, notebook: Notebook) -> bool:
        """Whether the rules for lessons hold: the notebook says that it is one, or lies among those that do."""
        path = notebook.path.resolve()
        return BLOCK in notebook.content["metadata"] or any(
            path.is_relative_to((self.root / folder).resolve()) for folder in self._lesson_folders
        )

    @cached_property
    def pages(self) -> list[Path]:
        """The pages of Markdown that people read: those of the table of contents, and those in the folders of `prose`.

        The rules read English. What `fr/plan.md` beside `plan.md` claims is what `plan.md` claims.
        """
        from cleanworks.workshop.catalogue import TOC, listed

        found: list[Path] = []
        if (self.root / TOC).is_file():
            with contextlib.suppress(InputError):
                found += [path for path, _ in listed(self.root) if path.suffix == ".md"]
        for folder in self.settings.prose:
            if not (self.root / folder).is_dir():
                raise InputError(
                    f"`prose` names {folder!r}, and there is no such folder.",
                    where=str(self.root / FILE),
                    fix="Correct the name, or take it out.",
                )
            found += sorted((self.root / folder).rglob("*.md"))
        return list(dict.fromkeys(path for path in found if path.is_file() and not _translates(path)))

    @cached_property
    def lessons(self) -> dict[str, NotebookBlock]:
        return {nb.block.id: nb.block for nb in self.notebooks if nb.block and nb.block.kind == "lesson"}

    def partner(self, notebook: Notebook) -> Notebook | None:
        """The exercise set of a lesson, or the lesson of an exercise set."""
        if notebook.block is None:
            return None
        for other in self.notebooks:
            if (
                other.block
                and other.block.id == notebook.block.id
                and other.block.kind != notebook.block.kind
            ):
                return other
        return None

    def before(self, notebook: Notebook) -> list[Notebook]:
        """The lessons that a lesson needs, those that they need included."""
        lessons = {one.block.id: one for one in self.notebooks if one.block and one.block.kind == "lesson"}
        needs = {id: one.block.prerequisites for id, one in lessons.items() if one.block}
        first = notebook.block.prerequisites if notebook.block else ()
        return [lessons[id] for id in prerequisites.with_needs(first, needs)]

    @cached_property
    def python_words(self) -> dict[str, str]:
        """What each word of Python does, as the course says it."""
        name = self.settings.python_words
        return python_words.meanings(self.root / name) if name else {}

    @cached_property
    def terms(self) -> set[str] | None:
        """The glossary's terms in small letters; None when there is no glossary."""
        text = self._text(self.settings.glossary)
        return None if text is None else glossary_terms(text)

    @cached_property
    def citations(self) -> set[str] | None:
        """The keys of the list of sources; None when there is not a list."""
        text = self._text(self.settings.bibliography)
        if text is None:
            return None
        return {
            key
            for kind, key in _BIB_ENTRY.findall(text)
            if kind.lower() not in ("comment", "string", "preamble")
        }

    def _text(self, name: str) -> str | None:
        path = self.root / name
        return read_text(path) if path.is_file() else None


def course_files(root: Path, settings: Settings) -> list[Path]:
    """All notebooks in the folders of lessons and exercise sets in alphabetical order, then others of the table of contents."""
    from cleanworks.workshop.catalogue import TOC, listed

    found = []
    for folder in (settings.lessons, settings.exercises):
        found += [p for p in sorted((root / folder).rglob("*.ipynb")) if ".ipynb_checkpoints" not in p.parts]
    if (root / TOC).is_file():
        with contextlib.suppress(
            InputError
        ):  # what is wrong with the table of contents, the run and the book say
            found += [path for path, _ in listed(root) if path.suffix == ".ipynb" and path not in found]
    return found


def glossary_terms(text: str) -> set[str]:
    """The terms of every glossary directive of a page: the lines that are not indented."""
    terms: set[str] = set()
    for body in _GLOSSARY.finditer(text):
        for line in body.group(2).splitlines():
            if line.strip() and not line[0].isspace() and not line.startswith(":"):
                # `term : classifier` names a term too.
                terms.add(line.split(" : ")[0].strip().casefold())
    return terms


def _translates(path: Path) -> bool:
    """Whether a page lies in a folder named after a language and says what the page of its name above it says."""
    return words.is_code(path.parent.name) and (path.parent.parent / path.name).is_file()
