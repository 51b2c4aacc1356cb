"""The course on other tables than the city's: real ones that carry no lesson, and a spreadsheet that carries one."""

import json

import pandas as pd
import pytest

from cleanworks import data
from cleanworks.workshop import own_data
from cleanworks.workshop.book import Edition, run_plan
from cleanworks.workshop.catalogue import Course
from cleanworks.workshop.reports.progress_display import display
from tests.conftest import ROOT


@pytest.fixture(scope="module")
def course():
    return Course.load(ROOT)


def executed(course, folder, out, ids=()):
    """What ran on the folder; with ``ids`` only of these notebooks."""
    import dataclasses

    made = Edition(course.root, data=folder)
    jobs, options = run_plan(course, made, 1)
    options = dataclasses.replace(options, out=out / "executed", cache=out / "cache")
    if ids:
        course = dataclasses.replace(
            course, lessons=tuple(one for one in course.lessons if one.block.id in ids)
        )
        jobs = [job for job in jobs if job.name.removesuffix("-exercises") in ids]
    return own_data.execute(course, folder, jobs, options, display)


def test_real_processes_carry_no_lesson_and_every_page_says_what_they_lack(course, tmp_path):
    data.bring_in([data.example("paraguay-2017").file], tmp_path / "paraguay")
    done = executed(course, tmp_path / "paraguay", tmp_path)
    assert not done.carried and not (tmp_path / "executed").exists()
    loading = {own_data._page(course, one) for one in course.notebooks if one.block.tables}
    assert set(done.notes) == {own_data._page(course, one) for one in course.notebooks}
    assert all("Not on your data." in note for note in done.notes.values())
    assert all("The data " in done.notes[page] for page in loading)
    assert "makes a city of its own" in done.notes["notebooks/construction/c2-the-system-as-a-whole"]
    assert "no tables of the course" in done.notes["notebooks/construction/c12-your-countrys-data"]
    assert done.others == len(loading) + 1
    assert "no table `projects`" in done.notes["notebooks/orientation/o1-start-here"]


def test_a_spreadsheet_of_projects_carries_the_first_lesson(course, tmp_path):
    rows = pd.DataFrame(
        {
            "project_id": [f"A-{n}" for n in range(24)],
            "title": [f"Works {n}" for n in range(24)],
            "district": ["Hilltown", "Riverside", "Seaside", "Old Port"] * 6,
            "status": ["implementation", "completion", "implementation"] * 8,
            "budget_amount": [1_000_000 + 50_000 * n for n in range(24)],
        }
    )
    rows.to_csv(tmp_path / "projects.csv", index=False)
    data.bring_in([tmp_path / "projects.csv"], tmp_path / "office")
    done = executed(course, tmp_path / "office", tmp_path, ids=("o1", "c6"))
    assert done.carried == {
        "notebooks/orientation/o1-start-here": "o1",
        "exercises/orientation/o1-start-here": "o1-exercises",
    }
    assert "come from the folder `office`" in done.notes["notebooks/orientation/o1-start-here"]
    assert "no tables" in done.notes["notebooks/construction/c6-paying-subcontractors"]
    copy = json.loads(
        (tmp_path / "executed/notebooks/orientation/o1-start-here.ipynb").read_text(encoding="utf-8")
    )
    shown = json.dumps([cell.get("outputs") for cell in copy["cells"]])
    assert "Hilltown" in shown and "24 projects" in shown
