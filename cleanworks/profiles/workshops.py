"""What a workshop asks of the country that it is for, before any work and for what it hands out."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from cleanworks import profiles
from cleanworks.errors import InputError

_SYSTEMS = {
    "project_system": "Works are managed in",
    "disclosure_site": "The public page is",
    "payment_system": "Works are paid through",
    "worker_system": "Days of work are recorded in",
    "integrity_body": "The body against corruption is",
}


def country(name: str, folder: Path) -> dict[str, Any]:
    """The country of a workshop file: ``profile`` (what to set), ``name``, ``rest`` (days of the weekend), ``lines``.

    Parameters
    ----------
    name : str
        What the file says: the code of a profile that ships, or a .toml file, looked for beside the workshop file first.

    Raises
    ------
    InputError
        There is no such profile, or it cannot be used; the message names the nearest one.
    """
    beside = folder / name
    if name.endswith(".toml") and beside.is_file():
        chosen = str(beside.resolve())
    else:
        files = sorted(path.name for path in folder.glob("*.toml") if _is_profile(path))
        if name not in profiles.available() and not Path(name).is_file():
            close = profiles.nearest(name, [*profiles.available(), *files])
            close = f"{name}.toml" if f"{name}.toml" in files else close or _named(name)
            code = re.sub(r"[^a-z0-9]+", "-", Path(name).stem.lower()).strip("-") or "mycountry"
            there = f"There are {', '.join([*profiles.available(), *files])}; `cleanworks profile new {code}` begins one."
            raise InputError(
                f"There is no profile {name!r}.", fix=f"{f'Did you mean {close!r}? ' if close else ''}{there}"
            )
        chosen = name if name in profiles.available() else str(Path(name).resolve())
    one = profiles.load(chosen)
    profiles.require_known(one)
    return {
        "profile": chosen,
        "name": one["names.country"],
        "rest": tuple(one["calendar.weekend"]),
        "lines": lines(one),
    }


def _named(wanted: str) -> str | None:
    """The code of the shipped profile whose country or city is named in words."""
    plain = wanted.casefold().strip()
    for code in profiles.available() if len(plain) > 3 else ():
        one = profiles.load(code)
        names = [str(one[f"names.{key}"]).casefold() for key in ("country", "city")]
        if any(plain in name or name in plain for name in names):
            return code
    return None


def _is_profile(path: Path) -> bool:
    if not path.is_file():
        return False
    text = path.read_text(encoding="utf-8-sig", errors="replace")
    return text.lstrip().startswith(("extends", "#")) and "extends" in text and "[[days]]" not in text


def lines(one: profiles.Profile) -> list[str]:
    """The country, its systems and its money as sentences for a handout, with a word where a name is made up."""
    said = [
        f"{one['names.country']}, with {one['names.city']} as the city. Amounts are in {one['currency.name']} ({one['currency.code']})."
    ]
    for key, words in _SYSTEMS.items():
        made_up = "" if one.cite(f"names.{key}") else " (a made-up name)"
        said.append(f"{words} {one.name(key)}{made_up}.")
    return said
