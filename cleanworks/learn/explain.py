"""An error in plain words: what Python met, and what to try."""

from __future__ import annotations

import difflib
import re
import traceback
from collections.abc import Callable, Iterable, Mapping
from types import TracebackType
from typing import Any

import pandas as pd

LISTED = 12
"""How many columns or names a message lists before it stops."""


def explain(error: BaseException, namespace: Mapping[str, Any] | None = None) -> str:
    """Say in one or two sentences what went wrong and what to try.

    Parameters
    ----------
    error : BaseException
        As it was raised; its traceback tells the table that a missing column was asked of, and the line.
    namespace : mapping, optional
        The learner's variables; used to suggest a name that is spelt nearly the same.
    """
    for kind, words in _WORDS.items():
        if isinstance(error, kind):
            said = words(error, namespace or {})
            break
    else:
        said = f"{type(error).__name__}: {_first_line(error)}"
    line = _line(error, namespace)
    return f"{said} (Line {line} of that cell.)" if line else said


def listed(names: Iterable[Any]) -> str:
    """Names in backticks, at most twelve of them."""
    names = [str(name) for name in names]
    shown = ", ".join(f"`{name}`" for name in names[:LISTED])
    return f"{shown} and {len(names) - LISTED} more" if len(names) > LISTED else shown


def nearest(name: Any, names: Iterable[Any]) -> str:
    """' Did you mean `x`?' when one of the names is spelt nearly like this one, otherwise nothing."""
    close = difflib.get_close_matches(str(name), [str(other) for other in names], n=1, cutoff=0.6)
    return f" Did you mean `{close[0]}`?" if close else ""


def _name_error(error: NameError, namespace: Mapping[str, Any]) -> str:
    name = error.name or "".join(re.findall(r"'(\w+)'", str(error))[:1])
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
    inside = frames[-1].f_locals if frames else {}
    known = [other for other in {**namespace, **inside} if not other.startswith("_")]
    return (
        f"Python knows no `{name}`.{nearest(name, known)} "
        "Check the spelling, put text in quotes, and run the cells above first."
    )


def _key_error(error: KeyError, namespace: Mapping[str, Any]) -> str:
    key = error.args[0] if error.args else ""
    table = _table_of(error.__traceback__)
    if table is None:
        return f"There is no entry {key!r}. Print the keys to see what there is."
    if (isinstance(key, str) and key.startswith("[")) or not isinstance(key, str | int | float):
        return (
            f"At least one of these columns does not exist: {key}. The columns are {listed(table.columns)}."
        )
    hint = nearest(key, table.columns)
    return f"The table has no column `{key}`.{hint} Its columns are {listed(table.columns)}."


def _type_error(error: TypeError, namespace: Mapping[str, Any]) -> str:
    text = str(error)
    if "ellipsis" in text.lower():
        return "A placeholder `...` is still in your code. Replace it with your own expression."
    if "NoneType" in text:
        return (
            "One of the values is `None`, that is, nothing. Often a variable was set to the result of `print(...)`, "
            "or of a method that changes its table and gives nothing back."
        )
    mixes_text = "concatenate str" in text or ("unsupported operand" in text and "'str'" in text)
    if mixes_text or ("not supported between" in text and "'str'" in text):
        return (
            "You are mixing text and a number. A number in quotes is text: remove the quotes, or turn the text "
            "into a number with `float(...)`."
        )
    if "not callable" in text:
        return "Something that is not a function is followed by round brackets. Look for a missing operator or comma."
    if "not subscriptable" in text:
        return "Square brackets follow something that has no entries. Did you mean round brackets?"
    if "argument" in text:
        return f"A function was called with arguments that do not fit: {_first_line(error)}."
    return f"Two kinds of value do not go together: {_first_line(error)}."


def _syntax_error(error: SyntaxError, namespace: Mapping[str, Any]) -> str:
    code = f" Python stopped at `{error.text.strip()}`." if error.text and error.text.strip() else ""
    what = str(error.msg)
    what += "" if what.endswith("?") else "."  # "invalid syntax. Perhaps you forgot a comma?"
    return (
        f"Python could not read the code: {what}{code} "
        "Look for a missing bracket, quote, comma or colon there or on the line above."
    )


def _indentation_error(error: IndentationError, namespace: Mapping[str, Any]) -> str:
    return (
        "The spaces at the start of a line do not fit. Lines that belong together start at the same column."
    )


def _zero_division(error: ZeroDivisionError, namespace: Mapping[str, Any]) -> str:
    return "You divided by zero. Ask what the result should be when there is nothing to divide by."


def _attribute_error(error: AttributeError, namespace: Mapping[str, Any]) -> str:
    if "no attribute" not in str(error):
        # The attribute is there and refuses: `.str` of a column of numbers.
        return f"A value does not fit: {_first_line(error)}"
    owner = error.obj
    what = "table" if isinstance(owner, pd.DataFrame) else "column" if isinstance(owner, pd.Series) else ""
    what = f"A {what}" if what else f"A value of type `{type(owner).__name__}`"
    close = nearest(error.name, dir(owner)) if error.name else ""
    columns = f" Its columns are {listed(owner.columns)}." if isinstance(owner, pd.DataFrame) else ""
    return f"{what} has no `{error.name}`.{close}{columns}"


def _value_error(error: ValueError, namespace: Mapping[str, Any]) -> str:
    text = str(error)
    if "truth value" in text:
        return (
            "A whole column stands where one True or False is needed. "
            "Join conditions with `&` or `|` and put each of them in brackets."
        )
    if "could not convert string" in text or "invalid literal" in text:
        return f"A text is not a number: {_first_line(error)}."
    return f"A value does not fit: {_first_line(error)}"


def _index_error(error: IndexError, namespace: Mapping[str, Any]) -> str:
    return "You asked for a position that does not exist. Counting starts at 0, so the last of n is n - 1."


def _no_module(error: ModuleNotFoundError, namespace: Mapping[str, Any]) -> str:
    return f"The library `{error.name}` is not installed, or its name is misspelt."


def _no_file(error: FileNotFoundError, namespace: Mapping[str, Any]) -> str:
    return f"There is no file `{error.filename}`."


def _recursion(error: RecursionError, namespace: Mapping[str, Any]) -> str:
    return "A function calls itself without end."


# The order matters: a subclass stands before its parent.
_WORDS: dict[type[BaseException], Callable[[Any, Mapping[str, Any]], str]] = {
    NameError: _name_error,
    KeyError: _key_error,
    IndexError: _index_error,
    IndentationError: _indentation_error,
    SyntaxError: _syntax_error,
    ZeroDivisionError: _zero_division,
    AttributeError: _attribute_error,
    TypeError: _type_error,
    ModuleNotFoundError: _no_module,
    FileNotFoundError: _no_file,
    RecursionError: _recursion,
    ValueError: _value_error,
}


def _first_line(error: BaseException) -> str:
    """The first line of the message without its full stop, shortened."""
    text = (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(". ")
    return text if len(text) <= 200 else text[:197] + "..."


def _table_of(trace: TracebackType | None) -> pd.DataFrame | None:
    """The innermost table whose own method was running when the error came."""
    found = None
    for frame, _ in traceback.walk_tb(trace):
        holder = frame.f_locals.get("self")
        holder = holder if isinstance(holder, pd.DataFrame) else getattr(holder, "obj", None)
        if isinstance(holder, pd.DataFrame):
            found = holder
    return found


def _line(error: BaseException, namespace: Mapping[str, Any] | None) -> int | None:
    """The line in the learner's own cell, if the error passed through one."""
    if isinstance(error, SyntaxError):
        return error.lineno
    lines = [line for frame, line in traceback.walk_tb(error.__traceback__) if frame.f_globals is namespace]
    return lines[-1] if lines else None
