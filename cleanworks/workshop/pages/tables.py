"""Tables that a code cell showed, so that everybody can read them.

pandas writes tables for a notebook's screen: its own style sheet inside each, corner cells that are headings of
nothing, heading cells that do not say of what. A book needs none of it.
"""

from __future__ import annotations

import re
from typing import Any

from docutils import nodes
from sphinx.transforms.post_transforms import SphinxPostTransform

_STYLE = re.compile(r"<style scoped>.*?</style>\s*", re.DOTALL)
_EMPTY = re.compile(r"<th([^>]*)></th>")
_HEADING = re.compile(r"<th(?![^>]*\bscope=)(?=[\s>])")


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
    """The HTML of a pandas table with the headings of columns and rows marked as such."""
    html = _EMPTY.sub(r"<td\1></td>", _STYLE.sub("", html))
    html = html.replace(' border="1"', "")
    head, end, body = html.partition("</thead>")
    return _HEADING.sub('<th scope="col"', head) + end + _HEADING.sub('<th scope="row"', body)
