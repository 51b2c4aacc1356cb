"""A kit that brings Python for Windows: what is carried, what is refused, and that the start file uses it first."""

from __future__ import annotations

from pathlib import Path

import pytest

from cleanworks.errors import InputError
from cleanworks.workshop import workshop_file
from cleanworks.workshop.catalogue import Course
from cleanworks.workshop.delivery import portable, start, workshop_folder

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def python(tmp_path) -> Path:
    folder = tmp_path / "tools"
    for name in (
        "python.exe",
        "python311.dll",
        "Lib/venv/__init__.py",
        "Lib/ensurepip/__init__.py",
        "Lib/test/big.py",
    ):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"x")
    return folder


def test_what_a_room_needs_is_carried_and_its_tests_are_not(tmp_path, python):
    kit = tmp_path / "kit"
    kit.mkdir()
    portable.carry(python, "3.11", kit)
    there = {path.relative_to(kit).as_posix() for path in kit.rglob("*") if path.is_file()}
    assert there == {
        "python/python.exe",
        "python/python311.dll",
        "python/Lib/venv/__init__.py",
        "python/Lib/ensurepip/__init__.py",
    }


@pytest.mark.parametrize(
    ("without", "version", "said"),
    [
        ("python.exe", "3.11", "no python.exe"),
        ("Lib/venv/__init__.py", "3.11", "no Lib/venv"),
        ("", "3.12", r"not Python 3.12 \(it has python311.dll\)"),
    ],
)
def test_a_folder_that_would_fail_in_the_room_is_refused_and_nothing_copied(
    tmp_path, python, without, version, said
):
    if without:
        (python / without).unlink()
        if not any((python / without).parent.iterdir()):
            (python / without).parent.rmdir()
    kit = tmp_path / "kit"
    kit.mkdir()
    with pytest.raises(InputError, match=said):
        portable.carry(python, version, kit)
    assert not list(kit.iterdir())


def test_without_packages_for_windows_it_is_refused_before_any_work(tmp_path, python):
    course = Course.load(ROOT)
    workshop = workshop_file.load(ROOT / "workshops" / "half-day-introduction.toml")
    with pytest.raises(InputError, match="--wheels windows"):
        workshop_folder.build(
            course, workshop, tmp_path / "out", workshop_folder.Options(("linux",), python_folder=python)
        )
    assert not (tmp_path / "out").exists()


def test_the_start_file_looks_in_the_kit_first():
    lines = start.scripts("3.11", None)["start.bat"].split("\r\n")
    own = lines.index(r"if exist python\python.exe set PY=python\python.exe")
    others = [n for n, line in enumerate(lines) if "set PY=py" in line and n != own]
    assert others and min(others) > own and lines[own + 1] == "if defined PY goto found"
