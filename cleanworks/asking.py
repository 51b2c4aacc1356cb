"""Questions on the command line: answered by a person, or line by line from a file."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from pathlib import Path

from cleanworks.errors import InputError
from cleanworks.written import whole

Ask = Callable[[str], str]


def asker(too_few: str) -> Ask:
    """What asks: `input` at a terminal, otherwise the next line of the input. ``too_few`` is what to do when it ends early."""

    def from_lines(prompt: str) -> str:
        print(prompt, end="", flush=True)
        line = sys.stdin.readline()
        if not line:
            raise InputError("The answers end too early.", where="standard input", fix=too_few)
        print()
        return line.rstrip("\n")

    return input if sys.stdin.isatty() else from_lines


def place(out: Path | None, first: Path | None) -> Path:
    """The folder of ``--out``; older versions took it as the first word, and that still works.

    Raises
    ------
    InputError
        Neither was given.
    """
    chosen = out or first
    if chosen is None:
        raise InputError("Nothing says where to write.", fix="Give a folder: --out FOLDER")
    return chosen


def is_short_name(text: str) -> bool:
    """Whether a file may be called so on every system: small letters, figures and hyphens, and no device of Windows.

    >>> [is_short_name(text) for text in ("kenya", "da-nang-2", "../kenya", "Kenya", "con")]
    [True, True, False, False, False]
    """
    return bool(re.fullmatch(r"(?!(?:con|prn|aux|nul|com\d|lpt\d)$)[a-z][a-z0-9-]{1,29}", text))


def new_file(name: str, folder: Path, kind: str) -> Path:
    """Where the .toml file of a new workshop or profile goes; ``kind`` is what a person calls it.

    Raises
    ------
    InputError
        The name does not do on every system, is taken, or the folder is not there.
    """
    if not is_short_name(name):
        raise InputError(
            f"{name!r} cannot be the name of a {kind}.",
            fix="Use two to thirty small letters, such as kenya; figures and hyphens may follow the first.",
        )
    target = folder / f"{name}.toml"
    if target.exists():
        raise InputError(
            f"There is a {kind} {name!r} already.",
            where=str(target),
            fix="Choose another name; nothing was overwritten.",
        )
    if not folder.is_dir():
        raise InputError(
            "There is no such folder.", where=str(folder), fix="Make it first, or name another with --out."
        )
    return target


def write_new(target: Path, text: str) -> None:
    """Write the answers, whole; a file that came up there meanwhile stays: FileExistsError."""
    with whole(target, new=True) as file:
        file.write(text.encode("utf-8"))
