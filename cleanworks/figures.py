"""The shared look of every figure.

A figure answers one question. Its title says the finding, its axes carry units, its colours can be told apart by
colour-blind readers and in greyscale, and a line under the axes says where the data come from.
"""

from __future__ import annotations

import textwrap

import matplotlib as mpl
import matplotlib.pyplot as plt
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.ticker import FuncFormatter

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

_STYLE = {
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
    "axes.prop_cycle": mpl.cycler(
        color=[COLOURS[c] for c in ("blue", "orange", "green", "purple", "yellow", "sky", "grey")]
    ),
}


def new(title, *, x="", y="", source=SIMULATED, height=4.0, panels=1, sharey=False):
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
    """
    plt.rcParams.update(_STYLE)
    figure, axes = plt.subplots(1, panels, figsize=(_WIDTH, height), sharey=sharey)
    wrapped = "\n".join(textwrap.wrap(title, 62))
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


def percent_axis(axes, which="y", *, of_one=False):
    """Write the ticks of an axis as percentages.

    ``of_one`` says that 1 means 100 %; otherwise 100 means 100 %.
    """
    scale = 100 if of_one else 1
    formatter = FuncFormatter(lambda value, _: f"{value * scale:g} %")
    _axis(axes, which).set_major_formatter(formatter)


def money_axis(axes, money, which="y"):
    """Write the ticks of an axis as money.

    ``money`` is a function from an amount to text, such as ``profiles.active().money``.
    """
    _axis(axes, which).set_major_formatter(FuncFormatter(lambda value, _: money(value)))


def date_axis(axes, which="x"):
    """Write the ticks of an axis as dates with their year, few enough never to touch each other."""
    locator = AutoDateLocator(minticks=3, maxticks=7)
    formats = ["%Y", "%b %Y", "%d %b %Y", "%H:%M", "%H:%M", "%S.%f"]
    formatter = ConciseDateFormatter(locator, formats=formats, zero_formats=["%Y", *formats[1:]], show_offset=False)
    _axis(axes, which).set_major_locator(locator)
    _axis(axes, which).set_major_formatter(formatter)


def label_bars(axes, container, text):
    """Write a text at the end of each bar: ``text`` is a function of the bar's length or height."""
    axes.bar_label(container, fmt=lambda value: text(value), padding=4, fontsize=10)


def label_line(axes, x, y, text, colour, **offset):
    """Write a line's name beside its end instead of in a legend, in the line's own colour."""
    shift = (offset.get("dx", 6), offset.get("dy", 0))
    axes.annotate(text, (x, y), xytext=shift, textcoords="offset points", color=colour, va="center", fontweight="bold")


def _axis(axes, which):
    return axes.yaxis if which == "y" else axes.xaxis
