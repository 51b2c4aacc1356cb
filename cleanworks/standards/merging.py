"""Merging the releases of one process into its compiled release, by the rules of OCDS 1.1.

Objects are merged member by member. The elements of a list are merged by their ``id``; what has none is added. A list whose elements
have no id in the standard, or that the standard marks ``wholeListMerge``, is replaced whole. null removes a value. ``id``, ``date``
and ``tag`` belong to a release and not to the process (``omitWhenMerged``). Releases are taken in the order of their moments,
not of their texts: 08:00+09:00 comes before 01:00Z. The results are those of `ocdsmerge`, which the tests compare, but for three things:
an id that is null is none (`ocdsmerge` makes one thing of all that have such an id, and of one called None); an id that is now 1 and
now "1" is one id, as everywhere here (`ocdsmerge` would divide one award between two, and it would count twice); and a list that the
standard does not know and that turns from numbers to objects is replaced, where `ocdsmerge` says that anything may come.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Mapping
from typing import Any

from cleanworks import moments
from cleanworks.standards import fields

OMIT, WHOLE = "omitWhenMerged", "wholeListMerge"


def compiled(releases: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """The compiled release of the releases of one process.

    Examples
    --------
    >>> first = {"ocid": "o", "id": "1", "date": "2024-03-01T08:00:00+09:00", "tag": ["tender"]}
    >>> later = {"ocid": "o", "id": "2", "date": "2024-03-01T01:00:00Z", "tag": ["tender"]}
    >>> first["tender"] = {"id": "t", "status": "active"}
    >>> later["tender"] = {"id": "t", "status": "complete"}
    >>> merging.compiled([first, later])["tender"]["status"]
    'complete'
    """
    whole = _Object()
    head: dict[str, object] = {}
    for release in in_order(releases):
        head = {"ocid": release.get("ocid"), "date": release.get("date")}
        _lay(whole, release, fields.merge_rules())
    made = {
        "tag": ["compiled"],
        "id": f"{head.get('ocid')}-{head.get('date')}",
        "date": head.get("date"),
        "ocid": head.get("ocid"),
    }
    return {**made, **_plain(whole)}


def in_order(releases: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Releases in the order of their moments; those of one moment stay in the order of the file, those without one come first.

    Examples
    --------
    >>> at_one = {"id": "second", "date": "2024-03-01T01:00:00Z"}
    >>> at_eight = {"id": "first", "date": "2024-03-01T08:00:00+09:00"}
    >>> [one["id"] for one in merging.in_order([at_one, at_eight])]
    ['first', 'second']
    """
    return sorted(releases, key=_order)


def _order(release: Mapping[str, Any]) -> tuple[dt.datetime, str]:
    moment = moments.instant(release.get("date"))
    # A date that is no moment can only be ordered by its text.
    return (dt.datetime.min, str(release.get("date"))) if moment is None else (moment, "")


class _Object(dict[str, Any]):
    """An object being merged: it is gone through, where a plain value is replaced."""


class _List(dict[str, Any]):
    """A list being merged: its elements by their id."""


_MERGED = (_Object, _List)


def _lay(
    whole: _Object, release: Mapping[str, Any], rules: dict[str, Any], known_by_id: bool = False
) -> bool:
    """Lay an object over what is known so far; False if it held nothing at all."""
    laid = False
    for name, value in release.items():
        rule = rules.get(name)
        if rule == OMIT or (known_by_id and name == "id"):
            continue
        kind = type(value)
        # Most values are neither objects nor lists.
        if (kind is not dict and kind is not list) or rule == WHOLE or not _goes_on(value):
            # A list replaced by a text, or an object by null, would lose everything below: ocdsmerge keeps it, and so do we.
            if type(whole.get(name)) not in _MERGED:
                whole[name] = value
            laid = True
        elif value:
            known: Any = whole.get(name)
            merged = _Object if kind is dict else _List
            inner: Any = known if type(known) is merged else merged()
            below = rule if isinstance(rule, dict) else {}
            if _lay(inner, value, below) if kind is dict else _lay_list(inner, value, below):
                whole[name] = inner
                laid = True
    return laid


def _lay_list(whole: _List, elements: list[dict[str, Any]], rules: dict[str, Any]) -> bool:
    laid = False
    for element in elements:
        number = element.get("id")
        # An element without an id is one of its own.
        key = (
            f"\0{len(whole)}"
            if number is None
            else number
            if isinstance(number, str)
            else json.dumps(number, sort_keys=True)
        )
        inner = whole.get(key)
        if inner is None:
            inner = _Object()
        if number is not None:
            inner.setdefault("id", number)
        if _lay(inner, element, rules, number is not None) or number is not None:
            whole[key] = inner
            laid = True
    return laid


def _goes_on(value: dict[str, Any] | list[Any]) -> bool:
    return isinstance(value, dict) or all(isinstance(element, dict) for element in value)


def _plain(value: Any) -> Any:
    kind = type(value)
    if kind is _Object:
        return {
            name: _plain(member) if type(member) in _MERGED else member
            for name, member in value.items()
            if member is not None
        }
    if kind is _List:
        return [_plain(element) for element in value.values()]
    return value
