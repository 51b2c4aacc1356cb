"""Who executes the cells: nbclient, over our own pipe only with what it was tested with, and in fresh kernels everywhere else."""

from __future__ import annotations

import ast
import inspect
import os
from importlib.metadata import version

import pytest
from nbformat.v4 import new_code_cell, new_notebook

from cleanworks.workshop.reports.terminal import engines_of, report
from cleanworks.workshop.run import Job, RunOptions, engine, run_notebooks
from cleanworks.workshop.run.kernels import pipe_kernel, streams


def test_the_pipe_is_used_with_what_it_was_tested_with(monkeypatch):
    monkeypatch.delenv(engine.VARIABLE, raising=False)
    assert engine.choose() == engine.Engine(engine.PIPE)
    newer = {"ipykernel": "8.0.0"}
    other = engine.choose(installed=lambda name: newer.get(name) or version(name))
    assert other.name == engine.NBCLIENT and "ipykernel 7" in other.why and "8.0.0" in other.why
    monkeypatch.setenv(engine.VARIABLE, engine.NBCLIENT)
    assert engine.choose().name == engine.NBCLIENT


def test_every_name_that_the_transport_takes_from_others_is_there():
    assert engine.missing() == ()


def test_a_name_that_is_gone_is_found(monkeypatch):
    place = "ipykernel.iostream:OutStream"
    monkeypatch.setitem(engine.NAMES, place, (*engine.NAMES[place], "_gone"))
    monkeypatch.setitem(engine.NAMES, "ipykernel.gone:Kernel", ("start",))
    assert engine.missing.__wrapped__() == (f"{place}._gone", "ipykernel.gone:Kernel")


@pytest.mark.parametrize(
    "module", [pipe_kernel, streams], ids=lambda module: module.__name__.rpartition(".")[2]
)
def test_every_private_name_of_others_is_listed(module):
    """What a class of ours reads of itself and does not define is somebody else's."""
    listed = {name for names in engine.NAMES.values() for name in names}
    tree = ast.parse(inspect.getsource(module))
    own = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
    # Ours are also the attributes that a class of the two modules sets.
    for one in (pipe_kernel, streams):
        for node in ast.walk(ast.parse(inspect.getsource(one))):
            if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
                own.add(node.attr)
            if isinstance(node, ast.FunctionDef):
                own.add(node.name)
            if isinstance(node, ast.ClassDef):
                names = [one for inner in node.body if isinstance(inner, ast.Assign) for one in inner.targets]
                own |= {name.id for name in names if isinstance(name, ast.Name)}
    used = {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr.startswith("_") and not node.attr.startswith("__")
    }
    assert used - own - listed - {"_exit"} == set()  # os._exit is Python's own


def _notebook(tmp_path):
    node = new_notebook(cells=[new_code_cell("print('said')\n6 * 7", id="a")])
    return [Job("one", notebook=node, workdir=tmp_path)], RunOptions(root=tmp_path, preload=(), workers=1)


@pytest.mark.parametrize("wanted", [engine.PIPE, engine.NBCLIENT])
def test_both_give_the_same_and_the_report_names_the_one_that_ran(tmp_path, monkeypatch, wanted):
    monkeypatch.setenv(engine.VARIABLE, wanted)
    result = run_notebooks(*_notebook(tmp_path))
    (lesson,) = result.lessons
    assert lesson.status == "passed" and lesson.engine == wanted
    assert f"by {engine.SPOKEN[wanted]}" in report(result, tmp_path)
    assert ("starts a fresh Python" in " ".join(result.notes)) == (wanted == engine.NBCLIENT)
    assert engine.SPOKEN[wanted] in engines_of(lesson.executed.parent)
    text = lesson.executed.read_text(encoding="utf-8")
    assert "said\\n" in text and '"42"' in text


def test_a_kernel_without_a_name_we_need_hands_over_to_nbclient(tmp_path, monkeypatch):
    """The server of the kernels looks at the names themselves, whatever the versions say."""
    (tmp_path / "sitecustomize.py").write_text(
        "from cleanworks.workshop.run import engine\nengine.NAMES['ipykernel.gone:Kernel'] = ('start',)\n"
    )
    paths = [str(tmp_path), *filter(None, [os.environ.get("PYTHONPATH")])]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(paths))
    monkeypatch.setenv(engine.VARIABLE, engine.PIPE)
    jobs, options = _notebook(tmp_path)
    (lesson,) = run_notebooks(jobs, options).lessons
    assert lesson.engine == engine.NBCLIENT
