"""Lines of Arabic for a program that only draws letters side by side: joined, and from right to left."""

import unicodedata

import pytest

from cleanworks.right_to_left import as_drawn


def read(line):
    """The plain letters of a drawn line, in the order in which they stand."""
    return unicodedata.normalize("NFKC", line)


@pytest.mark.parametrize(
    ("line", "drawn"),
    [
        ("Days late (days)", "Days late (days)"),
        ("مدينة", "ةنيدم"),
        ("العمر 12 سنة", "ةنس 12 رمعلا"),
        ("الدفع (أيام)", "(مايأ) عفدلا"),
        ("بين 1,200.50 و 3", "3 و 1,200.50 نيب"),
        ("Nabi-gu: مشروع", "Nabi-gu: عورشم"),
        ("مشروع Nabi-gu 5", "Nabi-gu 5 عورشم"),
        ("45%", "45%"),
        ("חדש 7", "7 שדח"),
    ],
)
def test_words_run_from_right_to_left_and_numbers_and_other_words_do_not(line, drawn):
    assert read(as_drawn(line)) == drawn


def test_letters_take_the_form_of_their_place_in_the_word():
    assert (
        as_drawn("ببب ب") == "\ufe8f \ufe90\ufe92\ufe91"
    )  # alone; at the end, in the middle, at the beginning
    assert as_drawn("دار") == "\ufead\ufe8d\ufea9", "dal, alef and reh join nothing that follows"
    assert as_drawn("سلام") == "\ufee1\ufefc\ufeb3", "lam and alef are one sign"
    assert as_drawn("شيئاً") == as_drawn("شيئا"), "vowel signs are left out"
