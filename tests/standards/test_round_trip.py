"""The city's tables written as OC4IDS and OCDS: valid by the official schemas, and read back without a loss."""

from __future__ import annotations

import functools
import json
import re

import pandas as pd
import pytest

from cleanworks import city
from cleanworks.city import schemas
from cleanworks.construction import flags
from cleanworks.errors import InputError
from cleanworks.standards import oc4ids, ocds
from cleanworks.standards.shape import LOCAL
from cleanworks.standards.validate import validate

TABLES = city.make(projects=60)
ABOUT = {"publisher": "Simulated city", "uri": "https://example.org/package.json", "published": "2026-06-30"}
PERSONS = ("workers", "attendance", "wages", "retirement_days")


def same(name, one, two, columns=None):
    """Both tables hold the same rows; their order and the width of numbers may differ."""
    columns, key = list(columns or schemas.table(name).names), schemas.table(name).key
    one, two = (plain(table[columns]).sort_values(key, ignore_index=True) for table in (one, two))
    pd.testing.assert_frame_equal(one, two)


def plain(table):
    def column(values):
        if pd.api.types.is_datetime64_any_dtype(values):
            return values.astype("datetime64[ns]")
        if pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values):
            return values.astype(float)
        return values.astype(object).where(values.notna(), None)

    return pd.DataFrame({name: column(table[name]) for name in table})


@functools.cache
def back(reader, path):
    return reader.read(path)


# OC4IDS ---------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def public(tmp_path_factory):
    return oc4ids.write(tmp_path_factory.mktemp("oc4ids") / "public.json", TABLES, **ABOUT)


@pytest.fixture(scope="module")
def internal(tmp_path_factory):
    return oc4ids.write(tmp_path_factory.mktemp("oc4ids") / "internal.json", TABLES, local=True, **ABOUT)


@pytest.mark.parametrize("which", ["public", "internal"])
def test_projects_are_valid_by_the_official_schema(shared_data, request, which):
    report = validate(request.getfixturevalue(which), shared_data / "oc4ids-0.9.5")
    assert report.ok, [str(one) for one in report.problems][:5]
    assert report.elements == len(TABLES["projects"])


def test_a_second_validator_agrees(shared_data, public):
    import jsonschema

    schema = json.loads((shared_data / "oc4ids-0.9.5" / "project-schema.json").read_text())
    validator = jsonschema.Draft4Validator(schema, format_checker=jsonschema.FormatChecker())
    package = json.loads(public.read_text(encoding="utf-8"))
    for project in package["projects"][::10]:
        assert list(validator.iter_errors(project)) == []


def test_the_public_package_has_no_local_member_and_no_inconsistency(public):
    assert LOCAL not in public.read_text(encoding="utf-8")
    report = validate(public)
    assert (report.errors, report.notes) == (0, 0)


@pytest.mark.parametrize("name", list(oc4ids.CARRIED))
def test_nothing_that_oc4ids_carries_is_lost(public, name):
    there = TABLES[name]
    if name == "disclosures":
        there = there[there["date_published"].notna()]
    if name == "payments":
        there = there[there["date_paid"].notna()]  # who pays whom is known once it is paid
    found = back(oc4ids, public)[name]
    if name == "payments":
        found = found[found["date_paid"].notna()]
        same(name, there, found, [*oc4ids.CARRIED[name], "amount"])
    same(name, there, found, oc4ids.CARRIED[name])


@pytest.mark.parametrize("name", list(oc4ids.CARRIED))
def test_with_local_members_nothing_at_all_is_lost(internal, name):
    same(name, TABLES[name], back(oc4ids, internal)[name])


def test_the_list_of_what_is_not_carried_is_complete():
    for name, carried in oc4ids.CARRIED.items():
        left = set(TABLES[name].columns) - set(carried)
        assert left == {c for c in oc4ids.NOT_CARRIED.get(name, ()) if " " not in c} | (
            {"amount"} if name == "payments" else set()
        )


def test_lines_hold_the_same_projects(tmp_path, public):
    lines = oc4ids.write(tmp_path / "p.jsonl", TABLES, lines=True, **ABOUT)
    projects = [json.loads(line) for line in lines.read_text(encoding="utf-8").splitlines()]
    assert projects == json.loads(public.read_text(encoding="utf-8"))["projects"]


@pytest.mark.parametrize("which", ["public", "internal"])
def test_no_person_leaves_the_city(request, which):
    texts = set(re.findall(r'"([^"]*)"', request.getfixturevalue(which).read_text(encoding="utf-8")))
    for name in PERSONS:
        for column in {"worker_id", "account_id", "wage_id"} & set(TABLES[name]):
            assert not texts & set(TABLES[name][column])


def test_a_sum_over_two_people_is_not_published():
    found = [p for p in oc4ids.projects(TABLES) for m in p.get("metrics", []) if m["id"] == "workersOnSite"]
    assert found
    counts = [
        o["measure"]
        for p in oc4ids.projects(TABLES)
        for m in p.get("metrics", [])
        if m["id"] == "workersOnSite"
        for o in m["observations"]
    ]
    assert min(counts) >= oc4ids.SMALLEST_GROUP
    days = TABLES["attendance"]
    by_hand = days.groupby(["contract_id", days["date"].dt.to_period("M")])["worker_id"].nunique()
    assert sorted(counts) == sorted(by_hand[by_hand >= 3])


def test_money_totals_survive(public):
    projects = json.loads(public.read_text(encoding="utf-8"))["projects"]
    summaries = [c["summary"] for p in projects for c in p.get("contractingProcesses", [])]
    paid = sum(t["value"]["amount"] for s in summaries for t in s.get("transactions", []))
    table = TABLES["payments"]
    assert paid == pytest.approx(table.loc[table["date_paid"].notna(), "amount"].sum())
    awarded = sum(s["contractValue"]["amount"] for s in summaries if "contractValue" in s)
    assert awarded == TABLES["contracts"]["value_amount"].sum()


def test_a_payment_due_and_not_made_is_a_milestone_without_a_transaction(public):
    projects = json.loads(public.read_text(encoding="utf-8"))["projects"]
    summaries = [c["summary"] for p in projects for c in p.get("contractingProcesses", [])]
    late = {m["id"] for s in summaries for m in s.get("milestones", []) if m["status"] == "notMet"}
    table = TABLES["payments"]
    expected = table[table["date_paid"].isna() & (table["date_due"] < pd.Timestamp("2026-06-30"))]
    assert late == set(expected["payment_id"])
    assert not late & {t["id"] for s in summaries for t in s.get("transactions", [])}


def test_measures_as_texts_and_points_in_the_right_order(shared_data):
    tables = oc4ids.read(shared_data / "oc4ids-0.9.5" / "examples" / "example.json")
    assert tables["progress"]["actual"].dropna().tolist() == [50.0, 75.0, 100.0]
    assert len(tables["projects"]) == 1 and tables["contracts"]["value_amount"].notna().any()
    assert tables["modifications"]["new_value"].notna().any()
    city_point = next(oc4ids.projects(TABLES))["locations"][0]["geometry"]["coordinates"]
    first = TABLES["projects"].iloc[0]
    assert city_point == [first["longitude"], first["latitude"]]


def test_the_same_tables_give_the_same_file(tmp_path, public):
    again = oc4ids.write(tmp_path / "again.json", TABLES, **ABOUT)
    assert again.read_bytes() == public.read_bytes()


# OCDS -------------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module", params=["releases", "records", "compiled"])
def written(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("ocds")
    kind = request.param
    return {
        local: ocds.write(
            folder / f"{local}.json", TABLES, kind=kind, lines=kind == "compiled", local=local, **ABOUT
        )
        for local in (False, True)
    }


@pytest.mark.parametrize("local", [False, True])
def test_releases_are_valid_by_the_official_schema(shared_data, written, local):
    report = validate(written[local], shared_data / "ocds-1.1.5")
    assert report.schema == "ocds-1.1.5 + bid + subcontracting"
    assert report.ok, [str(one) for one in report.problems][:5]
    assert report.elements >= len(TABLES["tenders"])


@pytest.mark.parametrize("name", list(ocds.CARRIED))
def test_nothing_that_ocds_carries_is_lost(written, name):
    there, found = TABLES[name], back(ocds, written[False])[name]
    if name == "payments":
        there, found = there[there["date_paid"].notna()], found[found["date_paid"].notna()]
    same(name, there, found, ocds.CARRIED[name])


@pytest.mark.parametrize("name", list(ocds.CARRIED))
def test_with_local_members_ocds_loses_nothing(written, name):
    same(name, TABLES[name], back(ocds, written[True])[name])


def test_flags_of_the_file_are_flags_of_the_tables(written):
    codes = ["R003", "R018", "R024", "R025", "R028", "R030", "R035", "R036", "R058"]
    keys = ["code", "level", "id"]
    one, two = (
        flags.evaluate(t, codes).sort_values(keys, ignore_index=True)
        for t in (TABLES, back(ocds, written[False]))
    )
    pd.testing.assert_frame_equal(one, two)


def test_the_releases_of_the_official_sample_merge(shared_data):
    found = []
    for file in sorted((shared_data / "ocds-sample").glob("*.json")):
        found += json.loads(file.read_text())["releases"]
    (whole,) = ocds.merge(found)
    last = json.loads(sorted((shared_data / "ocds-sample").glob("*.json"))[-1].read_text())["releases"][0]
    assert whole["tag"] == ["compiled"]
    assert {"planning", "tender", "awards", "contracts"} <= set(whole)
    # What the last release says is what holds.
    assert (
        whole["contracts"][0]["implementation"]["transactions"]
        == last["contracts"][0]["implementation"]["transactions"]
    )


def test_null_removes_and_lists_merge_by_id():
    one = {
        "ocid": "x",
        "date": "1",
        "tender": {"title": "T", "items": [{"id": "1", "q": 1}, {"id": "2"}], "codes": ["a"]},
    }
    two = {
        "ocid": "x",
        "date": "2",
        "tender": {"title": None, "items": [{"id": "1", "q": 5}, {"id": "3"}], "codes": ["b"]},
    }
    (whole,) = ocds.merge([two, one])
    assert whole["tender"] == {"items": [{"id": "1", "q": 5}, {"id": "2"}, {"id": "3"}], "codes": ["b"]}


def test_midnight_in_seoul_stays_the_same_day():
    release = {
        "ocid": "x",
        "tender": {
            "id": "1",
            "tenderPeriod": {"startDate": "2026-03-01T00:00:00+09:00", "endDate": "nonsense"},
        },
    }
    tenders = ocds.tables_of([release])["tenders"]
    assert tenders["tender_start"].iloc[0] == pd.Timestamp("2026-03-01")
    assert tenders["tender_end"].isna().all()


# Bad input ------------------------------------------------------------------------------------------------------------------


def test_the_wrong_standard_is_said(public, written):
    with pytest.raises(InputError, match=r"This is OC4IDS, not OCDS.*oc4ids\.read"):
        ocds.read(public)
    with pytest.raises(InputError, match=r"This is an OCDS .*, not OC4IDS.*ocds\.read"):
        oc4ids.read(written[False])


def test_what_cannot_be_written_is_said(tmp_path):
    with pytest.raises(InputError, match="no table 'projects'"):
        list(oc4ids.projects({}))
    with pytest.raises(InputError, match="no table 'tenders'"):
        list(ocds.compiled({}))
    with pytest.raises(InputError, match="'compiled' cannot be written"):
        ocds.write(tmp_path / "x.json", TABLES, kind="compiled", **ABOUT)
    with pytest.raises(InputError, match="folder does not exist"):
        oc4ids.write(tmp_path / "no" / "x.json", TABLES, **ABOUT)


def test_a_failed_write_leaves_the_old_file(tmp_path):
    path = tmp_path / "p.json"
    path.write_text("old")
    broken = {**TABLES, "projects": TABLES["projects"].assign(title=[object()] * len(TABLES["projects"]))}
    with pytest.raises(TypeError):
        oc4ids.write(path, broken, **ABOUT)
    assert path.read_text() == "old"
    assert [file.name for file in tmp_path.iterdir()] == ["p.json"]


def test_foreign_shapes_do_not_break_the_reader():
    odd = {
        "id": "x", "locations": ["here"], "sector": "roads", "budget": {"amount": 5}, "contractingProcesses": [
            "none", {"id": "1", "summary": {"suppliers": ["S"], "contractValue": 7, "milestones": {"id": 1}, "transactions": [{"id": "t"}]}}],
        "metrics": [{"id": "physicalProgress", "observations": [{"measure": "about half"}, {"measure": "50"}]}], "documents": None,
    }  # fmt: skip
    tables = oc4ids.tables_of([odd])
    assert len(tables["projects"]) == len(tables["contracts"]) == len(tables["payments"]) == 1
    release = {
        "ocid": "y",
        "tender": None,
        "bids": {"details": [None, {"tenderers": "A"}]},
        "awards": {"id": 5},
        "contracts": [{"id": 1, "value": 3}],
    }
    tables = ocds.tables_of([release])
    assert len(tables["bids"]) == 1 and len(tables["contracts"]) == 1


def test_each_organisation_of_a_release_is_among_its_parties_with_its_roles(tmp_path):
    file = ocds.write(tmp_path / "compiled.jsonl", TABLES, kind="compiled", lines=True, **ABOUT)
    told = set()
    for release in map(json.loads, file.read_text(encoding="utf-8").splitlines()):
        roles = {party["id"]: set(party["roles"]) for party in release["parties"]}
        assert roles[release["buyer"]["id"]] >= {"buyer", "procuringEntity"}
        for bid in release.get("bids", {}).get("details", []):
            assert all("tenderer" in roles[firm["id"]] for firm in bid["tenderers"])
        for award in release.get("awards", []):
            assert all(roles[firm["id"]] >= {"supplier", "tenderer"} for firm in award["suppliers"])
        told |= {role for roles_ in roles.values() for role in roles_}
    assert told >= {"buyer", "procuringEntity", "supplier", "tenderer", "subcontractor"}
