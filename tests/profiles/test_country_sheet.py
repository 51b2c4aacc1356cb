"""The pages that open an edition's parts with its country's facts, and the page that closes it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from cleanworks import profiles
from cleanworks.bars import Bars
from cleanworks.errors import InputError
from cleanworks.profiles import country_sheet

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("part", ["construction", "integrity"])
@pytest.mark.parametrize("code", [code for code in profiles.available() if code != "exampleland"])
def test_each_part_opens_with_a_table_and_a_figure_with_sources(monkeypatch, code, part):
    monkeypatch.setenv(profiles.VARIABLE, code)
    headings, rows = country_sheet.facts(None, part)
    assert rows and all("{cite}`" in row[0] and len(row) == len(headings) for row in rows)
    chart = country_sheet.chart(None, part)
    assert (
        isinstance(chart, Bars)
        and "{cite}`" in chart.caption
        and not re.search(r"(?<![`,])\bcty-s", chart.caption)
    )
    html = chart.html()
    assert html.count("<tr>") == len(chart.rows) and 'style="width:100.0%"' in html
    assert profiles.load(code)["names.country"] in country_sheet.country()


def test_an_invented_country_has_no_facts(monkeypatch):
    monkeypatch.setenv(profiles.VARIABLE, "exampleland")
    assert "invented country" in country_sheet.country() and country_sheet.facts(None, "integrity")[1] == []
    assert isinstance(country_sheet.chart(None, "construction"), str)


def test_what_is_not_known_is_on_the_last_page_and_only_there(monkeypatch):
    monkeypatch.setenv(profiles.VARIABLE, "ukraine")
    known = {row[0] for row in country_sheet.known_rules(None, "construction")[1]}
    asked = dict(country_sheet.look_up()[1])
    assert any("no claims on each other" in said for said in known)
    assert any("15 days" in said for said in known) and "A tender stays open for at least …" not in asked
    assert "No source" in asked["The client pays the contractor within …"]
    assert (
        "no claims on each other"
        in asked["The client must pay a subcontractor directly when … or more payments were missed"]
    )


def test_a_part_without_facts_is_refused():
    with pytest.raises(InputError, match="Parts with facts: construction, integrity"):
        country_sheet.facts(None, "orientation")


def test_the_pages_stand_first_in_their_parts_and_last_before_the_reference():
    toc = (ROOT / "_toc.yml").read_text(encoding="utf-8")
    for caption, page in (
        ("The Clean Construction System", "construction"),
        ("Anti-corruption monitoring and evaluation", "integrity"),
    ):
        assert re.search(rf"caption: {caption}\n    chapters:\n      - file: book/country/{page}\n", toc)
    assert re.search(r"file: book/country/look-up\n  - caption: Reference", toc)
