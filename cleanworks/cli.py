"""`cleanworks ...`: one message for every mistake, and an exit code that means something."""

from __future__ import annotations

import functools
import importlib
import os
import sys
from collections.abc import Sequence

import typer
import typer.core

from cleanworks import __version__
from cleanworks.errors import InputError, remedy, without_secrets

DONE, FAILED, BAD_INPUT, BROKEN, INTERRUPTED = 0, 1, 2, 70, 130

# Each of these adds its commands with `add_to(app)`, in the order in which --help shows them; and their first words.
COMMANDS = {
    "cleanworks.workshop.commands": "catalogue lint init quiz exercises lesson",
    "cleanworks.workshop.run_command": "run merge-reports cache",
    "cleanworks.workshop.book": "book",
    "cleanworks.workshop.live.live_command": "live",
    "cleanworks.workshop.links": "links",
    "cleanworks.workshop.language_command": "language",
    "cleanworks.workshop.delivery.workshop_command": "workshop",
    "cleanworks.workshop.delivery.new": "workshop",
    "cleanworks.workshop.delivery.after": "workshop",
    "cleanworks.workshop.board.class_command": "class",
    "cleanworks.workshop.printed.print_command": "pdf epub",
    "cleanworks.profiles.profile_command": "profile",
    "cleanworks.standards.standards_command": "data",
    "cleanworks.data.data_command": "data",
    "cleanworks.allimi.site_command": "site allimi",
    "cleanworks.registry_command": "registry",
}

HELP = """
Make and check a course of executable notebooks.

A course is a folder with _toc.yml, lessons (notebooks/) and exercise sets (exercises/). Start here:

  cleanworks catalogue         what the course holds

  cleanworks lint --fix        bring the notebooks into their canonical form

  cleanworks run c6            execute one lesson

  cleanworks exercises prove   show that every check does its work

  cleanworks book              build the book

Exit codes: 0 done, 1 something in the course failed, 2 the request or a file is wrong, 130 interrupted.
"""


def make_app(word: str = "") -> typer.Typer:
    """The command line with every room's commands; of a command's first word, with those of its room alone."""
    app = typer.Typer(
        help=HELP,
        no_args_is_help=True,
        add_completion=True,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
    )

    @app.callback()
    def common(
        version: bool = typer.Option(
            False, "--version", is_eager=True, callback=_show_version, help="Show the version and stop."
        ),
    ) -> None: ...

    asked = [name for name, words in COMMANDS.items() if word in words.split()]
    for name in asked or COMMANDS:
        importlib.import_module(name).add_to(app)
    return app


@functools.cache
def command(word: str = "") -> typer.core.TyperGroup:
    """The commands as they are asked: made once a process, because to read 71 signatures takes longer than most answers."""
    return typer.main.get_command(make_app(word))  # type: ignore[return-value]  # a group, because it holds commands


def _show_version(wanted: bool) -> None:
    if wanted:
        print(f"cleanworks {__version__}")
        raise typer.Exit


def run(arguments: Sequence[str]) -> int:
    """Run one command line and give its exit code. Nothing but an exit code comes out of here."""
    debug = os.environ.get("CLEANWORKS_DEBUG") == "1"
    try:
        commands = command(arguments[0] if arguments else "")
        code = int(commands.main(list(arguments), prog_name="cleanworks", standalone_mode=False) or DONE)
    except (KeyboardInterrupt, typer.Abort):
        code = INTERRUPTED
    except Exception as error:
        if debug:
            raise
        return _explain(error)
    if code == INTERRUPTED:
        _say("Interrupted. What was finished is kept; nothing is half-written.")
    return code


def _say(text: str) -> None:
    # Loaded only when there is something to say: a command without work would wait for nothing.
    from rich.console import Console

    Console(stderr=True, highlight=False, soft_wrap=True).print(text, markup=False)


def _explain(error: Exception) -> int:
    if isinstance(error, InputError):
        _say(error.message)
        return BAD_INPUT
    if hasattr(error, "format_message"):  # typer's own: an unknown command or option
        # It repeats what was typed, and that may have been the address of a database.
        _say(without_secrets(error.format_message().replace("Value error, ", "")))
        context = getattr(error, "ctx", None)
        if context is not None:
            _say(f"Try: {context.command_path} --help")
        return BAD_INPUT
    if isinstance(error, BrokenPipeError):
        # The reader of our output has gone: `cleanworks catalogue | head`.
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115
        return DONE
    # A library may raise an OSError that the system never gave; that says nothing about the disk.
    if isinstance(error, OSError) and error.errno is not None:
        place = f"{error.filename}: " if error.filename else ""
        advice = remedy(error)
        # Python tries each folder, and tells nothing of the reason.
        if "temporary directory" in str(error.strerror):
            advice = "Make room on the disk, or set TMPDIR to a folder that you may write to."
        _say(f"{place}{error.strerror or error}. {advice}".rstrip())
        return BAD_INPUT
    _say(
        f"CleanWorks itself made a mistake ({type(error).__name__}: {error}). "
        "Please report it; with CLEANWORKS_DEBUG=1 the same command shows where it happened."
    )
    return BROKEN


def main() -> None:
    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
