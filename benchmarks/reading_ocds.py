"""Reading OCDS: `cleanworks data import` beside json.loads alone and DuckDB's read_json, and beside an older checkout.

    python benchmarks/reading_ocds.py [--megabytes 60] [--kind releases] [--sample FILE] [--workers 2] [--older FOLDER]

The file is made of the processes of a sample (by default the open example of lesson c12), repeated with new ids. Each side runs in a
process of its own: CPU and wall seconds, and the highest memory of one process; what all sides share, the start of Python and its imports,
is in them. This checkout reads alone and with so many workers.
`json.loads` only makes objects. DuckDB only counts the processes and awards, with whatever types it infers, of one release on each
line: as one package, 60 MB do not fit into the 4 GB that it is given.
FOLDER is another checkout of this project, for example a worktree of an older commit.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from cleanworks import data
from cleanworks.standards.stream import open_source

HERE = Path(__file__).resolve().parent.parent
IMPORT = "from cleanworks import data; data.bring_in([{file!r}], to={out!r})"
TOGETHER = IMPORT.replace("out!r}", "out!r}, workers={workers}")
SIDES = {
    "json.loads alone": "import json; json.loads(open({file!r}, encoding='utf-8').read())",
    "DuckDB read_json": (
        "import duckdb; duckdb.sql(\"SET memory_limit = '4GB'; SET threads = 2\"); "
        "duckdb.sql(\"SELECT count(DISTINCT ocid), sum(len({awards})) FROM read_json('{lines}')\").fetchall()"
    ),
    "this checkout": IMPORT,
    "with workers": TOGETHER,
}


def make(file: Path, sample: Path, megabytes: float, kind: str) -> tuple[int, int]:
    """Write a package of so many megabytes; the processes and bytes written."""
    source, rows, size = open_source(sample), 0, 0
    values = [element.value for element in source.elements]
    if source.list_name == "records":
        values = [value["compiledRelease"] for value in values]
    head = {"uri": "https://example.org", "version": "1.1", "publishedDate": "2024-01-01T00:00:00Z"}
    with (
        file.open("w", encoding="utf-8") as out,
        file.with_suffix(".jsonl").open("w", encoding="utf-8") as lines,
    ):
        out.write(json.dumps(head)[:-1] + f', "publisher": {{"name": "Nobody"}}, "{kind}": [')
        while size < megabytes * 1e6:
            for value in values:
                one = {**value, "ocid": f"{value['ocid']}-{rows}"}
                one = {"ocid": one["ocid"], "compiledRelease": one} if kind == "records" else one
                text = json.dumps(one, ensure_ascii=False)
                out.write((",\n" if rows else "\n") + text)
                lines.write(text + "\n")
                rows, size = rows + 1, size + len(text.encode()) + 2
        out.write("\n]}\n")
    return rows, size


def measured(code: str, folder: Path = HERE) -> tuple[float, float, float]:
    """CPU seconds, wall seconds and MiB of a Python process that runs some code on the modules of a checkout."""
    begun = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-c", code],
        stdout=subprocess.DEVNULL,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder)},
    )
    _, status, used = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"It failed: {code}")
    memory = used.ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)
    return used.ru_utime + used.ru_stime, time.perf_counter() - begun, memory


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--megabytes", type=float, default=60)
    parser.add_argument("--kind", choices=("releases", "records"), default="releases")
    parser.add_argument("--sample", type=Path, default=data.example("paraguay-2017").file)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--older", type=Path, help="another checkout, to compare with")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        file = Path(place) / "package.json"
        rows, size = make(file, chosen.sample, chosen.megabytes, chosen.kind)
        print(f"{rows:,} {chosen.kind}, {size / 1e6:.0f} MB; Python's start and the imports alone:", end=" ")
        print("{:.1f} s CPU".format(measured("from cleanworks import data; import pyarrow.parquet")[0]))
        awards = "compiledRelease.awards" if chosen.kind == "records" else "awards"
        sides = {
            name: measured(
                code.format(
                    file=str(file),
                    lines=f"{place}/package.jsonl",
                    awards=awards,
                    out=f"{place}/new",
                    workers=chosen.workers,
                )
            )
            for name, code in SIDES.items()
        }
        if chosen.older:
            code = IMPORT.format(file=str(file), out=f"{place}/old")
            sides["older checkout"] = measured(code, chosen.older.resolve())
        ours, together = sides["this checkout"], sides["with workers"]
        for name, (cpu, wall, memory) in sides.items():
            print(
                f"    {name:17} {cpu:6.1f} s CPU {wall:6.1f} s wall {memory:6,.0f} MiB peak, "
                f"{cpu / ours[0]:.2f} times the CPU of this checkout, {wall / together[1]:.2f} times the wall seconds with workers"
            )


if __name__ == "__main__":
    main()
