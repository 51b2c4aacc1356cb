"""How to run this: the ways to run a notebook's code, beside the notebook that one downloads."""

from __future__ import annotations

from html import escape
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from cleanworks import words
from cleanworks.workshop.live.runnable_cells import READY

MARK = "```{cleanworks-run}\n```"
"""What stands for it in a page's Markdown."""

_PAGE = "Here, in the page: press Run under a cell. Nothing has to be installed."
_KIT = "From the folder or memory stick of a workshop: open START-HERE.html, which says how."
_PYTHON = "With Python 3.11 or newer: get this project, put the notebook into its folder, open a terminal there and type the line of your system."
_LINES = (
    ("Linux, macOS", "make book && .venv/bin/pip install jupyterlab && .venv/bin/jupyter lab"),
    (
        "Windows (PowerShell)",
        r"py -m venv .venv; .venv\Scripts\pip install -r requirements.txt; .venv\Scripts\pip install --no-deps -e .; "
        r".venv\Scripts\pip install jupyterlab; .venv\Scripts\jupyter lab",
    ),
)


class how_to_run(nodes.Element):
    """A fold with the ways to run the code of this page."""


class HowToRun(SphinxDirective):
    def run(self) -> list[nodes.Node]:
        return [how_to_run()]


def connect(app: Sphinx) -> None:
    app.add_node(how_to_run, html=(_visit, _depart))
    app.add_directive("cleanworks-run", HowToRun)


def _visit(translator: Any, node: how_to_run) -> None:
    config = translator.builder.config

    def said(text: str) -> str:
        return escape(words.say(text, config.language))

    ways = [_PAGE] if config.cleanworks_live == READY else []
    items = "".join(f"<li>{said(way)}</li>" for way in (*ways, _KIT))
    lines = "".join(
        f"<dt>{escape(system)}</dt><dd><code>{escape(line)}</code></dd>" for system, line in _LINES
    )
    translator.body.append(
        f'<details class="cw-run"><summary>{said("How to run this")}</summary>'
        f"<ul>{items}<li>{said(_PYTHON)}<dl>{lines}</dl></li></ul></details>\n"
    )


def _depart(translator: Any, node: how_to_run) -> None:
    """It has no children."""
