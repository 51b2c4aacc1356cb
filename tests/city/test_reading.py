"""What a wrong file is told: table or file, row, column, remedy. Right files come back as they were."""

import re

import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from cleanworks.city import reading, schemas, storage
from cleanworks.errors import InputError


@pytest.fixture
def claims(tmp_path):
    """A small right file, as lines, and a way to read it after a change."""
    path = tmp_path / "claims.csv"
    lines = [
        "claim_id,contract_id,number,kind,date_claimed,date_inspected,amount,date_paid",
        "CL-1,C-1,1,progress,2026-01-05,2026-01-09,1000000,2026-01-12",
        "CL-2,C-1,2,progress,2026-03-05,2026-03-10,2500000,",
        "CL-3,C-2,1,final,2026-03-07,,900000,",
    ]

    def read(change=lambda lines: lines, encoding="utf-8"):
        path.write_bytes("\n".join(change(list(lines))).encode(encoding))
        return reading.read_csv(path, "claims")

    return read


def swap(old, new, line=None):
    """A change of the file: one text for another, in one line or in all."""
    return lambda lines: [
        text.replace(old, new) if line in (None, n) else text for n, text in enumerate(lines, start=1)
    ]


def test_a_right_file_is_read_and_typed(claims):
    frame = claims()
    assert frame["amount"].tolist() == [1_000_000, 2_500_000, 900_000]
    assert frame["amount"].dtype == "int64"
    assert frame["date_claimed"].dtype == "datetime64[ns]"
    assert frame["date_paid"].isna().tolist() == [False, True, True]


@pytest.mark.parametrize("day", ["9999-12-31", "0001-01-01"])
def test_a_day_that_no_table_can_hold_is_named_with_its_row(claims, day):
    words = f"claims.csv, row 3: Column 'date_paid' holds '{day}', which is not in the years 1678 to 2261"
    with pytest.raises(InputError, match=words):
        claims(swap("2500000,", f"2500000,{day}"))
    for days in (["2026-01-12", day], pd.to_datetime(["2026-01-12", day])):
        table = pd.DataFrame({"claim_id": ["CL-1", "CL-2"], "date_paid": days})
        with pytest.raises(InputError, match=f"row 3: Column 'date_paid' holds '{day}"):
            reading.check_present({"claims": table})


def test_order_of_columns_blank_lines_and_a_byte_order_mark_do_not_matter(claims):
    def reorder(lines):
        rows = [line.split(",") for line in lines]
        return ["\ufeff" + ",".join(reversed(rows[0])), "", *(",".join(reversed(r)) for r in rows[1:])]

    assert_frame_equal(claims(reorder), claims())


WRONG = {
    "missing column": (swap("amount", "sum", 1), ["claims.csv, row 1", "needs a column 'amount'"]),
    "misspelt column": (
        swap("date_paid", "datepaid", 1),
        ["needs a column 'date_paid'", "Is 'datepaid' meant"],
    ),
    "extra column": (
        lambda lines: [lines[0] + ",remark", *(line + ",x" for line in lines[1:])],
        ["no column 'remark'", "Remove it"],
    ),
    "column twice": (swap("number", "kind", 1), ["Column 'kind' occurs twice"]),
    "swapped columns": (
        swap("2026-03-05,2026-03-10,2500000", "2500000,2026-03-10,2026-03-05", 3),
        [
            "claims.csv, row 3",
            "'date_claimed' holds '2500000'",
            "'amount' holds '2026-03-05'",
            "changed places",
        ],
    ),
    "duplicated key": (swap("CL-2", "CL-1", 3), ["row 3", "'claim_id' holds 'CL-1' twice", "first in row 2"]),
    "negative amount": (swap("900000", "-900000", 4), ["row 4", "'amount' holds -900,000", "negative"]),
    "zero amount": (swap("900000", "0", 4), ["row 4", "'amount' holds 0, which is below 1"]),
    "thousands mark": (
        swap("1000000", '"1,000,000"', 2),
        ["row 2", "'1,000,000', which is not an amount", "digits only"],
    ),
    "currency sign": (swap("1000000", "KRW 1000000", 2), ["not an amount", "no currency"]),
    "mixed dates": (
        swap("2026-03-05", "05/03/2026", 3),
        ["'date_claimed' mixes date formats", "'2026-01-05' in row 2", "'05/03/2026' in row 3", "YYYY-MM-DD"],
    ),
    "other dates": (
        lambda lines: [re.sub(r"(\d{4})-(\d\d)-(\d\d)", r"\3.\2.\1", line) for line in lines],
        ["row 2", "'05.01.2026', which is not a date", "YYYY-MM-DD"],
    ),
    "impossible date": (swap("2026-01-12", "2026-02-30", 2), ["row 2", "'2026-02-30', which is not a date"]),
    "half a claim": (swap("C-1,2,", "C-1,2.5,", 3), ["row 3", "'2.5', which is not a whole number"]),
    "empty cell": (swap("2500000", "", 3), ["row 3", "'amount' is empty", "Fill it in: amount claimed"]),
    "unknown code": (swap("final", "finl", 4), ["row 4", "'kind' holds 'finl'", "Did you mean 'final'"]),
    "cell too many": (swap("2500000,", "2500000,,", 3), ["row 3", "9 cells", "header has 8"]),
    "semicolons": (swap(",", ";"), ["separated by semicolons"]),
    "empty file": (lambda lines: [], ["claims.csv: The file is empty", "template"]),
    "infinite": (swap("900000", "inf", 4), ["row 4", "'inf', which is not an amount"]),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_file_is_told_what_where_and_how(claims, case):
    change, parts = WRONG[case]
    with pytest.raises(InputError) as error:
        claims(change)
    message = str(error.value)
    for part in parts:
        assert part in message
    assert "\n" not in message


def test_text_that_is_not_utf8_names_the_row(claims):
    with pytest.raises(InputError, match=r"claims.csv, row 3: The text is not UTF-8.*CSV UTF-8"):
        claims(swap("CL-2", "CL-é", 3), encoding="latin-1")
    with pytest.raises(InputError, match="not a CSV text file in UTF-8"):
        claims(encoding="utf-16")


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(InputError, match="There is no such file"):
        reading.read_csv(tmp_path / "no.csv", "claims")
    with pytest.raises(InputError, match="cannot be read"):
        reading.read_csv(tmp_path, "claims")


def test_an_unknown_table_names_the_nearest():
    with pytest.raises(InputError, match="Did you mean 'claims'"):
        schemas.table("claim")


def test_how_many_rows_share_the_fault_is_said(claims):
    with pytest.raises(InputError, match=r"and 2 more"):
        claims(lambda lines: [lines[0], *(re.sub(r"20\d\d-", "soon-", line) for line in lines[1:])])


# --- several tables ---------------------------------------------------------------------------------------------


def test_an_orphan_row_is_named(tables):
    claims = tables["claims"].head(50).copy()
    claims.loc[7, "contract_id"] = "C-999999"
    with pytest.raises(InputError) as error:
        reading.check_links({"claims": claims, "contracts": tables["contracts"]})
    assert (
        "table claims, row 9: Column 'contract_id' says 'C-999999', and table 'contracts' has no such"
        in str(error.value)
    )
    assert "Add the missing row" in str(error.value)


def test_a_child_that_is_its_own_missing_parent(tables):
    subs = tables["subcontracts"].copy()
    subs.loc[3, "parent_subcontract_id"] = "S-none"
    with pytest.raises(InputError, match="row 5: Column 'parent_subcontract_id' says 'S-none'"):
        reading.check({"subcontracts": subs})


def test_thousands_against_units_in_one_row(tables):
    payments = tables["payments"].head(40).copy()
    payments["amount"] = payments["amount"].astype(float)
    payments.loc[5, "amount"] = payments.loc[5, "amount_registered"] / 1000
    with pytest.raises(
        InputError, match=r"row 7: 'amount' is .* and 'amount_registered' is .*thousands or millions"
    ):
        reading.check_table(payments, "payments")


@pytest.mark.parametrize("factor", [1000, 1_000_000])
def test_thousands_against_units_between_tables(tables, factor):
    claims, contracts = tables["claims"].copy(), tables["contracts"]
    claims["amount"] = claims["amount"] / factor
    with pytest.raises(
        InputError, match=r"'claims.amount' are hundreds of times smaller than in 'contracts.value_amount'"
    ):
        reading.check_links({"claims": claims, "contracts": contracts})


def test_the_made_city_raises_no_suspicion(tables):
    reading.check(tables)


def test_a_frame_with_wrong_types_is_refused(tables):
    text = tables["claims"].assign(amount="much")
    with pytest.raises(InputError, match="Column 'amount' does not hold amounts"):
        reading.check_table(text, "claims")
    with pytest.raises(InputError, match="needs a column 'amount'"):
        reading.check_table(tables["claims"].drop(columns="amount"), "claims")
    with pytest.raises(InputError, match="has no column 'remark'"):
        reading.check_table(tables["claims"].assign(remark="x"), "claims")


# --- descriptions -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", list(schemas.tables()))
def test_every_template_fits_its_own_description(name, tmp_path):
    path = tmp_path / f"{name}.csv"
    path.write_text(schemas.template(name), encoding="utf-8")
    assert len(reading.read_csv(path, name)) == 1
    path.write_text(schemas.template(name, example=False), encoding="utf-8")
    assert len(reading.read_csv(path, name)) == 0


def test_every_column_is_explained_and_refers_to_one_that_there_is():
    columns = {f"{t.name}.{c.name}": c for t in schemas.tables().values() for c in t.columns}
    assert all(len(column.meaning) >= 3 for column in columns.values())
    assert {column.refers for column in columns.values()} - {""} <= columns.keys()


@pytest.mark.parametrize("name", list(schemas.CONSTRUCTION))
def test_a_made_table_survives_being_written_and_read(tables, name, tmp_path):
    frame = tables[name].head(300)
    path = tmp_path / f"{name}.csv"
    path.write_text(storage.to_csv(schemas.table(name), frame), encoding="utf-8")
    back = reading.read_csv(path, name)
    assert_frame_equal(back, schemas.typed(name, frame))
    assert_frame_equal(storage.read_trusted(path, name), back)


def test_pandas_alone_reads_the_files(tables, tmp_path):
    path = tmp_path / "progress.csv"
    path.write_text(storage.to_csv(schemas.table("progress"), tables["progress"]), encoding="utf-8")
    assert len(pd.read_csv(path, parse_dates=["period"])) == len(tables["progress"])


def test_a_key_that_is_missing_in_two_rows_is_named_as_a_key_that_is_there_twice():
    table = pd.DataFrame({"claim_id": ["CL-1", None, None], "amount": [1.0, 2.0, 3.0]})
    with pytest.raises(
        InputError, match=r"table claims, row 4: The key 'claim_id' holds '' twice, first in row 3"
    ):
        reading.check_present({"claims": table})
