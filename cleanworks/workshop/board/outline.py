"""What the board knows of a workshop: its clock, its exercises, and the mistakes that were prepared for.

`workshop build` writes it into the instructor's folder, so that serving a class needs no course and runs no notebook.
"""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any, Literal

import nbformat
import pydantic.dataclasses
from pydantic import ConfigDict, Field

from cleanworks import agenda, words
from cleanworks.learn.outcome import MIME
from cleanworks.workshop.catalogue import Course
from cleanworks.workshop.delivery.programme import Programme, make_programme
from cleanworks.workshop.metadata import BLOCK
from cleanworks.workshop.validation import Kept, Part, Sayings
from cleanworks.workshop.workshop_file import Workshop

FILE = "class.json"
"""Its name in the instructor's folder of a built workshop."""

_SAYINGS = Sayings(
    largest=20_000_000,
    too_large="This file is too large for the outline of a class.",
    absent="This workshop was built without the file of its class.",
    wrong="The file of the class cannot be used",
    unreadable="The file of the class cannot be read.",
    fix="Build the workshop again: cleanworks workshop build.",
)


class Mistake(Part):
    """A wrong answer that the course prepared for: the code that people write, and what the check says to it."""

    code: str
    said: str


class Exercise(Part):
    """One question with a check, as the board shows it."""

    id: str
    lesson: str
    title: str
    mistakes: tuple[Mistake, ...] = ()
    hints: tuple[str, ...] = ()
    open: bool = False


@pydantic.dataclasses.dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class Session(agenda.Slot):
    """A stretch of the clock, in minutes since midnight."""


class Module(Part):
    """A module or a talk of the plan, as :class:`cleanworks.agenda.Item` has it."""

    id: str
    title: str
    teach: int
    practise: int
    kind: str
    optional: bool


class Outline(Kept):
    """A workshop as its board sees it."""

    format: Literal["cleanworks-class-1"] = "cleanworks-class-1"
    workshop: str
    title: str
    place: str
    language: str
    participants: int
    dates: tuple[str, ...] = Field(description="The days, as 2026-12-14.")
    sessions: tuple[Session, ...]
    modules: tuple[Module, ...]
    exercises: tuple[Exercise, ...]

    @property
    def agenda(self) -> agenda.Agenda:
        """The clock, for what is computed from it: cut marks and how to catch up."""
        items = tuple(agenda.Item(**module.model_dump()) for module in self.modules)
        return agenda.Agenda((), items, self.sessions)

    @classmethod
    def load(cls, path: Path | str) -> Outline:
        """Read the file of a built workshop.

        Raises
        ------
        InputError
            There is no such file, or it is none of ours.
        """
        return cls._read(Path(path), _SAYINGS)


def outline(course: Course, workshop: Workshop, out: Path) -> list[Path]:
    """Write the outline of a workshop whose instructor's notebooks were executed; a product of `workshop build`."""
    programme = make_programme(course, workshop)
    folder = out / "instructor"
    path = folder / FILE
    path.write_text(of(course, programme, folder / "notebooks").text(), encoding="utf-8")
    return [path]


def of(course: Course, programme: Programme, notebooks: Path) -> Outline:
    """The outline of a programme. ``notebooks`` holds the instructor's executed copies."""
    workshop = programme.workshop
    exercises: list[Exercise] = []
    for lesson in programme.lessons:
        if lesson.exercises:
            node = nbformat.read(notebooks / course.relative(lesson.exercises.path), 4)
            exercises += _exercises(lesson.id, node.cells)
    return Outline(
        workshop=workshop.id,
        title=workshop.title,
        place=workshop.place,
        language=workshop.language,
        participants=workshop.participants,
        dates=tuple(day.date.isoformat() for day in workshop.days),
        sessions=tuple(
            Session(
                **{
                    **dataclasses.asdict(slot),
                    "title": programme.titles.get(slot.item) or words.say(slot.title, workshop.language),
                }
            )
            for slot in programme.agenda.slots
        ),
        modules=tuple(
            Module(
                id=item.id,
                title=programme.titles.get(item.id, item.title),
                teach=item.teach,
                practise=item.practise,
                kind=item.kind,
                optional=item.optional,
            )
            for item in programme.agenda.items
        ),
        exercises=tuple(exercises),
    )


def _exercises(lesson: str, cells: list[Any]) -> list[Exercise]:
    found: dict[str, dict[str, Any]] = {}
    for number, cell in enumerate(cells):
        tags = set(cell.metadata.get("tags", []))
        block = cell.metadata.get(BLOCK, {})
        question = block.get("question", "")
        if "exercise" in tags and question:
            first = next((line for line in cell.source.splitlines() if line.strip()), question)
            found[question] = {
                "id": question,
                "lesson": lesson,
                "title": first.lstrip("# ").strip(),
                "open": bool(block.get("open")),
                "mistakes": [],
                "hints": [],
            }
        elif question not in found:
            continue
        elif "hint" in tags:
            found[question]["hints"].append(cell.source.strip())
        elif "wrong-answer" in tags and cell.cell_type == "code":
            said = _message(cells[number + 1]) if number + 1 < len(cells) else ""
            if said:
                found[question]["mistakes"].append(Mistake(code=cell.source, said=said))
    return [Exercise(**one) for one in found.values()]


def _message(check: nbformat.NotebookNode) -> str:
    """What the check after a wrong answer says to it, in the very words that the page gets."""
    for output in check.get("outputs", []):
        if record := output.get("data", {}).get(MIME):
            return record["message"]
    return ""
