"""Pages that stand alone, as HTML and on paper."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import matplotlib.pyplot as plt
import pandas as pd
import pytest
from bs4 import BeautifulSoup

from cleanworks import paper, scratch
from cleanworks.errors import InputError


@pytest.fixture
def printer():
    if paper.browser() is None:
        missing = "No browser that prints was found: install Chromium, or name one in CLEANWORKS_CHROMIUM."
        if os.environ.get("CI") == "true":
            pytest.fail(missing)
        pytest.skip(missing)


def page(**options) -> paper.Page:
    rows = pd.DataFrame({"name": ["<b>Bridge</b>", None], "amount": [1234567.0, float("nan")]})
    return paper.Page(
        "Works & days",
        "<h1>Works</h1>" + paper.table(rows, caption="Two works", formats={"amount": "{:,.0f}"}),
        **options,
    )


def test_a_page_in_a_lesson_has_a_button_that_prints_it_and_is_not_printed_itself(tmp_path):
    frame = BeautifulSoup(page(language="fr")._repr_html_(), "html.parser").find("iframe")
    inside = BeautifulSoup(frame["srcdoc"], "html.parser")
    (button,) = inside.find_all("button")
    assert button.get_text() == "Imprimer ou enregistrer en PDF" and button["onclick"] == "window.print()"
    assert button.find_parent(class_="screen-only"), "the button would stand on the paper"
    assert inside.find("h1").get_text() == "Works"
    assert "<button" not in page().save(tmp_path / "works.html").read_text(encoding="utf-8")


def test_a_page_is_a_whole_document_and_escapes_what_comes_from_data(tmp_path):
    saved = page(language="ar", direction="rtl").save(tmp_path / "works.html")
    text = saved.read_text(encoding="utf-8")
    assert '<html lang="ar" dir="rtl">' in text
    assert "<title>Works &amp; days</title>" in text
    assert "&lt;b&gt;Bridge" in text and "<b>Bridge" not in text
    assert '<td class="number">1,234,567</td>' in text
    assert '<td class="number">-</td>' in text, "a missing number is a dash, not nan"
    assert "http" not in text
    assert [path.name for path in tmp_path.iterdir()] == ["works.html"]


def test_the_same_page_prints_to_the_same_file(tmp_path, printer):
    first = page().save(tmp_path / "one.pdf").read_bytes()
    second = page().save(tmp_path / "two.pdf").read_bytes()
    assert first.startswith(b"%PDF-") and b"/StructTreeRoot" in first
    assert first == second


@pytest.mark.parametrize(
    ("name", "said"), [("page.docx", "as .html or .pdf"), ("missing/page.html", "folder does not exist")]
)
def test_a_place_that_cannot_hold_a_page(tmp_path, name, said):
    with pytest.raises(InputError, match=said):
        page().save(tmp_path / name)


def test_without_a_browser_the_message_says_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setattr(paper, "browser", lambda: None)
    (tmp_path / "plan.pdf").write_text("older")
    with pytest.raises(InputError, match=r"Save the page as \.html"):
        page().save(tmp_path / "plan.pdf")
    assert (tmp_path / "plan.pdf").read_text() == "older"


@pytest.mark.skipif(os.name != "posix", reason="uses a program that every POSIX system has")
@pytest.mark.parametrize("program", ["false", "/no/such/browser"])
def test_a_browser_that_does_not_print_is_reported(tmp_path, monkeypatch, program):
    monkeypatch.setenv("CLEANWORKS_CHROMIUM", shutil.which(program) or program)
    with pytest.raises(InputError, match="did not print"):
        page().save(tmp_path / "plan.pdf")
    assert not list(tmp_path.iterdir())


def test_a_figure_carries_its_words():
    figure, axes = plt.subplots()
    axes.plot([1, 2])
    text = paper.figure(figure, alt='A line that "rises"', caption="One & two")
    assert 'alt="A line that &quot;rises&quot;"' in text
    assert "<figcaption>One &amp; two</figcaption>" in text
    assert not plt.fignum_exists(figure.number)
    with pytest.raises(InputError, match="needs words"):
        paper.figure(plt.figure(), alt=" ")
    plt.close("all")


def test_a_format_for_a_column_that_is_not_there():
    with pytest.raises(InputError, match="no column 'cost'"):
        paper.table(pd.DataFrame({"a": [1]}), caption="Costs", formats={"cost": "{}"})


def test_french_has_its_spaces_and_code_has_not():
    written = (
        '<p title="a: b">Le kit : prêt ? « Oui » &amp; <code>x: int</code></p><p>Jour 1: lundi, 09:00</p>'
    )
    set_ = paper.typeset(written, "fr")
    kept = '<p title="a: b">Le kit\u00a0: prêt\u00a0? «\u00a0Oui\u00a0» &amp; <code>x: int</code></p>'
    assert set_ == kept + "<p>Jour 1\u00a0: lundi, 09:00</p>"
    assert paper.typeset(written, "en") == written
    # Lists joined by a program, and a semicolon that is the end of a sign.
    assert (
        paper.typeset("<p>MBN (2018); A &amp; B; fin</p>", "fr")
        == "<p>MBN (2018)\u00a0; A &amp; B\u00a0; fin</p>"
    )


def test_what_the_browser_counts_does_not_change_the_file():
    """Under load it gives the parts of a page other numbers now and then: one of sixty printings was another file."""

    def printed(first, moment):
        ids = b" ".join(b"/ID (node%08d)" % number for number in (first, first + 4, first + 90))
        return b"%%PDF /CreationDate (D:%s+00'00') %s /Headers [(node%08d)]" % (moment, ids, first + 4)

    one = paper.steady(printed(12, b"20261129180643"))
    assert one == paper.steady(printed(13, b"20270101000001"))
    assert one.count(b"(node00000002)") == 2 and len(one) == len(printed(12, b"20261129180643"))
    assert one != paper.steady(printed(12, b"20261129180643").replace(b"/Headers", b"/Footers"))


@pytest.mark.skipif(os.name != "posix", reason="a browser made of a shell script")
def test_what_a_browser_leaves_lies_in_a_folder_that_is_removed(tmp_path, monkeypatch):
    browser, said = tmp_path / "browser", tmp_path / "said"
    browser.write_text(f'#!/bin/sh\ntouch "$TMPDIR/left"\necho "$TMPDIR" > {said}\n')
    browser.chmod(0o755)
    monkeypatch.setenv("CLEANWORKS_CHROMIUM", str(browser))
    with pytest.raises(InputError, match="did not print"):
        paper.pdf("<p>Rain</p>")
    place = Path(said.read_text().strip())
    assert place.name.startswith(scratch.PREFIX) and not place.exists()
