"""The licences of what the pages carry, in one file beside it: whoever copies the book copies them along."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator, Mapping
from importlib import metadata
from pathlib import Path

from cleanworks.workshop.live.release import Release

FILE = "LICENSES.txt"

_IS_LICENCE = re.compile(r"(\.dist-info/(.*/)?|/fonts/ttf/)(LICEN[CS]E|COPYING|NOTICE|AUTHORS)[^/]*$")

# These carry no text of their own in the release.
_STATED = {
    "Pyodide {version} (pyodide.js, pyodide.asm.js, pyodide.asm.wasm)": (
        "Mozilla Public License, version 2.0: https://mozilla.org/MPL/2.0/\n"
        "Source code: https://github.com/pyodide/pyodide/tree/{version}\n"
        "pyodide.asm.js is changed where it links libraries: cleanworks/workshop/live/images.py, `_LINKING`, has each change."
    ),
    "Python {python} (the standard library)": (
        "Python Software Foundation License, version 2: https://docs.python.org/3.12/license.html"
    ),
    "SQLite (sqlite3)": "In the public domain: https://sqlite.org/copyright.html",
    "OpenBLAS (with SciPy)": "BSD 3-Clause License: https://github.com/OpenMathLib/OpenBLAS/blob/v0.3.26/LICENSE",
}


def licences(release: Release, files: Mapping[str, Path]) -> str:
    """The text of every licence, each under the name of what it covers.

    Parameters
    ----------
    release : what the images are made of.
    files : where each file of the release lies, by its name.
    """
    facts = {"version": release.version, "python": release.about["python"]}
    told = [(name.format(**facts), text.format(**facts)) for name, text in _STATED.items()]
    for name in sorted(files):
        if name.endswith(".whl"):
            told += _of_wheel(files[name])
    for package in sorted({one for image in release.images.values() for one in image.installed}):
        told += _of_installed(package)
    rule = "-" * 80
    beginning = "What the pages of this book carry to run Python, and under which licences.\n"
    return beginning + "".join(f"\n{rule}\n{name}\n{rule}\n\n{text.strip()}\n" for name, text in told)


def _of_wheel(path: Path) -> Iterator[tuple[str, str]]:
    name, version = path.name.split("-")[:2]
    with zipfile.ZipFile(path) as wheel:
        for inside in sorted(filter(_IS_LICENCE.search, wheel.namelist())):
            yield (
                f"{name} {version}: {inside.rpartition('/')[2]}",
                wheel.read(inside).decode("utf-8", "replace"),
            )


def _of_installed(package: str) -> Iterator[tuple[str, str]]:
    for entry in sorted(metadata.files(package) or (), key=str):
        if _IS_LICENCE.search(entry.as_posix()):
            yield (
                f"{package} {metadata.version(package)}: {entry.name}",
                Path(str(entry.locate())).read_text(encoding="utf-8", errors="replace"),
            )
