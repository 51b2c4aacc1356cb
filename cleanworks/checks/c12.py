"""Checks of the exercise set c12: open data of one's own country, here ten purchases of Paraguay."""

from __future__ import annotations

import functools

from cleanworks import data
from cleanworks.construction import flags
from cleanworks.learn import CheckSet, Outcome, compare, every, open_answer
from cleanworks.typed import Tables

check = CheckSet("c12")


@functools.cache
def _tables() -> Tables:
    return data.bring_in([data.example("paraguay-2017").file]).load()


@check.question("c12-e1", "usable")
def usable(usable: object) -> Outcome:
    tenders = _tables()["tenders"]
    estimate, start = tenders["cost_estimate"].notna(), tenders["tender_start"].notna()
    one = "This counts one of the two fields. Ask for both in the same row."
    return compare(
        usable,
        int((estimate & start).sum()),
        mistakes=[
            (int(estimate.sum()), one),
            (int(start.sum()), one),
            (
                int((estimate | start).sum()),
                "This counts rows that have either of them, or those that lack one. Both must be there: `&`.",
            ),
        ],
    )


@check.question("c12-e2", "awarded")
def awarded(awarded: object) -> Outcome:
    awards = _tables()["awards"]
    local = awards["currency"] == "PYG"
    once = awards.drop_duplicates("award_id")
    return compare(
        awarded,
        float(once.loc[once["currency"] == "PYG", "amount"].sum()),
        unit="PYG",
        mistakes=[
            (
                float(awards.loc[local, "amount"].sum()),
                "An award with several winners is counted several times. Keep one row of each award.",
            ),
            (
                float(once["amount"].sum()),
                "This adds dollars to guaraníes. Keep the rows whose currency is PYG.",
            ),
            (
                float(awards["amount"].sum()),
                "This adds dollars to guaraníes, and counts awards with several winners several times.",
            ),
        ],
    )


@check.question("c12-e3", "at_all", "one_percent")
def differences(at_all: object, one_percent: object) -> Outcome:
    tables = _tables()
    award = tables["awards"].groupby("tender_id")["amount"].first()
    signed = tables["contracts"].groupby("tender_id")["value_amount"].sum()
    difference = signed - award
    differs = int((difference != 0).sum())
    return every(
        compare(
            at_all,
            differs,
            name="`at_all`",
            unit="purchases",
            mistakes={
                int((difference > 0).sum()): "This looks in one direction only. Use the size of the difference: `.abs()`.",
                int((difference < 0).sum()): "This looks in one direction only. Use the size of the difference: `.abs()`.",
                int((difference == 0).sum()): "This counts the purchases in which both are equal.",
            },
        ),
        compare(
            one_percent,
            int((difference.abs() / award > 0.01).sum()),
            name="`one_percent`",
            unit="purchases",
            mistakes={
                differs: "That is any difference. Ask how large it is as a share of the award.",
            },
        ),
    )  # fmt: skip


@check.question("c12-e4", "bodies")
def bodies(bodies: object) -> Outcome:
    def answered(limit: int) -> int:
        found = flags.evaluate(_tables(), ["concentration"], flags.Settings(minimum_group=limit))
        return len(found)

    usual = flags.Settings().minimum_group
    return compare(
        bodies,
        answered(3),
        mistakes=[
            (answered(1), "This is the number with a limit of one contract."),
            (answered(usual), "This is the number with the usual limit. Set `minimum_group` to 3."),
            (3, "Three is the limit. Count the bodies that have an answer."),
        ],
    )


@check.question("c12-e5", "answer")
def answer(answer: object) -> Outcome:
    return open_answer(
        answer,
        [
            "says what the data hold, with a number or the names of fields",
            "says what cannot be concluded from them, and why",
            "says what you have asked the publisher for",
            "does not accuse: names no person and no body as suspicious",
        ],
    )
