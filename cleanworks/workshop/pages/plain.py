"""Pages of notebooks that are no lessons: shown as the author wrote them, with the outputs of the run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import nbformat
from nbformat import NotebookNode

from cleanworks.errors import InputError
from cleanworks.texts import read_text
from cleanworks.workshop.files import notebook_content
from cleanworks.workshop.pages.kept import course_of

if TYPE_CHECKING:
    from sphinx.application import Sphinx

    from cleanworks.workshop.catalogue import Course, PlainNotebook


def of(course: Course, path: Path) -> PlainNotebook | None:
    """The plain notebook in this file, if the course has one there."""
    resolved = path.resolve()
    return next((one for one in course.plain if one.path.resolve() == resolved), None)


def copy_of(app: Sphinx, one: PlainNotebook) -> Path | None:
    """Its executed copy; None where the pages show what is stored, or what Jupyter Book executed itself."""
    if not app.config.cleanworks_executed or one not in course_of(app).executed:
        return None
    return Path(app.config.cleanworks_executed) / f"{one.name}.ipynb"


def connect(app: Sphinx) -> None:
    """Let MyST-NB read each notebook that is written as text through `executed`, which brings its outputs.

    MyST-NB finds the reader of a format by the end of a file's path; the whole path is the longest end there is.
    """
    for one in course_of(app).plain:
        copy = copy_of(app, one)
        if copy is not None and one.reader is not None:
            reader = f"{__name__}.executed"
            formats: dict[str, Any] = app.env.mystnb_config.custom_formats  # type: ignore[attr-defined]  # MyST-NB sets it
            formats[str(one.path)] = (reader, {"copy": str(copy)}, False)


def executed(text: str, copy: str) -> NotebookNode:
    """The executed copy of a notebook whose text is this. MyST-NB calls it; the text is that of the copy's source."""
    return nbformat.from_dict(notebook_content(read_text(copy, "The executed copy"), copy))


def with_outputs(one: PlainNotebook, text: str, copy: Path) -> NotebookNode:
    """The notebook with the outputs of its executed copy. Cells belong together by their place and their code.

    Raises
    ------
    InputError
        A cell was executed with other code.
    """
    made = nbformat.from_dict(notebook_content(text, str(one.path)))
    results = nbformat.from_dict(notebook_content(read_text(copy, "The executed copy"), str(copy)))
    code, done = (_code_cells(node) for node in (made, results))
    if [cell.source for cell in code] != [cell.source for cell in done]:
        raise InputError("The results of this notebook are old.", where=str(one.path), fix="Run it again.")
    for cell, result in zip(code, done, strict=True):
        cell.outputs, cell.execution_count = result.outputs, result.execution_count
    if "language_info" in results.metadata:
        made.metadata.language_info = results.metadata.language_info
    made.nbformat_minor = max(made.get("nbformat_minor", 5), 5)
    return made


def _code_cells(node: NotebookNode) -> list[Any]:
    return [cell for cell in node.cells if cell.cell_type == "code"]
