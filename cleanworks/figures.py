"""The shared look of every figure.

A figure answers one question. Its title says the finding, its axes carry units, its colours can be told apart by
colour-blind readers and in greyscale, and a line under the axes says where the data come from.

In another language (:mod:`cleanworks.words`) every text of a figure is translated when the figure is drawn, whatever line
of code wrote it. Where the machine has no font with the letters of that language, figures stay English and say so once.
"""

from __future__ import annotations

import functools
import logging
import os
import textwrap
import unicodedata
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import matplotlib as mpl
import matplotlib.pyplot as plt
from matplotlib import font_manager, ft2font
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.backend_bases import RendererBase
from matplotlib.category import StrCategoryFormatter
from matplotlib.container import BarContainer
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.ticker import FixedFormatter, Formatter, FuncFormatter

from cleanworks import figure_data, shown, words

SIMULATED = "Data: simulated city"

# Okabe and Ito's palette (2008), darkened where thin lines on white would be pale. Lightness differs enough
# between neighbours for greyscale print.
COLOURS = {
    "blue": "#0072B2",
    "orange": "#D55E00",
    "green": "#00795A",
    "purple": "#9C4F7F",
    "sky": "#56B4E9",
    "yellow": "#E69F00",
    "grey": "#6B7280",
    "ink": "#1F2937",
}

_WIDTH = 7.2  # inches

_STYLE: Mapping[Any, Any] = {
    "figure.dpi": 200,  # what a notebook shows: twice the 720 px of a page
    "savefig.dpi": 200,
    "savefig.bbox": "tight",
    "savefig.facecolor": "white",
    "figure.facecolor": "white",
    "figure.constrained_layout.use": True,
    "font.family": "DejaVu Sans",
    "font.size": 11,
    "axes.titlesize": 13,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.titlepad": 12,
    "axes.labelsize": 11,
    "axes.labelcolor": COLOURS["ink"],
    "axes.edgecolor": "#9CA3AF",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#E5E7EB",
    "grid.linewidth": 0.8,
    "lines.linewidth": 2.0,
    "legend.frameon": False,
    "legend.fontsize": 10,
    "xtick.labelsize": 10,
    "ytick.labelsize": 10,
    "xtick.color": COLOURS["ink"],
    "ytick.color": COLOURS["ink"],
    "axes.prop_cycle": mpl.rcsetup.cycler(
        color=[COLOURS[c] for c in ("blue", "orange", "green", "purple", "yellow", "sky", "grey")]
    ),
}


# Fonts for letters that the font above lacks, in the order of preference: free ones of Linux, then what systems bring along.
_FONTS = {
    "ko": (
        "Noto Sans CJK KR",
        "Noto Sans KR",
        "NanumGothic",
        "NanumBarunGothic",
        "Malgun Gothic",
        "Apple SD Gothic Neo",
    ),
    "ja": ("Noto Sans CJK JP", "IPAGothic", "Yu Gothic", "Hiragino Sans"),
    "zh": ("Noto Sans CJK SC", "WenQuanYi Zen Hei", "Microsoft YaHei", "PingFang SC"),
    "th": ("Noto Sans Thai", "Garuda", "Tahoma", "Thonburi"),
    "am": ("Noto Sans Ethiopic", "Abyssinica SIL", "Nyala", "Kefa"),
}


class _Spoken(Figure):
    """A figure that says its texts in the reader's language whenever it is drawn."""

    def draw(self, renderer: RendererBase) -> None:
        for text in self.findobj(Text):
            said = words.say(text.get_text())
            if said != text.get_text():
                text.set_text(said)
        for axes in self.axes:
            _say_categories(axes.xaxis)
            _say_categories(axes.yaxis)
        super().draw(renderer)


class _Said(FuncFormatter):
    """Translates what another formatter writes."""

    def __init__(self, written: Formatter):
        super().__init__(lambda value, position: words.say(written(value, position)))
        self.written = written


def _say_categories(axis: Axis) -> None:
    """Names along an axis are written anew by their formatter whenever the figure is drawn."""
    written = axis.get_major_formatter()
    if isinstance(written, FixedFormatter | StrCategoryFormatter | FuncFormatter) and not isinstance(
        written, _Said
    ):
        axis.set_major_formatter(_Said(written))


class _Dates(ConciseDateFormatter):
    """Dates along an axis, with months in the reader's language."""

    def format_ticks(self, values: Sequence[float]) -> list[str]:
        return [_dated(text) for text in super().format_ticks(values)]


def _dated(text: str) -> str:
    """A date that matplotlib wrote, such as "Jan 2025", in the reader's language."""
    parts = text.split()
    if len(parts) < 2:
        return text
    named = dict(zip(("year", "month", "day"), reversed(parts), strict=False))
    said = words.say("{day} {month} {year}" if "day" in named else "{month} {year}")
    for name, part in named.items():
        said = said.replace(f"{{{name}}}", words.say(part))
    return said


@functools.cache
def _order_letters() -> None:
    """Let a Matplotlib that neither joins Arabic letters nor knows its direction draw lines as they are read.

    Matplotlib does so itself since 3.11; Python in the page has an older one. The texts of a figure stay as they are, so
    that its numbers and its words can be read and copied.
    """
    from matplotlib.backends.backend_agg import RendererAgg

    from cleanworks.right_to_left import as_drawn

    draw, measure = RendererAgg.draw_text, RendererAgg.get_text_width_height_descent

    def draw_text(
        self: RendererAgg, gc: Any, x: float, y: float, s: str, prop: Any, angle: float, ismath: Any = False, mtext: Any = None
    ) -> None:  # fmt: skip
        draw(self, gc, x, y, s if ismath else as_drawn(s), prop, angle, ismath, mtext)

    def get_text_width_height_descent(self: RendererAgg, s: str, prop: Any, ismath: Any) -> Any:
        return measure(self, s if ismath else as_drawn(s), prop, ismath)

    RendererAgg.draw_text = draw_text  # type: ignore[method-assign]
    RendererAgg.get_text_width_height_descent = get_text_width_height_descent  # type: ignore[method-assign]


@functools.cache
def _speaks(language: str) -> tuple[bool, tuple[str, ...]]:
    """(whether figures can be written in a language, the fonts they need beside the usual one)."""
    if language == "en":
        return False, ()
    wanted = _FONTS.get(language.partition("_")[0])
    if wanted is None:  # the usual font has Latin, Greek, Cyrillic and Arabic letters
        return True, ()
    found = _installed(wanted)
    if found is None:
        _look_for_new_fonts()
        found = _installed(wanted)
    if found is None:
        warnings.warn(
            f"Figures stay in English: no font with the letters of {language!r} is installed ({', '.join(wanted[:3])} ...).",
            stacklevel=3,
        )
        return False, ()
    # Otherwise every kernel tells its reader, in the page, that a font has no letters of exactly this weight.
    logging.getLogger("matplotlib.font_manager").setLevel(logging.ERROR)
    return True, (found,)


def _installed(wanted: Iterable[str]) -> str | None:
    known = set(font_manager.get_font_names())
    return next((name for name in wanted if name in known), None)


def _look_for_new_fonts() -> None:
    """Matplotlib remembers which fonts it once found, and does not notice one that was installed since."""
    known = {font.fname for font in font_manager.fontManager.ttflist}
    for path in set(font_manager.findSystemFonts()) - known:
        try:
            font_manager.fontManager.addfont(path)
        except (RuntimeError, OSError, ValueError):
            continue  # a font that Matplotlib cannot read


def new(
    title: str,
    *,
    x: str = "",
    y: str = "",
    source: str | None = SIMULATED,
    height: float = 4.0,
    panels: int = 1,
    sharey: bool = False,
) -> tuple[Figure, Any]:
    """Start a figure in the house style.

    Parameters
    ----------
    title : str
        The finding, as a sentence without a full stop. Long titles wrap.
    x, y : str
        Axis labels with their unit in brackets, for example ``"Paid late (days)"``.
    source : str or None
        Where the data come from; printed under the axes.
    height : float
        Inches; the width is always 7.2 inches.
    panels : int
        Number of axes side by side.
    sharey : bool
        Whether the panels share their y axis.

    Returns
    -------
    (figure, axes)
        One ``Axes``, or an array of them when ``panels`` is larger than 1.

    Examples
    --------
    >>> figure, axes = figures.new("Payments come later in the north", x="Days", y="Payments")
    >>> axes.get_ylabel()
    'Payments'
    """
    plt.rcParams.update(_STYLE)
    # Here and not when this module is read, which a warm kernel did before there was a notebook.
    figure_data.offer()
    shown.offer()
    own = os.environ.get("CLEANWORKS_OWN_DATA")
    if own:
        # The lesson was written for the simulated city and runs on somebody's own tables; its finding may be none here.
        title = f"Of the simulated city the lesson says: {title}"
        source = source and source.replace("simulated city", f"folder {Path(own).name}")
    speaks, fonts = _speaks(words.language())
    options: dict[str, Any] = {}
    if speaks:
        title, x, y = (text and words.say(text) for text in (title, x, y))
        source = source and words.say(source)
        plt.rcParams["font.family"] = ["DejaVu Sans", *fonts]
        if words.direction(words.language()) == "rtl" and not hasattr(ft2font, "__libraqm_version__"):
            _order_letters()
        options["FigureClass"] = _Spoken
    figure, axes = plt.subplots(1, panels, figsize=(_WIDTH, height), sharey=sharey, **options)
    wrapped = "\n".join(_wrapped(title, 62))
    if panels == 1:
        axes.set_title(wrapped)
        axes.set_xlabel(x)
        axes.set_ylabel(y)
    else:
        figure.suptitle(wrapped, x=0.01, ha="left", fontsize=13, fontweight="bold")
        for panel in axes:
            panel.set_xlabel(x)
        axes[0].set_ylabel(y)
    if source:
        figure.supxlabel(source, x=0.01, ha="left", fontsize=9, color=COLOURS["grey"])
    return figure, axes


def _wrapped(title: str, width: int) -> list[str]:
    """The lines of a title. A letter of Korean, Chinese or Japanese takes the room of two."""
    broad = sum(unicodedata.east_asian_width(letter) in "WF" for letter in title)
    return textwrap.wrap(title, max(20, round(width * len(title) / (len(title) + broad)) if title else width))


def percent_axis(axes: Axes, which: Literal["x", "y"] = "y", *, of_one: bool = False) -> None:
    """Write the ticks of an axis as percentages.

    ``of_one`` says that 1 means 100 %; otherwise 100 means 100 %.

    Examples
    --------
    >>> figure, axes = figures.new("One in ten is late", y="Late (%)")
    >>> figures.percent_axis(axes)
    """
    scale = 100 if of_one else 1
    formatter = FuncFormatter(lambda value, _: f"{value * scale:g} %")
    vars(formatter)["percent_of"] = scale  # for the table of the figure's data
    _axis(axes, which).set_major_formatter(formatter)


def money_axis(axes: Axes, money: Callable[[float], str], which: Literal["x", "y"] = "y") -> None:
    """Write the ticks of an axis as money.

    ``money`` is a function from an amount to text, such as ``profiles.active().money``.

    Examples
    --------
    >>> figure, axes = figures.new("Two firms are owed most", y="Owed")
    >>> figures.money_axis(axes, profiles.active().money)
    """
    _axis(axes, which).set_major_formatter(FuncFormatter(lambda value, _: money(value)))


def date_axis(axes: Axes, which: Literal["x", "y"] = "x") -> None:
    """Write the ticks of an axis as dates with their year, few enough never to touch each other.

    Examples
    --------
    >>> figure, axes = figures.new("It rained in May", x="Date")
    >>> figures.date_axis(axes)
    """
    locator = AutoDateLocator(minticks=3, maxticks=7)
    formats = ["%Y", "%b %Y", "%d %b %Y", "%H:%M", "%H:%M", "%S.%f"]
    formatter = _Dates(locator, formats=formats, zero_formats=["%Y", *formats[1:]], show_offset=False)
    _axis(axes, which).set_major_locator(locator)
    _axis(axes, which).set_major_formatter(formatter)


def label_bars(axes: Axes, container: BarContainer, text: Callable[[float], str]) -> None:
    """Write a text at the end of each bar: ``text`` is a function of the bar's length or height.

    Examples
    --------
    >>> figure, axes = figures.new("North is later than south", y="Days")
    >>> figures.label_bars(axes, axes.bar(["north", "south"], [12, 7]), "{:.0f}".format)
    """
    axes.bar_label(container, fmt=lambda value: text(value), padding=4, fontsize=10)


def label_line(axes: Axes, x: Any, y: Any, text: str, colour: str, **offset: float) -> None:
    """Write a line's name beside its end instead of in a legend, in the line's own colour.

    Examples
    --------
    >>> figure, axes = figures.new("The plan runs ahead", y="Progress (%)")
    >>> figures.label_line(axes, 3, 40, "planned", "C0")
    """
    shift = (offset.get("dx", 6), offset.get("dy", 0))
    axes.annotate(
        text, (x, y), xytext=shift, textcoords="offset points", color=colour, va="center", fontweight="bold"
    )


def _axis(axes: Axes, which: str) -> Axis:
    return axes.yaxis if which == "y" else axes.xaxis
