"""Profiles: what a country changes, in one TOML file each.

A profile holds names, currency, legal periods, thresholds and rates. Every value says where it comes from: either
``source``, the key of an entry in the bibliography, or ``illustrative = true``, which means that no source stands
behind it and a trainer must look it up before using it for a real country. Beside a source stand the ``date`` of the rule
and the ``confidence`` in it: V read in an official text, S secondary, C sources disagree, O possibly outdated.

A value can be more than a number: ``range = [0.02, 0.10]`` is what the law allows, and ``value`` what this edition works
with; ``rule = "none"`` says that the country has no such rule, ``rule = "opposite"`` that its rule says the opposite. Then
the source stands behind that statement, and the number is only what the exercises compute with.

A file may begin with ``extends = "exampleland"``: what it does not say is taken from there. Sources come along only within
one country, as when a city extends the profile of its country; another country, currency or ``money_scale`` (which
multiplies the amounts that are taken over) makes everything illustrative, whatever it was there.

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
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cleanworks import toml
from cleanworks.errors import InputError, without_secrets
from cleanworks.profiles import facts as country_facts
from cleanworks.profiles.facts import Chart, Fact
from cleanworks.texts import read_text

if TYPE_CHECKING:
    from cleanworks.profiles.rule_sentences import Rules

DEFAULT = "seoul"
VARIABLE = "CLEANWORKS_PROFILE"
_HERE = Path(__file__).parent
MONEY = (
    "currency.round_to", "procurement.direct_award_threshold", "procurement.open_threshold", "procurement.small_works_amount",
    "payment.guarantee_exempt_amount", "payment.defaulter_amount",
    "labour.retirement_daily_amount", "labour.retirement_daily_amount_2018", "labour.wage_fine", "labour.card_threshold",
    "labour.card_threshold_private", "labour.hr_threshold", "labour.daily_wage", "labour.minimum_hourly_wage",
    "labour.minimum_wage",
    "reporting.long_mode_amount", "disclosure.video_threshold", "assessment.case_amount_unit", "city.contract_median",
)  # fmt: skip
"""Keys whose values are amounts of money."""
_LEAF_MARKS = {"value", "source", "illustrative", "note"}
_LEAF_KEYS = _LEAF_MARKS | {"date", "confidence", "range", "rule", "days", "says"}
_SOURCE = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_CONFIDENCE = re.compile(r"[VSC]O?")
_DATE = re.compile(r"(before )?\d{4}(-\d{2}){0,2}")
RULES = ("none", "opposite")
_DEPTH = 4
"""So many files may stand on each other: an office's on its city's, on its country's, on exampleland."""


@dataclass(frozen=True)
class Entry:
    """One value of a profile and what stands behind it.

    ``rule`` is ``"none"`` where the country has no such rule and ``"opposite"`` where its rule says the opposite; ``range``
    is what the law allows; ``days`` is ``"working"`` or ``"calendar"`` where the value counts days of that kind; ``says`` is
    the rule in the country's own sentence, where the usual sentence would not do.

    Examples
    --------
    >>> profiles.Entry(15, source="ftsa-2024").illustrative
    False
    """

    value: Any
    source: str | None = None
    note: str | None = None
    date: str | None = None
    confidence: str | None = None
    range: tuple[float, float] | None = None
    rule: str | None = None
    days: str | None = None
    says: str | None = None

    @property
    def illustrative(self) -> bool:
        return self.source is None


@dataclass(frozen=True)
class Profile(Mapping[str, Any]):
    """The values of one country, read by dotted key: ``profile["payment.due_days"]``.

    ``code`` is the file's name without its ending; ``entries`` maps dotted keys to :class:`Entry`.

    Examples
    --------
    >>> p = profiles.load("seoul")
    >>> p["payment.prime_to_sub_days"]
    15
    >>> p.money(1_234_567_890)
    'KRW 1.23 bn'
    """

    code: str
    entries: Mapping[str, Entry]
    path: Path | None = None
    facts: tuple[Fact, ...] = ()
    charts: tuple[Chart, ...] = ()

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
            raise InputError(
                f"This profile has no section '{name}'.",
                where=self._file(),
                fix="Name a section of the file, such as names or currency.",
            )
        return found

    def entry(self, key: str) -> Entry:
        """The value with everything that is known about it."""
        return self._entry(key)

    def cite(self, key: str) -> str | None:
        """Key of the source in the bibliography, or None when the value is illustrative."""
        return self._entry(key).source

    def cited(self) -> list[str]:
        """The keys that a source stands behind, in the order of the file."""
        return [key for key, entry in self.entries.items() if not entry.illustrative]

    def calendar_days(self, key: str) -> int:
        """A period in calendar days: so many have always passed when a period of working days is over.

        Five working days from a Thursday end on the next Thursday: nobody is late after five calendar days.

        >>> profiles.load("ukraine")["disclosure.answer_days"], profiles.load("ukraine").calendar_days("disclosure.answer_days")
        (5, 7)
        """
        days = int(self[key])
        if self._entry(key).days != "working":
            return days
        free = set(self.get("calendar.weekend", [5, 6]))
        longest = 0
        for start in range(7):
            passed = worked = 0
            while worked < days:
                passed += 1
                worked += (start + passed) % 7 not in free
            longest = max(longest, passed)
        return longest

    def rule(self, key: str) -> str:
        """A value as a sentence about this country: the rule, its range, that there is none, or that nobody looked it up.

        >>> profiles.load("vietnam").rule("procurement.minimum_tender_days")
        'A tender stays open for at least 18 days.'
        """
        from cleanworks.profiles import rule_sentences

        return rule_sentences.sentence(self, key)

    def rules(self, *keys: str) -> Rules:
        """Rules of this country as a list: what holds, and the source or that there is none."""
        from cleanworks.profiles import rule_sentences

        return rule_sentences.listed(self, keys)

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
        name: str = self[f"names.{key}"]
        return name

    def money(self, amount: float, *, exact: bool = False) -> str:
        """An amount as text: three significant digits with m, bn or tn, or every digit if ``exact``.

        The marks and the number of decimals are the country's own.

        >>> profiles.load("jordan").money(1234.5, exact=True), profiles.load("vietnam").money(1_234_567, exact=True)
        ('JOD 1,234.500', 'VND 1.234.567')
        """
        code = self["currency.code"]
        if amount is None or not math.isfinite(amount):
            return "not known"
        sign, size = ("-" if amount < 0 else ""), abs(float(amount))
        if not exact:
            for unit, word in ((1e12, "tn"), (1e9, "bn"), (1e6, "m")):
                # 999.6 m would print as "1e+03 m"; the next unit is what a reader expects.
                if size >= unit * 0.9995:
                    return f"{sign}{code} {self.digits(*_three_digits(size / unit))} {word}"
        decimals = int(self.get("currency.decimals", 0))
        if not exact and (size >= 1000 or float(size).is_integer()):
            decimals = 0  # nobody says the cents of a large sum
        whole, _, part = f"{size:.{decimals}f}".partition(".")
        return f"{sign}{code} {self.digits(whole, part)}"

    def digits(self, whole: str, part: str = "") -> str:
        """The digits of a number with this country's marks: groups of three, or as `currency.grouping` has them."""
        sizes = list(self.get("currency.grouping", [3]))
        groups: list[str] = []
        while whole:
            size = sizes[min(len(groups), len(sizes) - 1)]
            groups.insert(0, whole[-size:])
            whole = whole[:-size]
        text = self.get("currency.group_mark", ",").join(groups)
        return f"{text}{self.get('currency.decimal_mark', '.')}{part}" if part else text

    def replace(self, changes: Mapping[str, Any]) -> Profile:
        """A copy with other values for some keys. A changed value is illustrative: nobody's source stands behind it."""
        for key in changes:
            self._entry(key)
        changed = {key: Entry(value, None, "Changed by hand.") for key, value in changes.items()}
        return Profile(self.code, {**self.entries, **changed}, self.path, self.facts, self.charts)


def _three_digits(number: float) -> tuple[str, str]:
    """Three significant digits: what stands before the decimal mark, and what after it."""
    decimals = max(0, 2 - math.floor(math.log10(number) + 1e-9))
    whole, _, part = f"{number:.{decimals}f}".partition(".")
    return whole, part.rstrip("0")


def available() -> list[str]:
    """Codes of the profiles that come with the package.

    Examples
    --------
    >>> "exampleland" in profiles.available()
    True
    """
    return sorted(path.stem for path in _HERE.glob("*.toml"))


def active() -> Profile:
    """The profile named by the environment variable CLEANWORKS_PROFILE, or Seoul's.

    Examples
    --------
    >>> profiles.active().code
    'seoul'
    """
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

    Examples
    --------
    >>> profiles.load("exampleland").code
    'exampleland'
    """
    code = str(code)
    path = Path(code) if code.endswith(".toml") else _HERE / f"{code}.toml"
    if not path.is_file() or (path.parent == _HERE and path.stem not in available()):
        close = nearest(code, available())
        hint = f"Did you mean '{close}'? " if close else ""
        raise InputError(
            f"There is no profile '{without_secrets(code)}'.",
            fix=f"{hint}Available: {', '.join(available())}; or give the path of a .toml file.",
        )
    return _read(path, tuple(one.stat().st_mtime_ns for one in _chain(path)))


_EXTENDS = re.compile(r"""^\s*extends\s*=\s*["'](.+?\.toml)["']""", flags=re.M)


def _chain(path: Path) -> list[Path]:
    """The file and the files beside it that it stands on, one on the other."""
    chain: list[Path] = []
    file = path.resolve()
    while file.is_file():
        if file in chain or len(chain) == _DEPTH:
            raise InputError(
                "The profile extends itself through others, or extends too long a chain of them.",
                where=str(path), fix="Extend a complete profile, such as exampleland, and write each file once.",
            )  # fmt: skip
        chain.append(file)
        named = _EXTENDS.search(file.read_text(encoding="utf-8-sig", errors="replace"))
        if named is None:
            break
        file = (file.parent / named[1]).resolve()
    return chain


@functools.lru_cache(maxsize=16)
def _read(path: Path, _changed: tuple[int, ...]) -> Profile:
    return parse(read_text(path, "The profile"), path.stem, path)


def parse(text: str, code: str, path: Path | None = None) -> Profile:
    """Read a profile from its text. ``path`` only serves for messages.

    Examples
    --------
    >>> text = "payment.client_days = {value = 7, illustrative = true}"
    >>> profiles.parse(text, "here")["payment.client_days"]
    7
    """
    file = path.name if path else f"{code}.toml"
    tree = toml.parse(text, "The profile", file)
    facts, charts = country_facts.taken(tree, file, text)
    base = _inherited(tree, file, text, path)
    entries = dict(base.entries)
    for key, leaf in _leaves(tree):
        problem = _problem(leaf)
        if problem:
            raise InputError(
                f"'{key}' {problem}.",
                where=f"{file}, line {line_of(text, key)}",
                fix='Write {value = ..., source = "key-in-references"} or {value = ..., illustrative = true}.',
            )
        spread = tuple(leaf["range"]) if "range" in leaf else None
        entries[key] = Entry(
            leaf["value"], leaf.get("source"), leaf.get("note"), leaf.get("date"), leaf.get("confidence"), spread, leaf.get("rule"), leaf.get("days"),
            leaf.get("says"),
        )  # fmt: skip
    return Profile(code, entries, path, facts or base.facts, charts or base.charts)


def _inherited(tree: dict[str, Any], file: str, text: str, path: Path | None) -> Profile:
    """What the profile takes from the one that it extends; the two lines that say so are taken out of the tree."""
    base, scale = tree.pop("extends", None), tree.pop("money_scale", 1)
    if base is None:
        if scale != 1:
            raise InputError(
                "'money_scale' is used without `extends`.",
                where=file,
                fix="It multiplies the amounts of the profile that `extends` names; name one.",
            )
        return Profile("", {})
    where = f"{file}, line {line_of(text, 'extends')}"
    if (
        isinstance(scale, bool)
        or not isinstance(scale, int | float)
        or not (math.isfinite(scale) and scale > 0)
    ):
        raise InputError(
            f"'money_scale' is {scale!r}.",
            where=f"{file}, line {line_of(text, 'money_scale')}",
            fix="Write a number above 0.",
        )
    below = _base(base, where, path)
    abroad = scale != 1 or any(
        key in tree.get(part, {}) for part, key in (("names", "country"), ("currency", "code"))
    )
    if not abroad:
        return below
    found = {}
    for key, entry in below.entries.items():
        value = entry.value * scale if key in MONEY else entry.value
        value = int(value) if isinstance(value, float) and value.is_integer() else value
        found[key] = Entry(value, None, entry.note if entry.illustrative else None, days=entry.days)
    return Profile("", found)


def _base(base: Any, where: str, path: Path | None) -> Profile:
    """The profile that another extends: one that ships, or a file beside it."""
    if isinstance(base, str) and base in available():
        return load(base)
    beside = path.parent / base if path and isinstance(base, str) and base.endswith(".toml") else None
    if beside is None or not beside.is_file():
        close = nearest(str(base), available())
        hint = f"Did you mean '{close}'? " if close else ""
        raise InputError(
            f"It extends '{base}', and there is no such profile.",
            where=where,
            fix=f"{hint}Available: {', '.join(available())}; or name a .toml file beside this one.",
        )
    return load(str(beside))


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The word that was probably meant."""
    return next(iter(difflib.get_close_matches(word, list(known), n=1, cutoff=0.7)), None)


def strangers(profile: Profile) -> list[str]:
    """Keys of a profile that nobody reads.

    Examples
    --------
    >>> profiles.strangers(profiles.load("seoul"))
    []
    """
    return [key for key in profile if key not in load("exampleland")]


def require_known(profile: Profile) -> None:
    """Refuse a profile with keys that nobody reads, with keys that are missing, or with values that cannot be used.

    Raises
    ------
    InputError
        Names the file, the line and the nearest right key.

    Examples
    --------
    >>> profiles.require_known(profiles.load("seoul"))
    """
    where = str(profile.path) if profile.path else f"profile {profile.code}"
    strange = strangers(profile)
    if strange:
        key, known = strange[0], list(load("exampleland"))
        section = [one for one in known if one.startswith(key.partition(".")[0] + ".")]
        close = nearest(key, section) or (None if section else nearest(key, known))
        fix = f"Did you mean '{close}'? " if close else ""
        fix += f"Keys there: {', '.join(section or sorted({one.partition('.')[0] for one in known}))}."
        line = line_of(read_text(profile.path, "The profile"), key) if profile.path else "?"
        raise InputError(
            f"'{key}' is not a name that a profile knows.", where=f"{where}, line {line}", fix=fix
        )
    lacking = missing(profile)
    if lacking:
        raise InputError(
            f"{len(lacking)} values are missing: {', '.join(lacking[:8])}{' ...' if len(lacking) > 8 else ''}.",
            where=where,
            fix='Add them, or begin the file with extends = "exampleland".',
        )


def missing(profile: Profile) -> list[str]:
    """Keys that the course reads and the profile does not have.

    Examples
    --------
    >>> profiles.missing(profiles.load("seoul"))
    []
    """
    return [key for key in load("exampleland") if key not in profile]


def _leaves(tree: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Pairs of dotted key and leaf. A table is a leaf as soon as it holds one of a leaf's marks."""
    for key, node in tree.items():
        name = f"{prefix}{key}"
        if isinstance(node, dict) and not (_LEAF_MARKS & node.keys()):
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
    return _problem_beside(leaf)


def _problem_beside(leaf: Mapping[str, Any]) -> str | None:
    """What is wrong with the fields beside the value and its source."""
    spread = leaf.get("range", [0, 0])
    numbers = (
        isinstance(spread, list)
        and len(spread) == 2
        and all(isinstance(one, int | float) and not isinstance(one, bool) for one in spread)
    )
    if not (numbers and spread[0] <= spread[1]):
        return "has a range that is not two numbers, the smaller first"
    if "range" in leaf and not spread[0] <= leaf["value"] <= spread[1]:
        return f"is {leaf['value']}, which lies outside its own range"
    if leaf.get("rule", "none") not in RULES:
        return 'has a rule that is neither "none" (no such rule) nor "opposite"'
    if "rule" in leaf and "source" not in leaf:
        return "says what the country's rule is not, and names no source"
    if "rule" in leaf and not leaf.get("says"):
        return "says what the country's rule is not, and `says` does not tell what holds instead"
    if leaf.get("days", "working") not in ("working", "calendar"):
        return 'counts days that are neither "working" nor "calendar"'
    if not (
        isinstance(leaf.get("confidence", "V"), str) and _CONFIDENCE.fullmatch(leaf.get("confidence", "V"))
    ):
        return "has a confidence that is not V, S or C, with O behind it where it may be outdated"
    if not (isinstance(leaf.get("date", "2026"), str) and _DATE.fullmatch(leaf.get("date", "2026"))):
        return 'has a date that is not "2026", "2026-02" or "2026-02-01"'
    return None


def line_of(text: str, key: str) -> int | str:
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
