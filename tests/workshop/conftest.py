"""A throw-away copy of the tiny course, and ways to break it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

COURSE = Path(__file__).parent / "course"


@pytest.fixture
def course(tmp_path) -> Path:
    """The folder of a copy of the tiny course: two lessons about measuring rain."""
    root = tmp_path / "course"
    shutil.copytree(
        COURSE, root, ignore=shutil.ignore_patterns("_build", "__pycache__", ".ipynb_checkpoints")
    )
    return root


def lesson_path(root: Path, id: str = "r1") -> Path:
    return next((root / "notebooks").rglob(f"{id}-*.ipynb"))


def set_path(root: Path, id: str = "r1") -> Path:
    return next((root / "exercises").rglob(f"{id}-*.ipynb"))


def edit(path: Path, change: Callable[[dict], None]) -> None:
    """Change a notebook's JSON in place. Sources are strings while `change` sees them."""
    content = json.loads(path.read_text(encoding="utf-8"))
    for cell in content["cells"]:
        cell["source"] = "".join(cell["source"])
    change(content)
    for cell in content["cells"]:
        cell["source"] = cell["source"].splitlines(keepends=True)
    text = json.dumps(content, sort_keys=True, indent=1, ensure_ascii=False) + "\n"
    path.write_text(text, encoding="utf-8")


def cell_of(content: dict, id: str) -> dict:
    return next(cell for cell in content["cells"] if cell["id"] == id)
