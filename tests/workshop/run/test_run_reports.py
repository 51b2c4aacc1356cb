"""What a person, a CI system and GitHub are told."""

from __future__ import annotations

import datetime
import json
import re
import xml.etree.ElementTree as ET
from dataclasses import replace

import pytest

from cleanworks.workshop.reports.github import wanted, workflow_commands
from cleanworks.workshop.reports.junit import junit_xml
from cleanworks.workshop.reports.result_page import html_page, sparkline, trend
from cleanworks.workshop.reports.terminal import report
from cleanworks.workshop.run import CellTime, Failure, LessonResult, RunResult
from cleanworks.workshop.twice import first_difference, run_twice
from tests.workshop.run.conftest import cell


@pytest.fixture
def failed(course):
    """A course with a lesson that passed and one that did not, and its result."""
    (course.root / "data.csv").write_text("1")
    course.add("good", "open('data.csv').read()")
    course.add(
        "bad",
        cell("# Title", kind="markdown", id="title"),
        "def area(width, height):\n    return width * heigth\n",
        cell("x = 1\n\narea(x, 2)  # here", id="the-area"),
        "print('never')",
    )
    return course, course.run()


def test_a_failure_says_file_cell_line_error_and_what_to_type(failed):
    course, result = failed
    text = report(result, course.root)
    assert "FAILED bad  bad.ipynb" in text
    assert "cell 3 (id the-area), line 3: area(x, 2)  # here" in text
    assert "NameError: name 'heigth' is not defined" in text
    assert "return width * heigth" in text
    assert "cleanworks run bad" in text
    assert "1 passed, 1 failed" in text and result.exit_code == 1
    # What it got to can be opened: the cells before have their outputs, the failed one its traceback.
    copy = json.loads((course.root / "_build" / "executed-failed" / "bad.ipynb").read_text())
    assert copy["cells"][2]["outputs"][0]["output_type"] == "error" and copy["cells"][3]["outputs"] == []


def test_the_file_line_is_the_line_of_the_source(failed):
    course, result = failed
    failure = result.failed[0].failure
    line = (course.root / "bad.ipynb").read_text().splitlines()[failure.file_line - 1]
    assert "area(x, 2)" in line


def test_files_read_without_being_declared_are_in_the_report(failed):
    course, result = failed
    assert "good reads data.csv and does not declare it" in report(result, course.root)


def test_a_cached_failure_says_so_and_how_to_try_again(failed):
    course, _ = failed
    text = report(course.run(), course.root)
    assert "earlier run" in text and "cleanworks run bad --force" in text


def test_the_command_to_run_one_lesson_is_the_callers(course):
    course.add("bad", "1/0")
    assert course.run(rerun="make one NAME={name}").lessons[0].rerun == "make one NAME=bad"


def test_junit_is_read_by_others(failed):
    course, result = failed
    suite = ET.fromstring(junit_xml(result, course.root)).find("testsuite")
    assert (suite.get("tests"), suite.get("failures"), suite.get("skipped")) == ("2", "1", "0")
    good, bad = suite.findall("testcase")
    assert bad.get("file") == "bad.ipynb" and bad.find("failure").get("type") == "error"
    assert "the-area" in bad.find("failure").text
    assert {one.get("name") for one in good.find("properties")} >= {"cpu_seconds", "megabytes", "cached"}


def lesson(**values):
    return LessonResult(**{"name": "a", "path": None, "status": "passed", **values})


def test_control_characters_and_markup_break_no_report(tmp_path):
    nasty = "\x00\x1b[31m ]]> <script>alert(1)</script> \ud800 % \r\n::error::"
    failure = Failure("error", nasty, 1, nasty, 1, nasty, (nasty,))
    result = RunResult(
        (lesson(status="failed", failure=failure), lesson(name=nasty, status="skipped", skip_reason=nasty)),
        1.0,
        2,
        "warm",
    )
    ET.fromstring(junit_xml(result, tmp_path))
    page = html_page(result, tmp_path).decode("utf-8")
    assert "<script" not in page
    [command] = workflow_commands(result, tmp_path)
    assert "\n" not in command and "\r" not in command


def test_github_annotations_name_file_and_line(failed):
    course, result = failed
    error, warning = workflow_commands(result, course.root)
    assert re.fullmatch(r"::error title=bad,file=bad\.ipynb,line=\d+::cell the-area: NameError.*", error)
    assert warning.startswith("::warning title=good,file=good.ipynb::reads data.csv")
    assert wanted({"GITHUB_ACTIONS": "true"}) and not wanted({})


def test_the_page_stands_alone_and_shows_failures_slow_cells_memory_and_trend(tmp_path):
    cells = tuple(CellTime(n, f"cell-{n}", n / 10, n / 5) for n in range(1, 30))
    result = RunResult(
        (
            lesson(name="slow", cpu=3.0, wall=4.0, megabytes=321.4, cells=cells, history=(1.0, 2.0), undeclared=("x.csv",)),
            lesson(name="bad", status="failed", failure=Failure("error", "ValueError: <no>", 2, "here", 1, "f(<1>)"), rerun="run bad"),
            lesson(name="later", status="skipped", skip_reason="until then"),
        ),
        12.3, 2, "warm", ("a note",),
    )  # fmt: skip
    page = html_page(result, tmp_path, datetime.datetime(2026, 5, 4, 3, 2)).decode()
    assert not re.search(r"(?:src|href)=|https?:|@import|<script", page)
    for part in (
        "2026-05-04 03:02",
        "ValueError: &lt;no&gt;",
        "f(&lt;1&gt;)",
        "321 MB",
        "+50%",
        "cell-29",
        "a note",
        "x.csv",
        "until then",
    ):
        assert part in page
    assert "cell-10<" not in page  # only the slowest
    assert page.index("cell-29<") < page.index("cell-28<")


def test_a_trend_needs_an_earlier_run():
    assert trend(lesson(cpu=1.0)) == "" and trend(lesson(history=(1.0,), cpu=0.0)) == ""
    assert trend(lesson(cpu=1.0, history=(2.0,))).endswith("-50%")
    assert "1.0, 2.0" in sparkline([1.0, 2.0])


def test_the_trend_compares_with_the_execution_before(course):
    course.add("lesson", "1")
    assert course.run().lessons[0].history == ()
    assert len(course.run(force=True).lessons[0].history) == 1
    assert len(course.run().lessons[0].history) == 1


def test_twice_names_the_first_cell_that_differs(course):
    course.add("steady", "print({'a': 1})", "sorted({'b', 'a'})")
    course.add(
        "hashes",
        "print('same')",
        "print(list({'alpha', 'beta', 'gamma', 'delta', 'epsilon'}))",
        "print(list({'x', 'y'}))",
    )
    course.add("random", "import random\nrandom.random()")
    course.add("bad", "1/0")
    result = run_twice(list(course.jobs.values()), replace(course.options, server=None), course.seen)
    found = {one.name: one for one in result.lessons}
    assert found["steady"].status == "passed"
    assert (found["hashes"].failure.kind, found["hashes"].failure.cell_id) == ("unstable", "cell-2")
    assert "--twice" in found["hashes"].rerun and found["hashes"].failure.file_line
    assert found["random"].failure.cell == 1
    assert found["bad"].failure.kind == "error"
    assert result.exit_code == 1
    assert any("alpha" in line for line in found["hashes"].failure.details)


def test_a_difference_in_a_picture_is_seen():
    def notebook(data):
        return {"cells": [{"id": "a", "outputs": [{"data": {"image/png": data, "text/plain": "<Figure>"}}]}]}

    assert first_difference(notebook("x"), notebook("x")) is None
    assert "pictures" in first_difference(notebook("x"), notebook("y")).details[0]
