"""Runs in the kernel: gives every trial the variables as the set's own first cells left them."""

from __future__ import annotations

import copy
import random
import sys
from types import ModuleType
from typing import Any


class Fresh:
    """Remembers a shell's variables, and puts them back as often as asked.

    Tables, arrays, random generators and the usual containers come back as copies, so that a trial that changes one
    in place does not change it for the next. Everything else comes back as the same object.
    """

    def __init__(self, shell: Any):
        self._shell = shell
        self._kept = {name: _copied(value) for name, value in shell.user_ns.items() if _is_own(name)}
        self._random = random.getstate()
        self._numpy = sys.modules["numpy"].random.get_state() if "numpy" in sys.modules else None

    def start(self) -> None:
        """Begin a trial: forget what the last one left behind."""
        names = self._shell.user_ns
        for name in [name for name in names if _is_own(name)]:
            del names[name]
        names.update({name: _copied(value) for name, value in self._kept.items()})
        getattr(self._shell, "cleanworks_failures", {}).clear()
        random.setstate(self._random)
        if self._numpy is not None:
            sys.modules["numpy"].random.set_state(self._numpy)
        if "matplotlib.pyplot" in sys.modules:
            sys.modules["matplotlib.pyplot"].close("all")


def _is_own(name: str) -> bool:
    return not name.startswith("_") and name not in ("In", "Out", "exit", "quit", "open", "get_ipython")


def _copied(value: Any) -> Any:
    if isinstance(value, ModuleType | type) or callable(value):
        return value
    kind = type(value)
    if kind in (list, set, tuple):
        return kind(_copied(entry) for entry in value)
    if kind is dict:
        return {name: _copied(entry) for name, entry in value.items()}
    if kind.__module__.partition(".")[0] in ("pandas", "numpy", "random"):
        return copy.deepcopy(value)
    return value
