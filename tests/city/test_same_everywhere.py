"""The city is the same to the last bit on every Python, numpy and machine.

``digests.json`` holds a digest of every table of every shipped profile. If you meant to change the city or a profile, write it
again: ``python tests/city/same.py``.
"""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pandas as pd
import pytest

from cleanworks import profiles
from tests.city.same import KNOWN, digest, digests, of_the_class

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def made_here(monkeypatch):
    monkeypatch.delenv("CLEANWORKS_DATA", raising=False)


@pytest.mark.parametrize(
    "code",
    [
        code if code in ("seoul", "uganda") else pytest.param(code, marks=pytest.mark.everything)
        for code in profiles.available()
    ],
)
def test_every_table_of_every_profile_has_the_known_digest(code):
    known = json.loads(KNOWN.read_text(encoding="utf-8"))[code]
    changed = [name for name, found in digests(code).items() if known.get(name) != found]
    assert not changed, f"{', '.join(changed)} of '{code}': if this was meant, run tests/city/same.py"


def test_the_class_of_the_workshop_too():
    assert of_the_class() == json.loads(KNOWN.read_text(encoding="utf-8"))["class"]


def test_a_digest_sees_one_bit():
    table = pd.DataFrame({"id": ["a", None], "value": [0.1 + 0.2, 1.0]})
    assert digest(table) == digest(table.copy())
    assert digest(table) != digest(table.assign(value=[0.3, 1.0]))
    assert digest(table) != digest(table.assign(id=["a", "b"]))


@pytest.mark.everything
def test_the_tables_in_the_browser(tmp_path):
    """Pyodide: 32-bit whole numbers, another library of mathematics, older numpy and pandas."""
    folder = Path(os.environ.get("CLEANWORKS_PYODIDE") or ROOT.parent / "shared" / "pyodide-0.27.7")
    if not shutil.which("node") or not (folder / "pyodide.asm.wasm").is_file():
        pytest.skip("needs Node and the files of Pyodide in the folder that CLEANWORKS_PYODIDE names")
    program = tmp_path / "program.py"
    program.write_text(
        "import json, sys\n"
        "sys.path.insert(0, '/repository/tests/city')\n"
        "import same\n"
        "print(json.dumps(same.digests('seoul')))\n"
    )
    ran = subprocess.run(
        ["node", Path(__file__).with_name("in_pyodide.mjs"), folder, ROOT, program],
        capture_output=True,
        text=True,
        timeout=500,
    )
    assert ran.returncode == 0, ran.stderr[-2000:]
    assert json.loads(ran.stdout.splitlines()[-1]) == json.loads(KNOWN.read_text(encoding="utf-8"))["seoul"]
