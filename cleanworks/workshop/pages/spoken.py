"""A book in another language: what Sphinx's own translation of the prose leaves to do.

Pictures are described in the language of the page, buttons speak it, right-to-left writing turns the page, a page
without a translation says that it is English, and a draft says on every page that it is one.
"""

from __future__ import annotations

import gettext
import json
from collections.abc import Collection
from html import escape
from pathlib import Path
from typing import Any

from docutils import nodes
from nbformat import NotebookNode
from sphinx.addnodes import toctree
from sphinx.application import Sphinx

from cleanworks import words

SOURCE = "en"
DRAFT = "Draft translation, not yet reviewed by a native speaker. Pages and texts without a translation are in English."


def connect(app: Sphinx) -> None:
    app.connect("doctree-read", name_parts)
    app.connect("html-page-context", name_language, priority=950)


def mark_draft(config: Any, reviewed: Collection[str]) -> None:
    """Say on every page, the first one included, that nobody has reviewed the translation: in both languages."""
    notice = draft_notice(config.language, reviewed)
    if notice:
        config.html_theme_options = {**config.html_theme_options, "announcement": notice}


def draft_notice(language: str, reviewed: Collection[str]) -> str:
    """What says that nobody has reviewed a translation, as HTML; empty where somebody has, or where nothing is translated."""
    if language == SOURCE or language in reviewed:
        return ""
    notice = f'<span lang="{SOURCE}" dir="ltr">{escape(DRAFT)}</span>'
    own = words.say(DRAFT, language)
    return notice if own == DRAFT else f"<strong>{escape(own)}</strong><br/>{notice}"


def describe(app: Sphinx, page: str, notebook: NotebookNode) -> None:
    """Translate what the pictures of a notebook show; Sphinx does not see it, because it stands beside the code."""
    if app.config.language == SOURCE:
        return
    said = _catalogue(app, page)
    for cell in notebook.cells:
        image = cell.metadata.get("mystnb", {}).get("image", {})
        if image.get("alt"):
            image["alt"] = said.gettext(image["alt"])


def name_parts(app: Sphinx, doctree: nodes.document) -> None:
    """Translate the names of the parts of the book, and what is pressed to show a cell: neither is text of the page to Sphinx."""
    if app.config.language == SOURCE:
        return
    for cell in doctree.findall(nodes.container):
        for prompt in {"prompt_show", "prompt_hide"} & cell.attributes.keys():
            cell[prompt] = words.say(cell[prompt], app.config.language)
    said = _catalogue(app, app.env.docname)
    for contents in doctree.findall(toctree):
        if contents.get("caption"):
            contents["caption"] = said.gettext(contents["caption"])


def _catalogue(app: Sphinx, page: str) -> gettext.NullTranslations:
    return gettext.translation(page, app.config.locale_dirs[0], [app.config.language], fallback=True)


def say_in_scripts(app: Sphinx) -> None:
    """Give the scripts of the pages their words."""
    known = words.words(app.config.language)
    if known:
        # `</` would end the script.
        text = json.dumps(dict(known), ensure_ascii=False).replace("</", "<\\/")
        app.add_js_file(None, body=f"window.CLEANWORKS_WORDS = {text};", priority=100)


def name_language(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """A page that nobody has translated is English, and a reader's software must know to read it so."""
    language = app.config.language
    if language == SOURCE or doctree is None or not context.get("body"):
        return
    if not (Path(app.config.locale_dirs[0]) / language / "LC_MESSAGES" / f"{page}.mo").is_file():
        context["body"] = f'<div lang="{SOURCE}" dir="ltr">{context["body"]}</div>'


def turn(folder: Path, language: str) -> None:
    """Let every page run from right to left where the language does; code keeps its direction (cleanworks.css)."""
    if words.direction(language) != "rtl":
        return
    for page in folder.rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        turned = text.replace(f'<html lang="{language}"', f'<html lang="{language}" dir="rtl"', 1)
        if turned != text:
            page.write_text(turned, encoding="utf-8", newline="\n")
