"""The real book, built once for the whole session, and a browser that reads it from the disk."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

ROOT = Path(__file__).resolve().parents[2]
TINY = ROOT / "tests" / "workshop" / "course"


@pytest.fixture(scope="session")
def book(once, executed) -> Path:
    """Folder of the real book; nothing may be written there.

    Notebooks that `make book` executed are not executed again, and pages that the last run of the tests built are not built again
    where nothing they are made of changed. While you work on a test, CLEANWORKS_TEST_BOOK may name the folder `html` of a book
    that is already there.
    """
    if os.environ.get("CLEANWORKS_TEST_BOOK"):
        return Path(os.environ["CLEANWORKS_TEST_BOOK"]).resolve()
    executed(None)
    return Path(once("book", _build))


def _build() -> str:
    from cleanworks.workshop import book as command
    from cleanworks.workshop.catalogue import Course

    edition = command.Edition(ROOT, folder=ROOT / "_build" / "tests")
    faults = command.build(Course.load(ROOT), edition)
    assert not faults, "\n".join(faults)
    return str(edition.html)


@dataclass
class Reader:
    """A browser tab that remembers what a reader should never meet."""

    page: object
    book: Path
    complaints: list[str] = field(default_factory=list)

    def open(self, page: str):
        """Open a page by its name, such as ``book/glossary`` or ``search.html?q=word``."""
        name = page if ".html" in page else f"{page}.html"
        self.page.goto(f"{self.book.as_uri()}/{name}")
        return self.page


@pytest.fixture
def tab(browser, book) -> Iterator:
    """Makes tabs: ``tab()``, ``tab(width=360)``, ``tab(scheme="dark")``. Afterwards nobody may have complained."""
    made: list[Reader] = []

    def make(*, width: int = 1280, scheme: str = "light", **options) -> Reader:
        context = browser.new_context(
            viewport={"width": width, "height": 900}, color_scheme=scheme, **options
        )
        reader = Reader(context.new_page(), book)
        # Without scripts the browser refuses to fetch them in advance, and calls that a failure.
        listen(reader, files=options.get("java_script_enabled", True))
        made.append(reader)
        return reader

    yield make
    complaints = [complaint for reader in made for complaint in reader.complaints]
    for reader in made:
        reader.page.context.close()
    assert not complaints, "\n".join(complaints)


def listen(reader: Reader, *, files: bool) -> None:
    """Note errors in the console, errors of scripts, and every request that leaves the folder of the book."""
    page, inside = reader.page, f"{reader.book.as_uri()}/"

    def said(message) -> None:
        if message.type in ("error", "warning"):
            reader.complaints.append(f"{page.url}: console: {message.text}")

    def asked(request) -> None:
        if not request.url.startswith((inside, "data:", "blob:")):
            reader.complaints.append(f"{page.url}: asks for {request.url}")

    page.on("console", said)
    page.on("pageerror", lambda error: reader.complaints.append(f"{page.url}: {error}"))
    page.on("request", asked)

    def failed(request) -> None:
        # Who leaves a page breaks off what it still asks for, such as its icon; a file that is missing fails otherwise.
        if request.failure != "net::ERR_ABORTED":
            reader.complaints.append(f"{page.url}: not found: {request.url}")

    if files:
        page.on("requestfailed", failed)


@pytest.fixture(scope="session")
def pages(book) -> list[str]:
    """Every page of the book, without the theme's own files."""
    return sorted(
        path.relative_to(book).as_posix()
        for path in book.rglob("*.html")
        if path.relative_to(book).parts[0] not in ("_static", "_sources")
    )


@pytest.fixture(scope="session")
def soups(book, pages) -> dict[str, BeautifulSoup]:
    """Every page of the book, read; nobody may change what they hold.

    A million small objects: Python would look through all of them for garbage again and again.
    """
    gc.disable()
    read = {name: BeautifulSoup((book / name).read_text(encoding="utf-8"), "html.parser") for name in pages}
    gc.freeze()
    gc.enable()
    return read


@pytest.fixture(scope="session")
def first_with(book, pages) -> Callable[[str], str]:
    """Finds the first page whose HTML holds a text."""

    def find(mark: str) -> str:
        for name in pages:
            if mark in (book / name).read_text(encoding="utf-8"):
                return name
        pytest.fail(f"No page of the book holds {mark!r}.")

    return find
