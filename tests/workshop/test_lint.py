"""Lint: each rule finds its fault and names the place; the canonical form is stable and changes no meaning."""

from __future__ import annotations

import errno
import json
import os

import nbformat
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from cleanworks.errors import InputError
from cleanworks.workshop.lint import canonical, fix_file, lint_course, rules_page
from cleanworks.workshop.lint.canonical import slug
from cleanworks.workshop.lint.context import glossary_terms
from cleanworks.workshop.lint.rules import RULES
from cleanworks.workshop.lint.sentences import one_sentence_per_line, split_sentences
from cleanworks.workshop.notebook import dump, read
from tests.workshop.conftest import cell_of, edit, lesson_path, set_path


def found(root, rule: str, path=None):
    _, findings, _ = lint_course(root, [path] if path else [])
    return [finding for finding in findings if finding.rule == rule]


def test_the_tiny_course_is_clean(course):
    files, findings, rewritten = lint_course(course, fix=True)
    assert len(files) == 4 and findings == [] and rewritten == []


def test_folded_code_may_be_long_and_is_folded_in_every_editor(course):
    path = lesson_path(course)

    def fold(nb):
        cell = cell_of(nb, "step-1-the-total-code")
        cell["source"] = "x = 1\n" * 15 + cell["source"]
        cell["metadata"]["tags"] = ["hide-input"]

    edit(path, fold)
    fix_file(path)
    assert found(course, "code-length", path) == []
    folded = cell_of(json.loads(path.read_text("utf-8")), "step-1-the-total-code")
    assert folded["metadata"]["jupyter"] == {"source_hidden": True}
    edit(path, lambda nb: cell_of(nb, "step-1-the-total-code")["metadata"].update(tags=[]))
    fix_file(path)
    shown = cell_of(json.loads(path.read_text("utf-8")), "step-1-the-total-code")
    assert "jupyter" not in shown["metadata"]
    assert found(course, "code-length", path)


def block(nb):
    return nb["metadata"]["cleanworks"]


def source(id, old, new):
    """A change of one cell's text."""

    def change(nb):
        cell = cell_of(nb, id)
        assert old in cell["source"]
        cell["source"] = cell["source"].replace(old, new)

    return change


def without(id):
    return lambda nb: nb["cells"].remove(cell_of(nb, id))


def meta(id, **values):
    def change(nb):
        cell_of(nb, id)["metadata"].update(values)

    return change


LESSON_FAULTS = [
    ("metadata", lambda nb: block(nb).pop("title"), "`title` is missing"),
    ("metadata", lambda nb: nb["metadata"].pop("cleanworks"), "no `cleanworks` block"),
    ("cell-metadata", meta("r1-k1", cleanworks={"questoin": "r1-k1"}), "`questoin` is not known"),
    ("tags", meta("r1-k1", tags=["quizz"]), "`quizz` is not known"),
    ("tags", meta("r1-k1", tags=["quiz", "hint"]), "two roles: hint and quiz"),
    ("tags", meta("pitfall-a-gap-is-not-a-dry-day-text", tags=[]), "has no tag `pitfall`"),
    ("place", lambda nb: block(nb).update(part="climate"), "`climate` is not one of weather"),
    ("place", lambda nb: block(nb).update(id="q1"), "should start with the id, `q1-`"),
    (
        "objective-verb",
        lambda nb: block(nb)["objectives"].__setitem__(0, "Understand rain."),
        "starts with `understand`",
    ),
    (
        "objectives-tested",
        lambda nb: block(nb)["objectives"].append("Compute more."),
        "Nothing tests objective 4",
    ),
    (
        "objectives-tested",
        meta("r1-k1", cleanworks={"question": "r1-k1", "objective": 9}),
        "Objective 9 does not exist",
    ),
    ("prerequisites", lambda nb: block(nb).update(prerequisites=["r9"]), "`r9` is not a lesson"),
    ("prerequisites", lambda nb: block(nb).update(prerequisites=["r2"]), "r1 needs r2 needs r1"),
    ("terms", lambda nb: block(nb)["terms"].append("cloud"), "`cloud` is not in the glossary"),
    (
        "terms",
        source("the-decision", "{term}`rain gauge`", "{term}`pots <pot>`"),
        "`pot` is not in the glossary",
    ),
    ("citations", source("the-decision", "rain2001", "rain2001, snow1999"), "no entry `snow1999`"),
    ("title", source("reading-a-rain-gauge", "# Reading", "# Looking at"), "not the one of the metadata"),
    ("title", source("reading-a-rain-gauge", "# Reading", "Reading"), "has no title"),
    ("heading-order", source("step-1-the-total", "## ", "#### "), "level 4 after level 2"),
    ("heading-order", source("quiz", "## ", "# "), "second title"),
    ("sections", without("key-points"), "`Key points` is missing"),
    (
        "sections",
        lambda nb: nb["cells"].append(nb["cells"].pop(nb["cells"].index(cell_of(nb, "the-decision")))),
        "too early",
    ),
    ("quiz", without("r1-k2"), "1 questions instead of 2"),
    ("quiz", source("r1-k1", "[x]", "[ ]"), "No option is marked"),
    (
        "quiz",
        meta("r1-k2", cleanworks={"question": "r1-k1", "objective": 2}),
        "is the question `r1-k1` already",
    ),
    ("quiz", meta("r1-k2", cleanworks={"question": "r1-k2"}), "should name the objective"),
    ("quiz", meta("r1-k2", cleanworks={"objective": 2}), "should name the question"),
    ("image-text", source("the-decision", "You look", "![](garden.png)\nYou look"), "no description"),
    (
        "absolute-path",
        source("step-1-the-total", "The sum", "See /home/someone/rain.csv. The sum"),
        "`/home/someone` is a path",
    ),
    (
        "absolute-path",
        source("step-1-the-total", "The sum", "Not `file://`, [not](file:///C:/rain.csv). The sum"),
        "`file:///C:/rain.csv` is a path",
    ),
    ("code-reads", source("step-1-the-total-code", "total_mm = ", "total_mm = ("), "Python cannot read this"),
    (
        "code-length",
        source("step-1-the-total-code", "total_mm = ", "x = 1\n" * 15 + "total_mm = "),
        "17 lines; 15 are the most",
    ),
    (
        "code-width",
        source("step-1-the-total-code", "total_mm = ", "x = 1  # " + "a" * 68 + "\ntotal_mm = "),
        "77 characters; 76 are the most",
    ),
    ("data", lambda nb: block(nb).update(data=["week", "year"]), "`year` is declared and never loaded"),
    ("data", lambda nb: block(nb).update(data=[]), "`week` is loaded and not declared"),
    ("data", source("the-decision-code", '"week"', "name"), "should be written out in quotes"),
    (
        "needs",
        source("the-decision-code", "import rain", "import rain\nimport statsmodels.api as sm"),
        "`statsmodels` is imported",
    ),
    (
        "whole-numbers",
        source("step-1-the-total-code", "total_mm = ", "week['mm'].astype(int)\ntotal_mm = "),
        "depends on the machine",
    ),
    (
        "whole-numbers",
        source("step-1-the-total-code", "total_mm = ", "week.fillna(0).astype(dtype='int')\ntotal_mm = "),
        "depends on the machine",
    ),
    ("partner", lambda nb: block(nb).update(id="r1x"), "no exercise set with the id `r1x`"),
    (
        "edition",
        source("key-points", "Key points", "Key points\n\nIn Rainland it rains."),
        "'Rainland' belongs to one",
    ),
    (
        "edition",
        source("step-1-the-total-code", "total_mm = ", "price = 'florins'\ntotal_mm = "),
        "'florins'",
    ),
    (
        "edition",
        source("step-1-the-total-code", "total_mm = ", "# as in Rainland\ntotal_mm = "),
        "'Rainland'",
    ),
    ("edition", source("step-1-the-total-code", "total_mm = ", "cost_florins = 3\ntotal_mm = "), "'florins'"),
    (
        "edition",
        source("step-1-the-total-code", "total_mm = ", "files = !ls\nprice = 'florins'\ntotal_mm = "),
        "'florins'",
    ),
    (
        "country-rule",
        source("key-points", "Key points", "Key points\n\nIt always rains on Sundays."),
        "wrong in the edition of desertland",
    ),
    ("canonical", source("the-decision", "Each Sunday", "Today. Each Sunday"), "one sentence on a line"),
    ("canonical", lambda nb: cell_of(nb, "quiz").update(id="1f3a9c2e"), "an id that says nothing"),
    (
        "canonical",
        lambda nb: cell_of(nb, "the-decision-code").update(execution_count=3),
        "counter of an execution",
    ),
    ("canonical", lambda nb: nb["metadata"].update(colab={}), "Keys, metadata or spaces"),
]

SET_FAULTS = [
    ("edition", source("r1-e1-exercise", "\n", "\nIn Rainland {cite}`rain2001`.\n"), "'Rainland'"),
    ("questions", without("r1-e1-hint-2"), "1 of 2 cells tagged `hint`"),
    ("questions", without("r1-e1-wrong-answer"), "1 of 2 cells tagged `wrong-answer`"),
    ("questions", without("r1-e1-starter"), "0 of 1 cells tagged `starter`"),
    ("questions", without("r1-e1-check"), "0 of 1 cells tagged `check`"),
    ("questions", without("r1-e1-solution"), "has no code"),
    ("questions", without("r1-e1-solution-2"), "no reasoning in words"),
    ("questions", source("r1-e1-check", "r1-e1", "r1-e2"), "does not check its own question"),
    ("questions", meta("r1-e1-wrong-answer", cleanworks={"question": "r1-e1"}), "which `feedback`"),
    ("questions", meta("r1-e1-hint", cleanworks={}), "to which question"),
    ("questions", meta("r1-e1-exercise", cleanworks={"question": "r1-e1"}), "which objective"),
    ("questions", lambda nb: nb["cells"].insert(3, nb["cells"].pop(7)), "not in order"),
    (
        "questions",
        lambda nb: cell_of(nb, "r1-e1-hint").update(cell_type="code", outputs=[], execution_count=None),
        "kind of the cell",
    ),
]


@pytest.mark.parametrize(
    ("rule", "change", "words"), LESSON_FAULTS, ids=lambda value: value if isinstance(value, str) else ""
)
def test_each_rule_finds_its_fault_in_a_lesson(course, rule, change, words):
    edit(lesson_path(course), change)
    assert any(words in finding.what for finding in found(course, rule)), lint_course(course)[1]


@pytest.mark.parametrize(
    ("rule", "change", "words"), SET_FAULTS, ids=lambda value: value if isinstance(value, str) else ""
)
def test_each_rule_finds_its_fault_in_an_exercise_set(course, rule, change, words):
    edit(set_path(course), change)
    assert any(words in finding.what for finding in found(course, rule)), lint_course(course)[1]


def test_a_figure_without_description(course):
    edit(lesson_path(course, "r2"), lambda nb: cell_of(nb, "the-decision-code")["metadata"].pop("mystnb"))
    (finding,) = found(course, "figure-text")
    assert "has no description" in finding.what and finding.line == 5


class TestWordsOfOneCountry:
    def words(self, course):
        return [finding.what.split("'")[1] for finding in found(course, "edition")]

    @pytest.mark.parametrize(
        "change",
        [
            source("the-decision", "{cite}", "In Rainland, {cite}"),
            source("step-1-the-total-code", "total_mm = ", 'title = published.name("Rainland")\ntotal_mm = '),
            source(
                "step-1-the-total-code",
                "total_mm = ",
                'rain.plot(source="Source: Rainland 2001")\ntotal_mm = ',
            ),
        ],
        ids=["cited", "published figures", "who published"],
    )
    def test_published_practice_may_be_named(self, course, change):
        edit(lesson_path(course), change)
        assert self.words(course) == []

    def test_a_mark_says_that_the_cell_speaks_of_that_country(self, course):
        edit(lesson_path(course), source("key-points", "Key points", "Key points\n\nIn Rainland it rains."))
        assert self.words(course) == ["Rainland"]
        edit(lesson_path(course), meta("key-points", cleanworks={"about": "Rainland"}))
        assert lint_course(course)[1] == []

    def test_a_marked_prompt_speaks_for_its_question(self, course):
        edit(set_path(course), lambda nb: cell_of(nb, "r1-e1-exercise").update(source="Think of Rainland."))
        edit(set_path(course), lambda nb: cell_of(nb, "r1-e1-hint").update(source="Rainland has gauges."))
        assert self.words(course) == ["Rainland", "Rainland"]
        edit(
            set_path(course),
            lambda nb: cell_of(nb, "r1-e1-exercise")["metadata"]["cleanworks"].update(about="Rainland"),
        )
        assert self.words(course) == []

    def test_what_a_check_says(self, course):
        config = course / "cleanworks.toml"
        config.write_text('checks = "checks"\n' + config.read_text(encoding="utf-8"), encoding="utf-8")
        (course / "checks").mkdir()
        module = course / "checks" / "r1.py"
        module.write_text('"""Of Rainland."""\n\nSAYS = "Count in florins."\n', encoding="utf-8")
        (finding,) = found(course, "edition")
        assert finding.path.name == "r1.py" and finding.file_line == 3 and "'florins'" in finding.what
        assert "profile" in finding.fix and "# about:" in finding.fix
        module.write_text('SAYS = "Count in florins."  # about: Rainland\n', encoding="utf-8")
        assert found(course, "edition") == []

    def test_a_word_inside_another_is_no_hit(self, course):
        edit(lesson_path(course), source("key-points", "Key points", "Key points\n\nRainlanders measure."))
        assert self.words(course) == []

    def test_this_course_names_what_is_seouls_own(self):
        from pathlib import Path

        from cleanworks import profiles
        from cleanworks.workshop.settings import Settings

        words = set(Settings.load(Path(__file__).resolve().parents[2]).editions.words)
        seoul = profiles.load("seoul")
        assert {seoul["currency.code"], seoul["names.city"], seoul["names.project_system"]} <= words
        assert set(seoul["names.districts"]) <= words


@pytest.mark.parametrize(
    "line", ["In Rainland it always rains on Sundays.", "It always rains on Sundays {cite}`rain2001`."]
)
def test_a_sentence_that_says_where_it_holds_is_left_alone(course, line):
    edit(lesson_path(course), source("key-points", "Key points", f"Key points\n\n{line}"))
    assert not found(course, "country-rule")


class TestStatementsThatNothingBacks:
    """The four sentences that a reader once found in this book without a source are among those that are found."""

    def said(self, course, line, at="key-points", heading="Key points"):
        edit(lesson_path(course), source(at, heading, f"{heading}\n\n{line}"))
        return [finding.what for finding in found(course, "unsourced")]

    @pytest.mark.parametrize(
        "line",
        [
            "It rains 140 days a year.",
            "Groups of fewer than about thirty days are too small.",
            "A workshop fails on its clock more often than on its content.",
            "Changes are what citizens ask for first.",
            "The reports come mostly from private works.",
            "Most gauges are read by people.",
            "People never empty the gauge.",
            "- It rained 12 mm.\n- The gauge is old {cite}`rain2001`.",
            "| month | mm |\n|---|---|\n| May | 62 |",
        ],
    )
    def test_is_found(self, course, line):
        (what,) = self.said(course, line)
        assert what.startswith("Nothing backs")

    @pytest.mark.parametrize(
        "line",
        [
            "It rains 140 days a year {cite}`rain2001`.",
            "It rains 140 days a year.\nThat is counted {cite}`rain2001`.",
            "Suppose it rains 140 days a year.",
            "An invented garden gets 12 mm.",
            "Lesson r2 and step 3 of 2015 begin at 10:30, from 0 to 100 %, and are at most a plan.",
            "Draw it first, and never before the people are asked.",
            "Rain that was never measured is not zero.",
            'She says: "It rains 140 days,\nand most people know it."',
            "In how many of 40 weeks does it rain?",
            "```\n140 days\n```",
        ],
    )
    def test_is_left_alone(self, course, line):
        assert self.said(course, line) == []

    def test_a_result_beside_it_backs_a_number_and_not_what_people_do(self, course):
        at = dict(at="step-1-the-total", heading="Step 1: the total")
        assert self.said(course, "It rained 12 mm, in most of these weeks.", **at) == []
        (what,) = self.said(course, "Most people forget a day.", **at)
        assert "in general" in what

    def test_a_mark_needs_its_reason_and_something_to_mark(self, course):
        assert self.said(course, "It rains 140 days a year.")
        edit(
            lesson_path(course), meta("key-points", cleanworks={"claims": {"140 days": "Ours, for the sum."}})
        )
        assert lint_course(course)[1] == []
        edit(lesson_path(course), source("key-points", "It rains 140 days a year.", "It rains."))
        (finding,) = found(course, "unsourced")
        assert "'140 days'" in finding.what and "marks nothing" in finding.what
        edit(lesson_path(course), meta("key-points", cleanworks={"claims": {"140 days": ""}}))
        assert found(course, "cell-metadata")


class TestStatementsOfSetsAndPages:
    """The same holds where a learner practises and where a reader looks things up."""

    @pytest.mark.parametrize(
        ("cell", "line"),
        [
            ("r1-e1-exercise", "Most people forget to empty the gauge."),
            ("r1-e1-hint", "It rains 140 days a year."),
            ("r1-e1-solution-2", "People never empty the gauge."),
        ],
    )
    def test_a_set(self, course, cell, line):
        edit(set_path(course), lambda nb: cell_of(nb, cell).update(source=line))
        (finding,) = found(course, "unsourced", set_path(course))
        assert finding.cell == cell and line in finding.what

    def test_a_task_gives_numbers_that_the_rest_takes_up_unless_it_speaks_of_a_country(self, course):
        path = set_path(course)

        def write(nb):
            cell_of(nb, "r1-e2-exercise")["source"] += "\n\nIt rained 140 mm."
            cell_of(nb, "r1-e2-hint")["source"] = "Of the 140 mm, some fell on Friday."

        edit(path, write)
        assert found(course, "unsourced", path) == []
        edit(
            path, lambda nb: cell_of(nb, "r1-e2-exercise")["metadata"]["cleanworks"].update(about="Rainland")
        )
        (finding,) = found(course, "unsourced", path)
        assert finding.cell == "r1-e2-exercise"

    def test_what_a_check_says(self, course):
        checks = course / "checks"
        checks.mkdir()
        (checks / "r1.py").write_text(
            'TOLD = ("Most people forget a day.", "Too much", f"Only {3} of 140 days.")\n'
            'WELL = "Most people forget a day."  # claims: the story of the set\n',
            encoding="utf-8",
        )
        findings = found(course, "unsourced", set_path(course))
        assert [(one.path.name, one.file_line) for one in findings] == [("r1.py", 1), ("r1.py", 1)]
        assert "in general" in findings[0].what and "140" in findings[1].what

    def test_what_stands_under_an_option_of_a_quiz_and_not_the_option(self, course):
        def write(nb):
            cell = cell_of(nb, "r1-k1")
            first, _, rest = cell["source"].partition("- [")
            cell["source"] = f"{first}- [ ] Most people forget.\n  > Most people forget.\n- [{rest}"

        edit(lesson_path(course), write)
        (finding,) = found(course, "unsourced")
        assert finding.cell == "r1-k1"

    @pytest.mark.parametrize(
        "page",
        [
            "It rains 140 days a year.\n",
            "```{note}\nMost people forget a day.\n```\n",
            "Gauge\n: Most people forget to empty it.\n",
            "| month | mm |\n|---|---|\n| May | 62 |\n",
        ],
    )
    def test_a_page(self, course, page):
        (course / "index.md").write_text(f"# Rain\n\n{page}", encoding="utf-8")
        (finding,) = found(course, "unsourced")
        assert finding.path.name == "index.md"
        assert "Nothing backs" in (course / "index.md").read_text() or finding.what.startswith(
            "Nothing backs"
        )
        assert finding.file_line >= 3

    @pytest.mark.parametrize(
        "page",
        [
            "It rains 140 days a year {cite}`rain2001`.\n",
            "---\ndays: 140\n---\n\nIt rains.\n",
            "```sh\nsleep 140\n```\n",
            "<!-- rain: begin -->\nIt rained 140 mm.\n<!-- rain: end -->\n",
            "| what | minutes |\n|---|---|\n| Look | 12 |\n",
            "It rained 140 mm.\n\n```{report} rain\n```\n",
        ],
    )
    def test_a_page_that_backs_what_it_says(self, course, page):
        (course / "index.md").write_text(
            page if page.startswith("---") else f"# Rain\n\n{page}", encoding="utf-8"
        )
        assert found(course, "unsourced") == []

    def test_what_is_no_word_is_not_looked_through_for_words(self, course):
        """It would take hours."""
        page = f"# Rain\n\n{'x' * 200_000}\n\nIt rains 140 days a year.\n"
        (course / "index.md").write_text(page, encoding="utf-8")
        (finding,) = found(course, "unsourced")
        assert finding.what.endswith("in: It rains 140 days a year.")

    def test_pages_of_a_book_without_lessons_are_left_alone(self, course):
        (course / "index.md").write_text("# Rain\n\nIt rains 140 days a year.\n", encoding="utf-8")
        for path in [*(course / "notebooks").rglob("*.ipynb"), *(course / "exercises").rglob("*.ipynb")]:
            edit(path, lambda nb: nb["metadata"].pop("cleanworks"))
        assert found(course, "unsourced") == []

    def test_a_mark_of_a_page_needs_something_to_mark(self, course):
        settings_file = course / "cleanworks.toml"
        mark = '\n[[claims]]\npage = "texts/plan.md"\nwords = "140 days"\nbecause = "Ours."\n'
        settings_file.write_text(
            f'prose = ["texts"]\n{settings_file.read_text("utf-8")}{mark}', encoding="utf-8"
        )
        (course / "texts").mkdir()
        (finding,) = found(course, "unsourced")
        assert "marks nothing" in finding.what and finding.path.name == "cleanworks.toml"
        (course / "texts" / "plan.md").write_text("It rains 140 days a year.\n", encoding="utf-8")
        assert found(course, "unsourced") == []
        (course / "texts" / "plan.md").write_text(
            "It rains 140 days a year.\nIt rains 90 days.\n", encoding="utf-8"
        )
        assert len(found(course, "unsourced")) == 1
        # A translation claims what its English page claims; a page of its own in such a folder speaks for itself.
        (course / "texts" / "fr").mkdir()
        for name, more in (("plan.md", 0), ("own.md", 1)):
            (course / "texts" / "fr" / name).write_text("Il pleut 90 jours.\n", encoding="utf-8")
            assert len(found(course, "unsourced")) == 1 + more


def test_a_new_word_of_python_is_asked_for_once(course):
    """The words are those that a page shows; what is folded, or explained in the text or in the list, is none of them."""
    (course / "words.toml").write_text("len = 'Counts.'\n", encoding="utf-8")
    settings_file = course / "cleanworks.toml"
    settings_file.write_text(
        'python_words = "words.toml"\nnew_words = 0\n' + settings_file.read_text("utf-8"), encoding="utf-8"
    )
    path = lesson_path(course)

    def said():
        return [finding.what for finding in found(course, "python-words", path)]

    before = said()
    edit(path, source("step-1-the-total-code", "total_mm = ", "x = sorted(week)\ntotal_mm = "))
    assert [what for what in said() if what not in before] == [
        "`sorted` is a new word of Python, and nothing says what it does."
    ]
    edit(path, source("step-1-the-total", "The sum", "`sorted` puts things in order. The sum"))
    assert said() == before
    edit(path, source("step-1-the-total", "`sorted` puts", "It puts"))
    edit(path, meta("step-1-the-total-code", tags=["hide-input"]))
    assert not any("sorted" in what for what in said())
    (course / "words.toml").write_text("len = ", encoding="utf-8")
    with pytest.raises(InputError, match="list of Python's words cannot be read"):
        found(course, "python-words", path)


def test_every_rule_is_tried_above():
    tried = {rule for rule, *_ in [*LESSON_FAULTS, *SET_FAULTS]} | {
        "figure-text",
        "amounts",
        "gives-away",
        "python-words",
        "unsourced",
    }
    assert tried == {rule.name for rule in RULES}


def test_a_finding_names_file_line_cell_and_remedy(course):
    path = lesson_path(course)
    edit(path, source("the-decision", "rain2001", "snow1999"))
    (finding,) = found(course, "citations")
    line = path.read_text().splitlines()[finding.file_line - 1]
    assert "snow1999" in line
    text = str(finding)
    assert f"{path.as_posix()}:{finding.file_line}: cell 2 `the-decision`, line 5" in text
    assert "Correct the key" in text and "[citations]" in text


def test_a_file_that_is_no_notebook_is_one_finding_and_the_others_are_still_checked(course):
    lesson_path(course).write_text('{"cells": [')
    edit(lesson_path(course, "r2"), meta("r2-k1", tags=["quizz"]))
    _, findings, _ = lint_course(course, fix=True)
    assert any(finding.rule == "readable" and "not JSON" in finding.what for finding in findings)
    assert any(finding.rule == "tags" for finding in findings)
    assert lesson_path(course).read_text() == '{"cells": ['


def test_a_path_that_does_not_exist(course):
    with pytest.raises(InputError, match="no such file or folder"):
        lint_course(course, [course / "nowhere"])


def test_a_glossary_or_list_of_sources_that_is_missing_is_said(course):
    (course / "book/glossary.md").unlink()
    (course / "book/references.bib").unlink()
    contents = course / "_toc.yml"
    contents.write_text(contents.read_text().replace("      - file: book/glossary\n", ""))
    assert "no glossary at book/glossary.md" in found(course, "terms")[0].what
    assert "no list of sources at book/references.bib" in found(course, "citations")[0].what


def test_the_page_of_rules_has_every_rule():
    page = rules_page()
    assert all(f"| `{rule.name}` |" in page for rule in RULES)


class TestCanonicalForm:
    def test_what_a_machine_added_is_removed_and_every_word_stays(self, course):
        path = lesson_path(course)
        clean = path.read_text()

        def dirty(nb):
            for number, cell in enumerate(nb["cells"]):
                cell["metadata"]["collapsed"] = True
                if cell["cell_type"] == "code":
                    cell["execution_count"] = number
                    cell["outputs"] = [{"output_type": "stream", "name": "stdout", "text": ["x"]}]
                    cell["source"] += "   \n\n"
            nb["cells"].insert(
                2,
                {
                    "cell_type": "code",
                    "id": "empty",
                    "metadata": {},
                    "source": "",
                    "outputs": [],
                    "execution_count": None,
                },
            )
            nb["metadata"]["kernelspec"] = {"name": "my-env", "display_name": "My environment"}
            nb["nbformat_minor"] = 4

        edit(path, dirty)
        assert fix_file(path) is True
        assert path.read_text() == clean
        assert fix_file(path) is False

    def test_random_ids_become_readable_and_readable_ones_stay(self, course):
        path = set_path(course)
        clean = json.loads(path.read_text())

        def scramble(nb):
            for number, cell in enumerate(nb["cells"]):
                cell["id"] = f"{number:08x}"

        edit(path, scramble)
        fix_file(path)
        assert [cell["id"] for cell in json.loads(path.read_text())["cells"]] == [
            cell["id"] for cell in clean["cells"]
        ]

        def rename(nb):
            nb["cells"][0]["id"] = "a-name-of-my-own"
            nb["cells"][0]["source"] = "# Another title"

        edit(path, rename)
        fix_file(path)
        assert json.loads(path.read_text())["cells"][0]["id"] == "a-name-of-my-own"

    def test_a_copied_cell_gets_an_id_of_its_own(self, course):
        path = set_path(course)
        edit(path, lambda nb: nb["cells"].insert(5, json.loads(json.dumps(cell_of(nb, "r1-e1-hint")))))
        fix_file(path)
        ids = [cell["id"] for cell in json.loads(path.read_text())["cells"]]
        assert len(set(ids)) == len(ids) and ids[4:7] == ["r1-e1-hint", "r1-e1-hint-3", "r1-e1-hint-2"]

    def test_canonical_notebooks_are_valid_and_stable(self, course):
        for path in course.rglob("*.ipynb"):
            made = canonical(read(path).node)
            nbformat.validate(made)
            assert dump(canonical(made)) == dump(made) == path.read_text()

    def test_jupyter_saves_the_same_bytes(self, course):
        path = lesson_path(course)
        before = path.read_text()
        nbformat.write(nbformat.read(path, as_version=4), path)
        assert path.read_text() == before

    @pytest.mark.parametrize("number", [errno.ENOSPC, errno.EACCES], ids=["disk full", "not allowed"])
    def test_a_file_that_cannot_be_written_stays_whole(self, course, monkeypatch, number):
        path = lesson_path(course)
        edit(path, lambda nb: nb["metadata"].update(colab={}))
        before = path.read_text()

        def refuse(*arguments):
            raise OSError(number, os.strerror(number))

        monkeypatch.setattr(os, "replace", refuse)
        with pytest.raises(InputError, match="cannot be written"):
            fix_file(path)
        assert path.read_text() == before
        assert [other.name for other in path.parent.iterdir() if other.name.startswith(".")] == []

    @pytest.mark.parametrize(
        ("heading", "expected"),
        [
            ("The decision", "the-decision"),
            ("Pitfall: a {term}`gap` is *not* 0 mm", "pitfall-a-gap-is-not-0-mm"),
            ("Überfluss & Café", "uberfluss-cafe"),
            ("2 stations", "s-2-stations"),
            ("강우", ""),
        ],
    )
    def test_slugs(self, heading, expected):
        assert slug(heading) == expected


class TestSentences:
    @pytest.mark.parametrize(
        ("text", "lines"),
        [
            ("It rained. It stopped.", ["It rained.", "It stopped."]),
            ("It rained\nall day. It stopped.", ["It rained all day.", "It stopped."]),
            (
                "See e.g. Rain, No. 5, and Fig. 3 by J. Smith. Done.",
                ["See e.g. Rain, No. 5, and Fig. 3 by J. Smith.", "Done."],
            ),
            ("It was 3.5 mm. 4 mm came later.", ["It was 3.5 mm.", "4 mm came later."]),
            ("Use `a. B` here. Then stop.", ["Use `a. B` here.", "Then stop."]),
            ("It is so. {cite}`rain2001` Next one.", ["It is so. {cite}`rain2001` Next one."]),
            ("**Timing.** Ten minutes.", ["**Timing.**", "Ten minutes."]),
            ("Why? Because! Yes.", ["Why?", "Because!", "Yes."]),
            ("- One. Two.\n- Three.", ["- One.", "  Two.", "- Three."]),
            ("> One. Two.", ["> One.", "> Two."]),
            ("- [x] One. Two.\n  > Right. So.", ["- [x] One.", "  Two.", "  > Right.", "  > So."]),
            ("1. One. Two.", ["1. One.", "   Two."]),
            ("It ended in 2015. - Not a list.", ["It ended in 2015. - Not a list."]),
            ("It was in 1. It was good.", ["It was in 1.", "It was good."]),
            ("```\nA. B.\n```", ["```", "A. B.", "```"]),
            ("| A. B. | C. |\n| --- | --- |", ["| A. B. | C. |", "| --- | --- |"]),
            ("$$\na. B\n$$", ["$$", "a. B", "$$"]),
            (":::{note}\nOne. Two.\n:::", [":::{note}", "One.", "Two.", ":::"]),
            ("# A. B.", ["# A. B."]),
            ("One  \nTwo", ["One  ", "Two"]),
            ("(label)=\n## A", ["(label)=", "## A"]),
        ],
    )
    def test_cases(self, text, lines):
        assert one_sentence_per_line(text).splitlines() == lines

    words = st.sampled_from(
        [
            "Rain.",
            "falls",
            "(Why?)",
            "**Bold.**",
            "`a. B`",
            "e.g.",
            "3.5",
            "1.",
            "-",
            "> ",
            "\n",
            "\n\n",
            "- ",
            "  ",
            "# ",
            "$x. Y$",
            "|",
            "[a](b)",
            "\n    code. More.",
            "\n```\n",
            ":::",
            "{cite}`k`",
            "\\",
            "A.",
            "*",
        ]
    )

    @settings(max_examples=300, deadline=None)
    @given(st.lists(words, max_size=25).map(" ".join))
    def test_nothing_a_reader_sees_changes_and_twice_is_once(self, text):
        def rendered(source):
            return " ".join(
                MarkdownIt("commonmark").enable(["table", "strikethrough"]).render(source).split()
            )

        text = text.strip()
        once = one_sentence_per_line(text)
        assert rendered(once) == rendered(text)
        assert one_sentence_per_line(once) == once

    @given(st.text(max_size=200))
    def test_no_character_is_lost(self, text):
        line = " ".join(text.split())
        assert " ".join(split_sentences(line)).split() == line.split()


def test_glossary_terms():
    page = "# Glossary\n\n:::{glossary}\nrain gauge\ngauge\n  A vessel.\n\nStation : place\n  Where.\n:::\n\nafterwards\n"
    assert glossary_terms(page) == {"rain gauge", "gauge", "station"}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("It costs $10 and then $25.", True),
        ("It costs \\$10 and then \\$25.", False),
        ("It costs `$10` and `$25`.", False),
        ("The sum $2x + 1$ is a formula.", False),
        ("One amount: $10.", False),
        ("It costs $10\nand later $25.", True),
        ("It costs 10$ and then 25$.", True),
        ("```{note}\nIt costs $10 and then $25.\n```", True),
        ("```{code-block} text\nIt costs $10 and then $25.\n```", False),
        ("\n| first | second |\n|---|---|\n| $10 | $25 |", False),
    ],
)
def test_amounts_that_would_become_a_formula(course, text, found):
    edit(
        lesson_path(course),
        lambda content: content["cells"][0].update(source=content["cells"][0]["source"] + f"\n{text}"),
    )
    assert ("amounts" in {finding.rule for finding in lint_course(course)[1]}) == found
    config = course / "_config.yml"
    config.write_text(config.read_text() + "  config:\n    myst_dmath_allow_digits: false\n")
    assert "amounts" not in {finding.rule for finding in lint_course(course)[1]}
