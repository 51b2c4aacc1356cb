"""Lint: the canonical form of notebooks, and the rules of a course.

    from cleanworks.workshop.lint import lint_course

    for finding in lint_course(root):
        print(finding)

Rooms: `sentences` puts one sentence on a line, `canonical` makes a notebook's file what it should be, `context` collects what a
rule may look up, `rules` are the rules, `check` applies them.
"""

from cleanworks.workshop.lint.canonical import canonical
from cleanworks.workshop.lint.check import fix_file, lint_course, lint_notebook, rules_page, unseen
from cleanworks.workshop.lint.context import Context
from cleanworks.workshop.lint.finding import Finding, Rule

__all__ = [
    "Context",
    "Finding",
    "Rule",
    "canonical",
    "fix_file",
    "lint_course",
    "lint_notebook",
    "rules_page",
    "unseen",
]
