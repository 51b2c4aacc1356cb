"""What a workshop file is told: the file in hand, the line, the nearest right word, before any work."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest

from cleanworks.errors import InputError
from cleanworks.workshop import workshop_file
from cleanworks.workshop.catalogue import Course
from cleanworks.workshop.delivery import references
from cleanworks.workshop.delivery.programme import make_programme

ROOT = Path(__file__).resolve().parents[3]
GOOD = """title = "A day in Gulu"
place = "Gulu"
audience = "officials"
language = "en"
profile = "uganda"
modules = ["o1", "c6"]

[[days]]
date = 2027-03-02
start = "08:30"
end = "16:00"
breaks = [{ title = "Lunch", start = "12:30", minutes = 60 }]
"""


@pytest.fixture(scope="module")
def course():
    return Course.load(ROOT)


def told(course, tmp_path, text: str, **options) -> tuple[list[str], str]:
    """The notes of a workshop file, and the message with which it was refused."""
    path = tmp_path / "gulu.toml"
    path.write_text(text, encoding="utf-8")
    try:
        workshop = workshop_file.load(path)
        references.country(course, workshop)
        references.require_language(course, workshop)
        lessons = make_programme(course, workshop).lessons
        return references.resolve(course, workshop, lessons, **options)[2], ""
    except InputError as error:
        assert str(path) in error.message
        return [], error.message.replace(str(path), "gulu.toml")


def test_a_good_file_is_told_nothing(course, tmp_path):
    assert told(course, tmp_path, GOOD) == ([], "")


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('"uganda"', '"ugandda"', "gulu.toml, line 5: There is no profile 'ugandda'. Did you mean 'uganda'?"),
        ('"en"', '"fx"', "gulu.toml, line 4: There is no translation into 'fx'."),
        ('"c6"]', '"C66"]', "gulu.toml, line 6: There is no module 'C66'. Did you mean 'c6'?"),
        ('"o1", "c6"]', '"01"]', "There is no module '01'. Did you mean 'o1'?"),
        # Its title, the beginning of one, or its file in the place of an id.
        ('"c6"]', '"Red flags in tenders and contracts"]', "Did you mean 'c8'?"),
        ('"c6"]', '"Paying subcontractors"]', "Did you mean 'c6'?"),
        ('"c6"]', '"notebooks/integrity/m5-grades-and-precision.ipynb"]', "Did you mean 'm5'?"),
        ("place =", 'logo = "seal.png"\nplace =', "gulu.toml, line 2: seal.png: There is no such logo."),
        ("place =", 'logo = "gulu.toml"\nplace =', "line 2: gulu.toml: The logo is not a picture"),
        (
            "breaks =",
            'opening = [{ title = "Speech", minutes = 240 }, { title = "Photo", minutes = 60 }]\nbreaks =',
            "gulu.toml, line 10: Day 1: the opening needs 300 minutes",
        ),
        (
            'modules = ["o1", "c6"]',
            'path = "civilsociety"',
            "gulu.toml, line 6: There is no path 'civilsociety'. Did you mean 'civil-society'?",
        ),
        (
            "audience =",
            "audiense =",
            "gulu.toml, line 3: `audiense` is not known here; perhaps 'audience' is meant.",
        ),
        ('"en"', '"French"', "There is no translation into 'French'. Did you mean 'fr'?"),
        (
            '"en"',
            '"fr-FR"',
            "There is no translation into 'fr-FR'. Did you mean 'fr'? There are en, ar, fr, ko.",
        ),
        ('"uganda"', '"Republic of Uganda"', "Did you mean 'uganda'?"),
        ('"uganda"', '"."', "`cleanworks profile new mycountry` begins one"),
        (
            '"o1", "c6"]',
            "1]",
            'line 6: `modules.1`: 1 is not the id of a module; write it in quotation marks, such as "c6".',
        ),
        (
            '"c6"]',
            '{ module = "c6", teach = 0, practise = 0 }]',
            "'c6' gets no minutes; give it some, or leave it out",
        ),
        ("audience =", "participants = true\naudience =", "line 3: `participants`: true does not fit here"),
        (
            "audience =",
            "participants = inf\naudience =",
            "line 3: `participants` should be a number, not inf.",
        ),
        ("A day in", "A \\u202e day", "line 1: `title`: there is a sign in it that nobody sees (U+202E)"),
        (
            "place =",
            'timezone = "Asia/Hanoi"\nplace =',
            "no time zone 'Asia/Hanoi'; it has a region and a city",
        ),
        ("2027-03-02", "2027-13-02", "line 9: The workshop file cannot be read: there is no day 2027-13-02"),
        ("2027-03-02", "02.03.2027", "Correct the date; it is written as 2026-12-14."),
        ("2027-03-02", "2027-03-02T09:00:00", "line 9: `days.1.date`: '2027-03-02 09:00:00' is not a date"),
        ("place =", "place:", "Between a name and its value stands =, not a colon."),
        ("place =", "place\u00a0=", "There is a space in it that is none"),
        ('"Gulu"', "'Gulu's hall'", "A text with an apostrophe stands between double quotation marks."),
        ('"Gulu"', '"C:\\Users"', "Write each backslash twice"),
        (
            "place =",
            'title = "B"\nplace =',
            "line 2: The workshop file cannot be read: a name stands there for the second time",
        ),
        ('"o1", "c6"', '"o1" "c6"', "Between the entries of a list stand commas."),
        (
            "audience =",
            "participants = 1,000\naudience =",
            "Write large numbers without marks between their digits: 1000.",
        ),
        (
            "minutes = 60",
            "minute = 60",
            "gulu.toml, line 12: `days.1.breaks.1.minute` is not known here; perhaps 'minutes' is meant.",
        ),
        (
            'start = "08:30"',
            'start = "half past"',
            "gulu.toml, line 10: `days.1.start`: 'half past' is not a time of day",
        ),
        (
            "2027-03-02",
            '"2 March"',
            "gulu.toml, line 9: `days.1.date`: '2 March' is not a date; write it as 2026-12-14",
        ),
        (
            "2027-03-02",
            "2027-02-30",
            "gulu.toml, line 9: The workshop file cannot be read: there is no day 2027-02-30",
        ),
        (
            '"A day in Gulu"',
            "“A day in Gulu”",
            "gulu.toml, line 1: The workshop file cannot be read: invalid value: `title = “A day in Gulu”`. These quotation marks are curved",
        ),
        ('place = "Gulu"', 'place = "Gulu"\ntimezone = "Kampala"', "perhaps 'Africa/Kampala' is meant"),
        ("breaks = [{", "breaks = {", "put square brackets around it"),
        ("[[days]]", "[days]", "gulu.toml, line 8: `days` should be a list; begin each entry with [[days]]."),
        ("[[days]]", "[[day]]", "gulu.toml, line 8: `day` is not known here; perhaps 'days' is meant."),
        (
            '"16:00"',
            '"4.30 pm"',
            "line 11: `days.1.end`: '4.30 pm' is not a time of day; write it as \"16:30\"",
        ),
        ('"16:00"', '"14h"', "'14h' is not a time of day; write it as \"14:00\""),
        ('"16:00"', '"12:15am"', "'12:15am' is not a time of day; write it as \"00:15\""),
        (
            "breaks =",
            "team = []\nbreaks =",
            "line 12: `days.1.team` is not known here; it belongs to the workshop",
        ),
        ("place =", 'end = "17:00"\nplace =', "line 2: `end` is not known here; it belongs to a day"),
        (
            "place =",
            'id = "gulu-2"\nplace =',
            "line 2: `id` is not known here; a workshop is called as its file is.",
        ),
        (
            '"Gulu"',
            '"Gulu',
            "line 2: The workshop file cannot be read: illegal character '\\n': `place = \"Gulu`. A quotation mark is missing",
        ),
        ('"c6"]', '"c6", "c4", "c5", "c7", "c8"]', "gulu.toml, line 6: The programme is"),
    ],
)
def test_a_refusal_names_file_line_and_nearest_word(course, tmp_path, old, new, words):
    text = GOOD.replace(old, new)
    if new == "breaks = {":
        text = text.replace("60 }]", "60 }")
    notes, message = told(course, tmp_path, text)
    assert words in message and not notes
    assert "days` has too few entries" not in message


def test_a_module_that_is_not_translated_is_refused_or_named(course, tmp_path):
    text = GOOD.replace('"en"', '"fr"').replace('"o1", "c6"', '"o1", "c4"')
    _, message = told(course, tmp_path, text)
    assert (
        "gulu.toml, line 4: 1 of 2 modules is not translated into 'fr': c4 (Planned against actual)"
        in message
        and "--allow-english" in message
    )
    notes, message = told(course, tmp_path, text, allow_english=True)
    assert not message and notes == ["Not in 'fr', but in English: c4."]


def test_a_profile_beside_the_workshop_file_is_found(course, tmp_path):
    (tmp_path / "office.toml").write_text(
        'extends = "uganda"\n[names]\ncity = {value = "Gulu", illustrative = true}\n', encoding="utf-8"
    )
    path = tmp_path / "gulu.toml"
    path.write_text(GOOD.replace('"uganda"', '"office.toml"'), encoding="utf-8")
    place = references.country(course, workshop_file.load(path))
    assert place.profile == str((tmp_path / "office.toml").resolve()) and place.name == "Uganda"
    assert any("Gulu" in line for line in place.lines) and any(
        "Government Procurement Portal" in line for line in place.lines
    )
    _, message = told(course, tmp_path, GOOD.replace('"uganda"', '"office"'))
    assert "Did you mean 'office.toml'?" in message


def test_a_folder_with_the_name_of_a_file_lies_beside(course, tmp_path):
    (tmp_path / "old.toml").mkdir()
    _, message = told(course, tmp_path, GOOD.replace('"uganda"', '"ugandda"'))
    assert message.startswith("gulu.toml, line 5: There is no profile 'ugandda'.")


def test_a_wrong_key_in_that_profile_is_told_before_any_work(course, tmp_path):
    (tmp_path / "office.toml").write_text(
        'extends = "uganda"\n[payment]\nclient_day = {value = 3, illustrative = true}\n', encoding="utf-8"
    )
    _, message = told(course, tmp_path, GOOD.replace('"uganda"', '"office.toml"'))
    assert (
        "line 5" in message
        and "office.toml, line 3: 'payment.client_day' is not a name that a profile knows. Did you mean 'payment.client_days'?"
        in message
    )


def test_a_profile_in_place_of_a_workshop_is_recognised(tmp_path):
    path = tmp_path / "office.toml"
    path.write_text('extends = "uganda"\n', encoding="utf-8")
    with pytest.raises(InputError, match="a country profile, not a workshop file"):
        workshop_file.load(path)


def test_days_that_passed_and_days_of_rest_are_noted(tmp_path):
    path = tmp_path / "gulu.toml"
    path.write_text(GOOD.replace("2027-03-02", "2027-03-07"), encoding="utf-8")
    workshop = workshop_file.load(path)
    assert workshop_file.notes(workshop, (4, 5), datetime.date(2026, 1, 1)) == []
    (said,) = workshop_file.notes(workshop, (6,), datetime.date(2026, 1, 1))
    assert "line 9: 7 March 2027 is a Sunday" in said
    (said,) = workshop_file.notes(workshop, (), datetime.date(2028, 1, 1))
    assert "has passed" in said


def test_days_for_which_nothing_is_left_to_teach_are_noted(course, tmp_path):
    path = tmp_path / "gulu.toml"
    day = GOOD[GOOD.index("[[days]]") :]
    path.write_text(GOOD + "".join(day.replace("-02\n", f"-0{n}\n") for n in (3, 4)), encoding="utf-8")
    (said,) = make_programme(course, workshop_file.load(path)).warnings
    assert said.startswith(f"{path}, line 14: no module is left for 2 days, from day 2 on.")
