"""Quiz cells: a question in bold, options as a task list, feedback as a quotation under each option.

**What does a full gauge at noon say?**

- [ ] It rained all morning.
  > A gauge adds up; it does not say when.
- [x] Some rain fell since it was emptied.
  > It adds up what fell, and says no more.
"""

from __future__ import annotations

import hashlib
import random
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

_OPTION = re.compile(r"^[-*+] \[([ xX])\]\s*(.*)$")
_QUOTE = re.compile(r"^\s*>\s?(.*)$")
_FIXED = re.compile(
    r"(all|none|both|neither|any|two|each|every one) of (these|them|those|the (above|other|two|three|four|five|options|answers))"
    r"( (options|answers))?( (are|is) (right|true|correct|wrong))?[.!]?$"
    r"|all (three|four|five)[.!]?$|(both|neither|all|none)( the| of the)?( are| is)?( above)?( (right|true))?[.!]?$"
    r"|(both|neither|answers?|options?) [a-f]( and| or| nor|,)",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Option:
    """One option: its text, whether it is right, what the reader is told on choosing it, and its line in the cell."""

    text: str
    right: bool
    feedback: str
    line: int

    @property
    def is_fixed(self) -> bool:
        """Whether the option speaks of the others ("all of these"): then it keeps its place when they are shuffled."""
        return speaks_of_others(self.text)

    @property
    def shown(self) -> str:
        """The text as a reader sees it: without marks, and of a link or role only its words."""
        return plain(self.text)


@dataclass(frozen=True)
class Quiz:
    """A question with its options. Texts are Markdown."""

    question: str
    options: tuple[Option, ...]
    stray: tuple[int, ...] = ()

    @property
    def right(self) -> list[Option]:
        return [option for option in self.options if option.right]

    def problems(self, *, several: bool = False) -> list[tuple[int, str]]:
        """(line, sentence) of everything that keeps the cell from being a quiz question."""
        found: list[tuple[int, str]] = []
        if not self.question:
            found.append((1, "There is no question before the options."))
        elif not (self.question.startswith("**") and self.question.endswith("**")):
            found.append((1, "The question is not in bold."))
        if not 2 <= len(self.options) <= 6:
            found.append((1, f"There are {len(self.options)} options; 3 or 4 are usual, 2 to 6 are allowed."))
        if self.options and not self.right:
            found.append((self.options[0].line, "No option is marked as right with `[x]`."))
        if len(self.right) > 1 and not several:
            found.append((self.right[1].line, "More than one option is marked as right."))
        for option in self.options:
            if not option.text:
                found.append((option.line, "An option is empty."))
            if not option.feedback:
                found.append((option.line, "An option has no feedback: a line with `>` under it."))
        texts = [option.text for option in self.options]
        for option in self.options:
            if option.text and texts.index(option.text) != self.options.index(option):
                found.append((option.line, "Two options say the same."))
        found += [(line, "This line belongs to no option: indent it by two spaces.") for line in self.stray]
        return sorted(found)

    def signs(self) -> list[tuple[int, str]]:
        """(line, sentence) of what gives the right option away, or is said twice."""
        found: list[tuple[int, str]] = []
        lengths = [len(option.shown) for option in self.options]
        for option, length in zip(self.options, lengths, strict=True):
            others = [n for other, n in zip(self.options, lengths, strict=True) if other is not option]
            if (
                option.right
                and len(self.right) == 1
                and others
                and length > max(1.4 * max(others), max(others) + 15)
            ):
                found.append(
                    (
                        option.line,
                        "The right option is much longer than every other one, which gives it away.",
                    )
                )
            if re.match(r"(right|correct|wrong|not yet)\b\s*[.:,;!]", option.feedback, re.IGNORECASE):
                found.append(
                    (option.line, "The feedback says whether the option is right. The page says so itself.")
                )
        return found


def parse_quiz(source: str) -> Quiz:
    """Read a quiz cell; never fails, `Quiz.problems` says what is wrong."""
    question: list[str] = []
    options: list[dict[str, Any]] = []
    stray: list[int] = []
    for number, line in enumerate(source.splitlines(), 1):
        if match := _OPTION.match(line):
            options.append(
                {"right": match.group(1) in "xX", "text": [match.group(2)], "feedback": [], "line": number}
            )
        elif not options:
            question.append(line)
        elif match := _QUOTE.match(line):
            options[-1]["feedback"].append(match.group(1).strip())
        elif line.startswith(" ") and line.strip() and not options[-1]["feedback"]:
            options[-1]["text"].append(line.strip())
        elif line.strip():
            stray.append(number)
    return Quiz(
        "\n".join(question).strip(),
        tuple(
            Option(" ".join(o["text"]).strip(), o["right"], " ".join(o["feedback"]).strip(), o["line"])
            for o in options
        ),
        tuple(stray),
    )


def without_key(source: str, seed: str = "") -> str:
    """The same question with no mark on the right option and no feedback: what a learner is handed.

    With a `seed`, such as the id of the question, the options come in the order of :func:`order`.
    """
    head: list[str] = []
    options: list[list[str]] = []
    for line in source.splitlines():
        if match := _OPTION.match(line):
            options.append([f"- [ ] {match.group(2)}"])
        elif not options:
            head.append(line)
        elif not _QUOTE.match(line):
            options[-1].append(line)
    places = (
        order([option.text for option in parse_quiz(source).options], seed) if seed else range(len(options))
    )
    return "\n".join([*head, *(line for place in places for line in options[place])])


# --- in which order options stand ---------------------------------------------------------------------------------


def order(options: Sequence[str], seed: str) -> tuple[int, ...]:
    """Positions of options in an order that is always the same for one seed. "All of these" keeps its place.

    Examples
    --------
    >>> sorted(order(["one", "two", "three"], "c6-k1"))
    [0, 1, 2]
    >>> order(["one", "two", "all of these"], "c6-k1")[2]
    2
    """
    places = [place for place, text in enumerate(options) if not speaks_of_others(text)]
    shuffled = iter(random.Random(hashlib.sha256(seed.encode()).digest()).sample(places, len(places)))
    return tuple(place if speaks_of_others(text) else next(shuffled) for place, text in enumerate(options))


def speaks_of_others(text: str) -> bool:
    """Whether an option means something only beside the others: "all of these", "neither", "both A and B"."""
    return _FIXED.match(plain(text)) is not None


def plain(text: str) -> str:
    """A text of a quiz without Markdown's marks."""
    text = re.sub(r"\{[a-z:]+\}`([^`<]+?)\s*(?:<[^`]*>)?`", r"\1", text)
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", text)
    return " ".join(re.sub(r"[*_`]", "", text).split())


# --- do the questions give themselves away? -----------------------------------------------------------------------

LONGEST = 0.40
"""Largest share of questions in which the right option may be the longest; chance gives a third of three options."""
PLACES = (0.25, 0.42)
"""Smallest and largest share of questions of three options with the right one at a given place."""
STRATEGY = 0.45
"""A reader who knows nothing, and takes the longest option, else the commonest place, must score less than this."""
ENOUGH = 30
"""With fewer questions such shares say nothing."""


@dataclass(frozen=True)
class GiveAway:
    """How far questions give themselves away by the look of their options.

    Attributes
    ----------
    questions : int
        Questions with one right option.
    longest : float
        Share of them in which the right option is longer than every other.
    places : tuple of float
        Of the questions with three options that can be shuffled: share with the right one first, second, third.
    strategy : float
        Share that "the longest, else the commonest place" gets right.
    mean_right, mean_wrong : float
        Mean length of right and of wrong options, in characters.
    """

    questions: int
    longest: float
    places: tuple[float, ...]
    strategy: float
    mean_right: float
    mean_wrong: float

    def problems(self) -> list[str]:
        """What passes the limits, in sentences; nothing for a course of few questions."""
        if self.questions < ENOUGH:
            return []
        found = []
        if self.longest > LONGEST:
            found.append(
                f"The right option is the longest in {self.longest:.0%} of {self.questions} questions; at most {LONGEST:.0%} may be."
            )
        for place, share in zip(("first", "second", "third"), self.places, strict=False):
            if not PLACES[0] <= share <= PLACES[1]:
                found.append(
                    f"The right option is the {place} of three in {share:.0%}; {PLACES[0]:.0%} to {PLACES[1]:.0%} are allowed."
                )
        if self.strategy >= STRATEGY:
            found.append(
                f"Taking the longest option, else the commonest place, scores {self.strategy:.0%}; it must stay under {STRATEGY:.0%}."
            )
        return found

    def __str__(self) -> str:
        places = ", ".join(f"{share:.0%}" for share in self.places)
        return (
            f"{self.questions} questions. Right option the longest: {self.longest:.0%} (at most {LONGEST:.0%}). First, second, "
            f'third of three: {places} ({PLACES[0]:.0%} to {PLACES[1]:.0%} each). "Longest, else commonest place" scores '
            f"{self.strategy:.0%} (under {STRATEGY:.0%}). Mean length: right {self.mean_right:.0f}, wrong {self.mean_wrong:.0f} characters."
        )


def give_away(questions: Iterable[tuple[Sequence[str], int]]) -> GiveAway:
    """Measure questions, each given as its options in the order shown and the position of the right one.

    Examples
    --------
    >>> give_away([(["a", "bb", "c"], 1), (["aaa", "bb", "c"], 1)]).longest
    0.5
    """
    asked = [([len(plain(text)) for text in options], right) for options, right in questions]
    if not asked:
        return GiveAway(0, 0.0, (), 0.0, 0.0, 0.0)
    longest = sum(
        lengths[right] > max([*lengths[:right], *lengths[right + 1 :]], default=0) for lengths, right in asked
    )
    three = Counter(right for lengths, right in asked if len(lengths) == 3)
    commonest = Counter(right for _, right in asked).most_common(1)[0][0]

    def guess(lengths: list[int]) -> int:
        most = [place for place, length in enumerate(lengths) if length == max(lengths)]
        return most[0] if len(most) == 1 or commonest not in most else commonest

    rights = [lengths[right] for lengths, right in asked]
    wrongs = [length for lengths, right in asked for place, length in enumerate(lengths) if place != right]
    return GiveAway(
        questions=len(asked),
        longest=longest / len(asked),
        places=tuple(three[place] / three.total() for place in range(3)) if three else (),
        strategy=sum(guess(lengths) == right for lengths, right in asked) / len(asked),
        mean_right=sum(rights) / len(rights),
        mean_wrong=sum(wrongs) / len(wrongs) if wrongs else 0.0,
    )
