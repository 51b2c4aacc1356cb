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
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective
from sphinx.util.osutil import relative_uri

from cleanworks import words
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

    translator.body.append(f'<div class="cw-progress">{_HEAD}{_COMPLETION}{lists(course, address)}')


def depart(translator: Any, node: progress) -> None:
    translator.body.append("</div>")


def lists(course: Course, address: Callable[[Entry], str]) -> str:
    """The lessons of each part as HTML; `address` gives the link to a lesson or an exercise set."""
    parts: dict[str, list[Lesson]] = {}
    for lesson in course.lessons:
        parts.setdefault(lesson.caption, []).append(lesson)
    return "".join(
        _part(number, caption, lessons, address) for number, (caption, lessons) in enumerate(parts.items(), 1)
    )


def docname(course: Course, entry: Entry) -> str:
    """The name of a notebook's page."""
    return PurePosixPath(course.relative(entry.path)).with_suffix("").as_posix()


def _part(number: int, caption: str, lessons: list[Lesson], address: Any) -> str:
    rows = "".join(_lesson(lesson, number, address) for lesson in lessons)
    title = escape(caption or "Lessons")
    count = "1 lesson" if len(lessons) == 1 else f"{len(lessons)} lessons"
    return f'<h2 id="progress-part-{number}">{title}</h2><p data-part="{number}">0 of {count} read.</p>{rows}'


def _lesson(lesson: Lesson, part: int, address: Any) -> str:
    title = escape(lesson.title)
    links = [f'<a href="{address(lesson)}">Lesson {lesson.id}</a>']
    if lesson.exercises:
        links.append(f'<a href="{address(lesson.exercises)}">Exercises {lesson.id}</a>')
    objectives = "".join(
        f'<li data-quiz="{" ".join(_questions(lesson, "quiz", number))}" '
        f'data-exercises="{" ".join(_questions(lesson.exercises, "exercise", number))}">'
        f'{escape(objective)} <span class="cw-state"></span></li>'
        for number, objective in enumerate(lesson.block.objectives, 1)
    )
    return (
        f'<details class="cw-fold" data-lesson="{lesson.id}" data-of="{part}" data-title="{title}"><summary>'
        f'<span class="cw-lesson-title">{title}</span> <span class="cw-state">not begun</span></summary>'
        f'<div class="cw-inside"><p>{" · ".join(links)}</p><ol class="cw-objectives">{objectives}</ol>'
        f'<p class="cw-help"></p></div></details>'
    )


def _questions(entry: Entry | None, tag: str, objective: int) -> list[str]:
    cells = entry.notebook.with_tag(tag) if entry else []
    return [
        cell.block.question for cell in cells if cell.block.objective == objective and cell.block.question
    ]


_HEAD = """
<noscript><p>Progress is kept by a small script, which is switched off in this browser.</p></noscript>
<p class="cw-summary">Nothing is recorded on this device yet. Mark a lesson as read at its end, answer its quiz, or read
a file here. If you did something and it is not here: some browsers keep pages that were opened from a disk apart from each
other. Then try another browser.</p>
<p class="cw-note-here" hidden></p>
<div class="cw-tools" role="group" aria-label="Your record">
<button type="button" class="cw-button" data-do="export" disabled>Save as a file</button>
<button type="button" class="cw-button" data-do="import">Read a file</button>
<button type="button" class="cw-button" data-do="completion" aria-expanded="false" aria-controls="cw-completion" disabled>Record of completion</button>
<button type="button" class="cw-button" data-do="reset" aria-expanded="false" aria-controls="cw-confirm" disabled>Forget everything</button>
<label class="cw-with-code" hidden><input type="checkbox" name="code"> With the code I wrote in the pages</label>
<input type="file" accept=".json,application/json" hidden aria-label="A file with a record of progress">
</div>
<div class="cw-confirm cw-box" id="cw-confirm" role="group" aria-labelledby="cw-confirm-text" hidden>
<p id="cw-confirm-text">Forget everything that this browser remembers of this book? A file that you saved stays.</p>
<button type="button" class="cw-button" data-do="keep">Keep it</button>
<button type="button" class="cw-button" data-do="forget">Forget it</button>
</div>
<div class="cw-said-here" role="status"></div>
"""

_COMPLETION = """
<section class="cw-completion cw-box" id="cw-completion" aria-labelledby="cw-completion-title" hidden>
<h2 id="cw-completion-title" tabindex="-1">Record of completion</h2>
<p><strong>What this is:</strong> a list of what was marked, answered and solved on one device, made by the reader alone.
<strong>What it is not:</strong> a certificate. Nobody checked who worked, with whose help, or whether the marks are true.</p>
<p>Made on <span class="cw-made-on"></span>. Name, written by hand if you like: <span class="cw-blank"></span></p>
<p>Quiz: questions answered right, in brackets those at the first try.</p>
<div class="cw-scroll" role="region" aria-label="Lessons on record" tabindex="0"><table class="cw-report">
<caption>Lessons on record</caption>
<thead><tr><th scope="col">Lesson</th><th scope="col">Marked as read</th><th scope="col">Quiz</th>
<th scope="col">Exercises solved with the check</th><th scope="col">Open questions answered</th><th scope="col">Only marked as done</th>
<th scope="col">Solutions opened</th></tr></thead><tbody></tbody></table></div>
<p class="cw-paper-off"><button type="button" class="cw-button" data-do="print">Print this record</button>
<button type="button" class="cw-button" data-do="close">Close</button></p>
</section>
"""


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
