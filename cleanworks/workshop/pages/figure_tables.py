"""The data of a figure under the figure, folded: a table, and the same numbers as a file."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from cleanworks import words
from cleanworks.written import csv_text

if TYPE_CHECKING:
    from nbformat import NotebookNode

MIME = "application/vnd.cleanworks.figure-data+json"


def add_tables(notebook: NotebookNode, language: str) -> None:
    """Put the table of each figure after the figure; the notebook keeps no other form of these data."""
    # A page that draws its own figures has no nbformat.
    from nbformat import NotebookNode
    from nbformat.v4 import new_output

    for cell in notebook.cells:
        if cell.cell_type != "code":
            continue
        outputs = []
        for output in cell.outputs:
            outputs.append(output)
            content = output.get("data", {}).get(MIME)
            if content:
                output["data"] = NotebookNode({k: v for k, v in output["data"].items() if k != MIME})
                outputs.append(new_output("display_data", data={"text/html": fold(content, language)}))
        cell.outputs = outputs


def fold(content: Mapping[str, Any], language: str) -> str:
    """The HTML of a figure's tables: a fold, whose table scrolls by itself and can be scrolled with the keyboard."""
    tables = "\n".join(_table(table, language) for table in content["tables"])
    name = escape(words.say("Data of this figure", language))
    return f'<details class="cw-fold cw-figure-data"><summary>{name}</summary><div class="cw-inside">\n{tables}\n</div></details>'


def _table(table: Mapping[str, Any], language: str) -> str:
    title = escape(table["title"], quote=True)
    head = "".join(f'<th scope="col">{escape(heading)}</th>' for heading in table["headings"])
    body = "\n".join(_row(row) for row in table["rows"])
    shown, total = len(table["rows"]), table["total"]
    note = words.say(f"The first {shown:,} of {total:,} rows.", language) if total > shown else ""
    address = quote(_csv(table), safe="/:;,()!*'~")
    return (
        f'<div class="cw-figure-table" role="group" tabindex="0" aria-label="{title}"><table><caption>{title}</caption>'
        f"<thead><tr>{head}</tr></thead>\n<tbody>{body}</tbody></table></div>"
        f'<p>{escape(note)} <a class="cw-csv" download="figure-data.csv" href="data:text/csv;charset=utf-8,'
        f'{escape(address, quote=True)}">{escape(words.say("Save as CSV", language))}</a></p>'
    )


def _row(row: list[Any]) -> str:
    first, *others = (_shown(cell) for cell in row)
    cells = "".join(f"<td>{text}</td>" for text in others)
    # A row whose first value is missing has no heading.
    return f'<tr><th scope="row">{first}</th>{cells}</tr>' if first else f"<tr><td></td>{cells}</tr>"


def _shown(cell: Any) -> str:
    if cell is None:
        return ""
    if isinstance(cell, str):
        return escape(cell)
    return f"{cell:,}" if abs(cell) >= 10_000 else str(cell)


def _csv(table: Mapping[str, Any]) -> str:
    return csv_text([table["headings"], *table["rows"]])
