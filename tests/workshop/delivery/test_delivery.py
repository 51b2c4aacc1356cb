"""The workshop file, the agenda's files, the learners' notebooks and the check of a kit."""

from __future__ import annotations

import csv
import datetime
import hashlib
import io
import zipfile
from pathlib import Path

import pytest

from cleanworks.errors import InputError
from cleanworks.workshop import workshop_file
from cleanworks.workshop.catalogue import Course
from cleanworks.workshop.delivery import agenda_files, verify, wheels, workshop_folder
from cleanworks.workshop.delivery.programme import make_programme
from cleanworks.workshop.editions import leaks

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def course() -> Course:
    return Course.load(ROOT)


def values(**changes) -> dict:
    day = {"date": "2026-12-02", "start": "09:00", "end": "16:30"}
    day["breaks"] = [{"title": "Lunch", "start": "12:15", "minutes": 60}]
    made = {"title": "A day", "place": "Here", "audience": "all", "modules": ["o1", "c6"], "days": [day]}
    return {**made, **changes}


def day(**changes) -> dict:
    return {**values()["days"][0], **changes}


@pytest.mark.parametrize("file", sorted(path for path in (ROOT / "workshops").glob("*-*.toml")))
def test_every_workshop_that_ships_can_be_held(course, file):
    made = make_programme(course, workshop_file.load(file))
    assert made.warnings == ()
    assert made.lessons


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"days": []}, "`days` has too few entries: 0"),
        ({"days": [day(end="08:00")]}, "not after its start"),
        ({"days": [day(start="9 am")]}, "not a time of day"),
        ({"days": [day(), day()]}, "does not come after the day before"),
        ({"days": [day(breaks=[{"start": "20:00", "minutes": 10}])]}, "outside the day"),
        (
            {"days": [day(breaks=[{"start": "10:00", "minutes": 30}, {"start": "10:15", "minutes": 30}])]},
            "overlap by 15 minutes",
        ),
        ({"path": "integrity"}, "either `modules` or a `path`"),
        ({"modules": ["o1", "o1"]}, "names 'o1' twice"),
        ({"modules": [{"talk": "Speech"}]}, "a talk needs its `minutes`"),
        ({"timezone": "Mars/Base"}, "no time zone 'Mars/Base'"),
        ({"colour": "red"}, "`colour` is not known here"),
    ],
)
def test_a_wrong_file_says_what_is_wrong(changes, said):
    with pytest.raises(InputError) as error:
        workshop_file.parse(values(**changes), "day")
    assert said in error.value.message


def test_each_mistake_gets_its_own_line():
    with pytest.raises(InputError) as error:
        workshop_file.parse(values(modules=["o1", "o1"], timezone="x", days=[day(end="08:00")]), "day")
    assert error.value.message.startswith("the workshop: ")
    assert len([line for line in error.value.message.splitlines() if line.startswith("  - ")]) >= 3


def test_a_file_that_is_missing_or_no_toml(tmp_path):
    with pytest.raises(InputError, match="no such workshop file"):
        workshop_file.load(tmp_path / "none.toml")
    (tmp_path / "bad.toml").write_text("title = A day")
    with pytest.raises(InputError, match="cannot be read"):
        workshop_file.load(tmp_path / "bad.toml")


def test_unknown_modules_are_named(course):
    with pytest.raises(InputError, match="no module 'zz9'"):
        make_programme(course, workshop_file.parse(values(modules=["o1", "zz9"]), "day"))


def test_too_much_is_refused_by_how_much(course):
    with pytest.raises(InputError, match=r"is \d+ minutes too long"):
        make_programme(course, workshop_file.parse(values(modules=["o1", "c4", "c6", "c8", "c9"]), "day"))


def test_missing_prerequisites_are_a_warning_and_can_be_added(course):
    workshop = workshop_file.parse(values(modules=["c6"]), "day")
    assert "c6 needs o1" in make_programme(course, workshop).warnings[0]
    added = make_programme(course, workshop, add_missing=True)
    assert [lesson.id for lesson in added.lessons] == ["o1", "c6"] and added.warnings == ()
    wrong_order = make_programme(course, workshop_file.parse(values(modules=["c6", "o1"]), "day"))
    assert "comes before o1" in wrong_order.warnings[0]


NAMES = ["=2+3", "+1", "-1", "@sum(A1)", 'Nguyễn, "Đà Nẵng"', "문화; 투명성", "مرحبا <b>", "a" * 200]


@pytest.mark.parametrize("name", NAMES)
def test_names_of_any_script_survive_and_no_spreadsheet_takes_them_for_formulas(course, name):
    workshop = workshop_file.parse(
        values(title=name, modules=[{"talk": name, "minutes": 30}], timezone="Asia/Seoul"), "day"
    )
    made = make_programme(course, workshop)
    rows = list(csv.DictReader(io.StringIO(agenda_files.table(made))))
    talk = next(row for row in rows if row["What"] == "Talk")
    assert talk["Title"].lstrip("'") == name and talk["Title"][0] not in "=+-@"
    assert "<b>" not in agenda_files.page(made).html
    text = agenda_files.calendar(made)
    assert all(len(line.encode()) <= 75 for line in text.split("\r\n"))
    assert "\n" not in text.replace("\r\n", "")
    unfolded = text.replace("\r\n ", "")
    escaped = name.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")
    assert f"SUMMARY:{escaped}\r\n" in unfolded
    # 09:00 in Seoul is midnight in Greenwich.
    assert "DTSTART:20261202T000000Z" in unfolded


def test_events_keep_their_identity_when_an_hour_changes(course):
    def identities(start: str) -> list[str]:
        text = agenda_files.calendar(
            make_programme(course, workshop_file.parse(values(days=[day(start=start)]), "day"))
        )
        return [line for line in text.split("\r\n") if line.startswith("UID:")]

    assert identities("09:00") == identities("09:10")
    assert len(set(identities("09:00"))) == len(identities("09:00"))


@pytest.mark.parametrize(
    ("language", "first", "last", "text"),
    [
        ("en", "2026-12-17", "2026-12-18", "17–18 December 2026"),
        ("en", "2027-02-27", "2027-03-01", "27 February – 1 March 2027"),
        ("fr", "2027-03-01", "2027-03-03", "1er–3 mars 2027"),
        ("fr", "2026-12-31", "2027-01-01", "31 décembre 2026 – 1er janvier 2027"),
        ("fr", "2027-03-21", "2027-03-21", "21 mars 2027"),
        ("ko", "2026-12-17", "2026-12-18", "2026년 12월 17일 – 2026년 12월 18일"),
    ],
)
def test_the_days_are_written_as_one_writes_them(language, first, last, text):
    days = (datetime.date.fromisoformat(day) for day in (first, last))
    assert agenda_files.period(*days, language) == text


def test_the_running_order_has_cut_marks_and_the_agenda_has_none(course):
    made = make_programme(course, workshop_file.parse(values(), "day"))
    assert "leave out the last task" in agenda_files.page(made, running=True).html
    assert "leave out the last task" not in agenda_files.page(made).html


def test_learners_get_no_solution_and_the_search_finds_one(course, tmp_path):
    workshop = workshop_file.parse(values(), "day")
    files = workshop_folder.notebooks(course, workshop, tmp_path)
    assert len(files) == 4
    for file in files:
        for lesson in course.lessons:
            if lesson.exercises and lesson.exercises.path.stem == file.stem:
                taught = [lesson.notebook.node]
                assert (
                    leaks(file.read_text(encoding="utf-8"), lesson.exercises.notebook.node, taught=taught)
                    == []
                )
        assert workshop_folder.given_away(course, file) == ""
    lesson = course.lesson("c6")
    note = lesson.notebook.with_tag("instructor")[0].source
    leaked = tmp_path / "handout.html"
    leaked.write_text(f"<html>{note}</html>", encoding="utf-8")
    assert workshop_folder.given_away(course, leaked)
    whole = tmp_path / "notebooks" / lesson.exercises.path.name
    whole.parent.mkdir()
    whole.write_text(lesson.exercises.notebook.text, encoding="utf-8")
    assert workshop_folder.given_away(course, whole)


# --- kits ---------------------------------------------------------------------------------------------------------


def a_kit(folder: Path) -> Path:
    folder.mkdir()
    (folder / "page.html").write_text("hello")
    digest = hashlib.sha256(b"hello").hexdigest()
    (folder / "checksums.txt").write_text(f"{digest}  page.html\n")
    (folder / "first.txt").write_text("\n")
    return folder


def test_a_changed_or_missing_file_is_named(tmp_path):
    kit = a_kit(tmp_path / "kit")
    assert all(finding.good for finding in verify.verify(kit))
    (kit / "page.html").write_text("changed")
    assert "page.html has changed" in " ".join(map(str, verify.verify(kit)))
    (kit / "page.html").unlink()
    assert "page.html is missing" in " ".join(map(str, verify.verify(kit)))


@pytest.mark.parametrize(
    "name", ["../evil.txt", "/evil.txt", "a/../../evil.txt", "C:/evil.txt", "..\\evil.txt"]
)
def test_a_zip_that_would_write_outside_is_refused_and_writes_nothing(tmp_path, name):
    archive = tmp_path / "kit.zip"
    with zipfile.ZipFile(archive, "w") as opened:
        opened.writestr("kit/checksums.txt", "")
        opened.writestr(name, "evil")
    place = tmp_path / "inside"
    place.mkdir()
    with pytest.raises(InputError, match="outside its folder"):
        verify.unpack(archive, place)
    assert not list(tmp_path.rglob("evil*")) and not list(place.iterdir())


def test_what_is_no_kit_is_refused(tmp_path):
    with pytest.raises(InputError, match="There is no such file or folder"):
        verify.verify(tmp_path / "away.zip")
    with pytest.raises(InputError, match="not a kit"):
        verify.verify(tmp_path)
    (tmp_path / "no.zip").write_text("no zip")
    with pytest.raises(InputError, match="damaged"):
        verify.verify(tmp_path / "no.zip")


def test_zips_and_our_own_wheel_have_the_same_bytes_each_time(tmp_path):
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        wheels.own_wheel(tmp_path / name)
    one, two = (next((tmp_path / name).glob("*.whl")) for name in ("one", "two"))
    assert one.read_bytes() == two.read_bytes()
    wheels.write_zip(tmp_path / "a.zip", {"b": b"2", "start.sh": b"1"})
    wheels.write_zip(tmp_path / "b.zip", {"start.sh": b"1", "b": b"2"})
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()
    with zipfile.ZipFile(tmp_path / "a.zip") as opened:
        modes = {entry.filename: entry.external_attr >> 16 & 0o777 for entry in opened.infolist()}
    assert modes == {"b": 0o644, "start.sh": 0o755}


def test_each_system_gets_what_it_needs():
    lock = ROOT / "requirements.txt"
    names = {
        system: {line.split("==")[0] for line in wheels.needed(lock, system, "3.12", ["jupyterlab", "click"])}
        for system in wheels.SYSTEMS
    }
    assert {"pywinpty", "colorama"} <= names["windows"]
    assert "pywinpty" not in names["linux"] | names["macos"]
    assert "ptyprocess" in names["linux"] and "ptyprocess" not in names["windows"]
    with pytest.raises(InputError, match="no wheels for the system 'amiga'"):
        wheels.systems("linux,amiga")
