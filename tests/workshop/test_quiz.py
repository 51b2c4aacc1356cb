"""Quiz cells: what is read, and what is said about a cell that cannot be read."""

import pytest

from cleanworks.errors import InputError
from cleanworks.workshop import quiz

CELL = """\
**What does an SPI of 0.8 say?**

Look at $EV / PV$ first.

- [ ] The work costs more than planned.
  > Cost is CPI.
  > SPI compares work done with work planned.
- [x] Less work is done
  than was planned.

  > Right {cite}`ccs-s88`.
* [ ] Nothing.
  > It does say something.
"""


def test_question_options_and_feedback_are_read():
    read = quiz.read(CELL.replace("\n* ", "\n- "))
    assert read.prompt == "**What does an SPI of 0.8 say?**\n\nLook at $EV / PV$ first."
    assert [option.right for option in read.options] == [False, True, False]
    assert read.options[0].text == "The work costs more than planned."
    assert read.options[0].feedback == "Cost is CPI.\nSPI compares work done with work planned."
    assert read.options[1].text == "Less work is done\nthan was planned."
    assert read.options[1].feedback == "Right {cite}`ccs-s88`."
    assert quiz.faults(read) == []


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        ("What?", "no list of options"),
        ("What?\n\n- This\n  > No.\n- [x] That\n  > Yes.", "'This'"),
        ("What?\n\n- [ ]\n  > No.", "has no box"),
    ],
)
def test_a_cell_that_cannot_be_read_is_refused(cell, message):
    with pytest.raises(InputError, match=message):
        quiz.read(cell, where="c6, cell c6-k1")


@pytest.mark.parametrize(
    ("cell", "several", "message"),
    [
        ("What?\n\n- [ ] A\n  > No.\n- [ ] B\n  > No.", False, "No option"),
        ("What?\n\n- [x] A\n  > Yes.\n- [x] B\n  > Yes.", False, "2 options"),
        ("What?\n\n- [x] A\n  > Yes.\n- [ ] B", False, "'B' has no feedback"),
        ("- [x] A\n  > Yes.\n- [ ] B\n  > No.", False, "no question"),
        ("What?\n\n- [x] A\n  > Yes.", False, "at least two"),
    ],
)
def test_faults_of_a_quiz_are_named(cell, several, message):
    assert any(message in fault for fault in quiz.faults(quiz.read(cell), several=several))


def test_several_right_answers_may_be_declared():
    cell = "What?\n\n- [x] A\n  > Yes.\n- [x] B\n  > Yes."
    assert quiz.faults(quiz.read(cell), several=True) == []
