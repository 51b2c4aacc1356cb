"""A page for citizens, like Seoul's Allimi: static files from tables, without a server and without the network.

>>> from cleanworks import allimi, city
>>> site = allimi.make(city.make(300))
>>> site.write("public-works")

`site` puts it together, `public` says what may leave the office, `drawing` makes map and curves, `site_pages` the text, `opendata` the files beside it,
`site_folder` puts everything in place at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cleanworks.allimi.site import LARGEST, Preview, Site, make, page

__all__ = ["LARGEST", "Preview", "Site", "make", "page"]


def __getattr__(name: str) -> Any:
    # The command line imports this package for every command; only a site needs pandas and the city.
    if name in __all__:
        from cleanworks.allimi import site

        return getattr(site, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
