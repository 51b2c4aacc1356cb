"""Words of the glossary: pointing at one shows what it means."""

from __future__ import annotations

from collections.abc import Iterable

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment


def connect(app: Sphinx) -> None:
    app.connect("doctree-read", collect)
    app.connect("env-purge-doc", forget)
    app.connect("env-merge-info", merge)
    app.connect("doctree-resolved", explain)


def _meanings(env: BuildEnvironment) -> dict[str, dict[str, str]]:
    """Page -> id of a term -> its meaning."""
    return vars(env).setdefault("cleanworks_terms", {})


def collect(app: Sphinx, document: nodes.document) -> None:
    found = {}
    for glossary in document.findall(addnodes.glossary):
        for item in glossary.findall(nodes.definition_list_item):
            meaning = _plain(item)
            for term in item.findall(nodes.term):
                found.update(dict.fromkeys(term["ids"], meaning))
    if found:
        _meanings(app.env)[app.env.docname] = found


def _plain(item: nodes.definition_list_item) -> str:
    """The meaning without its citations, which a pop-up cannot link."""
    definition = item.next_node(nodes.definition).deepcopy()
    for citation in list(definition.findall(addnodes.pending_xref)):
        if citation.get("reftype") == "cite" or citation.get("refdomain") == "cite":
            citation.parent.remove(citation)
    return " ".join(definition.astext().split()).replace(" .", ".")


def forget(app: Sphinx, env: BuildEnvironment, page: str) -> None:
    _meanings(env).pop(page, None)


def merge(app: Sphinx, env: BuildEnvironment, pages: Iterable[str], other: BuildEnvironment) -> None:
    _meanings(env).update({page: terms for page, terms in _meanings(other).items() if page in pages})


def explain(app: Sphinx, document: nodes.document, page: str) -> None:
    known = {id: meaning for terms in _meanings(app.env).values() for id, meaning in terms.items()}
    for link in document.findall(nodes.reference):
        anchor = (link.get("refuri") or link.get("refid") or "").rpartition("#")[2]
        if link.get("internal") and anchor in known:
            link["reftitle"] = known[anchor]
