"""A table on a page is written for readers; what is computed with stays as it is."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from cleanworks import city, shown


@pytest.fixture(autouse=True)
def nobody_has_named_a_country(monkeypatch):
    """What tables of an earlier test said about the writing of numbers is not known here, and is known again afterwards."""
    monkeypatch.setattr(shown, "_writes_money", None)
    monkeypatch.setattr(shown, "_comma", ",")


def cells(html: str) -> list[str]:
    return [part.split("</td>")[0].split(">")[-1] for part in html.split("<td")[1:]]


@pytest.mark.parametrize(
    ("values", "written"),
    [
        ([116753191000, 5], ["116,753,191,000", "5"]),
        ([2012, 2025], ["2012", "2025"]),
        ([1.5e12, np.nan], ["1,500,000,000,000", "NaN"]),
        ([12345.678, 1.5], ["12,345.68", "1.5"]),
        ([6.6e-07, 0.25], ["below 0.0001", "0.2500"]),
        ([-6.6e-07, 0.0], ["above -0.0001", "0.0000"]),
        ([np.inf, 20000.5], ["inf", "20,000.5"]),
        ([14.0, np.nan, -3.0], ["14", "NaN", "-3"]),
        ([14.0, 14.5], ["14.0", "14.5"]),
        ([True, False], ["True", "False"]),
        (["116753191000", "x"], ["116753191000", "x"]),
    ],
)
def test_numbers_are_written_for_readers(values, written):
    found = cells(shown.html(pd.DataFrame({"number": values})))
    assert found == written


def test_numbers_of_different_units_keep_their_own_decimals():
    table = pd.DataFrame({"value": [2118.0, 87.78, 12.0, np.nan, 6.6e-07], "unit": list("abcde")})
    assert cells(shown.html(table))[::2] == ["2,118", "87.78", "12", "NaN", "below 0.0001"]


def test_a_column_is_a_table_without_the_name_of_its_type():
    page = shown.html(pd.Series({"Aram-gu": 20_000}, name="budget"))
    assert "dtype" not in page and "budget" in page and "20,000" in page


def test_missing_whole_numbers_and_two_columns_of_one_name():
    table = pd.DataFrame([[10_000, 1], [None, 2]], columns=["n", "n"]).astype("Int64")
    assert cells(shown.html(table)) == ["10,000", "1", "", "2"]


def test_a_long_table_says_how_long_it_is():
    page = shown.html(pd.DataFrame({"n": range(12_345)}))
    assert "12,345 rows" in page and page.count("<tr") < 30


def test_nothing_happens_outside_a_notebook():
    done = subprocess.run(
        [sys.executable, "-c", "from cleanworks import shown; shown.offer()"],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0 and done.stderr == ""


def test_a_notebook_shows_the_readers_form():
    code = (
        "from IPython.core.interactiveshell import InteractiveShell as S; s = S.instance();"
        "from cleanworks.construction import published; t = published.table('arrears');"
        "import pandas as pd; d, _ = s.display_formatter.format(pd.Series([116753191000]));"
        "assert '116,753,191,000' in d['text/html'], d; assert '116753191000' in d['text/plain'], d;"
        "import numpy as np; kinds = [np.int64(19), np.float64(8.25), np.bool_(True), np.float64('nan')];"
        "said = [s.display_formatter.format(kind)[0]['text/plain'] for kind in kinds];"
        "assert said == ['19', '8.25', 'True', 'nan'], said"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("profile", "written"),
    [
        ("seoul", "KRW 116,753,191,000"),
        ("vietnam", "VND 116.753.191.000"),
        ("jordan", "JOD 116,753,191,000.000"),
    ],
)
@pytest.mark.parametrize("name", ["budget_amount", "amount_registered", "amount", "budget"])
def test_money_is_written_as_the_country_writes_it(monkeypatch, profile, written, name):
    monkeypatch.setenv("CLEANWORKS_PROFILE", profile)
    city.load("projects")
    assert cells(shown.html(pd.DataFrame({name: [116753191000, None]}))) == [written, "NaN"]


@pytest.mark.parametrize(
    ("profile", "people"),
    [
        ("seoul", ["12,345", "678,901"]),
        ("vietnam", ["12\u00a0345", "678\u00a0901"]),
        ("ukraine", ["12\u00a0345", "678\u00a0901"]),
    ],
)
def test_a_number_is_read_alike_by_the_country_and_by_code(monkeypatch, profile, people):
    """In Viet Nam 12,345 is little more than twelve, and 12.345 would be so in the code that a learner types."""
    monkeypatch.setenv("CLEANWORKS_PROFILE", profile)
    city.load("projects")
    table = pd.DataFrame({"people": [12_345, 678_901], "share": [0.535, 0.25]})
    assert cells(shown.html(table)) == [people[0], "0.535", people[1], "0.250"]
    assert f"{people[0]} rows" in shown.html(pd.DataFrame({"n": range(12_345)}))


def test_a_share_called_amount_and_a_count_are_no_money():
    table = pd.DataFrame({"share of amount": [0.25, 0.5], "amounts": [20_000, 1], "paid": [30.0, 20.5]})
    city.load("projects")
    assert "KRW" not in shown.html(table)


def test_a_text_is_shown_whole():
    text = "redesigned for provinces: they score themselves, hand in evidence, and are scored again"
    assert text in shown.html(pd.DataFrame({"changed": [text]}))
