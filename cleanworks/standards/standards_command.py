"""`cleanworks data schemas`, `cleanworks data check FILE` and `cleanworks data coverage FILE`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from rich.console import Console

    from cleanworks.standards.validate import Report

data_app = typer.Typer(help="Open contracting data: check, import, flags, report.", no_args_is_help=True)


def add_to(app: typer.Typer) -> None:
    """Add `cleanworks data ...`."""
    app.add_typer(data_app, name="data")


File = Annotated[
    Path,
    typer.Argument(help="An OCDS or OC4IDS file: a package or JSON lines, also .gz.", show_default=False),
]


@data_app.command()
def schemas(
    everything: Annotated[
        bool,
        typer.Option("--all", help="Also the examples and fixtures of others that the tests compare with."),
    ] = False,
    to: Annotated[
        Path | None,
        typer.Option(
            "--out",
            "--to",
            help="Keep them in this folder. The user's cache if not given.",
            show_default=False,
        ),
    ] = None,
    address: Annotated[
        str | None,
        typer.Option("--from", help="Address of a mirror of raw.githubusercontent.com.", show_default=False),
    ] = None,
) -> None:
    """Fetch the published schemas and codelists, once.

    Those of OCDS 1.1.5 and OC4IDS 0.9.5. This needs a network.
    """
    from cleanworks.standards import schema_files

    names = [name for name, one in schema_files.sets().items() if everything or one.schema]
    schema_files.fetch(names, to, address=address or schema_files.ADDRESS)
    if to is None:
        print("Use them by name: cleanworks data check FILE --schema ocds-1.1.5")


@data_app.command("validate", hidden=True)  # its older name
@data_app.command("check")
def validate(
    file: File,
    schema: Annotated[
        str | None,
        typer.Option(
            help="ocds-1.1.5 or oc4ids-0.9.5 (see `cleanworks data schemas`), or a folder of the official schemas. "
            "Its checks are added to the product's own.",
            show_default=False,
        ),
    ] = None,
    show: Annotated[int, typer.Option(help="How many kinds of problems to print.", min=0)] = 20,
) -> None:
    """Check a file against OCDS 1.1.5 or OC4IDS 0.9.5.

    Exit codes: 0 valid, 1 it has errors, 2 it cannot be read.
    """
    from cleanworks.standards.schema_files import schema_folder
    from cleanworks.standards.validate import (
        validate as check,  # pandas is slow to import and no other command needs it
    )

    report = check(file, schema_folder(schema) if schema else None)
    from rich.console import Console

    out = Console(highlight=False)
    out.print(
        f"{report.path.name}: {report.what}, {report.elements:,} elements; checked against {report.schema}",
        soft_wrap=True,
    )
    for severity in ("error", "note"):
        _kinds(out, report, severity, show)
    if report.ok:
        out.print(f"Valid. {report.notes:,} notes.")
        return
    out.print(
        f"Not valid: {report.errors:,} errors in {report.invalid:,} of {report.elements:,} elements; {report.notes:,} notes."
    )
    raise typer.Exit(1)


def _kinds(out: Console, report: Report, severity: str, show: int) -> None:
    """One line for one fault, however often it occurs, and where it occurs first."""
    kinds = [(key, n) for key, n in report.counts.most_common() if key[0] == severity]
    if not kinds:
        return
    rows = [(f"{n:,}", str(report.first[key])) for key, n in kinds[:show]]
    _print(out, f"{severity.capitalize()}s", ("times", "what, and where first"), rows)
    if len(kinds) > show:
        out.print(f"  and {len(kinds) - show:,} more kinds; --show says how many are printed.\n")


def _print(out: Console, title: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    from rich.table import Table

    table = Table(title=title, title_justify="left", box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(
            column,
            overflow="fold",
            justify="right" if column in ("times", "elements", "share", "filled") else "left",
        )
    for row in rows:
        table.add_row(*(str(cell).replace("[", "\\[") for cell in row))
    out.print(table)
    out.print()
