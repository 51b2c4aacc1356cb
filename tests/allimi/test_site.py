"""What the site shows and keeps back, and what becomes of a wrong request."""

from __future__ import annotations

import io
import json
import re

import pandas as pd
import pytest

from cleanworks import allimi, city, cli, profiles
from cleanworks.allimi import opendata, public, table_sources
from cleanworks.city import storage
from cleanworks.errors import InputError
from cleanworks.standards import validate


def test_no_person_is_on_the_site(site, tables):
    everything = b"\n".join(site.files.values()).decode()
    for table, column in (("contracts", "official_id"), ("workers", "worker_id"), ("workers", "account_id")):
        for person in tables[table][column].dropna().unique():
            assert person not in everything
    assert "wages" in site["data/payments.csv"]
    payments = pd.read_csv(io.StringIO(site["data/payments.csv"]))
    assert payments.loc[payments["payee_type"] == "wages", "payee_id"].isna().all()
    assert "cost" not in pd.read_csv(io.StringIO(site["data/progress.csv"]))


def test_a_column_that_nobody_described_stays_inside(tables):
    extra = {**tables, "projects": tables["projects"].assign(telephone_of_agent="010-1234-5678")}
    site = allimi.make(extra, date="2026-06-30")
    assert "telephone_of_agent" not in site["data/projects.csv"]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Ask kim@example.org about it", "Ask [address removed] about it"),
        ("Call 010-1234-5678 first", "Call [number removed] first"),
        ("Bridge 12, from 2024-05-01", "Bridge 12, from 2024-05-01"),
        (None, None),
    ],
)
def test_addresses_and_long_numbers_leave_a_text(text, shown):
    assert public.clean(text) == shown


def test_the_page_says_what_the_tables_say(site, tables):
    contract = tables["contracts"].set_index("project_id").loc["P-000005"]
    page = site["project/p-000005.html"]
    money = profiles.active().money(contract["value_amount"])
    assert money in page and contract["supplier_name"] in page
    changes = tables["modifications"].query("contract_id == @contract.contract_id")
    assert len(changes) and all(f"{day:%Y-%m-%d}" in page for day in changes["date"])
    assert all(
        word in page for word in ("Progress", "Payments", "Documents", "Stakeholders", "Your question")
    )


def test_the_package_beside_the_pages_is_valid(site, tables, tmp_path):
    path = tmp_path / "package.json"
    path.write_bytes(site.files["data/oc4ids.json"])
    assert validate.validate(path).ok
    assert len(json.loads(path.read_text(encoding="utf-8"))["projects"]) == len(tables["projects"])


def test_a_formula_in_a_name_becomes_text(tables):
    projects = tables["projects"].copy()
    projects.loc[0, "title"] = "=HYPERLINK(1)"
    projects.loc[1, "title"] = "<script>alert(1)</script>"
    site = allimi.make({**tables, "projects": projects}, date="2026-06-30")
    assert "'=HYPERLINK(1)" in site["data/projects.csv"]
    assert not any("<script>alert" in site[path] for path in site.files if not path.startswith("data/"))
    numbers = pd.DataFrame({"name": ["-5 m"], "amount": [-5]})
    assert opendata.csv(numbers) == "name,amount\n'-5 m,-5\n"


def test_the_same_tables_give_the_same_bytes(site, tables):
    assert allimi.make(tables, date="2026-06-30").files == site.files


def test_projects_alone_are_enough(tables):
    site = allimi.make({"projects": tables["projects"].head(3)})
    page = site["project/p-000001.html"]
    assert "These data hold no payments" in page and "No payment is recorded" not in page
    assert "The office aims to answer" not in page
    assert "row of tiles" not in site["index.html"] or "tiles" in site["index.html"]


@pytest.mark.parametrize("name", ["tenders", "contracts"])
def test_a_table_without_its_ids_is_refused(tables, name):
    lacking = {"projects": tables["projects"], name: tables[name].drop(columns=f"{name[:-1]}_id")}
    with pytest.raises(InputError, match=f"no column {name[:-1]}_id"):
        allimi.make(lacking)


def test_without_coordinates_the_map_is_of_tiles(tables):
    projects = tables["projects"].assign(latitude=float("nan"), longitude=float("nan"))
    assert "row of tiles" in allimi.make({"projects": projects})["index.html"]


def test_another_country(tables):
    profile = profiles.load("exampleland")
    site = allimi.make(city.make(20, profile=profile), profile=profile, date="2026-06-30")
    assert (
        "Open Works" in site["index.html"] and "EXD" in site["index.html"] and "KRW" not in site["index.html"]
    )


def test_an_older_site_is_replaced_and_anything_else_is_refused(site, tmp_path):
    out = site.write(tmp_path / "site")
    stale = out / "project" / "p-000001.html"
    stale.write_text("old")
    site.write(out)
    assert stale.read_text(encoding="utf-8") != "old"
    (out / "mine.txt").write_text("precious")
    with pytest.raises(InputError, match=r"mine\.txt"):
        site.write(out)
    assert (out / "mine.txt").read_text() == "precious"
    assert [path.name for path in tmp_path.iterdir()] == ["site"], "nothing half-written is left"


def test_a_foreign_folder_and_a_file_are_refused_before_any_work(tmp_path, capsys):
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "a.txt").touch()
    assert cli.run(["allimi", str(tmp_path / "letters")]) == 2
    assert "something else (a.txt)" in capsys.readouterr().err
    assert cli.run(["allimi", str(tmp_path / "letters" / "a.txt")]) == 2
    assert "not a folder" in capsys.readouterr().err


def test_a_folder_of_tables(tables, tmp_path, capsys):
    folder = tmp_path / "tables"
    folder.mkdir()
    from cleanworks.city import schemas

    for name in ("projects", "tenders", "contracts", "progress"):
        (folder / f"{name}.csv").write_text(
            storage.to_csv(schemas.table(name), tables[name]), encoding="utf-8"
        )
    assert cli.run(["allimi", str(tmp_path / "out"), "--tables", str(folder)]) == 0
    assert "40 projects" in capsys.readouterr().out
    assert "simulated city" not in (tmp_path / "out" / "index.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--tables", "nowhere"], "no such file or folder"),
        (["--date", "30.6.2026"], "is not a date"),
        (["--tables", "x", "--registry", "y"], "at once"),
        (["--profile", "atlantis"], "no profile"),
        (["--registry", "nowhere.db"], "no such registry"),
    ],
)
def test_a_wrong_request_is_one_message(arguments, message, tmp_path, capsys):
    assert cli.run(["allimi", str(tmp_path / "out"), *arguments]) == 2
    said = capsys.readouterr().err
    assert message in said and "Traceback" not in said
    assert not (tmp_path / "out").exists()


def test_a_folder_without_projects(tmp_path):
    with pytest.raises(InputError, match="no table of the toolkit"):
        table_sources.from_data(tmp_path)


def test_a_preview_stands_alone(site):
    preview = site.preview("project/p-000005.html")
    assert "Skip to the content" not in preview.html, "a link that leads nowhere"
    assert "<script" not in preview.html and 'href="' not in preview.html.replace('href="data:,"', "")
    assert "data:text/html" in preview._repr_html_()


def test_one_page_alone_is_the_page_of_the_site(site, tables):
    numbers = tables["projects"]["project_id"]
    no_district = {
        **tables,
        "projects": tables["projects"].assign(district=lambda t: t["district"].where(t.index != 3)),
    }
    whole = allimi.make(no_district, date="2026-06-30")
    for number in numbers.iloc[[0, 3, 4, 20, 39]]:
        assert allimi.page(tables, number, date="2026-06-30") == site.preview(
            f"project/{number.lower()}.html"
        )
        assert allimi.page(no_district, number, date="2026-06-30") == whole.preview(
            f"project/{number.lower()}.html"
        )
    with pytest.raises(InputError, match=r"table projects: There is no project 'P-none'"):
        allimi.page(tables, "P-none")


def test_a_site_from_a_registry_names_no_person(tmp_path, capsys):
    from cleanworks.construction import registry

    tables = city.make(12)
    registry.play(tables, tmp_path / "works.db").close()
    assert cli.run(["allimi", str(tmp_path / "out"), "--registry", str(tmp_path / "works.db")]) == 0
    assert "12 projects" in capsys.readouterr().out
    written = "".join(
        path.read_text(encoding="utf-8")
        for path in (tmp_path / "out").rglob("*")
        if path.suffix in (".html", ".csv", ".json")
    )
    assert tables["projects"]["title"].iloc[0] in written
    for table, column in (("contracts", "official_id"), ("workers", "worker_id"), ("workers", "account_id")):
        assert not [person for person in tables[table][column].dropna().unique() if person in written]


@pytest.mark.parametrize("simulated", [True, False])
def test_a_site_from_a_registry_says_whether_it_is_simulated(simulated, tmp_path):
    from cleanworks.construction import registry

    registry.play(city.make(5), tmp_path / "works.db", simulated=simulated).close()
    assert cli.run(["allimi", str(tmp_path / "out"), "--registry", str(tmp_path / "works.db")]) == 0
    pages = list((tmp_path / "out").rglob("*.html"))
    said = [profiles.active()["text.simulated"] in page.read_text(encoding="utf-8") for page in pages]
    assert len(pages) > 5 and set(said) == {simulated}


def test_a_file_that_is_no_registry(tmp_path, capsys):
    import sqlite3

    (tmp_path / "letter.db").write_text("Dear colleague " * 100)
    other = sqlite3.connect(tmp_path / "other.db")
    other.execute("CREATE TABLE letters (text)")
    other.close()
    before = (tmp_path / "other.db").read_bytes()
    for name, message in (("letter.db", "cannot be opened: file is not a database"), ("other.db", "holds no registry"),
                          ("nothing.db", "no such registry")):  # fmt: skip
        assert cli.run(["allimi", str(tmp_path / "out"), "--registry", str(tmp_path / name)]) == 2
        said = capsys.readouterr().err
        assert message in said and name in said and "Traceback" not in said
    assert (tmp_path / "other.db").read_bytes() == before
    assert {path.name for path in tmp_path.iterdir()} == {"letter.db", "other.db"}, (
        "nothing is made, nothing half-written"
    )


@pytest.mark.parametrize(("table", "column"), [("contracts", "project_id"), ("payments", "contract_id")])
def test_no_page_says_that_nothing_was_paid_where_rows_name_no_project(tmp_path, capsys, table, column):
    whole = tmp_path / "whole"
    city.write(whole, projects=3, integrity=False)
    own = tmp_path / "own"
    own.mkdir()
    for name in ("projects", "contracts", "payments"):
        frame = pd.read_csv(whole / f"{name}.csv", dtype=str)
        frame.drop(columns=column if name == table else []).to_csv(own / f"{name}.csv", index=False)
    assert cli.run(["site", str(tmp_path / "out"), "--data", str(own)]) == 2
    said = capsys.readouterr().err
    assert f"table {table}: The table has no column {column}" in said
    assert not (tmp_path / "out").exists()


PROJECTS = pd.DataFrame({"project_id": ["p1", "p2"], "title": ["A", "B"]})
CONTRACTS = pd.DataFrame({"contract_id": ["c1", "c2"], "project_id": ["p1", "p2"]})
PAYMENTS = pd.DataFrame(
    {"payment_id": ["a", "b"], "contract_id": ["c1", "c1"], "amount": [10.0, 20.0],
     "date_paid": pd.to_datetime(["2024-01-01", "2024-02-01"])}
)  # fmt: skip


def payments_of(page: str) -> str:
    section = page.partition('<section id="payments"')[2].partition("</section>")[0]
    return re.sub(r"\s+", " ", re.sub("<[^>]+>", " ", section))


def paid(project="p1", **changed) -> str:
    tables = {"projects": PROJECTS, "contracts": CONTRACTS, "payments": PAYMENTS, **changed}
    site = allimi.make(tables, profile=profiles.load("exampleland"), simulated=False)
    return payments_of(site[f"project/{project}.html"])


def test_payments_that_do_not_say_to_whom_are_paid_all_the_same():
    assert "Not stated not known EXD 30 not known not known" in paid()
    assert "landlord not known EXD 30" in paid(payments=PAYMENTS.assign(payee_type="landlord"))


def test_a_payment_without_an_amount_or_a_date_is_not_one_of_nothing():
    assert "EXD 10 and 1 not known" in paid(payments=PAYMENTS.assign(amount=[10.0, None]))
    undated = PAYMENTS.assign(date_paid=pd.NaT, date_due=pd.to_datetime(["2020-01-01", "2020-01-01"]))
    assert "Not stated not known not known not known not known" in paid(payments=undated)


def test_a_payment_on_the_day_on_which_it_is_due_is_not_late():
    due = PAYMENTS.assign(date_due=pd.Timestamp("2024-02-01"), date_paid=pd.Timestamp("2024-02-01 10:00"))
    assert "EXD 30 0 0" in paid(payments=due)


def test_a_project_of_which_rows_may_be_is_not_said_to_have_none():
    assert "No payment is recorded here." in paid("p2")
    assert "do not say where they belong" in paid("p2", payments=PAYMENTS.assign(contract_id=["c1", None]))
    assert "do not say where they belong" in paid("p2", contracts=CONTRACTS.assign(project_id=[None, "p2"]))


@pytest.mark.parametrize(("table", "column"), [("contracts", "project_id"), ("payments", "contract_id")])
def test_a_column_that_says_nowhere_where_rows_belong_is_as_if_it_was_not_there(table, column):
    rows = {"contracts": CONTRACTS, "payments": PAYMENTS}[table].assign(**{column: None})
    with pytest.raises(InputError, match=f"nothing in its column {column}"):
        paid(**{table: rows})


def test_cancelled_contracts_and_other_currencies_are_left_out_and_said(tmp_path, capsys):
    def value(amount, currency="EXD"):
        return {"amount": amount, "currency": currency}

    contracts = [
        {"id": "1", "status": "active", "value": value(100)},
        {"id": "2", "status": "cancelled", "value": value(900)},
        {"id": "3", "status": "active", "value": value(7, "USD")},
    ]
    release = {"ocid": "ocds-abc123-1", "id": "1", "date": "2024-04-01T09:00:00Z", "tag": ["contract"], "tender": {"id": "t", "title": "Road"}}  # fmt: skip
    file = tmp_path / "p.json"
    file.write_text(json.dumps({"version": "1.1", "releases": [{**release, "contracts": contracts}]}))
    assert cli.run(["site", str(tmp_path / "out"), "--data", str(file), "--profile", "exampleland"]) == 0
    said = capsys.readouterr().out
    assert "contracts: 1 was cancelled, and is not shown." in said
    assert "contracts: the amount of 1 row is in USD, and not shown: the pages are in EXD." in said
    index = (tmp_path / "out" / "index.html").read_text(encoding="utf-8")
    assert "Contracts together: EXD 100, without 1 contract whose price is not known." in index
    page = (tmp_path / "out" / "project" / "ocds-abc123-1.html").read_text(encoding="utf-8")
    assert "900" not in page and "ocds-abc123-1/2" not in page
