"""Quiz cells are read as they are written, and what is wrong with one is said with its line."""

from __future__ import annotations

import pytest

from cleanworks.workshop.quiz import parse_quiz, without_key

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
