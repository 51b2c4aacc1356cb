"""Tables that a code cell showed, so that everybody can read them.

pandas writes tables for a notebook's screen: its own style sheet inside each, corner cells that are headings of
nothing, heading cells that do not say of what. A page needs none of it, and wants numbers under their headings.
"""

from __future__ import annotations

import re
from typing import Any

from bs4 import BeautifulSoup, Tag
from docutils import nodes
from sphinx.transforms.post_transforms import SphinxPostTransform

# With the code of a currency in front, as `money` writes it, and a unit behind.
_NUMBER = re.compile(
    r"^[-+−]?(?:[A-Z]{3}[ \u00a0])?[\d,. \u00a0]*\d(?:[eE][-+]?\d+)?\s*(?:%|m|bn|tn)?$|^[nN]a[nN]$|^inf$"
)
_LONG = 28  # letters; a longer text may be broken into lines

# Scripts are not markup, even where they speak of tables.
_SCRIPT = re.compile(r"(<script\b.*?</script>)", re.DOTALL | re.IGNORECASE)
_ARRIVING = re.compile(r"<(table|footer)(?=[\s>])|</(?:table|footer)>")


class TidyTables(SphinxPostTransform):
    """Runs when it is settled which form of an output the page shows."""

    default_priority = 300
    formats = ("html",)

    def run(self, **kwargs: Any) -> None:
        for raw in self.document.findall(nodes.raw):
            text = raw.astext()
            if raw.get("format") == "html" and 'class="dataframe' in text:
                raw.children = [nodes.Text(tidy(text))]


def tidy(html: str) -> str:
    """The HTML of pandas tables, with headings that say whether they head a column or a row."""
    soup = BeautifulSoup(html, "html.parser")
    for style in soup.find_all("style"):
        style.decompose()
    for table in soup.select("table.dataframe"):
        del table["border"]
        _one_heading_row(table)
        _headings(table)
        _numbers(table)
    return str(soup)


def arriving_whole(page: str) -> str:
    """The HTML of a page whose tables show when their last row has come, and not before.

    A browser finds the widths of columns from the rows it has read. On a busy machine it draws a table that is half read, and
    draws it anew with every further row, so that what one reads moves; a footer at the bottom of a short page grows upwards. The
    style sheet hides what has ``data-arrives`` until the mark that follows it is there; tables that a script makes have neither.

    Examples
    --------
    >>> arriving_whole("<p>Rain</p><table><tr><td>3</td></tr></table>")
    '<p>Rain</p><table data-arrives><tr><td>3</td></tr></table><span class=cw-arrived hidden></span>'
    """
    parts = _SCRIPT.split(page)
    parts[::2] = [_ARRIVING.sub(_marked, part) for part in parts[::2]]
    return "".join(parts)


def _marked(tag: re.Match[str]) -> str:
    return f"{tag[0]} data-arrives" if tag[1] else f"{tag[0]}<span class=cw-arrived hidden></span>"


def _one_heading_row(table: Tag) -> None:
    """pandas writes the names of the index into a row of their own, with nothing else in it."""
    rows = table.select("thead tr")
    if len(rows) != 2:
        return
    upper, lower = (row.find_all("th") for row in rows)
    names = [cell.get_text(strip=True) for cell in lower]
    filled = [place for place, name in enumerate(names) if name]
    if len(upper) != len(lower) or any(upper[place].get_text(strip=True) for place in filled):
        return
    for place in filled:
        upper[place].string = names[place]
    rows[1].decompose()


def _headings(table: Tag) -> None:
    for row in table.find_all("tr"):
        del row["style"]
        for cell in row.find_all("th"):
            del cell["valign"]
            if not cell.get_text(strip=True):
                cell.name = "td"
            elif cell.find_parent("thead"):
                cell["scope"] = "col"
            else:
                cell["scope"] = "rowgroup" if cell.get("rowspan") else "row"


def _numbers(table: Tag) -> None:
    """Numbers and their headings to the right; long texts may wrap."""
    rows = [row.find_all("td") for row in table.select("tbody tr")]
    width = min((len(row) for row in rows), default=0)
    headings = [row.find_all(["th", "td"])[-width:] for row in table.select("thead tr")] if width else []
    # Counted from the right: a row's headings may span several rows, its values never do.
    for place in range(1, width + 1):
        column = [row[-place] for row in rows]
        texts = [cell.get_text(strip=True) for cell in column]
        numeric = any(texts) and all(_NUMBER.match(text) for text in texts if text)
        heads = [row[-place] for row in headings if len(row) >= place and not row[-place].get("colspan")]
        for cell in [*column, *heads] if numeric else []:
            cell["class"] = "cw-number"
        for cell, text in zip(column, texts, strict=True):
            if len(text) > _LONG:
                cell["class"] = "cw-long"
