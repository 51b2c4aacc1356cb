"""What a person reads who made a mistake: one message, the line of the notebook, and what to do."""

from __future__ import annotations

import ast
import functools
import re
from pathlib import Path

from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

import cleanworks

PACKAGE = Path(cleanworks.__file__).parent


def test_a_notebook_shows_the_message_and_the_line_and_no_traceback(capsys):
    config = Config()
    config.HistoryManager.hist_file = ":memory:"
    config.InteractiveShell.colors = "nocolor"
    shell = InteractiveShell(config=config)
    shell.run_cell(
        "from cleanworks.integrity import plan\nshares = 2.4\nplan.survey_options(100, [10], sd=1, rate=shares)"
    )
    shown = re.sub(r"\x1b\[[0-9;]*m", "", "".join(capsys.readouterr()))
    assert "InputError: rate: 2.4 is not a share between 0 and 1. Write 5 % as 0.05." in shown
    assert "line 3" in shown and "----> plan.survey_options(100, [10], sd=1, rate=shares)" in shown
    assert (
        "Traceback" not in shown and "input_checks.py" not in shown and len(shown.strip().splitlines()) <= 5
    )


def _text(node: ast.expr) -> str:
    """What a message says, with {} for what is only known when the code runs."""
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(part.value if isinstance(part, ast.Constant) else "{}" for part in node.values)
    return "{}"


@functools.cache
def _messages() -> list[tuple[str, str, ast.expr | None]]:
    """File and line of every InputError, what it says, and whether it says what to do."""
    trees = {path: ast.parse(path.read_text(encoding="utf-8")) for path in sorted(PACKAGE.rglob("*.py"))}
    classes = {"InputError"}
    for _ in range(3):  # errors of errors
        classes |= {
            node.name
            for tree in trees.values()
            for node in ast.walk(tree)
            if isinstance(node, ast.ClassDef) and classes & {getattr(base, "id", "") for base in node.bases}
        }
    found = []
    for path, tree in trees.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in classes and node.args:
                fix = next((word.value for word in node.keywords if word.arg == "fix"), None)
                found.append((f"{path.relative_to(PACKAGE)}:{node.lineno}", _text(node.args[0]), fix))
    return found


def test_every_message_is_a_sentence_and_says_what_to_do():
    found = _messages()
    assert len(found) > 600
    small = [(place, what) for place, what, _ in found if what[:1].islower()]
    helpless = [(place, what) for place, what, fix in found if fix is None or _text(fix) in ("", "None")]
    assert small == [] and helpless == []


# What one would not say aloud.
STILTED = re.compile(
    r"(?<!There )\bis no (code|date|number|kind|list)\b|\bcan(not)? be had\b|\b[Mm]end\b|Nobody reads|stands there"
)


def test_messages_are_english_that_somebody_would_say():
    said = [
        (place, text) for place, what, fix in _messages() for text in (what, _text(fix or ast.Constant("")))
    ]
    assert [(place, text) for place, text in said if STILTED.search(text)] == []
