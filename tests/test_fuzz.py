"""Damaged files for every reader: a few of each here, tens of thousands with `python tests/fuzz`, and what it found once."""

from __future__ import annotations

import gzip
import io
import json
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import openpyxl
import pytest

from cleanworks import allimi, archives, city, data, profiles
from cleanworks.cli import run
from cleanworks.standards import oc4ids, ocds, seoul

pytest.importorskip("resource", reason="The bounds of a fuzz are those of Linux and macOS.")
from tests.fuzz import engine, world

TABLE = "Contract no,Contractor,Contract amount,Signed\nC-1,River Ltd,1250,2024-03-25\n"
ABOUT = {"publisher": "Simulated city", "uri": "https://example.org/p.json", "published": "2026-06-30"}
# These start builders, or import for seconds: the command has them.
SLOW = {"lint", "site", "flags", "report", "status", "update", "import"}


@pytest.fixture(scope="module")
def rooms(tmp_path_factory):
    place = tmp_path_factory.mktemp("rooms")
    world.make_rooms(place)
    return place


def test_no_damaged_file_meets_a_traceback_and_no_refusal_leaves_a_trace(rooms, tmp_path):
    quick = [
        case
        for case in engine.cases(seed=1, count=195)
        if not callable(case.command) and not SLOW & set(case.command[:2])
    ]
    assert {case.reader.room for case in quick} == {"course", "data", "registry", "kit"}
    found = [
        (one.case.title, one.what, one.said) for case in quick for one in engine.look(case, rooms, tmp_path)
    ]
    assert found == []


def refused(capsys, *arguments) -> str:
    assert run([str(one) for one in arguments]) == 2
    said = " ".join(capsys.readouterr().err.split())
    assert "made a mistake" not in said and "Check that the disk" not in said
    return said


def test_a_workbook_that_would_not_fit_into_memory_is_not_unpacked(tmp_path, capsys, monkeypatch):
    from cleanworks.data import tables

    monkeypatch.setattr(tables, "LARGEST_WORKBOOK", 9_000)
    book = openpyxl.Workbook()
    for row in range(300):
        book.active.append([f"C-{row}", "x" * 50])
    book.save(tmp_path / "works.xlsx")
    assert "would take" in refused(
        capsys, "data", "import", tmp_path / "works.xlsx", "--out", tmp_path / "out", "--yes"
    )


def test_a_cell_at_the_end_of_a_sheet_is_named_and_not_read_up_to(tmp_path, capsys):
    book = openpyxl.Workbook()
    for row in TABLE.splitlines():
        book.active.append(row.split(","))
    book.active["XFD1048576"] = "here"
    book.save(tmp_path / "works.xlsx")
    said = refused(capsys, "data", "import", tmp_path / "works.xlsx", "--out", tmp_path / "out", "--yes")
    assert "XFD1048576" in said and "Delete the rows and columns" in said


def test_a_member_that_cannot_be_unpacked_is_no_mistake_of_ours(tmp_path, capsys):
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.jsonl", "".join(f'{{"ocid": "o-{n * 7919}"}}\n' for n in range(300)))
    (tmp_path / "a.zip").write_bytes(made.getvalue()[:60] + b"\xff" * 20 + made.getvalue()[80:])
    said = refused(capsys, "data", "import", tmp_path / "a.zip", "--out", tmp_path / "out")
    assert "a.zip: The zip is damaged" in said
    packed = gzip.compress(TABLE.encode() * 50)
    (tmp_path / "a.csv.gz").write_bytes(packed[:20] + b"\xff" * 20 + packed[40:])
    said = refused(capsys, "data", "import", tmp_path / "a.csv.gz", "--out", tmp_path / "out", "--yes")
    assert "compressed file is damaged" in said
    assert not (tmp_path / "out").exists()


def test_a_folder_of_tables_in_another_encoding_is_told_so(tmp_path, capsys):
    (tmp_path / "contracts.csv").write_text("contract_id,supplier_name\nC-1,Café\n", encoding="latin-1")
    said = refused(capsys, "data", "flags", tmp_path, "--out", tmp_path / "out")
    assert "contracts.csv, row 2" in said and "CSV UTF-8" in said


def test_a_mark_of_an_import_that_somebody_changed_vouches_for_nothing(tmp_path, capsys):
    (tmp_path / "works.csv").write_text(TABLE)
    out = tmp_path / "out"
    out.mkdir()
    (out / "import.json").write_text('{"made by": "cleanworks data import", "files": [{}]}')
    (out / "thesis.txt").write_text("Mine.")
    said = refused(capsys, "data", "import", tmp_path / "works.csv", "--out", out, "--yes")
    assert "thesis.txt" in said and (out / "thesis.txt").read_text() == "Mine."


def test_months_that_nobody_entered_are_no_observations():
    tables = city.make(projects=3)
    tables["progress"] = tables["progress"].assign(
        period=tables["progress"]["period"].mask(tables["progress"].index == 0)
    )
    ids = [
        one["id"]
        for project in oc4ids.projects(tables)
        for metric in project.get("metrics", [])
        for one in metric["observations"]
    ]
    assert ids and not any("NaT" in one for one in ids)


def test_a_site_is_made_although_a_month_of_progress_is_not_named():
    tables = city.make(projects=3)
    progress = tables["progress"].reset_index(drop=True)
    first = progress["contract_id"].iloc[0]
    last = progress.index[progress["contract_id"] == first][-1]
    tables["progress"] = progress.assign(period=progress["period"].mask(progress.index == last))
    made = allimi.make(tables, profile=profiles.load("seoul"))
    assert made.files


def test_a_city_with_empty_tables_is_written(tmp_path):
    city.write(tmp_path, projects=1, integrity=False)
    assert (tmp_path / "projects.csv").is_file()


def test_a_name_that_no_disk_takes_is_the_fault_of_the_list(tmp_path, capsys):
    (tmp_path / "checksums.txt").write_text(f"{'0' * 64}  {'x' * 300}\n")
    assert "damaged in line 1" in refused(capsys, "workshop", "verify", tmp_path)
    assert not archives.is_name("a/" + "x" * 300) and archives.is_name("a/b.txt")


@pytest.mark.parametrize("time", ["soon", "nan", "-1", "1e999"])
def test_a_time_that_is_none_is_refused_in_a_report(tmp_path, capsys, time):
    report = tmp_path / "part.xml"
    report.write_text(f'<testsuite><testcase name="r1" time="{time}"/></testsuite>')
    said = refused(capsys, "run", "--root", world.COURSE, "--shard", "1/2", "--times", report)
    assert "not a number of seconds" in said


def test_a_workshop_file_pasted_a_thousand_times_is_told_so_at_once(tmp_path):
    from cleanworks.errors import InputError
    from cleanworks.workshop import workshop_file

    text = world.WORKSHOP + '[[days]]\ndate = 2027-03-01\nts = 12\nmodules = ["r1"]\n' * 1000
    with pytest.raises(InputError) as refused:
        workshop_file.parse(workshop_file.values_of(text), "rain", text=text)
    said = refused.value.message
    assert "things are wrong" in said and " more" in said.splitlines()[-1] and len(said.splitlines()) < 30


@pytest.mark.parametrize("block", [[1], "r1", {"question": ["r1-e1"]}, {"question": {}}])
def test_a_cell_whose_block_is_no_block_is_named(block):
    from cleanworks.errors import InputError
    from cleanworks.workshop.files import checked_content

    cell = {"cell_type": "code", "source": "1", "id": "a", "metadata": {"cleanworks": block}}
    with pytest.raises(InputError, match=r"one.ipynb, cell 1: .*`cleanworks`"):
        checked_content({"nbformat": 4, "nbformat_minor": 5, "cells": [cell]}, "one.ipynb")


@pytest.mark.parametrize(
    "wrong",
    [
        {"outputs": ["text"]},
        {"outputs": [{"output_type": "display_data", "data": [1]}]},
        {"outputs": {}},
        {"outputs": [{"output_type": "stream", "text": [1]}]},
        {"attachments": {"a.png": "x"}},
    ],
)
def test_a_cell_whose_outputs_are_none_is_named(wrong):
    from cleanworks.errors import InputError
    from cleanworks.workshop.files import checked_content

    cell = {"cell_type": "code", "source": "1", "id": "a", "metadata": {}, **wrong}
    with pytest.raises(InputError, match=r"one.ipynb, cell 1: "):
        checked_content({"nbformat": 4, "nbformat_minor": 5, "cells": [cell]}, "one.ipynb")


def test_a_text_notebook_that_says_its_day_is_read(tmp_path):
    from cleanworks.errors import InputError
    from cleanworks.workshop.files import myst_content

    head = "---\nfile_format: mystnb\ndate: 2026-03-01\n"
    made = myst_content(head + "---\n\n# Wells\n", tmp_path / "wells.md")
    assert made["metadata"]["date"] == "2026-03-01"
    with pytest.raises(InputError, match="contains itself"):
        myst_content(head + "a: &a [*a]\n---\n\n# Wells\n", tmp_path / "wells.md")


@pytest.mark.parametrize(
    "wrong",
    ['columns = {"A" = ["x"]}', 'table = ["contracts"]', "columns = 1", 'units = {"A" = "k"}', "dates = 7"],
)
def test_a_mapping_with_values_of_another_kind_is_refused(tmp_path, wrong):
    from cleanworks.data import mapping
    from cleanworks.errors import InputError

    lines = [
        line for line in ('file = "a.csv"', 'table = "contracts"') if line.split()[0] != wrong.split()[0]
    ]
    (tmp_path / "way.toml").write_text("[[table]]\n" + "\n".join([*lines, wrong]) + "\n")
    with pytest.raises(InputError, match="not the mapping of an import"):
        mapping.read(tmp_path / "way.toml")


def test_a_wrong_day_is_named_where_other_columns_are_missing(tmp_path):
    from cleanworks.city import reading
    from cleanworks.errors import InputError

    (tmp_path / "projects.csv").write_text("project_id,title,period_start\nP-1,Bridge,soon\n")
    with pytest.raises(InputError, match="'period_start' holds 'soon'"):
        reading.present_csv(tmp_path / "projects.csv", "projects")


def test_a_heading_as_long_as_a_book_is_refused_at_once(tmp_path, capsys):
    (tmp_path / "works.csv").write_text("[" * 100_000)
    said = refused(capsys, "data", "import", tmp_path / "works.csv", "--out", tmp_path / "out", "--yes")
    assert "not a row of headings" in said


def test_a_report_in_an_encoding_that_there_is_not_is_refused(tmp_path, capsys):
    report = tmp_path / "part.xml"
    report.write_text('<?xml version="1.0" encoding="none-such"?><testsuite/>')
    assert "not XML" in refused(capsys, "run", "--root", world.COURSE, "--shard", "1/2", "--times", report)


def test_a_key_whose_parts_do_not_fit_together_is_refused_at_once(rooms, tmp_path):
    from cleanworks.errors import InputError
    from cleanworks.workshop.forms import Key

    whole = json.loads((rooms / "class" / "class" / "key.json").read_text(encoding="utf-8"))
    first = next(iter(whole["items"]))
    for change, words in (
        (lambda key: key["items"].pop(first), "none of its questions"),
        (lambda key: key["forms"].pop("B"), "form B asks"),
        (lambda key: key["items"][first].update(right=[19]), "right option"),
        (lambda key: key["items"][first].update(lesson="r9"), "an objective that is not there"),
    ):
        changed = json.loads(json.dumps(whole))
        change(changed)
        (tmp_path / "key.json").write_text(json.dumps(changed))
        with pytest.raises(InputError, match=words):
            Key.load(tmp_path / "key.json")


def test_periods_of_a_feed_in_two_zones_are_read():
    feed = seoul.feed(city.make(projects=3), "2025-06-30")
    feed.loc[feed.index[:2], "CSTRN_PRD"] = [
        "2024-01-01T00:00+09:00 ~ 2024-02-01",
        "2024-01-01T00:00+02:00~soon",
    ]
    starts = seoul.read(feed)["projects"]["period_start"]
    assert starts.notna().all() and starts.dt.tz is None


def test_a_bid_without_a_bidder_is_written_as_no_party():
    tables = city.make(projects=3)
    for name, column in (("bids", "tenderer_id"), ("modifications", "modification_id")):
        tables[name] = tables[name].assign(**{column: None})
    assert list(oc4ids.projects(tables)) and list(ocds.compiled(tables))


def test_a_registry_whose_words_are_no_text_cannot_be_read(rooms, tmp_path, capsys):
    content = (rooms / "registry" / "works.db").read_bytes()
    (tmp_path / "works.db").write_bytes(content.replace(b"tablejournal", b"table\xd2ournal", 1))
    said = refused(capsys, "registry", "check", tmp_path / "works.db")
    assert "works.db: The registry cannot be" in said


def test_a_table_without_a_row_has_no_column_that_is_filled_in_part(tmp_path):
    made = data.bring_in([ocds.write(tmp_path / "a.json", city.make(projects=3), kind="records", **ABOUT)])
    made.tables["subcontracts"] = (0, {"subcontract_id": 0, "tier": 0})
    assert made.overview().loc["subcontracts"].tolist() == [0, 0, 0, 2]


def test_what_json_is_wrong_about_is_shown(tmp_path, capsys):
    (tmp_path / "a.json").write_text('{"releases": [{"ocid": "o", "title": "Pipe 8" wide"}]}')
    assert """near ', "title": "Pipe 8" wide"}]}'""" in refused(capsys, "data", "check", tmp_path / "a.json")
    (tmp_path / "a.json").write_text('{"releases": []} {"releases": []}')
    assert "after the end of the package. Keep one" in refused(capsys, "data", "check", tmp_path / "a.json")


def test_lint_does_not_pass_over_a_table_of_contents_that_it_cannot_read(rooms, tmp_path, capsys):
    shutil.copytree(rooms / "course", tmp_path / "course")
    (tmp_path / "course" / "_toc.yml").write_text("format: jb-book\nroot: index\nchapters: true\n")
    assert "should be a list" in refused(capsys, "lint", "--root", tmp_path / "course")


@pytest.mark.parametrize(
    ("block", "said"),
    [
        ("  config:\n    nb_custom_formats: [a]\n", "`nb_custom_formats` should be a block"),
        ("  local_extensions: [a]\n", "`local_extensions` should be a block"),
        ("  local_extensions:\n    mine: 3\n", "'mine' of `local_extensions` has no folder"),
    ],
)
def test_settings_of_a_book_that_name_no_block_are_refused(tmp_path, block, said):
    from cleanworks.errors import InputError
    from cleanworks.workshop.book_settings import BookSettings

    (tmp_path / "_config.yml").write_text(f"title: Wells\nsphinx:\n{block}")
    with pytest.raises(InputError, match=said):
        BookSettings.load(tmp_path)


def test_a_block_without_a_value_says_nothing(rooms, tmp_path):
    from cleanworks.workshop.book import EXTENSION, Edition, settings_file
    from cleanworks.workshop.catalogue import Course

    shutil.copytree(rooms / "course", tmp_path / "course")
    (tmp_path / "course" / "_config.yml").write_text("title: Wells\nsphinx:\nexecute:\n")
    course = Course.load(tmp_path / "course")
    written = settings_file(course, Edition(course.root)).read_text(encoding="utf-8")
    assert written == f"title: Wells\nsphinx:\n  extra_extensions:\n  - {EXTENSION}\n"


def test_an_assignment_that_begins_with_an_empty_cell_has_the_name_of_its_file(rooms):
    from cleanworks.workshop.exercises.nbgrader import convert
    from cleanworks.workshop.settings import Settings

    path = rooms / "course" / "empty-first.ipynb"
    node = json.loads((rooms / "course" / "ps1.ipynb").read_text(encoding="utf-8"))
    node["cells"][0]["source"] = "\n"
    path.write_text(json.dumps(node))
    made, _ = convert(path, "p1", "weather", Settings.load(rooms / "course"))
    path.unlink()
    assert made.cells[0].source.startswith("# Exercises: empty-first")


def test_an_address_with_a_bracket_has_a_host_all_the_same():
    from cleanworks.workshop.links import host_of

    assert host_of("https://[example.org/a") == "[example.org" and host_of("https://a.org/b") == "a.org"


@pytest.mark.everything
def test_after_a_kill_the_next_call_is_right_and_nothing_is_left():
    command = [sys.executable, "tests/fuzz", "kills", "--only", "registry,data import", "--count", "5"]
    done = subprocess.run(command, cwd=Path(__file__).parent.parent, capture_output=True, text=True)
    assert done.returncode == 0 and "5 kills, seed 1: 0 found" in done.stdout, done.stdout + done.stderr
