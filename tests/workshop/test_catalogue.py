"""The catalogue reads a course, and says plainly what is wrong with one."""

from __future__ import annotations

import pytest

from cleanworks.errors import InputError
from cleanworks.workshop.catalogue import Course
from tests.workshop.conftest import edit, lesson_path, set_path


def test_lessons_come_in_the_order_of_the_table_of_contents_with_their_exercise_sets(course):
    loaded = Course.load(course)
    assert loaded.ids == ["r1", "r2"]
    assert [entry.name for entry in loaded.notebooks] == ["r1", "r1-exercises", "r2", "r2-exercises"]
    first = loaded.lesson("r1")
    assert first.title == "Reading a rain gauge" and first.caption == "Weather"
    assert first.block.minutes.total == 15
    assert list(first.exercises.notebook.questions) == ["r1-e1", "r1-e2"]
    assert [course_page.name for course_page in loaded.pages] == ["index.md", "glossary.md", "references.md"]
    assert loaded.relative(first.path) == "notebooks/weather/r1-rain-gauge.ipynb"
    assert loaded.entry("r2-exercises").path == set_path(course, "r2")


def test_an_unknown_lesson_is_answered_with_those_there_are(course):
    with pytest.raises(InputError, match=r"no lesson 'c99'.*r1, r2"):
        Course.load(course).lesson("c99")
    with pytest.raises(InputError, match="r1-exercises"):
        Course.load(course).entry("r9-exercises")


def test_no_table_of_contents(tmp_path):
    with pytest.raises(
        InputError, match=r"_toc\.yml: There is no table of contents here\. Run this in the folder"
    ):
        Course.load(tmp_path)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("root: index\nparts: [", r"_toc\.yml, line \d+: The table of contents cannot be read"),
        ("- a\n- b\n", "has no `root`"),
        ("root: nowhere\n", "names 'nowhere', and there is no such page"),
        ("root: index\nchapters:\n  - book/glossary\n", "is not an entry"),
    ],
)
def test_a_wrong_table_of_contents(course, text, words):
    (course / "_toc.yml").write_text(text)
    with pytest.raises(InputError, match=words):
        Course.load(course)


def test_broken_metadata_names_file_and_field(course):
    edit(lesson_path(course), lambda nb: nb["metadata"]["cleanworks"].update(level="hard"))
    with pytest.raises(
        InputError,
        match=r"r1-rain-gauge\.ipynb: .*`level` should be 'basic', 'core' or 'advanced', not 'hard'",
    ):
        Course.load(course)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda block: block.pop("title"), "`title` is missing"),
        (lambda block: block.pop("minutes"), "a lesson needs minutes"),
        (lambda block: block.update(objectives=["Read a table."]), "3 to 5 objectives, not 1"),
        (lambda block: block.update(colour="red"), "`colour` is not known here"),
        (
            lambda block: block.update(minutes={"teach": "long", "practise": 5}),
            "`minutes.teach` should be a whole number",
        ),
        (lambda block: block["objectives"].append(""), "`objectives.4` is empty"),
    ],
)
def test_each_fault_of_the_block_has_its_words(course, change, words):
    edit(lesson_path(course), lambda nb: change(nb["metadata"]["cleanworks"]))
    with pytest.raises(InputError, match=words):
        Course.load(course)


def test_a_notebook_without_block(course):
    edit(lesson_path(course), lambda nb: nb["metadata"].pop("cleanworks"))
    with pytest.raises(InputError, match="has no `cleanworks` block"):
        Course.load(course)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"cells": [}', r"line 1: The notebook is not JSON: .* at column \d+"),
        ("[1, 2]", "not a notebook"),
        ('{"cells": [], "nbformat": 3}', "has format 3; format 4 is needed"),
        ('{"cells": [{"cell_type": "code"}], "nbformat": 4}', "cell 1: The cell has no source"),
        (
            '{"cells": [{"cell_type": "code", "source": "", "metadata": {"tags": "x"}}], "nbformat": 4}',
            "not a list of words",
        ),
        ("[" * 100_000, "nested too deeply"),
    ],
)
def test_a_file_that_is_no_notebook(course, text, words):
    lesson_path(course).write_text(text)
    with pytest.raises(InputError, match=words):
        Course.load(course)


def test_a_file_that_is_not_text(course):
    lesson_path(course).write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match="not UTF-8"):
        Course.load(course)


def test_two_lessons_with_one_id(course):
    edit(lesson_path(course, "r2"), lambda nb: nb["metadata"]["cleanworks"].update(id="r1"))
    with pytest.raises(InputError, match=r"r2-two-stations.*The id 'r1' is taken by .*r1-rain-gauge"):
        Course.load(course)


def test_an_exercise_set_without_lesson(course):
    edit(set_path(course), lambda nb: nb["metadata"]["cleanworks"].update(id="r7"))
    with pytest.raises(InputError, match="The exercise set 'r7' belongs to no lesson"):
        Course.load(course)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("quiz_items = ", "cannot be read"),
        ("quiz = 3\n", "`quiz` is not known here"),
        ('tasks = "many"\n', "tasks"),
    ],
)
def test_wrong_settings(course, text, words):
    (course / "cleanworks.toml").write_text(text)
    with pytest.raises(InputError, match=words):
        Course.load(course)


def test_a_course_without_settings_has_the_defaults(course):
    (course / "cleanworks.toml").unlink()
    assert Course.load(course).settings.quiz_items == 5


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("root: index\nchapters: true\n", "`chapters` should be a list, not True"),
        ("root: index\nchapters:\n  - file: index\n    sections: 1\n", "`sections` should be a list, not 1"),
        ("root: index\nchapters:\n  - file: [a]\n", "is not the name of a page"),
        (f"root: index\nchapters:\n  - file: {'x' * 300}\n", "there is no such page"),
        ("root: index\nparts:\n  - caption: [1]\n", "is not text"),
        (
            "root: index\nchapters: &c\n  - file: index\n    sections: *c\n",
            "line 2: The table of contents contains itself",
        ),
        ("root: index\nwhen: 2024-02-31\n", "Put that value in quotes"),
        ("[" * 5000, "nested too deeply"),
        ("format: jb-zine\nroot: index\n", "'jb-zine'"),
        ("format: [jb-book]\nroot: index\n", "cannot read the table of contents"),
        (
            "format: jb-book\nroot: index\nchapters:\n  - file: book/glossary\n  - file: book/glossary\n",
            "multiple times",
        ),
        ("format: jb-book\nroot: index\noptions: 3\nchapters:\n  - file: book/glossary\n", "cannot read"),
        ("format: jb-book\nroot: index\nchapters:\n  - url: 4\n", "'url' must be"),
        ("root: index\nroot: book/glossary\n", r"line 2: .* has `root` twice in one place, first in line 1"),
        ("root: /etc/hosts\n", "lies outside the folder of the course"),
        ("root: book/../../there\n", "lies outside the folder of the course"),
        ("root: _config.yml\n", "there is no such page"),
    ],
)
def test_a_table_of_contents_of_the_wrong_shape(course, text, words):
    (course / "_toc.yml").write_text(text)
    with pytest.raises(InputError, match=words):
        Course.load(course)


def test_nested_aliases_that_would_never_end(course):
    """Nine levels of nine aliases each stand for 387 million entries."""
    lines = ["root: index", "a0: &a0", "  - file: index"]
    for level in range(1, 10):
        lines += [
            f"a{level}: &a{level}",
            *(f"  - file: index\n    sections: *a{level - 1}" for _ in range(9)),
        ]
    (course / "_toc.yml").write_text("\n".join([*lines, "chapters: *a9"]))
    with pytest.raises(InputError, match="more than 50,000 entries"):
        Course.load(course)


@pytest.mark.parametrize("name", ["_toc.yml", "cleanworks.toml", "_config.yml"])
def test_a_byte_order_mark_is_not_part_of_a_file(course, name):
    path = course / name
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert Course.load(course).ids == ["r1", "r2"]


def test_notebooks_that_a_pattern_means_are_part_of_the_course(course):
    toc = "format: jb-book\nroot: index\nchapters:\n  - file: notebooks/weather/r2-two-stations\n  - glob: notebooks/*/*\n  - glob: '*/weather/r*'\n"
    (course / "_toc.yml").write_text(toc)
    (course / "_build" / "notebooks" / "x").mkdir(parents=True)
    (course / "_build" / "notebooks" / "x" / "y.ipynb").write_text("{}")
    assert [lesson.id for lesson in Course.load(course).lessons] == ["r2", "r1"]
    assert len(Course.load(course).notebooks) == 4
