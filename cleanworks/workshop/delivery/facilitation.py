"""What the facilitator gets beside the lessons: plan, helper's sheet, invitation, floor plan, and a page for each participant.

The texts are the course's own: Markdown files in `workshops/facilitation/`, each one page, with the workshop's facts in
place of `$title`, `$place`, `$dates`, `$start`, `$organiser`, `$audience`, `$participants`, `$pairs` and `$helpers`. A block between
`<!-- if part construction -->` (or `if module o1`, or `unless ...`) and `<!-- end -->` stands only where the workshop has
it. `<!-- for: learner -->` hands a page out; without it a page is the instructor's. A file in a folder named after a
language, such as `fr/plan.md`, stands in place of the English one; it says that it is a draft until its language stands in
`reviewed` of the course's settings.
"""

from __future__ import annotations

import math
import re
import string
from collections.abc import Callable, Collection
from pathlib import Path

from cleanworks import words
from cleanworks.agenda import hhmm
from cleanworks.errors import InputError
from cleanworks.paper import Page, browser, escape
from cleanworks.texts import read_text
from cleanworks.workshop import handouts
from cleanworks.workshop.catalogue import Course
from cleanworks.workshop.delivery import agenda_files
from cleanworks.workshop.delivery.instructor import _markdown
from cleanworks.workshop.delivery.programme import Programme, make_programme
from cleanworks.workshop.lines import meant
from cleanworks.workshop.workshop_file import FOLDER, Workshop

TEXTS = "facilitation"
PEOPLE_PER_HELPER = 9
"""One helper for eight to ten people."""

_DRAFT = "Draft translation, not yet reviewed by a native speaker."
_BLOCK = re.compile(r"<!-- (if|unless) (part|module) ([\w-]+) -->\n(.*?)<!-- end -->\n?", re.DOTALL)
_FOR = re.compile(r"<!-- for: (\w+) -->\n")
_STYLE = """
td:first-child { min-inline-size: 3em; }
blockquote { border-inline-start: 3px solid #0f5a70; margin-inline: 0; padding-inline-start: .7em; }
.draft { color: #4b5563; font-size: .85em; }
hr { border: 0; border-block-end: 1px solid #374151; height: 2.4em; margin: 0; }
"""


def facilitation(course: Course, workshop: Workshop, out: Path) -> list[Path]:
    """Write the pages; a product of `workshop build`. A course without such texts gets the floor plan alone."""
    programme = make_programme(course, workshop)
    files = []
    for path in texts(course, workshop.language):
        audience, page = text_page(path, programme, course.settings.reviewed)
        folder = out / audience / ("facilitator" if audience == "instructor" else "after")
        folder.mkdir(parents=True, exist_ok=True)
        files += _saved(page, folder / path.stem)
    folder = out / "instructor" / "facilitator"
    folder.mkdir(parents=True, exist_ok=True)
    return [*files, *_saved(floor_plan(programme), folder / "floor-plan")]


def texts(course: Course, language: str) -> list[Path]:
    """The course's texts, each in the language where it has been translated."""
    folder = course.root / FOLDER / TEXTS
    found = []
    for path in sorted(folder.glob("*.md")):
        own = folder / language / path.name
        found.append(own if own.is_file() else path)
    return found


def _saved(page: Page, path: Path) -> list[Path]:
    files = [page.save(path.with_suffix(".html"))]
    if browser():
        files.append(path.with_suffix(".pdf"))
        files[-1].write_bytes(handouts.sparing(page))
    return files


def text_page(path: Path, programme: Programme, reviewed: Collection[str] = ()) -> tuple[str, Page]:
    """(audience, page) of a text with the facts of a workshop. A translation into none of ``reviewed`` says that it is a draft.

    Raises
    ------
    InputError
        It has no title, names a fact that there is none of, or is for nobody we know.
    """
    text = read_text(path, "The page")
    audience = "instructor"
    if found := _FOR.search(text):
        audience = found[1]
        text = text.replace(found[0], "", 1)
    if audience not in ("instructor", "learner"):
        raise InputError(
            f"A page is for the instructor or the learner, not for {audience!r}.",
            where=str(path),
            fix="Begin it with `<!-- for: learner -->` or `<!-- for: instructor -->`.",
        )
    parts = {lesson.block.part for lesson in programme.lessons}
    modules = {lesson.id for lesson in programme.lessons}

    def kept(block: re.Match[str]) -> str:
        there = block[3] in (parts if block[2] == "part" else modules)
        return block[4] if there == (block[1] == "if") else ""

    text = _BLOCK.sub(kept, text)
    text = _filled(text, facts(programme), path)
    title = re.search(r"^# (.+)$", text, re.MULTILINE)
    if title is None:
        raise InputError("This text has no title.", where=str(path), fix="Begin it with `# ` and a title.")
    body = str(_markdown(text)).replace("<h3>", "<h1>", 1).replace("</h3>", "</h1>", 1)
    body = body.replace("<h4>", "<h2>").replace("</h4>", "</h2>")
    language = path.parent.name if words.is_code(path.parent.name) else "en"
    if language != "en" and language not in reviewed:
        body += f'<p class="draft">{escape(words.say(_DRAFT, language))}</p>'
    return audience, Page(f"{title[1]}: {programme.workshop.title}", body, language, style=_STYLE)


def facts(programme: Programme) -> dict[str, str]:
    """What the texts may name."""
    workshop = programme.workshop
    return {
        "title": workshop.title,
        "place": workshop.place,
        "dates": agenda_files.dates(programme),
        "start": hhmm(workshop.days[0].start.hour * 60 + workshop.days[0].start.minute),
        "organiser": workshop.organiser or f"[{words.say('the organiser', workshop.language)}]",
        "audience": workshop.audience,
        "participants": str(workshop.participants),
        "pairs": str(math.ceil(workshop.participants / 2)),
        "helpers": str(helpers(workshop.participants)),
    }


def helpers(participants: int) -> int:
    """How many people walk round.

    >>> [helpers(people) for people in (1, 9, 10, 30)]
    [1, 1, 2, 4]
    """
    return max(1, math.ceil(participants / PEOPLE_PER_HELPER))


def _filled(text: str, known: dict[str, str], path: Path) -> str:
    """The text with its facts. Marks of Markdown in a fact are shown, not obeyed."""
    plain = {name: re.sub(r"([\\`*_{}\[\]<>#|])", r"\\\1", value) for name, value in known.items()}
    for number, line in enumerate(text.splitlines(), 1):
        for found in string.Template.pattern.finditer(line):
            name = found["named"] or found["braced"]
            if name and name not in known:
                raise InputError(
                    f"A workshop has no fact called ${name}.",
                    where=f"{path}, line {number} without its comments",
                    fix=f"{meant(name, list(known))}There are {', '.join(f'${one}' for one in known)}.",
                )
    return string.Template(text).safe_substitute(plain)


# --- the room from above ------------------------------------------------------------------------------------------

_TABLE, _GAP, _AISLE, _FRONT = 120, 40, 70, 150  # centimetres: a table for two, and what is between tables


def floor_plan(programme: Programme) -> Page:
    """A drawing of the room: a table for each pair, aisles, the wall with the picture, sockets, where helpers stand."""
    workshop = programme.workshop
    say = lambda text: words.say(text, workshop.language)  # noqa: E731
    title = f"{say('Floor plan')}: {workshop.title}"
    pairs = math.ceil(workshop.participants / 2)
    drawing, width, depth = _drawing(pairs, helpers(workshop.participants), say)
    told = [
        f"A table for each of {pairs} pairs, in blocks of two, so that a helper reaches every screen from an aisle.",
        f"It takes about {width / 100:.0f} by {depth / 100:.0f} metres. In a narrower room make the rows shorter and add rows; keep the aisles.",
        "Everybody sees the wall with the picture without turning the chair; nobody sits with the back to it.",
        "Cables run along the walls and under the blocks, taped down. The first row stays free for who sees or hears less well.",
        "Circles are the places of helpers between two calls.",
    ]
    items = "".join(f"<li>{escape(say(line))}</li>" for line in told)
    body = f"<h1>{escape(title)}</h1><figure>{drawing}</figure><ul>{items}</ul>"
    return Page(title, body, workshop.language, landscape=True)


def _drawing(pairs: int, helping: int, say: Callable[[str], str]) -> tuple[str, int, int]:
    """(SVG, width, depth of the room in centimetres)."""
    blocks = (
        3 if pairs > 12 else 2 if pairs > 3 else 1
    )  # blocks of two tables side by side, with aisles between them
    in_a_row = 2 * blocks
    rows = math.ceil(pairs / in_a_row)
    block = 2 * _TABLE
    width = blocks * block + (blocks + 1) * _AISLE
    depth = _FRONT + rows * (_TABLE + _GAP) + _AISLE
    shapes = [
        f'<rect x="2" y="2" width="{width - 4}" height="{depth - 4}" fill="#fff" stroke="#1f2937" stroke-width="4"/>',
        f'<rect x="{width // 4}" y="2" width="{width // 2}" height="14" fill="#0f5a70"/>',
        f'<text x="{width // 2}" y="46" text-anchor="middle" font-size="26">{escape(say("The wall with the picture"))}</text>',
        f'<rect x="{width // 2 - 60}" y="70" width="120" height="50" fill="#d1e5eb" stroke="#0f5a70" stroke-width="2"/>',
        f'<text x="{width // 2}" y="103" text-anchor="middle" font-size="20">{escape(say("Instructor"))}</text>',
    ]
    for number in range(pairs):
        row, place = divmod(number, in_a_row)
        x = _AISLE + (place // 2) * (block + _AISLE) + (place % 2) * _TABLE
        y = _FRONT + row * (_TABLE + _GAP)
        shapes.append(
            f'<rect x="{x}" y="{y}" width="{_TABLE - 6}" height="60" fill="#f3f4f6" stroke="#1f2937" stroke-width="2"/>'
            f'<text x="{x + _TABLE // 2 - 3}" y="{y + 40}" text-anchor="middle" font-size="26">{number + 1}</text>'
            f'<rect x="{x + 14}" y="{y + 66}" width="34" height="30" rx="8" fill="#9ca3af"/>'
            f'<rect x="{x + _TABLE - 54}" y="{y + 66}" width="34" height="30" rx="8" fill="#9ca3af"/>'
        )
    for number in range(helping):
        aisle = number % (blocks + 1)
        x = _AISLE // 2 + aisle * (block + _AISLE)
        y = _FRONT + 40 + (number // (blocks + 1)) * 2 * (_TABLE + _GAP)
        shapes.append(
            f'<circle cx="{x}" cy="{min(y, depth - 40)}" r="20" fill="#fff" stroke="#d55e00" stroke-width="6"/>'
        )
    label = escape(say(f"The room from above: {pairs} tables for two in {rows} rows"))
    drawing = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {depth}" role="img" aria-label="{label}" '
        f'style="max-height:115mm;width:100%">{"".join(shapes)}</svg>'
    )
    return drawing, width, depth
