"""Kill commands at random moments (kill -9), and see that the next run is right and that nothing is left behind.

    python tests/fuzz kills [--seed 1] [--count 200] [--only run,book] [--seconds 500]

Each command works in a small course of its own: `run`, `book` and `workshop build` on a course of two lessons, `data import` on ten
processes, and a program that enters records into a registry. It is killed in a forked child, at a moment of chance within the time that
it takes undisturbed, either from nothing or after a sentence was changed. Then it is called once more, undisturbed. Counted are: a next
run that ends with an error, a file that is missing, other than after an undisturbed run, or too many, a folder left in the place for
temporary files, and a process that lives on. Files that differ between two undisturbed runs, such as times, only have to be there.
Exit code 1 if there is one.
"""

from __future__ import annotations

import argparse
import collections
import ctypes
import hashlib
import importlib
import os
import random
import select
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from cleanworks import cli
from tests.fuzz import world

WARM = (
    "jupyter_book", "myst_nb", "nbclient", "pyarrow.parquet", "sphinx.application", "sphinx_book_theme", "sqlalchemy",
    "cleanworks.city", "cleanworks.construction.registry", "cleanworks.data.data_command", "cleanworks.standards.ocds",
    "cleanworks.workshop.book", "cleanworks.workshop.delivery.workshop_folder", "cleanworks.workshop.run.runner",
)  # fmt: skip
GRACE = 30.0  # seconds in which the helpers of a killed command have to notice
Tree = dict[str, str]


@dataclass
class Work:
    """A command, the room it works in, and what a person changes there between two calls."""

    name: str
    make: Callable[[Path], None]
    call: Callable[[], int]
    change: Callable[[Path], None]
    seconds: dict[str, float] = field(default_factory=dict)
    right: dict[str, list[Tree]] = field(default_factory=dict)


# --- rooms ------------------------------------------------------------------------------------------------------------


def _course(room: Path) -> None:
    shutil.copytree(world.COURSE, room, ignore=shutil.ignore_patterns("_build", "__pycache__"))
    (room / "workshops").mkdir()
    (room / "workshops" / "rain.toml").write_text(world.WORKSHOP, encoding="utf-8")


def _lesson(room: Path) -> None:
    """A sentence and a line of code of a lesson, and a sentence of a page."""
    path = room / "notebooks" / "weather" / "r1-rain-gauge.ipynb"
    text = path.read_text(encoding="utf-8")
    place = text.index('"cell_type": "code"')
    path.write_text(text[:place] + text[place:].replace('"source": [\n', '"source": [\n    "1 + 1\\n",\n', 1), encoding="utf-8")  # fmt: skip
    with (room / "index.md").open("a", encoding="utf-8") as page:
        page.write("\nOne more sentence.\n")


def _files(room: Path) -> None:
    from cleanworks import city
    from cleanworks.standards import ocds

    room.mkdir()
    about = {"publisher": "A city", "uri": "https://example.org/p.json", "published": "2026-06-30"}
    ocds.write(room / "a.json", city.make(projects=10), kind="releases", **about)


def _one_less(room: Path) -> None:
    import json

    package = json.loads((room / "a.json").read_text(encoding="utf-8"))
    package["releases"].pop()
    (room / "a.json").write_text(json.dumps(package), encoding="utf-8")


def _enter() -> int:
    """Enter those records that are not there yet."""
    from cleanworks.construction import registry

    wanted = int(Path("wanted").read_text())
    with registry.Registry("works.db") as book:
        there = set(book.table("projects")["project_id"]) if Path("works.db").stat().st_size else set()
        for number in range(1, wanted + 1):
            project = {
                "project_id": f"P-{number}", "title": "Bridge", "district": "North", "budget_amount": 5e9,
                "period_start": "2026-01-01", "period_end": "2027-06-30",
            }  # fmt: skip
            if project["project_id"] not in there:
                clerk = registry.User("official-1", "official")
                book.enter(clerk, "projects", project, at=f"2026-01-01T09:{number // 60:02}:{number % 60:02}")
    code = cli.run(["registry", "check", "works.db"])
    with registry.existing("works.db") as book:
        Path("head.txt").write_text("{} {}".format(*book.head()))
    return code


def _wanted(number: int) -> Callable[[Path], None]:
    def write(room: Path) -> None:
        room.mkdir(exist_ok=True)
        (room / "wanted").write_text(str(number))

    return write


WORKS = (
    Work("run", _course, lambda: cli.run(["run"]), _lesson),
    Work("book", _course, lambda: cli.run(["book"]), _lesson),
    Work("workshop build", _course, lambda: cli.run(["workshop", "build", "rain", "--out", "out", "--no-book"]), _lesson),
    Work("data import", _files, lambda: cli.run(["data", "import", "a.json", "--out", "out"]), _one_less),
    Work("registry", _wanted(60), _enter, _wanted(90)),
)  # fmt: skip


# --- calling and killing ------------------------------------------------------------------------------------------------


class Place:
    """Where one command works: its room, always at the same path, a copy of it for each beginning, and a place for temporary files."""

    def __init__(self, work: Work, folder: Path):
        self.work, self.room, self.temporary = work, folder / "room", folder / "t"
        self._kept = folder / "kept"
        self._kept.mkdir(parents=True)
        self.temporary.mkdir()
        for beginning in ("nothing", "something"):
            if beginning == "nothing":
                work.make(self.room)
            else:
                self.call()
                work.change(self.room)
            shutil.copytree(self.room, self._kept / beginning, symlinks=True)
            trees, times = [], []
            for _ in range(2):
                self.begin(beginning)
                begun = time.monotonic()
                code, text = self.call()
                times.append(time.monotonic() - begun)
                if code:
                    raise SystemExit(f"{work.name}: the undisturbed run ends with {code}: {text[-2000:]}")
                trees.append(tree(self.room))
            self.call()  # a second run may tidy up
            work.right[beginning], work.seconds[beginning] = [*trees, tree(self.room)], max(times)

    def _changes_by_itself(self, name: str) -> bool:
        """Whether two undisturbed runs, from the same beginning, left two contents: a build from nothing says when it was."""
        return any(one.get(name) != two.get(name) for one, two, _ in self.work.right.values())

    def begin(self, beginning: str) -> None:
        """The room as it was before."""
        shutil.rmtree(self.room, ignore_errors=True)
        shutil.copytree(self._kept / beginning, self.room, symlinks=True)

    def call(self, after: float | None = None) -> tuple[int, str]:
        """(exit code, what was said); killed after some seconds, if they are given and it has not ended by itself."""
        with tempfile.TemporaryFile() as said:
            child = os.fork()
            if child == 0:
                self._child(said.fileno())
            handle = os.pidfd_open(child)
            if after is not None and not select.select([handle], [], [], after)[0]:
                os.kill(child, signal.SIGKILL)
            code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
            os.close(handle)
            said.seek(0)
            return code, said.read().decode("utf-8", "replace")

    def _child(self, said: int) -> None:
        try:
            os.setsid()
            for handle in (1, 2):
                os.dup2(said, handle)
            os.environ["TMPDIR"] = tempfile.tempdir = str(self.temporary)
            os.chdir(self.room)
            code = self.work.call()
        except BaseException:
            import traceback

            traceback.print_exc()
            code = 99
        sys.stdout.flush()
        os._exit(code)

    def kill(self, beginning: str, chance: random.Random) -> tuple[bool, list[str]]:
        """(whether it was killed before it ended, what is wrong after the next run)."""
        self.begin(beginning)
        begun = time.monotonic()
        code, text = self.call(after=chance.random() * self.work.seconds[beginning])
        killed = code == -signal.SIGKILL
        if not killed:  # the machine has become quicker
            self.work.seconds[beginning] = time.monotonic() - begun
        wrong = [] if killed or code == 0 else [f"ends with {code} by itself: {text[-300:]}"]
        wrong += [f"lives on: {name}" for name in orphans()]
        code, text = self.call()
        if code:
            wrong.append(f"the next run ends with {code}: {text[-1500:]}")
        wrong += [f"lives on after the next run: {name}" for name in orphans()]
        found, right = tree(self.room), self.work.right[beginning]
        must, may = set(right[0]) & set(right[1]), set().union(*right)
        wrong += [f"is missing: {name}" for name in sorted(must - set(found))]
        wrong += [f"is left: {name}" for name in sorted(set(found) - may)]
        wrong += [
            f"is another: {name}"
            for name in sorted(must & set(found))
            if right[0][name] != found[name] and not self._changes_by_itself(name)
        ]
        for left in list(self.temporary.iterdir()):
            wrong.append(f"is left among the temporary files: {left.name}")
            shutil.rmtree(left, ignore_errors=True)
        return killed, wrong


def tree(room: Path) -> Tree:
    """Every file and folder of a room with the checksum of its content; compiled Python is not looked at."""
    found = {}
    for path in room.rglob("*"):
        if "__pycache__" not in path.parts:
            name = path.relative_to(room).as_posix()
            found[name] = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
    return found


def orphans() -> list[str]:
    """Children of what was killed that still live when they have had time to notice. They come to us, see `main`."""
    until = time.monotonic() + GRACE
    while True:
        try:
            ended = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG)
        except ChildProcessError:
            return []
        if ended is None:
            if time.monotonic() > until:
                break
            time.sleep(0.01)
    return [" ".join(_command(one))[:200] for one in _children()]


def _children() -> list[int]:
    return [int(one) for one in Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()]


def _command(process: int) -> list[str]:
    return Path(f"/proc/{process}/cmdline").read_bytes().decode("utf-8", "replace").split("\0")


def main() -> int:
    """Print a line for each find, one for each command, and one for all."""
    parser = argparse.ArgumentParser(
        prog="fuzz kills", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--only", default="", help="names of commands, separated by commas")
    parser.add_argument("--seconds", type=float, default=float("inf"), help="begin no more kills after that")
    given = parser.parse_args()
    # Processes whose parent was killed become our children: so we hear when they end.
    ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)
    for word in " ".join(cli.COMMANDS.values()).split():
        cli.command(word)
    for name in WARM:  # before the forks, so that a kill falls into the work and not into imports
        importlib.import_module(name)
    only = [name.strip() for name in given.only.split(",") if name.strip()]
    begun = time.monotonic()
    kills, ended, bad = collections.Counter(), collections.Counter(), 0
    with tempfile.TemporaryDirectory(prefix="k-") as folder:
        places = [
            Place(work, Path(folder, f"{n}")) for n, work in enumerate(WORKS) if not only or work.name in only
        ]
        for place in places:
            beginnings = ", ".join(f"{s:.1f} s from {name}" for name, s in place.work.seconds.items())
            print(f"{place.work.name}: undisturbed {beginnings}", flush=True)
        number = 0
        while sum(kills.values()) < given.count and time.monotonic() - begun < given.seconds:
            place = places[number % len(places)]
            beginning = ("nothing", "something")[number // len(places) % 2]
            killed, wrong = place.kill(beginning, random.Random(f"{given.seed}-{number}"))
            (kills if killed else ended)[place.work.name] += 1
            for one in wrong:
                bad += 1
                print(f"{number} {place.work.name} from {beginning}: {one}", flush=True)
            number += 1
        for place in places:
            name = place.work.name
            print(f"{name}: killed {kills[name]} times, ended before the kill {ended[name]} times")
        print(
            f"{sum(kills.values())} kills, seed {given.seed}: {bad} found; {time.monotonic() - begun:.0f} s."
        )
    return int(bad > 0)
