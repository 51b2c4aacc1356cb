"""The kernel of Python in the page: runs cells as a notebook does, with what a page needs and nothing of IPython.

It runs in Pyodide, in a worker of the browser or under Node, and knows no browser: cells go in as text, outputs come out
as plain dictionaries in the form of nbformat. Libraries that look for a running notebook find this shell in its place.
"""

from __future__ import annotations

import ast
import base64
import builtins
import contextlib
import importlib
import io
import itertools
import linecache
import logging
import os
import pprint
import re
import sys
import time
import traceback
import types
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

MOST_LETTERS = 200_000
"""Of what one cell prints, and of one value that it shows. A page with more cannot be read, and stops a browser."""

_WIDTH = 79  # letters of a line before a list is written one entry a line
_MOST_ENTRIES = 1000
_OUTCOME = "application/vnd.cleanworks.outcome+json"
_EVERY = 0.2  # seconds between two looks at what a long cell has printed

Output = dict[str, Any]


class _Asked(BaseException):
    """`input()` needs an answer that nobody has given yet. No `except Exception` of a learner catches it."""

    def __init__(self, prompt: str):
        self.prompt = prompt
        super().__init__(prompt)


class Shell:
    """What IPython's shell is to a notebook.

    Parameters
    ----------
    emit : callable, optional
        Called with each output as soon as it is there, while the cell still runs.

    There is one in a process, because the modules `IPython` and `__main__` are its own.
    """

    def __init__(self, emit: Callable[[Output], None] | None = None):
        self._emit = emit
        main = types.ModuleType("__main__")
        sys.modules["__main__"] = main
        self.user_ns: dict[str, Any] = main.__dict__
        self.user_ns["display"] = self._display
        self.events = _Events()
        self.display_formatter = types.SimpleNamespace(mimebundle_formatter=_Kinds())
        # cleanworks.errors asks here which line of which cell led to an error.
        self.compile = types.SimpleNamespace(_filename_map={})
        # By this pandas knows a notebook, where a table may be wider than a terminal.
        self.kernel = None
        self.execution_count = 0
        self._outputs: list[Output] = []
        self._written = 0
        self._answers: list[str] = []
        self._guarded: dict[str, Any] = {}
        _pose_as_ipython(self)
        with contextlib.suppress(ImportError):
            importlib.import_module("cwguard").install()
        builtins.input = self._input
        # Which fonts a page has is nobody's concern.
        logging.getLogger("matplotlib.font_manager").setLevel(logging.ERROR)

    def showtraceback(self, *args: Any, **options: Any) -> None:
        """Part of IPython's interface; errors of a cell are among its outputs."""

    # --- running --------------------------------------------------------------------------------------------------

    def run(
        self, cell_id: str, source: str, *, quiet: bool = False, answers: Sequence[str] = ()
    ) -> dict[str, Any]:
        """Run one cell.

        Parameters
        ----------
        cell_id : str
            Id of the cell, for messages.
        source : str
            Its code.
        quiet : bool
            Run it for what it leaves behind: nothing is drawn or shown but its errors.
        answers : sequence of str
            What the reader has typed so far for `input()`.

        Returns
        -------
        dict
            `ok`; `outputs`, in the form of nbformat; `outcome`, of a check, or None; `asks`, the prompt of an `input()`
            that has no answer yet, or None: then nothing has changed, and the cell is to be run again with one answer
            more; `restored`, names that the learner had given to something else and that a check needs.
        """
        self.execution_count += 1
        name = f"<cell {self.execution_count}>"
        linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
        self.compile._filename_map[name] = self.execution_count
        self._outputs, self._written, self._answers = [], 0, list(answers)
        restored = self._restore(source)
        before = dict(self.user_ns)
        info = types.SimpleNamespace(raw_cell=source, cell_id=cell_id)
        result = types.SimpleNamespace(info=info, error_before_exec=None, error_in_exec=None)
        self.events.fire("pre_run_cell", info)
        asks = None
        with self._captured(quiet):
            try:
                first, last = _parts(source, name)
            except (
                Exception
            ) as error:  # code that cannot be read: SyntaxError, and ValueError for strange letters
                result.error_before_exec = error
                self._show_error(error)
            else:
                try:
                    exec(first, self.user_ns)
                    if last is not None:
                        self._show_result(eval(last, self.user_ns), quiet)
                    self._show_figures(quiet)
                except _Asked as asked:
                    asks = asked.prompt
                except BaseException as error:  # SystemExit too: a cell cannot end the page
                    result.error_in_exec = error
                    self._show_error(error)
                    _forget_figures()
        if asks is not None:
            self.user_ns.clear()
            self.user_ns.update(before)
        else:
            self.events.fire("post_run_cell", result)
            self._guard()
        outcomes = [o["data"][_OUTCOME] for o in self._outputs if _OUTCOME in o.get("data", {})]
        return {
            "ok": result.error_before_exec is None and result.error_in_exec is None and asks is None,
            "outputs": self._outputs,
            "outcome": outcomes[-1] if outcomes else None,
            "asks": asks,
            "restored": restored,
        }

    @contextlib.contextmanager
    def _captured(self, quiet: bool) -> Iterator[None]:
        before = sys.stdout, sys.stderr
        sys.stdout, sys.stderr = _Stream(self, "stdout", quiet), _Stream(self, "stderr", quiet)
        try:
            yield
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            sys.stdout, sys.stderr = before

    def _input(self, prompt: object = "", /) -> str:
        if not self._answers:
            raise _Asked(str(prompt))
        answer = self._answers.pop(0)
        print(f"{prompt}{answer}")
        return answer

    # --- checks that a learner has named away ---------------------------------------------------------------------

    def _guard(self) -> None:
        """Remember under which names checks can be called."""
        learn = sys.modules.get("cleanworks.learn.checkset")
        if learn is None:
            return
        for name, value in list(self.user_ns.items()):
            if isinstance(value, learn.CheckSet):
                self._guarded[name] = value

    def _restore(self, source: str) -> list[str]:
        """Give a check its name back if the cell calls it and the learner gave the name to something else."""
        call = re.match(r"\s*([A-Za-z_]\w*)\(", source)
        name = call[1] if call else ""
        if name in self._guarded and self.user_ns.get(name) is not self._guarded[name]:
            self.user_ns[name] = self._guarded[name]
            return [name]
        return []

    # --- outputs --------------------------------------------------------------------------------------------------

    def _add(self, output: Output) -> None:
        last = self._outputs[-1] if self._outputs else {}
        if output["output_type"] == "stream" and last.get("name") == output["name"]:
            last["text"] += output["text"]
        else:
            self._outputs.append(dict(output))
        if self._emit:
            self._emit(output)

    def _write(self, name: str, text: str) -> None:
        """What a cell prints, up to a length that a page can hold."""
        if self._written > MOST_LETTERS:
            return
        room = MOST_LETTERS - self._written
        self._written += len(text)
        if self._written > MOST_LETTERS:
            text = f"{text[:room]}\n… {_say('This cell printed more than a page can hold. The rest is not shown.')}\n"
        self._add({"output_type": "stream", "name": name, "text": text})

    def _show_result(self, value: Any, quiet: bool) -> None:
        if value is None:
            return
        self.user_ns["_"] = value
        if quiet and not _is_outcome(value):
            return
        data = self._bundle(value)
        sys.stdout.flush()
        sys.stderr.flush()
        self._add(
            {
                "output_type": "execute_result",
                "execution_count": self.execution_count,
                "data": data,
                "metadata": {},
            }
        )

    def _display(self, *values: Any, **options: Any) -> None:
        for value in values:
            data = self._bundle(value)
            sys.stdout.flush()
            sys.stderr.flush()
            if not getattr(sys.stdout, "quiet", False):
                self._add({"output_type": "display_data", "data": data, "metadata": {}})

    def _show_figures(self, quiet: bool) -> None:
        plt = sys.modules.get("matplotlib.pyplot")
        if plt is None:
            return
        for number in plt.get_fignums() if not quiet else ():
            self._display(plt.figure(number))
        plt.close("all")

    def _show_error(self, error: BaseException) -> None:
        sys.stdout.flush()
        sys.stderr.flush()
        self._add(described(error, self.user_ns, self.compile._filename_map))

    def _bundle(self, value: Any) -> dict[str, Any]:
        """The forms in which a value can be shown, by MIME type."""
        data: dict[str, Any] = {}
        if _is_figure(value):
            data["image/png"] = _png(value)
        special = self.display_formatter.mimebundle_formatter.find(value)
        if special:
            data.update(special(value) or {})
        whole = None if isinstance(value, type) else getattr(value, "_repr_mimebundle_", None)
        if whole:
            got = whole()
            data.update(got[0] if isinstance(got, tuple) else got)
        for method, kind in _METHODS.items():
            made = None if isinstance(value, type) or kind in data else getattr(value, method, None)
            shown = made() if callable(made) else None
            if isinstance(shown, str):
                data[kind] = shown
        if "text/plain" not in data:
            data["text/plain"] = _text(value)
        return {
            kind: _shortened(content) if kind.startswith("text/") and isinstance(content, str) else content
            for kind, content in data.items()
        }


_METHODS = {
    "_repr_html_": "text/html",
    "_repr_markdown_": "text/markdown",
    "_repr_latex_": "text/latex",
    "_repr_svg_": "image/svg+xml",
}


def _parts(source: str, name: str) -> tuple[types.CodeType, types.CodeType | None]:
    """A cell's code, and its last expression, whose value it shows; no value with a semicolon at the end."""
    tree = ast.parse(source, name)
    guard = sys.modules.get("cwguard")
    if guard is not None:
        tree = guard.mended(tree)
    last = None
    shown = tree.body[-1] if tree.body else None
    if isinstance(shown, ast.Expr) and not _ends_silently(source):
        tree.body.pop()
        last = compile(ast.Expression(shown.value), name, "eval")
    return compile(tree, name, "exec"), last


def _ends_silently(source: str) -> bool:
    return source.rstrip().endswith(";")


def _is_figure(value: Any) -> bool:
    module = sys.modules.get("matplotlib.figure")
    return module is not None and isinstance(value, module.Figure)


def _is_outcome(value: Any) -> bool:
    module = sys.modules.get("cleanworks.learn.outcome")
    return module is not None and isinstance(value, module.Outcome)


def _png(figure: Any) -> str:
    # As a notebook does it.
    picture = io.BytesIO()
    figure.savefig(
        picture,
        format="png",
        dpi=figure.dpi,
        bbox_inches="tight",
        facecolor=figure.get_facecolor(),
        edgecolor=figure.get_edgecolor(),
    )
    return base64.b64encode(picture.getvalue()).decode()


def _forget_figures() -> None:
    plt = sys.modules.get("matplotlib.pyplot")
    if plt is not None:
        plt.close("all")


def _text(value: Any) -> str:
    """A value as a notebook writes it: long lists one entry a line, very long ones cut."""
    if isinstance(value, dict) and len(value) > _MOST_ENTRIES:
        value = dict(itertools.islice(value.items(), _MOST_ENTRIES))
        return f"{pprint.pformat(value, width=_WIDTH, sort_dicts=False)[:-1]},\n ...}}"
    if isinstance(value, list | tuple | set | frozenset) and len(value) > _MOST_ENTRIES:
        cut = pprint.pformat(list(itertools.islice(value, _MOST_ENTRIES)), width=_WIDTH)
        opening, closing = "[]" if isinstance(value, list) else "()" if isinstance(value, tuple) else "{}"
        return f"{opening}{cut[1:-1]},\n ...{closing}"
    if isinstance(value, dict | list | tuple | set | frozenset):
        return pprint.pformat(value, width=_WIDTH, sort_dicts=False)
    return repr(value)


def _shortened(text: str) -> str:
    return text if len(text) <= MOST_LETTERS else f"{text[:MOST_LETTERS]} …"


class _Stream(io.TextIOBase):
    """What stands in for the terminal while a cell runs."""

    def __init__(self, shell: Shell, name: str, quiet: bool):
        self.shell, self.name, self.quiet = shell, name, quiet
        self._waiting: list[str] = []
        self._size, self._due = 0, time.monotonic() + _EVERY

    encoding = "utf-8"

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        if not self.quiet and self.shell._written + self._size <= MOST_LETTERS:
            other = sys.stderr if self.name == "stdout" else sys.stdout
            if isinstance(other, _Stream):
                other.flush()  # what was printed first is shown first
            self._waiting.append(text)
            self._size += len(text)
            if time.monotonic() > self._due:
                self.flush()
        return len(text)

    def flush(self) -> None:
        if not self._waiting:
            return
        text = "".join(self._waiting)
        self._waiting.clear()
        self._size, self._due = 0, time.monotonic() + _EVERY
        self.shell._write(self.name, text)


# --- errors -------------------------------------------------------------------------------------------------------


def described(error: BaseException, namespace: Mapping[str, Any], cells: Mapping[str, int]) -> Output:
    """An error as an output: what Python says, the line of the cell, and what to try, in plain words."""
    line, code = _place(error, cells)
    render = getattr(error, "_render_traceback_", None)
    said = "" if render else _say(_said(error, namespace))
    kind, text = type(error).__name__, _message(error)
    short = list(render()) if render else [f"{kind}: {text}"]
    if line and not render:
        short += ["", f"line {line}", f"----> {code}"]
    return {
        "output_type": "error",
        "ename": kind,
        "evalue": text,
        "traceback": short,
        "line": line,
        "code": code,
        "said": said,
        "whole": _whole(error),
    }


def _message(error: BaseException) -> str:
    if isinstance(error, SyntaxError):
        return error.msg or ""
    try:
        return _shortened(str(error))
    except Exception:  # a learner's own class of errors may fail to say what it is
        return ""


def _place(error: BaseException, cells: Mapping[str, int]) -> tuple[int | None, str]:
    """The line of a cell that led to the error, and its text."""
    if isinstance(error, SyntaxError) and error.filename in cells:
        return error.lineno, (error.text or "").strip()
    found: tuple[int | None, str] = (None, "")
    for frame, line in traceback.walk_tb(error.__traceback__):
        name = frame.f_code.co_filename
        if name in cells:
            found = line, linecache.getline(name, line).strip()
    return found


def _whole(error: BaseException) -> str:
    """The traceback as Python writes it, from the cell on."""
    step = error.__traceback__
    while step is not None and step.tb_frame.f_code.co_filename == __file__:
        step = step.tb_next
    with contextlib.suppress(Exception):
        return "".join(traceback.format_exception(type(error), error, step))[-20_000:]
    return ""


def _said(error: BaseException, namespace: Mapping[str, Any]) -> str:
    """What to try. First what is peculiar to a page, then what holds everywhere."""
    text = str(error)
    if isinstance(error, ModuleNotFoundError):
        library = (error.name or "").partition(".")[0]
        if sys.modules.get(library) is None:
            return (
                f"The library `{library}` does not come with this page, or its name is misspelt. "
                "To use it, download the notebook and run it with Python."
            )
    if isinstance(error, MemoryError) or (
        isinstance(error, ValueError) and ("array is too big" in text or "Maximum allowed dimension" in text)
    ):
        return "This needs more memory than Python in the page has. Try it with fewer rows. What earlier cells made is still there."
    if isinstance(error, FileNotFoundError):
        return f"There is no file `{error.filename}`. Code in a page cannot see the files of your computer."
    if isinstance(error, SystemExit):
        return "Your code asked Python to end. In a page it goes on, and nothing is lost."
    if _is_of_network(error):
        return "Python in the page has no network: it reads what comes with the book."
    if isinstance(error, SyntaxError) and re.match(r"\s*[%!]", error.text or ""):
        return "A line that begins with `%` or `!` is a command of Jupyter. Take it out: a page does without."
    try:
        from cleanworks.learn.explain import explain

        return re.sub(r"\s*\(Line \d+ of that cell\.\)$", "", explain(error, namespace))
    except Exception:  # an explanation must never hide the error
        return ""


def _is_of_network(error: BaseException) -> bool:
    return isinstance(error, OSError) and type(error).__name__ in ("URLError", "gaierror")


def _say(text: str) -> str:
    """In the reader's language, if the course has one."""
    try:
        from cleanworks.words import say
    except ImportError:
        return text
    return say(text)


# --- what libraries look for --------------------------------------------------------------------------------------


class _Events:
    """`shell.events`: who wants to know before and after a cell."""

    def __init__(self) -> None:
        self._known: dict[str, list[Callable[[Any], None]]] = {}

    def register(self, name: str, function: Callable[[Any], None]) -> None:
        self._known.setdefault(name, []).append(function)

    def unregister(self, name: str, function: Callable[[Any], None]) -> None:
        self._known.get(name, []).remove(function)

    def fire(self, name: str, about: Any) -> None:
        for function in tuple(self._known.get(name, ())):
            function(about)


class _Kinds:
    """`display_formatter.mimebundle_formatter`: how values of a class are shown besides their own way."""

    def __init__(self) -> None:
        self._known: dict[type, Callable[[Any], Any]] = {}

    def for_type(
        self, kind: type, function: Callable[[Any], Any] | None = None
    ) -> Callable[[Any], Any] | None:
        if function is not None:
            self._known[kind] = function
        return self._known.get(kind)

    def find(self, value: Any) -> Callable[[Any], Any] | None:
        return next((self._known[kind] for kind in type(value).__mro__ if kind in self._known), None)


def _pose_as_ipython(shell: Shell) -> None:
    """Let `get_ipython()` find the shell, wherever a library asks for it."""
    shown = {"display": shell._display}
    holds: dict[str, dict[str, Any]] = {
        "IPython": {"get_ipython": lambda: shell, "version_info": (8, 23, 0), "__path__": []},
        "IPython.display": shown,
        "IPython.core": {"__path__": []},
        "IPython.core.pylabtools": {"backend2gui": {}},  # Matplotlib 3.8 reads it as soon as it sees IPython
    }
    for name, names in holds.items():
        sys.modules[name] = types.ModuleType(name)
        vars(sys.modules[name]).update(names)
    vars(sys.modules["IPython"])["display"] = sys.modules["IPython.display"]
    vars(builtins)["get_ipython"] = lambda: shell
    os.environ.setdefault("MPLBACKEND", "agg")
