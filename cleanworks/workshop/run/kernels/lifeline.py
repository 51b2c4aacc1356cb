"""No process outlives the run: a child dies with its parent, even if the parent is killed outright."""

from __future__ import annotations

import contextlib
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36


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
    import psutil

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
