"""The table under a figure: readable by everybody, the same numbers as a file."""

from __future__ import annotations

import csv
import io
from urllib.parse import unquote

import pytest
from bs4 import BeautifulSoup
from nbformat.v4 import new_code_cell, new_notebook, new_output

from cleanworks import figure_data
from cleanworks.workshop.pages import figure_tables
from cleanworks.workshop.sphinxext import widths

CONTENT = {
    "version": 1,
    "tables": [
        {
            "title": 'Costs "now" <&>',
            "headings": ["Site, old", "Cost"],
            "rows": [["North #1", 1234567.5], ["South", None]],
            "total": 300,
        }
    ],
}


def soup(language="en"):
    return BeautifulSoup(figure_tables.fold(CONTENT, language), "html.parser")


def test_the_kernel_and_the_page_mean_the_same_data():
    assert figure_tables.MIME == figure_data.MIME


def test_a_table_has_caption_headings_and_the_count_of_what_is_left_out():
    page = soup()
    assert not page.details.has_attr("open")
    assert page.caption.get_text() == 'Costs "now" <&>'
    assert [th["scope"] for th in page.find_all("th")] == ["col", "col", "row", "row"]
    assert page.td.get_text() == "1,234,567.5"
    assert "The first 2 of 300 rows." in page.get_text()
    assert page.select_one(".cw-figure-table")["tabindex"] == "0"


def test_the_file_holds_the_same_numbers():
    text = unquote(soup().a["href"].partition(",")[2])
    rows = list(csv.reader(io.StringIO(text)))
    assert rows == [["Site, old", "Cost"], ["North #1", "1234567.5"], ["South", ""]]


def test_the_fold_speaks_the_language_of_the_page():
    assert soup("fr").summary.get_text() == "Données de cette figure"
    assert "2행" in soup("ko").get_text() and "300행" in soup("ko").get_text()


def test_the_table_follows_its_figure_once_and_other_outputs_stay():
    picture = new_output("display_data", data={"image/png": "x", figure_tables.MIME: CONTENT})
    plain = new_output("display_data", data={"image/png": "y"})
    notebook = new_notebook(cells=[new_code_cell("a", outputs=[picture, plain])])
    figure_tables.add_tables(notebook, "en")
    kinds = [list(output.data) for output in notebook.cells[0].outputs]
    assert kinds == [["image/png"], ["text/html"], ["image/png"]]


def test_a_report_gives_room_to_what_a_page_shows_and_not_to_addresses():
    rows = [
        [
            "{doc}`o1 </notebooks/orientation/o1-start-here>`",
            "A sentence of a usual length, with its source {cite}`a-s1`.",
        ]
    ]
    narrow, wide = widths(["lesson", "statement"], rows)
    assert narrow < 20 < 80 < wide + 5 and abs(narrow + wide - 100) <= 1


def test_no_column_of_a_report_is_narrower_than_its_words():
    rows = [
        [
            "1",
            "disqualified",
            "A sentence about this row, of a length that takes several lines in a page. " * 3,
        ]
    ] * 9
    number, word, sentence = widths(["minutes", "state", "statement"], rows)
    letters = 80 / 100
    assert number * letters >= len("minutes") + 2 and word * letters >= len("disqualified") + 2
    assert sentence > 60 and abs(number + word + sentence - 100) <= 1
    assert sum(widths(["a", "b", "c"], [])) == pytest.approx(100, abs=1)
    assert max(widths([f"heading{n}" for n in range(9)], [["word " * 40] * 9])) < 12
