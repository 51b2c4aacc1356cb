"""Tenders and bids: the eleven flags that Cardinal publishes, reproduced on its own fixtures.

Cardinal (Open Contracting Partnership) computes them from OCDS; here they are computed from tables, and
`cleanworks.standards.ocds.read` turns OCDS into these tables. A bid of several firms is several rows of ``bids`` with one
``bid_id``; an award to several firms is several rows of ``awards``. Without a table ``awards`` each contract is an active award.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from ._core import (
    answer,
    high_outliers,
    indicator,
    indicators_in,
    low_outliers,
    no_answer,
    quartiles,
    together,
)

CARDINAL = ("ccs-s84",)
SUBMITTED = ("pending", "valid", "disqualified")
FINAL = ("active", "cancelled", "unsuccessful")
AWARDED = "awards.supplier_id|contracts.supplier_id"


@indicator(
    "R003",
    "Short submission period",
    family="tender",
    levels=("process",),
    source=CARDINAL,
    definition="Bids could be handed in for fewer than 15 whole days.",
    formula="whole days of (tender_end - tender_start) < 15; another limit may hold for small works and for single procedures",
    unit="1 flagged, 0 not",
    fields=("tenders.tender_id", "tenders.tender_start", "tenders.tender_end"),
    optional=(
        "tenders.procurement_method",
        "tenders.procurement_method_details",
        "tenders.cost_estimate",
        "tenders.status",
    ),
    innocent=(
        "The law allows a shorter period for small or urgent works.",
        "The notice was published again after a small correction.",
    ),
)
def R003(tables, settings):
    tenders = _tenders(tables, settings)
    if settings.short_submission_methods:
        tenders = tenders[tenders["procurement_method"].isin(settings.short_submission_methods)]
    # A period that ends before it begins has no length.
    tenders = tenders[tenders["tender_end"] >= tenders["tender_start"]]
    days = (tenders["tender_end"] - tenders["tender_start"]).dt.days
    limit = pd.Series(settings.short_submission_days, index=tenders.index, dtype=float)
    if (
        settings.short_submission_days_small is not None
        and settings.small_works_amount is not None
        and "cost_estimate" in tenders
    ):
        limit = limit.mask(
            tenders["cost_estimate"] <= settings.small_works_amount, settings.short_submission_days_small
        )
    if settings.short_submission_days_by_details and "procurement_method_details" in tenders:
        own = tenders["procurement_method_details"].map(dict(settings.short_submission_days_by_details))
        limit = own.astype(float).fillna(limit)
    short = days < limit
    return answer("process", tenders["tender_id"], short, short)


@indicator(
    "R018",
    "Single bid",
    family="tender",
    levels=("process",),
    source=CARDINAL,
    definition="One firm took part in an open or selective procedure.",
    formula="number_of_tenderers = 1 and method is open or selective; no answer for 0, or where more firms than the number say so bid",
    unit="1 flagged, 0 not",
    fields=("tenders.tender_id", "tenders.procurement_method", "tenders.number_of_tenderers"),
    optional=("tenders.status", "bids.tender_id", "bids.tenderer_id", "bids.status"),
    innocent=("Few firms can do such work.", "A busy season: firms are fully booked.", "The site is remote."),
)
def R018(tables, settings):
    tenders = counted_tenders(tables, _tenders(tables, settings))
    single = tenders["number_of_tenderers"] == 1
    return answer("process", tenders["tender_id"], single, single)


_PRICES = (
    "bids.bid_id",
    "bids.tender_id",
    "bids.tenderer_id",
    "bids.amount",
    "bids.status",
    AWARDED,
)
_SHARPER = (
    "bids.currency", "bids.lot_id", "awards.status", "awards.amount", "awards.currency", "awards.lot_id", "tenders.number_of_lots",
    "tenders.procurement_method_details", "tenders.status",
)  # fmt: skip


@indicator(
    "R024",
    "Price close to the winning bid",
    family="tender",
    levels=("process", "tenderer"),
    source=CARDINAL,
    definition="The second-lowest valid bid is unusually close to the winning one: a cover bid may have been agreed.",
    formula="d = (lowest valid bid of another firm - price awarded) / price awarded, within one lot and currency; the price awarded is the "
    "award's amount, else the winner's lowest valid bid; d <= Q1 - 1.5 IQR over all processes; of several lots the smallest d counts",
    unit="share of the winning price; for a firm only a mark (0)",
    fields=_PRICES,
    optional=_SHARPER,
    innocent=(
        "Prices of standard work are known to all firms.",
        "The estimate was published and all bid close to it.",
    ),
)
def R024(tables, settings):
    margins = _margins(tables, settings)
    close = low_outliers(margins["margin"], settings.fences.get("R024"))
    firms = pd.unique(margins.loc[close, ["winner", "second"]].to_numpy().ravel())
    processes = (
        margins.assign(hit=close)
        .groupby("tender_id", sort=False)
        .agg(margin=("margin", "min"), hit=("hit", "any"))
    )
    return together(
        answer("process", processes.index, processes["margin"], processes["hit"]),
        answer("tenderer", firms, 0.0, True),
    )


@indicator(
    "R025",
    "Excessive unsuccessful bids",
    family="tender",
    levels=("tenderer",),
    source=CARDINAL,
    definition="A firm bids more often than most and wins unusually seldom: it may bid to lose.",
    formula="valid bids >= Q3 of all firms' counts, and wins / valid bids <= Q1 - 1.5 IQR of all firms' ratios",
    unit="share of valid bids won",
    fields=("bids.bid_id", "bids.tender_id", "bids.tenderer_id", "bids.status", AWARDED),
    optional=("awards.status", "tenders.status"),
    innocent=("The firm is new and learns to bid.", "The firm is dear and honest."),
)
def R025(tables, settings):
    winners = _single_winners(tables, settings)
    valid = _bids_of_one_firm(by_lot(tables, _bids(tables, settings)), status="valid")
    valid = (
        valid[["tender_id", "lot", "tenderer_id"]].drop_duplicates().merge(winners, on=["tender_id", "lot"])
    )
    won = valid["tenderer_id"] == valid["winner"]
    firms = won.groupby(valid["tenderer_id"], sort=True).agg(["sum", "count"])
    if firms.empty:
        return no_answer()
    ratio = firms["sum"] / firms["count"]
    often = firms["count"] >= quartiles(firms["count"])[1]
    return answer("tenderer", firms.index, ratio, often & low_outliers(ratio, settings.fences.get("R025")))


@indicator(
    "R028",
    "Identical prices",
    family="tender",
    levels=("process", "tenderer"),
    source=CARDINAL,
    definition="Two different tenderers offered exactly the same price.",
    formula="two bids of one process and lot with equal amount (above 0) and currency and different firms",
    unit="1 flagged, 0 not",
    fields=("bids.bid_id", "bids.tender_id", "bids.tenderer_id", "bids.amount", "bids.status"),
    optional=(
        "bids.currency",
        "bids.lot_id",
        "tenders.number_of_lots",
        "tenders.procurement_method_details",
        "tenders.status",
    ),
    innocent=("Rounded prices of small works.", "A price list or a price fixed by law."),
)
def R028(tables, settings):
    bids = by_lot(tables, _compared(tables, _bids(tables, settings), settings))
    bids = bids[bids["status"].isin(SUBMITTED) & (bids["amount"] > 0) & bids["tenderer_id"].notna()]
    everyone = pd.unique(bids["tender_id"])
    who = bids["tenderer_id"].astype(object)
    several = bids.duplicated(["tender_id", "bid_id"], keep=False)
    if several.any():
        # A consortium is one tenderer, whatever the order of its members.
        joint = (
            bids[several]
            .sort_values("tenderer_id")
            .groupby(["tender_id", "bid_id"])["tenderer_id"]
            .agg("\x1f".join)
        )
        keys = pd.MultiIndex.from_frame(bids.loc[several, ["tender_id", "bid_id"]])
        who[several] = joint.reindex(keys).to_numpy()
    same = (
        bids.assign(who=who)
        .groupby(["tender_id", "lot", "amount", "currency"], sort=False)["who"]
        .transform("nunique")
        > 1
    )
    flagged = pd.unique(bids.loc[same, "tender_id"])
    firms = pd.unique(bids.loc[same, "tenderer_id"])
    hit = np.isin(everyone.astype(object), flagged.astype(object))
    return together(answer("process", everyone, hit, hit), answer("tenderer", firms, 1.0, True))


@indicator(
    "R030",
    "Late bid won",
    family="tender",
    levels=("process", "tenderer"),
    source=CARDINAL,
    definition="A valid bid arrived after the deadline and its firm was awarded the contract.",
    formula="bid date > tender_end, bid valid, its firm is supplier of an active award",
    unit="1 flagged, 0 not",
    fields=(
        "bids.tender_id",
        "bids.tenderer_id",
        "bids.date",
        "bids.status",
        "tenders.tender_id",
        "tenders.tender_end",
        AWARDED,
    ),
    optional=("awards.status", "tenders.status"),
    innocent=(
        "The deadline was extended and the notice not corrected.",
        "The date is the day of entry, not of receipt.",
    ),
)
def R030(tables, settings):
    tenders = _tenders(tables, settings)[["tender_id", "tender_end"]].dropna()
    bids = by_lot(tables, tables["bids"]).merge(tenders, on="tender_id")
    awards = by_lot(tables, _awards(tables))
    awards = (
        awards.loc[awards["status"] == "active", ["tender_id", "lot", "supplier_id"]]
        .dropna()
        .drop_duplicates()
    )
    won = bids.merge(
        awards, left_on=["tender_id", "lot", "tenderer_id"], right_on=["tender_id", "lot", "supplier_id"]
    )
    won = won[(won["status"] == "valid") & won["date"].notna()]
    late = won["date"] > won["tender_end"]
    processes = late.groupby(won["tender_id"], sort=False).any()
    return together(
        answer("process", processes.index, processes, processes),
        answer("tenderer", pd.unique(won.loc[late, "tenderer_id"]), 1.0, True),
    )


@indicator(
    "R035",
    "All other bids disqualified",
    family="tender",
    levels=("process", "tenderer"),
    source=CARDINAL,
    definition="Only the winner's bids are valid; at least one other firm was disqualified.",
    formula="one firm has valid bids, it is the only supplier, and >= 1 other firm was disqualified",
    unit="number of other firms disqualified; for a firm only a mark (0)",
    fields=("bids.tender_id", "bids.tenderer_id", "bids.status", AWARDED),
    optional=("awards.status", "tenders.status"),
    innocent=(
        "The others missed a clear, necessary document.",
        "Demanding works with a proper prequalification.",
    ),
)
def R035(tables, settings):
    bids = by_lot(tables, _bids(tables, settings))
    # Whether all others were disqualified is not known as long as the fate of one bid, or its firm, is not.
    doubtful = bids.loc[
        bids["status"].isna() | bids["tenderer_id"].isna(), ["tender_id", "lot"]
    ].drop_duplicates()
    pairs = bids[["tender_id", "lot", "tenderer_id", "status"]].dropna().drop_duplicates()
    pairs = pairs.assign(unit=_unit(pairs))[~_unit(pairs).isin(_unit(doubtful))]
    valid = pairs[pairs["status"] == "valid"]
    only = valid[~valid["unit"].duplicated(keep=False)].set_index("unit")["tenderer_id"]
    awards = _final_awards(tables, settings)
    awards = awards.assign(unit=_unit(awards))
    suppliers = awards[["unit", "supplier_id"]].drop_duplicates()
    supplier = suppliers[~suppliers["unit"].duplicated(keep=False)].set_index("unit")["supplier_id"]
    looked = pairs[["tender_id", "unit"]].drop_duplicates("unit")
    looked = looked[looked["unit"].isin(awards["unit"])]
    units = looked["unit"]
    out = pairs[pairs["status"] == "disqualified"]
    out = out[out["tenderer_id"] != out["unit"].map(only)]
    others = out.groupby("unit").size().reindex(units, fill_value=0).to_numpy()
    alone = only.reindex(units)
    same = (alone.eq(supplier.reindex(units)) & alone.notna()).to_numpy()
    hit = same & (others >= settings.other_disqualified)
    processes = (
        looked.assign(others=others, hit=hit)
        .groupby("tender_id", sort=False)
        .agg(others=("others", "max"), hit=("hit", "any"))
    )
    winners = pd.unique(alone[hit])
    return together(
        answer("process", processes.index, processes["others"], processes["hit"]),
        answer("tenderer", winners, 0.0, True),
    )


@indicator(
    "R036",
    "Lowest bid disqualified",
    family="tender",
    levels=("process",),
    source=CARDINAL,
    definition="The lowest of the submitted bids was disqualified, although price alone decides, and the contract was awarded.",
    formula="status of the lowest submitted bid = disqualified; of equal lowest bids the first in the file counts",
    unit="1 flagged, 0 not",
    fields=(
        "bids.bid_id",
        "bids.tender_id",
        "bids.amount",
        "bids.status",
        "awards.award_id|contracts.contract_id",
    ),
    optional=(*_SHARPER, "tenders.price_only"),
    innocent=("The bid was abnormally low and the firm could not explain it.", "The firm lacked a licence."),
)
def R036(tables, settings):
    awards = by_lot(tables, _awards(tables))
    awards = awards[awards["status"] == "active"]
    bids = by_lot(tables, _compared(tables, _bids(tables, settings), settings))
    if "price_only" in tables.get("tenders", ()):
        otherwise = tables["tenders"].loc[tables["tenders"]["price_only"].eq(False), "tender_id"]
        bids = bids[~bids["tender_id"].isin(otherwise)]
    bids = bids[bids["status"].isin(SUBMITTED) & bids["amount"].notna()]
    bids = bids[_unit(bids).isin(_unit(awards))]
    bids = _in_one_currency(bids, awards, settings)
    if bids.empty:
        return no_answer()
    bids = bids.assign(unit=_unit(bids)).reset_index(drop=True)
    bids = bids[bids["unit"].isin(bids.loc[bids["status"] == "valid", "unit"])]
    lowest = bids.loc[bids.groupby("unit", sort=False)["amount"].idxmin()]
    hit = (lowest["status"] == "disqualified").groupby(lowest["tender_id"], sort=False).any()
    return answer("process", hit.index, hit, hit)


@indicator(
    "R038",
    "Excessive disqualified bids",
    family="tender",
    levels=("buyer", "procuring entity", "tenderer"),
    source=CARDINAL,
    definition="A buyer disqualifies, or a firm is disqualified, unusually often.",
    formula="disqualified bids / submitted bids >= Q3 + 1.5 IQR, among those with at least 2 submitted bids",
    unit="share of submitted bids",
    fields=("bids.bid_id", "bids.tender_id", "bids.tenderer_id", "bids.status"),
    optional=(
        "tenders.buyer_id",
        "tenders.procuring_entity_id",
        "projects.public_authority",
        "tenders.status",
    ),
    innocent=("A buyer of difficult works with strict licences.", "A newcomer that still learns the forms."),
)
def R038(tables, settings):
    bids = _identified(_bids(tables, settings))
    bids = bids[bids["status"].isin(SUBMITTED)]
    each = bids.drop_duplicates(["tender_id", "bid_id"])
    groups = [
        ("buyer", each, each["tender_id"].map(buyers(tables))),
        ("procuring entity", each, each["tender_id"].map(_by_tender(tables, "procuring_entity_id"))),
        ("tenderer", bids, bids["tenderer_id"]),
    ]
    parts = []
    for level, rows, who in groups:
        out = rows["status"].eq("disqualified").groupby(who, sort=True).agg(["sum", "count"])
        out = out[out["count"] >= settings.minimum_submitted_bids]
        ratio = out["sum"] / out["count"]
        # Cardinal's published cases have two and three buyers.
        parts.append(
            answer(level, out.index, ratio, high_outliers(ratio, settings.fences.get("R038"), fewest=1))
        )
    return together(*parts)


@indicator(
    "R048",
    "Heterogeneous supplier",
    family="tender",
    levels=("tenderer",),
    source=CARDINAL,
    definition="A firm supplies unusually different things.",
    formula="number of different first two digits of item codes >= Q3 + 1.5 IQR, among firms with at least 20 processes",
    unit="item classes",
    fields=(
        "award_items.award_id",
        "award_items.tender_id",
        "award_items.classification_id",
        "awards.award_id",
        "awards.supplier_id",
        "awards.status",
    ),
    optional=("tenders.status",),
    innocent=("A general contractor or a trading house.", "Codes are chosen carelessly."),
)
def R048(tables, settings):
    awards = tables["awards"]
    awards = awards[awards["tender_id"].isin(_tenders(tables, settings)["tender_id"])]
    awards = awards[(awards["status"] == "active") & ~awards["award_id"].duplicated(keep=False)].dropna(
        subset=["supplier_id"]
    )
    items = tables["award_items"].dropna(subset=["classification_id"])
    items = items.merge(awards[["award_id", "supplier_id"]], on="award_id")
    firms = items.assign(group=items["classification_id"].astype(str).str[:2]).groupby(
        "supplier_id", sort=True
    )
    counts = firms.agg(processes=("tender_id", "nunique"), classes=("group", "nunique"))
    counts = counts[counts["processes"] >= settings.minimum_contracting_processes]
    return answer(
        "tenderer",
        counts.index,
        counts["classes"],
        high_outliers(counts["classes"], settings.fences.get("R048")),
    )


@indicator(
    "R058",
    "Heavily discounted bid",
    family="tender",
    levels=("process", "tenderer"),
    source=CARDINAL,
    definition="The winning bid lies unusually far below the second-lowest.",
    formula="d as in R024; d >= Q3 + 1.5 IQR over all processes; of several lots the largest d counts",
    unit="share of the winning price; for a firm only a mark (0)",
    fields=_PRICES,
    optional=_SHARPER,
    innocent=("A firm with idle machines near the site.", "A better method of building."),
)
def R058(tables, settings):
    margins = _margins(tables, settings)
    far = high_outliers(margins["margin"], settings.fences.get("R058"))
    winners = pd.unique(margins.loc[far, "winner"])
    processes = (
        margins.assign(hit=far)
        .groupby("tender_id", sort=False)
        .agg(margin=("margin", "max"), hit=("hit", "any"))
    )
    return together(
        answer("process", processes.index, processes["margin"], processes["hit"]),
        answer("tenderer", winners, 0.0, True),
    )


TENDERS = indicators_in(globals())


# What the flags above share ------------------------------------------------------------------------------------------


def buyers(tables) -> pd.Series:
    """The buyer of every tender: ``tenders.buyer_id``, else the public authority of its project. Indexed by tender_id."""
    if "buyer_id" in tables.get("tenders", ()):
        return _by_tender(tables, "buyer_id")
    if not {"tenders", "projects"} <= set(tables) or "project_id" not in tables["tenders"]:
        return pd.Series(dtype=object)
    owner = tables["projects"].set_index("project_id")["public_authority"]
    tenders = tables["tenders"]
    return pd.Series(tenders["project_id"].map(owner).to_numpy(), index=tenders["tender_id"])


def _by_tender(tables, column) -> pd.Series:
    if column not in tables.get("tenders", ()):
        return pd.Series(dtype=object)
    return tables["tenders"].set_index("tender_id")[column]


def _tenders(tables, settings):
    """Tenders that were not cancelled and whose procedure is not excluded."""
    tenders = tables.get("tenders")
    if tenders is None:
        return pd.DataFrame({"tender_id": pd.unique(tables["bids"]["tender_id"])})
    if "status" in tenders:
        tenders = tenders[tenders["status"].ne("cancelled") | tenders["status"].isna()]
    if settings.excluded_details and "procurement_method_details" in tenders:
        tenders = tenders[~tenders["procurement_method_details"].isin(settings.excluded_details)]
    return tenders


def _bids(tables, settings):
    return tables["bids"][tables["bids"]["tender_id"].isin(_tenders(tables, settings)["tender_id"])]


def _compared(tables, bids, settings):
    """Without the procedures in which prices are not compared."""
    tenders = tables.get("tenders")
    if not settings.no_price_comparison or tenders is None or "procurement_method_details" not in tenders:
        return bids
    fixed = tenders.loc[tenders["procurement_method_details"].isin(settings.no_price_comparison), "tender_id"]
    return bids[~bids["tender_id"].isin(fixed)]


def counted_tenders(tables, tenders):
    """Open and selective tenders whose number of tenderers is known: 1 or more, and not fewer than the firms that bid."""
    tenders = tenders[
        tenders["procurement_method"].isin(("open", "selective")) & (tenders["number_of_tenderers"] >= 1)
    ]
    bids = tables.get("bids")
    if bids is None or not {"tender_id", "tenderer_id", "bid_id"} <= set(bids):
        return tenders
    if "status" in bids:
        bids = bids[bids["status"].isin(SUBMITTED)]
    came = bids.drop_duplicates(["tender_id", "tenderer_id"]).dropna(subset=["tenderer_id"])
    # A consortium is one tenderer; its bid may also be written as several rows.
    came = came.groupby("tender_id")["bid_id"].nunique()
    return tenders[~(tenders["tender_id"].map(came) > tenders["number_of_tenderers"])]


def _identified(bids):
    """Bids with an id each: one without an id is a bid of its own."""
    if "bid_id" not in bids or bids["bid_id"].notna().all():
        return bids
    own = pd.Series([f"\0{place}" for place in range(len(bids))], index=bids.index)
    return bids.assign(bid_id=bids["bid_id"].astype(object).where(bids["bid_id"].notna(), own))


def by_lot(tables, rows):
    """Rows with their ``lot`` ("" for a process without lots) and ``currency`` ("" where none is written), bids with an id each.

    In a process of several lots a row that names none cannot be compared with any other, and is left out.
    """
    rows = _identified(rows)
    lot = (
        rows["lot_id"].astype(object).where(rows["lot_id"].notna(), "")
        if "lot_id" in rows
        else pd.Series("", index=rows.index, dtype=object)
    )
    currency = (
        rows["currency"].astype(object).where(rows["currency"].notna(), "") if "currency" in rows else ""
    )
    rows = rows.assign(lot=lot, currency=currency)
    tenders = tables.get("tenders")
    if tenders is not None and "number_of_lots" in tenders:
        several = tenders.loc[tenders["number_of_lots"] > 1, "tender_id"]
        return rows[rows["lot"].ne("") | ~rows["tender_id"].isin(several)]
    return rows


def _unit(rows):
    """One key for process and lot: within it bids are compared."""
    return rows["tender_id"].astype(str) + "\0" + rows["lot"].astype(str)


def _in_one_currency(bids, awards, settings):
    """The bids of those processes (or lots) in which all are in one currency, and that is the award's where it says one."""
    unit = _unit(bids)
    several = bids["currency"].groupby(unit).transform("nunique") > 1
    known = (
        awards.loc[awards["currency"].ne("") & awards["amount"].notna()]
        if "amount" in awards
        else awards.iloc[:0]
    )
    paid_in = (
        known.assign(unit=_unit(known)).drop_duplicates("unit").set_index("unit")["currency"]
        if len(known)
        else pd.Series(dtype=object)
    )
    awarded = unit.map(paid_in)
    keep = ~several & (awarded.isna() | bids["currency"].eq("") | bids["currency"].eq(awarded))
    if settings.currency:
        keep &= bids["currency"].isin((settings.currency, ""))
    return bids[keep]


def _bids_of_one_firm(bids, status):
    bids = _identified(bids)
    bids = bids[~bids.duplicated(["tender_id", "bid_id"], keep=False)]
    return bids[(bids["status"] == status) & bids["tenderer_id"].notna()]


def _awards(tables):
    if "awards" in tables:
        return tables["awards"]
    contracts = tables["contracts"]
    return contracts[["tender_id", "supplier_id"]].assign(award_id=contracts["contract_id"], status="active")


def _final_awards(tables, settings):
    """Active awards of processes in which every award is final."""
    awards = by_lot(tables, _awards(tables))
    awards = awards[awards["tender_id"].isin(_tenders(tables, settings)["tender_id"])]
    open_ = awards.loc[~awards["status"].isin(FINAL), "tender_id"]
    return awards[awards["status"].eq("active") & ~awards["tender_id"].isin(open_)]


def _single_winners(tables, settings):
    """tender_id, lot, winner, price and the award's currency where one active award went to one firm, all awards final."""
    awards = _final_awards(tables, settings)
    awards = awards[~awards.duplicated(["tender_id", "lot"], keep=False)].dropna(subset=["supplier_id"])
    awards = awards.rename(columns={"supplier_id": "winner", "currency": "award_currency"})
    price = awards["amount"].where(awards["amount"] > 0) if "amount" in awards else np.nan
    return awards.assign(price=price)[["tender_id", "lot", "winner", "price", "award_currency"]]


def _margins(tables, settings):
    """tender_id, lot, winner, second, margin: how far the lowest valid bid of another firm lies above the price awarded.

    The price awarded is the award's amount, else the winner's lowest valid bid. Where a lower bid than that was valid, price alone
    cannot have decided, and the lot is left out.
    """
    bids = _bids_of_one_firm(
        by_lot(tables, _compared(tables, _bids(tables, settings), settings)), status="valid"
    )
    winners = _single_winners(tables, settings)
    bids = _in_one_currency(bids[bids["amount"].notna()], _awards_with_price(winners), settings)
    bids = bids.merge(winners, on=["tender_id", "lot"]).sort_values("amount", kind="stable")
    own = bids["tenderer_id"] == bids["winner"]
    columns = ["tender_id", "lot", "tenderer_id", "amount"]
    best = bids.loc[own, [*columns, "price"]].drop_duplicates(["tender_id", "lot"])
    second = bids.loc[~own, columns].drop_duplicates(["tender_id", "lot"])
    both = best.merge(second, on=["tender_id", "lot"], suffixes=("", "_second"))
    price = both["price"].fillna(both["amount"])
    both = both.assign(price=price)[(price > 0) & (both["amount_second"] >= price)]
    margin = (both["amount_second"] - both["price"]) / both["price"]
    return pd.DataFrame(
        {
            "tender_id": both["tender_id"],
            "lot": both["lot"],
            "winner": both["tenderer_id"],
            "second": both["tenderer_id_second"],
            "margin": margin,
        }
    ).reset_index(drop=True)


def _awards_with_price(winners):
    return winners.rename(columns={"award_currency": "currency", "price": "amount"})
