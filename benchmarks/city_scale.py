"""CPU seconds and peak memory of the simulated city at two sizes.

    python benchmarks/city_scale.py [--large 100000] [--folder FOLDER]

Each size runs in a process of its own, so that its peak memory is its own. The small city is made in memory, the large
one is written to a folder as CSV files, a few blocks of projects at a time.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

CHILD = """
import json, resource, sys, time
from cleanworks import city
projects, folder = int(sys.argv[1]), sys.argv[2]
imported = time.process_time()
wall = time.perf_counter()
if folder:
    rows = {name: entry["rows"] for name, entry in city.write(folder, projects, integrity=False)["tables"].items()}
else:
    rows = {name: len(frame) for name, frame in city.make(projects).items()}
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(json.dumps({
    "import_cpu_s": round(imported, 2), "cpu_s": round(time.process_time() - imported, 2),
    "wall_s": round(time.perf_counter() - wall, 2), "peak_mib": round(peak / (2**20 if sys.platform == "darwin" else 1024)),
    "rows": sum(rows.values()), "tables": rows,
}))
"""


def measure(projects: int, folder: str = "") -> dict:
    """Run one size in a fresh process and return what it reports of itself."""
    done = subprocess.run(
        [sys.executable, "-c", CHILD, str(projects), folder], capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--large", type=int, default=100_000, help="projects in the large city")
    parser.add_argument("--folder", help="keep the large city here instead of in a temporary folder")
    chosen = parser.parse_args()
    small = measure(300)
    print(
        f"    300 projects in memory: {small['cpu_s']} s CPU, {small['peak_mib']} MiB peak, {small['rows']:,} rows"
    )
    with tempfile.TemporaryDirectory() as temporary:
        folder = chosen.folder or temporary
        large = measure(chosen.large, folder)
        size = sum(path.stat().st_size for path in Path(folder).glob("*.csv")) / 2**30
    print(
        f"{chosen.large:7d} projects to disk:   {large['cpu_s']} s CPU, {large['wall_s']} s, {large['peak_mib']} MiB peak, "
        f"{large['rows']:,} rows, {size:.2f} GiB"
    )
    for name, rows in large["tables"].items():
        print(f"        {name:16} {rows:>12,}")


if __name__ == "__main__":
    main()
