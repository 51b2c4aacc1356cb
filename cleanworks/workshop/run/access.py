"""Which of the files that cells opened are news: read without being declared, or left behind.

The list of opened files comes from an audit hook in the kernel (`kernels.guard`). Files of the system, of Python, of caches and of the
temporary folder are no news; everything else a lesson reads belongs to its `data`, or its cached result goes stale.
"""

from __future__ import annotations

import functools
import os
import re
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from cleanworks.workshop.imports import Fingerprints

from .jobs import Job, RunOptions
from .keys import declared_files, shown

_SYSTEM = (
    "/bin", "/dev", "/etc", "/lib", "/lib64", "/nix", "/opt", "/proc", "/run", "/sbin", "/snap", "/sys", "/usr",
    "/var/lib", "/var/cache", "/Library", "/System", "/Applications", "C:\\Windows", "C:\\Program Files",
)  # fmt: skip
# Nanoseconds by which the clock of a file system may be behind.
_COARSE = 20_000_000
_COMPILED = re.compile(r"(.*)[\\/]__pycache__[\\/]([^\\/]+?)\.[^\\/.]+(?:\.opt-\d)?\.pyc$")
_BYTECODE = re.compile(r"\.pyc(?:\.\d+)?$")  # Python writes under a name with a number behind it, and renames


def opened(
    job: Job, options: RunOptions, modules: Iterable[Path], accesses: Sequence[tuple[str, str]]
) -> tuple[list[str], list[str]]:
    """Files read without being declared, and files written: paths relative to the course where they lie inside.

    Parameters
    ----------
    modules : iterable of Path
        The course's own modules that the cells reach; they are declared by being imported.
    accesses : sequence of (path, "read" or "write")
        In the order in which the kernel opened them.
    """
    known = {_real(path) for path in [*declared_files(job), *options.inputs, *modules]}
    if job.path is not None:
        known.add(_real(job.path))
    ours = [_real(folder) for folder in (options.root, job.folder, *job.roots)]
    quiet = [*_SYSTEM, *_caches(options)]
    written: dict[str, None] = {}
    read: dict[str, None] = {}
    for path, mode in accesses:
        real = _real(Path(_source_of(path)))
        if real in known or real in written or not _is_news(real, ours, quiet):
            continue
        if mode == "write":
            # What the cells removed again is not left behind, nor what they could not open.
            if not _BYTECODE.search(path) and os.path.lexists(real):
                written[real] = None
        elif os.path.isfile(real):
            read[real] = None
    return [shown(Path(path), options.root) for path in read], [
        shown(Path(path), options.root) for path in written
    ]


def digests(
    paths: Iterable[str], root: Path, prints: Fingerprints, since: int | None = None
) -> dict[str, str]:
    """Digests of files given as `opened` names them; an empty digest for one that is gone or cannot be read.

    Also for one that was changed `since` a time in nanoseconds: what has been read may be what it held before.
    """
    found = {}
    for path in paths:
        try:
            changed = since is not None and os.stat(Path(root, path)).st_ctime_ns > since - _COARSE
            found[path] = "" if changed else prints.file(Path(root, path))
        except OSError:
            found[path] = ""
    return found


def changed(old: Mapping[str, str], root: Path, prints: Fingerprints) -> list[str]:
    """Files whose digest is no longer what it was."""
    return [path for path, value in digests(old, root, prints).items() if value != old[path]]


def _is_news(path: str, ours: Sequence[str], quiet: Sequence[str]) -> bool:
    # What lies inside the course counts, even if the course lies in a temporary folder.
    inside = max((len(folder) for folder in ours if _within(path, folder)), default=0)
    hidden = max((len(folder) for folder in quiet if _within(path, folder)), default=0)
    return inside > hidden if inside else not hidden


def _within(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder.rstrip(os.sep) + os.sep)


def _caches(options: RunOptions) -> list[str]:
    home = Path.home()
    folders: list[Path | str | None] = [tempfile.gettempdir(), home / ".cache", home / ".config", home / ".local", home / ".fonts", home / "Library",
               options.cache_folder, os.environ.get("XDG_CACHE_HOME"), os.environ.get("MPLCONFIGDIR"),
               os.environ.get("LOCALAPPDATA")]  # fmt: skip
    return [_real(Path(folder)) for folder in folders if folder]


@functools.lru_cache(8192)
def _real(path: Path) -> str:
    return os.path.realpath(path)


def _source_of(path: str) -> str:
    """The module that a compiled file was made from; any other path as it is."""
    found = _COMPILED.match(path)
    return f"{found[1]}{os.sep}{found[2]}.py" if found else path
