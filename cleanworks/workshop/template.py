"""A new lesson: notebooks that teach the format by being valid, and wait for content."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path
from typing import Any

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from cleanworks.errors import InputError
from cleanworks.workshop.files import write_all
from cleanworks.workshop.lint.canonical import canonical, slug
from cleanworks.workshop.metadata import BLOCK, ROLES
from cleanworks.workshop.notebook import dump
from cleanworks.workshop.settings import Settings

OBJECTIVES = (
    "Compute the total of a column.",
    "Compare two groups of rows.",
    "Explain what the comparison does not show.",
)

CHECKS = '''\
"""Checks of the exercise set {id}."""

from __future__ import annotations

import pandas as pd

from cleanworks.learn import CheckSet, compare, open_answer

check = CheckSet("{id}")

table = pd.DataFrame({{"group": ["north", "north", "south"], "value": [3, 5, 2]}})


@check.question("{id}-e1", "total")
def total(total):
    mistakes = {{
        table["value"].mean(): "That is the mean. The question asks for all rows together.",
        len(table): "You counted the rows. Add up what stands in them.",
    }}
    return compare(total, table["value"].sum(), mistakes=mistakes)


@check.question("{id}-e2", "difference")
def difference(difference):
    totals = table.groupby("group")["value"].sum()
    means = table.groupby("group")["value"].mean()
    right = totals["north"] - totals["south"]
    mistakes = {{
        -right: "You subtracted the other way round.",
        means["north"] - means["south"]: "You compared the means. The question asks for totals.",
    }}
    return compare(difference, right, mistakes=mistakes)


@check.question("{id}-e3", "sentence")
def sentence(sentence):
    rubric = ["says how many rows stand behind the comparison", "says what one more row could change"]
    return open_answer(sentence, rubric, least_words=8)
'''


def write_lesson(root: Path, id: str, title: str, part: str) -> list[Path]:
    """Write the lesson, its exercise set and its module of checks; all of them or none.

    Raises
    ------
    InputError
        The id, the title or the part cannot be used, or one of the files exists.
    """
    root = Path(root)
    settings = Settings.load(root)
    if not re.fullmatch(r"[a-z][a-z0-9]*", id):
        raise InputError(
            f"{id!r} cannot be an id.", fix="Use small letters and digits, beginning with a letter: c12."
        )
    if not slug(title):
        raise InputError(f"{title!r} cannot be a title: it has no letters.", fix="Write at least one word.")
    if settings.parts and part not in settings.parts:
        raise InputError(f"There is no part {part!r}.", fix=f"The parts are {', '.join(settings.parts)}.")
    if not re.fullmatch(r"[a-z][a-z0-9-]*", part):
        raise InputError(f"{part!r} cannot be a part.", fix="Use small letters, digits and hyphens.")
    name = f"{id}-{slug(title)}.ipynb"
    texts = {
        root / settings.lessons / part / name: dump(canonical(_lesson(settings, id, title, part))),
        root / settings.exercises / part / name: dump(canonical(_exercises(settings, id, title, part))),
        root / settings.checks / f"{id}.py": CHECKS.format(id=id),
    }
    for folder in (settings.lessons, settings.exercises):
        for taken in (root / folder).rglob(f"{id}-*.ipynb"):
            raise InputError(f"The id {id!r} is taken.", where=str(taken), fix="Choose another id.")
    for path in texts:
        if path.exists():
            raise InputError("This file exists already.", where=str(path), fix="Choose another id.")
    return write_all(texts)


def _lesson(settings: Settings, id: str, title: str, part: str) -> NotebookNode:
    block = {
        "id": id,
        "kind": "lesson",
        "title": title,
        "part": part,
        "level": "core",
        "minutes": {"teach": 45, "practise": 30},
        "objectives": list(OBJECTIVES),
    }
    cells = [_text(f"# {title}\n\nAfter this lesson you can say what your reader will be able to do.")]
    for number, section in enumerate(settings.sections):
        if section.casefold().startswith("quiz"):
            continue
        guide = _GUIDE.get(section.casefold(), "a few short sentences.")
        cells.append(_text(f"## {section}\n\nReplace this: {guide}", *({section.casefold()} & set(ROLES))))
        if number == 0:
            cells.append(
                _code(
                    """
                    import pandas as pd

                    table = pd.DataFrame(
                        {"group": ["north", "north", "south"], "value": [3, 5, 2]}
                    )
                    table
                    """
                )
            )
    cells.append(_text("## Quiz"))
    cells += [_quiz(id, number) for number in range(1, settings.quiz_items + 1)]
    note = "## For instructors\n\n**Timing.** How long each step takes.\n\n**What usually goes wrong.** And what to say then."
    cells.append(_text(note, "instructor"))
    return new_notebook(cells=cells, metadata={BLOCK: block})


_GUIDE = {
    "the decision": "who has to decide what, with which data.",
    "predict before you run": "one question that the reader answers before the next cell.",
    "pitfall": "one way in which the obvious reading misleads, shown with data.",
    "in your country": "what a profile changes, and which law or data one must look up.",
    "key points": "one point for each objective.",
}


def _quiz(id: str, number: int) -> NotebookNode:
    objective = (number - 1) % len(OBJECTIVES) + 1
    text = f"""
    **Question {number}: which option is right?**

    - [x] This one.
      > Say why it is right, in one sentence.
    - [ ] That one.
      > Say which misunderstanding leads here.
    - [ ] The third one.
      > Say what to look at again.
    """
    return _text(text, "quiz", question=f"{id}-k{number}", objective=objective)


def _exercises(settings: Settings, id: str, title: str, part: str) -> NotebookNode:
    module = f"{settings.checks.replace('/', '.')}.{id}"
    block: dict[str, Any] = {"id": id, "kind": "exercises", "title": f"Exercises: {title}", "part": part}
    package = module.partition(".")[0]
    if package not in settings.light:
        block["needs"] = [package]
    cells = [
        _text(f"# Exercises: {title}\n\nRun the cells from the top."),
        _code(f"from {module} import check, table\n\ntable"),
    ]
    cells += _task(
        f"{id}-e1",
        1,
        "## A total\n\nPut the total of the column `value` into `total`.",
        "total = ...",
        (
            "A column has a method that adds it up.",
            "The column is chosen with square brackets and its name in quotes.",
        ),
        ('total = table["value"].sum()', "The sum takes every row once."),
        (
            ('total = table["value"].mean()', "That is the mean"),
            ("total = len(table)", "You counted the rows"),
        ),
    )
    cells += _task(
        f"{id}-e2",
        2,
        "## A comparison\n\nHow much more do the rows of `north` hold together than those of `south`? Put it into `difference`.",
        "difference = ...",
        ("Group the rows first.", "Then add up each group, and take one from the other."),
        (
            'totals = table.groupby("group")["value"].sum()\ndifference = totals["north"] - totals["south"]',
            "What is asked for comes first, and what it is compared with is taken away.",
        ),
        (
            (
                'sums = table.groupby("group")["value"].sum()\ndifference = sums["south"] - sums["north"]',
                "the other way round",
            ),
            (
                'means = table.groupby("group")["value"].mean()\ndifference = means["north"] - means["south"]',
                "You compared the means",
            ),
        ),
    )
    cells += _task(
        f"{id}-e3",
        3,
        "## A sentence\n\nSay in one sentence what the comparison does not show, and put it into `sentence`.",
        'sentence = "..."',
        ("How many rows does each group have?", "What would one more row change?"),
        (
            'sentence = (\n    "South has only one row, so "\n    "one more measurement could turn the result."\n)',
            "A comparison of few rows says little about the next one.",
        ),
        (
            ('sentence = "It is small."', "Write at least"),
            (
                'sentence = "The comparison does not show very much at all to me."',
                "how many rows",
                "answered",
            ),
        ),
        open=True,
    )
    return new_notebook(cells=cells, metadata={BLOCK: block})


def _task(
    question: str,
    objective: int,
    prompt: str,
    starter: str,
    hints: tuple[str, ...],
    solution: tuple[str, str],
    wrong: tuple[tuple[str, ...], ...],
    *,
    open: bool = False,
) -> list[NotebookNode]:
    """The cells of one question; a wrong answer is (code, feedback), and the outcome if it is not "not yet"."""
    tie: dict[str, Any] = {"question": question}
    kind = {"open": True} if open else {}
    return [
        _text(prompt, "exercise", objective=objective, **tie, **kind),
        _code(starter, "starter", **tie),
        *(_text(hint, "hint", **tie) for hint in hints),
        _code(f'check("{question}")', "check", **tie),
        _code(solution[0], "solution", **tie),
        _text(solution[1], "solution", **tie),
        *(
            _code(
                code, "wrong-answer", feedback=feedback, **tie, **({"outcome": outcome[0]} if outcome else {})
            )
            for code, feedback, *outcome in wrong
        ),
    ]


def _text(source: str, *tags: str, **block: Any) -> NotebookNode:
    return _cell(new_markdown_cell, source, tags, block)


def _code(source: str, *tags: str, **block: Any) -> NotebookNode:
    return _cell(new_code_cell, source, tags, block)


def _cell(make: Any, source: str, tags: tuple[str, ...], block: dict[str, Any]) -> NotebookNode:
    metadata: dict[str, Any] = {"tags": list(tags)} if tags else {}
    if block:
        metadata[BLOCK] = block
    return make(textwrap.dedent(source).strip(), metadata=metadata)
