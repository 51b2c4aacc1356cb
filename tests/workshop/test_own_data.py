"""`cleanworks book --data FOLDER`: each page runs on one world, and says on which."""

import pytest
from bs4 import BeautifulSoup

from cleanworks.cli import run
from tests.workshop.conftest import lesson_path

RAIN = '''
"""The measurements of the tiny course, or of a folder of the reader's own."""
import os
from pathlib import Path

import pandas as pd

TABLES = {"week": {"day": ["Mon", "Tue"], "mm": [1.0, 2.5]}, "stations": {"hill": [3.0], "valley": [1.0]}}


def load(name):
    folder = os.environ.get("CLEANWORKS_OWN_DATA")
    return pd.read_csv(Path(folder) / f"{name}.csv") if folder else pd.DataFrame(TABLES[name])
'''
LACKS = """
from cleanworks.errors import InputError


def lacks(folder, tables, code):
    if not folder.is_dir():
        raise InputError("This is no folder of rain.", where=str(folder), fix="Give another.")
    missing = [name for name in tables if not (folder / f"{name}.csv").is_file()]
    return f"There is no {', '.join(missing)}." if missing else ""
"""


@pytest.fixture
def rainy(course, monkeypatch):
    """The tiny course, whose lessons name the tables that they load and may load the reader's own."""
    (course / "notebooks" / "weather" / "rain.py").write_text(RAIN, encoding="utf-8")
    (course / "own_rain.py").write_text(LACKS, encoding="utf-8")
    settings = course / "cleanworks.toml"
    settings.write_text(
        'own_data = "own_rain:lacks"\n' + settings.read_text(encoding="utf-8"), encoding="utf-8"
    )
    monkeypatch.syspath_prepend(course)
    return course


@pytest.fixture
def rain(tmp_path):
    folder = tmp_path / "garden"
    folder.mkdir()
    (folder / "week.csv").write_text("day,mm\nMon,40\nTue,2\n", encoding="utf-8")
    return folder


def text_of(course, id):
    """The words of a lesson's page."""
    page = course / "_build" / "html-data-garden" / lesson_path(course, id).relative_to(course)
    return " ".join(
        BeautifulSoup(page.with_suffix(".html").read_text(encoding="utf-8"), "html.parser")
        .get_text(" ")
        .split()
    )


def test_a_lesson_runs_on_the_data_that_carry_it_and_each_page_says_which(rainy, rain, capsys):
    assert run(["book", "--root", str(rainy), "--data", str(rain)]) == 0
    assert (
        "On your data: 1 page. On the tables of the course: 1; each page says why." in capsys.readouterr().err
    )
    own, other = text_of(rainy, "r1"), text_of(rainy, "r2")
    assert "On your data." in own and "the folder garden" in own and "42" in own
    assert "written for the simulated tables of the course and may not hold for yours" in own
    assert "Not on your data." in other and "There is no stations." in other
    assert not (rainy / "_build" / "html").exists()  # an edition of its own


@pytest.mark.everything
def test_data_that_changed_are_shown(rainy, rain):
    assert run(["book", "--root", str(rainy), "--data", str(rain)]) == 0
    (rain / "week.csv").write_text("day,mm\nMon,70\nTue,7\n", encoding="utf-8")
    assert run(["book", "--root", str(rainy), "--data", str(rain)]) == 0
    assert "77" in text_of(rainy, "r1") and "42" not in text_of(rainy, "r1")


def test_a_lesson_that_stops_on_the_data_keeps_the_tables_of_the_course(rainy, rain, capsys):
    (rain / "week.csv").write_text("day,millimetres\nMon,40\n", encoding="utf-8")
    assert run(["book", "--root", str(rainy), "--data", str(rain)]) == 0
    page = text_of(rainy, "r1")
    assert (
        "Not on your data." in page and "stopped in cell step-1-the-total-code" in page and "KeyError" in page
    )
    assert "3.5" in page


@pytest.mark.parametrize("broken", ["no folder", "no setting"])
def test_what_cannot_be_used_is_one_message(rainy, rain, broken, capsys):
    if broken == "no setting":
        settings = rainy / "cleanworks.toml"
        settings.write_text(
            settings.read_text(encoding="utf-8").replace("own_data", "# own_data"), encoding="utf-8"
        )
    place = rain if broken == "no setting" else rain / "nothing"
    assert run(["book", "--root", str(rainy), "--data", str(place)]) == 2
    said = capsys.readouterr().err
    assert ("cannot run on other tables" if broken == "no setting" else "no folder of rain") in said
    assert "Traceback" not in said and not (rainy / "_build" / "html-data-garden").exists()


@pytest.mark.everything
def test_a_figure_on_the_data_is_not_described_as_the_courses(rainy, rain):
    (rain / "stations.csv").write_text("hill,valley\n9,1\n", encoding="utf-8")
    assert run(["book", "--root", str(rainy), "--data", str(rain)]) == 0
    page = rainy / "_build" / "html-data-garden" / lesson_path(rainy, "r2").relative_to(rainy)
    pictures = BeautifulSoup(page.with_suffix(".html").read_text(encoding="utf-8"), "html.parser").select(
        "article img"
    )
    described = [one["alt"] for one in pictures if "rain" in one.get("alt", "").casefold()]
    assert described and all(alt.startswith("A figure on other data") for alt in described)
