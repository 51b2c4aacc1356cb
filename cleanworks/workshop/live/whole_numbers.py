"""Whole numbers in the page are as wide as anywhere else, and its tables are as wide as those of the book.

Python in the page is a 32-bit machine: there `numpy.array([80_000_000]) * 40` would be -1094967296, and nothing would say
so. This module makes what a learner's cell makes of whole numbers 64 bits wide, as on a laptop, and lets the three places
that want the machine's own width take wide numbers. It does nothing to the code of libraries, which count on that width.

The page imports it as `cwguard`; it needs nothing of the project.
"""

from __future__ import annotations

import ast
import functools
import importlib.util
import sys
from collections.abc import Callable
from typing import Any

CELL = "<cell "
"""How the name of a cell's code begins."""

_MAKE = (
    "arange", "array", "asarray", "atleast_1d", "bincount", "column_stack", "concatenate", "diff", "empty", "eye", "fromiter",
    "full", "full_like", "histogram", "identity", "ones", "ones_like", "tile", "unique", "where", "zeros", "zeros_like",
)  # fmt: skip
"""Functions of numpy whose whole numbers have the machine's width unless one says otherwise."""

_ADD = ("cumprod", "cumsum", "prod", "sum")
"""Those that add narrow numbers up in the machine's width."""


def install() -> None:
    """Guard numpy, pandas and matplotlib: now if they are loaded, else when they are."""
    import numpy as np

    if np.dtype(np.intp).itemsize >= 8 or hasattr(np.array, "guarded"):
        return
    _after("numpy", _widen_numpy)
    _after("pandas", _widen_pandas)
    _after("pandas", _show_as_the_book)
    _after("matplotlib.axes", _widen_bars)


def mended(tree: ast.Module) -> ast.Module:
    """A cell's code in which `int` as a type of numbers in a table means 64 bits: `.astype(int)`, `dtype=int`."""
    return ast.fix_missing_locations(_Wide().visit(tree))


class _Wide(ast.NodeTransformer):
    def visit_Call(self, node: ast.Call) -> ast.Call:
        self.generic_visit(node)
        if isinstance(node.func, ast.Attribute) and node.func.attr == "astype" and node.args:
            node.args[0] = _wide(node.args[0])
        for keyword in node.keywords:
            if keyword.arg == "dtype":
                keyword.value = _wide(keyword.value)
        return node


def _wide(node: ast.expr) -> ast.expr:
    named = (isinstance(node, ast.Name) and node.id == "int") or (
        isinstance(node, ast.Constant) and node.value in ("int", "i")
    )
    numpys = isinstance(node, ast.Attribute) and node.attr == "int_"
    return ast.copy_location(ast.Constant("int64"), node) if named or numpys else node


# --- numpy --------------------------------------------------------------------------------------------------------


def _widen_numpy() -> None:
    import numpy as np

    def widened(made: Any, asked: Any) -> Any:
        if isinstance(made, tuple):
            return tuple(widened(part, asked) for part in made)
        if getattr(made, "dtype", None) == np.intp and asked in (None, int):
            return made.astype(np.int64)
        return made

    def guarded(function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def wide(*values: Any, **options: Any) -> Any:
            made = function(*values, **options)
            if not sys._getframe(1).f_code.co_filename.startswith(CELL):
                return made
            if function.__name__ == "where" and len(values) < 3:
                return made  # places, which have the machine's width
            # Who asks for a narrow array gets one.
            return made if options.get("out") is not None else widened(made, options.get("dtype"))

        vars(wide)["guarded"] = True
        return wide

    def guarded_sum(function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def wide(a: Any, *values: Any, **options: Any) -> Any:
            kind = getattr(getattr(a, "dtype", None), "kind", "i")
            if (
                sys._getframe(1).f_code.co_filename.startswith(CELL)
                and kind in "ib"
                and not values
                and "dtype" not in options
            ):
                numbers = np.asarray(a)
                if numbers.dtype.kind in "ib":
                    return function(numbers, dtype=np.int64, **options)
            return function(a, *values, **options)

        return wide

    def narrowed(values: Any) -> Any:
        array = np.asarray(values)
        if array.dtype.kind not in "iu" or array.dtype.itemsize <= np.dtype(np.intp).itemsize:
            return values
        limits = np.iinfo(np.intp)
        fits = array.size == 0 or (array.min() >= limits.min and array.max() <= limits.max)
        return array.astype(np.intp) if fits else values

    repeat, bincount = np.repeat, np.bincount
    np.repeat = functools.wraps(repeat)(lambda a, repeats, axis=None: repeat(a, narrowed(repeats), axis))
    counted = functools.wraps(bincount)(
        lambda x, /, weights=None, minlength=0: bincount(narrowed(x), weights, minlength)
    )
    np.bincount = counted

    for names, guard in ((_MAKE, guarded), (_ADD, guarded_sum)):
        for name in names:
            setattr(np, name, guard(getattr(np, name)))


# --- pandas -------------------------------------------------------------------------------------------------------


def _widen_pandas() -> None:
    """`Series.astype(int)` is 64 bits wide whoever calls it: tables are where money stands."""
    import pandas as pd

    for kind in (pd.Series, pd.DataFrame, pd.Index):
        _widen_astype(kind)


def _show_as_the_book() -> None:
    """A notebook shows 20 columns; where pandas is loaded before there is a shell, it takes the page for a terminal."""
    import pandas as pd

    pd.set_option("display.max_columns", 20)


def _widen_astype(kind: Any) -> None:
    original = kind.astype

    @functools.wraps(original)
    def astype(self: Any, dtype: Any, *values: Any, **options: Any) -> Any:
        if isinstance(dtype, dict):
            dtype = {column: _of_64_bits(one) for column, one in dtype.items()}
        return original(self, _of_64_bits(dtype), *values, **options)

    kind.astype = astype


def _of_64_bits(dtype: Any) -> Any:
    return "int64" if dtype is int or (isinstance(dtype, str) and dtype == "int") else dtype


# --- matplotlib ---------------------------------------------------------------------------------------------------


def _widen_bars() -> None:
    """Bars of amounts above two thousand million: matplotlib 3.8 counts them in the machine's width and stops."""
    from matplotlib.axes import Axes

    original = Axes._convert_dx  # type: ignore[attr-defined]  # private, and not in its types

    def convert(dx: Any, x0: Any, xconv: Any, convert: Any) -> Any:
        x0 = [_as_float(value) for value in x0] if isinstance(x0, list | tuple) else _as_float(x0)
        return original(dx, x0, _as_float(xconv), convert)

    Axes._convert_dx = staticmethod(convert)  # type: ignore[attr-defined]


def _as_float(values: Any) -> Any:
    """Whole numbers of numpy as floats, anything else as it is."""
    return (
        values.astype(float) if getattr(getattr(values, "dtype", None), "kind", "") in ("i", "u") else values
    )


# --- when a library arrives ---------------------------------------------------------------------------------------


def _after(name: str, change: Callable[[], None]) -> None:
    if name in sys.modules:
        change()
    else:
        sys.meta_path.insert(0, _Arrival(name, change))


class _Arrival:
    """Looks out for the first import of one module, and changes it as soon as it is loaded."""

    def __init__(self, name: str, change: Callable[[], None]):
        self.name, self.change = name, change

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        if name != self.name:
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(name)
        if spec is None or spec.loader is None:
            return spec
        load = spec.loader.exec_module

        def exec_module(module: Any) -> None:
            load(module)
            self.change()

        vars(spec.loader)["exec_module"] = exec_module
        return spec
