"""All indicators over 100,000 projects: CPU seconds, wall seconds and peak memory.

    python benchmarks/flags_scale.py [FOLDER] [--by-indicator]

FOLDER holds the tables that `python benchmarks/city_scale.py --folder FOLDER` writes. Reading them is reported apart. The
limits are 60 seconds and 6 GiB on two cores.
"""

from __future__ import annotations

import argparse
import resource
import time
from pathlib import Path

from cleanworks.city import schemas, storage
from cleanworks.construction import flags

LIMIT_SECONDS, LIMIT_GIB = 60, 6


def tables(folder: Path) -> dict:
    """The columns that some indicator asks for, of the tables that are there."""
    wanted: dict[str, set[str]] = {}
    for one in flags.REGISTRY.values():
        for field in (*one.fields, *one.optional):
            for choice in field.split("|"):
                table, _, column = choice.partition(".")
                wanted.setdefault(table, set()).add(column)
    found = {}
    for name in schemas.CONSTRUCTION:
        if name in wanted and (folder / f"{name}.csv").is_file():
            whole = storage.read_trusted(folder / f"{name}.csv", name)
            found[name] = whole[[column for column in whole if column in wanted[name]]].copy()
    return found


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path, help="tables of a large city")
    parser.add_argument("--by-indicator", action="store_true", help="also the seconds of each indicator")
    chosen = parser.parse_args()
    begun = time.perf_counter()
    city = tables(chosen.folder)
    print(
        f"read in {time.perf_counter() - begun:.0f} s: {len(city['projects']):,} projects, {len(city['payments']):,} payments"
    )
    wall, cpu = time.perf_counter(), time.process_time()
    results = flags.evaluate(city)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(
        f"{results['code'].nunique()} indicators, {len(results):,} answers: {wall:.1f} s, {cpu:.1f} s CPU, {peak:.2f} GiB peak"
    )
    print("within the limits" if wall < LIMIT_SECONDS and peak < LIMIT_GIB else "OVER the limits")
    if chosen.by_indicator:
        del results
        able = flags.coverage(city)
        for code in able.index[able["possible"]]:
            begun = time.perf_counter()
            flags.evaluate(city, [code])
            print(f"    {code:8} {time.perf_counter() - begun:6.1f} s  {flags.indicator(code).name}")


if __name__ == "__main__":
    main()
