"""A result is served if and only if nothing it depends on has changed."""

from __future__ import annotations

import datetime
import json
from dataclasses import replace

import pytest

from cleanworks.errors import InputError
from cleanworks.workshop.run import Skip
from cleanworks.workshop.run.result_cache import Store
from tests.workshop.run.conftest import cell


@pytest.fixture
def lesson(course):
    """A lesson that reads a declared file and imports a module of the course, run once."""
    (course.root / "rain.csv").write_text("mm\n3\n4\n")
    (course.root / "weather").mkdir()
    (course.root / "weather" / "__init__.py").write_text("from .units import factor\n")
    (course.root / "weather" / "units.py").write_text("factor = 10\n")
    (course.root / "weather" / "unused.py").write_text("nothing = 1\n")
    course.add(
        "rain",
        cell("# Rain", kind="markdown", id="title"),
        "import weather\nlines = open('rain.csv').read().split()[1:]",
        "print(sum(int(line) for line in lines) * weather.factor)",
        data=[course.root / "rain.csv"],
    )
    result = course.run()
    assert result.ok and course.text("rain") == "70\n"
    return course


def executed(course, **options):
    """Whether running the course executes anything; the reason if so."""
    result = course.run(**options)
    assert result.ok
    return course.seen.reasons.get("rain")


def rewrite(course, old, new):
    path = course.jobs["rain"].notebook
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def test_nothing_changed_executes_nothing(lesson):
    before = (lesson.options.out_folder / "rain.ipynb").stat().st_mtime_ns
    result = lesson.run()
    assert result.lessons[0].cached and result.executed == []
    assert (lesson.options.out_folder / "rain.ipynb").stat().st_mtime_ns == before


def test_prose_tags_titles_and_cell_ids_execute_nothing_but_reach_the_executed_copy(lesson):
    rewrite(lesson, "# Rain", "# Rain and snow")
    rewrite(lesson, '"id": "cell-2"', '"id": "reading"')
    rewrite(lesson, '"metadata": {}', '"metadata": {"tags": ["hint"]}')
    assert executed(lesson) is None
    copy = json.loads((lesson.options.out_folder / "rain.ipynb").read_text())
    assert copy["cells"][0]["source"] == ["# Rain and snow"]
    assert copy["cells"][1]["id"] == "reading" and copy["cells"][2]["outputs"][0]["text"] == "70\n"


@pytest.mark.parametrize(
    ("path", "text", "reason"),
    [
        ("rain.csv", "mm\n5\n", "data rain.csv changed"),
        ("weather/units.py", "factor = 100\n", "module weather/units.py changed"),
        ("weather/__init__.py", "factor = 1\n", "module weather/__init__.py changed"),
    ],
)
def test_what_the_result_depends_on_executes_and_is_named(lesson, path, text, reason):
    (lesson.root / path).write_text(text)
    assert reason in executed(lesson)
    assert executed(lesson) is None


def test_a_module_that_is_not_imported_is_no_reason(lesson):
    (lesson.root / "weather" / "unused.py").write_text("nothing = 2\n")
    assert executed(lesson) is None


def test_a_changed_cell_is_named_by_its_id(lesson):
    rewrite(lesson, "weather.factor)", "weather.factor + 1)")
    assert executed(lesson) == "cell cell-3 changed"
    assert lesson.text("rain") == "71\n"


def test_an_earlier_state_is_still_known(lesson):
    rewrite(lesson, "weather.factor)", "weather.factor + 1)")
    assert executed(lesson)
    rewrite(lesson, "weather.factor + 1)", "weather.factor)")
    assert executed(lesson) is None
    assert lesson.text("rain") == "70\n"


def test_environment_and_common_files_count(lesson):
    lock = lesson.root / "requirements.txt"
    lock.write_text("numpy==2.0\n")
    assert "file requirements.txt is new" in executed(lesson, inputs=[lock])
    assert executed(lesson, inputs=[lock]) is None
    lock.write_text("numpy==2.1\n")
    assert executed(lesson, inputs=[lock]) == "file requirements.txt changed"
    assert executed(lesson, inputs=[lock], environment={"COUNTRY": "x"}) == "environment changed"


def test_force_executes_and_says_so(lesson):
    assert executed(lesson, force=True) == "forced"


def test_a_lost_or_damaged_result_is_made_again(lesson):
    [(_, _, path)] = Store(lesson.options.cache_folder).entries()
    path.write_bytes(path.read_bytes()[:-20])
    assert executed(lesson) == "its result is no longer in the cache"
    path.unlink()
    assert executed(lesson) == "its result is no longer in the cache"
    assert executed(lesson) is None


def test_a_lost_or_altered_executed_copy_is_laid_out_again_without_executing(lesson):
    copy = lesson.options.out_folder / "rain.ipynb"
    good = copy.read_bytes()
    copy.write_text("{}")
    assert executed(lesson) is None and copy.read_bytes() == good
    copy.unlink()
    assert executed(lesson) is None and copy.read_bytes() == good


def test_a_missing_data_file_is_one_message_and_nothing_runs(lesson):
    (lesson.root / "rain.csv").unlink()
    with pytest.raises(InputError) as error:
        lesson.run()
    assert "rain.csv" in error.value.message and "does not exist" in error.value.message
    assert lesson.seen.started_names == []


def test_a_file_edited_while_the_lesson_runs_is_not_cached_as_its_result(course):
    (course.root / "rain.csv").write_text("3")
    course.add(
        "rain",
        "text = open('rain.csv').read()",
        "with open('rain.csv', 'w') as file: file.write('4')\nprint(text)",
        data=[course.root / "rain.csv"],
    )
    result = course.run()
    assert "rain: while it ran, data rain.csv changed; it will run again next time." in result.notes
    assert executed(course) == "data rain.csv changed"


def test_a_file_read_but_not_declared_is_reported_and_never_served_stale(course):
    (course.root / "hidden.csv").write_text("3")
    course.add("rain", "print(open('hidden.csv').read())")
    assert course.run().lessons[0].undeclared == ("hidden.csv",)
    result = course.run()
    assert result.lessons[0].cached and result.lessons[0].undeclared == ("hidden.csv",)
    (course.root / "hidden.csv").write_text("4")
    assert executed(course) == "hidden.csv changed (read, but not declared)"
    assert course.text("rain") == "4\n"


def test_declared_files_own_modules_and_own_scratch_files_are_no_news(lesson):
    rewrite(lesson, "import weather", "import weather, tempfile")
    assert lesson.run().lessons[0].undeclared == ()
    # Python compiles a module into a file with a number behind its name.
    compiled = "open('weather.cpython-311.pyc.140358741356256', 'w').close()"
    lesson.add("writes", f"open('made.txt', 'w').write('x'); {compiled}", "open('made.txt').read()")
    last = lesson.run().lessons[-1]
    assert last.undeclared == () and last.written == ("made.txt",)
    lesson.add("tidy", "import os\nopen('gone.txt', 'w').close()\nos.remove('gone.txt')")
    assert lesson.run().lessons[-1].written == ()


def test_a_module_found_only_at_run_time_is_reported(course):
    (course.root / "secret.py").write_text("value = 1\n")
    course.add("rain", "name = 'sec' + 'ret'\nimport importlib\nimportlib.import_module(name).value")
    assert course.run().lessons[0].undeclared == ("secret.py",)


def test_failures_are_cached_with_their_report_and_reported_again(course):
    course.add("bad", "x = 1", "y = 2\nraise ValueError('too much rain')")
    first = course.run().lessons[0]
    again = course.run().lessons[0]
    assert (first.cached, again.cached) == (False, True)
    assert first.failure == again.failure
    assert (again.failure.cell, again.failure.cell_id, again.failure.line) == (2, "cell-2", 2)
    assert not (course.options.out_folder / "bad.ipynb").exists()


def test_the_report_of_a_cached_failure_follows_its_cell(course):
    path = course.add("bad", "x = 1", "raise ValueError('no')")
    course.run()
    notebook = json.loads(path.read_text())
    notebook["cells"].insert(0, cell("New prose", kind="markdown", id="prose"))
    notebook["cells"][2]["id"] = "renamed"
    path.write_text(json.dumps(notebook, indent=1))
    again = course.run().lessons[0]
    assert again.cached and (again.failure.cell, again.failure.cell_id) == (3, "renamed")


def test_a_failure_removes_the_copy_of_an_earlier_success(course):
    path = course.add("lesson", "print(1)")
    course.run()
    good = course.options.out_folder / "lesson.ipynb"
    assert good.exists()
    path.write_text(path.read_text().replace("print(1)", "1/0"))
    assert course.run().exit_code == 1
    assert not good.exists() and (course.options.failed_folder / "lesson.ipynb").exists()
    path.write_text(path.read_text().replace("1/0", "print(1)"))
    assert course.run().ok and good.exists() and not (course.options.failed_folder / "lesson.ipynb").exists()


def test_a_time_out_is_tried_again(course):
    course.add("slow", "import time\ntime.sleep(60)", timeout=0.5)
    for _ in range(2):
        result = course.run().lessons[0]
        assert result.failure.kind == "timeout" and not result.cached
    assert "failed last time (timeout)" in result.reason


def test_a_package_that_was_missing_is_looked_for_again(course):
    course.add("needs", "import no_such_package_yet")
    for _ in range(2):
        result = course.run().lessons[0]
        assert result.failure.kind == "import" and not result.cached


def test_where_no_lock_file_is_the_installed_packages_count(lesson, tmp_path, monkeypatch):
    site = tmp_path / "site"
    (site / "rainfall-2.0.dist-info").mkdir(parents=True)
    monkeypatch.syspath_prepend(str(site))
    assert lesson.run().lessons[0].reason == "installed packages changed"


def test_only_a_tagged_cell_may_raise_and_the_tag_counts(course):
    path = course.add("lesson", cell("1/0", "raises-exception"), "print('after')")
    assert course.run().ok and "after" in course.text("lesson")
    path.write_text(path.read_text().replace("raises-exception", "hint"))
    assert course.run().lessons[0].failure.message == "ZeroDivisionError: division by zero"


def test_budgets_are_judged_without_executing_again(course):
    course.add("busy", "n = 0\nwhile n < 3_000_000: n += 1")
    assert course.run().ok
    course.change("busy", seconds=0.001)
    result = course.run().lessons[0]
    assert result.cached and result.failure.kind == "budget" and "CPU" in result.failure.message
    course.change("busy", seconds=None, megabytes=1)
    assert "memory" in course.run().lessons[0].failure.message


def test_a_skip_has_a_reason_and_ends(course):
    day = datetime.date(2027, 3, 1)
    course.add("later", "1/0", skip=Skip("waits for the new tables", day))
    course.add("now", "print(1)")
    result = course.run(today=day)
    assert result.ok and [one.status for one in result.lessons] == ["skipped", "passed"]
    assert "new tables" in result.lessons[0].skip_reason and "2027-03-01" in result.lessons[0].skip_reason
    path = course.jobs["later"].notebook
    path.write_text(path.read_text().replace("1/0", "1"))
    late = course.run(today=day + datetime.timedelta(days=1)).lessons[0]
    assert late.status == "failed" and late.failure.kind == "skip" and "new tables" in late.failure.message


def test_a_notebook_may_be_given_as_a_node(course):
    import nbformat

    node = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("print(6 * 7)")])
    course.add("other", "1")
    course.jobs = {"node": replace(course.jobs["other"], name="node", notebook=node, workdir=course.root)}
    assert course.run().ok and course.text("node") == "42\n"


@pytest.mark.parametrize(
    ("content", "part"),
    [
        (b"{", "not JSON"),
        (b"[]", "no list of cells"),
        (b'{"cells": [], "nbformat": 3}', "format 3"),
        (b'{"cells": [{"cell_type": "code"}], "nbformat": 4}', "cell 1"),
        (b"\xff\xfe", "UTF-8"),
    ],
)
def test_a_malformed_notebook_is_one_message(course, content, part):
    course.add("good", "1")
    course.add("broken").write_bytes(content)
    with pytest.raises(InputError) as error:
        course.run()
    assert "broken.ipynb" in error.value.message and part in error.value.message


def test_a_missing_notebook_and_a_name_twice_are_one_message(course):
    course.add("gone", "1").unlink()
    with pytest.raises(InputError, match="The notebook is missing"):
        course.run()
    course.add("gone", "1")
    course.jobs["again"] = course.jobs["gone"]
    with pytest.raises(InputError, match="Two notebooks"):
        course.run()


def test_results_that_cannot_be_written_are_one_message(course):
    course.add("lesson", "print(1)")
    blocked = course.root / "blocked"
    blocked.write_text("a file where a folder should be")
    with pytest.raises(InputError, match="cannot be written"):
        course.run(cache=blocked / "cache")
    with pytest.raises(InputError, match="cannot be written"):
        course.run(out=blocked / "out")
