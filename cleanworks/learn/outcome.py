"""What a check can say, and how a notebook shows it.

Four outcomes belong to questions with one right answer: correct, not yet, not attempted, your code raised. An open
question has a fifth: *answered: compare with the model answer*. It carries a rubric that the learner ticks, because no
program can judge a text.

A program that shows outcomes in its own way reads the data under :data:`MIME`:

    {"version": 1, "question": "c6-e1", "outcome": "not-yet", "message": "..."}
    {"version": 1, "question": "c6-e5", "outcome": "answered", "message": "...",
     "rubric": ["names ...", "does not say ..."], "ticks": [true, false]}

Each line of the rubric completes the sentence "My text ...", and a tick says that this is true. ``ticks`` is there only
when the learner has ticked.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from cleanworks import words

MIME = "application/vnd.cleanworks.outcome+json"


@dataclass(frozen=True)
class Outcome:
    """What a check says.

    Attributes
    ----------
    message : str
        One or more plain sentences; names and code stand in backticks.
    question : str
        Id of the question; the check set fills it in.
    broken : str
        Not empty when the check itself failed. The proof of the exercises reads it; learners do not see it.

    The word and the icon carry the meaning, the colour only repeats it. Text and background are both set, so that
    the message is readable on light and dark pages alike.

    Examples
    --------
    >>> compare(1, 1).at("c6-e1").record()["outcome"]
    'correct'
    """

    message: str = ""
    question: str = ""
    broken: str = ""

    kind: ClassVar[str]
    word: ClassVar[str]
    icon: ClassVar[str]
    ink: ClassVar[str]
    paper: ClassVar[str]

    def at(self, question: str) -> Outcome:
        """The same outcome, labelled with its question."""
        return replace(self, question=question)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        return {"text/plain": str(self), "text/html": self._html(), MIME: self.record()}

    def record(self) -> dict[str, Any]:
        """Plain data for programs: question, outcome, message."""
        record = {"version": 1, "question": self.question, "outcome": self.kind, "message": self.message}
        return record | ({"broken": self.broken} if self.broken else {})

    def _inside(self) -> str:
        """What stands in the box under the message, as HTML."""
        return ""

    def _html(self) -> str:
        message = _marked(self.message)
        return (
            f'<div role="status" class="cleanworks-outcome cleanworks-{self.kind}" '
            f'style="color:{self.ink};background:{self.paper};border:1px solid {self.ink};'
            f'border-left-width:.4rem;border-radius:.25rem;padding:.5rem .75rem;max-width:46rem;line-height:1.5">'
            f'<span aria-hidden="true">{self.icon}</span> <strong>{words.say(self.word)}.</strong> {message}'
            f"{self._inside()}</div>"
        )

    def __str__(self) -> str:
        return f"{self.icon} {words.say(self.word)}. {words.say(self.message)}".rstrip()

    __repr__ = __str__


class Correct(Outcome):
    """The answer is what the question asks for.

    Examples
    --------
    >>> isinstance(compare(1, 1), Correct)
    True
    """

    kind, word, icon, ink, paper = "correct", "Correct", "✓", "#0b4f24", "#e6f4ea"


@dataclass(frozen=True)
class Answered(Outcome):
    """An open question has an answer. Whether it is good, the learner decides with the model answer and the rubric.

    Attributes
    ----------
    rubric : tuple of str
        Lines that complete the sentence "My text ...": what a good answer names, and what it does not say.
    ticks : tuple of bool, optional
        For each line whether the learner found it true; None before the learner has ticked.

    Examples
    --------
    >>> Answered(rubric=("names the year", "gives a limit")).kind
    'answered'
    """

    rubric: tuple[str, ...] = ()
    ticks: tuple[bool, ...] | None = None

    kind, word, icon = "answered", "Answered: compare with the model answer", "✎"
    ink, paper = "#12355b", "#e8f0fa"

    def record(self) -> dict[str, Any]:
        record = super().record() | {"rubric": list(self.rubric)}
        return record if self.ticks is None else record | {"ticks": list(self.ticks)}

    def _lines(self) -> list[str]:
        """The rubric as it stands: a mark before each line that was ticked."""
        ticks = self.ticks or (False,) * len(self.rubric)
        return [
            f"{'☑' if ticked else '☐'} {words.say(line)}"
            for line, ticked in zip(self.rubric, ticks, strict=True)
        ]

    def _how(self) -> str:
        numbers = ", ".join(str(number) for number in range(1, min(len(self.rubric), 2) + 1))
        return (
            f'To keep your ticks, run `check("{self.question}", ticks=[{numbers}])` with the numbers of the lines that '
            "are true of your text."
        )

    def _inside(self) -> str:
        if not self.rubric:
            return ""
        lines = "".join(f"<li>{_marked(line)}</li>" for line in self._lines())
        return (
            f'<p style="margin:.5rem 0 0">{words.say("My text")}</p>'
            f'<ol class="cleanworks-rubric" style="margin:.2rem 0 .4rem">{lines}</ol>'
            f'<p class="cleanworks-rubric-how" style="margin:0">{_marked(self._how())}</p>'
        )

    def __str__(self) -> str:
        lines = [f"  {number}. {line}" for number, line in enumerate(self._lines(), 1)]
        more = [f"{words.say('My text')}", *lines, words.say(self._how())] if lines else []
        return "\n".join([super().__str__(), *more])

    __repr__ = __str__


class NotYet(Outcome):
    """There is an answer, and the message says what to look at next.

    Examples
    --------
    >>> NotYet("Look at the unit.").message
    'Look at the unit.'
    """

    kind, word, icon, ink, paper = "not-yet", "Not yet", "↻", "#5a3a00", "#fff4dc"


class NotAttempted(Outcome):
    """The variable of the question is missing or still holds its placeholder.

    Examples
    --------
    >>> NotAttempted("There is no answer yet.").kind
    'not-attempted'
    """

    kind, word, icon, ink, paper = "not-attempted", "Not attempted", "○", "#333333", "#f2f2f2"


class Raised(Outcome):
    """The learner's own code stopped with an error.

    Examples
    --------
    >>> Raised("Your code stopped.").kind
    'raised'
    """

    kind, word, icon, ink, paper = "raised", "Your code raised an error", "!", "#7a1020", "#fdecee"


def _marked(text: str) -> str:
    """A text in the reader's language as HTML, what stands in backticks as code."""
    code = r'<code style="color:inherit;background:transparent;font-weight:600">\1</code>'
    return re.sub(r"`([^`]+)`", code, html.escape(words.say(text))).replace("\n", "<br>")
