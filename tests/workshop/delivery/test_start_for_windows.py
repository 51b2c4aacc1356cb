"""What can be said of start.bat without Windows: its letters, its line ends, its jumps, and paths with spaces in them."""

from __future__ import annotations

import re

import pytest

from cleanworks.workshop.delivery import start


@pytest.fixture(params=[None, "fr", "ko", "ar"])
def lines(request) -> list[str]:
    text = start.scripts("3.11", "country/office.toml", request.param)["start.bat"]
    assert text.count("\n") == text.count("\r\n") and text.endswith("\r\n")
    return text.split("\r\n")


def test_letters_beyond_ascii_come_after_the_window_was_told(lines):
    beyond = [number for number, line in enumerate(lines) if not line.isascii()]
    told = [number for number, line in enumerate(lines) if line == "chcp 65001 >nul"]
    assert not beyond or (told and told[0] < beyond[0])
    # A mark of UTF-8 at the beginning would be read as part of the first command.
    assert lines[0] == "@echo off"


def test_every_jump_arrives_and_no_label_is_left_over(lines):
    labels = {line[1:] for line in lines if re.fullmatch(r":[a-z]+", line)}
    assert {found for line in lines for found in re.findall(r"\bgoto (\w+)", line)} == labels


def test_a_path_with_spaces_and_signs_is_quoted_wherever_it_stands(lines):
    paths = [line for line in lines if "%~dp0" in line]
    assert len(paths) == 4
    assert all(re.search(r'(?:pushd "%~dp0"|set "[A-Z_]+=%~dp0[^"]*")$', line) for line in paths)
    # Whatever else is started stands in the folder of the kit, by a path that has no space.
    assert not [line for line in lines if re.match(r"[a-zA-Z]:|\\\\", line)]


def test_no_step_goes_on_after_one_that_failed(lines):
    """Each program is asked how it ended; a window that closes at once would show nobody why."""
    started = [
        n for n, line in enumerate(lines) if re.match(r"(?:%PY%|py|python|\.venv\S+python\.exe) -", line)
    ]
    assert len(started) == 7
    following = [next(line for line in lines[n + 1 :] if not line.startswith("rem ")) for n in started]
    assert all("%errorlevel%" in line for line in following)
    # Inside brackets Windows reads the value before the program has run.
    assert not [line for line in lines if line.endswith("(")]
    ends = [n for n, line in enumerate(lines) if line.startswith("exit /b")]
    assert len(ends) == 5 and all("pause" in lines[n - 1] for n in ends)


def test_who_starts_it_inside_a_zip_is_told_to_extract(lines):
    first = next(number for number, line in enumerate(lines) if line.startswith("if "))
    assert lines[first] == "if exist course\\ goto whole" and "zip" in lines[first + 1]
