"""Execute one notebook and describe what happened. Runs inside a worker process."""

from __future__ import annotations

import contextlib
import json
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from .engine import NBCLIENT, PIPE
from .kernels.hidden import read_notes
from .kernels.kernel_settings import audit_file
from .worker_outcome import LessonFailure, Outcome, Task


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
        outcome = _execute(task, folder, gate)
        outcome.accesses, outcome.hidden = _noted(folder)
        return outcome
    except LessonFailure as failure:
        return Outcome.failed(task, failure)
    except Exception as error:
        # Not the lesson's doing, and no reason for the other lessons to stop.
        message = f"The lesson could not be run: {type(error).__name__}: {error}"
        return Outcome.failed(task, LessonFailure("internal", message))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _execute(task: Task, folder: Path, gate: Callable[[], None]) -> Outcome:
    from .client import execute_cells

    if task.settings.direct:
        from .pipe import NeedsJupyter, NoTransport, PipeClient

        try:
            outcome = execute_cells(task, folder, gate, PipeClient)
            outcome.engine = PIPE
            return outcome
        except NoTransport:
            task = replace(task, settings=replace(task.settings, fresh=True))
        except NeedsJupyter:
            # The gate is open: the cells start again, in the same turn, in a kernel that nbclient can talk to.
            task, gate = replace(task, settings=replace(task.settings, fresh=True)), _open
    outcome = execute_cells(task, folder, gate)
    outcome.engine = NBCLIENT
    return outcome


def _open() -> None: ...


def _noted(folder: Path) -> tuple[list[tuple[str, str]], list[tuple[int, str]]]:
    """What the kernel noted, in order: (path, ``read`` or ``write``) of files it opened, and (execution, text) of hidden failures."""
    found: list[tuple[str, str]] = []
    lines: list[str] = []
    with contextlib.suppress(OSError):
        lines = audit_file(folder).read_text(encoding="utf-8", errors="replace").splitlines()
    for line in lines:
        with contextlib.suppress(ValueError):
            if line[:1] in ("r", "w") and not (path := json.loads(line[1:])).startswith(str(folder)):
                found.append((path, "write" if line[0] == "w" else "read"))
    return found, read_notes(lines)
