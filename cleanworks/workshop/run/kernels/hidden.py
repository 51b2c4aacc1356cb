"""What fails without failing its cell: commands of the shell, threads, processes, calls in executors, tasks, finalizers.

Each is appended to the log of the kernel as one line of JSON after a letter: ``x[count, text]`` for what is certain, ``p[key, count, text]``
for an exception that somebody may still ask for, and ``q[key]`` when somebody has. `count` is the number of the cell's execution.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import os
import sys
import threading
from collections.abc import Iterable
from concurrent.futures import Future
from typing import Any
from weakref import WeakKeyDictionary

_MOST = 300  # characters of a note
_MARK = "_cleanworks_noted"


class Notes:
    """The log, and what in it may still be taken back."""

    def __init__(self, log: str):
        self._handle = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        self._open: WeakKeyDictionary[Any, int] = WeakKeyDictionary()
        self._keys = itertools.count(1)

    def failed(self, what: str, error: BaseException | None = None) -> None:
        self._write("x", _count(), _sentence(what, error))

    def unasked(self, owner: Any, what: str, error: BaseException) -> None:
        """`owner` holds an exception that is lost unless somebody asks for it."""
        if owner not in self._open:
            self._open[owner] = next(self._keys)
            self._write("p", self._open[owner], _count(), _sentence(what, error))

    def asked(self, owner: Any) -> None:
        if (key := self._open.pop(owner, None)) is not None:
            self._write("q", key)

    def waiting(self) -> list[Any]:
        return list(self._open)

    def _write(self, letter: str, *values: Any) -> None:
        # The cells may close the file under us; they break more than this then.
        with contextlib.suppress(OSError):
            os.write(self._handle, f"{letter}{json.dumps(values)}\n".encode())


def _sentence(what: str, error: BaseException | None) -> str:
    if error is None:
        return what[:_MOST]
    try:
        said = str(error)
    except Exception:
        said = "it cannot say why"
    return f"{what} ended with {type(error).__name__}: {said}"[:_MOST]


def _count() -> int:
    """The number of the running cell: the list of inputs holds it, while the counter of executions may be one ahead."""
    from ipykernel.zmqshell import ZMQInteractiveShell

    shell: Any = ZMQInteractiveShell._instance
    return len(shell.history_manager.input_hist_parsed) - 1 if shell is not None else 0


def read_notes(lines: Iterable[str]) -> list[tuple[int, str]]:
    """(execution, text) of what failed, in order, from the lines of a log; others are passed over."""
    found: dict[Any, tuple[int, str]] = {}
    for number, line in enumerate(lines):
        if line[:1] not in ("x", "p", "q"):
            continue
        # A cell may have written into the log, or ended its Python in the middle of a line.
        with contextlib.suppress(ValueError, TypeError):
            *key, count, text = json.loads(line[1:]) if line[0] != "q" else (*json.loads(line[1:]), 0, "")
            if line[0] == "q":
                found.pop(key[0], None)
            else:
                found[key[0] if key else f"line {number}"] = (int(count), str(text))
    return list(found.values())


def record(log: str) -> None:
    """Begin to note failures in the file `log`. What cells see of Python, down to the frames of a traceback, stays what it was."""
    notes = Notes(log)
    _commands(notes)
    _threads(notes)
    _processes(notes)
    _futures(notes)
    _tasks(notes)


def _commands(notes: Notes) -> None:
    """``!command``, ``x = !command``, ``!!command``, ``%sx``, ``%system`` and ``get_ipython().system(...)``.

    The functions that IPython's shell calls are replaced and not its methods: these look for a command's variables in the frame that
    called them.
    """
    from ipykernel import zmqshell
    from IPython.core import interactiveshell

    run_command = vars(zmqshell)["system"]

    def note(command: str, code: int | None) -> None:
        if code:
            notes.failed(f"The command `!{' '.join(command.split())}` ended with the code {code}.")

    def system(command: str) -> int | None:
        code = run_command(command)
        note(command, code)
        return code

    vars(zmqshell)["system"] = system
    if os.name != "posix":
        return
    from IPython.utils._process_common import process_handler

    def getoutput(command: str) -> str:
        import subprocess

        codes: list[int | None] = []

        def finish(process: subprocess.Popen[bytes]) -> bytes:
            out = process.communicate()[0]
            codes.append(process.returncode)
            return out

        out = process_handler(command, finish, subprocess.STDOUT)
        note(command, codes[0] if codes else None)
        return (out or b"").decode("utf-8", "replace")

    vars(interactiveshell)["getoutput"] = getoutput


def _threads(notes: Notes) -> None:
    thread_failed, ignored = threading.excepthook, sys.unraisablehook

    def excepthook(arguments: Any) -> None:
        if arguments.exc_type is not SystemExit:
            notes.failed("A thread", arguments.exc_value or arguments.exc_type())
        thread_failed(arguments)

    def unraisablehook(arguments: Any) -> None:
        name = getattr(arguments.object, "__qualname__", type(arguments.object).__qualname__)
        notes.failed(f"`{name}`, which Python calls by itself,", arguments.exc_value or arguments.exc_type())
        ignored(arguments)

    threading.excepthook, sys.unraisablehook = excepthook, unraisablehook


def _processes(notes: Notes) -> None:
    from multiprocessing import process

    join = process.BaseProcess.join
    seen: WeakKeyDictionary[Any, bool] = WeakKeyDictionary()

    def joined(self: Any, timeout: float | None = None) -> None:
        join(self, timeout)
        # A negative code is a signal: somebody ended it on purpose.
        if (code := self.exitcode) and code > 0 and not seen.get(self):
            seen[self] = True
            notes.failed(f"The process {self.name} ended with the code {code}.")

    vars(process)["BaseProcess"].join = joined


class _Exception:
    """The exception of a `concurrent.futures.Future`, which remembers whether somebody has asked for it."""

    def __init__(self, notes: Notes):
        self._notes = notes

    def __get__(self, future: Any, owner: Any = None) -> Any:
        if future is None:
            return self
        self._notes.asked(future)
        return vars(future).get("_exception")

    def __set__(self, future: Any, error: BaseException | None) -> None:
        vars(future)["_exception"] = error
        if error is not None:
            self._notes.unasked(future, "A call in an executor", error)


def _futures(notes: Notes) -> None:
    # A method in the place of another would stand in every traceback of a call that failed.
    Future._exception = _Exception(notes)  # type: ignore[assignment]


def _tasks(notes: Notes) -> None:
    """asyncio speaks of an exception when its task is thrown away; who keeps the task never hears of it."""
    from IPython.core.events import EventManager

    handle, trigger = asyncio.BaseEventLoop.call_exception_handler, EventManager.trigger

    def call_exception_handler(self: Any, context: dict[str, Any]) -> None:
        error = context.get("exception")
        # Whoever sets a handler of his own looks after it. What was noted before its task was thrown away is marked.
        if error is not None and self._exception_handler is None and not hasattr(error, _MARK):
            of_a_task = isinstance(context.get("task") or context.get("future"), asyncio.Future)
            notes.failed("A task" if of_a_task else "What asyncio called", error)
        handle(self, context)

    def triggered(self: Any, event: str, *args: Any, **kwargs: Any) -> None:
        trigger(self, event, *args, **kwargs)
        if event == "post_run_cell":
            look()

    def look() -> None:
        for task in notes.waiting():
            if isinstance(task, asyncio.Task) and not _unasked(task):
                notes.asked(task)
        for task in _all_tasks():
            if error := _unasked(task):
                notes.unasked(task, "A task", error)
                with contextlib.suppress(AttributeError):
                    setattr(error, _MARK, True)

    vars(asyncio)["BaseEventLoop"].call_exception_handler = call_exception_handler
    EventManager.trigger = triggered  # type: ignore[method-assign]


def _unasked(task: Any) -> BaseException | None:
    """The exception of a task that nobody has asked for."""
    return task._exception if getattr(task, "_log_traceback", False) else None


def _all_tasks() -> list[Any]:
    """Tasks that somebody holds, also those that are done; `asyncio.all_tasks` leaves these out."""
    names = ("_all_tasks", "_scheduled_tasks")  # before and since Python 3.12
    return next((list(vars(asyncio.tasks)[name]) for name in names if name in vars(asyncio.tasks)), [])
