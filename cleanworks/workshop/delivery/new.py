"""`workshop new`: ten questions, and a workshop file with a comment at every line."""

from __future__ import annotations

import datetime
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cleanworks.asking import Ask, asker, new_file, write_new
from cleanworks.errors import InputError
from cleanworks.workshop.delivery.workshop_command import Root, app_workshop

if TYPE_CHECKING:
    from cleanworks.workshop.catalogue import Course


def add_to(app: typer.Typer) -> None:
    """This command stands under `workshop`, which another room adds."""


@app_workshop.command("new")
def new(
    name: Annotated[
        str, typer.Argument(help="Short name of the workshop: small letters, such as kampala-march.")
    ],
    folder: Annotated[Path, typer.Option("--out", "--folder", help="The folder for the file.")] = Path("."),
    root: Root = Path("."),
) -> None:
    """Begin a workshop by answering ten questions.

    Press Enter to keep what stands in brackets. The file that is written explains itself. Nothing is written before the last answer.

    \b
    Exit codes: 0 written, 2 something is wrong, 130 interrupted.
    """
    from cleanworks.workshop import languages, workshop_file
    from cleanworks.workshop.catalogue import Course
    from cleanworks.workshop.delivery import references
    from cleanworks.workshop.delivery.programme import make_programme

    target = new_file(name, folder, "workshop")
    course = Course.load(root.resolve())
    print("Press Enter to keep what stands in brackets. Ctrl-C stops, and nothing is written.\n")
    ask = asker("Give ten lines; an empty line keeps what stands in brackets.")
    text = asked(course, name, folder, ask)
    workshop = workshop_file.parse(workshop_file.values_of(text), name, str(target), text)
    lessons = make_programme(course, workshop).lessons
    _, _, notes = references.resolve(course, workshop, lessons, allow_english=True)
    # The command that is printed must work as it stands.
    english = " --allow-english" if languages.untranslated(course, workshop.language, lessons) else ""
    write_new(target, text)
    print(f"\nWritten: {target}")
    for note in notes:
        print(f"Note: {note}")
    print(
        f"See its clock:  cleanworks workshop agenda {shlex.quote(str(target))}{english}\n"
        f"Make the kit:   cleanworks workshop build {shlex.quote(str(target))}{english}"
    )


def asked(course: Course, name: str, folder: Path, ask: Ask) -> str:
    """Ask until every answer can be used; returns the text of the file."""
    from cleanworks.workshop import languages
    from cleanworks.workshop.delivery.programme import path_of
    from cleanworks.workshop.lines import meant
    from cleanworks.workshop.live.payload import function

    def country(answer: str) -> str:
        address = course.settings.country
        if answer and address:
            asked: Callable[..., object] = function("country", address)
            asked(answer, folder)
        return answer

    spoken = [languages.SOURCE, *languages.languages(course)]

    def language(answer: str) -> str:
        if answer not in spoken:
            raise InputError(
                f"There is no translation into {answer!r}.",
                fix=f"{meant(answer, spoken)}There are {', '.join(spoken)}.",
            )
        return answer

    def modules(answer: str) -> str:
        ids = [lesson.id for lesson in course.lessons]
        named = [part.strip() for part in answer.split(",") if part.strip()]
        if len(named) == 1 and named[0] not in ids:
            path_of(course, named[0])
            return f'path = "{named[0]}"'
        unknown = [one for one in named if one not in ids]
        if unknown:
            raise InputError(
                f"There is no module {unknown[0]!r}.",
                fix=f"{meant(unknown[0], ids)}The modules are {', '.join(ids)}.",
            )
        return f"modules = [{', '.join(map(_quoted, named))}]"

    def number(most: int) -> Callable[[str], str]:
        def check(answer: str) -> str:
            if not (answer.isascii() and answer.isdigit() and 1 <= int(answer) <= most):
                raise InputError(
                    f"{answer!r} is not a number from 1 to {most}.", fix=f"Write a number from 1 to {most}."
                )
            return answer

        return check

    def date(answer: str) -> str:
        try:
            return datetime.date.fromisoformat(answer).isoformat()
        except ValueError:
            raise InputError(f"{answer!r} is not a date.", fix="Write it as 2026-12-14.") from None

    paths = "a path such as public-works, or modules with commas"
    questions: list[tuple[str, str, str, Callable[[str], str]]] = [
        ("title", "Title of the workshop", name.replace("-", " ").capitalize(), _words),
        ("place", "Place", "To be named", _words),
        ("audience", "For whom", "officials of public works", _words),
        ("organiser", "Who invites", "To be named", _words),
        ("profile", "Country: the code of a profile, or a .toml file here", "seoul", country),
        ("language", f"Language: {', '.join(spoken)}", languages.SOURCE, language),
        ("participants", "How many people", "20", number(2000)),
        ("modules", f"What is taught: {paths}", course.lessons[0].id if course.lessons else "", modules),
        ("date", "First day", (datetime.date.today() + datetime.timedelta(days=60)).isoformat(), date),
        ("days", "How many days in a row", "2", number(30)),
    ]
    answers = {
        key: _ask(f"{n}/{len(questions)} {question} [{usual}]: ", usual, check, ask)
        for n, (key, question, usual, check) in enumerate(questions, 1)
    }
    return _file(answers)


def _ask(prompt: str, usual: str, check: Callable[[str], str], ask: Ask) -> str:
    while True:
        try:
            return check(ask(prompt).strip() or usual)
        except InputError as error:
            if error.where == "standard input":
                raise
            print(f"  {error.what} {error.fix or ''}")


def _words(answer: str) -> str:
    if not answer.isprintable() or len(answer) > 200:
        raise InputError(
            "The text is too long, or not on one line.", fix="Use one line of at most 200 letters."
        )
    return answer


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _file(answers: dict[str, str]) -> str:
    first = datetime.date.fromisoformat(answers["date"])
    count = int(answers["days"])
    head = f"""# A workshop. `cleanworks workshop agenda FILE` shows its clock, `cleanworks workshop build FILE` makes what it hands out.
title = {_quoted(answers["title"])}
# subtitle = "A line under the title"
place = {_quoted(answers["place"])}
# timezone = "Africa/Kampala"          # for the calendar file
audience = {_quoted(answers["audience"])}
organiser = {_quoted(answers["organiser"])}
# logo = "logo.png"                    # on certificates; a file beside this one
# signed_by = ["Name, office"]         # who signs the certificates, at most three
language = {_quoted(answers["language"])}
profile = {_quoted(answers["profile"])}                    # the country: `cleanworks profile list`, or a .toml file beside this one
participants = {answers["participants"]}
buffer = 15                            # minutes kept free at the end of every day
# Modules in the order of teaching, or `path = "public-works"`: as many of a path as the days hold.
# A module may have other minutes: {{ module = "c6", teach = 40, practise = 30 }}; a talk: {{ talk = "Keynote", minutes = 25 }}.
{answers["modules"]}
"""
    days = []
    for number in range(count):
        day = first + datetime.timedelta(days=number)
        opening = (
            '[{ title = "Welcome", minutes = 15 }, { title = "Test before the workshop", minutes = 10 }]'
            if number == 0
            else "[]"
        )
        last = number == count - 1
        closing = (
            '[{ title = "Test after the workshop", minutes = 10 }, { title = "Questions", minutes = 15 }]'
            if last
            else "[]"
        )
        days.append(
            f"""
[[days]]
date = {day.isoformat()}                      # {day:%A}
start = "09:00"
end = "16:30"
opening = {opening}
closing = {closing}
breaks = [
    {{ title = "Coffee", start = "10:30", minutes = 15 }},
    {{ title = "Lunch", start = "12:30", minutes = 60 }},
    {{ title = "Coffee", start = "15:00", minutes = 15 }},
]
"""
        )
    return head + "".join(days)
