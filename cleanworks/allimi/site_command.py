"""`cleanworks site --out OUT` (also `cleanworks allimi --out OUT`): publish public works as a site of static files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cleanworks.asking import place


def add_to(app: typer.Typer) -> None:
    """Add `cleanworks site` and its older name, `cleanworks allimi`."""
    app.command("site")(site)
    app.command("allimi", hidden=True)(site)


def site(
    first: Annotated[Path | None, typer.Argument(help="An older way to say --out.", hidden=True)] = None,
    out: Annotated[
        Path | None,
        typer.Option(help="The folder of the site: new, empty, or an older site.", show_default=False),
    ] = None,
    tables: Annotated[
        Path | None,
        typer.Option(
            "--data",
            "--tables",
            help="A folder made by `data import`, a folder of CSV files, or an OCDS or OC4IDS file; without it the simulated city.",
        ),
    ] = None,
    registry: Annotated[str | None, typer.Option(help="File or URL of a registry.")] = None,
    profile: Annotated[
        str | None, typer.Option(help="Country profile: names, currency, personal columns.")
    ] = None,
    date: Annotated[
        str | None,
        typer.Option(
            help="The day that the site reports as today, YYYY-MM-DD; by default the latest day in the data."
        ),
    ] = None,
) -> None:
    """Write a site for citizens.

    Map, search, a page for each project, and the data behind it.
    """
    from cleanworks import allimi as room
    from cleanworks import profiles
    from cleanworks.allimi import site_folder, table_sources

    out = place(out, first)
    site_folder.check(out)  # before the work, not after it
    chosen = profiles.load(profile) if profile else profiles.active()
    found = table_sources.find(chosen, tables, registry, date)
    made = room.make(found.tables, profile=chosen, date=found.date, simulated=found.simulated)
    made.write(out)
    from rich.console import Console

    say = Console(highlight=False)
    size = sum(map(len, made.files.values())) / 1e6
    say.print(
        f"{made.title}: {len(found.tables['projects']):,} projects, {len(made.files):,} files, {size:.1f} MB.",
        markup=False,
    )
    for note in found.notes:
        say.print(note, markup=False, soft_wrap=True)
    say.print(f"Open {out / 'index.html'}", markup=False, soft_wrap=True)
