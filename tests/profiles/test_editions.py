"""Every country's edition executes, and nothing of Korea is left where the country's own names, money and rules belong."""

from __future__ import annotations

import re

import nbformat
import pytest

from cleanworks import profiles

COUNTRIES = [code for code in profiles.available() if code not in ("seoul", "exampleland")]
# What notebooks show may name Korea where it shows published results of Korea. Its money, its districts and the names of its
# systems belong to the edition of Seoul alone.
KOREAN = re.compile(r"\bKRW\b|₩|\bwon\b|원\b")

SPEAKS_OF_ONE = re.compile(
    r"\bpublished\b|\bpartnership\.|^from cleanworks.standards import seoul$", re.MULTILINE
)


def leftovers(text: str) -> set[str]:
    """Words of Seoul's profile that another country's edition shows."""
    seoul = profiles.load("seoul")
    names = {
        seoul[key]
        for key in ("names.city", "names.project_system", "names.payment_system", "names.worker_system")
    } | set(seoul["names.districts"])
    found = {name for name in names if re.search(rf"\b{re.escape(name)}\b", text)}
    return found | set(KOREAN.findall(text))


def shown(notebook) -> str:
    """What the cells show, but for those that speak of one country: published facts, Seoul's own feed, or as their metadata says."""
    parts = []
    for cell in notebook.cells:
        if SPEAKS_OF_ONE.search(cell.source) or cell.metadata.get("cleanworks", {}).get("about"):
            continue
        for output in cell.get("outputs", []):
            parts.append(output.get("text", ""))
            data = output.get("data", {})
            parts += [data[kind] for kind in ("text/plain", "text/html") if kind in data]
    return re.sub(r'data:[^"\']+|srcdoc="[^"]*"', "", "\n".join(parts))


@pytest.mark.everything
@pytest.mark.parametrize("code", ["exampleland", *COUNTRIES])
def test_every_notebook_runs_in_the_edition_and_shows_nothing_of_seoul(executed, code):
    folder, _ = executed(code)
    notebooks = {
        path.relative_to(folder).as_posix(): nbformat.read(path, 4) for path in folder.rglob("*.ipynb")
    }
    assert len(notebooks) > 40, "nothing was looked at"
    left = {
        name: sorted(words) for name, notebook in notebooks.items() if (words := leftovers(shown(notebook)))
    }
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
