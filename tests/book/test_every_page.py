"""What must hold on every page of the real book."""

from __future__ import annotations

import http.server
import itertools
import posixpath
import re
import threading
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import ClassVar
from urllib.parse import unquote, urldefrag, urlsplit

import axe_playwright_python
import pytest

from tests.book.conftest import Reader, listen

_AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")


def test_no_internal_link_or_anchor_is_broken(book, soups):
    anchors = {
        name: {tag.get("id") or tag.get("name") for tag in soup.find_all(attrs={"id": True})}
        for name, soup in soups.items()
    }
    files = {path.relative_to(book).as_posix() for path in book.rglob("*") if path.is_file()}
    broken = []
    for name, soup in soups.items():
        for tag, attribute in (("a", "href"), ("img", "src"), ("script", "src"), ("link", "href")):
            for element in soup.find_all(tag, attrs={attribute: True}):
                target, anchor = urldefrag(element[attribute])
                if urlsplit(target).scheme or target.startswith("//"):
                    continue
                path = unquote(urlsplit(target).path)
                page = posixpath.normpath(posixpath.join(posixpath.dirname(name), path)) if path else name
                if page not in files:
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

# Each movement with what moved, from where to where.
_WATCH = """
window.moved = [];
new PerformanceObserver(list => {
  const place = box => `${Math.round(box.x)},${Math.round(box.y)} ${Math.round(box.width)}x${Math.round(box.height)}`;
  for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.moved.push([entry.value, entry.sources.map(one =>
    `${one.node?.parentElement?.className ?? ''} > ${one.node?.nodeName} ${one.node?.textContent.trim().slice(0, 30)}: ` +
    `${place(one.previousRect)} to ${place(one.currentRect)}`)]);
}).observe({type: 'layout-shift', buffered: true});
"""

_DRAWN = "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"

_SETTLED = f"""
() => Promise.all([window.MathJax?.startup?.promise, document.fonts.ready]).then({_DRAWN}).then(() => window.moved)
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


# Every word on the page whose colour is too close to what lies behind it, by the rules of WCAG 2.2 (1.4.3), in one pass. axe-core
# does the same by asking what covers what at every point, which takes some seconds a page; where both look, they agree
# (`test_the_quick_look_at_colours_sees_what_axe_sees`).
_FAINT = """
() => {
  const brush = Object.assign(document.createElement('canvas'), {width: 1, height: 1}).getContext('2d', {willReadFrequently: true});
  const known = new Map();
  const rgba = text => {
    if (!known.has(text)) {
      brush.clearRect(0, 0, 1, 1);
      brush.fillStyle = text;
      brush.fillRect(0, 0, 1, 1);
      const [r, g, b, a] = brush.getImageData(0, 0, 1, 1).data;
      known.set(text, [r, g, b, a / 255]);
    }
    return known.get(text);
  };
  const over = (upper, lower) => upper.slice(0, 3).map((value, at) => value * upper[3] + lower[at] * (1 - upper[3])).concat(1);
  const grounds = new Map();
  const ground = element => {
    if (!element) return [255, 255, 255, 1];
    if (!grounds.has(element)) {
      const style = getComputedStyle(element), own = rgba(style.backgroundColor);
      const below = own[3] < 1 ? ground(element.parentElement) : own;
      // What lies on a picture cannot be told from styles.
      grounds.set(element, style.backgroundImage !== 'none' || !below ? null : own[3] < 1 ? over(own, below) : own);
    }
    return grounds.get(element);
  };
  const light = colour => {
    const [r, g, b] = colour.map(value => value / 255).map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const faint = [], words = new Map();
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const parent = walker.currentNode.parentElement;
    words.set(parent, (words.get(parent) ?? '') + walker.currentNode.data);
  }
  for (const field of document.querySelectorAll('input:not([type=hidden], [type=checkbox], [type=radio]), select, textarea'))
    words.set(field, 'a field');
  let looked = 0;
  for (const [element, text] of words) {
    // Signs alone, such as the plus between two keys, are words to nobody; axe-core gives no verdict on them either.
    if (text.trim().length < 2 || !text.trim().replace(/[\\p{P}\\p{S}]/gu, '') || element.closest('script, style, noscript, svg, template, option, [aria-hidden=true], :disabled, [aria-disabled=true]')) continue;
    if (!element.checkVisibility({opacityProperty: true, visibilityProperty: true})) continue;
    const box = element.getBoundingClientRect(), style = getComputedStyle(element);
    if (box.width <= 1 || box.height <= 1) continue;
    const behind = ground(element);
    if (!behind) continue;
    looked += 1;
    let ink = over(rgba(style.color), behind), shown = 1, cut = false;
    for (let one = element; one; one = one.parentElement) {
      shown *= getComputedStyle(one).opacity;
      cut ||= getComputedStyle(one).clip !== 'auto';  // for those who listen
    }
    if (cut) continue;
    if (shown < 1) ink = over([...ink.slice(0, 3), shown], ground(element.parentElement) ?? behind);
    const [dark, bright] = [light(ink), light(behind)].sort((a, b) => a - b), ratio = (bright + 0.05) / (dark + 0.05);
    const size = parseFloat(style.fontSize), large = size >= 24 || (size >= 18.66 && parseInt(style.fontWeight) >= 700);
    if (Math.round(ratio * 100) / 100 < (large ? 3 : 4.5)) faint.push(element);
  }
  return {faint, looked};
}
"""

# Links in running text that only their colour tells from the words around them (WCAG 1.4.1). axe-core's rule allows colour alone
# where the contrast is high enough, and takes seconds for a page; here every such link has a line under it.
_PLAIN_LINKS = """
() => [...document.querySelectorAll('main :is(p, li, td, dd) a')].filter(link => {
  if (!link.checkVisibility({opacityProperty: true, visibilityProperty: true}) || !link.textContent.trim()) return false;
  const around = [...link.closest('p, li, td, dd').childNodes].filter(one => one.nodeType === Node.TEXT_NODE);
  if (!/\\p{L}{3}/u.test(around.map(one => one.data).join(' '))) return false;
  return ![link, ...link.querySelectorAll('*')].some(one => {
    const style = getComputedStyle(one);
    return style.textDecorationLine.includes('underline') || parseFloat(style.borderBottomWidth) > 0;
  });
}).map(link => link.outerHTML.slice(0, 120))
"""

# Pictures that are stretched: as wide as the page allows, and as high as if it were wider.
_STRETCHED = """
() => [...document.querySelectorAll('main img')].filter(one => {
  const shown = one.clientWidth / one.clientHeight, own = one.naturalWidth / one.naturalHeight;
  return one.checkVisibility() && one.complete && one.clientHeight > 20 && Math.abs(shown / own - 1) > 0.03;
}).map(one => `${one.getAttribute('src')}: ${one.clientWidth} x ${one.clientHeight} of ${one.naturalWidth} x ${one.naturalHeight}`)
"""

_FAINT_SAID = f"""
() => {{
  const found = ({_FAINT})();
  return {{looked: found.looked, said: found.faint.map(one => one.outerHTML.slice(0, 120))}};
}}
"""


@dataclass
class Visit:
    """What was seen on one page."""

    weight: int = 0
    moved: list[str] = field(default_factory=list)
    jumps: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    looked: int = 0
    width: int = 0


def _movements(page) -> list[str]:
    """What moved since the page was opened, if one can see it. Font files that come late move the search button by a hair."""
    moved = page.evaluate(_SETTLED)
    if sum(value for value, _ in moved) <= 0.001:
        return []
    return [f"{value:.4f} {'; '.join(what)}" for value, what in moved]


@pytest.fixture(scope="module", params=["of each kind", pytest.param("all", marks=pytest.mark.everything)])
def visits(once, book, pages, kinds, request) -> dict[str, Visit]:
    """Pages opened once: their weight, what moved while they loaded, what axe-core finds, their colours in light and in dark.

    One of each kind; with `make test-everything` all.
    """
    chosen = pages if request.param == "all" else kinds
    seen = once(
        f"visits {request.param}",
        lambda: {
            name: asdict(visit) for name, visit in _visit(request.getfixturevalue("browser"), book, chosen)
        },
    )
    return {name: Visit(**visit) for name, visit in seen.items()}


def _visit(browser, book: Path, pages: list[str]) -> Iterator[tuple[str, Visit]]:
    context = browser.new_context(viewport={"width": 1280, "height": 900}, color_scheme="light")
    context.add_init_script(_WATCH)
    page = context.new_page()
    reader = Reader(page, book)
    listen(reader, files=True)
    asked: set[str] = set()
    page.on("request", lambda request: asked.add(unquote(urlsplit(request.url).path)))
    for name in pages:
        asked.clear()
        visit = Visit()
        reader.open(name)
        visit.moved = _movements(page)
        visit.jumps = page.evaluate(_CONTENTS)
        visit.weight = sum(
            Path(path).stat().st_size
            for path in asked
            if not re.search(r"/_images/|/mathjax/|/searchindex\.js$|^/$", path)
        )
        _unfold(page)
        visit.faults += _axe(page, None, without=["color-contrast", "link-in-text-block"])
        visit.faults += [f"stretched: {said}" for said in page.evaluate(_STRETCHED)]
        visit.faults += [f"only its colour tells this link: {said}" for said in page.evaluate(_PLAIN_LINKS)]
        # A colour on its way from light to dark has a contrast of its own.
        page.add_style_tag(content="* { transition: none !important; }")
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            page.wait_for_selector(f"html[data-theme='{scheme}']", state="attached")
            colours = page.evaluate(_FAINT_SAID)
            visit.looked += colours["looked"]
            visit.faults += [f"{scheme}: too faint: {said}" for said in colours["said"]]
        page.emulate_media(color_scheme="light")
        page.set_viewport_size({"width": 360, "height": 900})
        visit.width = page.evaluate("document.documentElement.scrollWidth")
        visit.faults += [f"stretched on a phone: {said}" for said in page.evaluate(_STRETCHED)]
        page.set_viewport_size({"width": 1280, "height": 900})
        yield name, visit
    context.close()
    yield "all pages", Visit(faults=reader.complaints)


def _axe(page, rules: list[str] | None, without: Sequence[str] = ()) -> list[str]:
    if not page.evaluate("'axe' in window"):
        page.evaluate(_AXE)
    # axe would fetch style sheets, and fetching is not allowed from the disk. It cannot talk to a page in a frame from
    # there, either; such pages are tested by themselves, in test_frames.py.
    options = {
        "preload": False, "resultTypes": ["violations"], "iframes": False, "rules": {rule: {"enabled": False} for rule in without},
    }  # fmt: skip
    if rules:
        options["runOnly"] = {"type": "rule", "values": rules}
    found = page.evaluate("options => axe.run(document, options).then(result => result.violations)", options)
    return [
        f"{violation['id']} ({violation['impact']}): "
        + "; ".join(node["html"][:120] for node in violation["nodes"][:3])
        for violation in found
    ]


def test_pages_are_open_to_everybody(visits):
    """axe-core finds nothing, no word is too faint in light or dark, no script fails, nothing is asked of the network."""
    found = [f"{name}: {fault}" for name, visit in visits.items() for fault in visit.faults]
    assert not found, "\n".join(found)
    assert all(visit.looked > 50 for name, visit in visits.items() if name != "all pages"), (
        "no words were looked at"
    )


def test_no_page_weighs_more_than_its_budget(visits):
    heavy = {name: visit.weight for name, visit in visits.items() if visit.weight > _BUDGET}
    assert not heavy
    assert max(visit.weight for visit in visits.values()) > 100_000, "nothing was weighed"


def test_nothing_moves_while_a_page_loads(visits):
    moved = [f"{name}: {one}" for name, visit in visits.items() for one in visit.moved]
    assert not moved, "\n".join(moved)


def test_the_contents_beside_a_page_do_not_jump_while_one_reads(visits):
    jumping = {name: visit.jumps for name, visit in visits.items() if visit.jumps}
    assert not jumping


@pytest.fixture(scope="module")
def kinds(pages, first_with) -> list[str]:
    """One page of each kind."""
    marks = ('class="cw-box cw-quiz"', "cw-exercise", 'class="dataframe', "math notranslate", "cw-report")
    chosen = {first_with(mark) for mark in marks}
    return sorted(chosen | {"index.html", "book/glossary.html", "book/references.html", "search.html"})


@pytest.mark.everything
def test_every_kind_of_page_is_open_to_everybody_on_a_phone_in_the_dark(tab, kinds):
    reader, found = tab(width=360, scheme="dark"), []
    for name in kinds:
        page = _unfolded(reader, name)
        found += [f"{name}: {fault}" for fault in _axe(page, None)]
        if (widest := page.evaluate("document.documentElement.scrollWidth")) > 360:
            found.append(f"{name}: {widest} px wide")
    assert not found, "\n".join(found)


@pytest.mark.everything
@pytest.mark.parametrize("half", [0, 1])
def test_the_colours_of_every_page_are_open_to_everybody(tab, pages, half):
    """What `visits` leaves to the quick look, asked of axe-core: in light on a desk, in the dark on a phone."""
    reader, found = tab(), []
    for name in pages[half::2]:
        page = _unfolded(reader, name)
        page.add_style_tag(content="* { transition: none !important; }")
        for scheme, width in (("light", 1280), ("dark", 360)):
            page.emulate_media(color_scheme=scheme)
            page.set_viewport_size({"width": width, "height": 900})
            page.wait_for_selector(f"html[data-theme='{scheme}']", state="attached")
            faults = _axe(page, ["color-contrast", "link-in-text-block"])
            found += [f"{name}, {scheme}, {width} px: {fault}" for fault in faults]
            if (widest := page.evaluate("document.documentElement.scrollWidth")) > width:
                found.append(f"{name}, {width} px: {widest} px wide")
        page.emulate_media(color_scheme="light")
        page.set_viewport_size({"width": 1280, "height": 900})
    assert not found, "\n".join(found)


def test_no_page_is_wider_than_a_phone(visits):
    wide = [f"{name}: {visit.width} px" for name, visit in visits.items() if visit.width > 360]
    assert not wide, "\n".join(wide)
    assert max(visit.width for visit in visits.values()) == 360, "nothing was measured"


# Every seventh element that holds words is made too faint, in one of three ways. axe-core and the quick look must name the same ones.
_SPOIL = """
() => [...document.querySelectorAll('main p, main li, main td, main th, main a, main h2, main code')].forEach((element, at) => {
  if (at % 7 === 0) element.style.color = '#aaa';
  if (at % 7 === 3) element.style.backgroundColor = 'rgba(90, 90, 90, 0.6)';
  if (at % 35 === 5) element.style.opacity = '0.3';
})
"""

_COMPARE = f"""
options => axe.run('main', options).then(result => {{
  const axes = new Set(result.violations.flatMap(one => one.nodes.map(node => node.element)));
  // What axe-core gives no verdict on: words that something else covers, words of one letter.
  const open = new Set(result.incomplete.flatMap(one => one.nodes.map(node => node.element)));
  const ours = ({_FAINT})().faint.filter(element => element.closest('main') && !open.has(element));
  const said = element => element.outerHTML.slice(0, 150);
  return {{both: ours.filter(one => axes.has(one)).length, ours: ours.filter(one => !axes.has(one)).map(said),
           axes: [...axes].filter(one => !ours.includes(one)).map(said)}};
}})
"""


@pytest.mark.everything
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_quick_look_at_colours_sees_what_axe_sees(tab, kinds, scheme):
    reader = tab(scheme=scheme)
    for name in [kind for kind in kinds if kind.startswith(("notebooks/", "exercises/"))][:3]:
        page = _unfolded(reader, name)
        page.evaluate(_SPOIL)
        page.evaluate(_AXE)
        found = page.evaluate(
            _COMPARE,
            {
                "preload": False,
                "elementRef": True,
                "iframes": False,
                "runOnly": {"type": "rule", "values": ["color-contrast"]},
            },
        )
        assert found["both"] > 5 and not found["ours"] and not found["axes"], f"{name}: {found}"


def test_a_link_that_only_its_colour_tells_is_seen(tab, first_with):
    page = tab().open(first_with("reference external"))
    assert page.evaluate(_PLAIN_LINKS) == []
    page.add_style_tag(content="main a { text-decoration: none !important; border: none !important; }")
    assert page.evaluate(_PLAIN_LINKS)


class _Halting(http.server.SimpleHTTPRequestHandler):
    """Sends a page in pieces, and each only when the browser has drawn the one before it: a slow line, a busy machine."""

    drawn = threading.Semaphore(0)
    pieces: ClassVar[list[bytes]] = []

    def do_GET(self) -> None:
        if not self.path.endswith(".html"):
            super().do_GET()
            return
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        for piece in self.pieces:
            self.wfile.write(piece)
            self.wfile.flush()
            self.drawn.acquire()

    def log_message(self, *_: object) -> None: ...


def _cut(text: str, number: int) -> list[bytes]:
    """A page in pieces, each of which ends where a paragraph, a row or another block ends."""
    ends = [
        found.end()
        for found in re.finditer(r"<article\b[^>]*>|</(?:p|tr|li|h\d|pre|figure|details|table|div)>", text)
    ]
    chosen = [0, *ends[:: max(1, len(ends) // number)], len(text)]
    return [text[a:b].encode() for a, b in itertools.pairwise(chosen)]


def _moved_while_arriving(browser, book: Path, names: Iterable[str], width: int) -> list[str]:
    class Handler(_Halting):
        def __init__(self, *args: object) -> None:
            super().__init__(*args, directory=str(book))

    context = browser.new_context(viewport={"width": width, "height": 900})
    context.add_init_script(_WATCH)
    found = []
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        for name in names:
            page = context.new_page()
            _Halting.pieces = _cut((book / name).read_text(encoding="utf-8"), 30)
            page.goto(f"http://127.0.0.1:{server.server_port}/{name}", wait_until="commit")
            for _ in _Halting.pieces:
                page.evaluate(_DRAWN)
                _Halting.drawn.release()
            page.wait_for_load_state("load")
            found += [f"{name}: {one}" for one in _movements(page)]
            page.close()
        server.shutdown()
    context.close()
    return found


def test_nothing_moves_however_slowly_a_page_of_any_kind_arrives(browser, book, kinds):
    found = _moved_while_arriving(
        browser, book, {*kinds, "book/how-to-teach.html", "book/accessibility.html"}, 1280
    )
    assert not found, "\n".join(found)


@pytest.mark.everything
@pytest.mark.parametrize("width", [1280, 360])
def test_nothing_moves_however_slowly_any_page_arrives(browser, book, pages, width):
    found = _moved_while_arriving(browser, book, pages, width)
    assert not found, "\n".join(found)


def _unfolded(reader, name):
    page = reader.open(name)
    _unfold(page)
    return page


def _unfold(page) -> None:
    """Open everything on the page: what is folded must be readable, too."""
    page.evaluate("document.querySelectorAll('details').forEach(d => { d.hidden = false; d.open = true; })")
    page.evaluate("window.MathJax?.startup?.promise?.then(() => new Promise(requestAnimationFrame))")
