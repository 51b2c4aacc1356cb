"""Every source that the code names is in the bibliography, and the package keeps to its own libraries."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MODULES = sorted((ROOT / "cleanworks" / "integrity").glob("*.py"))
KEY = re.compile(r"\bacrc-s\d+[a-z]?\b|\b[a-z]+(?:-[a-z]+)*-(?:19|20)\d\d\b")


@pytest.mark.parametrize("module", MODULES, ids=lambda path: path.stem)
def test_every_source_in_a_docstring_is_in_the_bibliography(module):
    entries = set(
        re.findall(r"@\w+\{([^,]+),", (ROOT / "book" / "references.bib").read_text(encoding="utf-8"))
    )
    assert set(KEY.findall(module.read_text(encoding="utf-8"))) <= entries


def test_importing_everything_needs_no_heavy_library():
    names = ", ".join(path.stem for path in MODULES if path.stem != "__init__")
    code = f"from cleanworks.integrity import {names}\nimport sys\nprint(*{{name.split('.')[0] for name in sys.modules}})"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()
    assert not {"statsmodels", "sklearn", "duckdb", "pandera", "pydantic", "sqlalchemy"} & set(loaded)
