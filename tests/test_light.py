"""What lessons import works with the standard library, numpy, pandas and matplotlib, on machines of 32 bits too."""

import ast
import json
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "cleanworks"
ROOMS = (
    "city",
    "construction",
    "integrity",
    "profiles",
    "figures",
    "learn",
    "checks",
    "draws",
    "published_figures",
    "learning",
)
HEAVY = ("scipy", "sqlalchemy", "pandera", "duckdb", "statsmodels", "pydantic", "typer", "rich")
ABSENT = ("_multiprocessing", "_posixshmem", "_curses", "resource", "termios", "jinja2", "markupsafe")
"""What the standard library of Pyodide does not have, and what makes pages where Python is not in one."""
NEED_A_DATABASE = ("construction.registry",)
"""Lessons that use these say so in their metadata (`needs`)."""


def modules(room):
    folder = PACKAGE / room
    files = sorted(folder.rglob("*.py")) if folder.is_dir() else [PACKAGE / f"{room}.py"]
    for path in files:
        name = ".".join(path.relative_to(PACKAGE).with_suffix("").parts).removesuffix(".__init__")
        if not name.startswith(NEED_A_DATABASE) and not name.endswith("_command"):
            yield f"cleanworks.{name}"


def test_the_rooms_import_without_heavy_libraries():
    """All in one Python: what nobody may have, nobody can bring to another room."""
    names = [name for room in ROOMS for name in modules(room)]
    assert {name.split(".")[1] for name in names} == set(ROOMS)
    program = (
        f"import sys, importlib\nfor name in {HEAVY!r}: sys.modules[name] = None\n"
        f"for name in {names!r}: importlib.import_module(name)"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT)
    assert ran.returncode == 0, ran.stderr[-600:]


def test_what_lessons_import_needs_nothing_that_a_page_lacks():
    """Python in a page has one process and no terminal. c12 imports modules only when it calls them, so its calls are made."""
    lines = {
        ast.unparse(node)
        for folder in ("notebooks", "exercises")
        for path in (ROOT / folder).rglob("*.ipynb")
        for cell in json.loads(path.read_text("utf-8"))["cells"]
        if cell["cell_type"] == "code" and "cleanworks" in (code := "".join(cell["source"]))
        for node in ast.walk(ast.parse(code))
        if isinstance(node, ast.Import | ast.ImportFrom)
    }
    assert "from cleanworks import data" in lines
    program = (
        f"import sys\nfor name in {ABSENT!r}: sys.modules[name] = None\n"
        + "\n".join(sorted(lines))
        + "\nfrom cleanworks import data\nfound = data.bring_in([data.example('paraguay-2017').file])"
        + "\ndata.flags_of(found.load())"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT)
    assert ran.returncode == 0, ran.stderr[-600:]


def test_orientation_and_construction_never_ask_for_scipy():
    """A page that needs it reads 16 MB more. The registry and the citizens' map are not read by these lessons' pages."""
    files = [
        path
        for room in ("city", "construction", "profiles", "learn")
        for path in (PACKAGE / room).rglob("*.py")
    ]
    files += [
        *PACKAGE.glob("checks/[oc]*.py"),
        *(PACKAGE / f"{name}.py" for name in ("draws", "figures", "published_figures")),
    ]
    files += [
        p
        for kind in ("notebooks", "exercises")
        for part in ("orientation", "construction")
        for p in (ROOT / kind / part).glob("*.ipynb")
    ]
    asked = re.compile(r"(?:import|from) scipy|method=.?[\"']spearman")
    assert [str(p.relative_to(ROOT)) for p in files if asked.search(p.read_text(encoding="utf-8"))] == []


def test_no_whole_number_depends_on_the_machine():
    """`int` is 32 bits in the browser: 3,000,000,000 would become -1,294,967,296 without a word."""
    written = re.compile(r"astype\((?:int|[\"']int[\"']|np\.int_)\)|dtype=(?:int|np\.int_)\b")
    found = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in sorted(PACKAGE.rglob("*.py"))
        if "live" not in path.parts  # the guard of the page speaks of it
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if written.search(line) and "`.astype(int)`" not in line
    ]
    assert found == []
