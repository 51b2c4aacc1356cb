"""How a rule of a profile is said: as a sentence for a lesson, and as a row of a table.

A rule that a country does not have, or has the other way round, is said as that; a rule that nobody looked up is said to be
the example's.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

from cleanworks.errors import InputError

if TYPE_CHECKING:
    from cleanworks.profiles import Profile

SENTENCES: dict[str, str] = {
    "procurement.minimum_tender_days": "A tender stays open for at least {}.",
    "procurement.small_minimum_tender_days": "A tender for small works stays open for at least {}.",
    "procurement.small_works_amount": "Works count as small up to {}.",
    "procurement.direct_award_threshold": "A contract may be given without an open tender below {}.",
    "procurement.open_threshold": "An open tender is required from {}.",
    "procurement.variation_ceiling": "Changes of contract may add up to {} of the first price.",
    "procurement.bid_security_share": "A bid is secured with {} of its price.",
    "payment.prime_to_sub_days": "A contractor passes money on to its subcontractors within {}.",
    "payment.client_days": "The client pays the contractor within {}.",
    "payment.late_interest_rate": "Late money carries {} interest a year.",
    "payment.interest_cap_construction": "Interest on late money is at most {} a year.",
    "payment.direct_payment_missed": "The client must pay a subcontractor directly when {} or more payments were missed.",
    "payment.direct_payment_missed_may": "The client may pay a subcontractor directly when {} or more payments were missed.",
    "payment.performance_guarantee_share": "The performance guarantee is {} of the contract price.",
    "payment.advance_share": "An advance is at most {} of the contract price.",
    "payment.retention_share": "{} of each progress payment is held back.",
    "payment.delay_damages_share": "Delay costs the contractor {} a day of the part that is not built.",
    "payment.delay_damages_cap": "Damages for delay end at {} of the price.",
    "subcontracting.allowed": "Subcontracting is {}.",
    "subcontracting.maximum_share": "At most {} of a contract may be subcontracted.",
    "subcontracting.naming_share": "Subcontractors with {} of a contract or more are named.",
    "subcontracting.penalty_share": "Subcontracting without permission costs at least {} of the work.",
    "labour.minimum_wage": "The minimum wage is {}.",
    "labour.wage_due_day": "Wages are due on day {} of the next month.",
    "labour.insurance_share": "Social insurance takes {} of the wage.",
    "labour.retirement_daily_amount": "A day of work brings {} to the worker's retirement account.",
    "disclosure.publish_days": "A contract is published within {}.",
    "disclosure.answer_days": "A request for information is answered within {}.",
}
"""A sentence for each rule that lessons speak of; `{}` stands for its value."""

_MONEY = frozenset(
    {
        "procurement.small_works_amount",
        "procurement.direct_award_threshold",
        "procurement.open_threshold",
        "labour.minimum_wage",
        "labour.retirement_daily_amount",
    }
)


def value(profile: Profile, key: str) -> str:
    """A value as people say it: days, a share in per cent, money, or a range."""
    entry = profile.entry(key)
    if entry.range and entry.range[0] != entry.range[1]:
        low, high = (one(profile, key, end) for end in entry.range)
        period = re.search(r" an? \w+$", low)
        return f"{low.removesuffix(period[0]) if period else low} to {high}"
    return one(profile, key, entry.value)


def one(profile: Profile, key: str, number: Any) -> str:
    """A number of this key as people say it."""
    if isinstance(number, list):
        return ", ".join(map(str, number))
    if isinstance(number, str | bool):
        return str(number)
    if key in _MONEY:
        period = profile.get("labour.minimum_wage_period") if key == "labour.minimum_wage" else None
        return profile.money(number) + (f" a {period}" if period else "")
    if key.endswith(("_share", "_rate", "_ceiling", "_cap", "_construction")):
        whole, _, part = f"{100 * number:.3f}".rstrip("0").rstrip(".").partition(".")
        return f"{profile.digits(whole, part)} %"
    if key.endswith("_days"):
        kind = {"working": "working ", "calendar": "calendar "}.get(profile.entry(key).days or "", "")
        return f"{number} {kind}day{'' if number == 1 else 's'}"
    return str(number)


def sentence(profile: Profile, key: str) -> str:
    """What holds in this country, in one or two sentences."""
    if key not in SENTENCES:
        raise InputError(
            f"No sentence was written for '{key}'.", fix=f"There are sentences for: {', '.join(SENTENCES)}."
        )
    entry = profile.entry(key)
    country = profile["names.country"]
    said = SENTENCES[key].format(value(profile, key))
    if entry.rule:
        opening = "the opposite holds" if entry.rule == "opposite" else "there is no such rule"
        return f"{country}: {opening}. {entry.says} The exercise works with an example: {_lowered(said)}"
    if entry.illustrative:
        return f"{country}: no source. The example says: {_lowered(said)}"
    return entry.says or said


@dataclass(frozen=True)
class Rules:
    """Sentences of one country with their sources, shown as a list in a page and as lines elsewhere."""

    rows: tuple[tuple[str, str], ...]

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return iter(self.rows)

    def __repr__(self) -> str:
        return "\n".join(
            textwrap.fill(f"- {said} [{source}]", 76, subsequent_indent="  ") for said, source in self.rows
        )

    def _repr_html_(self) -> str:
        listed = "".join(
            f"<li>{escape(said)} <small>[{escape(source)}]</small></li>" for said, source in self.rows
        )
        return f"<ul>{listed}</ul>"


def listed(profile: Profile, keys: Iterable[str]) -> Rules:
    """The rules as a list: what holds here, and the source or that there is none."""
    return Rules(tuple((sentence(profile, key), source(profile, key)) for key in keys))


def source(profile: Profile, key: str) -> str:
    """The source of a value with its date, or that it has none."""
    entry = profile.entry(key)
    if entry.illustrative:
        return "none: look it up"
    return f"{entry.source} ({entry.date})" if entry.date else str(entry.source)


def _lowered(text: str) -> str:
    return text[0].lower() + text[1:]
