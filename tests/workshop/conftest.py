"""A throw-away copy of the tiny course, and ways to break it."""

from __future__ import annotations

import contextlib
import json
import select
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from cleanworks.workshop.run import runner
from cleanworks.workshop.run.jobs import RunOptions
from cleanworks.workshop.run.kernels import server_process

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


@pytest.fixture(scope="session")
def kernel_server():
    """A process with the usual libraries that forks kernels, as every run starts one: here, one for many runs."""
    if not server_process.CAN_FORK:
        yield None
        return
    options = RunOptions()
    with server_process.KernelServer(options.preload, options.hash_seed, warm=True) as server:
        while not server.ready:
            select.select([server], [], [])
            server.news()
        yield server


@pytest.fixture(scope="module")
def one_server(kernel_server):
    """Runs of the tiny course in this process take their kernels from one server, unless they ask for another kind.

    To load the libraries anew takes longer than all cells of that course. `tests/workshop/run` tests the servers themselves.
    """
    new_server = runner._Run._new_server

    def take(run, todo):
        plain = not run.options.fresh and not run.options.environment and run.options.hash_seed == 0
        if kernel_server is None or not plain:
            return new_server(run, todo)
        return contextlib.nullcontext(kernel_server)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(runner._Run, "_new_server", take)
        yield
