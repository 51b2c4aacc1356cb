"""A few published numbers as bars: a table that shows its numbers as lengths too, so that it needs no other text."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape


@dataclass(frozen=True)
class Bars:
    """What a report gives for a chart: pairs of label and value in one unit, and a caption in Markdown (with citations)."""

    title: str
    unit: str
    rows: tuple[tuple[str, float], ...]
    caption: str

    def html(self) -> str:
        """The chart as a table; the longest bar takes the width of its column."""
        longest = max(value for _, value in self.rows) or 1
        lines = "".join(
            f'<tr><th scope="row">{escape(label)}</th><td class="cw-value">{value:,.10g}</td>'
            f'<td class="cw-length"><span style="width:{100 * value / longest:.1f}%"></span></td></tr>'
            for label, value in self.rows
        )
        return (
            f'<table class="cw-chart"><caption>{escape(self.title)} <small>{escape(self.unit)}</small></caption>'
            f"<tbody>{lines}</tbody></table>"
        )
