"""What a reader does with the book, from the disk and without a network."""

from __future__ import annotations

import base64
import json
import re

import pytest
from playwright.sync_api import expect


@pytest.fixture
def lesson(first_with) -> str:
    return first_with('class="cw-box cw-quiz"')


@pytest.fixture
def exercises(first_with) -> str:
    return first_with("cw-exercise")


def notes(quiz) -> list[dict]:
    return [
        json.loads(base64.b64decode(option.get_attribute("data-note")))
        for option in quiz.locator(".cw-note").all()
    ]


def test_the_first_page_leads_to_a_lesson_and_onwards(tab):
    page = tab().open("index")
    page.get_by_role("link", name="How to learn with this book").first.click()
    page.wait_for_url("**/how-to-learn.html")
    page.locator("a.right-next").click()
    page.wait_for_url(re.compile(r"/(notebooks|book)/(?!how-to-learn)"))
    expect(page.get_by_role("heading", level=1)).to_have_count(1)


def test_search_finds_a_term(tab):
    page = tab().open("search.html?q=subcontractor")
    found = page.locator("ul.search li")
    found.first.wait_for()
    assert found.count() >= 2
    found.locator("a").first.click()
    page.wait_for_url(lambda url: "search.html" not in url)
    expect(page.get_by_role("heading", level=1)).to_have_count(1)


def test_the_search_field_opens_with_the_keyboard(tab):
    page = tab().open("index")
    page.keyboard.press("Control+k")
    page.keyboard.type("glossary")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search.html?q=glossary*")


def test_a_wrong_answer_and_then_a_right_one_with_the_keyboard_alone(tab, lesson):
    page = tab().open(lesson)
    quiz = page.locator("form.cw-quiz:not([data-several])").first
    keys = notes(quiz)
    right = next(place for place, note in enumerate(keys) if note["right"])
    wrong = next(place for place, note in enumerate(keys) if not note["right"])
    feedback = quiz.get_by_role("status")

    assert feedback.inner_text() == ""
    quiz.locator("input").first.focus()
    for place in (wrong, right):
        page.keyboard.press("Space")
        while not quiz.locator("input").nth(place).is_checked():
            page.keyboard.press("ArrowDown")
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.textContent") == "Check my answer"
        page.keyboard.press("Enter")
        said = feedback.inner_text()
        assert ("Right." if place == right else "Not yet.") in said
        shown = page.evaluate(
            "html => { const d = document.createElement('div'); d.innerHTML = html; return d.textContent; }",
            keys[place]["html"],
        )
        assert " ".join(shown.split())[:40] in " ".join(said.split())
        page.keyboard.press("Shift+Tab")


def test_checking_without_a_choice_says_so(tab, lesson):
    page = tab().open(lesson)
    quiz = page.locator("form.cw-quiz").first
    quiz.get_by_role("button").click()
    assert "Choose an answer first" in quiz.get_by_role("status").inner_text()


def test_answers_cannot_be_read_in_the_page(book, lesson, tab):
    text = (book / lesson).read_text(encoding="utf-8")
    page = tab().open(lesson)
    for quiz in page.locator("form.cw-quiz").all():
        for note in notes(quiz):
            assert note["html"] not in text
    assert "[x]" not in text


def test_hints_come_one_at_a_time(tab, exercises):
    page = tab().open(exercises)
    hints = page.locator(".cw-hints").first.locator(".cw-hint")
    assert hints.nth(0).is_visible() and not hints.nth(1).is_visible()
    assert not hints.nth(0).locator(".cw-inside").is_visible()
    hints.nth(0).locator("summary").focus()
    page.keyboard.press("Enter")
    assert hints.nth(0).locator(".cw-inside").is_visible()
    hints.nth(1).wait_for()
    assert hints.nth(1).is_visible()


def test_a_solution_takes_two_steps(tab, exercises):
    page = tab().open(exercises)
    solution = page.locator(".cw-solution").first
    code = solution.locator("pre").first
    assert not code.is_visible()
    solution.locator("summary").first.click()
    assert not code.is_visible()
    solution.get_by_text("Show the solution").click()
    assert code.is_visible()


def test_without_scripts_hints_and_solutions_still_open(tab, exercises):
    page = tab(java_script_enabled=False).open(exercises)
    hints = page.locator(".cw-hints").first.locator(".cw-hint")
    hints.nth(1).locator("summary").click()
    assert hints.nth(1).locator(".cw-inside").is_visible()


def test_a_check_shows_what_it_says(tab, exercises):
    page = tab().open(exercises)
    assert "Not attempted" in page.locator(".cw-check").first.inner_text()


def test_a_word_of_the_glossary_says_what_it_means(tab, lesson):
    page = tab().open(lesson)
    word = page.locator('.cw-front a[href*="#term-"]').first
    assert len(word.get_attribute("title").split()) >= 4
    word.click()
    page.wait_for_url("**/glossary.html#term-*")


def test_dark_mode_is_one_button_away_and_stays(tab, lesson):
    page = tab().open(lesson)
    paper = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(paper)
    button = page.locator("button.theme-switch-button:visible").first
    for _ in range(3):
        if page.evaluate("document.documentElement.dataset.theme") == "dark":
            break
        button.click()
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    assert page.evaluate(paper) != light
    page.reload()
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"


@pytest.mark.parametrize(("scheme", "limit"), [("light", 200), ("dark", 60)])
def test_a_page_has_its_colours_before_the_program_of_the_theme_arrives(browser, book, scheme, limit):
    """Otherwise whoever reads in the dark sees a white flash on every first visit, and lines of tables come late."""
    context = browser.new_context(color_scheme=scheme)
    page = context.new_page()
    page.route("**/pydata-sphinx-theme.js*", lambda route: route.abort())
    page.goto(f"{book.as_uri()}/book/facts.html")
    ground = page.evaluate(
        "getComputedStyle(document.body).backgroundColor.match(/\\d+/g).slice(0, 3).map(Number)"
    )
    line = page.evaluate("getComputedStyle(document.querySelector('table.table')).borderTopWidth")
    context.close()
    assert min(ground) > limit if scheme == "light" else max(ground) < limit
    assert line == "1px"


def test_figures_keep_a_white_card_in_the_dark(tab, first_with):
    page = tab(scheme="dark").open(first_with('src="../../_images/'))
    picture = page.locator(".cell_output img").first
    assert picture.evaluate("e => getComputedStyle(e).backgroundColor") == "rgb(255, 255, 255)"
    assert picture.evaluate("e => getComputedStyle(e).filter") == "none"


def test_the_contents_open_on_a_phone(tab, lesson):
    page = tab(width=360).open(lesson)
    page.locator("button.primary-toggle:visible").first.click()
    page.get_by_role("link", name="Glossary").first.click()
    page.wait_for_url("**/glossary.html")


def test_wide_tables_scroll_inside_the_page(tab, first_with):
    page = tab(width=360).open(first_with('class="dataframe'))
    widths = page.evaluate(
        "[...document.querySelectorAll('table.dataframe')]"
        ".map(t => t.closest('.output').getBoundingClientRect().right)"
    )
    assert widths and max(widths) <= 360


def test_the_words_of_a_figure_can_be_read_on_a_phone(tab, first_with):
    page = tab(width=390).open(first_with('src="../../_images/'))
    box = page.locator(".cell_output:has(img)").first
    # The names along the axes are 10 points high, and a figure is 7.2 inches wide.
    assert box.locator("img").bounding_box()["width"] * 10 / 72 / 7.2 > 11
    assert box.get_attribute("tabindex") == "0" and box.get_attribute("aria-label")
    box.focus()
    box.press("ArrowRight")
    page.wait_for_function("box => box.scrollLeft > 0", arg=box.element_handle())
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.set_viewport_size({"width": 1280, "height": 720})
    page.wait_for_function("box => !box.hasAttribute('tabindex')", arg=box.element_handle())
    # Both at one moment: the columns beside the text come when the page has become wide.
    widths = "box => [box.querySelector('img'), box].map(one => one.getBoundingClientRect().width)"
    image, room = box.evaluate(widths)
    assert image <= room


def test_formulas_are_drawn_from_the_book_itself(tab, first_with):
    page = tab().open(first_with('class="math notranslate nohighlight"'))
    page.locator("mjx-container").first.wait_for()
    assert page.locator("mjx-container").count() >= 1


def test_the_notebook_of_a_page_is_there_to_download(tab, exercises, book):
    link = tab().open(exercises).get_by_role("link", name="Download this notebook")
    assert link.get_attribute("download") is not None
    path = (book / exercises).parent / link.get_attribute("href")
    notebook = json.loads(path.read_text(encoding="utf-8"))
    tags = {tag for cell in notebook["cells"] for tag in cell["metadata"].get("tags", [])}
    assert "exercise" in tags
    assert not tags & {
        "solution",
        "wrong-answer",
        "instructor",
    }  # the learner's edition: answers are in the page
    assert not any(cell.get("outputs") for cell in notebook["cells"])


def test_movement_stops_for_those_who_asked_for_less(tab, lesson):
    page = tab(reduced_motion="reduce").open(lesson)
    still = page.locator(".cw-answer").first.evaluate("e => getComputedStyle(e).transitionDuration")
    assert still == "0s"


def test_paper_leaves_buttons_out_and_keeps_options(tab, lesson):
    page = tab().open(lesson)
    page.emulate_media(media="print")
    quiz = page.locator("form.cw-quiz").first
    assert not quiz.locator("button").is_visible()
    assert quiz.locator("label").first.is_visible()
