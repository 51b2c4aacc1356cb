"""`cleanworks data import`, `data flags` and `data report`."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cleanworks.errors import InputError
from cleanworks.standards.standards_command import data_app

if TYPE_CHECKING:
    from rich.console import Console

    from cleanworks.data import mapping


Source = Annotated[
    Path,
    typer.Argument(help="A folder made by `data import`, or one OCDS or OC4IDS file.", show_default=False),
]


def add_to(app: typer.Typer) -> None:
    """Add the commands to `cleanworks data`."""
    data_app.command()(template)
    data_app.command()(coverage)
    data_app.command("import")(bring_in)
    data_app.command()(flags)
    data_app.command()(report)


def bring_in(
    files: Annotated[
        list[Path],
        typer.Argument(help="OCDS, OC4IDS, CSV or XLSX; also .gz, .zip and folders.", show_default=False),
    ],
    to: Annotated[
        Path,
        typer.Option(
            "--out",
            "--to",
            help="The folder of the tables: new, empty, or an older import.",
            show_default=False,
        ),
    ],
    mapping: Annotated[
        Path | None,
        typer.Option(
            help="For CSV and XLSX: the file that says which column is which; written if it is not there."
        ),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Take the proposed mapping without asking.")] = False,
    encoding: Annotated[
        str | None, typer.Option(help="Of CSV files that are not UTF-8, such as cp949 or latin-1.")
    ] = None,
    workers: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="Processes that read large OCDS files together; as many as processors, at most 8.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Bring files in as tables.

    It writes tables as Parquet, a dictionary of their columns, and a list of what was taken and what was left out.
    """
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

    from cleanworks.data import importing, parallel
    from cleanworks.data import mapping as columns

    out = Console(highlight=False)
    chosen = columns.read(mapping) if mapping is not None and mapping.is_file() else None
    if chosen is None:
        proposed = importing.proposals(files, encoding)
        if proposed:
            _show(out, proposed)
            if mapping is not None:
                columns.write(mapping, proposed)
                raise InputError(
                    "Nothing was imported yet: the proposed mapping is written.",
                    where=str(mapping),
                    fix="Read it, correct it, and run the same command again.",
                )
            if not yes and not (sys.stdin.isatty() and typer.confirm("Is this mapping right?")):
                raise InputError(
                    "The mapping was not confirmed.",
                    where="--mapping",
                    fix="Give --mapping FILE to write and correct it, or --yes to take it.",
                )
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
    ) as bar:
        task = bar.add_task("reading", total=None)
        made = importing.bring_in(
            files,
            to,
            mappings=chosen,
            encoding=encoding,
            tell=lambda done, total, name: bar.update(task, completed=done, total=total, description=name),
            workers=workers or min(parallel.cores(), 8),
        )
    _rows(
        out,
        "Files",
        ("file", "kind", "taken", "left, and why"),
        [(s["file"], s["kind"], s["taken"], "; ".join(s["left"])) for s in made.sources],
    )
    for note in made.notes:
        out.print(note, markup=False, soft_wrap=True)
    _rows(
        out,
        "Tables",
        ("table", "rows", "columns filled in every row", "partly", "never"),
        [
            (name, f"{rows:,}", *map(str, filled))
            for name, rows, *filled in made.overview().itertuples(name=None)
        ],
    )
    able = made.indicators
    out.print(
        f"{int(able['possible'].sum())} of {len(able)} indicators are possible. Next: cleanworks data flags {to} --out FOLDER",
        markup=False,
        soft_wrap=True,
    )


def coverage(
    source: Source,
    fields: Annotated[
        bool, typer.Option("--fields", help="Also list every field and how often it is filled.")
    ] = False,
) -> None:
    """Say what a file or an import holds.

    Which indicators it allows, its fields, CoST's items, and what is missing for the other indicators.
    """
    from cleanworks.standards import coverage as first_look

    if source.is_dir():
        from cleanworks.data import folder

        tables = folder.load(source)
        found, size = first_look.of_tables(tables), f"{sum(map(len, tables.values())):,} rows"
        notes: Sequence[str] = folder.notes(source, tables)
    else:
        found = first_look.of_file(source)
        one = "project" if "OC4IDS" in found.what else "process"
        size = f"{found.elements:,} {one if found.elements == 1 else f'{one}es' if one == 'process' else f'{one}s'}"
        notes = found.notes
    from rich.console import Console

    out = Console(highlight=False)
    out.print(f"{source.name}: {found.what}, {size}", markup=False, soft_wrap=True)
    for note in notes:
        out.print(note, markup=False, soft_wrap=True)
    if fields:
        _rows(
            out,
            "Fields",
            ("field", "filled", "share"),
            [(p, f"{r.filled:,}", f"{r.share:.0%}") for p, r in found.fields.iterrows()],
        )
    items = [(r.stage, r["name"], f"{r.share:.0%}") for _, r in found.items.iterrows()]
    if found.elements:
        _rows(
            out,
            f"CoST's items: {found.disclosure_rate:.0%} of 40 on average",
            ("stage", "item", "filled"),
            items,
        )
    able = found.indicators[found.indicators["possible"]]
    _rows(
        out,
        f"Possible indicators: {len(able)} of {len(found.indicators)}",
        ("code", "name"),
        [(c, r["name"]) for c, r in able.iterrows()],
    )
    unable = found.indicators[~found.indicators["possible"]]
    _rows(
        out,
        "Not possible",
        ("code", "name", "missing"),
        [(c, r["name"], r.missing) for c, r in unable.iterrows()],
    )


def template(
    table: Annotated[str, typer.Argument(help="A table, such as projects or payments.", show_default=False)],
    out: Annotated[Path | None, typer.Option(help="The file to write, .csv. Printed if not given.")] = None,
) -> None:
    """Print a table's headings, with a row as an example.

    Fill it in with a spreadsheet, and read it with `data import`. The data dictionary of the book says what each column holds.
    """
    from cleanworks.city import schemas
    from cleanworks.written import whole

    text = schemas.template(table)
    if out is None:
        print(text, end="")
        return
    if out.exists():
        raise InputError("There is such a file already.", where=str(out), fix="Choose another name.")
    with whole(out, new=True) as file:
        file.write(text.encode("utf-8-sig"))
    print(out)


def flags(
    source: Source,
    to: Annotated[
        Path,
        typer.Option(
            "--out",
            "--to",
            help="The folder of the answers: new, empty, or older answers.",
            show_default=False,
        ),
    ],
    profile: Annotated[str | None, typer.Option(help="Country profile: thresholds and days.")] = None,
    date: Annotated[
        str | None,
        typer.Option(
            "--date",
            "--as-of",
            help="The day that counts as today, YYYY-MM-DD; by default the latest day in the data.",
        ),
    ] = None,
    currency: Annotated[str | None, typer.Option(help="Compare prices in this currency only.")] = None,
) -> None:
    """Compute the indicators of data, with a report.

    The report is index.html; the answers are flags.csv, flags.json and flags.xlsx.
    """
    from rich.console import Console

    from cleanworks.data import flagging

    made = flagging.flags_of(source, profile=profile, as_of=date, currency=currency)
    made.write(to)
    out = Console(highlight=False)
    hits = int(made.answers["flagged"].sum())
    out.print(
        f"{made.computed} indicators computed, {made.not_computed} not possible; {made.looked:,} answers, {hits:,} worth a look.",
        markup=False,
    )
    if made.reading:
        out.print(made.reading, markup=False, soft_wrap=True)
    out.print(f"Open {to / 'index.html'}", markup=False, soft_wrap=True)


def report(
    source: Source,
    to: Annotated[Path, typer.Option("--out", "--to", help="The report, an .html file.", show_default=False)],
    profile: Annotated[str | None, typer.Option(help="Country profile: currency and days.")] = None,
    date: Annotated[
        str | None,
        typer.Option(help="The day that counts as today, YYYY-MM-DD; by default the latest day in the data."),
    ] = None,
) -> None:
    """Write a report with figures, as far as the data allow.

    On payments, progress, disclosure and transparency.
    """
    from rich.console import Console

    from cleanworks.data import works_report

    made = works_report.report_of(source, profile=profile, date=date)
    made.save(to)
    Console(highlight=False).print(f"Open {to}", markup=False, soft_wrap=True)


def _show(out: Console, proposed: Sequence[mapping.Columns]) -> None:
    for one in proposed:
        place = f"{one.file}, sheet {one.sheet}" if one.sheet else one.file
        rows = [
            (heading, column + (f" (x {one.units[heading]:,})" if heading in one.units else ""))
            for heading, column in one.columns.items()
        ]
        rows += [(heading, "left out") for heading in one.left]
        _rows(
            out,
            f"{place} is read as table {one.table}; days as {one.dates or '?'}",
            ("heading", "column"),
            rows,
        )
        for question in one.questions:
            out.print(f"Question: {question}.", markup=False, soft_wrap=True)


def _rows(out: Console, title: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    from cleanworks.standards.standards_command import _print

    _print(out, title, columns, rows)
