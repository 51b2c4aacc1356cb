"""Profiles: what a country changes, in one TOML file each.

A profile holds names, currency, legal periods, thresholds and rates. Every value says where it comes from: either
``source``, the key of an entry in the bibliography, or ``illustrative = true``, which means that no source stands
behind it and a trainer must look it up before using it for a real country. A country's file may begin with
``extends = "exampleland"``: what it does not say is taken from there, and is illustrative whatever it was there;
``money_scale = 40`` multiplies the amounts of money that it takes over.

>>> from cleanworks import profiles
>>> p = profiles.load("seoul")
>>> p["payment.prime_to_sub_days"]
15
>>> p.cite("payment.prime_to_sub_days")
'ccs-s96'
>>> p.money(1_234_000_000)
'KRW 1.23 bn'
"""

from __future__ import annotations

import difflib
import functools
import math
import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cleanworks.errors import InputError

DEFAULT = "seoul"
VARIABLE = "CLEANWORKS_PROFILE"
_HERE = Path(__file__).parent
MONEY = (
    "currency.round_to", "procurement.direct_award_threshold", "payment.guarantee_exempt_amount", "payment.defaulter_amount",
    "labour.retirement_daily_amount", "labour.retirement_daily_amount_2018", "labour.wage_fine", "labour.card_threshold",
    "labour.card_threshold_private", "labour.hr_threshold", "labour.daily_wage", "labour.minimum_hourly_wage",
    "reporting.long_mode_amount", "disclosure.video_threshold", "assessment.case_amount_unit", "city.contract_median",
)  # fmt: skip
"""Keys whose values are amounts of money."""
_LEAF_KEYS = {"value", "source", "illustrative", "note"}
_SOURCE = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")


@dataclass(frozen=True)
class Entry:
    """One value of a profile and what stands behind it."""

    value: Any
    source: str | None = None
    note: str | None = None

    @property
    def illustrative(self) -> bool:
        return self.source is None


@dataclass(frozen=True)
class Profile(Mapping):
    """The values of one country, read by dotted key: ``profile["payment.due_days"]``.

    ``code`` is the file's name without its ending; ``entries`` maps dotted keys to :class:`Entry`.
    """

    code: str
    entries: Mapping[str, Entry]
    path: Path | None = None

    def __getitem__(self, key: str) -> Any:
        return self._entry(key).value

    def __contains__(self, key: object) -> bool:
        return key in self.entries

    def get(self, key: str, default: Any = None) -> Any:
        return self.entries[key].value if key in self.entries else default

    def __iter__(self) -> Iterator[str]:
        return iter(self.entries)

    def __len__(self) -> int:
        return len(self.entries)

    def __hash__(self) -> int:
        return hash((self.code, self.path))

    def __repr__(self) -> str:
        return f"<Profile {self.code}: {len(self)} values, {len(self.illustrative())} illustrative>"

    def _entry(self, key: str) -> Entry:
        try:
            return self.entries[key]
        except KeyError:
            close = difflib.get_close_matches(key, self.entries, n=1)
            fix = f"Did you mean '{close[0]}'?" if close else "See the file for the keys it has."
            raise InputError(f"This profile has no value '{key}'.", where=self._file(), fix=fix) from None

    def _file(self) -> str:
        return str(self.path) if self.path and self.path.parent != _HERE else f"profile {self.code}"

    def section(self, name: str) -> dict[str, Any]:
        """The values under one heading, such as ``"planted"``, without the heading in their keys."""
        found = {k[len(name) + 1 :]: e.value for k, e in self.entries.items() if k.startswith(name + ".")}
        if not found:
            raise InputError(f"This profile has no section '{name}'.", where=self._file())
        return found

    def cite(self, key: str) -> str | None:
        """Key of the source in the bibliography, or None when the value is illustrative."""
        return self._entry(key).source

    def note(self, key: str) -> str | None:
        """What a reader must know about the value, if anything."""
        return self._entry(key).note

    def is_illustrative(self, key: str) -> bool:
        return self._entry(key).illustrative

    def illustrative(self) -> list[str]:
        """The keys that no source stands behind, in the order of the file."""
        return [key for key, entry in self.entries.items() if entry.illustrative]

    def name(self, key: str) -> str:
        """A name used in this country: ``name("payment_system")`` is ``self["names.payment_system"]``."""
        return self[f"names.{key}"]

    def money(self, amount: float, *, exact: bool = False) -> str:
        """An amount as text: three significant digits with m, bn or tn, or every digit if ``exact``."""
        code = self["currency.code"]
        if amount is None or not math.isfinite(amount):
            return "not known"
        sign, size = ("-" if amount < 0 else ""), abs(float(amount))
        if not exact:
            for unit, word in ((1e12, "tn"), (1e9, "bn"), (1e6, "m")):
                # 999.6 m would print as "1e+03 m"; the next unit is what a reader expects.
                if size >= unit * 0.9995:
                    return f"{sign}{code} {_three_digits(size / unit)} {word}"
        return f"{sign}{code} {size:,.0f}"

    def replace(self, changes: Mapping[str, Any]) -> Profile:
        """A copy with other values for some keys. A changed value is illustrative: nobody's source stands behind it."""
        for key in changes:
            self._entry(key)
        changed = {key: Entry(value, None, "Changed by hand.") for key, value in changes.items()}
        return Profile(self.code, {**self.entries, **changed}, self.path)


def _three_digits(number: float) -> str:
    decimals = max(0, 2 - math.floor(math.log10(number) + 1e-9))
    text = f"{number:.{decimals}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def available() -> list[str]:
    """Codes of the profiles that come with the package."""
    return sorted(path.stem for path in _HERE.glob("*.toml"))


def active() -> Profile:
    """The profile named by the environment variable CLEANWORKS_PROFILE, or Seoul's."""
    return load(os.environ.get(VARIABLE) or DEFAULT)


def load(code: str) -> Profile:
    """Read a profile.

    Parameters
    ----------
    code : str
        One of :func:`available`, or the path of a ``.toml`` file.

    Raises
    ------
    InputError
        The profile is unknown, is not valid TOML, or holds a value with neither source nor ``illustrative = true``.
    """
    code = str(code)
    path = Path(code) if code.endswith(".toml") else _HERE / f"{code}.toml"
    if not path.is_file() or (path.parent == _HERE and path.stem not in available()):
        close = difflib.get_close_matches(code, available(), n=1)
        hint = f"Did you mean '{close[0]}'? " if close else ""
        raise InputError(
            f"There is no profile '{code}'.",
            fix=f"{hint}Available: {', '.join(available())}; or give the path of a .toml file.",
        )
    return _read(path, path.stat().st_mtime_ns)


@functools.lru_cache(maxsize=16)
def _read(path: Path, _changed: int) -> Profile:
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise InputError("The profile is not UTF-8 text.", where=path.name, fix="Save it as UTF-8.") from None
    return parse(text, path.stem, path)


def parse(text: str, code: str, path: Path | None = None) -> Profile:
    """Read a profile from its text. ``path`` only serves for messages."""
    file = path.name if path else f"{code}.toml"
    try:
        tree = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"at line (\d+)", str(error))
        where = f"{file}, line {found[1]}" if found else file
        reason = re.sub(r"\s*\(at [^)]*\)", "", str(error))
        raise InputError(f"The profile is not valid TOML: {reason}.", where=where) from None
    entries = _inherited(tree, file, text)
    for key, leaf in _leaves(tree):
        problem = _problem(leaf)
        if problem:
            raise InputError(
                f"'{key}' {problem}.",
                where=f"{file}, line {_line_of(text, key)}",
                fix='Write {value = ..., source = "key-in-references"} or {value = ..., illustrative = true}.',
            )
        entries[key] = Entry(leaf["value"], leaf.get("source"), leaf.get("note"))
    return Profile(code, entries, path)


def _inherited(tree: dict[str, Any], file: str, text: str) -> dict[str, Entry]:
    """What the profile takes from the one that it extends; the two lines that say so are taken out of the tree."""
    base, scale = tree.pop("extends", None), tree.pop("money_scale", 1)
    if base is None:
        if scale != 1:
            raise InputError("'money_scale' stands alone.", where=file, fix="It multiplies what `extends` brings; name a profile there.")
        return {}
    if base not in available():
        raise InputError(
            f"It extends '{base}', and there is no such profile.", where=f"{file}, line {_line_of(text, 'extends')}", fix=f"Available: {', '.join(available())}."
        )
    if isinstance(scale, bool) or not isinstance(scale, int | float) or not (math.isfinite(scale) and scale > 0):
        raise InputError(f"'money_scale' is {scale!r}.", where=f"{file}, line {_line_of(text, 'money_scale')}", fix="Write a number above 0.")
    if re.search(r"^\s*extends\s*=", (_HERE / f"{base}.toml").read_text(encoding="utf-8"), flags=re.M):
        raise InputError(f"It extends '{base}', which itself extends another.", where=file, fix="Extend a complete profile, such as exampleland.")
    found = {}
    for key, entry in load(base).entries.items():
        value = entry.value * scale if key in MONEY else entry.value
        found[key] = Entry(int(value) if isinstance(value, float) and value.is_integer() else value, None, entry.note if entry.illustrative else None)
    return found


def missing(profile: Profile) -> list[str]:
    """Keys that the course reads and the profile does not have."""
    return [key for key in load("exampleland") if key not in profile]


def _leaves(tree: Mapping, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Pairs of dotted key and leaf. A table is a leaf as soon as it holds one of a leaf's keys."""
    for key, node in tree.items():
        name = f"{prefix}{key}"
        if isinstance(node, dict) and not (_LEAF_KEYS & node.keys()):
            yield from _leaves(node, f"{name}.")
        else:
            yield name, node


def _problem(leaf: Any) -> str | None:
    if not isinstance(leaf, dict):
        return "is a bare value and does not say where it comes from"
    if "value" not in leaf:
        return "has no value"
    unknown = sorted(leaf.keys() - _LEAF_KEYS)
    if unknown:
        return f"has an unknown field '{unknown[0]}'"
    if leaf.get("illustrative", True) is not True:
        return "says 'illustrative' with something other than true"
    if "source" in leaf and "illustrative" in leaf:
        return "says both that it has a source and that it is illustrative"
    if "source" not in leaf and "illustrative" not in leaf:
        return "has neither a source nor illustrative = true"
    if "source" in leaf and not (isinstance(leaf["source"], str) and _SOURCE.fullmatch(leaf["source"])):
        return 'has a source that is not a key of the bibliography, such as "ccs-s14"'
    return None


def _line_of(text: str, key: str) -> int | str:
    """The line where a dotted key is set, found by reading headings; good enough to point a finger."""
    section = ""
    for number, line in enumerate(text.splitlines(), start=1):
        heading = re.match(r"\s*\[([^\]]+)\]", line)
        if heading:
            section = heading[1].strip() + "."
            if section[:-1] == key:
                return number
        name = re.match(r"\s*([\w.\"'-]+)\s*=", line)
        if name and section + name[1].strip("\"'") == key:
            return number
    return "?"
