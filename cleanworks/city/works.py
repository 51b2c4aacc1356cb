"""The works themselves: planned and actual progress, cost, changes of contract, and reports from the site.

Progress lives in matrices with one row per contract and one column per month since the contract's first month. Work
advances by a clock: 0 at the start, 1 when everything is built. The plan's clock runs evenly, the true one is slowed by
winters and stoppages and pushed by catching up. A Kumaraswamy distribution turns either clock into per cent, which
gives the S shape.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cleanworks.city.block import (
    DAY,
    NAT,
    Block,
    Rows,
    days,
    keep,
    month_end,
    month_number,
    numbered,
    running_number,
    window_start,
    working_calendar,
)
from cleanworks.draws import Draws, power

WEEKS_OF_REPORTS = 26
_REASONS = (
    "Ground conditions differ from the survey",
    "Utility lines to be moved",
    "Design corrected",
    "Weather",
    "Request of residents",
    "Price of materials",
    "Change of standard",
    "Quantities measured again",
)


@dataclass
class Pace:
    """How fast each contract moves: the state that irregularities of progress act upon before any table exists."""

    month: np.ndarray  # month of each column, per contract
    share: np.ndarray  # how much of the plan's clock a month adds at normal pace
    season: np.ndarray  # share of normal pace that weather allows
    speed: np.ndarray  # pace of the contract itself; 1 is normal
    catches_up: np.ndarray  # how strongly a contract that is behind speeds up
    planned_clock: np.ndarray
    shape: tuple[np.ndarray, np.ndarray]


@dataclass
class Course:
    """What happened and what was written down, in per cent by month; rows as in ``Pace``."""

    month: np.ndarray
    planned: np.ndarray
    true: np.ndarray
    reported: np.ndarray
    running: np.ndarray  # months from the start to the month of completion or of the reference date


def pace(block: Block) -> Pace:
    """Draw every contract's pace, before anything irregular is planted."""
    rng, contracts = block.rng("pace"), block["contracts"]
    n = len(contracts["contract_id"])
    start, end = contracts["period_start"], contracts["period_end"]
    first = start.astype("datetime64[M]")
    last = max(block.reference.astype("datetime64[M]"), end.max().astype("datetime64[M]"))
    columns = int((last - first.min()).astype("int64")) + 2
    month = first[:, None] + np.arange(columns).astype("timedelta64[M]")
    month_days = (
        np.minimum(month_end(month), np.datetime64("2200-01-01"))
        - np.maximum(month.astype("datetime64[D]"), start[:, None])
        + DAY
    ).astype(float)
    weather = np.array(block.profile["calendar.work_pace"])[month_number(month)]
    # A plan knows half of the season: it expects winter, but not all of it.
    planned_days = np.clip(
        (end[:, None] - np.maximum(month.astype("datetime64[D]"), start[:, None])).astype(float),
        0,
        month_days,
    )
    weight = planned_days * np.sqrt(weather)
    planned_clock = np.cumsum(weight, axis=1) / weight.sum(axis=1, keepdims=True)
    share = month_days / weight.sum(axis=1, keepdims=True)

    speed = rng.lognormal(-0.005, 0.07, (n, 1)) * rng.lognormal(0, 0.16, (n, columns))
    _slumps(rng, speed, contracts["_months"])
    late_start = rng.random(n) < 0.3
    speed[late_start, 0] *= 0.35
    return Pace(
        month,
        share,
        weather,
        speed,
        rng.uniform(0.9, 2.2, n),
        planned_clock,
        (rng.uniform(1.5, 2.6, (n, 1)), rng.uniform(1.5, 2.9, (n, 1))),
    )


def _slumps(rng: Draws, speed: np.ndarray, months: np.ndarray) -> None:
    """A quarter of the contracts slows down for two to four months and then works harder: delays that heal."""
    n, columns = speed.shape
    hit = rng.random(n) < 0.25
    begin = rng.uniform(0.1, 0.75, n) * months
    length, depth = rng.integers(2, 5, n), rng.uniform(0.0, 0.45, n)
    column = np.arange(columns)
    since = column[None, :] - np.floor(begin)[:, None]
    slow = np.where((since >= 0) & (since < length[:, None]), depth[:, None], 1.0)
    push = np.where((since >= length[:, None]) & (since < length[:, None] + 4), 1.25, 1.0)
    speed *= np.where(hit[:, None], slow * push, 1.0)


def course(block: Block) -> Course:
    """Let time pass: true progress by month and the day of completion."""
    contracts, drawn = block["contracts"], block.pace
    n, columns = drawn.speed.shape
    clock = np.zeros((n, columns))
    now = np.zeros(n)
    for k in range(columns):
        behind = drawn.planned_clock[:, k - 1] - now if k else np.zeros(n)
        push = 1 + drawn.catches_up * np.clip(behind, 0, 0.3)
        now = now + drawn.share[:, k] * drawn.season[:, k] * drawn.speed[:, k] * push
        clock[:, k] = now
    ends = month_end(drawn.month)
    done = clock >= 1
    at = np.argmax(done, axis=1)
    row = np.arange(n)
    before = np.where(at > 0, clock[row, at - 1], 0.0)
    part = (1 - before) / np.maximum(clock[row, at] - before, 1e-9)
    begin = np.maximum(drawn.month[row, at].astype("datetime64[D]"), contracts["period_start"])
    finish = begin + days(part * ((ends[row, at] - begin).astype(float)))
    contracts["_completed"] = np.where(done.any(axis=1) & (finish <= block.reference), finish, NAT)
    complete = ~np.isnat(contracts["_completed"])
    last = np.where(
        complete, at, (block.reference.astype("datetime64[M]") - drawn.month[:, 0]).astype(np.intp)
    )
    true, planned = _per_cent(clock, *drawn.shape), _per_cent(drawn.planned_clock, *drawn.shape)
    running = np.arange(columns)[None, :] <= last[:, None]
    contracts["_clock_end"] = np.where(running, clock, 0).max(axis=1)
    planned, true = planned.round(1), true.round(1)
    reported = _as_written(block, true)
    return Course(drawn.month, planned, true, reported, running)


def _per_cent(clock: np.ndarray, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Work done at each time of the clock: P. Kumaraswamy's distribution (1980), like a beta distribution in closed form."""
    inside = (clock > 0) & (clock < 1)
    done = 1 - power(1 - power(np.where(inside, clock, 0.5), a), b)
    return 100 * np.where(inside, done, clock >= 1)


def _as_written(block: Block, true: np.ndarray) -> np.ndarray:
    """Some sites write whole per cent, a few full fives: steps that are not irregular."""
    rng = block.rng("writing")
    habit = rng.random((len(true), 1))
    rough = np.where(habit < 0.03, np.floor(true / 5) * 5, np.where(habit < 0.15, np.round(true), true))
    return np.where(true >= 100, 100.0, rough)


def progress(block: Block) -> None:
    """The monthly table, all but ``paid``, which the claims fill in."""
    rng, contracts, happened = block.rng("cost"), block["contracts"], block.course
    n, columns = happened.true.shape
    elapsed = (month_end(happened.month) - contracts["period_start"][:, None]).astype(float)
    planned_days = (contracts["period_end"] - contracts["period_start"]).astype(float)[:, None]
    # Most cost follows the work; a tenth follows time, so that delay is dear.
    by_work = rng.lognormal(-0.13, 0.07, (n, 1)) * happened.true / 100 * rng.lognormal(0, 0.015, (n, columns))
    by_time = 0.10 * np.clip(elapsed / planned_days, 0, 2.5)
    cost = np.maximum.accumulate(contracts["value_amount"][:, None] * (by_work + by_time), axis=1)
    row, column = np.nonzero(happened.running)
    step = block.profile["currency.round_to"]
    block["progress"] = {
        "contract_id": contracts["contract_id"][row],
        "period": month_end(happened.month[row, column]),
        "planned": happened.planned[row, column],
        "actual": happened.reported[row, column],
        "paid": np.zeros(len(row)),
        "cost": np.round(cost[row, column] / step) * step,
        "_project": contracts["_project"][row],
        "_contract": row,
        "_column": column,
    }


def modifications(block: Block) -> None:
    """Changes of price, time and scope. Most are small, some come early, some carry no reason."""
    rng, contracts = block.rng("modifications"), block["contracts"]
    n = len(contracts["contract_id"])
    start, end = contracts["period_start"], contracts["period_end"]
    stop = np.where(np.isnat(contracts["_completed"]), block.reference, contracts["_completed"])
    length = (stop - start).astype(float)
    price = np.repeat(np.arange(n), rng.poisson(0.12 + 0.045 * np.minimum(length / 30, contracts["_months"])))
    scope = np.flatnonzero(rng.random(n) < 0.08)
    late = np.flatnonzero(_asks_for_time(rng, contracts, stop))
    contract = np.r_[price, scope, late]
    kind = np.repeat(
        np.array(["value", "scope", "duration"], dtype=object), [len(price), len(scope), len(late)]
    )
    when = start[contract] + days(length[contract] * rng.uniform(0.03, 0.97, len(contract)))
    near_end = end[late] - days(rng.uniform(5, 60, len(late)))
    when[len(price) + len(scope) :] = np.clip(near_end, start[late] + 5 * DAY, stop[late] - DAY)
    # Cuts are small: what interim claims have already brought in is never more than the final price.
    rise = np.where(kind == "value", rng.normal(0.018, 0.03, len(contract)).clip(-0.01, 0.12), 0.0)
    days_more = np.where(kind == "duration", _days_granted(rng, contracts, stop, contract), 0)
    reason = np.array(_REASONS, dtype=object)[rng.integers(0, len(_REASONS), len(contract))]
    reason[rng.random(len(contract)) < 0.12] = None
    mine = rng.random(len(contract)) < 0.85
    official = np.where(
        mine, contracts["official_id"][contract], rng.permutation(contracts["official_id"])[contract]
    )
    block["modifications"] = {
        "modification_id": np.full(len(contract), "", dtype=object),
        "contract_id": contracts["contract_id"][contract],
        "date": when,
        "type": kind,
        "rationale": reason,
        "old_value": np.zeros(len(contract)),
        "new_value": np.zeros(len(contract)),
        "old_period_end": end[contract],
        "new_period_end": end[contract],
        "official_id": official,
        "_project": contracts["_project"][contract],
        "_contract": contract,
        "_rise": rise,
        "_days": days_more,
        "_planted": np.zeros(len(contract), dtype=bool),
    }


def _asks_for_time(rng: Draws, contracts: Rows, stop: np.ndarray) -> np.ndarray:
    """Contracts that overran, or will, and were given more time."""
    over = (stop - contracts["period_end"]).astype("int64")
    return (over > -20) & (contracts["_clock_end"] < 1.02) & (over > 10) & (rng.random(len(over)) < 0.7)


def _days_granted(rng: Draws, contracts: Rows, stop: np.ndarray, contract: np.ndarray) -> np.ndarray:
    over = (stop - contracts["period_end"]).astype(float)[contract].clip(min=10)
    return np.round(over * rng.uniform(0.5, 1.1, len(contract))).clip(min=5)


def chain_modifications(block: Block) -> None:
    """Put the changes in order and carry price and end date from each to the next."""
    contracts, changes = block["contracts"], block["modifications"]
    order = np.lexsort((changes["date"], changes["_contract"]))
    changes = keep(changes, order)
    contract, step = changes["_contract"], block.profile["currency.round_to"]
    if len(contract):
        price = contracts["value_amount"][contract]
        added = np.round(price * changes["_rise"] / step) * step
        # A change of price that rounds to nothing still changes one step.
        added = np.where((changes["type"] == "value") & (added == 0), step, added)
        changes["new_value"] = price + _running_sum(added, contract)
        changes["old_value"] = changes["new_value"] - added
        more = _running_sum(changes["_days"], contract)
        changes["new_period_end"] = contracts["period_end"][contract] + days(more)
        changes["old_period_end"] = changes["new_period_end"] - days(changes["_days"])
    changes["modification_id"] = numbered(
        "M", (contracts["_number"][contract], 6), (running_number(contract) + 1, 2)
    )
    block["modifications"] = changes
    added_up = np.zeros(len(contracts["value_amount"]))
    np.add.at(added_up, contract, changes["new_value"] - changes["old_value"])
    contracts["_final_value"] = contracts["value_amount"] + added_up


def _running_sum(values: np.ndarray, groups: np.ndarray) -> np.ndarray:
    """Cumulative sum within each group of a sorted array of group numbers."""
    total = np.cumsum(values)
    first = np.flatnonzero(np.r_[True, groups[1:] != groups[:-1]])
    before = np.r_[0.0, total][first]
    return total - np.repeat(before, np.diff(np.r_[first, len(groups)]))


# --- reports ----------------------------------------------------------------------------------------------------


def reports(block: Block) -> None:
    """Daily, weekly and monthly reports of the contracts in long mode."""
    rng, contracts, table, happened = (
        block.rng("reports"),
        block["contracts"],
        block["progress"],
        block.course,
    )
    long_mode = np.flatnonzero(contracts["mode"] == "long")
    stop = np.where(np.isnat(contracts["_completed"]), block.reference, contracts["_completed"])
    daily = _daily_dates(block, rng, long_mode, stop)
    weekly = _weekly_dates(block, long_mode, stop)
    monthly_rows = np.isin(table["_contract"], long_mode)
    monthly = table["_contract"][monthly_rows], table["period"][monthly_rows]
    contract, date = (np.concatenate(parts) for parts in zip(daily, weekly, monthly, strict=True))
    sizes = [len(daily[0]), len(weekly[0]), len(monthly[0])]
    kind = np.repeat(np.array(["daily", "weekly", "monthly"], dtype=object), sizes)
    # A report that nobody wrote is simply not there.
    lost = rng.random(len(contract)) < np.where(kind == "daily", 0.02, 0.008)
    lost |= (kind == "daily") & _pauses(rng, contracts, contract, date, block)
    contract, date, kind = contract[~lost], date[~lost], kind[~lost]
    order = np.lexsort((date, kind, contract))
    contract, date, kind = contract[order], date[order], kind[order]
    submitted, checked, approved = _sign_offs(block, rng, kind, date)
    sent = submitted < (block.reference + DAY).astype("datetime64[s]")
    contract, date, kind = contract[sent], date[sent], kind[sent]
    crew = (
        _crew(block, rng, contracts)[contract]
        * np.array(block.profile["calendar.work_pace"])[month_number(date)]
    )
    block["reports"] = {
        "report_id": numbered("R", (contracts["_number"][contract], 6), (running_number(contract) + 1, 4)),
        "contract_id": contracts["contract_id"][contract],
        "report_type": kind,
        "date": date,
        "submitted_at": submitted[sent],
        "checked_at": checked[sent],
        "approved_at": approved[sent],
        "planned": _between_months(happened.planned, contracts, contract, date),
        "actual": _between_months(happened.reported, contracts, contract, date),
        "workers_on_site": rng.poisson(crew * np.where(kind == "daily", 1.0, 0.95)).astype(float),
        "_project": contracts["_project"][contract],
        "_contract": contract,
    }


def _daily_dates(
    block: Block, rng: Draws, long_mode: np.ndarray, stop: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Every working day in the window, and the first day of the weekend on the sites that work then."""
    begin = window_start(block.profile)
    every = np.arange(begin, block.reference + DAY)
    workday = np.is_busday(every, busdaycal=working_calendar(block.profile, "site_weekend"))
    weekday = (every.astype("datetime64[D]").astype("int64") + 3) % 7
    holiday = np.isin(every, np.array(block.profile["calendar.holidays"], "datetime64[D]"))
    half_free = (weekday == block.profile["calendar.site_weekend"][0]) & ~holiday
    contracts = block["contracts"]
    contracts["_saturdays"] = rng.random(len(stop)) < block.profile["calendar.saturday_work"]
    on = workday[None, :] | (half_free[None, :] & contracts["_saturdays"][long_mode][:, None])
    on &= (every[None, :] >= contracts["period_start"][long_mode][:, None]) & (
        every[None, :] <= stop[long_mode][:, None]
    )
    row, column = np.nonzero(on)
    return long_mode[row], every[column]


def _weekly_dates(block: Block, long_mode: np.ndarray, stop: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The last working day of each of the last weeks."""
    first_free = block.profile["calendar.site_weekend"][0]
    weekday = (int(block.reference.astype("int64")) + 3) % 7
    last = block.reference - (((weekday - first_free) % 7) + 1) * DAY
    every = last - np.arange(WEEKS_OF_REPORTS)[::-1].astype("timedelta64[D]") * 7
    contracts = block["contracts"]
    on = (every[None, :] >= contracts["period_start"][long_mode][:, None]) & (
        every[None, :] <= stop[long_mode][:, None]
    )
    row, column = np.nonzero(on)
    return long_mode[row], every[column]


def _pauses(rng: Draws, contracts: Rows, contract: np.ndarray, date: np.ndarray, block: Block) -> np.ndarray:
    """A few sites close for three or four days and say nothing: shorter than a gap worth asking about."""
    n = len(contracts["contract_id"])
    begin = window_start(block.profile) + rng.integers(0, 28 * block.profile["city.window_months"], n).astype(
        "timedelta64[D]"
    )
    closed = rng.random(n) < 0.15
    since = (date - begin[contract]).astype("int64")
    return closed[contract] & (since >= 0) & (since < 5)


def _sign_offs(
    block: Block, rng: Draws, kind: np.ndarray, date: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Times of handing in, checking and approving; empty after the reference date."""
    n = len(date)
    grace = np.where(
        kind == "monthly", rng.integers(1, 6, n), np.where(kind == "weekly", rng.integers(0, 3, n), 0)
    )
    late = np.where(rng.random(n) < 0.06, rng.geometric(0.4, n), 0)
    evening = np.clip(rng.normal(17.6, 0.9, n), 8, 23.5) * 3600
    submitted = (date + days(grace + late)).astype("datetime64[s]") + evening.astype("timedelta64[s]")
    checked = submitted + (rng.gamma(1.6, 11, n) * 3600).astype("timedelta64[s]")
    approved = checked + (rng.gamma(1.5, 18, n) * 3600).astype("timedelta64[s]")
    end = (block.reference + DAY).astype("datetime64[s]")
    empty = np.datetime64("NaT", "s")
    return submitted, np.where(checked < end, checked, empty), np.where(approved < end, approved, empty)


def _crew(block: Block, rng: Draws, contracts: Rows) -> np.ndarray:
    """Usual number of workers on a site, from what the site builds in a month."""
    monthly = contracts["value_amount"] / contracts["_months"]
    wages = 22 * block.profile["labour.daily_wage"]
    return np.clip(0.3 * monthly / wages, 2, 120) * rng.lognormal(0, 0.25, len(monthly))


def _between_months(
    matrix: np.ndarray, contracts: Rows, contract: np.ndarray, date: np.ndarray
) -> np.ndarray:
    """Progress on a day, on a straight line between the ends of months."""
    start = contracts["period_start"][contract]
    column = (date.astype("datetime64[M]") - start.astype("datetime64[M]")).astype(np.intp)
    end = month_end(date)
    begin = np.maximum(date.astype("datetime64[M]").astype("datetime64[D]"), start) - DAY
    part = (date - begin).astype(float) / np.maximum((end - begin).astype(float), 1)
    now = matrix[contract, column]
    before = np.where(column > 0, matrix[contract, np.maximum(column - 1, 0)], 0.0)
    value = before + (now - before) * part
    # On the way out of a month reported as 0, a straight line would fall: the site wrote 0 as well.
    return np.where(now < before, now, value).round(1)
