"""A deck as one HTML file beside the folder `reveal`, which holds the library; neither asks for anything else."""

from __future__ import annotations

from functools import cache, partial
from importlib import resources
from pathlib import Path

from markupsafe import Markup

from cleanworks import words
from cleanworks.html_templates import filled
from cleanworks.paper import typeset
from cleanworks.workshop.slides.deck import Deck, Slide

LIBRARY = ("reveal.js", "reveal.css", "notes.js", "LICENSE")
FOLDER = "reveal"


def page(deck: Deck, *, language: str = "en", direction: str | None = None) -> str:
    """The file's content. The library is expected in `reveal/` beside it."""
    slides = [
        {
            "kind": slide.kind,
            # The title of a lesson is plain; a heading may have code or stress in it.
            "title": slide.title if slide.kind == "first" else Markup(slide.title),
            "blocks": _blocks(slide),
            "sources": list(dict.fromkeys(slide.sources)),
            "notes": Markup("".join(slide.notes)),
        }
        for slide in deck.slides
    ]
    made = filled(
        __package__,
        "deck.html",
        deck=deck,
        slides=slides,
        language=language,
        direction=direction or words.direction(language),
        folder=FOLDER,
        style=_own("slides.css"),
        script=_own("slides.js"),
        say=partial(words.say, code=language),
    )
    return typeset(str(made), language)


def write_library(folder: Path) -> list[Path]:
    """Put the library beside the decks."""
    target = Path(folder) / FOLDER
    target.mkdir(parents=True, exist_ok=True)
    made = []
    for name in LIBRARY:
        path = target / name
        path.write_bytes(resources.files(__package__).joinpath(FOLDER, name).read_bytes())
        made.append(path)
    return made


_PICTURE = 560  # pixels: the height of a picture that stands alone
_LINE = 42  # the height of a line of text
_ABOVE = 2.6  # lines of text that stand above or under a picture; more stand beside it


def _blocks(slide: Slide) -> Markup:
    words = [block for block in slide.blocks if block.kind != "picture"]
    room = sum(block.room for block in words)
    if slide.kind != "picture" or not words:
        return Markup("\n".join(block.html for block in slide.blocks))
    if room > _ABOVE:
        pictures = "\n".join(block.html for block in slide.blocks if block.kind == "picture")
        told = "\n".join(block.html for block in words)
        return Markup(f'<div class="beside"><div>{told}</div><div>{pictures}</div></div>')
    height = f'class="picture" style="max-height:{_PICTURE - room * _LINE:.0f}px"'
    return Markup("\n".join(block.html.replace('class="picture"', height, 1) for block in slide.blocks))


@cache
def _own(name: str) -> Markup:
    return Markup(resources.files(__package__).joinpath(name).read_text(encoding="utf-8"))
