"""Which modules of a course some code reaches, found without importing anything."""

from __future__ import annotations

import pytest

from cleanworks.workshop.code import plain_python
from cleanworks.workshop.run.jobs import Job
from cleanworks.workshop.run.keys import (
    Fingerprints,
    Modules,
    declared_files,
    difference,
    imported_names,
    shown,
)


@pytest.fixture
def closure(tmp_path):
    def find(code, files):
        for name, text in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        modules = Modules([tmp_path], Fingerprints())
        return [path.relative_to(tmp_path).as_posix() for path in modules.closure(imported_names(code))]

    return find


PACKAGE = {
    "pkg/__init__.py": "",
    "pkg/a.py": "from . import b",
    "pkg/b.py": "def f():\n    from .sub.c import value",
    "pkg/sub/__init__.py": "",
    "pkg/sub/c.py": "from ..d import other",
    "pkg/d.py": "import numpy",
    "pkg/unused.py": "",
}


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("import numpy, os", []),
        ("import pkg", ["pkg/__init__.py"]),
        ("from pkg import d", ["pkg/__init__.py", "pkg/d.py"]),
        ("from pkg.d import other", ["pkg/__init__.py", "pkg/d.py"]),
        (
            "import pkg.a",
            ["pkg/__init__.py", "pkg/a.py", "pkg/b.py", "pkg/d.py", "pkg/sub/__init__.py", "pkg/sub/c.py"],
        ),
        ("import importlib\nimportlib.import_module('pkg.d')", ["pkg/__init__.py", "pkg/d.py"]),
        ("import numpy as np, pkg.d as d", ["pkg/__init__.py", "pkg/d.py"]),
        ("x = (\nfrom pkg import d", ["pkg/__init__.py", "pkg/d.py"]),
        ("x = (\nimport pkg.d, os as o", ["pkg/__init__.py", "pkg/d.py"]),
    ],
)
def test_closure(closure, code, expected):
    assert closure(code, PACKAGE) == expected


def test_modules_that_import_each_other_are_found_once(closure):
    assert closure("import a", {"a.py": "import b", "b.py": "import a"}) == ["a.py", "b.py"]


def test_a_folder_without_init_is_a_package_too(closure):
    assert closure("from space import thing", {"space/thing.py": ""}) == ["space/thing.py"]


def test_modules_of_one_name_in_two_folders_are_two(tmp_path):
    prints = Fingerprints()
    for folder in ("first", "second"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "helper.py").write_text("")
        found = Modules([tmp_path / folder], prints).closure(["helper"])
        assert found == [tmp_path / folder / "helper.py"]


def test_half_a_character_in_a_cell_does_not_hide_its_imports():
    assert "pkg" in Fingerprints().imports_of_cell("import pkg\nx = '\ud83d'")


def test_magics_do_not_hide_imports():
    code = "%matplotlib inline\n!ls\nfiles = !ls\n%%time\nimport pkg"
    assert "pkg" in imported_names(plain_python(code))


def test_a_declared_folder_stands_for_all_files_below_it(tmp_path):
    (tmp_path / "data" / "inner").mkdir(parents=True)
    files = [tmp_path / "data" / "a.csv", tmp_path / "data" / "inner" / "b.csv"]
    for file in files:
        file.write_text("")
    assert declared_files(Job("l1", tmp_path / "l1.ipynb", data=[tmp_path / "data", tmp_path / "c.csv"])) == [
        *files,
        tmp_path / "c.csv",
    ]


def test_a_file_is_shown_relative_to_the_course_only_if_it_lies_inside(tmp_path):
    course, beside = tmp_path / "course", tmp_path / "course-data" / "rain.csv"
    assert shown(course / "data" / "rain.csv", course) == "data/rain.csv"
    assert shown(beside, course) == beside.as_posix()


def test_differences_are_named_and_few():
    old = {"cell a": "1", "order of cells": "1", "data x.csv": "1", "module gone.py": "1"}
    new = {"cell a": "2", "order of cells": "2", "data x.csv": "2", "module new.py": "1"}
    assert difference(old, new) == "cell a changed, data x.csv changed, module new.py is new and 1 more"
    assert difference({"order of cells": "1"}, {"order of cells": "2"}) == "order of cells changed"
