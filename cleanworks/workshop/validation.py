"""pydantic's findings in plain words."""

from __future__ import annotations

from pydantic import ValidationError

_WORDS = {
    "missing": "`{place}` is missing",
    "extra_forbidden": "`{place}` is not known here",
    "string_type": "`{place}` should be text",
    "int_type": "`{place}` should be a whole number",
    "int_parsing": "`{place}` should be a whole number",
    "bool_type": "`{place}` should be true or false",
    "bool_parsing": "`{place}` should be true or false",
    "list_type": "`{place}` should be a list",
    "tuple_type": "`{place}` should be a list",
    "dict_type": "`{place}` should be a block of named values",
    "model_type": "`{place}` should be a block of named values",
    "literal_error": "`{place}` should be {expected}, not {input!r}",
    "too_short": "`{place}` should have at least {min_length} entries, not {actual_length}",
    "too_long": "`{place}` should have at most {max_length} entries, not {actual_length}",
    "string_too_short": "`{place}` is empty",
    "greater_than_equal": "`{place}` should be at least {ge}, not {input!r}",
    "greater_than": "`{place}` should be more than {gt}, not {input!r}",
    "less_than_equal": "`{place}` should be at most {le}, not {input!r}",
    "value_error": "`{place}`: {error}",
}


def problems(error: ValidationError) -> list[str]:
    """One sentence without its full stop for each thing that pydantic found."""
    said = []
    for found in error.errors():
        place = (
            ".".join(str(part + 1) if isinstance(part, int) else str(part) for part in found["loc"])
            or "the block"
        )
        words = _WORDS.get(found["type"])
        if words is None:
            said.append(f"`{place}`: {found['msg'][0].lower()}{found['msg'][1:]}")
        else:
            said.append(words.format(place=place, input=found["input"], **found.get("ctx", {})))
    return said


def first_problem(error: ValidationError) -> str:
    return problems(error)[0]
