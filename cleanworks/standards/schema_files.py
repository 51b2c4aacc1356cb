"""The schemas and codelists that the standards publish: what they are, where a copy lies, how to get one.

They belong to the Open Contracting Partnership and are no part of this product. `schema_files.json` names every file of a version: its
place in the repository in which the standard is published, at one commit, and its sha256, so that everybody validates against the
same bytes. (The pages of the standards show the same files with their links filled in anew for each language; such bytes cannot be
pinned.)
"""

from __future__ import annotations

import hashlib
import json
import os
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from cleanworks import written
from cleanworks.errors import InputError

ADDRESS = "https://raw.githubusercontent.com"
FOLDER = "CLEANWORKS_SHARED_DATA"
COMMAND = "cleanworks data schemas"
_SECONDS = 60


@dataclass(frozen=True)
class File:
    """One file of a set: its path in the set, its address below `ADDRESS` or a mirror of it, and its sha256."""

    path: str
    address: str
    sha256: str


@dataclass(frozen=True)
class Set:
    """Files that belong together, under a name such as ``ocds-1.1.5``. ``schema`` says whether one can validate against it."""

    name: str
    title: str
    licence: str
    schema: bool
    files: tuple[File, ...]

    def is_whole(self, folder: Path) -> bool:
        """Whether a folder holds every file of the set, unchanged."""
        return all(_is(folder / file.path, file.sha256) for file in self.files)


def _is(path: Path, sha256: str) -> bool:
    return path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == sha256


@cache
def sets() -> dict[str, Set]:
    """Everything that can be fetched, by name.

    Examples
    --------
    >>> sorted(name for name, one in sets().items() if one.schema)
    ['oc4ids-0.9.5', 'ocds-1.1.5']
    """
    content = json.loads(Path(__file__).with_suffix(".json").read_text(encoding="utf-8"))
    return {
        name: Set(name, about["title"], about["licence"], about["schema"], tuple(_files(about["sources"])))
        for name, about in content.items()
    }


def _files(sources: dict[str, dict[str, list[str]]]) -> Iterator[File]:
    for place, files in sources.items():
        for path, (inside, sha256) in files.items():
            yield File(path, f"{place}/{inside}", sha256)


def own_folder() -> Path:
    """Where `fetch` keeps copies: the folder that ``CLEANWORKS_SHARED_DATA`` names, else the user's cache."""
    from platformdirs import user_cache_path

    named = os.environ.get(FOLDER)
    return Path(named) if named else user_cache_path("cleanworks") / "standards"


def places() -> list[Path]:
    """The folders in which copies are looked for, the first first.

    A folder that ``CLEANWORKS_SHARED_DATA`` names is the only one. Without it: the user's cache, and ``shared/data`` beside the
    project's own folder.
    """
    if os.environ.get(FOLDER):
        return [own_folder()]
    return [own_folder(), Path(__file__).resolve().parents[3] / "shared" / "data"]


def find(name: str) -> Path | None:
    """The folder of a set such as ``ocds-1.1.5``, or None if there is no whole copy of it anywhere."""
    return next((place / name for place in places() if sets()[name].is_whole(place / name)), None)


def schema_folder(schema: str | Path) -> Path:
    """The folder to validate against: a folder as it is, or the copy of the standard of that name.

    Raises
    ------
    InputError
        There is neither a folder nor a standard of that name, or the standard was not fetched yet.
    """
    folder = Path(schema)
    if folder.is_dir():
        return folder
    names = [name for name, one in sets().items() if one.schema]
    if str(schema) not in names:
        raise InputError(
            "There is no such folder, and no standard has this name.",
            where=str(schema),
            fix=f"Write {' or '.join(names)}, or a folder.",
        )
    found = find(str(schema))
    if found is None:
        raise InputError(
            "The schema is not on this computer, or a file of it was changed.", where=str(schema),
            fix=f"Run `{COMMAND}` once where there is a network, or leave the schema out.",
        )  # fmt: skip
    return found


def fetch(
    names: Iterable[str],
    to: Path | None = None,
    *,
    address: str = ADDRESS,
    say: Callable[[str], None] = print,
) -> list[Path]:
    """Bring sets onto this computer, each whole or not at all. What is there already is not fetched again.

    Parameters
    ----------
    names : iterable of str
        Names of `sets`.
    to : path, optional
        The folder that gets one folder for each set; `own_folder` if not given.
    address : str
        Where to ask; a mirror is laid out as ``OWNER/REPOSITORY/COMMIT/PATH``.
    say : callable
        Told what is being done, line by line.

    Returns
    -------
    list of path
        The folder of each set.

    Raises
    ------
    InputError
        A file cannot be fetched, or is not the one that was published. What was there before stays.
    """
    to = to or own_folder()
    made = []
    for name in names:
        wanted, folder = sets()[name], to / name
        made.append(folder)
        if wanted.is_whole(folder):
            say(f"{name}: here already, in {folder}")
            continue
        say(f"{name}: fetching {len(wanted.files)} files ({wanted.licence}) ...")
        with ThreadPoolExecutor(8) as pool:
            contents = list(pool.map(lambda file: _get(file, address), wanted.files))
        _put(folder, dict(zip(wanted.files, contents, strict=True)))
        say(f"{name}: in {folder}")
    return made


def _get(file: File, address: str) -> bytes:
    place = f"{address.rstrip('/')}/{file.address}"
    other = f"Set {FOLDER} to a folder that holds the files, or give --from the address of a mirror."
    try:
        with urllib.request.urlopen(place, timeout=_SECONDS) as answer:
            content: bytes = answer.read()
    except (OSError, ValueError) as error:
        reason = getattr(error, "reason", None) or error
        raise InputError(
            f"The file cannot be fetched: {reason}.", where=place, fix=f"Check the network. {other}"
        ) from None
    if hashlib.sha256(content).hexdigest() != file.sha256:
        raise InputError(
            "This is not the file that was published: its sha256 is another.", where=place, fix=other
        )
    return content


def _put(folder: Path, contents: dict[File, bytes]) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)
    with written.folder(folder) as new:
        for file, content in contents.items():
            path = new / file.path
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
