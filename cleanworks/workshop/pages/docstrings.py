"""Pages made from docstrings by `sphinx.ext.autodoc`, in a course that uses it: sources are cited, and texts stay English."""

from __future__ import annotations

import re
from typing import Any

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinxcontrib.bibtex.domain import BibtexDomain

_KEYS = re.compile(r"\(([a-z][\w-]*(?:, [a-z][\w-]*)*)\)")


def connect(app: Sphinx) -> None:
    if "sphinx.ext.autodoc" in app.extensions:
        app.connect("autodoc-process-docstring", cite)
        app.connect("doctree-read", keep_english)
        app.connect("doctree-read", name_citations)


def cite(app: Sphinx, what: str, name: str, about: object, options: Any, lines: list[str]) -> None:
    """Make keys of the bibliography in brackets, as in (cochran-1977, lohr-2021), citations."""
    known = getattr(getattr(app.env.domains.get("cite"), "bibdata", None), "data", None)
    entries = known.entries if known else {}

    def cited(found: re.Match[str]) -> str:
        keys = found[1].split(", ")
        return f":cite:`{','.join(keys)}`" if all(key in entries for key in keys) else found[0]

    code = (">>>", "...")
    lines[:] = [line if line.lstrip().startswith(code) else _KEYS.sub(cited, line) for line in lines]


def keep_english(app: Sphinx, tree: nodes.document) -> None:
    """Texts that stand beside the code are read by those who read code; translators are not asked for them."""
    for node in tree.findall(nodes.TextElement):
        if "docstring of " in (node.source or ""):
            node["translatable"] = False


def name_citations(app: Sphinx, tree: nodes.document) -> None:
    """Each docstring is read by itself and counts its citations from one; on the page each needs an id of its own."""
    domain, page = app.env.domains.get("cite"), app.env.docname
    if not isinstance(domain, BibtexDomain):
        return
    places = [place for place, one in enumerate(domain.citation_refs) if one.docname == page]
    cited = [node for node in tree.findall(addnodes.pending_xref) if node.get("refdomain") == "cite"]
    if len({node["ids"][0] for node in cited}) == len(cited) or len(places) != len(cited):
        return
    for number, (place, node) in enumerate(zip(places, cited, strict=True), 1):
        node["ids"] = [f"citation-{number}"]
        # The list of sources leads back to it.
        domain.citation_refs[place] = domain.citation_refs[place]._replace(citation_ref_id=node["ids"][0])
