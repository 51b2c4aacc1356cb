"""What a newcomer reads first: every command of README.md works as it is written there."""

from __future__ import annotations

import re
import shlex
import subprocess
from pathlib import Path

import pytest

from cleanworks import cli

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
COMMAND = ".venv/bin/cleanworks"
WRITTEN = sorted(set(re.findall(rf"`({re.escape(COMMAND)}[^`]*)`", README)))


def test_no_command_is_named_that_a_fresh_terminal_does_not_find():
    assert not re.findall(r"`cleanworks\b[^`]*`", README), (
        f"Write {COMMAND}: `make book` leaves it there and nowhere else."
    )
    assert len(WRITTEN) > 5


@pytest.mark.parametrize("line", WRITTEN)
def test_every_command_and_option_exists(line):
    words = shlex.split(line)[1:]
    command = cli.command()
    while words and hasattr(command, "commands") and words[0] in command.commands:
        command = command.commands[words.pop(0)]
    known = {option for parameter in command.params for option in parameter.opts} | {"--help"}
    assert not [word for word in words if word.startswith("-") and word not in known], line
    assert not hasattr(command, "commands") or not words or words == ["--help"] or not words[0].isalpha(), (
        f"{line}: no such command"
    )


@pytest.mark.parametrize("target", sorted(set(re.findall(r"\bmake ([a-z-]+)", README))))
def test_every_target_of_make_exists(target):
    done = subprocess.run(["make", "-n", target], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_every_file_that_is_named_exists():
    for name in re.findall(r"\b(?:workshops|book|notebooks|exercises)/[\w./-]*", README):
        assert (ROOT / name).exists(), name
