"""Somebody's own tables in the place of the simulated city."""

import contextlib

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cleanworks import city, data, figures
from cleanworks.city import own
from cleanworks.errors import InputError


@pytest.fixture(scope="module")
def paraguay(tmp_path_factory):
    folder = tmp_path_factory.mktemp("own") / "paraguay"
    data.bring_in([data.example("paraguay-2017").file], folder)
    return folder


@pytest.fixture(scope="module")
def offices(tmp_path_factory):
    """Three projects, as an office's spreadsheet has them."""
    place = tmp_path_factory.mktemp("files")
    rows = pd.DataFrame(
        {
            "project_id": ["A-1", "A-2", "A-3"],
            "title": ["Bridge", "School", "Road"],
            "district": ["North", "South", "North"],
            "budget_amount": [500, 700, 900],
            "status": ["implementation", "completion", ""],
            "purpose": ["", "", ""],
        }
    )
    rows.to_csv(place / "projects.csv", index=False)
    data.bring_in([place / "projects.csv"], place / "imported")
    return place / "imported"


def test_the_city_gives_the_tables_of_the_folder_and_no_others(offices, monkeypatch):
    monkeypatch.setenv(own.VARIABLE, str(offices))
    projects = city.load("projects")
    assert list(projects["title"]) == ["Bridge", "School", "Road"] and projects["budget_amount"].sum() == 2100
    assert "planted" not in own.filled(offices)
    for names in (("planted",), ("projects", "payments")):
        with pytest.raises(InputError, match=r"Your data hold no table '(planted|payments)'"):
            city.load(*names)
    city.keep(city.made())  # makes nothing, and complains of nothing
    monkeypatch.delenv(own.VARIABLE)
    assert len(city.load("projects")) == 300


def test_what_a_lesson_lacks_is_named(paraguay, offices):
    assert own.lacks(offices, ["projects"], ['projects["district"].value_counts()']) == ""
    assert "no table `payments`, so you see the simulated city" in own.lacks(
        offices, ["projects", "payments"], []
    )
    assert "Labels of what was planted are in no real data" in own.lacks(offices, ["projects", "planted"], [])
    assert own.lacks(paraguay, ["tenders", "bids"], []).startswith("The data hold no table `bids`")
    # Columns that are not there, and columns without a single value.
    code = ['table[["number_of_tenderers", "price_only", "title"]]', "not python ("]
    assert "columns `tenders.number_of_tenderers`, `tenders.price_only`" in own.lacks(
        paraguay, ["tenders"], code
    )
    assert "column `projects.purpose`" in own.lacks(offices, ["projects"], ['x["purpose"]'])
    assert own.lacks(paraguay, ["contracts"], ['x["value_amount"]']) == ""
    assert "city of its own" in own.lacks(offices, ["projects"], ["city.make(20)"])


def test_a_figure_does_not_say_that_the_data_are_simulated_or_claim_the_lessons_finding(offices, monkeypatch):
    def words():
        figure, axes = figures.new("Two late", source="Data: simulated city, planted cases")
        return figure.get_supxlabel(), " ".join(axes.get_title(loc="left").split())

    assert words() == ("Data: simulated city, planted cases", "Two late")
    monkeypatch.setenv(own.VARIABLE, str(offices))
    assert words() == (
        "Data: folder imported, planted cases",
        "Of the simulated city the lesson says: Two late",
    )


@pytest.mark.parametrize("what", ["nothing", "empty", "other"])
def test_another_folder_is_refused(what, tmp_path):
    place = tmp_path / what
    if what != "nothing":
        place.mkdir()
    if what == "other":
        (place / "import.json").write_text('{"made by": "somebody"}', encoding="utf-8")
    with pytest.raises(InputError, match="not a folder of imported data") as error:
        own.lacks(place, (), ())
    assert "cleanworks data import" in error.value.fix


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string()], ids=str)
def test_a_parquet_file_whose_pages_are_damaged_is_named_and_not_the_disk(tmp_path, kind):
    file = tmp_path / "tenders.parquet"
    ids = pa.array([f"T-{number * 7919}" for number in range(300)], kind)
    pq.write_table(pa.table({"tender_id": ids}), file, compression="zstd")
    whole = file.read_bytes()
    for at in range(44, 1000, 160):
        file.write_bytes(whole[:at] + b"\xff" * 20 + whole[at + 20 :])
        with contextlib.suppress(InputError):  # or the damage is not noticed
            own.read_parquet(file)
    file.write_bytes(whole[:684] + b"\xff" * 20 + whole[704:])
    with pytest.raises(InputError, match=r"tenders\.parquet: The file cannot be read: \w"):
        own.read_parquet(file)


def test_the_name_of_a_column_that_is_not_utf8_is_refused(tmp_path):
    file = tmp_path / "claims.parquet"
    pd.DataFrame({"site_name": ["North"]}).to_parquet(file)
    file.write_bytes(file.read_bytes().replace(b"site_name", b"si\xb3e_name"))
    with pytest.raises(InputError, match=r"claims\.parquet: The name of a column is not UTF-8"):
        own.read_parquet(file)
