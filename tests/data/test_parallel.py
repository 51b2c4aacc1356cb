"""Helpers beside this process: what they do in which order, and what is done here where none is free."""

from __future__ import annotations

import os
import signal
from collections import deque
from concurrent.futures import BrokenExecutor, Future

import pytest

from cleanworks.data import parallel


def test_the_processors_that_this_process_may_use_are_counted(monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: {0, 2, 5}, raising=False)
    assert parallel.cores() == 3
    monkeypatch.delattr(os, "sched_getaffinity")
    monkeypatch.setattr(os, "cpu_count", lambda: 7)
    assert parallel.cores() == 7
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert parallel.cores() == 1


@pytest.mark.parametrize("ahead", [1, 3])
def test_tasks_are_taken_no_further_ahead_than_was_said(ahead):
    taken = []

    def tasks():
        for number in range(5):
            taken.append(number)
            yield (number, 2)

    with parallel.Helpers(0) as helpers:
        results = helpers.each(pow, tasks(), ahead=ahead)
        assert next(results) == 0 and len(taken) == ahead
        assert list(results) == [1, 4, 9, 16] and len(taken) == 5


def test_what_a_task_raises_is_raised_in_its_turn():
    with parallel.Helpers(0) as helpers:
        results = helpers.each(divmod, [(7, 2), (1, 0), (9, 4)], ahead=3)
        assert next(results) == (3, 1)
        with pytest.raises(ZeroDivisionError):
            next(results)


def test_an_interrupt_is_left_aside_for_an_instant_only():
    outside = signal.signal(signal.SIGINT, signal.default_int_handler)  # what runs behind a shell has none
    try:
        with parallel._no_interrupt():
            assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    finally:
        signal.signal(signal.SIGINT, outside)


def begun():
    """The future of a task that a helper has begun."""
    future = Future()
    future.set_running_or_notify_cancel()
    return future


def test_while_a_helper_has_the_first_task_those_that_nobody_has_begun_are_done_here():
    done, first = [], begun()

    def other(number):
        done.append(number)
        if number == 3:
            first.set_result("from the helper")
        return number

    tasks = [(1, first), (2, begun()), (3, Future()), (4, Future())]
    waiting = deque(parallel._Task(other, (number,), future) for number, future in tasks)
    assert parallel._first(waiting) == "from the helper"
    assert done == [3], "the second has been begun elsewhere, and for the fourth there was no time"
    assert waiting[1].future.result() == 3


def test_what_no_helper_has_begun_and_what_a_dead_one_had_is_done_here():
    dead = begun()
    dead.set_exception(BrokenExecutor())
    for future in (None, Future(), dead):
        waiting = deque([parallel._Task(pow, (2, 5), future)])
        assert parallel._first(waiting) == 32 and not waiting
