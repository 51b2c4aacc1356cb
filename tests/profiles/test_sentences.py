"""No sentence that is wrong in a country stands in its edition: in lessons, in what checks say, in its own profile."""

from __future__ import annotations

import functools
import re
from pathlib import Path

import nbformat
import pytest

from cleanworks import profiles
from cleanworks.construction import flags
from cleanworks.workshop.lint.bound import sentences
from cleanworks.workshop.notebook import Notebook
from cleanworks.workshop.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
EDITIONS = Settings.load(ROOT).editions
# One Korean sentence for each row of what would be wrong elsewhere, with the countries of that row.
KOREAN = [
    ("After two missed payments the client must pay the subcontractor directly.", {"ukraine", "thailand"}),
    (
        "The prime contractor pays the subcontractor within 15 days.",
        {"ukraine", "thailand", "vietnam", "uganda", "philippines", "jordan"},
    ),
    ("Late money carries 15.5 % interest.", {"jordan", "ukraine"}),
    ("A tender that is open for fewer than 15 days is short.", {"vietnam", "ukraine"}),
    ("A change above 10 % of the price is a flag.", {"vietnam", "ukraine", "philippines"}),
    ("Each district publishes its works.", {"vietnam"}),
    ("Wages are due on day 10 of the next month.", {"ukraine", "uganda"}),
    (
        "Every worker has retirement days on the card.",
        {"ukraine", "thailand", "vietnam", "uganda", "philippines", "jordan"},
    ),
    ("The information law lets anyone ask.", {"philippines"}),
    ("Which subcontractor do you pay directly?", {"ukraine", "thailand"}),
    ("Unpaid instalments decide about direct payment.", {"ukraine", "thailand"}),
    ("Bids could be handed in for fewer than 15 whole days.", {"vietnam", "ukraine"}),
    ("The district engineer signs.", {"vietnam"}),
    ("A worker has no line in the retirement report of June.", {"thailand", "uganda"}),
    ("The working days are Monday to Friday.", {"jordan", "exampleland"}),
    ("The score of the assessment fell, so corruption rose.", {"jordan", "thailand", "uganda", "ukraine"}),
]


def wrong_sentences(text: str, country: str) -> list[str]:
    """The lines of an edition's text that `cleanworks lint` finds wrong in the country."""
    cell = nbformat.v4.new_markdown_cell(text)
    notebook = Notebook(
        Path("text.ipynb"), text, {"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    )
    found = sentences(notebook, EDITIONS.sentences, EDITIONS.words)
    return [cell.source.splitlines()[line - 1] for cell, line, one in found if country in one.wrong_in]


@pytest.mark.parametrize(
    ("sentence", "countries"), KOREAN, ids=lambda value: value[:30] if isinstance(value, str) else ""
)
def test_each_wrong_sentence_is_recognised(sentence, countries):
    for country in countries:
        assert wrong_sentences(sentence, country) == [sentence], country
    assert not wrong_sentences(f"In Korea: {sentence}", sorted(countries)[0])


@functools.cache
def texts() -> dict[str, str]:
    """What lessons, exercises, checks, pages and indicators say, without what is cited or marked as another country's."""
    found = {}
    for path in sorted([*ROOT.glob("notebooks/*/*.ipynb"), *ROOT.glob("exercises/*/*.ipynb")]):
        cells = [
            cell
            for cell in nbformat.read(path, 4).cells
            if not cell.metadata.get("cleanworks", {}).get("about")
        ]
        found[path.name + path.parts[-3]] = "\n".join(cell.source for cell in cells)
    for path in ROOT.glob("cleanworks/checks/*.py"):
        found[path.name] = path.read_text(encoding="utf-8")
    for path in [*ROOT.glob("book/*.md"), *ROOT.glob("workshops/facilitation/*.md")]:
        found[path.name] = path.read_text(encoding="utf-8")
    for code, flag in flags.reference().iterrows():
        found[code] = "\n".join([flag["definition"], flag["formula"], *flag["innocent"].split("; ")])
    return {
        name: "\n".join(line for line in text.splitlines() if "{cite" not in line)
        for name, text in found.items()
    }


@pytest.mark.parametrize("country", sorted({code for one in EDITIONS.sentences for code in one.wrong_in}))
def test_no_edition_holds_a_sentence_that_is_wrong_there(country):
    for name, text in texts().items():
        assert not wrong_sentences(text, country), name
    one = profiles.load(country)
    said = "\n".join(
        [str(entry.says or entry.value) for entry in one.entries.values()]
        + [fact.text for fact in one.facts]
        + [chart.title for chart in one.charts]
    )
    assert not wrong_sentences(said, country)


def test_a_lesson_asks_the_profile_where_korea_has_its_own_rule():
    asked = "\n".join(
        path.read_text(encoding="utf-8") for path in ROOT.glob("notebooks/construction/*.ipynb")
    )
    for key in ("payment.direct_payment_missed", "payment.prime_to_sub_days", "payment.late_interest_rate", "procurement.minimum_tender_days",
                "procurement.variation_ceiling", "labour.wage_due_day", "disclosure.answer_days", "subcontracting.allowed"):  # fmt: skip
        assert re.search(
            rf"\.rules?\([^)]*{re.escape(key)}", asked.replace("\\n", "").replace('\\"', '"'), flags=re.S
        ), key
