"""The real book, built once for the whole session, and a browser that reads it from the disk."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TINY = ROOT / "tests" / "workshop" / "course"


@pytest.fixture(scope="session")
def book(tmp_path_factory) -> Path:
    """Folder of the real book. Notebooks that `make book` executed are not executed again.

    With several test processes one of them builds, and the others wait for it. While you work on a test,
    CLEANWORKS_TEST_BOOK may name the folder `html` of a book that is already there.
    """
    if os.environ.get("CLEANWORKS_TEST_BOOK"):
        return Path(os.environ["CLEANWORKS_TEST_BOOK"]).resolve()
    shared = tmp_path_factory.getbasetemp()
    if os.environ.get("PYTEST_XDIST_WORKER"):
        shared = shared.parent
    folder = shared / "book"
    try:
        folder.mkdir()
    except FileExistsError:
        return _wait(folder)
    try:
        _build(folder)
    except BaseException as error:
        (folder / "failed.txt").write_text(f"{type(error).__name__}: {error}", encoding="utf-8")
        raise
    (folder / "ready.txt").touch()
    return folder / "html"


def _build(folder: Path) -> None:
    from cleanworks.workshop import book as command
    from cleanworks.workshop.catalogue import Course
    from cleanworks.workshop.run import run_notebooks
    from cleanworks.workshop.run.terminal import report

    course = Course.load(ROOT)
    edition = command.Edition(ROOT, folder=folder)
    result = run_notebooks(*command.run_plan(course, edition))
    assert result.exit_code == 0, report(result, ROOT)
    faults = command.build(course, edition)
    assert not faults, "\n".join(faults)


def _wait(folder: Path) -> Path:
    end = time.monotonic() + 900
    while time.monotonic() < end:
        if (folder / "ready.txt").exists():
            return folder / "html"
        if (folder / "failed.txt").exists():
            pytest.fail(f"The book was not built: {(folder / 'failed.txt').read_text(encoding='utf-8')}")
        time.sleep(0.2)
    pytest.fail("The book was not built within 15 minutes by the test process that began it.")


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
def first_with(book, pages) -> Callable[[str], str]:
    """Finds the first page whose HTML holds a text."""

    def find(mark: str) -> str:
        for name in pages:
            if mark in (book / name).read_text(encoding="utf-8"):
                return name
        pytest.fail(f"No page of the book holds {mark!r}.")

    return find
