"""Checks written as `assert` lines, as other graders have them."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import Any

from cleanworks.learn.outcome import Correct, NotYet, Outcome


def run_tests(tests: str, names: Mapping[str, Any], /, **values: Any) -> Outcome:
    """Run lines of tests with the learner's values, and turn the first that fails into an outcome.

    Parameters
    ----------
    tests : str
        Python code with `assert` lines.
    names : mapping
        What the tests may use besides the values: the imports of the module that calls this.
    **values
        The learner's variables, by name.

    Returns
    -------
    Outcome
        `Correct` when every line runs; `NotYet` with the message of the assertion, or with the line that does not hold.

    Examples
    --------
    >>> run_tests("assert total == 6, 'Add up all rows.'", {}, total=5).message
    'Add up all rows.'
    >>> run_tests("assert total > 0", {}, total=5).kind
    'correct'
    """
    space = {**names, **values}
    for statement in ast.parse(tests).body:
        line = ast.unparse(statement)
        try:
            exec(compile(ast.Module([statement], []), "<tests>", "exec"), space)
        except AssertionError as error:
            said = str(error)
            return NotYet(said if said else f"This does not hold yet: `{line.removeprefix('assert ')}`.")
        except Exception as error:
            return NotYet(
                f"`{line.splitlines()[0]}` raises {type(error).__name__}: {error}. What does your answer hold?"
            )
    return Correct("All tests hold.")
