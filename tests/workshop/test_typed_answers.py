"""Answers on paper that were typed into a table, and the survey after three months."""

from __future__ import annotations

import csv
import io
import random

import pytest

from cleanworks.errors import InputError
from cleanworks.workshop import evaluate, forms
from cleanworks.workshop.catalogue import Course
from cleanworks.workshop.forms import Key, typed_answers
from tests.workshop.class_files import answer_file, given_answers, write_class


@pytest.fixture
def test(course):
    return forms.draw(Course.load(course).lessons, seed=4)


@pytest.fixture
def key(course, test):
    return Key.of("rain", "Rain in a day", Course.load(course).lessons, test)


def typed_rows(test, key, people: int) -> list[list[str]]:
    """The answers of a class as a person would type them in from paper: letters in the order of the printed form."""
    rows = [next(csv.reader(io.StringIO(typed_answers.templates(key)["typed-tests.csv"])))]
    for person in range(people):
        code = f"P{person:05}"
        for when, ability in (("before", 0.2), ("after", 0.9)):
            form = forms.form_for(code, when)
            given = given_answers(key, code, when, ability, random.Random(f"{code}{when}"))
            letters = []
            for id, order in test.orders[form]:
                letters.append("".join("abcdefgh"[order.index(place)] for place in given[id]))
            rows.append([code, when, form, *letters])
    return rows


def as_csv(rows, mark=",") -> bytes:
    file = io.StringIO()
    csv.writer(file, delimiter=mark).writerows(rows)
    return file.getvalue().encode("utf-8-sig")


def as_workbook(rows) -> bytes:
    from openpyxl import Workbook

    book, file = Workbook(), io.BytesIO()
    for row in rows:
        book.active.append([int(cell) if str(cell).isdigit() else cell for cell in row])
    book.save(file)
    return file.getvalue()


@pytest.mark.parametrize(
    "made", [as_csv, lambda rows: as_csv(rows, ";"), as_workbook], ids=["csv", "semicolons", "xlsx"]
)
def test_paper_and_screen_give_the_same_report(tmp_path, test, key, made):
    screen, paper = tmp_path / "screen", tmp_path / "paper"
    screen.mkdir()
    paper.mkdir()
    for person in range(12):
        code = f"P{person:05}"
        for when, ability in (("before", 0.2), ("after", 0.9)):
            given = given_answers(key, code, when, ability, random.Random(f"{code}{when}"))
            (screen / f"{when}-{code}.json").write_bytes(answer_file(key, code, when, given))
    name = "typed.xlsx" if made is as_workbook else "typed.csv"
    (paper / name).write_bytes(made(typed_rows(test, key, 12)))
    one, other = (evaluate.gather(folder, key) for folder in (screen, paper))
    assert other.left_out == [] and len(other.tests) == 24
    tables = [evaluate.report(each).tables["gains"] for each in (one, other)]
    assert tables[0].equals(tables[1])


def test_letters_stand_on_paper_before_the_options(test, key):
    page = forms.printed_test(test, key, "before", "A").html
    assert "<span>a</span>" in page and "<span>b</span>" in page


@pytest.mark.parametrize(
    ("head", "row", "said"),
    [
        ("code,when,form,1", "AN07UL,before,A,z", "options are a to"),
        ("code,when,form,1", "AN,before,A,a", "no proper code"),
        ("code,when,form,1", "AN07UL,today,A,a", "does not say `before` or `after`"),
        ("code,when,form,1", "AN07UL,before,C,a", "does not say which form"),
        ("code,when,form,99", "AN07UL,before,A,a", "a question that its form does not have"),
        ("code,survey,use", "AN07UL,evaluation,6", "not from 1 to 5"),
        ("code,survey,use", "AN07UL,party,5", "unknown survey"),
        ("code,survey,colour", "AN07UL,evaluation,5", "the form does not ask"),
        ("name,mark", "Kim,5", "has the columns name, mark"),
        ("code,survey,use,use", "AN07UL,evaluation,5,5", "'use' twice"),
        ('code,survey,"use', "AN07UL,evaluation,5", "no CSV file"),
    ],
)
def test_a_row_that_cannot_be_used_is_named_and_the_others_count(tmp_path, key, head, row, said):
    write_class(tmp_path, key, 6)
    (tmp_path / "typed.csv").write_text(f"{head}\n{row}\n", encoding="utf-8")
    made = evaluate.gather(tmp_path, key)
    assert len(made.judgements) == 6
    ((name, why),) = made.left_out
    assert name.startswith("typed.csv") and said in why


def test_workbooks_that_are_none(tmp_path, key):
    write_class(tmp_path, key, 6)
    (tmp_path / "a.xlsx").write_bytes(b"PK\x03\x04 cut off")
    (tmp_path / "b.xlsx").write_bytes(b"")
    (tmp_path / "c.csv").write_bytes("code;when\nÄ".encode("latin-1"))
    left = dict(evaluate.gather(tmp_path, key).left_out)
    assert left["a.xlsx"] == left["b.xlsx"] == "is not a workbook that can be read"
    assert "UTF-8" in left["c.csv"]


# --- three months later ---------------------------------------------------------------------------------------------


def survey(folder, key, people: int, marks) -> None:
    for person in range(people):
        code = f"P{person:05}"
        given = {id: [marks(person)] for id, s in key.follow_up.items() if s.kind == "scale"}
        given["case"] = f"I counted days, said <b>{person}</b>."
        (folder / f"follow-up-{code}.json").write_bytes(answer_file(key, code, "follow-up", given))


def test_four_levels_stand_side_by_side(tmp_path, key):
    folder = write_class(tmp_path / "class", key, 24)
    survey(folder, key, 15, lambda person: 5 if person < 9 else 2)
    made = evaluate.gather(folder, key)
    assert (len(made.follow_ups), made.left_out) == (15, [])
    report = evaluate.report(made, follow_up=True)
    levels = report.tables["levels"].set_index("level")
    assert [level[0] for level in levels.index] == ["1", "2", "3", "4"]
    assert (
        "used it: 9 of 15" in levels["found"].iloc[2]
        and "15 surveys after three months, of 24 people" in levels["asked"].iloc[2]
    )
    assert "9 of 15" in levels["found"].iloc[3]
    gain = report.tables["gains"]
    assert (
        "21 people in both tests" in levels["asked"].iloc[1]
        and "95 % interval" in levels["found"].iloc[1]
        and len(gain)
    )
    assert (levels["what it cannot"].str.len() > 40).all()
    assert "<b>9</b>" not in report.page.html and "P0000" not in report.page.html
    assert report.page.html.index("Four levels") < report.page.html.index("What was learned")


def plans(folder, key, people: int) -> None:
    for person in range(people):
        code = f"P{person:05}"
        given = {
            "change": f"Count days from receipt, <b>{person}</b>",
            "when": "March",
            "consent": "the head",
        }
        (folder / f"plan-{code}.json").write_bytes(answer_file(key, code, "action-plan", given))


def test_the_report_says_what_was_planned_and_what_became_of_it(tmp_path, key):
    folder = write_class(tmp_path / "class", key, 8)
    plans(folder, key, 7)
    survey(folder, key, 6, lambda person: 5 if person < 4 else 1)
    made = evaluate.gather(folder, key)
    assert (len(made.plans), made.left_out) == (7, [])
    report = evaluate.report(made, follow_up=True)
    told = report.tables["plans"].set_index("what will change")
    assert told["by when"].tolist() == ["March"] * 7
    assert told.loc["Count days from receipt, <b>2</b>", "what was done"] == "I counted days, said <b>2</b>."
    assert sorted(told["done after three months"]) == ["done"] * 4 + ["not done"] * 2 + ["not known"]
    assert "Of 7 plans, after three months: done: 4, not done: 2, not known: 1." in report.page.html
    assert "P0000" not in report.page.html and "<b>2</b>" not in report.page.html


def test_few_plans_are_counted_and_not_shown(tmp_path, key):
    folder = write_class(tmp_path / "class", key, 8)
    plans(folder, key, key.least - 1)
    report = evaluate.report(evaluate.gather(folder, key))
    assert "plans" not in report.tables and "Count days" not in report.page.html
    assert f"{key.least - 1} action plans" in report.page.html


@pytest.mark.parametrize(
    ("answers", "changes", "said"),
    [
        ({"when": "March"}, None, "does not say what will change"),
        ({"change": "x", "salary": "y"}, None, "judges something that the form does not ask"),
        ({"change": "x" * 2001}, None, "words that are too long"),
        ({"change": "x"}, {"workshop": "another"}, "belongs to another workshop"),
    ],
)
def test_a_plan_that_cannot_be_used_gets_one_reason(tmp_path, key, answers, changes, said):
    folder = write_class(tmp_path / "class", key, 8)
    (folder / "plan.json").write_bytes(answer_file(key, "ABCD", "action-plan", answers, changes))
    made = evaluate.gather(folder, key)
    ((name, why),) = made.left_out
    assert name == "plan.json" and said in why and made.plans == []


def test_plans_on_paper_are_typed_in(tmp_path, key):
    head = typed_answers.templates(key)["typed-action-plan.csv"].strip()
    rows = ["CODE1,action-plan,Count days,March,the head,a list", "CODE2,action-plan,,March,,"]
    (tmp_path / "t.csv").write_text("\n".join([head, *rows]), encoding="utf-8")
    made = evaluate.gather(tmp_path, key)
    assert [plan.answers["change"] for plan in made.plans] == ["Count days"]
    assert made.left_out == [("t.csv, row 3", "is an action plan that does not say what will change")]


def test_few_answers_after_three_months_show_nothing(tmp_path, key):
    folder = write_class(tmp_path / "class", key, 24)
    survey(folder, key, 4, lambda person: 5)
    found = evaluate.report(evaluate.gather(folder, key), follow_up=True).tables["levels"]["found"]
    assert "too few answers" in found.iloc[2] and "of 4" not in found.iloc[2] + found.iloc[3]


def test_four_levels_without_a_survey_are_refused(tmp_path, key):
    made = evaluate.gather(write_class(tmp_path / "class", key, 8), key)
    with pytest.raises(InputError, match="three-months-later"):
        evaluate.report(made, follow_up=True)
    assert "levels" not in evaluate.report(made).tables


def test_a_survey_typed_in_counts_like_one_from_the_screen(tmp_path, key):
    head = typed_answers.templates(key)["typed-follow-up.csv"].strip()
    rows = [f"CODE{n},follow-up,5,4,3.0,,1,I did it," for n in range(6)]
    (tmp_path / "t.csv").write_text("\n".join([head, *rows]), encoding="utf-8")
    made = evaluate.gather(tmp_path, key)
    assert made.left_out == [] and len(made.follow_ups) == 6
    assert made.follow_ups[0].answers == {
        "used": [5],
        "plan": [4],
        "shown": [3],
        "different": [1],
        "case": "I did it",
    }


def test_a_row_that_is_longer_than_its_heading_is_left_out_and_other_languages_are_read(tmp_path, key):
    head = typed_answers.templates(key)["typed-follow-up.csv"].strip()
    (tmp_path / "t.csv").write_text(f"{head}\nCODE1,follow-up,5{',' * 9},5\n", encoding="utf-8")
    (tmp_path / "f.csv").write_text("code;when;form;1\nCODE1;Après;B;a\nCODE2;전;A;a\n", encoding="utf-8")
    made = evaluate.gather(tmp_path, key)
    assert made.left_out == [("t.csv, row 2", "has more cells than the table has columns")]
    assert [
        list(typed_answers.sheets("f.csv", (tmp_path / "f.csv").read_bytes(), key))[n].kind for n in (0, 1)
    ] == [
        "after",
        "before",
    ]


def test_a_form_is_typed_in_by_the_numbers_that_stand_on_it(tmp_path, key):
    """Whoever types a French or Korean form needs no English word above the columns."""
    from bs4 import BeautifulSoup

    for survey, printed in (("evaluation", forms.printed_evaluation), ("follow-up", forms.printed_follow_up)):
        head = next(csv.reader(io.StringIO(typed_answers.templates(key)[f"typed-{survey}.csv"])))
        soup = BeautifulSoup(printed(key).html, "html.parser")
        told = [row.get_text() for row in soup.select("tbody th, .question p")]
        asked = key.asked(survey)
        assert head[2:] == [line.split(".")[0] for line in told]
        assert told == [f"{n}. {asked[id].text}" for n, id in enumerate(key.lines(survey), 1)]
        # A title, a wrong line, and the ids of an older template.
        given = ["x" if asked[id].kind == "words" else "5" for id in key.lines(survey)]
        rows = [[], head, ["CODE1", survey, *given], [], [*["CODE2", survey], *["6"] * len(given)]]
        (tmp_path / f"{survey}.csv").write_bytes(as_csv(rows))
        (tmp_path / f"{survey}-old.csv").write_bytes(
            as_csv([["code", "survey", *asked], ["CODE3", survey, *given]])
        )
    made = evaluate.gather(tmp_path, key)
    assert len(made.follow_ups) == 2 and made.follow_ups[0].answers == made.follow_ups[1].answers
    assert [(name, "from 1 to 5" in why) for name, why in made.left_out] == [
        ("evaluation.csv, row 5", True),
        ("follow-up.csv, row 5", True),
    ]


def test_an_older_key_is_still_read(tmp_path, key):
    import json

    old = json.loads(key.text())
    del old["orders"]
    (tmp_path / "key.json").write_text(json.dumps(old), encoding="utf-8")
    assert Key.load(tmp_path / "key.json").follow_up == key.follow_up
