"""Subcontracts, claims and the split register: who is owed what, and who was paid when."""

from __future__ import annotations

from typing import Any

import numpy as np

from cleanworks.city import firms, procurement
from cleanworks.city.block import (
    DAY,
    NAT,
    Block,
    Rows,
    days,
    keep,
    month_end,
    numbered,
    rounded,
    running_number,
)
from cleanworks.city.schemas import TRADES
from cleanworks.draws import Draws, log

_MACHINE_TRADES = ("earthworks", "paving", "drainage", "piping", "concrete", "scaffolding")
MOST_INTERIM = (
    92.0  # per cent of the price that interim claims may reach; the rest comes with the final claim
)
MOST_PASSED_ON = 0.85  # share of a claim that subcontractors can take at most


def subcontracts(block: Block) -> None:
    """First-tier subcontracts: more of them on larger works."""
    rng, contracts, pool = block.rng("subcontracts"), block["contracts"], firms.specialists(block)
    n = len(contracts["contract_id"])
    size = contracts["value_amount"] / block.profile["city.contract_median"]
    count = np.minimum(rng.poisson(0.5 + 1.35 * log(1 + 2 * size)), 10)
    contract = np.repeat(np.arange(n), count)
    place = running_number(contract)
    trades = np.array(TRADES.split(), dtype=object)
    trade = trades[np.argsort(rng.random((n, len(trades))), axis=1, kind="stable")[contract, place]]
    passed_on = rng.beta(4, 3.6, n)
    weight = rng.gamma(1.6, 1, len(contract))
    weight /= np.bincount(contract, weight, minlength=n)[contract]
    prime_amount = contracts["value_amount"][contract] * passed_on[contract] * weight
    rate = np.clip(0.99 - rng.gamma(2.6, 0.045, len(contract)), 0.55, 0.99)
    begin = rng.beta(1.1, 2.2, len(contract)) * 0.75
    length = rng.uniform(0.2, 0.7, len(contract))
    when = contracts["period_start"][contract] + days(begin * contracts["_months"][contract] * 30.4 * 0.8)
    step = block.profile["currency.round_to"]
    rows = {
        "subcontract_id": numbered("S", (contracts["_number"][contract], 6), (place + 1, 2)),
        "contract_id": contracts["contract_id"][contract],
        "parent_subcontract_id": np.full(len(contract), None, dtype=object),
        "tier": np.ones(len(contract)),
        "subcontractor_id": np.full(len(contract), "", dtype=object),
        "subcontractor_name": np.full(len(contract), "", dtype=object),
        "trade": trade,
        "value_amount": rounded(prime_amount * rate, step),
        "prime_amount": rounded(prime_amount, step),
        "date_signed": block.next_workday(when),
        "payment_guarantee": rng.random(len(contract)) < 0.88,
        "_project": contracts["_project"][contract],
        "_contract": contract,
        "_parent": np.full(len(contract), -1),
        "_from": 100 * begin,
        "_to": 100 * np.minimum(begin + length, 1.0),
    }
    for name in TRADES.split():
        of_trade, here = np.flatnonzero(pool.trade == name), np.flatnonzero(trade == name)
        odds = pool.weight[of_trade] / pool.weight[of_trade].sum()
        firm = rng.choice(of_trade, len(here), p=odds)
        rows["subcontractor_id"][here], rows["subcontractor_name"][here] = pool.ids[firm], pool.names[firm]
    # Now and then a firm that bid and lost is simply the specialist that everybody in the market works with.
    ids, losers = procurement.losing_bidders(block, rng)
    known = np.flatnonzero((rng.random(len(contract)) < 0.006) & (ids[contract] != ""))
    rows["subcontractor_id"][known], rows["subcontractor_name"][known] = (
        ids[contract[known]],
        losers[contract[known]],
    )
    stop = np.where(np.isnat(contracts["_completed"]), block.reference, contracts["_completed"])
    block["subcontracts"] = keep(rows, rows["date_signed"] <= stop[contract])


def claims(block: Block) -> None:
    """What the prime contractor claims: an advance here and there, every few months, and once at the end."""
    rng, contracts, happened = block.rng("claims"), block["contracts"], block.course
    n, columns = happened.true.shape
    price, size = contracts["value_amount"], contracts["value_amount"] / block.profile["city.contract_median"]
    long_mode = contracts["mode"] == "long"
    complete = ~np.isnat(contracts["_completed"])
    interval = np.where(size > 5, 1, np.where(long_mode, 2, 3))
    advance = np.where(
        (rng.random(n) < 0.35) & (contracts["_months"] > 4), rng.choice([0.1, 0.15, 0.2, 0.3], n), 0.0
    )
    ahead = contracts["_claims_ahead"][:, None]
    basis = np.minimum(happened.true + np.where(happened.true > 8, ahead, 0), MOST_INTERIM)

    months = np.arange(columns)[None, :]
    due = (
        happened.running
        & ((months + 1 + rng.integers(0, 3, n)[:, None]) % interval[:, None] == 0)
        & (basis > 3)
    )
    due &= ~(complete[:, None] & (happened.true >= 99.9))
    reached = np.maximum.accumulate(np.where(due, basis, 0), axis=1)
    before = np.c_[np.zeros(n), reached[:, :-1]]
    due &= reached - before > 1.5
    # Months that were too small to claim are taken up by the next claim.
    reached = np.maximum.accumulate(np.where(due, basis, 0), axis=1)
    before = np.c_[np.zeros(n), reached[:, :-1]]
    row, column = np.nonzero(due)
    interim = {
        "contract": row,
        "from": before[row, column],
        "to": reached[row, column],
        "date": month_end(happened.month[row, column])
        + rng.integers(1, 9, len(row)).astype("timedelta64[D]"),
        "amount": price[row] * (reached - before)[row, column] / 100 * (1 - advance[row]),
        "kind": np.full(len(row), "progress", dtype=object),
    }
    early = np.flatnonzero(advance > 0)
    first = {
        "contract": early,
        "from": np.zeros(len(early)),
        "to": np.zeros(len(early)),
        "date": contracts["date_signed"][early] + rng.integers(5, 25, len(early)).astype("timedelta64[D]"),
        "amount": price[early] * advance[early],
        "kind": np.full(len(early), "advance", dtype=object),
    }
    ended = np.flatnonzero(complete)
    last = {
        "contract": ended,
        "from": reached[ended].max(axis=1),
        "to": np.full(len(ended), 100.0),
        "date": contracts["_completed"][ended] + days(4 + rng.gamma(2, 6, len(ended))),
        "amount": np.full(len(ended), np.nan),
        "kind": np.full(len(ended), "final", dtype=object),
    }
    drawn = {name: np.concatenate([part[name] for part in (first, interim, last)]) for name in interim}
    order = np.lexsort((drawn["date"], drawn["from"], drawn["contract"]))
    drawn = keep(drawn, order)
    _pay_claims(block, rng, drawn, advance)


def _pay_claims(block: Block, rng: Draws, drawn: Rows, advance: np.ndarray) -> None:
    """Inspection and payment by the client, with lags skewed to the right and a slow January."""
    contracts, profile = block["contracts"], block.profile
    contract, step = drawn["contract"], profile["currency.round_to"]
    n = len(contract)
    amount = rounded(np.nan_to_num(drawn["amount"]), step)
    is_last = drawn["kind"] == "final"
    earlier = np.bincount(contract, np.where(is_last, 0, amount), minlength=len(contracts["_project"]))
    amount[is_last] = np.maximum((contracts["_final_value"] - earlier)[contract[is_last]], step)
    claimed = block.next_workday(drawn["date"])
    wait = np.round(rng.gamma(2.4, 1.7, n)) + 1
    wait = np.where(rng.random(n) < 0.02, profile["payment.inspection_days"] + rng.integers(1, 15, n), wait)
    wait = np.minimum(wait, np.where(rng.random(n) < 0.97, profile["payment.inspection_days"], 60))
    is_advance = drawn["kind"] == "advance"
    inspected = np.where(is_advance, NAT, block.next_workday(claimed + days(wait)))
    lag = np.round(rng.lognormal(log(0.55 * profile["payment.client_days"] + 0.4), 0.55, n))
    lag += np.where(rng.random(n) < 0.03, rng.gamma(1.5, 9, n), 0)
    ready = np.where(is_advance, claimed + 3 * DAY, inspected)
    # Budgets open late in January.
    new_year = (ready.astype("datetime64[M]").astype("int64") % 12) == 0
    paid = block.next_workday(ready + days(lag + np.where(new_year, rng.integers(0, 12, n), 0)))
    number = running_number(contract) + (advance[contract] == 0)
    rows = {
        "claim_id": numbered("CL", (contracts["_number"][contract], 6), (number, 2)),
        "contract_id": contracts["contract_id"][contract],
        "number": number.astype(float),
        "kind": drawn["kind"],
        "date_claimed": claimed,
        "date_inspected": inspected,
        "amount": amount,
        "date_paid": paid,
        "_project": contracts["_project"][contract],
        "_contract": contract,
        "_from": drawn["from"],
        "_to": drawn["to"],
        "_advance": np.where(is_advance, advance[contract], 0.0),
    }
    block["claims"] = keep(rows, claimed <= block.reference)


def settle_claims(block: Block) -> None:
    """Empty what lies after the reference date, and write the paid share into the progress table."""
    rows, contracts, table = block["claims"], block["contracts"], block["progress"]
    rows["date_inspected"] = block.known(rows["date_inspected"])
    rows["date_paid"] = block.known(rows["date_paid"])
    paid = np.flatnonzero(~np.isnat(rows["date_paid"]))
    contract = rows["_contract"][paid]
    first = contracts["period_start"].astype("datetime64[M]")
    column = np.maximum(
        (rows["date_paid"][paid].astype("datetime64[M]") - first[contract]).astype(np.intp), 0
    )
    matrix = np.zeros((len(first), max(int(table["_column"].max(initial=0)), int(column.max(initial=0))) + 1))
    np.add.at(matrix, (contract, column), rows["amount"][paid] / contracts["value_amount"][contract] * 100)
    table["paid"] = np.cumsum(matrix, axis=1)[table["_contract"], table["_column"]].round(2)


def payments(block: Block) -> None:
    """One line per payee of each paid claim. Registered amounts of tiers 0 and 1 add up to the claim."""
    rng, claims_, subs = block.rng("payments"), block["claims"], block["subcontracts"]
    paid = np.flatnonzero(~np.isnat(claims_["date_paid"]))
    claim, sub, gross = _earned_by_subcontractors(block, paid)
    to_subs = np.bincount(claim, gross, minlength=len(claims_["amount"]))
    lines = [
        *_lines_of_primes(block, rng, paid, to_subs),
        *_lines_of_subcontractors(block, rng, claim, sub, gross),
    ]
    contracts = block["contracts"]
    contracts["_direct"] = rng.random(len(contracts["contract_id"])) < 0.10
    merged = {name: np.concatenate([line[name] for line in lines]) for name in lines[0]}
    merged = keep(merged, np.lexsort((merged["line"], merged["sub"], merged["claim"])))
    merged = keep(merged, merged["registered"] > 0)
    _pay_lines(block, rng, merged, subs)


def _earned_by_subcontractors(block: Block, paid: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Pairs of claim and subcontract with the amount that the subcontract earned in that claim."""
    claims_, subs = block["claims"], block["subcontracts"]
    first_tier = np.flatnonzero(subs["tier"] == 1)
    # Every claim meets every subcontract of its contract: both lists are sorted by contract.
    by_contract = subs["_contract"][first_tier]
    low, high = (np.searchsorted(by_contract, claims_["_contract"][paid], side) for side in ("left", "right"))
    claim = np.repeat(paid, high - low)
    sub = first_tier[np.repeat(low, high - low) + running_number(np.repeat(np.arange(len(paid)), high - low))]
    signed_before = subs["date_signed"][sub] <= claims_["date_paid"][claim]
    claim, sub = claim[signed_before], sub[signed_before]
    span = np.maximum(subs["_to"][sub] - subs["_from"][sub], 1)

    def done(per_cent: np.ndarray) -> np.ndarray:
        return np.clip((per_cent - subs["_from"][sub]) / span, 0, 1)

    got_advance = np.zeros(len(subs["tier"]))
    is_advance = claims_["_advance"][claim] > 0
    got_advance[sub[is_advance]] = claims_["_advance"][claim[is_advance]]
    part = (done(claims_["_to"][claim]) - done(claims_["_from"][claim])) * (1 - got_advance[sub])
    part = np.where(is_advance, claims_["_advance"][claim], part)
    gross = subs["value_amount"][sub] * part
    # No claim passes on more than it brings.
    total = np.bincount(claim, gross, minlength=len(claims_["amount"]))
    limit = MOST_PASSED_ON * claims_["amount"]
    gross *= np.minimum(1, limit / np.maximum(total, 1e-9))[claim]
    step = block.profile["currency.round_to"]
    gross = np.floor(gross / step) * step
    some = gross > 0
    return claim[some], sub[some], gross[some]


def _line(
    claim: np.ndarray, sub: np.ndarray, tier: int, kind: str, registered: np.ndarray, line: int
) -> Rows:
    n = len(claim)
    return {
        "claim": claim,
        "sub": sub,
        "tier": np.full(n, tier),
        "kind": np.full(n, kind, dtype=object),
        "registered": registered,
        "line": np.full(n, line),
    }


def _lines_of_primes(block: Block, rng: Draws, paid: np.ndarray, to_subs: np.ndarray) -> list[Rows]:
    """The prime contractor's own share, and its wages, machines and materials."""
    amount = block["claims"]["amount"][paid] - to_subs[paid]
    nobody, step = np.full(len(paid), -1), block.profile["currency.round_to"]
    shares = rng.dirichlet([6.0, 2.5, 1.5, 2.5], len(paid))
    parts = [np.floor(amount * shares[:, k] / step) * step for k in (1, 2, 3)]
    own = amount - sum(parts)
    return [
        _line(paid, nobody, 0, "prime", own, 0),
        _line(paid, nobody, 0, "wages", parts[0], 1),
        _line(paid, nobody, 0, "equipment", parts[1], 2),
        _line(paid, nobody, 0, "materials", parts[2], 3),
    ]


def _lines_of_subcontractors(
    block: Block, rng: Draws, claim: np.ndarray, sub: np.ndarray, gross: np.ndarray
) -> list[Rows]:
    """A subcontractor's own share, its wages, and now and then a machine or a delivery."""
    step = block.profile["currency.round_to"]
    machines = np.isin(block["subcontracts"]["trade"][sub], _MACHINE_TRADES)
    has_third = rng.random(len(claim)) < 0.35
    wages = np.floor(gross * rng.beta(12, 28, len(claim)) / step) * step
    third = np.floor(gross * rng.beta(8, 32, len(claim)) * has_third / step) * step
    own = gross - wages - third
    parts = [_line(claim, sub, 1, "subcontractor", own, 0), _line(claim, sub, 1, "wages", wages, 1)]
    for kind, mask in (("equipment", machines), ("materials", ~machines)):
        parts.append(_line(claim[mask], sub[mask], 1, kind, third[mask], 2))
    return parts


def _pay_lines(block: Block, rng: Draws, lines: Rows, subs: Rows) -> None:
    """Give every line its parties, its due date and the day it was paid."""
    claims_, contracts, profile = block["claims"], block["contracts"], block.profile
    claim, sub, kind = lines["claim"], lines["sub"], lines["kind"]
    n, contract = len(claim), claims_["_contract"][claim]
    received = claims_["date_paid"][claim]
    prime, owner = contracts["supplier_id"][contract], _owner(contracts, contract)
    is_prime, is_sub = kind == "prime", sub >= 0
    direct = contracts["_direct"][contract] & is_sub
    employer = np.where(
        is_sub, subs["subcontractor_id"][np.maximum(sub, 0)] if len(subs["tier"]) else prime, prime
    )
    payee = np.select(
        [is_prime | (kind == "subcontractor"), kind == "wages"],
        [employer, np.array([f"W-{firm}" for firm in employer], dtype=object)],
        _suppliers(block, rng, kind),
    )
    limit = np.where(
        claims_["_advance"][claim] > 0, profile["payment.advance_days"], profile["payment.prime_to_sub_days"]
    )
    ready = np.where(
        np.isnat(claims_["date_inspected"][claim]),
        claims_["date_claimed"][claim],
        claims_["date_inspected"][claim],
    )
    due = np.where(
        is_prime,
        ready + days(np.array(float(profile["payment.client_days"]))),
        received + days(limit.astype(float)),
    )
    lag = _honest_lag(rng, kind, limit, direct)
    paid = np.where(is_prime, received, block.next_workday(received + days(lag)))
    corrected = (rng.random(n) < 0.025) & is_sub & (kind == "subcontractor")
    step = profile["currency.round_to"]
    less = (
        np.ceil(
            lines["registered"] * rng.uniform(0.001, profile["payment.correction_share"], n) / step - 1
        ).clip(0)
        * step
    )
    named: Any = subs["subcontract_id"][np.maximum(sub, 0)] if len(subs["tier"]) else None
    block["payments"] = {
        "payment_id": numbered("PY", (contracts["_number"][contract], 6), (running_number(contract) + 1, 4)),
        "claim_id": claims_["claim_id"][claim],
        "contract_id": contracts["contract_id"][contract],
        "subcontract_id": np.where(is_sub, named, np.array(None, dtype=object)),
        "tier": lines["tier"].astype(float),
        "payee_type": kind,
        "payer_id": np.where(is_prime | direct, owner, prime),
        "payee_id": payee,
        "amount_registered": lines["registered"],
        "amount": lines["registered"] - np.where(corrected, less, 0),
        "date_received": np.where(is_prime, NAT, received),
        "date_due": due,
        "date_paid": block.known(paid),
        "method": np.where(
            is_sub & (kind == "subcontractor") & (rng.random(n) < 0.025), "note", "cash"
        ).astype(object),
        "channel": np.where(direct, "direct", "through_prime").astype(object),
        "_project": contracts["_project"][contract],
        "_contract": contract,
        "_claim": claim,
        "_sub": sub,
    }


def _owner(contracts: Rows, contract: np.ndarray) -> np.ndarray:
    return numbered("PA", (contracts["_authority_id"][contract] + 1, 3))


def _suppliers(block: Block, rng: Draws, kind: np.ndarray) -> np.ndarray:
    """Numbers of the firms that rent out machines (E) and deliver materials (M)."""
    number = rng.integers(1, 61, len(kind))
    letters = np.where(kind == "equipment", "EQ", "MT")
    return np.array(
        [f"{a}-{block.market:03d}-{b:03d}" for a, b in zip(letters.tolist(), number.tolist(), strict=True)],
        dtype=object,
    )


def _honest_lag(rng: Draws, kind: np.ndarray, limit: np.ndarray, direct: np.ndarray) -> np.ndarray:
    """Days from receiving to paying on: a few days as a rule, the last day often, a little late at times."""
    n = len(kind)
    lag = rng.lognormal(log(4.2), 0.75, n)
    lag = np.where(kind == "wages", rng.lognormal(log(2.5), 0.5, n), lag)
    lag = np.where((kind == "materials") | (kind == "equipment"), rng.lognormal(log(5.5), 0.6, n), lag)
    last_minute = rng.random(n) < 0.12
    lag = np.where(last_minute, limit - rng.integers(0, 4, n), np.minimum(lag, limit - 2))
    slip = rng.random(n) < 0.02
    lag = np.where(slip, limit + rng.geometric(0.35, n), lag)
    return np.where(direct, np.minimum(lag, 3), lag)


def pay_re_subcontractors(block: Block) -> None:
    """Lines of tier 2: a part of what the parent subcontract was paid is passed on once more."""
    subs, lines, rng = block["subcontracts"], block["payments"], block.rng("re-subcontractors")
    child = np.flatnonzero(subs["tier"] == 2)
    own = np.flatnonzero(lines["payee_type"] == "subcontractor")
    pairs = [(row, c) for c in child for row in own[lines["_sub"][own] == subs["_parent"][c]]]
    if not pairs:
        return
    row, c = (np.array(side) for side in zip(*pairs, strict=True))
    received = lines["date_paid"][row]
    known = ~np.isnat(received)
    row, c, received = row[known], c[known], received[known]
    limit = block.profile["payment.prime_to_sub_days"]
    step = block.profile["currency.round_to"]
    registered = np.floor(lines["amount_registered"][row] * 0.6 / step) * step
    paid = block.next_workday(
        received
        + days(_honest_lag(rng, lines["payee_type"][row], np.full(len(row), limit), np.zeros(len(row), bool)))
    )
    contract = lines["_contract"][row]
    added = {
        "payment_id": np.array([f"{payment}-R" for payment in lines["payment_id"][row]], dtype=object),
        "claim_id": lines["claim_id"][row],
        "contract_id": lines["contract_id"][row],
        "subcontract_id": subs["subcontract_id"][c],
        "tier": np.full(len(row), 2.0),
        "payee_type": np.full(len(row), "subcontractor", dtype=object),
        "payer_id": lines["payee_id"][row],
        "payee_id": subs["subcontractor_id"][c],
        "amount_registered": registered,
        "amount": registered,
        "date_received": received,
        "date_due": received + limit * DAY,
        "date_paid": block.known(paid),
        "method": np.full(len(row), "cash", dtype=object),
        "channel": np.full(len(row), "through_prime", dtype=object),
        "_project": lines["_project"][row],
        "_contract": contract,
        "_claim": lines["_claim"][row],
        "_sub": c,
    }
    merged = {name: np.concatenate([lines[name], added[name]]) for name in lines}
    block["payments"] = keep(merged, np.argsort(merged["_contract"], kind="stable"))
