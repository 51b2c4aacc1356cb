"""Small open sets of others that come with the toolkit, each under its publisher's licence: `examples/README.md`."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from cleanworks.errors import InputError

_FOLDER = Path(__file__).parent / "examples"


@dataclass(frozen=True)
class Example:
    """A set: its file, and what its package says of itself.

    Attributes
    ----------
    file : Path
        For `cleanworks.data.bring_in` and the commands of `cleanworks data`.
    publisher, licence, published : str
        As in the package.

    Examples
    --------
    >>> data.example("paraguay-2017").file.name
    'paraguay-2017.json'
    """

    file: Path
    publisher: str
    licence: str
    published: str


def example(name: str = "paraguay-2017") -> Example:
    """A small open set, as it is published save for people's names.

    Raises
    ------
    InputError
        There is no such set.

    Examples
    --------
    >>> data.example("paraguay-2017").publisher
    'DNCP - Paraguay'
    """
    known = sorted(path.stem for path in _FOLDER.glob("*.json"))
    if name not in known:
        raise InputError(f"There is no example {name!r}.", fix=f"There are: {', '.join(known)}.")
    file = _FOLDER / f"{name}.json"
    package = json.loads(file.read_text(encoding="utf-8"))
    return Example(file, package["publisher"]["name"], package["license"], package["publishedDate"][:10])
