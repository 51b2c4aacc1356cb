"""From the cells of a lesson to slides: little text, one thing at a time, the rest in the speaker's notes.

A paragraph gives its first sentence and whatever it asks, an item of a list too (lessons have one sentence per line); whole
paragraphs stand in the notes. A picture shares its slide with the few lines that lead to it or follow it, and with nothing else.
Code and what it says share a slide when they fit; a long table or text goes on on the next slide. Lines that a cell prints in
columns, and a list whose items each begin with a term, are tables on the wall. Where fewer than half of the slides show a picture
or a table, code and words that ask nothing go to the notes. The first slide draws the way through the lesson. There is at most one slide for a minute and a half of teaching: what goes beyond is
joined, and then moved to the notes, code first.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING

from nbformat import NotebookNode

from cleanworks import words
from cleanworks.paper import escape
from cleanworks.workshop import prose
from cleanworks.workshop.editions import Audience
from cleanworks.workshop.metadata import BLOCK, NotebookBlock
from cleanworks.workshop.notebook import headings
from cleanworks.workshop.quiz import order, parse_quiz
from cleanworks.workshop.slides import timing

if TYPE_CHECKING:
    from bs4 import Tag

ROOM = 14.0
"""Lines of text that fit under a slide's title."""

MINUTES = 1.5
"""Minutes of teaching that one slide takes at least."""

SHARE = 0.5
"""The share of slides that show a picture or a table and not words alone, the questions of the quiz not counted."""

_WIDTH = 66  # letters of a line of text
_CODE_WIDTH = 92
_CODE_LINE = 0.72  # a line of code, in lines of text
_ROWS = 11  # rows of a table on one slide
_OUTPUT_LINES = 16
_BESIDE = 4.6  # lines of text that a picture shares its slide with


@dataclass
class Block:
    """One thing on a slide: its HTML and the room it takes, in lines of text."""

    html: str
    room: float
    kind: str = ""


@dataclass
class Slide:
    """One slide. ``notes`` is HTML for the speaker; ``sources`` are keys of the book's list."""

    title: str
    blocks: list[Block] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    section: str = ""
    sources: list[str] = field(default_factory=list)
    kind: str = ""
    whole: Block | None = None
    """The paragraph from which the slide's one sentence was taken, if there is more in it."""

    @property
    def room(self) -> float:
        return sum(block.room for block in self.blocks)


@dataclass(frozen=True)
class Deck:
    """The slides of one lesson, and the minutes of its sections (empty for an audience that gets no notes)."""

    id: str
    title: str
    slides: tuple[Slide, ...]
    minutes: dict[str, float]


def deck(
    node: NotebookNode,
    block: NotebookBlock,
    *,
    audience: Audience = "instructor",
    teach: int | None = None,
    said: Mapping[str, str] = MappingProxyType({}),
    language: str = "en",
    timed: str = "",
) -> Deck:
    """The slides of an executed lesson.

    ``teach`` are the minutes planned for it, those of the lesson itself if not given. Only an instructor's deck has notes.
    No deck shows which option of a quiz is right. ``said`` are the translations of a lesson that is in another language,
    and ``timed`` are its notes to the instructor in English, from which the minutes of its sections are read.
    """
    say = partial(words.say, code=language)
    english = {translation: text for text, translation in said.items()}
    slides: list[Slide] = [_first(block, said, say)]
    section, told = "", []
    for cell in node.cells:
        tags = set(cell.metadata.get("tags", []))
        if tags & {"instructor", "solution", "wrong-answer", "remove-cell"}:
            if "instructor" in tags:
                told.append(cell.source)
            continue
        if cell.cell_type == "markdown":
            found = headings(cell.source)
            starts = [text for _, level, text in found if level == 2]
            section = english.get(starts[0], starts[0]) if starts else section
            slides += _quiz(cell, say) if "quiz" in tags else _text(cell, section, slides)
        elif cell.cell_type == "code":
            slides += _code(cell, section, slides[-1].title)
    teach = (block.minutes.teach if block.minutes else 0) if teach is None else teach
    slides = _fitted([slide for slide in slides if slide.blocks], max(1, int(teach / MINUTES)))
    _number(slides, say)
    _label(slides, say)
    sections = list(dict.fromkeys(slide.section for slide in slides if slide.section))
    plan = timing.minutes(timed or "\n\n".join(told), sections, teach)
    if plan is None:
        plan = _even(slides, sections, teach)
    if slides:
        slides[0].blocks.append(_way(plan, said, language))
    if audience != "instructor":
        for slide in slides:
            slide.notes = []
        plan = {}
    else:
        _clock(slides, plan, "\n\n".join(told), teach, say, said)
    return Deck(block.id, said.get(block.title, block.title), tuple(slides), plan)


def _fitted(slides: list[Slide], most: int) -> list[Slide]:
    """The slides, joined where they fit on one, and at most ``most`` of them."""
    made = _joined_slides(_beside_pictures(slides))
    if len(made) > most or shown_share(made) < SHARE:
        # Code is worked on in the notebook; on the wall one needs what it gives.
        for slide in made:
            _code_to_notes(slide)
        made = _joined_slides([slide for slide in made if _kept(slide, made)])
    while len(made) > most:
        place = min(range(1, len(made)), key=lambda number: _worth(made[number]), default=None)
        if place is None:
            break
        _into_notes(made.pop(place), made[place - 1])
    sections = [slide.section for slide in made]
    for slide in made:
        if slide.whole and _one_sentence(slide) and sections.count(slide.section) == 1:
            slide.blocks = [slide.whole]
    made = [slide for number, slide in enumerate(made) if not _lonely(slide, made, number)]
    return _shown_more(made)


def shown_share(slides: Sequence[Slide]) -> float:
    """The share of slides with a picture or a table, among those that are no question of the quiz."""
    kept = [slide for slide in slides if slide.kind != "quiz"]
    return sum(map(_shows, kept)) / max(1, len(kept))


def _shows(slide: Slide) -> bool:
    # The first slide gets its drawing of the way at the end.
    return slide.kind in ("first", "picture") or _has_table(slide)


def _shown_more(slides: list[Slide]) -> list[Slide]:
    """The slides without those of words alone that ask nothing, until every other one shows something: they are said.

    A section keeps its last slide.
    """
    made = list(slides)
    while shown_share(made) < SHARE:
        sections = [slide.section for slide in made]
        told = [
            number
            for number, slide in enumerate(made)
            if number and _only_told(slide) and sections.count(slide.section) > 1
        ]
        if not told:
            break
        place = min(told, key=lambda number: _worth(made[number]))
        _into_notes(made.pop(place), made[place - 1])
    return made


def _asks(text: str) -> bool:
    """Whether there is a question in it, in any of the languages of lessons."""
    return re.search("[?\u061f\uff1f]", text) is not None


def _only_told(slide: Slide) -> bool:
    text = _bare("".join(block.html for block in slide.blocks))
    return not slide.kind and not _shows(slide) and not _asks(text) and slide.section != "Key points"


def _beside_pictures(slides: list[Slide]) -> list[Slide]:
    """The slides, with the few lines before or after a picture on its own slide: they say what to look for."""
    made: list[Slide] = []
    for slide in slides:
        before = made[-1] if made else None
        if (
            before
            and before.section == slide.section
            and {before.kind, slide.kind} == {"", "picture"}
            and all(
                block.kind != "code" and "<table" not in block.html
                for block in (*before.blocks, *slide.blocks)
            )
            and before.room + slide.room <= ROOM + _BESIDE
        ):
            before.blocks += slide.blocks
            before.notes += slide.notes
            before.sources = list(dict.fromkeys([*before.sources, *slide.sources]))
            before.kind = "picture"
        else:
            made.append(slide)
    return made


def _joined_slides(slides: list[Slide]) -> list[Slide]:
    made: list[Slide] = []
    for slide in slides:
        before = made[-1] if made else None
        if before and _may_join(before, slide):
            if _bare(slide.title) != _bare(before.title):
                before.blocks.append(Block(f"<h3>{slide.title}</h3>", 1.2))
            before.blocks += slide.blocks
            before.notes += slide.notes
            before.sources = list(dict.fromkeys([*before.sources, *slide.sources]))
        else:
            made.append(slide)
    return made


def _may_join(before: Slide, slide: Slide) -> bool:
    alone = {"first", "picture"}
    if before.section != slide.section or slide.section == "Quiz" or {before.kind, slide.kind} & alone:
        return False
    heading = 0 if _bare(before.title) == _bare(slide.title) else 1.2
    # A few lines stay with their table, in letters a little smaller.
    tables = [_has_table(before), _has_table(slide)]
    words = min(
        (one.room for one, table in zip((before, slide), tables, strict=True) if not table), default=ROOM
    )
    room = ROOM + (3 if any(tables) and words <= _BESIDE + 0.5 else 0)
    return before.room + slide.room + heading <= room


def _bare(html: str) -> str:
    return re.sub("<[^>]+>", "", html)


def _has_table(slide: Slide) -> bool:
    return any("<table" in block.html for block in slide.blocks)


def _code_to_notes(slide: Slide) -> None:
    code = [block for block in slide.blocks if block.kind == "code"]
    if code:
        slide.notes += [f"<p>The code:</p>{block.html}" for block in code]
        slide.blocks = [block for block in slide.blocks if block.kind != "code"]


def _kept(slide: Slide, slides: list[Slide]) -> bool:
    """Whether anything is left on a slide; if not, its notes go to the one before it."""
    if slide.blocks:
        return True
    before = [other for other in slides[: slides.index(slide)] if other.blocks]
    if before:
        before[-1].notes += slide.notes
    return False


def _worth(slide: Slide) -> float:
    """How much the room would miss a slide: questions, pictures, tables, then long texts."""
    shown = "".join(block.html for block in slide.blocks)
    value = slide.room / ROOM
    value += (
        3 * (slide.kind == "picture")
        + 2 * ("<table" in shown)
        + 4 * _asks(re.sub(r"<[^>]+>", "", shown))
        + 2 * (slide.section == "Quiz")
    )
    return value + 5 * (slide.section == "Key points")


def _into_notes(slide: Slide, before: Slide) -> None:
    before.notes.append(
        f"<p><strong>{slide.title}</strong></p>" + "".join(block.html for block in slide.blocks)
    )
    before.notes += slide.notes
    before.sources = list(dict.fromkeys([*before.sources, *slide.sources]))


def _lonely(slide: Slide, slides: list[Slide], number: int) -> bool:
    """Whether a slide holds one sentence that asks nothing; then it is said, from the notes of the slide before it.

    A sentence that fills two lines stays where its section has no other slide.
    """
    alone = [other.section for other in slides].count(slide.section) == 1
    if number == 0 or not _one_sentence(slide) or (alone and slide.room > _ONE_LINE):
        return False
    _into_notes(slide, slides[number - 1])
    return True


_ONE_LINE, _TWO_LINES = 1.5, 2.5


def _one_sentence(slide: Slide) -> bool:
    shown = _bare("".join(block.html for block in slide.blocks))
    return not (
        slide.kind or len(slide.blocks) != 1 or slide.room > _TWO_LINES or _asks(shown) or _has_table(slide)
    )


def _first(block: NotebookBlock, said: Mapping[str, str], say: Callable[[str], str]) -> Slide:
    goals = "".join(f"<li>{prose.html(said.get(text, text))[3:-5]}</li>" for text in block.objectives)
    room = sum(_lines(text, _WIDTH) for text in block.objectives) + 1
    return Slide(
        said.get(block.title, block.title),
        [Block(f"<p>{say('Afterwards you can:')}</p><ul>{goals}</ul>", room)],
        [],
        "",
        [],
        "first",
    )


def _way(plan: Mapping[str, float], said: Mapping[str, str], language: str) -> Block:
    """A drawing of the sections in their order, each with its minutes."""
    stops = [(re.sub(r"[*`]", "", said.get(name, name)), round(share)) for name, share in plan.items()]
    wide = 1150 / max(1, len(stops))
    turned = words.direction(language) == "rtl"
    ink = 'fill="#1f2937" text-anchor="middle"'
    drawn = [f'<path d="M{wide / 2:.0f} 34H{1150 - wide / 2:.0f}" stroke="#0f5a70" stroke-width="4"/>']
    for number, (name, share) in enumerate(stops):
        middle = wide * (number + 0.5)
        middle = 1150 - middle if turned else middle
        drawn.append(
            f'<circle cx="{middle:.0f}" cy="34" r="26" fill="#fff" stroke="#0f5a70" stroke-width="4"/>'
        )
        drawn.append(f'<text x="{middle:.0f}" y="42" font-size="22" {ink}>{share or "·"}</text>')
        # "Step 2: what is late" is "Step 2" here; the title of its slide says the rest.
        short = re.split(r"\s*[:：]\s*|[.．]\s+", name)[0]
        for line, text in enumerate(_wrapped(short, max(6, int(wide / 10)))[:3]):
            drawn.append(
                f'<text x="{middle:.0f}" y="{84 + 20 * line}" font-size="17" {ink}>{escape(text)}</text>'
            )
    title = words.say("The way through the lesson, in minutes", language)
    label = escape(f"{title}: {', '.join(f'{name} {share}' for name, share in stops)}")
    return Block(
        f'<svg class="way" viewBox="0 0 1150 130" role="img" aria-label="{label}">{"".join(drawn)}</svg>', 3.5
    )


def _wrapped(text: str, width: int) -> list[str]:
    import textwrap

    return textwrap.wrap(text, width, break_long_words=False) or [""]


def _text(cell: NotebookNode, section: str, before: list[Slide]) -> list[Slide]:
    blocks = prose.blocks(cell.source)
    if blocks and blocks[0][0] == "heading" and blocks[0][1].startswith("# "):
        # The title slide has it; what follows is said.
        before[0].notes.append(prose.html(cell.source.split("\n", 1)[-1]))
        before[0].sources += prose.citations(cell.source)
        return []
    whole = section in ("Key points",)
    slides: list[Slide] = []
    current = Slide(before[-1].title if before[-1].kind != "first" else section, section=section)
    for kind, source in blocks:
        if kind == "heading":
            if current.blocks:
                slides.append(current)
            current = Slide(_inline(source.lstrip("# ")), section=section)
            continue
        for made in _shortened(kind, source, whole):
            if current.blocks and current.room + made.room > ROOM:
                slides.append(current)
                current = Slide(current.title, section=section)
            current.blocks.append(made)
    slides.append(current)
    told = [source for kind, source in blocks if kind == "paragraph"]
    if len(slides) == 1 and len(told) == 1 and len(_sentences(told[0])) > 1:
        slides[0].whole = next(_shortened("paragraph", told[0], True), None)
    body = "\n".join(source for kind, source in blocks if kind != "heading" or source.startswith("###"))
    slides[0].notes.append(prose.html(_after_heading(cell.source)) if body else "")
    for slide in slides:
        slide.sources = prose.citations(cell.source)
    return [slide for slide in slides if slide.blocks]


def _after_heading(source: str) -> str:
    return re.sub(r"\A## .*\n", "", source)


def _shortened(kind: str, source: str, whole: bool) -> Iterator[Block]:
    if kind == "paragraph":
        text = source if whole or _stands_out(source) else _said(source)
        if prose.plain(text).strip().endswith(":."):
            return  # sources alone: they stand at the foot
        yield Block(prose.html(text), _lines(prose.plain(text), _WIDTH) + 0.45)
    elif kind == "list":
        items = _items(source)
        if table := _terms([text for _, text in items]):
            yield table
            return
        texts = [text if whole else _said(text) for _, text in items]
        ordered = bool(items) and items[0][0][0].isdigit()
        start = 1
        for chunk in _chunked(texts):
            tag = f'ol start="{start}"' if ordered else "ul"
            lines = "".join(f"<li>{_inline(text)}</li>" for text in chunk)
            yield Block(
                f"<{tag}>{lines}</{tag[:2]}>",
                sum(_lines(prose.plain(text), _WIDTH - 4) + 0.2 for text in chunk) + 0.3,
            )
            start += len(chunk)
    elif kind == "table":
        yield from _tables(prose.html(source))
    elif kind == "code":
        code = "\n".join(source.splitlines()[1:-1])
        yield Block(f"<pre><code>{escape(code)}</code></pre>", _code_room(code), "code")
    else:
        text = _sentences(source)[0]
        yield Block(prose.html(text), _lines(text, _WIDTH) + 0.6)


_TERM = re.compile(r"(\*\*?)([^*]{2,48}?)([:.,?]?)\1([:,]?)\s+(.+)", re.S)


def _terms(texts: list[str]) -> Block | None:
    """A list whose items each begin with a term, as a table of terms and what is said of them."""
    found = [_TERM.fullmatch(text) for text in texts]
    if len(found) < 2 or not all(one and (one[3] or one[4]) for one in found):
        return None
    return _rows_table(
        [(_inline(one[2] + one[3].strip(":.,")), _inline(_said(one[5]))) for one in found if one]
    )


def _rows_table(rows: list[tuple[str, ...]], head: Sequence[str] = ()) -> Block | None:
    """A table; the first cell of a row names it. None where it does not fit on a slide. Cells of ``rows`` are HTML."""
    top = ""
    if any(head) and len(rows[0]) == len(head):
        top = "".join(f'<th scope="col">{escape(name)}</th>' if name else "<td></td>" for name in head)
        top = f"<thead><tr>{top}</tr></thead>"
    room = 1.3 if top else 0.3
    for row in rows:
        texts = [re.sub(r"<[^>]+>", "", cell) for cell in row]
        widths = [22, 60] if len(row) == 2 else [84 // len(row)] * len(row)
        room += max(_lines(text, width) for text, width in zip(texts, widths, strict=True)) * 0.85 + 0.15
    if room > ROOM:
        return None
    numbers = [all(_NUMBER.fullmatch(cell) for cell in column) for column in zip(*rows, strict=True)]
    body = ""
    for row in rows:
        cells = zip(row[1:], numbers[1:], strict=True)
        told = "".join(f"<td{' class=number' if number else ''}>{cell}</td>" for cell, number in cells)
        body += f'<tr><th scope="row">{row[0]}</th>{told}</tr>'
    return Block(f"<table>{top}<tbody>{body}</tbody></table>", room)


def _chunked(texts: list[str]) -> list[list[str]]:
    """The items of a list, by slides: on as few as they need, and no slide is left with one line while another is full."""
    most = ROOM - 1
    chunks = _filled(texts, most)
    while len(chunks) > 1 and len(fewer := _filled(texts, most - 1)) == len(chunks):
        chunks, most = fewer, most - 1
    return chunks


def _filled(texts: list[str], most: float) -> list[list[str]]:
    chunks: list[list[str]] = []
    room = most
    for text in texts:
        need = _lines(text, _WIDTH - 4) + 0.2
        if not chunks or room + need > most:
            chunks.append([])
            room = 0.0
        chunks[-1].append(text)
        room += need
    return chunks


def _stands_out(source: str) -> bool:
    text = source.strip()
    return (
        (text.startswith("**") and text.endswith("**"))
        or (text.startswith("*") and text.endswith("*") and not text.startswith("* "))
        or text.startswith("$$")
    )


def _sentences(source: str) -> list[str]:
    """Lessons have one sentence per line."""
    return [line.strip() for line in source.strip().splitlines() if line.strip()] or [""]


def _said(source: str) -> str:
    """The first sentence, and every question: a list of questions without them says nothing."""
    sentences = _sentences(source)
    return "\n".join(text for number, text in enumerate(sentences) if number == 0 or _asks(text))


def _items(source: str) -> list[tuple[str, str]]:
    made: list[tuple[str, str]] = []
    for line in source.splitlines():
        found = re.match(r"^([-*+]|\d+[.)])\s+(.*)$", line)
        if found:
            made.append((found[1], found[2]))
        elif made and line.strip():
            made[-1] = (made[-1][0], f"{made[-1][1]}\n{line.strip()}")
    return made


def _quiz(cell: NotebookNode, say: Callable[[str], str]) -> list[Slide]:
    quiz = parse_quiz(cell.source)
    places = order(
        [option.text for option in quiz.options], cell.metadata.get(BLOCK, {}).get("question") or cell.id
    )
    options = "".join(f"<li>{_inline(quiz.options[place].text)}</li>" for place in places)
    room = _lines(quiz.question, _WIDTH) + sum(_lines(o.text, _WIDTH - 4) + 0.3 for o in quiz.options)
    note = f"<p>{say('Let everybody choose, by a show of hands, before anybody explains.')}</p>"
    html = f'{prose.html(quiz.question)}<ol class="options">{options}</ol>'
    return [Slide(say("Quiz"), [Block(html, room)], [note], "Quiz", kind="quiz")]


def _code(cell: NotebookNode, section: str, title: str) -> list[Slide]:
    tags = set(cell.metadata.get("tags", []))
    slides: list[Slide] = []
    texts: list[Block] = []
    for output in cell.get("outputs", []):
        data = output.get("data", {})
        picture = next((k for k in ("image/png", "image/svg+xml", "image/jpeg") if k in data), None)
        if picture:
            slides.append(_picture(_alt(cell), picture, data[picture], section, title))
        elif "text/html" in data and "<table" in _joined(data["text/html"]):
            texts += _tables(_joined(data["text/html"]))
        elif "srcdoc=" in _joined(data.get("text/html", "")):
            made_page = _of_page(_joined(data["text/html"]), section, title)
            if isinstance(made_page, Slide):
                slides.append(made_page)
            else:
                texts += made_page
        elif "text/markdown" in data:
            texts.append(
                Block(
                    prose.html(_joined(data["text/markdown"])), _lines(_joined(data["text/markdown"]), _WIDTH)
                )
            )
        elif output.get("output_type") == "error":
            texts += _lines_of_output(f"{output.get('ename')}: {output.get('evalue')}")
        else:
            text = _joined(output.get("text", "") or data.get("text/plain", ""))
            if text.strip() and not re.fullmatch(r"<[\w.]+ .*>", text.strip()):
                texts += _lines_of_output(text)
    code = cell.source.strip()
    show_code = not tags & {"hide-input", "remove-input"} and not (slides and not texts)
    blocks = (
        [Block(f"<pre><code>{escape(code)}</code></pre>", _code_room(code), "code")] if show_code else []
    ) + texts
    made: list[Slide] = []
    for block in blocks:
        if not made or made[-1].room + block.room > ROOM:
            made.append(Slide(title, section=section))
        made[-1].blocks.append(block)
    if slides and not show_code:
        slides[0].notes.append(f"<p>The code of this picture:</p><pre><code>{escape(code)}</code></pre>")
    return [*made, *slides]


def _of_page(frame: str, section: str, title: str) -> Slide | list[Block]:
    """Of a page that a cell makes and shows in a frame: its first picture, or else its name and its first table."""
    from bs4 import BeautifulSoup

    (found,) = BeautifulSoup(frame, "html.parser").select("iframe[srcdoc]")[:1] or [
        BeautifulSoup().new_tag("p")
    ]
    page = BeautifulSoup(str(found.get("srcdoc", "")), "html.parser")
    if drawn := page.find("svg"):
        drawn["xmlns"] = "http://www.w3.org/2000/svg"
        return _picture(
            str(drawn.get("aria-label", found.get("title", ""))), "image/svg+xml", str(drawn), section, title
        )
    if (image := page.find("img")) and str(image["src"]).startswith("data:"):
        kind, _, content = str(image["src"]).removeprefix("data:").partition(";base64,")
        return _picture(str(image.get("alt", "")), kind, content, section, title)
    name = f"<p><strong>{escape(str(found.get('title', '')))}</strong></p>"
    if tables := _tables(str(page)):
        return [Block(name + tables[0].html, min(ROOM, tables[0].room + 1.4))]
    note = page.find("p", class_="note")
    told = note.get_text(" ", strip=True) if note else ""
    return [Block(name + (f"<p>{escape(told)}</p>" if told else ""), 1.45 + _lines(told, _WIDTH))]


def _alt(cell: NotebookNode) -> str:
    return cell.metadata.get("mystnb", {}).get("image", {}).get("alt", "")


def _picture(alt: str, kind: str, data: str | list[str], section: str, title: str) -> Slide:
    content = _joined(data)
    if kind == "image/svg+xml":
        import base64

        content = base64.b64encode(content.encode()).decode()
    source = f"data:{kind};base64,{''.join(content.split())}"
    picture = Block(f'<img class="picture" alt="{escape(alt)}" src="{source}">', ROOM, "picture")
    notes = [f"<p>The picture in words: {escape(alt)}</p>"] if alt else []
    return Slide(title, [picture], notes, section, [], "picture")


def _tables(html: str) -> list[Block]:
    """Tables of HTML, cleaned; a long one in pieces that each have the head."""
    from bs4 import BeautifulSoup

    made = []
    for table in BeautifulSoup(html, "html.parser").find_all("table"):
        rows = table.find_all("tr")
        head = [row for row in rows if row.find_parent("thead")]
        body = [row for row in rows if not row.find_parent("thead")]
        pieces = max(1, math.ceil(len(body) / _ROWS))
        size = math.ceil(len(body) / pieces) if body else 1
        for start in range(0, max(1, len(body)), size):
            chunk = body[start : start + size]
            top = "".join(_row(row, "col") for row in head)
            room = 0.0
            for row in (*head, *chunk):
                cells = [cell.get_text(" ", strip=True) for cell in row.find_all(["td", "th"])]
                room += (
                    max((_lines(text, max(10, 84 // max(1, len(cells)))) for text in cells), default=1) * 0.85
                    + 0.15
                )
            inner = f"<thead>{top}</thead><tbody>{''.join(_row(row, 'row') for row in chunk)}</tbody>"
            made.append(Block(f"<table>{inner}</table>", min(ROOM, room + 0.3)))
    return made


_NUMBER = re.compile(r"[-+−]?[\d.,]+\s?%?|NaN|NaT")


def _row(row: Tag, scope: str) -> str:
    cells = ""
    for cell in row.find_all(["td", "th"]):
        text = cell.get_text(" ", strip=True)
        inner = (
            "".join(str(child) for child in cell.children)
            if cell.find(["strong", "em", "code"])
            else escape(text)
        )
        number = bool(_NUMBER.fullmatch(text))
        name = cell.name if text or cell.name == "td" else "td"  # an empty header cell says nothing
        attributes = f' scope="{scope}"' if name == "th" else ""
        for key in ("colspan", "rowspan"):
            if str(cell.get(key, "")).isdigit():
                attributes += f' {key}="{cell[key]}"'
        cells += f"<{name}{attributes}{' class=number' if number else ''}>{inner}</{name}>"
    return f"<tr>{cells}</tr>"


def _lines_of_output(text: str) -> list[Block]:
    text = re.sub(r"\x1b\[[0-9;]*m", "", text).rstrip()
    tables = [_columns(part.splitlines()) for part in re.split(r"\n\s*\n", text)]
    if all(tables):
        return [table for table in tables if table]
    lines = text.splitlines()
    pieces = max(1, math.ceil(len(lines) / _OUTPUT_LINES))
    size = math.ceil(len(lines) / pieces)
    return [
        Block(
            f'<pre class="output">{escape(chr(10).join(lines[start : start + size]))}</pre>',
            _code_room("\n".join(lines[start : start + size])),
        )
        for start in range(0, len(lines), size)
    ]


def _columns(lines: list[str]) -> Block | None:
    """Printed lines as a table, if each has as many cells: after a colon, or between two spaces and more.

    Of a column that pandas prints, the name of its index and its own stand above it, and its kind is left away.
    """
    lines = [re.sub(r"^[-*•]\s+", "", line.strip()) for line in lines]
    head = ["", ""]
    if lines and (last := re.fullmatch(r"(?:Name: (.+?), )?(?:Length: \d+, )?dtype: \w+", lines[-1])):
        head[1] = last[1] or ""
        lines.pop()
    if len(lines) > 2 and re.fullmatch(r"\w+", lines[0]):
        head[0] = lines.pop(0)
    for mark, most in ((r"\s{2,}", 0), (r":(?:\s+|$)", 1)):
        cells = [re.split(mark, line, maxsplit=most) for line in lines]
        even = len(cells) > 1 and len({len(row) for row in cells}) == 1 and 1 < len(cells[0]) < 7
        named = all(row[0] and len(row[0]) <= 48 and ": " not in row[-1] for row in cells)
        if even and named and sum(not all(row) for row in cells) <= len(cells) / 4:
            return _rows_table([tuple(escape(cell) for cell in row) for row in cells], head)
    return None


def _joined(value: str | list[str]) -> str:
    return "".join(value) if isinstance(value, list) else str(value)


def _inline(source: str) -> str:
    made = prose.html(source).strip()
    return made[3:-4] if made.startswith("<p>") and made.count("<p>") == 1 else made


def _lines(text: str, width: int) -> int:
    return sum(max(1, math.ceil(len(line) / width)) for line in text.splitlines() or [""]) if text else 1


def _code_room(code: str) -> float:
    return _lines(code, _CODE_WIDTH) * _CODE_LINE + 0.9


def _number(slides: list[Slide], say: Callable[[str], str]) -> None:
    """Titles that follow each other unchanged say that they go on."""
    before = None
    for slide in slides:
        title = slide.title
        if title == before and slide.kind not in ("picture", "quiz"):
            slide.title = f'{title} <span class="on">({say("continued")})</span>'
        before = title


def _even(slides: list[Slide], sections: list[str], teach: int) -> dict[str, float]:
    count = sum(slide.section in sections for slide in slides) or 1
    return {s: teach * sum(slide.section == s for slide in slides) / count for s in sections}


_LABELS = ("The code:", "The code of this picture:", "The picture in words:")


def _label(slides: list[Slide], say: Callable[[str], str]) -> None:
    """What stands before code and descriptions in the notes, in the language of the deck."""
    for slide in slides:
        for number, note in enumerate(slide.notes):
            for label in _LABELS:
                if note.startswith(f"<p>{label}"):
                    slide.notes[number] = note.replace(label, say(label), 1)


def _clock(
    slides: list[Slide],
    plan: dict[str, float],
    told: str,
    teach: int,
    say: Callable[[str], str],
    said: Mapping[str, str],
) -> None:
    """Each section's first slide says how long it takes and when it should be over; the last one has the instructor's notes."""
    passed, seen = 0.0, set()
    slides[0].notes.insert(0, f"<p><strong>{say(f'{teach} minutes in all.')}</strong></p>")
    for slide in slides:
        if slide.section in seen or not slide.section:
            continue
        seen.add(slide.section)
        share = plan.get(slide.section, 0.0)
        passed += share
        name = escape(re.sub(r"[*`]", "", said.get(slide.section, slide.section)))
        says = (
            f"{name}: {share:.0f} min; over at minute {passed:.0f} of {teach}."
            if share >= 0.5
            else f"{name}: no minutes of its own."
        )
        slide.notes.insert(0, f"<p><strong>{say(says)}</strong></p>")
    if told:
        slides[0].notes.append(prose.html(re.sub(r"^## .*\n", "", told, flags=re.M)))
