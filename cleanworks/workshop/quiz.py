"""Quiz cells: a question in bold, options as a task list, feedback as a quotation under each option.

**What does a full gauge at noon say?**

- [ ] It rained all morning.
  > A gauge adds up; it does not say when.
- [x] Some rain fell since it was emptied.
  > Right: ...
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_OPTION = re.compile(r"^[-*+] \[([ xX])\]\s*(.*)$")
_QUOTE = re.compile(r"^\s*>\s?(.*)$")


@dataclass(frozen=True)
class Option:
    """One option: its text, whether it is right, what the reader is told on choosing it, and its line in the cell."""

    text: str
    right: bool
    feedback: str
    line: int


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


def parse_quiz(source: str) -> Quiz:
    """Read a quiz cell; never fails, `Quiz.problems` says what is wrong."""
    question: list[str] = []
    options: list[dict] = []
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


def without_key(source: str) -> str:
    """The same question with no mark on the right option and no feedback: what a learner is handed."""
    lines = []
    in_options = False
    for line in source.splitlines():
        if match := _OPTION.match(line):
            in_options = True
            line = f"- [ ] {match.group(2)}"
        elif in_options and _QUOTE.match(line):
            continue
        lines.append(line)
    return "\n".join(lines)
