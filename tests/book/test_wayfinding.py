"""A reader finds the way: along a path, through the graph, from a word in the index, from a term to its meaning."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect


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
