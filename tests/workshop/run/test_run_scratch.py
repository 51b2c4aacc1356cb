"""What a killed run leaves behind is gone after the next one, and a long folder for temporary files does not stop it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from cleanworks import scratch

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="sockets and locks of Unix")


@pytest.fixture
def temporary(tmp_path, monkeypatch) -> Path:
    """A folder for temporary files of its own, short enough."""
    folder = Path(tempfile.mkdtemp(prefix="t", dir="/tmp"))
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setattr(tempfile, "tempdir", None)
    return folder


def test_folders_of_the_dead_are_removed_and_those_of_the_living_stay(temporary):
    program = "import sys, time\nfrom cleanworks import scratch\nprint(scratch.make(), flush=True)\nsys.stdin.read()"
    dead, living = (
        subprocess.Popen(
            [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for _ in range(2)
    )
    left, kept = (Path(one.stdout.readline().strip()) for one in (dead, living))
    (temporary / "cw-of-somebody-else").mkdir()
    dead.send_signal(signal.SIGKILL)
    dead.wait()
    assert left.is_dir()
    assert scratch.sweep() == 1
    assert not left.exists() and kept.is_dir() and (temporary / "cw-of-somebody-else").is_dir()
    living.communicate("")


def test_a_run_that_executes_nothing_removes_what_the_dead_left(temporary, make_course):
    course = make_course()
    course.add("lesson", "1 + 1")
    course.run()
    left = scratch.make()
    os.close(scratch._held.pop(str(left)))  # as if its owner had been killed
    assert course.run().lessons[0].cached and not left.exists()


def test_a_run_that_was_killed_leaves_nothing_after_the_next_one(temporary, make_course):
    course = make_course(preload=("json",))
    course.add("lesson", "import os, signal\nos.kill(int(os.environ['VICTIM']), signal.SIGKILL)\ninput()")
    program = (
        "import os, sys\nos.environ['VICTIM'] = str(os.getpid())\nfrom pathlib import Path\n"
        "from cleanworks.workshop.run import Job, RunOptions, run_notebooks\n"
        "run_notebooks([Job('lesson', Path(sys.argv[1]))], RunOptions(root=Path(sys.argv[1]).parent, preload=('json',)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(course.root / "lesson.ipynb")], capture_output=True
    )
    assert done.returncode == -signal.SIGKILL
    course.add("lesson", "1 + 1")
    assert course.run().ok
    # Workers and kernels of the killed run end when they notice, and then nobody holds its folder any more. The test ends only then.
    while list(temporary.glob("cw-*")):
        scratch.sweep()


def test_a_folder_for_temporary_files_too_long_for_sockets(tmp_path, monkeypatch, make_course):
    long = tmp_path / ("x" * 120)
    long.mkdir()
    monkeypatch.setenv("TMPDIR", str(long))
    monkeypatch.setattr(tempfile, "tempdir", None)
    assert len(os.fsencode(scratch.place())) <= 60
    course = make_course(preload=("json",))
    course.add("lesson", "6 * 7")
    assert course.run().ok and course.text("lesson") == "42"
    course.add("lesson", "6 * 8")
    assert course.run(fresh=True).ok and course.text("lesson") == "48"
