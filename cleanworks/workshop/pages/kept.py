"""What the extension remembers between Sphinx's events: the course whose book is built."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sphinx.application import Sphinx

    from cleanworks.workshop.catalogue import Course


def keep_course(app: Sphinx, course: Course) -> None:
    vars(app)["cleanworks_course"] = course


def course_of(app: Sphinx) -> Course:
    """The course that `keep_course` was given."""
    return vars(app)["cleanworks_course"]
