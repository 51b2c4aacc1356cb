"""Other processes that help with a long piece of work.

Python in a page can have none, and lacks what would start them: that is imported where a helper begins.
"""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import BrokenExecutor, Future
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar

if TYPE_CHECKING:
    from concurrent.futures import ProcessPoolExecutor

Result = TypeVar("Result")


def cores() -> int:
    """The processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class Helpers:
    """So many processes beside this one, which works too and never waits while there is work; with none, all is done here.

    What a function raises in a helper is raised here, in the order of the tasks. A helper that dies is done without. None outlives this
    process, and an interrupted command leaves none behind.

    Examples
    --------
    >>> with Helpers(0) as helpers:
    ...     list(helpers.each(pow, [(2, 3), (3, 2)], ahead=2))
    [8, 9]
    """

    def __init__(self, number: int) -> None:
        self.number = number
        self._pool: ProcessPoolExecutor | None = None
        if number > 0:
            import multiprocessing
            from concurrent.futures import ProcessPoolExecutor

            context = multiprocessing.get_context("spawn")  # a fork would copy locks that other threads hold
            self._pool = ProcessPoolExecutor(number, mp_context=context, initializer=_begin)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)

    def each(
        self, function: Callable[..., Result], tasks: Iterable[tuple[Any, ...]], *, ahead: int
    ) -> Iterator[Result]:
        """The results of a function of a module, in the order of the tasks; at most ``ahead`` of them wait."""
        waiting: deque[_Task[Result]] = deque()
        for arguments in tasks:
            waiting.append(_Task(function, arguments, self._submitted(function, arguments)))
            if len(waiting) >= ahead:
                yield _first(waiting)
        while waiting:
            yield _first(waiting)

    def _submitted(
        self, function: Callable[..., Result], arguments: tuple[Any, ...]
    ) -> Future[Result] | None:
        if self._pool is None:
            return None
        try:
            with _no_interrupt():  # a helper that is beginning would complain about it
                return self._pool.submit(function, *arguments)
        except BrokenExecutor:
            return None


class _Task(Generic[Result]):
    def __init__(
        self, function: Callable[..., Result], arguments: tuple[Any, ...], future: Future[Result] | None
    ) -> None:
        self.function, self.arguments, self.future = function, arguments, future

    def free(self) -> bool:
        """Whether no helper has begun it. From now on none will."""
        return self.future is None or self.future.cancel()

    def do(self) -> Future[Result]:
        """Do it here."""
        self.future = Future()
        try:
            self.future.set_result(self.function(*self.arguments))
        except Exception as error:  # raised when its turn comes
            self.future.set_exception(error)
        return self.future


def _first(waiting: deque[_Task[Result]]) -> Result:
    """The result of the first task. While a helper has it, others that nobody has begun are done here."""
    first = waiting.popleft()
    future = first.do() if first.future is None or first.free() else first.future
    while not future.done() and (other := next((task for task in waiting if task.free()), None)):
        other.do()
    try:
        return future.result()
    except BrokenExecutor:
        return first.do().result()


def _begin() -> None:
    """In a helper: leave an interrupt to the process that began it, and end with that."""
    import multiprocessing

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    assert parent is not None  # this runs in a helper
    threading.Thread(target=_end_with, args=(parent.sentinel,), daemon=True).start()


def _end_with(parent: int) -> None:
    from multiprocessing.connection import wait

    wait([parent])
    os._exit(1)


@contextlib.contextmanager
def _no_interrupt() -> Iterator[None]:
    """Leave an interrupt aside for an instant, which a process that begins in it goes on doing."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.SIG_DFL if before is None else before)
