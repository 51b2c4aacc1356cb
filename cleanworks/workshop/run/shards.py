"""Split a course for the machines of a CI matrix, and put their reports together again.

Every machine computes the split by itself, so that it depends on nothing but the sources and the report that all of them are given:
a split by what each machine happens to remember would leave notebooks out.
"""

from __future__ import annotations

import math
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from cleanworks.errors import InputError
from cleanworks.workshop.files import read_text

from . import junit
from .jobs import Job, read_source


def parse_shard(text: str) -> tuple[int, int]:
    """(2, 8) of ``2/8``.

    Raises
    ------
    InputError
        It is not a part of a whole.
    """
    found = re.fullmatch(r"\s*(\d{1,4})\s*/\s*(\d{1,4})\s*", text)
    part, parts = (int(found[1]), int(found[2])) if found else (0, 0)
    if not 1 <= part <= parts:
        raise InputError(
            f"{text!r} is not a part of the course.",
            where="--shard",
            fix="Write 2/8 for the second of eight parts.",
        )
    return part, parts


def split(
    jobs: Sequence[Job], part: int, parts: int, seconds: Mapping[str, float] | None = None
) -> list[Job]:
    """The jobs of one part, in their order. Together the parts hold every job once.

    Parameters
    ----------
    seconds : mapping, optional
        Wall time of each job by name, from an earlier report. A job that is not in it counts as its budget, or as long as the mean for each
        of its code cells.

    The longest job goes to the part with least to do, one after the other.
    """
    known = dict(seconds or {})
    cells = {job.name: len(read_source(job).code_cells) + 1 for job in jobs}
    timed = [name for name in cells if name in known]
    per_cell = sum(known[name] for name in timed) / sum(cells[name] for name in timed) if timed else 1.0
    weights = {
        job.name: known.get(job.name, job.seconds if job.seconds and timed else per_cell * cells[job.name])
        for job in jobs
    }
    loads = [0.0] * parts
    places: dict[str, int] = {}
    for name in sorted(weights, key=lambda name: (-weights[name], name)):
        place = loads.index(min(loads))
        loads[place] += weights[name]
        places[name] = place
    return [job for job in jobs if places[job.name] == part - 1]


def times(report: Path) -> dict[str, float]:
    """Wall seconds of each notebook in a JUnit report of an earlier run.

    Raises
    ------
    InputError
        It is missing, or not such a report.
    """
    return {case.get("name", ""): _seconds(case, report) for case in _cases(report)}


def merge(reports: Iterable[Path], names: Iterable[str]) -> bytes:
    """One JUnit report of several, which together must hold every notebook of the course.

    Raises
    ------
    InputError
        A report cannot be read, a notebook is in none of them, or one is in two.
    """
    reports = list(reports)
    cases: dict[str, ET.Element] = {}
    total = 0.0
    for report in reports:
        for case in _cases(report):
            name = case.get("name", "")
            if name in cases:
                raise InputError(
                    f"The notebook {name} is in two of the reports.",
                    where=str(report),
                    fix="Give each part of one run once.",
                )
            cases[name] = case
            total += _seconds(case, report)
    missing = [name for name in names if name not in cases]
    if missing:
        more = f" and {len(missing) - 3} more" if len(missing) > 3 else ""
        raise InputError(
            f"{len(missing)} notebooks are in none of the {len(reports)} reports: {', '.join(missing[:3])}{more}.",
            fix="A part did not run, or its report was not given.",
        )
    return junit.report(list(cases.values()), total)


def _seconds(case: ET.Element, report: Path) -> float:
    try:
        seconds = float(case.get("time", 0))
    except ValueError:
        seconds = math.nan
    if not 0 <= seconds < math.inf:
        raise InputError(
            f"The time of {case.get('name', 'a notebook')} is {case.get('time')!r}, which is not a number of seconds.",
            where=str(report),
            fix="Give the file of --junit as it was written.",
        )
    return seconds


def _cases(report: Path) -> list[ET.Element]:
    text = read_text(report, "The report")
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise InputError(
            "The report declares entities, which a JUnit report never does.",
            where=str(report),
            fix="Give the file of --junit.",
        )
    try:
        return list(ET.fromstring(text.encode("utf-8")).iter("testcase"))
    except (ET.ParseError, LookupError, ValueError) as error:  # also a declared encoding that there is not
        raise InputError(
            f"The report is not XML: {error}.", where=str(report), fix="Give the file of --junit."
        ) from None
