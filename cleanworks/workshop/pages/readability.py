"""How hard a lesson's prose is to read: the Flesch-Kincaid grade of textstat, and words per sentence.

Prose is what stands in Markdown cells for the reader. Code, formulas, tables, citations and headings are not read as
sentences, so they do not count. What follows a line break is a new sentence, as everywhere in this course's sources.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from nbformat import NotebookNode

HIGHEST_GRADE = 10.0
"""The highest US school grade that a lesson's prose may have."""

LONGEST_SENTENCE = 25.0
"""The most words that sentences of a lesson may have on average."""

_FENCE = re.compile(r"^(```|~~~|:::).*?^\1\s*$", re.M | re.S)
_FORMULA = re.compile(r"\$\$.*?\$\$|(?<![\\\w$])\$[^$\n]+\$", re.S)
_ROLE = re.compile(r"\{(\w[\w:-]*)\}`([^`<]*)(?:<[^>]*>)?`")
_LINK = re.compile(r"!?\[([^\]]*)\]\([^)]*\)")


@dataclass(frozen=True)
class Reading:
    """Measured prose: words, sentences, and the US school grade."""

    words: int
    sentences: int
    grade: float

    @property
    def words_per_sentence(self) -> float:
        return self.words / self.sentences if self.sentences else 0.0

    @property
    def plain(self) -> bool:
        return self.grade <= HIGHEST_GRADE and self.words_per_sentence <= LONGEST_SENTENCE


def measure(notebook: NotebookNode) -> Reading:
    """Measure the prose of a notebook, without its notes to the instructor."""
    sentences = [one for cell in notebook.cells if _is_prose(cell) for one in prose(cell.source)]
    words = sum(len(sentence.split()) for sentence in sentences)
    return Reading(words, len(sentences), grade(sentences))


def grade(sentences: list[str]) -> float:
    """The Flesch-Kincaid grade, from syllables as textstat counts them. 0 for nothing to read."""
    words = [word for sentence in sentences for word in sentence.split()]
    if not words:
        return 0.0
    syllables = sum(_syllables(word) for word in words)
    return 0.39 * len(words) / len(sentences) + 11.8 * syllables / len(words) - 15.59


@cache
def _syllables(word: str) -> int:
    import textstat
    from pyphen import Pyphen

    try:
        return textstat.syllable_count(word)
    except KeyError:
        # textstat counts hyphenation points where its dictionary has no such word, but expects another error of it.
        return len(Pyphen(lang="en_US").positions(word.lower())) + 1


def prose(source: str) -> list[str]:
    """The sentences of a Markdown text, without marks."""
    text = _FORMULA.sub(" ", _FENCE.sub("", source))
    text = _ROLE.sub(lambda found: "" if found[1].startswith("cite") else found[2], text)
    text = _LINK.sub(r"\1", text)
    sentences = []
    for line in text.splitlines():
        if re.match(r"\s*(#|\||\(\w[\w-]*\)=)", line):
            continue
        line = re.sub(r"^\s*(?:[-*>]|\d+\.)\s+(?:\[[ x]\]\s+)?|`[^`]*`|[*_>]", " ", line)
        for sentence in re.split(r"(?<=[.!?])\s+", line):
            words = re.findall(r"[A-Za-z][A-Za-z'’-]*", sentence)
            if words:
                sentences.append(" ".join(words))
    return sentences


def _is_prose(cell: NotebookNode) -> bool:
    return cell.cell_type == "markdown" and "instructor" not in cell.metadata.get("tags", [])
