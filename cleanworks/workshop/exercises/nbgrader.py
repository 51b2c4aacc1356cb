"""Turn an assignment with nbgrader's solution tags into an exercise set of this toolkit, and its tests into checks."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from cleanworks.errors import InputError
from cleanworks.workshop.code import plain_python
from cleanworks.workshop.files import write_all
from cleanworks.workshop.lint.canonical import canonical, slug
from cleanworks.workshop.metadata import BLOCK
from cleanworks.workshop.notebook import dump, read
from cleanworks.workshop.settings import Settings

_SOLUTION = re.compile(
    r"^[ \t]*#+ *BEGIN SOLUTION[^\n]*\n(.*?)^[ \t]*#+ *END SOLUTION[^\n]*\n?", re.MULTILINE | re.DOTALL
)
_AUTOTEST = re.compile(r"^[ \t]*#+ *(?:HASHED )?AUTOTEST\b", re.MULTILINE)
# What nbgrader writes in the place of a solution when it makes the learners' version.
_TAKEN_OUT = re.compile(r"raise NotImplementedError\(\)|YOUR (?:CODE|ANSWER) HERE")
_MARKS = re.compile(r"^[ \t]*#+ *(?:BEGIN|END) (?:SOLUTION|HIDDEN TESTS)[^\n]*\n?", re.MULTILINE)


_AN_ORDER = re.compile(r"^[ \t]*(?!pass\b)[^#\s]", re.MULTILINE)


@dataclass
class _Question:
    """One question on its way: its prompt, the cell with its solution, and the tests after it."""

    prompt: str
    cell: NotebookNode
    tests: list[str] = field(default_factory=list)

    @property
    def is_open(self) -> bool:
        return self.cell.cell_type == "markdown" or not self.tests


def convert(path: Path, id: str, part: str, settings: Settings) -> tuple[NotebookNode, str]:
    """The exercise set and the module of its checks.

    nbgrader's solution cells become starter and solution, its tests a check, its written answers open questions. Hints and wrong
    answers are what nbgrader does not have: `cleanworks lint` lists them as missing.

    Raises
    ------
    InputError
        The notebook has no cell with a solution, only cells whose solution was taken out, or tests that nbgrader has yet to write.
    """
    notebook = read(path)
    for number, cell in enumerate(notebook.node.cells, 1):
        if cell.cell_type == "code" and _tag(cell).get("grade") and _AUTOTEST.search(cell.source):
            raise InputError(
                f"The tests of cell {number} are lines for nbgrader's autotest, which nbgrader replaces by tests later.",
                where=str(path),
                fix="Write `assert` statements in their place, such as `assert total == 13`.",
            )
    plain, questions = _sorted(notebook.node.cells)
    if questions and all(
        _TAKEN_OUT.search(one.cell.source) and not _SOLUTION.search(one.cell.source) for one in questions
    ):
        raise InputError(
            "The solutions are taken out of this notebook, as nbgrader does for learners (release/).",
            where=str(path),
            fix="Name the instructor's version (source/).",
        )
    if not questions:
        raise InputError(
            "No cell of this notebook is tagged as a solution by nbgrader.",
            where=str(path),
            fix="Name the instructor's version (source/).",
        )
    module = f"{settings.checks.replace('/', '.')}.{id.replace('-', '_')}"
    first = notebook.node.cells[0]
    words = first.source.lstrip("# \n").splitlines() if first.cell_type == "markdown" else []
    title = words[0] if words else path.stem
    block = {
        "id": id,
        "kind": "exercises",
        "title": f"Exercises: {title}",
        "part": part,
        "needs": [module.partition(".")[0]],
    }
    cells = [
        new_markdown_cell(f"# Exercises: {title}\n\nRun the cells from the top."),
        new_code_cell(f"from {module} import check"),
    ]
    checks: list[str] = []
    imports = _imports(cell.source for cell in notebook.node.cells if cell.cell_type == "code")
    names = _assigned("\n".join(cell.source for cell in notebook.node.cells if cell.cell_type == "code"))
    number = 0
    for item in plain:
        if isinstance(item, NotebookNode):
            cells.append(_copied(item))
            continue
        number += 1
        question = f"{id}-e{number}"
        cells += _typed(question, number, item)
        checks.append(_check(question, number, item, names))
    return canonical(new_notebook(cells=cells, metadata={BLOCK: block})), _module(
        id, path.name, imports, checks
    )


def import_file(root: Path, path: Path, id: str, part: str) -> list[Path]:
    """Write the exercise set and its checks into a course; neither replaces a file.

    Raises
    ------
    InputError
        The id or the part is not a word of small letters, a file is there already, or the notebook has no solutions.
    """
    for name, value in (("id", id), ("part", part)):
        if not re.fullmatch(r"[a-z][a-z0-9-]*", value):
            raise InputError(
                f"{value!r} is not a name for the {name}.",
                where=f"--{name}",
                fix="Use small letters, digits and hyphens.",
            )
    settings = Settings.load(root)
    made, module = convert(path, id, part, settings)
    stem = slug(path.stem) or "set"
    targets = {
        root / settings.exercises / part / f"{id}-{stem.removeprefix(f'{id}-')}.ipynb": dump(made),
        root / settings.checks / f"{id.replace('-', '_')}.py": module,
    }
    for target in targets:
        if target.exists():
            raise InputError(
                "There is a file at this place already.", where=str(target), fix="Choose another --id."
            )
    return write_all(targets)


def _sorted(cells: Iterable[NotebookNode]) -> tuple[list[NotebookNode | _Question], list[_Question]]:
    """Cells in order, with each question in the place of its solution; a Markdown cell right before one is its prompt."""
    order: list[NotebookNode | _Question] = []
    questions: list[_Question] = []
    for cell in cells:
        tag = _tag(cell)
        if tag.get("solution") or tag.get("task"):
            prompt = ""
            before = order[-1] if order else None
            if isinstance(before, NotebookNode) and before.cell_type == "markdown" and len(order) > 1:
                prompt = before.source
                order.pop()
            questions.append(_Question(prompt, cell))
            order.append(questions[-1])
        elif tag.get("grade") and cell.cell_type == "code" and questions:
            # Comments alone would make a check that nobody can fail.
            if _AN_ORDER.search(cell.source):
                questions[-1].tests.append(_MARKS.sub("", cell.source).strip())
        else:
            order.append(cell)
    return order, questions


def _tag(cell: NotebookNode) -> dict[str, Any]:
    tag = cell.metadata.get("nbgrader")
    return tag if isinstance(tag, dict) else {}


def _copied(cell: NotebookNode) -> NotebookNode:
    make = new_code_cell if cell.cell_type == "code" else new_markdown_cell
    # The first title is the set's own.
    source = re.sub(r"\A# ", "## ", cell.source)
    return make(source, metadata={"tags": cell.metadata["tags"]} if cell.metadata.get("tags") else {})


def _typed(question: str, number: int, item: _Question) -> list[NotebookNode]:
    def cell(make: Any, source: str, role: str, **block: Any) -> NotebookNode:
        return make(source.strip("\n"), metadata={"tags": [role], BLOCK: {"question": question, **block}})

    prompt = item.prompt or f"## Task {number}\n\nComplete the cell below."
    open_block = {"open": True} if item.is_open else {}
    made = [
        cell(new_markdown_cell, prompt, "exercise", **open_block),
        cell(new_code_cell, _starter(item, number), "starter"),
    ]
    made.append(cell(new_code_cell, f'check("{question}")', "check"))
    if item.cell.cell_type == "code":
        made.append(cell(new_code_cell, _MARKS.sub("", item.cell.source), "solution"))
    else:
        text = _MARKS.sub("", item.cell.source).strip() or "Say here what a good answer names."
        made.append(cell(new_code_cell, f'answer_{number} = """{text}"""', "solution"))
    made.append(cell(new_markdown_cell, "Say here why this is the answer.", "solution"))
    return made


def _starter(item: _Question, number: int) -> str:
    """What the learner begins with: the author's code outside the solution, and `...` for every name that the solution sets."""
    if item.cell.cell_type == "markdown":
        return f'answer_{number} = "..."'
    source = item.cell.source
    inside = "\n".join(found.group(1) for found in _SOLUTION.finditer(source)) or source
    outside = _SOLUTION.sub("", source) if _SOLUTION.search(source) else ""
    try:
        ast.parse(plain_python(outside))
    except SyntaxError:  # the solution is the body of a function: its head says what is asked for
        outside = "\n".join(f"# {line}" for line in outside.strip().splitlines())
    open_names = _assigned(_dedented(inside)) or _assigned(source)
    kept = outside.rstrip()
    names = [name for name in _assigned(source) if name not in _assigned(outside)] or open_names
    return "\n".join([*([kept] if kept else []), *(f"{name} = ..." for name in names)]) or "..."


def _dedented(code: str) -> str:
    import textwrap

    return textwrap.dedent(code)


def _assigned(code: str) -> list[str]:
    """Names that code sets at its top level, in order."""
    try:
        tree = ast.parse(plain_python(code))
    except SyntaxError:
        return []
    names: dict[str, None] = {}
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.setdefault(node.name)
        for target in getattr(
            node, "targets", [getattr(node, "target", None)] if isinstance(node, ast.AnnAssign) else []
        ):
            for inner in ast.walk(target):
                if isinstance(inner, ast.Name):
                    names.setdefault(inner.id)
    return list(names)


def _imports(sources: Iterable[str]) -> list[str]:
    """The import lines of cells: tests use what the notebook imported."""
    lines: dict[str, None] = {}
    for source in sources:
        try:
            tree = ast.parse(plain_python(source))
        except SyntaxError:
            continue
        for node in tree.body:
            if isinstance(node, ast.Import | ast.ImportFrom):
                lines.setdefault(ast.unparse(node))
    return list(lines)


def _check(question: str, number: int, item: _Question, names: list[str]) -> str:
    if item.is_open:
        assigned = _assigned(item.cell.source) if item.cell.cell_type == "code" else []
        name = assigned[-1] if assigned else f"answer_{number}"
        return (
            f'@check.question("{question}", "{name}")\n'
            f"def question_{number}({name}):\n"
            f'    return open_answer({name}, ["answers every part of the question"])\n'
        )
    tests = "\n".join(item.tests)
    used = {node.id for node in ast.walk(_tree(tests)) if isinstance(node, ast.Name)}
    own = _assigned(item.cell.source)
    variables = [*own, *(name for name in names if name in used and name not in own)]
    listed = ", ".join(f'"{name}"' for name in variables)
    values = ", ".join(f"{name}={name}" for name in variables)
    quoted = tests.replace("\\", "\\\\").replace('"""', '\\"\\"\\"')
    return (
        f'TESTS_{number} = """\\\n{quoted}\n"""\n\n\n'
        f'@check.question("{question}", {listed})\n'
        f"def question_{number}({', '.join(variables)}):\n"
        f"    return run_tests(TESTS_{number}, globals(), {values})\n"
    )


def _tree(code: str) -> ast.AST:
    try:
        return ast.parse(plain_python(code))
    except SyntaxError:
        return ast.Module(body=[], type_ignores=[])


def _module(id: str, name: str, imports: list[str], checks: list[str]) -> str:
    wanted = [word for word in ("open_answer", "run_tests") if any(f"{word}(" in check for check in checks)]
    return (
        f'"""Checks of the exercise set {id}, made from the tests of {name}."""\n\n'
        + "".join(f"{line}  # noqa: F401\n" for line in imports)
        + ("\n" if imports else "")
        + f"from cleanworks.learn import CheckSet, {', '.join(wanted)}\n\n"
        + f'check = CheckSet("{id}")\n\n\n'
        + "\n\n".join(checks)
    )
