"""The result of a run as JUnit XML, which every CI system reads."""

from __future__ import annotations

import math
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Sequence
from pathlib import Path

from cleanworks.errors import InputError
from cleanworks.workshop.files import read_text
from cleanworks.workshop.run.keys import shown
from cleanworks.workshop.run.lesson_results import LessonResult, RunResult

from .terminal import failure_text

# XML 1.0 cannot hold other control characters at all.
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit_xml(result: RunResult, root: Path) -> bytes:
    """One test case per lesson; `time` is wall seconds, CPU and memory are properties."""
    return report([_case(lesson, root) for lesson in result.lessons], result.wall)


def report(cases: Sequence[ET.Element], seconds: float) -> bytes:
    """A JUnit report of these test cases."""
    suite = ET.Element(
        "testsuite",
        name="notebooks",
        tests=str(len(cases)),
        failures=str(sum(case.find("failure") is not None for case in cases)),
        errors="0",
        skipped=str(sum(case.find("skipped") is not None for case in cases)),
        time=f"{seconds:.3f}",
    )
    suite.extend(cases)
    tree = ET.Element("testsuites")
    tree.append(suite)
    ET.indent(tree)
    return ET.tostring(tree, encoding="utf-8", xml_declaration=True) + b"\n"


def _case(lesson: LessonResult, root: Path) -> ET.Element:
    place = _clean(shown(lesson.path, root) if lesson.path else lesson.name)
    case = ET.Element("testcase", classname=place, name=_clean(lesson.name), time=f"{lesson.wall:.3f}")
    if lesson.path:
        case.set("file", place)
    properties = ET.SubElement(case, "properties")
    values = {
        "cpu_seconds": f"{lesson.cpu:.3f}",
        "megabytes": f"{lesson.megabytes:.0f}",
        "cached": str(lesson.cached).lower(),
        "reason": _clean(lesson.reason),
    }
    for name, value in values.items():
        ET.SubElement(properties, "property", name=name, value=value)
    if lesson.failure is not None:
        found = ET.SubElement(
            case, "failure", type=lesson.failure.kind, message=_clean(lesson.failure.message)
        )
        found.text = _clean(failure_text(lesson, root))
    elif lesson.status != "passed":
        ET.SubElement(case, "skipped", message=_clean(lesson.skip_reason or "not run"))
    return case


def _clean(text: str) -> str:
    return _NOT_XML.sub("?", text)


def times_in(report: Path) -> dict[str, float]:
    """Wall seconds of each notebook in a JUnit report of an earlier run.

    Raises
    ------
    InputError
        It is missing, or not such a report.
    """
    return {case.get("name", ""): _seconds(case, report) for case in _cases(report)}


def merged(reports: Iterable[Path], names: Iterable[str]) -> bytes:
    """One JUnit report of several, which together must hold every notebook of the course.

    Raises
    ------
    InputError
        A report cannot be read, a notebook is in none of them, or one is in two.
    """
    reports = list(reports)
    cases: dict[str, ET.Element] = {}
    total = 0.0
    for path in reports:
        for case in _cases(path):
            name = case.get("name", "")
            if name in cases:
                raise InputError(
                    f"The notebook {name} is in two of the reports.",
                    where=str(path),
                    fix="Give each part of one run once.",
                )
            cases[name] = case
            total += _seconds(case, path)
    missing = [name for name in names if name not in cases]
    if missing:
        more = f" and {len(missing) - 3} more" if len(missing) > 3 else ""
        raise InputError(
            f"{len(missing)} notebooks are in none of the {len(reports)} reports: {', '.join(missing[:3])}{more}.",
            fix="A part did not run, or its report was not given.",
        )
    return report(list(cases.values()), total)


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
