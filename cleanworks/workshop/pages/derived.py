"""What functions make for a page from the whole course: the page is read again when one of them would say something else.

A page with a table of all lessons is old when any lesson changes its title, and not when a sentence changes somewhere.
So the extension keeps a digest of what each function made, and asks it again before the next build.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from cleanworks.errors import InputError

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment

# Takes the builder's application and the words behind the directive.
Maker = Callable[..., Any]
_MAKERS: dict[str, Maker] = {}


def connect(app: Sphinx) -> None:
    vars(app)["cleanworks_derived"] = {}
    app.connect("env-get-outdated", outdated)
    app.connect("env-purge-doc", forget)
    app.connect("env-merge-info", merge)


def register(kind: str, maker: Maker) -> None:
    """Name a function that makes something for pages; what it returns is told apart by its ``repr``."""
    _MAKERS[kind] = maker


def make(app: Sphinx, kind: str, *words: str) -> Any:
    """What the function of that kind makes, once in a build; the page that is being read depends on it."""
    value = _value(app, (kind, *words))
    _kept(app.env).setdefault(app.env.docname, {})[kind, *words] = _digest(value)
    return value


def outdated(
    app: Sphinx, env: BuildEnvironment, added: set[str], changed: set[str], removed: set[str]
) -> list[str]:
    """The pages for which something else would be made today."""
    asked = {page: made for page, made in _kept(env).items() if page not in added | changed | removed}
    return [page for page, made in asked.items() if any(_changed(app, *one) for one in made.items())]


def forget(app: Sphinx, env: BuildEnvironment, page: str) -> None:
    _kept(env).pop(page, None)


def merge(app: Sphinx, env: BuildEnvironment, pages: Iterable[str], other: BuildEnvironment) -> None:
    """Take over what another process read."""
    read = _kept(other)
    _kept(env).update({page: read[page] for page in pages if page in read})


def _changed(app: Sphinx, key: tuple[str, ...], digest: str) -> bool:
    try:
        return _digest(_value(app, key)) != digest
    except InputError:
        # The directive says where.
        return True


def _value(app: Sphinx, key: tuple[str, ...]) -> Any:
    made = vars(app)["cleanworks_derived"]
    if key not in made:
        kind, *rest = key
        made[key] = _MAKERS[kind](app, *rest)
    return made[key]


def _kept(env: BuildEnvironment) -> dict[str, dict[tuple[str, ...], str]]:
    return vars(env).setdefault("cleanworks_derived", {})


def _digest(value: Any) -> str:
    return hashlib.sha256(repr(value).encode()).hexdigest()
