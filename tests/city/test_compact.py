"""Small files of typed columns hold every table exactly."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from cleanworks import city
from cleanworks.city import compact, schemas
from cleanworks.errors import InputError


@pytest.mark.parametrize("name", schemas.tables())
def test_a_table_comes_back_as_load_gives_it(name):
    frame = city.load(name)
    data = compact.to_bytes(name, frame)
    again = compact.from_bytes(name, data)
    pd.testing.assert_frame_equal(again, frame, check_exact=True)
    assert compact.to_bytes(name, again) == data


def test_hard_values_come_back():
    frame = city.load("payments").head(6).copy()
    numbers = [
        column.name for column in schemas.table("payments").columns if column.kind in ("money", "number")
    ]
    texts = [column.name for column in schemas.table("payments").columns if column.kind in ("text", "id")]
    dates = [column.name for column in schemas.table("payments").columns if column.kind == "date"]
    frame[numbers[0]] = pd.Series([0.1, -0.0, np.nan, 1e300, 2.0**53 + 2, -12345.6789])
    frame[texts[-1]] = pd.Series(["", 'ten, "twelve"', "서울", None, "é", "z"], dtype="str")
    frame[dates[0]] = pd.to_datetime(
        pd.Series(["1677-09-22", None, "1969-12-31", "1970-01-01", "2262-04-10", None])
    )
    again = compact.from_bytes("payments", compact.to_bytes("payments", frame))
    assert np.array_equal(again[numbers[0]].to_numpy(), frame[numbers[0]].to_numpy(), equal_nan=True)
    assert np.signbit(again[numbers[0]].iloc[1])
    assert again[texts[-1]].isna().tolist() == [False, False, False, True, False, False]
    assert again[texts[-1]].dropna().tolist() == frame[texts[-1]].dropna().tolist()
    assert (
        again[dates[0]].tolist()[2:5] == frame[dates[0]].tolist()[2:5] and again[dates[0]].isna().sum() == 2
    )


def test_a_table_without_rows_comes_back():
    frame = city.load("complaints").head(0)
    pd.testing.assert_frame_equal(
        compact.from_bytes("complaints", compact.to_bytes("complaints", frame)), frame
    )


def test_load_reads_them_and_refuses_a_changed_one(tmp_path, monkeypatch):
    made = city.load("payments")
    manifest = city.write_compact(tmp_path)
    assert set(manifest["tables"]) == set(schemas.tables())
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) < 5_000_000
    monkeypatch.setenv("CLEANWORKS_DATA", str(tmp_path))
    pd.testing.assert_frame_equal(city.load("payments"), made)
    path = tmp_path / "claims.npz"
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    with pytest.raises(InputError, match="'claims' was changed"):
        city.load("claims")
    assert json.loads((tmp_path / "manifest.json").read_text())["profile"] == "seoul"


def test_a_folder_that_cannot_be_written_is_one_sentence(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot be written"):
        city.write_compact(tmp_path / "file" / "data")
