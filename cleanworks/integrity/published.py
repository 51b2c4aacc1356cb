"""Published results of integrity assessments, each figure with its source and a mark of confidence.

The figures live in ``data/*.csv`` beside this module; ``data/README.md`` is their dictionary.
"""

from __future__ import annotations

from pathlib import Path

from cleanworks.published_figures import COLUMNS, PublishedFigures

__all__ = ["COLUMNS", "MARKS", "catalogue", "series", "table", "value"]

MARKS = {
    "V": "verified in a source",
    "D": "derived by us from published figures",
    "U": "uncertain",
    "T": "textbook formula",
}

_figures = PublishedFigures(Path(__file__).parent / "data")
catalogue = _figures.catalogue
table = _figures.table
series = _figures.series
value = _figures.value
