"""Patterns over many tenders: competition, concentration, spread of bids, thresholds, first digits."""

from __future__ import annotations

import numpy as np
import pandas as pd

from cleanworks.construction.scoring import wilson

from ._core import answer, high_outliers, indicator, indicators_in, no_answer, together
from .tenders import buyers, counted_tenders
from .tenders import by_lot as _by_lot

RED_FLAGS = ("ocp-red-flags",)
_BUYER = "tenders.buyer_id|projects.public_authority"


@indicator(
    "single-bid-share",
    "Share of single bids",
    family="market",
    levels=("buyer",),
    source=("ocp-red-flags", "fazekas-kocsis-2020"),
    definition="A buyer's open and selective tenders often attract one bid only.",
    formula="tenders with one tenderer / open and selective tenders, per buyer with at least 5; > Q3 + 1.5 IQR flags",
    unit="share",
    fields=("tenders.tender_id", "tenders.procurement_method", "tenders.number_of_tenderers", _BUYER),
    optional=("tenders.project_id",),
    innocent=("A buyer of special works for which few firms exist.",),
)
def single_bid_share(tables, settings):
    tenders = counted_tenders(tables, tables["tenders"])
    share = (
        tenders["number_of_tenderers"]
        .eq(1)
        .groupby(tenders["tender_id"].map(buyers(tables)), sort=True)
        .agg(["mean", "count"])
    )
    share = share[share["count"] >= settings.minimum_group]
    return answer("buyer", share.index, share["mean"], high_outliers(share["mean"], beyond=True))


@indicator(
    "concentration",
    "Concentration of winners",
    family="market",
    levels=("buyer",),
    source=("fazekas-kocsis-2020",),
    definition="A buyer's money goes to few firms.",
    formula="Herfindahl-Hirschman index: sum over firms of (share of the buyer's contract value)^2, per buyer with at least 5 contracts, all of them with firm and value; by currency",
    unit="0 (many equal firms) to 1 (one firm)",
    fields=(
        "contracts.contract_id",
        "contracts.supplier_id",
        "contracts.value_amount",
        "contracts.tender_id",
        "tenders.tender_id",
        _BUYER,
    ),
    optional=("contracts.currency",),
    innocent=("One very large project outweighs the rest.", "A small market."),
)
def concentration(tables, settings):
    contracts = tables["contracts"]
    buyer = contracts["tender_id"].map(buyers(tables)).astype(object)
    rows = contracts.assign(buyer=buyer, currency=_currency(contracts)).dropna(subset=["buyer"])
    money = rows["value_amount"].fillna(0)
    # A buyer that pays in several currencies has an index in each: its amounts cannot be added.
    several = rows.groupby("buyer")["currency"].transform("nunique") > 1
    named = (
        rows["buyer"]
        .astype(str)
        .where(~several, rows["buyer"].astype(str) + " (" + rows["currency"].replace("", "no currency") + ")")
    )
    # What went to an unknown firm, an unknown value, and a value below 0 leave the shares unknown.
    unknown = rows["supplier_id"].isna() | rows["value_amount"].isna() | (rows["value_amount"] < 0)
    value = money.groupby([named, rows["supplier_id"].astype(object).fillna("")]).sum()
    total = value.groupby(level=0).transform("sum")
    index = ((value / total.where(total > 0)) ** 2).groupby(level=0).sum(min_count=1)
    count = named.value_counts().reindex(index.index)
    index = index[
        (count >= settings.minimum_group) & ~unknown.groupby(named).any().reindex(index.index) & index.notna()
    ]
    return answer("buyer", index.index, index, index > settings.concentration)


def _currency(rows):
    """The currency of each row, "" where none is written."""
    if "currency" not in rows:
        return pd.Series("", index=rows.index, dtype=object)
    return rows["currency"].astype(object).where(rows["currency"].notna(), "")


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
    optional=("bids.bid_id", "bids.currency", "bids.lot_id", "tenders.number_of_lots"),
    innocent=(
        "Standard work with known prices.",
        "A published estimate and a floor price draw all bids together.",
    ),
)
def bid_spread(tables, settings):
    valid = _by_lot(tables, tables["bids"])
    valid = valid[valid["status"].eq("valid") & (valid["amount"] > 0)]
    # The rows of a consortium are one bid.
    valid = valid.drop_duplicates(["tender_id", "bid_id"]) if "bid_id" in valid else valid
    units = valid.groupby(["tender_id", "lot"], sort=False)
    prices = units["amount"].agg(["std", "mean", "count"])
    prices = prices[(prices["count"] >= 3) & (units["currency"].nunique() == 1)]
    spread = (prices["std"] / prices["mean"]).groupby(level=0, sort=False).min()
    return answer("process", spread.index, spread, spread < settings.low_spread)


@indicator(
    "co-bidding",
    "Firms that bid together",
    family="market",
    levels=("pair of firms",),
    source=RED_FLAGS,
    definition="Two firms meet in unusually many tenders.",
    formula="tenders in which both bid > Q3 + 1.5 IQR over all pairs that meet, and at least 3",
    unit="tenders",
    fields=("bids.tender_id", "bids.tenderer_id"),
    innocent=("Both work in the same trade and district.",),
)
def co_bidding(tables, settings):
    bids = tables["bids"][["tender_id", "tenderer_id"]].dropna().drop_duplicates()
    number, names = pd.factorize(bids["tenderer_id"], sort=True)
    bids = pd.DataFrame({"tender": pd.factorize(bids["tender_id"])[0], "firm": number})
    pairs = bids.merge(bids, on="tender", suffixes=("", "_other"))
    pairs = pairs[pairs["firm"] < pairs["firm_other"]]
    count = pairs.groupby(["firm", "firm_other"]).size()
    if count.empty:
        return no_answer()
    first, second = (
        pd.Series(np.asarray(names)[count.index.get_level_values(i)]).astype(str) for i in (0, 1)
    )
    values = count.to_numpy()
    return answer(
        "pair of firms",
        first + "/" + second,
        values,
        (values >= settings.pair_count) & high_outliers(values, beyond=True),
    )


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
    optional=("tenders.procurement_method", "tenders.currency"),
    innocent=(
        "Budgets are cut to the threshold openly, to save time.",
        "Small works come in standard sizes.",
    ),
)
def threshold_bunching(tables, settings):
    limit = settings.direct_award_threshold
    if not limit:
        return no_answer()
    tenders = tables["tenders"]
    if _currency(tenders[tenders["cost_estimate"].notna()]).nunique() > 1:
        if not settings.currency:
            return no_answer()  # a threshold is in one currency, and nobody said in which
        tenders = tenders[_currency(tenders) == settings.currency]
    near = tenders[((tenders["cost_estimate"] / limit - 1).abs() <= settings.near_threshold)]
    below = near["cost_estimate"] < limit
    if near.empty:
        return no_answer()
    share, (low, _) = below.mean(), wilson(int(below.sum()), len(below))
    return together(
        answer("all", ["tenders.cost_estimate"], [share], [low > 0.5]),
        answer("process", near["tender_id"], below, below),
    )


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
    optional=("contracts.value_amount", "modifications.new_value"),
    innocent=(
        "Amounts cover a narrow range: contracts between two thresholds.",
        "Prices end in rounded figures by rule.",
        "A unit price times round quantities.",
    ),
)
def benford(tables, settings):
    columns = [
        ("payments", "amount"),
        ("bids", "amount"),
        ("claims", "amount"),
        ("contracts", "value_amount"),
    ]
    rows = []
    for name, column in columns:
        if column not in tables.get(name, ()):
            continue
        table = tables[name]
        currency = _currency(table)
        for code, amounts in table[column].groupby(currency):
            distance, count = benford_distance(amounts)
            if count >= settings.benford_minimum:
                several = currency[table[column].notna()].nunique() > 1
                rows.append(
                    (f"{name}.{column}" + (f" ({code or 'no currency'})" if several else ""), distance)
                )
    if not rows:
        return no_answer()
    ids, values = zip(*rows, strict=True)
    return answer("column", ids, values, np.asarray(values) > settings.benford_mad)


MARKET = indicators_in(globals())


def first_digits(amounts) -> pd.Series:
    """The first digit, 1 to 9, of every amount above 0."""
    amounts = pd.Series(np.asarray(amounts, dtype=float))
    amounts = amounts[np.isfinite(amounts) & (amounts > 0)]
    scaled = amounts / 10.0 ** np.floor(np.log10(amounts))
    # A logarithm just below a power of ten may round up: 1000 must begin with 1, not with 0 or 10.
    return scaled.round(9).clip(upper=9.999).astype("int64").where(scaled.round(9) < 10, 1)


def benford_distance(amounts) -> tuple[float, int]:
    """Mean absolute deviation of first digits from Benford's law, and the number of amounts it rests on."""
    digits = first_digits(amounts)
    if digits.empty:
        return float("nan"), 0
    found = digits.value_counts(normalize=True).reindex(range(1, 10), fill_value=0).to_numpy()
    return float(np.abs(found - np.log10(1 + 1 / np.arange(1, 10))).mean()), len(digits)
