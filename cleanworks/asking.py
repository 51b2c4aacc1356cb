"""Questions on the command line: answered by a person, or line by line from a file."""

from __future__ import annotations

import sys
from collections.abc import Callable

from cleanworks.errors import InputError

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
