"""What a killed process had not finished is gone after the next one that writes there, and what it had put aside is back."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from cleanworks import scratch, written

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="locks of Unix")

# Each writes, is killed at the place of KILL, and has then left something.
_KILLED = {
    "a file": "with written.whole(place / 'a.txt') as file:\n    file.write(b'new')\n    KILL",
    "a folder": "with written.folder(place / 'out') as new:\n    (new / 'a.txt').write_text('new')\n    KILL",
    "a folder between the old one and the new one": "real = os.replace\n"
    "def replace(one, two):\n    real(one, two)\n    KILL\n"
    "os.replace = replace\nwith written.folder(place / 'out') as new:\n    (new / 'a.txt').write_text('new')",
}


@pytest.fixture
def place(tmp_path):
    (tmp_path / "a.txt").write_text("old")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "a.txt").write_text("old")
    return tmp_path


def killed(place: Path, program: str) -> None:
    child = os.fork()
    if child == 0:
        kill = f"os.kill(os.getpid(), {signal.SIGKILL:d})"
        exec(program.replace("KILL", kill), {"os": os, "written": written, "place": place})
        os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL


def names(place: Path) -> list[str]:
    return sorted(path.relative_to(place).as_posix() for path in place.rglob("*"))


@pytest.mark.parametrize("program", _KILLED.values(), ids=_KILLED)
def test_what_a_killed_process_left_is_gone_after_the_next(place, program, monkeypatch):
    monkeypatch.setattr(written, "_swept", set())
    killed(place, program)
    assert names(place) != ["a.txt", "out", "out/a.txt"]
    if "out" in program:
        with pytest.raises(ZeroDivisionError), written.folder(place / "out"):
            1 / 0  # noqa: B018
    else:
        with written.whole(place / "b.txt") as file:
            file.write(b"another")
        (place / "b.txt").unlink()
    assert names(place) == ["a.txt", "out", "out/a.txt"]
    assert (place / "a.txt").read_text() == (place / "out" / "a.txt").read_text() == "old"


def test_what_is_being_written_stays_until_it_is_written(place):
    with written.whole(place / "a.txt") as file, written.folder(place / "out") as new:
        program = "from pathlib import Path; from cleanworks import scratch; place = Path('.').resolve()\n"
        program += "print(scratch.sweep(place, '.part-'), scratch.sweep(place, '.out-'))"
        said = subprocess.run(
            [sys.executable, "-c", program], cwd=place, capture_output=True, text=True, check=True
        )
        assert said.stdout.split() == ["0", "0"]
        file.write(b"new")
        (new / "b.txt").write_text("new")
    assert names(place) == ["a.txt", "out", "out/b.txt"] and (place / "a.txt").read_text() == "new"


def test_what_another_machine_left_is_not_touched(place, monkeypatch):
    with scratch.file(place, ".part-") as (_, name):
        os.rename(name, place / ".part-of-another-1")
        assert scratch.sweep(place, ".part-") == 0
    assert (place / ".part-of-another-1").exists()


def test_a_file_that_came_up_meanwhile_stays(place):
    with pytest.raises(FileExistsError), written.whole(place / "a.txt", new=True) as file:
        file.write(b"new")
    assert names(place) == ["a.txt", "out", "out/a.txt"] and (place / "a.txt").read_text() == "old"
