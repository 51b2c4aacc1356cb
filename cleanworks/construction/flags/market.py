"""Patterns over many tenders: competition, concentration, spread of bids, thresholds, first digits."""

from __future__ import annotations

import narwhals as nw
import numpy as np
import pandas as pd
from narwhals import col, lit

from cleanworks.construction.flags._core import Settings
from cleanworks.construction.flags._processes import Frame, Processes
from cleanworks.construction.scoring import wilson
from cleanworks.typed import Values

from ._core import answer, high_fence, indicator, indicators_in
from ._processes import currencies, currency_of, known, number

RED_FLAGS = ("ocp-red-flags",)
_BUYER = (
    "tenders.buyer_id|projects.public_authority",
    "tenders.buyer_id|projects.project_id",
    "tenders.buyer_id|tenders.project_id",
)


@indicator(
    "single-bid-share",
    "Share of single bids",
    family="market",
    levels=("buyer",),
    source=("ocp-red-flags", "fazekas-kocsis-2020"),
    definition="A buyer's open and selective tenders often attract one bid only.",
    formula="tenders with one tenderer / open and selective tenders, per buyer with at least 5; > Q3 + 1.5 IQR flags",
    unit="share",
    fields=("tenders.tender_id", "tenders.procurement_method", "tenders.number_of_tenderers", *_BUYER),
    optional=("tenders.status", "bids.tender_id", "bids.bid_id", "bids.tenderer_id", "bids.status"),
    innocent=("A buyer of special works for which few firms exist.",),
)
def single_bid_share(processes: Processes, settings: Settings) -> list[tuple[str, Frame]]:
    who = processes.buyers()
    if who is None:
        return []
    tenders = processes.counted.filter(col("kept"))
    tenders = tenders.select("process", single=(col("number_of_tenderers") == 1).cast(nw.Int64))
    share = (
        tenders.join(who, on="process", how="inner")
        .group_by("who")
        .agg(col("single").sum(), tenders=nw.len())
    )
    share = processes.engine.keep(share.filter(col("tenders") >= settings.minimum_group))
    share = share.with_columns(share=col("single") / col("tenders"))
    fence = high_fence(processes.column(share, "share"))
    hit = lit(False) if fence is None else col("share") > fence
    return [processes.of_names("buyer", share, "who", "share", hit)]


@indicator(
    "concentration",
    "Concentration of winners",
    family="market",
    levels=("buyer",),
    source=("fazekas-kocsis-2020",),
    definition="A buyer's money goes to few firms.",
    formula="Herfindahl-Hirschman index: sum over firms of (share of the buyer's contract value)^2, per buyer with at least 5 contracts, all of them with firm and value; by currency, without cancelled contracts",
    unit="0 (many equal firms) to 1 (one firm)",
    fields=(
        "contracts.contract_id",
        "contracts.supplier_id",
        "contracts.value_amount",
        "contracts.tender_id",
        "tenders.tender_id",
        *_BUYER,
    ),
    optional=("contracts.currency", "contracts.status"),
    innocent=("One very large project outweighs the rest.", "A small market."),
)
def concentration(processes: Processes, settings: Settings) -> list[tuple[str, Frame]]:
    who = processes.buyers()
    if who is None:
        return []
    contracts = processes.contracts.join(who, on="process", how="inner")
    # What went to an unknown firm, an unknown value, and a value below 0 leave the shares unknown.
    unknown = (col("firm") == 0) | ~known(col("amount") >= 0)
    contracts = contracts.with_columns(unknown=unknown.cast(nw.Int64), amount=col("amount").fill_null(0.0))
    # A buyer that pays in several currencies has an index in each: its amounts cannot be added.
    each = ["who", "currency"]
    firms = contracts.group_by(*each, "firm").agg(
        col("amount").sum(), col("unknown").max(), contracts=nw.len()
    )
    firms = processes.engine.keep(firms)
    buyers = firms.group_by(*each).agg(
        col("amount").sum().alias("total"), col("unknown").max(), col("contracts").sum()
    )
    buyers = buyers.filter(col("contracts") >= settings.minimum_group, col("unknown") == 0, col("total") > 0)
    shares = firms.join(buyers.select(*each, "total"), on=each, how="inner")
    shares = shares.with_columns(square=(col("amount") / col("total")) ** 2)
    index = shares.group_by(*each).agg(index=col("square").sum())
    several = firms.select(*each).unique().group_by("who").agg(several=nw.len())
    index = index.join(several, on="who", how="inner")
    mark = (
        nw.when(col("currency") == "")
        .then(lit(" (no currency)"))
        .otherwise(nw.concat_str(lit(" ("), col("currency"), lit(")")))
    )
    mark = nw.when(col("several") > 1).then(mark).otherwise(lit(""))
    index = index.with_columns(name=nw.concat_str(col("who").cast(nw.String), mark))
    return [processes.of_names("buyer", index, "name", "index", col("index") > settings.concentration)]


@indicator(
    "bid-spread",
    "Spread of bids",
    family="market",
    levels=("process",),
    source=RED_FLAGS,
    definition="The valid bids of a process lie unusually close together.",
    formula="standard deviation / mean of the valid bids of one lot and currency (coefficient of variation), at least 3 bids; < 1 % flags (illustrative)",
    unit="share",
    fields=("bids.tender_id", "bids.amount", "bids.status"),
    optional=(
        "tenders.tender_id",
        "tenders.status",
        "bids.bid_id",
        "bids.currency",
        "bids.lot_id",
        "tenders.number_of_lots",
    ),
    innocent=(
        "Standard work with known prices.",
        "A published estimate and a floor price draw all bids together.",
    ),
)
def bid_spread(processes: Processes, settings: Settings) -> list[tuple[str, Frame]]:
    valid = processes.offers.filter(col("kept") & col("valid") & col("placed") & ~col("amount").is_null())
    if processes.some_joint:  # its rows are one bid
        columns = ["process", "lot", "currency", "amount"]
        bids = valid.filter(col("bid") > 0).group_by("process", "bid")
        joint = bids.agg(*(col(name).max() for name in columns[1:]))
        valid = nw.concat([valid.filter(col("bid") == 0).select(*columns), joint.select(*columns)])
    units = valid.group_by("process", "lot").agg(
        col("amount").mean().alias("mean"), col("amount").std().alias("std"), bids=nw.len(), **currencies()
    )
    units = units.filter(col("bids") >= 3, col("lowest_currency") == col("highest_currency"))
    units = units.with_columns(spread=col("std") / col("mean"))
    spread = units.group_by("process").agg(col("spread").min())
    return [processes.of_processes(spread, "spread", col("spread") < settings.low_spread)]


@indicator(
    "co-bidding",
    "Firms that bid together",
    family="market",
    levels=("pair of firms",),
    source=RED_FLAGS,
    definition="Two firms meet in unusually many tenders.",
    formula="tenders in which both made a bid of their own for one lot > Q3 + 1.5 IQR over all pairs that meet, and at least 3",
    unit="tenders",
    fields=("bids.tender_id", "bids.tenderer_id"),
    optional=(
        "tenders.tender_id",
        "tenders.status",
        "bids.bid_id",
        "bids.lot_id",
        "bids.status",
        "tenders.number_of_lots",
    ),
    innocent=("Both work in the same trade and place.",),
)
def co_bidding(processes: Processes, settings: Settings) -> list[tuple[str, Frame]]:
    # Who was only invited, or bid for another lot, or stands in the same joint bid, has not bid against the other. What was cancelled is
    # tendered again, to the same firms.
    bids = processes.offers.filter(col("kept") & (col("firm") > 0) & col("placed") & ~col("invited"))
    of_one = ["process", "lot"] if processes.has("bids", "lot_id") else ["process"]
    bids = processes.engine.keep(bids.select(*of_one, "firm", "bid").unique())
    pairs = bids.join(bids.rename({"firm": "other", "bid": "other_bid"}), on=of_one, how="inner")
    pairs = pairs.filter(
        col("firm") < col("other"), (col("bid") == 0) | (col("bid") != col("other_bid"))
    ).select("process", "firm", "other")
    if processes.some_joint or len(of_one) > 1:
        pairs = pairs.unique()
    pairs = processes.engine.keep(pairs.group_by("firm", "other").agg(tenders=nw.len()))
    fence = high_fence(processes.column(pairs, "tenders"))
    hit = lit(False) if fence is None else (col("tenders") >= settings.pair_count) & (col("tenders") > fence)
    names = processes.firms.with_columns(col("tenderer_id").cast(nw.String))
    pairs = pairs.join(names.rename({"tenderer_id": "one"}), on="firm", how="inner")
    pairs = pairs.join(names.rename({"firm": "other", "tenderer_id": "two"}), on="other", how="inner")
    turned = col("two") < col("one")
    first = nw.when(turned).then(col("two")).otherwise(col("one"))
    last = nw.when(turned).then(col("one")).otherwise(col("two"))
    pairs = pairs.with_columns(name=nw.concat_str(first, lit("/"), last))
    return [processes.of_names("pair of firms", pairs, "name", "tenders", hit)]


@indicator(
    "threshold-bunching",
    "Estimates just below the threshold",
    family="market",
    levels=("all", "process"),
    source=("ccs-s85",),
    definition="More estimates than expected lie just below the amount above which open tendering is required.",
    formula="estimates within 5 % below / (within 5 % below + within 5 % above); flagged when the Wilson interval of the share lies above one half",
    unit="share; for a process 1 just below, 0 just above",
    fields=("tenders.tender_id", "tenders.cost_estimate"),
    optional=("tenders.status", "tenders.procurement_method", "tenders.currency"),
    innocent=(
        "Budgets are cut to the threshold openly, to save time.",
        "Small works come in standard sizes.",
    ),
)
def threshold_bunching(processes: Processes, settings: Settings) -> list[tuple[str, Frame]]:
    limit = settings.direct_award_threshold
    if not limit:
        return []
    tenders = processes.standing("tenders").filter(~col("cost_estimate").is_null())
    tenders = tenders.select("tender_id", "cost_estimate", currency=currency_of(processes, "tenders"))
    if len(processes.engine.collected(tenders.select("currency").unique())) > 1:
        if not settings.currency:
            return []  # a threshold is in one currency, and nobody said in which
        tenders = tenders.filter(col("currency") == settings.currency)
    near = tenders.filter((col("cost_estimate") - limit).abs() <= settings.near_threshold * limit)
    near = processes.engine.collected(near)
    if near.empty:
        return []
    below = near["cost_estimate"] < limit
    share, (low, _) = below.mean(), wilson(int(below.sum()), len(below))
    return [
        ("all", answer(["tenders.cost_estimate"], [share], [low > 0.5])),
        ("process", answer(near["tender_id"], below, below)),
    ]


@indicator(
    "benford",
    "First digits",
    family="market",
    levels=("column",),
    source=RED_FLAGS,
    definition="The first digits of many amounts do not follow Benford's law.",
    formula="mean over digits 1-9 of |share of amounts beginning with d - log10(1 + 1/d)|; only columns with at least 300 amounts; > 0.015 flags (illustrative)",
    unit="mean absolute deviation of shares",
    fields=("payments.amount|bids.amount|claims.amount",),
    optional=(
        "contracts.value_amount",
        *(f"{name}.currency" for name in ("payments", "bids", "claims", "contracts")),
    ),
    innocent=(
        "Amounts cover a narrow range: contracts between two thresholds.",
        "Prices end in rounded figures by rule.",
        "A unit price times round quantities.",
    ),
)
def benford(processes: Processes, settings: Settings) -> list[tuple[str, Frame]]:
    rows = []
    for name, column in (
        ("payments", "amount"),
        ("bids", "amount"),
        ("claims", "amount"),
        ("contracts", "value_amount"),
    ):
        if not processes.has(name, column):
            continue
        amounts = processes.table(name).select(amount=number(column), currency=currency_of(processes, name))
        amounts = amounts.filter(~col("amount").is_null())
        digits = amounts.filter(col("amount") > 0, col("amount").is_finite())
        digits = (
            digits.with_columns(digit=_first_digit(col("amount")))
            .group_by("currency", "digit")
            .agg(rows=nw.len())
        )
        digits = processes.engine.collected(digits)
        several = len(processes.engine.collected(amounts.select("currency").unique())) > 1
        for currency, found in digits.groupby("currency"):
            counts = found.set_index("digit")["rows"].reindex(range(1, 10), fill_value=0).to_numpy(float)
            if counts.sum() >= settings.benford_minimum:
                mark = f" ({currency or 'no currency'})" if several else ""
                rows.append((f"{name}.{column}{mark}", _distance(counts)))
    if not rows:
        return []
    ids, values = zip(*rows, strict=True)
    return [("column", answer(ids, values, np.asarray(values) > settings.benford_mad))]


MARKET = indicators_in(globals())


def first_digits(amounts: Values) -> pd.Series:
    """The first digit, 1 to 9, of every amount above 0.

    Examples
    --------
    >>> first_digits([120, 3, 0.045]).tolist()
    [1, 3, 4]
    """
    amounts = pd.DataFrame({"amount": np.asarray(amounts, dtype=float)})
    amounts = amounts[np.isfinite(amounts["amount"]) & (amounts["amount"] > 0)]
    return (
        nw.from_native(amounts, eager_only=True)
        .select(digit=_first_digit(col("amount")))
        .to_native()["digit"]
    )


def benford_distance(amounts: Values) -> tuple[float, int]:
    """Mean absolute deviation of first digits from Benford's law, and the number of amounts it rests on.

    Examples
    --------
    >>> distance, amounts = benford_distance(2.0 ** np.arange(1000))
    >>> round(float(distance), 4), amounts
    (0.0007, 1000)
    """
    digits = first_digits(amounts)
    if digits.empty:
        return float("nan"), 0
    return _distance(digits.value_counts().reindex(range(1, 10), fill_value=0).to_numpy(float)), len(digits)


def _first_digit(amount: nw.Expr) -> nw.Expr:
    # A logarithm just below a power of ten may round up: 1000 must begin with 1, not with 0 or 10.
    scaled = (amount / (lit(10.0) ** amount.log(10).floor())).round(9)
    return nw.when(scaled >= 10).then(lit(1.0)).otherwise(scaled.floor()).cast(nw.Int64)


def _distance(counts: np.ndarray) -> float:
    return float(np.abs(counts / counts.sum() - np.log10(1 + 1 / np.arange(1, 10))).mean())
