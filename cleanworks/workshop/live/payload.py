"""Everything that the pages of one edition load to run Python, ready to be put beside them."""

from __future__ import annotations

import contextlib
import hashlib
import importlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from cleanworks import scratch, words
from cleanworks.errors import InputError
from cleanworks.workshop.live import images, needs
from cleanworks.workshop.live.fetch import Say, cache_folder, fetch, say_on_stderr
from cleanworks.workshop.live.images import HOME, SITE, Image
from cleanworks.workshop.live.licences import FILE, licences
from cleanworks.workshop.live.release import Release

if TYPE_CHECKING:
    from cleanworks.workshop.catalogue import Course

FOLDER = "_static/live"
"""Where a book keeps it."""

DATA = "/data"
"""Where a page's Python finds the tables."""

MOST_MEMORY = 2**30
"""Bytes that Python in a page may use: with the browser's own it fits a laptop of 4 GB. Pages of the course need about a third."""

_HERE = Path(__file__).parent

# What runs cells, what keeps whole numbers wide, and how a page draws the tables of its figures: modules of their own in the
# page, because the toolkit around them is not there.
_PROGRAMS = {
    "cwshell": _HERE / "shell.py",
    "cwguard": _HERE / "whole_numbers.py",
    "cwtables": _HERE.parent / "pages" / "figure_tables.py",
}


@dataclass(frozen=True)
class Payload:
    """The images of an edition, the variables that its lessons read, and the licences of what is in the images."""

    release: Release
    images: tuple[Image, ...]
    environment: Mapping[str, str]
    licences: str

    @property
    def version(self) -> str:
        """Changes with any byte that a page loads."""
        sums = [
            *(f"{image.name} {image.sha256}" for image in self.images),
            *map(str, sorted(self.environment.items())),
        ]
        return hashlib.sha256("\n".join(sums).encode()).hexdigest()[:16]

    def manifest(self) -> bytes:
        """The script that tells a page what there is."""
        known = {
            "version": self.version,
            "pyodide": self.release.version,
            "memory": MOST_MEMORY,
            "environment": dict(sorted(self.environment.items())),
            "start": list(needs.START),
            "images": {
                image.name: {
                    "file": f"images/{image.name}.js", "sha256": image.sha256, "bytes": image.bytes,
                    "unpacked": image.unpacked, "needs": list(image.needs), **self._imports(image.name),
                }
                for image in self.images
            },
        }  # fmt: skip
        return f"CleanWorksLive.manifest({json.dumps(known, indent=1)})\n".encode()

    def _imports(self, name: str) -> dict[str, list[str]]:
        parts = self.release.images.get(name)
        if parts is None:
            return {"imports": []}
        return {"imports": list(parts.imports), **({"later": list(parts.modules)} if parts.later else {})}

    def write(self, folder: Path) -> None:
        """Put manifest, images and licences into a folder `_static/live`."""
        (folder / "images").mkdir(parents=True, exist_ok=True)
        for image in self.images:
            shutil.copyfile(image.path, folder / "images" / f"{image.name}.js")
        (folder / FILE).write_text(self.licences, encoding="utf-8")
        (folder / "manifest.js").write_bytes(self.manifest())


def prepare(
    course: Course, environment: Mapping[str, str] | None = None, *, say: Say = say_on_stderr
) -> Payload:
    """Fetch what is missing, pack what changed.

    Parameters
    ----------
    environment : the variables of the edition, such as its profile.

    Raises
    ------
    InputError
        The files of Pyodide cannot be had, or something of the course cannot be packed.
    """
    release = Release.load()
    files = fetch(course.root, release, say=say)
    store = image_store(course)
    if not (store.is_dir() and any(store.iterdir())):
        say("Packing Python for the pages (once; about half a minute) ...")
        if images.compiler() is None:
            say(
                f"There is no Python {release.python} here to compile the libraries with, so that pages start some seconds later. "
                "They show the same."
            )
    chosen = dict(environment or {})
    own, chosen = _own_files(course, chosen)
    made = [
        *images.of_release(release, files, store),
        images.made("cleanworks", [_digest(own)], store, lambda: images.pack(images.sourceless(own))),
        *_tables(course, environment or {}, _digest(own), store),
    ]
    images.prune(store)
    order = {name: number for number, name in enumerate(needs.START)}
    made.sort(key=lambda image: order.get(image.name, len(order)))
    return Payload(release, tuple(made), chosen, licences(release, files))


def image_store(course: Course) -> Path:
    """Where images are kept: the user's cache, or the course's own where that cannot be written."""
    store = cache_folder() / "images"
    try:
        store.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=store):
            return store
    except OSError:
        return course.root / "_build" / "cache" / "live"


def _own_files(course: Course, environment: dict[str, str]) -> tuple[images.Files, dict[str, str]]:
    """The course's own modules and the programs that run cells, by path; a profile that is a file goes along."""
    spoken = environment.get(words.VARIABLE)
    own = {
        SITE + place: path.read_bytes()
        for place, path in needs.course_files(course).items()
        # The words of other languages than this edition's are a tenth of what the course brings.
        if not (path.parent == words.FOLDER and path.suffix == ".po" and path.stem != spoken)
    }
    own |= {f"{HOME}{name}.py": path.read_bytes() for name, path in _PROGRAMS.items()}
    for name, value in environment.items():
        path = course.root / value
        if path.suffix and path.is_file():
            own[f"{HOME}{path.name}"] = path.read_bytes()
            environment[name] = HOME + path.name
    return own, {**environment, "CLEANWORKS_DATA": DATA}


def _digest(files: images.Files) -> str:
    digest = hashlib.sha256()
    for path in sorted(files):
        digest.update(path.encode() + hashlib.sha256(files[path]).digest())
    return digest.hexdigest()


# --- the tables ---------------------------------------------------------------------------------------------------


def _tables(course: Course, environment: Mapping[str, str], code: str, store: Path) -> list[Image]:
    """One image for each table of the course, made by the function that its settings name.

    The function depends on the course's modules and on the edition alone; so do the keys.
    """
    if not course.settings.live.tables:
        return []
    key = hashlib.sha256(
        json.dumps([code, sorted(environment.items()), course.settings.live.tables]).encode()
    ).hexdigest()[:20]
    listed = store / f"tables-{key}.txt"
    known = listed.read_text(encoding="utf-8").split() if listed.is_file() else []
    folder: Path | None = None

    def bytes_of(table: str) -> bytes:
        nonlocal folder
        if folder is None:
            raise LookupError(table)
        return images.pack({f"{DATA}/{path.name}": path.read_bytes() for path in _of_table(folder, table)})

    with contextlib.suppress(LookupError):
        if known:
            return [
                images.made(needs.TABLE + table, [key], store, partial(bytes_of, table)) for table in known
            ]
    with scratch.folder() as made:
        folder = made
        with variables(environment):
            function("live.tables", course.settings.live.tables)(folder)
        names = sorted({path.stem for path in folder.iterdir()} - {"manifest"})
        done = [images.made(needs.TABLE + table, [key], store, partial(bytes_of, table)) for table in names]
    listed.write_text("\n".join(names), encoding="utf-8")
    return done


def _of_table(folder: Path, table: str) -> list[Path]:
    """The files of a table, and what says of all tables what they are."""
    return sorted(path for path in folder.iterdir() if path.stem in (table, "manifest"))


def function(setting: str, value: str) -> Callable[[Path], object]:
    """The function that a setting names as `package.module:function`.

    Raises
    ------
    InputError
        It is not there.
    """
    module, _, name = value.partition(":")
    try:
        return getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError, ValueError):
        raise InputError(
            f"The setting `{setting}` names {value!r}, which is not there.",
            where="cleanworks.toml",
            fix="Write it as package.module:function.",
        ) from None


@contextlib.contextmanager
def variables(chosen: Mapping[str, str]) -> Iterator[None]:
    """Set variables of this process for a while."""
    before = {name: os.environ.get(name) for name in chosen}
    os.environ.update(chosen)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name)
            if value is not None:
                os.environ[name] = value
