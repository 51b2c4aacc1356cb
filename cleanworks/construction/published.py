"""Published figures about public construction, each with its source and a mark of confidence.

The figures live in ``data/*.csv`` beside this module; ``data/README.md`` is their dictionary.
"""

from __future__ import annotations

from pathlib import Path

from cleanworks.published_figures import COLUMNS, PublishedFigures

__all__ = ["COLUMNS", "MARKS", "catalogue", "series", "table", "value"]

MARKS = {
    "A": "primary source: the text of a law, a standard, a page of the United Nations or of the city",
    "B": "press report, mostly of an official release",
    "C": "secondary source: treat with care",
    "D": "derived by us from published figures",
}

_figures = PublishedFigures(Path(__file__).parent / "data")
catalogue = _figures.catalogue
table = _figures.table
series = _figures.series
value = _figures.value
