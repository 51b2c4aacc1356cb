"""Compare an answer with the right one, and say what kind of difference there is - never the right value itself.

Every comparison takes the answer first and the right value second, and returns an outcome. What people often get
wrong is passed as ``mistakes``: pairs of a wrong value and the feedback it deserves.
"""

from __future__ import annotations

import copy
import datetime as dt
import math
import numbers
import unicodedata
from collections.abc import Callable, Iterable, KeysView, Mapping, Sequence, ValuesView
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd

from cleanworks.learn.explain import explain, listed, nearest
from cleanworks.learn.outcome import Answered, Correct, NotAttempted, NotYet, Outcome, Raised

RTOL = 1e-6
"""Numbers that differ by less than one part in a million are the same."""

_UNSPACED = ("CJK", "HIRAGANA", "KATAKANA", "THAI", "LAO", "KHMER", "MYANMAR", "TIBETAN")

Mistakes = Mapping[Any, str] | Iterable[tuple[Any, str]]

_SLIPS = {
    100.0: "100 times too large. Did you give a percentage where a share between 0 and 1 is wanted?",
    0.01: "100 times too small. Did you give a share between 0 and 1 where a percentage is wanted?",
    1e3: "1,000 times too large. Check the units.",
    1e-3: "1,000 times too small. Check the units.",
    1e6: "a million times too large. Check the units.",
    1e-6: "a million times too small. Check the units.",
    1e9: "a thousand million times too large. Check the units.",
    1e-9: "a thousand million times too small. Check the units.",
}


def compare(
    answer: Any,
    right: Any,
    *,
    unit: str = "",
    rtol: float = RTOL,
    atol: float = 1e-9,
    mistakes: Mistakes = (),
    name: str = "Your answer",
    praise: str = "",
) -> Outcome:
    """Compare an answer with the right one; the type of `right` decides how.

    Parameters
    ----------
    answer, right : any
        Number, True/False, text, date, set, list, dict, Series, DataFrame, or an array.
    unit : str
        Said beside a number: "days".
    rtol, atol : float
        A number counts as equal within ``atol + rtol * abs(right)``; the same for every number in a table.
    mistakes : mapping or pairs
        Wrong value -> feedback. Use pairs where the wrong value is a table. A mistake that happens to equal the
        right value (with another country's rules, say) is never reported.
    name : str
        What the messages call the answer.
    praise : str
        Message of the outcome "correct".

    What is the same is accepted however it is held: accented letters in one or two characters (NFC, NFD), capitals of a
    single text, whole numbers as `int`, `float`, `Decimal` or in a column of objects, days as `datetime.date` or
    timestamps, the numbers of a set within the tolerance.

    Missing numbers (NaN) equal nothing, except inside a column or table in the rows where the right column is
    missing too.

    Examples
    --------
    >>> compare(15.0, 15).kind
    'correct'
    >>> compare(60, 15, unit="days", mistakes={60: "You counted from the claim."}).message
    'You counted from the claim.'
    """
    outcome = _compare(answer, right, unit=unit, rtol=rtol, atol=atol, name=name)
    if isinstance(outcome, Correct):
        return Correct(praise)
    return _known_mistake(answer, mistakes, rtol, atol) or outcome


def compare_choice(
    answer: Any, right: str, *, options: Sequence[str], mistakes: Mistakes = (), name: str = "Your answer"
) -> Outcome:
    """Compare one of several given words; capitals, hyphens and spaces around do not matter.

    An answer outside `options` is told which options there are.

    Examples
    --------
    >>> compare_choice("  Direct ", "direct", options=["direct", "through_prime"]).kind
    'correct'
    """
    if not isinstance(answer, str):
        return NotYet(f"{name} should be one of the words {listed(options)}, written in quotes.")
    answer = _one_form(answer)
    given = _word(answer)
    if given not in {_word(option) for option in options}:
        return NotYet(f"`{answer}` is not one of the choices. Choose from {listed(options)}.")
    if given == _word(right):
        return Correct()
    for wrong, feedback in _pairs(mistakes):
        if _word(str(wrong)) == given:
            return NotYet(feedback)
    return NotYet(f"`{answer}` is not the best choice here. Read the hints and look again.")


def _word(text: str) -> str:
    return _plain(text).replace("-", " ").replace("_", " ")


def open_answer(
    answer: Any, rubric: Sequence[str], *, least_words: int = 12, name: str = "Your text"
) -> Outcome:
    """Take the answer to an open question, and give the rubric with which the learner compares it with the model answer.

    Parameters
    ----------
    answer : any
        The learner's text. It counts as an attempt when it has `least_words` words that are not all the same.
    rubric : sequence of str
        Lines that complete "My text ...", each true of a good answer: "names the year", "does not say that ...".
    least_words : int
        Fewer words are "not yet". In scripts without spaces four letters count as a word.

    Returns
    -------
    Outcome
        `Answered` with the rubric, or `NotYet`. Never "correct": words that occur in a text prove nothing about it.

    Examples
    --------
    >>> open_answer("It rained more in the north, but one week says little.", ["gives a limit"], least_words=5).kind
    'answered'
    """
    if not isinstance(answer, str):
        return NotYet(f"{name} should be text in quotes. It is {_what(answer)}.")
    words = _count_words(answer)
    if words < least_words:
        return NotYet(f"{name} has {_count(words, 'word')}. Write at least {least_words}: full sentences.")
    if len(set(answer.casefold().split())) < least_words / 2 and words == len(answer.split()):
        return NotYet(f"{name} repeats the same few words. Say it in full sentences.")
    return Answered(
        "Read the solution beside your text and tick each line that is true of yours. No program can judge it.",
        rubric=tuple(rubric),
    )


def compare_function(
    answer: Any,
    right: Callable[..., Any],
    inputs: Iterable[tuple[Any, ...]],
    *,
    rtol: float = RTOL,
    atol: float = 1e-9,
    mistakes: Sequence[tuple[Callable[..., Any], str]] = (),
    name: str = "Your function",
) -> Outcome:
    """Call a function that the learner wrote and compare what it gives with the right function.

    Parameters
    ----------
    right : callable
        Gives the right result for the same arguments.
    inputs : iterable of tuple
        Arguments of each call. Both functions get copies of them.
    mistakes : sequence of (callable, str)
        A wrong function -> feedback for an answer that agrees with it on every input.

    An error inside the function is explained together with the arguments it was called with. A function that gives
    nothing for every input counts as not attempted.

    Examples
    --------
    >>> compare_function(lambda days: days * 2, lambda days: days + 2, [(2,), (5,)]).kind
    'not-yet'
    """
    if not callable(answer):
        return NotYet(f"{name} should be a function, made with `def`. It is {_what(answer)}.")
    inputs = list(inputs)
    given = []
    for arguments in inputs:
        try:
            given.append(answer(*copy.deepcopy(arguments)))
        except Exception as error:
            namespace = getattr(answer, "__globals__", None)
            return Raised(f"{name} was called with {_shown(arguments)}. {explain(error, namespace)}")
    if all(value is None or value is Ellipsis for value in given):
        return NotAttempted(f"{name} gives nothing back yet. Its last line should start with `return`.")
    for arguments, value in zip(inputs, given, strict=True):
        wanted = right(*copy.deepcopy(arguments))
        outcome = _compare(value, wanted, rtol=rtol, atol=atol, name=f"What {name.lower()} gives")
        if isinstance(outcome, Correct):
            continue
        for wrong, feedback in mistakes:
            if _agrees(wrong, inputs, given, rtol, atol):
                return NotYet(feedback)
        return NotYet(
            f"{name} was called with {_shown(arguments)} and gave {_shown(value)}. {outcome.message}"
        )
    return Correct()


def compare_table(
    answer: Any,
    right: pd.DataFrame,
    *,
    key: str | list[str] | None = None,
    ordered: bool = False,
    rtol: float = RTOL,
    atol: float = 1e-9,
    mistakes: Iterable[tuple[Any, str]] = (),
    name: str = "Your table",
) -> Outcome:
    """Compare a table column by column; columns beyond those of `right` are allowed.

    Parameters
    ----------
    key : str or list of str, optional
        Columns that name a row. Without them rows are matched by their index labels where these are unique and the
        same, otherwise by position.
    ordered : bool
        Whether the order of the rows is part of the question.

    Examples
    --------
    >>> compare_table(pd.DataFrame({"a": [1, 2]}), pd.DataFrame({"a": [1, 2]})).kind
    'correct'
    """
    outcome = _compare_tables(answer, right, key=key, ordered=ordered, rtol=rtol, atol=atol, name=name)
    if isinstance(outcome, Correct):
        return outcome
    for wrong, feedback in _pairs(mistakes):
        if isinstance(
            _compare_tables(answer, wrong, key=key, ordered=ordered, rtol=rtol, atol=atol, name=name), Correct
        ):
            return NotYet(feedback)
    return outcome


def every(first: Outcome, *others: Outcome) -> Outcome:
    """The first outcome that is not correct, or the last one: for a question with several variables.

    An open part stands last, so that its rubric comes when the closed parts are right.

    Examples
    --------
    >>> every(compare(1, 1), compare(2, 3)).kind
    'not-yet'
    """
    for outcome in (first, *others):
        if not isinstance(outcome, Correct):
            break
    return outcome


# --- one comparison per kind of value -----------------------------------------------------------------------------


def _compare(answer: Any, right: Any, *, unit: str = "", rtol: float, atol: float, name: str) -> Outcome:
    close: dict[str, Any] = {"rtol": rtol, "atol": atol, "name": name}
    if isinstance(right, pd.DataFrame):
        return _compare_tables(answer, right, key=None, ordered=False, **close)
    if isinstance(right, pd.Series):
        return _compare_columns(answer, right, **close)
    if isinstance(right, np.ndarray | pd.Index) and right.ndim == 1:
        return _compare_lists(answer, list(right), unit=unit, **close)
    if isinstance(right, bool | np.bool_):
        return _compare_truths(answer, bool(right), name=name)
    if isinstance(right, dt.date | np.datetime64):
        return _compare_dates(answer, pd.Timestamp(right), name=name)
    if isinstance(right, dt.timedelta | np.timedelta64):
        return _compare_spans(answer, pd.Timedelta(right), name=name)
    if isinstance(right, numbers.Real | Decimal):
        return _compare_numbers(answer, _float(right), unit=unit, **close)
    if isinstance(right, str):
        return _compare_words(answer, right, name=name)
    if isinstance(right, set | frozenset):
        return _compare_sets(answer, right, **close)
    if isinstance(right, Mapping):
        return _compare_dicts(answer, right, unit=unit, **close)
    if isinstance(right, list | tuple):
        return _compare_lists(answer, list(right), unit=unit, **close)
    if right is None:
        return (
            Correct()
            if answer is None
            else NotYet(f"{name} should be `None`, nothing. It is {_what(answer)}.")
        )
    raise TypeError(f"cannot compare with a right answer of type {type(right).__name__}")


def _compare_numbers(answer: Any, right: float, *, unit: str, rtol: float, atol: float, name: str) -> Outcome:
    if math.isnan(right):
        raise ValueError("the right answer came out as NaN")
    in_unit = f", in {unit}" if unit else ""
    wanted = f"one number{in_unit}"
    if isinstance(answer, np.ndarray) and answer.ndim == 0:
        answer = answer[()]
    if isinstance(answer, bool | np.bool_) or not isinstance(answer, numbers.Real | Decimal):
        return NotYet(f"{name} should be {wanted}. {_not_a_number(answer)}")
    value = _float(answer)
    if math.isnan(value):
        return NotYet(
            f"{name} is NaN, a missing number. Somewhere on the way a value is missing or 0 is divided by 0."
        )
    if math.isinf(value) and not math.isinf(right):
        if not _is_infinite(answer):
            return NotYet(f"{name} has more than 300 digits. A power or a product has grown far too large.")
        return NotYet(f"{name} is infinite. Somewhere on the way you divide by zero.")
    if math.isclose(value, right, rel_tol=rtol, abs_tol=atol):
        return Correct()
    shown = f"{value:,.6g}" if abs(value) < 1e6 else f"{value:,.0f}"
    shown = f"{shown} {unit}".strip()
    if math.isclose(value, -right, rel_tol=rtol):
        return NotYet(f"{name}, {shown}, has the wrong sign. What do you subtract from what?")
    for factor, slip in _SLIPS.items():
        if math.isclose(value, right * factor, rel_tol=max(rtol, 1e-6)):
            slip = (
                slip if unit in ("", "%", "percent", "share") else slip.split(".")[0] + ". Check the units."
            )
            return NotYet(f"{name}, {shown}, is {slip}")
    if any(round(right, digits) == value for digits in range(7)) and abs(value / right - 1) < 0.05:
        return NotYet(
            f"{name}, {shown}, looks rounded. Keep the full number and round only when you show it."
        )
    return NotYet(f"{name}, {shown}, is too {'large' if value > right else 'small'}.")


def _compare_truths(answer: Any, right: bool, *, name: str) -> Outcome:
    if not isinstance(answer, bool | np.bool_):
        return NotYet(f"{name} should be `True` or `False`, without quotes. It is {_what(answer)}.")
    return (
        Correct() if bool(answer) == right else NotYet(f"{name}, `{bool(answer)}`, is not what the data say.")
    )


def _compare_words(answer: Any, right: str, *, name: str) -> Outcome:
    if not isinstance(answer, str):
        return NotYet(f"{name} should be text in quotes. It is {_what(answer)}.")
    return (
        Correct()
        if _plain(answer) == _plain(right)
        else NotYet(f"{name}, `{answer}`, is not the one asked for.")
    )


def _compare_dates(answer: Any, right: pd.Timestamp, *, name: str) -> Outcome:
    if right is pd.NaT:
        raise ValueError("the right answer came out as a missing date")
    if answer is pd.NaT:
        return NotYet(f"{name} is a missing date.")
    if isinstance(answer, str):
        try:
            answer = pd.Timestamp(answer)
        except ValueError:
            return NotYet(
                f"{name}, `{answer}`, cannot be read as a date. Write it as year-month-day: `2024-03-31`."
            )
    if not isinstance(answer, dt.date | np.datetime64):
        return NotYet(f"{name} should be a date. It is {_what(answer)}.")
    days = (pd.Timestamp(answer).tz_localize(None).normalize() - right.tz_localize(None).normalize()).days
    if days == 0:
        return Correct()
    distance = "one day" if abs(days) == 1 else "some days" if abs(days) < 32 else "more than a month"
    return NotYet(
        f"{name}, {pd.Timestamp(answer):%Y-%m-%d}, is {distance} too {'late' if days > 0 else 'early'}."
    )


def _compare_spans(answer: Any, right: pd.Timedelta, *, name: str) -> Outcome:
    if not isinstance(answer, dt.timedelta | np.timedelta64):
        return NotYet(f"{name} should be a length of time, a date minus a date. It is {_what(answer)}.")
    if pd.Timedelta(answer) == right:
        return Correct()
    return NotYet(f"{name} is too {'long' if pd.Timedelta(answer) > right else 'short'}.")


def _compare_sets(
    answer: Any, right: set[Any] | frozenset[Any], *, rtol: float, atol: float, name: str
) -> Outcome:
    kinds = (set, frozenset, list, tuple, range, KeysView, ValuesView, pd.Series, pd.Index, np.ndarray)
    if not isinstance(answer, kinds):
        return NotYet(f"{name} should be a set or a list. It is {_what(answer)}.")
    try:
        given = {_one_form(value) for value in answer}
    except TypeError:
        return NotYet(f"{name} holds lists or tables. It should hold single values such as ids.")
    wanted = {_one_form(value) for value in right}
    missing, extra = _without_close(wanted - given, given - wanted, rtol, atol)
    if not missing and not extra:
        return Correct()
    said = []
    if missing:
        said.append(f"{len(missing)} that should be there {_are(len(missing))} missing")
    if extra:
        example = _shown(sorted(extra, key=str)[0]).strip("`'")
        said.append(f"{len(extra)} should not be there, for example `{example}`")
    return NotYet(f"{name} has {_count(len(given), 'entry', 'entries')}: {' and '.join(said)}.")


def _without_close(
    missing: set[Any], extra: set[Any], rtol: float, atol: float
) -> tuple[list[Any], list[Any]]:
    """Both sets without the numbers that have a partner within the tolerance in the other one."""
    others = sorted((value for value in extra if _is_number(value)), key=_float)
    lacking = [value for value in missing if not _is_number(value)]
    for value in sorted((value for value in missing if _is_number(value)), key=_float):
        close = next(
            (o for o in others if math.isclose(_float(o), _float(value), rel_tol=rtol, abs_tol=atol)), None
        )
        if close is None:
            lacking.append(value)
        else:
            others.remove(close)
    return lacking, [*(value for value in extra if not _is_number(value)), *others]


def _compare_lists(
    answer: Any, right: list[Any], *, unit: str, rtol: float, atol: float, name: str
) -> Outcome:
    kinds = (list, tuple, range, KeysView, ValuesView, pd.Series, pd.Index, np.ndarray)
    if not isinstance(answer, kinds):
        return NotYet(f"{name} should be a list of {_count(len(right), 'value')}. It is {_what(answer)}.")
    given = list(answer)
    if len(given) != len(right):
        return NotYet(f"{name} has {_count(len(given), 'value')}; the question asks for {len(right)}.")
    for position, (value, wanted) in enumerate(zip(given, right, strict=True), 1):
        outcome = _compare(
            value, wanted, unit=unit, rtol=rtol, atol=atol, name=f"Value {position} of {name.lower()}"
        )
        if not isinstance(outcome, Correct):
            return outcome
    return Correct()


def _compare_dicts(
    answer: Any, right: Mapping[str, Any], *, unit: str, rtol: float, atol: float, name: str
) -> Outcome:
    if isinstance(answer, pd.Series):
        answer = answer.to_dict()
    if not isinstance(answer, Mapping):
        return NotYet(f"{name} should be a dictionary, `{{name: value}}`. It is {_what(answer)}.")
    answer = {_one_form(entry): value for entry, value in answer.items()}
    right = {_one_form(entry): value for entry, value in right.items()}
    if missing := [entry for entry in right if entry not in answer]:
        return NotYet(f"{name} has no entry {listed(missing)}.{nearest(missing[0], answer)}")
    if extra := [entry for entry in answer if entry not in right]:
        return NotYet(f"{name} has entries that do not belong there: {listed(extra)}.")
    for entry, wanted in right.items():
        outcome = _compare(
            answer[entry], wanted, unit=unit, rtol=rtol, atol=atol, name=f"The entry `{entry}`"
        )
        if not isinstance(outcome, Correct):
            return outcome
    return Correct()


def _compare_columns(answer: Any, right: pd.Series, *, rtol: float, atol: float, name: str) -> Outcome:
    if isinstance(answer, pd.DataFrame):
        if answer.shape[1] != 1:
            return NotYet(
                f"{name} is a table with columns {listed(answer.columns)}. Choose one column with `[...]`."
            )
        answer = answer.iloc[:, 0]
    if not isinstance(answer, pd.Series):
        return NotYet(
            f"{name} should be a column (a Series) with {_count(len(right), 'row')}. It is {_what(answer)}."
        )
    if len(answer) != len(right):
        return NotYet(
            f"{name} has {_count(len(answer), 'row')}; {len(right)} {_are(len(right))} expected. "
            "Did you filter or group as the question says?"
        )
    answer, right = answer.set_axis(_labels(answer.index)), right.set_axis(_labels(right.index))
    if answer.index.is_unique and right.index.is_unique:
        if set(answer.index) == set(right.index):
            answer = answer.loc[right.index]
        elif not isinstance(right.index, pd.RangeIndex) and not isinstance(answer.index, pd.RangeIndex):
            strange = next(label for label in answer.index if label not in right.index)
            return NotYet(
                f"The rows of {name.lower()} are labelled otherwise than expected, for example `{strange}`."
            )
    return _compare_values(answer, right, rtol=rtol, atol=atol, name=name)


def _compare_tables(
    answer: Any, right: Any, *, key: Any, ordered: bool, rtol: float, atol: float, name: str
) -> Outcome:
    if not isinstance(answer, pd.DataFrame):
        return NotYet(f"{name} should be a table (a DataFrame). It is {_what(answer)}.")
    keys = [key] if isinstance(key, str) else list(key or [])
    keys = [_one_form(name) for name in keys]
    given = _with_columns(_renamed(answer), keys)
    wanted = _with_columns(_renamed(right), keys)
    if missing := [column for column in [*keys, *wanted.columns] if column not in given.columns]:
        return NotYet(
            f"{name} has no column `{missing[0]}`.{nearest(missing[0], given.columns)} "
            f"It has {listed(given.columns)}."
        )
    if len(given) != len(wanted):
        return NotYet(
            f"{name} has {_count(len(given), 'row')}; {len(wanted)} {_are(len(wanted))} expected. "
            "Did you filter or group as the question says?"
        )
    if keys:
        given, wanted = given.set_index(keys), wanted.set_index(keys)
    same_labels = wanted.index.is_unique and set(given.index) == set(wanted.index)
    if keys and not same_labels:
        return NotYet(f"The rows of {name.lower()} are not the ones asked for: look at {listed(keys)}.")
    if ordered and same_labels and list(given.index) != list(wanted.index):
        return NotYet(f"{name} has the right rows in another order. Look at `sort_values`.")
    if same_labels:
        given = given.loc[wanted.index]
    for column in wanted.columns:
        outcome = _compare_values(
            given[column], wanted[column], rtol=rtol, atol=atol, name=f"Column `{column}`"
        )
        if not isinstance(outcome, Correct):
            return outcome
    return Correct()


def _compare_values(given: pd.Series, right: pd.Series, *, rtol: float, atol: float, name: str) -> Outcome:
    """Two columns of equal length, row by row in the order they have; missing equals only missing."""
    lost = given.isna().to_numpy() & ~right.isna().to_numpy()
    if lost.any():
        return NotYet(
            f"{name} is missing (NaN) in {_count(int(lost.sum()), 'row')} where a value is expected."
        )
    made = ~given.isna().to_numpy() & right.isna().to_numpy()
    if made.any():
        return NotYet(
            f"{name} has a value in {_count(int(made.sum()), 'row')} where it should stay missing, "
            f"for example in the row `{given.index[int(np.argmax(made))]}`."
        )
    there = ~right.isna().to_numpy()
    mine, theirs = _one_kind(given[there]), _one_kind(right[there])
    if not len(theirs):
        return Correct()
    if pd.api.types.is_numeric_dtype(theirs) and not pd.api.types.is_bool_dtype(theirs):
        if pd.api.types.is_bool_dtype(mine) or not pd.api.types.is_numeric_dtype(mine):
            other = next(value for value in mine if not _is_number(value))
            return NotYet(f"{name} should hold numbers. It holds {_what(other)}.")
        a, b = mine.to_numpy(dtype=float), theirs.to_numpy(dtype=float)
        unequal = ~np.isclose(a, b, rtol=rtol, atol=atol)
        if unequal.any():
            for factor, slip in _SLIPS.items():
                if np.allclose(a, b * factor, rtol=max(rtol, 1e-6), atol=0):
                    return NotYet(f"{name} is {slip}")
    else:
        unequal = np.array([not _same(a, b) for a, b in zip(mine, theirs, strict=True)], dtype=bool)
    if not unequal.any():
        return Correct()
    first = int(np.argmax(unequal))
    return NotYet(
        f"{name} differs in {int(unequal.sum())} of {_count(len(given), 'row')}. "
        f"Look at the row `{mine.index[first]}`, where you have {_shown(given[there].iloc[first])}."
    )


# --- helpers ------------------------------------------------------------------------------------------------------


def _known_mistake(answer: Any, mistakes: Mistakes, rtol: float, atol: float) -> Outcome | None:
    for wrong, feedback in _pairs(mistakes):
        # A wrong value that is missing, or a wrong formula that gave NaN, matches nothing.
        missing = (isinstance(wrong, float) and math.isnan(wrong)) or wrong is pd.NaT
        if not missing and isinstance(_compare(answer, wrong, rtol=rtol, atol=atol, name=""), Correct):
            return NotYet(feedback)
    return None


def _pairs(mistakes: Mistakes) -> Iterable[tuple[Any, str]]:
    return mistakes.items() if isinstance(mistakes, Mapping) else mistakes


def _agrees(
    wrong: Callable[..., Any], inputs: list[tuple[Any, ...]], given: list[Any], rtol: float, atol: float
) -> bool:
    results = [wrong(*copy.deepcopy(arguments)) for arguments in inputs]
    return all(
        isinstance(_compare(mine, other, rtol=rtol, atol=atol, name=""), Correct)
        for mine, other in zip(given, results, strict=True)
    )


def _renamed(table: pd.DataFrame) -> pd.DataFrame:
    """The table with the labels of rows and columns in one form, and texts in its columns too."""
    made = table.set_axis(_labels(table.columns), axis="columns").set_axis(_labels(table.index), axis="index")
    texts = [
        at for at, column in enumerate(made.columns) if not pd.api.types.is_numeric_dtype(made.iloc[:, at])
    ]
    for at in texts:
        made.isetitem(at, made.iloc[:, at].map(_one_form, na_action="ignore"))
    return made


def _with_columns(table: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """The table with those of its keys that stand in the index moved to columns."""
    return table.reset_index() if any(key in table.index.names for key in keys) else table


def _same(a: Any, b: Any) -> bool:
    a, b = _one_form(a), _one_form(b)
    return bool(isinstance(a, str) == isinstance(b, str) and a == b)


def _one_form(value: Any) -> Any:
    """A single value in the form in which equal values are equal: letters in NFC, days as timestamps."""
    if isinstance(value, str):
        return unicodedata.normalize("NFC", value)
    if isinstance(value, tuple):
        return tuple(_one_form(part) for part in value)
    if isinstance(value, dt.date | np.datetime64):
        return pd.Timestamp(value)
    return value


def _labels(index: pd.Index) -> pd.Index:
    """The labels of rows or columns in one form."""
    if isinstance(index, pd.RangeIndex | pd.MultiIndex) or pd.api.types.is_numeric_dtype(index):
        return index
    return pd.Index([_one_form(label) for label in index], name=index.name)


def _one_kind(column: pd.Series) -> pd.Series:
    """A column of objects or of categories as numbers or as days, where all of its values are."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        column = column.astype(object)
    if column.dtype != object or column.empty:
        return column
    if all(_is_number(value) for value in column):
        return column.map(_float).astype(float)
    if all(isinstance(value, dt.date | np.datetime64) for value in column):
        return column.map(pd.Timestamp)
    return column


def _is_number(value: Any) -> bool:
    return isinstance(value, numbers.Real | Decimal) and not isinstance(value, bool | np.bool_)


def _float(value: Any) -> float:
    """A number as a float; infinite when it is too large for one, NaN when it is none."""
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf
    except ValueError:
        return math.nan


def _is_infinite(value: Any) -> bool:
    return (
        value.is_infinite()
        if isinstance(value, Decimal)
        else isinstance(value, float | np.floating) and math.isinf(value)
    )


def _plain(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).split()).casefold()


def _count_words(text: str) -> int:
    """Words of a text; where a script has no spaces between words, four letters count as one."""
    letters = sum(unicodedata.name(letter, "").startswith(_UNSPACED) for letter in text)
    return max(len(text.split()), letters // 4)


def _not_a_number(answer: Any) -> str:
    if isinstance(answer, str):
        return f"The quotes around `{answer}` make it text. Remove the quotes, and write no unit or thousands comma."
    if isinstance(answer, tuple) and answer and all(isinstance(part, int) for part in answer):
        return "The comma makes it several numbers. Write 1,000 as `1000`, and use a point for decimals."
    if isinstance(answer, pd.Series | pd.Index | np.ndarray | list | tuple) and len(answer) == 1:
        return "It is one value inside a column or list. Take it out, for example with `.iloc[0]` or `[0]`."
    if isinstance(answer, pd.Series):
        return f"It is {_what(answer)}. Did you forget to add up, to count or to take a mean?"
    if isinstance(answer, dt.timedelta | np.timedelta64):
        return "It is a length of time. Take the days out of it with `.days`."
    return f"It is {_what(answer)}."


def _what(value: Any) -> str:
    """An answer's kind, as one would say it."""
    if value is None:
        return "`None`, that is, nothing; `print(...)` and methods that change a table in place give nothing back"
    if isinstance(value, pd.DataFrame):
        return f"a table with {_count(len(value), 'row')} and {_count(value.shape[1], 'column')}"
    if isinstance(value, pd.Series):
        return f"a column with {_count(len(value), 'row')}"
    if isinstance(value, bool | np.bool_):
        return f"`{bool(value)}`"
    if isinstance(value, str):
        return f"the text `{value if len(value) <= 40 else value[:37] + '...'}`"
    if isinstance(value, numbers.Real | Decimal):
        shown = _shown(value)
        return shown if shown.startswith("a number") else f"the number `{shown}`"
    if isinstance(value, dt.date | np.datetime64):
        return "a date"
    if isinstance(value, dt.timedelta | np.timedelta64):
        return "a length of time"
    if isinstance(value, list | tuple | set | frozenset | pd.Index | np.ndarray):
        kind = {"ndarray": "array"}.get(type(value).__name__, type(value).__name__.lower())
        return f"{'an' if kind[0] in 'aeiou' else 'a'} {kind} with {_count(len(value), 'value')}"
    if isinstance(value, Mapping):
        return f"a dictionary with {_count(len(value), 'entry', 'entries')}"
    if callable(value):
        return "a function that was not called: put round brackets after its name"
    return f"of the type `{type(value).__name__}`"


def _shown(value: Any) -> str:
    """A value in backticks, short enough for a message."""
    if isinstance(value, tuple):
        return ", ".join(_shown(part) for part in value) or "no arguments"
    if isinstance(value, pd.DataFrame | pd.Series):
        return _what(value)
    if isinstance(value, numbers.Real) and not isinstance(value, bool | np.bool_):
        if math.isinf(_float(value)) and not _is_infinite(value):
            return "a number with more than 300 digits"
        return f"{value:,.6g}" if isinstance(value, float | np.floating) else f"{value:,}"
    text = repr(value)
    return f"`{text if len(text) <= 60 else text[:57] + '...'}`"


def _count(n: int, one: str, many: str | None = None) -> str:
    return f"{n:,} {one if n == 1 else many or one + 's'}"


def _are(n: int) -> str:
    return "is" if n == 1 else "are"
