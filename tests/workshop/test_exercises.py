"""The proof finds every way in which an exercise can be wrong, and says where."""

from __future__ import annotations

import shutil
import sys
import textwrap
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from IPython.utils.io import capture_output

from cleanworks.errors import InputError
from cleanworks.workshop.catalogue import Course
from cleanworks.workshop.exercises import prove, split
from cleanworks.workshop.exercises.inside import Fresh
from cleanworks.workshop.notebook import read
from tests.workshop.conftest import cell_of, edit, set_path

pytestmark = pytest.mark.usefixtures("one_server")


def faults(root, *ids) -> list[str]:
    proofs, _ = prove(root, ids or ["r1"], workers=1)
    return [str(fault) for proof in proofs for fault in proof.faults]


def put(id, text, **metadata):
    """A change that gives a cell another source."""

    def change(nb):
        cell = cell_of(nb, id)
        cell["source"] = textwrap.dedent(text).strip()
        cell["metadata"]["cleanworks"].update(metadata)

    return change


def checks(root, old, new):
    path = root / "exercises" / "weather" / "rain_checks.py"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def test_the_tiny_course_is_proven_and_an_unchanged_proof_is_not_run_again(course):
    proofs, interrupted = prove(course)
    assert not interrupted
    assert [(p.id, p.questions, p.wrong_answers, p.holds) for p in proofs] == [
        ("r1", 2, 4, True),
        ("r2", 1, 2, True),
    ]
    again, _ = prove(course)
    assert all(proof.cached and proof.holds for proof in again)
    checks(course, "That is the mean", "This is the average")
    assert any("should contain `That is the mean`" in fault for fault in faults(course))


def test_a_check_that_accepts_the_starter(course):
    edit(set_path(course), put("r1-e1-starter", "total_mm = 21.0"))
    (fault,) = faults(course)
    assert "`r1-e1-starter`" in fault and "question r1-e1" in fault
    assert "should say `not attempted` to the starter as it is handed out. It says `correct`" in fault
    assert "cleanworks exercises prove r1" in fault


def test_a_wrong_answer_that_is_accepted(course):
    edit(set_path(course), put("r1-e1-wrong-answer", "total_mm = 21"))
    (fault,) = faults(course)
    assert (
        "`r1-e1-wrong-answer`" in fault
        and "should say `not yet` to this wrong answer. It says `correct`" in fault
    )


def test_a_wrong_answer_with_other_feedback(course):
    edit(set_path(course), put("r1-e1-wrong-answer", 'total_mm = "21"'))
    (fault,) = faults(course)
    assert "should contain `That is the mean`" in fault and "quotes" in fault


def test_a_solution_that_is_not_accepted(course):
    edit(set_path(course), put("r1-e2-solution", 'measured_days = set(week["day"].head(2))'))
    (fault,) = faults(course)
    assert "`r1-e2-solution`" in fault and "should say `correct` to the solution" in fault


def test_a_solution_that_stops(course):
    edit(set_path(course), put("r1-e2-solution", 'measured_days = week["dya"]'))
    told = "\n".join(faults(course))
    assert "your code raised an error" in told and "Did you mean `day`" in told and "KeyError: 'dya'" in told


def test_a_starter_that_stops(course):
    edit(set_path(course), put("r1-e1-starter", "total_mm = unknown_name"))
    told = "\n".join(faults(course))
    assert "should say `not attempted`" in told and "`r1-e1-starter` stops with an error: NameError" in told


def test_a_wrong_answer_may_stop_when_it_says_so(course):
    edit(
        set_path(course),
        put("r1-e1-wrong-answer", "total_mm = week.mm / 'x'", feedback="Two kinds", outcome="raised"),
    )
    told = faults(course)
    assert not told or "Two kinds" in told[0]


def test_a_check_that_fails_itself(course):
    checks(course, 'return compare(total_mm, week["mm"].sum()', 'return compare(total_mm, week["rain"].sum()')
    told = "\n".join(faults(course))
    assert "The check itself fails on the solution: KeyError: 'rain'" in told


def test_a_check_of_an_unknown_question(course):
    edit(set_path(course), put("r1-e1-check", 'check("r1-e7")'))
    told = "\n".join(faults(course))
    assert "gives no outcome" in told and "There is no question 'r1-e7'" in told


def test_a_check_cell_that_shows_something_else(course):
    edit(set_path(course), put("r1-e1-check", 'check("r1-e1");\n1'))
    assert "Its last line must be the call of the check" in "\n".join(faults(course))


def test_a_solution_line_in_a_hint(course):
    edit(set_path(course), put("r1-e2-hint-2", 'Write `measured_days  =  set(with_value["day"])`.'))
    (fault,) = faults(course)
    assert "Line 2 of the solution stands in what learners are handed" in fault and "r1-e2-solution" in fault


def test_a_first_cell_that_stops(course):
    edit(set_path(course), lambda nb: nb["cells"][1].update(source="from rain_checks import nothing"))
    (fault,) = faults(course)
    assert "The trials stopped" in fault and "cannot import name 'nothing'" in fault
    assert "cell 2 `exercises-reading-a-rain-gauge-code`" in fault


def test_an_answer_without_end_is_stopped_and_named(course):
    edit(set_path(course), lambda nb: nb["metadata"]["cleanworks"].update(timeout=5))
    edit(set_path(course), put("r1-e1-wrong-answer", "import time\nwhile True:\n    time.sleep(60)"))
    (fault,) = faults(course)
    assert "The trials stopped in the trial of this wrong answer" in fault and "r1-e1-wrong-answer" in fault


def test_a_question_without_its_cells(course):
    edit(set_path(course), lambda nb: nb["cells"].remove(cell_of(nb, "r1-e1-check")))
    assert "has no code cell tagged `check`" in "\n".join(faults(course))


def test_answers_do_not_see_each_other(course):
    # The first wrong answer spoils the table in place; the others still start from the whole one.
    edit(
        set_path(course),
        put(
            "r1-e1-wrong-answer",
            'week["mm"] = week["mm"].mean()\nweek.drop(index=week.index[1:], inplace=True)\ntotal_mm = week["mm"].sum()',
        ),
    )
    assert faults(course) == []


def test_an_unknown_set(course):
    with pytest.raises(InputError, match=r"no exercise set 'r9'.*r1, r2"):
        prove(course, ["r9"])


def test_a_set_can_be_named_by_its_file(course):
    proofs, _ = prove(course, [str(set_path(course, "r2"))])
    assert [proof.id for proof in proofs] == ["r2"]
    with pytest.raises(InputError, match="a lesson, not an exercise set"):
        prove(course, [str(next((course / "notebooks").rglob("r1-*.ipynb")))])


def test_malformed_json_is_named(course):
    set_path(course).write_text('{"cells": [}')
    with pytest.raises(InputError, match="not JSON"):
        prove(course, [str(set_path(course))])


class TestSplit:
    def test_learners_and_instructors_get_their_notebooks(self, course, tmp_path):
        files, found = split(Course.load(course), tmp_path / "out")
        assert found == [] and len(files) == 4
        learner = read(tmp_path / "out" / "learner" / "exercises" / "weather" / "r1-rain-gauge.ipynb")
        assert not learner.with_tag("solution", "wrong-answer") and learner.with_tag("starter")
        instructor = read(tmp_path / "out" / "instructor" / "exercises" / "weather" / "r1-rain-gauge.ipynb")
        assert instructor.with_tag("solution") and instructor.with_tag("wrong-answer")

    def test_the_learners_notebook_runs(self, course, tmp_path):
        import nbformat
        from nbclient import NotebookClient

        split(Course.load(course), tmp_path / "out", ["r1"])
        folder = tmp_path / "out" / "learner" / "exercises" / "weather"
        shutil.copy(course / "exercises" / "weather" / "rain_checks.py", folder)
        node = nbformat.read(folder / "r1-rain-gauge.ipynb", as_version=4)
        NotebookClient(node, resources={"metadata": {"path": str(folder)}}, timeout=600).execute()
        shown = [
            o["data"]["text/plain"]
            for cell in node.cells
            if "check" in cell.metadata.get("tags", [])
            for o in cell.outputs
        ]
        assert len(shown) == 2 and all("Not attempted" in text for text in shown)

    def test_nothing_is_overwritten(self, course, tmp_path):
        (tmp_path / "out").mkdir()
        (tmp_path / "out" / "mine.txt").write_text("mine")
        with pytest.raises(InputError, match="something at this place"):
            split(Course.load(course), tmp_path / "out")
        assert [path.name for path in (tmp_path / "out").iterdir()] == ["mine.txt"]

    def test_a_leak_writes_nothing(self, course, tmp_path):
        edit(set_path(course), put("r1-e2-hint", 'Write measured_days = set(with_value["day"]) there.'))
        files, found = split(Course.load(course), tmp_path / "out")
        assert files == [] and found[0][1].question == "r1-e2"
        assert not (tmp_path / "out").exists()

    def test_a_failure_in_the_middle_leaves_nothing(self, course, tmp_path, monkeypatch):
        import pathlib

        loaded = Course.load(course)
        write, calls = pathlib.Path.write_text, []

        def full_disk(self, *arguments, **named):
            calls.append(self)
            if len(calls) > 2:
                raise OSError(28, "No space left on device")
            return write(self, *arguments, **named)

        monkeypatch.setattr(pathlib.Path, "write_text", full_disk)
        with pytest.raises(OSError, match="No space left"):
            split(loaded, tmp_path / "new" / "out")
        assert list((tmp_path / "new").iterdir()) == []


ANSWERS = {
    "r1-e1": {
        "right": 'total_mm = week["mm"].sum()',
        "wrong": "total_mm = 3",
        "empty": "total_mm = ...",
        "error": "total_mm = wek",
    },
    "r1-e2": {
        "right": 'measured_days = set(week["day"]) - {"Wed"}',
        "wrong": "measured_days = {1}",
        "empty": "measured_days = ...",
        "error": "measured_days = (1",
    },
}
SAYS = {"right": "correct", "wrong": "not-yet", "empty": "not-attempted", "error": "raised"}


@pytest.fixture(scope="module")
def shell():
    """A shell that knows the tiny course's checks."""
    import IPython
    from IPython.core.interactiveshell import InteractiveShell

    made = InteractiveShell()
    original = IPython.get_ipython
    IPython.get_ipython = lambda: made
    folder = str(Path(__file__).parent / "course" / "exercises" / "weather")
    with capture_output():
        made.run_cell(f"import sys; sys.path.insert(0, {folder!r})\nfrom rain_checks import check, week")
        # A set that another test imported was not watching this shell.
        made.run_cell("from cleanworks.learn import CheckSet; CheckSet('watch')")
    yield made
    IPython.get_ipython = original
    sys.path.remove(folder)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from(["r1-e1", "r1-e2"]), st.sampled_from([*SAYS, "check"])), max_size=12)
)
def test_cells_may_be_copied_deleted_and_moved(shell, cells):
    """Whatever order a learner runs cells in, a check speaks of the last answer, and nothing breaks."""
    for name in ("total_mm", "measured_days"):
        shell.user_ns.pop(name, None)
        shell.cleanworks_failures.pop(name, None)
    last = {}
    for question, what in cells:
        with capture_output():
            if what != "check":
                shell.run_cell(ANSWERS[question][what])
                last[question] = SAYS[what]
                continue
            result = shell.run_cell(f'check("{question}")')
        assert result.success and result.result.kind == last.get(question, "not-attempted")


class TestFresh:
    class Shell:
        def __init__(self, **names):
            self.user_ns = names
            self.cleanworks_failures = {"x": ValueError()}

    def test_variables_come_back_and_new_ones_go(self):
        import pandas as pd

        shell = self.Shell(table=pd.DataFrame({"a": [1]}), rows=[[1]], _kept=1, In=[])
        fresh = Fresh(shell)
        shell.user_ns["table"]["a"] = 9
        shell.user_ns["rows"][0].append(2)
        shell.user_ns["answer"] = 3
        fresh.start()
        assert shell.user_ns["table"]["a"].tolist() == [1] and shell.user_ns["rows"] == [[1]]
        assert "answer" not in shell.user_ns and "In" in shell.user_ns and shell.cleanworks_failures == {}

    def test_random_numbers_start_again(self):
        import random

        import numpy as np

        shell = self.Shell(rng=np.random.default_rng(1))
        fresh = Fresh(shell)
        drawn = []
        for _ in range(2):
            fresh.start()
            drawn.append((random.random(), np.random.random(), shell.user_ns["rng"].random()))
        assert drawn[0] == drawn[1]
