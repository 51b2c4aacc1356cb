"""Words that are bound to one country, where the edition's own value belongs.

A course lists them in `cleanworks.toml`, under `[editions] words`. A cell that speaks of that country's published practice says
so in its metadata (`"about": "Seoul"`); a line of a module of checks says it in a comment (`# about: Seoul`).
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterable, Iterator
from functools import lru_cache

from cleanworks.workshop.code import parsed, plain_python
from cleanworks.workshop.notebook import Cell, Notebook
from cleanworks.workshop.settings import Sentence

_CITED = re.compile(r"\{cite(?::\w+)?\}`")
_ABOUT = re.compile(r"#\s*about:\s*\S")
_ROLES_WITHOUT_CITATION = frozenset({"exercise", "starter", "hint"})


def in_notebook(notebook: Notebook, words: Iterable[str]) -> Iterator[tuple[Cell, int, str]]:
    """(cell, line, word) of each bound word that stands where the edition's own value belongs.

    A marked prompt speaks for all cells of its question. Markdown with a citation may name what it cites, but not the prompt or
    a hint of an exercise. Code may show published figures (it uses `published`), and name whoever published them (`source=`).
    """
    wanted = tuple(words)
    if not wanted:
        return
    marked = {
        cell.block.question
        for cell in notebook.cells
        if cell.block.about and cell.block.question and "exercise" in cell.tags
    }
    for cell in notebook.cells:
        if cell.block.about or cell.block.question in marked:
            continue
        if cell.is_code:
            for number, word in in_code(cell.source, wanted):
                yield cell, number, word
        elif not _CITED.search(cell.source) or cell.tags & _ROLES_WITHOUT_CITATION:
            for number, line in enumerate(cell.source.splitlines(), 1):
                for word in _found(line, wanted):
                    yield cell, number, word


def sentences(
    notebook: Notebook, listed: Iterable[Sentence], words: Iterable[str]
) -> Iterator[tuple[Cell, int, Sentence]]:
    """(cell, line, sentence) of each listed sentence that does not say where it holds.

    One line of Markdown is one sentence. It says where it holds when it names one of the bound words or cites a source, or
    when its cell's metadata says what it speaks of. In code, the texts that are shown are read.
    """
    wanted = [(re.compile(one.pattern, flags=re.IGNORECASE), one) for one in listed]
    named = tuple(words)
    for cell in notebook.cells if wanted else ():
        if cell.block.about:
            continue
        for number, line in enumerate(cell.source.splitlines(), 1):
            if _CITED.search(line) or _found(line, named) or (cell.is_code and _ABOUT.search(line)):
                continue
            yield from ((cell, number, one) for pattern, one in wanted if pattern.search(line))


def in_code(source: str, words: Iterable[str], *, docstrings: bool = True) -> Iterator[tuple[int, str]]:
    """(line, word) of each bound word in texts, comments and the names that the code gives, in the order of lines.

    ``docstrings=False`` leaves out what describes a function and is never shown to a learner.
    """
    wanted = tuple(words)
    source = plain_python(source)
    tree = parsed(source)
    if tree is None:
        return  # has a finding of its own
    if any(isinstance(node, ast.Name) and node.id == "published" for node in ast.walk(tree)):
        return
    spared = _spared(tree, docstrings)
    hits = [*_comments(source, wanted)]
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in spared:
            hits += [(_line(node, node.value, word), word) for word in _found(node.value, wanted)]
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            hits += [(node.lineno, word) for word in _named(node.id, wanted)]
        elif isinstance(node, ast.arg | ast.FunctionDef):
            name = node.arg if isinstance(node, ast.arg) else node.name
            hits += [(node.lineno, word) for word in _named(name, wanted)]
    marked = {number for number, line in enumerate(source.splitlines(), 1) if _ABOUT.search(line)}
    yield from sorted({hit for hit in hits if hit[0] not in marked})


def _line(node: ast.Constant, text: str, word: str) -> int:
    """The line of the word in a text of several lines."""
    if "\n" not in text:
        return node.lineno
    before = text[: text.find(word)].count("\n")
    return min(node.lineno + before, node.end_lineno or node.lineno)


def _spared(tree: ast.AST, docstrings: bool) -> set[int]:
    """Texts that may name a country: who published a figure, and, if asked for, docstrings."""
    spared: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.keyword) and node.arg == "source":
            spared |= {id(below) for below in ast.walk(node.value)}
        body = getattr(node, "body", None)
        if not docstrings and isinstance(node, ast.Module | ast.FunctionDef | ast.ClassDef) and body:
            first = body[0]
            if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
                spared.add(id(first.value))
    return spared


def _comments(source: str, words: tuple[str, ...]) -> Iterator[tuple[int, str]]:
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT and not _ABOUT.search(token.string):
            for word in _found(token.string, words):
                yield token.start[0], word


def _found(text: str, words: tuple[str, ...]) -> list[str]:
    """The bound words of a text, as whole words in exactly this spelling: `won` is money, `Won` begins a sentence."""
    if not _any(words).search(text):
        return []
    return [word for word in words if _any((word,)).search(text)]


@lru_cache(maxsize=1024)
def _any(words: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, words))})(?!\w)" if words else r"(?!)")


def _named(name: str, words: tuple[str, ...]) -> list[str]:
    """The bound words in a variable's name: `amount_krw`."""
    parts = name.lower().split("_")
    return [word for word in words if word.lower() in parts]
