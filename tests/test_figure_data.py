"""The numbers of a figure can be had as a table, whatever it draws; and no figure fails for its table."""

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest

mpl.use("Agg")

from IPython.core.interactiveshell import InteractiveShell
from matplotlib import pyplot as plt

from cleanworks import figure_data, figures


@pytest.fixture(autouse=True)
def close():
    yield
    plt.close("all")


def only(figure):
    (table,) = figure_data.read(figure)
    return table


def test_bars_have_their_names_and_lengths():
    figure, axes = figures.new("Two late", x="Days late", y="Site")
    axes.barh(["North", "South"], [12, 3.5])
    table = only(figure)
    assert (table.title, table.headings) == ("Two late", ("Site", "Days late"))
    assert table.rows == (("North", 12), ("South", 3.5))


def test_bars_at_numbered_places_have_the_names_of_the_ticks():
    figure, axes = figures.new("Groups", x="Year", y="Claims")
    axes.bar([-0.2, 0.8], [1, 2], width=0.4, label="paid")
    axes.bar([0.2, 1.2], [3, 4], width=0.4, label="open")
    axes.set_xticks([0, 1], ["2024", "2025"])
    table = only(figure)
    assert table.headings == ("Year", "paid", "open") and "Claims" in table.title
    assert table.rows == (("2024", 1, 3), ("2025", 2, 4))


def test_lines_over_dates_show_days_and_are_named_by_a_text_in_their_colour():
    figure, axes = figures.new("S curve", x="Month", y="Done")
    days = pd.date_range("2025-01-31", periods=3, freq="ME")
    axes.plot(days, [0.1, 0.25, 0.6], color=figures.COLOURS["blue"])
    axes.plot(days, [0.1, 0.2, 0.3], color=figures.COLOURS["orange"], label="actual")
    figures.label_line(axes, days[-1], 0.6, "planned", figures.COLOURS["blue"])
    axes.axhline(0.5)
    figures.percent_axis(axes, of_one=True)
    figures.date_axis(axes)
    table = only(figure)
    assert table.headings == ("Month", "planned", "actual") and "Done (%)" in table.title
    assert table.rows[1] == ("2025-02-28", 25, 20)
    assert len(table.rows) == 3, "the line across the panel is no data"


def test_many_points_are_cut_and_counted():
    figure, axes = figures.new("Cloud", x="a", y="b")
    axes.scatter(np.arange(500), np.arange(500) / 3)
    table = only(figure)
    assert (len(table.rows), table.total) == (figure_data.ROWS, 500)
    assert table.rows[1] == (1, 0.333333)


def test_a_histogram_says_where_each_bar_begins_and_ends():
    figure, axes = figures.new("Spread", x="Days", y="Claims")
    axes.hist([1, 1, 2, 5, 6], bins=[0, 2, 4, 6])
    assert only(figure).rows == ((0, 2, 2), (2, 4, 1), (4, 6, 2))


def test_error_bars_say_their_ends():
    figure, axes = figures.new("Means", x="Body", y="Score")
    axes.errorbar(["A", "B"], [5, 6], yerr=[[1, 2], [1, 3]], fmt="o")
    table = only(figure)
    assert table.headings == ("Body", "Score", "Score (from)", "Score (to)")
    assert table.rows == (("A", 5, 4, 6), ("B", 6, 4, 9))


def test_bands_and_spans_say_from_where_to_where():
    figure, axes = figures.new("Band", x="t", y="v")
    axes.fill_between([1, 2], [0, 1], [4, 5])
    assert only(figure).rows == ((1, 0, 4), (2, 1, 5))
    figure, axes = figures.new("Spans", x="v", y="Body")
    axes.hlines(["A", "B"], [1, 2], [3, 5])
    assert only(figure).rows == (("A", 1, 3), ("B", 2, 5))


def test_a_heat_map_keeps_its_rows_and_columns():
    figure, axes = figures.new("Map", x="Trade", y="District")
    axes.imshow([[1, 2.5], [3, np.nan]])
    axes.set_xticks([0, 1], ["steel", "earth"])
    axes.set_yticks([0, 1], ["Harbour", "Hill"])
    table = only(figure)
    assert table.headings == ("District", "steel", "earth")
    assert table.rows == (("Harbour", 1, 2.5), ("Hill", 3, None))


def test_panels_have_a_table_each():
    figure, panels = figures.new("Both", x="Year", panels=2)
    for panel, name in zip(panels, ("before", "after"), strict=True):
        panel.plot([1, 2], [3, 4])
        panel.set_title(name)
    assert [table.title for table in figure_data.read(figure)] == ["Both: before", "Both: after"]


def test_a_figure_that_cannot_be_read_is_shown_without_a_table(monkeypatch):
    figure, axes = figures.new("Only words")
    axes.text(0.5, 0.5, "text")
    assert figure_data.bundle(figure) == {}
    axes.plot([1, 2])
    monkeypatch.setattr(figure_data, "read", lambda figure: 1 / 0)
    assert figure_data.bundle(figure) == {}


def test_a_notebook_shows_the_data_beside_the_picture():
    shell = InteractiveShell.instance()
    try:
        figure, axes = figures.new("Shown", x="a", y="b")
        axes.plot([1, 2], [3, 4])
        data, _ = shell.display_formatter.format(figure)
        assert data[figure_data.MIME]["tables"][0]["rows"] == [[1, 3], [2, 4]]
        assert "text/plain" in data
    finally:
        InteractiveShell.clear_instance()


def test_a_panel_that_shares_its_axis_has_its_name():
    figure, panels = figures.new("Two panels", x="Days", y="Share (%)", panels=2, sharey=True)
    for panel in panels:
        panel.plot([1, 2], [3, 4])
    first, second = figure_data.read(figure)
    assert first.headings == second.headings == ("Days", "Share (%)")
