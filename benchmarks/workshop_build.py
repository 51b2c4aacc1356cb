"""Does `workshop build` make a workshop in three minutes, and the same one each time?

    python benchmarks/workshop_build.py [FILE ...] [--limit 180] [--wheels linux]

For each workshop file (the two-day CCS workshop if none is named): the results of the notebooks are brought up to date
first and not counted. Then the workshop is built from nothing else, book included, and timed; then everything that
this build made is thrown away and it is built again. Both zips and both folders must be equal byte by byte; members
that differ are named. Exit code 1 if a build takes longer than the limit or two builds differ.
"""

from __future__ import annotations

import argparse
import filecmp
import hashlib
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from cleanworks.workshop import book, languages, workshop_file  # noqa: E402
from cleanworks.workshop.catalogue import Course  # noqa: E402
from cleanworks.workshop.delivery.programme import file_of  # noqa: E402

COMMAND = [sys.executable, "-c", "from cleanworks.cli import main; main()"]


def build(file: str, out: Path, wheels: str) -> float:
    """Seconds of one build."""
    begun = time.perf_counter()
    command = [*COMMAND, "workshop", "build", file, "--out", str(out), "--wheels", wheels]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        sys.exit(
            f"{' '.join(command[3:])} ended with {done.returncode}:\n{done.stdout[-2000:]}{done.stderr[-2000:]}"
        )
    return time.perf_counter() - begun


def forget_the_book(file: str) -> None:
    """Remove the finished book of this workshop and what would make building it quick; executed notebooks stay."""
    course = Course.load(ROOT)
    workshop = workshop_file.load(file_of(course, file))
    language = languages.edition_language(course, workshop.language)
    edition = book.Edition(ROOT, "learner", workshop.profile, language=language)
    for folder in (edition.html, edition.work):
        shutil.rmtree(folder, ignore_errors=True)


def members(archive: Path) -> dict[str, str]:
    """Digest of each member of a zip, and of what the zip says about it."""
    with zipfile.ZipFile(archive) as opened:
        return {
            entry.filename: f"{hashlib.sha256(opened.read(entry)).hexdigest()} {entry.date_time} {entry.external_attr}"
            for entry in opened.infolist()
        }


def different(first: Path, second: Path) -> list[str]:
    """Files that two builds do not share, of the zip and of the instructor's folder."""
    found = []
    for archive in first.glob("*.zip"):
        other = second / archive.name
        if archive.read_bytes() != other.read_bytes():
            one, two = members(archive), members(other)
            names = sorted(name for name in one.keys() | two.keys() if one.get(name) != two.get(name))
            found += [f"{archive.name}: {name}" for name in names or ["order or packing of its members"]]
    one = {path.relative_to(first) for path in first.rglob("*") if path.is_file()}
    two = {path.relative_to(second) for path in second.rglob("*") if path.is_file()}
    found += [str(path) for path in sorted(one ^ two)]
    found += [
        str(path)
        for path in sorted(one & two)
        if path.suffix != ".zip" and not filecmp.cmp(first / path, second / path, shallow=False)
    ]
    return found


def main() -> int:
    """Print one line a workshop and, if there are any, the differences."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("files", nargs="*", default=["two-day-ccs"])
    parser.add_argument("--limit", type=float, default=180, help="seconds that one build may take")
    parser.add_argument("--wheels", default="", help="systems to bring packages for, as in `workshop build`")
    given = parser.parse_args()
    bad = False
    for file in given.files:
        with tempfile.TemporaryDirectory(prefix="workshop-build-") as place:
            first, second = Path(place, "first"), Path(place, "second")
            build(file, Path(place, "warm"), given.wheels)
            forget_the_book(file)
            took = [build(file, first, given.wheels)]
            forget_the_book(file)
            took.append(build(file, second, given.wheels))
            again = build(file, Path(place, "third"), given.wheels)
            faults = different(first, second)
            size = next(first.glob("*.zip")).stat().st_size / 1e6
            count = sum(1 for path in first.rglob("*") if path.is_file())
        late = max(took) > given.limit
        bad |= late or bool(faults)
        print(
            f"{file}: {took[0]:.0f} s and {took[1]:.0f} s with the book from nothing, {again:.0f} s with the book ready; "
            f"{'over' if late else 'within'} {given.limit:.0f} s; {count} files, zip {size:.1f} MB; "
            f"{f'{len(faults)} files differ' if faults else 'two builds equal byte by byte'}"
        )
        for fault in faults[:40]:
            print(f"  differs: {fault}")
    return int(bad)


if __name__ == "__main__":
    sys.exit(main())
