"""The cache survives several runs at once, kills at any moment, full disks and its own cleaning."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time

import pytest

from cleanworks.errors import InputError
from cleanworks.workshop.files import write_whole
from cleanworks.workshop.run.result_cache import Store
from tests.workshop.run.conftest import linux, outputs_of, text_of

RUN = """
import sys
from pathlib import Path
from cleanworks.errors import InputError
from cleanworks.workshop.run import Job, RunOptions, run_notebooks
from cleanworks.workshop.reports.progress_display import Lines

if __name__ == "__main__":
    root = Path(sys.argv[1])
    jobs = [Job(path.stem, path, data=[root / "rain.csv"]) for path in sorted(root.glob("*.ipynb"))]
    options = RunOptions(root=root, workers=2, preload=("json",), memory_reserve=0, fresh="fresh" in sys.argv)
    try:
        sys.exit(run_notebooks(jobs, options, Lines(sys.stdout)).exit_code)
    except InputError as error:
        print(error.message)
        sys.exit(2)
"""


@pytest.fixture
def course(make_course):
    made = make_course()
    (made.root / "rain.csv").write_text("1")
    for number in range(4):
        made.add(
            f"n{number}",
            "import time\ntime.sleep(0.02)",
            f"print(open('rain.csv').read(), {number}, 'x' * 20_000)",
        )
    return made


@pytest.fixture
def start(tmp_path, course):
    script = tmp_path / "script.py"
    script.write_text(RUN)
    command = [sys.executable, str(script), str(course.root)]

    def start(*arguments, **options):
        return subprocess.Popen(
            [*command, *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **options)  # fmt: skip

    return start


def check(course, value):
    """Every executed copy is whole and holds the result for this content of the data file."""
    for number in range(4):
        text = text_of(outputs_of(course.options.out_folder / f"n{number}.ipynb"))
        assert text == f"{value} {number} {'x' * 20_000}\n"


# What is there already when the run is killed: nothing but the process, some results in the cache, some executed copies, everything.
MOMENTS = [
    ("results/??/*", 0),
    ("results/??/*", 1),
    ("results/??/*", 3),
    ("*.ipynb", 1),
    ("*.ipynb", 2),
    ("*.ipynb", 4),
]


@linux
@pytest.mark.parametrize(
    "moments", [MOMENTS[1:5:3], pytest.param(MOMENTS, marks=pytest.mark.everything)], ids=["two", "all"]
)
def test_killed_at_any_moment_the_next_run_is_right(course, start, moments):
    for value, (pattern, number) in enumerate(moments, 2):
        (course.root / "rain.csv").write_text(str(value))
        folder = course.options.out_folder if pattern == "*.ipynb" else course.options.cache_folder
        before = {path: path.stat().st_mtime_ns for path in folder.glob(pattern)}
        process = start()
        while (
            len([path for path in folder.glob(pattern) if changed(path, before)]) < number
            and process.poll() is None
        ):
            time.sleep(0.005)
        process.kill()
        process.communicate()
        process = start()
        text = process.communicate()[0]
        assert process.returncode == 0, text
        check(course, value)
    again = start()
    assert "Running" not in again.communicate()[0] and again.returncode == 0


def changed(path, before):
    """Whether a file is new or was written again; it may vanish while one looks."""
    try:
        return path.stat().st_mtime_ns != before.get(path)
    except FileNotFoundError:
        return False


def test_two_runs_at_once_share_the_cache(course, start):
    processes = [start(), start()]
    texts = [process.communicate()[0] for process in processes]
    assert [process.returncode for process in processes] == [0, 0], texts
    check(course, 1)
    assert list(course.root.rglob(".part-*")) == []


@linux
def test_a_full_disk_is_one_message_and_leaves_the_good_results(course, start):
    import resource

    first = start()
    assert first.communicate() and first.returncode == 0
    before = {path: path.read_bytes() for path in course.options.out_folder.glob("*.ipynb")}
    (course.root / "rain.csv").write_text("2")
    # No file may grow beyond this: to whoever writes one, that is what a full disk looks like.
    process = start(preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (8192, 8192)))
    text = process.communicate()[0]
    assert process.returncode == 2, text
    assert "cannot be written" in text and "Traceback" not in text
    assert {path: path.read_bytes() for path in course.options.out_folder.glob("*.ipynb")} == before
    assert list(course.root.rglob(".part-*")) == []
    last = start()
    assert last.communicate() and last.returncode == 0
    check(course, 2)


def test_cleaning_removes_what_was_not_used_for_longest(tmp_path):
    store = Store(tmp_path)
    for number in range(5):
        store.put(f"{number}" * 64, {"value": "x" * 1000})
        path = store.entries()[-1][-1]
        os.utime(path, (number, number))
    assert store.get("0" * 64) is not None  # used now
    removed, freed = store.clean(max_bytes=2500)
    assert removed == 3 and freed > 3000
    assert store.get("0" * 64) and store.get("4" * 64) and store.get("1" * 64) is None
    assert store.clean()[0] == 2 and store.entries() == []


def test_left_overs_of_killed_runs_are_cleared_when_they_are_old(tmp_path):
    store = Store(tmp_path)
    store.put("a" * 64, {})
    old, new = tmp_path / ".part-old", tmp_path / "results" / ".part-new"
    for path in (old, new):
        path.write_text("half")
    os.utime(old, (1, 1))
    store.clear_left_overs()
    assert not old.exists() and new.exists() and store.get("a" * 64) == {}


@pytest.mark.parametrize("damage", [b"", b"\x00" * 100, b"abc\n{}", None])
def test_a_damaged_entry_counts_as_absent(tmp_path, damage):
    store = Store(tmp_path)
    store.put("a" * 64, {"value": 1})
    [(_, _, path)] = store.entries()
    path.write_bytes(path.read_bytes().replace(b"1", b"2") if damage is None else damage)
    assert store.get("a" * 64) is None


def test_readers_see_the_old_file_or_the_new_one(tmp_path):
    path = tmp_path / "file"
    contents = [bytes([number]) * 200_000 for number in range(1, 5)]
    write_whole(path, contents[0])
    stop = threading.Event()
    seen = set()

    def read():
        while not stop.is_set():
            seen.add(path.read_bytes())

    reader = threading.Thread(target=read)
    reader.start()
    for _ in range(30):
        for content in contents:
            write_whole(path, content)
    stop.set()
    reader.join()
    assert seen <= set(contents)


def test_a_failed_write_leaves_nothing(tmp_path, monkeypatch):
    path = tmp_path / "file"
    write_whole(path, b"good")

    def full(*arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(InputError, match="No space left"):
        write_whole(path, b"bad")
    assert path.read_bytes() == b"good" and [one.name for one in tmp_path.iterdir()] == ["file"]
