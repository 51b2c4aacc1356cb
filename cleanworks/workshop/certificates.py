"""Certificates from a list of names. A certificate says what the instructor states, and nothing about anybody's ability."""

from __future__ import annotations

import csv
import io
import shutil
import subprocess
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from cleanworks import paper
from cleanworks.errors import InputError

STATEMENTS = {
    "attended": "attended this workshop",
    "completed": "attended this workshop and completed its exercises",
}
MOST = 2000
_LONGEST = 200
_FORMULA = ("=", "+", "@", "-", "|", "%")


@dataclass(frozen=True)
class Person:
    """One line of the list: a name in any script, perhaps an organisation, and what is stated."""

    name: str
    organisation: str = ""
    statement: str = "attended"


def read_names(path: Path | str) -> tuple[list[Person], list[str]]:
    """The people of a CSV file, and what the instructor should know of the list (duplicates).

    The file has a column `name`, and perhaps `organisation` and `statement` (attended or completed). Without a heading,
    its first column is the names.

    Raises
    ------
    InputError
        The file is missing or not UTF-8, has no names, or some rows are no names; the message lists these rows.
    """
    path = Path(path)
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise InputError("There is no such list of names.", where=str(path)) from None
    except UnicodeDecodeError:
        raise InputError(
            "The list of names is not UTF-8 text.",
            where=str(path),
            fix="In the spreadsheet, save it as CSV UTF-8, so that every script survives.",
        ) from None
    except OSError as error:
        raise InputError(f"The list of names cannot be read: {error.strerror}.", where=str(path)) from None
    first = text.splitlines()[0] if text.strip() else ""
    semicolon = first.count(";") > first.count(",")
    try:
        rows = list(csv.reader(io.StringIO(text), delimiter=";" if semicolon else ",", strict=True))
    except csv.Error as error:
        raise InputError(
            f"The list of names is no CSV file: {error}.", where=str(path), fix="Look for a quotation mark without its pair."
        ) from None
    head = [cell.strip().lower() for cell in rows[0]] if rows else []
    columns, start = (head, 1) if "name" in head else (["name"], 0)
    people, wrong = [], []
    for number, row in enumerate(rows[start:], start + 1):
        cells = dict(zip(columns, (_tidy(cell) for cell in row), strict=False))
        if not any(_tidy(cell) for cell in row):
            continue
        person = Person(cells.get("name", ""), cells.get("organisation", ""), cells.get("statement", "").lower() or "attended")
        if problem := _problem(person):
            wrong.append(f"row {number}: {problem}")
        else:
            people.append(person)
    if wrong:
        listed = "\n".join(f"  - {line}" for line in wrong[:10])
        more = f"\n  and {len(wrong) - 10} more" if len(wrong) > 10 else ""
        raise InputError(f"Some rows are no names:\n{listed}{more}\n", where=str(path), fix="Correct or delete them.")
    if not people:
        raise InputError(
            "The list holds no names.", where=str(path), fix="Its first line is `name`, then one name per line."
        )
    if len(people) > MOST:
        raise InputError(f"The list holds {len(people)} names; at most {MOST} are made at once.", where=str(path))
    return _once(people)


def _tidy(text: str) -> str:
    kept = "".join(c for c in text if unicodedata.category(c) not in ("Cc", "Cs", "Co", "Cn"))
    # Marks that turn the direction of text around could make a certificate read as something else.
    kept = "".join(c for c in kept if c not in "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
    return unicodedata.normalize("NFC", " ".join(kept.split()))


def _problem(person: Person) -> str | None:
    if not person.name:
        return "it has no name"
    if person.name.startswith(_FORMULA):
        return f"{person.name[:40]!r} looks like a formula of a spreadsheet"
    if len(person.name) > _LONGEST or len(person.organisation) > _LONGEST:
        return f"it is longer than {_LONGEST} letters"
    if not any(unicodedata.category(c).startswith("L") for c in person.name):
        return f"{person.name[:40]!r} has no letter"
    if person.statement not in STATEMENTS:
        return f"{person.statement[:40]!r} is no statement; write attended or completed"
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
        names = (unicodedata.name(c, "").split("-")[0].split(" ")[0] for c in f"{person.name}{person.organisation}")
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
        done = subprocess.run([program, f":lang={language}", "family"], capture_output=True, text=True, timeout=30)
    except (OSError, subprocess.TimeoutExpired):
        return True
    return done.returncode != 0 or bool(done.stdout.strip())


_STYLE = """
@page { margin: 0; }
body { padding: 0; }
.certificate { position: relative; width: 265mm; min-height: 180mm; margin: 6mm auto; padding: 16mm 22mm; border: 1.2mm solid #0f5a70;
  outline: .4mm solid #d55e00; outline-offset: -3.5mm; break-inside: avoid; break-after: page; text-align: center; }
.certificate:last-child { break-after: auto; }
.certificate h1 { font-size: 26pt; margin: 0 0 8mm; letter-spacing: .04em; }
.certificate h2 { font-size: 24pt; margin: 5mm 0 2mm; color: #1f2937; overflow-wrap: anywhere; }
.certificate h2.long { font-size: 16pt; } .certificate h2.longest { font-size: 11pt; }
.certificate p { font-size: 12.5pt; margin: 2mm 0; }
.certificate .what { font-size: 17pt; font-weight: 600; margin: 5mm 0 3mm; }
.certificate .modules { font-size: 9.5pt; max-width: 205mm; margin: 4mm auto; }
.certificate .honest { font-size: 8.5pt; color: #4b5563; max-width: 205mm; margin: 5mm auto 0; }
.signs { display: flex; justify-content: space-around; gap: 15mm; margin-top: 16mm; }
.signs div { border-top: 1px solid #374151; min-width: 70mm; padding-top: 2mm; font-size: 10pt; }
@media print { .certificate { width: 281mm; height: 194mm; min-height: 0; margin: 8mm; overflow: hidden; } }
@media (max-width: 1000px) { .certificate { width: auto; min-height: 0; padding: 8mm 4mm; } .signs { flex-direction: column; gap: 6mm; } }
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
) -> paper.Page:
    """All certificates in one document, one page each. Names and titles are plain text."""
    sheets = "\n".join(
        _certificate(person, title, place, dates, modules, hours, organiser) for person in people
    )
    return paper.Page(f"Certificates: {title}", sheets, language=language, style=_STYLE, landscape=True)


def _certificate(person, title, place, dates, modules, hours, organiser) -> str:
    size = " class=longest" if len(person.name) > 90 else " class=long" if len(person.name) > 38 else ""
    e = paper.escape
    organisation = f"<p>{e(person.organisation)}</p>" if person.organisation else ""
    where = ", ".join(part for part in (place, dates) if part)
    by = f"<p>Organised by {e(organiser)}</p>" if organiser else ""
    return f"""<section class="certificate">
<h1>Certificate</h1>
<p>The instructors state that</p>
<h2{size} dir="auto">{e(person.name)}</h2>
{organisation}
<p>{STATEMENTS[person.statement]}:</p>
<p class="what">{e(title)}</p>
<p>{e(where)}</p>{by}
<p class="modules">{f"{hours:g}"} hours of teaching and practice: {e("; ".join(modules))}.</p>
<div class="signs"><div>Date</div><div>Signature of the instructor</div></div>
<p class="honest">This certificate rests on the instructors' own record of who took part. No examination was held, and it says
nothing about what a person can do. The tests before and after the workshop were anonymous and play no part in it.</p>
</section>"""
