"""The journal: one line per action, each carrying the hash of the line before it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import pandas as pd

START = "0" * 64
# Made once: a hundred thousand lines are written and read again when somebody looks for damage.
_sorted_text = json.JSONEncoder(ensure_ascii=False, sort_keys=True).encode
_text = json.JSONEncoder(ensure_ascii=False).encode


class Entry(NamedTuple):
    """One line. ``change`` is JSON: the fields that the action set."""

    n: int
    at: str
    user_id: str
    role: str
    action: str
    kind: str
    record: str
    state: str
    change: str
    previous: str
    hash: str


@dataclass(frozen=True)
class Damage:
    """Something that does not fit: where it is, and in words what it is."""

    place: str
    what: str


def seal(previous: str, *parts: object) -> str:
    """SHA-256 of the line before and everything this line says."""
    return hashlib.sha256(_text([previous, *parts]).encode()).hexdigest()


def plain(record: Mapping[str, object]) -> dict[str, object]:
    """A record as JSON can hold it: dates as text, missing values as None, numbers without numpy."""
    return {str(name): _plain(value) for name, value in record.items()}


def _plain(value: Any) -> Any:
    if value is None or value is pd.NaT or (isinstance(value, float) and value != value) or value is pd.NA:
        return None
    if isinstance(value, pd.Timestamp) or hasattr(value, "isoformat"):
        return value.isoformat()
    return value.item() if hasattr(value, "item") else value


def to_json(record: Mapping[str, object]) -> str:
    return _sorted_text(record)


def find_damage(
    lines: Iterable[Entry],
    records: Mapping[tuple[str, str], tuple[str, str, str | None]],
    head: tuple[int, str] | None,
) -> list[Damage]:
    """Compare the chain with itself, with the records, and with the head. Whatever the lines hold, nothing is raised.

    Parameters
    ----------
    lines : the journal, in order.
    records : (kind, key) -> (content as JSON, state, contract to which it belongs), as the tables hold them now.
    head : number and hash of the last line, as the registry remembers it; None where it remembers nothing.

    Returns
    -------
    list of Damage
        Empty if everything fits. The first broken line is named and then the walk goes on, so that several are found.
    """
    found, previous, number = [], START, 0
    rebuilt: dict[tuple[str, str], dict[str, Any]] = {}
    states: dict[tuple[str, str], str] = {}
    contracts: dict[tuple[str, str], object] = {}
    for entry in lines:
        number += 1
        if not isinstance(entry.n, int) or not all(isinstance(value, str) for value in entry[1:]):
            found.append(Damage(f"journal line {number}", "it holds something else than text"))
            previous = entry.hash if isinstance(entry.hash, str) else ""
            continue
        if entry.n != number:
            found.append(
                Damage(f"journal line {number}", f"the line is missing: the next one has number {entry.n}")
            )
            number, previous = entry.n, entry.previous
        *said, _, _ = entry
        expected = seal(previous, *said)
        if entry.previous != previous:
            found.append(Damage(f"journal line {entry.n}", "it does not follow from the line before it"))
        elif expected != entry.hash:
            found.append(Damage(f"journal line {entry.n}", "its content was changed after it was written"))
        previous = entry.hash
        name = (entry.kind, entry.record)
        change = _change(entry.change)
        if change is None:
            found.append(Damage(f"journal line {entry.n}", "what it changed is not a list of fields"))
            continue
        if name not in rebuilt:
            contracts[name] = change.get("contract_id") or (
                entry.record if entry.kind == "contracts" else None
            )
        rebuilt.setdefault(name, {}).update(change)
        states[name] = entry.state
    if head is None:
        found.append(Damage("end of the journal", "the registry does not remember its last line"))
    elif number != head[0]:
        what = f"the registry counted {head[0]} lines and the journal ends at {number}"
        found.append(Damage("end of the journal", what))
    elif previous != head[1]:
        found.append(Damage("end of the journal", "its last line is not the one that the registry remembers"))
    for name, content in rebuilt.items():
        if name not in records:
            found.append(Damage(f"{name[0]} {name[1]}", "the record is gone, and no journal line says so"))
        elif records[name] != (to_json(content), states[name], contracts[name]):
            found.append(Damage(f"{name[0]} {name[1]}", "the record differs from what the journal says"))
    found += [
        Damage(f"{name[0]} {name[1]}", "no journal line says where the record comes from")
        for name in records
        if name not in rebuilt
    ]
    return found


def _change(text: str) -> dict[str, Any] | None:
    try:
        change = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return change if isinstance(change, dict) else None
