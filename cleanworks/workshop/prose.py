"""Prose of lessons for paper and slides: Markdown as HTML, without the roles that only the book knows."""

from __future__ import annotations

import base64
import io
import re
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from cleanworks.paper import escape

if TYPE_CHECKING:
    from markdown_it import MarkdownIt

_CITE = re.compile(r"\s*\{cite(?::[a-z]+)?\}`([^`]+)`")
_ROLE = re.compile(r"\{[a-z][a-z:-]*\}`([^`<]+?)(?:\s*<[^`]*>)?`")
_BLOCK_FORMULA = re.compile(r"\$\$(.+?)\$\$", re.S)
_FORMULA = re.compile(r"(?<![\\$\w])\$(?!\s)([^$\n]+?)(?<!\s)\$(?![\w$])")


@cache
def _parser() -> MarkdownIt:
    from markdown_it import MarkdownIt

    return (
        MarkdownIt("commonmark", {"html": False})
        .enable(["table", "strikethrough"])
        .disable(["image", "autolink"])
    )


def citations(source: str) -> list[str]:
    """Keys of the sources that a text cites, each once, in order."""
    keys = [key.strip() for found in _CITE.finditer(source) for key in found[1].split(",")]
    return list(dict.fromkeys(keys))


def plain(source: str) -> str:
    """The Markdown without citations, with the words of other roles."""
    return _ROLE.sub(r"\1", _CITE.sub("", source))


def html(source: str) -> str:
    """Markdown of a lesson as HTML. Formulas become pictures; raw HTML of the source is shown as text."""
    formulas: list[str] = []

    def keep(found: re.Match[str]) -> str:
        formulas.append(formula(found[1].strip()))
        return f"\ue000{len(formulas) - 1}\ue001"

    text = _FORMULA.sub(keep, _BLOCK_FORMULA.sub(keep, plain(source)))
    made = _parser().render(text)
    made = re.sub(r"<a [^>]*>(.*?)</a>", r"\1", made, flags=re.S)
    return re.sub("\ue000(\\d+)\ue001", lambda found: formulas[int(found[1])], made)


@lru_cache(maxsize=256)
def formula(tex: str) -> str:
    """A formula in TeX as a picture that needs no network, with the TeX as its description; as code if it has no picture."""
    import matplotlib as mpl
    from matplotlib import font_manager, mathtext

    text = re.sub(r"\\(left|right|displaystyle)(?![a-zA-Z])", "", tex.replace("\n", " "))
    file = io.BytesIO()
    try:
        with mpl.rc_context({"mathtext.fontset": "dejavusans", "svg.hashsalt": "cleanworks"}):
            mathtext.math_to_image(
                f"${text}$",
                file,
                prop=font_manager.FontProperties(size=20),
                dpi=72,
                format="svg",
                color="#1f2937",
            )
    except (ValueError, RuntimeError):
        return f"<code>{escape(tex)}</code>"
    picture = re.sub(rb"<dc:date>.*?</dc:date>", b"", file.getvalue(), flags=re.S)
    height = re.search(rb'height="([\d.]+)pt"', picture)
    em = float(height[1]) / 20 if height else 1.4
    data = base64.b64encode(picture).decode()
    return f'<img class="formula" alt="{escape(tex)}" style="height:{em:.2f}em" src="data:image/svg+xml;base64,{data}">'


def formulas(source: str) -> list[str]:
    """The formulas of a text, those on lines of their own first."""
    return [f.strip() for f in _BLOCK_FORMULA.findall(source)] + [f.strip() for f in _FORMULA.findall(source)]


def blocks(source: str) -> list[tuple[str, str]]:
    """(kind, Markdown) of each block: heading, paragraph, list, table, code or quote."""
    lines = source.splitlines()
    made = []
    kinds = {
        "heading_open": "heading",
        "paragraph_open": "paragraph",
        "bullet_list_open": "list",
        "ordered_list_open": "list",
        "table_open": "table",
        "fence": "code",
        "code_block": "code",
        "blockquote_open": "quote",
    }
    for token in _parser().parse(source):
        if token.level == 0 and token.type in kinds and token.map:
            made.append((kinds[token.type], "\n".join(lines[token.map[0] : token.map[1]]).strip("\n")))
    return made
