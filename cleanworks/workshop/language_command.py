"""`cleanworks language`: begin a translation, bring it up to date, see what is missing."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from cleanworks.errors import InputError

language = typer.Typer(help="Editions in other languages.", no_args_is_help=True)

Root = Annotated[Path, typer.Option("--root", help="Folder of the course.")]
Code = Annotated[str, typer.Argument(help="The language: ko, fr, pt_BR ...")]


def add_to(app: typer.Typer) -> None:
    """Add these commands to the command line."""
    app.add_typer(language, name="language")


@language.command()
def update(
    code: Code,
    pages: Annotated[
        list[str] | None,
        typer.Argument(
            help="Pages (book/how-to-learn) or lessons (o1). Those already begun if none is named."
        ),
    ] = None,
    root: Root = Path("."),
) -> None:
    """Write the texts to be translated into a language.

    Translations that still fit are kept.
    """
    from cleanworks.workshop import languages
    from cleanworks.workshop.catalogue import Course

    course = Course.load(root.resolve())
    for done in languages.update(course, code, pages or ()):
        path = languages.folder(course, code) / f"{done.page}.po"
        print(f"{course.relative(path)}: {done.new} new, {done.changed} changed, {done.gone} gone")


@language.command()
def status(
    code: Code,
    page: Annotated[
        str | None, typer.Option("--page", help="List the missing texts of this page or lesson.")
    ] = None,
    begun: Annotated[
        bool, typer.Option("--begun", help="Leave out the pages without a translation.")
    ] = False,
    root: Root = Path("."),
) -> None:
    """Show how many words of each page are translated.

    Exit codes: 0, 1 a translation lost a link, a citation or a piece of code, 2 something handed in cannot be used.
    """
    from cleanworks.workshop import languages
    from cleanworks.workshop.catalogue import Course

    found = languages.status(Course.load(root.resolve()), code, [page] if page else ())
    if page:
        if not found:
            raise InputError(
                f"There is no page {page!r}.",
                fix="Name a page (book/how-to-learn) or a lesson (o1); without --page all are listed.",
            )
        for one in found:
            print(f"{one.page}: {len(one.missing)} of {one.texts} texts are missing")
            print(*(f"  {text}" for text in one.missing), sep="\n")
    else:
        _show([one for one in found if one.done or not begun])
        complete = sum(1 for one in found if not one.missing)
        words, missing = sum(one.words for one in found), sum(one.missing_words for one in found)
        print(
            f"{words - missing:,} of {words:,} words are translated; {complete} of {len(found)} pages are complete."
        )
        print("The others show English where a text is missing.")
    broken = [(one.page, fault) for one in found for fault in one.faults]
    for name, fault in broken:
        print(f"{name}: {fault}")
    if broken:
        raise typer.Exit(1)


def _show(found: list[Any]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(show_edge=False, pad_edge=False)
    table.add_column("page", overflow="fold")
    for heading in ("words", "missing", "translated"):
        table.add_column(heading, justify="right")
    for one in found:
        table.add_row(one.page, str(one.words), str(one.missing_words), f"{one.percent} %")
    Console().print(table)
