"""From a course as the catalogue knows it to the jobs and options of a run."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import cleanworks
from cleanworks.errors import InputError

from .jobs import Job, RunOptions, Skip

if TYPE_CHECKING:
    from cleanworks.workshop.catalogue import Course, Entry

LOCK = "requirements.txt"


def course_jobs(course: Course, ids: Iterable[str] = ()) -> list[Job]:
    """The jobs of a course, in its order.

    `ids` names lessons (``c6``: the lesson and its exercise set) or single notebooks (``c6-exercises``); all if empty.

    Raises
    ------
    InputError
        An id that the course does not have, or a declared file of a package that is not installed.
    """
    wanted = list(ids)
    entries = list(course.notebooks)
    known = {entry.name for entry in entries} | {entry.block.id for entry in entries}
    for name in wanted:
        if name not in known:
            raise InputError(f"There is no lesson {name!r}.", fix=f"The lessons are {', '.join(course.ids)}.")
    if wanted:
        entries = [entry for entry in entries if entry.name in wanted or entry.block.id in wanted]
    return [course_job(course, entry) for entry in entries]


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
        # The checks of an exercise set read tables too.
        shares=bool(block.tables) or block.kind == "exercises",
        skip=skip,
    )


def course_options(course: Course, **changes: object) -> RunOptions:
    """The options that a course sets; `changes` are those of the command line."""
    root = course.root.resolve()
    inputs = [root / name for name in course.settings.inputs]
    lock = root / LOCK
    if lock.is_file() and lock not in inputs:
        inputs.append(lock)
    return RunOptions(root=root, inputs=inputs, preload=course.settings.preload, **changes)


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
        )
    return Path(found.submodule_search_locations[0]) / relative
