"""Tenders and bids: the eleven flags that Cardinal publishes, reproduced on its own fixtures.

Cardinal (Open Contracting Partnership) computes them from OCDS; here they are computed from tables, and
`cleanworks.standards.ocds.read` turns OCDS into these tables. A bid of several firms is several rows of ``bids`` with one
``bid_id``; an award to several firms is several rows of ``awards``. Without a table ``awards`` each contract is an active award.
"""

from __future__ import annotations

import narwhals as nw
from narwhals import col, lit

from cleanworks.construction.flags._core import Settings
from cleanworks.construction.flags._processes import Frame, Processes

from ._core import high_fence, indicator, indicators_in, low_fence, quartiles
from ._processes import among, currencies, known, whole

CARDINAL = ("ccs-s84",)
_AWARDING = ("awards.tender_id|contracts.tender_id", "awards.status|contracts.tender_id")
AWARDED = ("awards.supplier_id|contracts.supplier_id", *_AWARDING)


@indicator(
    "R003",
    "Short submission period",
    family="tender",
    levels=("process",),
    source=CARDINAL,
    definition="Bids could be handed in for fewer whole days than the limit: 15, or what the country's profile says.",
    formula="whole days of (tender_end - tender_start) < limit; another one may hold for small works and for single procedures",
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
def R003(processes: Processes, settings: Settings) -> list[tuple[str, Frame]]:
    # A period that ends before it begins has no length.
    tenders = processes.tenders.filter(col("kept") & known(col("tender_end") >= col("tender_start")))
    if settings.short_submission_methods:
        tenders = tenders.filter(among("procurement_method", settings.short_submission_methods))
    limit: nw.Expr = lit(settings.short_submission_days)
    if (
        settings.short_submission_days_small is not None
        and settings.small_works_amount is not None
        and "cost_estimate" in tenders.columns
    ):
        small = known(col("cost_estimate") <= settings.small_works_amount)
        limit = nw.when(small).then(lit(settings.short_submission_days_small)).otherwise(limit)
    if "procurement_method_details" in tenders.columns:
        for details, days in settings.short_submission_days_by_details.items():
            own = known(col("procurement_method_details") == details)
            limit = nw.when(own).then(lit(days)).otherwise(limit)
    length = processes.days_between(col("tender_start"), col("tender_end"))
    short = tenders.with_columns(short=length < limit)
    return [processes.of_processes(short.select("process", "short"), "short", col("short"))]


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
    optional=("tenders.status", "bids.tender_id", "bids.bid_id", "bids.tenderer_id", "bids.status"),
    innocent=("Few firms can do such work.", "A busy season: firms are fully booked.", "The site is remote."),
)
def R018(processes: Processes, settings: Settings) -> list[tuple[str, Frame]]:
    tenders = processes.counted.filter(col("kept"))
    single = tenders.select("process", single=col("number_of_tenderers") == 1)
    return [processes.of_processes(single, "single", col("single"))]


_PRICES = (
    "bids.bid_id",
    "bids.tender_id",
    "bids.tenderer_id",
    "bids.amount",
    "bids.status",
    *AWARDED,
)
_LOTS = (
    "bids.lot_id",
    "awards.lot_id",
    "awards.status",
    "tenders.tender_id",
    "tenders.number_of_lots",
    "tenders.status",
)
_SHARPER = (
    "bids.currency", "bids.lot_id", "awards.status", "awards.amount", "awards.currency", "awards.lot_id", "tenders.tender_id",
    "tenders.number_of_lots", "tenders.procurement_method_details", "tenders.status",
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
def R024(processes: Processes, settings: Settings) -> list[tuple[str, Frame]]:
    margins = processes.margins
    fence = low_fence(processes.column(margins, "margin"), settings.fences.get("R024"))
    close = lit(False) if fence is None else col("margin") <= fence
    margins = margins.with_columns(hit=close)
    hits = margins.filter(col("hit"))
    second = processes.contenders.join(hits, on=["process", "lot"], how="inner")
    second = second.filter(known(col("amount") == col("second")) & (col("firm") != col("winner")))
    firms = nw.concat([hits.select(firm=col("winner")), second.select("firm")]).unique()
    margins = margins.group_by("process").agg(col("margin").min(), col("hit").max())
    return [processes.of_processes(margins, "margin", col("hit")), processes.of_firms(firms, 0, True)]


@indicator(
    "R025",
    "Excessive unsuccessful bids",
    family="tender",
    levels=("tenderer",),
    source=CARDINAL,
    definition="A firm bids more often than most and wins unusually seldom: it may bid to lose.",
    formula="valid bids >= Q3 of all firms' counts, and wins / valid bids <= Q1 - 1.5 IQR of all firms' ratios",
    unit="share of valid bids won",
    fields=("bids.bid_id", "bids.tender_id", "bids.tenderer_id", "bids.status", *AWARDED),
    optional=_LOTS,
    innocent=("The firm is new and learns to bid.", "The firm is dear and honest."),
)
def R025(processes: Processes, settings: Settings) -> list[tuple[str, Frame]]:
    valid = processes.contenders.select("process", "lot", "firm").unique()
    valid = valid.join(processes.winners, on=["process", "lot"], how="inner")
    valid = valid.with_columns(won=(col("firm") == col("winner")).cast(nw.Int64))
    firms = processes.engine.keep(valid.group_by("firm").agg(wins=col("won").sum(), bids=nw.len()))
    firms = firms.with_columns(ratio=col("wins") / col("bids"))
    bids = processes.column(firms, "bids")
    fence = low_fence(processes.column(firms, "ratio"), settings.fences.get("R025"))
    hit = lit(False)
    if fence is not None and len(bids):
        hit = (col("bids") >= quartiles(bids)[1]) & (col("ratio") <= fence)
    return [processes.of_firms(firms, "ratio", hit)]


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
        "tenders.tender_id",
        "tenders.number_of_lots",
        "tenders.procurement_method_details",
        "tenders.status",
    ),
    innocent=("Rounded prices of small works.", "A price list or a price fixed by law."),
)
def R028(processes: Processes, settings: Settings) -> list[tuple[str, Frame]]:
    bids = processes.priced.filter(col("firm") > 0)
    price = ["process", "lot", "amount", "currency"]
    twice = bids.group_by(*price).agg(rows=nw.len()).filter(col("rows") > 1).drop("rows")
    twice = bids.join(twice, on=price, how="inner")
    twice = _tenderers(processes, twice) if processes.some_joint else twice.with_columns(who=col("firm"))
    same = twice.group_by(*price).agg(tenderers=col("who").n_unique()).filter(col("tenderers") > 1)
    same = processes.engine.keep(twice.join(same, on=price, how="inner").select("process", "firm"))
    looked = bids.select("process").unique()
    found = same.select("process", hit=lit(True)).unique()
    looked = looked.join(found, on="process", how="left").with_columns(hit=known(col("hit")))
    firms = same.select("firm").unique()
    return [processes.of_processes(looked, "hit", col("hit")), processes.of_firms(firms, 1, True)]


def _tenderers(processes: Processes, bids: Frame) -> Frame:
    """Bids with ``who``: the firm, or the members of a joint bid, which are one tenderer whatever their order."""
    joint = bids.filter(col("bid") > 0)
    left = processes.engine.keep(joint.select("bid", "firm").unique())
    who = left.select("bid", who=lit("")).unique()
    while len(processes.column(left, "bid")):
        first = processes.engine.keep(left.group_by("bid").agg(first=col("firm").min()))
        who = who.join(first, on="bid", how="left")
        member = (
            nw.when(col("first").is_null())
            .then(lit(""))
            .otherwise(nw.concat_str(lit("+"), col("first").cast(nw.String)))
        )
        who = processes.engine.keep(who.select("bid", who=nw.concat_str(col("who"), member)))
        left = left.join(first, on="bid", how="inner").filter(col("firm") > col("first")).drop("first")
        left = processes.engine.keep(left)
    columns = ["process", "lot", "amount", "currency", "firm"]
    alone = bids.filter(col("bid") == 0).select(*columns, who=col("firm").cast(nw.String))
    return nw.concat([alone, joint.join(who, on="bid", how="inner").select(*columns, "who")])


@indicator(
    "R030",
    "Late bid won",
    family="tender",
    levels=("process", "tenderer"),
    source=CARDINAL,
    definition="A valid bid arrived after the deadline and its firm was awarded the contract.",
    formula="bid date > tender_end, bid valid, its firm is supplier of an active award; a deadline told as a day, or at midnight, ends with that day; "
    "no answer where it depends on a zone that is not written",
    unit="1 flagged, 0 not",
    fields=(
        "bids.tender_id",
        "bids.tenderer_id",
        "bids.date",
        "bids.status",
        "tenders.tender_id",
        "tenders.tender_end",
        *AWARDED,
    ),
    optional=_LOTS,
    innocent=(
        "The deadline was extended and the notice not corrected.",
        "The date is the day of entry, not of receipt.",
    ),
)
def R030(processes: Processes, settings: Settings) -> list[tuple[str, Frame]]:
    awards = processes.awarded.filter(col("active") & col("placed") & (col("firm") > 0))
    awards = awards.select("process", "lot", "firm").unique()
    bids = processes.offers.filter(col("kept") & col("placed") & col("valid") & col("dated"))
    won = bids.join(awards, on=["process", "lot", "firm"], how="inner")
    firms = won.filter(col("late")).select("firm").unique()
    won = won.group_by("process").agg(col("late").max())
    return [processes.of_processes(won, "late", col("late")), processes.of_firms(firms, 1, True)]


@indicator(
    "R035",
    "All other bids disqualified",
    family="tender",
    levels=("process", "tenderer"),
    source=CARDINAL,
    definition="Only the winner's bids are valid; at least one other firm was disqualified.",
    formula="one firm has valid bids, it is the only supplier, and >= 1 other firm was disqualified",
    unit="number of other firms disqualified; for a firm only a mark (0)",
    fields=("bids.tender_id", "bids.tenderer_id", "bids.status", *AWARDED),
    optional=_LOTS,
    innocent=(
        "The others missed a clear, necessary document.",
        "Demanding works with a proper prequalification.",
    ),
)
def R035(processes: Processes, settings: Settings) -> list[tuple[str, Frame]]:
    # Whether all others were disqualified is not known as long as the fate of one bid, or its firm, is not.
    bids = processes.offers.with_columns(
        doubt=~col("judged") | (col("firm") == 0),
        low=nw.when(col("valid")).then(col("firm")),
        high=nw.when(col("valid")).then(col("firm")),
    )
    units = bids.group_by("process", "lot").agg(col("doubt").max(), col("low").min(), col("high").max())
    units = units.filter(~col("doubt")).drop("doubt")
    awards = processes.decided.group_by("process", "lot").agg(
        col("firm").min().alias("supplier"), col("firm").max().alias("last")
    )
    units = units.join(awards, on=["process", "lot"], how="inner")
    # Firm 0 is an award to nobody known.
    alone = known(
        (col("low") == col("high")) & (col("supplier") == col("last")) & (col("low") == col("supplier"))
    )
    units = units.with_columns(alone=alone)
    out = bids.filter(col("out")).select("process", "lot", "firm").unique()
    out = out.join(units, on=["process", "lot"], how="inner")
    only = nw.when(known(col("low") == col("high"))).then(col("low")).otherwise(whole(0))
    out = out.filter(col("firm") != only).group_by("process", "lot").agg(others=nw.len())
    units = units.join(out, on=["process", "lot"], how="left")
    units = units.with_columns(others=col("others").fill_null(0))
    units = units.with_columns(hit=col("alone") & (col("others") >= settings.other_disqualified))
    units = processes.engine.keep(units)
    firms = units.filter(col("hit")).select(firm=col("low")).unique()
    found = units.group_by("process").agg(col("others").max(), col("hit").max())
    return [processes.of_processes(found, "others", col("hit")), processes.of_firms(firms, 0, True)]


@indicator(
    "R036",
    "Lowest bid disqualified",
    family="tender",
    levels=("process",),
    source=CARDINAL,
    definition="The lowest of the submitted bids was disqualified, although price alone decides, and the contract was awarded.",
    formula="the lowest disqualified bid <= the lowest other submitted bid, in one lot and currency; only where a bid is valid and an award active",
    unit="1 flagged, 0 not",
    fields=(
        "bids.bid_id",
        "bids.tender_id",
        "bids.amount",
        "bids.status",
        "awards.award_id|contracts.contract_id",
        *_AWARDING,
    ),
    optional=(*_SHARPER, "awards.supplier_id", "tenders.price_only"),
    innocent=("The bid was abnormally low and the firm could not explain it.", "The firm lacked a licence."),
)
def R036(processes: Processes, settings: Settings) -> list[tuple[str, Frame]]:
    awards = processes.awarded.filter(col("active") & col("placed"))
    # Only an award with a price says in which currency it was paid.
    paid = nw.when(~col("amount").is_null()).then(col("currency")).otherwise(whole(0))
    awards = awards.select("process", "lot", award_currency=paid).unique()
    bids = processes.priced.filter(col("by_price"))
    bids = bids.with_columns(
        standing=nw.when(~col("out")).then(col("amount")), refused=nw.when(col("out")).then(col("amount"))
    )
    units = bids.group_by("process", "lot").agg(
        col("valid").max(), col("standing").min(), col("refused").min(), **currencies()
    )
    units = units.filter(col("valid")).join(awards, on=["process", "lot"], how="inner")
    units = processes.in_one_currency(units)
    units = units.with_columns(hit=known(col("refused") <= col("standing")))
    found = units.group_by("process").agg(col("hit").max())
    return [processes.of_processes(found, "hit", col("hit"))]


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
        "tenders.tender_id",
        "tenders.buyer_id",
        "tenders.procuring_entity_id",
        "tenders.project_id",
        "projects.project_id",
        "projects.public_authority",
        "tenders.status",
    ),
    innocent=("A buyer of difficult works with strict licences.", "A newcomer that still learns the forms."),
)
def R038(processes: Processes, settings: Settings) -> list[tuple[str, Frame]]:
    bids = processes.offers.filter(col("kept") & col("submitted")).with_columns(col("out").cast(nw.Int64))
    each = bids.filter(col("bid") == 0).group_by("process").agg(col("out").sum(), bids=nw.len())
    if processes.some_joint:
        joint = bids.filter(col("bid") > 0).group_by("process", "bid").agg(col("out").max())
        joint = joint.group_by("process").agg(col("out").sum(), bids=nw.len())
        each = nw.concat([one.select("process", "out", "bids") for one in (each, joint)])
    parts = []
    for level, who in (
        ("buyer", processes.buyers()),
        ("procuring entity", processes.buyers("procuring_entity_id")),
    ):
        if who is not None:
            shares = each.join(who, on="process", how="inner")
            shares = shares.group_by("who").agg(col("out").sum(), col("bids").sum())
            parts.append(processes.of_names(level, *_refusals(processes, shares, "who", settings)))
    firms = bids.filter(col("firm") > 0).group_by("firm").agg(col("out").sum(), bids=nw.len())
    firms, _, value, hit = _refusals(processes, firms, "firm", settings)
    return [*parts, processes.of_firms(firms, value, hit)]


def _refusals(
    processes: Processes, shares: Frame, name: str, settings: Settings
) -> tuple[Frame, str, str, nw.Expr]:
    shares = processes.engine.keep(shares.filter(col("bids") >= settings.minimum_submitted_bids))
    shares = shares.with_columns(ratio=col("out") / col("bids"))
    # Cardinal's published cases have two and three buyers.
    fence = high_fence(processes.column(shares, "ratio"), settings.fences.get("R038"), fewest=1)
    return shares, name, "ratio", lit(False) if fence is None else col("ratio") >= fence


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
        "awards.tender_id",
        "awards.supplier_id",
        "awards.status",
    ),
    optional=("tenders.tender_id", "tenders.status"),
    innocent=("A general contractor or a trading house.", "Codes are chosen carelessly."),
)
def R048(processes: Processes, settings: Settings) -> list[tuple[str, Frame]]:
    kept = processes.tenders.filter(col("kept")).select("tender_id")
    awards = processes.engine.where(processes.table("awards"), "tender_id", kept, there=True)
    awards = awards.filter(known(col("status") == "active") & ~col("award_id").is_null())
    twice = awards.group_by("award_id").agg(rows=nw.len()).filter(col("rows") > 1).select("award_id")
    one = processes.engine.where(awards.filter(~col("supplier_id").is_null()), "award_id", twice, there=False)
    items = processes.table("award_items").filter(~col("classification_id").is_null())
    items = items.select(
        "award_id", "tender_id", kind=col("classification_id").cast(nw.String).str.slice(0, 2)
    )
    items = processes.looked_up(items, one.select("award_id", "supplier_id"), "award_id", "inner")
    firms = items.group_by("supplier_id").agg(
        processes=col("tender_id").n_unique(), kinds=col("kind").n_unique()
    )
    firms = processes.engine.keep(firms.filter(col("processes") >= settings.minimum_contracting_processes))
    fence = high_fence(processes.column(firms, "kinds"), settings.fences.get("R048"))
    hit = lit(False) if fence is None else col("kinds") >= fence
    return [processes.of_names("tenderer", firms, "supplier_id", "kinds", hit)]


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
def R058(processes: Processes, settings: Settings) -> list[tuple[str, Frame]]:
    margins = processes.margins
    fence = high_fence(processes.column(margins, "margin"), settings.fences.get("R058"))
    far = lit(False) if fence is None else col("margin") >= fence
    margins = margins.with_columns(hit=far)
    firms = margins.filter(col("hit")).select(firm=col("winner")).unique()
    margins = margins.group_by("process").agg(col("margin").max(), col("hit").max())
    return [processes.of_processes(margins, "margin", col("hit")), processes.of_firms(firms, 0, True)]


TENDERS = indicators_in(globals())
