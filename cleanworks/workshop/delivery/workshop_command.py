"""The commands `workshop agenda`, `workshop build` and `workshop check`."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from cleanworks.workshop import workshop_file
    from cleanworks.workshop.catalogue import Course
    from cleanworks.workshop.delivery.programme import Programme

app_workshop = typer.Typer(
    help="Plan a workshop, build what it hands out, check a kit.", no_args_is_help=True
)

File = Annotated[str, typer.Argument(help="A workshop file, or the name of one in workshops/.")]
Root = Annotated[Path, typer.Option("--root", help="Folder of the course.")]
AddMissing = Annotated[
    bool, typer.Option("--add-missing", help="Add the modules that the chosen ones need first.")
]
AllowEnglish = Annotated[
    bool,
    typer.Option(
        "--allow-english",
        help="Build although modules are not in the workshop's language; the first page names them.",
    ),
]


def add_to(app: typer.Typer) -> None:
    """Add these commands to the command line."""
    app.add_typer(app_workshop, name="workshop")


@app_workshop.command("agenda")
def show_agenda(
    file: File, add_missing: AddMissing = False, allow_english: AllowEnglish = False, root: Root = Path(".")
) -> None:
    """Show the timetable of a workshop before building it."""
    from cleanworks.agenda import KINDS, hhmm, titled

    _, _, programme = _settled(file, root, add_missing, allow_english)
    day = -1
    for slot in programme.agenda.slots:
        if slot.day != day:
            day = slot.day
            date = programme.workshop.days[day].date
            print(f"{date:%A} {date.day} {date:%B %Y}")
        name = f"{slot.item} " if slot.kind in ("teach", "practise") else ""
        print(f"  {hhmm(slot.start)} to {hhmm(slot.end)}  {KINDS[slot.kind]:<10} {name}{titled(slot)}")
    _warn(programme.warnings)


@app_workshop.command("build")
def build_workshop(
    file: File,
    out: Annotated[Path, typer.Option("--out", help="Where the folder and the zip go.")] = Path(
        "_build/workshops"
    ),
    for_systems: Annotated[
        str,
        typer.Option(
            "--wheels", help="Systems to bring packages for: windows,macos,linux. None if not given."
        ),
    ] = "",
    python: Annotated[
        str, typer.Option("--python", help="The Python of the learners' computers, such as 3.12.")
    ] = f"{sys.version_info[0]}.{sys.version_info[1]}",
    python_folder: Annotated[
        Path | None,
        typer.Option(
            "--python-folder",
            help="A folder with a portable CPython for Windows, which the kit then brings along.",
        ),
    ] = None,
    add_missing: AddMissing = False,
    allow_english: AllowEnglish = False,
    book: Annotated[bool, typer.Option("--book/--no-book", help="With or without the book.")] = True,
    root: Root = Path("."),
) -> None:
    """Make a folder with everything, and the learners' zip."""
    import re

    from cleanworks.errors import InputError
    from cleanworks.workshop.delivery import wheels
    from cleanworks.workshop.delivery.verify import checksum_of
    from cleanworks.workshop.delivery.workshop_folder import Options, build

    if not re.fullmatch(r"3\.\d{1,2}", python):
        raise InputError(f"{python!r} is not a version of Python.", fix="Write it as 3.12.")
    course, workshop, _ = _settled(file, root, add_missing, allow_english)
    options = Options(wheels.systems(for_systems), python, book, add_missing, allow_english, python_folder)
    made = build(course, workshop, out, options)
    _warn(made.warnings)
    print(made.folder.as_posix())
    print(f"{made.archive.as_posix()} ({made.archive.stat().st_size / 1e6:.0f} MB)")
    print(f"Its checksum, for `cleanworks workshop check --checksum`: {checksum_of(made.folder / 'learner')}")


@app_workshop.command("verify", hidden=True)  # its older name
@app_workshop.command("check")
def verify_kit(
    kit: Annotated[Path, typer.Argument(help="A kit: its folder or its zip.")],
    checksum: Annotated[
        str | None, typer.Option("--checksum", help="The kit's checksum as its maker gave it to you.")
    ] = None,
    run: Annotated[
        bool, typer.Option("--run", help="Execute the first notebook of a kit that you trust.")
    ] = False,
) -> None:
    """Check that a learner's kit is whole and the right one.

    The list of checksums in a kit vouches only for itself: --checksum compares it with what `workshop build` printed for its maker.
    Nothing of the kit is executed unless you say --run. Exit codes: 0 all is well, 1 something is wrong with it, 2 it is not a kit.
    """
    from cleanworks.workshop.delivery.verify import verify

    findings = verify(kit, checksum=checksum, run=run)
    for finding in findings:
        print(finding)
    if not all(finding.good for finding in findings):
        raise typer.Exit(1)


def _settled(
    file: str, root: Path, add_missing: bool, allow_english: bool = False
) -> tuple[Course, workshop_file.Workshop, Programme]:
    import dataclasses

    from cleanworks.workshop import workshop_file
    from cleanworks.workshop.catalogue import Course
    from cleanworks.workshop.delivery import references
    from cleanworks.workshop.delivery.programme import file_of, make_programme

    course = Course.load(root.resolve())
    workshop = workshop_file.load(file_of(course, file))
    # What one waits for half an hour to hear is said at once: country, language and translations come before the clock.
    references.country(course, workshop)
    references.require_language(course, workshop)
    programme = make_programme(course, workshop, add_missing=add_missing)
    _, _, notes = references.resolve(course, workshop, programme.lessons, allow_english=allow_english)
    return course, workshop, dataclasses.replace(programme, warnings=(*programme.warnings, *notes))


def _warn(warnings: Iterable[str]) -> None:
    for warning in warnings:
        print(f"Note: {warning}", file=sys.stderr)
