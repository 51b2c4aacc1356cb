"""Which words of Python a lesson uses, and which of them a reader has met before.

A word is what somebody who knows spreadsheets has to learn: a keyword (`for`), a function of Python (`len`) or a method of
tables and texts (`groupby`). Names that a lesson or the course's own package makes are no words of Python. Only code that a page
shows counts; what is folded need not be read.
"""

from __future__ import annotations

import ast
import builtins
import functools
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from cleanworks import toml
from cleanworks.workshop.code import parsed
from cleanworks.workshop.metadata import ROLES
from cleanworks.workshop.notebook import Notebook

FOLDED = frozenset(["hide-input", "hide-cell", "remove-input", "remove-cell"])
"""Tags of cells whose code a page does not show until somebody asks for it."""

_INLINE = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
_NODES: dict[type[ast.AST], str] = {
    ast.For: "for",
    ast.While: "while",
    ast.If: "if",
    ast.IfExp: "if",
    ast.FunctionDef: "def",
    ast.Lambda: "lambda",
    ast.Try: "try",
    ast.With: "with",
    ast.ListComp: "for",
    ast.SetComp: "for",
    ast.DictComp: "for",
    ast.GeneratorExp: "for",
    ast.JoinedStr: 'f"..."',
    ast.Dict: "{...: ...}",
    ast.Invert: "~",
    ast.BitAnd: "&",
}


_ACCESSORS = frozenset(["T", "at", "columns", "dt", "iat", "iloc", "index", "loc", "str"])
"""What tables and columns offer without being called."""


@functools.cache
def vocabulary() -> frozenset[str]:
    """The methods that tables, columns and texts have."""
    import pandas as pd

    kinds = (pd.DataFrame, pd.Series, pd.core.groupby.DataFrameGroupBy, str, list, dict, set)
    return frozenset(name for kind in kinds for name in dir(kind) if not name.startswith("_"))


def used(notebook: Notebook) -> list[str]:
    """The words of the code that a page of this lesson shows, in the order in which they come."""
    found: dict[str, None] = {}
    modules = {name for cell in notebook.cells if cell.is_code for name in _imported(cell.source)}
    for cell in notebook.cells:
        if not cell.is_code or cell.tags & FOLDED or cell.tags & (set(ROLES) - {"pitfall"}):
            continue
        tree = parsed(cell.source)
        if tree is not None:
            found.update(dict.fromkeys(_words(tree, modules)))
    return list(found)


def _imported(source: str) -> set[str]:
    """The names that a cell imports; what is called through them is the course's own, or a library's."""
    tree = parsed(source)
    if tree is None:
        return set()
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]
    return {(alias.asname or alias.name).partition(".")[0] for node in imports for alias in node.names}


def _words(tree: ast.AST, modules: set[str]) -> Iterator[str]:
    called = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    placed = [node for node in ast.walk(tree) if isinstance(node, ast.stmt | ast.expr)]
    for node in sorted(placed, key=lambda node: (node.lineno, node.col_offset)):
        if type(node) in _NODES:
            yield _NODES[type(node)]
        if isinstance(node, ast.UnaryOp | ast.BinOp) and type(node.op) in _NODES:
            yield _NODES[type(node.op)]
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and hasattr(builtins, node.func.id):
            yield node.func.id
        if isinstance(node, ast.Attribute):
            of_module = isinstance(node.value, ast.Name) and node.value.id in modules
            is_word = node.attr in _ACCESSORS or (id(node) in called and node.attr in vocabulary())
            if is_word and not of_module:
                yield node.attr


def explained(notebook: Notebook) -> set[str]:
    """The words that the lesson's text names in code type, where it says what they do."""
    names: set[str] = set()
    for cell in notebook.cells:
        if cell.is_markdown:
            for inline in _INLINE.findall(cell.source):
                names.update(re.findall(r"\w+", inline))
                names.update(sign for sign in ("~", "&", 'f"', "{") if sign in inline)
    signs = {'f"': 'f"..."', "{": "{...: ...}"}
    return {signs.get(name, name) for name in names}


def meanings(path: Path) -> dict[str, str]:
    """What each word does, in one sentence, from a TOML file of `word = "sentence"`.

    Raises
    ------
    InputError
        The file is missing or is no TOML.
    """
    return {str(word): str(text) for word, text in toml.read(path, "The list of Python's words").items()}


def new(notebook: Notebook, before: Iterable[Notebook]) -> list[str]:
    """The words of a lesson that none of the lessons before it uses or explains."""
    met = {word for lesson in before for word in [*used(lesson), *explained(lesson)]}
    return [word for word in used(notebook) if word not in met]
