"""What needs what: of lessons, modules, or anything else that has a name and names what comes before it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from graphlib import CycleError, TopologicalSorter

from cleanworks.errors import InputError


def with_needs(ids: Iterable[str], needs: Mapping[str, Iterable[str]]) -> list[str]:
    """These and everything that they need, directly or not; names that `needs` does not have are left out.

    >>> with_needs(["c"], {"a": [], "b": ["a"], "c": ["b", "other"]})
    ['c', 'b', 'a']
    """
    found: dict[str, None] = {}
    waiting = list(ids)
    while waiting:
        id = waiting.pop(0)
        if id in needs and id not in found:
            found[id] = None
            waiting += needs[id]
    return list(found)


def in_order(ids: Iterable[str], needs: Mapping[str, Iterable[str]]) -> list[str]:
    """These in the order of `needs`, except that each comes after what it needs. A circle is cut where it is entered.

    >>> in_order(["a", "b", "c"], {"a": ["c"], "b": [], "c": []})
    ['c', 'a', 'b']
    """
    wanted, found = set(ids), dict[str, None]()

    def visit(id: str, above: tuple[str, ...]) -> None:
        if id in found or id in above:
            return
        for need in needs[id]:
            if need in wanted:
                visit(need, (*above, id))
        found[id] = None

    for id in needs:
        if id in wanted:
            visit(id, ())
    return list(found)


def levels(needs: Mapping[str, Iterable[str]]) -> list[set[str]]:
    """Names by the longest way to them: those of the first level need nothing.

    Raises
    ------
    InputError
        Some need each other in a circle.

    >>> [sorted(level) for level in levels({"a": [], "b": ["a"], "c": ["a", "b"], "d": []})]
    [['a', 'd'], ['b'], ['c']]
    """
    sorter = TopologicalSorter(
        {id: [need for need in before if need in needs] for id, before in needs.items()}
    )
    try:
        sorter.prepare()
    except CycleError as error:
        raise InputError(
            f"The lessons {', '.join(sorted(set(error.args[1])))} need each other in a circle.",
            where="prerequisites",
            fix="Take one of the prerequisites out of a notebook's metadata.",
        ) from None
    found = []
    while sorter.is_active():
        ready = sorter.get_ready()
        found.append(set(ready))
        sorter.done(*ready)
    return found
