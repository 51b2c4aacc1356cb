"""What must hold on every page of the real book."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, urldefrag, urlsplit

import axe_playwright_python
import pytest
from bs4 import BeautifulSoup

from tests.book.conftest import Reader, listen

_AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def soups(book, pages) -> dict[str, BeautifulSoup]:
    return {name: BeautifulSoup((book / name).read_text(encoding="utf-8"), "html.parser") for name in pages}


def test_no_internal_link_or_anchor_is_broken(book, soups):
    anchors = {
        name: {tag.get("id") or tag.get("name") for tag in soup.find_all(attrs={"id": True})}
        for name, soup in soups.items()
    }
    broken = []
    for name, soup in soups.items():
        for tag, attribute in (("a", "href"), ("img", "src"), ("script", "src"), ("link", "href")):
            for element in soup.find_all(tag, attrs={attribute: True}):
                target, anchor = urldefrag(element[attribute])
                if urlsplit(target).scheme or target.startswith("//"):
                    continue
                path = (book / name).parent / unquote(urlsplit(target).path) if target else book / name
                page = path.resolve().relative_to(book.resolve()).as_posix()
                if not path.is_file():
                    broken.append(f"{name}: {element[attribute]}")
                elif anchor and page in anchors and unquote(anchor) not in anchors[page]:
                    broken.append(f"{name}: no anchor {element[attribute]}")
    assert not broken, "\n".join(broken)


def test_every_picture_says_in_words_what_it_shows(soups):
    silent = []
    for name, soup in soups.items():
        for image in soup.select("article img, main img"):
            words = image.get("alt", "")
            # Without a description MyST-NB puts the name of the file there.
            if len(words.split()) < 4 or words.endswith(".png"):
                silent.append(f"{name}: {image.get('src')}: {words!r}")
    assert not silent, "\n".join(silent)


def test_headings_come_in_order(soups):
    jumps = []
    for name, soup in soups.items():
        levels = [
            int(heading.name[1]) for heading in soup.select("main h1, main h2, main h3, main h4, main h5")
        ]
        jumps += [f"{name}: h{a} then h{b}" for a, b in itertools.pairwise(levels) if b > a + 1]
    assert not jumps, "\n".join(jumps)


def test_pages_hold_nothing_for_instructors(book, pages):
    for name in pages:
        text = (book / name).read_text(encoding="utf-8")
        assert "cw-instructor" not in text and "cw-mistake" not in text, name
    for notebook in (book / "_sources").rglob("*.ipynb"):
        text = notebook.read_text(encoding="utf-8")
        assert '"instructor"' not in text and '"wrong-answer"' not in text, notebook


# What a page asks for besides its figures and, where it has formulas, the program that sets them (1.1 MB), or, where one
# searches, the index. The goal is 1.0 MB; the two longest tables of the reference part are a little above it.
_BUDGET = 1_100_000

_WATCH = """
window.shifted = 0;
new PerformanceObserver(list => {
  for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shifted += entry.value;
}).observe({type: 'layout-shift', buffered: true});
"""

_SETTLED = """
() => Promise.all([window.MathJax?.startup?.promise, document.fonts.ready])
  .then(() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(window.shifted)))))
"""

# The height of each entry of the contents beside the page: at rest, and while one reads that part.
_CONTENTS = """
() => [...document.querySelectorAll('.bd-toc .toc-entry > a')].filter(link => link.checkVisibility()).flatMap(link => {
  const was = link.classList.contains('active');
  const heights = [false, true].map(reading => (link.classList.toggle('active', reading), link.offsetHeight));
  link.classList.toggle('active', was);
  return heights[0] === heights[1] ? [] : [link.textContent];
})
"""


@dataclass
class Visit:
    """What was seen on one page."""

    weight: int = 0
    shifted: float = 0.0
    jumps: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


@pytest.fixture(scope="module")
def visits(browser, book, pages) -> dict[str, Visit]:
    """Every page opened once: its weight, what moved while it loaded, what axe-core finds in light and in dark."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, color_scheme="light")
    context.add_init_script(_WATCH)
    page = context.new_page()
    reader = Reader(page, book)
    listen(reader, files=True)
    asked: set[str] = set()
    page.on("request", lambda request: asked.add(unquote(urlsplit(request.url).path)))
    seen = {}
    for name in pages:
        asked.clear()
        visit = seen[name] = Visit()
        reader.open(name)
        visit.shifted = page.evaluate(_SETTLED)
        visit.jumps = page.evaluate(_CONTENTS)
        visit.weight = sum(
            Path(path).stat().st_size for path in asked if not re.search(r"/_images/|/mathjax/|/searchindex\.js$|^/$", path)
        )
        _unfold(page)
        visit.faults += _axe(page, None)
        # A colour on its way from light to dark has a contrast of its own.
        page.add_style_tag(content="* { transition: none !important; }")
        page.emulate_media(color_scheme="dark")
        page.wait_for_selector("html[data-theme='dark']", state="attached")
        # Only colours change with the theme, so only the rules about colours are asked again.
        visit.faults += [f"dark: {fault}" for fault in _axe(page, ["color-contrast", "link-in-text-block"])]
        page.emulate_media(color_scheme="light")
    context.close()
    seen["all pages"] = Visit(faults=reader.complaints)
    return seen


def _axe(page, rules: list[str] | None) -> list[str]:
    if not page.evaluate("'axe' in window"):
        page.evaluate(_AXE)
    # axe would fetch style sheets, and fetching is not allowed from the disk. It cannot talk to a page in a frame from
    # there, either; such pages are tested by themselves, in test_frames.py.
    options = {"preload": False, "resultTypes": ["violations"], "iframes": False}
    if rules:
        options["runOnly"] = {"type": "rule", "values": rules}
    found = page.evaluate("options => axe.run(document, options).then(result => result.violations)", options)
    return [
        f"{violation['id']} ({violation['impact']}): "
        + "; ".join(node["html"][:120] for node in violation["nodes"][:3])
        for violation in found
    ]


def test_every_page_is_open_to_everybody(visits):
    """axe-core finds nothing in light or dark, no script fails, nothing is asked of the network."""
    found = [f"{name}: {fault}" for name, visit in visits.items() for fault in visit.faults]
    assert not found, "\n".join(found)


def test_no_page_weighs_more_than_its_budget(visits):
    heavy = {name: visit.weight for name, visit in visits.items() if visit.weight > _BUDGET}
    assert not heavy
    assert max(visit.weight for visit in visits.values()) > 100_000, "nothing was weighed"


def test_nothing_moves_while_a_page_loads(visits):
    moved = {name: round(visit.shifted, 4) for name, visit in visits.items() if visit.shifted > 0.001}
    assert not moved


def test_the_contents_beside_a_page_do_not_jump_while_one_reads(visits):
    jumping = {name: visit.jumps for name, visit in visits.items() if visit.jumps}
    assert not jumping


@pytest.fixture(scope="module")
def kinds(pages, first_with) -> list[str]:
    """One page of each kind."""
    marks = ('class="cw-box cw-quiz"', "cw-exercise", 'class="dataframe', "math notranslate", "cw-report")
    chosen = {first_with(mark) for mark in marks}
    return sorted(chosen | {"index.html", "book/glossary.html", "book/references.html", "search.html"})


def test_every_kind_of_page_is_open_to_everybody_on_a_phone_in_the_dark(tab, kinds):
    reader = tab(width=360, scheme="dark")
    found = []
    for name in kinds:
        found += [f"{name}: {fault}" for fault in _axe(_unfolded(reader, name), None)]
    assert not found, "\n".join(found)


def test_no_page_is_wider_than_a_phone(tab, pages):
    reader, wide = tab(width=360), []
    for name in pages:
        page = _unfolded(reader, name)
        widest = page.evaluate("document.documentElement.scrollWidth")
        if widest > 360:
            wide.append(f"{name}: {widest} px")
    assert not wide, "\n".join(wide)


def _unfolded(reader, name):
    page = reader.open(name)
    _unfold(page)
    return page


def _unfold(page) -> None:
    """Open everything on the page: what is folded must be readable, too."""
    page.evaluate("document.querySelectorAll('details').forEach(d => { d.hidden = false; d.open = true; })")
    page.evaluate("window.MathJax?.startup?.promise?.then(() => new Promise(requestAnimationFrame))")
