"""What a lesson tells a reader to press is there in the page, in every language."""

from __future__ import annotations

import re
from pathlib import Path

import nbformat
import pytest

from cleanworks import words

ROOT = Path(__file__).resolve().parent.parent
FIRST = "notebooks/orientation/o1-start-here"
CODES = sorted(path.parent.name for path in (ROOT / "book" / "locale").glob("*/LC_MESSAGES"))
PRESSED = re.compile(r"\bpress \*([^*]+)\*", re.IGNORECASE)


def translations(code: str, page: str) -> list[tuple[str, str]]:
    """Each English text of a page with its translation."""
    text = (ROOT / "book" / "locale" / code / "LC_MESSAGES" / f"{page}.po").read_text(encoding="utf-8")
    return re.findall(r'^msgid "(.+)"\nmsgstr "(.*)"$', text, re.MULTILINE)


def test_the_first_lesson_names_the_button_before_the_keys_of_a_notebook():
    cells = nbformat.read(ROOT / f"{FIRST}.ipynb", as_version=4).cells
    (cell,) = [one.source for one in cells if "{kbd}" in one.source]
    assert cell.index("*Run*") < cell.index("notebook") < cell.index("{kbd}`Shift`")


@pytest.mark.parametrize("code", CODES)
def test_a_translation_names_the_buttons_as_its_page_does(code):
    """A reader who is told to press *Exécuter* looks for that word."""
    looked_at = 0
    for path in sorted((ROOT / "book" / "locale" / code).rglob("*.po")):
        page = path.relative_to(ROOT / "book" / "locale" / code / "LC_MESSAGES").with_suffix("").as_posix()
        for english, translated in translations(code, page):
            for button in PRESSED.findall(english):
                assert f"*{words.say(button, code)}*" in translated, f"{code}, {page}: {english}"
                looked_at += 1
    assert looked_at


@pytest.mark.parametrize("text", ["run it with {kbd}`Shift`", "in a cell of its own", "Paste the"])
def test_nobody_is_told_to_do_what_a_page_cannot_do(text):
    found = [
        path.name for folder in ("notebooks", "exercises") for path in (ROOT / folder).rglob("*.ipynb")
        if text in path.read_text(encoding="utf-8")
    ]  # fmt: skip
    assert not found


def test_a_task_that_speaks_of_quotation_marks_shows_them():
    """Somebody who never programmed looks for them where the starter has three dots."""
    silent, asked = [], 0
    for path in sorted((ROOT / "exercises").rglob("*.ipynb")):
        cells = nbformat.read(path, as_version=4).cells
        shown: dict[str, str] = {}
        for cell in cells:
            tags, question = (
                cell.metadata.get("tags", []),
                cell.metadata.get("cleanworks", {}).get("question"),
            )
            if "exercise" in tags or "starter" in tags:
                shown[question] = shown.get(question, "") + cell.source
        for question, text in shown.items():
            asked += "quotation marks" in text
            if "quotation marks" in text and not re.search(r"""["'][^"'\n]+["']""", text):
                silent.append(question)
    assert asked > 8 and not silent, silent
