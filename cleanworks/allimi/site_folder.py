"""A folder that appears whole or not at all, and never over something that is not ours."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from cleanworks import written
from cleanworks.errors import InputError

MARK = "site.json"
_MADE_BY = "cleanworks allimi"


def put(out: Path, files: Mapping[str, bytes]) -> Path:
    """Write files to ``out``, replacing an older site. Returns ``out``.

    Raises
    ------
    InputError
        ``out`` holds anything that an older site did not, or the disk refuses.
    """
    check(out)
    mark = json.dumps({"made by": _MADE_BY, "files": sorted(files)}, indent=1).encode() + b"\n"
    target = out.resolve()
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with written.folder(target) as new:
            for name, content in {**files, MARK: mark}.items():
                place = new / name
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_bytes(content)
    except OSError as error:
        raise InputError(
            f"The site cannot be written: {error.strerror}.",
            where=str(out),
            fix="Choose another folder; the disk may be full.",
        ) from None
    return out


def check(out: Path) -> None:
    """Refuse a place that holds something else than an older site."""
    if not out.exists():
        return
    if not out.is_dir():
        raise InputError("This is a file, not a folder.", where=str(out), fix="Name a folder.")
    there = {
        path.relative_to(out).as_posix() for path in out.rglob("*") if not path.is_dir() or path.is_symlink()
    }
    if there and there - _ours(out):
        other = min(there - _ours(out))
        raise InputError(
            f"The folder holds something else ({other}), which would be lost.",
            where=str(out),
            fix="Name a new or an empty folder.",
        )


def _ours(out: Path) -> set[str]:
    try:
        mark = json.loads((out / MARK).read_text(encoding="utf-8"))
        return {*mark["files"], MARK} if mark["made by"] == _MADE_BY else set()
    except (OSError, ValueError, KeyError, TypeError):
        return set()
