"""`cleanworks book --data FOLDER`: lessons on somebody's own tables where these can carry them, and a label on every page that says so.

A notebook runs on one world or on the other, never on both. What the data lack for it is said by the course (setting `own_data`); one
that stops on the data all the same stays on the course's own tables too, with the reason.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from cleanworks.errors import InputError

if TYPE_CHECKING:
    from nbformat import NotebookNode

    from cleanworks.workshop.catalogue import Course, Entry
    from cleanworks.workshop.run import Job, RunOptions
    from cleanworks.workshop.run.lesson_results import Failure

VARIABLE = "CLEANWORKS_OWN_DATA"
"""Names the folder to whatever loads the tables of a course."""


@dataclasses.dataclass(frozen=True)
class OnData:
    """What ran on somebody's tables.

    ``carried`` are the names of the notebooks, by their pages; ``notes`` is a label for the page of each: page -> Markdown; ``others``
    counts those that read tables, and stay on the course's own.
    """

    carried: Mapping[str, str]
    notes: Mapping[str, str]
    others: int


def execute(
    course: Course, folder: Path, jobs: list[Job], options: RunOptions, display: Callable[[], Any]
) -> OnData:
    """Execute on a folder of tables what these can carry.

    Parameters
    ----------
    jobs : list
        The notebooks of the course, in its order.

    Raises
    ------
    InputError
        The course cannot be used with other tables, or the folder holds none.
    typer.Exit
        Interrupted.
    """
    from cleanworks.workshop.live.payload import function
    from cleanworks.workshop.run import run_notebooks

    if not course.settings.own_data:
        raise InputError(
            "This course cannot run on other tables.",
            where="--data",
            fix="Set `own_data` in cleanworks.toml, or build the book without --data.",
        )
    lacks: Callable[..., Any] = function("own_data", course.settings.own_data)
    lacks(folder, (), ())  # says what is wrong with the folder, before any work
    where = folder.name
    notes: dict[str, str] = {}
    able: dict[str, tuple[Entry, Job]] = {}
    others = 0
    for entry, job in zip(course.notebooks, jobs, strict=False):
        code = [cell.source for cell in entry.notebook.node.cells if cell.cell_type == "code"]
        if sentence := lacks(folder, entry.block.tables, code):
            notes[_page(course, entry)] = _simulated(where, sentence)
            others += 1
        elif not entry.block.tables:
            notes[_page(course, entry)] = _without_tables(where)
        else:
            able[job.name] = (entry, dataclasses.replace(job, data=[*job.data, folder]))
    if not able:
        return OnData({}, notes, others)
    environment = {**options.environment, VARIABLE: str(folder)}
    result = run_notebooks(
        [job for _, job in able.values()], dataclasses.replace(options, environment=environment), display()
    )
    if result.interrupted:
        raise typer.Exit(130)
    carried: dict[str, str] = {}
    for lesson in result.lessons:
        entry, _ = able[lesson.name]
        if lesson.status == "passed":
            carried[_page(course, entry)] = lesson.name
            notes[_page(course, entry)] = _own(where)
        elif lesson.failure is not None:
            notes[_page(course, entry)] = _simulated(where, _stopped(lesson.failure))
            others += 1
    return OnData(carried, notes, others)


def doubt_descriptions(notebook: NotebookNode) -> None:
    """Say of each figure's words for those who do not see it that they were written for other tables."""
    for cell in notebook.cells:
        image = cell.metadata.get("mystnb", {}).get("image", {})
        if image.get("alt"):
            image["alt"] = f"A figure on other data than those it is described for. {image['alt']}"


def _page(course: Course, entry: Entry) -> str:
    return course.relative(entry.path).removesuffix(".ipynb")


def _own(where: str) -> str:
    return (
        f"**On your data.** The results on this page come from the folder `{where}`. "
        "Sentences and titles of figures were written for the simulated tables of the course and may not hold for yours. "
        "Nothing is planted or labelled in real data. Limits and the day of reading are those of the country's profile."
    )


def _simulated(where: str, reason: str) -> str:
    return f"**Not on your data.** This page shows the tables of the course, and nothing of the folder `{where}`. {reason}"


def _without_tables(where: str) -> str:
    return f"**Not on your data.** This page reads no tables of the course, so it is the same with any data, and shows nothing of the folder `{where}`."


def _stopped(failure: Failure) -> str:
    place = f" in cell `{failure.cell_id}`" if failure.cell_id else ""
    message = " ".join(failure.message.replace("`", "'").split())[:200]
    return f"It was tried on the data and stopped{place}: `{message}`."
