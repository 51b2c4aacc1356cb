"""Which modules of a course some code reaches, found without importing anything."""

from __future__ import annotations

import os
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import pytest

from cleanworks.errors import InputError
from cleanworks.workshop import imports
from cleanworks.workshop.code import plain_python
from cleanworks.workshop.imports import Fingerprints, Modules, imported_names
from cleanworks.workshop.run import keys
from cleanworks.workshop.run.jobs import Job, RunOptions
from cleanworks.workshop.run.keys import declared_files, difference, shown


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
        ("import_module('.d', 'pkg')", ["pkg/__init__.py", "pkg/d.py"]),
        ("import_module('.d', package='pkg')", ["pkg/__init__.py", "pkg/d.py"]),
        ("__import__('pkg.d')", ["pkg/__init__.py", "pkg/d.py"]),
        ("import pkg\n__import__(3)", ["pkg/__init__.py"]),
        ("import numpy as np, pkg.d as d", ["pkg/__init__.py", "pkg/d.py"]),
        ("x = (\nfrom pkg import d", ["pkg/__init__.py", "pkg/d.py"]),
        ("x = (\nimport pkg.d as d, os as o", ["pkg/__init__.py", "pkg/d.py"]),
    ],
)
def test_closure(closure, code, expected):
    assert closure(code, PACKAGE) == expected


def test_an_import_is_found_wherever_a_statement_may_stand():
    code = """
if x: import a
else: import b
try: import c
except E: import d
else: import e
finally: import f
match x:
    case 1: import g
class C:
    def method(self): import h
"""
    assert imported_names(code) == tuple("abcdefgh")


def test_a_package_may_import_a_module_beside_it(closure):
    files = {"pkg/__init__.py": "import beside", "beside.py": "", "pkg/unused.py": ""}
    assert closure("import pkg", files) == ["beside.py", "pkg/__init__.py"]


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


def test_a_file_is_read_again_only_if_it_may_have_been_written_since(tmp_path, monkeypatch):
    old, fresh, changed = (tmp_path / name for name in ("old.py", "fresh.py", "changed.py"))
    for file in (old, fresh, changed):
        file.write_text("import first")
    for file in (old, changed):
        os.utime(file, (1_700_000_000, 1_700_000_000))
    earlier = Fingerprints()
    before = [earlier.file(file) for file in (old, fresh, changed)]
    changed.write_text("import other")
    read = []
    monkeypatch.setattr(
        imports, "_read", lambda name: read.append(Path(name).name) or Path(name).read_bytes()
    )
    later = Fingerprints(earlier=earlier)
    after = [later.file(file) for file in (old, fresh, changed)]
    # A file that was written a moment ago can be written again without a newer date.
    assert read == ["fresh.py", "changed.py"]
    assert after[:2] == before[:2] and after[2] != before[2]


@pytest.mark.parametrize(
    ("change", "holds"),
    [
        (lambda course: None, True),
        (lambda course: (course / "helper.py").write_text("x = 2"), False),
        (lambda course: (course / "rain.csv").write_text("mm\n4\n"), False),
        (lambda course: (course / "rain.csv").unlink(), False),
        (lambda course: (course / "tools.py").write_text(""), False),
        (lambda course: (course / "helper.py").rename(course / "other.py"), False),
        (lambda course: (course / "tables").mkdir(), False),
        (lambda course: (course / "__pycache__").mkdir(), True),
    ],
)
def test_what_was_looked_at_holds_until_one_of_its_files_changes(tmp_path, change, holds):
    (tmp_path / "helper.py").write_text("x = 1")
    (tmp_path / "rain.csv").write_text("mm\n3\n")
    prints = Fingerprints()
    Modules([tmp_path], prints).closure(["helper"])
    prints.file(tmp_path / "rain.csv")
    change(tmp_path)
    assert prints.hold() is holds


def test_what_a_file_imports_is_kept_for_the_next_run(tmp_path):
    (tmp_path / "a.py").write_text("import numpy")
    kept: dict[str, list[str]] = {}
    Fingerprints(kept).imports(tmp_path / "a.py")
    assert list(kept.values()) == [["numpy"]]
    (digest,) = kept
    assert Fingerprints({digest: ["known"]}).imports(tmp_path / "a.py") == ["known"]


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
    assert shown(course, course) == "."
    disk = Path(course.anchor)
    assert shown(course, disk) == course.resolve().relative_to(disk.resolve()).as_posix()


def test_other_versions_of_what_executes_make_every_result_old(monkeypatch):
    def missing(package):
        raise PackageNotFoundError

    made = set()
    for version in (lambda package: "1.0", lambda package: "2.0", missing):
        monkeypatch.setattr(keys.metadata, "version", version)
        made.add(keys.tool_pieces.__wrapped__()["tool"])
    assert len(made) == 3


@pytest.mark.parametrize(("name", "said"), [("absent.csv", "does not exist"), ("folder", "cannot be read: ")])
def test_a_file_of_the_run_that_cannot_be_read_is_named(tmp_path, name, said):
    (tmp_path / "folder").mkdir()
    options = RunOptions(root=tmp_path, inputs=[tmp_path / name])
    with pytest.raises(InputError, match=f"The run needs this file, and it {said}") as error:
        keys.shared_pieces(options, Fingerprints())
    assert error.value.where == str(tmp_path / name) and error.value.fix


def test_where_no_lock_file_stands_every_installed_package_counts(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)

    def installed():
        return keys.shared_pieces(RunOptions(root=tmp_path), Fingerprints())["installed packages"]

    made = {installed()}
    for name in ("a-1.dist-info", "b-1.egg-info", "notes"):
        (tmp_path / name).mkdir()
        made.add(installed())
    assert len(made) == 3


def test_differences_are_named_and_few():
    old = {"cell a": "1", "order of cells": "1", "data x.csv": "1", "module gone.py": "1"}
    new = {"cell a": "2", "order of cells": "2", "data x.csv": "2", "module new.py": "1"}
    assert difference(old, new) == "cell a changed, data x.csv changed, module new.py is new and 1 more"
    three = {f"data {name}": "1" for name in "abc"}
    assert difference({}, three) == "data a is new, data b is new, data c is new"
    assert difference({"order of cells": "1"}, {"order of cells": "2"}) == "order of cells changed"
