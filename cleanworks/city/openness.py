"""What the city publishes, what citizens ask, and who complains about money."""

from __future__ import annotations

import numpy as np

from cleanworks.city.block import DAY, NAT, Block, days, keep, numbered, running_number
from cleanworks.draws import Draws, log

# item: share of projects in which the system publishes it by itself
_AUTOMATIC = {
    "overview": 1.0,
    "budget": 0.9,
    "location": 1.0,
    "tender": 1.0,
    "award": 0.95,
    "contract": 1.0,
    "schedule": 0.95,
    "progress": 1.0,
    "payments": 1.0,
    "subcontracts": 0.85,
    "modifications": 0.6,
    "photographs": 0.45,
    "completion": 0.95,
}
_TOPICS = {
    "noise": 0.22,
    "safety": 0.14,
    "progress": 0.17,
    "cost": 0.07,
    "road_closure": 0.16,
    "dust": 0.12,
    "access": 0.07,
    "other": 0.05,
}
_CHANNELS = {"website": 0.5, "telephone": 0.25, "social_media": 0.17, "visit": 0.08}
_COMPLAINT_OF = {
    "subcontractor": "subcontract_price",
    "wages": "wages",
    "equipment": "materials_equipment",
    "materials": "materials_equipment",
}


def disclosures(block: Block) -> None:
    """One row per item that has something to publish; what a person has to upload comes later."""
    rng, events = block.rng("disclosures"), _events(block)
    item_names = np.array(list(_AUTOMATIC), dtype=object)
    dates = np.stack([events[name] for name in item_names], axis=1)
    project, item = np.nonzero(~np.isnat(dates) & (dates <= block.reference))
    event = dates[project, item]
    share = np.array(list(_AUTOMATIC.values())) * block.profile["disclosure.automatic_share"] / 0.9
    automatic = rng.random(len(project)) < share[item]
    diligence = rng.lognormal(0, 0.35, len(block["projects"]["project_id"]))[project]
    lag = np.where(
        automatic,
        rng.integers(0, 3, len(project)),
        np.round(rng.lognormal(log(11), 0.8, len(project)) * diligence),
    )
    block["disclosures"] = {
        "disclosure_id": numbered("D", (block["projects"]["_number"][project], 6), (item + 1, 2)),
        "project_id": block["projects"]["project_id"][project],
        "item": item_names[item],
        "automatic": automatic,
        "date_event": event,
        "date_published": block.known(event + days(lag)),
        "_project": project,
    }


def _events(block: Block) -> dict[str, np.ndarray]:
    """For each item the day on which a project had something to publish."""
    projects, contracts = block["projects"], block["contracts"]
    n = len(projects["project_id"])

    def by_project(dates: np.ndarray, owner: np.ndarray = contracts["_project"]) -> np.ndarray:
        found = np.full(n, NAT)
        # The earliest date of each project: dates are written latest first, so the earliest stays.
        order = np.argsort(dates, kind="stable")[::-1]
        found[owner[order]] = dates[order]
        return found

    started = by_project(contracts["period_start"])
    claims, subs, changes = block["claims"], block["subcontracts"], block["modifications"]
    paid = ~np.isnat(claims["date_paid"])
    return {
        "overview": by_project(contracts["date_signed"]),
        "budget": projects["budget_approval_date"],
        "location": by_project(contracts["date_signed"]),
        "tender": by_project(block["tenders"]["date_published"], block["tenders"]["_project"]),
        "award": by_project(contracts["award_date"]),
        "contract": by_project(contracts["date_signed"]),
        "schedule": started,
        "progress": started + 30 * DAY,
        "payments": by_project(claims["date_paid"][paid], claims["_project"][paid]),
        "subcontracts": by_project(subs["date_signed"], subs["_project"]),
        "modifications": by_project(changes["date"], changes["_project"]),
        "photographs": started + 60 * DAY,
        "completion": by_project(
            contracts["_completed"][~np.isnat(contracts["_completed"])],
            contracts["_project"][~np.isnat(contracts["_completed"])],
        ),
    }


def questions(block: Block) -> None:
    """Questions while a site works: many about a few sites, none about most."""
    rng, contracts = block.rng("questions"), block["contracts"]
    stop = np.where(np.isnat(contracts["_completed"]), block.reference, contracts["_completed"])
    length = (stop - contracts["period_start"]).astype(float)
    attention = rng.gamma(0.7, 1 / 0.7, len(length)) * np.sqrt(
        np.sqrt(contracts["value_amount"] / np.median(contracts["value_amount"]))
    )
    contract = np.repeat(np.arange(len(length)), rng.poisson(attention * length / 150))
    n = len(contract)
    asked = contracts["period_start"][contract] + days(np.floor(rng.random(n) * length[contract]))
    order = np.lexsort((asked, contract))
    contract, asked = contract[order], asked[order]
    slow = block.city_rng("answers").lognormal(0, 0.45, 200)[contracts["_authority_id"]][contract]
    wait = np.round(rng.lognormal(log(4.5), 0.75, n) * slow)
    # People write at the weekend; offices answer on working days.
    answered = block.next_workday(asked + days(wait + 1))
    topic, channel = (
        rng.choice(list(odds), n, p=np.array(list(odds.values()))) for odds in (_TOPICS, _CHANNELS)
    )
    block["questions"] = {
        "question_id": numbered("Q", (contracts["_number"][contract], 6), (running_number(contract) + 1, 3)),
        "project_id": contracts["project_id"][contract],
        "topic": topic.astype(object),
        "channel": channel.astype(object),
        "date_asked": asked,
        "date_answered": block.known(answered),
        "_project": contracts["_project"][contract],
    }


def complaints(block: Block) -> None:
    """Some of those who wait for their money complain; so do a few whose money was not due."""
    contracts = block["contracts"]
    both = [_about_payments(block), _about_wages(block)]
    rows = {name: np.concatenate([part[name] for part in both]) for name in both[0]}
    rows = keep(rows, rows["date"] <= block.reference)
    rows = keep(rows, np.lexsort((rows["date"], rows["_contract"])))
    contract = rows["_contract"]
    numbers = numbered("CP", (contracts["_number"][contract], 6), (running_number(contract) + 1, 2))
    rows = {"complaint_id": numbers, "contract_id": contracts["contract_id"][contract], **rows}
    rows["_project"] = contracts["_project"][contract]
    rows["date_settled"] = block.known(rows["date_settled"])
    block["complaints"] = rows


def _about_payments(block: Block) -> dict[str, np.ndarray]:
    rng, lines = block.rng("complaints"), block["payments"]
    until = np.where(np.isnat(lines["date_paid"]), block.reference, lines["date_paid"])
    late = (until - lines["date_due"]).astype("int64")
    owed = lines["payee_type"] != "prime"
    heard = owed & (rng.random(len(late)) < np.clip((late - 8) / 70, 0, 0.6))
    unfounded = owed & (rng.random(len(late)) < 0.0012)
    row = np.flatnonzero(heard | unfounded)
    wait = np.where(heard[row], np.ceil(late[row].clip(min=1) * rng.uniform(0.25, 1.0, len(row))), -2)
    kind = np.array([_COMPLAINT_OF[kind] for kind in lines["payee_type"][row]], dtype=object)
    return {
        "subcontract_id": lines["subcontract_id"][row],
        "type": kind,
        **_course_of(rng, lines["date_due"][row], lines["date_paid"][row], wait),
        "amount": lines["amount_registered"][row],
        "_contract": lines["_contract"][row],
    }


def _about_wages(block: Block) -> dict[str, np.ndarray]:
    """One complaint for a crew that waits longer than a week for the wages of a month."""
    rng, table = block.rng("wage complaints"), block["wages"]
    crew_month = table["_crew"] * 10_000 + table["month"].astype("datetime64[M]").astype("int64")
    _, first, crew = np.unique(crew_month, return_index=True, return_inverse=True)
    until = np.where(np.isnat(table["date_paid"]), block.reference, table["date_paid"])[first]
    late = (until - table["date_due"][first]).astype("int64")
    heard = np.flatnonzero(rng.random(len(first)) < np.clip((late - 5) / 25, 0, 0.7))
    row = first[heard]
    wait = np.ceil(late[heard] * rng.uniform(0.25, 1.0, len(row)))
    return {
        "subcontract_id": np.full(len(row), None, dtype=object),
        "type": np.full(len(row), "wages", dtype=object),
        **_course_of(rng, table["date_due"][row], table["date_paid"][row], wait),
        "amount": np.bincount(crew, table["amount_due"], minlength=len(first))[heard],
        "_contract": table["_contract"][row],
    }


def _course_of(rng: Draws, due: np.ndarray, paid: np.ndarray, wait: np.ndarray) -> dict[str, np.ndarray]:
    """When a complaint is made and when it is settled: at the latest when the money comes, never without money."""
    when = due + days(wait)
    settled = when + days(5 + rng.lognormal(log(25), 0.7, len(when)))
    settled = np.where(np.isnat(paid), NAT, np.maximum(np.minimum(settled, paid), when))
    return {"date": when, "days_overdue": np.maximum(wait, 0.0), "date_settled": settled}
