"""Projects, tenders, bids and contracts."""

from __future__ import annotations

from typing import Any

import numpy as np

from cleanworks.city import firms
from cleanworks.city.block import (
    DAY,
    NAT,
    PROJECTS_PER_BLOCK,
    Block,
    Rows,
    days,
    keep,
    numbered,
    rounded,
    running_number,
)
from cleanworks.draws import Draws, power
from cleanworks.errors import InputError

# sector: share of projects, typical size (1 = the profile's median), spread, words for titles, types that fit
_SECTORS = {
    "transport.road": (
        0.24,
        1.1,
        1.15,
        ("Road widening", "Bridge strengthening", "Junction rebuilding", "Underpass"),
        "construction rehabilitation rehabilitation expansion",
    ),
    "transport.rail": (
        0.05,
        6.0,
        1.2,
        ("Rail station", "Rail tunnel section", "Track renewal"),
        "construction rehabilitation expansion",
    ),
    "transport.urban": (
        0.09,
        0.6,
        0.9,
        ("Bus lane", "Cycle path", "Pedestrian street"),
        "construction construction expansion",
    ),
    "waterAndWaste": (
        0.20,
        0.9,
        1.05,
        ("Sewer renewal", "Water main replacement", "Pumping station"),
        "replacement replacement rehabilitation construction",
    ),
    "naturalResources.floodProtection": (
        0.06,
        1.8,
        1.1,
        ("Flood storage basin", "River embankment"),
        "construction rehabilitation",
    ),
    "education": (
        0.08,
        1.5,
        0.9,
        ("School extension", "Library", "Nursery school"),
        "expansion construction construction",
    ),
    "health": (0.03, 2.2, 1.0, ("Health centre", "Hospital wing"), "construction expansion"),
    "socialHousing": (0.06, 4.0, 1.0, ("Housing block", "Housing renovation"), "construction rehabilitation"),
    "cultureSportsAndRecreation": (
        0.12,
        0.7,
        1.0,
        ("Park", "Sports hall", "Community centre"),
        "construction rehabilitation construction",
    ),
    "governance": (
        0.07,
        0.8,
        1.0,
        ("Office renovation", "Fire station", "Service centre"),
        "rehabilitation construction",
    ),
}
_PURPOSES = {
    "transport.road": "Shorter and safer journeys by road",
    "transport.rail": "More room on the railway",
    "transport.urban": "Safer streets for people without a car",
    "waterAndWaste": "Safe water and fewer overflows",
    "naturalResources.floodProtection": "Fewer homes flooded",
    "education": "Places for pupils and readers",
    "health": "Care close to home",
    "socialHousing": "Homes at a fair rent",
    "cultureSportsAndRecreation": "Room for sport and rest",
    "governance": "Public services under one roof",
}
_DETAILS = {
    "open": "Open to every registered firm",
    "selective": "Open to firms that qualified beforehand",
    "limited": "Invited firms",
    "direct": "Direct award",
}
URGENT = "Open to every registered firm, shortened for urgent repair"
MEAN_MONTH = 30.44
_MONTHS_AT_MEDIAN = 11.0  # length of the works on a contract of middling size
_LENGTH_BY_SIZE = 0.35  # ten times the price takes about twice as long
_MOST_BIDDERS = 18
_AT_LEAST = 3  # so many of the lowest valid bids are always handed in
_DEPTH = {"open": 1.0, "selective": 0.8, "limited": 0.7}  # of discounts, beside an open tender's
_ALONE = 0.4  # depth of a discount that nobody competes with
_LOWER = 0.012  # how far, on average, a lower bid lies below the award
_CARE = 0.7  # how much firms differ in how round they write


def projects(block: Block) -> None:
    """Projects with their tenders: size, place, method and dates, up to the client's estimate."""
    profile, rng, n = block.profile, block.rng("projects"), PROJECTS_PER_BLOCK
    number = block.number * n + np.arange(1, n + 1)
    names = list(_SECTORS)
    share, size, spread = (np.array([_SECTORS[name][i] for name in names]) for i in range(3))
    sector = rng.choice(len(names), n, p=share / share.sum())
    district, authority, authority_id, latitude, longitude = _places(block, rng, n)
    published = _publication_dates(block, rng, n)
    estimate = _estimates(block, rng, size[sector], spread[sector], published)
    months = np.clip(
        _MONTHS_AT_MEDIAN
        * power(estimate / profile["city.contract_median"], _LENGTH_BY_SIZE)
        * rng.lognormal(0, 0.28, n),
        1,
        48,
    )
    start = published + days(rng.normal(85, 12, n).clip(50))
    noun = np.array([str(rng.choice(_SECTORS[names[s]][3])) for s in sector], dtype=object)
    kind = np.array([str(rng.choice(_SECTORS[names[s]][4].split())) for s in sector], dtype=object)
    budget_date = published - days(rng.gamma(3, 35, n) + 10)
    block["projects"] = {
        "project_id": numbered("P", (number, 6)),
        "title": np.array(
            [f"{a}, {b} {c}" for a, b, c in zip(noun, district, number.tolist(), strict=True)], dtype=object
        ),
        "district": district,
        "public_authority": authority,
        "sector": np.array(names, dtype=object)[sector],
        "project_type": kind,
        "status": np.full(n, "implementation", dtype=object),
        "latitude": latitude,
        "longitude": longitude,
        "purpose": np.array([_PURPOSES[names[s]] for s in sector], dtype=object),
        "budget_amount": rounded(estimate * rng.uniform(1.02, 1.18, n), profile["currency.round_to"]),
        "budget_approval_date": block.next_workday(budget_date),
        "period_start": start,
        "period_end": start + days(months * MEAN_MONTH),
        "completion_end_date": np.full(n, NAT),
        "completion_final_value": np.full(n, np.nan),
        "_project": np.arange(n),
        "_number": number,
        "_months": months,
        "_authority_id": authority_id,
    }
    block["tenders"] = _tenders(block, rng, published, estimate)


def _places(block: Block, rng: Draws, n: int) -> tuple[np.ndarray, ...]:
    """District and owner of each project. Some districts build more than others, and own more of their works."""
    profile = block.profile
    districts = np.array(profile["names.districts"], dtype=object)
    city = block.city_rng("districts")
    load = city.dirichlet(np.full(len(districts), 4.0))
    # A normal point divided by its length is a random direction.
    north, east = city.standard_normal((2, len(districts)))
    radius = np.sqrt(city.uniform(0.02, 1, len(districts)) / (north * north + east * east))
    where = rng.choice(len(districts), n, p=load)
    offices = np.array(profile["names.public_authorities"], dtype=object)
    by_city = rng.random(n) < 0.4
    office = rng.choice(len(offices), n)
    local = np.array([f"{name} {profile['names.district_word']} office" for name in districts], dtype=object)
    authority = np.where(by_city, offices[office], local[where])
    authority_number = np.where(by_city, office, len(offices) + where)
    latitude = profile["names.centre_latitude"] + 0.09 * (radius * north)[where] + rng.normal(0, 0.012, n)
    longitude = profile["names.centre_longitude"] + 0.13 * (radius * east)[where] + rng.normal(0, 0.015, n)
    return districts[where], authority, authority_number, latitude.round(5), longitude.round(5)


def _publication_dates(block: Block, rng: Draws, n: int) -> np.ndarray:
    """Working days, more of them in the months in which money is committed."""
    last = block.reference.astype("datetime64[M]")
    months = np.arange(last - round(block.profile["city.years"] * 12) + 1, last + 1)
    weight = np.array(block.profile["calendar.tender_season"])[months.astype("int64") % 12]
    month = months[rng.choice(len(months), n, p=weight / weight.sum())]
    day = month.astype("datetime64[D]") + rng.integers(0, 28, n).astype("timedelta64[D]")
    return np.busday_offset(day, 0, roll="backward", busdaycal=block.calendar)


def _estimates(
    block: Block, rng: Draws, size: np.ndarray, spread: np.ndarray, published: np.ndarray
) -> np.ndarray:
    """Client's estimates: lognormal by sector, with a Pareto tail of very large works."""
    profile, n = block.profile, len(size)
    body = rng.lognormal(-0.1, spread * profile["city.contract_spread"] / 1.15, n)
    tail = 3.0 * (1 + rng.pareto(profile["city.tail_index"], n)).clip(max=60)
    in_tail = rng.random(n) < profile["city.tail_share"]
    years = (published - block.reference).astype("int64") / 365.25
    growth = power(1 + profile["city.growth"], years)
    amount = profile["city.contract_median"] * size * np.where(in_tail, tail, body) * growth
    amount = np.clip(amount, profile["city.contract_median"] / 60, profile["city.contract_median"] * 250)
    return rounded(amount, profile["currency.round_to"])


def _tenders(block: Block, rng: Draws, published: np.ndarray, estimate: np.ndarray) -> dict[str, Any]:
    profile, n = block.profile, len(estimate)
    small = estimate < profile["procurement.direct_award_threshold"]
    large = estimate > 5 * profile["city.contract_median"]
    draw = rng.random(n)
    method = np.select(
        [small & (draw < 0.7), large & (draw < 0.35), draw > 0.94], ["direct", "selective", "limited"], "open"
    ).astype(object)
    details = np.array([_DETAILS[m] for m in method], dtype=object)
    length = profile["procurement.minimum_tender_days"] + np.round(rng.gamma(2.2, 4.5 + 3.5 * large, n))
    # Urgent repairs are tendered faster and say so: short, but not irregular.
    urgent = (method == "open") & (rng.random(n) < 0.03)
    length = np.where(urgent, profile["procurement.minimum_tender_days"] - rng.integers(1, 5, n), length)
    length = np.where(method == "direct", rng.integers(3, 9, n), length)
    start = block.next_workday(published + rng.integers(0, 3, n).astype("timedelta64[D]"))
    end = block.next_workday(start + days(length))
    projects = block["projects"]
    return {
        "tender_id": numbered("T", (projects["_number"], 6)),
        "project_id": projects["project_id"],
        "title": np.array([f"Works: {title}" for title in projects["title"]], dtype=object),
        "procurement_method": method,
        "procurement_method_details": np.where(urgent, URGENT, details),
        "date_published": published,
        "tender_start": start,
        "tender_end": end,
        "bid_opening_date": np.busday_offset(end + DAY, 0, roll="forward", busdaycal=block.calendar),
        "cost_estimate": estimate,
        "number_of_tenderers": np.zeros(n),
        "price_only": (method == "open") & (rng.random(n) < 0.75),
        "_project": np.arange(n),
        "_tender": np.arange(n),
    }


def bids(block: Block) -> None:
    """Who bids how much. Most bids come on the last days and lie a few per cent apart."""
    rng, tenders, pool = block.rng("bids"), block["tenders"], firms.primes(block)
    n = len(tenders["tender_id"])
    method = tenders["procurement_method"]
    count = np.select(
        [method == "direct", method == "limited", method == "selective"],
        [np.ones(n, np.intp), rng.integers(2, 5, n), rng.integers(3, 8, n)],
        1 + rng.negative_binomial(2.2, 0.27, n),
    )
    count = np.where(count > _MOST_BIDDERS, rng.integers(10, _MOST_BIDDERS + 1, n), count)
    # The best-known firms come first in a draw without replacement: a race in which they are faster.
    arrival = rng.exponential(1.0, (n, len(pool.ids))) / pool.weight
    order = np.argsort(arrival, axis=1, kind="stable")[:, :_MOST_BIDDERS]
    order = rng.permuted(order, axis=1)
    tender = np.repeat(np.arange(n), count)
    place = running_number(tender)
    firm = order[tender, place]
    ratio = _price_ratios(block, rng, method, tender)
    amount = rounded(tenders["cost_estimate"][tender] * ratio, block.profile["currency.round_to"])
    early = np.minimum(
        rng.exponential(2.5, len(tender)),
        (tenders["tender_end"] - tenders["tender_start"])[tender].astype("int64"),
    )
    draw = rng.random(len(tender))
    status = np.select([draw < 0.012, draw < 0.042], ["withdrawn", "disqualified"], "valid").astype(object)
    # A tender keeps at least one valid bid: the first one handed in.
    status[place == 0] = "valid"
    came = _came(block, tender, place, amount, status)
    rivals, on_time = _rivals(block, method, count)
    tender, firm, amount, early, status = (
        np.concatenate([values[came], more])
        for values, more in (
            (tender, rivals),
            (firm, order[rivals, 1]),
            (amount, amount[np.searchsorted(tender, rivals)] + block.profile["currency.round_to"]),
            (early, on_time),
            (status, np.full(len(rivals), "valid", dtype=object)),
        )
    )
    row = np.argsort(tender, kind="stable")
    tender, firm, amount, early, status = (values[row] for values in (tender, firm, amount, early, status))
    block["bids"] = {
        "bid_id": numbered("B", (block["projects"]["_number"][tender], 6), (running_number(tender) + 1, 2)),
        "tender_id": tenders["tender_id"][tender],
        "tenderer_id": pool.ids[firm],
        "tenderer_name": pool.names[firm],
        "amount": amount,
        "date": tenders["tender_end"][tender] - np.floor(early).astype("timedelta64[D]"),
        "status": status,
        "_project": tender,
        "_tender": tender,
    }


def _came(
    block: Block, tender: np.ndarray, place: np.ndarray, amount: np.ndarray, status: np.ndarray
) -> np.ndarray:
    """Which firms hand in the bid that they made: the lowest do, the dearer often stay away."""
    valid = status == "valid"
    order = np.lexsort((np.where(valid, amount, np.inf), tender))
    rank = np.empty(len(tender), dtype=np.intp)
    rank[order] = running_number(tender[order])
    stays = block.rng("bidders").random(len(tender)) < _share(block, "city.dear_bids")
    return (valid & (rank < _AT_LEAST)) | (place == 0) | stays


def _rivals(block: Block, method: np.ndarray, count: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Open tenders in which a second firm bids beside one that would have been alone, and how early it bids."""
    rng, tenders = block.rng("rivals"), block["tenders"]
    comes = rng.random(len(method)) < _share(block, "city.rival_comes")
    open_for = (tenders["tender_end"] - tenders["tender_start"]).astype("int64")
    early = np.minimum(rng.exponential(2.5, len(method)), open_for)
    rows = np.flatnonzero((method == "open") & (count == 1) & comes)
    return rows, early[rows]


def _price_ratios(block: Block, rng: Draws, method: np.ndarray, tender: np.ndarray) -> np.ndarray:
    """What each firm would ask, as a share of what the works are worth: who is cheaper than whom."""
    n = len(method)
    centre = np.select(
        [method == "direct", method == "limited", method == "selective"],
        [rng.uniform(0.94, 1.0, n), rng.normal(0.945, 0.02, n), rng.normal(0.93, 0.02, n)],
        rng.normal(0.905, 0.022, n),
    )
    width = np.clip(rng.gamma(3, 0.008, n), 0.004, 0.08)
    ratio = centre[tender] + width[tender] * (rng.gamma(2.2, 0.6, len(tender)) - 1.1)
    ratio = np.where(method[tender] == "direct", centre[tender], ratio)
    # Few firms ask less than the share below which a price gets a closer look; some compute it to the last digit.
    floor = block.profile["procurement.floor_ratio"]
    exact = (method[tender] == "open") & (rng.random(len(tender)) < 0.012)
    ratio = np.where(ratio < floor, floor + rng.exponential(0.006, len(tender)), ratio)
    return np.where(exact, floor, np.minimum(ratio, 1.1))


def _published_prices(block: Block, winner: np.ndarray) -> None:
    """The estimates that the client publishes, and the bids as the firms write them.

    The winner's price stays, but for its rounding. The estimate lies above it by a drawn discount, and the other bids lie
    between the two, or below the winner's where theirs did. Who is cheaper than whom does not change.
    """
    rng, tenders, offers = block.rng("prices"), block["tenders"], block["bids"]
    n, tender, old = len(winner), offers["_tender"], offers["amount"]
    tendered = tenders["procurement_method"] != "direct"
    discount = _discounts(block, rng, tenders["procurement_method"], np.bincount(tender, minlength=n))
    award, estimate = old[winner], tenders["cost_estimate"]
    published = rounded(award / (1 - discount), block.profile["currency.round_to"])
    published = np.where(tendered, published, estimate)
    budget = block["projects"]["budget_amount"] * (published / estimate)
    block["projects"]["budget_amount"] = np.where(
        tendered, rounded(budget, block.profile["currency.round_to"]), block["projects"]["budget_amount"]
    )
    tenders["cost_estimate"] = published
    # Where bids lie between award and estimate, in the order that they had: equal bids stay equal.
    above = _in_order(tender, old, old > award[tender], 1 - power(1 - rng.random(len(old)), 0.8))
    below = -_in_order(tender, -old, old < award[tender], rng.exponential(_LOWER, len(old)).clip(max=0.2))
    price = award[tender] * (1 + below) + (published - award)[tender] * above
    same = _first_equal(tender, old)
    written = as_written(block, rng, price, published[tender])[same]
    offers["amount"] = _kept_in_order(tender, old, written)


def _discounts(block: Block, rng: Draws, method: np.ndarray, bidders: np.ndarray) -> np.ndarray:
    """How far the award lies below the estimate, as a share of the estimate: most a little, some very far."""
    depth = np.array([_DEPTH.get(one, 1.0) for one in method]) * np.where(bidders == 1, _ALONE, 1.0)
    middle, spread = _share(block, "city.discount_median"), _share(block, "city.discount_spread", most=5)
    drawn = depth * middle * rng.lognormal(0, spread, len(method))
    return drawn / (1 + drawn)


def _in_order(tender: np.ndarray, amount: np.ndarray, chosen: np.ndarray, drawn: np.ndarray) -> np.ndarray:
    """The drawn numbers of the chosen rows, dealt out within each tender in the order of the amounts; 0 elsewhere."""
    rows = np.flatnonzero(chosen)
    dealt = np.zeros(len(amount))
    by_amount = rows[np.lexsort((amount[rows], tender[rows]))]
    by_draw = rows[np.lexsort((drawn[rows], tender[rows]))]
    dealt[by_amount] = drawn[by_draw]
    return dealt


def _first_equal(tender: np.ndarray, amount: np.ndarray) -> np.ndarray:
    """For each bid the first one of its tender with the same amount."""
    order = np.lexsort((amount, tender))
    new = np.r_[True, (np.diff(tender[order]) != 0) | (np.diff(amount[order]) != 0)]
    first = np.empty(len(amount), dtype=np.intp)
    first[order] = order[np.flatnonzero(new)[np.cumsum(new) - 1]]
    return first


def _kept_in_order(tender: np.ndarray, old: np.ndarray, written: np.ndarray) -> np.ndarray:
    """Written amounts, none below that of a bid that was lower before: rounding may make bids equal and turns none round."""
    order = np.lexsort((old, tender))
    values, number = np.unique(written, return_inverse=True)
    start = tender[order] * len(values)
    kept = np.empty(len(old))
    kept[order] = values[np.maximum.accumulate(number.reshape(-1)[order] + start) - start]
    return kept


def as_written(block: Block, rng: Draws, amount: np.ndarray, most: np.ndarray) -> np.ndarray:
    """Prices in round figures, none above ``most``: some firms write millions, others thousands."""
    unit = block.profile["currency.round_to"]
    finest = _share(block, "city.price_step") * rng.lognormal(0, _CARE, len(amount)) * most / unit
    tens = np.array([10.0**k for k in range(16)])
    step = unit * tens[np.clip(np.searchsorted(tens, finest, side="right") - 1, 0, len(tens) - 1)]
    price = rounded(amount, step)
    return np.where(price > most, np.maximum(np.floor(most / step), 1) * step, price)


def _share(block: Block, key: str, most: float = 1) -> float:
    value = block.profile[key]
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= most:
        raise InputError(
            f"'{key}' is {value!r}.",
            where=f"profile {block.profile.code}",
            fix=f"Write a number from 0 to {most}.",
        )
    return float(value)


def contracts(block: Block) -> None:
    """Award and sign, and cut everything off at the reference date."""
    rng, tenders, offers, projects = (
        block.rng("contracts"),
        block["tenders"],
        block["bids"],
        block["projects"],
    )
    n = len(tenders["tender_id"])
    winner = _winners(rng, tenders, offers)
    _published_prices(block, winner)
    award = block.next_workday(tenders["bid_opening_date"] + days(3 + rng.lognormal(2.2, 0.6, n)))
    signed = block.next_workday(award + days(5 + rng.gamma(2, 3, n)))
    start = block.next_workday(signed + days(5 + rng.gamma(2.0, 5, n)))
    # 3 % of projects have a budget and no tender yet; 2 % are given up before the award.
    fate = rng.random(n)
    early, cancelled = fate < 0.03, (fate >= 0.03) & (fate < 0.05)
    opened = (tenders["bid_opening_date"] <= block.reference) & ~early
    has_contract = opened & ~cancelled & (start <= block.reference - 3 * DAY)
    number = np.bincount(offers["_tender"], offers["status"] != "withdrawn", minlength=n)
    projects["status"] = np.select(
        [early, cancelled, has_contract], ["identification", "cancelled", "implementation"], "preparation"
    ).astype(object)
    tenders["number_of_tenderers"] = np.where(opened, number, np.nan)
    tenders["bid_opening_date"] = np.where(opened, tenders["bid_opening_date"], NAT)
    i = np.flatnonzero(has_contract)
    amount = offers["amount"][winner[i]]
    end = start[i] + days(projects["_months"][i] * MEAN_MONTH)
    profile = block.profile
    long_mode = (amount > profile["reporting.long_mode_amount"]) & (
        projects["_months"][i] > profile["reporting.long_mode_months"]
    )
    block["contracts"] = {
        "contract_id": numbered("C", (projects["_number"][i], 6)),
        "project_id": projects["project_id"][i],
        "tender_id": tenders["tender_id"][i],
        "supplier_id": offers["tenderer_id"][winner[i]],
        "supplier_name": offers["tenderer_name"][winner[i]],
        "nature": np.full(len(i), "construction", dtype=object),
        "award_date": award[i],
        "date_signed": signed[i],
        "value_amount": amount,
        "period_start": start[i],
        "period_end": end,
        "official_id": _officials(block, rng, projects["_authority_id"][i]),
        "mode": np.where(long_mode, "long", "short").astype(object),
        "_project": i,
        "_number": projects["_number"][i],
        "_months": projects["_months"][i],
        "_estimate": tenders["cost_estimate"][i],
        "_authority_id": projects["_authority_id"][i],
    }
    block["tenders"] = keep(tenders, ~early)
    block["bids"] = keep(offers, opened[offers["_tender"]])


def _winners(rng: Draws, tenders: Rows, offers: Rows) -> np.ndarray:
    """Row of the winning bid of each tender: the lowest valid one where price alone decides, else one of the lowest."""
    n = len(tenders["tender_id"])
    valid = offers["status"] == "valid"
    rank_by = np.where(valid, offers["amount"], np.inf)
    order = np.lexsort((rank_by, offers["_tender"]))
    first = np.searchsorted(offers["_tender"][order], np.arange(n))
    choices = np.bincount(offers["_tender"], valid, minlength=n).astype(np.intp)
    step = np.where(tenders["price_only"], 0, rng.choice(3, n, p=[0.62, 0.25, 0.13]))
    return order[first + np.minimum(step, choices - 1)]


def _officials(block: Block, rng: Draws, authority: np.ndarray) -> np.ndarray:
    """One of two or three officials of the owner."""
    count = block.profile["city.officials"]
    return numbered(
        "O",
        (np.full(len(authority), block.market), 3),
        ((authority + 31 * rng.integers(0, 3, len(authority))) % count + 1, 3),
    )


def losing_bidders(block: Block, rng: Draws) -> tuple[np.ndarray, np.ndarray]:
    """For each contract the id and name of one firm that bid and lost; empty text where there is none."""
    contracts, offers = block["contracts"], block["bids"]
    n = len(contracts["contract_id"])
    ids, names = np.full(n, "", dtype=object), np.full(n, "", dtype=object)
    order = rng.permutation(len(offers["bid_id"]))
    position = np.full(PROJECTS_PER_BLOCK, -1)
    position[contracts["_project"]] = np.arange(n)
    contract = position[offers["_project"][order]]
    order, contract = order[contract >= 0], contract[contract >= 0]
    lost = offers["tenderer_id"][order] != contracts["supplier_id"][contract]
    ids[contract[lost]], names[contract[lost]] = (
        offers["tenderer_id"][order[lost]],
        offers["tenderer_name"][order[lost]],
    )
    return ids, names


def close(block: Block) -> None:
    """Write into the projects what their contracts came to."""
    projects, contracts = block["projects"], block["contracts"]
    i, done = contracts["_project"], ~np.isnat(contracts["_completed"])
    projects["completion_end_date"][i] = contracts["_completed"]
    projects["completion_final_value"][i] = np.where(done, contracts["_final_value"], np.nan)
    projects["status"][i[done]] = "completion"
