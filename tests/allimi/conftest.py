"""A site of a small simulated city, written once, and a browser that reads it from the disk."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from cleanworks import allimi, city

PROJECTS = 40


@pytest.fixture(scope="session")
def tables():
    return city.make(PROJECTS)


@pytest.fixture(scope="session")
def site(tables) -> allimi.Site:
    return allimi.make(tables, date="2026-06-30")


@pytest.fixture(scope="session")
def folder(site, tmp_path_factory) -> Path:
    return site.write(tmp_path_factory.mktemp("allimi") / "site")


@dataclass
class Citizen:
    """A browser tab that remembers what a citizen should never meet."""

    page: object
    folder: Path
    complaints: list[str] = field(default_factory=list)

    def open(self, name: str):
        self.page.goto(f"{self.folder.as_uri()}/{name}")
        return self.page


@pytest.fixture
def tab(browser, folder) -> Iterator:
    """Makes tabs; afterwards there was no error, and no request left the folder."""
    made: list[Citizen] = []

    def make(*, width: int = 1280, scheme: str = "light", **options) -> Citizen:
        context = browser.new_context(
            viewport={"width": width, "height": 900}, color_scheme=scheme, **options
        )
        citizen = Citizen(context.new_page(), folder)
        inside, page, heard = f"{folder.as_uri()}/", citizen.page, citizen.complaints
        page.on("console", lambda m: heard.append(m.text) if m.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: heard.append(str(error)))
        page.on(
            "request",
            lambda r: None if r.url.startswith((inside, "data:")) else heard.append(f"asks for {r.url}"),
        )
        page.on("requestfailed", lambda r: heard.append(f"not found: {r.url}"))
        made.append(citizen)
        return citizen

    yield make
    complaints = [complaint for citizen in made for complaint in citizen.complaints]
    for citizen in made:
        citizen.page.context.close()
    assert not complaints, "\n".join(complaints)
