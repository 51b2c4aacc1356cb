"""`cleanworks data import`, `flags`, `report` and `site`: from any file to tables, answers and pages, and one message where it cannot be."""

from __future__ import annotations

import csv
import gzip
import json
import multiprocessing
import re
import shutil
import zipfile

import numpy as np
import openpyxl
import pandas as pd
import pyarrow
import pytest
from pyarrow import parquet

from cleanworks import city, cli, data, profiles, scratch
from cleanworks.construction import flags
from cleanworks.data import flagging, importing, mapping, parallel
from cleanworks.data.flagging import flags_of
from cleanworks.errors import InputError
from cleanworks.standards import oc4ids, ocds, stream
from cleanworks.standards.doubts import Doubts
from tests.few import few

TABLES = city.make(projects=40)
ABOUT = {"publisher": "Simulated city", "uri": "https://example.org/package.json", "published": "2026-06-30"}
CONTRACTS = "Contract no;Contractor;Contract amount (thousand KRW);Signed;Colour\nC-1;River Ltd;1.250,5;25/03/2024;red\nC-2;Hill Ltd;900;02/04/2024;blue\n"


@pytest.fixture(scope="module")
def packages(tmp_path_factory):
    place = tmp_path_factory.mktemp("packages")
    return {
        "releases": ocds.write(place / "releases.json", TABLES, kind="releases", **ABOUT),
        "records": ocds.write(place / "records.json", TABLES, kind="records", **ABOUT),
        "lines": ocds.write(place / "lines.jsonl", TABLES, kind="compiled", lines=True, **ABOUT),
        "projects": oc4ids.write(place / "projects.json", TABLES, **ABOUT),
    }


@pytest.fixture(scope="module")
def imported(packages, tmp_path_factory):
    place = tmp_path_factory.mktemp("imported")
    return {kind: data.bring_in([packages[kind]], place / kind) for kind in packages}


RELEASES_WITHOUT_OCID = {
    "version": "1.1",
    "releases": [{"id": str(n), "tag": ["tender"], "tender": {"title": f"Bridge {n}"}} for n in range(30)],
}


def put_aside(file, package):
    file.write_text(json.dumps(package))
    return file


def contents(folder):
    return {file.name: file.read_bytes() for file in folder.iterdir()}


def refused(capsys, *arguments):
    """The one message of a command that must leave nothing behind."""
    assert cli.run([str(argument) for argument in arguments]) == 2
    said = capsys.readouterr().err
    assert "Traceback" not in said and "made a mistake" not in said
    return " ".join(said.split())


@pytest.mark.parametrize("kind", ["releases", "records", "lines", "projects"])
def test_an_imported_folder_holds_the_tables_of_the_file(packages, imported, kind):
    reader = oc4ids if kind == "projects" else ocds
    expected, found = reader.read(packages[kind]), data.load(imported[kind].to)
    for name, table in found.items():
        key = table.columns[0]
        assert len(table) == len(expected[name])
        assert set(table[key].dropna()) == set(expected[name][key].dropna())
    contracts = found["contracts"]
    assert contracts["value_amount"].sum() == pytest.approx(TABLES["contracts"]["value_amount"].sum())


@pytest.mark.parametrize("large", [False, True])
def test_the_name_of_a_column_that_is_not_utf8_is_refused(imported, tmp_path, capsys, monkeypatch, large):
    if large:
        monkeypatch.setattr(flagging, "LARGE", 0)
    folder = tmp_path / "tables"
    shutil.copytree(imported["releases"].to, folder)
    file = folder / "tenders.parquet"
    file.write_bytes(file.read_bytes().replace(b"tender_id", b"te\xb3der_id"))
    said = refused(capsys, "data", "flags", folder, "--out", tmp_path / "out")
    assert "tenders.parquet: The name of a column is not UTF-8." in said
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("large", [False, True])
@pytest.mark.parametrize("name", ["tenders", "bids"])
def test_a_text_that_is_not_utf8_in_a_table_is_named_with_its_place(
    imported, tmp_path, capsys, monkeypatch, name, large
):
    if large:
        monkeypatch.setattr(flagging, "LARGE", 0)
    folder = tmp_path / "tables"
    shutil.copytree(imported["releases"].to, folder)
    file = folder / f"{name}.parquet"
    table = parquet.read_table(file)
    texts = [*(one.encode() for one in table["tender_id"].to_pylist()[:-1]), b"\xff"]
    _, places, letters = pyarrow.array(texts, pyarrow.binary()).buffers()
    broken = pyarrow.Array.from_buffers(pyarrow.string(), len(table), [None, places, letters])
    parquet.write_table(table.set_column(table.column_names.index("tender_id"), "tender_id", broken), file)
    said = refused(capsys, "data", "flags", folder, "--out", tmp_path / "out")
    assert f"{name}.parquet, column tender_id, row {len(table)}: The text is not UTF-8." in said
    assert not (tmp_path / "out").exists()


def test_the_dictionary_says_what_each_column_means_and_how_often_it_is_filled(imported):
    with (imported["projects"].to / "dictionary.csv").open(encoding="utf-8-sig") as file:
        rows = {(row["table"], row["column"]): row for row in csv.DictReader(file)}
    assert (
        rows["projects", "budget_amount"]["kind"] == "money" and rows["projects", "budget_amount"]["meaning"]
    )
    assert float(rows["projects", "project_id"]["share filled"]) == 1
    assert "projects.json" in (imported["projects"].to / "README.md").read_text()


def test_releases_of_one_process_in_several_files_are_one_process(tmp_path):
    for number, members in enumerate(({"title": "Bridge"}, {"status": "complete"})):
        release = {"ocid": "ocds-abc123-1", "id": str(number), "date": f"2024-01-0{number + 1}T00:00:00Z", "tag": ["tender"],
                   "initiationType": "tender", "tender": {"id": "t", **members}}  # fmt: skip
        (tmp_path / f"{number}.jsonl").write_text(json.dumps(release))
    made = data.bring_in([tmp_path / "0.jsonl", tmp_path / "1.jsonl"], tmp_path / "out")
    (row,) = data.load(made.to)["tenders"].itertuples()
    assert (row.title, row.status) == ("Bridge", "complete")


@pytest.mark.parametrize("kind", few(["releases", "records", "lines"], ["releases"]))
def test_parts_of_files_give_the_same_folder_to_the_last_byte(packages, tmp_path, monkeypatch, kind):
    monkeypatch.setattr(importing, "PART", packages[kind].stat().st_size // 7)
    monkeypatch.setattr(importing, "PIECE", packages[kind].stat().st_size // 2)
    files = [packages[kind], put_aside(tmp_path / f"z-{kind}.json", RELEASES_WITHOUT_OCID)]
    data.bring_in(files, tmp_path / "alone")
    monkeypatch.setattr(importing, "Helpers", lambda number: parallel.Helpers(0))
    data.bring_in(files, tmp_path / "together", workers=2)
    assert contents(tmp_path / "alone") == contents(tmp_path / "together")
    numbers = data.load(tmp_path / "together")["tenders"]["tender_id"]
    assert numbers.is_unique and numbers.str.contains("without ocid").sum() == 30


@pytest.mark.everything
def test_two_processes_read_a_file_say_what_is_wrong_in_it_and_leave_nothing(
    packages, tmp_path, monkeypatch, capsys
):
    file, out = packages["lines"], tmp_path / "out"
    monkeypatch.setattr(importing, "PART", file.stat().st_size // 7)
    data.bring_in([file], tmp_path / "alone")
    data.bring_in([file], out, workers=2)
    assert contents(out) == contents(tmp_path / "alone")

    lines = file.read_bytes().split(b"\n")
    lines[30] = lines[30][:-1]
    wrong = tmp_path / "wrong.jsonl"
    wrong.write_bytes(b"\n".join(lines))
    messages = {
        refused(capsys, "data", "import", wrong, "--out", tmp_path / "new", "--workers", n) for n in (1, 2)
    }
    assert len(messages) == 1 and "element 31" in messages.pop()

    def interrupt(done, total, name):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        data.bring_in([file], tmp_path / "new", workers=2, tell=interrupt)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["alone", "out", "wrong.jsonl"]
    assert not multiprocessing.active_children()


def test_archives_and_folders_are_opened(packages, tmp_path):
    inside = tmp_path / "inside"
    inside.mkdir()
    (inside / "a.jsonl.gz").write_bytes(gzip.compress(packages["lines"].read_bytes()))
    (inside / "notes.txt").write_text("see the portal")
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        archive.write(packages["lines"], "data/lines.jsonl")
        archive.writestr("__MACOSX/data/._lines.jsonl", b"\0\5\x16\7")  # as a Mac packs it
    from_folder = data.bring_in([inside], tmp_path / "one")
    from_zip = data.bring_in([tmp_path / "all.zip"], tmp_path / "two")
    assert from_folder.tables["tenders"][0] == from_zip.tables["tenders"][0] == len(TABLES["tenders"])
    assert any(source["left"] and "notes.txt" in source["file"] for source in from_folder.sources)


def test_the_same_releases_give_the_same_tables_in_every_form(packages, imported, tmp_path):
    """Whole, packed, line by line, in pieces of a folder or of a zip that cut processes, and as records."""
    package = json.loads(packages["releases"].read_bytes())
    releases, head = package.pop("releases"), package
    halves = [json.dumps({**head, "releases": releases[place::2]}) for place in (0, 1)]
    lines = "\n".join(map(json.dumps, releases))
    histories = {}
    for release in releases:
        histories.setdefault(release["ocid"], []).append(release)
    assert len(histories) < len(releases)
    (tmp_path / "folder").mkdir()
    for number, half in enumerate(halves):
        (tmp_path / "folder" / f"{number}.json").write_text(half)
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        archive.writestr("half.json.gz", gzip.compress(halves[0].encode()))
        archive.writestr("lines.jsonl", lines)  # all again: a release that is there twice counts once
    (tmp_path / "whole.json.gz").write_bytes(gzip.compress(packages["releases"].read_bytes()))
    (tmp_path / "lines.jsonl").write_text(lines)
    records = [{"ocid": ocid, "releases": several} for ocid, several in histories.items()]
    put_aside(tmp_path / "records.json", {**head, "records": records})
    expected = data.load(imported["releases"].to)
    for form in ("folder", "all.zip", "whole.json.gz", "lines.jsonl", "records.json"):
        made = data.load(data.bring_in([tmp_path / form], tmp_path / f"out-{form}").to)
        assert list(made) == list(expected)
        for name, table in made.items():
            one, two = (t.sort_values(list(t), ignore_index=True) for t in (expected[name], table))
            pd.testing.assert_frame_equal(one, two, obj=f"{form}, {name}")


def cells(value, place=()):
    """The cells of a release in one row: a heading of numbers and names for each."""
    if isinstance(value, dict):
        return {
            key: one for name, member in value.items() for key, one in cells(member, (*place, name)).items()
        }
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return {
            key: one for n, member in enumerate(value) for key, one in cells(member, (*place, str(n))).items()
        }
    return {"/".join(place): ";".join(value) if isinstance(value, list) else value}


def put_rows(file, rows, sign="/"):
    names = list(dict.fromkeys(name for row in rows for name in row))
    with file.open("w", newline="", encoding="utf-8") as opened:
        writer = csv.writer(opened)
        writer.writerow([name.replace("/", sign) for name in names])
        writer.writerows([row.get(name, "") for name in names] for row in rows)
    return file


@pytest.mark.parametrize("form", ["wide", "points", "a table for each list", "a row for each award"])
def test_releases_that_were_flattened_give_the_tables_of_their_json(packages, imported, tmp_path, form):
    found = json.loads(packages["releases"].read_text())["releases"]
    if form in ("wide", "points"):
        files = [
            put_rows(tmp_path / "all.csv", [cells(one) for one in found], "/" if form == "wide" else ".")
        ]
    elif form == "a row for each award":
        rows = []
        for one in found:
            awards = one.get("awards", [])
            head = {key: one[key] for key in ("ocid", "id")}
            rows += [
                cells(one if not awards else {**one, "awards": awards[:1]}),
                *(cells({**head, "awards": [a]}) for a in awards[1:]),
            ]
        files = [put_rows(tmp_path / "all.csv", rows)]
    else:
        lists = ("awards", "contracts", "parties")
        main = [cells({name: value for name, value in one.items() if name not in lists}) for one in found]
        files = [put_rows(tmp_path / "main.csv", main)]
        for name in lists:
            # The program writes 0 for every element, and tells them by their ids.
            rows = [
                cells({"ocid": one["ocid"], "id": one["id"], name: [part]})
                for one in found
                for part in one.get(name, ())
            ]
            files.append(put_rows(tmp_path / f"{name}.csv", rows))
    made = data.bring_in(files, tmp_path / "out").load()
    expected = imported["releases"].load()
    for name, table in expected.items():
        key = list(table.columns)
        pd.testing.assert_frame_equal(
            made[name][key].sort_values(key, ignore_index=True), table.sort_values(key, ignore_index=True)
        )


def test_an_award_of_two_firms_in_two_rows_is_one_award(tmp_path):
    heads = "ocid,id,awards/0/id,awards/0/status,awards/0/value/amount,awards/0/relatedLots,awards/0/suppliers/0/id"
    (tmp_path / "flat.csv").write_text(
        "\n".join([heads, "o,1,a,active,5,L1;L2,F1", "o,1,a,active,5,L1;L2,F2"])
    )
    awards = data.bring_in([tmp_path / "flat.csv"]).load()["awards"]
    assert awards[["award_id", "supplier_id", "lot_id", "amount"]].to_numpy().tolist() == [
        ["o/a", "F1", "L1, L2", 5.0], ["o/a", "F2", "L1, L2", 5.0],
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("rows", "said"),
    [(["o,1,5,", "o,1,6,"], r"row 3: Two rows of one release say different things about amount: '5\.0' and '6\.0'"),
     ([",1,5,"], "row 2: The row has no ocid"), (["o,1,1.500,"], "can be read as 1500 or as 1.5"),
     (["o,1,5,7", "o,1,5,8"], "row 3: Several rows tell of awards of one release, and no id says"),
     (["o,1,5,7", "o,1,5,7"], "row 3: Several rows tell of awards of one release, and no id says")],
)  # fmt: skip
def test_flattened_rows_that_cannot_be_put_together_are_refused(tmp_path, rows, said):
    path = tmp_path / "flat.csv"
    path.write_text("\n".join(["ocid,id,tender/value/amount,awards/value/amount", *rows]))
    with pytest.raises(InputError, match=said):
        data.bring_in([path])


def test_a_table_is_read_by_a_mapping_that_is_shown_and_can_be_corrected(tmp_path, capsys):
    file, out, way = tmp_path / "works.csv", tmp_path / "out", tmp_path / "way.toml"
    file.write_text(CONTRACTS)
    assert "--yes" in refused(capsys, "data", "import", file, "--to", out)
    assert not out.exists()
    assert "proposed mapping is written" in refused(
        capsys, "data", "import", file, "--to", out, "--mapping", way
    )
    assert not out.exists()
    (proposed,) = mapping.read(way)
    assert (
        proposed.table == "contracts"
        and proposed.dates == "%d/%m/%Y"
        and proposed.units == {"Contract amount (thousand KRW)": 1000}
    )
    assert cli.run(["data", "import", str(file), "--to", str(out), "--mapping", str(way)]) == 0
    table = data.load(out)["contracts"]
    assert table["value_amount"].tolist() == [1_250_500.0, 900_000.0]
    assert table["date_signed"].tolist() == [pd.Timestamp("2024-03-25"), pd.Timestamp("2024-04-02")]
    assert "Colour" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("headings", "table"),
    [
        ("Número de contrato,Contratista,Monto del contrato,Fecha de firma", "contracts"), ("계약번호,계약업체,계약금액,계약일자", "contracts"),
        ("Numéro du contrat,Titulaire,Montant du contrat,Date de signature", "contracts"), ("공고번호,공고일,마감일,추정가격,입찰자수", "tenders"),
        ("Nome,Número da licitação,Data limite,Número de licitantes", "tenders"),
    ],
)  # fmt: skip
def test_headings_in_several_languages_are_known(headings, table):
    found = mapping.propose("works.csv", "", headings.split(","), {})
    assert found.table == table and len(found.columns) >= 3


def test_days_that_can_be_read_in_two_ways_are_asked_for(tmp_path, capsys):
    file = tmp_path / "works.csv"
    file.write_text("contract id,contractor,signed\n1,River,05/02/2024\n2,Hill,06/03/2024\n")
    assert "05/02/2024" in refused(capsys, "data", "import", file, "--to", tmp_path / "out", "--yes")
    way = tmp_path / "way.toml"
    refused(capsys, "data", "import", file, "--to", tmp_path / "out", "--mapping", way)
    way.write_text(way.read_text().replace('dates = ""', 'dates = "%d/%m/%Y"'))
    assert cli.run(["data", "import", str(file), "--to", str(tmp_path / "out"), "--mapping", str(way)]) == 0
    assert data.load(tmp_path / "out")["contracts"]["date_signed"].dt.month.tolist() == [2, 3]


def workbook(path, change):
    book = openpyxl.Workbook()
    sheet = book.active
    for row in (["contract id", "contractor", "contract value"], ["1", "River", 5], ["2", "Hill", 7]):
        sheet.append(row)
    change(book, sheet)
    book.save(path)
    return path


def test_a_spreadsheet_is_read_and_its_hidden_sheet_is_said(tmp_path):
    def hide(book, sheet):
        book.create_sheet("draft").sheet_state = "hidden"

    made = data.bring_in([workbook(tmp_path / "w.xlsx", hide)], tmp_path / "out")
    assert data.load(made.to)["contracts"]["value_amount"].tolist() == [5.0, 7.0]
    assert any("hidden" in reason for source in made.sources for reason in source["left"])


def merge(book, sheet):
    sheet.merge_cells("A1:B1")


def formula(book, sheet):
    sheet["C2"] = "=1+1"


def nothing(book, sheet):
    sheet.delete_rows(1, 5)


@pytest.mark.parametrize(
    ("change", "said"), [(merge, "merged cells"), (formula, "formula in C2"), (nothing, "no table")]
)
def test_spreadsheets_that_cannot_be_read_get_one_message(tmp_path, capsys, change, said):
    file = workbook(tmp_path / "w.xlsx", change)
    assert said in refused(capsys, "data", "import", file, "--to", tmp_path / "out", "--yes")
    assert not (tmp_path / "out").exists()


def cut_gzip(path):
    path.write_bytes(gzip.compress(b'{"ocid": "ocds-abc123-1", "tender": {}}\n' * 5000)[:-40])


def zip_outside(path):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("../../evil.json", "{}")


def zip_of_a_number(path):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("year/a.jsonl", "000")


@pytest.mark.parametrize(
    ("name", "make", "said"),
    [
        ("all.zip", zip_of_a_number, "all.zip/year/a.jsonl: The file holds a number"),
        ("empty.json", lambda path: path.write_text(""), "empty"), ("cut.jsonl.gz", cut_gzip, "damaged"), ("out.zip", zip_outside, "outside"),
        ("a.csv", lambda path: path.write_text("\n\n"), "empty"), ("b.csv", lambda path: path.write_bytes("contract id,contractor\n1,Stra\xdfe\n".encode("latin-1")), "row 2"),
        ("c.csv", lambda path: path.write_text("contract id,contractor\n1,a\n1,b\n"), "twice"), ("d.csv", lambda path: path.write_text("x,y\n1,2\n"), "No table of the toolkit"),
        ("e.csv", lambda path: path.write_text("contract id,contractor,contract value\n1,a,5 million\n"), "not a number"), ("f.pdf", lambda path: path.write_text("%PDF"), "cannot be read"),
        ("g.json", lambda path: path.write_text('{"version": "1.1", "releases": []}'), "no row"), ("h.zip", lambda path: path.write_bytes(b"PK\x03\x04broken"), "zip"),
    ],
)  # fmt: skip
def test_bad_files_get_one_message_and_leave_the_folder_as_it_was(tmp_path, capsys, name, make, said):
    before = tmp_path / "out"
    file = tmp_path / "lines.jsonl"
    file.write_text(json.dumps({"ocid": "ocds-abc123-1", "id": "1", "tender": {"id": "t", "title": "kept"}}))
    data.bring_in([file], before)
    make(tmp_path / name)
    message = refused(capsys, "data", "import", tmp_path / name, "--to", before, "--yes")
    assert said in message and name in message
    assert data.load(before)["tenders"]["title"].tolist() == ["kept"]
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")], "nothing half-written"


def test_one_gigabyte_is_not_needed_to_read_one_line(packages, tmp_path):
    package = json.loads(packages["releases"].read_text())
    file = tmp_path / "one-line.json"
    file.write_text(json.dumps(package))
    assert data.bring_in([file], tmp_path / "out").tables["tenders"][0] == len(TABLES["tenders"])


def test_files_of_several_kinds_are_not_mixed(packages, tmp_path, capsys):
    message = refused(
        capsys, "data", "import", packages["releases"], packages["projects"], "--to", tmp_path / "out"
    )
    assert "several kinds" in message and "releases.json" in message and "projects.json" in message


def test_a_mapping_for_another_file_is_refused(tmp_path, capsys):
    way = tmp_path / "way.toml"
    mapping.write(way, [mapping.Columns("works.csv", "", "contracts", {"Nummer": "contract_id"})])
    (tmp_path / "works.csv").write_text(CONTRACTS)
    (tmp_path / "other.csv").write_text(CONTRACTS)
    assert "another file" in refused(
        capsys, "data", "import", tmp_path / "works.csv", "--to", tmp_path / "out", "--mapping", way
    )
    assert "other files" in refused(
        capsys, "data", "import", tmp_path / "other.csv", "--to", tmp_path / "out", "--mapping", way
    )


def test_a_folder_that_holds_something_else_is_left_alone(packages, tmp_path, capsys):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("dear")
    assert "letter.txt" in refused(capsys, "data", "import", packages["lines"], "--to", tmp_path / "mine")
    assert "letter.txt" in refused(capsys, "data", "flags", packages["lines"], "--to", tmp_path / "mine")


# Flags, report, site -----------------------------------------------------------------------------------------------------


def test_values_are_pictured_where_ten_of_them_differ():
    def spread(values, flagged=()):
        values = np.asarray(values, dtype=float)
        return flagging.Spread.of("x", "process", values, np.isin(np.arange(len(values)), flagged))

    made = spread([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, np.nan], flagged=[0, 1, 9])
    assert (made.looked, made.flagged, made.median) == (11, 3, 4.5)
    assert (made.low, made.high) == (pytest.approx(0.09), pytest.approx(8.91)), "98 % lie between"
    assert made.everyone.sum() == 10 and made.marked.sum() == 3 and len(made.everyone) == 24
    assert made.marked[0] == 1 and made.marked[-1] == 1, "what lies beyond stands at the ends"
    assert spread([0, 1, 2, 3, 3, 3, 3, 3, 3, 3]).everyone is not None
    assert spread([0, 1, 2, 2, 2, 2, 2, 2, 2, 2]).everyone is None
    assert spread(range(9)).everyone is None
    assert np.isnan(spread([np.nan]).median)


def test_the_report_tells_what_was_looked_at_and_what_is_worth_it():
    tenders = pd.DataFrame(
        {
            "tender_id": ["a", "b", "c"], "procurement_method": "open", "number_of_tenderers": [1, 2, 3],
            "cost_estimate": [99e6, 101e6, 500e6], "tender_start": pd.Timestamp("2024-01-01"), "tender_end": pd.NaT,
        }
    )  # fmt: skip
    made = flags_of({"tenders": tenders, "bids": pd.DataFrame({"tender_id": ["a"]})}, as_of="2024-06-30")
    text = " ".join(re.sub(r"<[^>]*>", " ", made.page().html).split())
    assert made.computed + made.not_computed == len(flags.REGISTRY)
    assert (
        f"{made.computed} of {len(flags.REGISTRY)} indicators could be computed. They gave 3 answers, 1 of them worth a look."
        in text
    )
    assert "The data hold 3 tenders, 1 bids. Read as of 2024-06-30." in text
    assert "Single bid process 3 1 33.3%" in text
    assert "Process : 3 looked at, 1 worth a look" in text.replace("Process:", "Process :")
    assert "1 cases Worth a look. Process 1 flagged, 0 not a 1" in text
    for reason in flags.REGISTRY["R018"].innocent:
        assert reason in text
    assert "Tenders and bids" in text and "Payments" not in text.split("What could not be computed")[0]
    silent = text.split("Possible, and without an answer")[1].split("What could not be computed")[0]
    assert "threshold-bunching" in silent and "R018" not in silent
    assert "R003" in text.split("What could not be computed")[1]
    limit = flags.Settings.of(profiles.load("seoul")).direct_award_threshold
    near = tenders.assign(cost_estimate=0.99 * limit, currency=["KRW", "KRW", "USD"])
    bunched = flags_of({"tenders": near}, profile="seoul", codes=["threshold-bunching"], currency="KRW")
    assert bunched.answers.groupby("level", observed=True).size()["process"] == 2, "in its currency"
    with pytest.raises(InputError, match="'soon' is not a date"):
        flags_of({"tenders": tenders}, as_of="soon")


def shown_in(row):
    """The cells of one row of a page as text."""
    return [re.sub("<[^>]*>", "", cell) for cell in re.findall("<t[hd].*?>(.*?)</t[hd]>", row)]


def test_the_page_shows_those_that_lie_farthest_from_the_middle():
    """25 payments passed on after 1 to 25 days, of which 16 and more are too many; and a firm that is listed only if it is flagged."""
    start = pd.Timestamp("2024-05-01")
    payments = pd.DataFrame(
        {
            "payment_id": [f"y{n}" for n in range(1, 26)], "tier": 1, "payee_type": "equipment", "date_received": start,
            "date_paid": [start + pd.Timedelta(days=n) for n in range(1, 26)],
        }
    )  # fmt: skip
    bids = pd.DataFrame({"tender_id": "t", "tenderer_id": ["A", "B"], "status": ["valid", "disqualified"]})
    contracts = pd.DataFrame({"contract_id": ["c"], "tender_id": ["t"], "supplier_id": ["A"]})
    tables = {"payments": payments, "bids": bids, "contracts": contracts}
    page = flags_of(tables, codes=["payment-delay", "R035"]).page().html
    tables = [
        [shown_in(row) for row in re.findall("<tr>(.*?)</tr>", one, re.S)]
        for one in re.findall("<table>.*?</table>", page, re.S)
    ]
    assert tables and all(len(row) == len(rows[0]) for rows in tables for row in rows), (
        "under each heading its cell"
    )
    overview = {(name, level): told for name, level, *told in tables[0][1:]}
    assert tables[0][0] == ["Indicator", "Of", "Looked at", "Worth a look", "Share"]
    name = flags.REGISTRY["R035"].name
    assert overview[name, "process"] == ["1", "1", "100.0%"] and overview[name, "tenderer"] == ["1", "1", ""]
    assert overview[flags.REGISTRY["payment-delay"].name, "payment"] == ["25", "10", "40.0%"]
    (late,) = [rows[1:] for rows in tables if rows[0] == ["Payment", "days"]]
    assert late == [[f"y{n}", str(n)] for n in range(25, 15, -1)]
    assert "25 values, median 13, 98 % between 1.24 and 24.76; 10 worth a look" in page
    assert page.count("<svg") == 1, "one answer is no spread"
    assert (page.count('<rect x="'), page.count('<rect class="look"')) == (23, 9), (
        "24 and 25 stand in the last step"
    )
    assert page.count("(only those that are worth a look are listed)") == 1, "the firm beside its process"
    later = payments.assign(date_paid=payments["date_paid"] + pd.Timedelta(days=15))
    page = flags_of({"payments": later}, codes=["payment-delay"]).page().html
    assert (
        "The 20 farthest from the middle; all 25 are in flags.csv." in page and page.count("<tr><td>") == 20
    )


def test_flags_are_written_in_four_forms_that_agree(imported, tmp_path):
    made = flags_of(imported["releases"].to)
    out = made.write(tmp_path / "flags")
    hits = made.answers[made.answers["flagged"]]
    with (out / "flags.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == len(made.answers) and sum(row["worth a look"] == "yes" for row in rows) == len(hits)
    shape = json.loads((out / "flags.json").read_text())
    assert {"OCID", "Contract"} <= set(shape)
    assert set(shape["OCID"]) == set(hits[hits["level"] == "process"]["id"])
    assert sum(len(codes) for ids in shape.values() for codes in ids.values()) == len(hits)
    book = openpyxl.load_workbook(out / "flags.xlsx", read_only=True)
    sheets = {name: list(book[name].iter_rows(values_only=True)) for name in book.sheetnames}
    assert len(sheets["Worth a look"]) == len(hits) + 1 and len(sheets["All answers"]) == len(rows) + 1
    for (code, of, id_, value, flagged), row in zip(sheets["All answers"][1:], rows, strict=True):
        assert [code, of, id_, flagged] == [row[one] for one in ("code", "of", "id", "worth a look")]
        assert value == pytest.approx(float(row["value"]))
    told = [dict(zip(sheets["Indicators"][0], row, strict=True)) for row in sheets["Indicators"][1:]]
    one = flags.REGISTRY["R018"]
    assert next(row for row in told if row["code"] == "R018") == {
        "code": "R018", "indicator": one.name, "possible": "yes", "not there": None, "empty": None,
        "definition": one.definition, "formula": one.formula, "unit": one.unit,
    }  # fmt: skip
    assert {row["code"]: row["not there"] or "" for row in told} == made.coverage["missing"].to_dict()
    assert sheets["Worth a look"][0] == (
        "code",
        "indicator",
        "of",
        "id",
        "value",
        "unit",
        "it can be innocent",
    )
    for code, name, _, _, _, unit, innocent in sheets["Worth a look"][1:]:
        one = flags.REGISTRY[code]
        assert (name, unit, innocent) == (one.name, one.unit, " ".join(one.innocent))
    page = (out / "index.html").read_text(encoding="utf-8")
    for code in set(hits["code"]):
        assert flags.REGISTRY[code].innocent[0].split("'")[0] in page
    assert (
        "never a finding" in page
        and "proof" not in page.lower()
        and "http" not in page.replace("http://www.w3.org", "")
    )
    assert "modifications.official_id" in page  # what is missing for an indicator that could not be computed
    # A slip in one year makes all that waits late by years: the day, and where it stands, are said.
    told = made.read_on[1]
    assert told and f"the latest day in {told}; another can be chosen with --date" in page
    assert flags_of(TABLES, codes=["R018"], as_of="2026-01-31").reading == "Read as of 2026-01-31."


def test_every_family_has_a_place_in_the_report():
    assert set(flagging._FAMILIES) == {one.family for one in flags.REGISTRY.values()}


def test_ids_that_are_numbers_are_written(tmp_path):
    tenders = pd.DataFrame({"tender_id": [7, 8], "procurement_method": "open", "number_of_tenderers": [1, 2]})
    out = flags_of({"tenders": tenders}).write(tmp_path / "flags")
    assert list(json.loads((out / "flags.json").read_text())["OCID"]) == ["7"]
    book = openpyxl.load_workbook(out / "flags.xlsx")
    assert (book["Worth a look"]["D2"].value, book["All answers"]["C2"].value) == ("7", "7")


def test_ids_cannot_run_as_formulas_or_markup(tmp_path):
    tables = {
        "tenders": pd.DataFrame(
            {
                "tender_id": ["=cmd()", "<b>x</b>", "서울"],
                "procurement_method": "open",
                "number_of_tenderers": [1, 1, 1],
            }
        )
    }
    out = flags_of(tables).write(tmp_path / "flags")
    assert '"서울"' in (out / "flags.json").read_text(encoding="utf-8"), "letters stay as they are"
    assert "'=cmd()" in (out / "flags.csv").read_text(encoding="utf-8-sig")
    assert "<b>x</b>" not in (out / "index.html").read_text()
    cells = {
        cell
        for row in openpyxl.load_workbook(out / "flags.xlsx")["Worth a look"].iter_rows(values_only=True)
        for cell in row
    }
    assert "'=cmd()" in cells


def test_data_that_allow_nothing_are_refused_with_what_is_missing(tmp_path, capsys):
    file = tmp_path / "lines.jsonl"
    file.write_text(json.dumps({"ocid": "ocds-abc123-1", "id": "1", "tender": {"id": "t"}}))
    assert "No indicator can be computed" in refused(capsys, "data", "flags", file, "--to", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_the_report_counts_by_hand(imported, tmp_path):
    page = data.report_of(imported["projects"].to).html
    payments = TABLES["payments"]
    late = (payments["date_paid"] > payments["date_due"]).sum()
    assert f"{late:,} were made late" in page
    bids_only = data.report_of({"tenders": pd.DataFrame({"tender_id": ["a"], "title": ["Bridge"]})}).html
    assert "payments.date_due" in bids_only and "Not possible" in bids_only


@pytest.mark.parametrize("kind", ["releases", "projects"])
def test_the_site_is_made_of_a_file_or_of_a_folder(packages, imported, tmp_path, kind):
    for number, source in enumerate((packages[kind], imported[kind].to)):
        out = tmp_path / str(number)
        assert cli.run(["site", str(out), "--data", str(source)]) == 0
        assert (out / "index.html").is_file()
    assert sorted(p.name for p in (tmp_path / "0").rglob("*")) == sorted(
        p.name for p in (tmp_path / "1").rglob("*")
    )


def test_a_site_needs_only_the_columns_it_shows(tmp_path):
    (tmp_path / "tables").mkdir()
    (tmp_path / "tables" / "projects.csv").write_text("project_id,title\nP-1,Bridge\nP-2,School\n")
    assert cli.run(["site", str(tmp_path / "out"), "--data", str(tmp_path / "tables")]) == 0
    assert "Bridge" in (tmp_path / "out" / "project" / "p-1.html").read_text(encoding="utf-8")


def test_a_site_of_a_process_without_a_contract_knows_no_sum_and_no_state(tmp_path):
    file = tmp_path / "lines.jsonl"
    file.write_text(
        json.dumps({"ocid": "ocds-abc123-1", "id": "1", "tender": {"id": "t", "title": "Bridge"}})
    )
    assert cli.run(["site", str(tmp_path / "out"), "--data", str(file)]) == 0
    page = (tmp_path / "out" / "index.html").read_text(encoding="utf-8")
    assert "1 projects. Contracts together: not known." in page and "KRW 0" not in page


def test_a_site_does_not_name_another_currency(tmp_path, capsys):
    file = tmp_path / "lines.jsonl"
    file.write_text(
        json.dumps(
            {
                "ocid": "ocds-abc123-1",
                "id": "1",
                "tender": {"id": "t", "title": "Bridge", "value": {"amount": 5, "currency": "PYG"}},
            }
        )
    )
    assert "PYG" in refused(capsys, "site", tmp_path / "out", "--data", file)
    assert not (tmp_path / "out").exists()


def test_of_two_files_of_records_the_one_that_was_told_last_stands(tmp_path):
    def file(name, date, title):
        whole = {
            "ocid": "ocds-abc123-1",
            "id": "1",
            "date": date,
            "tag": ["compiled"],
            "tender": {"id": "t", "title": title},
        }
        record = {"ocid": "ocds-abc123-1", "compiledRelease": whole}
        return put_aside(tmp_path / name, {"version": "1.1", "records": [record]})

    file("records-10.json", "2024-10-01T00:00:00+09:00", "October")
    file("records-2.json", "2024-02-01T00:00:00Z", "February")
    assert data.bring_in([tmp_path]).load()["tenders"]["title"].tolist() == ["October"]
    file("records-2.json", "2024-09-30T15:00:00Z", "the same moment")
    assert data.bring_in([tmp_path]).load()["tenders"]["title"].tolist() == ["the same moment"]


def works(number, **members):
    return {"id": f"oc4ids-abc123-{number}", "title": f"Bridge {number}", **members}


@pytest.mark.parametrize("at_once", [1, 3000])
def test_a_project_that_is_there_again_counts_once_or_is_refused(tmp_path, capsys, monkeypatch, at_once):
    monkeypatch.setattr(importing, "AT_ONCE", at_once)
    one = put_aside(tmp_path / "one.json", {"version": "0.9", "projects": [works(1), works(2)]})
    same = put_aside(tmp_path / "same.json", {"version": "0.9", "projects": [works(3), works(2), works(2)]})
    found = data.bring_in([one, same])
    assert sorted(found.load()["projects"]["project_id"]) == [f"oc4ids-abc123-{n}" for n in (1, 2, 3)]
    assert found.notes == ["2 projects are there again with the same words, and counted once."]
    later = put_aside(
        tmp_path / "later.json", {"version": "0.9", "projects": [works(3), works(2, status="completion")]}
    )
    said = refused(capsys, "data", "import", one, later, "--out", tmp_path / "out")
    assert "'oc4ids-abc123-2' is in one.json, project 2 and in later.json, project 2" in said
    assert not (tmp_path / "out").exists()
    twice = put_aside(
        tmp_path / "twice.json", {"version": "0.9", "projects": [works(1), works(1, status="completion")]}
    )
    for arguments in (["import", twice, "--out"], ["report", twice, "--out"]):
        assert "twice.json, project 2" in refused(capsys, "data", *arguments, tmp_path / "out")


def test_processes_of_two_projects_stay_apart_however_far_they_lie_apart(tmp_path, monkeypatch):
    monkeypatch.setattr(importing, "AT_ONCE", 1)
    shared = [{"id": "ocds-abc123-1", "summary": {"tender": {"costEstimate": {"amount": 5}}}}]
    projects = [works(n, contractingProcesses=shared) for n in (1, 2)] + [
        {"title": "no id"},
        {"title": "nor here"},
    ]
    tables = data.bring_in([put_aside(tmp_path / "p.json", {"version": "0.9", "projects": projects})]).load()
    assert tables["tenders"]["tender_id"].is_unique and tables["projects"]["project_id"].is_unique


def test_places_and_progress_that_cannot_be_are_left_out_and_named(tmp_path, capsys):
    def there(number, longitude, latitude, progress):
        geometry = {"type": "Point", "coordinates": [longitude, latitude]}
        seen = [{"id": "1", "measure": progress, "period": {"endDate": "2024-01-31T00:00:00Z"}}]
        metrics = [{"id": "physicalProgress", "observations": seen}]
        summary = {"tender": {"procurementMethod": "open", "numberOfTenderers": 2}}
        processes = [{"id": f"ocds-abc123-{number}", "summary": summary}]
        places = [{"id": "1", "geometry": geometry}]
        return works(number, locations=places, metrics=metrics, contractingProcesses=processes)

    projects = [there(1, 127.0, 37.5, 40), there(2, 37.5, 127.0, 250), there(3, 127.0, 37.5, "a half")]
    file = put_aside(tmp_path / "p.json", {"version": "0.9", "projects": projects})
    assert cli.run(["data", "import", str(file), "--out", str(tmp_path / "out")]) == 0
    said = " ".join(capsys.readouterr().out.split())
    missing = "and counts as missing"
    assert (
        f"projects.latitude: 1 value is not from -90 to 90, {missing}, with the other half of the place (oc4ids-abc123-2: 127). "
        "OC4IDS writes the longitude first: are they swapped? Correct the file and read it again." in said
    )
    assert (
        f"progress.actual: 1 value is not from 0 to 100, {missing} (oc4ids-abc123-2: 250). Correct the file"
        in said
    )
    assert f'progress.actual: 1 value is no number or no day that can be read, {missing} ("a half").' in said
    tables = data.load(tmp_path / "out")
    assert tables["projects"][["latitude", "longitude"]].isna().all(axis=1).tolist() == [False, True, False]
    assert tables["progress"]["actual"].dropna().tolist() == [40]
    # So they are also where the file, or the folder, is read by another command.
    for source in (file, tmp_path / "out"):
        assert "(oc4ids-abc123-2: 250)" in data.report_of(source).html
        assert "(oc4ids-abc123-2: 250)" in data.flags_of(source).page().html
        assert cli.run(["site", str(tmp_path / "site"), "--data", str(source)]) == 0
        assert "(oc4ids-abc123-2: 127)" in " ".join(capsys.readouterr().out.split())
    assert cli.run(["data", "validate", str(file)]) == 1
    assert "a latitude of 127 cannot be" in " ".join(capsys.readouterr().out.split())


def test_doubts_of_several_parts_are_added_up():
    def part(number, progress):
        table = pd.DataFrame()
        table.attrs = {
            "unread": {"actual": (number, '"a half"')},
            "beyond": {"progress.actual": (1, [progress])},
        }
        table.attrs |= {"again": 1, "said": [f"Part {number}."]}
        return Doubts().take({"progress": table})

    both = part(1, "p-1: 250")
    both.add(part(2, "p-2: 300"))
    assert both.notes() == [
        "Part 1.",
        "Part 2.",
        "2 projects are there again with the same words, and counted once.",
        'progress.actual: 3 values are no number or no day that can be read, and count as missing (for example "a half").',
        "progress.actual: 2 values are not from 0 to 100, and count as missing (p-1: 250; p-2: 300). Correct the file and read it again.",
    ]


def test_coverage_looks_at_an_imported_folder_and_check_says_that_it_does_not(imported, capsys):
    made = imported["releases"]
    assert cli.run(["data", "coverage", str(made.to), "--fields"]) == 0
    said = " ".join(capsys.readouterr().out.split())
    able = made.indicators["possible"]
    assert f"Possible indicators: {able.sum()} of {len(able)}" in said and "tenders.tender_id" in said
    assert "nan%" not in said
    assert "This is a folder" in refused(capsys, "data", "check", made.to)


def test_every_command_is_a_documented_call():
    for name in data.__all__:
        assert getattr(data, name).__doc__
    with pytest.raises(InputError):
        data.load("nowhere")


@pytest.mark.parametrize("packed", [False, True])
def test_a_table_on_one_line_is_one_message(tmp_path, packed):
    text = b"contract,amount," * (1 << 17)
    path = tmp_path / ("contracts.csv.gz" if packed else "contracts.csv")
    path.write_bytes(gzip.compress(text) if packed else text)
    with pytest.raises(InputError, match="first line has more than 1,048,576 bytes, so this is not a table"):
        data.bring_in([path], tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_table_or_a_workbook_that_unpacks_without_end_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(stream, "ENOUGH", 1 << 20)
    (tmp_path / "contracts.csv.gz").write_bytes(gzip.compress(b"contract,amount\n" + b"\n" * (8 << 20)))
    with zipfile.ZipFile(tmp_path / "contracts.xlsx", "w", zipfile.ZIP_DEFLATED) as book:
        book.writestr("xl/workbook.xml", " " * (8 << 20))
    with zipfile.ZipFile(tmp_path / "contracts.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("contracts.csv", " " * (8 << 20))
    for name in ("contracts.csv.gz", "contracts.xlsx", "contracts.zip"):
        with pytest.raises(InputError, match=r"contracts\..*unpacks to more than 300 times its size"):
            data.bring_in([tmp_path / name], tmp_path / "out")
        assert not (tmp_path / "out").exists()


def test_cells_that_are_read_as_empty_are_said(tmp_path, capsys):
    (tmp_path / "contracts.csv").write_text(
        "contract_id,contractor,signed,contract amount\nC-1,River Ltd,2024-03-25,5\nC-2,Hill Ltd,9999-12-31,n/a\nC-3,Sea Ltd,0001-01-01,6\nC-4,,,\n"
    )
    made = data.bring_in([tmp_path / "contracts.csv"])
    said = "; ".join(made.sources[0]["left"])
    assert "column 'signed': 2 cells are read as empty (first row 3: '9999-12-31')" in said
    assert "column 'contract amount': 1 cell is read as empty (row 3: 'n/a')" in said


def test_what_a_table_or_a_project_calls_cancelled_is_left_out_however_it_is_written(tmp_path):
    rows = [
        f"{n},F{n},100,{state}"
        for n, state in enumerate(["Active", "CANCELED", "Anulado", "취소", "terminado"])
    ]
    (tmp_path / "c.csv").write_text("\n".join(["Contract no.,Firm,Contract value,Status", *rows]))
    found = data.bring_in([tmp_path / "c.csv"])
    assert list(found.load()["contracts"]["status"]) == ["active", *["cancelled"] * 3, "terminado"]
    assert (
        "'terminado' is not among the codes that are known: active, cancelled, closed"
        in found.sources[0]["left"][0]
    )
    # No code of OC4IDS, and written all the same.
    state = {"status": "cancelled", "tender": {"costEstimate": {"amount": 5}}, "contractValue": {"amount": 5}}
    project = {"id": "p", "contractingProcesses": [{"id": "o", "summary": state}]}
    tables = oc4ids.tables_of([project])
    assert tables["tenders"]["status"].tolist() == tables["contracts"]["status"].tolist() == ["cancelled"]


def test_flags_of_a_large_file_are_those_of_its_tables_in_memory(packages, tmp_path, monkeypatch):
    """A large file is brought in piece by piece first; what anybody sees is the same, and nothing of it is left."""
    codes = ["R018", "R024", "R030", "R038"]
    small = flags_of(packages["releases"], codes=codes)
    monkeypatch.setattr(flagging, "LARGE_FILE", 0)
    monkeypatch.setattr(scratch, "place", lambda: tmp_path)
    monkeypatch.setattr(ocds, "read", None)  # which holds the whole file
    large = flags_of(packages["releases"], codes=codes)
    order = ["code", "level", "id"]
    pd.testing.assert_frame_equal(
        *(made.answers.sort_values(order, ignore_index=True) for made in (large, small)), rtol=1e-12
    )
    assert (large.name, large.rows, large.looked) == (small.name, small.rows, small.looked)
    assert large.answers.index.is_unique
    table = tmp_path / "contracts.csv"
    table.write_text("contract id;contract value\nc;5\n")
    with pytest.raises(
        InputError, match="data import"
    ):  # whoever brings it in sees which column is taken for which
        flags_of(table)
    table.unlink()
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("content", [b"", b" \n\n", b"\xef\xbb\xbf", b"sep=;\n"])
@pytest.mark.parametrize("packed", [False, True])
def test_a_file_of_nothing_is_called_empty_packed_or_not(tmp_path, capsys, content, packed):
    file = tmp_path / ("works.csv.gz" if packed else "works.csv")
    file.write_bytes(gzip.compress(content) if packed else content)
    assert cli.run(["data", "import", str(file), "--yes", "--out", str(tmp_path / "out")]) == 2
    assert "empty" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_template_that_was_filled_in_is_read(tmp_path, capsys):
    file = tmp_path / "payments.csv"
    assert cli.run(["data", "template", "payments", "--out", str(file)]) == 0
    assert cli.run(["data", "template", "payments", "--out", str(file)]) == 2, "nothing is overwritten"
    assert list(data.bring_in([file]).tables) == ["payments"]
    assert cli.run(["data", "template", "payment"]) == 2
    assert "Did you mean 'payments'?" in capsys.readouterr().err
