"""What must hold on every page of the real book."""

from __future__ import annotations

import itertools
from urllib.parse import unquote, urldefrag, urlsplit

import pytest
from bs4 import BeautifulSoup


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


@pytest.fixture(scope="module")
def kinds(pages, first_with) -> list[str]:
    """One page of each kind."""
    marks = ('class="cw-box cw-quiz"', "cw-exercise", 'class="dataframe', "math notranslate", "cw-report")
    chosen = {first_with(mark) for mark in marks}
    return sorted(chosen | {"index.html", "book/glossary.html", "book/references.html", "search.html"})


def test_every_page_is_open_to_everybody(tab, pages):
    """axe-core finds nothing, no script fails, nothing is asked of the network."""
    assert not _faults(tab(), pages)


def test_every_kind_of_page_is_open_to_everybody_on_a_phone_in_the_dark(tab, kinds):
    assert not _faults(tab(width=360, scheme="dark"), kinds)


def test_no_page_is_wider_than_a_phone(tab, pages):
    reader, wide = tab(width=360), []
    for name in pages:
        page = _unfolded(reader, name)
        widest = page.evaluate("document.documentElement.scrollWidth")
        if widest > 360:
            wide.append(f"{name}: {widest} px")
    assert not wide, "\n".join(wide)


def _unfolded(reader, name):
    """The page with everything open: what is folded must be readable, too."""
    page = reader.open(name)
    page.evaluate("document.querySelectorAll('details').forEach(d => { d.hidden = false; d.open = true; })")
    page.evaluate("window.MathJax?.startup?.promise?.then(() => new Promise(requestAnimationFrame))")
    return page


def _faults(reader, names) -> str:
    from axe_playwright_python.sync_playwright import Axe

    axe, faults = Axe(), []
    for name in names:
        page = _unfolded(reader, name)
        # axe would fetch style sheets, and fetching is not allowed from the disk.
        for violation in axe.run(page, options={"preload": False}).response["violations"]:
            nodes = "; ".join(node["html"][:120] for node in violation["nodes"][:3])
            faults.append(f"{name}: {violation['id']} ({violation['impact']}): {nodes}")
    return "\n".join(faults)
