"""What goes into a worker and what comes out of it: one notebook to execute, and what happened."""

from __future__ import annotations

import re
import signal
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .jobs import RunOptions

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

_ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
# What undecodable bytes become on their way: the replacement character, or half of a surrogate pair.
_NOT_TEXT = re.compile("[\ufffd\ud800-\udfff]")
# What a worker says at its gate: its kernel is there; its cells have run, and whoever waits may begin.
READY, LEFT = "ready", "left"
_DETAIL_LINES = 8
_MESSAGE_LENGTH = 1000


@dataclass(frozen=True)
class Task:
    """One notebook for a worker: everything it needs, nothing else.

    `inherited` are variables of the process that started the run, `scratch` is a folder for private files.
    """

    index: int
    name: str
    content: Mapping[str, Any]
    workdir: str
    timeout: float
    options: RunOptions
    inherited: Mapping[str, str]
    scratch: str
    cell_timeout: float | None = None

    @property
    def code_cells(self) -> int:
        return sum(cell["cell_type"] == "code" for cell in self.content["cells"])


class Gate:
    """Where a lesson waits until its cells may run, and says that they have: the next begins while its kernel is taken down."""

    def __init__(self, pipe: Connection):
        self._pipe, self._inside = pipe, False

    def enter(self) -> None:
        """Returns when the cells may run; at once if they have been let in before."""
        if not self._inside:
            self._pipe.send(READY)
            self._pipe.recv()
        self._inside = True

    def leave(self) -> None:
        self._pipe.send(LEFT)


@dataclass
class Outcome:
    """What execution gave. Cells are counted among the code cells, from 0, since prose may come and go around them.

    `times` are (CPU, wall) seconds of the cells that ended well, `accesses` the files that were opened with ``read`` or ``write``,
    `hidden` (execution, text) what failed without failing its cell, `engine` which one executed (`engine`),
    `begun` when its first cell did (nanoseconds).
    """

    outputs: list[list[dict[str, Any]]]
    counts: list[int | None]
    language_info: dict[str, Any] = field(default_factory=dict)
    widgets: dict[str, Any] = field(default_factory=dict)
    failure: dict[str, Any] | None = None
    times: list[tuple[float, float]] = field(default_factory=list)
    cpu: float = 0.0
    wall: float = 0.0
    megabytes: float = 0.0
    accesses: list[tuple[str, str]] = field(default_factory=list)
    hidden: list[tuple[int, str]] = field(default_factory=list)
    engine: str = ""
    begun: int = 0

    @classmethod
    def empty(cls, task: Task) -> Outcome:
        return cls(outputs=[[] for _ in range(task.code_cells)], counts=[None] * task.code_cells)

    @classmethod
    def failed(cls, task: Task, failure: LessonFailure) -> Outcome:
        """The outcome of a task that was not begun, or stopped from outside: no outputs, only the reason."""
        outcome = cls.empty(task)
        outcome.failure = failure.as_dict(None)
        return outcome


class LessonFailure(Exception):
    """The lesson did not end well, or breaks a rule."""

    def __init__(self, kind: str, message: str, details: Iterable[str] = (), line: int | None = None):
        super().__init__(message)
        self.kind, self.message, self.details, self.line = kind, message, tuple(details), line

    def as_dict(self, position: int | None) -> dict[str, Any]:
        """As it is stored; `position` counts the code cells from 0."""
        return {
            "kind": self.kind,
            "message": self.message.strip()[:_MESSAGE_LENGTH],
            "position": position,
            "line": self.line,
            "details": list(self.details),
        }

    @classmethod
    def from_reply(cls, reply: Mapping[str, Any], count: int | None) -> LessonFailure:
        """From a kernel's reply to a cell that raised an error; `count` is the cell's execution count."""
        text = _ANSI.sub("", "\n".join(reply.get("traceback") or ()))
        name, value = reply.get("ename", "Error"), reply.get("evalue", "")
        if name == "_IncompleteInputError":
            name = "SyntaxError"  # Python 3.13 has a name of its own for code that breaks off in the middle
        details = last_lines([text])
        kind, message = "error", f"{name}: {value}"
        if name == "SystemExit":
            kind, message = "exit", f"The cell raised SystemExit({value})."
        elif name in ("ModuleNotFoundError", "ImportError"):
            kind = "import"
        elif name == "StdinNotImplementedError":
            message = "The cell asks for input(), and nobody is there to answer."
        elif name == "NoneType":
            # Raised while a value was shown: only the traceback knows what it was.
            message = details[-1] if details else "An error was raised while a value was shown."
        return cls(kind, message, details, _line_in_cell(text, count))

    @classmethod
    def from_timeout(cls, limit: float, what: str = "lesson") -> LessonFailure:
        return cls("timeout", f"The {what} took longer than its limit of {limit:g} s.")

    @classmethod
    def from_death(cls, code: int | None, last_words: str) -> LessonFailure:
        """From a kernel that ended by itself."""
        text = f"The Python of this lesson ended abruptly ({ending(code)})."
        return cls("died", text, last_lines([last_words]))


def ending(code: int | None) -> str:
    """How a process ended, by its exit code."""
    if code is None:
        return "it no longer answers"
    if code >= 0:
        return f"exit code {code}"
    try:
        return signal.Signals(-code).name
    except ValueError:
        return f"signal {-code}"


def last_lines(texts: Iterable[str]) -> tuple[str, ...]:
    lines = [line.rstrip() for text in texts for line in _ANSI.sub("", text).splitlines() if line.strip()]
    return tuple(line[:200] for line in lines[-_DETAIL_LINES:])


def _line_in_cell(traceback: str, count: int | None) -> int | None:
    """The line of this cell where the error came up, from IPython's traceback."""
    found = re.findall(r"Cell In ?\[(\d+)\], line (\d+)", traceback)
    own = [int(line) for number, line in found if count is None or int(number) == count]
    return own[-1] if own else None


def asks_to_exit(reply: Mapping[str, Any]) -> bool:
    """Whether a kernel's reply to a cell says that the cell called ``exit()``."""
    return any(payload.get("source") == "ask_exit" for payload in reply.get("payload", ()))


def judge_outputs(outputs: Iterable[Mapping[str, Any]]) -> None:
    """Look at the outputs of a cell that ran without an error reply: some errors only show there.

    Raises
    ------
    LessonFailure
    """
    for output in outputs:
        if output["output_type"] == "error":
            # IPython goes on after an error in `_repr_html_`, in a script that `%run` runs, or in a function that it calls by itself.
            message = f"{output['ename']}: {output['evalue']} (shown by the cell, which went on)"
            raise LessonFailure("error", message, last_lines(output["traceback"]))
        if any(_NOT_TEXT.search(text) for text in _texts(output)):
            raise LessonFailure(
                "encoding", "The cell shows bytes that are not UTF-8 text.", last_lines(_texts(output))
            )


def _texts(output: Mapping[str, Any]) -> list[str]:
    if output["output_type"] == "stream":
        return [output["text"]]
    return [value for kind, value in output.get("data", {}).items() if kind.startswith("text/")]


def tidy(outputs: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Join neighbouring pieces of one stream: where it is cut into messages is a matter of timing. Their order stays, as in nbclient."""
    result: list[dict[str, Any]] = []
    for output in outputs:
        if output["output_type"] == "stream" and result and result[-1].get("name") == output["name"]:
            result[-1]["text"] += output["text"]
        else:
            result.append(_plain(output))
    return result


def _plain(value: Any) -> Any:
    """NotebookNodes as ordinary dictionaries."""
    if isinstance(value, Mapping):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    return value
