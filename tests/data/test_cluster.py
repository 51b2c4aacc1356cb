"""Spark answers what pandas and DuckDB answer, on one machine."""

from __future__ import annotations

import importlib.util
import shutil
import sys
from pathlib import Path

import pandas as pd
import pytest

from cleanworks import city
from cleanworks.construction import flags
from cleanworks.data import cluster
from cleanworks.errors import InputError
from tests.construction.test_engines import after_signature, by_files, generated, in_order, on_site

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def spark():
    """A session that starts as few tasks as it can."""
    fetched = ROOT / "_build" / "spark"
    if importlib.util.find_spec("pyspark") is None and fetched.is_dir():
        sys.path.append(str(fetched))
    if importlib.util.find_spec("pyspark") is None or shutil.which("java") is None:
        pytest.skip(
            "Spark or Java is not installed: run `make spark` and `apt install default-jre-headless`."
        )
    from pyspark.sql import SparkSession

    builder = SparkSession.builder.master("local[2]").config("spark.sql.shuffle.partitions", "1")
    for name in ("spark.ui.enabled", "spark.ui.showConsoleProgress", "spark.sql.adaptive.enabled"):
        builder = builder.config(name, "false")
    session = builder.config("spark.log.level", "ERROR").getOrCreate()
    yield session
    session.stop()


def of_the_city():
    tables = city.make(60)
    tables["accidents"] = tables["attendance"][["contract_id"]].iloc[::500]
    return tables, flags.Settings.of(city.profiles.active())


def of_all_kinds():
    tables = {**on_site(2), **after_signature(2), **generated(2)}
    return tables, flags.Settings(
        minimum_contracting_processes=3, minimum_group=2, direct_award_threshold=4e7, near_threshold=0.5
    )


def possible(tables):
    return list(flags.coverage(tables).query("possible").index)


def test_the_tables_of_the_next_test_allow_every_indicator():
    assert {*possible(of_the_city()[0]), *possible(of_all_kinds()[0])} == set(flags.REGISTRY)


@pytest.mark.everything
@pytest.mark.parametrize("made", [of_the_city, of_all_kinds])
def test_three_engines_answer_the_same(spark, tmp_path, made):
    tables, settings = made()
    codes = possible(tables)
    expected = in_order(flags.evaluate(tables, codes, settings))
    by_duckdb = in_order(by_files(tables, tmp_path, codes, settings))
    with cluster.cluster(spark) as engine:
        read = cluster.tables_of(tmp_path, engine)
        assert engine.filled(read) == flags.filled_columns({name: tables[name] for name in read})
        found = in_order(flags.evaluate(read, codes, settings, engine))
    if made is of_all_kinds:
        assert {"R024", "R025", "R048"} <= set(found["code"])
    pd.testing.assert_frame_equal(found, expected, rtol=1e-12)
    pd.testing.assert_frame_equal(by_duckdb, expected, rtol=1e-12)


@pytest.mark.everything
@pytest.mark.parametrize(
    ("tables", "message"),
    [
        ({"tenders": pd.DataFrame({"tender_id": ["a", "a"]})}, "'a' appears twice"),
        ({"bids": pd.DataFrame({"amount": ["12 million"]})}, "12 million"),
        ({}, "no table"),
    ],
)
def test_wrong_files_are_one_message(spark, tmp_path, tables, message):
    for name, table in tables.items():
        table.to_parquet(tmp_path / f"{name}.parquet", index=False)
    with pytest.raises(InputError, match=message) as found, cluster.cluster(spark) as engine:
        flags.evaluate(cluster.tables_of(tmp_path, engine), engine=engine)
    assert found.value.fix and "JVM" not in str(found.value)


@pytest.mark.everything
def test_a_session_of_somebody_keeps_its_settings_and_goes_on(spark):
    before = spark.conf.get("spark.sql.session.timeZone")
    spark.conf.set("spark.sql.session.timeZone", "Asia/Seoul")
    with cluster.cluster(spark) as engine:
        assert engine.session.conf.get("spark.sql.session.timeZone") == "UTC"
    assert spark.conf.get("spark.sql.session.timeZone") == "Asia/Seoul"
    assert spark.range(3).count() == 3
    spark.conf.set("spark.sql.session.timeZone", before)


def test_without_spark_one_message_says_how_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "pyspark", None)
    monkeypatch.setitem(sys.modules, "pyspark.errors", None)
    with pytest.raises(InputError, match="not installed") as found, cluster.cluster():
        pass
    assert "pip install 'cleanworks[spark]'" in found.value.fix
