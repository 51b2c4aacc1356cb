"""No process outlives the run: a child dies with its parent, even if the parent is killed outright."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time
from collections.abc import Callable

import psutil

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36
# Seconds until a process that cannot be killed is left alone.
_PATIENCE = 5.0


def _prctl(option: int, value: int) -> None:
    import ctypes

    ctypes.CDLL(None).prctl(option, value, 0, 0, 0)


def die_with_parent(parent: int, signum: int | None = None) -> None:
    """Ask Linux to kill this process when its parent ends. `parent` is the process id the parent had when it started us.

    Elsewhere pipes do that work: whoever waits on one sees its end.
    """
    if sys.platform != "linux":
        return
    _prctl(_PR_SET_PDEATHSIG, signum or signal.SIGKILL)
    # The parent may have ended before the request was made.
    if os.getppid() != parent:
        os._exit(1)


def adopt_orphans() -> None:
    """Make this process the parent of every descendant whose own parent ends, so that none gets away. Linux only."""
    if sys.platform == "linux":
        _prctl(_PR_SET_CHILD_SUBREAPER, 1)


def end_descendants(last: Callable[[], object] = lambda: None) -> None:
    """Kill every descendant of this process; killing one may bring others to us. `last` is called after each round."""
    give_up = time.monotonic() + _PATIENCE
    while (left := descendants(os.getpid())) and time.monotonic() < give_up:
        for pid in left:
            with contextlib.suppress(psutil.Error):
                psutil.Process(pid).kill()
        last()
        collect()
        time.sleep(0.002)


def collect(but: int = 0) -> None:
    """Let go of children that have ended, except of one for which somebody else asks."""
    for pid in children(os.getpid()) if os.name == "posix" else ():
        if pid != but:
            with contextlib.suppress(ChildProcessError):
                os.waitpid(pid, os.WNOHANG)


def descendants(pid: int, most: int | None = None) -> list[int]:
    """Process ids of all descendants of a process, without itself; of a crowd only somewhat more than `most`."""
    found: list[int] = []
    waiting = [pid]
    while waiting and (most is None or len(found) <= most):
        for child in children(waiting.pop()):
            found.append(child)
            waiting.append(child)
    return found


def children(pid: int) -> list[int]:
    """Process ids of the children of a process; on Linux without looking at every process of the machine."""
    if os.path.exists("/proc/self/task/" + str(os.getpid()) + "/children"):
        return _children_linux(pid)
    with contextlib.suppress(psutil.Error):
        return [child.pid for child in psutil.Process(pid).children()]
    return []


def _children_linux(pid: int) -> list[int]:
    found: list[int] = []
    try:
        threads = os.listdir(f"/proc/{pid}/task")
    except OSError:
        return found
    for thread in threads:
        with contextlib.suppress(OSError), open(f"/proc/{pid}/task/{thread}/children", "rb") as file:
            found.extend(map(int, file.read().split()))
    return found
