"""The learning paths of a course: named lists of lessons for workshop files and pages."""

from __future__ import annotations

from cleanworks import toml
from cleanworks.workshop.catalogue import Course

FILE = "workshops/paths.toml"


def named(course: Course) -> dict[str, list[str]]:
    """The ids of the lessons of each path, by importance; empty where the course has no such list.

    Raises
    ------
    InputError
        The list is not TOML.
    """
    file = course.root / FILE
    return (
        {name: list(ids) for name, ids in toml.read(file, "The list of paths").items()}
        if file.is_file()
        else {}
    )
