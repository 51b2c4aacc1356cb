"""The words of figures, of checks and of the page's own buttons, in the reader's language.

The variable CLEANWORKS_LANGUAGE chooses it ("ko", "fr"); without it every text stays English. Translations stand in
`cleanworks/locale/<language>.po`, the format of gettext. A text with parts that are only known when the code runs has
names in braces there: "Paid after {} days" translates "Paid after 41 days" too. So the code of a lesson stays as it is.

The files are read here and not with :mod:`gettext`, which wants them compiled: a lesson also runs where nothing can be
compiled first.
"""

from __future__ import annotations

import ast
import contextlib
import contextvars
import functools
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path

VARIABLE = "CLEANWORKS_LANGUAGE"
FOLDER = Path(__file__).parent / "locale"

RIGHT_TO_LEFT = frozenset({"ar", "dv", "fa", "he", "ku", "ps", "ur", "yi"})
"""Languages that are written from right to left."""

_CODE = re.compile(r"[a-z]{2,3}(?:_[A-Z]{2})?")
_BETWEEN_SENTENCES = re.compile(r"(?<=[.?!]) (?=[A-Z])")


_spoken: contextvars.ContextVar[str] = contextvars.ContextVar("spoken", default="")


def language() -> str:
    """The language of this process; "en" when none is chosen or the choice is not a language code."""
    chosen = _spoken.get() or os.environ.get(VARIABLE, "")
    return chosen if is_code(chosen) else "en"


@contextlib.contextmanager
def speaking(code: str) -> Iterator[None]:
    """Texts and figures that are made meanwhile are in this language, whatever that of the process is."""
    before = _spoken.set(code)
    try:
        yield
    finally:
        _spoken.reset(before)


def is_code(text: str) -> bool:
    """Whether a text has the form of a language code: "ko", "pt_BR"."""
    return _CODE.fullmatch(text) is not None


def direction(code: str) -> str:
    """ "rtl" for a language written from right to left, otherwise "ltr"."""
    return "rtl" if code.partition("_")[0] in RIGHT_TO_LEFT else "ltr"


def say(text: str, code: str | None = None) -> str:
    """A text in the reader's language, or as it is when it has no translation.

    Parameters
    ----------
    text : str
        The English text, with its values filled in. Line breaks that wrap it do not count.
    code : str, optional
        The language; that of the process if not given.
    """
    known, patterns = _catalogue(code or language())
    plain = " ".join(text.split())
    if plain in known:
        return known[plain]
    for pattern, translation in patterns:
        found = pattern.fullmatch(plain)
        if found:
            # What was filled in can be a phrase of ours as well; a single word is the reader's own.
            values = [_part(value, code) if " " in value.strip() else value for value in found.groups()]
            return _filled(translation, values)
    return text


def _part(value: str, code: str | None) -> str:
    """What a text was filled in with: a phrase, or sentences one after the other. Spaces around it stay."""
    inside = value.strip()
    said = say(inside, code)
    if said == inside:
        said = " ".join(say(sentence, code) for sentence in _BETWEEN_SENTENCES.split(inside))
    return value.replace(inside, said)


def words(code: str) -> Mapping[str, str]:
    """All translations of a language that hold no values, English text first. Empty for an unknown language."""
    return _catalogue(code)[0]


def read_po(text: str) -> dict[str, str]:
    """The translated texts of a .po file. Entries that are empty, marked fuzzy or no longer used are left out."""
    entries: dict[str, str] = {}
    for block in re.split(r"\n\s*\n", text):
        lines = block.splitlines()
        if any(line.startswith("#,") and "fuzzy" in line for line in lines):
            continue
        parts: dict[str, str] = {}
        current = ""
        for line in lines:
            found = re.match(r'(?:(msgid|msgstr)\s+)?(".*")\s*$', line)
            if found:
                current = found[1] or current
                parts[current] = parts.get(current, "") + ast.literal_eval(found[2])
        if parts.get("msgid") and parts.get("msgstr"):
            entries[parts["msgid"]] = parts["msgstr"]
    return entries


@functools.cache
def _catalogue(code: str) -> tuple[dict[str, str], list[tuple[re.Pattern[str], str]]]:
    path = FOLDER / f"{code}.po"
    if not is_code(code) or not path.is_file():
        return {}, []
    entries = read_po(path.read_text(encoding="utf-8"))
    plain = {" ".join(text.split()): said for text, said in entries.items() if "{}" not in text}
    patterns = [(_pattern(text), said) for text, said in entries.items() if "{}" in text]
    # The text with most fixed letters first: it says most about what it fits.
    patterns.sort(key=lambda entry: -len(entry[0].pattern))
    return plain, patterns


def _pattern(text: str) -> re.Pattern[str]:
    first, *others = " ".join(text.split()).split("{}")
    made = re.escape(first)
    for before, part in pairwise([first, *others]):
        # What follows a full stop at once is a sentence that may be missing: "No `{}`.{} Check the spelling."
        made += ("(.*?)" if before.endswith(".") else "(.+?)") + re.escape(part)
    return re.compile(made)


def _filled(translation: str, values: Sequence[str]) -> str:
    """Values in their English order for `{}`; `{1}` is the first one, where a language needs another order."""
    inorder = iter(values)
    return re.sub(r"\{(\d*)\}", lambda at: values[int(at[1]) - 1] if at[1] else next(inorder), translation)
