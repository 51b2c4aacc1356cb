"""The cache key: a digest of everything that a lesson's outputs depend on, piece by piece.

The pieces are kept beside the result, so that the next run can say which one changed. Prose, tags, titles and
outputs are no pieces: changing them executes nothing.
"""

from __future__ import annotations

import contextlib
import functools
import json
import os
import platform
import sys
from collections.abc import Mapping, Sequence
from importlib import metadata
from pathlib import Path

from cleanworks import __version__
from cleanworks.errors import InputError
from cleanworks.workshop.imports import Fingerprints, Modules, digest, package_data, package_of

from .jobs import MAY_RAISE, NOT_EXECUTED, Job, RunOptions, Source, tags_of

# A kernel inherits these from the shell, and they choose the country, the language and the tables.
_CHOOSING = ("CLEANWORKS_DATA", "CLEANWORKS_LANGUAGE", "CLEANWORKS_OWN_DATA", "CLEANWORKS_PROFILE")

# Raised by hand when the meaning of a stored result changes.
FORMAT = "1"

# The code that turns cells into outputs: a change there makes every result old.
_EXECUTING = sorted(Path(__file__).parent.rglob("*.py"))


class Key:
    """Digest of one lesson, and the pieces it is made of.

    The pieces named after cells only serve to say which cell changed: the ids are not part of the digest, so renaming a
    cell executes nothing.
    """

    def __init__(self, pieces: Mapping[str, str]):
        self.pieces = dict(pieces)
        kept = {name: value for name, value in self.pieces.items() if not name.startswith("cell ")}
        self.value = digest(json.dumps(kept, sort_keys=True).encode())


@functools.cache
def tool_pieces() -> dict[str, str]:
    """What the machine and the tool bring in."""
    executing = digest(b"".join(path.read_bytes() for path in _EXECUTING))
    versions = []
    for package in ("nbclient", "ipykernel", "ipython"):
        try:
            versions.append(f"{package} {metadata.version(package)}")
        except metadata.PackageNotFoundError:
            versions.append(f"{package} absent")
    return {
        "tool": " ".join([FORMAT, __version__, executing[:16], *versions]),
        "Python": f"{platform.python_implementation()} {platform.python_version()} {sys.platform} {platform.machine()}",
    }


def inherited_variables() -> dict[str, str]:
    """Variables of the shell that a kernel inherits and that choose what a lesson computes with."""
    return {name: os.environ[name] for name in sorted(_CHOOSING) if os.environ.get(name)}


def _installed() -> str:
    """Of the packages that are installed and their versions: what stands in where no lock file does. Folders' names say both."""
    found = set()
    for folder in sys.path:
        with contextlib.suppress(OSError):
            found |= {
                name for name in os.listdir(folder or ".") if name.endswith((".dist-info", ".egg-info"))
            }
    return digest("\n".join(sorted(found)).encode())


def shared_pieces(options: RunOptions, prints: Fingerprints) -> dict[str, str]:
    """Pieces that all lessons of a run share."""
    pieces = dict(tool_pieces())
    variables = {**inherited_variables(), **options.environment, "": options.hash_seed}
    pieces["environment"] = digest(json.dumps(variables, sort_keys=True).encode())
    if not any(Path(path).name == "requirements.txt" for path in options.inputs):
        pieces["installed packages"] = _installed()
    for path in options.inputs:
        pieces[f"file {shown(Path(path), options.root)}"] = _file_digest(Path(path), prints, "The run")
    return pieces


def lesson_key(
    job: Job,
    source: Source,
    modules: Sequence[Path],
    options: RunOptions,
    prints: Fingerprints,
    shared: Mapping[str, str],
) -> Key:
    """The key of one lesson. `modules` are the course's own that it reaches, `shared` the pieces of `shared_pieces`.

    Raises
    ------
    InputError
        A declared data file does not exist or cannot be read.
    """
    pieces = dict(shared)
    for _, cell in source.code_cells:
        # These two tags decide what is executed, so they belong to the code; no other tag does.
        marks = [tag for tag in (MAY_RAISE, NOT_EXECUTED) if tag in tags_of(cell)]
        pieces[f"cell {cell['id']}"] = digest(json.dumps([cell["source"], marks]).encode())
    # The order of the cells counts too, their ids do not.
    order = [pieces[f"cell {cell['id']}"] for _, cell in source.code_cells]
    pieces["order of cells"] = digest(json.dumps(order).encode())
    for path in declared_files(job):
        pieces[f"data {shown(path, options.root)}"] = _file_digest(path, prints, f"The lesson {job.name}")
    for path in modules:
        pieces[f"module {shown(path, options.root)}"] = prints.file(path)
    return Key(pieces)


def declared_files(job: Job) -> list[Path]:
    """The files a job declares; folders give all files in them."""
    files: list[Path] = []
    for path in map(Path, job.data):
        if path.is_dir():
            files.extend(sorted(inner for inner in path.rglob("*") if inner.is_file()))
        else:
            files.append(path)
    return files


def local_modules(job: Job, source: Source, prints: Fingerprints) -> list[Path]:
    """Files of the course's own modules that the cells can reach by imports, with the data files beside them."""
    modules = Modules([*map(Path, job.roots), job.folder], prints)
    reached = modules.closure(
        name for _, cell in source.code_cells for name in prints.imports_of_cell(cell["source"])
    )
    packages = {package for path in reached if (package := package_of(path, prints))}
    return reached + [path for package in sorted(packages) for path in package_data(package, prints)]


def _file_digest(path: Path, prints: Fingerprints, who: str) -> str:
    try:
        return prints.file(path)
    except FileNotFoundError:
        raise InputError(
            f"{who} needs this file, and it does not exist.",
            where=str(path),
            fix="Make the data first, or correct the list of data files.",
        ) from None
    except OSError as error:
        raise InputError(
            f"{who} needs this file, and it cannot be read: {error.strerror}.",
            where=str(path),
            fix="Close it in other programs, or let this user read it.",
        ) from None


def shown(path: Path, root: Path) -> str:
    """A path as messages show it: relative to the course if it lies inside."""
    return _shown(os.fspath(path), os.fspath(root), os.getcwd())


@functools.lru_cache(8192)
def _shown(path: str, root: str, _here: str) -> str:
    inside, outside = os.path.realpath(path), os.path.realpath(root)
    if inside == outside:
        return "."
    prefix = outside.rstrip(os.sep) + os.sep
    return Path(inside[len(prefix) :]).as_posix() if inside.startswith(prefix) else Path(path).as_posix()


def difference(old: Mapping[str, str], new: Mapping[str, str], limit: int = 3) -> str:
    """Which pieces changed, in words: ``data payments.csv changed, cell load is new``."""
    changed = [f"{name} changed" for name in new if name in old and old[name] != new[name]]
    added = [f"{name} is new" for name in new if name not in old]
    gone = [f"{name} is gone" for name in old if name not in new]
    parts = [*changed, *added, *gone]
    # "Order of cells" goes along with any change of a cell; it is only news on its own.
    if len(parts) > 1:
        parts = [part for part in parts if not part.startswith("order of cells")]
    more = f" and {len(parts) - limit} more" if len(parts) > limit else ""
    return ", ".join(parts[:limit]) + more
