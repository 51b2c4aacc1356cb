"""pydantic's findings in plain words, and the files that a build keeps for the instructor."""

from __future__ import annotations

import datetime
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, ValidationError

from cleanworks.errors import InputError

# Kinds of finding that come in several forms.
_FAMILIES = (
    ("date", "`{place}`: {input!r} is not a date; write it as 2026-12-14, without quotation marks"),
    ("int", "`{place}` should be a whole number, not {input!r}"),
)

_WORDS = {
    "missing": "`{place}` is missing",
    "extra_forbidden": "`{place}` is not known here",
    "string_type": "`{place}` should be text",
    "bool_type": "`{place}` should be true or false",
    "bool_parsing": "`{place}` should be true or false",
    "list_type": "`{place}` should be a list",
    "tuple_type": "`{place}` should be a list; put square brackets around it",
    "dict_type": "`{place}` should be a block of named values",
    "model_type": "`{place}` should be a block of named values",
    "literal_error": "`{place}` should be {expected}, not {input!r}",
    "too_short": "`{place}` has too few entries: {actual_length}, and at least {min_length} should be there",
    "too_long": "`{place}` has too many entries: {actual_length}, and at most {max_length} may be there",
    "finite_number": "`{place}` should be a number, not {input!r}",
    "string_too_long": "`{place}` should have at most {max_length} letters",
    "string_pattern_mismatch": "`{place}`: {input!r} is not an id; use small letters, digits and hyphens",
    "string_too_short": "`{place}` is empty",
    "greater_than_equal": "`{place}` should be at least {ge}, not {input!r}",
    "greater_than": "`{place}` should be more than {gt}, not {input!r}",
    "less_than_equal": "`{place}` should be at most {le}, not {input!r}",
    "value_error": "`{place}`: {error}",
}


@dataclass(frozen=True)
class Problem:
    """One thing that pydantic found: where (names and numbers from 0) and a sentence without its full stop."""

    place: tuple[str | int, ...]
    said: str


def found(error: ValidationError) -> list[Problem]:
    """Everything that pydantic found, without what only follows from something inside.

    A day with a mistake is left out of the list of days, and then the list is too short: that is no second mistake.
    """
    listed = error.errors()
    places = [one["loc"] for one in listed]
    made = []
    for one in listed:
        loc = one["loc"]
        if one["type"] == "too_short" and any(
            len(other) > len(loc) and other[: len(loc)] == loc for other in places
        ):
            continue
        name = ".".join(str(part + 1) if isinstance(part, int) else str(part) for part in loc) or "the block"
        words = _WORDS.get(one["type"]) or next(
            (said for start, said in _FAMILIES if one["type"].startswith(start)), None
        )
        if words is None:
            said = f"`{name}`: {one['msg'][0].lower()}{one['msg'][1:]}"
        else:
            given = one["input"]
            # A date with a time of day is shown as it was written, not as Python calls it.
            given = str(given) if isinstance(given, datetime.date) else given
            said = words.format(place=name, input=given, **one.get("ctx", {}))
        made.append(Problem(tuple(loc), said))
    return made


def problems(error: ValidationError) -> list[str]:
    """One sentence without its full stop for each thing that pydantic found."""
    return [one.said for one in found(error)]


def first_problem(error: ValidationError) -> str:
    return problems(error)[0]


class Part(BaseModel):
    """A part of such a file: what is not known in it is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Kept(Part):
    """A file that `workshop build` writes into the instructor's folder, and that later commands read."""

    def text(self) -> str:
        """The content of the file."""
        return json.dumps(self.model_dump(mode="json"), ensure_ascii=False, indent=1) + "\n"

    @classmethod
    def _read(cls, path: Path, said: Sayings) -> Self:
        try:
            if path.stat().st_size > said.largest:
                raise InputError(said.too_large, where=str(path), fix=said.fix)
            return cls.model_validate(json.loads(path.read_text(encoding="utf-8-sig")))
        except FileNotFoundError:
            raise InputError(said.absent, where=str(path), fix=said.fix) from None
        except ValidationError as error:
            raise InputError(
                f"{said.wrong}: {first_problem(error)}.", where=str(path), fix=said.fix
            ) from None
        except (OSError, ValueError, RecursionError):
            raise InputError(said.unreadable, where=str(path), fix=said.fix) from None


@dataclass(frozen=True)
class Sayings:
    """What is said of a kept file that cannot be used, and how large it may be."""

    largest: int
    too_large: str
    absent: str
    wrong: str
    unreadable: str
    fix: str
