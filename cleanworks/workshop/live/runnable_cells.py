"""What a page needs so that its code cells run in it: buttons under each cell, and the cells as data for the script.

The buttons stand in the page from the start, so that nothing moves when the script arrives. What runs the cells is loaded
when somebody presses one of them (`static/live.js`, `static/worker.js`, :mod:`.shell`).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import Any

from docutils import nodes
from nbformat import NotebookNode
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util.osutil import relative_uri

from cleanworks import words
from cleanworks.workshop.catalogue import Course
from cleanworks.workshop.metadata import cell_block
from cleanworks.workshop.pages.kept import course_of
from cleanworks.workshop.pages.your_progress import docname

STATIC = Path(__file__).parent / "static"
FOLDER = "_static/live"

READY, ABSENT = "ready", "absent"
"""Values of the setting `cleanworks_live`: the finished book holds what runs code, or it could not be had. Empty: the course
does not ask for it."""

_LIVE = "cleanworks_live"
"""Metadata of a code cell of a page: what the script has to know of it."""

_ABSENT = "This copy of the book was built without Python in its pages. To run the code, download the notebook and run it with Python."

_TYPES = ("starter", "check", "solution", "wrong-answer")


class live_cell(nodes.container):
    """A code cell with its id and its type, and the buttons that run it."""


class LiveCells(SphinxPostTransform):
    """Runs when hidden inputs have been folded, so that the buttons stand under the code and not in the fold."""

    default_priority = 250
    formats = ("html",)

    def run(self, **kwargs: Any) -> None:
        if self.app.config.cleanworks_live != READY:
            return
        for node in list(self.document.findall(nodes.container)):
            about = (
                node.get("cell_metadata", {}).get(_LIVE) if node.get("nb_element") == "cell_code" else None
            )
            if about and node.children:
                bar = nodes.raw("", _bar(about, self.app.config.language), format="html")
                node.replace_self(live_cell("", node.children[0], bar, *node.children[1:], **node.attributes))


def connect(app: Sphinx) -> None:
    app.add_node(live_cell, html=(_visit, _depart))
    app.add_post_transform(LiveCells)
    app.connect("html-page-context", on_page)


def number_cells(notebook: NotebookNode) -> None:
    """Note in the metadata of each code cell of an edition what the script has to know of it."""
    number = 0
    answers: list[dict[str, Any]] = []  # solutions and likely mistakes so far
    for cell in notebook.cells:
        if cell.cell_type != "code":
            continue
        number += 1
        tags = cell.metadata.get("tags", [])
        about = {
            "id": cell.id,
            "type": next((one for one in _TYPES if one in tags), "plain"),
            "number": number,
            "source": cell.source,
        }
        block = cell_block(cell.metadata)[0]
        question = block.question
        if question and about["type"] != "plain":
            about["question"] = question
        if block.generated and answers:
            # An instructor's edition checks a solution or a mistake again, right after it.
            last = answers[-1]["type"]
            same = [one["id"] for one in answers if (one["type"], one["question"]) == (last, question)]
            about["judges"] = same if last == "solution" else same[-1:]
        if question and about["type"] in ("solution", "wrong-answer"):
            answers.append(about)
        if "raises-exception" in tags:
            about["raises"] = True
        cell.metadata[_LIVE] = about


def _name(about: dict[str, Any]) -> tuple[str, str]:
    """(what the cell is called, a number or a question that stands for its braces)."""
    if about["type"] == "solution":
        return "the solution of question {which}", about["question"]
    if about["type"] == "wrong-answer":
        return "the likely mistake {which}", about["id"]
    if "judges" in about:
        return "the check after {which}", about["judges"][-1]
    if "question" in about:
        return "the cell of question {which}", about["question"]
    return "code cell {which}", str(about["number"])


def _bar(about: dict[str, Any], language: str) -> str:
    """The buttons under a cell. Each says in its name which cell it belongs to."""
    name, which = _name(about)
    name = words.say(name, language).replace("{which}", which)

    def button(do: str, text: str, whole: str) -> str:
        label = words.say(whole, language).replace("{name}", name)
        shown = escape(words.say(text, language))
        return f'<button type="button" class="cw-button" data-do="{do}" aria-label="{escape(label)}">{shown}</button>'

    if about["type"] == "check":
        buttons = button("run", "Check", "Check the answer: {name}")
    else:
        buttons = button("run", "Run", "Run {name}")
        if about["type"] != "starter":
            buttons += button("edit", "Change", "Change {name}")
    return f'<div class="cw-bar" data-name="{escape(name)}">{buttons}<span class="cw-bar-say"></span></div>'


def _visit(translator: Any, node: live_cell) -> None:
    about = node["cell_metadata"][_LIVE]
    marks = {"data-cw-cell": about["id"], "data-cw-type": about["type"]}
    translator.body.append(translator.starttag(node, "div", CLASS="docutils container", **marks))


def _depart(translator: Any, node: live_cell) -> None:
    translator.body.append("</div>\n")


def on_page(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Load the script where there are cells to run, with the cells as data; or say why nothing runs here."""
    course: Course = course_of(app)
    entry = next((one for one in course.notebooks if docname(course, one) == page), None)
    if doctree is None or entry is None:
        return
    if app.config.cleanworks_live == ABSENT:
        text = escape(words.say(_ABSENT, app.config.language))
        context["body"] = context["body"].replace("</h1>", f'</h1>\n<p class="cw-live-off">{text}</p>', 1)
    cells = list(_cells(doctree))
    if not cells:
        return
    from cleanworks.workshop.live.needs import images_for

    about = {
        "page": page,
        "kind": "lesson" if entry.block.kind == "lesson" else "exercise",
        "base": relative_uri(app.builder.get_target_uri(page), f"{FOLDER}/"),
        "images": images_for(course, entry),
        "offer": course.settings.live.offer.model_dump(),
        "cells": cells,
    }
    # `</` would end the script, and `<!--` begin a comment in it.
    data = json.dumps(about, ensure_ascii=False).replace("<", "\\u003c")
    context["body"] += (
        f'\n<script type="application/json" id="cleanworks-live">{data}</script>'
        "\n<noscript><style>.cw-bar { display: none; }</style></noscript>"
    )
    app.add_css_file("live/live.css")
    app.add_js_file("live/live.js", loading_method="defer", priority=600)


def _cells(doctree: nodes.document) -> Iterator[dict[str, Any]]:
    for node in doctree.findall(live_cell):
        metadata = node["cell_metadata"]
        alt = metadata.get("mystnb", {}).get("image", {}).get("alt")
        yield metadata[_LIVE] | ({"alt": alt} if alt else {})
