"""Books that were never made for this toolkit: MyST and jupytext notebooks, any folder, any old format of .ipynb."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from cleanworks.cli import run
from cleanworks.workshop.book_settings import BookSettings
from cleanworks.workshop.catalogue import Course
from cleanworks.workshop.course_jobs import course_jobs, course_options
from cleanworks.workshop.run.jobs import UNLIMITED, Listener
from cleanworks.workshop.run.runner import _Run

pytestmark = pytest.mark.usefixtures("one_server")

MYST = """---
jupytext:
  text_representation:
    extension: .md
    format_name: myst
kernelspec:
  display_name: Python 3
  language: python
  name: python3
---

# Wells

How deep are the wells?

```{code-cell} ipython3
depths = [12, 30, 18]
sum(depths)
```

## The deepest

```{code-cell} ipython3
:tags: [hide-input]

print("deepest", max(depths))
```
"""


@pytest.fixture
def book(tmp_path) -> Path:
    """A small book in the form that many lecture series have: text notebooks and an old .ipynb, no settings of ours."""
    root = tmp_path / "lectures"
    (root / "intro").mkdir(parents=True)
    (root / "_config.yml").write_text(
        "title: Wells\nauthor: Somebody\nonly_build_toc_files: true\nexecute:\n  execute_notebooks: cache\n",
        encoding="utf-8",
    )
    (root / "_toc.yml").write_text(
        "format: jb-book\nroot: intro\nchapters:\n  - file: intro/wells\n  - file: old\n", encoding="utf-8"
    )
    (root / "intro.md").write_text("# Water\n\nA book about wells.\n", encoding="utf-8")
    (root / "intro" / "wells.md").write_text(MYST, encoding="utf-8")
    old = {
        "nbformat": 4,
        "nbformat_minor": 2,
        "metadata": {"kernelspec": {"name": "python3", "display_name": "Python 3"}},
        "cells": [
            {"cell_type": "markdown", "metadata": {}, "source": ["# Old\n"]},
            {"cell_type": "code", "metadata": {}, "source": "6 * 7", "outputs": [], "execution_count": None},
            {
                "cell_type": "code",
                "metadata": {},
                "source": "files = !echo spring\nfiles[0]",
                "outputs": [],
                "execution_count": None,
            },
        ],
    }
    (root / "old.ipynb").write_text("\ufeff" + json.dumps(old), encoding="utf-8")
    return root


def outputs(root: Path, name: str) -> list[str]:
    """What the executed copy of a notebook shows, cell by cell."""
    copy = json.loads((root / "_build" / "executed" / f"{name}.ipynb").read_text(encoding="utf-8"))
    shown = []
    for cell in copy["cells"]:
        for output in cell.get("outputs", []):
            shown.append("".join(output.get("text") or output["data"]["text/plain"]))
    return shown


def test_text_notebooks_and_old_formats_are_executed(book, capsys):
    before = {path: path.read_bytes() for path in book.rglob("*") if path.is_file()}
    assert run(["run", "--root", str(book)]) == 0
    assert "2 passed" in capsys.readouterr().out
    assert outputs(book, "intro/wells") == ["60", "deepest 30\n"]
    assert outputs(book, "old") == ["42", "'spring'"]
    assert {path: path.read_bytes() for path in before} == before
    # The second time everything is known.
    assert run(["run", "--root", str(book)]) == 0
    assert "nothing had to be executed" in capsys.readouterr().out


def test_with_nothing_to_do_a_run_loads_neither_the_readers_of_pages_nor_what_prints_tables(book):
    import subprocess
    import sys

    assert run(["run", "--root", str(book)]) == 0
    program = (
        "import sys\nfrom cleanworks.cli import run\n"
        f"assert run(['run', '--root', {str(book)!r}]) == 0\n"
        "print(sorted({'myst_nb', 'nbformat', 'markdown_it', 'rich'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    said, loaded = done.stdout.splitlines()
    assert said.startswith("2 passed; nothing had to be executed") and loaded == "[]"


def test_what_is_kept_of_a_text_notebook_is_never_older_than_its_text(book, capsys):
    page = book / "intro" / "wells.md"
    (book / "shared.py").write_text("print('from a file')\n", encoding="utf-8")
    assert run(["run", "--root", str(book)]) == 0
    (kept,) = (book / "_build" / "pages").iterdir()
    page.write_text(MYST.replace("sum(depths)", "min(depths)"), encoding="utf-8")
    assert run(["run", "--root", str(book)]) == 0
    assert outputs(book, "intro/wells")[0] == "12"
    for damage in (b"", b"[]", b'{"key": 1}', kept.read_bytes()[:-20]):
        kept.write_bytes(damage)
        assert run(["run", "--root", str(book)]) == 0
        assert "nothing had to be executed" in capsys.readouterr().out
    # A cell that takes its lines from another file is read each time.
    page.write_text(
        MYST.replace(":tags: [hide-input]\n", ":load: ../shared.py\n").replace(
            '\nprint("deepest", max(depths))\n', ""
        ),
        encoding="utf-8",
    )
    for said in ("from a file\n", "changed\n"):
        (book / "shared.py").write_text(f"print({said.strip()!r})\n", encoding="utf-8")
        assert run(["run", "--root", str(book)]) == 0
        assert outputs(book, "intro/wells")[1] == said


def r_notebook(**metadata) -> str:
    """A notebook of R, which a kernel's name, its language or what it left in the file gives away."""
    cell = {
        "cell_type": "code",
        "metadata": {},
        "source": "x <- c(1, 2)",
        "outputs": [],
        "execution_count": None,
    }
    return json.dumps({"nbformat": 4, "nbformat_minor": 2, "metadata": metadata, "cells": [cell]})


@pytest.mark.parametrize(
    "metadata",
    [
        {"kernelspec": {"name": "somebodys", "display_name": "R 4.3", "language": "R"}},
        {"kernelspec": {"name": "ir", "display_name": "R"}},
        {"kernelspec": {"name": "somebodys", "display_name": "R"}, "language_info": {"name": "R"}},
    ],
)
def test_a_notebook_of_another_language_fails_alone_and_says_what_to_do(book, capsys, metadata):
    assert run(["run", "--root", str(book)]) == 0
    assert (book / "_build" / "executed" / "old.ipynb").is_file()
    capsys.readouterr()
    (book / "old.ipynb").write_text(r_notebook(**metadata), encoding="utf-8")
    assert run(["run", "--force", "--root", str(book)]) == 1
    said = capsys.readouterr().out
    assert "1 passed, 1 failed; 1 notebook executed" in said
    (line,) = [line for line in said.splitlines() if "written for R" in line]
    assert "`exclude_patterns`" in line and "Run it alone" not in said
    # What it was made of when it was Python is no result of this one.
    assert not (book / "_build" / "executed" / "old.ipynb").exists()
    assert run(["run", "--shard", "1/1", "--root", str(book)]) == 1
    assert run(["book", "--root", str(book)]) == 1
    assert run(["lint", "--root", str(book)]) == 0
    # The remedy is one.
    with (book / "_config.yml").open("a", encoding="utf-8") as config:
        config.write("  exclude_patterns: [old.ipynb]\n")
    assert run(["run", "--root", str(book)]) == 0
    assert run(["book", "--root", str(book)]) == 0


def test_a_text_notebook_of_another_language_too(book, capsys):
    page = book / "intro" / "wells.md"
    page.write_text(
        MYST.replace("  language: python\n  name: python3", "  name: julia-1.10"), encoding="utf-8"
    )
    # Where there is no cell, there is nothing that could not be run.
    empty = {"nbformat": 4, "nbformat_minor": 2, "metadata": {"kernelspec": {"name": "ir"}}, "cells": []}
    (book / "old.ipynb").write_text(json.dumps(empty), encoding="utf-8")
    assert run(["run", "--root", str(book)]) == 1
    said = capsys.readouterr().out
    assert "1 passed, 1 failed" in said and "intro/wells.md\n  The notebook is written for Julia" in said
    for name in ("_toc.yml", "_config.yml", "old.ipynb"):
        (book / name).unlink()
    assert run(["init", str(book)]) == 2
    assert "intro/wells.md is written for Julia" in capsys.readouterr().err


def test_one_of_them_by_its_name(book, capsys):
    assert run(["run", "intro/wells", "--root", str(book)]) == 0
    assert "1 passed" in capsys.readouterr().out
    assert run(["run", "wels", "--root", str(book)]) == 2
    assert "intro/wells" in capsys.readouterr().err


def test_a_failure_names_the_line_of_the_text(book, capsys):
    path = book / "intro" / "wells.md"
    path.write_text(
        MYST.replace('print("deepest", max(depths))', 'print("deepest",\n      dephts)'), encoding="utf-8"
    )
    assert run(["run", "--root", str(book)]) == 1
    said = capsys.readouterr().out
    line = path.read_text(encoding="utf-8").splitlines().index('print("deepest",') + 2
    assert "NameError" in said and f"wells.md:{line}" in said.replace(", line ", ":")


def test_the_book_shows_what_the_run_made(book):
    assert run(["book", "--root", str(book)]) == 0
    page = (book / "_build" / "html" / "intro" / "wells.html").read_text(encoding="utf-8")
    assert "deepest 30" in page and "60" in page
    assert "42" in (book / "_build" / "html" / "old.html").read_text(encoding="utf-8")


def test_lint_asks_of_them_only_what_every_notebook_must_keep(book, capsys):
    assert run(["lint", "--root", str(book)]) == 0
    text = (book / "old.ipynb").read_text(encoding="utf-8").replace("6 * 7", "6 *")
    (book / "old.ipynb").write_text(text, encoding="utf-8")
    assert run(["lint", "--root", str(book)]) == 1
    assert "Python cannot read this" in capsys.readouterr().out


def test_lint_fix_gives_ids_and_changes_nothing_else(book):
    assert run(["lint", "--fix", "--root", str(book)]) == 0
    fixed = json.loads((book / "old.ipynb").read_text(encoding="utf-8"))
    assert [cell["id"] for cell in fixed["cells"]] == ["cell-1", "cell-2", "cell-3"]
    assert ["".join(cell["source"]) for cell in fixed["cells"]] == [
        "# Old\n",
        "6 * 7",
        "files = !echo spring\nfiles[0]",
    ]
    assert fixed["nbformat_minor"] == 5


def test_ids_that_stand_twice_are_read_as_two(book):
    path = book / "old.ipynb"
    content = json.loads(path.read_text(encoding="utf-8-sig"))
    content["nbformat_minor"] = 5
    for cell in content["cells"]:
        cell["id"] = "same"
    path.write_text(json.dumps(content), encoding="utf-8")
    assert run(["book", "--root", str(book)]) == 0
    assert outputs(book, "old") == ["42", "'spring'"]


def test_what_the_author_switched_off_stays_off_and_is_said(book, capsys):
    config = (book / "_config.yml").read_text(encoding="utf-8")
    (book / "_config.yml").write_text(config.replace("cache", '"off"'), encoding="utf-8")
    assert run(["run", "--root", str(book)]) == 2
    assert "execute_notebooks" in capsys.readouterr().err
    assert run(["book", "--root", str(book)]) == 0
    assert "2 of 2 notebooks" in capsys.readouterr().err
    assert "deepest 30" not in (book / "_build" / "html" / "intro" / "wells.html").read_text(encoding="utf-8")


def test_files_left_out_of_execution(book, capsys):
    config = (book / "_config.yml").read_text(encoding="utf-8")
    (book / "_config.yml").write_text(config + "  exclude_patterns: [old.ipynb]\n", encoding="utf-8")
    assert run(["run", "--root", str(book)]) == 0
    assert "1 passed" in capsys.readouterr().out


def test_errors_that_the_author_allows(book):
    config = (book / "_config.yml").read_text(encoding="utf-8")
    (book / "_config.yml").write_text(config + "  allow_errors: true\n", encoding="utf-8")
    (book / "intro" / "wells.md").write_text(MYST.replace("sum(depths)", "1 / 0"), encoding="utf-8")
    assert run(["book", "--root", str(book)]) == 0
    page = (book / "_build" / "html" / "intro" / "wells.html").read_text(encoding="utf-8")
    assert "ZeroDivisionError" in page and "deepest 30" in page


def test_formats_that_jupytext_reads(book, capsys):
    config = (book / "_config.yml").read_text(encoding="utf-8")
    (book / "_config.yml").write_text(
        config + "sphinx:\n  config:\n    nb_custom_formats:\n      .Rmd: [jupytext.reads, {fmt: Rmd}]\n",
        encoding="utf-8",
    )
    (book / "_toc.yml").write_text(
        "format: jb-book\nroot: intro\nchapters:\n  - file: intro/wells\n  - file: rain\n", encoding="utf-8"
    )
    (book / "rain.Rmd").write_text("# Rain\n\n```{python}\nprint(3 * 4)\n```\n", encoding="utf-8")
    assert run(["book", "--root", str(book)]) == 0
    assert "12" in (book / "_build" / "html" / "rain.html").read_text(encoding="utf-8")
    capsys.readouterr()
    assert run(["lint", "--root", str(book)]) == 2
    assert "are text (.Rmd and .md, 2 of them)" in capsys.readouterr().err
    assert run(["lint", str(book / "rain.Rmd"), "--root", str(book)]) == 1
    assert "Name .ipynb files" in capsys.readouterr().out
    # One of another kind beside them is looked at, and the others are not passed over in silence.
    with (book / "_toc.yml").open("a", encoding="utf-8") as toc:
        toc.write("  - file: old\n")
    assert run(["lint", "--root", str(book)]) == 0
    assert (
        "in 1 notebook.\nNot looked at: 2 notebooks written as text (.Rmd and .md)" in capsys.readouterr().out
    )


RMD = "sphinx:\n  config:\n    nb_custom_formats:\n      .Rmd: [jupytext.reads, {fmt: Rmd}]\n"


@pytest.mark.parametrize(
    ("excluded", "shown"), [("", "from the text 6"), ("exclude_patterns: ['*.Rmd']\n", "42")]
)
def test_of_two_files_with_one_name_the_one_that_is_shown_is_executed(book, excluded, shown):
    """jupytext keeps old.Rmd equal to old.ipynb; Sphinx shows the first of them, and says so."""
    config = (book / "_config.yml").read_text(encoding="utf-8").replace("only_build_toc_files: true\n", "")
    (book / "_config.yml").write_text(config + excluded + RMD, encoding="utf-8")
    (book / "old.Rmd").write_text(
        "# Rain\n\n```{python}\nprint('from the text', 2 * 3)\n```\n", encoding="utf-8"
    )
    assert run(["book", "--root", str(book)]) == 0
    assert shown in (book / "_build" / "html" / "old.html").read_text(encoding="utf-8")


def test_a_page_named_with_its_ending_is_that_file(book):
    (book / "old.md").write_text("# Prose\n", encoding="utf-8")
    (book / "_toc.yml").write_text(
        "format: jb-book\nroot: intro\nchapters:\n  - file: old.md\n  - file: intro/wells\n"
    )
    assert [one.name for one in Course.load(book).plain] == ["intro/wells"]


def test_an_ending_in_capitals_is_named(book, capsys):
    (book / "old.ipynb").rename(book / "old.IPYNB")
    for name in ("old", "old.IPYNB"):
        (book / "_toc.yml").write_text(f"format: jb-book\nroot: intro\nchapters:\n  - file: {name}\n")
        assert run(["run", "--root", str(book)]) == 2
        assert "Rename old.IPYNB" in capsys.readouterr().err


@pytest.mark.parametrize(("setting", "count"), [("mode: 'off'", 0), ("excludepatterns: [old*]", 1)])
def test_settings_under_sphinx_go_before_those_of_jupyter_book(book, setting, count):
    config = (book / "_config.yml").read_text(encoding="utf-8")
    (book / "_config.yml").write_text(f"{config}sphinx:\n  config:\n    nb_execution_{setting}\n")
    assert len(Course.load(book).executed) == count


def test_an_empty_folder_to_run_in_is_not_given_and_that_is_said(book, capsys):
    config = (book / "_config.yml").read_text(encoding="utf-8")
    (book / "_config.yml").write_text(config + "  run_in_temp: true\n")
    assert run(["run", "--root", str(book)]) == 0
    assert "`run_in_temp` of _config.yml is not followed" in capsys.readouterr().err


def test_a_page_by_its_name_and_by_a_pattern_is_one_page(book, capsys):
    (book / "more").symlink_to("intro")  # Sphinx follows links
    (book / "intro" / "round").symlink_to(book)
    (book / "_toc.yml").write_text(
        "format: jb-book\nroot: intro\nchapters:\n  - glob: intro/*\n  - glob: more/*\n  - file: intro/wells.md\n"
    )
    assert [one.name for one in Course.load(book).plain] == ["intro/wells", "more/wells"]
    assert run(["run", "--root", str(book)]) == 0


def test_a_notebook_that_is_built_and_not_named_is_said_not_to_be_executed(book, capsys):
    config = (book / "_config.yml").read_text(encoding="utf-8")
    (book / "_config.yml").write_text(config.replace("only_build_toc_files: true\n", ""))
    (book / "_toc.yml").write_text("format: jb-book\nroot: intro\nchapters:\n  - file: intro/wells\n")
    assert run(["book", "--root", str(book)]) == 0
    assert "Not executed, because _toc.yml does not name them: old.ipynb." in capsys.readouterr().err


def test_the_catalogue_of_a_book_without_lessons_names_its_notebooks(book, capsys):
    assert run(["catalogue", "--root", str(book)]) == 0
    assert capsys.readouterr().out.splitlines()[1:] == ["intro/wells", "old"]


@pytest.mark.parametrize("command", ["run", "lint", "book"])
@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("# Old", "# Old \\ud83d", "half of a letter: \\ud83d"),
        ("6 * 7", "'\\ud800'", "half of a letter: \\ud800"),
        ('"nbformat_minor": 2', '"nbformat_minor": "2"', "format 4.'2'"),
    ],
)
def test_what_no_text_can_hold_is_named_by_every_command(book, capsys, command, before, after, said):
    path = book / "old.ipynb"
    path.write_text(path.read_text(encoding="utf-8-sig").replace(before, after), encoding="utf-8")
    assert run([command, "--root", str(book)]) == (1 if command == "lint" else 2)
    shown = capsys.readouterr()
    assert said in shown.out + shown.err
    # Both halves together are a letter.
    path.write_text(
        path.read_text(encoding="utf-8").replace(after, "\\ud83d\\ude00" if "ud83" in after else before)
    )
    assert run(["lint", "--root", str(book)]) == 0


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("html: [1]", "`html` should be a block"),
        ("parse: [1]", "`parse` should be a block"),
        ("launch_buttons: binder", "`launch_buttons` should be a block"),
        ("logo: {file: a.png}", "`logo` is "),
        ("copyright: 2024-01-01", "`copyright` is '2024-01-01', not text"),
        ("sphinx: {config: {nb_execution_timeout: .inf}}", "`timeout` is inf, not a whole number"),
    ],
)
def test_settings_of_another_shape_are_named_before_anything_is_executed(book, capsys, line, said):
    config = (book / "_config.yml").read_text(encoding="utf-8")
    (book / "_config.yml").write_text(f"{config}{line}\n", encoding="utf-8")
    assert run(["book", "--root", str(book)]) == 2
    assert said in capsys.readouterr().err
    assert not (book / "_build").exists()


@pytest.mark.parametrize(
    ("sources", "said"),
    [
        (b"@book{a,\n title={T {x},\n author={A}}\n@book{b, title={U}}\n", "more.bib: The list of sources cannot be read: syntax error in line"),
        ("@book{a,\n title={Té}}".encode("latin-1"), "more.bib: The list of sources is not UTF-8 text (byte 18)"),
    ],
)  # fmt: skip
def test_a_list_of_sources_that_cannot_be_read_is_named(book, capsys, sources, said):
    config = (book / "_config.yml").read_text(encoding="utf-8")
    (book / "_config.yml").write_text(config + "bibtex_bibfiles: [good.bib, more.bib]\n", encoding="utf-8")
    (book / "good.bib").write_text("@book{c, title={V}}\n@book{c, title={V}}\n")
    (book / "more.bib").write_bytes(sources)
    assert run(["book", "--root", str(book)]) == 2
    assert said in capsys.readouterr().err


def test_nothing_to_run_is_no_success(book, capsys):
    (book / "_toc.yml").write_text("format: jb-book\nroot: intro\n", encoding="utf-8")
    for command in ("run", "lint"):
        assert run([command, "--root", str(book)]) == 2
        assert "notebook" in capsys.readouterr().err
    assert run(["exercises", "prove", "--root", str(book)]) == 2
    assert "no exercise set" in capsys.readouterr().err


def test_lint_says_that_it_does_not_look_at_text_notebooks(book, capsys):
    (book / "_toc.yml").write_text("format: jb-book\nroot: intro\nchapters:\n  - file: intro/wells\n")
    assert run(["lint", "--root", str(book)]) == 2
    assert "are text (.md, 1 of them)" in capsys.readouterr().err


def test_init_says_what_keeps_pages_with_code_cells_from_being_notebooks(book, capsys):
    (book / "_toc.yml").write_text("format: jb-book\nroot: intro\n", encoding="utf-8")
    (book / "intro.md").write_text("# Water\n\n```{code-cell}\n1\n```\n", encoding="utf-8")
    assert run(["init", str(book)]) == 2
    assert "`jupyter-book myst init intro.md" in capsys.readouterr().err
    assert not (book / "cleanworks.toml").exists()


def test_a_page_with_code_cells_that_does_not_say_it_is_a_notebook_is_named(book, capsys):
    page = book / "intro" / "wells.md"
    page.write_text(MYST.partition("# Wells")[2] + "\n````md\n```{code-cell}\n```\n````\n", encoding="utf-8")
    (book / "intro.md").write_text("# Water\n\n````md\n```{code-cell}\n1\n```\n````\n", encoding="utf-8")
    assert run(["run", "--root", str(book)]) == 0
    said = capsys.readouterr().err
    assert "Code cells that are not executed stand in intro/wells.md:" in said
    (book / "_toc.yml").write_text("format: jb-book\nroot: intro\nchapters:\n  - file: intro/wells\n")
    assert run(["run", "--root", str(book)]) == 2
    assert "jupyter-book myst init intro/wells.md" in capsys.readouterr().err
    for path in (book / "old.ipynb", book / "_toc.yml", book / "_config.yml"):
        path.unlink()
    assert run(["init", str(book)]) == 2
    assert "jupyter-book myst init" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("page", "named"),
    [
        (":::{code-cell}\n1 / 0\n:::\n", True),
        ("````{note}\n```{code-cell}\n1 / 0\n```\n````\n", True),
        ("1. First\n\n   ```{code-cell}\n   1 / 0\n   ```\n", True),
        ("````{code-block} md\n```{code-cell}\n1 / 0\n```\n````\n", False),
    ],
)
def test_a_code_cell_where_jupyter_book_looks_for_none_is_named(book, capsys, page, named, pytester_run):
    head = MYST.partition("# Wells")[0]
    (book / "intro" / "wells.md").write_text(f"{head}# Wells\n\n{page}", encoding="utf-8")
    assert run(["run", "--root", str(book)]) == 0
    assert ("stand in intro/wells.md: inside a list or a directive" in capsys.readouterr().err) is named
    if page.startswith(":"):  # nothing else is executed
        (book / "_toc.yml").write_text("format: jb-book\nroot: intro\nchapters:\n  - file: intro/wells\n")
        assert run(["run", "--root", str(book)]) == 2
        assert "lines of three backticks" in capsys.readouterr().err
        result = pytester_run(book)
        assert result.ret == 4 and "lines of three backticks" in result.text


def test_a_notebook_says_of_itself_how_it_is_executed(book, capsys):
    def says(line: str) -> None:
        text = (
            MYST.replace("---\n\n# Wells", f"mystnb:\n  {line}\n---\n\n# Wells")
            + "\n```{code-cell}\n1 / 0\n```\n"
        )
        (book / "intro" / "wells.md").write_text(text, encoding="utf-8")

    (book / "_toc.yml").write_text("format: jb-book\nroot: intro\nchapters:\n  - file: intro/wells\n")
    says("execution_timeout: 30")
    assert run(["run", "--root", str(book)]) == 1
    says("execution_allow_errors: true")
    assert run(["run", "--root", str(book)]) == 0
    says("execution_mode: off")
    capsys.readouterr()
    assert run(["run", "--root", str(book)]) == 2
    assert "`execution_mode: off` of themselves" in capsys.readouterr().err


def test_a_cell_has_the_time_that_the_book_gives_it_and_not_its_notebook(book, capsys):
    (book / "_toc.yml").write_text("format: jb-book\nroot: intro\nchapters:\n  - file: intro/wells\n")
    config = (book / "_config.yml").read_text(encoding="utf-8")
    (book / "_config.yml").write_text(config + "  timeout: 1\n", encoding="utf-8")
    (book / "intro" / "wells.md").write_text(
        MYST.replace("sum(depths)", "while True: pass"), encoding="utf-8"
    )
    assert run(["run", "--root", str(book)]) == 1
    said = capsys.readouterr().out
    assert "The cell took longer than its limit of 1 s." in said and "under `execute:` of _config.yml" in said


@pytest.mark.parametrize(
    ("seconds", "cell", "whole"),
    [(100, 100, 300), (200, 200, 400), (-1, UNLIMITED, UNLIMITED), (0, None, 300)],
)
def test_limits_of_time_are_those_of_jupyter_book(book, seconds, cell, whole):
    """`timeout` is for each cell, and -1 is no limit; the two cells of the page together may take twice as long."""
    config = (book / "_config.yml").read_text(encoding="utf-8")
    (book / "_config.yml").write_text(config + f"  timeout: {seconds}\n", encoding="utf-8")
    course = Course.load(book)
    jobs = course_jobs(course, ["intro/wells"])
    planned = _Run(jobs, course_options(course), Listener())
    task = planned._task(0, planned.read()[0], None, {}, "")
    assert (task.cell_timeout, task.timeout) == (cell, whole)


def test_a_page_that_cannot_declare_what_it_reads_is_not_asked_to(book, capsys):
    (book / "intro" / "depths.csv").write_text("12\n", encoding="utf-8")
    page = book / "intro" / "wells.md"
    page.write_text(MYST.replace("sum(depths)", "print(open('depths.csv').read())"), encoding="utf-8")
    assert run(["run", "--root", str(book)]) == 0
    assert "declare" not in capsys.readouterr().out
    # It is executed again all the same when the file changes.
    (book / "intro" / "depths.csv").write_text("30\n", encoding="utf-8")
    assert run(["run", "--root", str(book)]) == 0
    assert "30" in "".join(outputs(book, "intro/wells"))


@pytest.mark.parametrize(
    ("lines", "named"),
    [
        (
            "  extra_extensions: [sphinx_nobody.ext, sphinx_design, nobody]\n",
            "Not installed, and named under `extra_extensions`: sphinx_nobody.ext, nobody.",
        ),
        (
            "  config: {html_theme: nobodys_theme}\n",
            "The theme 'nobodys_theme' of `html_theme` is not installed",
        ),
    ],
)
def test_what_a_book_needs_and_is_not_installed_is_said_before_anything_runs(book, capsys, lines, named):
    config = (book / "_config.yml").read_text(encoding="utf-8")
    (book / "_config.yml").write_text(config + "sphinx:\n" + lines, encoding="utf-8")
    assert run(["book", "--root", str(book)]) == 2
    assert named in capsys.readouterr().err
    assert not (book / "_build" / "executed").exists()


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ("latex: {latex_documents: 3}\n", "'int' object has no attribute 'items'"),
        ("html: {favicon: 3}\n", "not 'int'"),
        ("execute: {allow_errors: 'yes'}\n", "`allow_errors` is 'yes', neither true nor false"),
    ],
)
def test_a_setting_of_another_kind_than_jupyter_book_expects_is_no_fault_of_a_page(
    book, capsys, settings, said
):
    (book / "_config.yml").write_text(settings, encoding="utf-8")
    assert run(["book", "--root", str(book)]) == 2
    (line,) = [line for line in capsys.readouterr().err.splitlines() if "_config.yml: " in line]
    assert said in line and "at 0x" not in line


@pytest.mark.parametrize("name", ["_toc.yml", "_config.yml", "cleanworks.toml"])
@pytest.mark.parametrize("kind", ["folder", "pipe", "link"])
def test_what_has_the_name_of_a_file_is_not_taken_for_nothing(book, capsys, name, kind):
    (book / name).unlink(missing_ok=True)
    if kind == "folder":
        (book / name).mkdir()
    elif kind == "pipe":
        os.mkfifo(book / name)
    else:
        (book / name).symlink_to("nowhere")
    for command in (["run", "--root"], ["lint", "--root"], ["init"]):
        assert run([*command, str(book)]) == 2
        assert "has its name" in capsys.readouterr().err
    assert not (book / name).is_file()


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ("lessons = '../..'", "'../..' is not a folder inside the course. Correct that entry"),
        ("exercises = '/'", "'/' is not a folder inside the course"),
        ("checks = ''", "'' is not a folder inside the course"),
        ("prose = ['texts', 'C:/texts']", "'C:/texts' is not a folder inside the course"),
        ("prose = ['texts']", "`prose` names 'texts', and there is no such folder"),
        ("preload = 3", "should be a list; put square brackets around it. Correct that entry"),
        ("preloads = []", "Known settings: lessons, "),
    ],
)
def test_settings_of_ours_that_cannot_be_followed(book, capsys, settings, said):
    (book / "cleanworks.toml").write_text(settings, encoding="utf-8")
    assert run(["lint", "--root", str(book)]) == 2
    assert said in capsys.readouterr().err


def test_metadata_that_is_no_block_is_named_before_the_pages_are_built(book, capsys):
    for name in ("kernelspec", "jupytext", "mystnb", "language_info"):
        (book / "old.ipynb").write_text(r_notebook(**{name: [1]}), encoding="utf-8")
        assert run(["book", "--root", str(book)]) == 2
        assert f"old.ipynb: `{name}` in the notebook's metadata" in capsys.readouterr().err


def test_of_two_that_build_one_book_the_second_waits_and_finds_it_built(book):
    import subprocess
    import sys

    command = [sys.executable, "-m", "cleanworks", "book", "--root", str(book)]
    assert run(["run", "--root", str(book)]) == 0
    two = [
        subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    said = sorted(one.communicate()[1] for one in two)
    assert [one.returncode for one in two] == [0, 0]
    assert said[0].startswith("Another command is building this book") and "up to date" in said[0]
    assert said[1].startswith("Building the pages")


def test_an_extension_in_the_books_own_folder_is_told_how_it_is_found(book, capsys):
    config = (book / "_config.yml").read_text(encoding="utf-8")
    (book / "_config.yml").write_text(
        config + "sphinx:\n  extra_extensions: [wellcode.pages]\n", encoding="utf-8"
    )
    (book / "wellcode").mkdir()
    (book / "wellcode" / "pages.py").write_text("def setup(app):\n    return {}\n", encoding="utf-8")
    assert run(["book", "--root", str(book)]) == 2
    assert "Write `wellcode.pages: .` under `local_extensions`" in capsys.readouterr().err
    assert not (book / "_build" / "executed").exists()
    (book / "_config.yml").write_text(
        config + "sphinx:\n  local_extensions: {wellcode.pages: .}\n", encoding="utf-8"
    )
    assert run(["book", "--root", str(book)]) == 0


@pytest.mark.parametrize("theme", ["classic", "alabaster", "sphinx_book_theme"])
def test_themes_that_are_there_are_not_refused(book, theme):
    (book / "_config.yml").write_text(f"sphinx: {{config: {{html_theme: {theme}}}}}\n", encoding="utf-8")
    BookSettings.load(book).require_installed(book)


def test_prices_on_a_page_of_prose_are_found(book, capsys):
    (book / "intro.md").write_text(
        "# Water\n\n`$1 and $2`\n\n```\n$3 and $4\n```\n\nFrom $10 to $25.\n", encoding="utf-8"
    )
    assert run(["lint", "--root", str(book)]) == 1
    said = capsys.readouterr().out
    assert "intro.md:9" in said and "1 finding in 1 file; 1 notebook checked." in said


def test_a_table_of_contents_of_old_says_how_it_becomes_a_new_one(book, capsys):
    (book / "_toc.yml").write_text("- file: intro\n- part: Wells\n  chapters:\n  - file: intro/wells\n")
    assert run(["run", "--root", str(book)]) == 2
    assert "jupyter-book toc migrate _toc.yml -o _toc.yml" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12\n", "git lfs pull"),
        ('{"nbformat": 3, "nbformat_minor": 0, "metadata": {}, "worksheets": []}', "has format 3"),
    ],
)
def test_what_lies_there_instead_of_a_notebook_is_named(book, capsys, text, said):
    (book / "old.ipynb").write_text(text, encoding="utf-8")
    assert run(["run", "--root", str(book)]) == 2
    assert said in capsys.readouterr().err


def test_an_extension_that_cannot_join_what_several_processes_read(book, capsys):
    (book / "ext").mkdir()
    (book / "ext" / "wellmarks.py").write_text(
        "from sphinx.domains import Domain\n\n\nclass Wells(Domain):\n    name = 'wells'\n    label = 'wells'\n\n\n"
        "def setup(app):\n    app.add_domain(Wells)\n    return {'parallel_read_safe': True}\n",
        encoding="utf-8",
    )
    (book / "ext" / "silent.py").write_text("def setup(app):\n    return {}\n", encoding="utf-8")
    config = (book / "_config.yml").read_text(encoding="utf-8")
    (book / "_config.yml").write_text(
        config + "sphinx:\n  local_extensions:\n    wellmarks: ext\n    silent: ext\n", encoding="utf-8"
    )
    names = [f"page{n}" for n in range(8)]
    for name in names:
        (book / f"{name}.md").write_text(f"# The {name}\n\nWater.\n", encoding="utf-8")
    with (book / "_toc.yml").open("a", encoding="utf-8") as toc:
        toc.writelines(f"  - file: {name}\n" for name in names)
    assert run(["book", "--root", str(book)]) == 0
    assert "WARNING" not in capsys.readouterr().err
    assert all((book / "_build" / "html" / f"{name}.html").is_file() for name in names)


def test_pytest_runs_formats_that_the_settings_name(book, pytester_run):
    with (book / "_config.yml").open("a", encoding="utf-8") as config:
        config.write(
            "sphinx:\n  config:\n    nb_custom_formats:\n      .py: [jupytext.reads, {fmt: 'py:percent'}]\n"
        )
    (book / "_toc.yml").write_text(
        "format: jb-book\nroot: intro\nchapters:\n  - file: rain\n", encoding="utf-8"
    )
    (book / "rain.py").write_text("# %% [markdown]\n# # Rain\n\n# %%\n1 / 0\n", encoding="utf-8")
    (book / "helper.py").write_text("x = 1\n", encoding="utf-8")
    result = pytester_run(book)
    assert result.ret == 1 and "ZeroDivisionError" in result.text and "1 failed in" in result.text
    (book / "rain.py").write_text("# %%\n1 / 1\n", encoding="utf-8")
    assert "1 passed in" in pytester_run(book).text
    (book / "_config.yml").write_text("sphinx: 3\n", encoding="utf-8")
    result = pytester_run(book)
    assert result.ret in (2, 4)
    assert "`sphinx` should be a block" in result.text and "Traceback" not in result.text


def test_pytest_says_why_a_book_is_not_executed(book, pytester_run):
    (book / "_config.yml").write_text("title: Water\nexecute:\n  execute_notebooks: off\n")
    result = pytester_run(book)
    assert result.ret == 4 and "_config.yml leaves out every notebook" in result.text


@pytest.mark.parametrize("with_toc", [True, False])
def test_pytest_says_when_it_tests_nothing(book, pytester_run, with_toc):
    if with_toc:
        assert pytester_run(book).ret == 0
    else:
        (book / "_toc.yml").unlink()
        result = pytester_run(book)
        assert result.ret == 4
        assert "_toc.yml" in result.text


@pytest.fixture
def pytester_run():
    import subprocess
    import sys
    from types import SimpleNamespace

    def go(folder: Path) -> SimpleNamespace:
        done = subprocess.run(
            [
                sys.executable,
                "-m",
                "pytest",
                "--cleanworks",
                "-q",
                "-p",
                "no:cacheprovider",
                "--rootdir",
                str(folder),
                str(folder),
            ],
            cwd=folder,
            capture_output=True,
            text=True,
        )
        return SimpleNamespace(ret=done.returncode, text=done.stdout + done.stderr)

    return go


def test_a_full_disk_is_named_and_no_page(book, monkeypatch, capsys):
    from cleanworks.workshop import book as command

    monkeypatch.setattr(command, "_sphinx", lambda *_: ["intro/wells.md: [Errno 28] No space left on device"])
    assert run(["book", "--root", str(book)]) == 2
    said = capsys.readouterr().err
    assert "The disk is full" in said and "wells.md" not in said.splitlines()[-1]
