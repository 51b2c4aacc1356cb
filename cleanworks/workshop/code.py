"""The code of cells as plain Python: what IPython adds (`%magic`, `!command`, `name?`) turned into calls, as IPython turns it."""

from __future__ import annotations

import ast
import functools
import re


def plain_python(source: str) -> str:
    """A cell as Python that `ast` can read, line by line where IPython's own lines allow it.

    A cell that begins with ``%%time`` or the like keeps its body; one whose body is another language (``%%bash``) becomes ``pass``.

    Examples
    --------
    >>> plain_python("files = !ls")
    "files = get_ipython().getoutput('ls')\\n"
    """
    if _reads(source) or not re.search(r"[%!?]", source):
        return source
    if source.lstrip().startswith("%%"):
        _, _, body = source.partition("\n")
        body = plain_python(body)
        return "\n" + body if _reads(body) else "pass"
    # IPython takes a third of a second to load, and few cells need it.
    from IPython.core.inputtransformer2 import TransformerManager

    try:
        return TransformerManager().transform_cell(source)
    except SyntaxError:
        return source


@functools.lru_cache(maxsize=4096)
def parsed(source: str) -> ast.Module | None:
    """A cell as a syntax tree, or None where Python cannot read it. Many rules look at one tree; none may change it."""
    try:
        return ast.parse(plain_python(source))
    except (SyntaxError, ValueError):
        return None


def _reads(source: str) -> bool:
    try:
        ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True
