"""Read a quiz cell: the question, its options, and the feedback under each.

    **What does an SPI of 0.8 say?**

    - [ ] The work costs more than planned.
      > Cost is CPI. SPI compares work done with work planned.
    - [x] Less work is done than was planned by this date.
      > Right: a fifth of the planned work is missing.

Everything before the list is the question. Text stays Markdown: formulas, code and citations are allowed in all three.
"""

from __future__ import annotations

import re
import textwrap
from dataclasses import dataclass

from markdown_it import MarkdownIt

from cleanworks.errors import InputError

_BOX = re.compile(r"\[([ xX])\]\s+(?=\S)")


@dataclass(frozen=True)
class Option:
    """One answer to choose, whether it is right, and what its reader is told."""

    text: str
    right: bool
    feedback: str


@dataclass(frozen=True)
class Quiz:
    """One question. ``prompt``, and the texts of the options, are Markdown."""

    prompt: str
    options: tuple[Option, ...]


def read(source: str, *, where: str | None = None) -> Quiz:
    """Read the Markdown of a quiz cell.

    Raises
    ------
    InputError
        There is no list of options, or an item of the list does not begin with ``[ ]`` or ``[x]``.
    """
    lines = source.splitlines()
    tokens = MarkdownIt("commonmark").parse(source)
    lists = [token for token in tokens if token.type == "bullet_list_open" and token.level == 0]
    if not lists:
        raise InputError(
            "This quiz has no list of options.", where=where, fix="Write each as `- [ ] option`."
        )
    last = lists[-1]
    items = [t for t in tokens if t.type == "list_item_open" and t.level == 1 and _within(t.map, last.map)]
    quotes = [t for t in tokens if t.type == "blockquote_open" and t.level == 2]
    prompt = "\n".join(lines[: last.map[0]]).strip()
    return Quiz(prompt, tuple(_option(lines, item.map, quotes, where) for item in items))


def faults(quiz: Quiz, *, several: bool = False) -> list[str]:
    """What is wrong with a quiz that could be read, one sentence each."""
    found = []
    if not quiz.prompt:
        found.append("The quiz has no question above its options.")
    if len(quiz.options) < 2:
        found.append("The quiz needs at least two options.")
    right = sum(option.right for option in quiz.options)
    if right == 0:
        found.append("No option of the quiz is marked as right, with `[x]`.")
    if right > 1 and not several:
        found.append(
            f'{right} options are marked as right; say `"several": true` in the metadata if that is meant.'
        )
    found += [
        f"The option '{option.text}' has no feedback under it (a line that begins with `>`)."
        for option in quiz.options
        if not option.feedback
    ]
    return found


def _within(inner: list[int], outer: list[int]) -> bool:
    return outer[0] <= inner[0] and inner[1] <= outer[1]


def _option(lines: list[str], span: list[int], quotes: list, where: str | None) -> Option:
    quoted = [quote.map for quote in quotes if _within(quote.map, span)]
    taken = {number for begin, end in quoted for number in range(begin, end)}
    text = [lines[number] for number in range(*span) if number not in taken]
    text[0] = re.sub(r"^(\s*)[-*+](\s)", r"\1 \2", text[0])
    body = textwrap.dedent("\n".join(text)).strip()
    box = _BOX.match(body)
    if not box:
        raise InputError(
            f"The option '{body.splitlines()[0] if body else ''}' of this quiz has no box.",
            where=where,
            fix="Begin it with `[ ]`, or with `[x]` if it is right.",
        )
    feedback = [
        re.sub(r"^\s*> ?", "", lines[number]) for begin, end in quoted for number in range(begin, end)
    ]
    return Option(body[box.end() :].strip(), box[1] != " ", "\n".join(feedback).strip())
