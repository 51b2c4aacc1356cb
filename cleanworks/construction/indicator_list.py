"""What the book shows of this room: the indicators and the published figures, for the directive `report`."""

from __future__ import annotations

from cleanworks.construction import flags, published
from cleanworks.published_figures import described


def indicators(course: object = None) -> tuple[list[str], list[list[str]]]:
    """Every red flag with its formula, what it needs, its source and its innocent explanations: (headings, rows)."""
    rows = []
    for code, flag in flags.reference().iterrows():
        source = " ".join(f"{{cite}}`{key}`" for key in flag["source"].split("; ") if key) or "(our own)"
        rows.append(
            [
                f"**{flag['name']}** `{code}` {source}. {flag['definition']}",
                f"`{flag['formula']}` Unit: {flag['unit']}.",
                ", ".join(f"`{name}`" for name in flag["needs"].split("; ") if name),
                flag["innocent"].replace(".;", "."),
            ]
        )
    return ["indicator", "formula and unit", "needs", "innocent explanations"], rows


def figures(course: object = None) -> tuple[list[str], list[list[str]]]:
    """The tables of published figures: (headings, rows)."""
    return described(published)
