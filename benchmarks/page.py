"""Is Python in the page small and quick? One command weighs its files and measures a reader's waits.

    python benchmarks/page.py [FOLDER] [--repeat 5]        FOLDER is `_build/html` unless given

Each time a new Chromium, without a window and without a profile, opens an exercise page from the disk. Measured inside the
page, from the press of a button to the outcome: Check on a cold page, Check once more, Check after an endless loop was
stopped (from the press of Stop), and Check on the next page of the same sitting: pressed at once, and pressed when Python,
which starts as soon as somebody goes into an editor there, is ready. Memory is the sum of what belongs to each
process of the browser (PSS, Linux only), after the first check and the largest after all of that. Two pages: one whose
libraries are the usual ones, one that needs scipy too. Medians count; the files lie in the system's cache, as after the first
page of a sitting. Give it a quiet machine: the load is printed beside the numbers, and the seconds of the processor that all
processes of the browser used for the first check, which depend little on what else runs. Exit code 1 says that a target is
missed.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from cleanworks import paper  # noqa: E402

LONG = 300_000  # ms


@dataclass(frozen=True)
class Visit:
    """A page whose first check is pressed, and the page of the same part that comes after it."""

    title: str
    page: str
    question: str
    next_page: str
    next_question: str
    cold: float  # target: seconds to the first outcome


VISITS = (
    Visit(
        "without scipy", "exercises/construction/c6-paying-subcontractors.html", "c6-e1",
        "exercises/construction/c8-red-flags.html", "c8-e1", 8,
    ),
    Visit(
        "with scipy", "exercises/integrity/m8-composite-indicators.html", "m8-e1",
        "exercises/integrity/m9-did-it-work.html", "m9-e1", 11,
    ),
)  # fmt: skip

_PRESS = """
([cell, what]) => new Promise(done => {
  const node = document.querySelector(`[data-cw-cell="${cell}"]`), begun = performance.now();
  document.addEventListener('cw-ran', function ran(event) {
    if (event.detail.cell !== cell) return;
    document.removeEventListener('cw-ran', ran);
    done([(performance.now() - begun) / 1000, node.querySelector('.cw-live-output')?.innerText ?? node.querySelector('.cw-bar-say').innerText]);
  });
  node.querySelector(what).click();
})
"""
_STOP = """
([starter, check]) => new Promise(done => {
  const begun = performance.now(), node = id => document.querySelector(`[data-cw-cell="${id}"]`);
  document.addEventListener('cw-ran', event => {
    if (event.detail.cell === starter) node(check).querySelector('[data-do=run]').click();
    if (event.detail.cell === check) done([(performance.now() - begun) / 1000, node(check).querySelector('.cw-live-output')?.innerText ?? '']);
  });
  node(starter).querySelector('[data-do=run] + button').click();
})
"""


# --- bytes --------------------------------------------------------------------------------------------------------


def weights(live: Path) -> tuple[dict[str, int], dict[str, Any]]:
    """Bytes of all that a book keeps for its pages' Python: on disk, and in a zip; and what the book says of its images."""
    files = [path for path in sorted(live.rglob("*")) if path.is_file()]
    with tempfile.TemporaryDirectory() as folder:
        archive = Path(folder, "live.zip")
        with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
            for path in files:
                packed.write(path, path.relative_to(live).as_posix())
        zipped = archive.stat().st_size
    text = (live / "manifest.js").read_text(encoding="utf-8")
    manifest = json.loads(text.removeprefix("CleanWorksLive.manifest(").rstrip().removesuffix(")"))
    return {"on disk": sum(path.stat().st_size for path in files), "zipped": zipped}, manifest


def read_by(page: Path, manifest: dict[str, Any]) -> tuple[int, bool]:
    """Bytes that a page reads of the images when its code is run (deflated), and whether scipy is among them."""
    text = page.read_text(encoding="utf-8").partition('id="cleanworks-live">')[2].partition("</script>")[0]
    names = [*manifest["start"], *(json.loads(text)["images"] if text else ())]
    return sum(manifest["images"][name]["bytes"] for name in names), "scipy" in names


# --- memory -------------------------------------------------------------------------------------------------------


def family(process: int) -> list[int]:
    """A process with all that it started."""
    parents = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            parents[int(path.parent.name)] = int(
                path.read_text(errors="replace").rpartition(")")[2].split()[1]
            )
        except OSError:
            continue  # it has just ended
    found = [process]
    for one in found:
        found += [child for child, parent in parents.items() if parent == one]
    return found


def memory(process: int) -> float:
    """MB that belong to a process and all that it started: what several share is divided among them."""
    size = 0
    for one in family(process):
        try:
            lines = Path(f"/proc/{one}/smaps_rollup").read_text().splitlines()
        except OSError:
            continue
        size += sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return size * 1024 / 1e6


def processor(process: int) -> float:
    """Seconds of the processor that a process used, with all that it started and that still runs."""
    ticks = 0
    for one in family(process):
        try:
            fields = Path(f"/proc/{one}/stat").read_text(errors="replace").rpartition(")")[2].split()
        except OSError:
            continue
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


# --- waits --------------------------------------------------------------------------------------------------------


@contextmanager
def browser(playwright: Any, folder: Path) -> Iterator[tuple[Any, int]]:
    """A new browser, and the number of its first process."""
    program, number = folder / "browser", folder / "process"
    program.write_text(f'#!/bin/sh\necho $$ > "{number}"\nexec "{paper.browser()}" "$@"\n')
    program.chmod(0o755)
    launched = playwright.chromium.launch(executable_path=str(program), args=["--no-sandbox"])
    try:
        yield launched, int(number.read_text())
    finally:
        launched.close()


def pressed(page: Any, cell: str) -> float:
    """Seconds from a press of Run or Check to what the cell shows."""
    page.set_default_timeout(LONG)
    seconds, shown = page.evaluate(_PRESS, [cell, '[data-do="run"]'])
    if not any(word in shown for word in ("Not attempted", "Not yet", "Correct", "Answered")):
        sys.exit(f"{page.url}: {cell} shows no outcome: {shown[:500]}")
    return seconds


def visit(playwright: Any, book: Path, one: Visit) -> dict[str, float]:
    """What a reader waits for on one page, in seconds, and the browser's memory in MB."""
    found = {}
    with (
        tempfile.TemporaryDirectory() as folder,
        browser(playwright, Path(folder)) as (launched, process),
    ):
        page = launched.new_page(viewport={"width": 1280, "height": 900})
        page.goto((book / one.page).as_uri())
        check, starter = f"{one.question}-check", f"{one.question}-starter"
        used = processor(process)
        found["first check"] = pressed(page, check)
        found["processor"] = processor(process) - used
        found["memory after it"] = memory(process)
        found["second check"] = pressed(page, check)
        # The editor is loaded when a key or a pointer is used.
        page.locator(
            f'[data-cw-cell="{starter}"] [role=textbox], [data-cw-cell="{starter}"] textarea'
        ).focus()
        page.wait_for_function("() => window.CleanWorksEditor && !document.querySelector('.cw-field')")
        put = "([id, code]) => CleanWorksLive.cells[id].editor.set(code)"
        mine = page.evaluate("id => CleanWorksLive.cells[id].code", starter)
        page.evaluate(put, [starter, "while True:\n    pass"])
        page.evaluate("id => CleanWorksLive.cells[id].go.click()", starter)
        page.wait_for_function("id => CleanWorksLive.cells[id].halted !== null", arg=starter)
        page.evaluate(put, [starter, mine])
        found["check after Stop"] = page.evaluate(_STOP, [starter, check])[0]
        found["memory at last"] = memory(process)
        page.goto((book / one.next_page).as_uri())
        found["next page's check, at once"] = pressed(page, f"{one.next_question}-check")
        found["memory at last"] = max(found["memory at last"], memory(process))
        page.reload()
        page.locator(f'[data-cw-cell="{one.next_question}-starter"] .cw-field').focus()
        page.wait_for_selector(".cw-python[data-state=ready]")
        found["the same when its answer is written"] = pressed(page, f"{one.next_question}-check")
    return found


# --- all of it ----------------------------------------------------------------------------------------------------


def main() -> int:
    """Print every number beside its target."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", nargs="?", type=Path, default=ROOT / "_build" / "html")
    parser.add_argument("--repeat", type=int, default=5, help="browsers for each page; medians count")
    given = parser.parse_args()
    book = given.folder.resolve()
    live = book / "_static" / "live"
    if not (live / "images").is_dir():
        sys.exit(f"{book} has no Python in its pages: build it with `cleanworks book`.")
    missed = []

    def tell(what: str, value: float, target: float, unit: str, more: str = "") -> None:
        good = value <= target
        if not good:
            missed.append(what)
        print(
            f"{what:52}{value:8.1f} {unit:3}target {target:g}{'' if good else '  MISSED'}{more}", flush=True
        )

    sizes, manifest = weights(live)
    tell("on disk", sizes["on disk"] / 1e6, 70, "MB")
    tell("in a zip", sizes["zipped"] / 1e6, 52, "MB")
    for part in ("construction", "integrity"):
        pages = {
            page.relative_to(book).as_posix(): read_by(page, manifest)
            for folder in ("notebooks", "exercises")
            for page in (book / folder / part).glob("*.html")
        }
        light = max((size, name) for name, (size, scipy) in pages.items() if not scipy)
        print(f"{part}: {sum(scipy for _, scipy in pages.values())} of {len(pages)} pages need scipy")
        tell(f"the heaviest {part} page without it", light[0] / 1e6, 27, "MB", f"  {light[1]}")
    with sync_playwright() as playwright:
        for one in VISITS:
            before = os.getloadavg()[0]
            runs = [visit(playwright, book, one) for _ in range(given.repeat)]
            load = f"{before:.1f} to {os.getloadavg()[0]:.1f}"
            used = statistics.median(run["processor"] for run in runs)
            print(
                f"{one.title} ({Path(one.page).stem}), {given.repeat} browsers, load {load}; CPU of the first check {used:.1f} s"
            )
            targets: dict[str, tuple[float, str]] = {
                "first check": (one.cold, "s"), "second check": (0.2, "s"), "check after Stop": (6, "s"),
                "next page's check, at once": (5, "s"), "the same when its answer is written": (5, "s"),
                "memory after it": (1000, "MB"), "memory at last": (1000, "MB"),
            }  # fmt: skip
            for what, (target, unit) in targets.items():
                values = [run[what] for run in runs]
                number: Callable[[float], str] = (
                    (lambda v: f"{v:.0f}") if unit == "MB" else (lambda v: f"{v:.2f}")
                )
                tell(f"{one.title}: {what}", statistics.median(values), target, unit,
                     f"  ({' '.join(map(number, sorted(values)))})")  # fmt: skip
    print(f"{len(missed)} targets missed" if missed else "every target reached")
    return int(bool(missed))


if __name__ == "__main__":
    sys.exit(main())
