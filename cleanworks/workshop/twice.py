"""Do the notebooks give the same outputs every time? Execute them twice, under different circumstances, and compare."""

from __future__ import annotations

import difflib
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from cleanworks import scratch

from .files import line_in_file
from .run import Failure, Job, LessonResult, Listener, RunOptions, RunResult, run_notebooks

_SHOWN_LINES = 6


def run_twice(jobs: Sequence[Job], options: RunOptions, listener: Listener | None = None) -> RunResult:
    """Execute every notebook twice: the second time in the opposite order, with another hash seed, and in warm kernels.

    With `options.fresh`, this compares fresh kernels with warm ones as well.

    Returns
    -------
    RunResult
        Of the first run; a lesson whose outputs differ has failed, and its failure names the first cell that differs.
        Lessons that failed already keep their failure.
    """
    first = run_notebooks(jobs, replace(options, force=True), listener)
    if first.interrupted:
        return first
    with scratch.folder() as folder:
        elsewhere = replace(
            options,
            force=True,
            fresh=False,
            reverse=not options.reverse,
            hash_seed=options.hash_seed + 1,
            out=Path(folder, "executed"),
            cache=Path(folder, "cache"),
        )
        second = run_notebooks(jobs, elsewhere, listener)
        pairs = zip(first.lessons, second.lessons, strict=True)
        lessons = tuple(one if second.interrupted else _compared(one, other) for one, other in pairs)
    return replace(
        first,
        lessons=lessons,
        wall=first.wall + second.wall,
        notes=(*first.notes, *second.notes),
        interrupted=second.interrupted,
    )


def _compared(one: LessonResult, other: LessonResult) -> LessonResult:
    if one.status != "passed":
        return one
    if other.status != "passed":
        message = f"It passed the first time and failed the second time: {other.why.message}"
        return replace(one, status="failed", failure=replace(other.why, kind="unstable", message=message))
    found = first_difference(_read(one.executed), _read(other.executed))
    if found is None:
        return one
    text = one.path.read_text(encoding="utf-8") if one.path else None
    found = replace(found, file_line=line_in_file(text, found.cell_id or "", 1) if text else None)
    return replace(one, status="failed", failure=found, rerun=f"{one.rerun} --twice")


def _read(path: Path | None) -> dict[str, Any]:
    assert path is not None  # what passed has an executed copy
    return json.loads(path.read_text(encoding="utf-8"))


def first_difference(one: Mapping[str, Any], other: Mapping[str, Any]) -> Failure | None:
    """The first cell of two executed copies of a notebook whose outputs differ, as a failure; None if there is none."""
    for index, (left, right) in enumerate(zip(one["cells"], other["cells"], strict=True)):
        before, after = _by_stream(left.get("outputs", [])), _by_stream(right.get("outputs", []))
        if before != after:
            return Failure(
                "unstable",
                "The outputs of this cell differ from one execution to the next (other order, other hash seed).",
                index + 1,
                left.get("id"),
                details=tuple(_lines_that_differ(before, after)),
            )
    return None


def _by_stream(outputs: Sequence[Mapping[str, Any]]) -> list[Any]:
    """Outputs with all of stdout before all of stderr where nothing stands between: a program writes to both, and timing decides."""
    made: list[Any] = []
    streams: dict[str, str] = {}
    for output in [*outputs, None]:
        if output is not None and output.get("output_type") == "stream":
            streams[output["name"]] = streams.get(output["name"], "") + "".join(output["text"])
            continue
        made += [
            {"output_type": "stream", "name": name, "text": streams[name]}
            for name in sorted(streams, reverse=True)
        ]
        streams = {}
        if output is not None:
            made.append(output)
    return made


def _lines_that_differ(before: Sequence[Any], after: Sequence[Any]) -> list[str]:
    difference = difflib.unified_diff(_text(before), _text(after), lineterm="", n=0)
    lines = [line for line in difference if not line.startswith(("---", "+++", "@@"))]
    return [line[:160] for line in lines[:_SHOWN_LINES]] or ["The pictures differ."]


def _text(outputs: Sequence[Mapping[str, Any]]) -> list[str]:
    """Outputs as lines of text; of a picture only its kind."""
    lines: list[str] = []
    for output in outputs:
        data = output.get("data", {})
        text = output.get("text", data.get("text/plain", "\n".join(output.get("traceback", ()))))
        lines += ("".join(text) if isinstance(text, list) else text).splitlines()
        lines += [f"[{kind}]" for kind in data if kind.startswith("image/")]
    return lines
