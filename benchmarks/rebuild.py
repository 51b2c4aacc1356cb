"""How long the book takes after one lesson was edited, next to the lesson's own time.

    python benchmarks/rebuild.py [--lesson c6] [--rounds 3] [--allowed 15]

Works on a copy of the course. The book is built once and not counted. Then, for each round: a sentence is added to the
lesson (nothing to execute), and the book is brought up to date; a code cell gets another last line (the lesson is
executed again), and the book is brought up to date. The lesson's own time is what the run reports for it in that
build. Exit code 1 if the median of a kind is more than the lesson's time plus what is allowed.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SKIPPED = shutil.ignore_patterns("_build", ".venv", ".git", "*.egg-info", "__pycache__", ".*_cache", "tests")
COMMAND = [sys.executable, "-c", "from cleanworks.cli import main; main()"]


def book(course: Path) -> tuple[float, float]:
    """Seconds of one build, and of them the seconds of the builder of pages, as the command says."""
    begun = time.perf_counter()
    done = subprocess.run([*COMMAND, "book"], cwd=course, capture_output=True, text=True)
    took = time.perf_counter() - begun
    if done.returncode:
        sys.exit(done.stdout[-2000:] + done.stderr[-2000:])
    pages = re.search(r"Built in (\d+) s", done.stderr + done.stdout)
    return took, float(pages[1]) if pages else 0.0


def edit(path: Path, kind: str, number: int) -> None:
    """Change the first cell of a kind so that its text, or what is executed, is new."""
    text = path.read_text(encoding="utf-8")
    node = json.loads(text)
    cell = next(cell for cell in node["cells"][1:] if cell["cell_type"] == kind)
    added = f"\nThis sentence is number {number}." if kind == "markdown" else f"\nedited = {number}"
    cell["source"] = "".join(cell["source"]) + added
    path.write_text(json.dumps(node, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def alone(course: Path, lesson: str) -> float:
    """Seconds of the lesson's own execution, from the start of the command to its end."""
    begun = time.perf_counter()
    subprocess.run([*COMMAND, "run", lesson, "--force"], cwd=course, capture_output=True, check=True)
    return time.perf_counter() - begun


def main() -> int:
    """Print a line for each kind of edit."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--lesson", default="c6")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--allowed", type=float, default=15)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="rebuild-") as place:
        course = Path(place, "course")
        shutil.copytree(ROOT, course, ignore=SKIPPED)
        path = next(course.glob(f"notebooks/*/{given.lesson}-*.ipynb"))
        whole, _ = book(course)
        nothing, _ = book(course)
        own, text, code = [], [], []
        for number in range(given.rounds):
            edit(path, "markdown", number)
            text.append(book(course))
            edit(path, "code", number)
            code.append(book(course))
            own.append(alone(course, given.lesson))
    own_time = statistics.median(own)
    print(
        f"book from nothing {whole:.0f} s; nothing changed {nothing:.1f} s; {given.lesson} executed alone {own_time:.1f} s"
    )
    bad = False
    for name, times, base in (("a sentence", text, 0.0), ("a code cell", code, own_time)):
        took = statistics.median(took for took, _ in times)
        pages = statistics.median(pages for _, pages in times)
        late = took > base + given.allowed
        bad |= late
        print(
            f"{name} of {given.lesson} edited: {took:.1f} s (pages {pages:.0f} s); "
            f"lesson's time + {took - base:.1f} s, allowed {given.allowed:.0f}: {'MISSED' if late else 'reached'}"
        )
    return int(bad)


if __name__ == "__main__":
    sys.exit(main())
