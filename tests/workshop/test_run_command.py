"""`cleanworks run` and `cleanworks cache` on the tiny course, and its notebooks as pytest tests."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from cleanworks import profiles
from cleanworks.cli import run as command
from cleanworks.errors import InputError
from cleanworks.workshop.catalogue import Course
from cleanworks.workshop.course_jobs import course_jobs, course_options
from cleanworks.workshop.run_command import parse_size
from tests.workshop.conftest import edit, lesson_path, set_path

pytestmark = pytest.mark.usefixtures("one_server")


@pytest.fixture
def cleanworks(course, capsys):
    """Runs the command line in the copy of the tiny course: exit code, standard output, standard error."""

    def call(*arguments):
        code = command([*arguments, "--root", str(course)])
        return code, *capsys.readouterr()

    return call


def break_cell(path, source="1/0"):
    def change(content):
        first = next(cell for cell in content["cells"] if cell["cell_type"] == "code")
        first["source"] = source

    edit(path, change)


def test_run_executes_then_has_nothing_to_do(cleanworks, course):
    code, out, err = cleanworks("run")
    assert code == 0 and "4 passed; 4 notebooks executed" in out
    assert "r1: never run before" in err and "[4/4]" in err
    code, out, err = cleanworks("run")
    assert code == 0 and "nothing had to be executed" in out and err == ""
    copies = sorted(
        path.relative_to(course / "_build" / "executed").as_posix()
        for path in (course / "_build").rglob("*.ipynb")
    )
    assert copies == sorted(
        path.relative_to(course).as_posix()
        for path in [*course.glob("notebooks/**/*.ipynb"), *course.glob("exercises/**/*.ipynb")]
    )


def test_an_id_runs_the_lesson_and_its_exercises(cleanworks, course):
    assert "2 passed" in cleanworks("run", "r2")[1]
    assert "1 passed" in cleanworks("run", "r1-exercises")[1]
    code, _, err = cleanworks("run", "r9")
    assert code == 2 and "r9" in err and "r1, r2" in err


def test_a_failure_is_exit_code_1_with_reports(cleanworks, course, tmp_path, monkeypatch):
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    break_cell(lesson_path(course))
    junit, page = tmp_path / "out" / "junit.xml", tmp_path / "out" / "page.html"
    code, out, _ = cleanworks("run", "r1", "--junit", str(junit), "--html", str(page))
    assert (
        code == 1
        and "FAILED r1" in out
        and "ZeroDivisionError" in out
        and "::error title=r1,file=notebooks/" in out
    )
    assert ET.parse(junit).getroot().find("testsuite").get("failures") == "1"
    assert "ZeroDivisionError" in page.read_text()
    assert cleanworks("run", "r2")[0] == 0


def test_bad_input_is_exit_code_2_and_one_message(cleanworks, course):
    set_path(course, "r2").write_text("{")
    code, out, err = cleanworks("run")
    assert code == 2 and "not JSON" in err and "Traceback" not in err and out == ""
    assert not (course / "_build").exists()


def test_twice_passes_on_the_tiny_course(cleanworks):
    code, out, _ = cleanworks("run", "r1", "--twice", "--jobs", "1")
    assert code == 0, out


def test_skips_and_budgets_come_from_the_metadata(cleanworks, course):
    def change(content):
        content["metadata"]["cleanworks"]["skip"] = {"reason": "waits for data", "until": "2020-01-01"}

    edit(lesson_path(course, "r1"), change)
    edit(lesson_path(course, "r2"), lambda content: content["metadata"]["cleanworks"].update(megabytes=1))
    code, out, _ = cleanworks("run")
    assert code == 1 and "2020-01-01" in out and "waits for data" in out and "its budget is 1 MB" in out


def test_the_cache_can_be_looked_at_and_cleaned(cleanworks):
    cleanworks("run", "r1")
    assert cleanworks("cache", "status")[1].startswith("2 results")
    assert "0 results removed" in cleanworks("cache", "clean", "--max-size", "10MB")[1]
    assert "2 results removed" in cleanworks("cache", "clean")[1]
    assert cleanworks("cache", "clean", "--max-size", "much")[0] == 2


@pytest.mark.parametrize(
    ("text", "size"), [("0", 0), ("200MB", 200_000_000), ("1.5 gb", 1_500_000_000), ("8k", 8000)]
)
def test_sizes(text, size):
    assert parse_size(text) == size


def test_declared_package_files_are_found_and_a_missing_package_is_one_message(course):
    def declare(entry):
        edit(lesson_path(course), lambda content: content["metadata"]["cleanworks"].update(data=[entry]))
        return course_jobs(Course.load(course), ["r1"])[0]

    assert declare("cleanworks:errors.py").data[0].name == "errors.py"
    with pytest.raises(InputError, match="not installed"):
        declare("no_such_package:x.csv")


def test_the_lock_file_counts_if_there_is_one(course):
    assert course_options(Course.load(course)).inputs == []
    (course / "requirements.txt").write_text("")
    assert [path.name for path in course_options(Course.load(course)).inputs] == ["requirements.txt"]


def pytest_in(course, *arguments):
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--cleanworks", *arguments]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
    done = subprocess.run(command, cwd=course, env=environment, capture_output=True, text=True)
    return done.returncode, done.stdout


def test_pytest_runs_one_test_per_notebook(course):
    break_cell(lesson_path(course, "r2"))
    code, out = pytest_in(course, "-q", "notebooks")
    assert code == 1 and "1 passed" in out and "1 failed" in out
    assert "FAILED r2  notebooks" in out and "ZeroDivisionError" in out


@pytest.mark.everything
def test_pytest_runs_one_test_per_notebook_also_in_parallel(course):
    break_cell(lesson_path(course, "r2"))
    code, out = pytest_in(course, "-n", "2", "-q")
    assert code == 1 and "3 passed" in out and "1 failed" in out
    assert "FAILED r2  notebooks" in out and "ZeroDivisionError" in out
    assert "runtest" not in out  # the notebook's error, not ours


@pytest.mark.everything
def test_pytest_collects_by_name_uses_the_cache_and_needs_the_option(course):
    code, out = pytest_in(course, "-v", "exercises")
    assert code == 0 and "::r1-exercises PASSED" in out and "::r2-exercises PASSED" in out
    saved = {path: path.stat().st_mtime_ns for path in (course / "_build").rglob("*.ipynb")}
    assert pytest_in(course, "-q", "exercises")[0] == 0
    assert saved == {path: path.stat().st_mtime_ns for path in (course / "_build").rglob("*.ipynb")}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"],
        cwd=course,
        capture_output=True,
        text=True,
    )
    assert "no tests ran" in done.stdout


def test_pytest_names_a_broken_course(course):
    (course / "_toc.yml").write_text("root: nowhere\n")
    code, out = pytest_in(course, "-q")
    assert code != 0 and "nowhere" in out


def test_where_reports_cannot_go_is_said_before_anything_runs(cleanworks, tmp_path):
    for option in ("--junit", "--html"):
        code, _, err = cleanworks("run", "r1", option, str(tmp_path))
        assert code == 2 and f"{option}: {tmp_path} is a folder." in err and "Running" not in err


def test_a_failure_of_a_country_is_run_alone_with_the_country(cleanworks, course):
    break_cell(lesson_path(course))
    code, out, _ = cleanworks("run", "r1", "--profile", "exampleland")
    assert code == 1 and "Run it alone: cleanworks run r1 --profile exampleland" in out


@pytest.fixture
def with_countries(course):
    settings = course / "cleanworks.toml"
    settings.write_text('country = "cleanworks.profiles.workshops:country"\n' + settings.read_text())


@pytest.mark.parametrize(
    "words",
    [
        "run r1",
        "exercises prove r1",
        "book",
        "pdf",
        "epub",
        "live build --out live",
        "live status",
        "live prove",
    ],
)
def test_a_country_that_does_not_exist_is_refused_before_anything_runs(
    cleanworks, course, with_countries, words
):
    """Lessons that ask for no country would pass."""
    code, out, err = cleanworks(*words.split(), "--profile", "exampelland")
    assert code == 2 and out == "" and not (course / "_build").exists() and not (course / "live").exists()
    assert "--profile: There is no profile 'exampelland'. Did you mean 'exampleland'?" in err


def test_a_country_of_the_shell_that_does_not_exist_is_refused(cleanworks, with_countries, monkeypatch):
    monkeypatch.setenv("CLEANWORKS_PROFILE", "nowhere")
    code, _, err = cleanworks("run", "r1")
    assert code == 2 and "The variable CLEANWORKS_PROFILE: There is no profile 'nowhere'." in err


def test_a_file_in_the_variable_is_given_with_its_whole_path(cleanworks, course, with_countries, monkeypatch):
    """Each kernel would look for it in the folder of its notebook."""
    monkeypatch.chdir(course)
    shipped = Path(profiles.__file__).with_name("exampleland.toml")
    (course / "mine.toml").write_bytes(shipped.read_bytes())
    monkeypatch.setenv("CLEANWORKS_PROFILE", "mine.toml")
    code, _, err = cleanworks("run", "r1", "--profile", "")
    assert code == 2 and f"Give the whole path, {course / 'mine.toml'}, or use --profile." in err
    monkeypatch.setenv("CLEANWORKS_PROFILE", str(course / "mine.toml"))
    assert cleanworks("run", "r1", "--profile", "")[0] == 0
    assert (course / "_build" / "executed").is_dir()


@pytest.mark.parametrize("address", ["nowhere.mod:country", "cleanworks.profiles.workshops:other", "other"])
def test_a_setting_for_countries_that_leads_nowhere_is_named(cleanworks, course, address):
    settings = course / "cleanworks.toml"
    settings.write_text(f'country = "{address}"\n' + settings.read_text())
    code, _, err = cleanworks("run", "r1", "--profile", "exampleland")
    assert (
        code == 2 and f"cleanworks.toml: The setting `country` names '{address}', which is not there." in err
    )


def test_a_country_of_ones_own_is_found_from_every_folder_of_notebooks(
    cleanworks, course, with_countries, monkeypatch
):
    monkeypatch.chdir(course)
    shipped = Path(profiles.__file__).with_name("exampleland.toml").read_text(encoding="utf-8")
    (course / "mine.toml").write_text(shipped.replace('"Exampleland"', '"Mineland"', 1), encoding="utf-8")

    def ask(content):
        first = next(cell for cell in content["cells"] if cell["cell_type"] == "code")
        asked = "from cleanworks import profiles\nprint(profiles.active()['names.country'])\n"
        first["source"] = asked + first["source"]

    edit(lesson_path(course), ask)
    code, _, err = cleanworks("run", "r1", "--profile", "mine.toml")
    assert code == 0, err
    (copy,) = (course / "_build" / "executed-mine" / "notebooks").rglob("r1-*.ipynb")
    assert "Mineland\\n" in copy.read_text(encoding="utf-8")


def test_the_cache_of_no_course_is_not_counted(tmp_path, capsys):
    assert command(["cache", "status", "--root", str(tmp_path / "gone")]) == 2
    assert "There is no such folder." in capsys.readouterr().err


def test_undeclared_reads_are_there_for_lint(cleanworks, course):
    """What lint asks: the files that the last run of each notebook read without declaring them."""
    from cleanworks.workshop.run import undeclared_reads

    (course / "notebooks" / "weather" / "hidden.csv").write_text("1")
    break_cell(lesson_path(course), "open('hidden.csv').read()")
    jobs = course_jobs(Course.load(course))
    options = course_options(Course.load(course))
    assert undeclared_reads(jobs, options) == {}
    cleanworks("run", "r1")
    assert undeclared_reads(jobs, options) == {"r1": ["notebooks/weather/hidden.csv"]}
    code, said, _ = cleanworks("lint")
    assert code == 1 and "It read notebooks/weather/hidden.csv when it ran" in said and "[reads]" in said
    break_cell(lesson_path(course), "1")
    assert json.loads(lesson_path(course).read_text())
    assert undeclared_reads(course_jobs(Course.load(course)), options) == {}
