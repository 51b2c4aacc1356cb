"""What fails without failing its cell is said, and fails the lesson where that is asked for."""

from __future__ import annotations

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from cleanworks.workshop.reports.terminal import report
from cleanworks.workshop.run import Job, RunOptions, run_notebooks

CELLS = [
    "1 + 1",
    "!exit 3",
    "import threading\nthread = threading.Thread(target=lambda: 1 / 0)\nthread.start()\nthread.join()",
    "!true",
]


@pytest.fixture(scope="module", params=[False, True], ids=["forked", "fresh"])
def run(request, tmp_path_factory):
    """Runs the cells once more, with other options; the second time from the cache."""
    root = tmp_path_factory.mktemp("hidden")

    def go(cells=CELLS, tags=(), **options):
        path = root / "n.ipynb"
        made = [
            new_code_cell(code, id=f"c{n}", metadata={"tags": list(tags)}) for n, code in enumerate(cells)
        ]
        path.write_text(nbformat.writes(new_notebook(cells=made)))
        return run_notebooks([Job("n", path)], RunOptions(root=root, fresh=request.param, **options)), root

    return go


def test_a_command_and_a_thread_that_fail_are_named_with_their_cells(run):
    result, root = run()
    assert result.ok
    text = report(result, root)
    assert "WARNING n, cell 2 (id c1): The command `!exit 3` ended with the code 3." in text
    assert "WARNING n, cell 3 (id c2): A thread ended with ZeroDivisionError" in text
    assert text.count("WARNING") == 2
    # A result from the cache says it again.
    again, root = run()
    assert again.lessons[0].cached and report(again, root).count("WARNING") == 2


def test_strict_makes_the_first_of_them_a_failure(run):
    result, root = run(strict=True)
    assert result.exit_code == 1
    assert result.lessons[0].failure.cell_id == "c1"
    assert "FAILED n" in report(result, root) and "ended with the code 3" in report(result, root)


def test_a_cell_that_may_raise_may_do_this_too(run):
    result, root = run(tags=["raises-exception"], strict=True)
    assert result.ok and "WARNING" not in report(result, root)


WAYS = {
    "its output kept": ("x = !exit 3", "The command `!exit 3` ended with the code 3."),
    "two marks": ("!!exit 3", "The command `!exit 3` ended with the code 3."),
    "a cell of the shell": ("%%sx\necho a\nexit 3", "The command `!echo a exit 3` ended with the code 3."),
    "called": ("get_ipython().getoutput('exit 3')", "The command `!exit 3` ended with the code 3."),
    "an executor": (
        "from concurrent.futures import ThreadPoolExecutor\nwith ThreadPoolExecutor() as pool:\n    call = pool.submit(lambda: 1 / 0)",
        "A call in an executor ended with ZeroDivisionError: division by zero",
    ),
    "a task": (
        "import asyncio\nasync def fail(): 1 / 0\nasyncio.create_task(fail())\nawait asyncio.sleep(0)",
        "A task ended with ZeroDivisionError: division by zero",
    ),
    "a task that is kept": (
        "import asyncio\nasync def fail(): 1 / 0\ntask = asyncio.create_task(fail())\nawait asyncio.sleep(0)",
        "A task ended with ZeroDivisionError: division by zero",
    ),
    "a callback": (
        "import asyncio\nasyncio.get_running_loop().call_soon(lambda: 1 / 0)\nawait asyncio.sleep(0)",
        "What asyncio called ended with ZeroDivisionError: division by zero",
    ),
    "a finalizer": (
        "class Tap:\n    def __del__(self): 1 / 0\nTap()\n0",
        "`Tap.__del__`, which Python calls by itself, ended with ZeroDivisionError: division by zero",
    ),
    "a process": (
        "import multiprocessing\nchild = multiprocessing.get_context('fork').Process(target=lambda: 1 / 0, name='child')\nchild.start()\nchild.join()",
        "The process child ended with the code 1.",
    ),
    "an error that cannot speak": (
        "import threading\nclass Mute(Exception):\n    def __str__(self): raise ValueError\n"
        "def fail(): raise Mute\nthread = threading.Thread(target=fail)\nthread.start()\nthread.join()",
        "A thread ended with Mute: it cannot say why",
    ),
}  # fmt: skip
ASKED = {
    "an executor": (
        "from concurrent.futures import ThreadPoolExecutor\nwith ThreadPoolExecutor() as pool:\n    call = pool.submit(lambda: 1 / 0)",
        "try:\n    call.result()\nexcept ZeroDivisionError:\n    print('seen')",
    ),
    "a task": (
        "import asyncio\nasync def fail(): 1 / 0\ntask = asyncio.create_task(fail())\nawait asyncio.sleep(0)",
        "task.exception()",
    ),
    "a handler": (
        "import asyncio\nloop = asyncio.get_running_loop()\nloop.set_exception_handler(lambda loop, what: print('seen'))",
        "loop.call_soon(lambda: 1 / 0)\nawait asyncio.sleep(0)",
    ),
}


def test_each_way_to_fail_unseen_is_named_with_its_cell(run):
    result, _ = run(["1 + 1", *(code for code, _ in WAYS.values()), "2 + 2"])
    assert result.ok
    said = {(one.cell_id, one.message) for one in result.lessons[0].warnings}
    assert said == {(f"c{n}", text) for n, (_, text) in enumerate(WAYS.values(), 1)}


def test_an_exception_that_somebody_asks_for_later_is_none(run):
    result, _ = run([code for codes in ASKED.values() for code in codes], strict=True)
    assert result.ok and not result.lessons[0].warnings


def test_an_error_that_ends_no_cell_fails_the_lesson_and_is_named_so(course):
    script = "with open('s.py', 'w') as file:\n    file.write('1 / 0')\n%run s.py"
    value = "class Odd:\n    def _repr_html_(self): 1 / 0\ndisplay(Odd())"
    for code in (script, value):
        said = course.run_one(code).why.message
        assert said == "ZeroDivisionError: division by zero (shown by the cell, which went on)"


def test_what_a_notebook_cannot_hold_is_said_with_its_cell(course):
    failure = course.run_one(
        "1 + 1", "display({'text/plain': 'x', 'application/x-own': {'a': 1}}, raw=True)"
    ).why
    assert failure.cell == 2 and "`application/x-own` of `data` is {'a': 1}" in failure.message
