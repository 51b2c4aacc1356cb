"""Finding one's way: learning paths, which lesson needs which, lessons in the index, what goes wrong, what to read on.

Everything is made from the metadata and the cells of the notebooks when the book is built.
"""

from __future__ import annotations

import functools
import re
from html import escape
from pathlib import PurePosixPath
from typing import Any

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.search.en import SearchEnglish
from sphinx.transforms import SphinxTransform
from sphinx.util.docutils import SphinxDirective

from cleanworks import prerequisites, words
from cleanworks.errors import InputError
from cleanworks.workshop import learning_paths
from cleanworks.workshop.catalogue import Course, Lesson
from cleanworks.workshop.pages import derived
from cleanworks.workshop.pages.kept import course_of
from cleanworks.workshop.pages.reports import Table, link, link_by_id


def connect(app: Sphinx) -> None:
    app.add_node(graph, html=(visit, depart))
    app.add_directive("lesson-graph", GraphDirective)
    derived.register("lesson-graph", lambda app: picture(course_of(app), lambda lesson: lesson.id))
    app.add_transform(LessonTerms)
    app.add_transform(LessonLinks)
    app.add_search_language(English)


class English(SearchEnglish):
    """The search index of English pages. The same few thousand words come again and again: each is cut to its stem once."""

    def init(self, options: dict[str, str]) -> None:
        super().init(options)
        self.stem = functools.cache(self.stem)  # type: ignore[method-assign]


# --- paths --------------------------------------------------------------------------------------------------------


def path(course: Course, name: str) -> Table:
    """The lessons of a learning path in an order in which each can be understood, with minutes and what one can do afterwards.

    What a lesson of the path needs and the path does not name is added and marked.

    Raises
    ------
    InputError
        There is no such path, or it names a lesson that does not exist.
    """
    named = _named(course, name)
    rows, total = [], 0
    needs = _needs(course)
    steps = prerequisites.in_order(prerequisites.with_needs(named, needs), needs)
    for number, lesson in enumerate(map(course.lesson, steps), 1):
        minutes = lesson.minutes.teach + lesson.minutes.practise
        total += minutes
        added = "" if lesson.id in named else " (needed by a later one)"
        rows.append(
            [str(number), link(course, lesson) + added, str(minutes), f"{lesson.block.objectives[0]}."]
        )
    rows.append(
        ["", "Together", f"{total} ({total / 60:.0f} hours)", "With practice; take as long as you like."]
    )
    return ["step", "lesson", "minutes", "afterwards you can, among other things"], rows


def _named(course: Course, name: str) -> list[str]:
    file = course.root / learning_paths.FILE
    paths = learning_paths.named(course)
    if not paths:
        raise InputError(
            "There is no list of learning paths.", where=str(file), fix='Write `name = ["o1", "c4"]` into it.'
        )
    if name not in paths:
        raise InputError(f"There is no path {name!r}.", where=str(file), fix=f"There are {', '.join(paths)}.")
    for id in paths[name]:
        if id not in course.ids:
            raise InputError(
                f"The path {name!r} names the lesson {id!r}, and there is none.",
                where=str(file),
                fix=f"The lessons are {', '.join(course.ids)}.",
            )
    return paths[name]


def _needs(course: Course) -> dict[str, tuple[str, ...]]:
    """What each lesson needs, in the order of the book."""
    return {one.id: tuple(one.block.prerequisites) for one in course.lessons}


# --- which lesson needs which -------------------------------------------------------------------------------------


def needs(course: Course) -> Table:
    """Every lesson with what comes before it and what it opens: the graph as a list."""
    rows = []
    for lesson in course.lessons:
        before = [course.lesson(id) for id in lesson.block.prerequisites if id in course.ids]
        after = [one for one in course.lessons if lesson.id in one.block.prerequisites]
        rows.append(
            [
                link(course, lesson),
                *(
                    ", ".join(link_by_id(course, one) for one in some) or "nothing"
                    for some in (before, after)
                ),
            ]
        )
    return ["lesson", "needs first", "opens"], rows


class graph(nodes.General, nodes.Element):
    """Where the page shows which lesson needs which."""


class GraphDirective(SphinxDirective):
    """```` ```{lesson-graph} ````: every lesson as a box that leads to it, with a line from what it needs."""

    def run(self) -> list[nodes.Node]:
        # The picture is drawn when the page is written; without the addresses it is the same.
        derived.make(self.env.app, "lesson-graph")
        return [graph("")]


_WIDE, _HIGH, _ACROSS, _DOWN = 52, 34, 112, 46


def columns(course: Course) -> list[list[Lesson]]:
    """Lessons by the longest way to them: the first column needs nothing.

    Raises
    ------
    InputError
        Lessons need each other in a circle.
    """
    return [
        [one for one in course.lessons if one.id in level] for level in prerequisites.levels(_needs(course))
    ]


def picture(course: Course, address: Any, language: str = "en") -> str:
    """The graph as SVG; `address` gives the link to a lesson. Colours follow the text of the page."""
    levels = columns(course)
    tallest = max((len(level) for level in levels), default=0)
    place: dict[str, tuple[float, float]] = {}
    for column, level in enumerate(levels):
        for row, lesson in enumerate(level):
            place[lesson.id] = (8 + column * _ACROSS, 8 + (row + (tallest - len(level)) / 2) * _DOWN)
    lines, boxes = [], []
    for lesson in course.lessons:
        x, y = place[lesson.id]
        for id in _nearest(course, lesson):
            a, b = place[id]
            start, end = (a + _WIDE, b + _HIGH / 2), (x, y + _HIGH / 2)
            bend = (end[0] - start[0]) / 2
            lines.append(
                f'<path d="M{start[0]:.0f} {start[1]:.0f} C{start[0] + bend:.0f} {start[1]:.0f} {end[0] - bend:.0f} {end[1]:.0f} {end[0]:.0f} {end[1]:.0f}"/>'
            )
        boxes.append(
            f'<a href="{escape(address(lesson))}" aria-label="{escape(lesson.id)}: {escape(lesson.title)}"><title>{escape(lesson.title)}</title>'
            f'<rect x="{x:.0f}" y="{y:.0f}" width="{_WIDE}" height="{_HIGH}" rx="6"/>'
            f'<text x="{x + _WIDE / 2:.0f}" y="{y + _HIGH / 2 + 5:.0f}">{escape(lesson.id)}</text></a>'
        )
    wide, high = 16 + _WIDE + max(len(levels) - 1, 0) * _ACROSS, 16 + _HIGH + max(tallest - 1, 0) * _DOWN
    name = escape(words.say("Which lesson needs which", language))
    return (
        f'<div class="cw-graph" tabindex="0" role="region" aria-label="{name}"><svg viewBox="0 0 {wide:.0f} {high:.0f}" width="{wide:.0f}" height="{high:.0f}" '
        f'role="group" aria-label="{name}"><g class="cw-graph-lines">{"".join(lines)}</g>{"".join(boxes)}</svg></div>'
    )


def _nearest(course: Course, lesson: Lesson) -> list[str]:
    """What a lesson needs, without what another of these needs anyway: a picture of fewer lines says the same."""
    ids = [id for id in lesson.block.prerequisites if id in course.ids]
    needs = _needs(course)
    return [
        id
        for id in ids
        if not any(id in prerequisites.with_needs([other], needs) for other in ids if other != id)
    ]


def visit(translator: Any, node: graph) -> None:
    builder = translator.builder
    course: Course = course_of(builder.app)

    def address(lesson: Lesson) -> str:
        return builder.get_relative_uri(
            builder.current_docname, str(PurePosixPath(course.relative(lesson.path)).with_suffix(""))
        )

    translator.body.append(picture(course, address, builder.config.language))


def depart(translator: Any, node: graph) -> None:
    pass


# --- index --------------------------------------------------------------------------------------------------------


class LessonTerms(SphinxTransform):
    """The terms that a lesson teaches, as entries of the index that lead to it. The glossary brings its own."""

    default_priority = 840  # before Sphinx collects the entries

    def apply(self, **kwargs: Any) -> None:
        course: Course = course_of(self.app)
        page = self.env.docname
        lesson = next(
            (
                one
                for one in course.lessons
                if str(PurePosixPath(course.relative(one.path)).with_suffix("")) == page
            ),
            None,
        )
        section = self.document.next_node(nodes.section)
        if lesson is None or section is None or not lesson.block.terms:
            return
        entries = [("single", term, section["ids"][0], "", None) for term in lesson.block.terms]
        section.insert(1, addnodes.index(entries=entries))


class LessonLinks(SphinxTransform):
    """The id of a lesson in the text, as in "lesson c4", leads to that lesson, in every language."""

    default_priority = 845  # after the words were translated

    def apply(self, **kwargs: Any) -> None:
        course: Course = course_of(self.app)
        pages = {
            one.id: str(PurePosixPath(course.relative(one.path)).with_suffix("")) for one in course.lessons
        }
        here = self.env.docname
        link_lessons(self.document, {id: page for id, page in pages.items() if page != here}, here)


# Where an id is a name, code or the text of a link already.
_NO_LINK = (
    nodes.title,
    nodes.caption,
    nodes.rubric,
    nodes.reference,
    nodes.literal,
    nodes.literal_block,
    nodes.math,
    nodes.math_block,
    nodes.raw,
    nodes.comment,
    nodes.system_message,
    addnodes.pending_xref,
    addnodes.index,
)


def link_lessons(document: nodes.document, pages: dict[str, str], here: str) -> None:
    """Turn each id of a lesson in the running text of a page into a link. `pages` has the page of each id."""
    if not pages:
        return
    ids = re.compile(rf"(?<![\w./-])({'|'.join(map(re.escape, pages))})(?![\w-])")
    for text in list(document.findall(nodes.Text)):
        said = str(text)
        if not ids.search(said) or _inside(text, _NO_LINK):
            continue
        parts: list[nodes.Node] = []
        for number, part in enumerate(ids.split(said)):
            if number % 2:
                target = {"refdomain": "std", "reftype": "doc", "reftarget": f"/{pages[part]}"}
                link = addnodes.pending_xref("", refdoc=here, refexplicit=True, refwarn=True, **target)
                link += nodes.inline("", part)
                parts.append(link)
            elif part:
                parts.append(nodes.Text(part))
        text.parent.replace(text, parts)


def _inside(node: nodes.Node, kinds: tuple[type[nodes.Node], ...]) -> bool:
    while node is not None:
        if isinstance(node, kinds):
            return True
        node = node.parent
    return False


# --- what can go wrong, what to read ------------------------------------------------------------------------------


def pitfalls(course: Course) -> Table:
    """The pitfall of every lesson: its title, and the sentences in which it is set."""
    rows = []
    for lesson in course.lessons:
        cells = [
            cell
            for cell in lesson.notebook.node.cells
            if "pitfall" in cell.metadata.get("tags", []) and cell.cell_type == "markdown"
        ]
        # A pitfall begins with a heading; where one is a step of the lesson, with its first line.
        begun = [cell for cell in cells if cell.source.startswith("#")] or cells[:1]
        for cell in begun:
            heading = re.match(r"[#*\s]*(?:Pitfall[:.]\s*)?(.+)", cell.source)
            if heading is None:
                continue
            prose = [
                line.strip()
                for line in cell.source.splitlines()[1:]
                if line.strip() and not line.startswith(("|", "#", "```", "-"))
            ]
            title = heading[1].strip().rstrip("*. ")
            rows.append([link_by_id(course, lesson), title[:1].upper() + title[1:], " ".join(prose[:2])])
    return ["lesson", "what goes wrong", "how it begins"], rows


def further(course: Course) -> Table:
    """The sources of every lesson, with links, each beside the first lesson that uses it."""
    from pybtex.database import parse_file

    file = course.root / course.settings.bibliography
    known = parse_file(str(file)).entries if file.is_file() else {}
    rows, seen = [], set()
    for lesson in course.lessons:
        text = "\n".join(cell.source for cell in lesson.notebook.node.cells if cell.cell_type == "markdown")
        keys = [
            key.strip()
            for found in re.finditer(r"\{cite(?::\w+)?\}`([^`]+)`", text)
            for key in found[1].split(",")
        ]
        new = [key for key in dict.fromkeys(keys) if key in known and key not in seen]
        seen.update(new)
        if new:
            rows.append([link(course, lesson), "; ".join(_source(known[key]) for key in new)])
    return ["lesson", "sources that come up here for the first time"], rows


def _source(entry: Any) -> str:
    title = (
        re.sub(r"[{}\\]", "", entry.fields.get("title", ""))
        .replace("[", "(")
        .replace("]", ")")
        .replace("|", "/")
    )
    address = entry.fields.get("url", "")
    return f"[{title}](<{address}>)" if address else title
