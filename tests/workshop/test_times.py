"""Recorded minutes: three make a plan, and a wrong row is named."""

from __future__ import annotations

import pytest

from cleanworks.errors import InputError
from cleanworks.workshop import times
from cleanworks.workshop.metadata import Minutes

pytestmark = pytest.mark.usefixtures("one_server")

PLAN = Minutes(teach=45, practise=30)


def records(*minutes, lesson="c6", part="teach"):
    return [times.record("2026-11-24", "one", lesson, part, value) for value in minutes]


def test_the_plan_holds_until_there_are_three_records(tmp_path):
    file = times.add(tmp_path, records(60, 70))
    assert times.Times.load(file).minutes("c6", PLAN) == PLAN
    times.add(tmp_path, records(64))
    learned = times.Times.load(tmp_path)
    assert learned.minutes("c6", PLAN) == Minutes(teach=64, practise=30)
    assert learned.minutes("c7", PLAN) == PLAN


def test_no_file_means_no_records(tmp_path):
    assert times.Times.load(tmp_path / "none.csv").records == ()


def test_a_median_between_two_minutes_is_rounded_up():
    assert times.Times(tuple(records(50, 51, 52, 53))).median("c6", "teach") == 52


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ("tomorrow,w,c6,teach,50", "'tomorrow' is not a day"),
        ("2026-11-24,w,c6,lunch,50", "'lunch' is not a part"),
        ("2026-11-24,w,c6,teach,-5", "'-5' is not a number of minutes"),
        ("2026-11-24,w,c6,teach,1e9", "'1e9' is not a number of minutes"),
        ("2026-11-24,w,,teach,50", "does not name its lesson"),
        ("2026-11-24,w", "does not name its lesson"),
    ],
)
def test_a_wrong_row_is_named(tmp_path, row, says):
    file = tmp_path / "times.csv"
    file.write_text(f"date,workshop,lesson,part,minutes\n2026-11-24,w,c6,teach,50\n{row}\n", encoding="utf-8")
    with pytest.raises(InputError, match="row 3") as error:
        times.Times.load(file)
    assert says in error.value.message


def test_a_file_of_something_else_is_refused(tmp_path):
    (tmp_path / "times.csv").write_text("name,age\nx,3\n", encoding="utf-8")
    with pytest.raises(InputError, match="no column 'date'"):
        times.Times.load(tmp_path)
    (tmp_path / "times.csv").write_bytes(b"\xff\xfe\x00\x01")
    with pytest.raises(InputError, match="UTF-8"):
        times.Times.load(tmp_path)


def test_what_excel_adds_does_no_harm(tmp_path):
    (tmp_path / "times.csv").write_bytes(
        b"\xef\xbb\xbfdate,workshop,lesson,part,minutes\r\n2026-11-24,w,c6,teach,50\r\n,,,,\r\n"
    )
    assert times.Times.load(tmp_path).of("c6", "teach") == [50]


def test_a_formula_in_a_name_is_not_written_as_one(tmp_path):
    file = times.add(tmp_path, [times.record("2026-11-24", "=1+1", "c6", "teach", 5)])
    assert ",'=1+1," in file.read_text(encoding="utf-8")


def test_planned_stands_beside_measured():
    rows = times.comparison(times.Times(tuple(records(50, 60, 70))), {"c6": PLAN, "c7": PLAN})
    assert [(r["lesson"], r["part"], r["planned"], r["median"], r["records"]) for r in rows] == [
        ("c6", "teach", 45, 60, 3)
    ]


def test_the_catalogue_shows_what_was_measured(course, capsys):
    from cleanworks.cli import run

    times.add(course, [times.record("2026-11-24", "one", "r1", "teach", 33)])
    assert run(["catalogue", "--root", str(course)]) == 0
    assert "r1 teach: planned" in (said := capsys.readouterr().out) and "measured 33 min (1 record)" in said


def test_minutes_are_recorded_from_the_command_line(course, capsys):
    from cleanworks.cli import run

    for _ in range(3):
        assert run(["workshop", "times", "record", "r1", "teach", "21", "--root", str(course)]) == 0
    assert "agendas now plan 21 minutes" in capsys.readouterr().out
    assert run(["workshop", "times", "record", "nowhere", "teach", "21", "--root", str(course)]) == 2
