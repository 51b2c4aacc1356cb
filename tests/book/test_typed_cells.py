"""From a notebook's typed cells to marks, and from pandas' tables to readable ones."""

from __future__ import annotations

import json
import re

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from cleanworks.errors import InputError
from cleanworks.workshop.pages.cells import mark_up, origin
from cleanworks.workshop.pages.readable_tables import tidy


def cell(
    source: str, tag: str | None = None, question: str | None = None, *, code: bool = False, id: str = ""
):
    made = (new_code_cell if code else new_markdown_cell)(source)
    made.metadata = nbformat.from_dict({"tags": [tag]} if tag else {})
    if question:
        made.metadata["cleanworks"] = nbformat.from_dict({"question": question})
    if id:
        made.id = id
    return made


def outline(*cells, front: str = "", story: bool = False) -> str:
    """The marked-up notebook as one line: names of boxes in brackets, first words of cells."""
    marked = mark_up(new_notebook(cells=list(cells)), where="notebook.ipynb", front=front, story=story)
    nbformat.validate(marked)
    parts = []
    for made in marked.cells:
        mark = re.match(r"```\{cleanworks-mark\} (\w+)\n(.*)", made.source)
        if mark:
            parts.append("]" if mark[1] == "end" else f"{json.loads(mark[2])['kind']}[")
        else:
            parts.append(made.source.split("\n")[0])
    return " ".join(parts)


def test_a_question_is_one_box_with_its_parts():
    assert outline(
        cell("Do it", "exercise", "a-e1"),
        cell("x = ...", "starter", "a-e1", code=True),
        cell("Think", "hint", "a-e1"),
        cell("Think more", "hint", "a-e1"),
        cell("check()", "check", "a-e1", code=True),
        cell("x = 1", "solution", "a-e1", code=True),
        cell("Because", "solution", "a-e1"),
        cell("Afterwards"),
    ) == (
        "exercise[ Do it starter[ x = ... ] hints[ hint[ Think ] hint[ Think more ] ] check[ check() ] "
        "solution[ x = 1 Because ] ] Afterwards"
    )


def test_two_questions_are_two_boxes():
    assert outline(cell("One", "exercise", "a-e1"), cell("Two", "exercise", "a-e2")) == (
        "exercise[ One ] exercise[ Two ]"
    )


def test_a_heading_stands_above_its_box():
    assert outline(cell("## 1. Task\n\nDo it", "exercise", "a-e1")).startswith("## 1. Task exercise[ ")


def test_a_likely_mistake_and_what_the_check_says_to_it_share_a_box():
    def again():
        made = cell("check()", "check", "a-e1", code=True)
        made.metadata["cleanworks"]["generated"] = True
        return made

    assert outline(
        cell("Do it", "exercise", "a-e1"),
        cell("x = 1", "solution", "a-e1", code=True),
        again(),
        cell("Because", "solution", "a-e1"),
        cell("x = 2", "wrong-answer", "a-e1", code=True),
        again(),
        cell("x = 3", "wrong-answer", "a-e1", code=True),
        again(),
    ) == (
        "exercise[ Do it solution[ x = 1 check() Because ] "
        "wrong-answer[ x = 2 check() ] wrong-answer[ x = 3 check() ] ]"
    )


def test_front_matter_stands_under_the_title_only():
    shown = outline(cell("# Title\n\nHello"), cell("## Part"), cell("# Another"), front="FRONT")
    assert shown.startswith("# Title front[ FRONT ] ")
    assert shown.count("FRONT") == 1


def test_a_story_comes_before_the_front_matter():
    shown = outline(
        cell("# Title\n\nHello"),
        cell("## Decision\n\nWho?"),
        cell("## Next"),
        cell("## Last"),
        front="FRONT",
        story=True,
    )
    assert "## Decision  front[ FRONT ] ## Next" in shown
    assert shown.count("FRONT") == 1
    assert outline(cell("# Title"), cell("## Only"), front="FRONT", story=True).endswith(
        "## Only front[ FRONT ]"
    )


def test_a_heading_inside_a_box_begins_no_section():
    marked = mark_up(
        new_notebook(cells=[cell("Note\n\n## Timing\n\n```\n## not a heading\n```", "instructor")]), where="n"
    )
    text = marked.cells[1].source
    assert "```{rubric} Timing" in text and "\n## Timing" not in text
    assert "## not a heading" in text


def test_neighbouring_notes_share_a_box_and_a_heading_ends_it():
    assert (
        outline(cell("a", "pitfall"), cell("b", "pitfall", code=True), cell("## New"))
        == "pitfall[ a b ] ## New"
    )


def test_a_quiz_cell_that_holds_no_question_is_refused_with_its_place():
    with pytest.raises(InputError, match=r"notebook.ipynb, cell `q1`: This quiz cell"):
        outline(cell("No options here", "quiz", "a-k1", id="q1"))


def test_the_source_cell_of_a_marked_cell_is_known():
    marked = mark_up(new_notebook(cells=[cell("Do it", "exercise", "a-e1", id="first")]), where="n")
    assert [origin(marked, place) for place in range(4)] == [None, "first", None, None]


TABLE = """<div>
<style scoped>.dataframe td {color: red}</style>
<table border="1" class="dataframe">
  <thead>
    <tr style="text-align: right;"><th></th><th>name</th><th>amount</th></tr>
    <tr><th>district</th><th></th><th></th></tr>
  </thead>
  <tbody>
    <tr><th>North</th><td>a school with a rather long and winding name</td><td>1,200</td></tr>
    <tr><th>South</th><td>a road</td><td>-3.5</td></tr>
  </tbody>
</table></div>"""


def test_tables_get_headings_that_say_what_they_head():
    html = tidy(TABLE)
    assert "<style" not in html and "border=" not in html
    assert '<th scope="row">North</th>' in html
    assert html.count("<tr>") == 3, "the name of the index moves up into the only row of headings"
    assert '<th scope="col">district</th>' in html


def test_numbers_stand_right_and_long_texts_may_wrap():
    html = tidy(TABLE)
    assert html.count('class="cw-number"') == 3
    assert html.count('class="cw-long"') == 1


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("KRW 75,392,000", True), ("UAH 52\u00a0000", True), ("VND 1,23 bn", True), ("-KRW 5 m", True), ("12 %", True),
        ("Day 3", False), ("KRW", False), ("MET-017", False), ("2023-12-15", False),
    ],
)  # fmt: skip
def test_sums_of_money_stand_right_like_other_numbers(text, right):
    html = tidy(
        f'<table class="dataframe"><thead><tr><th>n</th></tr></thead><tbody><tr><td>{text}</td></tr></tbody></table>'
    )
    assert ('class="cw-number"' in html) == right


def test_a_table_with_grouped_rows_keeps_its_shape():
    html = tidy(
        '<table class="dataframe"><thead><tr><th></th><th></th><th>n</th></tr></thead><tbody>'
        '<tr><th rowspan="2">a</th><th>x</th><td>1</td></tr><tr><th>y</th><td>2</td></tr></tbody></table>'
    )
    assert '<th rowspan="2" scope="rowgroup">a</th>' in html
    assert html.count('class="cw-number"') == 3
