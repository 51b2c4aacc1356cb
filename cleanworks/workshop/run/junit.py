"""The result of a run as JUnit XML, which every CI system reads."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from pathlib import Path

from .keys import shown
from .lesson_results import LessonResult, RunResult
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
