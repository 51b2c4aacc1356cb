"""The country that a command or a workshop file names, found before any work by the function that the course's settings name."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cleanworks.errors import InputError
from cleanworks.workshop.catalogue import Course

_VARIABLE = "CLEANWORKS_PROFILE"


@dataclass(frozen=True)
class Country:
    """What to set for a country, its name, the days on which offices rest, and lines for handouts."""

    profile: str | None = None
    name: str = ""
    rest: tuple[int, ...] = (5, 6)
    lines: tuple[str, ...] = ()


def country(course: Course, profile: str | None, folder: Path, where: str) -> Country:
    """The country of a profile: a code, or a file that is looked for in `folder` first. `where` says who names it.

    Raises
    ------
    InputError
        There is no such profile; the message names the nearest one.
    """
    address = course.settings.country
    if not profile or not address:
        return Country(profile)
    from cleanworks.workshop.live.payload import function

    asked: Callable[..., Any] = function("country", address)
    try:
        found = asked(profile, folder)
    except InputError as error:
        place = f"{where}: {error.where}" if error.where else where
        raise InputError(error.what, where=place, fix=error.fix) from None
    return Country(found["profile"], found["name"], tuple(found["rest"]), tuple(found["lines"]))


def chosen_profile(course: Course, profile: str | None) -> str | None:
    """The profile of a command's ``--profile``, as kernels find it from any folder.

    A wrong name is refused here: a lesson that asks for no country would pass with it. The variable that shells set is looked at too.

    Raises
    ------
    InputError
        There is no such profile, or the variable names a file that kernels would look for in their own folders.
    """
    if not profile:
        named = os.environ.get(_VARIABLE)
        found = country(course, named, Path("."), f"The variable {_VARIABLE}").profile
        if named and found != named:
            raise InputError(
                f"{named} is looked for in the folder of each notebook.",
                where=f"The variable {_VARIABLE}",
                fix=f"Give the whole path, {found}, or use --profile.",
            )
        return None
    return country(course, profile, Path("."), "--profile").profile
