"""Pictures as SVG inside the page: the map by district, and the curves of progress. No tiles, no scripts."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise

import numpy as np
import pandas as pd

WIDTH, HEIGHT = 720, 480


@dataclass(frozen=True)
class Cell:
    """A district on the map: its outline and the place of its name, in units of the picture."""

    name: str
    outline: np.ndarray
    centre: tuple[float, float]


@dataclass(frozen=True)
class Plan:
    """All cells, and the place of each project that has coordinates; ``drawn`` says how the cells came about."""

    cells: tuple[Cell, ...]
    dots: dict[str, tuple[float, float]]
    by_place: bool


def plan(projects: pd.DataFrame) -> Plan:
    """Cells around the middle of each district's projects; tiles in rows where a district has no coordinates.

    A point belongs to the district whose middle is nearest (a Voronoi diagram), inside the hull of all projects. These are not
    surveyed borders, and the page says so.
    """
    known = projects.dropna(subset=["latitude", "longitude", "district"])
    names = sorted(projects["district"].dropna().unique())
    if len(names) < 2 or set(known["district"]) != set(names):
        return Plan(_tiles(names), {}, False)
    points = _on_paper(known["longitude"].to_numpy(float), known["latitude"].to_numpy(float))
    dots = {key: (float(x), float(y)) for key, (x, y) in zip(known["project_id"], points, strict=True)}
    middles = np.array([points[(known["district"] == name).to_numpy()].mean(axis=0) for name in names])
    edge = _hull(points)
    cells = []
    for number, name in enumerate(names):
        outline = edge
        for other in range(len(names)):
            if other != number:
                outline = _nearer(outline, middles[number], middles[other])
        if len(outline) < 3:
            return Plan(_tiles(names), {}, False)
        cells.append(Cell(name, outline, tuple(outline.mean(axis=0))))
    return Plan(tuple(cells), dots, True)


def city_map(drawn: Plan, counts: pd.Series, links: Mapping[str, str]) -> str:
    """The map: each district is a link, shaded by its number of projects, which the link also says."""
    steps = np.unique(np.quantile(counts.to_numpy(), [0.25, 0.5, 0.75]))
    areas, labels = [], []
    for cell in drawn.cells:
        number = int(counts[cell.name])
        shade = int(np.searchsorted(steps, number, side="right"))
        x, y = cell.centre
        areas.append(
            f'<a href="{escape(links[cell.name])}" aria-label="{escape(cell.name)}, {number} projects">'
            f'<polygon class="shade-{shade}" points="{_points(cell.outline)}"/></a>'
        )
        # After all areas, so that no neighbour covers a name; the links say the same to those who listen.
        labels.append(
            f'<text class="on-{shade} name" x="{x:.0f}" y="{y - 3:.0f}">{escape(cell.name)}</text>'
            f'<text class="on-{shade} number" x="{x:.0f}" y="{y + 13:.0f}">{number}</text>'
        )
    return (
        f'<svg class="map" viewBox="0 0 {WIDTH} {HEIGHT}" role="group" aria-label="Map of the districts">\n'
        + "\n".join(areas)
        + f'\n<g class="labels" aria-hidden="true">{"".join(labels)}</g>\n</svg>'
    )


def locator(drawn: Plan, district: str, project: str) -> str:
    """Where a project is: its district marked, a dot on the site."""
    shapes = "".join(
        f'<polygon class="{"here" if cell.name == district else "else"}" points="{_points(cell.outline)}"/>'
        for cell in drawn.cells
    )
    dot = ""
    if project in drawn.dots:
        x, y = drawn.dots[project]
        dot = f'<circle class="site" cx="{x:.0f}" cy="{y:.0f}" r="12"/>'
    return (
        f'<svg class="map locator" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="The site lies in {escape(district)}">'
        f"{shapes}{dot}</svg>"
    )


def curves(progress: pd.DataFrame) -> str:
    """Planned, actual and paid, in % of the contract, over the months. ``progress`` is of one contract, in order."""
    # Room for the larger letters of a phone.
    left, right, top, bottom = 76, WIDTH - 128, 16, 286
    days = (progress["period"] - progress["period"].iloc[0]).dt.days.to_numpy(float)
    length = max(days[-1], 1.0)

    def at(day: float, value: float) -> tuple[float, float]:
        return left + (right - left) * day / length, bottom - (bottom - top) * value / 100

    parts = []
    for value in (0, 25, 50, 75, 100):
        _, y = at(0, value)
        parts.append(f'<line class="grid" x1="{left}" x2="{right}" y1="{y:.0f}" y2="{y:.0f}"/>')
        parts.append(f'<text class="tick end" x="{left - 8}" y="{y + 5:.0f}">{value} %</text>')
    for day, label, side in (
        (0, progress["period"].iloc[0], "start"),
        (length, progress["period"].iloc[-1], "end"),
    ):
        x, _ = at(day, 0)
        parts.append(f'<text class="tick {side}" x="{x:.0f}" y="{bottom + 24}">{label:%b %Y}</text>')
    ends: dict[str, float] = {}
    for name in ("planned", "actual", "paid"):
        filled = progress[name].notna().to_numpy()
        if filled.any():
            line = [
                at(day, value)
                for day, value in zip(
                    days[filled], progress[name].to_numpy(float)[filled].clip(0, 100), strict=True
                )
            ]
            parts.append(f'<polyline class="{name}" points="{_points(np.array(line))}"/>')
            ends[name] = line[-1][1]
    # Names beside the ends of their lines, pushed apart where the lines meet.
    ends = dict(sorted(ends.items(), key=lambda pair: pair[1]))
    for before, after in pairwise(ends):
        ends[after] = max(ends[after], ends[before] + 26)
    over = max(0.0, max(ends.values(), default=0.0) - bottom)
    parts += [
        f'<text class="label {name}" x="{right + 8}" y="{y - over + 5:.0f}">{name}</text>'
        for name, y in ends.items()
    ]
    return (
        f'<svg class="curves" viewBox="0 0 {WIDTH} 324" role="img" '
        f'aria-label="Curves of planned, actual and paid progress; the table below holds the numbers">{"".join(parts)}</svg>'
    )


def _on_paper(longitude: np.ndarray, latitude: np.ndarray) -> np.ndarray:
    x = (longitude - longitude.mean()) * math.cos(math.radians(float(latitude.mean())))
    y = -(latitude - latitude.mean())
    room = 24
    scale = min((WIDTH - 2 * room) / max(np.ptp(x), 1e-9), (HEIGHT - 2 * room) / max(np.ptp(y), 1e-9))
    x, y = (
        (x - (x.min() + x.max()) / 2) * scale + WIDTH / 2,
        (y - (y.min() + y.max()) / 2) * scale + HEIGHT / 2,
    )
    return np.column_stack([x, y])


def _hull(points: np.ndarray) -> np.ndarray:
    """The convex hull, a little wider; a frame where all points lie on a line."""
    from scipy.spatial import ConvexHull, QhullError

    try:
        edge = points[ConvexHull(points).vertices]
    except (QhullError, ValueError):
        return np.array([[0, 0], [WIDTH, 0], [WIDTH, HEIGHT], [0, HEIGHT]], dtype=float)
    middle = edge.mean(axis=0)
    wider = middle + (edge - middle) * 1.05
    inside: np.ndarray = np.clip(wider, [2, 2], [WIDTH - 2, HEIGHT - 2])
    return inside


def _nearer(outline: np.ndarray, own: np.ndarray, other: np.ndarray) -> np.ndarray:
    """The part of a convex outline that is nearer to ``own`` than to ``other``."""
    normal, middle = other - own, (own + other) / 2
    side = (outline - middle) @ normal
    kept = []
    for i in range(len(outline)):
        j = (i + 1) % len(outline)
        if side[i] <= 0:
            kept.append(outline[i])
        if (side[i] < 0 < side[j]) or (side[j] < 0 < side[i]):
            kept.append(outline[i] + (outline[j] - outline[i]) * side[i] / (side[i] - side[j]))
    return np.array(kept).reshape(-1, 2)


def _tiles(names: Sequence[str]) -> tuple[Cell, ...]:
    columns = max(1, math.ceil(math.sqrt(len(names) * WIDTH / HEIGHT)))
    rows = max(1, math.ceil(len(names) / columns))
    wide, high = WIDTH / columns, HEIGHT / rows
    cells = []
    for number, name in enumerate(names):
        x, y = (number % columns) * wide, (number // columns) * high
        box = np.array(
            [[x + 2, y + 2], [x + wide - 2, y + 2], [x + wide - 2, y + high - 2], [x + 2, y + high - 2]]
        )
        cells.append(Cell(name, box, (x + wide / 2, y + high / 2)))
    return tuple(cells)


def _points(line: np.ndarray) -> str:
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in line)
