"""A reader finds the way: along a path, through the graph, from a word in the index, from a term to its meaning."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from playwright.sync_api import expect

from cleanworks.workshop import workshop_file
from cleanworks.workshop.catalogue import Course
from cleanworks.workshop.delivery import workshop_folder
from cleanworks.workshop.delivery.programme import make_programme

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("width", [1280, 360])
def test_a_path_leads_to_its_lessons_with_the_keyboard(tab, width):
    page = tab(width=width).open("book/paths")
    page.locator("article a[href$='paths/auditors.html']").press("Enter")
    page.wait_for_url("**/book/paths/auditors.html")
    lessons = page.locator("table.cw-report a")
    assert lessons.count() >= 6
    lessons.first.press("Enter")
    page.wait_for_url("**/notebooks/orientation/o0-*")
    expect(page.get_by_role("heading", level=1)).to_have_count(1)


def test_the_graph_leads_to_lessons_and_scrolls_inside_its_frame(tab):
    page = tab(width=360).open("book/paths")
    frame = page.locator(".cw-graph")
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    assert frame.evaluate("frame => frame.scrollWidth > frame.clientWidth")
    page.locator(".cw-graph a", has_text="c6").first.click()
    page.wait_for_url("**/c6-*.html")


def test_the_index_leads_from_a_word_to_the_lesson_that_teaches_it(tab):
    page = tab().open("genindex")
    entry = page.locator("li", has_text="league table").first
    expect(entry.locator("a[href*='glossary']").first).to_be_attached()
    entry.locator("a[href*='m11-']").first.click()
    page.wait_for_url("**/m11-*.html*")


def test_a_term_says_its_meaning_when_one_points_at_it(tab):
    page = tab().open("notebooks/integrity/m11-publishing-results")
    term = page.locator("a[href*='glossary.html#term-']").first
    assert len(re.findall(r"\w+", term.get_attribute("title") or "")) >= 5


def test_the_first_page_of_a_kit_opens_the_book_and_no_link_is_dead(book, tmp_path):
    course, workshop = (
        Course.load(ROOT),
        workshop_file.load(ROOT / "workshops" / "half-day-introduction.toml"),
    )
    workshop_folder.agenda(course, workshop, tmp_path)
    kit = tmp_path / "learner"
    workshop_folder._copied(course, book, kit / "book")
    workshop_folder._installation(course, make_programme(course, workshop), kit, workshop_folder.Options())
    page = BeautifulSoup((kit / "START-HERE.html").read_text(encoding="utf-8"), "html.parser")
    links = [link["href"] for link in page.select("a[href]")]
    assert links[0] == "book/index.html" and len(links) >= 3
    assert [link for link in links if not (kit / link).is_file()] == []
    opens = page.find("h2").find_next("p").get_text(strip=True)
    assert opens == "Open the book. Nothing has to be installed."
    # The notebooks that its pages offer are there too.
    lesson = kit / links[1]
    offered = BeautifulSoup(lesson.read_text(encoding="utf-8"), "html.parser").select(
        "a.cw-download[download]"
    )
    assert [link["href"] for link in offered if not (lesson.parent / link["href"]).is_file()] == []
    assert offered


def test_beside_a_notebook_to_download_stand_the_three_ways_to_run_it(tab):
    page = tab().open("exercises/construction/c6-paying-subcontractors")
    ways = page.locator("a.cw-download[download] >> xpath=following::details[contains(@class, 'cw-run')][1]")
    expect(ways.get_by_role("listitem").first).to_be_hidden()
    ways.locator("summary").press("Enter")
    expect(ways.get_by_role("listitem")).to_contain_text(
        ["Here, in the page", "START-HERE.html", "With Python"]
    )
    assert ways.locator("dt").all_inner_texts() == ["Linux, macOS", "Windows (PowerShell)"]
