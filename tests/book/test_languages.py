"""An edition in another language, in the browser: the tiny course in Arabic, which is also the one that runs the other way."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from cleanworks import cli
from cleanworks.workshop import languages
from cleanworks.workshop.catalogue import Course
from tests.few import few
from tests.live.reading import Reading

from .conftest import TINY, Reader, listen


@pytest.fixture(scope="module")
def arabic(tmp_path_factory) -> Path:
    """The tiny course, every text of its first lesson replaced by an Arabic stand-in."""
    root = tmp_path_factory.mktemp("arabic") / "course"
    shutil.copytree(TINY, root, ignore=shutil.ignore_patterns("_build", "__pycache__"))
    with (root / "_config.yml").open("a", encoding="utf-8") as settings:
        settings.write(
            "  config:\n    html_context: {default_mode: auto}\n"
        )  # else the theme warns in the console
    with (root / "cleanworks.toml").open("a", encoding="utf-8") as settings:
        settings.write("\n[live]\nrun = true\n")
    languages.update(Course.load(root), "ar", ["r1", "index"])
    for path in languages.folder(Course.load(root), "ar").rglob("*.po"):
        content = languages.read(path)
        for message in content:
            if message.id:
                message.string = f"ترجمة {message.id}"
        languages.write(path, content, "ar")
    assert cli.run(["book", "--root", str(root), "--language", "ar"]) == 0
    return root / "_build" / "html-ar"


@pytest.fixture
def lesson(arabic, browser, request):
    """The page of the lesson at a given width; nobody may complain."""
    context = browser.new_context(viewport={"width": request.param, "height": 900}, color_scheme="light")
    reader = Reader(context.new_page(), arabic)
    listen(reader, files=True)
    yield reader.open(next((arabic / "notebooks").rglob("r1-*.html")).relative_to(arabic).as_posix())
    context.close()
    assert not reader.complaints, "\n".join(reader.complaints)


both = pytest.mark.parametrize("lesson", few([1280, 360], [360]), indirect=True)


@both
def test_words_start_at_the_right_and_code_at_the_left(lesson):
    style = "node => getComputedStyle(node).direction"
    assert lesson.locator("article h1").evaluate(style) == "rtl"
    assert lesson.locator("article pre").first.evaluate(style) == "ltr"
    title = lesson.locator("article h1").evaluate(
        "node => { const range = document.createRange(); range.selectNodeContents(node.firstChild);"
        " return range.getBoundingClientRect().right - node.getBoundingClientRect().right }"
    )
    assert abs(title) < 2, "the first letter stands at the right edge"
    assert lesson.evaluate("document.documentElement.scrollWidth <= innerWidth")


@both
def test_the_quiz_answers_in_the_language_of_the_page(lesson):
    quiz = lesson.locator("form.cw-quiz").first
    quiz.locator("button").click()
    expect(quiz.locator(".cw-feedback")).to_contain_text("اختر إجابة أولًا.")
    quiz.locator("input").first.check()
    quiz.locator("button").click()
    expect(quiz.locator(".cw-feedback strong").first).to_have_text(
        "صحيح." if quiz.locator("input").first.evaluate("input => noteOf(input).right") else "ليس بعد."
    )
    expect(quiz.locator(".cw-said")).to_contain_text("ترجمة")


@both
def test_code_runs_from_left_to_right_among_words_from_right_to_left(lesson, arabic):
    if not (arabic / "_static" / "live" / "images").is_dir():
        missing = "Python for the pages is not here: `cleanworks live fetch` says what is missing."
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(missing)
    exercise = next((arabic / "exercises").rglob("r1-*.html")).relative_to(arabic).as_posix()
    reader = Reading(lesson, f"{arabic.as_uri()}/").open(exercise)
    starter, check = reader.cell("r1-e1-starter"), reader.cell("r1-e1-check")
    reader.write("r1-e1-starter", 'total_mm = week["mm"].mean()\nprint("rain", total_mm)')
    for cell in (starter, check):
        with reader.running():
            cell.locator("[data-do=run]").press("Enter")
    outcome = check.locator(".cw-live-output .cleanworks-outcome")
    expect(outcome).to_contain_text("ليس بعد.")
    direction = "node => getComputedStyle(node).direction"
    assert outcome.evaluate(direction) == "rtl"
    assert starter.locator(".cw-live-output pre").evaluate(direction) == "ltr"
    # The first letter of the code stands at the left, the first button at the right, and the next one beside it.
    code = starter.locator(".cm-line").first
    assert code.evaluate(direction) == "ltr"
    first = code.evaluate(
        "line => { const range = document.createRange(); range.selectNodeContents(line); return range.getBoundingClientRect().left }"
    )
    assert first - starter.locator(".cw-editor").bounding_box()["x"] < 30
    run, reset = (starter.locator(".cw-bar button:visible").nth(place).bounding_box() for place in range(2))
    bar = starter.locator(".cw-bar").bounding_box()
    assert abs(run["x"] + run["width"] - bar["x"] - bar["width"]) < 2
    assert reset["x"] + reset["width"] < run["x"] and reset["y"] == run["y"]
    # The mark of a cell that runs is at the side where lines of words begin.
    edge = "node => [getComputedStyle(node).borderRightWidth, getComputedStyle(node).borderLeftWidth].map(parseFloat)"
    right, left = starter.locator(".cell_input").evaluate(edge)
    assert right > left
    assert lesson.evaluate("document.documentElement.scrollWidth <= innerWidth")


@both
def test_people_who_use_a_screen_reader_lose_nothing(lesson):
    # The colours are those of the theme; the real book has its own, which test_every_page.py looks at.
    wcag = {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
    options = {"preload": False, "runOnly": wcag, "rules": {"color-contrast": {"enabled": False}}}
    result = Axe().run(lesson, options=options)
    assert result.violations_count == 0, result.generate_report()


def test_a_button_on_a_page_without_a_translation_is_in_one_language(arabic):
    page = next((arabic / "notebooks").rglob("r2-*.html")).read_text(encoding="utf-8")
    assert ">تنزيل هذا الدفتر</a>" in page
