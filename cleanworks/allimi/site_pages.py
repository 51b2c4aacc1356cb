"""The pages: overview with map and search, a list per district, a page per project, the data, and what is not shown."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

import pandas as pd

from cleanworks.allimi import drawing
from cleanworks.errors import InputError
from cleanworks.profiles import Profile
from cleanworks.typed import Row, Tables

ITEM_WORDS = {"road_closure": "road closure", "social_media": "social media"}
STATUS_WORDS = {
    "identification": "being identified", "preparation": "in preparation", "procurement": "in procurement",
    "implementation": "under way", "completion": "in handover", "completed": "completed", "cancelled": "cancelled",
}  # fmt: skip
PAYEE_WORDS = {
    "prime": "Prime contractor", "subcontractor": "Subcontractors", "wages": "Wages", "equipment": "Equipment", "materials": "Materials",
}  # fmt: skip
DATA_WORDS = {
    "oc4ids.json": "All projects as an OC4IDS 0.9.5 package, an open standard for infrastructure projects",
    "feed.csv": "One row a contract, with the field names of Seoul's open-data set on works (OA-2540); 0 % may mean not entered",
}


@dataclass(frozen=True)
class Context:
    """What all pages share: the country, the day, whether the city is simulated, the tables that hold nothing at all, and those of
    which some rows belong to no project that is named."""

    profile: Profile
    date: pd.Timestamp
    simulated: bool
    absent: frozenset[str] = frozenset()
    unplaced: frozenset[str] = frozenset()

    @property
    def site(self) -> str:
        return self.profile.name("disclosure_site")

    def money(self, amount: float) -> str:
        return "not known" if pd.isna(amount) else escape(self.profile.money(float(amount)))


def all_pages(shown: Tables, context: Context, data_files: Mapping[str, int]) -> dict[str, str]:
    """Every page and the list that the search reads: path -> text."""
    whole = _whole(shown)
    contracts = shown["contracts"].merge(whole.projects[["project_id"]], on="project_id")
    facts = _facts(whole.projects, contracts, shown["progress"])
    files = {
        "index.html": _overview(
            facts, int(contracts["value_amount"].isna().sum()), whole.drawn, whole.districts, context
        ),
        "data.html": _data(data_files, shown, context),
        "about.html": _about(context),
        "static/search.js": _search_list(facts, whole.paths),
    }
    for name, rows in facts.groupby("district", sort=False):
        files[whole.districts[name]] = _district(name, rows, whole.paths, context)
    return files | _project_pages(facts, contracts, shown, whole, context)


def project_page(shown: Tables, context: Context, project_id: str) -> tuple[str, str]:
    """Path and text of one project's page, the same as in the site, without making the other pages.

    Raises
    ------
    InputError
        No such project.
    """
    whole = _whole(shown)
    row = whole.projects[whole.projects["project_id"] == project_id]
    if row.empty:
        raise InputError(
            f"There is no project '{project_id}'.",
            where="table projects",
            fix="Take a project_id of the table.",
        )
    own = {
        name: frame[frame["project_id"] == project_id]
        for name, frame in shown.items()
        if "project_id" in frame
    }
    numbers = own["contracts"]["contract_id"]
    own |= {
        name: frame[frame["contract_id"].isin(numbers)]
        for name, frame in shown.items()
        if name not in own and "contract_id" in frame
    }
    facts = _facts(row, own["contracts"], own["progress"])
    ((path, text),) = _project_pages(facts, own["contracts"], own, whole, context).items()
    return path, text


@dataclass(frozen=True)
class _Whole:
    """What a page says of the whole site: all projects, the map, and where pages lie."""

    projects: pd.DataFrame
    drawn: drawing.Plan
    paths: dict[str, str]
    districts: dict[str, str]


def _whole(shown: Tables) -> _Whole:
    projects = shown["projects"].copy()
    projects["district"] = (
        projects["district"].astype(object).where(projects["district"].notna(), "Not stated")
    )
    paths = _paths(projects["project_id"], "project")
    return _Whole(
        projects, drawing.plan(projects), paths, _paths(sorted(projects["district"].unique()), "district")
    )


def _project_pages(
    facts: pd.DataFrame, contracts: pd.DataFrame, shown: Tables, whole: _Whole, context: Context
) -> dict[str, str]:
    by_project = {
        name: dict(tuple(shown[name].groupby("project_id")))
        for name in ("tenders", "contracts", "disclosures", "questions")
    }
    by_contract = {
        name: dict(tuple(shown[name].groupby("contract_id")))
        for name in ("progress", "modifications", "subcontracts")
    }
    sums = dict(tuple(_payment_sums(shown["payments"], contracts, context.date).groupby(level="project_id")))
    files = {}
    for row in facts.itertuples():
        of_project = {
            name: rows.get(row.project_id, shown[name].iloc[:0]) for name, rows in by_project.items()
        }
        of_contract = {name: (rows, shown[name].iloc[:0]) for name, rows in by_contract.items()}
        files[whole.paths[row.project_id]] = _project(
            row, of_project, of_contract, sums.get(row.project_id), whole.drawn, whole.districts, context
        )
    return files


def alone(page: str) -> str:
    """A page for a frame: its style inside, its scripts, skip links and the targets of its links gone, always light."""
    style = (Path(__file__).parent / "static" / "allimi.css").read_text(encoding="utf-8")
    page = re.sub(r'<link rel="stylesheet"[^>]*>', lambda _: f"<style>{style}</style>", page)
    page = re.sub(r"<script[^>]*></script>", "", page)
    page = re.sub(r'<a class="skip[^>]*>[^<]*</a>\n', "", page)
    page = re.sub(r'(<a\b[^>]*?) href="[^"]*"', r"\1", page)
    return page.replace("<html ", '<html data-scheme="light" ', 1)


# --- the frame of a page -----------------------------------------------------------------------------------------


def _page(title: str, body: str, context: Context, depth: int = 0, script: bool = False) -> str:
    up = "../" * depth
    banner = f'<p class="banner">{escape(context.profile["text.simulated"])}</p>' if context.simulated else ""
    scripts = f'<script src="{up}static/search.js"></script>' if script else ""
    city = escape(context.profile.name("city"))
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{escape(title)} - {escape(context.site)}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="{up}static/allimi.css">
</head>
<body>
<a class="skip" href="#main">Skip to the content</a>
<header>
<div class="inner">
<a class="home" href="{up}index.html">{escape(context.site)} <span>{city}</span></a>
<nav aria-label="Site"><a href="{up}index.html">Map and search</a> <a href="{up}data.html">Open data</a> <a href="{up}about.html">About</a></nav>
</div>
{banner}
</header>
<main id="main">
{body}
</main>
<footer><div class="inner">As of {_day(context.date)}. Without login, without cookies, without the network.</div></footer>
{scripts}<script src="{up}static/allimi.js"></script>
</body>
</html>
"""


def _table(
    caption: str,
    heads: Sequence[str],
    rows: Iterable[Sequence[str]],
    empty: str = "Nothing is recorded here.",
) -> str:
    """A table that scrolls by itself on a small screen. Cells are HTML; a head that ends in > is a number's."""
    if not rows:
        return f"<p>{empty}</p>"
    numeric = [head.endswith(">") for head in heads]
    head = "".join(
        f'<th scope="col"{_number(n)}>{escape(h.rstrip(">"))}</th>'
        for h, n in zip(heads, numeric, strict=True)
    )
    body = "\n".join(
        "<tr>"
        + "".join(f"<td{_number(n)}>{cell}</td>" for cell, n in zip(row, numeric, strict=True))
        + "</tr>"
        for row in rows
    )
    return (
        f'<div class="wide" role="region" tabindex="0" aria-label="{escape(caption)}"><table><caption>{escape(caption)}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>\n{body}\n</tbody></table></div>"
    )


def _number(yes: bool) -> str:
    return ' class="number"' if yes else ""


def _day(value: pd.Timestamp) -> str:
    return "-" if pd.isna(value) else f"{value:%Y-%m-%d}"


def _text(value: object, missing: str = "not stated") -> str:
    return escape(missing if pd.isna(value) or value == "" else str(value))


def _percent(value: float) -> str:
    return "not entered" if pd.isna(value) else f"{value:.0f} %"


def _words(code: str) -> str:
    return "not stated" if pd.isna(code) else escape(ITEM_WORDS.get(code, str(code)).replace("_", " "))


def _status(code: str) -> str:
    return "not stated" if pd.isna(code) else escape(STATUS_WORDS.get(code, str(code)))


def _paths(names: Iterable[str], folder: str) -> dict[str, str]:
    """A file name for each key: letters, digits and - only, and no two the same on any disk."""
    used, paths = set(), {}
    for name in names:
        plain = re.sub(r"[^a-z0-9]+", "-", str(name).lower()).strip("-")[:80] or "x"
        stem, number = plain, 2
        while stem in used:
            stem, number = f"{plain}-{number}", number + 1
        used.add(stem)
        paths[name] = f"{folder}/{stem}.html"
    return paths


# --- overview, district ------------------------------------------------------------------------------------------


def _facts(projects: pd.DataFrame, contracts: pd.DataFrame, progress: pd.DataFrame) -> pd.DataFrame:
    """One row a project with what the lists show: contract value, contractor, last planned and actual progress."""
    value = contracts.groupby("project_id")["value_amount"].sum(min_count=1)
    firm = (
        contracts.dropna(subset=["supplier_name"])
        .groupby("project_id")["supplier_name"]
        .agg(lambda names: ", ".join(sorted(set(names))))
    )
    last = progress.sort_values("period", kind="stable").drop_duplicates("contract_id", keep="last")
    last = last.merge(contracts[["contract_id", "project_id"]], on="contract_id").drop_duplicates(
        "project_id"
    )
    last = last.set_index("project_id")
    key = projects["project_id"]
    return projects.assign(
        value=key.map(value),
        firm=key.map(firm),
        planned=key.map(last["planned"]),
        actual=key.map(last["actual"]),
    ).sort_values(["district", "title", "project_id"], kind="stable")


def _overview(
    facts: pd.DataFrame, unknown: int, drawn: drawing.Plan, districts: Mapping[str, str], context: Context
) -> str:
    """The first page; ``unknown`` is how many contracts have no price that could be added."""
    running = int(facts["status"].eq("implementation").sum())
    by = facts.groupby("district")
    table = by.agg(
        projects=("project_id", "size"),
        running=("status", lambda s: int(s.eq("implementation").sum())),
        value=("value", lambda amounts: amounts.sum(min_count=1)),
    )
    rows = [
        (
            f'<a href="{escape(districts[name])}">{escape(str(name))}</a>',
            f"{row.projects:.0f}",
            f"{row.running:.0f}",
            context.money(row.value),
        )
        for name, row in table.iterrows()
    ]
    options = "".join(f"<option>{escape(str(name))}</option>" for name in districts)
    states = "".join(
        f'<option value="{escape(str(code))}">{_status(code)}</option>'
        for code in sorted(facts["status"].dropna().unique())
    )
    word = escape(context.profile.get("names.district_word", "district"))
    how = (
        "The areas are drawn around the projects; they are not surveyed borders." if drawn.by_place
        else "The tables hold no coordinates for every place, so the map is a row of tiles."
    )  # fmt: skip
    total = facts["value"].notna().any()
    without = (
        f", without {unknown:,} {'contract whose price is' if unknown == 1 else 'contracts whose prices are'} not known"
        if unknown and total
        else ""
    )
    under_way = f", {running:,} of them under way" if facts["status"].notna().any() else ""
    body = f"""<h1>Public works of {escape(context.profile.name("city"))}</h1>
<p class="lead">{len(facts):,} projects{under_way}. Contracts together: {context.money(facts["value"].sum(min_count=1))}{without}.</p>
<section aria-labelledby="search"><h2 id="search">Find a project</h2>
<form id="find" role="search" hidden>
<div class="field"><label for="words">Name, number, purpose or firm</label><input id="words" type="search" autocomplete="off"></div>
<div class="field"><label for="district">{word.capitalize()}</label><select id="district"><option value="">all</option>{options}</select></div>
<div class="field"><label for="status">State</label><select id="status"><option value="">all</option>{states}</select></div>
</form>
<p id="count" role="status"></p>
<ul id="found" class="found"></ul>
<noscript><p>The search needs scripts. Every project is in the list of its {word}.</p></noscript>
</section>
<section aria-labelledby="map"><h2 id="map">By {word}</h2>
<a class="skip inside" href="#list">Skip the map</a>
<p>The more projects a {word} has, the more it stands out. {how}</p>
{drawing.city_map(drawn, table["projects"], districts)}
<div id="list">{_table(f"All {word}s", (word.capitalize(), "Projects>", "Under way>", "Contracts>"), rows)}</div>
</section>"""
    return _page("Public works", body, context, script=True)


def _search_list(facts: pd.DataFrame, paths: Mapping[str, str]) -> str:
    rows = [
        [
            _plain(r.project_id),
            _plain(r.title),
            _plain(r.district),
            _plain(r.status),
            _plain(r.firm),
            _plain(r.purpose),
            paths[r.project_id],
        ]
        for r in facts.itertuples()
    ]
    words = {code: STATUS_WORDS.get(code, code) for code in facts["status"].dropna().unique()}
    return f"window.PROJECTS={_script(rows)};\nwindow.STATES={_script(words)};\n"


def _script(thing: object) -> str:
    return json.dumps(thing, ensure_ascii=True, separators=(",", ":")).replace("<", "\\u003c")


def _plain(value: object) -> str:
    return "" if pd.isna(value) else str(value)


def _district(name: str, rows: pd.DataFrame, paths: Mapping[str, str], context: Context) -> str:
    listed = [
        (
            f'<a href="../{escape(paths[r.project_id])}">{_text(r.title, r.project_id)}</a>', _status(r.status), _day(r.period_end),
            _percent(r.planned), _percent(r.actual), context.money(r.value),
        )
        for r in rows.itertuples()
    ]  # fmt: skip
    heads = ("Project", "State", "Planned end", "Planned>", "Actual>", "Contract>")
    body = f'<p><a href="../index.html">All places</a></p><h1>{escape(str(name))}</h1><p class="lead">{len(rows):,} projects.</p>{_table(f"Projects in {name}", heads, listed)}'
    return _page(str(name), body, context, depth=1)


# --- a project ---------------------------------------------------------------------------------------------------


def _project(
    row: Row,
    of_project: Tables,
    of_contract: Mapping[str, tuple[Tables, pd.DataFrame]],
    sums: pd.DataFrame | None,
    drawn: drawing.Plan,
    districts: Mapping[str, str],
    context: Context,
) -> str:
    def rows_of(name: str, contract: str) -> pd.DataFrame:
        rows, none = of_contract[name]
        return rows.get(contract, none)

    contracts = of_project["contracts"]
    sections = [("overview", "Overview", _overview_of(row, drawn, context))]
    sections.append(("contract", "Contract", _contracts(contracts, of_project["tenders"], rows_of, context)))
    sections.append(("progress", "Progress", _progress(contracts, rows_of, context)))
    sections.append(("payments", "Payments", _payments(sums, context)))
    sections.append(("documents", "Documents", _documents(of_project["disclosures"], context)))
    sections.append(("stakeholders", "Stakeholders", _stakeholders(row, contracts, rows_of, context)))
    sections.append(("questions", "Questions", _questions(row, of_project["questions"], context)))
    links = "".join(f'<li><a href="#{key}">{title}</a></li>' for key, title, _ in sections)
    parts = "\n".join(
        f'<section id="{key}" aria-labelledby="h-{key}"><h2 id="h-{key}">{title}</h2>\n{text}</section>'
        for key, title, text in sections
    )
    title = _plain(row.title) or row.project_id
    body = (
        f'<p><a href="../index.html">All places</a> › <a href="../{escape(districts[row.district])}">{escape(str(row.district))}</a></p>'
        f'<h1>{escape(title)}</h1><p class="lead">{_lead(row)}</p>'
        f'<nav class="contents" aria-label="On this page"><ul>{links}</ul></nav>\n{parts}'
    )
    return _page(title, body, context, depth=1)


def _lead(row: Row) -> str:
    """What a project is for, and its state, in a sentence each."""
    if pd.isna(row.purpose) and pd.isna(row.status):
        return "Purpose and state are not stated."
    return f"{_text(row.purpose, 'Purpose not stated')}. {_status(row.status).capitalize()}."


def _none(context: Context, table: str, known: str, unknown: str) -> str:
    """What a page says where there is no row: that there was none, or that the data do not speak of it, or not clearly."""
    if table in context.unplaced:
        return f"Some rows of the table {table} do not say where they belong; whether one belongs here, nobody can tell."
    return unknown if table in context.absent else known


def _list(pairs: Iterable[tuple[str, str]]) -> str:
    return "<dl>" + "".join(f"<div><dt>{name}</dt><dd>{value}</dd></div>" for name, value in pairs) + "</dl>"


def _overview_of(row: Row, drawn: drawing.Plan, context: Context) -> str:
    pairs = [
        ("Number", _text(row.project_id)), ("Ordered by", _text(row.public_authority)), ("Place", _text(row.district)),
        ("Sector", _words(row.sector)), ("Kind of works", _words(row.project_type)), ("Budget", context.money(row.budget_amount)),
        ("Budget approved", _day(row.budget_approval_date)), ("Planned", f"{_day(row.period_start)} to {_day(row.period_end)}"),
    ]  # fmt: skip
    if pd.notna(row.completion_end_date):
        pairs += [
            ("Completed", _day(row.completion_end_date)),
            ("Final cost", context.money(row.completion_final_value)),
        ]
    return (
        f'<div class="beside">{_list(pairs)}{drawing.locator(drawn, str(row.district), row.project_id)}</div>'
    )


def _contracts(
    contracts: pd.DataFrame,
    tenders: pd.DataFrame,
    rows_of: Callable[[str, str], pd.DataFrame],
    context: Context,
) -> str:
    if contracts.empty and tenders.empty:
        nothing = _none(
            context,
            "contracts" if "tenders" in context.absent else "tenders",
            "No tender is recorded here.",
            "These data hold no tenders and no contracts.",
        )
        return f"<p>{nothing}</p>"
    parts = []
    for one in tenders.itertuples():
        parts.append(_list([
            ("Way of tendering", _text(one.procurement_method_details)), ("Open for bids", f"{_day(one.tender_start)} to {_day(one.tender_end)}"),
            ("Estimate", context.money(one.cost_estimate)), ("Firms that bid", "-" if pd.isna(one.number_of_tenderers) else f"{one.number_of_tenderers:.0f}"),
        ]))  # fmt: skip
    for one in contracts.itertuples():
        parts.append(_list([
            ("Contract", _text(one.contract_id)), ("Contractor", _text(one.supplier_name)), ("Signed", _day(one.date_signed)),
            ("Price at signature", context.money(one.value_amount)), ("Time", f"{_day(one.period_start)} to {_day(one.period_end)}"),
        ]))  # fmt: skip
        changes = [
            (_day(c.date), _words(c.type), _change(c, context), _text(c.rationale, "no reason published"))
            for c in rows_of("modifications", one.contract_id).itertuples()
        ]
        parts.append(
            _table(
                f"Changes of contract {one.contract_id}",
                ("Date", "What", "From - to", "Reason"),
                changes,
                _none(
                    context,
                    "modifications",
                    "No change of the contract is recorded.",
                    "These data hold no changes of contracts; whether there were any, they do not say.",
                ),
            )
        )
    return "".join(parts)


def _change(change: Row, context: Context) -> str:
    if change.type == "duration":
        return f"{_day(change.old_period_end)} - {_day(change.new_period_end)}"
    return f"{context.money(change.old_value)} - {context.money(change.new_value)}"


def _progress(contracts: pd.DataFrame, rows_of: Callable[[str, str], pd.DataFrame], context: Context) -> str:
    parts = []
    for contract in contracts["contract_id"]:
        rows = rows_of("progress", contract).sort_values("period", kind="stable")
        if rows.empty:
            continue
        last = rows.iloc[-1]
        months = [
            (_day(r.period), _percent(r.planned), _percent(r.actual), _percent(r.paid))
            for r in rows.itertuples()
        ]
        parts.append(
            f"<p>By {_day(last['period'])}: planned {_percent(last['planned'])}, actual {_percent(last['actual'])}, paid {_percent(last['paid'])}.</p>"
            f"{drawing.curves(rows)}<details><summary>All months as a table</summary>"
            + _table(f"Progress of contract {contract}", ("Month", "Planned>", "Actual>", "Paid>"), months)
            + "</details>"
        )
    nothing = _none(
        context, "progress", "No progress is recorded here.", "These data hold no progress of works."
    )
    return "".join(parts) or f"<p>{nothing}</p>"


def _payment_sums(payments: pd.DataFrame, contracts: pd.DataFrame, date: pd.Timestamp) -> pd.DataFrame:
    """Per project and receiver: registered, paid, how many amounts are missing, and how many are late; one pass for all pages.

    What the data do not hold is missing here too: a sum of amounts of which none is known, lateness without due dates.
    """
    paid, due = payments["date_paid"].dt.normalize(), payments["date_due"].dt.normalize()
    # Where no payment has a date, nobody can tell which were made.
    dated = bool(paid.notna().any())
    unpaid = paid.isna()
    return (
        payments.assign(
            project_id=payments["contract_id"].map(
                contracts.drop_duplicates("contract_id").set_index("contract_id")["project_id"]
            ),
            payee_type=payments["payee_type"].astype(object).where(payments["payee_type"].notna(), ""),
            paid=payments["amount"].where(~unpaid, 0.0) if dated else float("nan"),
            unknown=~unpaid & payments["amount"].isna(),
            late=(paid > due).where(due.notna() & dated),
            overdue=(unpaid & (due < date.normalize())).where(due.notna() & dated),
        )
        .groupby(["project_id", "payee_type"])
        .agg(
            registered=("amount_registered", _sum),
            paid=("paid", _sum),
            unknown=("unknown", "sum"),
            late=("late", _sum),
            overdue=("overdue", _sum),
        )
        .reset_index("payee_type")
    )


def _sum(values: pd.Series) -> float:
    """A sum, and none where nothing is known."""
    return float(values.astype(float).sum(min_count=1))


def _payments(sums: pd.DataFrame | None, context: Context) -> str:
    if sums is None:
        nothing = _none(
            context,
            "payments",
            "No payment is recorded here.",
            "These data hold no payments; whether anything was paid, they do not say.",
        )
        return f"<p>{nothing}</p>"
    sums = sums.set_index("payee_type")
    others = sorted(set(sums.index) - {*PAYEE_WORDS, ""})
    listed = [
        (
            PAYEE_WORDS.get(kind, escape(str(kind))) or "Not stated",
            context.money(s.registered),
            context.money(s.paid) + (f" and {int(s.unknown)} not known" if s.unknown else ""),
            "not known" if pd.isna(s.late) else f"{int(s.late)}",
            "not known" if pd.isna(s.overdue) else f"{int(s.overdue)}",
        )
        for kind, s in sums.reindex([k for k in (*PAYEE_WORDS, *others, "") if k in sums.index]).iterrows()
    ]
    system = escape(context.profile.name("payment_system"))
    source = f"From the payment system ({system}). " if context.simulated else ""
    return f"<p>{source}Each payment is in the open data, without the names of workers.</p>" + _table(
        "Payments by receiver", ("To", "Registered>", "Paid>", "Paid late>", "Past due, unpaid>"), listed
    )


def _documents(items: pd.DataFrame, context: Context) -> str:
    def state(one: Row) -> str:
        if pd.notna(one.date_published):
            return _day(one.date_published)
        waited = (context.date - one.date_event).days if pd.notna(one.date_event) else None
        return "not published" + (f", waiting for {waited} days" if waited is not None and waited > 0 else "")

    listed = [
        (
            _words(one.item).capitalize(),
            _day(one.date_event),
            state(one),
            "by the system" if one.automatic else "by a person",
        )
        for one in items.sort_values("date_event", kind="stable").itertuples()
    ]
    nothing = _none(
        context,
        "disclosures",
        "Nothing is recorded here.",
        "These data hold no list of what must be published.",
    )
    return _table(
        "What must be published, and when it was", ("Item", "Event", "Published", "How"), listed, nothing
    )


def _stakeholders(
    row: Row, contracts: pd.DataFrame, rows_of: Callable[[str, str], pd.DataFrame], context: Context
) -> str:
    listed = [("Owner", _text(row.public_authority), "-", "-")]
    for one in contracts.itertuples():
        listed.append(("Prime contractor", _text(one.supplier_name), "-", context.money(one.value_amount)))
        for sub in (
            rows_of("subcontracts", one.contract_id).sort_values(["tier", "subcontract_id"]).itertuples()
        ):
            tier = "Subcontractor" if sub.tier == 1 else f"Subcontractor, tier {sub.tier}"
            listed.append(
                (tier, _text(sub.subcontractor_name), _words(sub.trade), context.money(sub.value_amount))
            )
    hidden = (
        ""
        if context.profile["privacy.publish_official_names"]
        else "<p>Officials are not named here: their names are personal data.</p>"
    )
    return _table("Who takes part", ("Role", "Name", "Trade", "Contract>"), listed) + hidden


def _questions(row: Row, questions: pd.DataFrame, context: Context) -> str:
    limit = context.profile["disclosure.answer_days"]
    listed = []
    for one in questions.sort_values("date_asked", ascending=False, kind="stable").itertuples():
        waited = ((context.date if pd.isna(one.date_answered) else one.date_answered) - one.date_asked).days
        listed.append(
            (
                _day(one.date_asked),
                _words(one.topic),
                _words(one.channel),
                "no answer yet" if pd.isna(one.date_answered) else _day(one.date_answered),
                f"{waited}",
            )
        )
    to = _text(row.public_authority)
    text = f"To: {to}\nProject: {_text(row.title)} ({_text(row.project_id)})\n\nMy question:\n"
    aim = f"The office aims to answer within {limit} days{' (an assumption of this profile)' if context.profile.is_illustrative('disclosure.answer_days') else ''}."
    return (
        f"<p>Ask {to} by its website, by telephone or at the site office. Quote the number of the project. "
        f"{_none(context, 'questions', aim, '')}</p>"
        f'<div class="ask"><label for="ask">Your question, to copy into a letter or a form</label>'
        f'<textarea id="ask" rows="6">{text}</textarea><button type="button" id="copy" hidden>Copy the text</button> <span id="copied" role="status"></span></div>'
        + _table(
            "Questions about this project",
            ("Asked", "About", "By", "Answered", "Days>"),
            listed,
            _none(
                context,
                "questions",
                "No question is recorded here.",
                "These data hold no questions of citizens.",
            ),
        )
    )


# --- data and about ----------------------------------------------------------------------------------------------


def _data(data_files: Mapping[str, int], shown: Tables, context: Context) -> str:
    from cleanworks.city import schemas

    listed = []
    for path, size in sorted(data_files.items()):
        name = path.removeprefix("data/")
        table = name.removesuffix(".csv")
        meaning = (
            DATA_WORDS.get(name) or f"One row: {schemas.table(table).row}"
            if name in DATA_WORDS or table in shown
            else ""
        )
        rows = f"{len(shown[table]):,}" if table in shown else "-"
        listed.append(
            (f'<a href="{escape(path)}">{escape(name)}</a>', escape(meaning), rows, f"{size / 1000:,.0f} kB")
        )
    fields = "".join(
        f"<details><summary>{escape(name)}.csv</summary>"
        + _table(f"Columns of {name}.csv", ("Column", "Meaning", "Unit"), [(f"<code>{c.name}</code>", escape(c.meaning), escape(c.unit or "-")) for c in schemas.table(name).columns if c.name in frame])
        + "</details>"
        for name, frame in shown.items() if len(frame)
    )  # fmt: skip
    body = f"""<h1>Open data</h1>
<p class="lead">Everything that the pages show, as files. Amounts are in {escape(context.profile["currency.code"])}, dates are year-month-day.</p>
{_table("Files", ("File", "What it holds", "Rows>", "Size>"), listed)}
<p>A text that begins with a sign which a spreadsheet would read as a formula has an apostrophe before it.</p>
<h2>Columns</h2>
{fields}"""
    return _page("Open data", body, context)


def _about(context: Context) -> str:
    personal = ", ".join(
        f"<code>{escape(name)}</code>" for name in context.profile["privacy.personal_columns"]
    )
    body = f"""<h1>About this site</h1>
<p>{escape(context.site)} shows the public works of {escape(context.profile.name("city"))}: what is built, by whom, for how much, how far it is, and what has been paid.</p>
<h2>What is not shown</h2>
<p>Tables of workers, attendance and wages stay in the office. So do these columns, wherever they occur: {personal}.
The contractor's own costs are its business. Wages appear as sums paid, without a receiver.
Mail addresses and long numbers inside a text are taken out.</p>
<h2>How to read it</h2>
<p>A progress of "not entered" is not zero: nobody has reported it. An item that is not published counts the days it has waited.
A late payment has been paid after its due date; past due means that nothing was paid by the day of this site.
A curve that falls to 0 % and comes back shows a month in which nobody entered a number.
None of this says that anybody did wrong; it says where a question is worth asking.</p>"""
    return _page("About", body, context)
