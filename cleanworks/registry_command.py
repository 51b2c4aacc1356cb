"""`cleanworks registry`: is the journal of a registry what it was?"""

from __future__ import annotations

from typing import Annotated

import typer

registry = typer.Typer(help="A registry of works: check its journal.", no_args_is_help=True)

Place = Annotated[str, typer.Argument(help="File of a registry, or a database address.", show_default=False)]


def add_to(app: typer.Typer) -> None:
    """Add `cleanworks registry`."""
    app.add_typer(registry, name="registry")


@registry.command("head")
def show_head(place: Place) -> None:
    """Print the hash of the last journal line.

    Publish, sign or e-mail it, and keep it outside the registry.
    """
    from cleanworks.construction.registry import existing

    with existing(place) as book:
        number, seal = book.head()
    print(seal)
    typer.echo(f"{number:,} lines.", err=True)


@registry.command("verify", hidden=True)  # its older name
@registry.command("check")
def verify(
    place: Place,
    head: Annotated[
        str | None,
        typer.Option(
            "--head", help="A hash that `registry head` printed earlier, from outside the registry."
        ),
    ] = None,
) -> None:
    """Check that a registry fits its journal, line by line.

    Its tables, indexes and triggers are compared with those that a registry makes.
    A journal that was rewritten from end to end agrees with itself: only a hash kept elsewhere (--head) finds that out.
    Exit codes: 0 nothing found, 1 something does not fit, 2 the registry cannot be read.
    """
    import re

    from cleanworks.construction.registry import existing
    from cleanworks.errors import InputError

    if head is not None and not re.fullmatch(r"[0-9a-f]{64}", head.strip().lower()):
        raise InputError(
            f"{head!r} is not a hash.",
            where="--head",
            fix="Copy the 64 characters that `cleanworks registry head` printed.",
        )
    with existing(place, even_damaged=True) as book:
        found = book.verify(head.strip().lower() if head else None)
        last = None if found else book.head()
    for damage in found[:50]:
        print(f"{damage.place}: {damage.what}.")
    if len(found) > 50:
        print(f"And {len(found) - 50:,} more.")
    if last is None:
        raise typer.Exit(1)
    print(f"All {last[0]:,} lines of the journal fit together{' and go on from that hash' if head else ''}.")
    print(f"Its last hash is {last[1]}.")
    if head is None:
        print(
            "Keep it outside the registry: with --head it shows next time that nobody rewrote the whole journal."
        )
