"""Workers, the card terminal at the gate, wages, and days reported for the retirement scheme."""

from __future__ import annotations

import numpy as np

from cleanworks.city.block import (
    DAY,
    NAT,
    Block,
    Rows,
    days,
    keep,
    month_end,
    numbered,
    running_number,
    window_start,
    working_calendar,
)
from cleanworks.draws import Draws
from cleanworks.profiles import Profile


def workers(block: Block) -> None:
    """The roster of every site that worked in the window, employed by the prime or by a subcontractor at work."""
    rng, contracts, subs, profile = (
        block.rng("workers"),
        block["contracts"],
        block["subcontracts"],
        block.profile,
    )
    begin = window_start(profile)
    stop = np.where(np.isnat(contracts["_completed"]), block.reference, contracts["_completed"])
    sites = np.flatnonzero(
        (contracts["value_amount"] >= profile["labour.card_threshold"]) & (stop > begin + 14 * DAY)
    )
    monthly = contracts["value_amount"][sites] / contracts["_months"][sites]
    crew = 0.3 * monthly / (22 * profile["labour.daily_wage"])
    count = np.minimum(3 + rng.poisson(np.clip(crew, 0, 60)), profile["city.roster_limit"])
    contract = np.repeat(sites, count)
    n = len(contract)
    sub = _employers(rng, subs, contract)
    by_sub = sub >= 0
    trade = np.where(
        by_sub, subs["trade"][np.maximum(sub, 0)] if len(subs["trade"]) else "general", "general"
    ).astype(object)
    skill = np.where(trade == "general", 0.82, 1.05)
    wage = rounded_wage(profile, profile["labour.daily_wage"] * skill * rng.lognormal(0, 0.16, n))
    whole = np.maximum(contracts["period_start"][contract], begin - 120 * DAY)
    start = np.maximum(whole, begin - 200 * DAY) + days(
        np.where(rng.random(n) < 0.75, 0, rng.uniform(0, 110, n))
    )
    start = np.minimum(start, stop[contract] - 10 * DAY)
    leaves = start + days(20 + rng.exponential(260, n))
    end = np.minimum(leaves, stop[contract])
    account = rng.permutation(np.arange(n))
    # Two of a family may share an account.
    paired = np.flatnonzero(rng.random(n) < 0.008)
    account[paired] = account[(paired + 1) % n] if n else account[paired]
    number = contracts["_number"][contract]
    rows = {
        "worker_id": numbered("W", (number, 6), (running_number(contract) + 1, 2)),
        "contract_id": contracts["contract_id"][contract],
        "subcontract_id": np.where(
            by_sub, subs["subcontract_id"][np.maximum(sub, 0)] if len(subs["trade"]) else None, None
        ),
        "employer_id": np.where(
            by_sub,
            subs["subcontractor_id"][np.maximum(sub, 0)] if len(subs["trade"]) else "",
            contracts["supplier_id"][contract],
        ),
        "trade": trade,
        "daily_wage": wage,
        "account_id": numbered("AC", (np.full(n, block.number), 4), (account, 5)),
        "date_start": start,
        "date_end": np.where(end < block.reference, end, NAT),
        "_project": contracts["_project"][contract],
        "_contract": contract,
        "_last": end,
        "_ghost": np.zeros(n, dtype=bool),
    }
    block["workers"] = keep(rows, end >= begin)


def rounded_wage(profile: Profile, amount: np.ndarray) -> np.ndarray:
    """Daily wages in round numbers: a two-hundredth of the middle wage."""
    step = max(1.0, round(profile["labour.daily_wage"] / 200))
    return np.round(amount / step) * step


def _employers(rng: Draws, subs: Rows, contract: np.ndarray) -> np.ndarray:
    """For each worker the row of a first-tier subcontract of the site, or -1 for the prime contractor."""
    low, high = (np.searchsorted(subs["_contract"], contract, side) for side in ("left", "right"))
    some = (high > low) & (rng.random(len(contract)) < 0.7)
    # A worker joins one of two subcontractors at work, so that crews are crews.
    choice = low + np.floor(rng.random(len(contract)) * np.minimum(high - low, 3)).astype(np.intp)
    choice = np.where(some, choice, -1)
    if len(subs["tier"]) == 0:
        return choice
    return np.where((choice >= 0) & (subs["tier"][np.maximum(choice, 0)] == 1), choice, -1)


def attendance(block: Block) -> None:
    """Days on site: five or six days a week, some absence, days lost to rain across the city."""
    rng, roster, contracts, profile = (
        block.rng("attendance"),
        block["workers"],
        block["contracts"],
        block.profile,
    )
    every = np.arange(window_start(profile), block.reference + DAY)
    workday = np.is_busday(every, busdaycal=working_calendar(profile, "site_weekend"))
    holiday = np.isin(every, np.array(profile["calendar.holidays"], "datetime64[D]"))
    weekday = (every.astype("int64") + 3) % 7
    half_free = (weekday == profile["calendar.site_weekend"][0]) & ~holiday
    rain = block.city_rng("rain").random(len(every)) < 0.08
    saturdays = contracts["_saturdays"][roster["_contract"]]
    n = len(roster["worker_id"])
    diligence = rng.beta(18, 2.2, n)
    chance = (
        diligence[:, None] * np.where(workday, 1.0, np.where(half_free, 0.8, 0.0)) * np.where(rain, 0.45, 1.0)
    )
    chance = np.where(half_free & ~saturdays[:, None], 0, chance)
    on_roster = (every >= roster["date_start"][:, None]) & (every <= roster["_last"][:, None])
    present = (rng.random((n, len(every))) < chance) & on_roster & ~roster["_ghost"][:, None]
    worker, day = np.nonzero(present)
    draw = rng.random(len(worker))
    normal = float(profile["labour.hours_per_day"])
    hours = np.select([draw < 0.05, draw < 0.08, draw > 0.92], [normal / 2, normal - 1, normal + 2], normal)
    block["attendance"] = {
        "worker_id": roster["worker_id"][worker],
        "contract_id": roster["contract_id"][worker],
        "date": every[day],
        "hours": hours,
        "_project": roster["_project"][worker],
        "_worker": worker,
        "_contract": roster["_contract"][worker],
    }
    _move_between_sites(block, rng)


def _move_between_sites(block: Block, rng: Draws) -> None:
    """A few workers spend the morning on one site and the afternoon on another: honest double entries."""
    rows, normal = block["attendance"], float(block.profile["labour.hours_per_day"])
    moved = np.flatnonzero(rng.random(len(rows["hours"])) < 0.0012)
    rows["hours"][moved] = normal / 2
    add_second_site(block, rng, moved, normal / 2)


def add_second_site(block: Block, rng: Draws, rows: np.ndarray, hours: float) -> np.ndarray:
    """Copy attendance rows to another site of the same block. Returns the positions of the new rows."""
    table, contracts, roster = block["attendance"], block["contracts"], block["workers"]
    sites = np.unique(roster["_contract"])
    if len(sites) < 2 or len(rows) == 0:
        return np.zeros(0, dtype=np.intp)
    other = sites[rng.integers(0, len(sites), len(rows))]
    same = other == table["_contract"][rows]
    other[same] = sites[(np.searchsorted(sites, other[same]) + 1) % len(sites)]
    added = {name: values[rows].copy() for name, values in table.items()}
    added["contract_id"], added["_contract"] = contracts["contract_id"][other], other
    added["_project"] = contracts["_project"][other]
    added["hours"] = np.full(len(rows), hours)
    first = len(table["hours"])
    block["attendance"] = {name: np.concatenate([table[name], added[name]]) for name in table}
    return np.arange(first, first + len(rows))


def wages(block: Block) -> None:
    """A wage a month: days paid follow days on site, with cards forgotten now and then."""
    rng, roster, profile = block.rng("wages"), block["workers"], block.profile
    days_on_site, months = _days_by_month(block)
    n = len(roster["worker_id"])
    employed = (roster["date_start"][:, None] <= month_end(months)) & (
        roster["_last"][:, None] >= months.astype("datetime64[D]")
    )
    forgotten = np.where(rng.random((n, len(months))) < 0.06, rng.integers(1, 3, (n, len(months))), 0)
    # A broken terminal or a card not issued yet loses most of a month.
    no_card = rng.random((n, len(months))) < 0.004
    forgotten = np.where(no_card, rng.integers(4, 9, (n, len(months))), forgotten)
    ghost_days = rng.integers(17, 24, (n, len(months)))
    paid_days = np.where(roster["_ghost"][:, None], ghost_days, np.minimum(days_on_site + forgotten, 27))
    worker, month = np.nonzero(employed & (paid_days > 0))
    count = paid_days[worker, month].astype(float)
    due = months[month].astype("datetime64[M]") + 1
    due = block.next_workday(due.astype("datetime64[D]") + (profile["labour.wage_due_day"] - 1) * DAY)
    # One transfer pays a crew: everybody with one employer on one site is paid on one day.
    crew = np.unique(
        roster["contract_id"].astype(str) + roster["employer_id"].astype(str), return_inverse=True
    )[1]
    lag = rng.choice(
        [-4, -3, -2, -1, 0, 0, 1, 2], (n, len(months)), p=[0.1, 0.15, 0.2, 0.25, 0.17, 0.1, 0.02, 0.01]
    )
    paid = block.next_workday(due + lag[crew[worker], month].astype("timedelta64[D]"))
    amount = count * roster["daily_wage"][worker]
    paid = block.known(paid)
    block["wages"] = {
        "wage_id": np.array(
            [
                f"WG{w[1:]}-{m}"
                for w, m in zip(
                    roster["worker_id"][worker], np.datetime_as_string(months[month]), strict=True
                )
            ],
            dtype=object,
        ),
        "worker_id": roster["worker_id"][worker],
        "contract_id": roster["contract_id"][worker],
        "month": month_end(months[month]),
        "days_paid": count,
        "amount_due": amount,
        "amount_paid": np.where(np.isnat(paid), 0.0, amount),
        "date_due": due,
        "date_paid": paid,
        "account_id": roster["account_id"][worker],
        "_project": roster["_project"][worker],
        "_worker": worker,
        "_contract": roster["_contract"][worker],
        "_crew": crew[worker],
    }


def _days_by_month(block: Block) -> tuple[np.ndarray, np.ndarray]:
    """Days on the worker's own site by month, and the months of the window."""
    table, roster = block["attendance"], block["workers"]
    first = window_start(block.profile).astype("datetime64[M]")
    months = first + np.arange(block.profile["city.window_months"]).astype("timedelta64[M]")
    counts = np.zeros((len(roster["worker_id"]), len(months)), dtype=np.intp)
    own = table["_contract"] == roster["_contract"][table["_worker"]]
    np.add.at(
        counts,
        (table["_worker"][own], (table["date"][own].astype("datetime64[M]") - first).astype(np.intp)),
        1,
    )
    return counts, months


def retirement_days(block: Block) -> None:
    """Days reported for each month by the middle of the next one."""
    rng, roster, profile = block.rng("retirement"), block["workers"], block.profile
    days_on_site, months = _days_by_month(block)
    worker, month = np.nonzero(days_on_site > 0)
    count = days_on_site[worker, month].astype(float)
    count = np.maximum(count - (rng.random(len(worker)) < 0.05), 1)
    reported = (months[month] + 1).astype("datetime64[D]") + rng.integers(2, 16, len(worker)).astype(
        "timedelta64[D]"
    )
    rows = {
        "worker_id": roster["worker_id"][worker],
        "contract_id": roster["contract_id"][worker],
        "month": month_end(months[month]),
        "days_reported": count,
        "date_reported": block.next_workday(reported),
        "contribution": count * profile["labour.retirement_daily_amount"],
        "_project": roster["_project"][worker],
        "_worker": worker,
        "_true_days": days_on_site[worker, month],
    }
    block["retirement_days"] = keep(rows, rows["date_reported"] <= block.reference)
