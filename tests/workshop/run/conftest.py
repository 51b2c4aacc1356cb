"""Small courses made on the spot, and one warm parent for all tests of a process."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from cleanworks.workshop.run import Job, LessonResult, RunOptions, RunResult, run_notebooks
from cleanworks.workshop.run.kernels.server_process import CAN_FORK, KernelServer

linux = pytest.mark.skipif(sys.platform != "linux", reason="kernels are forked on Linux only")


@pytest.fixture(scope="session")
def server() -> Iterator[KernelServer | None]:
    """A parent of workers that has nothing but the kernel loaded; None where there is no fork."""
    if not CAN_FORK:
        yield None
        return
    with KernelServer(["json"], hash_seed=0) as running:
        yield running


def wait_until(reached, process=None):
    give_up = time.monotonic() + 600
    while not reached():
        ended = process is not None and process.poll() is not None
        if ended or time.monotonic() > give_up:
            if process is not None:
                process.kill()
            pytest.fail(f"it did not happen: {process.communicate()[0] if process is not None else ''}")
        time.sleep(0.05)


def cell(source: str, *tags: str, id: str | None = None, kind: str = "code") -> dict[str, Any]:
    """One cell as it stands in a file."""
    made = {
        "cell_type": kind,
        "id": id or "",
        "metadata": {"tags": list(tags)} if tags else {},
        "source": source,
    }
    return made | ({"execution_count": None, "outputs": []} if kind == "code" else {})


def save(path: Path, *cells: str | dict[str, Any]) -> Path:
    """Write a notebook; cells given as text are code. Cells are called ``cell-1``, ``cell-2``, ... unless they have an id."""
    content = [cell(one) if isinstance(one, str) else dict(one) for one in cells]
    for number, one in enumerate(content, 1):
        one["id"] = one["id"] or f"cell-{number}"
        one["source"] = one["source"].splitlines(keepends=True)
    metadata = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
    notebook = {"cells": content, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(notebook, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    return path


@dataclass
class Recorder:
    """A listener that remembers."""

    started_names: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    reasons: dict[str, str] = field(default_factory=dict)
    results: list[LessonResult] = field(default_factory=list)

    def begin(self, expected: Any, total: int, workers: int) -> None: ...
    def tick(self) -> None: ...
    def end(self) -> None: ...

    def note(self, text: str) -> None:
        self.notes.append(text)

    def started(self, name: str, reason: str) -> None:
        self.started_names.append(name)
        self.reasons[name] = reason

    def finished(self, result: LessonResult) -> None:
        self.results.append(result)


@dataclass
class Course:
    """A folder of notebooks that tests write, change and run."""

    root: Path
    options: RunOptions
    jobs: dict[str, Job] = field(default_factory=dict)
    seen: Recorder = field(default_factory=Recorder)

    def add(self, name: str, *cells: str | dict[str, Any], **job: Any) -> Path:
        path = save(self.root / f"{name}.ipynb", *cells)
        self.jobs[name] = Job(name, path, **job)
        return path

    def change(self, name: str, **job: Any) -> None:
        self.jobs[name] = replace(self.jobs[name], **job)

    def run(self, **options: Any) -> RunResult:
        self.seen = Recorder()
        return run_notebooks(list(self.jobs.values()), replace(self.options, **options), self.seen)

    def run_one(self, *cells: str | dict[str, Any], **options: Any) -> LessonResult:
        """Run a single notebook of these cells."""
        self.add("lesson", *cells)
        return self.run(**options).lessons[-1]

    def outputs(self, name: str) -> list[list[dict[str, Any]]]:
        """Outputs of each code cell of an executed copy that passed."""
        return outputs_of(self.options.out_folder / f"{name}.ipynb")

    def text(self, name: str) -> str:
        """What the cells of an executed copy printed or showed as text."""
        return text_of(self.outputs(name))


def outputs_of(path: Path) -> list[list[dict[str, Any]]]:
    notebook = json.loads(path.read_text(encoding="utf-8"))
    return [one["outputs"] for one in notebook["cells"] if one["cell_type"] == "code"]


def text_of(outputs: list[list[dict[str, Any]]]) -> str:
    shown = [out.get("text") or out.get("data", {}).get("text/plain", "") for cell in outputs for out in cell]
    return "".join("".join(part) for part in shown)


@pytest.fixture
def course(tmp_path: Path, server: KernelServer | None) -> Course:
    return Course(
        tmp_path, RunOptions(root=tmp_path, workers=2, server=server, timeout=600, memory_reserve=0)
    )


@pytest.fixture
def make_course(tmp_path: Path) -> Callable[..., Course]:
    """A course in a subfolder, with options of its own."""

    def make(name: str = "course", **options: Any) -> Course:
        root = tmp_path / name
        root.mkdir()
        return Course(root, RunOptions(root=root, workers=2, timeout=600, memory_reserve=0, **options))

    return make
