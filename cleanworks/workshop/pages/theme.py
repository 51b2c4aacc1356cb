"""What the theme and the writer get wrong for people who use a screen reader, corrected in each page's context.

The checks of axe-core in tests/book find each of these when a correction is missing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bs4 import BeautifulSoup
from docutils import nodes
from sphinx.application import Sphinx

from cleanworks.workshop.catalogue import Course
from cleanworks.workshop.pages.kept import course_of
from cleanworks.workshop.pages.your_progress import name_lessons


def correct(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Runs after the theme has filled the context."""
    if "generate_toctree_html" in context:
        context["generate_toctree_html"] = _named(context["generate_toctree_html"], page, course_of(app))
    if context.get("body"):
        # The sources are a list, and a list holds items. The role for entries of a bibliography is deprecated.
        context["body"] = context["body"].replace('role="doc-biblioentry"', 'role="listitem"')


def _named(make: Callable[..., Any], page: str, course: Course) -> Callable[..., Any]:
    """The contents of the sidebar, where each button that unfolds a branch says which, and each link its lesson."""

    def made(*args: Any, **kwargs: Any) -> Any:
        tree = make(*args, **kwargs)
        soup = tree if isinstance(tree, BeautifulSoup) else BeautifulSoup(str(tree), "html.parser")
        for summary in soup.find_all("summary"):
            branch = summary.find_parent("li")
            link = branch.find("a") if branch else None
            if link is None:
                continue
            summary["aria-label"] = f"Pages under {link.get_text(strip=True)}"
        name_lessons(soup, page, course)
        return soup if isinstance(tree, BeautifulSoup) else str(soup)

    return made
