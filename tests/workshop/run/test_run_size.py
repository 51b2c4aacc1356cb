"""The table of ARCHITECTURE.md that says which promise each file of the run keeps."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
RUN = ROOT / "cleanworks" / "workshop" / "run"


def lines_of_code(path: Path) -> int:
    text = path.read_text(encoding="utf-8")
    said: set[int] = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            first = node.body[0] if node.body else None
            if (
                isinstance(first, ast.Expr)
                and isinstance(first.value, ast.Constant)
                and isinstance(first.value.value, str)
            ):
                said.update(range(first.lineno, (first.end_lineno or first.lineno) + 1))
    lines = enumerate(text.splitlines(), 1)
    return sum(
        bool(line.strip()) and not line.strip().startswith("#") and number not in said
        for number, line in lines
    )


def test_every_file_of_the_run_keeps_a_promise_and_the_lines_are_counted():
    table = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8").split("## What the run is made of")[1]
    rows = [line.split(" | ") for line in table.split("\n## ")[0].splitlines() if ".py` |" in line]
    named = [name for row in rows for name in re.findall(r"`([\w/]+\.py)`", row[1])]
    assert sorted(named) == sorted(path.relative_to(RUN).as_posix() for path in RUN.rglob("*.py"))
    for promise, files, said in rows:
        counted = sum(lines_of_code(RUN / name) for name in re.findall(r"`([\w/]+\.py)`", files))
        # A small change need not be written down each time.
        assert abs(counted - int(said.strip(" |"))) <= 25, f"{promise.strip('| ')}: {counted} lines"
