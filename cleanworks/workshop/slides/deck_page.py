"""A deck as one HTML file beside the folder `reveal`, which holds the library; neither asks for anything else."""

from __future__ import annotations

from functools import cache
from importlib import resources
from pathlib import Path

from cleanworks import words
from cleanworks.paper import escape, typeset
from cleanworks.workshop.slides.deck import Deck, Slide

LIBRARY = ("reveal.js", "reveal.css", "notes.js", "LICENSE")
FOLDER = "reveal"


def page(deck: Deck, *, language: str = "en", direction: str | None = None) -> str:
    """The file's content. The library is expected in `reveal/` beside it."""
    direction = direction or words.direction(language)
    sections = "\n".join(_section(slide, number, language) for number, slide in enumerate(deck.slides))
    noted = any(slide.notes for slide in deck.slides)
    script = f'<script src="{FOLDER}/notes.js"></script>\n' if noted else ""
    title = f"{deck.title} ({deck.id})"

    def said(text: str) -> str:
        return escape(words.say(text, language))

    return f"""<!DOCTYPE html>
<html lang="{escape(language)}" dir="{escape(direction)}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title)}</title>
<link rel="stylesheet" href="{FOLDER}/reveal.css">
<style>
{_own("slides.css")}</style>
</head>
<body>
<main>
<div class="reveal">
<div class="slides">
{typeset(sections, language)}
</div>
</div>
</main>
<div id="spoken" role="complementary" aria-label="{said("Notes")}" data-none="{said("No notes.")}" data-key="{said("Show the notes on this screen")}" tabindex="0"></div>
<script src="{FOLDER}/reveal.js"></script>
{script}<script>
{_own("slides.js")}</script>
</body>
</html>
"""


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


def _section(slide: Slide, number: int, language: str) -> str:
    level = "h1" if slide.kind == "first" else "h2"
    blocks = _blocks(slide)
    sources = ""
    if slide.sources:
        sources = f'<p class="sources">{words.say("Sources", language)}: {escape("; ".join(dict.fromkeys(slide.sources)))}</p>'
    notes = "".join(note for note in slide.notes if note)
    aside = f'<aside class="notes">{notes}</aside>' if notes else ""
    return (
        f'<section class="{slide.kind}" id="s{number}"><div class="fit"><{level}>{slide.title if level == "h2" else escape(slide.title)}'
        f"</{level}>\n{blocks}</div>{sources}{aside}</section>"
    )


_PICTURE = 560  # pixels: the height of a picture that stands alone
_LINE = 42  # the height of a line of text
_ABOVE = 2.6  # lines of text that stand above or under a picture; more stand beside it


def _blocks(slide: Slide) -> str:
    words = [block for block in slide.blocks if block.kind != "picture"]
    room = sum(block.room for block in words)
    if slide.kind != "picture" or not words:
        return "\n".join(block.html for block in slide.blocks)
    if room > _ABOVE:
        pictures = "\n".join(block.html for block in slide.blocks if block.kind == "picture")
        told = "\n".join(block.html for block in words)
        return f'<div class="beside"><div>{told}</div><div>{pictures}</div></div>'
    height = f'class="picture" style="max-height:{_PICTURE - room * _LINE:.0f}px"'
    return "\n".join(block.html.replace('class="picture"', height, 1) for block in slide.blocks)


@cache
def _own(name: str) -> str:
    return resources.files(__package__).joinpath(name).read_text(encoding="utf-8")
