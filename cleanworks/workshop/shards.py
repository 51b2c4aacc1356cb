"""Split a course for the machines of a CI matrix; `reports.junit` puts their reports together again.

Every machine computes the split by itself, so that it depends on nothing but the sources and the report that all of them are given:
a split by what each machine happens to remember would leave notebooks out.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from cleanworks.errors import InputError

from .run.jobs import Job, read_source


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
