"""`cleanworks run` and `cleanworks cache`."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from typing import Annotated

import typer

from cleanworks.errors import InputError

from . import shards
from .files import write_whole
from .reports import github
from .reports.junit import junit_xml, merged, times_in
from .reports.progress_display import display
from .reports.result_page import html_page
from .reports.terminal import report
from .run import RunOptions, RunResult, run_notebooks
from .run.result_cache import Store
from .twice import run_twice

cache = typer.Typer(help="Results of earlier runs: count and remove them.", no_args_is_help=True)

_SIZES = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "t": 10**12}


def add_to(app: typer.Typer) -> None:
    """Add these commands to the command line."""
    app.command()(run)
    app.command("merge-reports")(merge)
    app.add_typer(cache, name="cache")


def run(
    ids: Annotated[
        list[str] | None,
        typer.Argument(
            help="Lessons to run, by id (c6 runs the lesson and its exercises). All if none is named."
        ),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Execute even what has not changed.")] = False,
    fresh: Annotated[
        bool,
        typer.Option(
            "--fresh",
            help="A fresh Python for every notebook, instead of a copy of one that has the libraries loaded. Slower; the reference.",
        ),
    ] = False,
    jobs: Annotated[
        int | None,
        typer.Option(
            "--jobs", "-j", min=1, help="Notebooks at a time. As many as there are cores if not given."
        ),
    ] = None,
    twice: Annotated[
        bool,
        typer.Option(
            "--twice",
            help="Execute twice, in two orders and with another hash seed, and name the first cell whose output differs.",
        ),
    ] = False,
    strict: Annotated[
        bool,
        typer.Option(
            "--strict", help="Also fail when a `!command` or a thread fails without failing its cell."
        ),
    ] = False,
    junit: Annotated[
        Path | None, typer.Option("--junit", metavar="FILE", help="Write the result as JUnit XML.")
    ] = None,
    html: Annotated[
        Path | None,
        typer.Option(
            "--html",
            metavar="FILE",
            help="Write the result as one HTML page: slowest cells, times, memory, trend.",
        ),
    ] = None,
    shard: Annotated[
        str | None,
        typer.Option(
            "--shard", metavar="K/N", help="The K-th of N parts of about equal time, for a CI matrix."
        ),
    ] = None,
    times: Annotated[
        Path | None,
        typer.Option(
            "--times", metavar="FILE", help="A --junit report of an earlier run: --shard splits by its times."
        ),
    ] = None,
    profile: Annotated[str | None, typer.Option("--profile", help="The country profile to run with.")] = None,
    root: Annotated[Path, typer.Option("--root", help="Folder of the course.")] = Path("."),
) -> None:
    """Execute what changed, and say what failed and where.

    A notebook runs again only when something its result depends on has changed: its code cells, the data it declares, the
    modules of the course it imports, the profile, the pins, Python or the tool. Exit codes: 0 all passed, 1 a
    notebook failed, 2 something handed in cannot be used, 130 interrupted.
    """
    from cleanworks.workshop.book import chosen
    from cleanworks.workshop.catalogue import Course

    from .course_jobs import course_jobs, course_options, require_jobs, run_notes

    course = Course.load(root)
    for name, report_file in (("--junit", junit), ("--html", html)):
        if report_file is not None and report_file.is_dir():
            raise InputError(
                f"{report_file} is a folder.", where=name, fix="Name a file in it, such as report.xml."
            )
    # A country's copies lie beside those of the usual edition, from which somebody may be building a book at this moment.
    made = chosen(course, profile=profile)
    options = course_options(
        course,
        workers=jobs,
        force=force,
        fresh=fresh,
        strict=strict,
        environment=made.environment,
        out=made.executed,
        **({"rerun": f"cleanworks run {{name}} --profile {profile}"} if profile else {}),
    )
    execute = run_twice if twice else run_notebooks
    wanted = course_jobs(course, ids or ())
    require_jobs(course, wanted)
    course.keep_texts()
    for note in run_notes(course):
        print(note, file=sys.stderr)
    if times is not None and shard is None:
        raise InputError(
            "--times says how to split, and nothing is split.",
            where="--times",
            fix="Add --shard 1/4 or the like.",
        )
    if shard is not None:
        wanted = shards.split(wanted, *shards.parse_shard(shard), times_in(times) if times else None)
        if not wanted:
            raise InputError(
                "This part holds no notebook.", where="--shard", fix="Split the course into fewer parts."
            )
    result = execute(wanted, options, display())
    finish(result, options, junit, html)


def merge(
    reports: Annotated[
        list[Path], typer.Argument(help="The --junit reports of all parts.", show_default=False)
    ],
    junit: Annotated[
        Path, typer.Option("--junit", metavar="FILE", help="Where the report of the whole goes.")
    ],
    root: Annotated[Path, typer.Option("--root", help="Folder of the course.")] = Path("."),
) -> None:
    """Join the reports of the parts of a run (--shard).

    It refuses if a notebook of the course is in none of them, so that nothing is green because it was left out.
    Exit codes: 0 all passed, 1 a notebook failed, 2 the reports are not a whole.
    """
    import xml.etree.ElementTree as ET

    from cleanworks.workshop.catalogue import Course

    from .course_jobs import course_jobs

    made = merged(reports, [job.name for job in course_jobs(Course.load(root))])
    write_whole(junit, made)
    suite = ET.fromstring(made)[0]
    print(
        f"{suite.get('tests')} notebooks in {len(reports)} reports: {suite.get('failures')} failed, {suite.get('skipped')} skipped."
    )
    if suite.get("failures") != "0":
        raise typer.Exit(1)


def finish(result: RunResult, options: RunOptions, junit: Path | None, html: Path | None) -> None:
    """Write the reports, print the text, and leave with the run's exit code."""
    if junit is not None:
        write_whole(junit, junit_xml(result, options.root))
    if html is not None:
        write_whole(html, html_page(result, options.root))
    print(report(result, options.root))
    if github.wanted(os.environ):
        print(*github.workflow_commands(result, options.root), sep="\n")
    if result.exit_code:
        raise typer.Exit(result.exit_code)


@cache.command()
def status(
    root: Annotated[Path, typer.Option("--root", help="Folder of the course.")] = Path("."),
) -> None:
    """Say how many results are kept, and where."""
    options = _options(root)
    entries = Store(options.cache_folder).entries()
    print(
        f"{len(entries)} results, {size_text(sum(size for _, size, _ in entries))}, in {options.cache_folder}"
    )


@cache.command()
def clean(
    max_size: Annotated[
        str, typer.Option("--max-size", help="Keep the results used last, up to this size, such as 200MB.")
    ] = "0",
    root: Annotated[Path, typer.Option("--root", help="Folder of the course.")] = Path("."),
) -> None:
    """Remove results, those unused for longest first."""
    options = _options(root)
    removed, freed = Store(options.cache_folder).clean(parse_size(max_size))
    print(f"{removed} results removed, {size_text(freed)} freed.")


def _options(root: Path) -> RunOptions:
    if not root.is_dir():
        raise InputError("There is no such folder.", where=str(root), fix="Name the folder of the course.")
    return RunOptions(root=root.resolve())


def parse_size(text: str) -> int:
    """Bytes of ``200MB``, ``1.5 GB``, ``800k`` or ``0``."""
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([kmgt]?)b?\s*", text, re.IGNORECASE)
    if not found:
        raise InputError(
            f"{text!r} is not a size.", where="--max-size", fix="Write a number and a unit, such as 200MB."
        )
    return int(float(found[1]) * _SIZES[found[2].lower()])


def size_text(size: int) -> str:
    """``12.3 MB``, or ``4.1 kB`` below a tenth of that."""
    return f"{size / 1e6:.1f} MB" if size >= 100_000 else f"{size / 1e3:.1f} kB"
