"""The proof that page and book agree: every notebook in Pyodide, its outputs beside those of the executed copies.

The notebooks run under Node with the very images that a page loads, lessons as readers see them, exercise sets as instructors
do: a check after the starter, after the solution and after each wrong answer. Results are kept by what they depend on, so that
only what changed runs again.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import re
import shutil
import subprocess
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cleanworks import scratch
from cleanworks.errors import InputError
from cleanworks.workshop.live import needs
from cleanworks.workshop.live.fetch import Say, say_on_stderr
from cleanworks.workshop.live.payload import MOST_MEMORY, Payload, image_store, prepare
from cleanworks.workshop.run.jobs import NOT_EXECUTED, tags_of

if TYPE_CHECKING:
    from nbformat import NotebookNode

    from cleanworks.workshop.catalogue import Course, Entry
    from cleanworks.workshop.editions import Audience

NODE = "CLEANWORKS_NODE"
"""Environment variable: the Node to use, if not the one on the path."""

_HERE = Path(__file__).parent
_OUTCOME = "application/vnd.cleanworks.outcome+json"

ALLOWED: tuple[tuple[str, str, str], ...] = (
    (
        r"\bdtype: (?:str|object)\b",
        "dtype: text",
        "pandas 3 calls columns of text `str`, pandas 2.2 in the page `object`.",
    ),
    (r"\bdtype='(?:str|object)'", "dtype='text'", "The same, as an index writes it."),
    (r"\bStringDtype\([^)]*\)|<class 'numpy\.object_'>", "text", "The same, as `repr` writes a type."),
    (
        r"\bdatetime64\[(?:s|us|ns)\]",
        "datetime64",
        "pandas 3 keeps dates in microseconds where pandas 2.2 takes nanoseconds.",
    ),
    (r"\b(dtype[:=] ?'?)int(?:32|64)\b", r"\1int", "The machine of the page counts places in 32 bits."),
    (r"\bnp\.int(?:32|64)\(", "np.int(", "The same, of a single number."),
)
"""What may differ between page and book: a pattern, what stands for it on both sides, and why."""


@dataclass(frozen=True)
class Difference:
    """A cell whose output in the page is another than in the book."""

    cell: str
    what: str
    page: str
    book: str

    def __str__(self) -> str:
        return f"cell `{self.cell}`, {self.what}\n    page: {self.page}\n    book: {self.book}"


@dataclass(frozen=True)
class Compared:
    """What the comparison of one notebook gave; `seconds` are those of the processor."""

    name: str
    cells: int
    differences: tuple[Difference, ...]
    seconds: float
    cached: bool


def node() -> str:
    """The Node that runs Pyodide outside a browser.

    Raises
    ------
    InputError
        There is none, or one that is too old.
    """
    found = os.environ.get(NODE) or shutil.which("node")
    said = subprocess.run([found, "--version"], capture_output=True, text=True).stdout if found else ""
    if found and (version := re.match(r"v(\d+)", said)) and int(version[1]) >= 18:
        return found
    raise InputError(
        f"There is no Node 18 or newer here{f' ({found} says {said.strip()})' if said else ''}, and the proof runs the pages' Python in it.",
        fix=f"Install it (apt install nodejs), or name it in {NODE}.",
    )


def prove(
    course: Course, ids: Iterable[str] = (), *, environment: Mapping[str, str] | None = None,
    workers: int | None = None, say: Say = say_on_stderr,
) -> list[Compared]:  # fmt: skip
    """Run notebooks in Pyodide and compare them with their executed copies, which are brought up to date first.

    Parameters
    ----------
    ids : ids of lessons, for the lesson and its exercises; all if empty.
    environment : the variables of the edition, such as its profile.
    workers : how many run at a time; as many as there are cores if not given.

    Raises
    ------
    InputError
        There is no Node, no Pyodide, or a notebook that does not run outside the page either.
    """
    program = node()
    payload = prepare(course, environment, say=say)
    wanted = set(ids)
    entries = [entry for entry in course.notebooks if not wanted or {entry.name, entry.block.id} & wanted]
    if unknown := wanted - {entry.name for entry in course.notebooks} - set(course.ids):
        raise InputError(
            f"There is no lesson {sorted(unknown)[0]!r}.", fix=f"The lessons are {', '.join(course.ids)}."
        )
    copies = _executed(course, entries, environment or {})
    # In the user's cache, with the images: another clone of the same course has nothing to prove again.
    store = image_store(course)
    waiting: list[_Task] = []
    tasks = []
    for entry in entries:
        task = _Task.of(course, entry, copies[entry.name], payload, store)
        tasks.append(task)
        try:
            os.utime(task.out)  # what is in use is not thrown away
        except OSError:
            waiting.append(task)
    if waiting:
        say(f"Running {len(waiting)} of {len(tasks)} notebooks in Pyodide ...")
    _run(program, payload, waiting, workers or os.cpu_count() or 1, say)
    allowed = tuple(course.settings.live.differences)
    return [task.compared(allowed, cached=task not in waiting) for task in tasks]


# --- the executed copies ------------------------------------------------------------------------------------------


def _executed(
    course: Course, entries: Sequence[Entry], environment: Mapping[str, str]
) -> dict[str, NotebookNode]:
    """The executed copy of each notebook, by its name."""
    from cleanworks.workshop.book import Edition, run_plan
    from cleanworks.workshop.live.payload import variables
    from cleanworks.workshop.notebook import read
    from cleanworks.workshop.run import run_notebooks

    found: dict[str, NotebookNode] = {}
    kinds: tuple[tuple[Audience, str], ...] = (("reader", "lesson"), ("instructor", "exercises"))
    for audience, kind in kinds:
        mine = [entry for entry in entries if entry.block.kind == kind]
        if not mine:
            continue
        made = Edition(
            course.root,
            audience,
            environment.get("CLEANWORKS_PROFILE"),
            language=environment.get("CLEANWORKS_LANGUAGE"),
        )
        with variables(made.environment):
            jobs, options = run_plan(course, made)
            names = {entry.name for entry in mine} | {f"{entry.name}-instructor" for entry in mine}
            result = run_notebooks([job for job in jobs if job.name in names], options)
        if result.exit_code:
            broken = "; ".join(f"{one.name}: {one.why.message}" for one in result.failed[:3])
            raise InputError(
                f"Not all notebooks run, so there is nothing to compare with. {broken}",
                fix="Run `cleanworks run` with the same profile and language, which names them.",
            )
        found |= {entry.name: read(made.executed / course.relative(entry.path)).node for entry in mine}
    return found


# --- running ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Task:
    """One notebook for Pyodide, and where its outputs go."""

    name: str
    images: tuple[str, ...]
    copy: NotebookNode
    out: Path

    @classmethod
    def of(cls, course: Course, entry: Entry, copy: NotebookNode, payload: Payload, store: Path) -> _Task:
        images = tuple(needs.images_for(course, entry))
        sums = {image.name: image.sha256 for image in payload.images}
        used = [sums[name] for name in (*needs.START, *images) if name in sums and name != "cleanworks"]
        cells = [(cell.id, cell.source) for cell in _code(copy)]
        programs = [(_HERE / name).read_bytes() for name in ("shell.py", "whole_numbers.py", "node.mjs")]
        facts = [used, cells, sorted(payload.environment.items()), MOST_MEMORY]
        key = hashlib.sha256(json.dumps(facts).encode())
        for data in (*programs, needs.code_of(course, entry).encode()):
            key.update(hashlib.sha256(data).digest())
        return cls(entry.name, images, copy, store / f"proof-{entry.name}-{key.hexdigest()[:20]}.json")

    @property
    def libraries(self) -> tuple[str, ...]:
        return tuple(name for name in self.images if not name.startswith(needs.TABLE))

    def compared(self, allowed: Iterable[str], *, cached: bool) -> Compared:
        done = json.loads(self.out.read_text(encoding="utf-8"))
        differences = [
            difference
            for cell in _code(self.copy)
            for difference in compare(cell.id, done["cells"][cell.id]["outputs"], cell.outputs, allowed)
        ]
        return Compared(self.name, len(done["cells"]), tuple(differences), done["seconds"], cached)


def _code(notebook: NotebookNode) -> list[NotebookNode]:
    return [cell for cell in notebook.cells if cell.cell_type == "code" and NOT_EXECUTED not in tags_of(cell)]


def _run(program: str, payload: Payload, tasks: Sequence[_Task], workers: int, say: Say) -> None:
    """Notebooks that need the same libraries share a Python, so that one that lacks a library does not find it there."""
    groups: dict[tuple[str, ...], list[_Task]] = {}
    for task in tasks:
        groups.setdefault(task.libraries, []).append(task)
    portions = []
    for group in groups.values():
        # Starting costs as much as four notebooks.
        parts = min(workers, math.ceil(len(group) / 4))
        portions += [group[number::parts] for number in range(parts)]
    with ThreadPoolExecutor(workers) as pool:
        for _ in pool.map(
            lambda portion: _portion(program, payload, portion), sorted(portions, key=len, reverse=True)
        ):
            pass


def _portion(program: str, payload: Payload, tasks: Sequence[_Task]) -> None:
    with scratch.folder() as folder:
        files = {task.name: Path(folder) / f"{task.name}.json" for task in tasks}
        job = {
            "folder": str(folder),
            "images": {image.name: str(image.path) for image in payload.images},
            "start": list(needs.START),
            "environment": page_environment(payload),
            "memory": MOST_MEMORY,
            "notebooks": [
                {
                    "name": task.name, "images": task.images, "out": str(files[task.name]),
                    "cells": [{"id": cell.id, "source": cell.source} for cell in _code(task.copy)],
                }
                for task in tasks
            ],
        }  # fmt: skip
        done = subprocess.run(
            [program, "--max-old-space-size=3000", str(_HERE / "node.mjs")],
            input=json.dumps(job),
            capture_output=True,
            text=True,
        )
        for task in tasks:
            if files[task.name].is_file():
                text = _without_pictures(json.loads(files[task.name].read_text(encoding="utf-8")))
                part = task.out.with_suffix(f".{os.getpid()}")
                part.write_text(text, encoding="utf-8")
                part.replace(task.out)
        if done.returncode:
            missing = next((task.name for task in tasks if not task.out.is_file()), tasks[-1].name)
            raise InputError(
                f"Pyodide stopped in {missing}: {done.stderr.strip()[-1500:]}",
                fix="Run it again with --jobs 1; if it stops again, look at the last cell of that notebook.",
            )


def page_environment(payload: Payload) -> dict[str, str]:
    """The variables of Python in the page."""
    return {
        "HOME": "/home/pyodide",
        "MPLBACKEND": "agg",
        "MPLCONFIGDIR": "/home/pyodide/.mpl",
        **payload.environment,
    }


def _without_pictures(result: dict[str, Any]) -> str:
    for cell in result["cells"].values():
        for output in cell["outputs"]:
            if "image/png" in output.get("data", {}):
                output["data"]["image/png"] = ""
    return json.dumps(result)


# --- comparing ----------------------------------------------------------------------------------------------------


def compare(
    cell: str,
    page: Sequence[Mapping[str, Any]],
    book: Sequence[Mapping[str, Any]],
    allowed: Iterable[str] = (),
) -> list[Difference]:
    """What differs between two lists of outputs of one cell, in the form of nbformat.

    What `ALLOWED` names is passed over, and so is text that matches one of the patterns of a course on both sides.
    """
    patterns = [re.compile(pattern, re.S) for pattern in allowed]
    ours, theirs = dict(_facts(page)), dict(_facts(book))
    found = []
    for what in dict.fromkeys((*theirs, *ours)):
        here, there = ours.get(what), theirs.get(what)
        if not _same(here, there) and not _both_match(patterns, here, there):
            found.append(Difference(cell, what, *_shown(here, there)))
    return found


def _both_match(patterns: Iterable[re.Pattern[str]], here: Any, there: Any) -> bool:
    if not isinstance(here, str) or not isinstance(there, str):
        return False
    return any(one.fullmatch(here) and one.fullmatch(there) for one in patterns)


def _facts(outputs: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, Any]]:
    """What a reader sees of a cell, by what it is: printed text, each form of each value, figures' data, an error."""
    streams: dict[str, str] = {}
    number = 0
    for output in outputs:
        kind = output["output_type"]
        if kind == "stream":
            streams[output["name"]] = streams.get(output["name"], "") + _joined(output["text"])
        elif kind == "error":
            yield "error", f"{output['ename']}: {_joined(output['evalue'])}"
        else:
            number += 1
            for form, content in output["data"].items():
                if form == "image/png":
                    content = "a picture"
                elif form == _OUTCOME or not isinstance(content, str | list):
                    content = json.loads(json.dumps(content))
                else:
                    content = _joined(content)
                yield f"output {number} ({form})", content
    yield from streams.items()


def _joined(text: str | Sequence[str]) -> str:
    return text if isinstance(text, str) else "".join(text)


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_same, one, other))
    if isinstance(one, str) and isinstance(other, str):
        return _same_text(one, other)
    if isinstance(one, float | int) and isinstance(other, float | int):
        # The last bits of a float depend on the machine's instructions, and the data of figures are rounded to six digits.
        return math.isclose(one, other, rel_tol=2e-6, abs_tol=1e-12) or (one != one and other != other)
    return one == other


_NUMBER = re.compile(r"-?\d+\.\d{6,}(?:e[-+]\d+)?")


def _same_text(one: str, other: str) -> bool:
    for pattern, stands_for, _ in ALLOWED:
        one, other = re.sub(pattern, stands_for, one), re.sub(pattern, stands_for, other)
    if one == other:
        return True
    # Numbers that are written with all their digits may end differently.
    numbers = [list(map(float, _NUMBER.findall(text))) for text in (one, other)]
    alike = all(math.isclose(*pair, rel_tol=1e-9, abs_tol=1e-12) for pair in zip(*numbers, strict=False))
    return _NUMBER.sub("#", one) == _NUMBER.sub("#", other) and alike


def _shown(here: Any, there: Any, length: int = 160) -> tuple[str, str]:
    """Both sides from shortly before the first letter that differs."""
    texts = [
        "nothing" if side is None else side if isinstance(side, str) else json.dumps(side, sort_keys=True)
        for side in (here, there)
    ]
    at = next(
        (n for n, pair in enumerate(zip(*texts, strict=False)) if pair[0] != pair[1]), min(map(len, texts))
    )
    begin = max(0, at - 60)
    here, there = (f"{'…' if begin else ''}{text[begin : begin + length]!r}" for text in texts)
    return here, there
