"""The numbers behind a figure, as tables, read from the figure itself.

A notebook shows a figure as a picture. Whoever cannot see it, or wants to check it, needs its numbers. They are read from
lines, bars, points, error bars, bands, spans and heat maps when the figure is shown, and travel beside the picture as a
second form of the same output, which Jupyter ignores and the book turns into a table on demand.
"""

from __future__ import annotations

import functools
import itertools
import math
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib import colors, dates
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.category import UnitData
from matplotlib.collections import LineCollection, PathCollection, PolyCollection, QuadMesh
from matplotlib.container import BarContainer, ErrorbarContainer
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedFormatter, FixedLocator, FuncFormatter, PercentFormatter

from cleanworks import words

MIME = "application/vnd.cleanworks.figure-data+json"
ROWS = 200  # of one table; more make a page heavy, and nobody reads them there
_COLUMNS = 40  # of a heat map; wider ones are pictures
_DIGITS = 6  # significant; below 1,000,000 nothing that a figure shows is lost

Cell = str | int | float | None
Row = tuple[Cell, ...]


@dataclass(frozen=True)
class Table:
    """One table of a figure. `total` counts the rows before they were cut to `ROWS`."""

    title: str
    headings: tuple[str, ...]
    rows: tuple[Row, ...]
    total: int


@dataclass(frozen=True)
class _Series:
    name: str
    headings: tuple[str, ...]
    rows: Sequence[Row]


def offer() -> None:
    """Let the running notebook show figures with their data. Outside a notebook nothing happens."""
    running = sys.modules.get("IPython")
    shell = running.get_ipython() if running else None
    if shell is not None:
        shell.display_formatter.mimebundle_formatter.for_type(Figure, bundle)


def bundle(figure: Figure, include: Any = None, exclude: Any = None) -> dict[str, Any]:
    """What IPython shows besides the picture. A figure that cannot be read has no table, and is shown all the same."""
    try:
        found = read(figure)
    except Exception:  # any artist of any library may be in a figure; a picture must never fail for its table
        return {}
    tables = [
        {
            "title": t.title,
            "headings": list(t.headings),
            "rows": [list(row) for row in t.rows],
            "total": t.total,
        }
        for t in found
    ]
    return {MIME: {"version": 1, "tables": tables}} if tables else {}


def read(figure: Figure) -> list[Table]:
    """The tables of a figure, panel by panel. Lines across the whole panel, text and decoration are left out."""
    whole = _plain(figure.get_suptitle())
    return [table for axes in figure.axes if _is_panel(axes) for table in _panel(axes, whole)]


def _is_panel(axes: Axes) -> bool:
    return axes.get_visible() and axes.get_label() != "<colorbar>"


def _panel(axes: Axes, whole: str) -> Iterator[Table]:
    own = next((t for t in (_plain(axes.get_title(loc=at)) for at in ("left", "center", "right")) if t), "")
    title = ": ".join(part for part in (whole, own) if part) or words.say("Data of this figure")
    groups: dict[tuple[str, ...], list[_Series]] = {}
    for series in _series(axes):
        if series.rows:
            groups.setdefault(series.headings, []).append(series)
    for headings, members in groups.items():
        yield _joined(title, headings, members)
    yield from (table for table in _grids(axes, title))


def _joined(title: str, headings: tuple[str, ...], members: Sequence[_Series]) -> Table:
    """Series that share their first column stand side by side, others below each other."""
    rows: list[Row]
    if len(members) == 1:
        rows = list(members[0].rows)
    else:
        named = [series.name or words.say(f"Series {number}") for number, series in enumerate(members, 1)]
        first = [[row[0] for row in series.rows] for series in members]
        if len(headings) == 2 and len(set(named)) == len(named) and all(one == first[0] for one in first):
            title = f"{title} ({headings[1]})"
            headings = (headings[0], *named)
            rows = [(x, *(s.rows[i][1] for s in members)) for i, x in enumerate(first[0])]
        else:
            headings = (words.say("Series"), *headings)
            rows = [(name, *row) for name, series in zip(named, members, strict=True) for row in series.rows]
    return Table(title, headings, tuple(rows[:ROWS]), len(rows))


# --- what is drawn ------------------------------------------------------------------------------------------------


def _series(axes: Axes) -> Iterator[_Series]:
    x, y = _Scale(axes.xaxis), _Scale(axes.yaxis)
    done: set[int] = set()
    for container in axes.containers:
        if isinstance(container, BarContainer):
            yield _bars(axes, container, x, y)
        elif isinstance(container, ErrorbarContainer):
            line, caps, spans = container.lines
            done |= {id(artist) for artist in (line, *caps, *spans) if artist is not None}
            yield from _error_bars(axes, container, x, y)
    for line in axes.lines:
        # Lines across the panel are placed in parts of its width or height, not in data.
        if id(line) not in done and line.get_visible() and line.get_transform() is axes.transData:
            rows = _pairs(x, y, _points(line))
            yield _Series(_name(axes, line, line.get_color()), (x.name, y.name), rows)
    for drawn in axes.collections:
        if id(drawn) not in done and drawn.get_visible():
            yield from _collection(axes, drawn, x, y)


def _bars(axes: Axes, container: BarContainer, x: _Scale, y: _Scale) -> _Series:
    upright = container.orientation != "horizontal"
    along, across = (x, y) if upright else (y, x)
    boxes = [_box(patch, upright) for patch in container.patches]
    name = _name(axes, container, container.patches[0].get_facecolor() if container.patches else None)
    touching = len(boxes) > 2 and all(
        math.isclose(one[1], other[0], abs_tol=1e-9) for one, other in itertools.pairwise(boxes)
    )
    if touching and not along.labels:
        headings = (words.say(f"{along.name} (from)"), words.say(f"{along.name} (to)"), across.name)
        return _Series(
            name, headings, [(along.cell(a), along.cell(b), across.cell(e - s)) for a, b, s, e in boxes]
        )
    rows: list[Row]
    middles = [along.cell((a + b) / 2) for a, b, _, _ in boxes]
    if across.dates:  # the bars of a schedule
        headings = (along.name, words.say(f"{across.name} (from)"), words.say(f"{across.name} (to)"))
        rows = [(at, across.cell(s), across.cell(e)) for at, (_, _, s, e) in zip(middles, boxes, strict=True)]
        return _Series(name, headings, rows)
    rows = [
        (at, across.cell(e - s)) for at, (_, _, s, e) in zip(middles, boxes, strict=True) if _finite(e - s)
    ]
    return _Series(name, (along.name, across.name), rows)


def _points(line: Line2D) -> Iterator[tuple[Any, Any]]:
    return zip(np.asarray(line.get_xdata(orig=False)), np.asarray(line.get_ydata(orig=False)), strict=True)


def _pairs(x: _Scale, y: _Scale, points: Iterable[tuple[Any, Any]]) -> list[Row]:
    return [(x.cell(a), y.cell(b)) for a, b in points if _finite(a) and _finite(b)]


def _box(patch: Any, upright: bool) -> tuple[float, float, float, float]:
    """Of a bar: where it begins and ends along the bars, and where its length begins and ends."""
    left, right = patch.get_x(), patch.get_x() + patch.get_width()
    low, high = patch.get_y(), patch.get_y() + patch.get_height()
    return (left, right, low, high) if upright else (low, high, left, right)


def _error_bars(axes: Axes, container: ErrorbarContainer, x: _Scale, y: _Scale) -> Iterator[_Series]:
    line, _, spans = container.lines
    name = _name(axes, container, spans[0].get_color()[0] if spans else None)
    for span in spans:
        segments = [s for s in span.get_segments() if len(s) == 2]
        level = all(s[0][1] == s[1][1] for s in segments)
        at, along, one = (y, x, 0) if level else (x, y, 1)
        headings = [at.name, along.name, words.say(f"{along.name} (from)"), words.say(f"{along.name} (to)")]
        ends = [
            (at.cell(low[1 - one]), along.cell(low[one]), along.cell(high[one])) for low, high in segments
        ]
        rows: list[Row] = list(ends)
        if line is None:
            headings.pop(1)
        else:
            middles = [along.cell(point[one]) for point in _points(line)]
            rows = [(place, middle, *rest) for (place, *rest), middle in zip(ends, middles, strict=False)]
        yield _Series(name, tuple(headings), rows)


def _collection(axes: Axes, drawn: Any, x: _Scale, y: _Scale) -> Iterator[_Series]:
    if isinstance(drawn, PathCollection) and drawn.get_offset_transform() is axes.transData:
        rows = _pairs(x, y, np.ma.filled(np.ma.asarray(drawn.get_offsets(), dtype=float), np.nan))
        faces = drawn.get_facecolor()
        yield _Series(_name(axes, drawn, faces[0] if len(faces) == 1 else None), (x.name, y.name), rows)
    elif isinstance(drawn, LineCollection) and drawn.get_transform() is axes.transData:
        segments = [s for s in drawn.get_segments() if len(s) == 2]
        level = all(s[0][1] == s[1][1] for s in segments)
        at, along, one = (y, x, 0) if level else (x, y, 1)
        headings = (at.name, words.say(f"{along.name} (from)"), words.say(f"{along.name} (to)"))
        rows = [(at.cell(a[1 - one]), along.cell(a[one]), along.cell(b[one])) for a, b in segments]
        yield _Series(_name(axes, drawn, None), headings, rows)
    elif (
        isinstance(drawn, PolyCollection)
        and not isinstance(drawn, QuadMesh)
        and drawn.get_transform() is axes.transData
    ):
        reach: dict[float, tuple[float, float]] = {}
        for path in drawn.get_paths():
            for a, b in np.asarray(path.vertices, dtype=float):
                low, high = reach.get(a, (b, b))
                reach[a] = (min(low, b), max(high, b))
        headings = (x.name, words.say(f"{y.name} (from)"), words.say(f"{y.name} (to)"))
        yield _Series(
            _name(axes, drawn, None),
            headings,
            [(x.cell(a), y.cell(low), y.cell(high)) for a, (low, high) in sorted(reach.items())],
        )


def _grids(axes: Axes, title: str) -> Iterator[Table]:
    """Heat maps: a row of the table for each row of the picture."""
    x, y = _Scale(axes.xaxis), _Scale(axes.yaxis)
    for image in [*axes.images, *(one for one in axes.collections if isinstance(one, QuadMesh))]:
        values: np.ndarray = np.ma.filled(np.ma.asarray(image.get_array(), dtype=float), np.nan)
        if values.ndim != 2 or values.shape[1] > _COLUMNS:
            continue
        across: Sequence[float] = range(values.shape[1])
        down: Sequence[float] = range(values.shape[0])
        if isinstance(image, QuadMesh):
            corners = np.asarray(image.get_coordinates(), dtype=float)
            if len(corners) > len(values):
                across, down = _middles(corners[0, :, 0]), _middles(corners[:, 0, 1])
        headings = (y.name, *(str(x.cell(place)) for place in across))
        rows = [(y.cell(at), *map(_number, row)) for at, row in zip(down, values, strict=True)]
        yield Table(title, headings, tuple(rows[:ROWS]), len(rows))


def _middles(edges: np.ndarray) -> list[float]:
    return [float(value) for value in (edges[:-1] + edges[1:]) / 2]


# --- names and numbers --------------------------------------------------------------------------------------------


def _shared_name(axis: Any) -> str:
    """The label of the panel with which a panel shares an axis, and which alone carries it."""
    axes = axis.axes
    grouped = axes.get_shared_x_axes() if axis.axis_name == "x" else axes.get_shared_y_axes()
    for other in grouped.get_siblings(axes):
        label = (other.xaxis if axis.axis_name == "x" else other.yaxis).get_label_text()
        if label:
            return words.say(_plain(label))
    return ""


class _Scale:
    """How the numbers along an axis read: as names, dates, percentages or numbers."""

    def __init__(self, axis: Axis):
        written = axis.get_major_formatter()
        written = getattr(written, "written", written)  # below a translation (figures._Said)
        self.labels = _labels(axis, written)
        self.dates = isinstance(
            written, dates.DateFormatter | dates.AutoDateFormatter | dates.ConciseDateFormatter
        )
        self.scale = getattr(written, "percent_of", None)
        if isinstance(written, PercentFormatter):
            self.scale = 100 / written.xmax
        name = words.say(_plain(axis.get_label_text())) or _shared_name(axis)
        if not name:
            name = words.say("Category" if self.labels else "Date" if self.dates else "Value")
        self.name = f"{name} (%)" if self.scale and "%" not in name else name

    def cell(self, value: Any) -> Cell:
        if value is None or not _finite(value):
            return None
        if self.labels:
            nearest = min(self.labels, key=lambda place: abs(place - value))
            # Bars of a group stand beside the place of their name.
            return self.labels[nearest] if abs(nearest - value) < 0.5 else _number(value)
        if self.dates:
            moment = dates.num2date(value).replace(tzinfo=None)
            return (
                moment.date().isoformat()
                if (moment.hour, moment.minute) == (0, 0)
                else f"{moment:%Y-%m-%d %H:%M}"
            )
        return _number(value * (self.scale or 1))


def _labels(axis: Axis, written: Any) -> dict[float, str]:
    if isinstance(axis.units, UnitData):
        return {float(place): words.say(_plain(str(name))) for name, place in axis.units._mapping.items()}
    places = axis.get_major_locator()
    if isinstance(written, FuncFormatter) and isinstance(written.func, functools.partial):
        # What Matplotlib makes of `set_xticks(places, names)`.
        (named, *_) = written.func.args or ({},)
        return {float(at): words.say(_plain(str(name))) for at, name in named.items() if str(name).strip()}
    if isinstance(written, FixedFormatter) and isinstance(places, FixedLocator):
        pairs = zip(places.locs, written.seq, strict=False)  # type: ignore[attr-defined]  # not in its types
        return {float(place): words.say(_plain(str(name))) for place, name in pairs if str(name).strip()}
    return {}


def _name(axes: Axes, artist: Any, colour: Any) -> str:
    """A series is named by its label, or by a text in its own colour beside it."""
    label = str(artist.get_label())
    if label and not label.startswith("_"):
        return words.say(_plain(label))
    if colour is None:
        return ""
    beside = [t for t in axes.texts if t.get_fontweight() == "bold" and _same(t.get_color(), colour)]
    return words.say(_plain(beside[0].get_text())) if len(beside) == 1 else ""


def _same(one: Any, other: Any) -> bool:
    return colors.to_hex(one) == colors.to_hex(other)


def _plain(text: str) -> str:
    return " ".join(text.split())


def _finite(value: Any) -> bool:
    return value is not np.ma.masked and math.isfinite(value)


def _number(value: Any) -> Cell:
    """A number without the noise of binary fractions; None for what is not there."""
    if not _finite(value):
        return None
    value = float(value)
    if value == 0:
        return 0
    kept = round(value, max(0, _DIGITS - 1 - math.floor(math.log10(abs(value)))))
    return int(kept) if kept == int(kept) else kept
