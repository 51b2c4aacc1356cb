"""What happens to a contract after signature: cost, time, changes, subcontracts, delivery."""

from __future__ import annotations

import narwhals as nw
from narwhals import col, lit

from cleanworks.construction.flags._core import Settings
from cleanworks.construction.flags._processes import Frame, Processes

from ._core import STANDING, high_fence, indicator, indicators_in
from ._processes import above_zero, among, known, next_month, number, total

CHANGES = ("ccs-s85", "ccs-s86")
STANDARD = ("cost-ids", "oc4ids")
RED_FLAGS = ("ocp-red-flags",)
_VALUES = (
    "contracts.contract_id",
    "contracts.value_amount",
    "modifications.contract_id",
    "modifications.old_value",
    "modifications.new_value",
)


@indicator(
    "cost-overrun",
    "Cost overrun",
    family="contract",
    levels=("contract", "project"),
    source=("cost-ids", "ccs-s87"),
    definition="The price as it stands is above the price at signature; for a project, its final value is above its budget.",
    formula="(price at signature + sum(new_value - old_value)) / price at signature - 1; project: completion_final_value / budget_amount - 1",
    unit="share",
    fields=_VALUES,
    optional=(
        "contracts.status",
        "projects.status",
        "projects.project_id",
        "projects.completion_final_value",
        "projects.budget_amount",
        "projects.currency",
    ),
    innocent=(
        "Prices of materials rose and the contract foresees it.",
        "The ground was not as the survey said.",
        "The city asked for more.",
    ),
)
def cost_overrun(processes: Processes, settings: Settings) -> list[tuple[str, Frame]]:
    share = total("added") / above_zero("value_amount")
    high = col("value") > settings.cost_overrun
    parts = [processes.of_rows("contract", processes.ledger, "contract_id", share, high)]
    if processes.has("projects", "project_id", "completion_final_value", "budget_amount"):
        # The difference first: 110 / 100 - 1 is a little more than a tenth.
        over = (number("completion_final_value") - number("budget_amount")) / above_zero("budget_amount")
        if processes.has("projects", "currency"):
            over = nw.when(~known(col("currency") == "several")).then(over)
        parts.append(processes.of_rows("project", processes.standing("projects"), "project_id", over, high))
    return parts


@indicator(
    "time-overrun",
    "Time overrun",
    family="contract",
    levels=("contract", "project"),
    source=STANDARD,
    definition="The agreed end moved back; for a project, it was completed after the planned end.",
    formula="(last new_period_end - period_end) / (period_end - period_start); project: (completion_end_date - period_end) / planned duration",
    unit="share of the planned duration",
    fields=(
        "contracts.contract_id",
        "contracts.period_start",
        "contracts.period_end",
        "modifications.contract_id",
        "modifications.date",
        "modifications.new_period_end",
    ),
    optional=(
        "contracts.status",
        "projects.status",
        "projects.project_id",
        "projects.period_start",
        "projects.period_end",
        "projects.completion_end_date",
    ),
    innocent=("Rain, heritage finds, utilities in the way.", "The site was handed over late by the client."),
)
def time_overrun(processes: Processes, settings: Settings) -> list[tuple[str, Frame]]:
    parts = [_overrun(processes, "contract", processes.ledger, "agreed_end", settings)]
    if processes.has("projects", "project_id", "completion_end_date", "period_start", "period_end"):
        projects = processes.standing("projects")
        parts.append(_overrun(processes, "project", projects, "completion_end_date", settings))
    return parts


@indicator(
    "change-intensity",
    "Changes a year",
    family="contract",
    levels=("contract",),
    source=CHANGES,
    definition="How often a contract is changed.",
    formula="number of changes / years from signature to the agreed end or the reading day, whichever is earlier",
    unit="changes a year",
    fields=(
        "contracts.contract_id",
        "contracts.date_signed",
        "contracts.period_end",
        "modifications.contract_id",
    ),
    optional=("contracts.status",),
    innocent=(
        "Works under traffic or in old buildings meet surprises.",
        "Many small changes, each well explained.",
    ),
)
def change_intensity(processes: Processes, settings: Settings) -> list[tuple[str, Frame]]:
    if processes.today is None:
        return []
    over = known(col("period_end") < lit(processes.today))
    end = nw.when(over).then(col("period_end")).otherwise(lit(processes.today))
    contracts = processes.ledger.select(
        "contract_id", "rows", years=processes.days_between(col("date_signed"), end) / 365.25
    )
    # At least a quarter: one change in the first week is not fifty a year.
    years = nw.when(col("years") < 0.25).then(lit(0.25)).otherwise(col("years"))
    rate = col("rows").fill_null(0) / years
    often = col("value") > settings.changes_per_year
    return [processes.of_rows("contract", contracts, "contract_id", rate, often)]


@indicator(
    "first-change",
    "Time to the first change",
    family="contract",
    levels=("contract",),
    source=CHANGES,
    definition="The contract was changed soon after signature.",
    formula="first modifications.date - date_signed",
    unit="days",
    fields=(
        "contracts.contract_id",
        "contracts.date_signed",
        "modifications.contract_id",
        "modifications.date",
    ),
    optional=("contracts.status",),
    innocent=("A law changed.", "A clerical error was put right."),
)
def first_change(processes: Processes, settings: Settings) -> list[tuple[str, Frame]]:
    days = processes.days_between(col("date_signed"), col("first"))
    early = col("value") <= settings.early_change_days
    return [processes.of_rows("contract", processes.ledger, "contract_id", days, early)]


@indicator(
    "changes-without-reason",
    "Changes without a reason",
    family="contract",
    levels=("contract",),
    source=("cost-ids", *CHANGES),
    definition="Changes were agreed and no reason was written down.",
    formula="changes with an empty rationale / all changes of the contract",
    unit="share",
    fields=("modifications.contract_id", "modifications.rationale"),
    optional=STANDING,
    innocent=("The reason is in a paper file.", "The form has no field for it."),
)
def changes_without_reason(processes: Processes, settings: Settings) -> list[tuple[str, Frame]]:
    reason = col("rationale").cast(nw.String).str.strip_chars()
    blank = col("rationale").is_null() | known(reason.is_in(["", "-", "none", "None", "nan"]))
    changes = processes.standing("modifications").select("contract_id", blank=blank.cast(nw.Float64))
    contracts = changes.group_by("contract_id").agg(col("blank").mean())
    without = col("value") >= settings.without_reason
    return [processes.of_groups("contract", contracts, "contract_id", col("blank"), without)]


@indicator(
    "low-bid-then-change",
    "Low bid, then a quick rise",
    family="contract",
    levels=("contract",),
    source=CHANGES,
    definition="A contract was won far below the estimate, and soon after signature a change raised the price.",
    formula="price at signature <= 0.90 of the estimate, and price raised by >= 10 % within 90 days of signature (limits are settings)",
    unit="rise within the time, share of the price at signature",
    fields=(
        "contracts.contract_id",
        "contracts.tender_id",
        "contracts.value_amount",
        "contracts.date_signed",
        "tenders.tender_id",
        "tenders.cost_estimate",
        "modifications.contract_id",
        "modifications.date",
        "modifications.old_value",
        "modifications.new_value",
    ),
    optional=("contracts.status",),
    innocent=("The estimate was too high.", "The ground was worse than the survey said."),
)
def low_bid_then_change(processes: Processes, settings: Settings) -> list[tuple[str, Frame]]:
    share = nw.when(~col("estimate").is_null()).then(total("early") / above_zero("value_amount"))
    low = known(number("value_amount") <= settings.low_bid_share * col("estimate"))
    hit = col("low") & (col("value") >= settings.price_raise)
    return [processes.of_rows("contract", processes.tendered, "contract_id", share, hit, low=low)]


@indicator(
    "direct-then-raised",
    "Direct award below the threshold, then raised",
    family="contract",
    levels=("contract",),
    source=CHANGES,
    definition="A contract was awarded directly just under the threshold above which it must be tendered, and later passed it.",
    formula="method direct or limited, threshold*(1 - 5 %) <= price < threshold, and price + changes > threshold",
    unit="price as it stands / threshold",
    fields=(*_VALUES, "contracts.tender_id", "tenders.tender_id", "tenders.procurement_method"),
    optional=("contracts.status",),
    innocent=("Real extra work in a small contract.",),
)
def direct_then_raised(processes: Processes, settings: Settings) -> list[tuple[str, Frame]]:
    limit = settings.direct_award_threshold
    if not limit:
        return []
    contracts = processes.tendered.filter(among("method", ("direct", "limited")))
    price = number("value_amount")
    just = (price >= limit * (1 - settings.near_threshold)) & (price < limit)
    now = (price + total("added")) / limit
    hit = col("just") & (col("value") > 1)
    return [processes.of_rows("contract", contracts, "contract_id", now, hit, just=just)]


@indicator(
    "changes-by-one-official",
    "Many changes by one official for one firm",
    family="contract",
    levels=("official and firm",),
    source=CHANGES,
    definition="One official signed unusually many changes for one contractor.",
    formula="changes per pair of official and supplier > Q3 + 1.5 IQR over all pairs, and at least 3",
    unit="changes",
    fields=(
        "modifications.contract_id",
        "modifications.official_id",
        "contracts.contract_id",
        "contracts.supplier_id",
    ),
    optional=("contracts.status",),
    innocent=(
        "The official leads the largest project of the firm.",
        "There is only one office for this kind of work.",
    ),
)
def changes_by_one_official(processes: Processes, settings: Settings) -> list[tuple[str, Frame]]:
    return [_pairs(processes, processes.of_standing(processes.changes), settings)]


@indicator(
    "repeat-pairs",
    "The same official and the same firm",
    family="contract",
    levels=("official and firm",),
    source=CHANGES,
    definition="One official's contracts go to one contractor again and again.",
    formula="contracts per pair of official and supplier > Q3 + 1.5 IQR over all pairs, and at least 3",
    unit="contracts",
    fields=("contracts.contract_id", "contracts.official_id", "contracts.supplier_id"),
    optional=("contracts.status",),
    innocent=("The firm holds a framework contract.", "A small place with one official and few firms."),
)
def repeat_pairs(processes: Processes, settings: Settings) -> list[tuple[str, Frame]]:
    return [_pairs(processes, processes.standing("contracts"), settings)]


@indicator(
    "R067",
    "Delivery failure",
    family="contract",
    levels=("contract",),
    source=RED_FLAGS,
    definition="What was due was delivered late, or not at all.",
    formula="days from the due date to the day it was met, or to the reading day while the contract runs; from table milestones if there is one, "
    "else from the agreed end of the contract and the first month with 100 % progress; > 0 flags",
    unit="days late (negative: early)",
    fields=(
        "contracts.contract_id",
        "contracts.period_end|milestones.date_due",
        "progress.actual|milestones.date_met",
        "progress.period|milestones.date_met",
        "progress.contract_id|milestones.contract_id",
    ),
    optional=(
        "contracts.status",
        "milestones.type",
        "modifications.contract_id",
        "modifications.date",
        "modifications.new_period_end",
    ),
    innocent=("The client handed the site over late.", "The extension was agreed and not yet entered."),
)
def R067(processes: Processes, settings: Settings) -> list[tuple[str, Frame]]:
    late = col("value") > 0
    if processes.has("milestones", "contract_id", "date_due", "date_met"):
        due = processes.standing("milestones").filter(~col("contract_id").is_null())
        if processes.has("milestones", "type"):
            kinds = among("type", ("delivery", "assessment", "reporting"))
            due = due.filter(kinds | col("type").is_null())
        until = _or_today("date_met", processes)
        due = processes.with_end(due.select("contract_id", "date_due", "date_met"))
        due = due.select("contract_id", late=processes.days_between(col("date_due"), until))
        due = due.group_by("contract_id").agg(col("late").max())
        return [processes.of_groups("contract", due, "contract_id", col("late"), late)]
    done = nw.when(known(number("actual") >= 99.995)).then(col("period"))
    progress = processes.table("progress").filter(~col("contract_id").is_null())
    progress = progress.select("contract_id", done=done).group_by("contract_id").agg(col("done").min())
    contracts = processes.with_end(processes.looked_up(processes.ledger, progress, "contract_id", "inner"))
    # Progress is known by month: a contract finished in the month of its due date is on time.
    end = "agreed_end" if "agreed_end" in contracts.columns else "period_end"
    days = processes.days_between(next_month(col(end)), _or_today("done", processes)) + 1
    return [processes.of_rows("contract", contracts, "contract_id", days, late)]


@indicator(
    "R068",
    "Payments exceed the contract",
    family="contract",
    levels=("contract",),
    source=RED_FLAGS,
    definition="More was paid to the contractor than the contract, with its changes, is worth.",
    formula="sum of claims paid / (price at signature + changes) > 1",
    unit="share of the contract as it stands",
    fields=("claims.contract_id", "claims.amount", "claims.date_paid", *_VALUES),
    innocent=("A change was paid before it was entered.", "Tax is inside one amount and not in the other."),
)
def R068(processes: Processes, settings: Settings) -> list[tuple[str, Frame]]:
    paid = processes.claimed.rename({"rows": "claims"})
    contracts = processes.looked_up(processes.whole_ledger, paid, "contract_id")
    worth = number("value_amount") + total("added")
    share = total("paid", "claims") / nw.when(worth > 0).then(worth)
    return [processes.of_rows("contract", contracts, "contract_id", share, col("value") > 1.000001)]


@indicator(
    "R069",
    "Price raised by a change",
    family="contract",
    levels=("contract",),
    source=("ocp-red-flags", "ccs-s86"),
    definition="Changes raised the price.",
    formula="sum of the rises (new_value - old_value > 0) / price at signature > 10 %",
    unit="share of the price at signature",
    fields=_VALUES,
    optional=("contracts.status",),
    innocent=("Price adjustment that the law prescribes.", "Extra work that the city ordered."),
)
def R069(processes: Processes, settings: Settings) -> list[tuple[str, Frame]]:
    share = total("rises") / above_zero("value_amount")
    raised = col("value") > settings.price_raise
    return [processes.of_rows("contract", processes.ledger, "contract_id", share, raised)]


@indicator(
    "R070",
    "Losers hired as subcontractors",
    family="contract",
    levels=("contract",),
    source=RED_FLAGS,
    definition="A firm that lost the tender works for the winner: losing may have been the price for it.",
    formula="number of subcontractors that also bid for the tender of the contract and were awarded nothing in it; >= 1 flags",
    unit="firms",
    fields=(
        "subcontracts.contract_id",
        "subcontracts.subcontractor_id",
        "contracts.contract_id",
        "contracts.tender_id",
        "contracts.supplier_id",
        "bids.tender_id",
        "bids.tenderer_id",
    ),
    optional=("contracts.status", "awards.tender_id", "awards.supplier_id", "awards.status"),
    innocent=(
        "Few firms can do this work.",
        "The subcontract was signed long after the tender, on the market.",
    ),
)
def R070(processes: Processes, settings: Settings) -> list[tuple[str, Frame]]:
    # Firms and processes as texts: one table may number what another names.
    tender, supplier = col("tender_id").cast(nw.String), col("supplier_id").cast(nw.String)
    contracts = processes.standing("contracts").select("contract_id", tender_id=tender, supplier_id=supplier)
    won = [contracts.select("tender_id", firm=col("supplier_id"))]
    # Partners of the contractor, and whoever was awarded another lot, have not lost.
    if processes.has("awards", "tender_id", "supplier_id", "status"):
        awards = processes.table("awards").filter(among("status", ("active",)))
        won.append(awards.select(tender_id=tender, firm=supplier))
    winners = nw.concat(won).drop_nulls().unique().with_columns(won=lit(1))
    firm = col("subcontractor_id").cast(nw.String)
    firms = processes.table("subcontracts").select("contract_id", firm=firm).unique()
    firms = firms.filter(~col("contract_id").is_null())
    bids = processes.table("bids").filter(~col("tender_id").is_null() & ~col("tenderer_id").is_null())
    bids = bids.select(tender_id=tender, firm=col("tenderer_id").cast(nw.String), bid=lit(1)).unique()
    hired = processes.looked_up(firms, contracts, "contract_id", "inner")
    hired = hired.join(bids, on=["tender_id", "firm"], how="left")
    hired = hired.join(winners, on=["tender_id", "firm"], how="left")
    lost = ~col("bid").is_null() & col("won").is_null()
    hired = hired.select("contract_id", lost=lost.cast(nw.Int64))
    hired = hired.group_by("contract_id").agg(col("lost").sum())
    return [processes.of_groups("contract", hired, "contract_id", col("lost"), col("value") > 0)]


@indicator(
    "R071",
    "Most work subcontracted",
    family="contract",
    levels=("contract",),
    source=RED_FLAGS,
    definition="The contractor passes on most of what it was hired for.",
    formula="sum of first-tier subcontracts (prime_amount if given, else value_amount) / price at signature > 50 %",
    unit="share of the price at signature",
    fields=(
        "subcontracts.contract_id",
        "subcontracts.value_amount",
        "contracts.contract_id",
        "contracts.value_amount",
    ),
    optional=("contracts.status", "subcontracts.prime_amount", "subcontracts.tier"),
    innocent=("Building is organised in trades: a high share is normal in many countries.",),
)
def R071(processes: Processes, settings: Settings) -> list[tuple[str, Frame]]:
    share = total("passed") / above_zero("value_amount")
    most = col("value") > settings.subcontracted_share
    return [processes.of_rows("contract", processes.handing_on, "contract_id", share, most)]


@indicator(
    "R072",
    "Prevalence of subcontracts",
    family="contract",
    levels=("supplier",),
    source=RED_FLAGS,
    definition="A contractor hands on work in an unusually large share of its contracts.",
    formula="contracts with a subcontract / contracts of the supplier > Q3 + 1.5 IQR, among suppliers with at least 5",
    unit="share of contracts",
    fields=("subcontracts.contract_id", "contracts.contract_id", "contracts.supplier_id"),
    optional=("contracts.status",),
    innocent=("A general contractor by trade.",),
)
def R072(processes: Processes, settings: Settings) -> list[tuple[str, Frame]]:
    contracts = processes.handing_on.filter(~col("supplier_id").is_null())
    contracts = contracts.select("supplier_id", passed=(~col("rows").is_null()).cast(nw.Float64))
    firms = contracts.group_by("supplier_id").agg(col("passed").mean().alias("share"), contracts=nw.len())
    firms = processes.engine.keep(firms.filter(col("contracts") >= settings.minimum_group))
    fence = high_fence(processes.column(firms, "share"), settings.fences.get("R072"))
    hit = lit(False) if fence is None else col("share") > fence
    return [processes.of_names("supplier", firms, "supplier_id", "share", hit)]


@indicator(
    "subcontract-chain",
    "Length of the subcontract chain",
    family="contract",
    levels=("contract",),
    source=("ccs-s59",),
    definition="A subcontractor hands the work on: in Korea re-subcontracting is banned in general.",
    formula="highest tier among the contract's subcontracts; > 1 flags",
    unit="tiers",
    fields=("subcontracts.contract_id", "subcontracts.tier"),
    optional=STANDING,
    innocent=("A specialist part for which the law allows it.",),
)
def subcontract_chain(processes: Processes, settings: Settings) -> list[tuple[str, Frame]]:
    chain = col("value") > 1
    return [processes.of_groups("contract", processes.handed_on, "contract_id", col("depth"), chain)]


@indicator(
    "subcontract-rate",
    "Subcontract rate",
    family="contract",
    levels=("subcontract",),
    source=("ccs-s96",),
    definition="A subcontractor gets much less than the client pays for the same work.",
    formula="value_amount / prime_amount < 70 % (illustrative)",
    unit="share",
    fields=("subcontracts.subcontract_id", "subcontracts.value_amount", "subcontracts.prime_amount"),
    optional=STANDING,
    innocent=("The contractor supplies materials or machines itself.",),
)
def subcontract_rate(processes: Processes, settings: Settings) -> list[tuple[str, Frame]]:
    rate = number("value_amount") / above_zero("prime_amount")
    low = col("value") < settings.subcontract_rate
    firms = processes.table("subcontracts")
    if processes.has("subcontracts", "contract_id"):
        firms = processes.standing("subcontracts")
    return [processes.of_rows("subcontract", firms, "subcontract_id", rate, low)]


CONTRACTS = indicators_in(globals())


def _overrun(
    processes: Processes, level: str, frame: Frame, end: str, settings: Settings
) -> tuple[str, Frame]:
    planned = processes.days_between(col("period_start"), col("period_end"))
    share = processes.days_between(col("period_end"), col(end)) / nw.when(planned > 0).then(planned)
    return processes.of_rows(level, frame, f"{level}_id", share, col("value") > settings.time_overrun)


def _or_today(column: str, processes: Processes) -> nw.Expr:
    """A day, or the reading day where it is not known and the contract still runs: of one that has ended nobody knows when it was done."""
    today = nw.when(~known(col("ended") == 1)).then(lit(processes.today))
    return nw.when(~col(column).is_null()).then(col(column)).otherwise(today)


def _pairs(processes: Processes, rows: Frame, settings: Settings) -> tuple[str, Frame]:
    rows = rows.filter(~col("official_id").is_null() & ~col("supplier_id").is_null())
    official, firm = col("official_id").cast(nw.String), col("supplier_id").cast(nw.String)
    pairs = rows.select(pair=nw.concat_str(official, lit("/"), firm)).group_by("pair").agg(rows=nw.len())
    pairs = processes.engine.keep(pairs)
    fence = high_fence(processes.column(pairs, "rows"))
    many = col("value") >= settings.pair_count
    hit = lit(False) if fence is None else many & (col("value") > fence)
    return processes.of_groups("official and firm", pairs, "pair", col("rows"), hit)
