"""One sentence per line in Markdown, so that a change of one sentence is a change of one line.

Only the line ends inside paragraphs, list items and quotations move. As a guard the text is rendered before and after: if anything
but line ends differs, it stays as it was.
"""

from __future__ import annotations

import re
from functools import lru_cache

from markdown_it import MarkdownIt

_FENCE = re.compile(r"^[\s>]*(?:[-*+]\s+|\d+[.)]\s+)?(`{3,}|~{3,}|:{3,}|\$\$)")
# Lines that are no running text: headings, tables, HTML, MyST comments, targets, options, footnotes and definitions, rules.
_NOT_PROSE = re.compile(r"^\s*(#{1,6}\s|\||<|%|\+\+\+|\([\w-]+\)=|:[\w-]+:|: |\[[^\]]+\]:|([-*_=]\s*){3,}$)")
_LEAD = re.compile(
    r"^(?P<quote>\s*(?:>\s?)*)(?P<indent>\s*)(?P<marker>(?:[-*+]|\d+[.)])\s+)?(?P<box>\[[ xX]\]\s+)?"
)

# What ends with a full stop and ends no sentence.
_ABBREVIATIONS = frozenset(
    [
        "e.g.",
        "i.e.",
        "cf.",
        "vs.",
        "etc.",
        "al.",
        "no.",
        "nos.",
        "art.",
        "fig.",
        "figs.",
        "eq.",
        "sec.",
        "ch.",
        "p.",
        "pp.",
        "vol.",
        "ed.",
        "eds.",
        "approx.",
        "ca.",
        "dr.",
        "mr.",
        "mrs.",
        "ms.",
        "prof.",
        "st.",
        "inc.",
        "ltd.",
        "co.",
        "jan.",
        "feb.",
        "mar.",
        "apr.",
        "jun.",
        "jul.",
        "aug.",
        "sep.",
        "sept.",
        "oct.",
        "nov.",
        "dec.",
        "u.s.",
        "u.k.",
        "bn.",
        "mn.",
    ]
)
_END = re.compile(r"[.!?…][\"'”’)\]*_]*\s+(?=[A-Z0-9\"'“‘(\[*_\ue000])")
# Inline code, roles, mathematics and links are one word each while sentences are found.
_OPAQUE = re.compile(r"(\{[\w:-]+\})?`+[^`]*`+|\$[^$\n]+\$|!?\[[^\]]*\]\([^)\s]*\)")
_MARKER_FIRST = re.compile(r"^(?:[-*+>#|:=%]|\d+[.)])(?:\s|$)|^[-=]+$")


def one_sentence_per_line(source: str) -> str:
    """The same Markdown with every sentence on a line of its own; doing it twice changes nothing more."""
    lines = _reflowed(source.splitlines())
    made = "\n".join(lines)
    if made == source:
        return source
    stays_so = _reflowed(lines) == lines
    return made if stays_so and _rendered(made) == _rendered(source) else source


def long_lines(source: str) -> list[int]:
    """The numbers of the lines at which the text differs from one sentence per line."""
    made = one_sentence_per_line(source).splitlines()
    lines = source.splitlines()
    if made == lines:
        return []
    return [next((n for n, (a, b) in enumerate(zip(lines, made, strict=False), 1) if a != b), len(lines))]


def _reflowed(lines: list[str]) -> list[str]:
    out: list[str] = []
    paragraph: list[str] = []
    first, rest = "", ""
    fence = ""

    def flush() -> None:
        nonlocal paragraph
        if paragraph:
            sentences = split_sentences(" ".join(paragraph))
            out.append(first + sentences[0])
            out.extend(rest + sentence for sentence in sentences[1:])
        paragraph = []

    for line in lines:
        mark = _FENCE.match(line)
        if fence:
            out.append(line)
            body = line.strip()
            if mark and body.startswith(fence) and not body.strip(fence[0]):
                fence = ""
            continue
        bare = line.strip()
        if (
            mark
            or not bare
            or _NOT_PROSE.match(re.sub(r"^[\s>]*", "", line))
            or line.startswith(("    ", "\t"))
        ):
            flush()
            # A directive with colons holds Markdown, so only its own lines are left alone.
            if mark and mark.group(1)[0] in "`~$" and not (mark.group(1) == "$$" and bare.count("$$") > 1):
                fence = mark.group(1)
            out.append(line)
            continue
        lead = _LEAD.match(line)
        assert lead is not None  # every line begins with nothing at least
        text = line[lead.end() :]
        starts = bool(lead["marker"])
        begin = lead.group(0)
        follow = lead["quote"] + lead["indent"] + " " * len(lead["marker"] or "")
        # The box of a task list belongs to the first line only; the text goes on under the marker.
        continues = bool(paragraph) and not starts and begin == rest
        if not continues:
            flush()
            first, rest = begin, follow
        hard_break = line.endswith("  ") or line.endswith("\\")
        paragraph.append(text if hard_break else text.strip())
        if hard_break:
            flush()
            first = rest
    flush()
    return out


def split_sentences(text: str) -> list[str]:
    """Cut running text after each sentence."""
    masked = _OPAQUE.sub(lambda found: "\ue000" * len(found.group(0)), text)
    pieces, start = [], 0
    for end in _END.finditer(masked):
        before = masked[start : end.end()].rstrip()
        after = text[end.end() :]
        word = before.split()[-1].strip("\"'“‘(*_[").lower() if before.split() else ""
        initial = re.fullmatch(r"[a-z]\.", word) is not None
        # A citation belongs to the sentence before it; a line must not begin like a list or a heading.
        if word in _ABBREVIATIONS or initial or after.startswith("{cite") or _MARKER_FIRST.match(after):
            continue
        pieces.append(text[start : end.end()].rstrip())
        start = end.end()
    pieces.append(text[start:])
    return pieces


@lru_cache(maxsize=1)
def _markdown() -> MarkdownIt:
    return MarkdownIt("commonmark").enable(["table", "strikethrough"])


def _rendered(source: str) -> str:
    return " ".join(_markdown().render(source).split())
