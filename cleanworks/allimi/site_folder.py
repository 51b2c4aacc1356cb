"""A folder that appears whole or not at all, and never over something that is not ours."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from cleanworks import made_folder
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
    target = out.resolve()
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with made_folder.whole(target, MARK, _MADE_BY) as new:
            for name, content in files.items():
                place = new / name
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_bytes(content)
            made_folder.sign(new, MARK, _MADE_BY)
    except OSError as error:
        raise InputError(
            f"The site cannot be written: {error.strerror}.",
            where=str(out),
            fix="Choose another folder; the disk may be full.",
        ) from None
    return out


def check(out: Path) -> None:
    """Refuse a place that holds something else than an older site; folders above it are made where they are not there."""
    if out.exists():
        made_folder.check(out, MARK, _MADE_BY)
