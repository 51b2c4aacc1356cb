"""What a book is made of: the toolkit with the versions of what it builds with, and the files of the course."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import cleanworks

if TYPE_CHECKING:
    from cleanworks.workshop.catalogue import Course

_BUILT_WITH = ("jupyter-book", "sphinx", "myst-nb", "sphinx-book-theme", "sphinxcontrib-bibtex")


def tool() -> str:
    """A digest of this package and of the versions of what it builds with."""
    digest = hashlib.sha256(sys.version.encode())
    for package in _BUILT_WITH:
        digest.update(f"{package} {version(package)}".encode())
    own = Path(cleanworks.__file__).parent
    for path in sorted(path for path in own.rglob("*") if path.is_file() and path.suffix != ".pyc"):
        digest.update(path.relative_to(own).as_posix().encode() + path.read_bytes())
    return digest.hexdigest()


def sources(course: Course, language: str | None = None) -> Iterator[Path]:
    """Every file a page may be made from: settings, pages, notebooks, and what lies in the folders of the pages."""
    for name in ("_config.yml", "_toc.yml", "cleanworks.toml"):
        if (course.root / name).is_file():
            yield course.root / name
    yield from (one.path for one in course.notebooks)
    yield from (one.path for one in course.plain)
    translations = course.root / course.settings.locale
    if language:
        yield from (translations / language).rglob("*.po")
    for page in course.pages:
        yield page
        if page.parent != course.root:
            around = (path for path in page.parent.rglob("*") if path.is_file())
            yield from (path for path in around if not path.is_relative_to(translations))


def contents(course: Course, paths: set[Path]) -> bytes:
    """The names of files of a course with the digest of what each holds, in an order of their own."""
    lines = (
        path.relative_to(course.root).as_posix().encode() + hashlib.sha256(path.read_bytes()).digest()
        for path in sorted(paths)
    )
    return b"".join(lines)
