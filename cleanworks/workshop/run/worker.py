"""A worker: the process that starts the kernel of one notebook after the other, drives it through nbclient and watches over it."""

from __future__ import annotations

import contextlib
import json
import multiprocessing
import os
import shutil
import signal
import sys
import tempfile
import threading
from collections.abc import Mapping
from functools import partial
from multiprocessing.connection import Connection, wait
from pathlib import Path

import psutil

from . import engine
from .client import LessonClient, execute_cells
from .kernels import launch
from .kernels.forked import ForkedKernel
from .kernels.hidden import read_notes
from .kernels.kernel_settings import arguments, audit_file, environment, log_file
from .kernels.lifeline import adopt_orphans, descendants, die_with_parent, end_descendants
from .worker_outcome import Gate, LessonFailure, Outcome, Task

# Bytes by which a worker may grow before another takes its place; what it imports itself is a third of that.
_MOST_GROWN = 50_000_000


def work(pipe: Connection, parent: int, additions: Mapping[str, str] | None = None) -> None:
    """A worker's life: take a task, start its kernel, wait for the gate, run, report.

    Parameters
    ----------
    pipe : Connection
        To the `Pool`: our process id, then of each task what its `Gate` says, its outcome and whether this worker has served its time.
    parent : int
        Process id of the parent, with which this process ends.
    additions : mapping, optional
        Environment variables that loading the libraries has set.
    """
    # Ctrl-C reaches every process of the terminal; the main process decides what ends.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # The parent may be killed outright; then the system tells us. Whoever started the run may have blocked that.
    signal.signal(signal.SIGTERM, _leave)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGTERM])
    die_with_parent(parent, signal.SIGTERM)
    if sys.platform != "linux":
        threading.Thread(target=_end_with_parent, daemon=True).start()
    # What a kernel leaves behind comes to this process, which ends it.
    adopt_orphans()

    with contextlib.suppress(EOFError, OSError):
        pipe.send(os.getpid())
        size = psutil.Process().memory_info().rss
        while True:
            task: Task = pipe.recv()
            outcome = execute(task, Gate(pipe), additions or {}, pipe.fileno())
            # A process that has spoken over sockets has threads, and cannot be forked safely.
            # And what large outputs have left in its memory would be counted as the next lesson's.
            grown = psutil.Process().memory_info().rss - size > _MOST_GROWN
            spoilt = not task.options.fresh and (outcome.engine == engine.NBCLIENT or grown)
            pipe.send((outcome, spoilt or bool(descendants(os.getpid()))))


def _leave(*_: object) -> None:
    """End the kernel and all that it started, and this process."""
    end_descendants()
    os._exit(1)


def _end_with_parent() -> None:
    if parent := multiprocessing.parent_process():
        wait([parent.sentinel])
    os._exit(1)


def execute(task: Task, gate: Gate, additions: Mapping[str, str], private: int) -> Outcome:
    """Execute a task in a new kernel; every failure becomes part of the outcome. `private` is a handle that a fork closes."""
    _limit_files(int(task.options.file_limit * 1e6))
    folder = Path(tempfile.mkdtemp(dir=task.scratch)).resolve()
    try:
        outcome = _execute(task, folder, gate, additions, private)
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


def _limit_files(most: int) -> None:
    """No file of the kernel or its children grows beyond `most` bytes: writing more raises OSError. They inherit it from this process."""
    with contextlib.suppress(ImportError):  # Windows
        import resource

        hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
        resource.setrlimit(
            resource.RLIMIT_FSIZE, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard)
        )
        # A crash should leave a message, not a file as large as the memory.
        resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))


def _execute(task: Task, folder: Path, gate: Gate, additions: Mapping[str, str], private: int) -> Outcome:
    if not task.options.fresh and not engine.missing():
        from .pipe import NeedsJupyter, PipeClient

        variables = environment(task.options, {**additions, **task.inherited}, folder)
        words = [launch.__file__, *arguments(folder)[2:]]
        kernel = ForkedKernel(variables, task.workdir, str(log_file(folder)), words, [private])
        try:
            outcome = execute_cells(task, folder, gate, partial(PipeClient, kernel))
            outcome.engine = engine.PIPE
            return outcome
        except NeedsJupyter:
            pass  # The cells start again, in the same turn, in a kernel that nbclient can talk to.
        finally:
            kernel.pipe.close()
    outcome = execute_cells(task, folder, gate, LessonClient)
    outcome.engine = engine.NBCLIENT
    return outcome


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
