"""Whatever its cells do, a lesson ends with a report, within its limits, and the others finish."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import psutil
import pytest

from cleanworks.workshop.run import run_notebooks
from tests.workshop.run.conftest import Recorder, linux

# Name -> (cells, kind of failure, cell that is named, part of the message).
HOSTILE = {
    "hangs": (["import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\nwhile True: pass"], "timeout", 1, "3 s"),
    "os._exit": (["1", "import os\nos._exit(0)"], "died", 2, "exit code 0"),
    "crashes": (["import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)"], "died", 1, "SIGSEGV"),
    "50 MB to stdout": (["print('x' * 50_000_000)"], "output", 1, "5 MB"),
    "50 MB to the descriptor": (["import os\nfor i in range(50): os.write(1, b'x' * 1_000_000)"], ("output", "disk"), 1, "MB"),
    "prints for ever": (["while True: print('x' * 1000)"], "output", 1, "5 MB"),
    "50 MB of HTML": (["from IPython.display import HTML\nHTML('x' * 50_000_000)"], ("output", "memory"), 1, ""),
    "9 MB in three million letters": (["from IPython.display import HTML\nHTML('한' * 3_000_000)"], "output", 1, "5 MB"),
    "an error of 8 MB": (["raise ValueError('x' * 4_000_000)"], "output", 1, "5 MB"),
    "10,000 outputs": (["from IPython.display import display\nfor i in range(10_000): display(i)"], "output", 1, "2000"),
    "changes directory": (["import os\nos.chdir('/')", "1"], "directory", 1, "working directory"),
    "closes descriptors": (["import os\nos.closerange(0, 1000)", "1"], "died", None, "ended abruptly"),
    "SystemExit": (["raise SystemExit(3)"], "exit", 1, "SystemExit(3)"),
    "exit()": (["exit()", "1"], "exit", 1, "exit()"),
    "input()": (["input('Your name? ')"], "error", 1, "input()"),
    "getpass()": (["import getpass\ngetpass.getpass()"], "error", 1, "input()"),
    "broken display hook": (
        ["def bad(*a, **k): raise RuntimeError('no')\nget_ipython().display_formatter.format = bad", "1"], "error", 2, "no"),
    "display hook is gone": (["get_ipython().displayhook = None", "1"], "error", None, "NoneType"),
    "takes execution away": (["get_ipython().kernel.do_execute = None", "1"], ("error", "timeout"), 2, ""),
    "repr that raises": (["class A:\n    def _repr_html_(self): raise ValueError('odd')\nA()"], "error", 1, "odd"),
    "publisher that raises": (
        ["get_ipython().display_pub.publish = lambda *a, **k: 1 / 0", "from IPython.display import display\ndisplay(1)"],
        "error", 2, "division"),
    "invalid UTF-8": (["import os\nos.write(1, b'\\xff\\xfe')"], "encoding", 1, "UTF-8"),
    "lone surrogate": (["print('\\ud800')"], "encoding", 1, "UTF-8"),
    "fills the disk with one file": (
        ["with open('big', 'wb') as file:\n    while True: file.write(bytes(1_000_000))"], ("error", "disk"), 1, ""),
    "fills the disk with many files": (
        ["import itertools\nfor i in itertools.count(): open('big' + str(i % 3), 'wb').write(bytes(20_000_000))"], "disk", 1, "60 MB"),
    "takes all memory": (["kept = []\nwhile True: kept.append(b'1' * 20_000_000)"], "memory", 1, "500 MB"),
    "leaves a child": (["1", "import os, time\nif os.fork() == 0:\n    time.sleep(600)\n    os._exit(0)"], "processes", 2, "a process"),
    "forks itself into the kernel": (["import os\nos.fork()"], "processes", 1, "a process"),
    "leaves a daemon": (
        ["import os, time\nif os.fork() == 0:\n    os.setsid()\n    if os.fork() == 0: time.sleep(600)\n    os._exit(0)\nos.wait()"],
        "processes", 1, "a process"),
    "leaves a program": (["import subprocess\nsubprocess.Popen(['sleep', '600'], start_new_session=True)"], "processes", 1, "sleep"),
    "starts many": (
        ["import os, time\nfor i in range(150):\n    if os.fork() == 0:\n        time.sleep(600)\ntime.sleep(600)"], "processes", 1, "100"),
    "kills its worker": (["import os, time\nos.kill(os.getppid(), 9)\ntime.sleep(60)"], "internal", None, "ended unexpectedly"),
    "endless recursion": (["def f(): return f()\nf()"], "error", 1, "RecursionError"),
    "does not parse": (["x = ("], "error", 1, "SyntaxError"),
}  # fmt: skip
HARMLESS = ["print('fine')", "1 + 1"]
LIMITS = {"timeout": 600, "output_limit": 5, "memory_limit": 500, "file_limit": 60, "workers": 2}
# Some misbehave only for as long as they may.
SHORT = {"hangs": 3, "takes execution away": 3}


def sleepers():
    return [p.pid for p in psutil.process_iter(["cmdline"]) if p.info["cmdline"] == ["sleep", "600"]]


@linux
@pytest.mark.parametrize(
    "fresh", [False, pytest.param(True, marks=pytest.mark.everything)], ids=["warm", "fresh"]
)
def test_every_hostile_lesson_fails_alone(make_course, fresh):
    course = make_course(preload=("json",), fresh=fresh)
    names = {}
    course.add("harmless-0", *HARMLESS)
    for number, (title, (cells, *_)) in enumerate(HOSTILE.items()):
        names[f"h{number}"] = title
        folder = course.root / f"h{number}"
        folder.mkdir()
        course.add(f"h{number}", *cells, workdir=folder, timeout=SHORT.get(title))
    course.add("harmless-1", *HARMLESS)
    before = set(sleepers())
    result = course.run(**LIMITS)

    assert set(sleepers()) == before
    assert [one.status for one in result.lessons if one.name.startswith("harmless")] == ["passed", "passed"]
    wrong = []
    for lesson in result.lessons:
        if lesson.name.startswith("harmless"):
            continue
        cells, kind, position, part = HOSTILE[names[lesson.name]]
        kinds = kind if isinstance(kind, tuple) else (kind,)
        found = lesson.failure
        text = f"{found.message} {' '.join(found.details)}" if found else ""
        named = position is None or (found and found.cell == position)
        if found is None or found.kind not in kinds or part not in text or not named:
            wrong.append((names[lesson.name], found))
        # Bounded: what the watch allows, and what can be taken between two looks at it.
        elif lesson.megabytes > 1500:
            wrong.append((names[lesson.name], lesson.megabytes))
    assert wrong == []
    size = sum(path.stat().st_size for path in course.root.rglob("big*") if path.is_file())
    assert size < 2 * 200e6


@pytest.mark.parametrize(
    ("cells", "kind"),
    [
        (["import os\nos._exit(3)"], "died"),
        pytest.param(["while True: print('x' * 1000)"], "output", marks=pytest.mark.everything),
        pytest.param(["import os\nos.chdir(os.path.dirname(os.getcwd()))"], "directory", marks=pytest.mark.everything),
        pytest.param(["import subprocess, sys\nsubprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])"], "processes", marks=pytest.mark.everything),
        pytest.param(["raise SystemExit"], "exit", marks=pytest.mark.everything),
        pytest.param(["while True: pass"], "timeout", marks=pytest.mark.everything),
    ],
    ids=["os._exit", "prints for ever", "changes directory", "leaves a program", "SystemExit", "hangs"],
)  # fmt: skip
def test_kernels_without_a_server_are_bounded_too(make_course, monkeypatch, cells, kind):
    monkeypatch.setattr("cleanworks.workshop.run.runner.CAN_FORK", False)
    # As on Windows, which has neither SIGKILL nor SIGCONT.
    monkeypatch.setattr("cleanworks.workshop.run.pool.signal", SimpleNamespace())
    course = make_course()
    course.add("hostile", *cells, timeout=3 if kind == "timeout" else 600)
    course.add("harmless", *HARMLESS)
    result = course.run(output_limit=5)
    assert [one.status for one in result.lessons] == ["failed", "passed"]
    assert result.lessons[0].failure.kind == kind
    assert sum("not forked" in note for note in result.notes) == 1


@linux
def test_a_worker_that_is_lost_is_replaced(course, server):
    """The process that drives a kernel is killed: its lesson is reported, the others run."""

    class KillFirst(Recorder):
        def started(self, name, reason):
            super().started(name, reason)
            if name == "long":
                [child.kill() for child in psutil.Process(server.pid).children()]

    course.add("long", "import time\ntime.sleep(60)")
    for number in range(4):
        course.add(f"short-{number}", "1")
    course.options = replace(course.options, workers=1)
    result = run_notebooks(list(course.jobs.values()), course.options, KillFirst())
    lost = [one for one in result.lessons if one.status == "failed"]
    # The spare worker, which was starting the next kernel, went with it.
    assert "long" in [one.name for one in lost] and len(lost) <= 2
    assert {one.failure.kind for one in lost} == {"internal"}
    assert {one.name for one in run_notebooks(list(course.jobs.values())[1:], course.options).failed} == set()


def test_output_after_a_figure_stays_after_it(course):
    """Printed text is joined, but never across another output."""
    course.add(
        "order",
        "from IPython.display import display\nfor i in range(3): print(i)\ndisplay('shown')\nprint('after')",
    )
    assert course.run().ok
    kinds = [(out["output_type"], out.get("text")) for out in course.outputs("order")[0]]
    assert kinds == [("stream", "0\n1\n2\n"), ("display_data", None), ("stream", "after\n")]


def test_time_limit_is_for_the_lesson_not_for_a_cell(course):
    course.add("slow", *["import time\ntime.sleep(1)"] * 20, timeout=2.5)
    failure = course.run().lessons[0].failure
    assert failure.kind == "timeout" and failure.cell < 20
