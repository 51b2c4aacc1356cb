"""The site of some tables, and single pages of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from cleanworks import profiles
from cleanworks.allimi import opendata, public, site_folder, site_pages
from cleanworks.errors import InputError
from cleanworks.profiles import Profile
from cleanworks.typed import Day, Tables

LARGEST = 20_000  # projects; each has a page of its own


@dataclass(frozen=True)
class Site:
    """A finished site: ``files`` maps a path with / to its content, ``title`` is its name."""

    title: str
    files: Mapping[str, bytes]

    def __getitem__(self, path: str) -> str:
        return self.files[path].decode()

    def write(self, out: str | Path) -> Path:
        """Write the site to a folder that is new, empty, or holds an older site and nothing else.

        Raises
        ------
        InputError
            The folder holds something else, or cannot be written to.
        """
        return site_folder.put(Path(out), self.files)

    def preview(self, path: str) -> Preview:
        """One page to look at in a notebook: it stands alone, and its links lead nowhere."""
        return Preview(site_pages.alone(self[path]), f"{self.title}: {path}")


@dataclass(frozen=True)
class _Start:
    """What a site and a single page begin with."""

    shown: Mapping[str, pd.DataFrame]
    context: site_pages.Context

    @property
    def title(self) -> str:
        return f"{self.context.site}, {self.context.profile.name('city')}"


@dataclass(frozen=True)
class Preview:
    """A page in a frame of its own."""

    html: str
    title: str

    def _repr_html_(self) -> str:
        import base64
        import html

        text = base64.b64encode(self.html.encode()).decode()
        return (
            f'<iframe title="{html.escape(self.title)}" sandbox="" src="data:text/html;charset=utf-8;base64,{text}" '
            'style="width:100%;height:40rem;border:1px solid #9ca3af;background:#fff"></iframe>'
        )

    def __repr__(self) -> str:
        return f"Page: {self.title}"


def make(
    tables: Mapping[str, pd.DataFrame],
    *,
    profile: Profile | None = None,
    date: Day | None = None,
    simulated: bool = True,
) -> Site:
    """The site of some tables.

    Parameters
    ----------
    tables : mapping
        Tables with the city's names and columns; ``projects`` is needed, the others are shown where they are there. Tables and
        columns that are not public are left out here, whatever is handed in.
    profile : Profile, optional
        Names, currency and the columns that name persons; the active profile by default.
    date : date, optional
        The day on which the site stands: the latest day in the tables by default.
    simulated : bool
        Whether every page says that the city is simulated.

    Raises
    ------
    InputError
        No projects, or more than `LARGEST`.
    """
    start = _start(tables, profile, date, simulated)
    shown, context = start.shown, start.context
    files: dict[str, str | bytes] = dict(opendata.files(shown, context))
    files |= site_pages.all_pages(shown, context, {name: len(content) for name, content in files.items()})
    static = Path(__file__).parent / "static"
    files |= {f"static/{name}": (static / name).read_bytes() for name in ("allimi.css", "allimi.js")}
    ready = {path: text.encode() if isinstance(text, str) else text for path, text in sorted(files.items())}
    return Site(start.title, ready)


def page(
    tables: Mapping[str, pd.DataFrame],
    project_id: str,
    *,
    profile: Profile | None = None,
    date: Day | None = None,
    simulated: bool = True,
) -> Preview:
    """The page of one project to look at in a notebook, the same as in the site, without making the site.

    Parameters
    ----------
    project_id : str
        A project of the table ``projects``. The other parameters are those of `make`.

    Raises
    ------
    InputError
        No such project, or the tables cannot make a site.
    """
    start = _start(tables, profile, date, simulated)
    path, text = site_pages.project_page(start.shown, start.context, project_id)
    return Preview(site_pages.alone(text), f"{start.title}: {path}")


def _start(tables: Tables, profile: Profile | None, date: Day | None, simulated: bool) -> _Start:
    profile = profile or profiles.active()
    shown = public.view(tables, profile)
    if not 1 <= len(shown["projects"]) <= LARGEST:
        raise InputError(
            f"The table projects has {len(shown['projects']):,} rows.",
            where="table projects",
            fix=f"A site shows 1 to {LARGEST:,} projects, each on a page of its own.",
        )
    day = pd.Timestamp(date) if date is not None else public.last_day(shown)
    absent = frozenset(name for name, frame in shown.items() if frame.empty)
    return _Start(shown, site_pages.Context(profile, day, simulated, absent, public.unplaced(shown)))
