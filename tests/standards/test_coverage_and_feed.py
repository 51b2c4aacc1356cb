"""The first look at a file, the Seoul feed, and the two commands."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from cleanworks import city, cli
from cleanworks.construction import disclosure, flags
from cleanworks.errors import InputError
from cleanworks.standards import coverage, oc4ids, ocds, seoul

TABLES = city.make(projects=80)
ABOUT = {"publisher": "Simulated city", "uri": "https://example.org/package.json", "published": "2026-06-30"}


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    return oc4ids.write(tmp_path_factory.mktemp("c") / "p.json", TABLES, **ABOUT)


def test_coverage_of_an_oc4ids_file(package):
    found = coverage.of_file(package)
    projects = TABLES["projects"]
    assert found.elements == len(projects)
    assert found.fields.loc["title", "share"] == 1
    assert found.fields.loc["completion/endDate", "filled"] == projects["completion_end_date"].notna().sum()
    assert found.items.loc["final-cost", "filled"] == projects["completion_final_value"].notna().sum()
    rate = disclosure.disclosure_rate(disclosure.coverage(TABLES)).mean()
    # The file says a little more than the tables: the authority procures itself, and a process has a status.
    assert rate < found.disclosure_rate < rate + 0.08
    assert found.indicators.loc["cost-overrun", "possible"]
    assert not found.indicators.loc["R024", "possible"]  # OC4IDS has no bids


def test_coverage_of_ocds_in_batches(tmp_path, monkeypatch):
    path = ocds.write(tmp_path / "r.json", TABLES, kind="records", **ABOUT)
    whole = coverage.of_file(path)
    monkeypatch.setattr(coverage, "BATCH", 7)
    parts = coverage.of_file(path)
    pd.testing.assert_frame_equal(whole.items, parts.items)
    pd.testing.assert_frame_equal(whole.fields, parts.fields)
    assert whole.indicators.loc["R024", "possible"]
    assert whole.items.loc["firm", "filled"] == TABLES["contracts"]["tender_id"].nunique()


def test_coverage_of_tables():
    found = coverage.of_tables(TABLES)
    assert found.fields.loc["projects.title", "share"] == 1
    assert set(found.indicators.index[~found.indicators["possible"]]) == {"R048", "accidents"}


def test_coverage_of_real_data(real_ocds):
    found = coverage.of_file(real_ocds)
    assert found.elements == 10
    assert found.items.loc["owner", "share"] == 1
    assert found.items.loc["tenderers", "share"] == 0
    assert not found.indicators.loc[["R018", "R024", "R028"], "possible"].any()


# The feed -------------------------------------------------------------------------------------------------------------------

DAY = pd.Timestamp("2025-06-30")
FEED = seoul.feed(TABLES, DAY)


def test_the_feed_has_the_published_field_names():
    names = "BIZ_CD BIZ_NM GU_NM CMCN_YN1 CMCN_YN2 PROCS_PLAN PROCS_PRFMNC PER_RT CRTR_YMD DAY_TOT DAY_ELPS DAY_JOB AMT_CTRT AMT_BIZ CSTRN_PRD CSTRN_PSTN LAT LOT INST_NM PIC_PE_NM SPVS_PE_NM AGT_PE_NM SPVS_NM CNST_ENT BIZ_SCL WEB_CMR_RTSP_ADDR"
    assert list(FEED.columns) == list(seoul.FIELDS) == names.split()
    assert FEED[["PIC_PE_NM", "SPVS_PE_NM", "AGT_PE_NM"]].isna().all().all()  # no person is named
    assert len(FEED) == (TABLES["contracts"]["date_signed"] <= DAY).sum()
    assert (FEED["CRTR_YMD"] == "20250630").all()


def test_the_ratio_is_actual_of_planned():
    row = FEED[(FEED["PROCS_PLAN"] > 0) & (FEED["PROCS_PRFMNC"] > 0)].iloc[0]
    assert row["PER_RT"] == pytest.approx(100 * row["PROCS_PRFMNC"] / row["PROCS_PLAN"], rel=0.02)


def test_zero_is_read_as_not_entered_and_kept_as_shown():
    read = seoul.read(FEED)["progress"]
    zero = FEED["PROCS_PRFMNC"] == 0
    assert zero.any()
    assert read["actual"].isna().tolist() == zero.tolist()
    assert (read["actual_as_shown"][zero.to_numpy()] == 0).all()


def test_what_comes_back_from_the_feed_is_what_it_can_hold():
    read = seoul.read(FEED)
    there = TABLES["contracts"].set_index("project_id").loc[FEED["BIZ_CD"]]
    assert (
        np.abs(read["contracts"]["value_amount"].to_numpy() - there["value_amount"].to_numpy()).max()
        <= 0.005 * seoul.UNIT
    )
    assert (read["contracts"]["period_end"].to_numpy() == there["period_end"].to_numpy()).all()
    assert (read["projects"]["district"] == FEED["GU_NM"]).all()


def test_former_names_and_numbers_as_texts():
    old = FEED.rename(columns={"PROCS_PLAN": "PLAN_RT", "PROCS_PRFMNC": "REAL_RT"}).astype(object)
    old["REAL_RT"] = old["REAL_RT"].astype(str)
    old.loc[old.index[0], "AMT_CTRT"] = ""
    read = seoul.read(old)
    pd.testing.assert_series_equal(read["progress"]["planned"], seoul.read(FEED)["progress"]["planned"])
    assert np.isnan(read["contracts"]["value_amount"].iloc[0])


def test_one_call_is_not_the_whole_feed():
    many = pd.concat([FEED] * 60, ignore_index=True)
    assert len(seoul.page(many, 1, 1000)) == 1000
    assert len(seoul.page(many, len(many) - 2, len(many) + 500)) == 3
    with pytest.raises(InputError, match="1001 rows are too many"):
        seoul.page(many, 1, 1001)
    with pytest.raises(InputError, match="counted from 1"):
        seoul.page(many, 0, 10)


def test_the_feed_answers_about_a_third_of_the_items_and_no_change():
    filled = seoul.items(FEED)
    rate = disclosure.disclosure_rate(filled).mean()
    assert 0.25 < rate < 0.4
    changes = [one.key for one in disclosure.ITEMS if one.stage == "implementation"]
    assert not filled[changes].any().any()


def test_a_feed_that_is_none():
    with pytest.raises(InputError, match="BIZ_CD"):
        seoul.read(pd.DataFrame({"a": [1]}))
    with pytest.raises(InputError, match="field AMT_CTRT"):
        seoul.read(FEED.assign(AMT_CTRT="about 5"))
    with pytest.raises(InputError, match="no table progress"):
        seoul.feed({name: TABLES[name] for name in ("projects", "contracts")}, DAY)


# The commands ---------------------------------------------------------------------------------------------------------------


def test_validate_says_valid_and_gives_0(package, capsys):
    assert cli.run(["data", "validate", str(package)]) == 0
    out = capsys.readouterr().out
    assert "80 elements" in out and "Valid." in out


def test_validate_gives_1_and_names_the_place(package, tmp_path, capsys):
    broken = json.loads(package.read_text(encoding="utf-8"))
    broken["projects"][3]["status"] = "[red]running"
    path = tmp_path / "broken.json"
    path.write_text(json.dumps(broken, indent=1))
    assert cli.run(["data", "validate", str(path)]) == 1
    out = capsys.readouterr().out
    assert broken["projects"][3]["id"] in out and "[red]running" in out
    assert "Not valid: 1 errors in 1 of 80 elements" in out


def test_a_file_cut_off_gives_2_and_one_line(package, tmp_path, capsys):
    path = tmp_path / "cut.json"
    path.write_bytes(package.read_bytes()[:5000])
    for command in ("validate", "coverage"):
        assert cli.run(["data", command, str(path)]) == 2
        seen = capsys.readouterr()
        assert "stops in the middle of project" in seen.err and "Traceback" not in seen.err + seen.out


def test_coverage_lists_items_and_indicators(package, capsys):
    assert cli.run(["data", "coverage", str(package), "--fields"]) == 0
    out = capsys.readouterr().out
    assert "CoST's items" in out and "contractingProcesses/summary/contractValue/amount" in out.replace(
        "\n", ""
    )
    possible = flags.possible(flags.filled_columns(oc4ids.read(package)))["possible"].sum()
    assert f"Possible indicators: {possible} of {len(flags.REGISTRY)}" in out
