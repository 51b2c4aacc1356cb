"""Payments and deadlines added up from a CSV file: pandas in memory against DuckDB piece by piece, in the same run.

    python benchmarks/duckdb_vs_pandas.py [--millions 5 50] [--runs 3] [--folder FOLDER]

Each engine reads the file and adds up in a process of its own, in turns; the medians of wall and CPU seconds and the highest
memory are printed, and the results are compared. Rows are made, not real. DuckDB is held to 2 GB and two threads; pandas reads
only the columns it needs.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

CHILD = """
import json, resource, sys, time
import pandas as pd
from cleanworks.construction.large import payment_summary
engine, folder = sys.argv[1:]
begun, cpu = time.perf_counter(), time.process_time()
if engine == "pandas":
    columns = ["contract_id", "amount_registered", "amount", "date_due", "date_paid"]
    source = {"payments": pd.read_csv(folder + "/payments.csv", usecols=columns, parse_dates=columns[3:])}
else:
    source = folder
found = payment_summary(source, date="2026-06-30")
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**30 if sys.platform == "darwin" else 2**20)
print(json.dumps({"wall": time.perf_counter() - begun, "cpu": time.process_time() - cpu, "gib": peak,
                  "sums": [len(found), *found.sum().tolist()]}))
"""

MAKE = """
COPY (SELECT 'C-' || lpad((hash(i) % {contracts})::VARCHAR, 7, '0') AS contract_id,
             (hash(i + 1) % 900000 + 1000)::BIGINT AS amount_registered,
             (hash(i + 1) % 900000 + 1000)::BIGINT AS amount,
             DATE '2024-01-01' + (hash(i + 2) % 900)::INTEGER AS date_due,
             CASE WHEN hash(i + 3) % 20 > 0 THEN DATE '2024-01-01' + (hash(i + 2) % 900)::INTEGER - 5 + (hash(i + 4) % 20)::INTEGER END
                 AS date_paid
      FROM range({rows}) AS t(i)) TO '{path}' (HEADER, DELIMITER ',')
"""


def measure(engine: str, folder: str) -> dict:
    done = subprocess.run(
        [sys.executable, "-c", CHILD, engine, folder], capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout)


def compare(millions: int, runs: int, folder: Path) -> None:
    import duckdb

    rows = millions * 1_000_000
    path = folder / "payments.csv"
    duckdb.sql(MAKE.format(contracts=rows // 50, rows=rows, path=str(path).replace("'", "''")))
    results: dict[str, list[dict]] = {"pandas": [], "duckdb": []}
    for _ in range(runs):
        for engine in results:
            results[engine].append(measure(engine, str(folder)))
    middle = {
        engine: {key: statistics.median(one[key] for one in found) for key in ("wall", "cpu", "gib")}
        for engine, found in results.items()
    }
    one, two = (results[engine][0]["sums"] for engine in results)
    equal = all(abs(a - b) <= 1e-9 * max(abs(a), 1) for a, b in zip(one, two, strict=True))
    print(
        f"{millions} million rows, {path.stat().st_size / 2**30:.2f} GiB, median of {runs}; same results: {equal}"
    )
    for engine, found in middle.items():
        print(
            f"    {engine:7} {found['wall']:7.1f} s wall  {found['cpu']:7.1f} s CPU  {found['gib']:6.2f} GiB peak"
        )
    print(
        f"    DuckDB: {middle['pandas']['wall'] / middle['duckdb']['wall']:.1f} times as fast, {middle['pandas']['gib'] / middle['duckdb']['gib']:.1f} times less memory",
        flush=True,
    )
    path.unlink()


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--millions", type=int, nargs="+", default=[5, 50])
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument(
        "--folder", type=Path, help="where the large file may lie; a temporary folder by default"
    )
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=chosen.folder) as folder:
        for millions in chosen.millions:
            compare(millions, chosen.runs, Path(folder))


if __name__ == "__main__":
    main()
