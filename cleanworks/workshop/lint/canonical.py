"""The canonical form of a notebook: what `cleanworks lint --fix` writes.

It removes what a machine added (outputs, counters, editors' metadata), and keeps every word and every line of code.
"""

from __future__ import annotations

import copy
import json
import re
import unicodedata

from nbformat import NotebookNode

from cleanworks.workshop.lint.sentences import one_sentence_per_line
from cleanworks.workshop.metadata import ANSWER_ROLES, BLOCK, ROLES
from cleanworks.workshop.notebook import headings

KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
LANGUAGE = {"name": "python"}

NOTEBOOK_KEYS = (BLOCK, "kernelspec", "language_info", "mystnb")
CELL_KEYS = (BLOCK, "tags", "mystnb", "slideshow")
"""Metadata that is the author's; all other keys are some editor's."""

_READABLE = re.compile(r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$")
_RANDOM = re.compile(r"^([0-9a-f]{8}|[0-9a-f]{8}-[0-9a-f]{4}-.*|[0-9a-f]{12,}|cell-\d+)$")
_ID_LENGTH = 56


def canonical(node: NotebookNode) -> NotebookNode:
    """A new notebook in canonical form. Doing it twice changes nothing more."""
    made = copy.deepcopy(node)
    made.nbformat, made.nbformat_minor = 4, 5
    made.metadata = NotebookNode({key: made.metadata[key] for key in NOTEBOOK_KEYS if key in made.metadata})
    made.metadata.kernelspec = NotebookNode(KERNEL)
    made.metadata.language_info = NotebookNode(LANGUAGE)
    made.cells = [_canonical_cell(cell) for cell in made.cells if cell.source.strip()]
    for cell, id in zip(made.cells, readable_ids(made.cells), strict=True):
        cell.id = id
    for key in set(made) - {"cells", "metadata", "nbformat", "nbformat_minor"}:
        del made[key]
    return made


def has_ids(text: str) -> bool:
    """Whether every cell of a notebook file has an id, and no two the same."""
    cells = json.loads(text)["cells"]
    ids = [cell.get("id") for cell in cells]
    return all(isinstance(id, str) and id for id in ids) and len(set(ids)) == len(ids)


def with_format_of_ids(node: NotebookNode) -> NotebookNode:
    """The notebook as it is, in the first format that has ids of cells."""
    made = copy.deepcopy(node)
    made.nbformat, made.nbformat_minor = 4, max(5, made.get("nbformat_minor", 5))
    return made


def _canonical_cell(cell: NotebookNode) -> NotebookNode:
    source = "\n".join(line.rstrip("\r") for line in cell.source.split("\n")).strip("\n")
    source = unicodedata.normalize("NFC", source.rstrip())
    metadata = NotebookNode({key: cell.metadata[key] for key in CELL_KEYS if cell.metadata.get(key)})
    if "tags" in metadata:
        metadata.tags = list(dict.fromkeys(metadata.tags))
    made = NotebookNode(cell_type=cell.cell_type, id=cell.get("id", ""), metadata=metadata, source=source)
    if cell.cell_type == "markdown":
        made.source = one_sentence_per_line(source)
    if cell.cell_type == "code":
        made.source = (
            "\n".join(line.rstrip() for line in source.split("\n")) if '"""' not in source else source
        )
        made.execution_count, made.outputs = None, []
        _fold(made)
    return made


def _fold(cell: NotebookNode) -> None:
    """A cell that the page folds is folded in JupyterLab too, which knows nothing of the page's tags."""
    hidden = {"hide-input", "hide-cell"} & set(cell.metadata.get("tags", []))
    jupyter = {
        key: value for key, value in cell.metadata.get("jupyter", {}).items() if key != "source_hidden"
    }
    if hidden:
        jupyter["source_hidden"] = True
    cell.metadata.pop("jupyter", None)
    if jupyter:
        cell.metadata["jupyter"] = NotebookNode(jupyter)


def readable_ids(cells: list[NotebookNode]) -> list[str]:
    """An id for each cell that says what it is: `c6-e1-hint-2`, `the-decision`, `the-decision-code`.

    An id that is readable already stays, so that it can be linked to and found again after the text has changed.
    """
    wishes = _wishes(cells)
    ids = [""] * len(cells)
    taken: set[str] = set()
    for position, (cell, wish) in enumerate(zip(cells, wishes, strict=True)):
        id = cell.get("id") or ""
        if id and id not in taken and _may_stay(id, wish, is_answer=_answer_name(cell) is not None):
            ids[position] = id
            taken.add(id)
    for position, wish in enumerate(wishes):
        if not ids[position]:
            ids[position] = _free(wish, taken)
            taken.add(ids[position])
    return ids


def _wishes(cells: list[NotebookNode]) -> list[str]:
    section = "start"
    wishes = []
    for cell in cells:
        titles = headings(cell.source) if cell.cell_type == "markdown" else []
        if titles:
            section = slug(titles[0][2]) or section
        answer = _answer_name(cell)
        tags = [tag for tag in cell.metadata.get("tags", []) if tag in ROLES]
        if answer:
            wishes.append(answer)
        elif titles:
            wishes.append(section)
        else:
            kind = "code" if cell.cell_type == "code" else "text"
            role = tags[0] if tags and not section.startswith(tags[0]) else kind
            wishes.append(f"{section}-{role}")
    return wishes


def _answer_name(cell: NotebookNode) -> str | None:
    """`c6-e1-hint` for a cell that belongs to a question, `c6-k1` for a quiz question."""
    block = cell.metadata.get(BLOCK)
    question = block.get("question") if isinstance(block, dict) else None
    if not isinstance(question, str) or not _READABLE.match(question):
        return None
    tags = cell.metadata.get("tags", [])
    if "quiz" in tags:
        return question
    role = next((tag for tag in ANSWER_ROLES if tag in tags), None)
    return f"{question}-{role}" if role else None


def _may_stay(id: str, wish: str, *, is_answer: bool) -> bool:
    if is_answer:
        return re.fullmatch(rf"{re.escape(wish)}(-\d+)?", id) is not None
    return bool(_READABLE.match(id)) and not _RANDOM.match(id) and len(id) <= 64


def _free(wish: str, taken: set[str]) -> str:
    if wish not in taken:
        return wish
    number = 2
    while f"{wish}-{number}" in taken:
        number += 1
    return f"{wish}-{number}"


def slug(text: str) -> str:
    """Letters and digits of a heading joined by hyphens, short enough for an id."""
    plain = (
        unicodedata.normalize("NFKD", re.sub(r"\{[\w:-]+\}|[`*_$]", "", text))
        .encode("ascii", "ignore")
        .decode()
    )
    words = re.findall(r"[a-z0-9]+", plain.lower())
    made = ""
    for word in words:
        if len(made) + len(word) + 1 > _ID_LENGTH - 16:
            break
        made = f"{made}-{word}" if made else word[: _ID_LENGTH - 16]
    return made if made[:1].isalpha() else f"s-{made}" if made else ""
