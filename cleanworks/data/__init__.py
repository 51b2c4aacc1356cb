"""A country's own data: from files to tables, flags, a report and a site. Every command of `cleanworks data` is a call here.

>>> from cleanworks import data                                                     # doctest: +SKIP
>>> found = data.bring_in(["releases.jsonl.gz"], to="rain-city")                    # doctest: +SKIP
>>> data.flags_of("rain-city").write("rain-city-flags")                             # doctest: +SKIP
>>> data.report_of("rain-city").save("rain-city.html")                              # doctest: +SKIP

`importing` brings files in, `tables` reads CSV and spreadsheets by a mapping of columns (`mapping`), `folder` is the form in which
tables are kept, `flagging` and `works_report` make what an office reads, `examples` are small open sets to try it on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cleanworks.data.examples import Example, example
    from cleanworks.data.flagging import Flags, flags_of
    from cleanworks.data.folder import load, with_projects
    from cleanworks.data.importing import Imported, bring_in, proposals
    from cleanworks.data.works_report import report_of

__all__ = [
    "Example",
    "Flags",
    "Imported",
    "bring_in",
    "example",
    "flags_of",
    "load",
    "proposals",
    "report_of",
    "with_projects",
]

_ROOMS = {
    "Example": "examples", "example": "examples", "Flags": "flagging", "flags_of": "flagging", "load": "folder",
    "with_projects": "folder", "Imported": "importing", "bring_in": "importing", "proposals": "importing", "report_of": "works_report",
}  # fmt: skip


def __getattr__(name: str) -> Any:
    # The command line imports this package for every command; only these need pandas.
    if name in _ROOMS:
        import importlib

        return getattr(importlib.import_module(f"cleanworks.data.{_ROOMS[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return [*globals(), *__all__]
