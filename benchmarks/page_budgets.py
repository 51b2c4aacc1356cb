"""Is every page of a built book light, quick, still and silent? One command measures all of them.

    python benchmarks/page_budgets.py [FOLDER]        FOLDER is `_build/html` unless given

Each page is opened in Chromium from the disk, with the processor slowed down four times. The budgets: 1.0 MB without
figures, first contentful paint within 1 s, nothing that moves while the page loads, no request outside the folder, no
error in the console. The program that sets formulas (MathJax, one file for all pages) and the index of the search are not
counted, as figures are not. Exit code 1 says that a page misses a budget.
"""

from __future__ import annotations

import re
import statistics
import sys
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, urlsplit

from playwright.sync_api import sync_playwright

BYTES, PAINT, SHIFT, SLOWER = 1_000_000, 1000.0, 0.001, 4
SHOWN = 10
# Not counted: figures; the program that sets formulas (1.1 MB, one file for all pages); the index where one searches.
_APART = re.compile(r"/_images/|/mathjax/|/searchindex\.js$|^/$")

_WATCH = """
window.shifted = 0;
new PerformanceObserver(list => {
  for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shifted += entry.value;
}).observe({type: 'layout-shift', buffered: true});
"""
_SETTLED = """
() => Promise.all([window.MathJax?.startup?.promise, document.fonts.ready])
  .then(() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done([
    window.shifted, performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? NaN,
  ])))))
"""


@dataclass
class Page:
    """What one page asked for and did. `paint` is in milliseconds."""

    name: str
    bytes: int = 0
    paint: float = 0.0
    shift: float = 0.0
    outside: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def misses(self) -> list[str]:
        """The budgets that this page misses. A page whose paint could not be measured misses that budget."""
        held = {
            "bytes": self.bytes <= BYTES,
            "paint": self.paint <= PAINT,
            "shift": self.shift <= SHIFT,
            "outside": not self.outside,
            "errors": not self.errors,
        }
        return [name for name, good in held.items() if not good]


def measure(book: Path) -> list[Page]:
    """Open every page of a book once, each in a tab of its own."""
    names = sorted(path.relative_to(book).as_posix() for path in book.rglob("*.html"))
    names = [name for name in names if not name.startswith(("_static/", "_sources/"))]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        context = browser.new_context(viewport={"width": 1280, "height": 900})
        context.add_init_script(_WATCH)
        _visit(context, book, names[0])  # the first page of a browser pays for its start
        pages = [_visit(context, book, name) for name in names]
        pages = [_again(context, book, page) for page in pages]
        browser.close()
    return pages


def _again(context, book: Path, page: Page) -> Page:
    """Other programs use the processor as well: a page that seems slow is opened twice more, and its best time counts."""
    if page.paint > PAINT:
        page.paint = min(page.paint, *(_visit(context, book, page.name).paint for _ in range(2)))
    return page


def _visit(context, book: Path, name: str) -> Page:
    found, inside, asked = Page(name), f"{book.as_uri()}/", set()
    tab = context.new_page()

    def request(one) -> None:
        if one.url.startswith(inside):
            asked.add(unquote(urlsplit(one.url).path))
        elif not one.url.startswith(("data:", "blob:")):
            found.outside.append(one.url)

    tab.on("request", request)
    tab.on("console", lambda message: found.errors.append(message.text) if message.type == "error" else None)
    tab.on("pageerror", lambda error: found.errors.append(str(error)))
    context.new_cdp_session(tab).send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    tab.goto(f"{inside}{name}")
    found.shift, found.paint = tab.evaluate(_SETTLED)
    found.bytes = sum(
        Path(path).stat().st_size for path in asked if not _APART.search(path) and Path(path).is_file()
    )
    tab.close()
    return found


def report(pages: list[Page]) -> str:
    """The worst pages as a table, and a line per budget."""
    worst = sorted(pages, key=lambda p: (-len(p.misses()), -max(p.bytes / BYTES, p.paint / PAINT)))[:SHOWN]
    lines = [f"{'MB':>6} {'paint ms':>9} {'shift':>7} {'outside':>8} {'errors':>7}  page"]
    lines += [
        f"{p.bytes / 1e6:6.3f} {p.paint:9.0f} {p.shift:7.4f} {len(p.outside):8} {len(p.errors):7}  {p.name}"
        + (f"  <- {', '.join(p.misses())}" if p.misses() else "")
        for p in worst
    ]
    paints = [page.paint for page in pages]
    lines += [
        "",
        f"{len(pages)} pages, processor {SLOWER} times slower.",
        f"heaviest {max(p.bytes for p in pages) / 1e6:.3f} MB (budget {BYTES / 1e6:.1f}), without figures, MathJax, index",
        f"slowest paint {max(paints):.0f} ms, median {statistics.median(paints):.0f} ms (budget {PAINT:.0f})",
        f"largest shift {max(p.shift for p in pages):.4f} (budget 0)",
        f"requests outside {sum(len(p.outside) for p in pages)}, errors {sum(len(p.errors) for p in pages)} (budget 0)",
    ]
    missed = [page for page in pages if page.misses()]
    lines.append(f"MISSED by {len(missed)} pages." if missed else "All budgets are met.")
    return "\n".join(lines)


def main(arguments: list[str]) -> int:
    book = Path(arguments[0] if arguments else "_build/html").resolve()
    if not (book / "index.html").is_file():
        print(f"There is no book in {book}. Build it first: cleanworks book", file=sys.stderr)
        return 2
    pages = measure(book)
    print(report(pages))
    return 1 if any(page.misses() for page in pages) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
