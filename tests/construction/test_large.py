"""The same sums from memory and from files."""

from __future__ import annotations

import pandas as pd
import pytest

from cleanworks import city
from cleanworks.construction.large import payment_summary
from cleanworks.errors import InputError

DATE = "2026-06-30"


@pytest.fixture(scope="module")
def tables():
    made = city.make(60)
    return {name: made[name] for name in ("payments", "contracts")}


@pytest.fixture(scope="module")
def folder(tables, tmp_path_factory):
    place = tmp_path_factory.mktemp("it's here")
    for name, frame in tables.items():
        frame.to_csv(place / f"{name}.csv", index=False)
    return place


@pytest.mark.parametrize("by", ["contract_id", "project_id"])
@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_files_give_what_tables_give(tables, folder, tmp_path, by, kind):
    source = folder
    if kind == "parquet":
        import duckdb

        source = tmp_path
        for name, frame in tables.items():
            rows = duckdb.from_df(frame)  # noqa: F841 - named in the query
            duckdb.sql(f"COPY rows TO '{tmp_path}/{name}.parquet'")
    expected = payment_summary(tables, date=DATE, by=by)
    found = payment_summary(source, date=DATE, by=by)
    pd.testing.assert_frame_equal(found, expected, check_index_type=False)
    assert len(found) > 20 and found["late"].sum() > 0


def test_by_hand():
    day = pd.Timestamp
    payments = pd.DataFrame(
        {
            "contract_id": ["a", "a", "a", "b"],
            "amount_registered": [10.0, 20.0, 5.0, 7.0],
            "amount": [10.0, 20.0, 5.0, 7.0],
            "date_due": [day("2026-01-10")] * 4,
            "date_paid": [day("2026-01-14"), day("2026-01-08"), pd.NaT, pd.NaT],
        }
    )
    found = payment_summary({"payments": payments}, date="2026-02-01")
    assert found.loc["a"].tolist() == [3, 35, 30, 1, 1, 2, 4]
    assert found.loc["b", ["payments", "paid", "late", "overdue"]].tolist() == [1, 0, 0, 1]
    assert pd.isna(found.loc["b", "mean_days_late"])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "no payments.csv"),
        ("contract_id,amount\na,1\n", "cannot be added up"),
        ("contract_id,amount_registered,amount,date_due,date_paid\na,1,1,soon,\n", "soon"),
    ],
)
def test_a_wrong_folder_is_one_message(tmp_path, content, message):
    if content:
        (tmp_path / "payments.csv").write_text(content)
    with pytest.raises(InputError, match=message):
        payment_summary(tmp_path, date=DATE)


def test_unknown_groups_and_missing_tables(tables):
    with pytest.raises(InputError, match="district"):
        payment_summary(tables, date=DATE, by="district")
    with pytest.raises(InputError, match="missing"):
        payment_summary({"payments": tables["payments"]}, date=DATE, by="project_id")
