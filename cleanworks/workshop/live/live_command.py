"""`cleanworks live ...`: Python in the pages."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cleanworks.asking import place

Root = Annotated[Path, typer.Option("--root", help="Folder of the course.")]


def add_to(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    live = typer.Typer(
        help="Python in the pages: fetch it, pack it, weigh it.",
        no_args_is_help=True,
        rich_markup_mode=None,
    )
    live.command("fetch")(fetch_files)
    live.command("build")(build)
    live.command("status")(status)
    live.command("prove")(prove)
    app.add_typer(live, name="live")


def fetch_files(root: Root = Path(".")) -> None:
    """Fetch the files of Pyodide that the pages need.

    `cleanworks book` does it by itself. Each file is checked. They come from the folder that CLEANWORKS_PYODIDE names, from what was fetched before, from the release's own address, or
    from the package index, in this order. Exit codes: 0 all are here, 2 a file could not be fetched.
    """
    from cleanworks.workshop.live.fetch import fetch
    from cleanworks.workshop.live.release import Release

    release = Release.load()
    files = fetch(root.resolve(), release)
    folders = sorted({path.parent.as_posix() for path in files.values()})
    print(
        f"Pyodide {release.version}: {len(files)} files, {release.bytes / 1e6:.1f} MB, all with the right SHA-256"
    )
    print(*folders, sep="\n")


def build(
    first: Annotated[Path | None, typer.Argument(help="An older way to say --out.", hidden=True)] = None,
    out: Annotated[
        Path | None, typer.Option(help="A folder, such as `_static/live` of a book.", show_default=False)
    ] = None,
    profile: Annotated[
        str | None, typer.Option("--profile", help="The country profile of the tables.")
    ] = None,
    language: Annotated[
        str | None, typer.Option("--language", help="The language of figures and checks.")
    ] = None,
    root: Root = Path("."),
) -> None:
    """Pack what the pages load into a folder.

    `cleanworks book` does it by itself.
    """
    from cleanworks.workshop.book import chosen
    from cleanworks.workshop.catalogue import Course
    from cleanworks.workshop.live.payload import prepare

    out = place(out, first)
    course = Course.load(root.resolve())
    payload = prepare(course, chosen(course, profile=profile, language=language).environment)
    payload.write(out)
    print(f"{len(payload.images)} images in {out.as_posix()}")


def status(
    profile: Annotated[
        str | None, typer.Option("--profile", help="The country profile of the tables.")
    ] = None,
    root: Root = Path("."),
) -> None:
    """Show what the pages load and what it weighs.

    For each image, for each notebook, and for all of it on disk.
    """
    from cleanworks.workshop.book import chosen
    from cleanworks.workshop.catalogue import Course
    from cleanworks.workshop.live import images, needs
    from cleanworks.workshop.live.payload import prepare

    course = Course.load(root.resolve())
    payload = prepare(course, chosen(course, profile=profile).environment)
    print(
        f"Pyodide {payload.release.version}; compiled by {images.compiler() or 'nobody: pages start later'}"
    )
    print(f"\n{'MB':24}{'unpacked':>10}{'deflated':>10}{'on disk':>10}")
    tables = [image for image in payload.images if image.name.startswith(needs.TABLE)]
    rows = [(image.name, [image]) for image in payload.images if image not in tables]
    for name, group in [*rows, (f"{len(tables)} tables", tables), ("all", payload.images)]:
        sizes = (
            sum(getattr(image, size) for image in group) / 1e6 for size in ("unpacked", "bytes", "on_disk")
        )
        print(f"{name:24}" + "".join(f"{size:10.2f}" for size in sizes))
    weight = {image.name: image.bytes for image in payload.images}
    print(f"\n{'a page reads (MB)':24}{'deflated':>10}  besides {', '.join(needs.START)}")
    for entry in course.notebooks:
        extra = [name for name in needs.images_for(course, entry) if name in weight]
        size = sum(weight[name] for name in (*needs.START, *extra)) / 1e6
        print(f"{entry.name:24}{size:10.2f}  {', '.join(name.removeprefix(needs.TABLE) for name in extra)}")


def prove(
    ids: Annotated[
        list[str] | None, typer.Argument(help="Ids of lessons. All of the course if none is named.")
    ] = None,
    profile: Annotated[
        str | None, typer.Option("--profile", help="The country profile to prove with.")
    ] = None,
    language: Annotated[str | None, typer.Option("--language", help="The language to prove with.")] = None,
    jobs: Annotated[int | None, typer.Option("--jobs", "-j", min=1, help="Notebooks at a time.")] = None,
    root: Root = Path("."),
) -> None:
    """Show that the pages give the same outputs as the book.

    Every notebook runs in Pyodide under Node, and its outputs are compared cell by cell.
    Exit codes: 0 all agree, 1 a cell differs, 2 something handed in cannot be used.
    """
    from cleanworks.workshop.book import chosen
    from cleanworks.workshop.catalogue import Course
    from cleanworks.workshop.live import page_proof

    course = Course.load(root.resolve())
    edition = chosen(course, profile=profile, language=language)
    done = page_proof.prove(course, ids or (), environment=edition.environment, workers=jobs)
    for one in done:
        for difference in one.differences:
            print(f"{one.name}: {difference}")
    for one in done:
        state = "agrees" if not one.differences else f"{len(one.differences)} differences"
        cost = "unchanged" if one.cached else f"{one.seconds:.0f} s of the processor"
        print(f"{one.name}: {one.cells} cells: {state} ({cost})")
    agree, seconds = (
        sum(not one.differences for one in done),
        sum(one.seconds for one in done if not one.cached),
    )
    print(f"{agree} of {len(done)} notebooks agree; CPU {seconds:.0f} s")
    if any(one.differences for one in done):
        raise typer.Exit(1)
