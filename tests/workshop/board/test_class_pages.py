"""The class in a browser: a learner joins, a check's end arrives, and the board shows it, also after a restart and on a phone."""

from __future__ import annotations

import re

import pytest

from cleanworks.workshop.board.outline import Exercise, Mistake, Session
from tests.workshop.board.conftest import make_outline

pytestmark = pytest.mark.usefixtures("installed_browser")

# What the book's own scripts offer to the script of the class.
BOOK = """<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>Book</title><script>
window.cwProgress = { lessonOf: (q) => q.slice(0, q.lastIndexOf("-")),
  load: () => ({ r1: { exercises: { "r1-e1": { hints: 2 } } } }) };
window.judge = (outcome, message) => document.dispatchEvent(
  new CustomEvent("cw-judged", { detail: { question: "r1-e1", outcome, message } }));
</script></head><body><main><h1>Book</h1></main></body></html>"""


def violations(tab) -> list[str]:
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(tab, options={"preload": False}).response["violations"]
    return [f"{v['id']}: {v['nodes'][0]['html'][:120]}" for v in found]


@pytest.fixture
def tab(browser):
    made = []

    def opened(width: int = 1280, scheme: str = "light"):
        context = browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme)
        page = context.new_page()
        page.complaints = []
        page.on("pageerror", lambda error: page.complaints.append(str(error)))
        page.on("console", lambda said: said.type == "error" and page.complaints.append(said.text))
        made.append((context, page))
        return page

    yield opened
    for context, page in made:
        assert page.complaints == []
        context.close()


@pytest.fixture
def page_of_the_book(built):
    (built.learner / "book" / "index.html").write_text(BOOK, encoding="utf-8")


def test_from_a_check_to_the_board(served, tab, page_of_the_book):
    learner = tab(360)
    asked: list[str] = []
    learner.on("request", lambda request: request.post_data and asked.append(request.post_data))
    learner.goto(served.address)
    learner.get_by_label("Your name in this room").fill("مريم ☂")
    learner.get_by_label("Show my instructor").check()
    learner.get_by_role("button", name="Join", exact=True).click()
    learner.get_by_text("You have joined.").wait_for()
    assert violations(learner) == []
    learner.goto(f"{served.address}kit/book/")
    learner.get_by_role("button", name="مريم").wait_for()
    asked.clear()
    with learner.expect_response("**/class/check") as answer:
        learner.evaluate("judge('not-yet', 'That is the mean.')")
    assert answer.value.status == 200
    # The whole of what leaves the page: no message, no code.
    assert asked == ['{"workshop":"rain","question":"r1-e1","outcome":"not-yet","mistake":1,"hints":2}']
    with learner.expect_response("**/class/check"):
        learner.evaluate("judge('raised', 'NameError: the name secret_answer')")
    assert "secret_answer" not in asked[1] and '"mistake":null' in asked[1]
    learner.get_by_role("button", name="مريم").click()
    learner.get_by_role("button", name="Raise my hand").click()
    learner.get_by_text("Your hand is up.").wait_for()
    learner.get_by_label("Ask without your name").fill("What is <i>rain</i>?")
    learner.get_by_role("button", name="Send the question").click()
    learner.get_by_text("stands on the instructor's board").wait_for()
    assert violations(learner) == []
    assert learner.evaluate("document.documentElement.scrollWidth <= innerWidth")

    board = tab()
    board.goto(served.board)
    row = board.locator(".row").first
    row.get_by_text("1 trying").wait_for()
    board.get_by_text("The commonest wrong answer: 1 person").click()
    assert "That is the mean." in row.inner_text() and "Ask what a week is made of." in row.inner_text()
    assert "What is <i>rain</i>?" in board.locator("#questions").inner_text()
    with learner.expect_response("**/class/check"):
        learner.evaluate("judge('correct', '')")
    row.get_by_text("1 done").wait_for()
    # What the instructor opened stays open while the board changes under it.
    assert row.locator("details[open]").count() == 1
    assert violations(board) == []
    board.get_by_role("button", name="Show to the room").click()
    assert board.locator("#questions").is_hidden() and board.locator(".private").first.is_hidden()
    assert served.address in board.locator("#address").inner_text()
    board.get_by_role("button", name="Back to my board").click()
    board.get_by_role("button", name="Done: مريم").click()
    board.get_by_text("No hand is up.").wait_for()


def test_without_a_yes_nothing_is_sent(served, tab, page_of_the_book):
    learner = tab()
    learner.goto(f"{served.address}kit/book/")
    learner.get_by_role("button", name="Join the class").click()
    learner.get_by_role("button", name="Join", exact=True).click()
    learner.get_by_text("You have joined.").wait_for()
    learner.evaluate("judge('correct', '')")
    learner.get_by_role("button", name="Raise my hand").click()
    learner.get_by_text("Your hand is up.").wait_for()
    # The hand came after the check, so the check would be there.
    (person,) = served.room.people.values()
    assert person.attempts == {} and person.hand is not None


def test_what_could_not_be_sent_is_sent_later(served, tab, page_of_the_book):
    learner = tab()
    learner.goto(served.address)
    learner.get_by_label("Show my instructor").check()
    learner.get_by_role("button", name="Join", exact=True).click()
    learner.get_by_text("You have joined.").wait_for()
    learner.goto(f"{served.address}kit/book/")
    learner.get_by_role("button", name=next(iter(served.room.people.values())).name).wait_for()
    learner.route("**/class/check", lambda route: route.abort())
    with learner.expect_event("requestfailed"):
        learner.evaluate("judge('correct', '')")
    learner.unroute("**/class/check")
    learner.complaints.clear()  # the browser's own word about the connection
    with learner.expect_response("**/class/check") as answer:
        learner.reload()
    assert answer.value.status == 200
    assert next(iter(served.room.people.values())).attempts["r1-e1"].state == "done"


@pytest.mark.parametrize(("width", "scheme"), [(360, "dark"), (1280, "dark"), (360, "light")])
def test_the_board_fits_a_phone_and_the_wall(served, tab, width, scheme):
    served.room.join("x" * 30, True)
    board = tab(width, scheme)
    board.goto(served.board)
    board.locator(".row").first.wait_for()
    assert board.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert violations(board) == []
    if (width, scheme) == (360, "dark"):
        board.goto(served.address)
        board.get_by_role("button", name="Join", exact=True).wait_for()
        assert board.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(17, 24, 39)"
        assert violations(board) == []


def in_their_words(language: str):
    """The workshop of these tests, with everything that its organiser wrote in a language."""
    title, asks, said, hint, opening = {
        "fr": ("La pluie en un jour", "La somme d'une semaine", "C'est la moyenne.", "Cherchez `sum`.", "Accueil"),
        "ar": ("المطر في يوم", "مجموع الأسبوع", "هذا هو المتوسط.", "ابحث عن `sum`.", "ترحيب"),
    }[language]  # fmt: skip
    sessions = tuple(
        Session(day=day, start=start, end=end, kind=kind, title=text, item=item)
        for day in (0, 1)
        for start, end, kind, text, item in (
            (0, 600, "opening", opening, ""),
            (600, 660, "teach", title, "r1"),
            (660, 1440, "practise", title, "r1"),
        )
    )
    exercise = Exercise(
        id="r1-e1", lesson="r1", title=asks, mistakes=(Mistake(code="mm.mean()", said=said),), hints=(hint,)
    )
    return make_outline(language=language, title=title, place="-", sessions=sessions, exercises=(exercise,))


ENGLISH = re.compile(
    r"\b(the|is|are|of|with|and|your|who|what|here|this|not|now|day|no|done|stuck|min|hand)\b", re.I
)


def spoken(page) -> str:
    """What a page says to who looks or listens, without code, names of exercises and the address."""
    return page.evaluate(
        """() => {
          const seen = document.body.cloneNode(true);
          seen.querySelectorAll("pre, code, .asks b, #address, script, noscript").forEach((one) => one.remove());
          const heard = [...document.querySelectorAll("[aria-label], [title]")].flatMap((one) => [one.ariaLabel, one.title]);
          return [document.title, seen.textContent, ...heard].filter(Boolean).join("\\n");
        }"""
    )


@pytest.mark.parametrize(
    ("outline", "shown"),
    [
        pytest.param(in_their_words("fr"), ("terminé : 1", "Jour 2, jeudi 3 décembre 2026", "C'est fait : Nuage 7"), id="fr"),
        pytest.param(in_their_words("ar"), ("انتهوا: 1", "اليوم 2، الخميس", "تم: Nuage 7"), id="ar"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("width", [1280, 390])
def test_the_board_says_nothing_in_english(served, tab, shown, width):
    room = served.room
    for name, outcome, mistake in (
        ("Nuage 7", "correct", None),
        ("Lune 3", "not-yet", 0),
        ("Pont 4", "not-yet", 0),
    ):
        who = room.who(room.join(name, True)[0])
        for _ in range(3 if name == "Pont 4" else 1):
            room.check(who, {"workshop": "rain", "question": "r1-e1", "outcome": outcome, "mistake": mistake, "hints": 0})  # fmt: skip
        room.hand(who, True)
    room.join("Vent 5", False)
    room.ask(who, "42 ?")
    room.instruct("begun", 1)
    board = tab(width)
    board.goto(served.board)
    board.locator(".row").first.wait_for()
    for fold in board.locator("details").all():
        fold.locator("summary").click()
    said = spoken(board)
    assert [text for text in shown if text not in said.replace("\u00a0", " ")] == []
    latin = "Nuage|Lune|Pont|Vent|r1|fr|ar" if room.outline.language == "ar" else ""
    assert ENGLISH.findall(said.replace(" min", "") if room.outline.language == "fr" else said) == []
    if latin:
        assert set(re.findall(r"[A-Za-z]{2,}", said)) <= {*latin.split("|"), "class", "json"}
    runs = "all => all.map((one) => getComputedStyle(one).direction)"
    assert set(board.locator("pre, code, #address b").evaluate_all(runs)) == {"ltr"}, "code and the address"
    board.get_by_role("button", pressed=False).first.click()
    assert board.locator("body.wall").count() == 1
    assert ENGLISH.findall(spoken(board).replace(" min", "")) == []
    assert board.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert violations(board) == []
