"""Forked kernels: equal to fresh ones, independent of each other, and never left over."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from cleanworks.workshop.run.kernels.lifeline import descendants
from cleanworks.workshop.run.kernels.server_process import CAN_FORK, KernelServer
from tests.few import few
from tests.workshop.run.conftest import cell, linux, outputs_of, text_of, wait_until

pytestmark = linux

# One cell for each way in which a fork is known to differ from a fresh Python.
SAME = [
    "import pandas as pd\npd.DataFrame({'a': [1.5, None], 'b': ['x', 'y'], 'c': pd.to_datetime(['2024-01-01', '2024-02-01'])})",
    "pd.get_option('display.max_columns'), pd.get_option('display.width')",
    "print(pd.DataFrame([[1.0] * 30]))",
    "pd.DataFrame({'a': range(3)}).describe().round(2)",
    "import matplotlib.pyplot as plt\nfig, axes = plt.subplots()\naxes.plot([1, 2, 3], [2, 1, 3])\naxes.set_title('Rain')",
    "plt.bar(['a', 'b'], [1, 2])\nplt.show()\nplt.rcParams['figure.figsize'], plt.get_backend()",
    cell("pd.DataFrame({'a': [1]})['b']", "raises-exception"),
    "import warnings\nwarnings.warn('look')",
    "import logging\nlogging.getLogger().level, logging.root.handlers",
    "import sys, os\nsys.argv[0][-9:], sys.path[0], sys.flags.hash_randomization, __name__",
    "[path for path in sys.path if 'site-packages' not in path]",
    # Each kernel is told of a parent in a way of its own.
    "sorted(set(os.environ) - {'JPY_PARENT_PID'})",
    "import signal\nsignal.getsignal(signal.SIGCHLD), signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)",
    "import threading\nlooking = threading.Thread(target=print, args=['from a thread'], name='mine')\nlooking.start(); looking.join()",
    "import gc, locale, time\ngc.isenabled(), gc.get_threshold(), locale.getlocale(), time.tzname",
    "hash('text'), {'b', 'a', 'c'}",
    "import subprocess\nsubprocess.run([sys.executable, '-c', 'print(6 * 7)'], capture_output=True, text=True).stdout",
    "import multiprocessing\nmultiprocessing.get_start_method()",
    "import asyncio\nawait asyncio.sleep(0)\n'awaited'",
    "await asyncio.gather(*(asyncio.sleep(0) for _ in range(3)))\nprint('gathered')\nawait asyncio.sleep(0)\nprint('again')",
    "import contextvars\nkept = contextvars.ContextVar('kept')\ntoken = kept.set(1)",
    "await asyncio.sleep(0)\nkept.get()",
    cell("await asyncio.sleep(0)\n1 / 0", "raises-exception"),
    "from IPython.display import clear_output, display, update_display\ndisplay('first', display_id='shown')\nprint('x')",
    "update_display('second', display_id='shown')\nprint('gone')\nclear_output()\nprint('kept')\nclear_output(wait=True)\nprint('last')",
    "print('one')\nprint('two', file=sys.stderr)\nsys.stdout.write('three')\nsys.stdout.isatty(), sys.stdout.encoding",
    "def later(): yield 'lazy'\nlist(later()), _, __",
    "In[1][:6], len(In), get_ipython().__class__.__name__, sys.stdin.closed if sys.stdin else None",
    "%timeit -n1 -r1 -q 1\n!echo shell",
]


# What is prepared for many notebooks is more than what is prepared for one.
@pytest.mark.everything
@pytest.mark.parametrize("others", [5, 0])
def test_forked_and_fresh_kernels_give_the_same_outputs(make_course, others):
    copies = {}
    for name, fresh, beside in (("forked", False, others), ("fresh", True, 0)):
        course = make_course(name, fresh=fresh)
        # The same path for all, since a traceback or a path in an output would show it.
        folder = course.root.parent / "work"
        folder.mkdir(exist_ok=True)
        course.add("lesson", *SAME, workdir=folder)
        for number in range(beside):
            course.add(f"other-{number}", "1")
        assert course.run(preload=("numpy", "pandas", "matplotlib.pyplot")).ok
        copies[name] = course.outputs("lesson")
    for number, (forked, fresh) in enumerate(zip(*copies.values(), strict=True)):
        assert forked == fresh, SAME[number]


# Threads by name, without those that only watch a descriptor or a parent.
THREADS = (
    "import threading\nsorted({thread.name.split('-')[0] for thread in threading.enumerate()} - {'Thread'})"
)


def test_a_fork_of_a_run_has_no_threads_of_sockets(make_course):
    course = make_course(preload=("json",))
    course.add("lesson", THREADS, "import os\nlen(os.listdir('/proc/self/task'))")
    assert course.run().ok
    # Two more look after what programs write to the descriptors of stdout and stderr.
    assert course.text("lesson") == "['MainThread']3"


def test_a_missing_module_to_preload_is_left_out_and_said(make_course):
    course = make_course(preload=("no_such_module", "json"))
    for number in range(6):
        course.add(f"lesson-{number}", "1")
    result = course.run()
    assert result.ok and any("no_such_module" in note for note in result.notes)


def test_each_fork_has_its_own_random_state_environment_and_folder(course):
    (course.root / "a").mkdir()
    (course.root / "b").mkdir()
    cells = [
        "import os, random\nrandom.random()",
        "os.environ.get('LEFT'), os.getcwd().rsplit('/')[-1]",
        "os.environ['LEFT'] = 'x'\nimport json\njson.left = 1",
        "import sys\n'numpy' in sys.modules",
    ]
    for name in "ab":
        course.add(name, *cells, workdir=course.root / name)
    course.add("c", "import json, os\nhasattr(json, 'left'), os.environ.get('LEFT')")
    assert course.run(workers=1).ok
    first, second = course.outputs("a"), course.outputs("b")
    assert first[0] != second[0]
    assert text_of(first[1:2]) == "(None, 'a')" and text_of(second[1:2]) == "(None, 'b')"
    assert course.text("c") == "(False, None)"


def test_numpy_generators_differ_between_forks(make_course):
    course = make_course(preload=("numpy",))
    for name in "ab":
        course.add(name, "import numpy\nprint(numpy.random.random(), numpy.random.default_rng().random())")
    assert course.run().ok
    one, other = course.text("a").split(), course.text("b").split()
    assert one[0] != other[0] and one[1] != other[1]


PARENT = "import os\nos.getppid()"


def test_lessons_share_a_worker_and_nothing_else(course):
    for name in "abcd":
        course.add(
            name, PARENT, "import subprocess\n_ = subprocess.Popen(['sleep', '500'], start_new_session=True)"
        )
    result = course.run(workers=1)
    # What it left running is each lesson's own fault.
    assert [lesson.failure.kind for lesson in result.lessons] == ["processes"] * 4
    parents = [text_of(outputs_of(lesson.executed)[:1]) for lesson in result.lessons]
    # One notebook at a time: one more worker gets the next kernel ready.
    assert len(set(parents)) == 2
    assert left_from(course.root) == []


def test_a_worker_that_a_cell_kills_or_stops_is_replaced(make_course):
    course = make_course(preload=("json",))
    course.add(
        "a-kills", "import os, signal\nos.kill(os.getppid(), signal.SIGKILL)\nimport time; time.sleep(500)"
    )
    course.add("b-stops", "import os, signal\nos.kill(os.getppid(), signal.SIGSTOP)\nprint('went on')")
    for name in "cdef":
        course.add(name, "1 + 1")
    result = course.run(workers=1)
    kinds = {lesson.name: lesson.failure.kind if lesson.failure else "" for lesson in result.lessons}
    assert kinds == {"a-kills": "internal", **dict.fromkeys(["b-stops", *"cdef"], "")}
    assert course.text("b-stops") == "went on\n"
    assert left_from(course.root) == []


def test_a_worker_that_spoke_over_sockets_forks_no_more(make_course):
    """A widget needs Jupyter's sockets, whose threads a fork would lack."""
    course = make_course(preload=("json",))
    course.add("a", PARENT, "from ipywidgets import IntSlider\nIntSlider(3)")
    for name in "bcd":
        course.add(name, "import os\nlen(os.listdir(f'/proc/{os.getppid()}/task'))")
    result = course.run(workers=1)
    assert result.ok and result.lessons[0].engine == "nbclient"
    assert [course.text(name) for name in "bcd"] == ["1"] * 3


def test_large_outputs_are_not_counted_as_memory_of_the_next_lesson(course):
    course.add("a", "1")
    for name in "bc":
        course.add(name, "from IPython.display import JSON\nJSON([[i, i + 0.5] for i in range(700_000)])")
    for name in "de":
        course.add(name, "1")
    result = course.run(workers=1)
    assert result.ok
    first, _, _, *later = [lesson.megabytes for lesson in result.lessons]
    assert max(later) < first + 80


@pytest.mark.parametrize("fresh", [False, True])
def test_files_are_read_as_utf_8_whatever_the_system_speaks(make_course, monkeypatch, fresh):
    monkeypatch.setenv("LC_ALL", "C.UTF-8")  # where Python does not choose this by itself
    monkeypatch.delenv("PYTHONUTF8", raising=False)
    course = make_course(preload=("json",), fresh=fresh)
    course.add("a", "import sys\nsys.flags.utf8_mode")
    assert course.run().ok and course.text("a") == "1"


def test_a_cell_that_speaks_for_its_kernel_fails_at_once(course):
    course.add(
        "a",
        "import os, stat\nfor handle in range(3, 50):\n    try:\n        if stat.S_ISSOCK(os.fstat(handle).st_mode):\n"
        '            os.write(handle, b\'{"type":"ready","content":{}}\\n\')\n    except OSError: pass',
    )
    failure = course.run(timeout=20.0).lessons[0].failure
    assert (failure.kind, failure.cell) == ("died", 1)


def test_a_cell_may_cancel_every_task_there_is(course):
    course.add("a", "import asyncio\nfor task in asyncio.all_tasks(): task.cancel()", "print('after')")
    result = course.run(timeout=20.0)
    assert result.ok and course.text("a") == "after\n"


def test_why_one_kernel_was_ended_is_not_said_of_the_next(course):
    course.add("a-large", "kept = bytearray(800_000_000)\nimport time; time.sleep(500)")
    for name in "bcd":
        course.add(name, "import os\nos.kill(os.getpid(), 9)")
    result = course.run(workers=1, memory_limit=600.0)
    assert [lesson.failure.kind for lesson in result.lessons] == ["memory", "died", "died", "died"]
    assert result.lessons[-1].megabytes < 600


def left_from(folder: Path) -> list[str]:
    """Kernels and servers that were started in `folder` and still run, after a moment to end."""
    give_up = time.monotonic() + 600
    while True:
        found = []
        for process in psutil.process_iter(["cmdline"]):
            try:
                if (
                    process.cwd() == str(folder)
                    and process.pid != os.getpid()
                    and process.status() != "zombie"
                ):
                    found.append(" ".join(process.info["cmdline"] or []))
            except (psutil.Error, OSError):
                continue
        if not found or time.monotonic() > give_up:
            return found
        time.sleep(0.1)


RUN = """
import sys
import tempfile
from pathlib import Path
from cleanworks.workshop.run import Job, RunOptions, run_notebooks
from cleanworks.workshop.reports.progress_display import Lines

if __name__ == "__main__":
    root = Path(sys.argv[1])
    jobs = [Job(path.stem, path) for path in sorted(root.glob("*.ipynb"))]
    # More than five notebooks share what is made beforehand.
    preload = ("json", "os:getpid>abs") if len(jobs) > 5 else ("json",)
    options = RunOptions(root=root, workers=3, preload=preload, fresh="fresh" in sys.argv, memory_reserve=0)
    sys.exit(run_notebooks(jobs, options, Lines(sys.stdout)).exit_code)
"""
SLEEP = "import subprocess, time\nopen('begun-' + NAME, 'w').close()\nsubprocess.run(['sleep', '500'])"


@pytest.fixture
def start(tmp_path):
    """Starts a run in a process of its own, in a folder of its own, as a terminal would."""
    script = tmp_path / "script.py"
    script.write_text(RUN)
    begun = []

    def start(course, *arguments):
        process = subprocess.Popen(
            [sys.executable, str(script), str(course.root), *arguments],
            cwd=course.root, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True,
            # Whoever runs the tests in the background of a shell ignores Ctrl-C, and would hand that on.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler))  # fmt: skip
        begun.append(process)
        return process

    yield start
    for process in begun:
        process.kill()
        if not process.stdout.closed:  # the test has read it to its end
            process.communicate()


def wait_for(process, course, *names):
    wait_until(lambda: all((course.root / f"begun-{name}").exists() for name in names), process)


@pytest.fixture
def sleepers(make_course):
    course = make_course("sleepers")
    for name in "ab":
        course.add(name, f"NAME = '{name}'", SLEEP)
    return course


@pytest.mark.parametrize("fresh", [(), ("fresh",)], ids=["warm", "fresh"])
def test_ctrl_c_ends_everything_and_keeps_what_was_finished(sleepers, start, fresh):
    sleepers.add("0-quick", "print('done')")
    process = start(sleepers, *fresh)
    wait_for(process, sleepers, "a", "b")
    wait_until(sleepers.options.out_folder.joinpath("0-quick.ipynb").exists, process)
    # Ctrl-C goes to the whole group of the terminal.
    os.killpg(process.pid, signal.SIGINT)
    text = process.communicate()[0]
    assert process.returncode == 130, text
    assert "Traceback" not in text
    assert left_from(sleepers.root) == []
    assert text_of(outputs_of(sleepers.options.out_folder / "0-quick.ipynb")) == "done\n"
    assert not (sleepers.options.out_folder / "a.ipynb").exists()
    assert list(sleepers.root.rglob(".part-*")) == []


@pytest.mark.parametrize("who", few(["main", "main and workers", "server", "workers"], ["main", "server"]))
def test_nothing_survives_a_kill_whoever_is_killed(sleepers, start, who):
    if who in ("main", "server"):
        for number in range(4):
            sleepers.add(f"later-{number}", "1")
    process = start(sleepers)
    wait_for(process, sleepers, "a", "b")
    main = psutil.Process(process.pid)
    server = next(child for child in main.children() if "kernels.server" in " ".join(child.cmdline()))
    victims = {
        "main": [main],
        "main and workers": [main, *server.children()],
        "server": [server],
        "workers": server.children(),
    }[who]
    assert victims
    for victim in victims:
        victim.kill()
    process.communicate()
    assert process.returncode != 0
    assert left_from(sleepers.root) == []


def test_nothing_survives_where_the_signal_to_end_is_blocked(sleepers, start):
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
    try:
        process = start(sleepers)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    wait_for(process, sleepers, "a", "b")
    main = psutil.Process(process.pid)
    next(child for child in main.children() if "kernels.server" in " ".join(child.cmdline())).kill()
    process.communicate()
    assert process.returncode != 0 and left_from(sleepers.root) == []


def test_nothing_is_left_after_success_and_failure(make_course, start):
    course = make_course("mixed")
    course.add("good", "1")
    course.add("bad", "import subprocess\nsubprocess.Popen(['sleep', '500'], start_new_session=True)\n1 / 0")
    process = start(course)
    process.communicate()
    assert process.returncode == 1
    assert left_from(course.root) == []


def test_the_server_ends_with_the_process_that_started_it_even_while_it_loads(tmp_path):
    (tmp_path / "slow_module.py").write_text("import time\ntime.sleep(1)\n")
    code = (
        "from cleanworks.workshop.run.kernels.server_process import KernelServer\n"
        "import os\nserver = KernelServer(['slow_module'])\nprint(server.pid, flush=True)\nos.kill(os.getpid(), 9)"
    )
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=environment,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert int(done.stdout) and left_from(tmp_path) == []


def test_a_server_that_cannot_start_is_one_message(monkeypatch):
    from cleanworks.errors import InputError

    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(InputError, match="process that starts the kernels ended"), KernelServer() as broken:
        while not broken.ready:
            select.select([broken], [], [])
            broken.news()


def test_a_server_that_is_killed_says_how_it_ended_and_nothing_else():
    from cleanworks.errors import InputError

    with KernelServer(["json"]) as server:
        while not server.ready:
            select.select([server], [], [])
            server.news()
        os.kill(server.pid, signal.SIGKILL)
        wait_until(
            lambda: not psutil.pid_exists(server.pid) or psutil.Process(server.pid).status() == "zombie"
        )
        with pytest.raises(InputError) as error:
            server.news()
    assert error.value.what == "The process that starts the kernels ended (SIGKILL)."


def test_descendants_are_found_through_the_whole_tree():
    assert CAN_FORK
    process = subprocess.Popen(["sh", "-c", "sh -c 'sleep 300 & wait' & wait"])
    try:
        wait_until(
            lambda: [psutil.Process(pid).name() for pid in descendants(process.pid)] == ["sh", "sleep"]
        )
        assert len(descendants(process.pid, most=0)) == 1
    finally:
        for pid in [*descendants(process.pid), process.pid]:
            os.kill(pid, signal.SIGKILL)
        process.wait()
