"""What the first lesson says about the partnership: every step has a source, and nothing is said that no source says."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
import pytest
from matplotlib import pyplot as plt

from cleanworks import partnership
from cleanworks.errors import InputError

ROOT = Path(__file__).resolve().parent.parent
KEYS = set(
    re.findall(
        r"^@\w+\{([^,]+),", (ROOT / "book" / "references.bib").read_text(encoding="utf-8"), re.MULTILINE
    )
)
FULL = dict(
    country="Exampleland", institution="Ministry of Works", need="Of 200 claims 60 were late.", practice="The register.",
    owner="The department of works.", partners="The treasury agrees.", adapt="Paper works too.", first_step="Twenty projects by June.",
    contact="Office for reform",
)  # fmt: skip


def test_every_step_has_a_known_kind_and_a_source_in_the_list():
    steps = partnership.steps()
    assert set(steps["kind"]) <= set(partnership.KINDS)
    assert set(steps["source"]) <= KEYS
    assert set(steps["mark"]) <= {"A", "B"}
    assert set("; ".join(partnership.changes()["source"]).split("; ")) <= KEYS


def test_nobody_but_seoul_reported_that_a_system_was_built():
    """The pitfall of the lesson: one article, one date."""
    reported = partnership.steps().query("kind == 'reported'")
    assert reported["source"].unique().tolist() == ["ccs-s65"] and reported["date"].nunique() == 1
    assert set(reported["mark"]) == {"B"}


def test_years_are_counted_only_where_both_ends_are_reported():
    paths = partnership.paths().set_index(["partner", "practice"])
    assert paths.loc[("Uzbekistan", "integrity"), "years"] == pytest.approx(3.2)
    assert pd.isna(paths.loc[("Montenegro", "integrity"), "years"]), "nobody says when the contact began"
    assert pd.isna(paths.loc[("Ukraine", "construction"), "years"]), "being built is not built"
    construction = partnership.steps().query("practice == 'construction'")
    assert construction["date"].max().year == 2019, "the title of the first timeline says so"
    assert partnership.steps()["date"].max().year == 2025, "the title of the second timeline says so"


def test_the_five_that_were_chosen_are_those_of_the_source():
    asked = partnership.steps().query("kind == 'asked'")
    assert set(asked["partner"]) == {"Viet Nam (Da Nang)", "Thailand", "Ukraine", "Uganda", "Jordan"}
    assert len(asked) == partnership.SELECTION["countries that were chosen"]


def test_a_timeline_shows_every_partner_and_says_where_it_ends():
    figure, axes = plt.subplots()
    partnership.draw(axes, "construction")
    names = [label.get_text() for label in axes.get_yticklabels()]
    assert "Tunisia" in names and "Uzbekistan" not in names
    assert [text.get_text() for text in axes.texts] == ["no later source"] * len(names)
    with pytest.raises(InputError, match="no practice"):
        partnership.draw(axes, "payment")
    plt.close(figure)


def test_a_request_is_a_page_that_escapes_what_was_typed():
    html = partnership.Request(**FULL | {"need": "<b>60 of 200</b>"}).page().html
    assert "&lt;b&gt;60 of 200" in html and "Ministry of Works" in html


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"owner": " "}, "does not say: owner"),
        ({"need": "word " * 61}, "61 words"),
        ({"contact": ""}, "contact"),
    ],
)
def test_a_request_with_a_gap_is_refused(change, says):
    with pytest.raises(InputError, match=says):
        partnership.Request(**FULL | change).page()
