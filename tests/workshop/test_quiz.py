"""Quiz cells are read as they are written, and what is wrong with one is said with its line."""

from __future__ import annotations

import pytest

from cleanworks.workshop.quiz import give_away, order, parse_quiz, plain, speaks_of_others, without_key

GOOD = """**What does the gauge say?
Read it twice.**

- [ ] How long it rained,
  in hours.
  > A gauge has no clock.
- [x] How much fell.
  > Right.
  > It is read in millimetres.
"""


def test_a_quiz_cell():
    quiz = parse_quiz(GOOD)
    assert quiz.question == "**What does the gauge say?\nRead it twice.**"
    assert [option.text for option in quiz.options] == ["How long it rained, in hours.", "How much fell."]
    assert quiz.right[0].feedback == "Right. It is read in millimetres."
    assert quiz.options[1].line == 7
    assert quiz.problems() == []


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ("[x]", "[ ]", 4, "No option is marked"),
        ("[ ]", "[x]", 7, "More than one option"),
        ("  > A gauge has no clock.\n", "", 4, "has no feedback"),
        ("**What", "What", 1, "not in bold"),
        (GOOD[:43], "", 1, "no question"),
        ("- [x] How much fell.\n  > Right.\n  > It is read in millimetres.\n", "", 1, "There are 1 options"),
        ("How much fell.", "How long it rained, in hours.", 7, "say the same"),
        ("How much fell.", "", 7, "is empty"),
        ("  > Right.\n", "  > Right.\n\nWell done.\n", 10, "belongs to no option"),
    ],
)
def test_each_fault_has_its_line_and_words(old, new, line, words):
    problems = parse_quiz(GOOD.replace(old, new)).problems()
    assert any(words in what for _, what in problems), problems
    assert line in [number for number, what in problems if words in what]


def test_several_right_options_when_the_metadata_says_so():
    assert parse_quiz(GOOD.replace("[ ]", "[x]")).problems(several=True) == []


def test_the_key_is_removed_and_the_question_stays():
    made = without_key("> A hint before the options stays.\n\n" + GOOD)
    assert "[x]" not in made and "Right" not in made and "no clock" not in made
    assert "A hint before the options stays." in made
    assert [option.text for option in parse_quiz(made).options] == [
        option.text for option in parse_quiz(GOOD).options
    ]


# --- order --------------------------------------------------------------------------------------------------------


def test_the_order_is_the_same_for_one_seed_and_differs_between_seeds():
    options = ["one", "two", "three", "four"]
    orders = {order(options, f"q{n}") for n in range(60)}
    assert len(orders) > 15 and all(sorted(o) == [0, 1, 2, 3] for o in orders)
    assert order(options, "c6-k1") == order(list(options), "c6-k1")


def test_each_place_is_as_likely_as_the_others():
    places = [order(["a", "b", "c"], f"q{n}").index(1) for n in range(3000)]
    assert all(900 < places.count(place) < 1100 for place in range(3))


@pytest.mark.parametrize(
    ("text", "fixed"),
    [
        ("All of these", True),
        ("**None of these.**", True),
        ("Both of them.", True),
        ("Neither.", True),
        ("Both A and B", True),
        ("All three", True),
        ("None of the above", True),
        ("Both places are counted twice", False),
        ("All forty items are filled in.", False),
        ("None that would last.", False),
        ("Neither: the two figures do not decide.", False),
        ("All of them are ghosts.", False),
        ("All of them; the mean is high.", False),
        ("All of these are right.", True),
        ("Anything else", False),
    ],
)
def test_all_of_these_keeps_its_place(text, fixed):
    assert speaks_of_others(text) is fixed
    if fixed:
        assert {order(["one", "two", text], f"q{n}")[2] for n in range(20)} == {2}
        assert {order(["one", text, "two"], f"q{n}")[1] for n in range(20)} == {1}


def test_a_copy_without_key_is_shuffled_with_all_that_belongs_to_an_option():
    source = "**Which?**\n\n- [x] one\n  and more\n  > Yes.\n- [ ] two\n  > No.\n- [ ] three\n  > No."
    made = [without_key(source, f"q{n}") for n in range(12)]
    assert len(set(made)) > 3 and made[0] == without_key(source, "q0")
    for text in made:
        assert sorted(option.text for option in parse_quiz(text).options) == ["one and more", "three", "two"]
        assert "[x]" not in text and ">" not in text and text.startswith("**Which?**")


# --- give-away ----------------------------------------------------------------------------------------------------


def test_the_report_of_made_up_questions():
    long_right = [(["a" * 30, "b" * 10, "c" * 12], 0), (["a" * 10, "b" * 40, "c" * 12], 1)] * 20
    report = give_away(long_right)
    assert (report.questions, report.longest, report.strategy, report.places) == (
        40,
        1.0,
        1.0,
        (0.5, 0.5, 0.0),
    )
    said = " ".join(report.problems())
    assert "longest in 100%" in said and "first of three in 50%" in said and "scores 100%" in said
    fair = [([*"abc"], place) for place in range(3)] * 12
    assert give_away(fair).problems() == [] and give_away(fair).longest == 0
    # The strategy falls back on the commonest place where no option is the longest.
    assert give_away([([*"abc"], 1)] * 30 + [([*"abc"], 0)] * 10).strategy == 0.75
    assert give_away(long_right[:4]).problems() == []


def test_marks_do_not_count_as_length():
    assert plain("**bold**, `code` and a {term}`median <x>` [link](y)") == "bold, code and a median link"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("> Yes.", "> Right. Yes.", "says so itself"),
        ("> No.", "> Wrong: no.", "says so itself"),
        (
            "- [x] one",
            "- [x] one, and so much more is said about it here that nobody can overlook it",
            "gives it away",
        ),
    ],
)
def test_signs_that_give_an_option_away(old, new, said):
    source = "**Which?**\n\n- [x] one\n  > Yes.\n- [ ] two\n  > No."
    assert parse_quiz(source).signs() == []
    assert said in parse_quiz(source.replace(old, new)).signs()[0][1]
