"""Certificates from a list of names. A certificate says what the instructor states, and nothing about anybody's ability."""

from __future__ import annotations

import base64
import re
import shutil
import subprocess
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from cleanworks import paper, words
from cleanworks.errors import InputError
from cleanworks.html_templates import filled
from cleanworks.workshop.forms import typed_answers

STATEMENTS = {
    "attended": "attended this workshop",
    "completed": "attended this workshop and completed its exercises",
}
MOST = 2000
_LONGEST = 200
_FORMULA = ("=", "+", "@", "-", "|", "%", "#")
_NO_NAME = re.compile(
    r"n/a|n\.a\.|tb[acd]|(grand |sub-?)?total\b[\s:=]*\d*|합계|계|المجموع|tổng( cộng)?|รวม|всього|разом", re.I
)
"""What stands in a list in the place of a name, or under it."""


@dataclass(frozen=True)
class Person:
    """One line of the list: a name in any script, perhaps an organisation, and what is stated."""

    name: str
    organisation: str = ""
    statement: str = "attended"


def read_names(path: Path | str) -> tuple[list[Person], list[str]]:
    """The people of a CSV or XLSX file, and what the instructor should know of the list (duplicates).

    The file has a column `name`, and perhaps `given name`, `organisation` and `statement` (attended or completed), between
    commas, semicolons, tabs or bars. A title may stand above the heading; a list of one column needs no heading.

    Raises
    ------
    InputError
        The file is missing or no such table, its heading is not understood (the message has the columns that were found), it has
        no names, or some rows are no names; the message lists these rows.
    """
    path = Path(path)
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise InputError("There is no such list of names.", where=str(path), fix="Check the name.") from None
    except OSError as error:
        raise InputError(
            f"The list of names cannot be read: {error.strerror}.",
            where=str(path),
            fix="Close it in other programs, or choose a file that you may read.",
        ) from None
    try:
        rows = typed_answers.rows(path.name, content)
    except ValueError as error:
        # What is wrong with the table itself is no matter of the kind of file.
        kind = "In the spreadsheet, save it as CSV UTF-8 or as XLSX, so that every script survives."
        fix = "Save it and run the command again." if str(error).startswith("has ") else kind
        raise InputError(f"The list of names {error}.", where=str(path), fix=fix) from None
    top = _top(rows)
    below = [row[0] for row in rows[top + 1 :] if row]
    columns, start, told = _heading(rows[top] if rows else [], below, path, top + 1)
    people, wrong = [], []
    for number, row in enumerate(rows[start:], start + 1):
        cells = dict(zip(columns, (_tidy(cell) for cell in row), strict=False))
        if not any(_tidy(cell) for cell in row):
            continue
        if any(_tidy(cell) for cell in row[len(columns) :]):
            wrong.append(
                f"row {number}: it has more cells than the list has columns; put quotation marks around text with a comma"
            )
            continue
        person = Person(
            " ".join(filter(None, (cells.get(_GIVEN, ""), cells.get("name", "")))),
            cells.get("organisation", ""),
            cells.get("statement", "").lower() or "attended",
        )
        if problem := _problem(person):
            wrong.append(f"row {number}: {problem}")
        else:
            people.append(person)
    if wrong:
        listed = "\n".join(f"  - {line}." for line in wrong[:10])
        more = f"\n  - {len(wrong) - 10} more." if len(wrong) > 10 else ""
        raise InputError(
            f"Some rows are not names:\n{listed}{more}", where=str(path), fix="Correct or delete them."
        )
    if not people:
        raise InputError(
            "The list holds no names.",
            where=str(path),
            fix="Its first line is `name`, then one name per line.",
        )
    if len(people) > MOST:
        raise InputError(
            f"The list holds {len(people)} names; at most {MOST} are made at once.",
            where=str(path),
            fix="Divide the list into several files.",
        )
    once, twice = _once(people)
    return once, [*told, *twice]


_COLUMNS = ("name", "organisation", "statement")
_GIVEN, _FAMILY = "given name", "family name"
_MEANT = {
    "names": "name", "name and surname": "name",
    "last name": _FAMILY, "surname": _FAMILY, "family name": _FAMILY, "nom de famille": _FAMILY,
    "first name": _GIVEN, "first names": _GIVEN, "given names": _GIVEN, "forename": _GIVEN,
    "organization": "organisation", "institution": "organisation", "office": "organisation", "agency": "organisation",
    "nom": "name", "noms": "name", "nom complet": "name", "nom et prénom": "name",
    "nom et prénoms": "name", "noms et prénoms": "name", "prénom et nom": "name", "nom et prénom(s)": "name",
    "prénom": _GIVEN, "prénoms": _GIVEN, "prénom(s)": _GIVEN, "organisme": "organisation", "structure": "organisation",
    "이름": "name", "성명": "name", "소속": "organisation", "기관": "organisation",
    "الاسم": "name", "الاسم الكامل": "name", "الجهة": "organisation", "المؤسسة": "organisation",
    "họ và tên": "name", "họ tên": "name", "đơn vị": "organisation", "cơ quan": "organisation",
    "ชื่อ-นามสกุล": "name", "ชื่อ": "name", "หน่วยงาน": "organisation",
    "піб": "name", "прізвище та ім'я": "name", "організація": "organisation", "установа": "organisation",
}  # fmt: skip
"""Headings in the languages of workshops and of the countries that have an edition, and what each stands for."""


def _meant(row: list[str]) -> list[str]:
    columns = []
    for cell in row:
        told = unicodedata.normalize("NFC", " ".join(cell.split())).lower().replace("’", "'").strip(":* ")
        columns.append(_MEANT.get(told, told))
    # Half of a name is none: a family name counts beside a given one only.
    return ["name" if column == _FAMILY and _GIVEN in columns else column for column in columns]


def _top(rows: list[list[str]]) -> int:
    """The first row that counts: the heading, which may stand under the title of the list, else the first that is not empty."""
    filled = [number for number, row in enumerate(rows) if any(cell.strip() for cell in row)]
    heads = [number for number in filled[:5] if "name" in _meant(rows[number])]
    # A title has one cell and what stands under it has several.
    wide = [number for number in filled[:5] if sum(map(bool, map(str.strip, rows[number]))) > 1]
    return next(iter([*heads, *wide, *filled]), 0)


def _heading(row: list[str], others: list[str], path: Path, line: int) -> tuple[list[str], int, list[str]]:
    """The columns, the first row of names, and what is left out. A single column may begin with a name at once.

    ``others`` are the first cells of the rows below.
    """
    found = [cell.strip() for cell in row]
    columns = _meant(row)
    if "name" in columns:
        twice = next((name for name in (*_COLUMNS, _GIVEN) if columns.count(name) > 1), None)
        if twice:
            raise InputError(
                f"Two columns are called `{twice}`.", where=f"{path}, line {line}", fix="Keep one of them."
            )
        strange = [
            cell
            for cell, column in zip(found, columns, strict=True)
            if column not in (*_COLUMNS, _GIVEN) and cell
        ]
        told = [f"Columns that no certificate shows: {', '.join(strange)}."] if strange else []
        return columns, line, told
    heads = re.compile(r"\b(names?|noms?|prénoms?|participants?|full|first|last|organi[sz]ation)\b", re.I)
    below = [cell.split() for cell in others if cell.strip()]
    # One word over names of two and more is no name.
    short = bool(below) and len(found[0].split()) == 1 and all(len(name) > 1 for name in below)
    if len(found) > 1 or (found and (heads.search(found[0]) or short or {_GIVEN, _FAMILY} & {*columns})):
        listed = ", ".join(cell or "(empty)" for cell in found)
        raise InputError(
            f"The heading of the list is not understood; it has the columns: {listed}.",
            where=f"{path}, line {line}",
            fix="Call the column with the names `name`; others may be `organisation` and `statement`.",
        )
    if not found or not found[0]:
        return ["name"], line - 1, []
    return ["name"], line - 1, [f"The list has no heading; its first line, {found[0]}, counts as a name."]


def _tidy(text: str) -> str:
    # A line break inside a cell parts words, too.
    text = " ".join(text.split())
    kept = "".join(c for c in text if unicodedata.category(c) not in ("Cc", "Cs", "Co", "Cn"))
    # Marks that turn the direction of text around could make a certificate read as something else.
    kept = "".join(c for c in kept if c not in "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
    return unicodedata.normalize("NFC", " ".join(kept.split()))


def _problem(person: Person) -> str | None:
    if not person.name:
        return "it has no name"
    if person.name.startswith(_FORMULA):
        return f"{person.name[:40]!r} looks like a formula of a spreadsheet"
    if _NO_NAME.fullmatch(person.name):
        return f"{person.name[:40]!r} is no name"
    if person.name.casefold() == person.organisation.casefold():
        return f"{person.name[:40]!r} is both the name and the organisation; a title between rows is no name"
    if len(person.name) > _LONGEST or len(person.organisation) > _LONGEST:
        return f"it is longer than {_LONGEST} letters"
    if not any(unicodedata.category(c).startswith("L") for c in person.name):
        return f"{person.name[:40]!r} has no letter"
    if person.statement not in STATEMENTS:
        return f"{person.statement[:40]!r} is not a statement; write attended or completed"
    return None


def _once(people: list[Person]) -> tuple[list[Person], list[str]]:
    seen: dict[tuple[str, str], Person] = {}
    told = []
    for person in people:
        same = (person.name.casefold(), person.organisation.casefold())
        if same in seen:
            told.append(
                f"{person.name} stands in the list twice; one certificate is made. If they are two people, add their organisations."
            )
        else:
            seen[same] = person
    return list(seen.values()), told


_SCRIPTS = {
    "HANGUL": ("Korean", "ko", "fonts-noto-cjk"),
    "CJK": ("Chinese", "zh", "fonts-noto-cjk"),
    "HIRAGANA": ("Japanese", "ja", "fonts-noto-cjk"),
    "KATAKANA": ("Japanese", "ja", "fonts-noto-cjk"),
    "THAI": ("Thai", "th", "fonts-thai-tlwg"),
    "ARABIC": ("Arabic", "ar", "fonts-noto-core"),
    "HEBREW": ("Hebrew", "he", "fonts-noto-core"),
    "CYRILLIC": ("Cyrillic", "uk", "fonts-noto-core"),
    "GEORGIAN": ("Georgian", "ka", "fonts-noto-core"),
    "ARMENIAN": ("Armenian", "hy", "fonts-noto-core"),
    "ETHIOPIC": ("Ethiopic", "am", "fonts-noto-core"),
    "DEVANAGARI": ("Devanagari", "hi", "fonts-noto-core"),
    "BENGALI": ("Bengali", "bn", "fonts-noto-core"),
    "TAMIL": ("Tamil", "ta", "fonts-noto-core"),
    "SINHALA": ("Sinhala", "si", "fonts-noto-core"),
    "KHMER": ("Khmer", "km", "fonts-noto-core"),
    "LAO": ("Lao", "lo", "fonts-noto-core"),
    "MYANMAR": ("Burmese", "my", "fonts-noto-core"),
}
"""First word of a letter's Unicode name: what people call the script, a language written in it, a package of Debian and Ubuntu."""


def without_font(people: Sequence[Person], has_font: Callable[[str], bool] | None = None) -> list[str]:
    """One sentence for each script of the names for which this machine has no font: they would print as empty boxes.

    ``has_font`` says of a language ("th") whether a font for it is installed; fontconfig is asked if not given. Where there is
    no fontconfig (Windows, macOS bring fonts for these scripts), nothing is said.
    """
    has_font = has_font or _has_font
    waiting: dict[str, tuple[str, str, list[str]]] = {}
    for person in people:
        names = (
            unicodedata.name(c, "").split("-")[0].split(" ")[0] for c in f"{person.name}{person.organisation}"
        )
        for script, language, package in {_SCRIPTS[name] for name in names if name in _SCRIPTS}:
            waiting.setdefault(script, (language, package, []))[2].append(person.name)
    return [
        f"This machine has no font for {script} letters, so {len(names)} certificate{'s' if len(names) > 1 else ''} "
        f"({names[0]}{' ...' if len(names) > 1 else ''}) would show empty boxes. "
        f"Install one (on Debian and Ubuntu: the package {package}) and make the certificates again."
        for script, (language, package, names) in sorted(waiting.items())
        if not has_font(language)
    ]


def _has_font(language: str) -> bool:
    program = shutil.which("fc-list")
    if program is None:
        return True
    try:
        done = subprocess.run(
            [program, f":lang={language}", "family"], capture_output=True, text=True, timeout=30
        )
    except (OSError, subprocess.TimeoutExpired):
        return True
    return done.returncode != 0 or bool(done.stdout.strip())


_STYLE = """
@page { margin: 0; }
body { padding: 0; }
.certificate { position: relative; width: 265mm; min-height: 180mm; margin: 6mm auto; padding: 16mm 22mm; border: 1.2mm solid #0f5a70;
  outline: .4mm solid #d55e00; outline-offset: -3.5mm; break-inside: avoid; break-after: page; text-align: center; }
.certificate:last-child { break-after: auto; }
.certificate .logo { display: block; max-height: 22mm; max-width: 70mm; margin: 0 auto 4mm; }
.certificate h1 { font-size: 26pt; margin: 0 0 8mm; letter-spacing: .04em; }
.certificate h2 { font-size: 24pt; margin: 5mm 0 2mm; color: #1f2937; overflow-wrap: anywhere; }
.certificate h2.long { font-size: 16pt; } .certificate h2.longest { font-size: 11pt; }
.certificate p { font-size: 12.5pt; margin: 2mm 0; }
.certificate .what { font-size: 17pt; font-weight: 600; margin: 5mm 0 3mm; }
.certificate .modules { font-size: 9.5pt; max-width: 205mm; margin: 4mm auto; }
.certificate .honest { font-size: 8.5pt; color: #4b5563; max-width: 205mm; margin: 5mm auto 0; }
.signs { display: flex; justify-content: space-around; gap: 8mm; margin-top: 16mm; }
.signs div { border-top: 1px solid #374151; flex: 0 1 70mm; min-width: 0; padding-top: 2mm; font-size: 10pt; overflow-wrap: anywhere; }
@media print { .certificate { width: 281mm; height: 194mm; min-height: 0; margin: 8mm; overflow: hidden; } }
@media screen and (max-width: 1000px) { .certificate { width: auto; min-height: 0; padding: 8mm 4mm; } .signs { flex-direction: column; gap: 6mm; } .signs div { flex: none; } }
"""


def page(
    people: Sequence[Person],
    *,
    title: str,
    place: str,
    dates: str,
    modules: Sequence[str],
    hours: float,
    organiser: str = "",
    language: str = "en",
    logo: Path | None = None,
    signed_by: Sequence[str] = (),
) -> paper.Page:
    """All certificates in one document, one page each, in a language. Names and titles are plain text.

    ``logo`` is a picture that stands at the top; ``signed_by`` names whoever signs, each with a line.
    """
    from babel.numbers import format_decimal

    say = partial(words.say, code=language)
    body = filled(
        __package__,
        "certificate.html",
        people=people,
        statements=STATEMENTS,
        title=title,
        where=", ".join(part for part in (place, dates) if part),
        modules=modules,
        hours=format_decimal(hours, format="0.#", locale=language),
        organiser=organiser,
        logo=embedded(logo) if logo else "",
        signed_by=signed_by,
        say=say,
    )
    return paper.Page(f"{say('Certificate')}: {title}", body, language=language, style=_STYLE, landscape=True)


_PICTURES = {".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".svg": "image/svg+xml"}
_LARGEST_LOGO = 2_000_000


def embedded(logo: Path) -> str:
    """A picture as an address that needs no file."""
    kind = _PICTURES.get(logo.suffix.lower())
    if kind is None:
        raise InputError(
            "The logo is not a picture that can be used.",
            where=str(logo),
            fix="Give a .png, .jpg or .svg file.",
        )
    try:
        content = logo.read_bytes()
    except OSError:
        raise InputError(
            "There is no such logo.", where=str(logo), fix="Its path is counted from the workshop file."
        ) from None
    if len(content) > _LARGEST_LOGO:
        raise InputError(
            f"The logo is {len(content) / 1e6:.1f} MB large.",
            where=str(logo),
            fix="Make it smaller than 2 MB.",
        )
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"
