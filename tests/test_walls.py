"""The walls between the rooms of the package, and what a lesson needs at import."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "cleanworks"

# What lessons import: it runs in a browser too, where nothing heavier is at hand.
FACING_LESSONS = [
    "city",
    "construction",
    "integrity",
    "standards",
    "allimi",
    "profiles",
    "figures",
    "learn",
    "checks",
    "errors",
]
LIGHT = {"numpy", "pandas", "matplotlib", "scipy", "narwhals", "cleanworks"}


def sources(room: str) -> list[Path]:
    """The modules of a room, but for its command line, which lessons never import."""
    folder = PACKAGE / room
    found = sorted(folder.rglob("*.py")) if folder.is_dir() else [PACKAGE / f"{room}.py"]
    return [path for path in found if not path.name.endswith("_command.py")]


def imported_at_import(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """(line, top-level name) of each import that runs when the module is imported."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            continue
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name.partition(".")[0]
        elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
            yield node.lineno, node.module.partition(".")[0]
        else:
            yield from imported_at_import(node)


@pytest.mark.parametrize("room", FACING_LESSONS)
def test_what_lessons_import_needs_only_light_libraries(room):
    heavy = [
        f"{path.relative_to(ROOT)}:{line} imports {name}"
        for path in sources(room)
        for line, name in imported_at_import(ast.parse(path.read_text(encoding="utf-8")))
        if name not in LIGHT and name not in sys.stdlib_module_names
    ]
    assert heavy == [], "Import it inside the function that needs it."


def test_the_walls_hold():
    """The contracts stand in pyproject.toml under [tool.importlinter]."""
    done = subprocess.run(
        [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_libraries_do_not_print():
    """Only the command line speaks; a library gives values back."""
    rooms = ["city", "construction", "integrity", "standards", "profiles", "learn", "figures"]
    printing = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for room in rooms
        for path in sources(room)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
    ]
    assert printing == []


def test_the_check_of_imports_sees_what_it_should():
    code = "import duckdb\nif True:\n    from pydantic import x\nclass A:\n    import typer\ndef f():\n    import scipy\n"
    assert [name for _, name in imported_at_import(ast.parse(code))] == ["duckdb", "pydantic", "typer"]
