"""The page "Your progress", the marks at the end of lessons and exercises, and what the contents know of lessons.

All is made from the metadata of the course when the book is built; the scripts `progress.js` and `progress-page.js` fill
in what the reader did. The record itself is described in :mod:`cleanworks.learn.record`.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable
from html import escape
from pathlib import PurePosixPath
from typing import Any

from bs4 import BeautifulSoup
from docutils import nodes
from markupsafe import Markup
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective
from sphinx.util.osutil import relative_uri

from cleanworks import words
from cleanworks.html_templates import filled
from cleanworks.workshop.catalogue import Course, Entry, Lesson
from cleanworks.workshop.pages import derived
from cleanworks.workshop.pages.kept import course_of

LESSON = "lesson"


class progress(nodes.General, nodes.Element):
    """Where the page shows what the reader did."""


class ProgressDirective(SphinxDirective):
    """```` ```{progress} ````: what the reader did, by part, lesson and objective, with a file to save and to read."""

    def run(self) -> list[nodes.Node]:
        # Its parts are made when the page is written; what is asked here is what they are made from.
        derived.make(self.env.app, "progress")
        return [progress("")]


def connect(app: Sphinx) -> None:
    app.add_config_value("cleanworks_progress", "", "env", str)
    app.add_node(progress, html=(visit, depart))
    app.add_directive("progress", ProgressDirective)
    derived.register(
        "progress", lambda app: lists(course_of(app), lambda entry: docname(course_of(app), entry))
    )
    app.add_js_file("progress.js", loading_method="defer", priority=400)
    app.connect("html-page-context", on_page)


def on_page(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Name the course, so that two books in one browser do not mix; and load the page's own script where it belongs."""
    course = re.sub(r"[^a-z0-9]+", "-", app.config.project.lower()).strip("-")
    context["metatags"] = (
        context.get("metatags", "") + f'\n<meta name="cleanworks-course" content="{escape(course)}">'
    )
    if doctree is not None and next(doctree.findall(progress), None) is not None:
        app.add_js_file("progress-page.js", loading_method="defer", priority=900)


def visit(translator: Any, node: progress) -> None:
    builder = translator.builder
    course: Course = course_of(builder.app)
    here = builder.get_target_uri(builder.current_docname)

    def address(entry: Entry) -> str:
        return relative_uri(here, builder.get_target_uri(docname(course, entry)))

    translator.body.append(str(filled(__package__, "progress.html", lists=lists(course, address))))


def depart(translator: Any, node: progress) -> None:
    translator.body.append("</div>")


def lists(course: Course, address: Callable[[Entry], str]) -> Markup:
    """The lessons of each part as HTML; `address` gives the link to a lesson or an exercise set."""
    parts: dict[str, list[Lesson]] = {}
    for lesson in course.lessons:
        parts.setdefault(lesson.caption, []).append(lesson)
    return filled(__package__, "progress_lists.html", parts=parts, address=address, questions=_questions)


def docname(course: Course, entry: Entry) -> str:
    """The name of a notebook's page."""
    return PurePosixPath(course.relative(entry.path)).with_suffix("").as_posix()


def _questions(entry: Entry | None, tag: str, objective: int) -> str:
    """The ids of an objective's questions, as the script reads them."""
    cells = entry.notebook.with_tag(tag) if entry else []
    return " ".join(
        cell.block.question for cell in cells if cell.block.objective == objective and cell.block.question
    )


# --- marks at the end of lessons and exercises --------------------------------------------------------------------


def control(translator: Any, *, lesson: str = "", question: str = "") -> str:
    """A button to mark a lesson as read or an exercise as done, with what the page says about it."""
    about = f'data-lesson="{escape(lesson)}"' if lesson else f'data-question="{escape(question)}"'
    language = translator.config.language
    text = words.say("Mark this lesson as read" if lesson else "Mark this exercise as done", language)
    link = ""
    target = translator.builder.app.config.cleanworks_progress
    if lesson and target:
        own = escape(words.say("Your progress", language))
        here = translator.builder.get_target_uri(translator.builder.current_docname)
        link = f'<a href="{relative_uri(here, translator.builder.get_target_uri(target))}">{own}</a>'
    return (
        f'<div class="cw-done" {about}><button type="button" class="cw-button">{text}</button>'
        f'<span class="cw-say" role="status"></span>{link}</div>'
    )


# --- the contents -------------------------------------------------------------------------------------------------


def name_lessons(soup: BeautifulSoup, page: str, course: Course) -> None:
    """Tell the links of the contents which lesson or which exercises they lead to, so that the script can tick them."""
    entries = {docname(course, entry): entry for entry in course.notebooks}
    for link in soup.find_all("a", href=True):
        path, _, anchor = str(link["href"]).partition("#")
        if anchor:
            continue
        target = posixpath.normpath(posixpath.join(posixpath.dirname(page), path)) if path else page
        entry = entries.get(target.removesuffix(".html"))
        if entry is None:
            continue
        if entry.block.kind == LESSON:
            link["data-lesson"] = entry.block.id
        elif entry.notebook.questions:
            link["data-exercises"] = " ".join(entry.notebook.questions)
