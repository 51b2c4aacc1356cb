"""Give every reader damaged files, and count what must never happen.

    python tests/fuzz [--seed 1] [--count 20000] [--only csv,kit] [--keep FOLDER] [--seconds 500]

Each input is a valid file that was damaged in one or more ways (`damage.py`), read by one of the commands that read such files
(`world.py`) in a forked child, in a folder of its own. Counted are: a traceback, "itself made a mistake", advice about the disk where
the file is to blame, a refusal without a word, more than 10 s of processor time, more than 1 GB of memory beyond the start, a minute
in which it does nothing, and anything left behind by a command that refused. The same seed gives the same inputs. --keep writes each input that
was found, with what was said. Exit code 1 if there is one.
"""

from __future__ import annotations

import argparse
import collections
import contextlib
import gc
import io
import json
import os
import random
import re
import resource
import select
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from cleanworks import cli, errors
from tests.fuzz import world

SECONDS, BYTES, WAIT = 10, 1_000_000_000, 60.0
BATCH = 100


@dataclass(frozen=True)
class Case:
    """One input: which reader, which of its commands, and the seed of the damage."""

    number: int
    reader: world.Reader
    command: world.Command
    seed: str

    @property
    def title(self) -> str:
        command = self.command if not callable(self.command) else [self.command.__name__]
        return f"{self.number} {self.reader.name}: {' '.join(command)}"

    def content(self, rooms: Path) -> bytes:
        """The damaged file; the valid one where there is no seed."""
        chance = random.Random(self.seed)
        data = (rooms / self.reader.room / self.reader.target).read_bytes()
        for _ in range(chance.choice((1, 1, 1, 2)) if self.seed else 0):
            with contextlib.suppress(Exception):  # a way that needs a whole file, after one that broke it
                data = chance.choice(self.reader.ways)(chance, data)
        return data


@dataclass(frozen=True)
class Found:
    """What happened that must not."""

    case: Case
    what: str
    said: str


def cases(seed: int, count: int, only: Sequence[str] = ()) -> Iterator[Case]:
    """The inputs of a seed: the readers in turn, so that any count has all of them."""
    readers = [one for one in world.READERS if not only or one.name in only]
    for number in range(count):
        reader = readers[number % len(readers)]
        yield Case(
            number,
            reader,
            reader.commands[number // len(readers) % len(reader.commands)],
            f"{seed}-{reader.name}-{number}",
        )


def warm(rooms: Path, only: Sequence[str] = ()) -> list[str]:
    """Read every valid file with each of its commands, so that no fork imports anything again; say which are refused."""
    wrong = []
    for reader in world.READERS:
        if only and reader.name not in only:
            continue
        for number, command in enumerate(reader.commands):
            case = Case(number, reader, command, "")
            with tempfile.TemporaryDirectory(prefix="fuzz-") as place:
                code, said = _read(case, rooms, Path(place))[:2]
            if code not in reader.fine:
                wrong.append(f"{case.title}: exit code {code}: {said.strip()[-500:]}")
    return wrong


def run(chosen: Sequence[Case], rooms: Path) -> Iterator[tuple[int, list[Found]]]:
    """(inputs read, what was found) of each batch, read in a child; a child that dies costs its batch nothing but that input."""
    waiting = list(chosen)
    while waiting:
        batch, waiting = waiting[:BATCH], waiting[BATCH:]
        done, found, ending = _batch(batch, rooms)
        if ending:
            found.append(Found(batch[done], ending, ""))
            waiting = [*batch[done + 1 :], *waiting]
            done += 1
        yield done, found


def _batch(batch: Sequence[Case], rooms: Path) -> tuple[int, list[Found], str]:
    """(inputs that were read to their end, what was found, how the child died if it did)."""
    with tempfile.TemporaryDirectory(prefix="fuzz-") as place:
        return _watched(batch, rooms, Path(place))


def _watched(batch: Sequence[Case], rooms: Path, place: Path) -> tuple[int, list[Found], str]:
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        try:
            _child(batch, rooms, place, writing)
        finally:
            os._exit(0)
    os.close(writing)
    done, found, text, ending = 0, [], b"", ""
    with open(reading, "rb", buffering=0) as pipe:
        worked = -1.0
        while True:
            if not select.select([pipe], [], [], WAIT)[0]:
                # On a busy machine a child that works may wait for its turn; one that works too long is ended by its own limit.
                if worked < (worked := _seconds(child)):
                    continue
                os.kill(child, signal.SIGKILL)
                ending = f"nothing done for {WAIT:.0f} s"
                break
            piece = pipe.read(65536)
            if not piece:
                break
            text += piece
            *whole, text = text.split(b"\n")
            for line in whole:
                found += [Found(batch[done], what, said) for what, said in json.loads(line)]
                done += 1
    _, status = os.waitpid(child, 0)
    if not ending and done < len(batch):
        end = os.waitstatus_to_exitcode(status)
        ending = (
            f"over {SECONDS} s of processor time" if end == -signal.SIGXCPU else f"the process died ({end})"
        )
    return done, found, ending


def _seconds(process: int) -> float:
    """The processor time that a process and the children that it waited for have used."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")


def _child(batch: Sequence[Case], rooms: Path, place: Path, pipe: int) -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with open("/proc/self/statm") as file:
        size = int(file.read().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (size + 2 * BYTES, size + 2 * BYTES))
    nowhere = os.open(os.devnull, os.O_RDWR)
    for handle in (0, 1, 2):
        os.dup2(nowhere, handle)
    sys.stdin = open(0, closefd=False)  # noqa: SIM115
    for case in batch:
        used = resource.getrusage(resource.RUSAGE_SELF)
        soft = int(used.ru_utime + used.ru_stime) + SECONDS + 1
        resource.setrlimit(resource.RLIMIT_CPU, (soft, resource.getrlimit(resource.RLIMIT_CPU)[1]))
        wrong = [(one.what, one.said) for one in look(case, rooms, place)]
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        if (peak - used.ru_maxrss) * 1024 > BYTES:
            wrong.append(("over 1 GB of memory", ""))
        os.write(pipe, json.dumps(wrong).encode() + b"\n")


def look(case: Case, rooms: Path, place: Path) -> list[Found]:
    """Read one input in its room in a folder, and say what must not have happened."""
    code, text, trouble, left = _read(case, rooms, place)
    wrong = [
        what
        for what, holds in {
            "traceback": trouble or "Traceback (most recent call last)" in text,
            "itself made a mistake": "itself made a mistake" in text,
            "blames the disk": any(remedy in text for remedy in errors.REMEDIES.values()),
            "refused without a word": code and not text.strip(),
            "unknown exit code": code not in (0, 1, 2, 70),
            "left something behind": code == 2 and left,
        }.items()
        if holds
    ]
    if "itself made a mistake" in wrong:
        os.environ["CLEANWORKS_DEBUG"] = "1"  # the same once more, to see where
        text = _read(case, rooms, place)[1]
        del os.environ["CLEANWORKS_DEBUG"]
    return [Found(case, what, text[-3000:]) for what in wrong]


def _read(case: Case, rooms: Path, place: Path) -> tuple[int, str, bool, bool]:
    """(exit code, what was said, whether an exception came out, whether a file is new, other or gone)."""
    room = place / case.reader.room
    if not room.exists():
        shutil.copytree(rooms / case.reader.room, room)
    target = room / case.reader.target
    target.write_bytes(case.content(rooms))
    before, back = _stamps(room), Path.cwd()
    os.chdir(room)
    said, trouble, code = io.StringIO(), "", 0
    try:
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            code = _run(case.command)
    except BaseException:
        trouble = traceback.format_exc()
    finally:
        os.chdir(back)
    after = _stamps(room)
    if after == before:
        target.write_bytes((rooms / case.reader.room / case.reader.target).read_bytes())
    else:
        shutil.rmtree(room)  # the next input finds a new one
    refused = {name: stamp for name, stamp in after.items() if not _CACHE.search(name)}
    left = refused != {name: stamp for name, stamp in before.items() if not _CACHE.search(name)}
    return code, said.getvalue() + trouble, bool(trouble), left


def _run(command: world.Command) -> int:
    if not callable(command):
        return cli.run([*command])
    try:
        command()
    except Exception as error:
        code = cli._explain(error)
        if code == cli.BROKEN:
            raise
        return code
    return 0


# A refused command may have begun these.
_CACHE = re.compile(r"(^|/)(_build(/((cache|book)(/.*)?|texts\.json))?|__pycache__(/.*)?)$")


def _stamps(folder: Path) -> dict[str, tuple[int, ...]]:
    """Every file and folder below, with what changes when it is written again."""
    found, waiting = {}, [(folder, "")]
    while waiting:
        place, before = waiting.pop()
        for one in os.scandir(place):
            status, name = one.stat(follow_symlinks=False), before + one.name
            if one.is_dir(follow_symlinks=False):
                waiting.append((one.path, f"{name}/"))
                found[name] = ()
            else:
                found[name] = (status.st_size, status.st_mtime_ns, status.st_ino)
    return found


def main() -> int:
    """Print a line for each reader and one for all."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--only", default="", help="names of readers, separated by commas")
    parser.add_argument("--seconds", type=float, default=float("inf"), help="begin no more inputs after that")
    parser.add_argument("--keep", type=Path, help="folder for the inputs that were found")
    given = parser.parse_args()
    # Made before the forks, which would each make it.
    for word in " ".join(cli.COMMANDS.values()).split():
        cli.command(word)
    begun, tally = time.monotonic(), collections.Counter()
    only = [name.strip() for name in given.only.split(",") if name.strip()]
    with tempfile.TemporaryDirectory(prefix="fuzz-rooms-") as folder:
        rooms = Path(folder)
        world.make_rooms(rooms)
        for line in warm(rooms, only):
            print(f"A valid file is refused: {line}", flush=True)
            tally["valid files", "refused"] += 1
        gc.collect()
        gc.freeze()  # what the forks share is not looked through again in each of them
        chosen = list(cases(given.seed, given.count, only))
        read = 0
        for done, found in run(chosen, rooms):
            read += done
            for one in found:
                tally[one.case.reader.name, one.what] += 1
                _tell(one, rooms, given.seed, given.keep)
            if time.monotonic() - begun > given.seconds:
                break
    each = collections.Counter(case.reader.name for case in chosen[:read])
    print("; ".join(f"{name} {number}" for name, number in each.items()))
    for (name, what), number in sorted(tally.items()):
        print(f"{name}: {what}: {number} of {each[name]}")
    bad = sum(tally.values())
    print(
        f"{read} inputs for {len(each)} readers, seed {given.seed}: {bad} found; {time.monotonic() - begun:.0f} s."
    )
    return int(bad > 0)


def _tell(found: Found, rooms: Path, seed: int, keep: Path | None) -> None:
    last = found.said.strip().splitlines()[-1:] or [""]
    print(f"{found.case.title}: {found.what}: {last[0][:300]}", flush=True)
    if keep:
        keep.mkdir(parents=True, exist_ok=True)
        name = f"{seed}-{found.case.number}-{Path(found.case.reader.target).name}"
        (keep / name).write_bytes(found.case.content(rooms))
        (keep / f"{name}.said").write_text(
            f"{found.case.title}\n{found.what}\n{found.said}", errors="replace"
        )
