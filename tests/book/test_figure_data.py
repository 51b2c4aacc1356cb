"""The data of a figure, in the book: opened with the keyboard, the same numbers in the table and in the file."""

from __future__ import annotations

import csv
import io
from urllib.parse import unquote

FOLD = "details.cw-figure-data"


def test_the_data_of_a_figure_are_opened_and_scrolled_with_the_keyboard(tab, first_with):
    page = tab().open(first_with("cw-figure-data"))
    fold = page.locator(FOLD).first
    assert not fold.locator("table").first.is_visible()
    fold.locator("summary").focus()
    page.keyboard.press("Enter")
    assert fold.locator("table").first.is_visible()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "cw-figure-table"


def test_every_table_holds_the_numbers_of_its_file(soups):
    tables = 0
    for name, soup in soups.items():
        for fold in soup.select(FOLD):
            for table, link in zip(fold.select("table"), fold.select("a.cw-csv"), strict=True):
                rows = list(csv.reader(io.StringIO(unquote(link["href"].partition(",")[2]))))
                shown = [[cell.get_text() for cell in row.select("th, td")] for row in table.select("tr")]
                assert [[_plain(c) for c in row] for row in shown] == [
                    [_plain(c) for c in row] for row in rows
                ], name
                assert all(shown[0]), f"{name}: a column without a name"
                tables += 1
    assert tables > 20


def test_nearly_every_figure_has_its_data(soups):
    with_data = without = 0
    for soup in soups.values():
        with_data += len(soup.select(FOLD))
        without += len(soup.select(".cell_output img"))
    assert with_data >= 0.9 * without


def _plain(text: str) -> str:
    """Pages write thousands with commas, files do not."""
    try:
        return f"{float(text.replace(',', ''))}"
    except ValueError:
        return text


def test_the_numbers_are_readable_in_the_dark(tab):
    """The theme puts what a cell shows on a light ground in the dark; text and links of a table are light there."""
    page = tab(scheme="dark").open("notebooks/construction/c6-paying-subcontractors")
    fold = page.locator(FOLD).first
    fold.locator("summary").click()
    page.wait_for_selector("html[data-theme='dark']", state="attached")
    ground = fold.evaluate(
        """fold => { for (let one = fold; one; one = one.parentElement) {
             const colour = getComputedStyle(one).backgroundColor;
             if (!/rgba\\(.*, 0\\)|transparent/.test(colour)) return colour; } return ''; }"""
    )
    parts = [int(part) for part in ground.replace("rgb(", "").replace(")", "").split(",")[:3]]
    assert sum(parts) < 200, ground
