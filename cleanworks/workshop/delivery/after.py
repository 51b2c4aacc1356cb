"""The commands `workshop evaluate`, `workshop certificates` and `workshop times`."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Annotated, Literal

import typer

from cleanworks.workshop.delivery.workshop_command import Root, app_workshop

times_app = typer.Typer(help="The minutes that lessons really took.", no_args_is_help=True)
app_workshop.add_typer(times_app, name="times")


def add_to(app: typer.Typer) -> None:
    """These commands stand under `workshop`, which another room adds."""


@app_workshop.command("evaluate")
def evaluate_class(
    folder: Annotated[
        Path,
        typer.Argument(
            help="Folder with what participants saved (.json, also in zips), the file of a class that was served, and "
            "answers on paper that were typed in (.csv, .xlsx)."
        ),
    ],
    key: Annotated[
        Path | None,
        typer.Option(
            "--key", help="key.json of the instructor's kit; looked for in the folder if not given."
        ),
    ] = None,
    follow_up: Annotated[
        bool,
        typer.Option(
            "--follow-up",
            help="Begin with the four levels side by side: reaction, learning, behaviour and result after three months.",
        ),
    ] = False,
    out: Annotated[Path, typer.Option("--out", help="Where the report goes.")] = Path("report"),
    root: Root = Path("."),
) -> None:
    """Report what a class learned: HTML, PDF and tables.

    Files of another workshop, changed, broken or double files are left out and named. Nothing in a file is executed.
    """
    from cleanworks.paper import browser
    from cleanworks.workshop import evaluate
    from cleanworks.workshop.forms import Key
    from cleanworks.workshop.times import Times

    known = Key.load(key or folder / evaluate.KEY)
    made = evaluate.gather(folder, known, times=Times.load(root))
    for name, why in made.left_out[:20]:
        print(f"Left out: {name} {why}.")
    if len(made.left_out) > 20:
        print(f"And {len(made.left_out) - 20} more files; the report lists them.")
    for path in evaluate.report(made, follow_up=follow_up).save(out, pdf=browser() is not None):
        print(path.as_posix())
    if browser() is None:
        print("No browser was found to make the PDF: open report.html and print it from there.")


@app_workshop.command("certificates")
def certificates_of(
    file: Annotated[str, typer.Argument(help="A workshop file, or the name of one in workshops/.")],
    names: Annotated[
        Path, typer.Argument(help="CSV or XLSX with a column `name`, perhaps `organisation` and `statement`.")
    ],
    out: Annotated[Path, typer.Option("--out", help="The file to write: .pdf or .html.")] = Path(
        "certificates.pdf"
    ),
    root: Root = Path("."),
) -> None:
    """Make one certificate for each name of a list.

    `statement` is attended or completed, as you state it.
    """
    from cleanworks.errors import InputError
    from cleanworks.workshop import certificates
    from cleanworks.workshop.catalogue import Course
    from cleanworks.workshop.delivery import agenda_files, programme
    from cleanworks.workshop.workshop_file import load

    people, told = certificates.read_names(names)
    boxes = certificates.without_font(people)
    if boxes:
        raise InputError("\n".join(boxes), where=str(names), fix="No certificate was written.")
    course = Course.load(root.resolve())
    workshop = load(programme.file_of(course, file))
    made = programme.make_programme(course, workshop)
    worked = sum(slot.minutes for slot in made.agenda.slots if slot.kind in ("teach", "practise"))
    page = certificates.page(
        people,
        title=workshop.title,
        place=workshop.place,
        dates=agenda_files.dates(made),
        modules=[made.titles[lesson.id] for lesson in made.lessons],
        hours=round(worked / 60, 1),
        organiser=workshop.organiser,
        language=workshop.language,
        logo=Path(workshop.source.name).parent / workshop.logo if workshop.logo else None,
        signed_by=workshop.signed_by,
    )
    for line in told:
        print(line)
    print(f"{page.save(out).as_posix()}: {len(people)} certificate{'' if len(people) == 1 else 's'}")


@times_app.command("record")
def record_minutes(
    lesson: Annotated[str, typer.Argument(help="Id of the lesson, such as c6.")],
    part: Annotated[Literal["teach", "practise"], typer.Argument(help="What was timed.")],
    minutes: Annotated[int, typer.Argument(help="Minutes it really took.")],
    workshop: Annotated[str, typer.Option("--workshop", help="Id of the workshop.")] = "",
    date: Annotated[str, typer.Option("--date", help="The day; today if not given.")] = "",
    root: Root = Path("."),
) -> None:
    """Record how long a lesson took, in times.csv.

    From three records on, agendas plan with their median.
    """
    from cleanworks.workshop import times
    from cleanworks.workshop.catalogue import Course

    course = Course.load(root)
    course.lesson(lesson)
    day = date or datetime.date.today()
    path = times.add(course.root, [times.record(day, workshop, lesson, part, minutes)])
    known = times.Times.load(path)
    count, median = len(known.of(lesson, part)), known.median(lesson, part)
    plan = (
        f"agendas now plan {median} minutes"
        if median
        else f"{times.ENOUGH - count} more and agendas plan with them"
    )
    print(f"{path.as_posix()}: {count} record{'' if count == 1 else 's'} of {lesson} {part}; {plan}.")


@times_app.command("show")
def show_times(root: Root = Path(".")) -> None:
    """Show planned against measured minutes."""
    from cleanworks.workshop import times
    from cleanworks.workshop.catalogue import Course

    course = Course.load(root)
    planned = {lesson.id: lesson.minutes for lesson in course.lessons}
    rows = times.comparison(times.Times.load(course.root), planned)
    if not rows:
        print("No minutes are recorded yet: cleanworks workshop times record LESSON teach MINUTES")
    for row in rows:
        print(
            f"{row['lesson']:>5} {row['part']:<9} planned {row['planned']:>3}  measured {row['median']:g} "
            f"({row['shortest']} to {row['longest']}, {row['records']} records)"
        )
