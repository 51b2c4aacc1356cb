"""Pages from Jinja2 templates, which lie beside the modules that fill them in.

What a template shows is escaped; only HTML that is ready, a `markupsafe.Markup`, stays as it is. So no author of a page has to
think of it. What lessons call in the page has no Jinja2 there: it puts its few tags together itself (`cleanworks.paper`).
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup


def filled(package: str, template: str, **values: object) -> Markup:
    """A template with its values, as HTML that is ready and may stand in another template.

    Parameters
    ----------
    package : str
        The package in whose folder the template lies; a module gives its own ``__package__``.
    template : str
        Name of the file.
    **values
        What it shows. A name that the template uses and nobody gives is an error (`jinja2.UndefinedError`).

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> outline = SimpleNamespace(language="en", title="Rain & <b>roads</b>")
    >>> page = filled("cleanworks.workshop.board", "board.html", outline=outline, direction="ltr", address="", drawn="", say=str)
    >>> "<h1>Rain &amp; &lt;b&gt;roads&lt;/b&gt;</h1>" in page
    True
    """
    from markupsafe import Markup

    return Markup(_environment(package).get_template(template).render(values))


@cache
def _environment(package: str) -> Environment:
    # Many commands make no page, and Jinja2 takes a tenth of a second to load.
    from jinja2 import Environment, PackageLoader, StrictUndefined

    return Environment(
        loader=PackageLoader(package, ""),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
