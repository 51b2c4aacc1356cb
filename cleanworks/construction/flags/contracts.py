"""What happens to a contract after signature: cost, time, changes, subcontracts, delivery."""

from __future__ import annotations

import pandas as pd

from ._core import (
    answer,
    days_between,
    high_outliers,
    indicator,
    indicators_in,
    looked_up,
    no_answer,
    reading_day,
    sums,
    together,
)

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
    optional=("projects.project_id", "projects.completion_final_value", "projects.budget_amount"),
    innocent=(
        "Prices of materials rose and the contract foresees it.",
        "The ground was not as the survey said.",
        "The city asked for more.",
    ),
)
def cost_overrun(tables, settings):
    contracts = tables["contracts"]
    share = _changed(tables) / contracts["value_amount"].where(contracts["value_amount"] > 0)
    parts = [_known("contract", contracts["contract_id"], share, share > settings.cost_overrun)]
    projects = tables.get("projects", pd.DataFrame())
    if {"completion_final_value", "budget_amount"} <= set(projects):
        over = (
            projects["completion_final_value"]
            / projects["budget_amount"].where(projects["budget_amount"] > 0)
            - 1
        )
        if "currency" in projects:
            over = over.where(projects["currency"].ne("several"))
        parts.append(_known("project", projects["project_id"], over, over > settings.cost_overrun))
    return together(*parts)


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
        "projects.project_id",
        "projects.period_start",
        "projects.period_end",
        "projects.completion_end_date",
    ),
    innocent=("Rain, heritage finds, utilities in the way.", "The site was handed over late by the client."),
)
def time_overrun(tables, settings):
    contracts = tables["contracts"]
    share = _overrun(contracts, _agreed_end(tables))
    parts = [_known("contract", contracts["contract_id"], share, share > settings.time_overrun)]
    projects = tables.get("projects", pd.DataFrame())
    if {"completion_end_date", "period_start", "period_end"} <= set(projects):
        late = _overrun(projects, projects["completion_end_date"])
        parts.append(_known("project", projects["project_id"], late, late > settings.time_overrun))
    return together(*parts)


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
    innocent=(
        "Works under traffic or in old buildings meet surprises.",
        "Many small changes, each well explained.",
    ),
)
def change_intensity(tables, settings):
    contracts = tables["contracts"]
    count = contracts["contract_id"].map(tables["modifications"]["contract_id"].value_counts()).fillna(0)
    today = reading_day(tables, settings)
    end = contracts["period_end"].where(contracts["period_end"] < today, today)
    # At least a quarter: one change in the first week is not fifty a year.
    years = (days_between(contracts["date_signed"], end) / 365.25).clip(lower=0.25)
    rate = count / years
    return _known("contract", contracts["contract_id"], rate, rate > settings.changes_per_year)


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
    innocent=("A law changed.", "A clerical error was put right."),
)
def first_change(tables, settings):
    first = tables["modifications"].groupby("contract_id")["date"].min()
    contracts = tables["contracts"].set_index("contract_id")
    days = days_between(contracts["date_signed"], first.reindex(contracts.index))
    return _known("contract", days.index, days, days <= settings.early_change_days)


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
    innocent=("The reason is in a paper file.", "The form has no field for it."),
)
def changes_without_reason(tables, settings):
    changes = tables["modifications"]
    blank = changes["rationale"].isna() | changes["rationale"].astype(str).str.strip().isin(
        ("", "-", "none", "None", "nan")
    )
    share = blank.groupby(changes["contract_id"], sort=False).mean()
    return answer("contract", share.index, share, share >= settings.without_reason)


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
    innocent=("The estimate was too high.", "The ground was worse than the survey said."),
)
def low_bid_then_change(tables, settings):
    contracts = tables["contracts"]
    estimate = contracts["tender_id"].map(tables["tenders"].set_index("tender_id")["cost_estimate"])
    changes = tables["modifications"]
    signed = looked_up(changes["contract_id"], contracts.set_index("contract_id")["date_signed"])
    early = days_between(signed, changes["date"]) <= settings.early_change_days
    added = changes["new_value"] - changes["old_value"]
    # A change without a day, or without its amounts, may or may not be an early rise.
    rise = sums(added.where(early, 0).where(changes["date"].notna() & signed.notna()), changes["contract_id"])
    share = _of_each(contracts, rise) / contracts["value_amount"].where(contracts["value_amount"] > 0)
    low = contracts["value_amount"] <= settings.low_bid_share * estimate
    return _known(
        "contract",
        contracts["contract_id"],
        share.where(estimate.notna()),
        low & (share >= settings.price_raise),
    )


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
    innocent=("Real extra work in a small contract.",),
)
def direct_then_raised(tables, settings):
    limit = settings.direct_award_threshold
    if not limit:
        return no_answer()
    contracts = tables["contracts"]
    method = contracts["tender_id"].map(tables["tenders"].set_index("tender_id")["procurement_method"])
    contracts = contracts[method.isin(("direct", "limited"))]
    now = contracts["value_amount"] + _changed(tables)[contracts.index]
    just = contracts["value_amount"].between(limit * (1 - settings.near_threshold), limit, inclusive="left")
    return _known("contract", contracts["contract_id"], now / limit, just & (now > limit))


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
    innocent=(
        "The official leads the largest project of the firm.",
        "There is only one office for this kind of work.",
    ),
)
def changes_by_one_official(tables, settings):
    changes = tables["modifications"]
    firm = changes["contract_id"].map(tables["contracts"].set_index("contract_id")["supplier_id"])
    return _pairs(changes["official_id"], firm, settings)


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
    innocent=("The firm holds a framework contract.", "A small district with one official and few firms."),
)
def repeat_pairs(tables, settings):
    return _pairs(tables["contracts"]["official_id"], tables["contracts"]["supplier_id"], settings)


@indicator(
    "R067",
    "Delivery failure",
    family="contract",
    levels=("contract",),
    source=RED_FLAGS,
    definition="What was due was delivered late, or not at all.",
    formula="days from the due date to the day it was met, or to the reading day; from table milestones if there is one, else from the agreed "
    "end of the contract and the first month with 100 % progress; > 0 flags",
    unit="days late (negative: early)",
    fields=(
        "contracts.contract_id",
        "contracts.period_end|milestones.date_due",
        "progress.actual|milestones.date_met",
    ),
    optional=(
        "milestones.contract_id",
        "milestones.type",
        "progress.contract_id",
        "progress.period",
        "modifications.date",
        "modifications.new_period_end",
    ),
    innocent=("The client handed the site over late.", "The extension was agreed and not yet entered."),
)
def R067(tables, settings):
    today = reading_day(tables, settings)
    if {"date_due", "date_met"} <= set(tables.get("milestones", ())):
        due = tables["milestones"]
        if "type" in due:
            due = due[due["type"].isin(("delivery", "assessment", "reporting")) | due["type"].isna()]
        late = days_between(due["date_due"], due["date_met"].fillna(today)).groupby(due["contract_id"]).max()
    else:
        progress = tables["progress"]
        done = progress[progress["actual"] >= 99.995].groupby("contract_id")["period"].min()
        end = pd.Series(_agreed_end(tables).to_numpy(), index=tables["contracts"]["contract_id"])
        # Progress is known by month: a contract finished in the month of its due date is on time.
        month = end.dt.to_period("M").dt.end_time.dt.normalize()
        met = done.reindex(end.index).fillna(today)
        met = met[end.index.isin(progress["contract_id"].unique())]
        late = days_between(month.reindex(met.index), met)
    return _known("contract", late.index, late, late > 0)


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
def R068(tables, settings):
    claims = tables["claims"]
    paid = sums(claims["amount"].where(claims["date_paid"].notna(), 0), claims["contract_id"])
    contracts = tables["contracts"]
    worth = contracts["value_amount"] + _changed(tables)
    share = _of_each(contracts, paid) / worth.where(worth > 0)
    return _known("contract", contracts["contract_id"], share, share > 1.000001)


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
    innocent=("Price adjustment that the law prescribes.", "Extra work that the city ordered."),
)
def R069(tables, settings):
    changes = tables["modifications"]
    rises = sums(_rise(changes).clip(lower=0), changes["contract_id"])
    contracts = tables["contracts"]
    share = _of_each(contracts, rises) / contracts["value_amount"].where(contracts["value_amount"] > 0)
    return _known("contract", contracts["contract_id"], share, share > settings.price_raise)


@indicator(
    "R070",
    "Losers hired as subcontractors",
    family="contract",
    levels=("contract",),
    source=RED_FLAGS,
    definition="A firm that lost the tender works for the winner: losing may have been the price for it.",
    formula="number of subcontractors that also bid for the tender of the contract; >= 1 flags",
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
    innocent=(
        "Few firms can do this work.",
        "The subcontract was signed long after the tender, on the market.",
    ),
)
def R070(tables, settings):
    contracts = tables["contracts"][["contract_id", "tender_id", "supplier_id"]]
    firms = tables["subcontracts"][["contract_id", "subcontractor_id"]].drop_duplicates()
    losers = tables["bids"][["tender_id", "tenderer_id"]].drop_duplicates().merge(contracts, on="tender_id")
    losers = losers[losers["tenderer_id"] != losers["supplier_id"]]
    hired = losers.merge(
        firms, left_on=["contract_id", "tenderer_id"], right_on=["contract_id", "subcontractor_id"]
    )
    looked = contracts.loc[contracts["contract_id"].isin(firms["contract_id"]), "contract_id"]
    count = looked.map(hired["contract_id"].value_counts()).fillna(0)
    return answer("contract", looked, count, count > 0)


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
    optional=("subcontracts.prime_amount", "subcontracts.tier"),
    innocent=("Building is organised in trades: a high share is normal in many countries.",),
)
def R071(tables, settings):
    firms = tables["subcontracts"]
    if "tier" in firms:
        firms = firms[firms["tier"].eq(1) | firms["tier"].isna()]
    amount = firms["value_amount"]
    if "prime_amount" in firms:
        amount = firms["prime_amount"].fillna(amount)
    passed = sums(amount, firms["contract_id"])
    contracts = tables["contracts"]
    share = _of_each(contracts, passed) / contracts["value_amount"].where(contracts["value_amount"] > 0)
    return _known("contract", contracts["contract_id"], share, share > settings.subcontracted_share)


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
    innocent=("A general contractor by trade.",),
)
def R072(tables, settings):
    contracts = tables["contracts"]
    passed = contracts["contract_id"].isin(tables["subcontracts"]["contract_id"])
    firms = passed.groupby(contracts["supplier_id"], sort=True).agg(["mean", "count"])
    firms = firms[firms["count"] >= settings.minimum_group]
    return answer(
        "supplier",
        firms.index,
        firms["mean"],
        high_outliers(firms["mean"], settings.fences.get("R072"), beyond=True),
    )


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
    innocent=("A specialist part for which the law allows it.",),
)
def subcontract_chain(tables, settings):
    depth = tables["subcontracts"].groupby("contract_id", sort=False)["tier"].max()
    return answer("contract", depth.index, depth, depth > 1)


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
    innocent=("The contractor supplies materials or machines itself.",),
)
def subcontract_rate(tables, settings):
    firms = tables["subcontracts"]
    rate = firms["value_amount"] / firms["prime_amount"].where(firms["prime_amount"] > 0)
    return _known("subcontract", firms["subcontract_id"], rate, rate < settings.subcontract_rate)


CONTRACTS = indicators_in(globals())


def _known(level, ids, values, flagged):
    """Without the rows whose value is unknown."""
    ids, values, flagged = (pd.Series(part).reset_index(drop=True) for part in (ids, values, flagged))
    known = values.notna()
    return answer(level, ids[known], values[known], flagged[known])


def _rise(changes) -> pd.Series:
    """What each change adds to the price; unknown where an amount is missing, unless the change is one of time or scope alone."""
    added = changes["new_value"] - changes["old_value"]
    if "type" in changes:
        silent = (
            changes["new_value"].isna()
            & changes["old_value"].isna()
            & changes["type"].isin(("duration", "scope"))
        )
        added = added.mask(silent, 0.0)
    return added


def _changed(tables) -> pd.Series:
    """What the changes add to the price of each contract, in the order of the contracts; unknown where one of them is."""
    changes = tables["modifications"]
    return _of_each(tables["contracts"], sums(_rise(changes), changes["contract_id"]))


def _of_each(contracts, total) -> pd.Series:
    """A total for each contract: 0 for a contract without a row, unknown where the total is."""
    there = contracts["contract_id"].isin(total.index)
    return contracts["contract_id"].map(total).astype(float).where(there, 0.0)


def _agreed_end(tables) -> pd.Series:
    """The end of each contract after its last change, in the order of the contracts."""
    contracts = tables["contracts"]
    changes = tables.get("modifications", pd.DataFrame())
    if "new_period_end" not in changes:
        return contracts["period_end"]
    last = changes.dropna(subset=["new_period_end"]).sort_values("date", kind="stable")
    last = last.drop_duplicates("contract_id", keep="last").set_index("contract_id")["new_period_end"]
    return looked_up(contracts["contract_id"], last).fillna(contracts["period_end"])


def _overrun(table, end):
    planned = days_between(table["period_start"], table["period_end"])
    return days_between(table["period_end"], end) / planned.where(planned > 0)


def _pairs(officials, firms, settings):
    known = officials.notna() & firms.notna()
    count = (officials[known].astype(str) + "/" + firms[known].astype(str)).value_counts(sort=False)
    hit = (count >= settings.pair_count) & high_outliers(count, beyond=True)
    return answer("official and firm", count.index, count, hit)
