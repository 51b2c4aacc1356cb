"""`cleanworks init` on what other people have, and assignments with nbgrader's tags as exercise sets."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from cleanworks.cli import run
from cleanworks.learn import run_tests
from cleanworks.workshop.notebook import dump, read

pytestmark = pytest.mark.usefixtures("one_server")


def save(path: Path, *cells, language: str = "python") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    kernel = {"name": language, "display_name": language, "language": language}
    path.write_text(dump(new_notebook(cells=list(cells), metadata={"kernelspec": kernel})), encoding="utf-8")
    return path


@pytest.fixture
def notebooks(tmp_path) -> Path:
    """A bare folder of notebooks, as people have it on their disks."""
    root = tmp_path / "water-course"
    save(
        root / "01-wells.ipynb",
        new_markdown_cell("# Wells"),
        new_code_cell("import pandas as pd\npd.Series([1, 2]).sum()"),
    )
    save(
        root / "more" / "02-pumps.ipynb", new_markdown_cell("# Pumps"), new_code_cell("import pandas\n2 + 2")
    )
    save(root / "more" / "03-in-r.ipynb", new_code_cell("x <- 1"), language="R")
    (root / "README.md").write_text("# Water\n\nNotebooks about water.\n", encoding="utf-8")
    return root


def test_a_folder_of_notebooks_becomes_a_course_and_no_cell_changes(notebooks, capsys):
    before = {path: path.read_bytes() for path in notebooks.rglob("*") if path.is_file()}
    assert run(["init", str(notebooks)]) == 0
    said = capsys.readouterr().out
    assert "03-in-r.ipynb is written for R" in said and "cleanworks run --root" in said
    assert {path: path.read_bytes() for path in before} == before
    assert tomllib.loads((notebooks / "cleanworks.toml").read_text())["preload"] == ["pandas"]
    assert "root: README" in (notebooks / "_toc.yml").read_text()
    assert run(["run", "--root", str(notebooks)]) == 0
    assert "2 passed" in capsys.readouterr().out
    assert run(["book", "--root", str(notebooks)]) == 0
    assert "Pumps" in (notebooks / "_build" / "html" / "more" / "02-pumps.html").read_text(encoding="utf-8")


def test_what_a_mac_leaves_beside_notebooks_is_none(notebooks):
    for place in (notebooks, notebooks / "more"):
        (place / "._02-pumps.ipynb").write_bytes(b"\0\5\x16\7")
    assert run(["init", str(notebooks)]) == 0
    assert "._" not in (notebooks / "_toc.yml").read_text()
    assert run(["book", "--root", str(notebooks)]) == 0


def test_a_notebook_whose_name_ends_in_capitals_is_named(notebooks, tmp_path, capsys):
    (notebooks / "01-wells.ipynb").rename(notebooks / "01-wells.IPYNB")
    assert run(["init", str(notebooks)]) == 0
    assert "01-wells.IPYNB was left out of _toc.yml" in capsys.readouterr().out
    alone = tmp_path / "alone"
    save(alone / "RAIN.IPYNB", new_code_cell("1"))
    assert run(["init", str(alone)]) == 2
    assert "The name of RAIN.IPYNB ends in capitals" in capsys.readouterr().err


def test_what_learners_handed_in_is_no_page_of_the_book(tmp_path):
    for place in ("source/ps1", "release/ps1", "submitted/ann/ps1", "autograded/ann/ps1", "feedback/ann/ps1"):
        save(tmp_path / place / "rain.ipynb", new_markdown_cell("# Rain"), new_code_cell("1 + 1"))
    (tmp_path / "nbgrader_config.py").write_text("c = get_config()\n")
    assert run(["init", str(tmp_path)]) == 0
    toc = (tmp_path / "_toc.yml").read_text()
    assert "source/ps1/rain" in toc and "ann" not in toc and "release" not in toc


@pytest.mark.parametrize(
    ("name", "text"), [("rain.py", "# %% [markdown]\n# # Rain\n# %%\n1 + 1\n"), ("rain.qmd", "# Rain\n")]
)
def test_notebooks_in_a_form_that_jupyter_book_does_not_read_are_named(tmp_path, capsys, name, text):
    (tmp_path / name).write_text(text)
    (tmp_path / "plain.py").write_text("x = 1\n")
    assert run(["init", str(tmp_path)]) == 2
    assert f"jupytext --to myst {name}" in capsys.readouterr().err


def test_who_comes_from_jupyter_book_2_hears_whose_order_the_pages_have(notebooks, capsys):
    (notebooks / "myst.yml").write_text("version: 1\nproject:\n  toc: [{file: more/02-pumps.ipynb}]\n")
    assert run(["init", str(notebooks)]) == 0
    said = capsys.readouterr().out
    assert "myst.yml belongs to Jupyter Book 2" in said and "into the order of myst.yml" in said


def test_a_second_time_there_is_nothing_to_do_and_that_is_said(notebooks, capsys):
    assert run(["init", str(notebooks)]) == 0
    assert run(["init", str(notebooks)]) == 2
    assert "this is a course already" in capsys.readouterr().err


def test_a_book_keeps_its_own_files(notebooks):
    toc, config = "format: jb-book\nroot: README\nchapters:\n  - file: 01-wells\n", "title: Ours\n"
    (notebooks / "_toc.yml").write_text(toc)
    (notebooks / "_config.yml").write_text(config)
    assert run(["init", str(notebooks)]) == 0
    assert (notebooks / "_toc.yml").read_text() == toc and (notebooks / "_config.yml").read_text() == config
    assert (notebooks / "cleanworks.toml").is_file()


def test_a_book_that_lies_in_a_folder_below_is_named(notebooks, capsys):
    before = sorted(notebooks.parent.iterdir())
    (notebooks / "_toc.yml").write_text("format: jb-book\nroot: README\nchapters:\n  - file: 01-wells\n")
    assert run(["init", str(notebooks.parent)]) == 2
    assert f"Write `cleanworks init {notebooks.as_posix()}`" in capsys.readouterr().err
    assert sorted(notebooks.parent.iterdir()) == before


def test_what_cannot_become_a_course_leaves_nothing_behind(tmp_path, capsys):
    (tmp_path / "notes.md").write_text("# Notes\n")
    assert run(["init", str(tmp_path)]) == 2
    assert "no notebook" in capsys.readouterr().err
    (tmp_path / "_toc.yml").write_text("format: jb-book\nroot: notes\n")
    assert run(["init", str(tmp_path)]) == 2
    assert sorted(path.name for path in tmp_path.iterdir()) == ["_toc.yml", "notes.md"]
    assert run(["init", str(tmp_path / "nowhere")]) == 2


# --- nbgrader -------------------------------------------------------------------------------------------------------


def graded(make, source: str, **tag):
    return make(
        source,
        metadata={
            "nbgrader": {"grade": False, "solution": False, "locked": False, "schema_version": 3, **tag}
        },
    )


@pytest.fixture
def assignment(tmp_path) -> Path:
    """An assignment as nbgrader's own documentation describes them: a value, a function, a written answer."""
    return save(
        tmp_path / "ps1.ipynb",
        new_markdown_cell("# Rain"),
        new_code_cell("import math\nrain = [4, 0, 9]"),
        new_markdown_cell("How much fell in all?"),
        graded(new_code_cell, "### BEGIN SOLUTION\ntotal = sum(rain)\n### END SOLUTION", grade_id="total", solution=True),
        graded(new_code_cell, "assert total == 13, 'Add up all days.'", grade_id="t1", grade=True, locked=True, points=1),
        graded(
            new_code_cell,
            "def root(x):\n    ### BEGIN SOLUTION\n    return math.sqrt(x)\n    ### END SOLUTION",
            grade_id="root", solution=True,
        ),
        graded(
            new_code_cell,
            "assert root(9) == 3\n### BEGIN HIDDEN TESTS\nassert math.isclose(root(2), 2 ** 0.5)\n### END HIDDEN TESTS",
            grade_id="t2", grade=True, locked=True, points=1,
        ),
        new_markdown_cell("What does a total not show?"),
        graded(new_markdown_cell, "Which days were dry.", grade_id="said", solution=True, grade=True, points=2),
    )  # fmt: skip


def test_an_assignment_becomes_typed_cells_and_its_tests_become_checks(assignment, course, capsys):
    assert (
        run(
            ["exercises", "import", str(assignment), "--id", "p1", "--part", "weather", "--root", str(course)]
        )
        == 0
    )
    assert f"set PYTHONPATH to {course.resolve()}" in capsys.readouterr().out
    made = read(course / "exercises" / "weather" / "p1-ps1.ipynb")
    assert list(made.questions) == ["p1-e1", "p1-e2", "p1-e3"]
    by_role = {question: {role: [c.source for c in cells if role in c.tags] for role in ("exercise", "starter", "check", "solution")}
               for question, cells in made.questions.items()}  # fmt: skip
    assert by_role["p1-e1"]["exercise"] == ["How much fell in all?"]
    assert (
        by_role["p1-e1"]["starter"] == ["total = ..."]
        and by_role["p1-e1"]["solution"][0] == "total = sum(rain)"
    )
    assert by_role["p1-e2"]["starter"] == ["# def root(x):\nroot = ..."]
    assert "BEGIN" not in made.text and "assert" not in made.text
    module: dict = {}
    exec((course / "checks" / "p1.py").read_text(encoding="utf-8"), module)
    check = module["check"]
    assert check("p1-e1", {"total": ...}).kind == "not-attempted"
    assert check("p1-e1", {"total": 12}).message == "Add up all days."
    assert check("p1-e1", {"total": 13}).kind == "correct"
    assert check("p1-e2", {"root": lambda x: x / 3}).message.startswith("This does not hold yet")
    assert check("p1-e2", {"root": lambda x: x**0.5}).kind == "correct"
    answer = "It does not show which of the three days were dry, nor when the nine millimetres fell."
    assert check("p1-e3", {"answer_3": answer}).kind == "answered"


def test_a_set_that_is_there_is_not_replaced(assignment, course, capsys):
    command = [
        "exercises",
        "import",
        str(assignment),
        "--id",
        "p1",
        "--part",
        "weather",
        "--root",
        str(course),
    ]
    assert run(command) == 0
    before = (course / "exercises" / "weather" / "p1-ps1.ipynb").read_bytes()
    assert run(command) == 2
    assert "at this place already" in capsys.readouterr().err
    assert (course / "exercises" / "weather" / "p1-ps1.ipynb").read_bytes() == before


def test_a_notebook_without_solutions_is_refused(notebooks, course, capsys):
    command = ["exercises", "import", str(notebooks / "01-wells.ipynb"), "--id", "p1", "--root", str(course)]
    assert run(command) == 2
    assert "tagged as a solution" in capsys.readouterr().err
    assert not (course / "exercises" / "imported").exists()


@pytest.mark.parametrize(
    ("solution", "tests", "said"),
    [
        ("total = 13", "### AUTOTEST total", "cell 1 are lines for nbgrader's autotest"),
        ("total = 13", "assert total\n# HASHED AUTOTEST total", "cell 1 are lines for nbgrader's autotest"),
        ("# YOUR CODE HERE\nraise NotImplementedError()", "assert total == 13", "solutions are taken out"),
    ],
)
def test_what_would_become_a_check_or_a_solution_of_nothing_is_refused(
    tmp_path, course, capsys, solution, tests, said
):
    path = save(
        tmp_path / "ps2.ipynb",
        graded(new_code_cell, tests, grade_id="t0", grade=True),
        graded(new_code_cell, solution, grade_id="total", solution=True),
    )
    command = ["exercises", "import", str(path), "--id", "p2", "--part", "weather", "--root", str(course)]
    assert run(command) == 2
    assert said in capsys.readouterr().err
    assert not (course / "checks" / "p2.py").exists()


def test_tests_of_comments_alone_leave_the_question_open(tmp_path, course):
    path = save(
        tmp_path / "ps2.ipynb",
        graded(new_code_cell, "total = 13", grade_id="total", solution=True),
        graded(new_code_cell, "# graded by hand\npass", grade_id="t0", grade=True),
    )
    command = ["exercises", "import", str(path), "--id", "p2", "--part", "weather", "--root", str(course)]
    assert run(command) == 0
    assert "open_answer" in (course / "checks" / "p2.py").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("tests", "said"),
    [
        ("assert x == 1", "This does not hold yet: `x == 1`."),
        ("assert x == 1, 'Try one.'", "Try one."),
        ("assert x.y", "`assert x.y` raises AttributeError"),
    ],
)
def test_the_first_test_that_fails_is_said(tests, said):
    assert run_tests(tests, {}, x=2).message.startswith(said)
