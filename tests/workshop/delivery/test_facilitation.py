"""What the facilitator gets: the course's texts with the workshop's facts, and a floor plan that fits the number of people."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from cleanworks.errors import InputError
from cleanworks.workshop import forms, handouts, workshop_file
from cleanworks.workshop.catalogue import Course
from cleanworks.workshop.delivery import facilitation
from cleanworks.workshop.delivery.programme import make_programme
from tests.few import few

ROOT = Path(__file__).resolve().parents[3]


TEXTS = ROOT / "workshops" / "facilitation"
SHAPE = {
    "facts": r"\$[a-z]+",
    "blocks": r"<!-- .+ -->",
    "headings": r"^#+ ",
    "items": r"^ *(?:-|\d+\.) ",
    "rows": r"^\|",
    "columns": r" \| ",
    "lines to write on": r"^_+$",
    "bold": r"\*\*",
    "code": r"`[^`]+`",
    "links": r"\]\([^)]+\)",
}
"""What no translation of a text may lose or add."""


@pytest.fixture(scope="module")
def course() -> Course:
    return Course.load(ROOT)


def programme(course, modules=("o1", "c6"), **changes):
    day = {"date": "2026-12-02", "start": "08:30", "end": "16:30"}
    facts = {"title": "Two *days*", "place": "Kampala", "audience": "auditors", "participants": 30}
    return make_programme(
        course, workshop_file.parse({**facts, "days": [day], "modules": list(modules), **changes}, "day")
    )


def pages(course, made) -> dict[str, tuple[str, str]]:
    found = {}
    for path in facilitation.texts(course, "en"):
        audience, page = facilitation.text_page(path, made)
        found[path.stem] = audience, page.html
    return found


def test_every_text_says_the_facts_and_no_mark_is_left(course):
    made = pages(course, programme(course))
    assert set(made) == {"plan", "helpers", "invitation", "action-plan", "when-laptops-fail"}
    assert {name for name, (audience, _) in made.items() if audience == "learner"} == {"action-plan"}
    for name, (_, html) in made.items():
        assert not re.search(r"\$\w|<!--|&lt;!--|\*\*", html.split("<body>")[1]), name
        # A title that looks like Markdown is a title.
        assert "Two *days*" in html and html.count("<h1>") == 1, name
    assert "4 helpers for 30 people" in made["helpers"][1]
    assert "08:30 on the first day" in made["invitation"][1]


def test_what_a_workshop_does_not_teach_is_not_played(course):
    construction = pages(course, programme(course, ["o1", "c6"]))["plan"][1]
    integrity = pages(course, programme(course, ["m1"]))["plan"][1]
    assert "approving a claim" in construction and "before a council" not in construction
    assert "before a council" in integrity and "approving a claim" not in integrity
    assert (
        "two guesses" in construction and "two guesses" not in integrity and "what do we count?" in integrity
    )


@pytest.mark.parametrize(("people", "tables"), [(1, 1), (2, 1), (7, 4), (30, 15), (61, 31)])
def test_the_floor_plan_has_a_table_for_each_pair_inside_the_room(course, people, tables):
    html = facilitation.floor_plan(programme(course, participants=people)).html
    width, depth = map(int, re.search(r'viewBox="0 0 (\d+) (\d+)"', html).groups())
    placed = [
        tuple(map(int, at)) for at in re.findall(r'<rect x="(\d+)" y="(\d+)" width="114" height="60"', html)
    ]
    assert len(placed) == len(set(placed)) == tables
    assert all(x + 114 < width and y + 100 < depth for x, y in placed)
    circles = [tuple(map(int, at)) for at in re.findall(r'<circle cx="(\d+)" cy="(\d+)"', html)]
    assert len(circles) == len(set(circles)) == facilitation.helpers(people)
    assert all(0 < x < width and 0 < y < depth for x, y in circles)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("# A\n\nFor $titel.\n", "Did you mean 'title'"),
        ("No title\n", "no title"),
        ("<!-- for: everybody -->\n# A\n", "not for 'everybody'"),
    ],
)
def test_a_text_that_cannot_be_used_says_why(course, tmp_path, text, said):
    (tmp_path / "own.md").write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as error:
        facilitation.text_page(tmp_path / "own.md", programme(course))
    assert said in error.value.message
    assert "own.md" in error.value.message


def test_a_translation_stands_in_place_of_the_english_text(course, tmp_path):
    import shutil

    root = tmp_path / "course"
    shutil.copytree(ROOT / "workshops", root / "workshops")
    (root / "workshops/facilitation/fr/plan.md").write_text("# Le plan\n\nÀ $place.\n", encoding="utf-8")

    class Elsewhere:
        pass

    there = Elsewhere()
    there.root = root
    paths = facilitation.texts(there, "fr")
    assert sorted(path.stem for path in paths) == sorted(
        path.stem for path in facilitation.texts(course, "en")
    )
    page = facilitation.text_page(next(p for p in paths if p.stem == "plan"), programme(course))[1]
    assert 'lang="fr"' in page.html and "À Kampala." in page.html


@pytest.mark.parametrize("language", ["fr", "ko", "ar"])
@pytest.mark.parametrize("name", sorted(path.name for path in TEXTS.glob("*.md")))
def test_every_text_is_translated_with_everything_that_is_no_word(language, name):
    english = (TEXTS / name).read_text(encoding="utf-8")
    translated = (TEXTS / language / name).read_text(encoding="utf-8")
    for what, pattern in SHAPE.items():
        found = [sorted(re.findall(pattern, text, re.MULTILINE)) for text in (translated, english)]
        if what == "lines to write on":
            found = [[len(lines)] for lines in found]
        assert found[0] == found[1], what
    sentences = re.findall(r"(?:\b[A-Za-z']+ ){3,}[a-z]+", english)
    assert len(sentences) > 10
    assert [said for said in sentences if said in translated] == []


@pytest.mark.parametrize("language", ["fr", "ko", "ar"])
def test_a_translation_says_the_facts_and_that_it_is_a_draft(course, language):
    made = programme(course, language=language, modules=["o1"], organiser="Court *of* Audit")
    for path in facilitation.texts(course, language):
        assert path.parent.name == language
        html = facilitation.text_page(path, made)[1].html
        assert f'<html lang="{language}" dir="{"rtl" if language == "ar" else "ltr"}">' in html
        assert not re.search(r"\$\w|<!--|&lt;!--|\*\*", html.split("<body>")[1]), path
        assert "Two *days*" in html and html.count("<h1>") == 1, path
        assert 'class="draft"' in html
        assert 'class="draft"' not in facilitation.text_page(path, made, [language])[1].html


@pytest.mark.parametrize("language", ["fr", "ko", "ar"])
def test_the_floor_plan_speaks_the_language(course, language):
    english = facilitation.floor_plan(programme(course, modules=["o1"])).html
    spoken = facilitation.floor_plan(programme(course, modules=["o1"], language=language)).html
    told = re.findall(r"<(?:li|text)[^>]*>([^<]*[A-Za-z]{3}[^<]*)<|aria-label=\"([^\"]+)", english)
    assert len(told) == 8
    assert [one for one in told if max(one) in spoken] == []


@pytest.mark.usefixtures("installed_browser")
@pytest.mark.parametrize("language", few(["en", "fr"], ["fr"]))
def test_what_a_helper_and_a_participant_hold_is_one_sheet(course, language):
    """The French texts are longer, and used to end with two lines on a second sheet."""
    facts = {"title": "Des travaux publics au grand jour : une première matinée", "place": "Kigali", "audience": "all",
             "days": [{"date": "2027-03-01", "start": "09:00", "end": "12:45"}], "modules": ["o1", "c6"], "language": language}  # fmt: skip
    programme = make_programme(course, workshop_file.parse(facts, "day"))
    sheets = {
        path.stem: facilitation.text_page(path, programme)[1]
        for path in facilitation.texts(course, language)
        if path.stem in ("helpers", "invitation", "action-plan")
    }
    test = forms.draw(programme.lessons, seed=1)
    key = forms.Key.of("x", facts["title"], programme.lessons, test, titles=programme.titles)
    sheets["evaluation"] = forms.printed_evaluation(key, language)
    printed = {name: handouts.pages(handouts.sparing(page)) for name, page in sheets.items()}
    assert printed == dict.fromkeys(sheets, 1) and len(printed) == 4
