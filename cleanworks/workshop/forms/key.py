"""The key: what evaluation needs to know of a workshop. It stays with the instructor."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Literal

from pydantic import Field, model_validator

from cleanworks.workshop.catalogue import Lesson
from cleanworks.workshop.forms.items import FORMS, Item, Test
from cleanworks.workshop.metadata import Minutes
from cleanworks.workshop.validation import Kept, Part, Sayings

FORMAT = "cleanworks-key-1"
_SAYINGS = Sayings(
    largest=5_000_000,
    too_large="This file is too large to be a key.",
    absent="There is no key of the workshop here.",
    wrong="This is not a key of a workshop",
    unreadable="The key cannot be read.",
    fix="Name the key.json of the instructor's kit.",
)


@dataclass(frozen=True)
class Statement:
    """One line of the evaluation form: a statement to judge from 1 to 5, or a question with room for words."""

    id: str
    text: str
    kind: Literal["scale", "words"]


GENERAL = (
    Statement("use", "I can use what I learned in my own work.", "scale"),
    Statement("country", "The examples fit my country.", "scale"),
    Statement("practice", "The exercises helped me to learn.", "scale"),
    Statement("clear", "The instructors explained clearly.", "scale"),
    Statement("pace", "The pace was right for me.", "scale"),
    Statement("place", "The room and the computers worked.", "scale"),
    Statement("recommend", "I would recommend this workshop to a colleague.", "scale"),
)
WORDS = (
    Statement("next", "What will you do differently from next week on?", "words"),
    Statement("helped", "What helped you most?", "words"),
    Statement("change", "What should be changed?", "words"),
)
FOLLOW_UP = (
    Statement("used", "I have used in my own work what I learned.", "scale"),
    Statement("plan", "I have done what I wrote in my action plan.", "scale"),
    Statement("shown", "I have shown a colleague how to do it.", "scale"),
    Statement("room", "My superiors gave me time and consent for it.", "scale"),
    Statement("different", "Something in my office works differently because of it.", "scale"),
    Statement("case", "What did you do? Name one case, without names of persons or companies.", "words"),
    Statement("stood", "What stood in the way?", "words"),
    Statement(
        "seen", "What is different in your office, and how would somebody from outside see it?", "words"
    ),
)
"""The survey after three months: what was done (behaviour) and what became different (result)."""


ACTION_PLAN = (
    Statement(
        "change",
        "What will I change in my own work? One thing, so small that it can begin next month.",
        "words",
    ),
    Statement("when", "By when?", "words"),
    Statement("consent", "Whose signature or consent does it take?", "words"),
    Statement("sign", "How would somebody else see that it is done?", "words"),
)
"""What a participant plans on the last day, for the organisers; the page on paper asks more, for the participant alone."""


class KeyItem(Part):
    """What evaluation needs of a question: the options that are right, and the words of its first line."""

    lesson: str
    objective: int
    options: int = Field(ge=2, le=20)
    right: tuple[int, ...] = Field(min_length=1)
    question: str


class KeyLesson(Part):
    title: str
    objectives: tuple[str, ...]
    teach: int
    practise: int


class KeyStatement(Part):
    text: str
    kind: Literal["scale", "words"]


class Key(Kept):
    """A workshop as evaluation sees it."""

    format: Literal["cleanworks-key-1"] = "cleanworks-key-1"
    workshop: str
    title: str
    language: str = Field("en", pattern=r"^[a-z]{2,3}(_[A-Z]{2})?$")
    test: str
    least: int = Field(5, ge=2, le=50)
    lessons: dict[str, KeyLesson]
    items: dict[str, KeyItem]
    forms: dict[Literal["A", "B"], tuple[str, ...]]
    statements: dict[str, KeyStatement]
    orders: dict[Literal["A", "B"], dict[str, tuple[int, ...]]] = Field(
        default_factory=dict,
        description="For each form the order of a question's options on paper; keys of earlier versions have none.",
    )

    @model_validator(mode="after")
    def _fits(self) -> Key:
        for form in FORMS:
            for id in self.forms.get(form, ["nothing"]):
                if id not in self.items:
                    raise ValueError(f"form {form} asks {id!r}, which is none of its questions")
        for id, item in self.items.items():
            lesson = self.lessons.get(item.lesson)
            if lesson is None or not 1 <= item.objective <= len(lesson.objectives):
                raise ValueError(f"question {id!r} belongs to an objective that is not there")
            if not all(0 <= option < item.options for option in item.right):
                raise ValueError(f"the right option of question {id!r} is not there")
        return self

    @property
    def follow_up(self) -> dict[str, KeyStatement]:
        """The lines of the survey after three months, the same for every workshop."""
        return {s.id: KeyStatement(text=s.text, kind=s.kind) for s in FOLLOW_UP}

    @property
    def action_plan(self) -> dict[str, KeyStatement]:
        """The lines of the action plan, the same for every workshop."""
        return {s.id: KeyStatement(text=s.text, kind=s.kind) for s in ACTION_PLAN}

    def asked(self, survey: str) -> dict[str, KeyStatement]:
        """The lines of a page of statements, by its kind."""
        if survey == "evaluation":
            return self.statements
        return self.follow_up if survey == "follow-up" else self.action_plan

    def lines(self, survey: str) -> list[str]:
        """The ids of a survey in the order in which its lines are numbered on paper: what is ticked, then what is written."""
        asked = self.asked(survey)
        return sorted(asked, key=lambda id: asked[id].kind == "words")

    @classmethod
    def of(
        cls,
        workshop: str,
        title: str,
        lessons: Sequence[Lesson],
        test: Test,
        *,
        least: int = 5,
        minutes: Callable[[Lesson], Minutes] | None = None,
        titles: Mapping[str, str] = MappingProxyType({}),
        language: str = "en",
        said: Mapping[str, Mapping[str, str]] = MappingProxyType({}),
    ) -> Key:
        """The key of a workshop. ``minutes`` gives a lesson's planned minutes; what it says of itself otherwise. ``titles``
        are those of the lessons in the workshop's language, by id: participants read them in the evaluation form. ``said``
        are the translations of each lesson's texts, by id: the report names objectives by them."""
        planned = minutes or (lambda lesson: lesson.minutes)
        return cls(
            workshop=workshop,
            title=title,
            language=language,
            test=test.id,
            least=least,
            lessons={
                lesson.id: KeyLesson(
                    title=titles.get(lesson.id, lesson.title),
                    objectives=tuple(
                        said.get(lesson.id, {}).get(text, text) for text in lesson.block.objectives
                    ),
                    teach=planned(lesson).teach,
                    practise=planned(lesson).practise,
                )
                for lesson in lessons
            },
            items={
                item.id: _key_item(item)
                for lesson in lessons
                for item in test.items
                if item.lesson == lesson.id
            },
            forms={form: tuple(id for id, _ in test.orders[form]) for form in FORMS},
            statements={s.id: KeyStatement(text=s.text, kind=s.kind) for s in statements(lessons, titles)},
            orders={form: dict(test.orders[form]) for form in FORMS},
        )

    @classmethod
    def load(cls, path: Path | str) -> Key:
        """Read a key.

        Raises
        ------
        InputError
            There is no such file, or it is not a key.
        """
        return cls._read(Path(path), _SAYINGS)


def statements(
    lessons: Sequence[Lesson], titles: Mapping[str, str] = MappingProxyType({})
) -> tuple[Statement, ...]:
    """The lines of the evaluation form: the modules, the workshop as a whole, and what cannot be ticked."""
    modules = tuple(
        Statement(f"module-{lesson.id}", titles.get(lesson.id, lesson.title), "scale") for lesson in lessons
    )
    return (*modules, *GENERAL, *WORDS)


def _key_item(item: Item) -> KeyItem:
    return KeyItem(
        lesson=item.lesson,
        objective=item.objective,
        options=len(item.options),
        right=item.right,
        question=" ".join(re.sub("[*`]", "", item.question).split()),
    )
