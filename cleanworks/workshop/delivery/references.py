"""What a workshop file refers to, resolved before any work: the country, the language, and whether its modules are translated."""

from __future__ import annotations

import re
from pathlib import Path

from cleanworks import words
from cleanworks.errors import InputError
from cleanworks.workshop import certificates, languages
from cleanworks.workshop.catalogue import Course, Lesson
from cleanworks.workshop.country import Country
from cleanworks.workshop.country import country as of_profile
from cleanworks.workshop.lines import nearest
from cleanworks.workshop.workshop_file import Workshop, notes


def country(course: Course, workshop: Workshop) -> Country:
    """The country that the file names, by the function that the course's settings name.

    Raises
    ------
    InputError
        There is no such profile; the message names the file, the line and the nearest one.
    """
    folder = Path(workshop.source.name).parent if workshop.source.text else Path(".")
    return of_profile(course, workshop.profile, folder, workshop.source.at("profile"))


def require_language(course: Course, workshop: Workshop) -> None:
    """See that there is something in the workshop's language.

    Raises
    ------
    InputError
        The code is none, or the course is not translated into it.
    """
    wanted, where = workshop.language, workshop.source.at("language")
    known = [languages.SOURCE, *languages.languages(course)]
    if wanted in known:
        return
    close = _language_meant(wanted, known)
    another = f"; `cleanworks language update {wanted}` begins another" if words.is_code(wanted) else ""
    raise InputError(
        f"There is no translation into {wanted!r}.",
        where=where,
        fix=f"{f'Did you mean {close!r}? ' if close else ''}There are {', '.join(known)}{another}.",
    )


def _language_meant(wanted: str, known: list[str]) -> str | None:
    """The code of a language that was named in words, with a country, or with other letters."""
    import babel

    plain = wanted.casefold().strip()
    for code in known:
        names = babel.Locale.parse(code)
        if plain in {str(names.english_name).casefold(), str(names.display_name).casefold()}:
            return code
    return next((code for code in known if re.split("[-_]", plain)[0] == code), None) or nearest(
        wanted, known
    )


def resolve(
    course: Course, workshop: Workshop, lessons: tuple[Lesson, ...], *, allow_english: bool = False
) -> tuple[Workshop, Country, list[str]]:
    """Everything that the file refers to: the workshop with its profile found, the country, and notes for the organiser.

    Raises
    ------
    InputError
        A reference leads nowhere, or modules are not in the workshop's language and English was not allowed.
    """
    place = country(course, workshop)
    require_language(course, workshop)
    lacking = languages.untranslated(course, workshop.language, lessons)
    if lacking and not allow_english:
        named = ", ".join(f"{lesson.id} ({lesson.title})" for lesson in lacking)
        are = "is" if len(lacking) == 1 else "are"
        raise InputError(
            f"{len(lacking)} of {len(lessons)} modules {are} not translated into {workshop.language!r}: {named}.",
            where=workshop.source.at("language"),
            fix="Leave them out, translate them (`cleanworks language update`), or build with --allow-english: the first page then names them.",
        )
    if workshop.logo:
        # Certificates come weeks later, when nobody has time to look for a picture.
        try:
            certificates.embedded(Path(workshop.source.name).parent / workshop.logo)
        except InputError as error:
            raise InputError(
                error.what, where=f"{workshop.source.at('logo')}: {workshop.logo}", fix=error.fix
            ) from None
    found = notes(workshop, place.rest)
    if lacking:
        found.append(
            f"Not in {workshop.language!r}, but in English: {', '.join(lesson.id for lesson in lacking)}."
        )
    settled = workshop.model_copy(update={"profile": place.profile})
    return settled, place, found
