"""Indicators of somebody's own data: what could be computed, how the answers are spread, and which cases are worth a look.

A flag is a reason to look, never a finding: each stands beside its innocent explanations.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from cleanworks import made_folder, profiles
from cleanworks.construction import flags
from cleanworks.data import folder
from cleanworks.errors import InputError
from cleanworks.paper import Page
from cleanworks.profiles import Profile
from cleanworks.typed import Day, Tables
from cleanworks.written import csv_text, harmless

if TYPE_CHECKING:
    import openpyxl
    from markupsafe import Markup

    from cleanworks.data.database import Database


MARK, MADE_BY = "flags-made.json", "cleanworks data flags"
LARGE = (
    3_000_000  # rows from which the tables of a folder stay on the disk, and only what is flagged is named
)
LARGE_FILE = 64 << 20  # bytes of an OCDS or OC4IDS file from which it is brought in first, piece by piece
SHOWN = 20  # cases of one indicator in the report; all are in the other files
_ROWS_OF_A_SHEET = 1_000_000
# Levels in the words of Cardinal's output; the others are ours.
_GROUPS = {"process": "OCID", "buyer": "Buyer", "procuring entity": "ProcuringEntity", "tenderer": "Tenderer"}


@dataclass(frozen=True)
class Spread:
    """How the answers of one indicator on one level are spread.

    ``looked`` and ``flagged`` count them. The others are None where they are too few or too much alike for a picture: the ``low``
    and ``high`` between which 98 % lie, and how many lie in each of 24 equal steps between, ``everyone`` and ``marked``.
    """

    code: str
    level: str
    looked: int
    flagged: int
    median: float
    low: float | None = None
    high: float | None = None
    everyone: np.ndarray | None = None
    marked: np.ndarray | None = None

    @classmethod
    def of(cls, code: str, level: str, values: np.ndarray, flagged: np.ndarray) -> Spread:
        known = np.isfinite(values)
        inside, marked = values[known], flagged[known]
        middle = float(np.median(inside)) if len(inside) else float("nan")
        counts = (code, level, len(values), int(flagged.sum()), middle)
        if len(inside) < 10 or len(np.unique(inside)) < 4:
            return cls(*counts)
        low, high = np.quantile(inside, [0.01, 0.99])
        inside, edges = np.clip(inside, low, high), np.linspace(low, high, 25)
        return cls(*counts, low, high, np.histogram(inside, edges)[0], np.histogram(inside[marked], edges)[0])


@dataclass(frozen=True)
class Flags:
    """Answers of indicators.

    ``answers`` as from `cleanworks.construction.flags.evaluate`, or, where the data are large, of these only what is flagged: ``whole``
    says which. ``coverage`` as from `flags.coverage`, ``read_on`` as from `flags.read_on`; ``spreads`` tells of all answers, named or
    not; ``notes`` say what could not be read.

    Examples
    --------
    >>> flags = data.flags_of(path, codes=["R018"])
    >>> flags.looked, flags.computed
    (18, 21)
    """

    name: str
    answers: pd.DataFrame
    coverage: pd.DataFrame
    rows: Mapping[str, int]
    read_on: tuple[pd.Timestamp, str] = (pd.NaT, "")
    spreads: tuple[Spread, ...] = ()
    whole: bool = True
    notes: tuple[str, ...] = ()

    @property
    def looked(self) -> int:
        """Answers, of all indicators together."""
        return sum(one.looked for one in self.spreads)

    @property
    def computed(self) -> int:
        """Indicators with the fields that they need."""
        return int(self.coverage["possible"].sum())

    @property
    def not_computed(self) -> int:
        return int((~self.coverage["possible"]).sum())

    @property
    def reading(self) -> str:
        """Up to which day lateness is counted, in a sentence; "" where nothing tells it."""
        day, place = self.read_on
        if pd.isna(day):
            return ""
        why = f", the latest day in {place}; another can be chosen with --date" if place else ""
        return f"Read as of {day:%Y-%m-%d}{why}."

    def json(self) -> str:
        """The flags in the shape of Cardinal's output: group, id, code, value."""
        found: dict[str, dict[str, dict[str, float]]] = {}
        for row in self.answers[self.answers["flagged"]].itertuples():
            group = _GROUPS.get(row.level, "".join(word.capitalize() for word in row.level.split()))
            found.setdefault(group, {}).setdefault(str(row.id), {})[row.code] = float(row.value)
        return json.dumps(found, ensure_ascii=False, indent=1, allow_nan=False) + "\n"

    def page(self) -> Page:
        """The report as a page that stands alone."""
        return Page(f"Indicators of {self.name}", _body(self), style=_STYLE)

    def write(self, out: str | Path) -> Path:
        """Write ``index.html``, ``flags.csv``, ``flags.json`` and ``flags.xlsx`` into a folder that is new, empty or holds older answers."""
        with made_folder.whole(Path(out), MARK, MADE_BY) as new:
            (new / "index.html").write_text(self.page().html, encoding="utf-8")
            (new / "flags.csv").write_text(_csv(self.answers), encoding="utf-8-sig")
            (new / "flags.json").write_text(self.json(), encoding="utf-8")
            _workbook(self, new / "flags.xlsx")
            made_folder.sign(new, MARK, MADE_BY)
        return Path(out)


def flags_of(
    source: str | Path | Tables,
    *,
    profile: Profile | str | None = None,
    as_of: Day | None = None,
    currency: str | None = None,
    codes: Iterable[str] | None = None,
) -> Flags:
    """Compute the indicators that some data allow.

    Parameters
    ----------
    source : path or mapping of tables
        A folder made by `bring_in`, an OCDS or OC4IDS file, or tables.
    profile : Profile or code, optional
        Thresholds and days of a country. Without it Cardinal's published defaults and illustrative limits are used, and the indicators
        that need a country's threshold look at nothing.
    as_of : date, optional
        The day on which the data are read; by default the latest event in them.
    currency : str, optional
        Compare prices in this currency only.

    Raises
    ------
    InputError
        Nothing to read, or nothing that an indicator could be computed from.

    Examples
    --------
    >>> flags = data.flags_of(path, codes=["R018", "R024"])
    >>> sorted(set(flags.answers["code"]))
    ['R018', 'R024']
    """
    settings = flags.Settings()
    if profile is not None:
        settings = flags.Settings.of(profiles.load(profile) if isinstance(profile, str) else profile)
    if as_of is not None:
        try:
            as_of = pd.Timestamp(as_of)
        except ValueError:
            raise InputError(
                f"{as_of!r} is not a date.", where="as_of", fix="Write it as YYYY-MM-DD."
            ) from None
    settings = flags.Settings(**{**vars(settings), "as_of": as_of, "currency": currency})
    if isinstance(source, Mapping):
        return _in_memory("tables", source, codes, settings)
    name = Path(source).resolve().name
    if _large_file(Path(source)):
        from cleanworks import scratch
        from cleanworks.data import importing

        with scratch.folder() as place:
            importing.bring_in([source], place / "tables")
            return _of_folder(name, place / "tables", codes, settings, where=str(source))
    return _of_folder(name, source, codes, settings, where=str(source))


def _large_file(source: Path) -> bool:
    """Whether this is one OCDS or OC4IDS file whose tables are made better piece by piece."""
    if not source.is_file() or source.suffix.lower() in folder.TO_BRING_IN:
        return False
    with source.open("rb") as opened:
        packed = opened.read(2) == b"\x1f\x8b"
    # JSON packs to about a tenth.
    return source.stat().st_size * (10 if packed else 1) > LARGE_FILE


def _of_folder(
    name: str, source: str | Path, codes: Iterable[str] | None, settings: flags.Settings, where: str
) -> Flags:
    if folder.rows_of(source) < LARGE:
        tables = folder.load(source)
        made = _in_memory(name, tables, codes, settings, where=where)
        return replace(made, notes=folder.notes(source, tables))
    from cleanworks.data import database

    with database.database() as engine:
        tables = database.tables_of(Path(source), engine)
        coverage, read_on = _coverage(tables, engine, where), flags.read_on(tables, settings, engine)
        hits, spreads = [], []
        for part in flags.parts(tables, codes, settings, engine):
            code = part.indicator.code
            spreads.append(Spread.of(code, part.level, part.values, part.flagged))
            hits.append(part.hits.assign(code=code, level=part.level, flagged=True))
        rows = {name: table.aggregate("count(*)").fetchall()[0][0] for name, table in tables.items()}
    answers = pd.concat(hits, ignore_index=True)[["code", "level", "id", "value", "flagged"]]
    return Flags(
        name,
        answers,
        coverage,
        {n: k for n, k in rows.items() if k},
        read_on,
        tuple(spreads),
        whole=False,
        notes=folder.notes(source, {}),
    )


def _in_memory(
    name: str, tables: Tables, codes: Iterable[str] | None, settings: flags.Settings, where: str = "tables"
) -> Flags:
    coverage = _coverage(tables, None, where)
    answers = flags.evaluate(tables, codes, settings)
    rows = {table: len(rows) for table, rows in tables.items() if len(rows)}
    return Flags(name, answers, coverage, rows, flags.read_on(tables, settings), tuple(_spreads(answers)))


def _spreads(answers: pd.DataFrame) -> Iterator[Spread]:
    for (code, level), rows in answers.groupby(["code", "level"], observed=True, sort=False):
        yield Spread.of(str(code), str(level), rows["value"].to_numpy(float), rows["flagged"].to_numpy(bool))


def _coverage(tables: Mapping[str, Any], engine: Database | None, where: str) -> pd.DataFrame:
    coverage = flags.coverage(tables, engine)
    if not coverage["possible"].any():
        missing = "; ".join(
            f"{code}: {row['missing'] or row['empty']}" for code, row in coverage.head(3).iterrows()
        )
        raise InputError(
            "No indicator can be computed from these data.",
            where=where,
            fix=f"`cleanworks data coverage` lists what is missing, for example {missing}.",
        )
    return coverage


# The report ---------------------------------------------------------------------------------------------------------------

_STYLE = """
.lead { font-size: 1.1em; } .scroll { overflow-x: auto; } .scroll table { min-width: 32rem; }
section.flag { border-top: 1px solid #d1d5db; padding-top: .4em; }
svg.spread { display: block; width: 100%; max-width: 460px; height: auto; }
svg.spread rect { fill: #9fb8c1; } svg.spread rect.look { fill: #b4530a; } svg.spread text { font: 15px sans-serif; fill: #4b5563; }
nav ol { columns: 2; } @media (max-width: 600px) { nav ol { columns: 1; } }
code { overflow-wrap: anywhere; }
"""
_FAMILIES = {
    "tender": "Tenders and bids", "contract": "Contracts", "market": "The market", "payment": "Payments", "worker": "Workers",
    "reporting": "Reports from the site", "disclosure": "Disclosure",
}  # fmt: skip


def _body(made: Flags) -> Markup:
    # Python in a page has no Jinja2, and needs none to compute flags.
    from cleanworks.html_templates import filled

    possible = made.coverage["possible"]
    flagged = made.answers[made.answers["flagged"]]
    cases = {key: rows for key, rows in flagged.groupby(["code", "level"], observed=True, sort=False)}
    asked = []
    for code in made.coverage.index[possible]:
        one, spreads = flags.REGISTRY[code], [spread for spread in made.spreads if spread.code == code]
        asked.append((one, [_answer(spread, one, cases.get((code, spread.level))) for spread in spreads]))
    return filled(
        __package__,
        "flags.html",
        made=made,
        held=", ".join(f"{rows:,} {name.replace('_', ' ')}" for name, rows in made.rows.items()),
        families=_FAMILIES,
        asked=asked,
        missing=list(made.coverage[~possible].iterrows()),
    )


def _answer(spread: Spread, one: flags.Indicator, hits: pd.DataFrame | None) -> dict[str, Any]:
    """What the report says of one indicator on one level: its spread, a picture of it, and the cases farthest from the middle."""
    first = []
    if hits is not None:
        far = hits.assign(far=(hits["value"] - spread.median).abs())
        far = far.sort_values("far", ascending=False, kind="stable").head(SHOWN)
        first = [(row.id, _number(row.value)) for row in far.itertuples()]
    # No share where only those are listed that are worth a look, as firms are beside their processes.
    alone = spread.flagged == spread.looked and spread.level != one.levels[0]
    hit = 0 if hits is None else len(hits)
    return {
        "spread": spread,
        "alone": alone,
        "picture": _picture(spread, one.name),
        "first": first,
        "hits": hit,
    }


def _picture(spread: Spread, name: str) -> Markup:
    """How the values are spread: a histogram, those worth a look in another colour and named in words."""
    from markupsafe import Markup

    if spread.everyone is None or spread.marked is None:
        return Markup()
    wide, tall = 460, 90
    step, top = wide / 24, max(spread.everyone.max(), 1)
    bars = []
    for place, (n, m) in enumerate(zip(spread.everyone, spread.marked, strict=True)):
        height, part = tall * n / top, tall * m / top
        x = place * step
        if n:
            bars.append(
                f'<rect x="{x:.1f}" y="{tall - height + 4:.1f}" width="{step - 1:.1f}" height="{max(height - part, 0):.1f}"/>'
            )
        if m:
            bars.append(
                f'<rect class="look" x="{x:.1f}" y="{tall - part + 4:.1f}" width="{step - 1:.1f}" height="{max(part, 1.5):.1f}"/>'
            )
    low, middle, high = (_number(value) for value in (spread.low, spread.median, spread.high))
    words = f"{name}: {spread.looked:,} values, median {middle}, 98 % between {low} and {high}; {spread.flagged:,} worth a look"
    drawn = (
        '<svg class="spread" viewBox="0 0 {wide} 116" role="img" aria-label="{words}">{bars}<text x="0" y="111">{low}</text>'
        '<text x="{half}" y="111" text-anchor="middle">median {middle}</text><text x="{wide}" y="111" text-anchor="end">{high}</text></svg>'
    )
    return Markup(drawn).format(
        wide=wide, half=wide / 2, words=words, bars=Markup("".join(bars)), low=low, middle=middle, high=high
    )


def _number(value: float | None) -> str:
    if value is None or not np.isfinite(value):
        return "-"
    size = abs(value)
    if size >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}" if size < 1 else f"{value:.4g}"


def _csv(answers: pd.DataFrame) -> str:
    rows: list[tuple[object, ...]] = [("code", "indicator", "of", "id", "value", "unit", "worth a look")]
    for row in answers.itertuples():
        one = flags.REGISTRY[row.code]
        looked_at = "yes" if row.flagged else "no"
        rows.append((row.code, one.name, row.level, str(row.id), row.value, one.unit, looked_at))
    return csv_text(rows, end="\r\n")


def _workbook(made: Flags, path: Path) -> None:
    import openpyxl

    book = openpyxl.Workbook(write_only=True)
    hits = made.answers[made.answers["flagged"]]
    _sheet(book, "Worth a look", ("code", "indicator", "of", "id", "value", "unit", "it can be innocent"),
           ((row.code, flags.REGISTRY[row.code].name, row.level, harmless(str(row.id)), float(row.value), flags.REGISTRY[row.code].unit,
             " ".join(flags.REGISTRY[row.code].innocent)) for row in hits.head(_ROWS_OF_A_SHEET).itertuples()))  # fmt: skip
    if made.whole:
        _sheet(
            book,
            "All answers",
            ("code", "of", "id", "value", "worth a look"),
            (
                (row.code, row.level, harmless(str(row.id)), float(row.value), "yes" if row.flagged else "no")
                for row in made.answers.head(_ROWS_OF_A_SHEET).itertuples()
            ),
        )
    _sheet(book, "Indicators", ("code", "indicator", "possible", "not there", "empty", "definition", "formula", "unit"),
           ((code, row["name"], "yes" if row.possible else "no", row["missing"], row["empty"], flags.REGISTRY[code].definition, harmless(flags.REGISTRY[code].formula),
             flags.REGISTRY[code].unit) for code, row in made.coverage.iterrows()))  # fmt: skip
    if len(made.answers) > _ROWS_OF_A_SHEET:
        _sheet(
            book,
            "Note",
            ("note",),
            [(f"A sheet holds {_ROWS_OF_A_SHEET:,} rows; flags.csv holds all {len(made.answers):,}.",)],
        )
    book.save(path)


def _sheet(
    book: openpyxl.Workbook, title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]
) -> None:
    sheet = book.create_sheet(title)
    sheet.freeze_panes = "A2"
    sheet.append(columns)
    for row in rows:
        sheet.append(
            [None if isinstance(value, float) and not np.isfinite(value) else value for value in row]
        )
