"""Red flags and monitoring indicators over tables: one registry, one way to run them.

`evaluate` runs what the tables allow and answers with one tidy table; `coverage` says beforehand what is possible and which
columns are missing; `reference` is the list with definition, formula, source and innocent explanations, from which the
book's reference table is made; `score` compares flags with what is known.

The rooms: `tenders` (Cardinal's eleven), `contracts`, `market`, `money`, `people`, `reporting`, `openness`.

Indicators are pure functions of tables (a mapping of names to DataFrames, columns as in the city's tables). A flag is a
reason to look, never a finding.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import narwhals as nw
import numpy as np
import pandas as pd

from cleanworks import input_checks
from cleanworks.construction import scoring
from cleanworks.construction.flags import _core
from cleanworks.construction.flags._core import (
    Indicator,
    Settings,
    high_outliers,
    low_outliers,
    quartiles,
)
from cleanworks.construction.flags._processes import Counting, Engine, Frame, Processes, reading_day
from cleanworks.construction.flags.contracts import CONTRACTS
from cleanworks.construction.flags.market import MARKET, benford_distance, first_digits
from cleanworks.construction.flags.money import MONEY
from cleanworks.construction.flags.openness import OPENNESS
from cleanworks.construction.flags.people import PEOPLE
from cleanworks.construction.flags.reporting import REPORTING
from cleanworks.construction.flags.tenders import TENDERS
from cleanworks.errors import InputError

__all__ = [
    "REGISTRY",
    "Indicator",
    "Part",
    "Settings",
    "benford_distance",
    "coverage",
    "evaluate",
    "filled_columns",
    "first_digits",
    "high_outliers",
    "indicator",
    "labels",
    "low_outliers",
    "parts",
    "possible",
    "quartiles",
    "read_on",
    "reading_day",
    "reference",
    "score",
]

REGISTRY: Mapping[str, Indicator] = MappingProxyType(
    {one.code: one for one in (*TENDERS, *CONTRACTS, *MARKET, *MONEY, *PEOPLE, *REPORTING, *OPENNESS)}
)

_CODES = list(REGISTRY)
_LEVELS = list(dict.fromkeys(level for one in REGISTRY.values() for level in one.levels))
_NOTHING = pd.DataFrame(
    {
        "code": pd.Categorical([], categories=_CODES),
        "level": pd.Categorical([], categories=_LEVELS),
        "id": pd.Series([], dtype=object),
        "value": pd.Series([], dtype=float),
        "flagged": pd.Series([], dtype=bool),
    }
)


def indicator(code: str) -> Indicator:
    """The indicator with this code; `InputError` if there is none.

    Examples
    --------
    >>> indicator("R018").name
    'Single bid'
    """
    if code not in REGISTRY:
        raise InputError(
            f"There is no indicator {code!r}.", where="codes", fix=f"Codes: {', '.join(REGISTRY)}."
        )
    return REGISTRY[code]


def evaluate(
    tables: Mapping[str, pd.DataFrame],
    codes: Iterable[str] | None = None,
    settings: Settings | None = None,
    engine: Counting | None = None,
) -> pd.DataFrame:
    """Run indicators over tables.

    Parameters
    ----------
    tables : mapping of name to DataFrame
        Columns named as in the city's tables. Tables and columns that no indicator asks for are ignored.
    codes : iterable of str, optional
        Which indicators. Without it, all that the tables allow (see `coverage` for the others).
    settings : Settings, optional
        Thresholds and the reading day.
    engine : optional
        What computes; by default Arrow, or pandas where there is none. With `cleanworks.data.database` the tables are files and may
        outgrow the memory, with `cleanworks.data.cluster` they may outgrow the machine.

    Returns
    -------
    DataFrame
        ``code``, ``level``, ``id``, ``value``, ``flagged``: one row per indicator and thing looked at, flagged or not.

    Raises
    ------
    InputError
        An unknown code, or an indicator asked for by name whose columns are missing.

    Examples
    --------
    >>> answers = evaluate(tables, ["R018", "R024"])
    >>> list(answers.columns), sorted(set(answers["code"]))
    (['code', 'level', 'id', 'value', 'flagged'], ['R018', 'R024'])
    """
    settings = settings or Settings()
    chosen, processes = _answering(tables, codes, settings, engine)
    # Each step names some columns anew, and pandas keeps short lists of names more quickly as objects than as Arrow's texts.
    with pd.option_context("mode.string_storage", "python"):
        answers = [(one, level, part) for one in chosen for level, part in one.parts(processes, settings)]
    return _whole(answers)


@dataclass(frozen=True)
class Part:
    """The answers of one indicator on one level, where there may be too many to name them all.

    ``values`` and ``flagged`` are those of everything it looked at; ``hits`` names only what is worth a look: ``id`` and ``value``.

    Examples
    --------
    >>> first = next(parts(tables, ["R018"]))
    >>> first.level, int(first.flagged.sum()) == len(first.hits)
    ('process', True)
    """

    indicator: Indicator
    level: str
    values: np.ndarray
    flagged: np.ndarray
    hits: pd.DataFrame


def parts(
    tables: Mapping[str, Any],
    codes: Iterable[str] | None = None,
    settings: Settings | None = None,
    engine: Counting | None = None,
) -> Iterator[Part]:
    """What `evaluate` answers, one indicator and level after the other; only ids that are flagged come into memory.

    Examples
    --------
    >>> [(part.indicator.code, part.level) for part in parts(tables, ["R018", "R024"])]
    [('R018', 'process'), ('R024', 'process')]
    """
    settings = settings or Settings()
    chosen, processes = _answering(tables, codes, settings, engine)
    for one in chosen:
        found = [
            _part(one, level, rows, processes.engine) for level, rows in one.computed(processes, settings)
        ]
        yield from (part for part in found if len(part.values))


def read_on(
    tables: Mapping[str, Any], settings: Settings | None = None, engine: Counting | None = None
) -> tuple[pd.Timestamp, str]:
    """The day up to which `evaluate` counts, and the ``table.column`` whose latest event it is.

    No column is named where the settings give the day, or nothing tells it (the day is then NaT). One mistyped year moves the day for all.

    Examples
    --------
    >>> day, column = read_on(tables)
    >>> day
    Timestamp('2026-06-30 00:00:00')
    """
    settings = settings or Settings()
    if engine:
        return Processes(tables, settings, engine).read_on
    return _core.in_memory(tables, settings, _core.READ_BY_MANY).read_on


def _part(one: Indicator, level: str, frame: Frame | pd.DataFrame, engine: Engine) -> Part:
    if isinstance(frame, pd.DataFrame):
        numbers, hits = frame, frame[frame["flagged"]]
    else:
        # Names are looked up for what is flagged alone.
        numbers = engine.collected(frame.select("value", "flagged"))
        hits = engine.collected(frame.filter(nw.col("flagged"))).sort_values("id", ignore_index=True)
    values, flagged = numbers["value"].to_numpy(float), numbers["flagged"].to_numpy(bool)
    return Part(one, level, values, flagged, hits[["id", "value"]].reset_index(drop=True))


def _answering(
    tables: Mapping[str, Any], codes: Iterable[str] | None, settings: Settings, engine: Counting | None
) -> tuple[list[Indicator], Processes]:
    """The indicators that are asked for and can answer, and what they answer from."""
    if isinstance(codes, str):
        codes = [codes]
    filled = engine.filled(tables) if engine else filled_columns(tables)
    if codes is None:
        chosen = [one for one in REGISTRY.values() if not one.lacking(filled)]
    else:
        chosen = [indicator(code) for code in codes]
        for one in chosen:
            lacking = _missing(one.lacking(filled), tables)
            if lacking:
                raise InputError(
                    f"The indicator {one.code} ({one.name}) cannot be computed: {', '.join(lacking)} missing.",
                    where="tables",
                    fix="Add the columns, or leave the indicator out. coverage(tables) lists what is possible.",
                )
        # A column without a single value allows no answer; coverage says which one it is.
        chosen = [one for one in chosen if not one.lacking(filled)]
    if engine:
        return chosen, Processes(tables, settings, engine, filled=filled)
    return chosen, _core.in_memory(tables, settings, {name for one in chosen for name in one.reads}, filled)


def _whole(answers: Sequence[tuple[Indicator, str, pd.DataFrame]]) -> pd.DataFrame:
    """Answers of several indicators as one table, its few repeated words as categories: there may be millions of rows."""
    if not answers:
        return _NOTHING.copy()
    sizes = [len(part) for _, _, part in answers]
    codes = np.array([_CODES.index(one.code) for one, _, _ in answers], dtype=np.int8)
    levels = np.array([_LEVELS.index(level) for _, level, _ in answers], dtype=np.int8)
    return pd.DataFrame(
        {
            "code": pd.Categorical.from_codes(np.repeat(codes, sizes), categories=_CODES),
            "level": pd.Categorical.from_codes(np.repeat(levels, sizes), categories=_LEVELS),
            "id": pd.Series(
                np.concatenate([part["id"].to_numpy(object) for _, _, part in answers]), dtype=object
            ),
            "value": np.concatenate([part["value"].to_numpy(float) for _, _, part in answers]),
            "flagged": np.concatenate([part["flagged"].to_numpy(bool) for _, _, part in answers]),
        }
    )


def coverage(tables: Mapping[str, pd.DataFrame], engine: Counting | None = None) -> pd.DataFrame:
    """Which indicators these tables allow, and what is missing for the others.

    Returns
    -------
    DataFrame
        Indexed by ``code``: ``name``, ``family``, ``possible`` (bool), ``missing`` (columns that are not there) and ``empty``
        (columns that are there and hold no value in any row). An indicator needs columns that are there and filled.

    Examples
    --------
    >>> able = coverage({"tenders": tables["tenders"]})
    >>> able.loc[["R003", "R018", "R024"], "possible"]
    code
    R003     True
    R018     True
    R024    False
    Name: possible, dtype: bool
    """
    filled = engine.filled(tables) if engine else filled_columns(tables)
    rows = []
    for one in REGISTRY.values():
        lacking = one.lacking(filled)
        missing = _missing(lacking, tables)
        empty = [field for field in lacking if field not in missing]
        rows.append((one.code, one.name, one.family, not lacking, ", ".join(missing), ", ".join(empty)))
    return pd.DataFrame(rows, columns=["code", "name", "family", "possible", "missing", "empty"]).set_index(
        "code"
    )


def possible(filled: Iterable[str]) -> pd.DataFrame:
    """The same answer as `coverage` from the names that `filled_columns` gives, for data that are not in memory.

    Examples
    --------
    >>> possible(["tenders.tender_id", "tenders.date_published"]).loc["R003", "missing"]
    'tenders.tender_start, tenders.tender_end'
    """
    filled = set(filled)
    rows = []
    for one in REGISTRY.values():
        missing = one.lacking(filled)
        rows.append((one.code, one.name, one.family, not missing, ", ".join(missing)))
    return pd.DataFrame(rows, columns=["code", "name", "family", "possible", "missing"]).set_index("code")


def filled_columns(tables: Mapping[str, pd.DataFrame]) -> set[str]:
    """The ``table.column`` names that hold something: what `evaluate`, `coverage` and `possible` all go by.

    A table of changes, subcontracts or accidents that is there with its columns and has no row counts as filled: none was made. The
    readers of OCDS and OC4IDS leave its columns away where a file never speaks of them.

    Examples
    --------
    >>> sorted(filled_columns({"bids": tables["bids"]}))[:3]
    ['bids.amount', 'bids.bid_id', 'bids.date']
    """
    _need_tables(tables)
    return {
        f"{name}.{column}"
        for name, table in tables.items()
        for column in table
        if _filled(table, name, column)
    }


def _need_tables(tables: object) -> None:
    fix = 'Give a dictionary of tables by their names: {"tenders": tenders, "bids": bids}.'
    if isinstance(tables, pd.DataFrame) or not isinstance(tables, Mapping):
        raise InputError(
            f"Several tables are needed, not one {type(tables).__name__}.", where="tables", fix=fix
        )
    for name, table in tables.items():
        input_checks.need_columns(table, (), str(name))


def reference() -> pd.DataFrame:
    """All indicators in words: one row per indicator, for the book's reference table.

    Columns ``name, family, levels, definition, formula, unit, needs, also_uses, source, innocent``; lists are joined by "; ".

    Examples
    --------
    >>> reference().loc["R018", ["name", "unit"]].tolist()
    ['Single bid', '1 flagged, 0 not']
    """
    rows = {
        one.code: {
            "name": one.name,
            "family": one.family,
            "levels": "; ".join(one.levels),
            "definition": one.definition,
            "formula": one.formula,
            "unit": one.unit,
            "needs": "; ".join(one.fields),
            "also_uses": "; ".join(one.optional),
            "source": "; ".join(one.source),
            "innocent": "; ".join(one.innocent),
        }
        for one in REGISTRY.values()
    }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("code")


def score(
    results: pd.DataFrame, code: str, real: Iterable[Any], level: str | None = None, confidence: float = 0.95
) -> scoring.Score:
    """How good one indicator is against known cases: precision, recall and false alarms with Wilson intervals.

    Parameters
    ----------
    results : DataFrame
        What `evaluate` gave.
    code : str
        The indicator.
    real : ids
        The ids, on the same level, of what really is irregular.
    level : str, optional
        Needed when the indicator answers on several levels.

    Returns
    -------
    scoring.Score
        Real cases that the indicator could not look at (no data) count as missed.

    Raises
    ------
    InputError
        No such code or level among the results, or a level that has to be chosen.

    Examples
    --------
    >>> ghosts = labels(tables, "ghost_worker", "worker")
    >>> found = score(evaluate(tables, ["ghost-days"]), "ghost-days", ghosts, level="worker")
    >>> round(found.precision.value, 2), round(found.recall.value, 2)
    (0.56, 1.0)
    """
    levels = indicator(code).levels
    if level is None and len(levels) > 1:
        raise InputError(
            f"{code} answers on several levels.", where="level", fix=f"Choose one of: {', '.join(levels)}."
        )
    level = level or levels[0]
    if level not in levels:
        raise InputError(
            f"{code} has no level {level!r}.", where="level", fix=f"Choose one of: {', '.join(levels)}."
        )
    rows = results[(results["code"] == code) & (results["level"] == level)]
    real = set(real)
    return scoring.score(rows.loc[rows["flagged"], "id"], real, set(rows["id"]) | real, confidence)


# The parts of a row's key, where it has several; the others have their number in the first column.
_KEYS = {
    "attendance": ("worker_id", "contract_id", "date"),
    "progress": ("contract_id", "period"),
    "retirement_days": ("worker_id", "contract_id", "month"),
}
_LEVEL_COLUMNS = {
    "process": "tender_id", "contract": "contract_id", "project": "project_id", "subcontract": "subcontract_id",
    "payment": "payment_id", "claim": "claim_id", "worker": "worker_id", "account": "account_id", "wage": "wage_id",
    "tenderer": "tenderer_id", "payer": "payer_id", "disclosure": "disclosure_id", "question": "question_id",
}  # fmt: skip


def labels(tables: Mapping[str, pd.DataFrame], kind: str, level: str) -> set[str]:
    """The ids, on one level, that the table ``planted`` marks with one kind of irregularity.

    A planted bid is wanted as its process, a planted payment as its contract: the id is looked up in the row that is marked,
    else through the contract or the project of that row.

    Parameters
    ----------
    tables : mapping
        With ``planted`` and the tables it points at.
    kind : str
        As in ``planted.kind``.
    level : str
        As in the answers of an indicator.

    Raises
    ------
    InputError
        An unknown kind, or a level that the marked rows do not lead to.

    Examples
    --------
    >>> len(labels(tables, "ghost_worker", "worker"))
    10
    """
    marked = tables["planted"]
    marked = marked[marked["kind"] == kind]
    if marked.empty:
        known = ", ".join(sorted(tables["planted"]["kind"].unique()))
        raise InputError(f"No row is marked {kind!r}.", where="table planted", fix=f"Kinds there: {known}.")
    if level == "worker and month" and set(marked["table"]) <= {"retirement_days"}:
        return set(marked["row_id"])
    if level not in _LEVEL_COLUMNS:
        raise InputError(
            f"There are no labels on the level {level!r}.",
            where="level",
            fix=f"Use: {', '.join(_LEVEL_COLUMNS)}.",
        )
    found: set[str] = set()
    for name, rows in marked.groupby("table"):
        table = tables[name]
        key = _core.joined(table, *_KEYS.get(name, (table.columns[0],)))
        found |= set(_on_level(table[key.isin(set(rows["row_id"]))], tables, _LEVEL_COLUMNS[level]).dropna())
    return found


def _on_level(rows: pd.DataFrame, tables: Mapping[str, Any], column: str) -> pd.Series:
    if column in rows:
        return rows[column]
    through = "contract_id" if "contract_id" in rows else "tender_id" if "tender_id" in rows else "project_id"
    contracts = tables["contracts"]
    if column in contracts and through in contracts:
        return contracts.loc[contracts[through].isin(rows[through]), column]
    raise InputError(
        f"The marked rows do not lead to {column}.",
        where="level",
        fix="Choose the level of their own table, or contract.",
    )


def _missing(lacking: Iterable[str], tables: Mapping[str, Any]) -> list[str]:
    """Of fields that an indicator lacks those that the tables do not have; the others are there without a value."""
    return [field for field in lacking if not any(_there(tables, choice) for choice in field.split("|"))]


def _there(tables: Mapping[str, Any], field: str) -> bool:
    table, _, column = field.partition(".")
    return table in tables and column in tables[table].columns


def _filled(table: pd.DataFrame, name: str, column: str) -> bool:
    return (name in _core.MAY_BE_EMPTY and table.empty) or bool(table[column].notna().any())
