"""Checks of the exercise set c4: planned against actual."""

from __future__ import annotations

import math
from decimal import Decimal
from numbers import Real
from typing import Any

import pandas as pd

from cleanworks import city, profiles
from cleanworks.construction import progress as evm
from cleanworks.construction.scoring import Score, score
from cleanworks.learn import CheckSet, NotYet, Outcome, compare, every, open_answer

check = CheckSet("c4")

# The contract of the first task and the plan of the third, as their prompts give them.
BRIDGE = {"budget": 2_400_000_000, "planned": 60, "actual": 48, "cost": 1_300_000_000}
PLAN = [5, 15, 30, 50, 70, 85, 95, 100]
DONE, MONTH = 60, 6


@check.question("c4-e1", "spi", "cpi", "eac")
def indices(spi: object, cpi: object, eac: object) -> Outcome:
    bridge = evm.EarnedValue(
        pv=evm.planned_value(BRIDGE["planned"], BRIDGE["budget"]),
        ev=evm.earned_value(BRIDGE["actual"], BRIDGE["budget"]),
        ac=BRIDGE["cost"],
        bac=BRIDGE["budget"],
    )
    return every(
        compare(
            spi,
            bridge.spi,
            name="`spi`",
            mistakes=[
                (1 / bridge.spi, "You divided planned by done. SPI asks what is done for each unit planned."),
                (
                    bridge.spi * 100,
                    "That is the ratio in per cent, as a public feed may show it. SPI is a plain ratio.",
                ),
                (bridge.sv, "That is the schedule variance, a difference in money. SPI is a ratio."),
            ],
        ),
        compare(
            cpi,
            bridge.cpi,
            name="`cpi`",
            mistakes=[
                (1 / bridge.cpi, "You divided cost by value. CPI asks what one unit of cost has bought."),
                (
                    bridge.pv / bridge.ac,
                    "You compared the cost with the work *planned*. The cost was caused by the work *done*.",
                ),
            ],
        ),
        compare(
            eac,
            bridge.eac,
            name="`eac`",
            unit=profiles.active()["currency.code"],
            mistakes=[
                (
                    bridge.bac * bridge.cpi,
                    "A CPI below 1 must make the estimate larger than the budget. Divide by it instead.",
                ),
                (
                    bridge.etc,
                    "That is what is still to be spent (ETC). EAC is the whole contract at its end.",
                ),
                (
                    bridge.bac - bridge.cv,
                    "This takes the overrun so far as the last one. EAC = BAC ÷ CPI lets it go on.",
                ),
            ],
        ),
    )


def _running_now(believed: bool = True) -> pd.DataFrame:
    """The last report of every running contract, with its schedule figures."""
    progress, contracts, projects = city.load("progress", "contracts", "projects")
    today = progress["period"].max()
    running = projects.loc[projects["status"] == "implementation", "project_id"]
    ids = contracts.loc[contracts["project_id"].isin(running), "contract_id"]
    schedule = evm.schedule_table(evm.zeros_as_missing(progress) if believed else progress, contracts)
    now = evm.status_at(schedule, today)
    return now[now["contract_id"].isin(ids)]


def _ids(answer: Any) -> Any:
    """The contracts of a table or a column; anything else as it is."""
    if isinstance(answer, pd.DataFrame):
        return set(answer["contract_id"]) if "contract_id" in answer else answer
    return set(answer) if isinstance(answer, pd.Series | list | tuple) else answer


@check.question("c4-e2", "ten_sites")
def visits(ten_sites: object) -> Outcome:
    if isinstance(ten_sites, pd.DataFrame) and "contract_id" not in ten_sites:
        return NotYet("Keep the column `contract_id` in `ten_sites`: the check reads it.")
    now = _running_now()
    with_zeros = _running_now(believed=False)
    given = _ids(ten_sites)
    if (
        given
        == set(with_zeros.nsmallest(10, "spi_t")["contract_id"])
        != set(now.nsmallest(10, "spi_t")["contract_id"])
    ):
        return NotYet(
            "Some of your sites show an actual progress of 0 although money has flowed. "
            "Nobody entered a value there; take such zeros out first."
        )
    return compare(
        given,
        set(now.nsmallest(10, "spi_t")["contract_id"]),
        name="`ten_sites`",
        mistakes=[
            (
                set(now.nsmallest(10, "spi")["contract_id"]),
                "These are the lowest SPI, work against planned work. The task asks for time: `spi_t`.",
            ),
            (
                set(now.nsmallest(10, "sv_t")["contract_id"]),
                "These are the most months late, which favours long contracts. The task asks for the index `spi_t`.",
            ),
            (
                set(now.nlargest(10, "spi_t")["contract_id"]),
                "These are the ten furthest *ahead*. Low values are late.",
            ),
        ],
    )


@check.question("c4-e3", "earned_months", "months_late")
def by_hand(earned_months: object, months_late: object) -> Outcome:
    right = evm.earned_schedule(PLAN, DONE)
    whole = math.floor(right)
    return every(
        compare(
            earned_months,
            right,
            name="`earned_months`",
            unit="months",
            mistakes=[
                (
                    whole,
                    "These are the whole months. A part of the next month is earned too: how large a part?",
                ),
                (
                    whole + 1,
                    "The plan of that month is higher than what is done, so not all of it is earned.",
                ),
                (
                    DONE / 100 * len(PLAN),
                    "You took a straight line through the plan. An S-curve does not rise evenly: look its months up.",
                ),
            ],
        ),
        compare(
            months_late,
            MONTH - right,
            name="`months_late`",
            unit="months",
            mistakes={
                right
                - MONTH: "That is SV(t), below 0 for a late contract. How many months *late* is a positive number."
            },
        ),
    )


def _rule(measure: str, below: float, months: int) -> tuple[Score, int]:
    """How a warning rule scores against the planted delays, and how many contracts it warns about."""
    progress, contracts, planted = city.load("progress", "contracts", "planted")
    schedule = evm.schedule_table(evm.zeros_as_missing(progress), contracts)
    warning = evm.early_warning(schedule, measure=measure, below=below, months=months)
    alarms = warning.loc[warning["warned"], "contract_id"]
    delayed = planted.loc[planted["kind"] == "delayed_project", "row_id"]
    return score(alarms, delayed, contracts["contract_id"]), len(alarms)


@check.question("c4-e4", "precision", "false_alarms")
def rule(precision: object, false_alarms: object) -> Outcome:
    right, _ = _rule("spi_t", 0.8, 3)
    other, _ = _rule("spi", 0.8, 3)
    shorter, _ = _rule("spi_t", 0.8, 2)
    return every(
        compare(
            precision,
            right.precision.value,
            name="`precision`",
            mistakes=[
                (
                    right.recall.value,
                    "That is recall: of all delays, how many were caught. Precision asks about the *warnings*.",
                ),
                (
                    right.false_alarm_rate.value,
                    "That is the false alarm rate. Precision is the share of the warnings that were right.",
                ),
                (
                    other.precision.value,
                    'This is the rule for SPI. The task asks for SPI(t): `measure="spi_t"`.',
                ),
                (shorter.precision.value, "This rule waits two months. The task says three: `months=3`."),
            ],
        ),
        compare(
            false_alarms,
            right.false_alarms,
            name="`false_alarms`",
            unit="contracts",
            mistakes={
                right.missed: "These are the delays that the rule missed. A false alarm is the other error.",
                right.true_alarms + right.false_alarms: "These are all warnings, right and wrong together.",
            },
        ),
    )


@check.question("c4-e5", "limit", "months", "memo")
def choice(limit: Any, months: Any, memo: object) -> Outcome:
    numbers = all(
        isinstance(value, Real | Decimal) and not isinstance(value, bool) for value in (limit, months)
    )
    limit, months = (float(limit), float(months)) if numbers else (limit, months)
    if not isinstance(limit, float) or not 0 < limit <= 1.5:
        return NotYet("`limit` should be a number, for example 0.75: warn when SPI(t) is below it.")
    if not isinstance(months, float) or not months.is_integer() or not 1 <= months <= 12:
        return NotYet("`months` should be a whole number from 1 to 12: how many month-ends in a row.")
    result, warned = _rule("spi_t", limit, int(months))
    capacity = len(city.load("contracts")) // 5
    if warned > capacity:
        return NotYet(
            f"Your rule warns about {warned} contracts, more than the {capacity} that you can follow up. "
            "Lower the limit, or ask for more months in a row."
        )
    if not result.true_alarms:
        return NotYet(
            "Your rule finds no delay at all. A warning that never comes needs no staff; raise the limit."
        )
    return open_answer(
        memo,
        [
            f"says how many planted delays the rule misses: {result.missed:,}",
            f"says how many false alarms it gives: {result.false_alarms:,}",
            "says what a warning leads to: a call, a visit, a question",
            "says that a warning is no proof, with an innocent reason",
            "does not call a firm bad",
        ],
        least_words=40,
        name="`memo`",
    )
