"""A course split over several machines: every notebook once, one report, and no machine computes what another has."""

from __future__ import annotations

import shutil
import xml.etree.ElementTree as ET

import pytest

from cleanworks.cli import run
from cleanworks.errors import InputError
from cleanworks.workshop import shards
from cleanworks.workshop.catalogue import Course
from cleanworks.workshop.course_jobs import course_jobs
from cleanworks.workshop.reports.junit import times_in

pytestmark = pytest.mark.usefixtures("one_server")


def names(course, part: int, parts: int, seconds=None) -> list[str]:
    return [job.name for job in shards.split(course_jobs(Course.load(course)), part, parts, seconds)]


@pytest.mark.parametrize("parts", [1, 2, 3, 4])
@pytest.mark.parametrize("seconds", [None, {"r1": 9.0, "r2": 1.0}])
def test_every_notebook_is_in_one_part(course, parts, seconds):
    found = [name for part in range(1, parts + 1) for name in names(course, part, parts, seconds)]
    assert sorted(found) == ["r1", "r1-exercises", "r2", "r2-exercises"]


def test_recorded_times_balance_the_parts(course):
    seconds = {"r1": 9.0, "r2": 3.0, "r1-exercises": 3.0, "r2-exercises": 3.0}
    assert names(course, 1, 2, seconds) == ["r1"]
    assert names(course, 2, 2, seconds) == ["r1-exercises", "r2", "r2-exercises"]


@pytest.mark.parametrize("text", ["0/2", "3/2", "2", "a/b", "1/0", "-1/2"])
def test_what_is_no_part_is_refused(course, capsys, text):
    assert run(["run", "--shard", text, "--root", str(course)]) == 2
    assert "is not a part of the course" in capsys.readouterr().err


def test_a_part_without_notebooks_is_no_success(course, capsys):
    assert run(["run", "--shard", "9/9", "--root", str(course)]) == 2
    assert "holds no notebook" in capsys.readouterr().err


def test_the_reports_of_all_parts_make_one(course, tmp_path, capsys):
    reports = [tmp_path / f"part-{part}.xml" for part in (1, 2)]
    for part, report in enumerate(reports, 1):
        assert run(["run", "--shard", f"{part}/2", "--junit", str(report), "--root", str(course)]) == 0
    whole = tmp_path / "whole.xml"
    command = ["merge-reports", *map(str, reports), "--junit", str(whole), "--root", str(course)]
    assert run(command) == 0
    assert {case.get("name") for case in ET.parse(whole).iter("testcase")} == {
        "r1",
        "r1-exercises",
        "r2",
        "r2-exercises",
    }
    assert times_in(whole).keys() == {"r1", "r1-exercises", "r2", "r2-exercises"}
    whole.unlink()
    assert run([*command[:2], *command[3:]]) == 2
    assert "are in none of the 1 reports" in capsys.readouterr().err
    assert run([command[0], command[1], *command[1:]]) == 2
    assert not whole.exists()


def test_a_failure_in_one_part_fails_the_whole(course, tmp_path):
    report = tmp_path / "all.xml"
    assert run(["run", "--junit", str(report), "--root", str(course)]) == 0
    report.write_text(report.read_text().replace("</testcase>", "<failure/></testcase>", 1))
    assert (
        run(["merge-reports", str(report), "--junit", str(tmp_path / "whole.xml"), "--root", str(course)])
        == 1
    )


def test_a_report_with_entities_is_not_expanded(course, tmp_path):
    report = tmp_path / "bomb.xml"
    report.write_text('<!DOCTYPE x [<!ENTITY a "aaaa">]><testsuites>&a;</testsuites>')
    with pytest.raises(InputError, match="declares entities"):
        times_in(report)


@pytest.mark.parametrize("kind", ["folder", "memory"])
def test_what_one_machine_computed_the_next_one_takes(course, tmp_path, monkeypatch, capsys, kind):
    monkeypatch.setenv(
        "CLEANWORKS_CACHE", str(tmp_path / "shared") if kind == "folder" else f"memory://{tmp_path.name}"
    )
    assert run(["run", "--root", str(course)]) == 0
    shutil.rmtree(course / "_build")  # another machine
    capsys.readouterr()
    assert run(["run", "--root", str(course)]) == 0
    assert "nothing had to be executed" in capsys.readouterr().out


def test_a_damaged_result_of_the_shared_cache_counts_as_absent(course, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("CLEANWORKS_CACHE", str(tmp_path / "shared"))
    assert run(["run", "r1", "--root", str(course)]) == 0
    for path in (tmp_path / "shared" / "results").rglob("*"):
        if path.is_file():
            path.write_bytes(path.read_bytes()[:-20])
    shutil.rmtree(course / "_build")
    capsys.readouterr()
    assert run(["run", "r1", "--root", str(course)]) == 0
    assert "2 notebooks executed" in capsys.readouterr().out


def test_a_shared_cache_out_of_reach_is_said_and_stops_nothing(course, tmp_path, monkeypatch, capsys):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("CLEANWORKS_CACHE", str(tmp_path / "file"))
    assert run(["run", "r1", "--root", str(course)]) == 0
    assert "shared cache cannot be" in capsys.readouterr().err
