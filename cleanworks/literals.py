"""The texts that a Python source writes out: names of tables and columns that it speaks of."""

from __future__ import annotations

import ast


def texts_in(code: str) -> set[str]:
    """Every text in a source; none where it is no Python."""
    try:
        tree = ast.parse(code)
    except SyntaxError:
        return set()
    return {
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
