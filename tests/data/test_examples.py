"""The open sets that come with the toolkit: under their licence, without names of persons, and otherwise as published."""

import gzip
import json
import re

import numpy as np
import pandas as pd
import pytest

from cleanworks import allimi, data, profiles
from cleanworks.errors import InputError
from cleanworks.standards import ocds

SET = data.example("paraguay-2017")
# What the copy changes: the winners' names and numbers, and the contract ids that are made from names.
MASKED = {"supplier_id", "supplier_name", "contract_id"}


def test_an_example_names_its_publisher_and_its_licence():
    assert (SET.publisher, SET.published) == ("DNCP - Paraguay", "2017-08-08")
    assert SET.licence == "https://creativecommons.org/licenses/by/4.0/"
    readme = SET.file.with_name("README.md").read_text(encoding="utf-8")
    assert SET.file.name in readme and "CC BY 4.0" in readme
    assert SET.file.stat().st_size < 100_000


def test_an_example_that_is_not_there_is_named_with_those_that_are():
    with pytest.raises(InputError, match="no example 'nowhere'") as error:
        data.example("nowhere")
    assert "paraguay-2017" in error.value.fix


def test_the_copy_holds_no_way_to_reach_anybody():
    text = SET.file.read_text(encoding="utf-8")
    assert not re.search(r'@|contactPoint|telephone|streetAddress|"documents"', text)
    assert len(set(re.findall(r'"legalName": "(Persona \d)"', text))) == 6


def test_the_copy_is_the_published_set_save_for_names(real_ocds):
    ours, theirs = ocds.read(SET.file), ocds.read(real_ocds)
    for name, table in theirs.items():
        same = [column for column in table if column not in MASKED]
        pd.testing.assert_frame_equal(ours[name][same], table[same])
    with gzip.open(real_ocds, "rt", encoding="utf-8") as lines:
        suppliers = [s for line in lines for award in json.loads(line)["awards"] for s in award["suppliers"]]
    firms = re.compile(r"(?i)\bS\.?\s?A\b|\bSACI\b|\bSRL\b|\bS\.R\.L\.|CONSORCIO")
    persons = {s["name"] for s in suppliers if not firms.search(s["name"])}
    text = SET.file.read_text(encoding="utf-8").casefold()
    assert len(persons) == 7  # with the firm that bears a person's name
    for person in persons:
        assert person.casefold() not in text and person.casefold().replace(" ", "-") not in text
    numbers = {s["identifier"]["id"] for s in suppliers if s["name"] in persons}
    assert numbers and not any(number in text for number in numbers)


def test_in_memory_an_import_holds_what_it_writes_to_a_folder(tmp_path):
    held, written = data.bring_in([SET.file]), data.bring_in([SET.file], tmp_path / "folder")
    assert held.to is None and held.sources == written.sources and held.notes == written.notes
    pd.testing.assert_frame_equal(held.overview(), written.overview())
    first, second = held.load(), written.load()
    assert set(first) == set(second) == {"tenders", "awards", "contracts"}
    for name, table in first.items():
        key = table.columns[0]
        order = [key, "supplier_id"] if name == "awards" else [key]
        columns = list(table)
        one, other = (
            t.sort_values(order, kind="stable").reset_index(drop=True) for t in (table, second[name])
        )
        assert set(columns) == set(other)
        for column in columns:
            there = one[column].notna()
            assert (there == other[column].notna()).all(), column
            assert (one.loc[there, column] == other.loc[there, column]).all(), column


def test_in_memory_a_table_from_a_spreadsheet_is_read_too(tmp_path):
    file = tmp_path / "contracts.csv"
    file.write_text("Contract number,Contract value\nA-1,1000\nA-2,2500\n", encoding="utf-8")
    held = data.bring_in([file])
    assert held.load()["contracts"]["value_amount"].sum() == 3500
    copy = held.load()["contracts"]
    copy["value_amount"] = 0
    assert held.load()["contracts"]["value_amount"].sum() == 3500
    assert list(tmp_path.iterdir()) == [file]


def test_lesson_c12_says_why_prices_differ_a_little():
    """Its prose speaks of about seven exact digits: the price of a sole contract is the award's, kept as a 32-bit number."""
    tables = data.bring_in([SET.file]).load()
    contracts = tables["contracts"].dropna(subset=["value_amount"])
    sole = contracts[~contracts["tender_id"].duplicated(keep=False)].set_index("tender_id")["value_amount"]
    award = tables["awards"].drop_duplicates("award_id").set_index("tender_id")["amount"].reindex(sole.index)
    assert len(sole) == 7
    assert (np.float32(award) == sole.to_numpy()).all()


def test_a_page_for_citizens_does_not_say_that_nothing_was_paid():
    tables = data.with_projects(data.bring_in([SET.file]).load())
    profile = profiles.load("exampleland").replace({"currency.code": "PYG"})
    page = allimi.page(tables, "ocds-03ad3f-284444", profile=profile, simulated=False).html
    assert "These data hold no payments" in page and "Nothing has been paid" not in page
    assert "These data hold no progress" in page and "No progress is recorded" not in page
    assert "These data hold no changes" in page and "No change of the contract" not in page
    assert "PYG 1.3 bn" in page and "Purpose and state are not stated." in page
