"""Load the course's libraries into this process, and use each once, so that forks of it find everything ready.

What is loaded must look, to the cells, as if they had loaded it themselves. The traps, each met in practice:

- pandas chooses its display width when it is imported, by asking whether it runs in a notebook kernel;
- matplotlib must know the inline backend before `pyplot` is imported;
- a warning shown while warming up would not be shown again to the cells;
- random generators would be in the same state in every fork (see `reseed`).
"""

from __future__ import annotations

import builtins
import contextlib
import ctypes
import gc
import importlib
import io
import os
import pickle
import sys
import threading
import types
import warnings
from collections.abc import Callable, Iterator, Sequence
from typing import Any, BinaryIO

from .lifeline import die_with_parent

INLINE = "module://matplotlib_inline.backend_inline"


class _zmq_kernel_stub:
    """Answers like the shell of a notebook kernel to libraries that ask at import; pandas looks for "zmq" in the type's name."""

    def __init__(self) -> None:
        self.kernel = True
        self.config: dict[str, dict[str, str]] = {"IPKernelApp": {}}


@contextlib.contextmanager
def _as_in_a_notebook() -> Iterator[None]:
    vars(builtins)["get_ipython"] = _zmq_kernel_stub
    try:
        yield
    finally:
        del vars(builtins)["get_ipython"]


def warm_up(names: Sequence[str], use: bool = True) -> tuple[list[str], Makers]:
    """Import the kernel and the modules, and `use` these once.

    Returns
    -------
    notes : list of str
        What a person should know, a line each.
    makers : Makers
        Of an entry ``module:make>keep`` the module is imported; `Makers` looks after the rest.
    """
    notes: list[str] = []
    os.environ["MPLBACKEND"] = INLINE
    before = set(sys.modules)
    with _as_in_a_notebook(), _silence():
        makers = Makers(names)
        importlib.import_module(f"{__package__}.pipe_kernel")
        for name in names:
            try:
                importlib.import_module(name.partition(":")[0])
            except Exception as error:
                notes.append(_not_loaded(name, f"{type(error).__name__}: {error}"))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for function in (_use_matplotlib, _use_pandas, _use_traceback) if use else ():
                with contextlib.suppress(Exception):
                    function()
    _forget_warnings(set(sys.modules) - before)
    if threading.active_count() > 1:
        names = ", ".join(thread.name for thread in threading.enumerate()[1:])
        notes.append(f"A preloaded module started threads ({names}); they do not exist in the forks.")
    return notes, makers


class Makers:
    """What entries ``module:make>keep`` make for all, in a process of its own while this one loads the rest."""

    def __init__(self, names: Sequence[str]):
        # Files in memory, one for each: what was made, or why there is nothing.
        self._files = {name: os.fdopen(os.memfd_create("made"), "w+b") for name in names if ":" in name}
        if not self._files:
            return
        for name in self._files:
            # The modules load once, for this process and that one.
            with contextlib.suppress(Exception):
                importlib.import_module(name.partition(":")[0])
        self._pid = 0
        if threading.active_count() > 1:
            # They would be missing in the fork, and it might wait for them for ever.
            return
        own = os.getpid()
        self._pid = os.fork()
        if self._pid:
            return
        try:
            die_with_parent(own)
            for name, file in self._files.items():
                _make(name, file)
        finally:
            os._exit(0)

    def hand_over(self) -> list[str]:
        """Give what was made to this process. Returns what a person should know, a line each."""
        if self._files and self._pid:
            os.waitpid(self._pid, 0)
        notes: list[str] = []
        for name, file in self._files.items():
            try:
                with file, _silence():
                    if not self._pid:
                        _make(name, file)
                    file.seek(0)
                    good, made = _made(file)
                    if not good:
                        raise RuntimeError(made)
                    _functions(name)[1](made)
            except Exception as error:
                notes.append(_not_loaded(name, " ".join(str(error).split())))
        return notes


def _made(file: BinaryIO) -> tuple[bool, Any]:
    try:
        return pickle.load(file)
    except (EOFError, pickle.UnpicklingError):
        return False, "The process that makes it has ended."


def _make(name: str, file: BinaryIO) -> None:
    """Write what the first function gives, and True; or why there is nothing, and False."""
    try:
        pickle.dump((True, _functions(name)[0]()), file, protocol=5)
    except Exception as error:
        file.seek(0)
        pickle.dump((False, f"{type(error).__name__}: {error}"), file)
    file.flush()


def _functions(name: str) -> tuple[Callable[[], Any], Callable[[Any], None]]:
    place, _, names = name.partition(":")
    make, mark, keep = names.partition(">")
    if not mark:
        raise ValueError("It names one function; write module:make>keep.")
    module = importlib.import_module(place)
    return getattr(module, make), getattr(module, keep)


def _not_loaded(name: str, why: str) -> str:
    return f"{name} could not be loaded beforehand: {why}"


@contextlib.contextmanager
def _silence() -> Iterator[None]:
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        yield


def share_what_is_loaded() -> None:
    """Set aside all objects there are: the forks share them, and the first garbage collection of each would copy every page."""
    gc.freeze()
    # What was needed only while loading goes back to the system, where the C library knows how.
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)


def _use_matplotlib() -> None:
    """Find the fonts, build the caches: a figure with a title, ticks and a legend, drawn as the inline backend does."""
    if "matplotlib.pyplot" not in sys.modules:
        return
    pyplot = sys.modules["matplotlib.pyplot"]
    importlib.import_module("matplotlib_inline.backend_inline")
    pylabtools = importlib.import_module("IPython.core.pylabtools")
    figure, axes = pyplot.subplots()
    axes.plot([1, 2], [3, 4], label="a")
    axes.bar([1, 2], [1, 2])
    axes.set_title("Warm")
    axes.legend()
    pylabtools.print_figure(figure, fmt="png", bbox_inches="tight")
    pyplot.close("all")


def _use_pandas() -> None:
    if "pandas" not in sys.modules:
        return
    pandas = sys.modules["pandas"]
    frame = pandas.DataFrame(
        {"a": [1.5, 2.5], "b": ["x", "y"], "c": pandas.to_datetime(["2024-01-01", "2024-01-02"])}
    )
    repr(frame), frame._repr_html_(), frame.describe(), repr(frame["a"])
    frame.groupby("b")["a"].sum(), frame.merge(frame, on="b"), frame.sort_values("a")


def _use_traceback() -> None:
    """The first traceback of a kernel loads and compiles a lot."""
    ultratb = importlib.import_module("IPython.core.ultratb")
    formatter = getattr(ultratb, "AutoFormattedTB", None) or ultratb.FormattedTB
    try:
        raise KeyError("warm")
    except KeyError:
        formatter(mode="Context").structured_traceback(*sys.exc_info())


def _forget_warnings(names: set[str]) -> None:
    """Let warnings of these modules be shown (once) to the cells, although they came up here already."""
    for name in names:
        module = sys.modules[name]
        # Some libraries put other objects among the modules.
        if isinstance(module, types.ModuleType):
            vars(module).pop("__warningregistry__", None)


def reseed() -> None:
    """Give a fork random generators of its own, as unpredictable as those of a fresh Python."""
    import random

    random.seed()
    numpy = sys.modules.get("numpy.random")
    if numpy is not None:
        numpy.seed()
