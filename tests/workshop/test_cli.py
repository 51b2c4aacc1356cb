"""The command line: its answers, its exit codes, and one message for every mistake."""

from __future__ import annotations

import errno
import json
import sys

import pytest

from cleanworks import __main__, __version__, cli
from tests.workshop.conftest import cell_of, edit, lesson_path, set_path

pytestmark = pytest.mark.usefixtures("one_server")


@pytest.fixture
def run(capsys, course, monkeypatch):
    """Run a command line in the tiny course; gives exit code, output and messages."""
    monkeypatch.chdir(course)
    monkeypatch.delenv("CLEANWORKS_DEBUG", raising=False)

    def go(*arguments: str):
        code = cli.run(arguments)
        shown = capsys.readouterr()
        assert "Traceback" not in shown.out + shown.err
        return code, shown.out, shown.err

    return go


def test_help_names_the_first_commands_and_the_exit_codes(run):
    code, out, _ = run("--help")
    assert code == 0
    for word in ("catalogue", "lint", "run", "exercises", "Exit codes", "130 interrupted"):
        assert word in out


def _commands(command, path=()):
    """Every command and group of the command line, with the words that call it."""
    yield path, command
    for name, inner in getattr(command, "commands", {}).items():
        yield from _commands(inner, (*path, name))


COMMANDS = dict(_commands(cli.command()))


@pytest.mark.parametrize("word", sorted({path[0] for path in COMMANDS if path}))
def test_a_command_made_alone_is_the_one_among_all(word):
    """A first word loads its own room and no other, unless a room adds to another's commands."""
    alone = dict(_commands(cli.command(word)))
    assert {path for path in alone if path[:1] == (word,)} == {
        path for path in COMMANDS if path[:1] == (word,)
    }
    assert len(alone) < len(COMMANDS) / 2


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_every_command_says_in_its_first_line_what_it_does(path):
    command = COMMANDS[path]
    paragraph = command.help.strip().split("\n\n")[0]
    assert len(paragraph) < 55 or (path == () and paragraph.endswith((".", "!")) and paragraph[0].isupper())
    for one in command.params:
        assert one.name == "help" or one.help, f"{' '.join(path)}: {one.name} has no help"


def test_no_line_of_a_list_of_commands_is_cut_off(run):
    groups = [path for path, command in COMMANDS.items() if hasattr(command, "commands")]
    assert len(groups) > 8
    for path in groups:
        code, out, _ = run(*path, "--help")
        assert code == 0 and not [
            line for line in out.splitlines() if line.endswith("...") and "Usage" not in line
        ], path


def test_check_is_the_word_for_whether_something_is_right(run):
    """What is handed in is checked; `validate` and `verify` are older names, which stay and are not listed."""
    checked = {path[0] for path in COMMANDS if path[-1:] == ("check",)}
    assert checked == {"profile", "data", "workshop", "registry"}
    for group, older in (("data", "validate"), ("workshop", "verify"), ("registry", "verify")):
        assert COMMANDS[group, older].hidden and older not in run(group, "--help")[1]


def test_what_can_only_be_one_of_a_few_words_is_offered_as_a_choice(run):
    for command in ("book", "pdf", "epub"):
        assert "<reader|learner|instructor>" in run(command, "--help")[1]
        code, _, err = run(command, "--audience", "teacher")
        assert code == 2 and all(
            word in err for word in ("--audience", "'teacher'", "reader", "learner", "instructor")
        )
    code, _, err = run("workshop", "times", "record", "r1", "nap", "5")
    assert code == 2 and "'teach', 'practise'" in err


def test_a_shell_can_complete_the_words(capsys, monkeypatch):
    monkeypatch.setenv("_CLEANWORKS_COMPLETE", "complete_bash")
    monkeypatch.setenv("COMP_WORDS", "cleanworks workshop ch")
    monkeypatch.setenv("COMP_CWORD", "2")
    with pytest.raises(SystemExit):
        cli.run([])
    assert capsys.readouterr().out.split() == ["check"]


def test_the_version(run):
    assert run("--version") == (0, f"cleanworks {__version__}\n", "")


def test_the_catalogue_as_a_table_and_as_data(run):
    code, out, _ = run("catalogue")
    assert code == 0 and "Reading a rain gauge" in out and "2 lessons, 0 h 40 min" in out
    code, out, _ = run("catalogue", "--json")
    first, second = json.loads(out)
    assert first["exercises"]["questions"] == ["r1-e1", "r1-e2"] and second["prerequisites"] == ["r1"]


def test_lint_says_what_it_found_and_exits_with_1(run, course):
    assert run("lint") == (0, "Nothing found in 4 notebooks.\n", "")
    assert run("lint", "r1") == (0, "Nothing found in 2 notebooks.\n", ""), "a lesson with its exercises"
    edit(lesson_path(course), lambda nb: cell_of(nb, "r1-k1")["metadata"].update(tags=["quizz"]))
    code, out, _ = run("lint")
    assert code == 1 and "notebooks/weather/r1-rain-gauge.ipynb:" in out and "`quizz`" in out
    code, out, _ = run("lint", "--json")
    assert code == 1 and "tags" in {finding["rule"] for finding in json.loads(out)}
    code, out, _ = run("lint", "exercises")
    assert code == 0 and "2 notebooks" in out


def test_a_notebook_that_cannot_be_read_is_named_alone_and_hides_no_question(run, course):
    edit(lesson_path(course), lambda nb: nb.update(nbformat=5))
    code, out, _ = run("lint")
    assert code == 1 and "has format 5" in out and "1 finding in 1 of 4 notebooks." in out
    code, out, err = run("quiz")
    assert (code, out) == (2, "") and "has format 5" in err


def test_lint_fix_rewrites_and_says_so(run, course):
    edit(lesson_path(course), lambda nb: nb["metadata"].update(colab={}))
    assert run("lint")[0] == 1
    code, out, _ = run("lint", "--fix")
    assert code == 0 and "r1-rain-gauge.ipynb: rewritten in canonical form" in out


def test_the_rules_as_a_table(run):
    code, out, _ = run("lint", "--rules")
    assert code == 0 and out.startswith("| rule |") and "`objective-verb`" in out


def test_a_proof_that_fails_exits_with_1(run, course):
    edit(set_path(course), lambda nb: cell_of(nb, "r1-e1-starter").update(source="total_mm = 21"))
    code, out, _ = run("exercises", "prove")
    assert code == 1
    assert (
        "r1: 2 questions, 4 wrong answers: 1 fault" in out
        and "r2: 1 question, 2 wrong answers: proven" in out
    )
    assert "Try it alone: cleanworks exercises prove r1" in out


def test_split_says_how_many_and_refuses_the_same_place(run, course):
    assert run("exercises", "split", "--out", "out") == (0, "4 notebooks in out\n", "")
    code, _, err = run("exercises", "split", "--out", "out")
    assert code == 2 and "something at this place" in err
    assert run("exercises", "split", "older", "r1") == (0, "2 notebooks in older\n", "")


def test_where_something_is_written_is_said_with_out():
    """Older versions took some folders as the first word; that still works and is not shown."""
    writers = {
        path for path, command in COMMANDS.items() if any("--out" in one.opts for one in command.params)
    }
    assert {
        ("site",),
        ("exercises", "split"),
        ("live", "build"),
        ("data", "import"),
        ("workshop", "build"),
    } <= writers


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nonsense"], "No such command 'nonsense'"),
        (["catalogue", "--nonsense"], "--nonsense"),
        (["catalogue", "--root", "nowhere"], "nowhere/_toc.yml: There is no table of contents here."),
        (
            ["lint", "nowhere.ipynb"],
            "nowhere.ipynb: There is no such file or folder, and no lesson with this id.",
        ),
        (["exercises", "prove", "r9"], "There is no exercise set 'r9'. There are r1, r2."),
        (["exercises", "split"], "Nothing says where to write. Give a folder: --out FOLDER"),
        (["exercises", "split", "--out", "out", "r9"], "There is no lesson 'r9'. The lessons are r1, r2."),
        (["run", "r9"], "There is no lesson 'r9'"),
        (["exercises", "prove", "--jobs", "0"], "--jobs"),
    ],
)
def test_bad_input_is_one_message_and_exit_code_2(run, arguments, words):
    code, out, err = run(*arguments)
    assert code == 2 and words in " ".join(err.split()) and out == ""


@pytest.mark.parametrize("text", ['{"cells": [}', "", "\x00", "null"])
def test_malformed_notebooks(run, course, text):
    lesson_path(course).write_text(text)
    code, _, err = run("catalogue")
    assert code == 2 and "r1-rain-gauge.ipynb" in err and len(err.strip().splitlines()) == 1


def test_broken_metadata(run, course):
    edit(lesson_path(course), lambda nb: nb["metadata"]["cleanworks"].pop("id"))
    code, _, err = run("catalogue")
    assert code == 2 and "`id` is missing" in err


def break_catalogue(monkeypatch, error):
    from cleanworks.workshop.catalogue import Course

    def load(*arguments):
        raise error

    monkeypatch.setattr(Course, "load", load)


def test_an_interrupt_exits_with_130(run, monkeypatch):
    break_catalogue(monkeypatch, KeyboardInterrupt())
    code, _, err = run("catalogue")
    assert code == 130 and "Interrupted" in err


@pytest.mark.parametrize(
    ("error", "remedy"),
    [
        (OSError(errno.ENOSPC, "No space left on device", "/out/x"), "Make room on that disk"),
        (
            FileNotFoundError(errno.ENOENT, "No usable temporary directory found in []", "/out/x"),
            "set TMPDIR to a folder",
        ),
        (PermissionError(errno.EACCES, "Permission denied", "/out/x"), "Choose a folder where you may"),
        (OSError(errno.ENAMETOOLONG, "File name too long", "/out/x"), "shorter path"),
        (OSError(errno.EIO, "Input/output error", "/out/x"), "/out/x: Input/output error."),
    ],
)
def test_what_the_system_refuses_is_said_with_what_to_do(run, monkeypatch, error, remedy):
    break_catalogue(monkeypatch, error)
    code, _, err = run("catalogue")
    assert code == 2 and f"/out/x: {error.strerror}." in err and remedy in err


def test_an_error_that_only_looks_like_the_systems_blames_no_disk(run, monkeypatch):
    """Readers of Parquet and of gz raise OSErrors of their own about a damaged file."""
    break_catalogue(monkeypatch, OSError("Not a gzipped file"))
    code, _, err = run("catalogue")
    assert code == 70 and "CleanWorks itself made a mistake (OSError: Not a gzipped file)" in err


def test_a_mistake_of_the_tool_is_said_without_traceback_and_shown_on_request(run, monkeypatch):
    break_catalogue(monkeypatch, RuntimeError("surprise"))
    code, _, err = run("catalogue")
    assert (
        code == 70
        and "CleanWorks itself made a mistake (RuntimeError: surprise)" in err
        and "CLEANWORKS_DEBUG=1" in err
    )
    monkeypatch.setenv("CLEANWORKS_DEBUG", "1")
    with pytest.raises(RuntimeError, match="surprise"):
        cli.run(["catalogue"])


def test_where_only_the_library_is_installed_the_command_says_what_is_missing(capsys, monkeypatch):
    for name in [
        name for name in sys.modules if name == "typer" or name.startswith(("typer.", "cleanworks.cli"))
    ]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "typer", None)
    monkeypatch.delattr("cleanworks.cli")
    with pytest.raises(SystemExit) as ended:
        __main__.main()
    assert (
        ended.value.code == 2
        and 'needs the package typer. Install it with: python -m pip install "cleanworks[book'
        in capsys.readouterr().err
    )
