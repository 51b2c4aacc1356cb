"""What stands under a notebook's title: what one can do afterwards, how long it takes, what comes before it."""

from __future__ import annotations

from cleanworks.workshop.catalogue import Course, Entry, Lesson
from cleanworks.workshop.metadata import Minutes
from cleanworks.workshop.pages import running
from cleanworks.workshop.pages.reports import link


def front_matter(course: Course, entry: Entry, note: str = "") -> str:
    """Markdown for the box under the title of a lesson or an exercise set; ``note`` comes first in it."""
    lesson = course.lesson(entry.block.id)
    lines = _lesson(course, lesson) if entry.block.kind == "lesson" else _set(course, lesson, entry)
    if note:
        lines = [note, "", *lines]
    return "\n".join([*lines, "", "{cleanworks-download}`this notebook`", "", running.MARK])


def _lesson(course: Course, lesson: Lesson) -> list[str]:
    block = lesson.block
    lines = ["**After this lesson you can**", ""]
    lines += [f"{number}. {objective}" for number, objective in enumerate(block.objectives, 1)]
    facts = [f"**Level** {block.level}", f"**Time** {_minutes(lesson.minutes)}"]
    if block.prerequisites:
        facts.append("**Before it** " + ", ".join(_before(course, id) for id in block.prerequisites))
    if block.terms:
        facts.append("**Terms** " + ", ".join(f"{{term}}`{term}`" for term in block.terms))
    if lesson.exercises:
        facts.append("**Then practise** " + link(course, lesson.exercises))
    return [*lines, "", *_list(facts)]


def _set(course: Course, lesson: Lesson, entry: Entry) -> list[str]:
    count = len(entry.notebook.questions)
    facts = [f"**Belongs to** {link(course, lesson)}"]
    minutes = entry.block.minutes or lesson.minutes
    facts.append(f"**Time** {minutes.practise} minutes for {_counted(count, 'exercise')}")
    return _list(facts)


def _before(course: Course, id: str) -> str:
    # `cleanworks lint` complains about a lesson that does not exist; a draft of the book may still be built.
    return link(course, course.lesson(id)) if id in course.ids else f"`{id}`"


def _list(facts: list[str]) -> list[str]:
    return [f"- {fact}" for fact in facts]


def _minutes(minutes: Minutes) -> str:
    return f"{minutes.teach} minutes, and {minutes.practise} to practise"


def _counted(count: int, word: str) -> str:
    return f"{count} {word}{'' if count == 1 else 's'}"
