"""CoST's items, coverage, timeliness and answers."""

from __future__ import annotations

import csv
import json

import pandas as pd
import pytest

from cleanworks import city
from cleanworks.construction import disclosure
from cleanworks.errors import InputError


def test_forty_items_in_39_rows_by_stage():
    items = disclosure.item_list()
    assert len(items) == 39
    assert items["counts"].sum() == disclosure.PROACTIVE_ITEMS == 40
    # The counts of ccs 4.1.
    assert items.groupby("stage")["name"].count().to_dict() == {
        "identification": 7, "preparation": 7, "completion": 6, "procurement": 13, "implementation": 6,
    }  # fmt: skip
    assert (items["oc4ids"] != "").all()


def test_the_rows_are_those_of_the_official_mapping(shared_data):
    folder = shared_data / "oc4ids-0.9.5" / "mapping"
    files = {
        "identification": "project-level-identification", "preparation": "project-level-preparation",
        "completion": "project-level-completion", "procurement": "process-level-procurement",
        "implementation": "process-level-implementation",
    }  # fmt: skip
    for stage, name in files.items():
        with (folder / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            mapping = list(csv.DictReader(file))
        ours = [one for one in disclosure.ITEMS if one.stage == stage]
        assert len(mapping) == len(ours)
        for row, one in zip(mapping, ours, strict=True):
            parts = {part.split("[")[0] for path in one.paths for part in path.split(".")} - {
                "contractingProcesses",
                "summary",
            }
            assert any(
                f".{part}" in row["Mapping to OC4IDS"] or f"`{part}" in row["Mapping to OC4IDS"]
                for part in parts
            ), one.key


def test_every_path_exists_in_the_official_schema(shared_data):
    schema = json.loads((shared_data / "oc4ids-0.9.5" / "project-schema.json").read_text())

    def step(node, name):
        node = node.get("items", node)
        if "$ref" in node:
            node = schema["definitions"][node["$ref"].removeprefix("#/definitions/")]
        return node["properties"][name]

    for one in disclosure.ITEMS:
        for path in one.paths:
            node = schema
            for part in path.split("."):
                name, _, condition = part.partition("[")
                node = step(node, name)
                if condition:
                    step(node, condition.split("=")[0])


def test_the_worked_example_of_the_standard_fills_most_items(shared_data):
    package = json.loads((shared_data / "oc4ids-0.9.5" / "examples" / "example.json").read_text())
    filled = disclosure.filled_items(package["projects"][0])
    assert sum(filled.values()) > 30
    assert filled["budget"] and filled["owner"] and filled["change-price"]


def test_the_blank_example_fills_no_document(shared_data):
    # It holds placeholders such as 0 and "from projectStatus codelist": a coverage report cannot tell these from answers.
    blank = json.loads((shared_data / "oc4ids-0.9.5" / "examples" / "blank.json").read_text())
    filled = disclosure.filled_items(blank)
    assert not any(filled[key] for key in ("name", "purpose", "scope", "environment", "audit", "contact"))


@pytest.mark.parametrize(
    ("project", "path", "filled"),
    [
        ({"title": ""}, "title", False),
        ({"title": "  "}, "title", False),
        ({"budget": {"amount": {"amount": 0}}}, "budget.amount.amount", True),
        ({"sector": []}, "sector", False),
        ({"a": [{"b": None}, {"b": 1}]}, "a.b", True),
        ({"documents": [{"documentType": "illustration"}]}, "documents[documentType=projectScope]", False),
        ({"parties": [{"roles": ["payer", "funder"], "name": "N"}]}, "parties[roles=funder].name", True),
        ({"parties": [{"roles": ["payer"], "name": "N"}]}, "parties[roles=funder].name", False),
        ({"parties": "none"}, "parties[roles=funder].name", False),
    ],
)
def test_what_counts_as_filled(project, path, filled):
    assert disclosure.has_value(project, path) is filled


def test_coverage_from_tables():
    tables = {
        "projects": pd.DataFrame(
            {"project_id": ["p", "q"], "title": ["Road", " "], "budget_amount": [0, None]}
        ),
        "contracts": pd.DataFrame(
            {
                "contract_id": ["c"],
                "project_id": ["q"],
                "value_amount": [5],
                "period_start": [pd.Timestamp("2024-01-01")],
            }
        ),
        "modifications": pd.DataFrame(
            {"modification_id": ["m"], "contract_id": ["c"], "type": ["value"], "rationale": [None]}
        ),
    }
    filled = disclosure.coverage(tables)
    assert list(filled.index) == ["p", "q"]
    assert filled.loc["p", ["name", "budget", "price"]].tolist() == [True, True, False]
    assert filled.loc["q", ["name", "budget", "price", "period", "change-price", "price-reasons"]].tolist() == [
        False, False, True, True, True, False,
    ]  # fmt: skip
    rate = disclosure.disclosure_rate(filled)
    assert rate["p"] == pytest.approx(2 / 40)
    # q: price, the period (which counts twice), and the two rows that a change of value answers.
    assert rate["q"] == pytest.approx(5 / 40)
    assert disclosure.disclosure_rate(filled, out_of=12)["p"] == pytest.approx(2 / 12)


def test_the_city_fills_no_item_that_its_tables_do_not_hold():
    tables = city.make(projects=60)
    filled = disclosure.coverage(tables)
    assert filled["owner"].all() and filled["budget"].all()
    assert not filled[["environment", "land", "audit", "final-scope"]].any().any()
    stages = disclosure.by_stage(filled)
    assert set(stages["stage"]) == {
        "identification",
        "preparation",
        "completion",
        "procurement",
        "implementation",
    }
    assert 0.3 < disclosure.disclosure_rate(filled).mean() < 0.7


def disclosures():
    days = pd.to_datetime
    return pd.DataFrame(
        {
            "disclosure_id": list("abcd"), "project_id": ["p", "p", "p", "q"],
            "date_event": days(["2024-01-01", "2024-01-01", "2024-03-01", "2024-01-01"]),
            "date_published": days(["2024-01-11", None, "2024-03-02", None]),
        }
    )  # fmt: skip


def test_timeliness_waits_until_the_reading_day():
    waits = disclosure.timeliness(disclosures(), as_of="2024-02-01").set_index("disclosure_id")
    assert waits["days"].to_dict() == {"a": 10.0, "b": 31.0, "d": 31.0}  # c has not happened yet
    assert waits["published"].to_dict() == {"a": True, "b": False, "d": False}
    assert disclosure.timeliness(disclosures())["days"].isna().sum() == 2


def test_a_question_of_yesterday_counts_against_nobody():
    questions = pd.DataFrame(
        {
            "date_asked": pd.to_datetime(["2024-01-01", "2024-01-01", "2024-01-30"]),
            "date_answered": pd.to_datetime(["2024-01-04", None, None]),
        }
    )
    found = disclosure.answering(questions, as_of="2024-01-31", within_days=14)
    assert found["asked"] == 3
    assert found["share_answered"] == 0.5
    assert found["share_in_time"] == 0.5
    assert found["median_days"] == 3


def test_bad_input_is_named():
    with pytest.raises(InputError, match="no table 'projects'"):
        disclosure.coverage({})
    with pytest.raises(InputError, match="date_event"):
        disclosure.timeliness(pd.DataFrame({"date_published": []}))
    with pytest.raises(InputError, match="out_of: 0 is not"):
        disclosure.disclosure_rate(pd.DataFrame(), out_of=0)
