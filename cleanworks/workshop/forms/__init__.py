"""The test before and after a workshop, and the form in which participants judge it.

Two forms of the test are made from the quiz questions of the modules. Where an objective has two questions, each form
gets one; where it has one, both forms get it, with its options in another order. A person whose code sends them to form
A before gets form B after, and the other way round, so that a difference between the forms evens out. No page holds an
answer: what is right stands only in the key, which stays with the instructor.
"""

from cleanworks.workshop.forms.form_pages import (
    form_page,
    printed_evaluation,
    printed_follow_up,
    printed_test,
    test_page,
)
from cleanworks.workshop.forms.items import FORMS, IN_A_WORKSHOP, SECONDS, Item, Test, draw, form_for
from cleanworks.workshop.forms.key import Key, Statement

__all__ = [
    "FORMS",
    "IN_A_WORKSHOP",
    "SECONDS",
    "Item",
    "Key",
    "Statement",
    "Test",
    "draw",
    "form_for",
    "form_page",
    "printed_evaluation",
    "printed_follow_up",
    "printed_test",
    "test_page",
]
