"""The tests and the evaluation form: two equivalent forms, no answer on any page, files that can be told from others."""

from __future__ import annotations

import io
import json
import random
import zipfile
from pathlib import Path

import pytest

from cleanworks.errors import InputError
from cleanworks.workshop import forms
from cleanworks.workshop.catalogue import Course
from cleanworks.workshop.forms import Key, handed_in
from tests.workshop.class_files import answer_file, given_answers


@pytest.fixture
def lessons(course):
    return Course.load(course).lessons


@pytest.fixture
def test(lessons):
    return forms.draw(lessons, seed=4)


@pytest.fixture
def key(lessons, test):
    return Key.of("rain", "Rain in a day", lessons, test)


def objectives(test, form):
    return sorted((test.item(id).lesson, test.item(id).objective) for id, _ in test.orders[form])


def test_both_forms_ask_for_the_same_objectives(test):
    assert objectives(test, "A") == objectives(test, "B")
    assert len(set(objectives(test, "A"))) == len(objectives(test, "A"))


def test_the_seed_decides_and_nothing_else(lessons, test):
    assert forms.draw(lessons, seed=4) == test
    assert any(forms.draw(lessons, seed=seed).orders != test.orders for seed in range(5, 9))


def test_a_short_test_takes_from_every_lesson(lessons):
    short = forms.draw(lessons, most=2)
    assert {lesson for lesson, _ in objectives(short, "A")} == {lesson.id for lesson in lessons}
    assert short.untested


def test_no_page_says_what_is_right(lessons, test, key):
    pages = [forms.test_page(test, key, "before"), forms.printed_test(test, key, "after", "A")]
    for lesson in lessons:
        for cell in lesson.notebook.with_tag("quiz"):
            from cleanworks.workshop.quiz import parse_quiz

            for option in parse_quiz(cell.source).options:
                for page in pages:
                    assert option.feedback not in page.html
    assert all(
        "right" not in page.html.split("<script")[0].split("<form")[-1].replace("may be right", "")
        for page in pages[:1]
    )


def test_pages_ask_for_nothing_outside(test, key):
    for page in (forms.test_page(test, key, "before"), forms.form_page("evaluation", key)):
        assert "http" not in page.html and "src=" not in page.html


def test_a_form_belongs_to_its_code():
    assert forms.form_for("an 07 ul", "before") == forms.form_for("AN07UL", "before")
    assert forms.form_for("AN07UL", "before") != forms.form_for("AN07UL", "after")


def read(content, key):
    return handed_in.answers("file.json", handed_in.loads(content), key)


def some(key, code="AN07UL", kind="before"):
    import random

    return given_answers(key, code, kind, 0.5, random.Random(1))


def test_a_file_comes_back_as_it_was_saved(key):
    given = some(key)
    assert read(answer_file(key, "AN07UL", "before", given), key).answers == given


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"workshop": "another"}, "another workshop"),
        ({"test": "000000000000"}, "another version"),
        ({"kind": "during"}, "unknown kind"),
        ({"code": "x"}, "no proper code"),
        ({"form": "C"}, "form that belongs"),
        ({"answers": {"r1-k1": [0]}}, "entries"),
        ({"answers": [["nowhere-k1", [0]]]}, "does not have"),
    ],
)
def test_a_file_that_does_not_belong_is_told_why(key, changes, says):
    with pytest.raises(ValueError, match=says):
        read(answer_file(key, "AN07UL", "before", some(key), changes), key)


@pytest.mark.parametrize("value", [[99], [-1], [True], [0.0], [], "0", [[0]], None])
def test_an_option_that_is_not_there_is_refused(key, value):
    id = key.forms[forms.form_for("AN07UL", "before")][0]
    with pytest.raises(ValueError, match="option"):
        read(answer_file(key, "AN07UL", "before", {id: value}), key)


def test_a_changed_file_is_noticed(key):
    content = json.loads(answer_file(key, "AN07UL", "before", some(key)))
    content["answers"][0][1] = [1 - content["answers"][0][1][0]] if content["answers"][0][1][0] < 2 else [0]
    with pytest.raises(ValueError, match="changed"):
        handed_in.answers("file.json", content, key)


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe", b"NaN", b'{"a": NaN}', b"[" * 100_000])
def test_what_is_no_json_is_no_more_than_that(content):
    with pytest.raises(ValueError):
        handed_in.loads(content)


def test_a_zip_cannot_reach_out_of_itself(tmp_path, key):
    content = answer_file(key, "AN07UL", "before", some(key))
    with zipfile.ZipFile(tmp_path / "files.zip", "w") as archive:
        for name in ("../../out.json", "/etc/out.json", "C:\\out.json", "..\\out.json", "good/in.json"):
            archive.writestr(name, content)
    (tmp_path / "broken.zip").write_bytes(b"PK\x03\x04 nothing")
    found = handed_in.Found()
    assert [name for name, _ in handed_in.files(tmp_path, found)] == ["files.zip > good/in.json"]
    assert len(found.left_out) == 5
    assert sum("leads out of the zip" in why for _, why in found.left_out) == 4


def test_a_bomb_and_a_link_are_left_alone(tmp_path):
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("big.json", b" " * 5_000_000)
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "bomb.zip").write_bytes(bomb.getvalue())
    (tmp_path / "secret.json").write_text("{}")
    (tmp_path / "in" / "link.json").symlink_to(tmp_path / "secret.json")
    found = handed_in.Found()
    assert list(handed_in.files(tmp_path / "in", found)) == []
    assert {name for name, _ in found.left_out} == {"bomb.zip > big.json", "link.json"}


def test_a_key_that_is_none_is_refused(tmp_path):
    with pytest.raises(InputError, match="no key"):
        Key.load(tmp_path / "key.json")
    (tmp_path / "key.json").write_text('{"format": "other"}')
    with pytest.raises(InputError, match="not a key"):
        Key.load(tmp_path / "key.json")


# --- forms do not give themselves away ----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def whole_course():
    return Course.load(Path(__file__).parents[2]).lessons


@pytest.mark.parametrize("seed", range(1, 7))
def test_no_form_of_this_course_gives_itself_away(whole_course, seed):
    from cleanworks.workshop.forms.items import measured
    from cleanworks.workshop.quiz import LONGEST, PLACES, STRATEGY

    test = forms.draw(whole_course, seed=seed)
    for form in forms.FORMS:
        orders = dict(test.orders[form])
        report = measured([test.item(id) for id in orders], orders)
        assert report.questions >= 20
        assert report.longest <= LONGEST and report.strategy < STRATEGY
        assert all(PLACES[0] <= share <= PLACES[1] for share in report.places)


def test_all_of_these_stays_last_in_a_form():
    from cleanworks.workshop.forms.items import Item, _ordered

    items = [Item(f"q{n}", "q", 1, "Which?", ("one", "two", "All of these"), (n % 3,)) for n in range(12)]
    for _, places in _ordered(items, random.Random(1)):
        assert places[2] == 2 and sorted(places) == [0, 1, 2]
