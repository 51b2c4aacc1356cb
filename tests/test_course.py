"""The course itself: every notebook is in form, runs, and every exercise does its work."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from cleanworks.workshop.quiz import parse_quiz

ROOT = Path(__file__).resolve().parent.parent
# The usual edition. Those of countries differ from it in names, amounts and rules: a lesson that takes most of its own from the
# profile runs here for the invented country, and `make test-everything` runs all of them for every country.


def cleanworks(*words):
    """Run the command line on the real course; what it printed stands in the failure message."""
    done = subprocess.run(
        [sys.executable, "-m", "cleanworks.cli", *words], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, (
        f"cleanworks {' '.join(words)} ended with {done.returncode}\n{done.stdout}\n{done.stderr}"
    )
    return done.stdout


def test_every_notebook_is_in_form():
    assert "Nothing found" in cleanworks("lint")


def test_options_with_a_reason_are_not_the_wrong_ones():
    """Whoever leaves out each option that says "because" must not do much better than by chance, which gives a third."""
    gives_a_reason = re.compile(r"\b(because|since)\b|, (as|so|for) ")
    scores = []
    for path in sorted((ROOT / "notebooks").glob("*/*.ipynb")):
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
            if "quiz" in cell["metadata"].get("tags", []):
                options = parse_quiz("".join(cell["source"])).options
                left = [option for option in options if not gives_a_reason.search(option.text)] or options
                scores.append(sum(option.right for option in left) / len(left))
    assert len(scores) > 100
    assert sum(scores) / len(scores) < 0.39


def test_every_lesson_and_exercise_set_runs(executed):
    _, said = executed(None)
    assert " passed" in said
    assert "does not declare" not in said


def test_no_output_shows_the_name_of_a_type(executed):
    """pandas prints `dtype: int64` under a column and numpy `np.int64(19)`, which say nothing to a reader."""
    folder, _ = executed(None)
    found = []
    for path in sorted(folder.rglob("*.ipynb")):
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
            for output in cell.get("outputs", ()):
                data = output.get("data", {})
                text = "".join(output.get("text") or data.get("text/html") or data.get("text/plain") or "")
                if re.search(r"\bdtype: \w+\s*$|\bnp\.\w+\(", text, re.MULTILINE):
                    found.append(f"{path.name} {cell['id']}")
    assert not found


def test_a_lesson_that_leans_on_the_profile_runs_for_another_country():
    said = cleanworks("run", "c6", "--profile", "exampleland")
    assert "2 passed" in said and "does not declare" not in said


@pytest.mark.parametrize(
    ("profile", "sets"),
    [
        (None, ("o1", "c6")),
        pytest.param(None, (), marks=pytest.mark.everything),
        pytest.param("exampleland", (), marks=pytest.mark.everything),
    ],
)
def test_every_exercise_is_proven_for_every_country(profile, sets):
    said = cleanworks("exercises", "prove", *sets, *(["--profile", profile] if profile else []))
    assert "fault" not in said
    assert "proven" in said


def test_the_picture_of_the_first_page_speaks_every_language():
    """Sphinx takes `two-ways.fr.svg` for French; where it is missing, words in the picture stay English."""
    root = Path(__file__).resolve().parents[1]
    assets = root / "book" / "assets"

    def shapes(name):
        return re.sub(r"<(text|title)\b.*?</\1>", "", (assets / name).read_text(encoding="utf-8"))

    for folder in (root / "book" / "locale").iterdir():
        name = f"two-ways.{folder.name}.svg"
        assert shapes(name) == shapes("two-ways.svg")
        assert ">contractor<" not in (assets / name).read_text(encoding="utf-8")
