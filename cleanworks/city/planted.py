"""The planted irregularities: one small function each, with its rate in the profile under ``planted.<name>``.

A function finds the rows that could carry the irregularity, draws some of them at the given rate, changes them, and
labels what it changed. It uses a random stream of its own, so a rate of 0 turns it off and changes no other draw. The
rest of the city makes honest look-alikes: single bids without a cause, payments two days late, winter stops, cards
forgotten at the gate. That is why a control that finds every planted case also accuses somebody wrongly.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from cleanworks.city import labour, procurement
from cleanworks.city.block import (
    DAY,
    NAT,
    Block,
    chosen,
    days,
    keep,
    numbered,
    rounded,
)
from cleanworks.draws import Draws, log
from cleanworks.errors import InputError

Plant = Callable[[Block, Draws, float], None]


@dataclass(frozen=True)
class Irregularity:
    """A kind of irregularity: when it is planted, which table's rows are labelled, and what its rate is a share of."""

    name: str
    stage: str
    table: str
    share_of: str
    plant: Plant

    @property
    def meaning(self) -> str:
        return " ".join((self.plant.__doc__ or "").split())


_KINDS: dict[str, Irregularity] = {}


def _irregularity(*, stage: str, table: str, share_of: str) -> Callable[[Plant], Plant]:
    def register(plant: Plant) -> Plant:
        _KINDS[plant.__name__] = Irregularity(plant.__name__, stage, table, share_of, plant)
        return plant

    return register


def kinds() -> pd.DataFrame:
    """Every kind: its name, the table whose rows are labelled, what its rate is a share of, and what it is."""
    return pd.DataFrame(
        [
            {"kind": k.name, "table": k.table, "share_of": k.share_of, "meaning": k.meaning}
            for k in _KINDS.values()
        ]
    )


def apply(stage: str, block: Block) -> None:
    """Plant every kind that belongs to this stage."""
    for kind in _KINDS.values():
        if kind.stage == stage:
            kind.plant(block, block.rng(f"planted {kind.name}"), rate(block, kind.name))


def rate(block: Block, name: str) -> float:
    value = block.profile[f"planted.{name}"]
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise InputError(
            f"'planted.{name}' is {value!r}.",
            where=f"profile {block.profile.code}",
            fix="A rate is a share between 0 and 1.",
        )
    return float(value)


def _clustered(rng: Draws, groups: np.ndarray, eligible: np.ndarray, rate: float) -> np.ndarray:
    """Like ``chosen``, but some groups are hit far more often than others: habits, not accidents."""
    if len(groups) == 0:
        return np.zeros(0, dtype=np.intp)
    habit = rng.gamma(0.4, 1 / 0.4, int(groups.max()) + 1)
    return np.flatnonzero(eligible & (rng.random(len(groups)) < np.minimum(rate * habit[groups], 0.9)))


# --- tenders and bids -------------------------------------------------------------------------------------------


@_irregularity(stage="tenders", table="tenders", share_of="open and selective tenders")
def short_tender_period(block: Block, rng: Draws, rate: float) -> None:
    """The tender is open for less than the minimum time, without urgency."""
    tenders = block["tenders"]
    usual = tenders["procurement_method_details"] != procurement.URGENT
    hit = chosen(rng, np.isin(tenders["procurement_method"], ["open", "selective"]) & usual, rate)
    # Where the law allows small works less time, short means shorter than that, whatever the size.
    least = min(
        block.profile["procurement.minimum_tender_days"],
        block.profile["procurement.small_minimum_tender_days"],
    )
    shortest = max(min(5, least - 3), least // 3)
    length = rng.integers(shortest, least - 2, len(tenders["tender_id"]))[hit]
    end = tenders["tender_start"][hit] + days(length)
    tenders["tender_end"][hit] = np.busday_offset(end, 0, roll="backward", busdaycal=block.calendar)
    opening = np.busday_offset(tenders["tender_end"][hit] + DAY, 0, roll="forward", busdaycal=block.calendar)
    tenders["bid_opening_date"][hit] = opening
    block.label("short_tender_period", "tenders", hit)


@_irregularity(
    stage="tenders", table="tenders", share_of="tenders up to two and a half times the direct-award threshold"
)
def threshold_hugging(block: Block, rng: Draws, rate: float) -> None:
    """The estimate is brought just below the threshold, and the contract is given without competition."""
    tenders = block["tenders"]
    threshold = block.profile["procurement.direct_award_threshold"]
    estimate = tenders["cost_estimate"]
    hit = chosen(
        rng, (estimate >= threshold) & (estimate < 2.5 * threshold) & ~block.is_labelled("tenders"), rate
    )
    below = rng.uniform(0.962, 0.998, len(estimate))[hit]
    tenders["cost_estimate"][hit] = rounded(threshold * below, block.profile["currency.round_to"])
    tenders["procurement_method"][hit] = "direct"
    tenders["procurement_method_details"][hit] = "Direct award"
    tenders["price_only"][hit] = False
    block["projects"]["budget_amount"][tenders["_project"][hit]] = rounded(
        tenders["cost_estimate"][hit] * 1.05, block.profile["currency.round_to"]
    )
    block.label("threshold_hugging", "tenders", hit)


@_irregularity(stage="bids", table="tenders", share_of="open and selective tenders with several bidders")
def single_bidder(block: Block, rng: Draws, rate: float) -> None:
    """Only one firm bids in a tender that several would have entered."""
    tenders, bids = block["tenders"], block["bids"]
    count = np.bincount(bids["_tender"], minlength=len(tenders["tender_id"]))
    competitive = np.isin(tenders["procurement_method"], ["open", "selective"]) & (count > 1)
    hit = chosen(rng, competitive & (tenders["bid_opening_date"] <= block.reference), rate)
    first = np.r_[True, bids["_tender"][1:] != bids["_tender"][:-1]]
    block["bids"] = keep(bids, first | ~np.isin(bids["_tender"], hit))
    block["bids"]["amount"][np.isin(block["bids"]["_tender"], hit)] = rounded(
        tenders["cost_estimate"][hit] * rng.uniform(0.975, 0.999, len(hit)),
        block.profile["currency.round_to"],
    )
    block.label("single_bidder", "tenders", hit)


@_irregularity(stage="bids", table="bids", share_of="tenders with three or more bids")
def identical_bids(block: Block, rng: Draws, rate: float) -> None:
    """Two firms offer exactly the same amount."""
    bids = block["bids"]
    rows = _rows_of_some_tenders(block, rng, rate, at_least=3)
    if len(rows) == 0:
        return
    second, third = rows + 1, rows + 2
    bids["amount"][third] = bids["amount"][second]
    bids["status"][second] = bids["status"][third] = "valid"
    block.label("identical_bids", "bids", third)


@_irregularity(stage="bids", table="bids", share_of="tenders decided by price alone, with three or more bids")
def lowest_bid_disqualified(block: Block, rng: Draws, rate: float) -> None:
    """The lowest bid is shut out and a dearer one wins."""
    bids = block["bids"]
    rows = _rows_of_some_tenders(block, rng, rate, at_least=3, price_only=True)
    valid = np.where(bids["status"] == "valid", bids["amount"], np.inf)
    lowest = np.array(
        [
            np.flatnonzero(bids["_tender"] == tender)[np.argmin(valid[bids["_tender"] == tender])]
            for tender in bids["_tender"][rows]
        ],
        dtype=np.intp,
    )
    left = np.array(
        [np.isfinite(valid[bids["_tender"] == tender]).sum() for tender in bids["_tender"][rows]],
        dtype=np.intp,
    )
    lowest = lowest[left > 1]
    is_lowest = np.array(
        [
            bids["amount"][row] == bids["amount"][bids["_tender"] == bids["_tender"][row]].min()
            for row in lowest
        ],
        dtype=bool,
    )
    lowest = lowest[is_lowest]
    bids["status"][lowest] = "disqualified"
    block.label("lowest_bid_disqualified", "bids", lowest)


def _rows_of_some_tenders(
    block: Block, rng: Draws, rate: float, *, at_least: int, price_only: bool = False
) -> np.ndarray:
    """First bid rows of some tenders that are opened, have enough bids and carry nothing else."""
    tenders, bids = block["tenders"], block["bids"]
    n = len(tenders["tender_id"])
    busy = np.zeros(n, dtype=bool)
    busy[bids["_tender"][block.is_labelled("bids")]] = True
    count = np.bincount(bids["_tender"], minlength=n)
    fit = (count >= at_least) & (tenders["bid_opening_date"] <= block.reference) & ~busy
    if price_only:
        fit &= tenders["price_only"]
    return np.searchsorted(bids["_tender"], chosen(rng, fit, rate))


# --- progress ---------------------------------------------------------------------------------------------------


@_irregularity(stage="pace", table="contracts", share_of="contracts of four months and more")
def delayed_project(block: Block, rng: Draws, rate: float) -> None:
    """The works fall behind and do not recover: a long stop, or a pace that is too slow throughout."""
    contracts, pace = block["contracts"], block.pace
    n, columns = pace.speed.shape
    months = contracts["_months"]
    delay, begin = rng.uniform(0.35, 1.0, n), rng.uniform(0.08, 0.6, n) * months
    stops, depth = rng.random(n) < 0.5, rng.uniform(0.0, 0.15, n)
    under_way = block.reference.astype("datetime64[M]") - contracts["period_start"].astype("datetime64[M]")
    hit = chosen(rng, (months >= 4) & (under_way.astype("int64") >= begin + 3), rate)
    since = np.arange(columns)[None, :] - np.floor(begin)[:, None]
    stopped = np.where((since >= 0) & (since < np.ceil(delay * months).clip(2)[:, None]), depth[:, None], 1.0)
    left = 1 - begin / months
    slowed = np.where(since >= 0, (left / (left + delay))[:, None], 1.0)
    pace.speed[hit] *= np.where(stops[:, None], stopped, slowed)[hit]
    pace.catches_up[hit] = 0.05
    block.label("delayed_project", "contracts", hit)


def _longest_run(mask: np.ndarray) -> np.ndarray:
    """Length of the longest run of True in each row."""
    longest = np.zeros(len(mask), dtype=np.intp)
    run = np.zeros(len(mask), dtype=np.intp)
    for column in mask.T:
        run = np.where(column, run + 1, 0)
        longest = np.maximum(longest, run)
    return longest


@_irregularity(stage="course", table="contracts", share_of="contracts with six months of reports and more")
def copied_reports(block: Block, rng: Draws, rate: float) -> None:
    """For months the reported progress is the planned one, to the decimal, while the works are elsewhere."""
    course = block.course
    n, columns = course.reported.shape
    begin = rng.integers(1, 4, n)
    column = np.arange(columns)[None, :]
    last = course.running.sum(axis=1)[:, None] - 1
    copied = (column >= begin[:, None]) & (column < last) & (course.planned > 0.5) & (course.planned < 97)
    differs = np.abs(course.planned - course.true) > 0.6
    fit = (_longest_run(copied & course.running) >= 5) & ((copied & differs).sum(axis=1) >= 3)
    hit = chosen(rng, fit & ~block.is_labelled("contracts"), rate)
    for row in hit:
        course.reported[row, copied[row]] = course.planned[row, copied[row]]
        stop = np.flatnonzero(copied[row])[-1]
        course.reported[row, stop:] = np.maximum.accumulate(course.reported[row, stop:])
    block.label("copied_reports", "contracts", hit)


@_irregularity(stage="course", table="contracts", share_of="contracts with a stretch of steady work")
def flat_progress(block: Block, rng: Draws, rate: float) -> None:
    """For three to six months the same figure is sent in again although work goes on."""
    course = block.course
    n, columns = course.reported.shape
    length = rng.integers(3, 7, n)
    column = np.arange(columns)[None, :]
    ahead = np.minimum(column + length[:, None], columns - 1)
    gain = np.take_along_axis(course.true, ahead, axis=1) - course.true
    last = course.running.sum(axis=1)[:, None] - 1
    fits = (course.true > 4) & (gain > 8) & (column + length[:, None] < last)
    preference = np.where(fits, rng.random((n, columns)), -1)
    begin = preference.argmax(axis=1)
    hit = chosen(rng, fits.any(axis=1) & ~block.is_labelled("contracts"), rate)
    for row in hit:
        course.reported[row, begin[row] : begin[row] + length[row] + 1] = course.reported[row, begin[row]]
    block.label("flat_progress", "contracts", hit)


@_irregularity(stage="progress", table="progress", share_of="monthly progress figures of running works")
def zero_not_entered(block: Block, rng: Draws, rate: float) -> None:
    """Nothing was entered, and the record shows 0 % for works that are under way."""
    table, course = block["progress"], block.course
    true = course.true[table["_contract"], table["_column"]]
    busy = block.is_labelled("contracts")[table["_contract"]]
    hit = _clustered(rng, table["_contract"], (true > 3) & (true < 100) & (table["actual"] > 0) & ~busy, rate)
    table["actual"][hit] = 0.0
    block.label("zero_not_entered", "progress", hit, _joined(table["contract_id"][hit], table["period"][hit]))


def _joined(*parts: np.ndarray) -> np.ndarray:
    return np.array(["/".join(str(p) for p in row) for row in zip(*parts, strict=True)], dtype=object)


@_irregularity(
    stage="modifications", table="modifications", share_of="contracts won below 92 % of the estimate"
)
def change_order_inflation(block: Block, rng: Draws, rate: float) -> None:
    """A low bid wins, and within three months the price is raised by an eighth or more."""
    contracts, changes = block["contracts"], block["modifications"]
    n = len(contracts["contract_id"])
    ran = (
        np.where(np.isnat(contracts["_completed"]), block.reference, contracts["_completed"])
        - contracts["period_start"]
    ).astype("int64")
    low = contracts["value_amount"] / contracts["_estimate"] < 0.92
    hit = chosen(rng, low & (ran > 75) & (contracts["_months"] >= 3), rate)
    rise, after = rng.uniform(0.125, 0.28, n)[hit], rng.integers(10, 60, n)[hit]
    vague = rng.random(n)[hit] < 0.4
    added = {
        "contract_id": contracts["contract_id"][hit],
        "date": contracts["period_start"][hit] + days(after),
        "type": np.full(len(hit), "value", dtype=object),
        "rationale": np.where(vague, np.array(None, dtype=object), "Additional works").astype(object),
        "official_id": contracts["official_id"][hit],
        "_project": contracts["_project"][hit],
        "_contract": hit,
        "_rise": rise,
        "_days": np.zeros(len(hit)),
        "_planted": np.ones(len(hit), dtype=bool),
        "old_period_end": contracts["period_end"][hit],
        "new_period_end": contracts["period_end"][hit],
        "old_value": np.zeros(len(hit)),
        "new_value": np.zeros(len(hit)),
        "modification_id": np.full(len(hit), "", dtype=object),
    }
    block["modifications"] = {name: np.concatenate([values, added[name]]) for name, values in changes.items()}


def label_change_orders(block: Block) -> None:
    """Label the planted changes of price, which have their numbers only once all changes are in order."""
    block.label("change_order_inflation", "modifications", np.flatnonzero(block["modifications"]["_planted"]))


@_irregularity(stage="reports", table="contracts", share_of="contracts with 25 daily reports and more")
def missing_reports(block: Block, rng: Draws, rate: float) -> None:
    """No daily report for two weeks and more while the site works."""
    reports = block["reports"]
    n = len(block["contracts"]["contract_id"])
    daily = np.flatnonzero(reports["report_type"] == "daily")
    count = np.bincount(reports["_contract"][daily], minlength=n)
    length, place = rng.integers(10, 23, n), rng.random(n)
    hit = chosen(rng, count >= 25, rate)
    gone = []
    for contract in hit:
        rows = daily[reports["_contract"][daily] == contract]
        begin = int(place[contract] * (len(rows) - length[contract] - 1)) + 1
        gone.append(rows[begin : begin + length[contract]])
    lost = np.zeros(len(reports["report_id"]), dtype=bool)
    if gone:
        lost[np.concatenate(gone)] = True
    block["reports"] = keep(reports, ~lost)
    block.label("missing_reports", "contracts", hit)


# --- subcontracts and money -------------------------------------------------------------------------------------


@_irregularity(
    stage="subcontracts", table="subcontracts", share_of="contracts with losing bidders and a subcontract"
)
def losing_bidder_subcontracted(block: Block, rng: Draws, rate: float) -> None:
    """A firm that lost the tender is given part of the work by the winner."""
    subs, n = block["subcontracts"], len(block["contracts"]["contract_id"])
    first = np.searchsorted(subs["_contract"], np.arange(n))
    has_sub = np.bincount(subs["_contract"], minlength=n) > 0
    ids, names = procurement.losing_bidders(block, rng)
    hit = chosen(rng, has_sub & (ids != ""), rate)
    rows = first[hit]
    subs["subcontractor_id"][rows], subs["subcontractor_name"][rows] = ids[hit], names[hit]
    block.label("losing_bidder_subcontracted", "subcontracts", rows)


@_irregularity(stage="subcontracts", table="subcontracts", share_of="first-tier subcontracts")
def resubcontracting(block: Block, rng: Draws, rate: float) -> None:
    """A subcontractor hands the work on: a second tier below the first."""
    subs, contracts = block["subcontracts"], block["contracts"]
    room = subs["date_signed"] + 40 * DAY <= block.reference
    hit = chosen(rng, room & ~block.is_labelled("subcontracts"), rate)
    if len(hit) == 0:
        return
    other = rng.permutation(len(subs["tier"]))[hit]
    step = block.profile["currency.round_to"]
    number = np.arange(len(hit)) + 1
    added = {name: values[hit].copy() for name, values in subs.items()}
    added["subcontract_id"] = numbered(
        "S", (contracts["_number"][subs["_contract"][hit]], 6), (50 + number % 50, 2)
    )
    added["parent_subcontract_id"] = subs["subcontract_id"][hit]
    added["tier"] = np.full(len(hit), 2.0)
    added["subcontractor_id"] = numbered("SF", (np.full(len(hit), block.market), 3), (900 + other % 100, 3))
    added["subcontractor_name"] = np.array(
        [f"{name.split()[0]}et Services" for name in subs["subcontractor_name"][other]], dtype=object
    )
    added["value_amount"] = rounded(subs["value_amount"][hit] * rng.uniform(0.55, 0.75, len(hit)), step)
    added["date_signed"] = subs["date_signed"][hit] + days(rng.integers(5, 35, len(hit)))
    added["_parent"] = hit
    merged = {name: np.concatenate([values, added[name]]) for name, values in subs.items()}
    # Sorting keeps first-tier rows in their order, so positions of parents are found again by id.
    order = np.lexsort((merged["tier"], merged["_contract"]))
    position = np.empty(len(order), dtype=np.intp)
    position[order] = np.arange(len(order))
    merged["_parent"] = np.where(merged["_parent"] >= 0, position[np.maximum(merged["_parent"], 0)], -1)
    block["subcontracts"] = keep(merged, order)
    block.label("resubcontracting", "subcontracts", np.flatnonzero(block["subcontracts"]["tier"] == 2))


@_irregularity(stage="before claims", table="contracts", share_of="contracts of five months and more")
def paid_ahead_of_work(block: Block, rng: Draws, rate: float) -> None:
    """Claims run ahead of the work by more than ten points, month after month, and are paid."""
    contracts, course = block["contracts"], block.course
    n = len(contracts["contract_id"])
    points = block.profile["reporting.paid_ahead_points"] + rng.uniform(8, 20, n)
    middle = (course.running & (course.true > 10) & (course.true < 65)).sum(axis=1)
    hit = chosen(rng, (contracts["_months"] >= 5) & (middle >= 4) & ~block.is_labelled("contracts"), rate)
    ahead = np.zeros(n)
    ahead[hit] = points[hit]
    contracts["_claims_ahead"] = ahead


def label_paid_ahead(block: Block) -> None:
    """Label the contracts of ``paid_ahead_of_work`` whose claims were paid early enough to be seen."""
    table, contracts, course = block["progress"], block["contracts"], block.course
    gap = table["paid"] - course.true[table["_contract"], table["_column"]]
    gap[table["actual"] == 0] = -100.0  # a month without an entry shows nothing
    widest = np.full(len(contracts["contract_id"]), -100.0)
    np.maximum.at(widest, table["_contract"], gap)
    ahead = (contracts["_claims_ahead"] > 0) & (widest > block.profile["reporting.paid_ahead_points"])
    block.label("paid_ahead_of_work", "contracts", np.flatnonzero(ahead))


@_irregularity(stage="claims", table="claims", share_of="claims for work done")
def prepaid(block: Block, rng: Draws, rate: float) -> None:
    """The client pays before anybody has inspected the work."""
    claims = block["claims"]
    n = len(claims["claim_id"])
    paid_after, inspected_after = rng.integers(0, 4, n), rng.integers(4, 20, n)
    hit = chosen(
        rng, (claims["kind"] != "advance") & (claims["date_claimed"] + 30 * DAY <= block.reference), rate
    )
    claims["date_paid"][hit] = block.next_workday(claims["date_claimed"][hit] + days(paid_after[hit]))
    claims["date_inspected"][hit] = block.next_workday(claims["date_paid"][hit] + days(inspected_after[hit]))
    block.label("prepaid", "claims", hit)


def _due(block: Block) -> np.ndarray:
    """Lines paid on by a contractor whose last day has passed."""
    lines = block["payments"]
    return (
        (lines["date_due"] < block.reference)
        & (lines["channel"] == "through_prime")
        & (lines["payee_type"] != "prime")
    )


@_irregularity(stage="payments", table="payments", share_of="first-tier subcontracts with a payment due")
def unpaid_subcontractor(block: Block, rng: Draws, rate: float) -> None:
    """From one claim on, a subcontractor receives nothing more."""
    lines = block["payments"]
    own = _due(block) & (lines["payee_type"] == "subcontractor")
    n = len(block["subcontracts"]["tier"])
    place = rng.random(n)
    hit = chosen(rng, np.bincount(lines["_sub"][own], minlength=n) > 0, rate)
    for sub in hit:
        rows = np.flatnonzero(own & (lines["_sub"] == sub))
        stopped = rows[int(place[sub] * len(rows)) :]
        lines["date_paid"][stopped] = NAT
        block.label("unpaid_subcontractor", "payments", stopped)


@_irregularity(stage="payments", table="payments", share_of="payments to subcontractors that have fallen due")
def late_subcontract_payment(block: Block, rng: Draws, rate: float) -> None:
    """The prime contractor holds the subcontractor's money back for weeks."""
    lines = block["payments"]
    n = len(lines["payment_id"])
    lag = np.maximum(np.round(rng.lognormal(log(26), 0.75, n)), 6)
    note = rng.random(n) < 0.15
    fit = _due(block) & (lines["payee_type"] == "subcontractor") & ~block.is_labelled("payments")
    hit = _clustered(rng, lines["_contract"], fit, rate)
    lines["date_paid"][hit] = block.known(block.next_workday(lines["date_due"][hit] + days(lag[hit])))
    lines["method"][hit[note[hit]]] = "note"
    block.label("late_subcontract_payment", "payments", hit)


@_irregularity(stage="payments", table="payments", share_of="payments to subcontractors that were made")
def split_mismatch(block: Block, rng: Draws, rate: float) -> None:
    """Less is paid than was registered."""
    lines = block["payments"]
    made = (
        ~np.isnat(lines["date_paid"])
        & (lines["payee_type"] == "subcontractor")
        & ~block.is_labelled("payments")
    )
    part = rng.uniform(0.55, 0.95, len(lines["payment_id"]))
    step = block.profile["currency.round_to"]
    hit = _clustered(rng, lines["_contract"], made & (lines["amount_registered"] > 50 * step), rate)
    lines["amount"][hit] = np.round(lines["amount_registered"][hit] * part[hit] / step) * step
    block.label("split_mismatch", "payments", hit)


@_irregularity(
    stage="payments", table="payments", share_of="payments for wages, equipment and materials that were made"
)
def diverted_money(block: Block, rng: Draws, rate: float) -> None:
    """Money registered for wages, equipment or materials ends up with the prime contractor."""
    lines = block["payments"]
    n, step = len(lines["payment_id"]), block.profile["currency.round_to"]
    kept = np.where(rng.random(n) < 0.3, 0.0, rng.uniform(0.08, 0.6, n))
    prime_line = np.full(len(block["claims"]["claim_id"]), -1)
    is_prime = np.flatnonzero((lines["payee_type"] == "prime") & ~np.isnat(lines["date_paid"]))
    prime_line[lines["_claim"][is_prime]] = is_prime
    made = ~np.isnat(lines["date_paid"]) & np.isin(lines["payee_type"], ["wages", "equipment", "materials"])
    fit = (
        made
        & (lines["channel"] == "through_prime")
        & (prime_line[lines["_claim"]] >= 0)
        & ~block.is_labelled("payments")
    )
    hit = _clustered(rng, lines["_contract"], fit & (lines["amount_registered"] > 20 * step), rate)
    left = np.floor(lines["amount_registered"][hit] * kept[hit] / step) * step
    np.add.at(lines["amount"], prime_line[lines["_claim"][hit]], lines["amount"][hit] - left)
    lines["amount"][hit] = left
    block.label("diverted_money", "payments", hit)


# --- people -----------------------------------------------------------------------------------------------------


@_irregularity(stage="workers", table="workers", share_of="workers on a roster")
def ghost_worker(block: Block, rng: Draws, rate: float) -> None:
    """A name on the payroll that never passes the gate."""
    roster, contracts = block["workers"], block["contracts"]
    hit = _clustered(
        rng,
        roster["_contract"],
        np.isnat(roster["date_end"]) | (roster["_last"] > block.reference - 40 * DAY),
        rate,
    )
    contract = roster["_contract"][hit]
    roster["_ghost"][hit] = True
    roster["_last"][hit] = np.where(
        np.isnat(contracts["_completed"][contract]), block.reference, contracts["_completed"][contract]
    )
    roster["date_end"][hit] = np.where(roster["_last"][hit] < block.reference, roster["_last"][hit], NAT)
    block.label("ghost_worker", "workers", hit)


@_irregularity(stage="workers", table="workers", share_of="sites with four workers and more")
def shared_account(block: Block, rng: Draws, rate: float) -> None:
    """The wages of three workers or more go to one bank account."""
    roster = block["workers"]
    n = len(block["contracts"]["contract_id"])
    count = np.bincount(roster["_contract"], minlength=n)
    group = rng.integers(3, 7, n)
    first = np.searchsorted(roster["_contract"], np.arange(n))
    for site in chosen(rng, count >= 4, rate):
        rows = first[site] + np.arange(min(group[site], count[site]))
        roster["account_id"][rows] = roster["account_id"][rows[0]]
        block.label("shared_account", "workers", rows)


@_irregularity(stage="attendance", table="attendance", share_of="workers with ten days on site and more")
def double_presence(block: Block, rng: Draws, rate: float) -> None:
    """One card works a full day on two sites at once."""
    table, normal = block["attendance"], float(block.profile["labour.hours_per_day"])
    n = len(block["workers"]["worker_id"])
    key = table["_worker"] * 100_000 + table["date"].astype("int64")
    _, where, count = np.unique(key, return_inverse=True, return_counts=True)
    once = (count[where] == 1) & (table["hours"] >= normal)
    number, preference = rng.integers(2, 7, n), rng.random(n)
    rows = []
    for worker in chosen(rng, np.bincount(table["_worker"][once], minlength=n) >= 10, rate):
        own = np.flatnonzero(once & (table["_worker"] == worker))
        begin = int(preference[worker] * (len(own) - number[worker]))
        rows.append(own[begin : begin + number[worker]])
    if rows:
        added = labour.add_second_site(block, rng, np.concatenate(rows), normal)
        table = block["attendance"]
        ids = _joined(table["worker_id"][added], table["contract_id"][added], table["date"][added])
        block.label("double_presence", "attendance", added, ids)


@_irregularity(stage="wages", table="wages", share_of="crews and months with a wage due")
def late_wages(block: Block, rng: Draws, rate: float) -> None:
    """A whole crew waits for its wage for weeks."""
    table = block["wages"]
    crew_month = table["_crew"] * 10_000 + table["month"].astype("datetime64[M]").astype("int64")
    groups, group = np.unique(crew_month, return_inverse=True)
    lag = rng.integers(10, 70, len(groups))
    due = np.zeros(len(groups), dtype=bool)
    np.logical_or.at(due, group, table["date_due"] < block.reference - 5 * DAY)
    hit = chosen(rng, due, rate)
    rows = np.flatnonzero(np.isin(group, hit))
    table["date_paid"][rows] = block.known(table["date_due"][rows] + days(lag[group[rows]]))
    table["amount_paid"][rows] = np.where(np.isnat(table["date_paid"][rows]), 0, table["amount_due"][rows])
    block.label("late_wages", "wages", rows)


@_irregularity(stage="retirement", table="retirement_days", share_of="monthly reports of six days and more")
def unreported_retirement_days(block: Block, rng: Draws, rate: float) -> None:
    """Far fewer days are reported for the retirement scheme than were worked."""
    table = block["retirement_days"]
    part = rng.uniform(0.1, 0.6, len(table["worker_id"]))
    hit = _clustered(rng, table["_project"], table["_true_days"] >= 6, rate)
    table["days_reported"][hit] = np.floor(table["_true_days"][hit] * part[hit])
    table["contribution"][hit] = table["days_reported"][hit] * block.profile["labour.retirement_daily_amount"]
    ids = _joined(table["worker_id"][hit], table["contract_id"][hit], table["month"][hit])
    block.label("unreported_retirement_days", "retirement_days", hit, ids)


# --- openness ---------------------------------------------------------------------------------------------------


@_irregularity(stage="openness", table="disclosures", share_of="items that are three months old and more")
def missing_disclosure(block: Block, rng: Draws, rate: float) -> None:
    """An item is never published."""
    items = block["disclosures"]
    hit = _clustered(rng, items["_project"], items["date_event"] <= block.reference - 90 * DAY, rate)
    items["date_published"][hit], items["automatic"][hit] = NAT, False
    block.label("missing_disclosure", "disclosures", hit)


@_irregularity(stage="openness", table="disclosures", share_of="items that are three months old and more")
def late_disclosure(block: Block, rng: Draws, rate: float) -> None:
    """An item is published when it no longer helps anybody: two months late and more."""
    items = block["disclosures"]
    old = (items["date_event"] <= block.reference - 90 * DAY) & ~block.is_labelled("disclosures")
    lag = np.round(rng.gamma(2, 60, len(items["_project"]))) + 62
    hit = _clustered(rng, items["_project"], old, rate)
    items["date_published"][hit] = np.minimum(items["date_event"][hit] + days(lag[hit]), block.reference)
    items["automatic"][hit] = False
    block.label("late_disclosure", "disclosures", hit)


@_irregularity(stage="openness", table="questions", share_of="questions that are 45 days old and more")
def unanswered_question(block: Block, rng: Draws, rate: float) -> None:
    """A citizen asks and nobody answers."""
    asked = block["questions"]
    hit = chosen(rng, asked["date_asked"] <= block.reference - 45 * DAY, rate)
    asked["date_answered"][hit] = NAT
    block.label("unanswered_question", "questions", hit)
