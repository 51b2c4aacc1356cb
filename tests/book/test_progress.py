"""What the reader's browser remembers: in the lessons, on the page "Your progress", in files."""

from __future__ import annotations

import base64
import json
import re

import pytest
from playwright.sync_api import expect

from cleanworks.learn import record
from tests.book.test_every_page import _axe
from tests.few import few

PAGE = "book/progress"


@pytest.fixture
def lesson(first_with) -> str:
    return first_with('class="cw-box cw-quiz"')


@pytest.fixture
def exercises(first_with) -> str:
    return first_with("cw-exercise")


def id_of(page) -> str:
    return page.locator(".cw-done[data-lesson]").get_attribute("data-lesson")


def place(quiz, right: bool) -> int:
    notes = [
        json.loads(base64.b64decode(n.get_attribute("data-note"))) for n in quiz.locator(".cw-note").all()
    ]
    return next(number for number, note in enumerate(notes) if note["right"] is right)


def answer(page, quiz, right: bool) -> None:
    """Choose an option and check it, with the keyboard alone."""
    wanted = quiz.locator("input").nth(place(quiz, right))
    chosen = quiz.locator("input:checked")
    (chosen if chosen.count() else quiz.locator("input").first).focus()
    page.keyboard.press("Space")
    while not wanted.is_checked():
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(quiz.get_by_role("status")).to_contain_text("Right." if right else "Not yet.")


def press(page, button) -> None:
    """Go to a button with the Tab key from the control before it, and press it."""
    expect(button).to_be_visible()
    expect(button).to_be_enabled()
    button.evaluate(
        "e => { const all = [...document.querySelectorAll('a[href], button, input, summary, [tabindex]')]"
        ".filter(o => o.checkVisibility() && o.tabIndex >= 0 && !o.disabled); all[all.indexOf(e) - 1].focus(); }"
    )
    page.keyboard.press("Tab")
    expect(button).to_be_focused()
    page.keyboard.press("Enter")


def stored(page) -> dict:
    text = page.evaluate("localStorage.getItem(cwProgress.KEY)")
    return record.loads(text) if text else {}


def say(page):
    return page.locator(".cw-said-here")


def hand_in(page, name: str, content: bytes | str) -> None:
    with page.expect_file_chooser() as chooser:
        press(page, page.get_by_role("button", name="Read a file"))
    content = content.encode() if isinstance(content, str) else content
    chooser.value.set_files({"name": name, "mimeType": "application/json", "buffer": content})


@pytest.mark.parametrize("width", few([1280, 360], [1280]))
def test_a_learner_from_the_first_question_to_the_printed_record(tab, lesson, exercises, width, tmp_path):
    """Keyboard only: quiz wrong and right, hints, solution, marks; then the page, export, reset, import, record."""
    page = tab(width=width).open(lesson)
    id = id_of(page)
    quizzes = page.locator("form.cw-quiz:not([data-several])")
    first, second = quizzes.nth(0), quizzes.nth(1)
    answer(page, first, right=False)
    answer(page, first, right=True)
    expect(first.locator(".cw-title")).to_contain_text("answered right")
    answer(page, second, right=True)
    press(page, page.get_by_role("button", name="Mark this lesson as read"))
    expect(page.locator(".cw-done [role=status]")).to_contain_text("✓ Read on")
    expect(page.locator(f'.bd-sidebar-primary a[data-lesson="{id}"] .cw-tick')).to_have_count(1)
    told = stored(page)[id]
    ids = [quiz.get_attribute("id") for quiz in (first, second)]
    assert [told["quiz"][one]["first"] for one in ids] == [False, True]
    assert told["read"] == page.evaluate("cwProgress.today()")

    page = page.goto(page.url.replace(lesson, exercises)) and page
    box = page.locator(".cw-exercise").first
    question = box.get_attribute("id")
    press(page, box.locator(".cw-hint summary").nth(0))
    press(page, box.locator(".cw-hint summary").nth(1))
    press(page, box.locator(".cw-solution > summary"))
    press(page, box.get_by_text("Show the solution"))
    press(page, box.get_by_role("button", name="Mark this exercise as done"))
    expect(box.locator(".cw-done [role=status]")).to_contain_text("Marked as done")
    owner = question.rsplit("-", 1)[0]
    # A browser tells that something was unfolded when it finds time for it.
    page.wait_for_function(
        "([lesson, question]) => cwProgress.load()[lesson].exercises[question].solution",
        arg=[owner, question],
    )
    entry = stored(page)[owner]["exercises"][question]
    assert (entry["hints"], entry["solution"], entry["done"]) == (2, True, True) and "outcome" not in entry

    page.goto(re.sub(r"/exercises/.*", f"/{PAGE}.html", page.url))
    summary = page.locator(".cw-summary")
    expect(summary).to_contain_text("You have read 1 of")
    expect(summary).to_contain_text("(1 at the first try) and done 1 of")
    row = page.locator(f'details[data-lesson="{id}"]')
    expect(row.locator("summary")).to_contain_text(re.compile("✓ read · quiz 2 of 5"))
    press(page, row.locator("summary"))
    expect(row.locator(".cw-objectives")).to_contain_text("right or done")

    with page.expect_download() as download:
        press(page, page.get_by_role("button", name="Save as a file"))
    file = tmp_path / download.value.suggested_filename
    download.value.save_as(file)
    assert re.fullmatch(r"my-progress-\d{4}-\d\d-\d\d\.json", file.name)
    assert record.loads(file.read_bytes()) == stored(page)
    expect(say(page)).to_contain_text("holds no name")

    press(page, page.get_by_role("button", name="Forget everything"))
    expect(page.get_by_role("button", name="Keep it")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Forget everything")).to_be_focused()
    assert stored(page)
    press(page, page.get_by_role("button", name="Forget everything"))
    press(page, page.get_by_role("button", name="Forget it"))
    expect(summary).to_contain_text("Nothing is recorded")
    assert stored(page) == {}
    expect(page.get_by_role("button", name="Save as a file")).to_be_disabled()

    hand_in(page, "mine.json", file.read_bytes())
    expect(say(page)).to_contain_text("was added to your progress")
    assert stored(page) == record.loads(file.read_bytes())
    hand_in(page, "mine.json", file.read_bytes())
    expect(say(page)).to_contain_text("holds nothing new")

    press(page, page.get_by_role("button", name="Record of completion"))
    made = page.locator(".cw-completion")
    expect(made.get_by_role("heading")).to_be_focused()
    expect(made).to_contain_text("Nobody checked who worked")
    expect(made).to_contain_text("not: a certificate")
    expect(made.get_by_role("row")).to_have_count(2 if owner == id else 3)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.emulate_media(media="print")
    expect(made.get_by_role("table")).to_be_visible()
    for hidden in (
        page.get_by_role("heading", level=1),
        summary,
        page.get_by_role("button", name="Print this record"),
        row,
    ):
        expect(hidden).not_to_be_visible()
    assert page.pdf().count(b"/Type /Page\n") <= 2
    page.emulate_media(media="screen")
    press(page, made.get_by_role("button", name="Close"))
    expect(made).not_to_be_visible()
    expect(page.get_by_role("button", name="Record of completion")).to_be_focused()


def test_a_mark_can_be_taken_back(tab, lesson, exercises):
    reader = tab()
    page = reader.open(lesson)
    mark = page.locator(".cw-done button")
    mark.click()
    expect(mark).to_have_text("Take the mark back")
    mark.click()
    expect(mark).to_have_text("Mark this lesson as read")
    assert stored(page) == {}
    page = reader.open(exercises)
    mark = page.locator(".cw-done button").first
    mark.click()
    expect(mark).to_have_text("Take the mark back")
    mark.click()
    expect(mark).to_have_text("Mark this exercise as done")
    assert stored(page) == {}


def test_the_file_of_a_notebook_is_added_to_what_the_browser_knows(tab, exercises, tmp_path):
    reader = tab()
    page = reader.open(exercises)
    box = page.locator(".cw-exercise").first
    question = box.get_attribute("id")
    lesson = question.rsplit("-", 1)[0]
    box.locator(".cw-hint summary").first.click()
    page.wait_for_function("localStorage.getItem(cwProgress.KEY)")
    file = tmp_path / "mine.json"
    record.write_outcome(file, lesson, question, "not-yet")
    record.write_outcome(file, lesson, question, "correct")
    page = reader.open(PAGE)
    hand_in(page, "mine.json", file.read_bytes())
    expect(say(page)).to_contain_text("was added")
    entry = stored(page)[lesson]["exercises"][question]
    assert (entry["outcome"], entry["checks"], entry["hints"]) == ("correct", 2, 1)
    page = reader.open(exercises)
    expect(page.locator(f"#{question} .cw-done")).to_contain_text("Solved: the check says so")
    expect(page.locator(f"#{question} .cw-done button")).not_to_be_visible()


def a_record(id: str, **lesson) -> str:
    return record.dumps({id: {"read": "2026-11-24", **lesson}})


def test_files_that_are_no_record_change_nothing_and_say_why(tab, lesson):
    reader = tab()
    page = reader.open(lesson)
    id = id_of(page)
    page.locator(".cw-done button").click()
    before = stored(page)
    page = reader.open(PAGE)
    good = a_record(id, exercises={f"{id}-e1": {"day": "2026-11-23", "outcome": "not-yet"}})
    files = {
        "broken": (good[:40], "is broken"),
        "picture": (b"\x89PNG\r\n\x1a\n\xff\x00", "is broken"),
        "answers": (json.dumps({"format": "cleanworks-answers-1"}), "is not a progress record"),
        "list": ("[1, 2]", "is not a progress record"),
        "null": ("null", "is not a progress record"),
        "tampered": (good.replace("not-yet", "correct"), "was changed or cut off"),
        "newer": (good.replace('"version": 1', '"version": 2'), "newer version"),
        "foreign": (a_record("zz9"), "only lessons of another course"),
        "empty": (record.dumps({}), "holds no lesson"),
        "large": (" " * (record.LARGEST + 1), "too large"),
        "strange": (a_record(id, name="A person"), "has a wrong entry"),
        "markup": (a_record("<img src=x onerror=alert(1)>"), "has a wrong entry"),
    }
    for name, (content, why) in files.items():
        hand_in(page, f"{name}.json", content)
        expect(say(page)).to_contain_text(f"{name}.json")
        expect(say(page)).to_contain_text(why)
        expect(say(page)).to_contain_text("Nothing was changed.")
        assert stored(page) == before, name
    assert say(page).locator("img").count() == 0


def test_lessons_of_a_newer_book_are_left_out_and_told(tab, lesson):
    reader = tab()
    id = id_of(reader.open(lesson))
    page = reader.open(PAGE)
    both = {id: {"read": "2026-11-20"}, "zz9": {"read": "2026-11-20"}}
    hand_in(page, "mine.json", record.dumps(both))
    expect(say(page)).to_contain_text("1 lesson that this book does not have was left out")
    assert stored(page) == {id: {"read": "2026-11-20"}}


def test_the_code_one_wrote_goes_along_only_when_asked(tab, exercises, tmp_path):
    """And comes back only where nothing else stands."""
    reader = tab()
    page = reader.open(PAGE)
    expect(page.get_by_label("With the code I wrote")).to_be_hidden()
    name = exercises.removesuffix(".html")
    page.evaluate(
        "name => { cwProgress.keepCode(name, 'one', 'a = 1'); cwProgress.keepCode(name, 'two', 'b = 2'); }",
        name,
    )
    page.reload()

    def saved() -> bytes:
        with page.expect_download() as download:
            press(page, page.get_by_role("button", name="Save as a file"))
        download.value.save_as(tmp_path / "mine.json")
        return (tmp_path / "mine.json").read_bytes()

    assert "code" not in json.loads(saved())
    page.get_by_label("With the code I wrote").check()
    file = saved()
    assert json.loads(file)["code"] == {name: {"one": "a = 1", "two": "b = 2"}}
    expect(say(page)).to_contain_text("It holds no name, but the code you wrote.")
    assert record.loads(file) == {}

    press(page, page.get_by_role("button", name="Forget everything"))
    press(page, page.get_by_role("button", name="Forget it"))
    assert page.evaluate("cwProgress.allCode()") == {}
    page.evaluate("name => cwProgress.keepCode(name, 'two', 'mine = 3')", name)
    hand_in(page, "mine.json", file)
    expect(say(page)).to_contain_text("Your code of 1 cell is back in its place.")
    assert page.evaluate("cwProgress.allCode()") == {name: {"one": "a = 1", "two": "mine = 3"}}
    hand_in(page, "odd.json", file.replace(b'"a = 1"', b"7"))
    expect(say(page)).to_contain_text("has a wrong entry")


_CASES = [
    {"c6": {"read": "2026-11-24"}},
    {"c6": {"read": "2024-02-29"}},
    {"c6": {"read": "2026-02-29"}},
    {"c6": {"read": "0000-01-01"}},
    {"c6": {"read": "2026-11-24", "x": 1}},
    {"c6": {}},
    {"C6": {"read": "2026-11-24"}},
    {"c6": {"quiz": {"c6-k1": {"day": "2026-11-24", "first": True, "right": True}}}},
    {"c6": {"quiz": {"c6-k1": {"day": "2026-11-24", "first": True, "right": False}}}},
    {"c6": {"quiz": {"c6-k1": {"day": "2026-11-24", "first": 0, "right": True}}}},
    {"c6": {"quiz": {"m4-k1": {"day": "2026-11-24", "first": True, "right": True}}}},
    {"c6": {"exercises": {"c6-e1": {"day": "2026-11-24"}}}},
    {"c6": {"exercises": {"c6-e1": {"day": "2026-11-24", "hints": 0}}}},
    {"c6": {"exercises": {"c6-e1": {"day": "2026-11-24", "hints": 99, "checks": 9999, "outcome": "raised"}}}},
    {"c6": {"exercises": {"c6-e1": {"day": "2026-11-24", "hints": 100}}}},
    {"c6": {"exercises": {"c6-e1": {"day": "2026-11-24", "outcome": None}}}},
    {"c6": {"exercises": {"c6-e1": {"day": "2026-11-24", "checks": None, "done": True}}}},
    {"c6": {"exercises": {"c6-e1": {"day": "2026-11-24", "solution": False}}}},
    {"c6": {"exercises": {"c6-e1": {"day": "2026-11-24", "outcome": "brilliant"}}}},
    {"c6": {"exercises": []}},
    {"c6": {"read": "2026-11-24", "quiz": None}},
]


def test_the_page_and_the_notebook_read_the_same_format(tab):
    """Both sides accept the same files, and seal and merge them to the same text."""
    page = tab().open(PAGE)
    parse = "text => { try { return cwProgress.parse(text); } catch (error) { return error.message; } }"
    accepted = []
    for lessons in _CASES:
        text = record.dumps(lessons)
        seen = page.evaluate(parse, text)
        try:
            assert record.loads(text) == seen
            accepted.append(lessons)
        except ValueError as error:
            assert isinstance(seen, str), f"{lessons}: the notebook says {error}, the page accepts"
            assert seen.split(" for ")[0] == str(error).split(" for ")[0]
    assert len(accepted) == 4
    day, later = "2026-11-24", "2026-11-25"
    quiz = [{"day": d, "first": f, "right": True} for d in (day, later) for f in (True, False)]
    work = [
        {"day": later, "outcome": "not-yet", "checks": 3},
        {"day": day, "outcome": "raised", "checks": 1, "hints": 2},
        {"day": day, "solution": True, "done": True},
    ]
    pieces = [{"c6": {"quiz": {"c6-k1": entry}}} for entry in quiz]
    pieces += [{"c6": {"read": later, "exercises": {"c6-e1": entry}}} for entry in work] + accepted
    merge = "([one, other]) => cwProgress.text(cwProgress.merge(one, other))"
    for one in pieces:
        for other in pieces:
            told = page.evaluate(merge, [one, other])
            assert record.loads(told) == record.merge(one, other)


_NO_STORAGE = """
Object.defineProperty(window, 'localStorage', { get() { throw new DOMException('as in a test', 'SecurityError'); } });
"""
_FULL = "Storage.prototype.setItem = function () { throw new DOMException('as in a test', 'QuotaExceededError'); };"


@pytest.mark.parametrize("trouble", [_NO_STORAGE, _FULL], ids=["refused", "full"])
def test_a_browser_that_keeps_nothing_says_so_once_and_everything_else_works(tab, lesson, exercises, trouble):
    reader = tab()
    reader.page.context.add_init_script(trouble)
    page = reader.open(lesson)
    expect(page.get_by_text("This browser keeps nothing for this page")).to_have_count(1)
    expect(page.get_by_role("button", name="Mark this lesson as read")).to_have_count(0)
    quiz = page.locator("form.cw-quiz:not([data-several])").first
    answer(page, quiz, right=True)
    page = reader.open(exercises)
    page.locator(".cw-hint summary").first.click()
    expect(page.locator(".cw-hint").nth(1)).to_be_visible()
    page = reader.open(PAGE)
    expect(page.get_by_text("This browser keeps nothing for this page")).to_have_count(1)
    id = page.locator("details[data-lesson]").first.get_attribute("data-lesson")
    hand_in(page, "mine.json", a_record(id))
    expect(page.locator(".cw-summary")).to_contain_text("You have read 1 of")
    # The theme keeps its own settings there, and does not expect to be refused.
    reader.complaints[:] = [
        one for one in reader.complaints if "as in a test" not in one and "theme mode" not in one
    ]


def test_what_was_kept_and_cannot_be_read_is_set_aside(tab, lesson):
    reader = tab()
    page = reader.open(PAGE)
    page.evaluate("localStorage.setItem(cwProgress.KEY, 'not a record')")
    page = reader.open(PAGE)
    expect(page.get_by_text("It was set aside")).to_be_visible()
    assert page.evaluate("localStorage.getItem(`${cwProgress.KEY}:broken`)") == "not a record"
    page = reader.open(lesson)
    page.locator(".cw-done button").click()
    assert id_of(page) in stored(page)


def test_two_tabs_know_of_each_other(tab, lesson):
    reader = tab()
    page = reader.open(PAGE)
    other = page.context.new_page()
    other.goto(f"{reader.book.as_uri()}/{lesson}")
    other.locator(".cw-done button").click()
    expect(page.locator(".cw-summary")).to_contain_text("You have read 1 of")


def test_every_lesson_and_question_of_the_book_is_on_the_page(tab, book, pages):
    page = tab().open(PAGE)
    listed = page.evaluate(
        "[...document.querySelectorAll('.cw-objectives li')]"
        ".flatMap(li => [...li.dataset.quiz.split(' '), ...li.dataset.exercises.split(' ')]).filter(Boolean)"
    )
    there = set()
    for name in pages:
        there |= set(
            re.findall(r'class="cw-box cw-(?:quiz|exercise)" id="([^"]+)"', (book / name).read_text("utf-8"))
        )
    assert there and set(listed) == there
    assert len(listed) == len(set(listed))


def test_without_scripts_the_page_says_what_is_missing(tab):
    page = tab(java_script_enabled=False).open(PAGE)
    assert "switched off in this browser" in page.locator(".cw-progress").inner_text()


@pytest.mark.parametrize(
    ("width", "scheme"),
    [
        (1280, "light"),
        (360, "dark"),
        pytest.param(1280, "dark", marks=pytest.mark.everything),
        pytest.param(360, "light", marks=pytest.mark.everything),
    ],
)
def test_marks_record_and_question_are_open_to_everybody(tab, lesson, exercises, width, scheme):
    """axe-core finds nothing when there is something to see: ticks, sums, the record, the question before forgetting."""
    reader = tab(width=width, scheme=scheme)
    page = reader.open(lesson)
    page.locator(".cw-done button").click()
    expect(page.locator(".cw-done [role=status]")).to_contain_text("✓ Read on")
    found = _axe(page, None)
    page = reader.open(exercises)
    page.locator(".cw-done button").first.click()
    page.locator(".cw-hint summary").first.click()
    found += _axe(page, None)
    page = reader.open(PAGE)
    page.get_by_role("button", name="Record of completion").click()
    page.get_by_role("button", name="Forget everything").click()
    page.evaluate("document.querySelectorAll('.cw-progress details').forEach(one => { one.open = true; })")
    found += _axe(page, None)
    assert not found, "\n".join(found)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
