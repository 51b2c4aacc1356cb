"""A folder that a command makes: it appears whole or not at all, and never over something that the same command did not make.

What made it and which files belong to it stand in a file of its own, the mark.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from cleanworks import written
from cleanworks.errors import InputError


def about(folder: Path, mark: str, made_by: str) -> dict[str, Any]:
    """What the mark of a folder says; empty for anything that ``made_by`` did not make."""
    try:
        found = json.loads((folder / mark).read_text(encoding="utf-8-sig"))
    except (OSError, ValueError, RecursionError):
        return {}
    if not isinstance(found, dict) or found.get("made by") != made_by:
        return {}
    # A mark that somebody changed vouches for nothing.
    files = found.get("files", [])
    return found if isinstance(files, list) and all(isinstance(name, str) for name in files) else {}


def check(out: Path, mark: str, made_by: str) -> None:
    """Refuse a place that holds something else than an older folder of the same command.

    Raises
    ------
    InputError
        It is a file, holds a file that would be lost, or would lie in a folder that is not there.
    """
    if not out.exists():
        if not out.resolve().parent.is_dir():
            raise InputError(
                "There is no such folder to put it in.", where=str(out.parent), fix="Make it first."
            )
        return
    if not out.is_dir():
        raise InputError("This is a file, not a folder.", where=str(out), fix="Name a folder.")
    there = {
        path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_symlink() or not path.is_dir()
    }
    other = there - set(about(out, mark, made_by).get("files", ())) - {mark}
    if other:
        raise InputError(
            f"The folder holds something else ({min(other)}), which would be lost.",
            where=str(out),
            fix="Name a new or an empty folder.",
        )


@contextmanager
def whole(out: Path, mark: str, made_by: str) -> Iterator[Path]:
    """A new folder to fill and to `sign`; it takes the place of ``out`` when all has gone well, and leaves no trace otherwise."""
    check(out, mark, made_by)
    with written.folder(out) as new:
        yield new


def sign(new: Path, mark: str, made_by: str, **facts: Any) -> None:
    """Write the mark of a folder that is filled: what made it, its files, and what else is to be known of it."""
    files = sorted(path.relative_to(new).as_posix() for path in new.rglob("*") if path.is_file())
    said = {"made by": made_by, "files": files, **facts}
    (new / mark).write_text(json.dumps(said, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
