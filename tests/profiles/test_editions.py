"""Every country's edition executes, and nothing of Korea is left where the country's own names, money and rules belong."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from cleanworks import profiles
from cleanworks.workshop import book as command
from cleanworks.workshop.catalogue import Course
from cleanworks.workshop.run import run_notebooks
from cleanworks.workshop.run.terminal import report

ROOT = Path(__file__).resolve().parents[2]
COUNTRIES = [code for code in profiles.available() if code not in ("seoul", "exampleland")]
# What notebooks show may name Korea where it shows published results of Korea. Its money, its districts and the names of its
# systems belong to the edition of Seoul alone.
KOREAN = re.compile(r"\bKRW\b|₩|\bwon\b|원\b")


def leftovers(text: str) -> set[str]:
    """Words of Seoul's profile that another country's edition shows."""
    seoul = profiles.load("seoul")
    names = {seoul[key] for key in ("names.city", "names.project_system", "names.payment_system", "names.worker_system")} | set(seoul["names.districts"])
    found = {name for name in names if re.search(rf"\b{re.escape(name)}\b", text)}
    return found | set(KOREAN.findall(text))


def shown(notebook) -> str:
    parts = []
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            parts.append(output.get("text", ""))
            data = output.get("data", {})
            parts += [data[kind] for kind in ("text/plain", "text/html") if kind in data]
    return re.sub(r'data:[^"\']+|srcdoc="[^"]*"', "", "\n".join(parts))


@pytest.mark.parametrize("code", COUNTRIES)
def test_every_notebook_runs_in_the_edition_and_shows_nothing_of_seoul(code, tmp_path):
    course = Course.load(ROOT)
    edition = command.Edition(ROOT, profile=code, folder=tmp_path)
    result = run_notebooks(*command.run_plan(course, edition))
    assert result.exit_code == 0, report(result, ROOT)
    left = {}
    for path in tmp_path.rglob("*.ipynb"):
        import nbformat

        words = leftovers(shown(nbformat.read(path, 4)))
        if words:
            left[path.name] = sorted(words)
    assert not left, left


def test_a_leftover_is_found():
    seoul = profiles.load("seoul")
    assert leftovers("cost KRW 3 m") == {"KRW"}
    assert leftovers(f"paid through {seoul['names.payment_system']}") == {seoul["names.payment_system"]}
    assert leftovers("they won a prize in Busan") == {"won"}


@pytest.mark.parametrize("code", COUNTRIES)
def test_a_country_names_itself_and_claims_no_rule_without_a_source(code):
    one = profiles.load(code)
    assert profiles.missing(one) == []
    assert one["names.country"] != "Exampleland" and one["currency.code"] != "EXD"
    for key in one.cited():
        entry = one.entry(key)
        if entry.source.startswith("cty-"):
            assert entry.date and entry.confidence, f"{code}: {key}"
