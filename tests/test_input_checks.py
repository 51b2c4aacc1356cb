"""One set of questions to whatever is handed in, with one wording each."""

from __future__ import annotations

import importlib

import numpy as np
import pandas as pd
import pytest

from cleanworks import input_checks
from cleanworks.errors import InputError

CELLS = pd.Series(["5", "6 km", None, "x"], index=[3, 4, 5, 6])


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda: input_checks.numbers(CELLS, "length"), "length, row 4: Not a number: '6 km'."),
        (lambda: input_checks.numbers([1, np.nan], "length"), "length, row 1: A value is missing."),
        (lambda: input_checks.numbers([1, 7, 9], "x", high=6), r"x, row 1: 7 is above 6 \(1 more like it\)."),
        (lambda: input_checks.need_amounts(pd.Series([2, -3], index=["a", "b"]), "paid"), "paid, row b: .* is -3."),
        (lambda: input_checks.need_amounts(-1, "budget"), "^budget: An amount cannot be negative, and this one is -1."),
        (lambda: input_checks.need_amounts(np.inf, "budget"), "^budget: A value is infinite. Look for a division"),
        (lambda: input_checks.need_percentages([10, 101], "planned %"), "planned %, row 1: .* 0 and 100, .* 101."),
        (lambda: input_checks.share(15.5, "rate", ends=True), "^rate: 15.5 is not a share from 0 to 1. Write 5 % as"),
        (lambda: input_checks.share(1, "rate"), "^rate: 1 is not a share between 0 and 1."),
        (lambda: input_checks.need_columns(pd.DataFrame({"a": [1]}), ["b", "c"], "sites"), "^table sites: Missing columns: b, c."),
        (lambda: input_checks.need_rows(pd.DataFrame({"a": []}), ["a"], "sites"), "^table sites: The table has no rows."),
        (lambda: input_checks.need_rows([1], [], "sites"), "^sites: A table is needed, not list."),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_with_its_place_and_the_remedy(ask, message):
    with pytest.raises(InputError, match=message) as refused:
        ask()
    assert refused.value.fix or "outside" in message


def test_what_is_missing_may_pass_where_that_is_said():
    assert np.isnan(input_checks.numbers([1, None], "x", missing=True)[1])
    input_checks.need_amounts(pd.Series([1, None]), "paid")
    input_checks.need_percentages([np.nan, 0, 100], "planned %")
    assert input_checks.share(1, "rate", ends=True) == 1


@pytest.mark.parametrize(
    ("module", "function", "further"),
    [
        ("construction.disclosure", "disclosure_rate", ()),
        ("construction.disclosure", "by_stage", ()),
        ("construction.payments", "held_for_others", ("2024-06-30",)),
        ("integrity.assessment", "unreversed_items", ()),
        ("integrity.assessment", "perception", ()),
        ("integrity.assessment", "survey_part", ()),
        ("integrity.assessment", "case_deduction", (pd.Series(dtype=float),)),
        ("integrity.composite", "rank_sensitivity", (pd.Series(dtype=float), 1)),
        ("integrity.composite", "cronbach_alpha", ()),
        ("standards.seoul", "read", ()),
        ("standards.seoul", "items", ()),
        ("standards.seoul", "page", (1, 2)),
    ],
)
def test_a_file_name_in_the_place_of_a_table_is_refused_by_name(module, function, further):
    asked = getattr(importlib.import_module(f"cleanworks.{module}"), function)
    with pytest.raises(InputError, match="A table is needed, not str"):
        asked("rows.csv", *further)
