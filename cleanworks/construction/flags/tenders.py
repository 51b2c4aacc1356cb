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
    "R003", "Short submission period", family="tender", levels=("process",), source=CARDINAL,
    definition="Bids could be handed in for fewer than 15 whole days.",
    formula="whole days of (tender_end - tender_start) < 15; another limit may hold for small works and for single procedures",
    unit="1 flagged, 0 not",
    fields=("tenders.tender_id", "tenders.tender_start", "tenders.tender_end"),
    optional=("tenders.procurement_method", "tenders.procurement_method_details", "tenders.cost_estimate", "tenders.status"),
    innocent=("The law allows a shorter period for small or urgent works.", "The notice was published again after a small correction."),
)
def R003(tables, settings):
    tenders = _tenders(tables, settings)
    if settings.short_submission_methods:
        tenders = tenders[tenders["procurement_method"].isin(settings.short_submission_methods)]
    tenders = tenders[tenders["tender_start"].notna() & tenders["tender_end"].notna()]
    days = (tenders["tender_end"] - tenders["tender_start"]).dt.days
    limit = pd.Series(settings.short_submission_days, index=tenders.index, dtype=float)
    if settings.short_submission_days_small is not None and settings.small_works_amount is not None and "cost_estimate" in tenders:
        limit = limit.mask(tenders["cost_estimate"] <= settings.small_works_amount, settings.short_submission_days_small)
    if settings.short_submission_days_by_details and "procurement_method_details" in tenders:
        own = tenders["procurement_method_details"].map(dict(settings.short_submission_days_by_details))
        limit = own.astype(float).fillna(limit)
    short = days < limit
    return answer("process", tenders["tender_id"], short, short)


@indicator(
    "R018", "Single bid", family="tender", levels=("process",), source=CARDINAL,
    definition="One firm took part in an open or selective procedure.",
    formula="number_of_tenderers = 1 and method is open or selective",
    unit="1 flagged, 0 not",
    fields=("tenders.tender_id", "tenders.procurement_method", "tenders.number_of_tenderers"),
    optional=("tenders.status",),
    innocent=("Few firms can do such work.", "A busy season: firms are fully booked.", "The site is remote."),
)
def R018(tables, settings):
    tenders = _tenders(tables, settings)
    tenders = tenders[tenders["procurement_method"].isin(("open", "selective"))]
    tenders = tenders[tenders["number_of_tenderers"].notna()]
    single = tenders["number_of_tenderers"] == 1
    return answer("process", tenders["tender_id"], single, single)


_PRICES = (
    "bids.bid_id", "bids.tender_id", "bids.tenderer_id", "bids.amount", "bids.status", AWARDED,
)


@indicator(
    "R024", "Price close to the winning bid", family="tender", levels=("process", "tenderer"), source=CARDINAL,
    definition="The second-lowest valid bid is unusually close to the winning one: a cover bid may have been agreed.",
    formula="d = (second lowest valid bid - winning bid) / winning bid; d <= Q1 - 1.5 IQR over all processes",
    unit="share of the winning bid; for a firm only a mark (0)",
    fields=_PRICES, optional=("bids.currency", "awards.status", "tenders.procurement_method_details", "tenders.status"),
    innocent=("Prices of standard work are known to all firms.", "The estimate was published and all bid close to it."),
)
def R024(tables, settings):
    margins = _margins(tables, settings)
    close = low_outliers(margins["margin"], settings.fences.get("R024"))
    firms = pd.unique(margins.loc[close, ["winner", "second"]].to_numpy().ravel())
    return together(answer("process", margins["tender_id"], margins["margin"], close), answer("tenderer", firms, 0.0, True))


@indicator(
    "R025", "Excessive unsuccessful bids", family="tender", levels=("tenderer",), source=CARDINAL,
    definition="A firm bids more often than most and wins unusually seldom: it may bid to lose.",
    formula="valid bids >= Q3 of all firms' counts, and wins / valid bids <= Q1 - 1.5 IQR of all firms' ratios",
    unit="share of valid bids won",
    fields=("bids.bid_id", "bids.tender_id", "bids.tenderer_id", "bids.status", AWARDED), optional=("awards.status", "tenders.status"),
    innocent=("The firm is new and learns to bid.", "The firm is dear and honest."),
)
def R025(tables, settings):
    winners = _single_winners(tables, settings)
    valid = _bids_of_one_firm(_bids(tables, settings), status="valid")
    valid = valid[["tender_id", "tenderer_id"]].drop_duplicates().merge(winners, on="tender_id")
    won = valid["tenderer_id"] == valid["winner"]
    firms = won.groupby(valid["tenderer_id"], sort=True).agg(["sum", "count"])
    if firms.empty:
        return no_answer()
    ratio = firms["sum"] / firms["count"]
    often = firms["count"] >= quartiles(firms["count"])[1]
    return answer("tenderer", firms.index, ratio, often & low_outliers(ratio, settings.fences.get("R025")))


@indicator(
    "R028", "Identical prices", family="tender", levels=("process", "tenderer"), source=CARDINAL,
    definition="Two different tenderers offered exactly the same price.",
    formula="two bids of one process with equal amount and currency and different firms",
    unit="1 flagged, 0 not",
    fields=("bids.bid_id", "bids.tender_id", "bids.tenderer_id", "bids.amount", "bids.status"),
    optional=("bids.currency", "tenders.procurement_method_details", "tenders.status"),
    innocent=("Rounded prices of small works.", "A price list or a price fixed by law."),
)
def R028(tables, settings):
    bids = _compared(tables, _bids(tables, settings), settings)
    bids = bids[bids["status"].isin(SUBMITTED) & bids["amount"].notna() & bids["tenderer_id"].notna()]
    everyone = pd.unique(bids["tender_id"])
    who = bids["tenderer_id"].astype(object)
    several = bids.duplicated(["tender_id", "bid_id"], keep=False)
    if several.any():
        # A consortium is one tenderer, whatever the order of its members.
        joint = bids[several].sort_values("tenderer_id").groupby(["tender_id", "bid_id"])["tenderer_id"].agg("\x1f".join)
        keys = pd.MultiIndex.from_frame(bids.loc[several, ["tender_id", "bid_id"]])
        who[several] = joint.reindex(keys).to_numpy()
    price = ["tender_id", "amount", *(["currency"] if "currency" in bids else [])]
    same = bids.assign(who=who).groupby(price, sort=False, dropna=False)["who"].transform("nunique") > 1
    flagged = pd.unique(bids.loc[same, "tender_id"])
    firms = pd.unique(bids.loc[same, "tenderer_id"])
    hit = np.isin(everyone.astype(object), flagged.astype(object))
    return together(answer("process", everyone, hit, hit), answer("tenderer", firms, 1.0, True))


@indicator(
    "R030", "Late bid won", family="tender", levels=("process", "tenderer"), source=CARDINAL,
    definition="A valid bid arrived after the deadline and its firm was awarded the contract.",
    formula="bid date > tender_end, bid valid, its firm is supplier of an active award",
    unit="1 flagged, 0 not",
    fields=("bids.tender_id", "bids.tenderer_id", "bids.date", "bids.status", "tenders.tender_id", "tenders.tender_end", AWARDED),
    optional=("awards.status", "tenders.status"),
    innocent=("The deadline was extended and the notice not corrected.", "The date is the day of entry, not of receipt."),
)
def R030(tables, settings):
    tenders = _tenders(tables, settings)[["tender_id", "tender_end"]].dropna()
    bids = tables["bids"].merge(tenders, on="tender_id")
    awards = _awards(tables)
    awards = awards.loc[awards["status"] == "active", ["tender_id", "supplier_id"]].dropna().drop_duplicates()
    won = bids.merge(awards, left_on=["tender_id", "tenderer_id"], right_on=["tender_id", "supplier_id"])
    won = won[(won["status"] == "valid") & won["date"].notna()]
    late = won["date"] > won["tender_end"]
    processes = late.groupby(won["tender_id"], sort=False).any()
    return together(
        answer("process", processes.index, processes, processes),
        answer("tenderer", pd.unique(won.loc[late, "tenderer_id"]), 1.0, True),
    )


@indicator(
    "R035", "All other bids disqualified", family="tender", levels=("process", "tenderer"), source=CARDINAL,
    definition="Only the winner's bids are valid; at least one other firm was disqualified.",
    formula="one firm has valid bids, it is the only supplier, and >= 1 other firm was disqualified",
    unit="number of other firms disqualified; for a firm only a mark (0)",
    fields=("bids.tender_id", "bids.tenderer_id", "bids.status", AWARDED), optional=("awards.status", "tenders.status"),
    innocent=("The others missed a clear, necessary document.", "Demanding works with a proper prequalification."),
)
def R035(tables, settings):
    bids = _bids(tables, settings).dropna(subset=["tenderer_id"])
    pairs = bids[["tender_id", "tenderer_id", "status"]].drop_duplicates()
    valid = pairs[pairs["status"] == "valid"]
    only = valid[~valid["tender_id"].duplicated(keep=False)].set_index("tender_id")["tenderer_id"]
    awards = _final_awards(tables, settings)
    suppliers = awards[["tender_id", "supplier_id"]].drop_duplicates()
    supplier = suppliers[~suppliers["tender_id"].duplicated(keep=False)].set_index("tender_id")["supplier_id"]
    looked = pd.Index(pd.unique(pairs["tender_id"])).intersection(awards["tender_id"], sort=False)
    out = pairs[pairs["status"] == "disqualified"]
    out = out[out["tenderer_id"] != out["tender_id"].map(only)]
    others = out.groupby("tender_id").size().reindex(looked, fill_value=0)
    same = only.reindex(looked).eq(supplier.reindex(looked)) & only.reindex(looked).notna()
    hit = (same & (others >= settings.other_disqualified)).to_numpy()
    winners = pd.unique(only.reindex(looked[hit]))
    return together(answer("process", looked, others, hit), answer("tenderer", winners, 0.0, True))


@indicator(
    "R036", "Lowest bid disqualified", family="tender", levels=("process",), source=CARDINAL,
    definition="The lowest of the submitted bids was disqualified, although price alone decides, and the contract was awarded.",
    formula="status of the lowest submitted bid = disqualified; of equal lowest bids the first in the file counts",
    unit="1 flagged, 0 not",
    fields=("bids.bid_id", "bids.tender_id", "bids.amount", "bids.status", AWARDED),
    optional=("bids.currency", "tenders.price_only", "tenders.procurement_method_details", "awards.status", "tenders.status"),
    innocent=("The bid was abnormally low and the firm could not explain it.", "The firm lacked a licence."),
)
def R036(tables, settings):
    awards = _awards(tables)
    awarded = awards.loc[awards["status"] == "active", "tender_id"]
    bids = _in_main_currency(_compared(tables, _bids(tables, settings), settings), settings)
    if "price_only" in tables.get("tenders", ()):
        otherwise = tables["tenders"].loc[tables["tenders"]["price_only"].eq(False), "tender_id"]
        bids = bids[~bids["tender_id"].isin(otherwise)]
    bids = bids[bids["tender_id"].isin(awarded) & bids["status"].isin(SUBMITTED) & bids["amount"].notna()]
    if bids.empty:
        return no_answer()
    bids = bids.reset_index(drop=True)
    compared = bids.loc[bids["status"] == "valid", "tender_id"]
    bids = bids[bids["tender_id"].isin(compared)]
    lowest = bids.loc[bids.groupby("tender_id", sort=False)["amount"].idxmin()]
    hit = lowest["status"] == "disqualified"
    return answer("process", lowest["tender_id"], hit, hit)


@indicator(
    "R038", "Excessive disqualified bids", family="tender", levels=("buyer", "procuring entity", "tenderer"), source=CARDINAL,
    definition="A buyer disqualifies, or a firm is disqualified, unusually often.",
    formula="disqualified bids / submitted bids >= Q3 + 1.5 IQR, among those with at least 2 submitted bids",
    unit="share of submitted bids",
    fields=("bids.bid_id", "bids.tender_id", "bids.tenderer_id", "bids.status"),
    optional=("tenders.buyer_id", "tenders.procuring_entity_id", "projects.public_authority", "tenders.status"),
    innocent=("A buyer of difficult works with strict licences.", "A newcomer that still learns the forms."),
)
def R038(tables, settings):
    bids = _bids(tables, settings)
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
        parts.append(answer(level, out.index, ratio, high_outliers(ratio, settings.fences.get("R038"))))
    return together(*parts)


@indicator(
    "R048", "Heterogeneous supplier", family="tender", levels=("tenderer",), source=CARDINAL,
    definition="A firm supplies unusually different things.",
    formula="number of different first two digits of item codes >= Q3 + 1.5 IQR, among firms with at least 20 processes",
    unit="item classes",
    fields=("award_items.award_id", "award_items.tender_id", "award_items.classification_id", "awards.award_id", "awards.supplier_id", "awards.status"),
    optional=("tenders.status",),
    innocent=("A general contractor or a trading house.", "Codes are chosen carelessly."),
)
def R048(tables, settings):
    awards = tables["awards"]
    awards = awards[awards["tender_id"].isin(_tenders(tables, settings)["tender_id"])]
    awards = awards[(awards["status"] == "active") & ~awards["award_id"].duplicated(keep=False)].dropna(subset=["supplier_id"])
    items = tables["award_items"].dropna(subset=["classification_id"])
    items = items.merge(awards[["award_id", "supplier_id"]], on="award_id")
    firms = items.assign(group=items["classification_id"].astype(str).str[:2]).groupby("supplier_id", sort=True)
    counts = firms.agg(processes=("tender_id", "nunique"), classes=("group", "nunique"))
    counts = counts[counts["processes"] >= settings.minimum_contracting_processes]
    return answer("tenderer", counts.index, counts["classes"], high_outliers(counts["classes"], settings.fences.get("R048")))


@indicator(
    "R058", "Heavily discounted bid", family="tender", levels=("process", "tenderer"), source=CARDINAL,
    definition="The winning bid lies unusually far below the second-lowest.",
    formula="d = (second lowest valid bid - winning bid) / winning bid; d >= Q3 + 1.5 IQR over all processes",
    unit="share of the winning bid; for a firm only a mark (0)",
    fields=_PRICES, optional=("bids.currency", "awards.status", "tenders.procurement_method_details", "tenders.status"),
    innocent=("A firm with idle machines near the site.", "A better method of building."),
)
def R058(tables, settings):
    margins = _margins(tables, settings)
    far = high_outliers(margins["margin"], settings.fences.get("R058"))
    winners = pd.unique(margins.loc[far, "winner"])
    return together(answer("process", margins["tender_id"], margins["margin"], far), answer("tenderer", winners, 0.0, True))


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


def _in_main_currency(bids, settings):
    """Only the bids in one currency: the one of the settings, or the first that is met."""
    if "currency" not in bids or bids.empty:
        return bids
    met = bids.loc[bids["amount"].notna(), "currency"].dropna()
    main = settings.currency or (met.iloc[0] if len(met) else None)
    return bids[bids["currency"] == main]


def _bids_of_one_firm(bids, status):
    bids = bids[~bids.duplicated(["tender_id", "bid_id"], keep=False)]
    return bids[(bids["status"] == status) & bids["tenderer_id"].notna()]


def _awards(tables):
    if "awards" in tables:
        return tables["awards"]
    contracts = tables["contracts"]
    return contracts[["tender_id", "supplier_id"]].assign(award_id=contracts["contract_id"], status="active")


def _final_awards(tables, settings):
    """Active awards of processes in which every award is final."""
    awards = _awards(tables)
    awards = awards[awards["tender_id"].isin(_tenders(tables, settings)["tender_id"])]
    open_ = awards.loc[~awards["status"].isin(FINAL), "tender_id"]
    return awards[awards["status"].eq("active") & ~awards["tender_id"].isin(open_)]


def _single_winners(tables, settings):
    """tender_id and winner of processes with one active award to one firm, all awards final."""
    awards = _final_awards(tables, settings)
    awards = awards[~awards["tender_id"].duplicated(keep=False)].dropna(subset=["supplier_id"])
    return awards[["tender_id", "supplier_id"]].rename(columns={"supplier_id": "winner"})


def _margins(tables, settings):
    """tender_id, winner, second, margin: how far the second-lowest valid bid lies above the winning one.

    Where the lowest bid did not win, price alone cannot have decided, and the process is left out.
    """
    bids = _bids_of_one_firm(_compared(tables, _bids(tables, settings), settings), status="valid")
    bids = bids.merge(_single_winners(tables, settings), on="tender_id")
    bids = _in_main_currency(bids, settings)
    bids = bids[bids["amount"].notna()].sort_values("amount", kind="stable")
    own = bids["tenderer_id"] == bids["winner"]
    columns = ["tender_id", "tenderer_id", "amount"]
    best = bids.loc[own, columns].drop_duplicates("tender_id")
    second = bids.loc[~own, columns].drop_duplicates("tender_id")
    both = best.merge(second, on="tender_id", suffixes=("", "_second"))
    both = both[(both["amount"] > 0) & (both["amount_second"] >= both["amount"])]
    margin = (both["amount_second"] - both["amount"]) / both["amount"]
    return pd.DataFrame(
        {"tender_id": both["tender_id"], "winner": both["tenderer_id"], "second": both["tenderer_id_second"], "margin": margin}
    ).reset_index(drop=True)
