"""The Sphinx extension of the book: typed cells, the quiz, the box under each title, offline mathematics, sources.

It works wherever Sphinx works: in `cleanworks book`, which tells it where the executed copies are, and in
`jupyter-book build .` at the root, where the notebooks run while the book is built. It knows no course in particular.

Settings (under `sphinx: config:` of `_config.yml`):

`cleanworks_audience`
    Whom the pages are for: `reader` (default), `learner` or `instructor`.
`cleanworks_executed`
    Folder of the executed copies, laid out like the sources. `cleanworks book` sets it; without it the pages show
    what Jupyter Book itself executed.
`cleanworks_live`
    Whether cells run in the page: `ready`, `absent` when the files for it could not be had, empty when the course does not
    ask for it. `cleanworks book` sets it.
`cleanworks_notes`
    What stands first in the box under a page's title, by the page's name. `cleanworks book --data` sets it.
`cleanworks_own_pages`
    The pages whose results come from somebody's own tables. `cleanworks book --data` sets it.
`cleanworks_reports`
    Names of tables that pages may show with the directive `report`, each with the function that makes it, as
    `package.module:function`. The function takes the course and gives (headings, rows) of Markdown text, a chart (`Bars`),
    or one sentence.
`cleanworks_progress`
    The page with the directive `progress`, such as `book/progress`; lessons lead to it.
"""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import re
import shutil
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import nbformat
from docutils import nodes
from docutils.statemachine import StringList
from nbformat import NotebookNode
from sphinx.application import Sphinx
from sphinx.domains import Domain
from sphinx.errors import ExtensionError
from sphinx.util.docutils import SphinxDirective, SphinxRole
from sphinx.util.index_entries import split_index_msg
from sphinx.util.osutil import relative_uri

from cleanworks import words
from cleanworks.bars import Bars
from cleanworks.errors import InputError
from cleanworks.workshop import own_data
from cleanworks.workshop.catalogue import Course
from cleanworks.workshop.editions import edition
from cleanworks.workshop.languages import entries, translated
from cleanworks.workshop.live import runnable_cells as live
from cleanworks.workshop.notebook import dump, parse, read
from cleanworks.workshop.pages import (
    boxes,
    derived,
    docstrings,
    plain,
    running,
    source_list,
    spoken,
    terms,
    theme,
    wayfinding,
    your_progress,
)
from cleanworks.workshop.pages.cells import MARK, mark_up
from cleanworks.workshop.pages.figure_tables import add_tables
from cleanworks.workshop.pages.front import front_matter
from cleanworks.workshop.pages.kept import course_of, keep_course
from cleanworks.workshop.pages.readable_tables import TidyTables, arriving_whole
from cleanworks.workshop.pages.reports import Table
from cleanworks.workshop.settings import Settings

STATIC = Path(__file__).parent / "pages" / "static"
TEMPLATES = Path(__file__).parent / "pages" / "templates"

# Two extensions of Jupyter Book do not say that they can be read in parallel, and they can. Without this, Sphinx
# reads a book with many processes one page after the other.
_SAFE = ("sphinx_multitoc_numbering", "sphinx_jupyterbook_latex")

# What a page with formulas asks for; the package holds 24 MB, most of it speech rules and formats we do not use.
_MATHJAX = ("tex-chtml.js", "output/chtml/fonts", "input/tex/extensions")


# The theme decides between light and dark when its program has arrived. Until then a page had no colours at all: a white
# flash for those who read in the dark, and tables whose lines came late and pushed the words.
_COLOURS_AT_ONCE = """
(root => {
  if (root.theme === 'light' || root.theme === 'dark') return;
  root.theme = root.mode !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light';
})(document.documentElement.dataset);
"""


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_config_value("cleanworks_audience", "reader", "env", str)
    app.add_config_value("cleanworks_executed", "", "env", str)
    app.add_config_value("cleanworks_live", "", "env", str)
    app.add_config_value("cleanworks_notes", {}, "env", dict)
    app.add_config_value("cleanworks_own_pages", [], "env", list)
    app.add_config_value("cleanworks_reports", {}, "env", dict)
    app.add_node(boxes.box, html=(boxes.visit, boxes.depart))
    app.add_node(boxes.mark)
    app.add_node(download, html=(visit_download, depart_download))
    app.add_directive(MARK, boxes.MarkDirective)
    app.add_directive("report", Report)
    app.add_directive("executed-by", ExecutedBy)
    app.add_role("cleanworks-download", DownloadRole())
    app.add_transform(boxes.Grouping)
    app.add_transform(boxes.Labels)
    app.add_post_transform(TidyTables)
    app.add_js_file(None, body=_COLOURS_AT_ONCE, priority=1)
    app.add_css_file("cleanworks.css")
    app.add_js_file("cleanworks.js", loading_method="defer")
    app.connect("config-inited", configure)
    app.connect("builder-inited", load_course)
    app.connect("builder-inited", lay_out_styles)
    app.connect("builder-inited", read_in_one_process_where_needed)
    app.connect("html-collect-pages", keep_index_entries)
    app.connect("source-read", mark_up_notebook)
    derived.connect(app)
    derived.register("report", _report)
    derived.register("executed-by", _executed_by)
    terms.connect(app)
    spoken.connect(app)
    your_progress.connect(app)
    live.connect(app)
    wayfinding.connect(app)
    running.connect(app)
    app.connect("html-page-context", theme.correct, priority=900)
    app.connect("build-finished", finish)
    source_list.register()
    return {"parallel_read_safe": True, "parallel_write_safe": True, "version": "1"}


def lay_out_styles(app: Sphinx) -> None:
    """Put MyST-NB's style sheet where pages look for it before they are written, and not only after.

    Sphinx adds a mark of its content to the address if it finds it there; a first build and a later one would write different pages.
    """
    from myst_nb.sphinx_ext import add_global_html_resources

    if app.builder.format == "html":
        Path(app.outdir, "_static").mkdir(parents=True, exist_ok=True)
        add_global_html_resources(app, None)


def keep_index_entries(app: Sphinx) -> list[Any]:
    """Let the search find terms of pages that are not written again: Sphinx forgets what their index entries add to it."""
    builder: Any = app.builder
    if not getattr(builder, "indexer", None):
        return []
    found = builder.indexer._index_entries
    for name in app.env.all_docs.keys() - found.keys():
        words = set()
        for kind, value, target, main, _ in app.env.get_domain("index").data["entries"].get(name, ()):
            with contextlib.suppress(ValueError):
                words |= {(part, target or "", main) for part in split_index_msg(kind, value)}
        found[name] = sorted(words)
    whole = dict(sorted(found.items()))
    found.clear()
    found.update(whole)
    return []


def read_in_one_process_where_needed(app: Sphinx) -> None:
    """Read pages one after the other for extensions that cannot join what several processes read.

    sphinx-proof says that it can, and its domain cannot; others say nothing, which Sphinx takes for a no, with a warning
    that no author can act on. Jupyter Book never meets either, because it reads in one process.
    """
    joins = all(type(one).merge_domaindata is not Domain.merge_domaindata for one in app.env.domains.values())
    if not (joins and all(one.parallel_read_safe for one in app.extensions.values())):
        workers, app.parallel = app.parallel, 1

        def write_in_several(app: Sphinx, env: Any) -> list[str]:
            app.parallel = workers
            return []

        app.connect("env-updated", write_in_several)


def configure(app: Sphinx, config: Any) -> None:
    docstrings.connect(app)
    config.html_static_path = [*config.html_static_path, str(STATIC), str(live.STATIC)]
    config.templates_path = [*config.templates_path, str(TEMPLATES)]
    try:
        spoken.mark_draft(config, Settings.load(Path(app.srcdir)).reviewed)
    except InputError as error:
        raise ExtensionError(error.message) from None
    config.mathjax_path = "mathjax/tex-chtml.js"
    # An outcome of a check carries data for programs beside its text; a page shows the text.
    config.suppress_warnings = [*config.suppress_warnings, "mystnb.unknown_mime_type"]
    # sphinx_thebe offers to run cells on a server in the network. It also writes its settings into each page twice,
    # which every browser reports as an error.
    for listeners in app.events.listeners.values():
        listeners[:] = [one for one in listeners if getattr(one.handler, "__name__", "") != "init_thebe_core"]
    for name in _SAFE:
        if name in app.extensions:
            app.extensions[name].parallel_read_safe = True


def load_course(app: Sphinx) -> None:
    try:
        keep_course(app, Course.load(app.srcdir))
    except InputError as error:
        raise ExtensionError(error.message) from None
    plain.connect(app)
    spoken.say_in_scripts(app)


def mark_up_notebook(app: Sphinx, docname: str, source: list[str]) -> None:
    """Replace a lesson's or an exercise set's text by the marked-up edition for this audience."""
    path = Path(app.env.doc2path(docname))
    entry = _entry(app, path)
    if entry is None:
        _show_plain(app, docname, path, source)
        return
    course = course_of(app)
    try:
        made = edition(parse(source[0], path), app.config.cleanworks_audience)
        if app.config.cleanworks_executed:
            executed = Path(app.config.cleanworks_executed) / course.relative(path)
            # So that the page is made again when the results are new and the text is old.
            app.env.note_dependency(str(executed))
            take_outputs(made, read(executed).node, where=course.relative(path))
        if docname in app.config.cleanworks_own_pages:
            own_data.doubt_descriptions(made)
        add_tables(made, app.config.language)
        live.number_cells(made)
        spoken.describe(app, docname, made)
        marked = mark_up(
            made,
            where=course.relative(path),
            front=front_matter(course, entry, app.config.cleanworks_notes.get(docname, "")),
            story=entry.block.kind == "lesson",
            read=entry.block.id if entry.block.kind == "lesson" else "",
        )
    except InputError as error:
        raise ExtensionError(error.message) from None
    source[0] = nbformat.writes(marked)


def _show_plain(app: Sphinx, docname: str, path: Path, source: list[str]) -> None:
    """Give a notebook that is no lesson the outputs of its executed copy; nothing else about it is changed."""
    one = plain.of(course_of(app), path)
    copy = plain.copy_of(app, one) if one else None
    if one is None or copy is None:
        return
    app.env.note_dependency(str(copy))
    if one.reader is None:
        source[0] = nbformat.writes(plain.with_outputs(one, source[0], copy))


def take_outputs(notebook: NotebookNode, executed: NotebookNode, *, where: str) -> None:
    """Give the cells of an edition the outputs of the executed copy; cells belong together by their ids.

    Raises
    ------
    InputError
        A cell was not executed, or was executed with other code.
    """
    results = {cell.id: cell for cell in executed.cells if cell.cell_type == "code"}
    for cell in notebook.cells:
        if cell.cell_type != "code":
            continue
        result = results.get(cell.id)
        if result is None or result.source != cell.source:
            raise InputError(
                f"The result of cell `{cell.id}` is missing or old.", where=where, fix="Run it again."
            )
        cell.outputs, cell.execution_count = result.outputs, result.execution_count
    if "language_info" in executed.metadata:
        notebook.metadata.language_info = executed.metadata.language_info


def _entry(app: Sphinx, path: Path) -> Any:
    resolved = path.resolve()
    return next((e for e in course_of(app).notebooks if e.path.resolve() == resolved), None)


# --- downloads ----------------------------------------------------------------------------------------------------


class download(nodes.inline):
    """A link to the notebook of this page."""


class DownloadRole(SphinxRole):
    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        # A page without a translation has the English words here, and the verb is in the book's language all the same.
        what = words.say(self.text, self.config.language)
        text = words.say(f"Download {what}", self.config.language)
        return [download(self.text, nodes.Text(text), docname=self.env.docname)], []


def visit_download(translator: Any, node: download) -> None:
    page = translator.builder.get_target_uri(node["docname"])
    address = relative_uri(page, f"_sources/{node['docname']}.ipynb")
    translator.body.append(f'<a class="cw-download" href="{address}" download>')


def depart_download(translator: Any, node: download) -> None:
    translator.body.append("</a>")


def finish(app: Sphinx, error: Exception | None) -> None:
    """Put MathJax beside the pages, and give the notebooks to download the form that a learner works in."""
    if error or app.builder.format != "html":
        return
    _copy_mathjax(Path(app.outdir) / "_static" / "mathjax")
    lighten(Path(app.outdir))
    spoken.turn(Path(app.outdir), app.config.language)
    for entry in course_of(app).notebooks:
        name = entry.path.resolve().relative_to(Path(app.srcdir).resolve())
        copy = Path(app.outdir) / "_sources" / name
        # The copy of a page that was not written this time is clean already.
        if copy.is_file() and copy.read_bytes() == entry.path.read_bytes():
            copy.write_text(_clean(app, entry.path, name), encoding="utf-8", newline="\n")


def lighten(folder: Path) -> None:
    """Take out of every page the scripts that it does not need, which are most of its weight, and keep its tables still.

    The theme loads 1.5 MB with every icon there is, although its style sheet shows the same icons from a font. It also
    loads the index of the search on pages that do not search. Of 1,900 rules for icons a book uses some twenty.
    """
    for page in folder.rglob("*.html"):
        if "_static" in page.relative_to(folder).parts:
            continue
        text = page.read_text(encoding="utf-8")
        unneeded = _ICONS if page.name == "search.html" else rf"{_ICONS}|{_SEARCH}"
        lighter = re.sub(rf'\s*<script[^>]*\bsrc="[^"]*(?:{unneeded})[^"]*"></script>', "", text)
        # Sphinx leaves a page that did not change as it is, marks and all.
        if " data-arrives" not in lighter:
            lighter = arriving_whole(with_sizes(lighter, page))
        if lighter != text:
            page.write_text(lighter, encoding="utf-8", newline="\n")
    for name in ("fontawesome.js", "fontawesome.js.map"):
        (folder / "_static" / "scripts" / name).unlink(missing_ok=True)
    _drop_icons(folder)


def with_sizes(text: str, page: Path) -> str:
    """Give each picture of a page its width and height, so that what stands under it does not move when it arrives."""

    def sized(found: re.Match[str]) -> str:
        source = re.search(r'\bsrc="([^":?#]+)"', found[0])
        if source is None or re.search(r"\b(width|height)=", found[0]):
            return found[0]
        size = _size_of(page.parent / unquote(source[1]))
        # HTML and the EPUB's checker allow whole numbers only.
        return (
            found[0]
            if size is None
            else f'<img width="{round(size[0])}" height="{round(size[1])}"{found[0][4:]}'
        )

    return re.sub(r"<img\b[^>]*>", sized, text)


def _size_of(picture: Path) -> tuple[float, float] | None:
    """Width and height of a PNG or SVG; None for any other file."""
    try:
        data = picture.read_bytes()
    except OSError:
        return None
    if data[:8] == b"\x89PNG\r\n\x1a\n":
        return int.from_bytes(data[16:20], "big"), int.from_bytes(data[20:24], "big")
    found = re.search(rb'<svg\b[^>]*\bviewBox="[-\d.]+[ ,]+[-\d.]+[ ,]+([\d.]+)[ ,]+([\d.]+)"', data[:2000])
    return (float(found[1]), float(found[2])) if found else None


def _drop_icons(folder: Path) -> None:
    """Leave in the theme's style sheet the icons that a page or a script names."""
    sheet = folder / "_static" / "styles" / "pydata-sphinx-theme.css"
    if not sheet.is_file():
        return
    used: set[str] = set()
    for path in (
        path
        for path in folder.rglob("*")
        if path.suffix in (".html", ".js") and path.name != "searchindex.js"
    ):
        used.update(re.findall(r"\bfa-[a-z0-9-]+", path.read_text(encoding="utf-8")))

    def kept(rule: re.Match[str]) -> str:
        return rule[0] if used.intersection(re.findall(r"fa-[a-z0-9-]+", rule[0])) else ""

    text = sheet.read_text(encoding="utf-8")
    lighter = re.sub(r'(?<=\})(?:\.fa-[a-z0-9-]+:before,?)+\{content:"[^"]*"\}', kept, text)
    if lighter != text:
        sheet.write_text(lighter, encoding="utf-8", newline="\n")


_ICONS = r"_static/scripts/fontawesome\.js"
_SEARCH = r"_static/searchtools\.js|_static/language_data\.js|searchindex\.js"


def _clean(app: Sphinx, path: Path, name: Path) -> str:
    """A notebook without outputs, as one opens it to work in it."""
    notebook = parse(path.read_text(encoding="utf-8"), path)
    # Whoever works in a notebook runs all of its cells at once some day: a solution among them would overwrite the answer.
    audience = app.config.cleanworks_audience
    notebook = edition(notebook, "instructor" if audience == "instructor" else "learner")
    if app.config.language != spoken.SOURCE:
        folder = Path(app.config.locale_dirs[0]) / app.config.language / "LC_MESSAGES"
        notebook = translated(notebook, entries(folder / name.with_suffix(".po")))
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    return dump(notebook)


def _copy_mathjax(target: Path) -> None:
    found = importlib.util.find_spec("sphinx-mathjax-offline")
    if found is None or not found.submodule_search_locations:
        raise ExtensionError("The package sphinx-mathjax-offline is missing; requirements.txt names it.")
    packaged = Path(found.submodule_search_locations[0]) / "static" / "mathjax"
    for name in _MATHJAX:
        source, copy = packaged / name, target / name
        if copy.exists():
            continue
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copytree(source, copy) if source.is_dir() else shutil.copyfile(source, copy)


# --- reports ------------------------------------------------------------------------------------------------------


class ExecutedBy(SphinxDirective):
    """The sentence that says which engine executed the notebooks of this edition: ```` ```{executed-by} ````."""

    def run(self) -> list[nodes.Node]:
        return [nodes.paragraph("", derived.make(self.env.app, "executed-by"))]


def _executed_by(app: Sphinx) -> str:
    from cleanworks.workshop.reports.terminal import engines_of

    folder = app.config.cleanworks_executed
    return engines_of(Path(folder) if folder else Path(app.srcdir, "_build/none"))


class Report(SphinxDirective):
    """A table, a chart or a sentence that a function makes, so that it is never typed: ```` ```{report} name ````.

    A second word goes to the function: ```` ```{report} path auditors ````.
    """

    required_arguments = 1
    optional_arguments = 1

    def run(self) -> list[nodes.Node]:
        name = self.arguments[0]
        if name not in self.config.cleanworks_reports:
            raise self.error(f"there is no report {name!r}; _config.yml names the reports")
        try:
            report = derived.make(self.env.app, "report", name, *self.arguments[1:])
        except InputError as error:
            raise ExtensionError(error.message) from None
        if isinstance(report, str):
            return self._text(report)
        if isinstance(report, Bars):
            return [nodes.raw("", report.html(), format="html"), *self._text(report.caption)]
        headings, rows = report
        return [self._table(headings, rows)]

    def _text(self, text: str) -> list[nodes.Node]:
        """A paragraph of Markdown."""
        holder = nodes.Element()
        self.state.nested_parse(StringList([text], "report"), self.content_offset, holder)
        return holder.children

    def _table(self, headings: list[str], rows: list[list[str]]) -> nodes.table:
        group = nodes.tgroup(cols=len(headings))
        group += [nodes.colspec(colwidth=width) for width in widths(headings, rows)]
        head, body = nodes.thead(), nodes.tbody()
        head += self._row(headings)
        body += [self._row(row) for row in rows]
        group += [head, body]
        table = nodes.table(classes=["cw-report", "cw-steady", "colwidths-given"])
        table += group
        return table

    def _row(self, texts: list[str]) -> nodes.row:
        row = nodes.row()
        for text in texts:
            entry = nodes.entry()
            self.state.nested_parse(StringList([text], "report"), self.content_offset, entry)
            row += entry
        return row


def _report(app: Sphinx, name: str, *words: str) -> str | Bars | Table:
    module, _, function = app.config.cleanworks_reports[name].partition(":")
    return getattr(importlib.import_module(module), function)(course_of(app), *words)


# In letters: how much a row of a page holds, the white beside a cell's text, and the longest word that is not broken.
_ROW, _PADDING, _LONGEST = 80.0, 3, 13


def widths(headings: list[str], rows: list[list[str]]) -> list[float]:
    """How wide each column of a report is, in parts of 100.

    A browser that finds the widths by itself changes them while a long table arrives, and what one reads moves.
    No column is narrower than its longest word, up to `_LONGEST` letters; what is left goes to those that say more.
    """
    needs: list[float] = []
    wants: list[float] = []
    for place, heading in enumerate(headings):
        cells = [_visible(row[place]) for row in rows]
        longest = max([len(word) for cell in cells for word in cell.split()], default=0)
        # Headings are bold.
        needs.append(_PADDING + min(_LONGEST, max(longest, 1 + max(map(len, heading.split())))))
        usual = sum(map(len, cells)) / max(1, len(rows))
        wants.append(min(60.0, max(1.0, usual)))
    # Columns whose longest word needs more than their share are given that first; the others share the rest.
    given, rest, free = list(needs), _ROW, list(range(len(headings)))
    while free:
        shares = {place: rest * wants[place] / sum(wants[one] for one in free) for place in free}
        tight = [place for place in free if needs[place] > shares[place]]
        if not tight:
            given = [shares.get(place, need) for place, need in enumerate(needs)]
            break
        rest -= sum(needs[place] for place in tight)
        free = [place for place in free if place not in tight]
    return [round(100 * one / sum(given), 1) for one in given]


def _visible(text: str) -> str:
    """Markdown without what a page does not show: addresses of links, keys of sources."""
    text = re.sub(r"\{[a-z]+\}`([^`<]*)<[^`]*>`", r"\1", text)
    return re.sub(r"\{cite\}`[^`]*`", "[000]", re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", text)).replace("`", "")
