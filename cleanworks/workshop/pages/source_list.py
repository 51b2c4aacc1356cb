"""The list of sources: each title leads to the source, and further copies of it are linked as well."""

from __future__ import annotations

import re
from typing import Any

from pybtex.database import Entry
from pybtex.plugin import find_plugin, register_plugin
from pybtex.richtext import BaseText, HRef, Tag, Text
from pybtex.style.formatting.plain import Style
from pybtex.style.template import join, sentence

NAME = "cleanworks"
_ADDRESS = re.compile(r"(https?://\S+)")


class SourceStyle(Style):
    """Author. Title, linked. What and when. What kind of source it is, and its further copies."""

    def get_misc_template(self, entry: Entry) -> Any:
        return self._line(entry, [_text(entry, "howpublished")])

    def get_book_template(self, entry: Entry) -> Any:
        return self._line(entry, [_text(entry, "publisher")])

    def get_article_template(self, entry: Entry) -> Any:
        fields = entry.fields
        issue = f"({fields['number']})" if "number" in fields else ""
        volume = f" {fields['volume']}{issue}" if "volume" in fields else ""
        pages = Text.from_latex(f": {fields['pages']}") if "pages" in fields else ""
        return self._line(entry, [Text(Tag("em", _text(entry, "journal")), volume, pages)])

    def _line(self, entry: Entry, details: list[BaseText | None]) -> Any:
        date = " ".join(entry.fields[name] for name in ("month", "year") if name in entry.fields)
        details = [part for part in [*details, Text(date) if date else None] if part]
        parts = [sentence[_title(entry)]]
        if "author" in entry.persons:
            parts.insert(0, sentence[self.format_names("author")])
        if details:
            parts.append(sentence(sep=", ")[details])
        if "note" in entry.fields:
            parts.append(sentence[_note(entry.fields["note"])])
        return join(sep=" ")[parts]


def _text(entry: Entry, name: str) -> BaseText | None:
    return Text.from_latex(entry.fields[name]) if name in entry.fields else None


def _title(entry: Entry) -> BaseText:
    title = _text(entry, "title")
    return HRef(entry.fields["url"], title) if "url" in entry.fields else title


def _note(note: str) -> BaseText:
    """An address in a note becomes a link whose text is the name of the site."""
    return Text(*(_link(part) if _ADDRESS.match(part) else Text(part) for part in _ADDRESS.split(note)))


def _link(address: str) -> HRef:
    return HRef(address, re.sub(r"^https?://(?:www\.)?([^/:]+).*$", r"\1", address))


def register() -> None:
    """Make the style known as `bibtex_default_style: cleanworks`.

    What writes a citation is named as well: pybtex would look through all installed packages for it at each of a thousand citations,
    which took a third of the time of the whole book.
    """
    register_plugin("pybtex.style.formatting", NAME, SourceStyle)
    for name in ("plaintext", "docutils"):
        register_plugin("pybtex.backends", name, find_plugin("pybtex.backends", name), force=True)
