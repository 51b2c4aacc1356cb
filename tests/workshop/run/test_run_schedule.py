"""The order of lessons, how many run at a time, and what happens when memory is short."""

from __future__ import annotations

import io
import multiprocessing
import os
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest

from cleanworks.workshop.reports.progress_display import Lines, duration
from cleanworks.workshop.run import LessonResult, run_notebooks
from cleanworks.workshop.run.jobs import read_source
from cleanworks.workshop.run.memory import MemoryGuard, _container_free
from cleanworks.workshop.run.pool import Pool, _Worker
from cleanworks.workshop.run.result_cache import Store
from cleanworks.workshop.run.runner import _Run, cores, longest_first
from cleanworks.workshop.run.worker import work
from cleanworks.workshop.run.worker_outcome import LEFT, READY, Task
from tests.workshop.run.conftest import Recorder, linux, wait_until


def test_longest_first_by_recorded_time_and_unknown_ones_early(course):
    for name in ("short", "long", "middle"):
        course.add(name, "1")
    assert course.run(workers=1).ok
    record_times(course, short=0.1, long=3.0, middle=1.5)
    assert longest_first_of(course) == ["long", "middle", "short"]
    course.add("new", "1")
    assert longest_first_of(course) == ["new", "long", "middle", "short"]
    # Two kernels are got ready at a time, and which of them is ready first is a matter of chance.
    assert course.run(workers=1, force=True).ok
    assert course.seen.started_names[0] in ("new", "long")
    record_times(course, new=9.0, short=0.1, long=3.0, middle=1.5)
    assert longest_first_of(course) == ["new", "long", "middle", "short"]
    assert course.run(workers=1, force=True, reverse=True).ok
    assert course.seen.started_names[0] in ("short", "middle")
    assert sorted(course.seen.started_names) == ["long", "middle", "new", "short"]


def record_times(course, **seconds):
    """Write into the record of each lesson how long it took."""
    store = Store(course.options.cache_folder)
    for name, wall in seconds.items():
        assert store.last(name)["wall"] > 0, "the run recorded nothing"
        store.note(name, {**store.last(name), "wall": wall})


def test_where_nothing_was_recorded_budgets_say_which_lesson_is_long(course):
    for name, cells, seconds in (
        ("many-cells", 9, None),
        ("long", 1, 20.0),
        ("few-cells", 2, None),
        ("longest", 1, 60.0),
    ):
        course.add(name, *["1"] * cells, seconds=seconds)
    course.add("much-code", "print('a long line of code')\n" * 9)
    assert longest_first_of(course) == ["longest", "long", "much-code", "many-cells", "few-cells"]


def test_a_failed_run_does_not_change_what_is_known_about_the_time(course):
    path = course.add("lesson", "1")
    course.run()
    record_times(course, lesson=7.5)
    path.write_text(path.read_text().replace('"1"', '"1 / 0"'))
    assert not course.run().ok
    assert Store(course.options.cache_folder).last("lesson")["wall"] == 7.5


def longest_first_of(course):
    """Names in the order in which the run would hand them out."""
    run = _Run(list(course.jobs.values()), course.options, Recorder())
    return [lesson.job.name for lesson in longest_first(run.read())]


# A lesson that goes on until the run has said something.
UNTIL_SAID = "import os, time\nwhile not os.path.exists('said'): time.sleep(0.02)"


class Scarce(MemoryGuard):
    """Memory is tight as soon as two lessons run, until one has given way."""

    def __init__(self):
        super().__init__(0.0)
        self.running, self.tight = 0, True

    def has_room(self, name):
        return True

    def is_tight(self):
        return self.running > 1 and self.tight

    def is_critical(self):
        return False


def test_when_memory_is_tight_one_lesson_gives_way_and_runs_later(course, monkeypatch):
    guard = Scarce()
    monkeypatch.setattr("cleanworks.workshop.run.memory.MemoryGuard", lambda *_: guard)

    class Counting(Recorder):
        def started(self, name, reason):
            super().started(name, reason)
            guard.running += 1

        def finished(self, result):
            super().finished(result)
            guard.running -= 1

        def note(self, text):
            super().note(text)
            guard.running -= 1
            (course.root / "said").touch()

    for name in "abc":
        course.add(name, UNTIL_SAID)
    seen = Counting()
    result = run_notebooks(list(course.jobs.values()), course.options, seen)
    assert result.ok
    assert len(seen.started_names) == 4 and len(set(seen.started_names)) == 3
    assert "Memory is short" in result.notes[0] and "1 at a time" in result.notes[0]


def test_a_lesson_that_takes_the_last_memory_alone_is_stopped(course, monkeypatch):
    class Critical(Scarce):
        def is_tight(self):
            return True

        def is_critical(self):
            return True

    monkeypatch.setattr("cleanworks.workshop.run.memory.MemoryGuard", lambda *_: Critical())
    course.add("greedy", "import time\ntime.sleep(60)")
    failure = course.run(workers=1).lessons[0].failure
    assert failure.kind == "memory" and "memory" in failure.message


def test_without_room_lessons_run_one_after_the_other(course, monkeypatch):
    class Full(Scarce):
        def has_room(self, name):
            return False

        def is_tight(self):
            return False

    monkeypatch.setattr("cleanworks.workshop.run.memory.MemoryGuard", lambda *_: Full())
    running = []

    class Watching(Recorder):
        def started(self, name, reason):
            running.append(name)
            assert len(running) == 1

        def finished(self, result):
            running.remove(result.name)

        def note(self, text):
            super().note(text)
            (course.root / "said").touch()

    for name in "abc":
        course.add(name, UNTIL_SAID)
    result = run_notebooks(list(course.jobs.values()), course.options, Watching())
    assert result.ok and any("waits" in note for note in result.notes)


def test_the_guard_counts_what_lessons_took_last_time(monkeypatch):
    guard = MemoryGuard(500, {"big": 3000.0, "small": 100.0})
    monkeypatch.setattr(guard, "free", lambda: 1000.0)
    assert guard.has_room("small") and not guard.has_room("big") and guard.has_room("unknown")
    assert not guard.is_tight()
    monkeypatch.setattr(guard, "free", lambda: 200.0)
    assert guard.is_tight() and not guard.is_critical()


@pytest.mark.parametrize(
    ("files", "free"),
    [
        ({"memory.max": "1048576000", "memory.current": "524288000", "memory.stat": "anon 1\ninactive_file 104857600\n"}, [600.0]),
        ({"memory.max": "max", "memory.current": "1", "memory.stat": ""}, []),
        ({"memory/memory.limit_in_bytes": "9223372036854771712", "memory/memory.usage_in_bytes": "1", "memory/memory.stat": ""}, []),
        ({}, []),
    ],
)  # fmt: skip
def test_a_container_may_have_less_memory_than_the_machine(tmp_path, files, free):
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    assert _container_free(tmp_path) == free


def test_as_many_workers_as_cores_unless_said_otherwise(course):
    course.add("lesson", "1")
    assert course.run(workers=None).workers == cores() >= 1


def test_lessons_run_at_the_same_time(course):
    """Two lessons wait for each other: they only end if both run."""
    wait = "import os, time\nopen('{}', 'w').close()\nwhile not os.path.exists('{}'): time.sleep(0.02)"
    course.add("a", wait.format("from-a", "from-b"))
    course.add("b", wait.format("from-b", "from-a"))
    assert course.run(workers=2).ok


def test_one_thread_for_each_lesson(course):
    course.add("lesson", "import os\nos.environ['OMP_NUM_THREADS'], os.environ['OPENBLAS_NUM_THREADS']")
    assert course.run().ok and course.text("lesson") == "('1', '1')"


def test_plain_lines_say_what_runs_why_and_what_is_left():
    stream = io.StringIO()
    lines = Lines(stream)
    lines.begin({"a": 10.0, "b": 30.0, "c": None}, total=5, workers=2)
    lines.started("a", "data rain.csv changed")
    lines.finished(LessonResult("a", None, "passed", wall=10.0))
    text = stream.getvalue()
    assert "3 notebooks, 2 at a time; 2 unchanged" in text
    assert "a: data rain.csv changed" in text
    # 30 s known and 20 s guessed, at two a time, but never less than the longest.
    assert "[1/3] a passed in 10.0 s, about 30 s left" in text
    assert duration(59.6) == "1 min 00 s" and duration(3) == "3 s"


def test_the_bar_draws_in_a_terminal_without_threads(monkeypatch):
    import threading

    from cleanworks.workshop.reports.progress_display import Bar, display

    class Terminal(io.StringIO):
        def isatty(self):
            return True

    stream = Terminal()
    bar = display(stream)
    assert isinstance(bar, Bar)
    before = threading.active_count()
    bar.begin({"a": 1.0, "b": None}, 2, 2)
    bar.started("a", "never run before")
    bar.tick()
    assert threading.active_count() == before
    bar.finished(LessonResult("a", None, "failed"))
    bar.note("Memory is short")
    bar.end()
    text = stream.getvalue()
    assert "never run before" in text and "a failed" in text and "Memory is short" in text


def test_a_lesson_makes_room_for_the_next_before_its_kernel_is_taken_down(course, tmp_path):
    course.add("lesson", "1 + 1")
    job = course.jobs["lesson"]
    content, options = read_source(job).content, replace(course.options, fresh=True, server=None)
    task = Task(0, "lesson", content, str(job.folder), 60.0, options, dict(os.environ), str(tmp_path))
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=work, args=(theirs, os.getpid()))
    process.start()
    theirs.close()
    ours.send(task)
    ours.send("go")
    assert [ours.recv() for _ in range(3)] == [process.pid, READY, LEFT]
    outcome, _ = ours.recv()
    assert outcome.failure is None and outcome.megabytes > 0
    ours.close()
    process.join()


@linux
def test_the_pool_ends_its_workers_when_something_goes_wrong_here(course, server):
    """An error in this process, such as a full disk, leaves no worker behind."""

    class Breaks(Recorder):
        def finished(self, result):
            raise RuntimeError("here")

    course.add("a", "1")
    course.add("b", "import time\ntime.sleep(60)")
    with pytest.raises(RuntimeError, match="here"):
        run_notebooks(list(course.jobs.values()), replace(course.options), Breaks())
    wait_until(lambda: psutil.Process(server.pid).children() == [])
    assert Pool(1, MemoryGuard(0)).run([], None, None) is None


@pytest.mark.parametrize(("workers", "begins"), [(1, False), (2, True)])
def test_one_at_a_time_a_lesson_begins_when_nothing_of_the_last_one_is_left(workers, begins):
    """Its kernel may hold a lock or a port until it has ended."""
    pool = Pool(workers, MemoryGuard(0))
    for index, state in enumerate(("leaving", "waiting")):
        worker = _Worker(multiprocessing.Pipe()[0], None)
        worker.task, worker.state = SimpleNamespace(index=index, name="lesson"), state
        pool._workers.append(worker)
    pool._open_gate()
    assert (pool._workers[1].state == "running") is begins


@pytest.mark.parametrize(("other", "stopped"), [("leaving", False), ("idle", True)])
def test_no_lesson_is_stopped_for_memory_that_the_last_one_still_holds(other, stopped):
    class Critical(Scarce):
        def is_critical(self):
            return True

    pool = Pool(2, Critical())
    for index, state in enumerate((other, "running")):
        worker = _Worker(multiprocessing.Pipe()[0], None)
        worker.task, worker.state = Task(index, "lesson", {"cells": []}, "", 1.0, None, {}, ""), state
        pool._workers.append(worker)
    pool._make_room(pool._in("running"))
    assert bool(pool._outcomes) is stopped


def test_a_file_that_changes_while_it_is_read_is_not_taken_for_read(course):
    """The lesson waits until another one has written what it read before, undeclared."""
    (course.root / "rain.txt").write_text("first")
    os.utime(course.root / "rain.txt", (1_700_000_000, 1_700_000_000))
    until = "import os, time\nwhile not os.path.exists('{}'): time.sleep(0.02)\n"
    course.add(
        "reads", f"print(open('rain.txt').read())\nopen('was-read', 'w').close()\n{until.format('written')}"
    )
    course.add(
        "writes",
        f"{until.format('was-read')}open('rain.txt', 'w').write('second')\nopen('written', 'w').close()",
    )
    assert course.run(workers=2).ok and course.text("reads").startswith("first")
    assert course.run(workers=2).ok and course.text("reads").startswith("second")


def test_with_many_at_a_time_results_do_not_wait_for_a_quiet_moment():
    """What has happened is told in its order, and only a lesson that is just leaving holds back what came after it."""
    pool = Pool(8, MemoryGuard(0))
    pool._tasks = {number: number for number in range(5)}
    told = []

    def tell():
        told.clear()
        pool._tell(
            lambda task: told.append(f"+{task}"), lambda task, outcome: told.append(f"-{task} {outcome}")
        )
        return told

    pool._notices = [("begin", 0), ("begin", 1), ("end", 0), ("begin", 2), ("end", 1), ("begin", 3)]
    pool._outcomes = {0: "passed"}
    assert tell() == ["+0", "+1", "-0 passed", "+2"]
    pool._outcomes = {3: "lost", 1: "failed"}
    pool._notices += [("end", 3)]
    assert tell() == ["-1 failed", "+3", "-3 lost"]


def test_ctrl_c_just_after_a_result_has_come_in_keeps_it(course, monkeypatch):
    course.add("a", "1")
    course.add("b", UNTIL_SAID)
    watch = Pool._watch

    def interrupted(pool):
        watch(pool)
        if pool._outcomes:
            raise KeyboardInterrupt

    monkeypatch.setattr(Pool, "_watch", interrupted)
    result = course.run(workers=2)
    assert result.interrupted
    assert {lesson.name: lesson.status for lesson in result.lessons} == {"a": "passed", "b": "not run"}


@linux
def test_a_worker_that_ends_just_before_its_next_lesson_fails_that_one_alone(course, server, monkeypatch):
    for name in "abc":
        course.add(name, "1")
    hand_out, ended = Pool._hand_out, []

    def ends_first(pool):
        for worker in pool._workers:
            if worker.state == "waiting" and not ended:
                ended.append(worker)
                worker.signal("SIGKILL")
                # Its end of the pipe is gone, and nobody has looked yet.
                worker.pipe.poll(60)
        hand_out(pool)

    monkeypatch.setattr(Pool, "_hand_out", ends_first)
    kinds = [one.failure.kind if one.failure else "" for one in course.run(workers=1).lessons]
    assert sorted(kinds) == ["", "", "internal"]


SHARED = """
import os
kept = []
def make():
    return [os.getpid()]
def keep(made):
    kept.extend(made != [os.getpid()] and ["made"])
def anyhow(made):
    kept.extend(["made"])
def with_thread():
    return pool.submit(make).result()
def fail():
    raise OSError("no tables today")
def die():
    os._exit(1)
def odd():
    return lambda: 0
"""


@pytest.fixture
def sharing(make_course, monkeypatch, tmp_path):
    """A course of six lessons that say whether they found what is made beforehand for all."""
    (tmp_path / "shared_tables.py").write_text(SHARED)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    course = make_course()
    for number in range(6):
        course.add(f"sharing-{number}", "import shared_tables\nprint(*shared_tables.kept)")
    return course


@linux
def test_every_lesson_finds_what_is_made_beforehand_for_all(sharing):
    result = sharing.run(preload=["shared_tables", "shared_tables:make>keep"])
    assert result.ok and result.notes == ()
    assert [sharing.text(f"sharing-{number}") for number in range(6)] == ["made\n"] * 6


@linux
def test_what_a_thread_makes_is_made_where_the_thread_is(sharing):
    """A fork has no threads, and would wait for one for ever."""
    module = Path(os.environ["PYTHONPATH"], "shared_tables.py")
    threads = "from concurrent.futures import ThreadPoolExecutor\npool = ThreadPoolExecutor(1)\npool.submit(int).result()\n"
    module.write_text(module.read_text() + threads)
    result = sharing.run(preload=["shared_tables", "shared_tables:with_thread>anyhow"])
    assert result.ok and sharing.text("sharing-0") == "made\n"
    assert len(result.notes) == 1 and "started threads" in result.notes[0]


@linux
def test_for_a_few_lessons_only_what_they_import_is_loaded(make_course):
    course = make_course(preload=("json", "numpy", "mailbox"))
    course.add("one", "import sys\nprint('numpy' in sys.modules, 'mailbox' in sys.modules)\nimport mailbox")
    assert course.run().ok and course.text("one") == "False True\n"


@linux
def test_what_a_module_beside_a_lesson_imports_is_loaded_too(make_course):
    course = make_course(preload=("mailbox", "wave"))
    (course.options.root / "rain.py").write_text("import mailbox\n", encoding="utf-8")
    course.add("one", "import sys\nprint('mailbox' in sys.modules, 'wave' in sys.modules)\nimport rain")
    assert course.run().ok and course.text("one") == "True False\n"


@linux
@pytest.mark.parametrize(
    ("entry", "why"),
    [
        ("shared_tables:fail>keep", "OSError: no tables today"),
        ("shared_tables:die>keep", "The process that makes it has ended."),
        ("shared_tables:odd>keep", "local object 'odd.<locals>.<lambda>'"),
        ("shared_tables:make", "It names one function; write module:make>keep."),
    ],
)
def test_what_cannot_be_made_beforehand_is_said_and_everything_runs(sharing, entry, why):
    result = sharing.run(preload=["shared_tables", entry])
    assert result.ok
    (note,) = result.notes
    assert note.startswith(f"{entry} could not be loaded beforehand: ") and why in note
    assert sharing.text("sharing-0") == "\n"
