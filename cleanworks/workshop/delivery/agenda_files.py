"""The agenda as people use it: a page, a PDF, a calendar and a table."""

from __future__ import annotations

import datetime
import re
import zoneinfo
from collections.abc import Iterable
from functools import partial
from pathlib import Path

from cleanworks import words
from cleanworks.agenda import KINDS, Cut, Slot, hhmm
from cleanworks.html_templates import filled
from cleanworks.paper import Page, browser
from cleanworks.workshop.delivery.programme import Programme
from cleanworks.written import csv_text

_STYLE = """
td.clock { white-space: nowrap; font-variant-numeric: tabular-nums; width: 8.5em; }
td.kind { width: 8em; color: #4b5563; } td.number { width: 5em; }
tr.break td, tr.free td, tr.buffer td { background: #f3f4f6; }
.cut { display: block; font-size: .88em; color: #7c2d12; }
.cut::before { content: "\\2702\\00a0"; }
section { break-inside: avoid-page; }
@media screen and (max-width: 40em) {
  td.clock, td.kind, td.number { width: auto; font-size: .85em; }
  td.clock { white-space: normal; }
  th, td { padding-inline: .3em; }
}
"""


def page(programme: Programme, *, running: bool = False) -> Page:
    """The agenda to print. The running order is the instructor's: it has cut marks and what they save."""
    workshop = programme.workshop
    say = partial(words.say, code=workshop.language)
    title = f"{say('Running order')}: {workshop.title}" if running else workshop.title
    facts = [workshop.place, dates(programme), f"{say('Audience')}: {workshop.audience}", workshop.organiser]
    named = [programme.titles.get(lesson.id, lesson.title) for lesson in programme.in_english]
    body = filled(
        __package__,
        "agenda.html",
        title=title,
        workshop=workshop,
        facts=facts,
        team=", ".join(f"{member.name} ({member.role})" for member in workshop.team),
        in_english=", ".join(named),
        running=running,
        days=[_day(programme, number, running) for number in range(len(workshop.days))],
        kinds=KINDS,
        hhmm=hhmm,
        say=say,
    )
    return Page(title, body, workshop.language, style=_STYLE)


def dates(programme: Programme) -> str:
    """The days of a workshop as they are written in its language."""
    days = [day.date for day in programme.workshop.days]
    return period(days[0], days[-1], programme.workshop.language)


def period(first: datetime.date, last: datetime.date, language: str) -> str:
    """From a day to another, without saying the month and the year twice.

    >>> import datetime
    >>> period(datetime.date(2026, 12, 17), datetime.date(2026, 12, 18), "en")
    '17–18 December 2026'
    >>> period(datetime.date(2027, 3, 1), datetime.date(2027, 3, 3), "fr")
    '1er–3 mars 2027'
    """
    begin, end = written(first, language), written(last, language)
    if first == last:
        return begin
    # What both days share is said once where it comes last; elsewhere, as in Korean, both are written out.
    parts, others = begin.split(" "), end.split(" ")
    if others[0].rstrip("er") == str(last.day):
        while len(parts) > 1 and parts[-1] == others[len(parts) - 1]:
            parts.pop()
    return f"{parts[0]}–{end}" if len(parts) == 1 else f"{' '.join(parts)} – {end}"


def written(day: datetime.date, language: str, *, weekday: bool = False) -> str:
    """A date as it is written in a language, with the name of the day if wished.

    >>> import datetime
    >>> written(datetime.date(2026, 12, 14), "fr", weekday=True)
    'lundi 14 décembre 2026'
    >>> written(datetime.date(2027, 3, 1), "fr")
    '1er mars 2027'
    """
    if language == "en":
        return f"{day:%A}, {day.day} {day:%B %Y}" if weekday else f"{day.day} {day:%B %Y}"
    from babel import UnknownLocaleError
    from babel.dates import format_date

    try:
        text = format_date(day, "full" if weekday else "long", locale=language)
    except (UnknownLocaleError, ValueError):
        return day.isoformat()
    return _first_of_month(text, language)


def _first_of_month(text: str, language: str) -> str:
    """Babel writes "1 mars"; the French number the other days and count the first."""
    return re.sub(r"\b1(?= )", "1er", text) if language == "fr" else text


def _day(programme: Programme, number: int, running: bool) -> tuple[str, list[tuple[Slot, str, list[Cut]]]]:
    """The heading of a day, and its slots with what they say and, for the instructor, what can be cut from each."""
    made, language = programme.agenda, programme.workshop.language
    rows = []
    for slot in made.of_day(number):
        cuts = [
            cut
            for cut in made.cuts
            if cut.day == number and cut.item == slot.item and slot.start <= cut.start < slot.end
        ]
        rows.append((slot, _said(slot, programme), cuts if running else []))
    date = written(programme.workshop.days[number].date, language, weekday=True)
    return f"{words.say(f'Day {number + 1}', language)}: {date}", rows


def _said(slot: Slot, programme: Programme) -> str:
    title = _title(slot, programme)
    return f"{slot.item}: {title}" if slot.kind in ("teach", "practise") else title


def _title(slot: Slot, programme: Programme) -> str:
    """The title of a slot in the workshop's language, with a word that a break or the night has cut it."""
    language = programme.workshop.language
    title = (
        programme.titles.get(slot.item, slot.title)
        if slot.kind in ("teach", "practise")
        else words.say(slot.title, language)
    )
    title = title if slot.piece == 1 else words.say(f"{title} (continued)", language)
    return words.say(f"{title} (goes on the next day)", language) if slot.overnight else title


# --- table and calendar -------------------------------------------------------------------------------------------


def table(programme: Programme) -> str:
    """The agenda as CSV, with headings in the workshop's language."""
    say = partial(words.say, code=programme.workshop.language)
    headings = ("Date", "Start", "End", "Minutes", "What", "Module", "Title")
    rows: list[list[object]] = [
        [
            programme.workshop.days[slot.day].date.isoformat(),
            hhmm(slot.start),
            hhmm(slot.end),
            slot.minutes,
            say(KINDS[slot.kind]),
            slot.item,
            _title(slot, programme),
        ]
        for slot in programme.agenda.slots
    ]
    return csv_text([map(say, headings), *rows], end="\r\n")


def calendar(programme: Programme) -> str:
    """The agenda as an iCalendar file (RFC 5545): one event for each session, breaks left out.

    Times are in UTC when the file names its time zone, else they are local wherever they are read. The same workshop
    gives the same file, and a changed one keeps the identity of its events.
    """
    workshop = programme.workshop
    zone = zoneinfo.ZoneInfo(workshop.timezone) if workshop.timezone else None
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//CleanWorks//workshop agenda//EN",
        "CALSCALE:GREGORIAN",
    ]
    for slot in programme.agenda.slots:
        if slot.kind in ("break", "free", "buffer"):
            continue
        key = f"{slot.item or slot.title.encode().hex()[:24]}-{slot.kind}-{slot.piece}"
        date = workshop.days[slot.day].date
        lines += [
            "BEGIN:VEVENT",
            f"UID:{workshop.id}-{slot.day + 1}-{key}@cleanworks.example",
            # The moment of writing would make every build another file.
            f"DTSTAMP:{workshop.days[0].date:%Y%m%d}T000000Z",
            f"DTSTART:{_moment(date, slot.start, zone)}",
            f"DTEND:{_moment(date, slot.end, zone)}",
            f"SUMMARY:{_text(_said(slot, programme))}",
            f"LOCATION:{_text(workshop.place)}",
            f"CATEGORIES:{_text(words.say(KINDS[slot.kind], workshop.language))}",
            "END:VEVENT",
        ]
    lines.append("END:VCALENDAR")
    return "".join(f"{folded}\r\n" for line in lines for folded in _folded(line))


def _moment(date: datetime.date, minute: int, zone: zoneinfo.ZoneInfo | None) -> str:
    moment = datetime.datetime.combine(date, datetime.time()) + datetime.timedelta(minutes=minute)
    if zone is None:
        return f"{moment:%Y%m%dT%H%M%S}"
    return f"{moment.replace(tzinfo=zone).astimezone(datetime.UTC):%Y%m%dT%H%M%SZ}"


def _text(text: str) -> str:
    """Text as RFC 5545 3.3.11 wants it."""
    for mark in ("\\", ";", ","):
        text = text.replace(mark, f"\\{mark}")
    return "\\n".join(text.splitlines())


def _folded(line: str) -> Iterable[str]:
    """Lines of at most 75 bytes; a letter of several bytes is never cut."""
    piece, room = "", 75
    for letter in line:
        size = len(letter.encode())
        if size > room:
            yield piece
            piece, room = " ", 74
        piece += letter
        room -= size
    yield piece


def write(programme: Programme, folder: Path, *, running: bool = False) -> list[Path]:
    """Write the agenda's files; the PDF only where a browser is there to make it."""
    folder.mkdir(parents=True, exist_ok=True)
    name = "running-order" if running else "agenda"
    made = page(programme, running=running)
    files = [made.save(folder / f"{name}.html")]
    if browser():
        files.append(made.save(folder / f"{name}.pdf"))
    if not running:
        for suffix, text in ((".ics", calendar(programme)), (".csv", table(programme))):
            path = folder / f"{name}{suffix}"
            path.write_bytes(text.encode("utf-8-sig" if suffix == ".csv" else "utf-8"))
            files.append(path)
    return files
