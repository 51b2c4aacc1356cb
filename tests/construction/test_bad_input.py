"""What people hand in by mistake, through every door: one message with table, row and remedy, and nothing half-imported.

The doors are the registry (tables), the citizens' site (a folder of CSV files, or tables), and the commands for open data.
"""

from __future__ import annotations

import json

import pandas as pd
import pytest

from cleanworks import allimi, city, cli
from cleanworks.allimi import public
from cleanworks.city import schemas, storage
from cleanworks.construction import registry
from cleanworks.errors import InputError
from cleanworks.standards import oc4ids, ocds
from tests.few import few

# Each fault of one table is one for files too; what reading adds is seen on these.
IN_FILES = ("an impossible date", "amount and date swapped", "claims in thousands", "orphan contract")


@pytest.fixture(scope="module")
def tables():
    return city.make(projects=30)


def swap(one, other):
    return lambda t: t.assign(**{one: t[other], other: t[one]})


def divide(by, *columns):
    return lambda t: t.assign(**{name: t[name] / by for name in columns})


def put(column, value, row=3):
    def change(table):
        changed = table.assign(**{column: table[column].astype(object)})
        changed.loc[changed.index[row], column] = value
        return changed

    return change


def as_text(column, value, row=3):
    return lambda t: put(column, value, row)(t.assign(**{column: t[column].astype(str)}))


def again(row):
    return lambda t: pd.concat([t, t.iloc[[row]]], ignore_index=True)


# What is wrong, in which table, and words that each door's message must hold. "row" is followed by a number in all of them.
CASES = {
    "missing column": ("payments", lambda t: t.drop(columns="amount"), "amount"),
    "amount and date swapped": ("claims", swap("amount", "date_claimed"), "date_claimed"),
    "begin and end swapped": ("contracts", swap("period_start", "period_end"), "period_end"),
    "percentage and money swapped": ("progress", swap("planned", "cost"), "planned"),
    "latitude and longitude swapped": ("projects", swap("latitude", "longitude"), "latitude"),
    "keys swapped": ("contracts", swap("contract_id", "project_id"), "project_id"),
    "claims in thousands": ("claims", divide(1e3, "amount"), "thousands or millions"),
    "contracts in millions": ("contracts", divide(1e6, "value_amount"), "thousands or millions"),
    "payments in thousands": (
        "payments",
        divide(1e3, "amount", "amount_registered"),
        "thousands or millions",
    ),
    "bids in thousands": ("bids", divide(1e3, "amount"), "thousands or millions"),
    "budgets in thousands": ("projects", divide(1e3, "budget_amount"), "thousands or millions"),
    "one payment in thousands": (
        "payments",
        lambda t: put("amount", t["amount_registered"].iloc[3] / 1000)(t),
        "thousands or millions",
    ),
    "mixed dates": ("claims", as_text("date_claimed", "05/03/2026"), "YYYY-MM-DD"),
    "a date in words": ("disclosures", as_text("date_event", "5 March"), "YYYY-MM-DD"),
    "an impossible date": ("claims", as_text("date_claimed", "2026-02-30"), "2026-02-30"),
    "duplicated key": ("bids", again(2), "twice"),
    "duplicated month": ("progress", again(4), "twice"),
    "negative amount": ("claims", put("amount", -5.0), "negative"),
    "thousands marks": ("payments", put("amount", "1,000"), "1,000"),
    "orphan contract": ("contracts", put("project_id", "P-none"), "P-none"),
    "orphan payment": ("payments", put("subcontract_id", "S-none"), "S-none"),
}
# No row is at fault here.
WHOLE_TABLE = {"missing column"}
# A page shows what is there, so a missing column is no mistake.
NOT_FOR_PAGES = {"missing column"}


def one_message(message: str, case: str, table: str, part: str) -> None:
    assert part in message and table in message, message
    assert "\n" not in message and "Traceback" not in message
    assert case in WHOLE_TABLE or pd.Series([message]).str.contains(r"row \d").all(), message
    assert message.endswith((".", "?")), "the remedy is a sentence"


@pytest.mark.parametrize("case", CASES)
def test_the_registry_takes_all_or_nothing(tables, tmp_path, case):
    table, change, part = CASES[case]
    with registry.Registry(tmp_path / "registry.db") as book:
        before = (tmp_path / "registry.db").read_bytes()
        with pytest.raises(InputError) as error:
            registry.play({**tables, table: change(tables[table])}, book)
        one_message(error.value.message, case, table, part)
        assert book.head()[0] == 0 and (tmp_path / "registry.db").read_bytes() == before


@pytest.mark.parametrize("case", [case for case in CASES if case not in NOT_FOR_PAGES])
def test_a_page_is_not_made_of_wrong_tables(tables, case):
    table, change, part = CASES[case]
    with pytest.raises(InputError) as error:
        allimi.make({**tables, table: change(tables[table])})
    one_message(error.value.message, case, table, part)


@pytest.fixture
def folder(tables, tmp_path):
    made = tmp_path / "tables"
    made.mkdir()
    for name in public.TABLES:
        (made / f"{name}.csv").write_text(storage.to_csv(schemas.table(name), tables[name]), encoding="utf-8")
    return made


def publish(folder, capsys) -> str:
    """The message of `cleanworks allimi OUT --tables FOLDER`, which must leave nothing behind."""
    out = folder.parent / "out"
    assert cli.run(["allimi", str(out), "--tables", str(folder)]) == 2
    assert [path.name for path in folder.parent.iterdir()] == [folder.name], "nothing half-written"
    return " ".join(capsys.readouterr().err.split())


@pytest.mark.parametrize("case", few([case for case in CASES if case not in NOT_FOR_PAGES], IN_FILES))
def test_a_folder_of_files_is_published_whole_or_not_at_all(folder, capsys, case):
    table, change, part = CASES[case]
    path = folder / f"{table}.csv"
    raw = pd.read_csv(path, dtype=str, keep_default_na=False)
    described = schemas.table(table)
    typed = raw.assign(
        **{
            c.name: pd.to_numeric(raw[c.name])
            for c in described.columns
            if c.kind in ("money", "number", "integer")
        }
    )
    changed = change(typed)
    changed.to_csv(path, index=False)
    one_message(publish(folder, capsys), case, table, part)


def test_the_right_folder_is_published(folder):
    assert cli.run(["allimi", str(folder.parent / "out"), "--tables", str(folder)]) == 0


def test_a_file_that_is_not_utf8_names_file_and_row(folder, capsys):
    path = folder / "projects.csv"
    lines = path.read_bytes().splitlines(keepends=True)
    lines[4] = lines[4].replace(b",", ",Stra\xdfe".encode("latin-1") + b",", 1)
    path.write_bytes(b"".join(lines))
    message = publish(folder, capsys)
    assert (
        "projects.csv, row 5: The text is not UTF-8" in message and "Save the file as 'CSV UTF-8'" in message
    )


def test_columns_swapped_by_a_later_day_are_noticed(folder, capsys):
    path = folder / "claims.csv"
    swap("date_claimed", "date_paid")(
        pd.read_csv(path, dtype=str, keep_default_na=False).query("date_paid != ''")
    ).to_csv(path, index=False)
    message = publish(folder, capsys)
    assert "claims.csv, row 2" in message and "have changed places" in message


# Open data ----------------------------------------------------------------------------------------------------------

ABOUT = {"publisher": "Simulated city", "uri": "https://example.org/p.json", "published": "2026-06-30"}


@pytest.fixture(scope="module")
def packages(tables, tmp_path_factory):
    here = tmp_path_factory.mktemp("packages")
    return {
        "oc4ids": oc4ids.write(here / "projects.json", tables, **ABOUT),
        "releases": ocds.write(here / "releases.json", tables, kind="releases", **ABOUT),
        "records": ocds.write(here / "records.json", tables, kind="records", **ABOUT),
    }


def rejected(path, capsys) -> str:
    """The message of both commands, which is the same."""
    said = set()
    for command in ("validate", "coverage"):
        assert cli.run(["data", command, str(path)]) == 2
        seen = capsys.readouterr()
        assert not seen.out.strip(), "no half a report"
        said.add(" ".join(seen.err.split()))
    (message,) = said
    assert path.name in message and "Traceback" not in message
    return message


@pytest.mark.parametrize("kind", few(["oc4ids", "releases", "records"], ["releases"]))
@pytest.mark.parametrize("share", [0.02, 0.5, 0.98])
def test_a_package_cut_off_in_the_middle(packages, tmp_path, capsys, kind, share):
    path = tmp_path / packages[kind].name
    content = packages[kind].read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    message = rejected(path, capsys)
    assert "stops in the middle of" in message and "get it again" in message
    reader = oc4ids.read if kind == "oc4ids" else ocds.read
    with pytest.raises(InputError, match="stops in the middle of"):
        reader(path)


@pytest.mark.parametrize(
    ("kind", "version"), [("oc4ids", "0.8"), ("oc4ids", "1.0"), ("releases", "2.0"), ("records", "2.0")]
)
def test_a_package_of_another_version(packages, tmp_path, capsys, kind, version):
    package = json.loads(packages[kind].read_text(encoding="utf-8"))
    package["version"] = version
    path = tmp_path / "other.json"
    path.write_text(json.dumps(package), encoding="utf-8")
    message = rejected(path, capsys)
    assert f"version {version}" in message
    with pytest.raises(InputError, match="version"):
        (oc4ids.read if kind == "oc4ids" else ocds.read)(path)


def test_a_package_in_another_encoding(packages, tmp_path, capsys):
    path = tmp_path / "latin.json"
    text = packages["oc4ids"].read_text(encoding="utf-8").replace('"title": "', '"title": "Stra\xdfe ', 1)
    path.write_bytes(text.encode("latin-1"))
    message = rejected(path, capsys)
    assert "line" in message and "is not UTF-8 text" in message and "Save the file again" in message
