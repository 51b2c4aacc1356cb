"""Valid files of every kind that people hand in, and the commands that read each."""

from __future__ import annotations

import gzip
import json
import shutil
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.fuzz import damage

COURSE = Path(__file__).parent.parent / "workshop" / "course"
Command = Sequence[str] | Callable[[], None]
"""Arguments of `cleanworks`, or a function that reads in the present folder. Both are called in a folder of their own."""


@dataclass(frozen=True)
class Reader:
    """One file to damage, the room (folder of valid files) it lies in, and what reads it.

    ``fine`` are the exit codes that the commands may have for the valid file.
    """

    name: str
    room: str
    target: str
    ways: tuple[damage.Way, ...]
    commands: tuple[Command, ...]
    fine: tuple[int, ...] = (0,)


MYST = """---
jupytext:
  text_representation:
    extension: .md
    format_name: myst
kernelspec:
  display_name: Python 3
  language: python
  name: python3
---

# Wells

How deep are the wells? {cite}`rain2001`

```{code-cell} ipython3
:tags: [hide-input]
depths = [12, 30, 18]
sum(depths)
```

+++ {"tags": ["remove-cell"]}

The end.
"""

WORKSHOP = """title = "Rain for officials"
place = "Rainland"
audience = "officials"
participants = 12
modules = ["r1", { module = "r2", optional = true }]
buffer = 5

[[days]]
date = 2027-03-01
start = "09:00"
end = "15:45"
opening = [{ title = "Welcome", minutes = 10 }]
closing = [{ title = "Questions", minutes = 15 }]
breaks = [{ title = "Coffee", start = "10:30", minutes = 15 }]
"""

JUNIT = """<?xml version="1.0" encoding="utf-8"?>
<testsuites><testsuite name="notebooks" tests="4" failures="1" errors="0" skipped="1" time="3.5">
<testcase classname="notebooks" name="r1" file="notebooks/weather/r1-rain-gauge.ipynb" time="1.25"/>
<testcase classname="notebooks" name="r1-exercises" time="0.5"><failure message="NameError">x</failure></testcase>
<testcase classname="notebooks" name="r2" time="1.0"><skipped message="later"/></testcase>
<testcase classname="notebooks" name="r2-exercises" time="0.75"/>
</testsuite></testsuites>
"""

PO = """msgid ""
msgstr ""
"Content-Type: text/plain; charset=utf-8\\n"
"Language: fr\\n"

#: index.md:1
msgid "Measuring rain"
msgstr "Mesurer la pluie"

#, fuzzy
msgid "A {term}`gauge` and [a link](book/glossary.md)"
msgstr "Une {term}`jauge <gauge>` et [un lien](book/glossary.md)"
"""

BIB = """@article{rain2001,
  author = {Cloud, Anna and Drop, Ben},
  title = {{Rain} and \\"overflow\\"},
  year = 2001,
  url = {https://example.org/rain},
}
@misc{dry, title = "Dry days", author = "Somebody", year = "2021"}
"""

NAMES = "name,organisation,statement\nAnna Cloud,Weather Office,completed\nÉlise Brume,Météo,attended\nBen Drop,,\n"
TIMES = "date,workshop,lesson,part,minutes\n2026-11-24,rain,r1,teach,55\n2026-11-24,rain,r1,teach,45\n2026-11-25,rain,r1,teach,50\n"
FLATTENED = """ocid,id,date,tender/id,tender/value/amount,awards/0/id,awards/0/value/amount,awards/0/suppliers/0/name
ocds-abc123-1,1,2024-01-01T00:00:00Z,t,1000,a,900.5,River
ocds-abc123-1,1,2024-01-01T00:00:00Z,t,1000,b,80,Hill
"""
TABLE = "Contract no;Contractor;Contract amount (thousand KRW);Signed;Colour\nC-1;River Ltd;1.250,5;25/03/2024;red\nC-2;Hill Ltd;900;02/04/2024;blue\n"


# --- functions that commands are made of ------------------------------------------------------------------------------


def _plan() -> None:
    """What `run` and `book` read before they execute anything."""
    from cleanworks.workshop.book import Edition, run_plan, settings_file
    from cleanworks.workshop.catalogue import Course
    from cleanworks.workshop.course_jobs import require_jobs
    from cleanworks.workshop.run.runner import undeclared_reads

    course = Course.load(Path.cwd())
    made = Edition(course.root)
    settings_file(course, made)
    jobs, options = run_plan(course, made)
    require_jobs(course, jobs)
    undeclared_reads(jobs, options)


def _language() -> None:
    """What an edition reads of a translation, without the builder that `language status` starts."""
    from cleanworks.workshop import languages
    from cleanworks.workshop.catalogue import Course

    course = Course.load(Path.cwd())
    languages.require(course, "fr")
    languages.compiled(course, "fr", Path("_build/book/locale"))
    for path in sorted(languages.folder(course, "fr").glob("*.po")):
        for message in languages.read(path):
            if isinstance(message.id, str) and isinstance(message.string, str):
                languages.faults(message.id, message.string)
                languages.translated_text(message.id, {message.id: message.string})


def _times() -> None:
    from cleanworks.workshop.reports.junit import times_in

    times_in(Path("part.xml"))


def _gather() -> None:
    from cleanworks.workshop import evaluate
    from cleanworks.workshop.forms import Key

    evaluate.gather(Path("class"), Key.load(Path("class/key.json")))


def _report() -> None:
    from cleanworks.workshop import evaluate
    from cleanworks.workshop.forms import Key

    evaluate.report(evaluate.gather(Path("class"), Key.load(Path("class/key.json"))))


def _seoul() -> None:
    import pandas as pd

    from cleanworks.standards import seoul

    try:
        rows = json.loads(Path("feed.json").read_text(encoding="utf-8"))
        table = pd.DataFrame(rows) if isinstance(rows, (list, dict)) else rows
    except (ValueError, TypeError, AttributeError):
        return  # whoever reads the feed has pandas' word for it; we never see it
    seoul.read(table)


def _tables() -> None:
    """As somebody's own tables are read."""
    from cleanworks.city import reading

    for name in ("projects", "contracts"):
        reading.present_csv(Path("tables", f"{name}.csv"), name)
        reading.check_present({name: reading.texts(Path("tables", f"{name}.csv"))})


# --- rooms ------------------------------------------------------------------------------------------------------------


def make_rooms(place: Path) -> None:
    """Write the rooms of valid files."""
    for make in (_course, _class, _data, _registry, _kit):
        make(place)


def _course(place: Path) -> None:
    room = place / "course"
    shutil.copytree(COURSE, room, ignore=shutil.ignore_patterns("_build", "__pycache__"))
    toc = (room / "_toc.yml").read_text(encoding="utf-8")
    (room / "_toc.yml").write_text(toc + "      - file: wells\n", encoding="utf-8")
    for name, text in {
        "wells.md": MYST,
        "workshops/rain.toml": WORKSHOP,
        "part.xml": JUNIT,
        "names.csv": NAMES,
        "times.csv": TIMES,
        "book/references.bib": BIB,
        "book/locale/fr/LC_MESSAGES/index.po": PO,
        "_build/html/index.html": '<html><body><a href="https://example.org/a">A</a></body></html>',
    }.items():
        (room / name).parent.mkdir(parents=True, exist_ok=True)
        (room / name).write_text(text, encoding="utf-8")
    profile = (
        Path(__file__).parent.parent.parent / "cleanworks" / "profiles" / "exampleland.toml"
    ).read_text()
    (room / "ours.toml").write_text(profile, encoding="utf-8")
    graded = {"grade": False, "solution": False, "locked": False, "schema_version": 3}
    cells = [
        ("markdown", "# Rain", None),
        (
            "code",
            "### BEGIN SOLUTION\ntotal = sum([4, 0, 9])\n### END SOLUTION",
            {"grade_id": "total", "solution": True},
        ),
        (
            "code",
            "assert total == 13, 'Add up.'",
            {"grade_id": "t1", "grade": True, "locked": True, "points": 1},
        ),
        (
            "markdown",
            "Which days were dry.",
            {"grade_id": "said", "solution": True, "grade": True, "points": 2},
        ),
    ]
    made = [
        {"cell_type": kind, "source": source, "id": f"c{n}", "metadata": {"nbgrader": {**graded, **tag}} if tag else {}}
        | ({"outputs": [], "execution_count": None} if kind == "code" else {})
        for n, (kind, source, tag) in enumerate(cells)
    ]  # fmt: skip
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    node = {"nbformat": 4, "nbformat_minor": 5, "metadata": kernel, "cells": made}
    (room / "ps1.ipynb").write_text(json.dumps(node, indent=1), encoding="utf-8")


def _class(place: Path) -> None:
    from cleanworks.learn import record
    from cleanworks.workshop import forms
    from cleanworks.workshop.catalogue import Course
    from tests.workshop.class_files import write_class

    lessons = Course.load(COURSE).lessons
    key = forms.Key.of("rain", "Rain in a day", lessons, forms.draw(lessons, seed=4))
    (place / "class").mkdir()
    folder = write_class(place / "class" / "class", key, 6)
    (folder / "key.json").write_text(key.text(), encoding="utf-8")
    done = {
        "quiz": {"r1-k1": {"day": "2026-11-24", "first": False, "right": True}},
        "exercises": {"r1-e1": {"day": "2026-11-24", "checks": 2, "outcome": "correct", "done": True}},
    }
    (folder / "progress.json").write_text(record.dumps({"r1": {"read": "2026-11-24", **done}}))
    (folder / "more.zip").write_bytes(
        damage.zipped((folder / "before-P00001.json").read_bytes(), "a/one.json")
    )


def _data(place: Path) -> None:
    import openpyxl

    from cleanworks import city, data
    from cleanworks.construction.registry import play  # noqa: F401  (loaded before the forks)
    from cleanworks.standards import oc4ids, ocds, seoul

    room = place / "data"
    room.mkdir()
    tables = city.make(projects=3)
    about = {
        "publisher": "Simulated city",
        "uri": "https://example.org/package.json",
        "published": "2026-06-30",
    }
    ocds.write(room / "releases.json", tables, kind="releases", **about)
    ocds.write(room / "records.json", tables, kind="records", **about)
    lines = ocds.write(room / "lines.jsonl", tables, kind="compiled", lines=True, **about)
    oc4ids.write(room / "projects.json", tables, **about)
    (room / "lines.jsonl.gz").write_bytes(gzip.compress(lines.read_bytes(), mtime=0))
    (room / "all.zip").write_bytes(damage.zipped(lines.read_bytes(), "data/lines.jsonl"))
    (room / "works.csv").write_text(TABLE, encoding="utf-8")
    (room / "flattened.csv").write_text(FLATTENED, encoding="utf-8")
    (room / "works.csv.gz").write_bytes(gzip.compress(TABLE.encode(), mtime=0))
    (room / "way.toml").write_text("", encoding="utf-8")
    (room / "way.toml").unlink()
    book = openpyxl.Workbook()
    for row in TABLE.splitlines():
        book.active.append([int(cell) if cell.isdigit() else cell for cell in row.split(";")])
    book.save(room / "works.xlsx")
    from cleanworks.data import importing, mapping

    mapping.write(room / "way.toml", importing.proposals([room / "works.csv"]))
    data.bring_in([room / "projects.json"], room / "imported")
    rows = seoul.feed(tables, "2025-06-30").to_dict("records")
    (room / "feed.json").write_text(json.dumps(rows, default=str, ensure_ascii=False), encoding="utf-8")
    (room / "tables").mkdir()
    city.write(room / "whole", projects=3, integrity=False)
    for name in ("projects", "tenders", "contracts", "payments"):
        shutil.copy(room / "whole" / f"{name}.csv", room / "tables" / f"{name}.csv")
    shutil.rmtree(room / "whole")


def _registry(place: Path) -> None:
    from cleanworks.construction import registry

    room = place / "registry"
    room.mkdir()
    with registry.Registry(room / "works.db") as book:
        for number in range(1, 4):
            project = {
                "project_id": f"P-{number}", "title": "Bridge", "district": "North", "budget_amount": 5e9,
                "period_start": "2026-01-01", "period_end": "2027-06-30",
            }  # fmt: skip
            clerk = registry.User("official-1", "official")
            book.enter(clerk, "projects", project, at=f"2026-01-0{number}T09:00:00")
    with sqlite3.connect(room / "works.db") as base:
        base.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _kit(place: Path) -> None:
    import hashlib
    import io
    import zipfile

    room = place / "kit"
    room.mkdir()
    files = {"kit/start.html": b"hello " * 200, "kit/notebooks/r1.ipynb": b'{"cells": []}', "kit/requirements-linux.txt": b"numpy==2.0\n", "kit/wheels/linux/numpy-2.0-cp311-none-any.whl": b"wheel", "kit/first.txt": b"notebooks/r1.ipynb\n"}  # fmt: skip
    sums = "".join(
        f"{hashlib.sha256(data).hexdigest()}  {name.removeprefix('kit/')}\n" for name, data in files.items()
    )
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in {**files, "kit/checksums.txt": sums.encode()}.items():
            archive.writestr(name, data)
    (room / "kit.zip").write_bytes(made.getvalue())
    with zipfile.ZipFile(room / "kit.zip") as archive:
        archive.extractall(room)


# --- who reads what ---------------------------------------------------------------------------------------------------

_LINT = (*[["catalogue"]] * 6, ["lint"], ["lint", "--fix"])
_LESSON, _SET = "notebooks/weather/r1-rain-gauge.ipynb", "exercises/weather/r1-rain-gauge.ipynb"
_AGENDA = ["workshop", "agenda", "rain"]


def _ocds(name: str) -> tuple[Command, ...]:
    return (
        *[["data", "check", name]] * 12,
        *[["data", "import", name, "--out", "out"]] * 3,
        ["data", "coverage", name, "--fields"],
        ["data", "flags", name, "--out", "out"],
        ["site", "out", "--data", name, "--profile", "seoul"],
    )


# A command that takes long stands here once for many of those that take no time.
READERS: tuple[Reader, ...] = (
    Reader(
        "lesson", "course", _LESSON, damage.TREE, (*_LINT, *[["quiz"]] * 3, _plan, _AGENDA, _AGENDA)
    ),
    Reader("exercises", "course", _SET, damage.TREE, (*_LINT, ["exercises", "split", "out"], _plan)),
    Reader("text notebook", "course", "wells.md", damage.PLAIN, (*[["catalogue"]] * 8, ["lint"], _plan)),
    Reader("contents", "course", "_toc.yml", damage.PLAIN, (*[["catalogue"]] * 12, ["lint"], _plan, _AGENDA, _AGENDA)),
    Reader("book settings", "course", "_config.yml", damage.PLAIN, (*[["catalogue"]] * 6, _plan, _plan, ["lint"])),
    Reader("course settings", "course", "cleanworks.toml", damage.PLAIN, (*[["catalogue"]] * 8, ["lint"], _plan)),
    Reader("workshop", "course", "workshops/rain.toml", damage.PLAIN, (_AGENDA,)),
    Reader("profile", "course", "ours.toml", damage.PLAIN, (["profile", "check", "ours.toml"],)),
    Reader(
        "translation",
        "course",
        "book/locale/fr/LC_MESSAGES/index.po",
        damage.PLAIN,
        (*[_language] * 12, ["language", "update", "fr", "index"], ["language", "status", "fr"]),
    ),
    Reader("sources", "course", "book/references.bib", damage.PLAIN, (*[["catalogue"]] * 3, ["lint"])),
    Reader("glossary", "course", "book/glossary.md", damage.PLAIN, (["lint"], *[_AGENDA] * 6)),
    Reader("page", "course", "index.md", damage.PLAIN, (["catalogue"], ["workshop", "agenda", "rain"])),
    Reader(
        "names",
        "course",
        "names.csv",
        damage.TABLE,
        (["workshop", "certificates", "rain", "names.csv", "--out", "out.html"],),
    ),
    Reader("minutes", "course", "times.csv", damage.TABLE, (["workshop", "times", "show"], _AGENDA)),
    Reader("run report", "course", "part.xml", damage.PLAIN, (["merge-reports", "part.xml", "--junit", "out"], _times), fine=(0, 1)),
    Reader("assignment", "course", "ps1.ipynb", damage.TREE, (["exercises", "import", "ps1.ipynb", "--id", "p1", "--part", "weather"],)),
    Reader("built page", "course", "_build/html/index.html", damage.PLAIN, (["links"],)),
    Reader("answers", "class", "class/before-P00001.json", damage.TREE, (_gather,)),
    Reader("record", "class", "class/progress.json", damage.TREE, (*[_gather] * 15, _report)),
    Reader("key", "class", "class/key.json", damage.TREE, (*[_gather] * 10, _report)),
    Reader("zip of answers", "class", "class/more.zip", damage.ZIPPED, (_gather,)),
    Reader("releases", "data", "releases.json", damage.TREE, _ocds("releases.json")),
    Reader("records", "data", "records.json", damage.TREE, _ocds("records.json")),
    Reader("lines", "data", "lines.jsonl", damage.TREE, _ocds("lines.jsonl")),
    Reader("projects", "data", "projects.json", damage.TREE, _ocds("projects.json")),
    Reader("gz", "data", "lines.jsonl.gz", (damage.flip, damage.cut, damage.lose, damage.repeat, damage.insert), _ocds("lines.jsonl.gz")),
    Reader("zip of data", "data", "all.zip", damage.ZIPPED, (["data", "import", "all.zip", "--out", "out"],)),
    Reader("csv", "data", "works.csv", damage.TABLE, (["data", "import", "works.csv", "--out", "out", "--yes"], ["data", "import", "works.csv", "--out", "out", "--mapping", "way.toml"])),
    Reader("flattened", "data", "flattened.csv", damage.TABLE, (["data", "import", "flattened.csv", "--out", "out"],)),
    Reader("csv.gz", "data", "works.csv.gz", (damage.flip, damage.cut, damage.lose, damage.repeat, damage.other), (["data", "import", "works.csv.gz", "--out", "out", "--yes"],)),
    Reader("mapping", "data", "way.toml", damage.PLAIN, (["data", "import", "works.csv", "--out", "out", "--mapping", "way.toml"],)),
    Reader("xlsx", "data", "works.xlsx", damage.WORKBOOK, (["data", "import", "works.xlsx", "--out", "out", "--yes"],)),
    Reader("parquet", "data", "imported/contracts.parquet", (damage.flip, damage.cut, damage.lose, damage.other), (["data", "flags", "imported", "--out", "out"],)),
    Reader("mark of an import", "data", "imported/import.json", damage.TREE, (*[["data", "import", "works.csv", "--yes", "--out", "imported"]] * 12, ["data", "flags", "imported", "--out", "out"])),
    Reader("projects.csv", "data", "tables/projects.csv", damage.TABLE, (*[_tables] * 12, ["site", "out", "--data", "tables", "--profile", "seoul"], ["data", "flags", "tables", "--out", "out"])),
    Reader("contracts.csv", "data", "tables/contracts.csv", damage.TABLE, (*[_tables] * 12, ["site", "out", "--data", "tables", "--profile", "seoul"], ["data", "report", "tables", "--out", "out.html"])),
    Reader("feed", "data", "feed.json", (damage.tree,), (_seoul,)),
    Reader("registry", "registry", "works.db", damage.DATABASE, (*[["registry", "verify", "works.db"]] * 4, *[["registry", "head", "works.db"]] * 2, ["site", "out", "--registry", "works.db", "--profile", "seoul"])),
    Reader("kit", "kit", "kit.zip", damage.ZIPPED, (["workshop", "verify", "kit.zip"],)),
    Reader("checksums", "kit", "kit/checksums.txt", damage.PLAIN, (["workshop", "verify", "kit"],)),
    Reader("list of packages", "kit", "kit/requirements-linux.txt", damage.PLAIN, (["workshop", "verify", "kit"],)),
)  # fmt: skip
