"""Pages that a lesson shows in a frame: the citizen's page of c5, the printed pages of c11 and of the workshop lessons.

The tests of every page leave frames out, because axe-core cannot reach into a frame from the disk. So each framed document is
taken out of the book, byte for byte, and opened by itself, as wide as its frame is on a desk and on a phone.
"""

from __future__ import annotations

import base64

import pytest

from tests.book.conftest import Reader, listen

WIDTHS = {"desk": 700, "phone": 320}


def framed(source) -> str:
    """The document of one frame: inside the page, as text or as a data address."""
    if source.get("srcdoc"):
        return source["srcdoc"]
    head, _, data = source["src"].partition(",")
    assert head == "data:text/html;charset=utf-8;base64", f"a frame of something else: {head[:80]}"
    return base64.b64decode(data).decode()


@pytest.fixture(scope="module")
def frames(soups) -> list[tuple[str, str, str]]:
    """Page, title and document of every frame of the book."""
    found = []
    for name, soup in soups.items():
        for frame in soup.find_all("iframe"):
            found.append((name, frame.get("title", ""), framed(frame)))
    return found


def test_the_lessons_with_frames_have_them(frames):
    there = " ".join(name for name, _, _ in frames)
    assert "c5-what-the-citizen-sees" in there and "c11-adapting-to-your-country" in there
    assert all(title.strip() for _, title, _ in frames), "a frame without a name"


@pytest.mark.parametrize(
    ("scheme", "place"),
    [
        pytest.param("light", "desk", marks=pytest.mark.everything),
        ("dark", "phone"),
        pytest.param("light", "phone", marks=pytest.mark.everything),
        pytest.param("dark", "desk", marks=pytest.mark.everything),
    ],
)
def test_every_framed_document_is_open_to_everybody(browser, frames, tmp_path, place, scheme):
    from axe_playwright_python.sync_playwright import Axe

    context = browser.new_context(viewport={"width": WIDTHS[place], "height": 640}, color_scheme=scheme)
    reader, faults = Reader(context.new_page(), tmp_path), []
    listen(reader, files=True)
    for number, (name, title, document) in enumerate(frames):
        (tmp_path / f"{number}.html").write_text(document, encoding="utf-8")
        page = reader.open(str(number))
        page.evaluate("document.querySelectorAll('details').forEach(part => { part.open = true; })")
        for fault in Axe().run(page, options={"preload": False}).response["violations"]:
            faults.append(f"{name}: {title}: {fault['id']} {fault['nodes'][0]['target']}")
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        if wide > 0:
            faults.append(f"{name}: {title}: {wide} px wider than its frame")
    context.close()
    assert not faults + reader.complaints, "\n".join(faults + reader.complaints)
