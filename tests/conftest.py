"""What several rooms of tests need."""

from __future__ import annotations

import gc
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

from cleanworks import paper
from cleanworks.standards import schema_files
from cleanworks.workshop.book import Edition

ROOT = Path(__file__).resolve().parent.parent


def pytest_collection_finish() -> None:
    """Modules and four thousand tests stay to the end: Python need not look through them for garbage again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 10, 20)


def pytest_unconfigure() -> None:
    """Libraries in C++ complain about what is still there when Python ends."""
    gc.unfreeze()


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of published schemas and fixtures of others, which are no part of the project.

    `cleanworks data schemas --all` fetches them. On a laptop without them these tests are skipped and say so; in continuous
    integration they fail, because there a skip would be silence, unless the machine declares that it can have none:
    CLEANWORKS_SHARED_DATA=none.
    """
    whole = [
        place
        for place in schema_files.places()
        if all(one.is_whole(place / name) for name, one in schema_files.sets().items())
    ]
    if whole:
        return whole[0]
    missing = "The published schemas and fixtures are not here: run `cleanworks data schemas --all` once, where there is a network."
    if os.environ.get("CI") == "true" and os.environ.get(schema_files.FOLDER) != "none":
        pytest.fail(missing)
    pytest.skip(missing)


@pytest.fixture(scope="session")
def real_ocds(shared_data) -> Path:
    """Real releases of Paraguay, 2017, without the people named in them: a file that nobody publishes, so few machines have it."""
    file = shared_data / "real-ocds" / "paraguay_2017.jsonl.gz"
    if not file.is_file():
        pytest.skip(
            f"There is no {file.name} beside the published fixtures; `cleanworks data schemas` cannot fetch it."
        )
    return file


@pytest.fixture(scope="session")
def once(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, Callable[[], Any]], Any]:
    """Makes something dear once for all test processes of a run: ``once("visits", visit_all_pages)``.

    The first process that asks makes it, those that ask meanwhile wait for it, all get the same. What is made must be writable as
    JSON: facts, or the paths of files. If it cannot be made, everybody who asks learns why, and nobody tries again.
    """
    folder = tmp_path_factory.getbasetemp()
    if os.environ.get("PYTEST_XDIST_WORKER"):
        folder = folder.parent

    def make_once(name: str, make: Callable[[], Any]) -> Any:
        kept = folder / f"once-{name}.json"
        with FileLock(folder / f"once-{name}.lock"):
            if not kept.exists():
                try:
                    answer = {"made": make()}
                except Exception as error:
                    answer = {"failed": f"{type(error).__name__}: {error}"}
                kept.write_text(json.dumps(answer), encoding="utf-8")
        answer = json.loads(kept.read_text(encoding="utf-8"))
        if "failed" in answer:
            pytest.fail(f"{name} could not be made: {answer['failed']}")
        return answer["made"]

    return make_once


@pytest.fixture(scope="session")
def executed(once) -> Callable[[str | None], tuple[Path, str]]:
    """Runs the real course in an edition, once a run of the tests: the folder of the executed copies, and what the command said.

    ``executed(None)`` is the usual edition, ``executed("exampleland")`` that of a country. Results of earlier runs are taken
    from the cache by their exact key, as everywhere.
    """

    def run(profile: str | None) -> tuple[Path, str]:
        chosen = ["--profile", profile] if profile else []
        done = subprocess.run(
            [sys.executable, "-m", "cleanworks.cli", "run", *chosen],
            cwd=ROOT,
            capture_output=True,
            text=True,
            encoding="utf-8",
        )
        assert done.returncode == 0, (
            f"cleanworks run {' '.join(chosen)} ended with {done.returncode}\n{done.stdout}\n{done.stderr}"
        )
        return str(Edition(ROOT, profile=profile).executed), done.stdout + done.stderr

    def run_once(profile: str | None) -> tuple[Path, str]:
        folder, said = once(f"run-{profile or 'usual'}", lambda: run(profile))
        return Path(folder), said

    return run_once


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
    """One for each module: while playwright is open, nothing else in its process can start an event loop.

    Where Debian's `chromium-headless-shell` is installed it is that: the same pages in half of the time, because it has no window to
    draw beside them. Python in the page is tested in the browser that readers have.
    """
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        # Chromium refuses its sandbox to root, which is who runs in most containers.
        shell = None if os.environ.get("CLEANWORKS_CHROMIUM") else shutil.which("chromium-headless-shell")
        launched = playwright.chromium.launch(
            executable_path=shell or installed_browser, args=["--no-sandbox"]
        )
        yield launched
        launched.close()
