"""How long it takes to play the whole simulated city through the registry, and to verify its journal.

    python benchmarks/registry_play.py [PLACE]

PLACE is a new SQLite file (default: one in a temporary folder) or the address of an empty PostgreSQL database.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

from cleanworks import city
from cleanworks.construction import registry


def main(place: str | None) -> None:
    tables = city.make()
    with tempfile.TemporaryDirectory() as folder:
        begin = time.perf_counter()
        book = registry.play(tables, place or Path(folder) / "registry.db")
        played = time.perf_counter() - begin
        damage = book.verify()
        verified = time.perf_counter() - begin - played
        lines = book.head()[0]
        book.close()
    print(f"{len(tables['projects'])} projects, {lines:,} journal lines")
    print(f"play   {played:6.1f} s   (the bar: under 60 s)")
    print(f"verify {verified:6.1f} s   {len(damage)} damages")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else None)
