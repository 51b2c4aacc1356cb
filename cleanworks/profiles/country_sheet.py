"""What the book shows of the active profile: its facts, its rules, and what nobody has looked up yet."""

from __future__ import annotations

import re
from typing import Any

from cleanworks import profiles
from cleanworks.bars import Bars
from cleanworks.errors import InputError
from cleanworks.profiles import Profile, rule_sentences

Table = tuple[list[str], list[list[str]]]

RULES = {
    "construction": (
        "procurement.minimum_tender_days", "procurement.small_minimum_tender_days", "procurement.open_threshold", "procurement.variation_ceiling",
        "payment.client_days", "payment.prime_to_sub_days", "payment.late_interest_rate", "payment.direct_payment_missed",
        "payment.performance_guarantee_share", "subcontracting.allowed", "subcontracting.maximum_share",
        "labour.minimum_wage", "labour.wage_due_day", "disclosure.publish_days",
    ),
    "integrity": ("disclosure.answer_days",),
}  # fmt: skip
"""The rules that each part of the course opens with."""

LAWS = {
    "procurement": "Procurement law", "procurement_rules": "Its rules", "procurement_body": "Who watches procurement",
    "information": "Access to information", "data_protection": "Personal data", "anticorruption": "Against corruption",
}  # fmt: skip
_LAWS_OF = {
    "construction": ("procurement", "procurement_rules", "procurement_body"),
    "integrity": ("information", "data_protection", "anticorruption"),
}


def illustrative(course: object = None) -> Table:
    """The values that no source stands behind: (headings, rows). `course` is what every report of the book is given."""
    profile = profiles.active()
    rows = [
        [f"`{key}`", _shown(profile[key]), _cited(profile.note(key) or "")] for key in profile.illustrative()
    ]
    return ["value", "is", "what to know"], rows


def country(course: object = None) -> str:
    """Which country the edition is for, and how much of its rules is known."""
    one = profiles.active()
    name = one["names.country"]
    if not one.facts:
        return f"This edition is for {name}, an invented country: there are no facts about it, and no rule of it is law anywhere." if one.code == "exampleland" else (
            f"This edition is for {name}. No facts were entered for it yet: see {{doc}}`/book/adapting`."
        )  # fmt: skip
    return f"This edition is for {name}. Of its {len(one)} values {len(one.cited())} have a source; the others are made up so that the lessons work."


def facts(course: object, part: str) -> Table:
    """What was found about the country, for one part of the course."""
    found = [fact for fact in profiles.active().facts if fact.part == _part(part)]
    return ["what was found", "as of", "how sure"], [
        [f"{fact.text} {_cite(fact.source)}", fact.date, fact.trust] for fact in found
    ]


def chart(course: object, part: str) -> Bars | str:
    """The figure of one part, or a sentence that there is none."""
    found = [one for one in profiles.active().charts if one.part == _part(part)]
    if not found:
        return "There is no figure of published numbers for this country."
    one = found[0]
    return Bars(
        one.title, one.unit, one.bars, " ".join([f"Source: {_cite(one.source)}.", _cited(one.note)]).strip()
    )


def known_rules(course: object, part: str) -> Table:
    """The laws and rules of one part that have a source."""
    one = profiles.active()
    rows = [
        [f"{LAWS[key]}: {_law(one, f'law.{key}')}", _behind(one, f"law.{key}")]
        for key in _LAWS_OF[_part(part)]
        if one.cite(f"law.{key}")
    ]
    rows += [[one.rule(key), _behind(one, key)] for key in RULES[part] if one.cite(key)]
    return ["what holds", "what stands behind it"], rows or [
        ["No rule of this part has a source yet.", "nothing yet"]
    ]


def look_up(course: object = None) -> Table:
    """What a trainer must look up before using the edition: rules without a source, old ones, disputed ones, ranges."""
    one = profiles.active()
    keys = [*(f"law.{key}" for key in LAWS), *rule_sentences.SENTENCES]
    rows = [[_label(key), why] for key in keys for why in [_doubt(one, key)] if why]
    return ["what to look up", "why"], rows


def _doubt(profile: Profile, key: str) -> str:
    entry = profile.entry(key)
    if entry.illustrative:
        return "No source: the edition works with an invented value."
    if entry.rule:
        return f"{entry.says} The exercises compute with an example all the same. {_cite(entry.source)}"
    letters = entry.confidence or ""
    doubts = [
        word
        for letter, word in (
            ("S", "Known second hand only."),
            ("C", "Sources disagree."),
            ("O", "May be outdated."),
        )
        if letter in letters
    ]
    if entry.range and entry.range[0] != entry.range[1]:
        doubts.append(
            f"The law leaves a range; the edition takes {rule_sentences.one(profile, key, entry.value)}."
        )
    return f"{' '.join(doubts)} {_cite(entry.source)}" if doubts else ""


def _label(key: str) -> str:
    return (
        LAWS[key.partition(".")[2]]
        if key.startswith("law.")
        else rule_sentences.SENTENCES[key].replace("{}", "…").rstrip(".")
    )


def _law(profile: Profile, key: str) -> str:
    entry = profile.entry(key)
    return f"{entry.value}. {_cited(entry.note)}" if entry.note else str(entry.value)


def _behind(profile: Profile, key: str) -> str:
    entry = profile.entry(key)
    if entry.illustrative:
        return "nothing yet"
    trust = f", {profiles.facts.trust(entry.confidence)}" if entry.confidence else ""
    return f"{_cite(entry.source)}{f', {entry.date}' if entry.date else ''}{trust}"


def _part(part: str) -> str:
    if part not in RULES:
        raise InputError(f"No facts belong to '{part}'.", fix=f"Parts with facts: {', '.join(RULES)}.")
    return part


def _cite(source: str | None) -> str:
    return f"{{cite}}`{source}`"


def _cited(note: str) -> str:
    """Keys of sources in a note as citations."""
    return re.sub(r"\(?\b((?:ccs|acrc|cty)-s\d+[a-z]?)\b\)?", r"{cite}`\1`", note)


def _shown(value: Any) -> str:
    if isinstance(value, list):
        shown = ", ".join(str(part) for part in value[:3])
        return f"{shown}, ... ({len(value)} in all)" if len(value) > 3 else shown
    if isinstance(value, int | float) and not isinstance(value, bool):
        return f"{value:,}"
    return str(value)
