"""OCDS that was flattened into CSV: one row a release, or one row an element of it, with paths such as awards/0/value/amount as headings.

Rows that name one release (ocid and id) are put together again. An element of a list is known by its id, as flattening programs write
it; where rows repeat elements that have none, nobody can tell one that is there twice from two, and the file is refused.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from cleanworks.data import notation
from cleanworks.data.tables import Sheet
from cleanworks.errors import InputError
from cleanworks.standards import fields

_PREFIX = "compiledRelease"
_FIX = "Download or export the same data as JSON, and bring that in."


def is_flattened(headings: Sequence[str]) -> bool:
    """Whether headings are the paths of releases of OCDS, and one says to which process each row belongs.

    >>> is_flattened(["ocid", "id", "tender/value/amount"]), is_flattened(["ocid", "status"]), is_flattened(["_link", "ocid", "tender/id"])
    (True, False, False)
    """
    if not {"ocid", f"{_PREFIX}/ocid"} & set(headings) or any(one.startswith("_link") for one in headings):
        return False
    # A path that does not begin at the release is one of an award or a contract alone, whose id this then is.
    begin = {bool(_kind(path)) for path in map(_path, headings) if fields.is_path(path)}
    return begin == {True}


def releases(sheets: Iterable[Sheet]) -> Iterator[dict[str, Any]]:
    """The releases that the rows of some tables tell together.

    Raises
    ------
    InputError
        A row without an ocid, two rows that say different things of one place, elements of a list that no id tells apart, or numbers
        that can be read in two ways.
    """
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for sheet in sheets:
        paths = [_path(heading) for heading in sheet.headings]
        numbers = {place for place, path in enumerate(paths) if _kind(path) in ("number", "integer")}
        written = {row[place] for row in sheet.rows for place in numbers}
        decimal, question = notation.decimal_of(written, (), sheet.separator)
        if question:
            raise InputError(f"{question[0].upper()}{question[1:]}.", where=sheet.place, fix=_FIX)
        for place, row in enumerate(sheet.rows):
            where, release = sheet.row(place), dict[str, Any]()
            for column, (path, text) in enumerate(zip(paths, map(str.strip, row), strict=True)):
                if text:
                    number = notation.number(text, decimal) if column in numbers else None
                    _put(release, path, text if number is None else number, where)
            release = _listed(release)
            if "ocid" not in release:
                raise InputError("The row has no ocid.", where=where, fix=_FIX)
            key = str(release["ocid"]), str(release.get("id") or release.get("date") or "")
            if key in found:
                _merge(found[key], release, where, "Release")
            else:
                found[key] = release
    yield from found.values()


def write(sheets: Iterable[Sheet], file: Path) -> int:
    """Write the releases as JSON lines; how many they are."""
    with file.open("w", encoding="utf-8") as lines:
        return sum(1 for one in releases(sheets) if lines.write(json.dumps(one, ensure_ascii=False) + "\n"))


def _path(heading: str) -> list[str]:
    path = re.split("[/.]", heading.strip())
    return path[1:] if path[0] == _PREFIX and len(path) > 1 else path


def _field(kind: str, name: str) -> fields.Field | None:
    return fields.objects("releases").get(kind, {}).get(name)


def _kind(path: Sequence[str]) -> str:
    """The kind of what stands at the end of a path; "" where the standard knows no such path."""
    kind = "Release"
    for name in path:
        if not name.isdigit():
            field = _field(kind, name)
            kind = field.kind if field is not None else ""
    return kind


def _put(release: dict[str, Any], path: Sequence[str], value: str | float, where: str) -> None:
    """Lay a value at its place; elements of lists are held by their numbers, "0" where none is written."""
    held: Any = release
    kind, last = "Release", len(path) - 1
    for number, name in enumerate(path):
        if not isinstance(held, dict) or (number == last and isinstance(held.get(name), dict)):
            raise InputError(
                f"{'/'.join(path)} is a value in one column, and an object in another.", where=where, fix=_FIX
            )
        field = None if name.isdigit() else _field(kind, name)
        if number == last:
            texts = field is not None and field.depth and field.kind in fields.SIMPLE
            held[name] = [one.strip() for one in str(value).split(";")] if texts else value
            return
        held = held.setdefault(name, {})
        if not name.isdigit():
            kind = field.kind if field is not None else ""
            if (
                field is not None
                and field.depth
                and not path[number + 1].isdigit()
                and isinstance(held, dict)
            ):
                held = held.setdefault("0", {})


def _listed(value: Any) -> Any:
    """The value with lists where its members are numbers, in their order."""
    if not isinstance(value, dict):
        return value
    if value and all(name.isdigit() for name in value):
        return [_listed(value[name]) for name in sorted(value, key=int)]
    return {name: _listed(member) for name, member in value.items()}


def _merge(known: dict[str, Any], more: Mapping[str, Any], where: str, kind: str) -> None:
    """Lay what a further row says of a thing over what is known of it."""
    for name, value in more.items():
        field = _field(kind, name)
        below, before = field.kind if field is not None else "", known.setdefault(name, value)
        if before is value:
            continue
        if isinstance(before, dict) and isinstance(value, dict):
            _merge(before, value, where, below)
        elif _are_objects(before) and _are_objects(value):
            _merge_list(before, value, name, where, below)
        elif before != value:
            raise InputError(
                f"Two rows of one release say different things about {name}: {str(before)[:60]!r} and {str(value)[:60]!r}.",
                where=where,
                fix="Give each release an id of its own, or correct the row.",
            )


def _merge_list(known: list[Any], more: list[Any], name: str, where: str, kind: str) -> None:
    if any("id" not in one for one in (*known, *more)):
        # An organisation is the same however often it is named.
        if kind == "OrganizationReference":
            known += [one for one in more if one not in known]
            return
        raise InputError(
            f"Several rows tell of {name} of one release, and no id says which of them are the same.",
            where=where,
            fix=_FIX,
        )
    by_id = {one["id"]: one for one in known}
    for one in more:
        if one["id"] in by_id:
            _merge(by_id[one["id"]], one, where, kind)
        else:
            known.append(one)
            by_id[one["id"]] = one


def _are_objects(values: object) -> bool:
    return isinstance(values, list) and all(isinstance(one, dict) for one in values)
