"""Execute one notebook and describe what happened. Runs inside a worker process."""

from __future__ import annotations

import asyncio
import contextlib
import json
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat

from .client import LessonClient
from .kernels.settings import audit_file
from .outcome import LessonFailure, Outcome, Task, tidy
from .watch import ProcessWatch

# Windows' default loop cannot wait for the sockets of kernels.
_LOOP = asyncio.SelectorEventLoop if sys.platform == "win32" else None


def execute(task: Task, gate: Callable[[], None] = lambda: None) -> Outcome:
    """Execute a task in a new kernel; every failure becomes part of the outcome.

    Parameters
    ----------
    task : Task
    gate : callable, optional
        Called when the kernel is ready; returns when the cells may run.
    """
    folder = Path(tempfile.mkdtemp(dir=task.scratch)).resolve()
    try:
        with asyncio.Runner(loop_factory=_LOOP) as runner:
            return runner.run(_execute(task, folder, gate))
    except LessonFailure as failure:
        return Outcome.failed(task, failure)
    except Exception as error:
        # Not the lesson's doing, and no reason for the other lessons to stop.
        message = f"The lesson could not be run: {type(error).__name__}: {error}"
        return Outcome.failed(task, LessonFailure("internal", message))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


async def _execute(task: Task, folder: Path, gate: Callable[[], None]) -> Outcome:
    notebook = nbformat.from_dict(dict(task.content))
    notebook.metadata.pop("widgets", None)
    code = [(i, cell) for i, cell in enumerate(notebook.cells) if cell.cell_type == "code"]
    for _, cell in code:
        cell.outputs, cell.execution_count = [], None
    outcome = Outcome.empty(task)
    client = LessonClient(notebook, task.settings, folder, task.timeout)
    try:
        outcome.language_info = await client.start(task.workdir)
        gate()
        await _run_cells(client, code, outcome, task)
        client.set_widgets_metadata()
        outcome.widgets = dict(notebook.metadata.get("widgets", {}))
    finally:
        outcome.megabytes = await client.stop()
    outcome.outputs = [tidy(cell.outputs) for _, cell in code]
    outcome.counts = [cell.execution_count for _, cell in code]
    outcome.accesses = _accesses(folder)
    return outcome


async def _run_cells(client: LessonClient, code: list[tuple[int, Any]], outcome: Outcome, task: Task) -> None:
    """Run the cells in turn until one fails; times, CPU and the failure go into the outcome."""
    watch = ProcessWatch(client.km.provisioner.pid)
    client.begin()
    begun = time.monotonic()
    base = cpu = watch.cpu()
    for position, (index, cell) in enumerate(code):
        cell_begun = time.monotonic()
        try:
            await client.run_cell(cell, index)
            watch.after_cell(position, task.workdir)
        except LessonFailure as failure:
            outcome.failure = failure.as_dict(position)
            break
        finally:
            before, cpu = cpu, max(cpu, watch.cpu())
        outcome.times.append((cpu - before, time.monotonic() - cell_begun))
    outcome.cpu, outcome.wall = cpu - base, time.monotonic() - begun
    if outcome.failure is None and (found := watch.strays()):
        outcome.failure = found[1].as_dict(found[0])


def _accesses(folder: Path) -> list[tuple[str, str]]:
    """(path, ``read`` or ``write``) of the files that the kernel opened, in order."""
    found = []
    with contextlib.suppress(OSError), open(audit_file(folder), encoding="utf-8", errors="replace") as file:
        for line in file:
            with contextlib.suppress(ValueError):
                path = json.loads(line[1:])
                if not path.startswith(str(folder)):
                    found.append((path, "write" if line[0] == "w" else "read"))
    return found
