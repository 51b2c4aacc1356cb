"""The checks of one exercise set: questions by id, variables by name."""

from __future__ import annotations

import ast
import os
import re
import sys
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from cleanworks.errors import InputError
from cleanworks.learn import record, sharing
from cleanworks.learn.explain import explain, listed, nearest
from cleanworks.learn.outcome import Answered, Correct, NotAttempted, NotYet, Outcome, Raised

RECORD = "CLEANWORKS_RECORD"
"""Names the learner's own file of progress (:mod:`cleanworks.learn.record`). Without it nothing is written anywhere."""

DEBUG = "CLEANWORKS_DEBUG"
"""Set to 1, an error inside a check is raised instead of being turned into a message."""


@dataclass(frozen=True)
class _Question:
    variables: tuple[str, ...]
    judge: Callable[..., Outcome]


@dataclass
class CheckSet:
    """The checks of one exercise set.

    Parameters
    ----------
    id : str
        Id of the exercise set, for messages and for the record.

    In a notebook ``check("c6-e1")`` takes the learner's variables by name and returns an outcome, which the notebook
    shows. It reads nothing else and changes nothing.

    Examples
    --------
    >>> check = CheckSet("c6")
    >>> @check.question("c6-e1", "days_late")
    ... def _(days_late):
    ...     return compare(days_late, 15, unit="days", mistakes={60: "You counted from the claim."})
    ...
    >>> check.questions
    ('c6-e1',)
    """

    id: str
    _questions: dict[str, _Question] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        _watch(_shell())

    @property
    def questions(self) -> tuple[str, ...]:
        """The ids of the questions, in the order of their definition."""
        return tuple(self._questions)

    def question(
        self, question: str, *variables: str
    ) -> Callable[[Callable[..., Outcome]], Callable[..., Outcome]]:
        """Register the function below as the check of a question.

        The function gets the values of `variables`, in this order, and returns an outcome.
        """
        if question in self._questions:
            raise ValueError(f"the question {question!r} of {self.id} has two checks")
        if not variables:
            raise ValueError(f"the check of {question!r} names no variable for the learner to fill")

        def register(judge: Callable[..., Outcome]) -> Callable[..., Outcome]:
            self._questions[question] = _Question(variables, judge)
            return judge

        return register

    def __call__(
        self,
        question: str,
        namespace: Mapping[str, Any] | None = None,
        *,
        ticks: Iterable[int] | None = None,
    ) -> Outcome:
        """Check one question.

        Parameters
        ----------
        question : str
            Id such as "c6-e1".
        namespace : mapping, optional
            Where to look the variables up; by default the notebook, or the caller's variables.
        ticks : iterable of int, optional
            After an open question: the numbers of the lines of its rubric, from 1, that are true of the learner's text.

        Raises
        ------
        InputError
            When there is no question with this id, or no line of its rubric with such a number.
        """
        if question not in self._questions:
            raise InputError(
                f"There is no question {question!r} in the exercise set {self.id}.{nearest(question, self.questions)}",
                fix=f"Its questions are {listed(self.questions)}.",
            )
        shell = _shell()
        if namespace is None:
            caller = sys._getframe(1)
            namespace = shell.user_ns if shell else {**caller.f_globals, **caller.f_locals}
        outcome = self._judge(question, namespace, _failures(shell)).at(question)
        if ticks is not None:
            outcome = _ticked(outcome, ticks)
        _record(self.id, outcome)
        sharing.share(question, outcome.kind, outcome.message)
        return outcome

    def _judge(
        self, question: str, namespace: Mapping[str, Any], failures: Mapping[str, BaseException]
    ) -> Outcome:
        wanted = self._questions[question]
        for name in wanted.variables:
            if name in failures:
                said = explain(failures[name], namespace)
                return Raised(f"The cell that sets `{name}` stopped before its end. {said}")
        empty = [name for name in wanted.variables if _is_placeholder(namespace.get(name, ...))]
        if empty:
            if any(name not in namespace for name in empty):
                return NotAttempted(f"Give a value to {listed(empty)}, run its box, and check again.")
            return NotAttempted(
                f"Replace the three dots of {listed(empty)} by your answer, run the box, and check again."
            )
        try:
            outcome = wanted.judge(*(namespace[name] for name in wanted.variables))
            if not isinstance(outcome, Outcome):
                raise TypeError(f"the check of {question} returned {type(outcome).__name__}, not an outcome")
            return outcome
        except Exception as error:
            if os.environ.get(DEBUG) == "1":
                raise
            kinds = ", ".join(
                f"`{name}` is of the type `{type(namespace[name]).__name__}`" for name in wanted.variables
            )
            return NotYet(
                f"This check cannot make sense of the answer: {kinds}. Read the question again: what should it hold?",
                broken=f"{type(error).__name__}: {error}",
            )


def _ticked(outcome: Outcome, ticks: Iterable[int]) -> Outcome:
    """The outcome of an open question with the learner's ticks. Without an answer there is nothing to tick yet."""
    if not isinstance(outcome, Answered):
        if isinstance(outcome, Correct):
            raise InputError(
                f"The question {outcome.question!r} has one right answer, and nothing to tick.",
                fix="Leave the ticks out.",
            )
        return outcome
    last = len(outcome.rubric)
    fix = f"Give a list of numbers from 1 to {last}, such as `ticks=[1, {last}]`; `ticks=[]` if none is true."
    if isinstance(ticks, str | bytes) or not isinstance(ticks, Iterable):
        raise InputError(f"The ticks of {outcome.question!r} are not a list.", fix=fix)
    numbers = list(ticks)
    for number in numbers:
        if isinstance(number, bool) or not isinstance(number, int) or not 1 <= number <= last:
            raise InputError(f"The rubric of {outcome.question!r} has no line {number!r}.", fix=fix)
    return replace(outcome, ticks=tuple(number in numbers for number in range(1, last + 1)))


def _is_placeholder(value: Any) -> bool:
    """Whether a value is what a starter leaves: `...`, an empty or dotted text, or a list or dict holding `...`."""
    if value is Ellipsis:
        return True
    if isinstance(value, str):
        return not value.strip(" .…\n\t_")
    if isinstance(value, Mapping):
        return any(entry is Ellipsis for entry in value.values())
    if isinstance(value, list | tuple | set):
        return any(entry is Ellipsis for entry in value)
    return False


def _record(set_id: str, outcome: Outcome) -> None:
    """Add the outcome to the learner's own file, if the learner asked for one. No answer is written."""
    path = os.environ.get(RECORD)
    if not path:
        return
    try:
        record.write_outcome(path, set_id, outcome.question, outcome.kind, getattr(outcome, "ticks", None))
    except ValueError as error:
        _not_recorded(f"{path} {error}. Move it away, or name another file in {RECORD}")
    except OSError as error:
        _not_recorded(f"{path}: {error.strerror or error}")
    except Exception as error:
        # Whatever is wrong with that file, the learner gets the answer of the check.
        _not_recorded(f"{path}: {type(error).__name__}")


def _not_recorded(why: str) -> None:
    warnings.warn(f"The outcome was not recorded: {why}.", stacklevel=4)


# --- which cell raised --------------------------------------------------------------------------------------------


def _shell() -> Any:
    """The running IPython shell, or None outside a notebook."""
    if "IPython" not in sys.modules:
        return None
    return sys.modules["IPython"].get_ipython()


class _FailureWatch:
    """Remembers for each variable the error of the last cell that should have set it."""

    def __init__(self) -> None:
        self.failures: dict[str, BaseException] = {}

    def before(self, info: Any) -> None:
        for name in assigned_names(info.raw_cell):
            self.failures.pop(name, None)

    def after(self, result: Any) -> None:
        error = result.error_before_exec or result.error_in_exec
        # A check that stops is not the learner's cell failing.
        if error is None or isinstance(error, InputError | KeyboardInterrupt):
            return
        for name in assigned_names(result.info.raw_cell):
            self.failures[name] = error


def _watch(shell: Any) -> None:
    """Listen to a shell's cells, once."""
    if shell is None or hasattr(shell, "cleanworks_failures"):
        return
    watch = _FailureWatch()
    shell.cleanworks_failures = watch.failures
    shell.events.register("pre_run_cell", watch.before)
    shell.events.register("post_run_cell", watch.after)


def _failures(shell: Any) -> Mapping[str, BaseException]:
    return getattr(shell, "cleanworks_failures", {})


def assigned_names(code: str | None) -> set[str]:
    """The names that a cell sets at its top level; for code that cannot be read, the names before a `=`."""
    code = code or ""
    try:
        tree = ast.parse(code)
    except (SyntaxError, ValueError):
        return set(re.findall(r"^\s*(?:def\s+)?([A-Za-z_]\w*)\s*(?:=(?!=)|\()", code, flags=re.MULTILINE))
    names: set[str] = set()
    for node in _outside_functions(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Subscript | ast.Attribute) and isinstance(node.ctx, ast.Store):
            # `table["late"] = ...` fills a part of `table`.
            owner = node.value
            while isinstance(owner, ast.Subscript | ast.Attribute):
                owner = owner.value
            if isinstance(owner, ast.Name):
                names.add(owner.id)
    return names


def _outside_functions(tree: ast.AST) -> Iterator[ast.AST]:
    for node in ast.iter_child_nodes(tree):
        yield node
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
            yield from _outside_functions(node)
