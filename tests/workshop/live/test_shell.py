"""The kernel of Python in the page, run here by CPython: what cells show, keep and say. The browser's side is in tests/live."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

SHELL = Path(__file__).resolve().parents[3] / "cleanworks" / "workshop" / "live"

# The shell takes the place of IPython and `__main__`, so it gets a process of its own: one for all tests of this file.
_SERVER = """
import json, sys
sys.path.insert(0, sys.argv[1])
import shell
lines, answers = sys.stdin, sys.stdout
made = None
for line in lines:
    asked = json.loads(line)
    if asked.pop("new", False):
        seen = []
        made = shell.Shell(seen.append)
    seen.clear()
    result = made.run("cell", **asked)
    answers.write(json.dumps({**result, "seen": seen}, default=str) + "\\n")
    answers.flush()
"""


@pytest.fixture(scope="module")
def process():
    with subprocess.Popen(
        [sys.executable, "-c", _SERVER, str(SHELL)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as made:
        yield made
        made.stdin.close()


@pytest.fixture
def run(process):
    """Runs cells in a fresh shell: ``run("1 + 1")``."""
    fresh = True

    def one(source: str, **options: Any) -> dict[str, Any]:
        nonlocal fresh
        process.stdin.write(json.dumps({"source": source, "new": fresh, **options}) + "\n")
        process.stdin.flush()
        fresh = False
        return json.loads(process.stdout.readline())

    return one


def text(result: dict[str, Any]) -> str:
    return "".join(
        o["text"] if o["output_type"] == "stream" else o["data"]["text/plain"] for o in result["outputs"]
    )


def error(result: dict[str, Any]) -> dict[str, Any]:
    assert not result["ok"]
    return next(one for one in result["outputs"] if one["output_type"] == "error")


def test_the_last_value_is_shown_and_a_semicolon_hides_it(run):
    assert text(run("x = 2\nx * 21")) == "42"
    assert run("x * 21;")["outputs"] == []
    assert text(run("_ + x")) == "44"
    assert run("None")["outputs"] == []


def test_lists_are_written_as_a_notebook_writes_them(run):
    assert text(run("['short', 1]")) == "['short', 1]"
    assert text(run("{'b' * 60: 1, 'a' * 30: 2}")).startswith("{'bbb")
    long = text(run("list(range(5000))"))
    assert long.splitlines()[1] == " 1," and long.endswith("...]") and len(long) < 10_000


def test_what_a_cell_prints_comes_while_it_runs_and_in_order(run):
    result = run("import sys\nprint('one')\nprint('two', file=sys.stderr)\nprint('three')\n4")
    kinds = [(o.get("name"), o.get("text") or o["data"]["text/plain"]) for o in result["outputs"]]
    assert kinds == [("stdout", "one\n"), ("stderr", "two\n"), ("stdout", "three\n"), (None, "4")]
    assert "".join(o.get("text", "") for o in result["seen"]) == "one\ntwo\nthree\n"
    # After a while of work, the first line does not wait for the last.
    result = run(
        "import time\nprint('first')\ntime.sleep(0.3)\nprint('second')\ntime.sleep(0.3)\nprint('third')"
    )
    assert len(result["seen"]) > 1 and len(result["outputs"]) == 1


def test_a_flood_of_print_is_cut_with_a_sentence(run):
    result = run("for _ in range(2_000_000):\n    print('x' * 50)")
    said = text(result)
    assert result["ok"] and len(said) < 210_000
    assert said.rstrip().endswith("The rest is not shown.")


def test_an_error_says_its_line_and_what_to_try(run):
    one = error(run("total = 1\nprint(totl)"))
    assert (one["ename"], one["line"], one["code"]) == ("NameError", 2, "print(totl)")
    assert "Did you mean `total`?" in one["said"] and "Line" not in one["said"]
    assert "shell.py" not in one["whole"]
    broken = error(run("x = (1,\ny = 2"))
    assert broken["ename"] == "SyntaxError" and broken["line"] == 1


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("import duckling_of_nobody", "does not come with this page"),
        ("open('my-table.csv')", "cannot see the files of your computer"),
        ("bytearray(10 ** 15)", "more memory than Python in the page has"),
        ("raise SystemExit", "asked Python to end"),
        ("%matplotlib inline", "command of Jupyter"),
    ],
)
def test_what_a_page_cannot_do_is_said_in_a_sentence(run, source, said):
    assert said in error(run(source))["said"]
    assert text(run("1 + 1")) == "2"


def test_input_is_answered_by_running_the_cell_again(run):
    source = "count = globals().get('count', 0) + 1\nname = input('Name? ')\nyears = int(input('Years? '))\nname, years, count"
    first = run(source)
    assert (
        first["asks"] == "Name? "
        and not first["ok"]
        and not any(o["output_type"] == "error" for o in first["outputs"])
    )
    assert run(source, answers=["Ana"])["asks"] == "Years? "
    done = run(source, answers=["Ana", "7"])
    # What the runs that only asked had changed is undone.
    assert done["ok"] and text(done) == "Name? Ana\nYears? 7\n('Ana', 7, 1)"


def test_a_check_that_was_named_away_gets_its_name_back(run):
    run(
        "from cleanworks.learn import CheckSet, compare\ncheck = CheckSet('t1')\n"
        "@check.question('t1-e1', 'answer')\ndef judge(answer):\n    return compare(answer, 3)"
    )
    run("answer = ...\ncheck = 'all well'")
    result = run("check('t1-e1')")
    assert result["restored"] == ["check"] and result["outcome"]["outcome"] == "not-attempted"
    run("answer = 1 / 0")
    assert run("check('t1-e1')")["outcome"]["outcome"] == "raised"
    run("answer = 4")
    assert run("check('t1-e1')", quiet=True)["outcome"]["outcome"] == "not-yet"
    run("answer = 3")
    result = run("check('t1-e1')")
    assert (result["outcome"]["outcome"], result["restored"]) == ("correct", [])
    assert "cleanworks-correct" in result["outputs"][0]["data"]["text/html"]


def test_figures_come_after_the_cell_with_their_numbers(run):
    source = (
        "from cleanworks import figures\nfigure, axes = figures.new('Two late', x='Days', y='Site')\n"
        "axes.barh(['North', 'South'], [12, 3])\nprint('drawn')\n'last'"
    )
    result = run(source)
    assert [o["output_type"] for o in result["outputs"]] == ["stream", "execute_result", "display_data"]
    data = result["outputs"][-1]["data"]
    assert data["image/png"].startswith("iVBOR")
    assert data["application/vnd.cleanworks.figure-data+json"]["tables"][0]["rows"] == [
        ["North", 12],
        ["South", 3],
    ]
    assert [o["output_type"] for o in run(source, quiet=True)["outputs"]] == []
    assert (
        run("import matplotlib.pyplot as plt\nplt.get_fignums()")["outputs"][0]["data"]["text/plain"] == "[]"
    )
