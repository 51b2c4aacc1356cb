"""What several rooms of tests need."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from cleanworks import paper

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of published schemas, fixtures and open data of others.

    It is not part of the project: CLEANWORKS_SHARED_DATA names it, or it lies beside the project in shared/data. On a laptop
    without it these tests are skipped and say so; in continuous integration they fail, because there a skip would be silence,
    unless the machine declares that it has no such folder: CLEANWORKS_SHARED_DATA=none.
    """
    named = os.environ.get("CLEANWORKS_SHARED_DATA")
    if named == "none":
        pytest.skip("reference data declared absent (CLEANWORKS_SHARED_DATA=none): nothing is compared with the published schemas")
    folder = Path(named or ROOT.parent / "shared" / "data")
    if folder.is_dir():
        return folder
    missing = f"reference data missing: no folder {folder}; set CLEANWORKS_SHARED_DATA to the published schemas and fixtures"
    if os.environ.get("CI") == "true":
        pytest.fail(missing)
    pytest.skip(missing)


@pytest.fixture(scope="session")
def installed_browser() -> str:
    """The browser that shows and prints pages; without one, tests are skipped and say so, and fail in continuous integration."""
    path = paper.browser()
    if path is None:
        missing = "No Chromium found: install it (apt install chromium) or name it in CLEANWORKS_CHROMIUM."
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(missing)
    return path


@pytest.fixture(scope="module")
def browser(installed_browser) -> Iterator:
    """One for each module: while playwright is open, nothing else in its process can start an event loop."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        # Chromium refuses its sandbox to root, which is who runs in most containers.
        launched = playwright.chromium.launch(executable_path=installed_browser, args=["--no-sandbox"])
        yield launched
        launched.close()
