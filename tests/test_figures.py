"""The shared look: a figure says what it shows, where its data come from, and survives greyscale."""

import io
import itertools

import matplotlib as mpl
import numpy as np
import pytest

mpl.use("Agg")

from cleanworks import figures


def png(figure):
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png")
    return buffer.getvalue()


def luminance(colour):
    red, green, blue = (
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in mpl.colors.to_rgb(colour)
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_a_figure_says_its_finding_axes_and_source():
    figure, axes = figures.new("Most claims are paid late", x="Days late", y="Claims")
    assert axes.get_title(loc="left") == "Most claims are paid late"
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("Days late", "Claims")
    assert figures.SIMULATED in [text.get_text() for text in figure.texts]


def test_a_long_title_wraps_inside_the_figure():
    figure, axes = figures.new("word " * 30)
    figure.canvas.draw()
    title = axes.title if axes.title.get_text() else axes._left_title
    assert title.get_window_extent().x1 <= figure.bbox.x1


def test_panels_share_one_title():
    figure, axes = figures.new("Two views", panels=2)
    assert len(axes) == 2
    assert figure.get_suptitle() == "Two views"


@pytest.mark.parametrize("name", ["blue", "orange", "green", "purple", "grey", "ink"])
def test_colours_of_text_and_lines_stand_out_on_white(name):
    # WCAG 2.2: 3:1 for graphical objects
    assert 1.05 / (luminance(figures.COLOURS[name]) + 0.05) >= 3


def test_the_same_figure_gives_the_same_bytes():
    def draw():
        figure, axes = figures.new("A line", x="x", y="y")
        axes.plot(np.arange(5))
        return png(figure)

    assert draw() == draw()


def test_axes_carry_units():
    figure, axes = figures.new("Share", y="Share")
    axes.set_ylim(0, 1)
    figures.percent_axis(axes, of_one=True)
    figure.canvas.draw()
    assert "100 %" in [label.get_text() for label in axes.get_yticklabels()]
    figures.money_axis(axes, lambda amount: f"KRW {amount:g}")
    figure.canvas.draw()
    assert any(label.get_text().startswith("KRW ") for label in axes.get_yticklabels())


@pytest.mark.parametrize("days", [40, 200, 700, 1500])
def test_dates_never_touch_each_other(days):
    figure, axes = figures.new("Dates")
    axes.plot(np.datetime64("2024-05-03") + np.arange(days), np.arange(days))
    figures.date_axis(axes)
    figure.canvas.draw()
    boxes = [label.get_window_extent() for label in axes.get_xticklabels() if label.get_text()]
    assert len(boxes) >= 3
    assert all(left.x1 < right.x0 for left, right in itertools.pairwise(boxes))


@pytest.mark.parametrize(
    ("language", "said"), [("en", "Jan 2025"), ("fr", "janv. 2025"), ("ar", "يناير 2025")]
)
def test_months_along_an_axis_are_in_the_language(monkeypatch, language, said):
    monkeypatch.setenv("CLEANWORKS_LANGUAGE", language)
    figure, axes = figures.new("It rained", x="Date")
    axes.plot(np.array(["2025-01-01", "2025-06-01"], dtype="datetime64[D]"), [1, 2])
    figures.date_axis(axes)
    figure.canvas.draw()
    assert said in [label.get_text() for label in axes.get_xticklabels()]


def test_a_year_and_a_day_keep_their_order(monkeypatch):
    monkeypatch.setenv("CLEANWORKS_LANGUAGE", "ko")
    dates = [figures._dated(text) for text in ("2025", "Jan 2025", "05 Mar 2025", "14:30")]
    assert dates == ["2025", "2025년 1월", "2025년 3월 05일", "14:30"]
