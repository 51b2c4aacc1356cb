"""Write the editions of exercise sets: what learners are handed, and what the instructor keeps."""

from __future__ import annotations

import errno
from collections.abc import Sequence
from pathlib import Path

from cleanworks import written
from cleanworks.errors import InputError
from cleanworks.workshop.catalogue import Course
from cleanworks.workshop.editions import Audience, Leak, edition, leaks
from cleanworks.workshop.notebook import dump

AUDIENCES: tuple[Audience, ...] = ("learner", "instructor")


def split(course: Course, out: Path, ids: Sequence[str] = ()) -> tuple[list[Path], list[tuple[Path, Leak]]]:
    """Write `out/learner/...` and `out/instructor/...`, all files or none.

    Parameters
    ----------
    out : Path
        A folder that does not exist yet, or an empty one.
    ids : sequence of str
        Lessons whose sets are written; all if empty.

    Returns
    -------
    (files, leaks)
        What was written, relative to `out`; nothing when a line of a solution stands in a learner's notebook.

    Raises
    ------
    InputError
        An id does not exist, or `out` holds something already.
    """
    out = Path(out)
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise InputError(
            "There is something at this place already.", where=str(out), fix="Name a new folder."
        )
    lessons = [course.lesson(id) for id in ids] if ids else course.lessons
    texts: dict[Path, str] = {}
    found: list[tuple[Path, Leak]] = []
    for lesson in lessons:
        if lesson.exercises is None:
            continue
        source = lesson.exercises.notebook
        name = Path(course.relative(source.path))
        for audience in AUDIENCES:
            texts[Path(audience) / name] = dump(edition(source.node, audience))
        handed_out = texts[Path("learner") / name]
        found += [(name, leak) for leak in leaks(handed_out, source.node, taught=[lesson.notebook.node])]
    if found:
        return [], found
    if not texts:
        raise InputError(
            "There is no exercise set to write.",
            where=str(course.root),
            fix="Name lessons that have exercises.",
        )
    _write_all(out, texts)
    return list(texts), []


def _write_all(out: Path, texts: dict[Path, str]) -> None:
    """Write beside the place and move there at the end, so that an interrupted split leaves nothing behind."""
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with written.folder(out) as new:
            for name, text in texts.items():
                path = new / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8")
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise
        raise InputError(
            f"The folder cannot be written: {error.strerror}.",
            where=str(out),
            fix="Choose a folder that you may write to.",
        ) from None
