"""What fails without failing its cell is said, and fails the lesson where that is asked for."""

from __future__ import annotations

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from cleanworks.workshop.run import Job, RunOptions, run_notebooks
from cleanworks.workshop.run.terminal import report

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
