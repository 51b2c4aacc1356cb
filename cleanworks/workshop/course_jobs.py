"""From a course as the catalogue knows it to the jobs and options of a run."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cleanworks
from cleanworks.errors import InputError
from cleanworks.workshop.files import notebook_content

from .run.jobs import MAY_RAISE, UNLIMITED, Job, RunOptions, Skip

if TYPE_CHECKING:
    from cleanworks.workshop.catalogue import Course, Entry, PlainNotebook

LOCK = "requirements.txt"


def course_jobs(course: Course, ids: Iterable[str] = ()) -> list[Job]:
    """The jobs of a course, in its order: lessons, exercise sets, and notebooks that are neither.

    `ids` names lessons (``c6``: the lesson and its exercise set) or single notebooks (``c6-exercises``, ``intro/first-steps``);
    all if empty.

    Raises
    ------
    InputError
        An id that the course does not have, or a declared file of a package that is not installed.
    """
    wanted = list(ids)
    entries = [(course_job(course, entry), {entry.name, entry.block.id}) for entry in course.notebooks]
    plain = [(plain_job(course, one), {one.name, course.relative(one.path)}) for one in course.executed]
    known = set().union(*(names for _, names in (*entries, *plain)))
    for name in wanted:
        if name not in known:
            names = [*course.ids, *(one.name for one in course.executed)]
            raise InputError(f"There is no lesson {name!r}.", fix=f"The lessons are {', '.join(names)}.")
    return [job for job, names in (*entries, *plain) if not wanted or names & set(wanted)]


def require_jobs(course: Course, jobs: list[Job]) -> None:
    """Refuse a request to execute that would execute nothing.

    Raises
    ------
    InputError
        The course has no notebooks, or its settings leave all of them out.
    """
    if jobs and (course.notebooks or not all(course.is_idle(one) for one in course.executed)):
        return
    if course.plain and not course.executed:
        if any(one.settings.get("execution_mode") in (False, "off") for one in course.plain):
            raise InputError(
                "Nothing can be executed: the notebooks say `execution_mode: off` of themselves.",
                where=str(course.plain[0].path),
                fix="Take that line away where cells should be executed.",
            )
        raise InputError(
            "Nothing can be executed: _config.yml leaves out every notebook of this book.",
            where=str(course.root / "_config.yml"),
            fix="Set `execute_notebooks` of `execute` to `cache`, or shorten `exclude_patterns`.",
        )
    if notes := unread_notes(course):
        what, fix = notes[:2]
        raise InputError(f"Nothing can be executed. {what}", where=str(course.root / "_toc.yml"), fix=fix)
    raise InputError(
        "Nothing can be executed: the table of contents names no notebook.",
        where=str(course.root / "_toc.yml"),
        fix="Name the notebooks there (.ipynb, or .md that begins with the lines of a MyST notebook).",
    )


def run_notes(course: Course) -> list[str]:
    """What the author should know before the notebooks are executed: what is not executed, and what is done otherwise than asked."""
    notes = unread_notes(course)
    if course.book.in_temp and course.executed:
        notes.append(
            "`run_in_temp` of _config.yml is not followed: cells are executed in the folder of their notebook, and what they write stays there."
        )
    return notes


def unread_notes(course: Course) -> list[str]:
    """What to say about pages whose code cells nobody executes; nothing where there are none."""
    notes: list[str] = []
    if course.unread:
        pages = " ".join(course.unread)
        notes += [
            f"Code cells that are not executed stand in {pages}: the first lines do not say that it is a notebook.",
            f"`jupyter-book myst init {pages} --kernel python3`, written in the folder of the book, adds those lines.",
        ]
    if course.nested:
        notes += [
            f"Code cells that are not executed stand in {' '.join(course.nested)}: inside a list or a directive, or between colons.",
            "Write each of them between lines of three backticks that begin at the left margin.",
        ]
    return notes


def plain_job(course: Course, one: PlainNotebook) -> Job:
    """The job of a notebook that is no lesson: as Jupyter Book would execute it, in its own folder."""
    read = one.reader
    own = one.settings
    if own.get("execution_allow_errors", course.book.may_raise) is True:
        read = partial(_may_raise, read or partial(notebook_content, where=str(one.path)))
    limit = _seconds(own.get("execution_timeout", course.book.timeout))
    return Job(
        one.name,
        one.path,
        roots=module_roots(course.root),
        cell_timeout=limit,
        declares=False,
        target=f"{one.name}.ipynb",
        read=read,
    )


def _seconds(limit: Any) -> float | None:
    """A limit of time as Jupyter Book writes it, where -1 is none at all and nothing leaves it to the toolkit."""
    if not isinstance(limit, int | float) or not limit:
        return None
    return limit if 0 < limit < UNLIMITED else UNLIMITED


def _may_raise(read: Callable[[str], dict[str, Any]], text: str) -> dict[str, Any]:
    """The content of a notebook whose cells may all raise (`allow_errors` in _config.yml)."""
    content = read(text)
    for cell in content["cells"]:
        if cell["cell_type"] == "code":
            cell["metadata"]["tags"] = [*cell["metadata"].get("tags", []), MAY_RAISE]
    return content


def course_job(course: Course, entry: Entry) -> Job:
    """The job of one notebook of a course."""
    block = entry.block
    skip = Skip(block.skip.reason, block.skip.until) if block.skip else None
    data = [_packaged(package, relative, entry) for package, relative in block.files]
    return Job(
        block.name,
        entry.path,
        data=data,
        roots=module_roots(course.root),
        timeout=block.timeout,
        seconds=block.seconds,
        megabytes=block.megabytes,
        skip=skip,
    )


def course_options(course: Course, **changes: Any) -> RunOptions:
    """The options that a course sets; `changes` are those of the command line."""
    root = course.root.resolve()
    inputs = [root / name for name in course.settings.inputs]
    lock = root / LOCK
    if lock.is_file() and lock not in inputs:
        inputs.append(lock)
    shared = os.environ.get("CLEANWORKS_CACHE", "")
    return RunOptions(root=root, inputs=inputs, preload=course.settings.preload, shared=shared, **changes)


def module_roots(root: Path) -> list[Path]:
    """Where the course's own modules lie: its folder, and this project's if it is used from its sources.

    Installed packages are not the course's own: the lock file stands for them.
    """
    own = Path(cleanworks.__file__).resolve().parent.parent
    roots = [Path(root).resolve()]
    if own not in roots and "site-packages" not in own.parts:
        roots.append(own)
    return roots


def _packaged(package: str, relative: str, entry: Entry) -> Path:
    found = importlib.util.find_spec(package)
    if found is None or not found.submodule_search_locations:
        raise InputError(
            f"The notebook declares a file of the package {package!r}, which is not installed.",
            where=str(entry.path),
            fix=f"Install {package}, or take the file out of `data` in the notebook's metadata.",
        )
    return Path(found.submodule_search_locations[0]) / relative
