"""Parameters of which `make test` takes a few, and `make test-everything` the others."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

import pytest


def few(values: Iterable[Any], kept: Collection[Any]) -> list[Any]:
    """The values as parameters of a test: those that are kept for `make test`, the others marked `everything`.

    >>> [len(one.marks) if hasattr(one, "marks") else 0 for one in few(["a", "b", "c"], ["b"])]
    [1, 0, 1]
    """
    values = list(values)
    missing = [one for one in kept if one not in values]
    if missing:
        raise ValueError(f"not among the values: {missing}")
    return [
        one
        if one in kept
        else pytest.param(*(one if isinstance(one, tuple) else (one,)), marks=pytest.mark.everything)
        for one in values
    ]
