"""The commands of the catalogue, of lint and of the exercises."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cleanworks.asking import place

if TYPE_CHECKING:
    from cleanworks.workshop.catalogue import Course, Lesson

exercises = typer.Typer(help="Exercise sets: prove, split and import them.", no_args_is_help=True)

lesson = typer.Typer(help="Begin a lesson.", no_args_is_help=True)

Root = Annotated[Path, typer.Option("--root", help="Folder of the course.")]


def add_to(app: typer.Typer) -> None:
    """Add these commands to the command line."""
    app.command()(catalogue)
    app.command()(lint)
    app.command()(init)
    app.command()(quiz)
    app.add_typer(exercises, name="exercises")
    app.add_typer(lesson, name="lesson")


def catalogue(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")] = False,
    root: Root = Path("."),
) -> None:
    """Show the lessons and exercise sets of the course."""
    from cleanworks.workshop.catalogue import Course

    course = Course.load(root)
    if as_json:
        print(
            json.dumps([_record(course, lesson) for lesson in course.lessons], ensure_ascii=False, indent=1)
        )
        return
    if not course.lessons and course.plain:
        print(f"No lessons; {_count(len(course.plain), 'notebook')} that `cleanworks run` executes:")
        print(*(one.name for one in course.plain), sep="\n")
        return
    from rich.console import Console
    from rich.table import Table

    table = Table(show_edge=False, pad_edge=False)
    for heading in ("id", "lesson", "level", "teach", "practise", "needs first", "exercises"):
        table.add_column(
            heading, justify="right" if heading in ("teach", "practise", "exercises") else "left"
        )
    for lesson in course.lessons:
        block = lesson.block
        count = str(len(lesson.exercises.notebook.questions)) if lesson.exercises else "none"
        table.add_row(
            block.id,
            block.title,
            block.level,
            f"{lesson.minutes.teach} min",
            f"{lesson.minutes.practise} min",
            ", ".join(block.prerequisites),
            count,
        )
    console = Console()
    console.print(table)
    total = sum(lesson.minutes.total for lesson in course.lessons)
    console.print(
        f"{len(course.lessons)} lessons, {total // 60} h {total % 60:02d} min in all.", highlight=False
    )
    for line in _measured(course):
        console.print(line, highlight=False)


def lint(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(
            help="Notebooks, folders or ids of lessons, such as c6. All of the course if none is named."
        ),
    ] = None,
    fix: Annotated[
        bool, typer.Option("--fix", help="First bring every file into its canonical form.")
    ] = False,
    rules: Annotated[
        bool, typer.Option("--rules", help="Show the rules as a Markdown table and stop.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")] = False,
    root: Root = Path("."),
) -> None:
    """Check the form and the content of notebooks.

    Each finding says file, cell, line and what to do.
    Exit codes: 0 nothing found, 1 something found, 2 something handed in cannot be used.
    """
    from cleanworks.workshop.lint import lint_course, rules_page, unseen

    if rules:
        print(rules_page(), end="")
        return
    files, findings, rewritten = lint_course(root, paths or (), fix=fix)
    if as_json:
        print(json.dumps([finding.record() for finding in findings], ensure_ascii=False, indent=1))
    else:
        for path in rewritten:
            print(f"{path.as_posix()}: rewritten in canonical form")
        for finding in findings:
            print(finding)
        places = len({finding.path for finding in findings})
        looked_at = _count(len(files), "notebook")
        if not findings:
            print(f"Nothing found in {looked_at}.")
        elif {finding.path for finding in findings} <= set(files):
            print(f"{_count(len(findings), 'finding')} in {places} of {looked_at}.")
        else:  # checks, pages and settings belong to the course, too
            print(f"{_count(len(findings), 'finding')} in {_count(places, 'file')}; {looked_at} checked.")
        if not paths and (note := unseen(root)):
            print(note)
    if findings:
        raise typer.Exit(1)


def quiz(root: Root = Path(".")) -> None:
    """Show which quiz questions give their answer away.

    What can give one away is the length and the place of the right option.

    Exit codes: 0 within the limits, 1 beyond one of them, 2 there is no question.
    """
    from cleanworks.errors import InputError
    from cleanworks.workshop.lint.check import quiz_report
    from cleanworks.workshop.lint.context import course_files
    from cleanworks.workshop.notebook import read
    from cleanworks.workshop.settings import Settings

    # One that cannot be read would leave its questions out unseen.
    report = quiz_report([read(path) for path in course_files(root, Settings.load(root))])
    if not report.questions:
        raise InputError(
            "There is no quiz question here.",
            where=str(root),
            fix="Name the folder of a course: --root FOLDER.",
        )
    print(report)
    for problem in report.problems():
        print(problem)
    if report.problems():
        raise typer.Exit(1)


def init(
    root: Annotated[Path, typer.Argument(help="Folder of a Jupyter Book, or of notebooks.")] = Path("."),
) -> None:
    """Turn a book or a folder of notebooks into a course.

    The files that are missing are written, and none is changed. It writes _toc.yml, _config.yml and cleanworks.toml where they are not there, with what it finds in the notebooks.
    """
    from cleanworks.workshop.adopt import init as adopt

    written, notes = adopt(root)
    for path in written:
        print(path.as_posix())
    for note in notes:
        print(f"Note: {note}")
    where = "" if root == Path(".") else f" --root {root.as_posix()}"
    print(f"Now: cleanworks run{where}, and cleanworks book{where}.")


@exercises.command("prove")
def prove_sets(
    ids: Annotated[
        list[str] | None,
        typer.Argument(help="Ids of lessons, or exercise notebooks. All of the course if none is named."),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Prove even what has not changed.")] = False,
    fresh: Annotated[bool, typer.Option("--fresh", help="A fresh Python for every set.")] = False,
    jobs: Annotated[int | None, typer.Option("--jobs", "-j", min=1, help="Sets at a time.")] = None,
    profile: Annotated[str | None, typer.Option("--profile", help="The profile to prove with.")] = None,
    root: Root = Path("."),
) -> None:
    """Show that every check does its work.

    For each question: the solution is correct, the starter is not attempted, each wrong answer gets its feedback,
    and no line of a solution stands in what learners are handed.
    Exit codes: 0 all proven, 1 a proof fails, 2 something handed in cannot be used, 130 interrupted.
    """
    from cleanworks.workshop.book import chosen
    from cleanworks.workshop.catalogue import Course
    from cleanworks.workshop.exercises import prove
    from cleanworks.workshop.reports.progress_display import display

    environment = chosen(Course.load(root), profile=profile).environment
    proofs, interrupted = prove(
        root, ids or (), listener=display(), environment=environment, force=force, fresh=fresh, workers=jobs
    )
    for proof in proofs:
        for fault in proof.faults:
            print(fault)
    for proof in proofs:
        tried = f"{_count(proof.questions, 'question')}, {_count(proof.wrong_answers, 'wrong answer')}"
        state = "proven" if proof.holds else f"{_count(len(proof.faults), 'fault')}"
        print(f"{proof.id}: {tried}: {state}{' (unchanged)' if proof.cached else ''}")
    if interrupted:
        raise KeyboardInterrupt
    if not all(proof.holds for proof in proofs):
        raise typer.Exit(1)


@exercises.command("split")
def split_sets(
    ids: Annotated[list[str] | None, typer.Argument(help="Ids of lessons; all if none is named.")] = None,
    out: Annotated[Path | None, typer.Option(help="A new folder.", show_default=False)] = None,
    root: Root = Path("."),
) -> None:
    """Write each set twice: for learners, for instructors.

    Nothing is written when a line of a solution stands in a learner's notebook (exit code 1).
    """
    from cleanworks.workshop.catalogue import Course
    from cleanworks.workshop.exercises import split

    names = list(ids or ())
    # Older versions took the folder as the first word.
    first = Path(names.pop(0)) if out is None and names else None
    out = place(out, first)
    files, found = split(Course.load(root), out, names)
    for path, leak in found:
        print(
            f"{path.as_posix()}: cell `{leak.cell}`, line {leak.line}\n"
            f"    This line of the solution of {leak.question} stands in the learner's notebook: {leak.text}"
        )
    if found:
        raise typer.Exit(1)
    print(f"{_count(len(files), 'notebook')} in {out.as_posix()}")


@exercises.command("import")
def import_set(
    file: Annotated[
        Path, typer.Argument(help="A notebook with nbgrader's solution tags: the instructor's version.")
    ],
    id: Annotated[str, typer.Option("--id", help="Id of the new set, such as c12.")],
    part: Annotated[
        str, typer.Option("--part", help="The part of the course, which is the folder.")
    ] = "imported",
    root: Root = Path("."),
) -> None:
    """Turn an nbgrader assignment into an exercise set.

    Its tests become checks, its written answers open questions. Hints and wrong answers are yours to add: `cleanworks lint` lists what is missing.
    """
    from cleanworks.workshop.exercises.nbgrader import import_file

    for path in import_file(root, file, id, part):
        print(path.as_posix())
    print(
        "Read both, name the notebook in _toc.yml, and add hints and wrong answers: `cleanworks lint` says where."
    )
    _say_where_checks_are_found(root)


@lesson.command("new")
def new_lesson(
    id: Annotated[str, typer.Argument(help="Short and unique: a letter and a number, such as c12.")],
    title: Annotated[str, typer.Option("--title", help="Title of the lesson.")],
    part: Annotated[str, typer.Option("--part", help="The part of the course, which is the folder.")],
    root: Root = Path("."),
) -> None:
    """Write a lesson, its exercise set and its checks.

    They pass lint and proof and wait for your content.
    """
    from cleanworks.workshop.template import write_lesson

    for path in write_lesson(root, id, title, part):
        print(path.as_posix())
    print("Replace what is in them, and name both notebooks in _toc.yml.")
    _say_where_checks_are_found(root)


def _say_where_checks_are_found(root: Path) -> None:
    """A notebook runs in its own folder, and the checks lie in another: Python finds them where the course is a package or on its path."""
    import importlib.util

    from cleanworks.workshop.settings import Settings

    folder = Settings.load(root).checks
    if importlib.util.find_spec(Path(folder).parts[0]) is None:
        print(
            f"Notebooks do not find {folder}/ yet: make the course a package and install it (`pip install -e .`), "
            f"or set PYTHONPATH to {root.resolve()} for every command."
        )


def _measured(course: Course) -> list[str]:
    """Planned against measured minutes, of lessons that have records."""
    from cleanworks.workshop.times import Times, comparison

    planned = {lesson.id: lesson.minutes for lesson in course.lessons}
    return [
        f"{row['lesson']} {row['part']}: planned {row['planned']} min, measured {row['median']:g} min "
        f"({_count(row['records'], 'record')})"
        for row in comparison(Times.load(course.root), planned)
    ]


def _count(n: int, what: str) -> str:
    return f"{n} {what}{'' if n == 1 else 's'}"


def _record(course: Course, lesson: Lesson) -> dict[str, Any]:
    record: dict[str, Any] = {
        "name": lesson.name,
        "path": course.relative(lesson.path),
        "caption": lesson.caption,
        **lesson.block.model_dump(mode="json", exclude_none=True),
        "exercises": None,
    }
    if lesson.exercises:
        record["exercises"] = {
            "name": lesson.exercises.name,
            "path": course.relative(lesson.exercises.path),
            "questions": list(lesson.exercises.notebook.questions),
        }
    return record
