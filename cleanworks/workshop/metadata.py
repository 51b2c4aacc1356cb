"""The `cleanworks` block: of a notebook, and of a cell."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from cleanworks.workshop.validation import problems

BLOCK = "cleanworks"

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
LessonId = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]*$")]

ROLES = {
    "exercise": "what the learner is asked to do",
    "starter": "the code that the learner completes",
    "hint": "a hint; there are several, of rising strength",
    "check": "the call that judges the answer",
    "solution": "the solution, and the reasoning behind it",
    "wrong-answer": "an answer that people really give, for the proof of the check",
    "quiz": "a question with options and feedback",
    "instructor": "a note to the instructor",
    "pitfall": "one way in which the obvious reading misleads",
}
"""The tags that give a cell its role."""

ANSWER_ROLES = ("exercise", "starter", "hint", "check", "solution", "wrong-answer")
"""Roles that belong to a question of an exercise set, in the order in which their cells stand."""


class _Block(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Minutes(_Block):
    """Minutes to teach the lesson and to practise."""

    teach: int = Field(ge=0, le=600)
    practise: int = Field(ge=0, le=600)

    @property
    def total(self) -> int:
        return self.teach + self.practise


class Skip(_Block):
    """A notebook that is not executed for now: why, and until when."""

    reason: Text
    until: datetime.date


class NotebookBlock(_Block):
    """What a notebook says about itself. A lesson says all of it; an exercise set leaves to its lesson what it repeats."""

    id: LessonId = Field(description="Short and unique; an exercise set has the id of its lesson.")
    kind: Literal["lesson", "exercises"]
    title: Text
    part: LessonId = Field(description="The part of the course, which is also the folder.")
    level: Literal["basic", "core", "advanced"] | None = None
    minutes: Minutes | None = None
    objectives: tuple[Text, ...] = Field((), description="3-5; each starts with a verb that one can observe.")
    prerequisites: tuple[LessonId, ...] = Field((), description="Ids of lessons to take before.")
    terms: tuple[Text, ...] = Field((), description="Terms of the glossary that the lesson introduces.")
    data: tuple[Text, ...] = Field((), description="Tables it loads, and files as `package:relative/path`.")
    needs: tuple[Text, ...] = Field((), description="Heavier libraries that it imports.")
    timeout: int | None = Field(None, ge=1, le=3600, description="Seconds it may run.")
    seconds: float | None = Field(None, gt=0, description="Budget: CPU seconds it may use.")
    megabytes: float | None = Field(None, gt=0, description="Budget: peak memory it may use.")
    skip: Skip | None = None

    @model_validator(mode="after")
    def _lesson_says_all(self) -> NotebookBlock:
        if self.kind == "lesson":
            missing = [name for name in ("level", "minutes") if getattr(self, name) is None]
            if missing:
                raise ValueError(f"a lesson needs {' and '.join(missing)}")
            if not 3 <= len(self.objectives) <= 5:
                raise ValueError(f"a lesson has 3 to 5 objectives, not {len(self.objectives)}")
        return self

    @property
    def name(self) -> str:
        """Name of the notebook among all: `c6` for a lesson, `c6-exercises` for its exercise set."""
        return self.id if self.kind == "lesson" else f"{self.id}-exercises"

    @property
    def tables(self) -> tuple[str, ...]:
        return tuple(entry for entry in self.data if ":" not in entry)

    @property
    def files(self) -> tuple[tuple[str, str], ...]:
        """(package, relative path) of each declared file."""
        return tuple(
            (package, path) for package, _, path in (e.partition(":") for e in self.data if ":" in e)
        )


class CellBlock(_Block):
    """What ties a cell to a question and to an objective."""

    question: LessonId | None = None
    objective: int | None = Field(None, ge=1)
    feedback: Text | None = Field(None, description="A phrase that the check says to this wrong answer.")
    outcome: Literal["not-yet", "raised", "not-attempted", "answered"] | None = Field(
        None, description="What the check says to this wrong answer; `not-yet` if not given."
    )
    open: bool = Field(
        False,
        description="On an `exercise`: an open question, whose check ends with `answered` and a rubric.",
    )
    several: bool = Field(False, description="More than one option of this quiz question is right.")
    about: Text | None = Field(
        None, description="The country or city whose published practice the cell speaks of, in every edition."
    )
    claims: dict[Text, Text] = Field(
        {},
        description="Words of a statement that needs neither a citation nor a result beside it, each with the reason.",
    )
    generated: bool = Field(False, description="The toolkit added this cell to an edition.")


def notebook_block(metadata: Mapping[str, Any]) -> tuple[NotebookBlock | None, list[str]]:
    """The block of a notebook's metadata, and what is wrong with it; no block when anything is wrong."""
    return _read(NotebookBlock, metadata, "the notebook")


def cell_block(metadata: Mapping[str, Any]) -> tuple[CellBlock, list[str]]:
    """The block of a cell's metadata (empty if it has none or a wrong one), and what is wrong with it."""
    if BLOCK not in metadata:
        return CellBlock(), []
    block, wrong = _read(CellBlock, metadata, "the cell")
    return block or CellBlock(), wrong


def _read(model: type[_Block], metadata: Mapping[str, Any], owner: str) -> tuple[Any, list[str]]:
    if BLOCK not in metadata:
        return None, [f"{owner} has no `{BLOCK}` block in its metadata"]
    try:
        return model.model_validate(metadata[BLOCK]), []
    except ValidationError as error:
        return None, problems(error)
