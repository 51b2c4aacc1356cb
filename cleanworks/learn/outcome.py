"""The four outcomes of a check, and how a notebook shows them."""

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
    """

    message: str = ""
    question: str = ""
    broken: str = ""

    kind: ClassVar[str] = ""
    word: ClassVar[str] = ""
    icon: ClassVar[str] = ""
    ink: ClassVar[str] = "#1a1a1a"
    paper: ClassVar[str] = "#f2f2f2"

    def at(self, question: str) -> Outcome:
        """The same outcome, labelled with its question."""
        return replace(self, question=question)

    def _repr_mimebundle_(self, include=None, exclude=None) -> dict[str, Any]:
        return {"text/plain": str(self), "text/html": self._html(), MIME: self.record()}

    def record(self) -> dict[str, Any]:
        """Plain data for programs: question, outcome, message."""
        record = {"version": 1, "question": self.question, "outcome": self.kind, "message": self.message}
        return record | ({"broken": self.broken} if self.broken else {})

    def _html(self) -> str:
        message = re.sub(
            r"`([^`]+)`",
            r'<code style="color:inherit;background:transparent;font-weight:600">\1</code>',
            html.escape(words.say(self.message)),
        ).replace("\n", "<br>")
        return (
            f'<div role="status" class="cleanworks-outcome cleanworks-{self.kind}" '
            f'style="color:{self.ink};background:{self.paper};border:1px solid {self.ink};'
            f'border-left-width:.4rem;border-radius:.25rem;padding:.5rem .75rem;max-width:46rem;line-height:1.5">'
            f'<span aria-hidden="true">{self.icon}</span> <strong>{words.say(self.word)}.</strong> {message}</div>'
        )

    def __str__(self) -> str:
        return f"{self.icon} {words.say(self.word)}. {words.say(self.message)}".rstrip()

    __repr__ = __str__


class Correct(Outcome):
    """The answer is what the question asks for."""

    kind, word, icon, ink, paper = "correct", "Correct", "✓", "#0b4f24", "#e6f4ea"


class NotYet(Outcome):
    """There is an answer, and the message says what to look at next."""

    kind, word, icon, ink, paper = "not-yet", "Not yet", "↻", "#5a3a00", "#fff4dc"


class NotAttempted(Outcome):
    """The variable of the question is missing or still holds its placeholder."""

    kind, word, icon, ink, paper = "not-attempted", "Not attempted", "○", "#333333", "#f2f2f2"


class Raised(Outcome):
    """The learner's own code stopped with an error."""

    kind, word, icon, ink, paper = "raised", "Your code raised an error", "!", "#7a1020", "#fdecee"
