"""What the board knows of a workshop: its clock, its exercises, and the mistakes that were prepared for.

`workshop build` writes it into the instructor's folder, so that serving a class needs no course and runs no notebook.
"""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Literal

import nbformat
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from cleanworks import agenda, words
from cleanworks.errors import InputError
from cleanworks.learn.outcome import MIME
from cleanworks.workshop.catalogue import Course
from cleanworks.workshop.delivery.programme import Programme, settle
from cleanworks.workshop.metadata import BLOCK
from cleanworks.workshop.plan import Workshop
from cleanworks.workshop.validation import first_problem

FILE = "class.json"
"""Its name in the instructor's folder of a built workshop."""

_LARGEST = 20_000_000


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Mistake(_Part):
    """A wrong answer that the course prepared for: the code that people write, and what the check says to it."""

    code: str
    said: str


class Exercise(_Part):
    """One question with a check, as the board shows it."""

    id: str
    lesson: str
    title: str
    mistakes: tuple[Mistake, ...] = ()
    hints: tuple[str, ...] = ()
    open: bool = False


class Session(_Part):
    """A stretch of the clock (minutes since midnight), as :class:`cleanworks.agenda.Slot` has it."""

    day: int
    start: int
    end: int
    kind: str
    title: str
    item: str = ""
    piece: int = 1
    pieces: int = 1
    overnight: bool = False


class Module(_Part):
    """A module or a talk of the plan, as :class:`cleanworks.agenda.Item` has it."""

    id: str
    title: str
    teach: int
    practise: int
    kind: str
    optional: bool


class Outline(_Part):
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
        return agenda.Agenda((), items, tuple(agenda.Slot(**one.model_dump()) for one in self.sessions))

    def text(self) -> str:
        """The content of its file."""
        return json.dumps(self.model_dump(mode="json"), ensure_ascii=False, indent=1) + "\n"

    @classmethod
    def load(cls, path: Path | str) -> Outline:
        """Read the file of a built workshop.

        Raises
        ------
        InputError
            There is no such file, or it is none of ours.
        """
        path = Path(path)
        fix = "Build the workshop again: cleanworks workshop build."
        try:
            if path.stat().st_size > _LARGEST:
                raise InputError(
                    "This file is too large for the outline of a class.", where=str(path), fix=fix
                )
            return cls.model_validate_json(path.read_text(encoding="utf-8"))
        except InputError:
            raise
        except FileNotFoundError:
            raise InputError(
                "This workshop was built without the file of its class.", where=str(path), fix=fix
            ) from None
        except ValidationError as error:
            raise InputError(
                f"The file of the class cannot be used: {first_problem(error)}.", where=str(path), fix=fix
            ) from None
        except (OSError, ValueError):
            raise InputError("The file of the class cannot be read.", where=str(path), fix=fix) from None


def outline(course: Course, workshop: Workshop, out: Path) -> list[Path]:
    """Write the outline of a workshop whose instructor's notebooks were executed; a product of `workshop build`."""
    programme = settle(course, workshop)
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


def _exercises(lesson: str, cells: list) -> list[Exercise]:
    found: dict[str, dict] = {}
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


def mark(message: str) -> str:
    """Eight letters that stand for a message (FNV-1a, 32 bits), so that a page can recognise a prepared mistake without
    holding its words. `static/class.js` computes the same.

    >>> mark("a")
    'e40c292c'
    """
    value = 0x811C9DC5
    for byte in message.encode():
        value = ((value ^ byte) * 0x01000193) & 0xFFFFFFFF
    return f"{value:08x}"
