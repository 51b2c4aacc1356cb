"""Tables as offices make them: what can be read in one way is read, and what cannot is asked or refused; nothing is wrong without a word."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from cleanworks import cli, data
from cleanworks.city import schemas
from cleanworks.data import mapping, notation
from cleanworks.errors import InputError

DAY = dt.date(2024, 3, 25)
HEADINGS = ["contract id", "contractor", "contract value", "signed"]
RIVER, HILL = ["C-1", "River", 100, DAY], ["C-2", "Hill", 200, DAY]


def read(path: Path, table: str = "contracts") -> tuple[pd.DataFrame, str]:
    made = data.bring_in([path])
    return made.load()[table], "; ".join(made.sources[0]["left"])


def contracts(tmp_path, *rows, headings="contract id;contractor;contract value;signed"):
    path = tmp_path / "works.csv"
    path.write_text("\n".join([headings, *rows, ""]), encoding="utf-8")
    return path


def workbook(tmp_path, *rows, change=lambda sheet: None):
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    change(book.active)
    book.save(tmp_path / "works.xlsx")
    return tmp_path / "works.xlsx"


def refusal(path: Path) -> str:
    with pytest.raises(InputError) as error:
        data.bring_in([path])
    return str(error.value)


# Rows that are none -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("row", "said"),
    [("Total;;300;", "row 4 is a sum"), (";;300;", "row 4 holds nothing but numbers"), ("합 계;;300;", "is a sum"), ("Sous-total :;;300;", "is a sum"),
     (";Total general;300;", "is a sum"), ("Total 2024;;300;", "is a sum"),
     ("Total (2 contracts);;300;", "is a sum"), ("Source: Ministry of Works;;;", "row 4 is a note"),
     ("合计;;300;", "is a sum"), (";Toplam;300;", "is a sum"), ("Yhteensä;;300;", "row 4 is a sum"), (";Összesen 2024;300;", "is a sum"),
     ("contract id;contractor;contract value;signed", "row 4 holds the headings again")],
)  # fmt: skip
def test_sums_and_notes_below_a_table_are_no_contracts(tmp_path, row, said):
    table, left = read(contracts(tmp_path, "C-1;River;100;2024-03-25", "C-2;Hill;200;2024-03-26", row))
    assert table["value_amount"].tolist() == [100, 200] and said in left


@pytest.mark.parametrize("mark", ["Total", "Total:", "= Total =", "** Total **"])
def test_a_sum_beside_one_column_of_words_is_one_however_it_is_marked(tmp_path, mark):
    rows = ["Total Works;100", "Hill;200", f"{mark};300", "River Works;"]
    table, left = read(contracts(tmp_path, *rows, headings="contractor;contract value"))
    assert table["supplier_name"].tolist() == ["Total Works", "Hill", "River Works"]
    assert "row 4 is a sum" in left and "note" not in left


@pytest.mark.parametrize("place", ["first", "last"])
def test_a_note_that_names_a_unit_is_not_left_out(tmp_path, place):
    rows = ["C-1;River;100;2024-03-25", "C-2;Hill;200;2024-03-26"]
    note = ";;(KRW million);" if place == "first" else "Note: all amounts in thousands of KRW;;;"
    path = contracts(tmp_path, *([note, *rows] if place == "first" else [*rows, note]))
    assert "A note names a unit" in refusal(path) and f"row {2 if place == 'first' else 4}" in refusal(path)


def test_sums_of_parts_in_words_that_are_not_known_are_no_contracts(tmp_path):
    rows = ["C-1;River;100;2024-03-25", "C-2;Hill;200;2024-03-26", "Yhteensä A;;300;", "C-3;Vale;50;2024-03-27", "C-4;Lake;1;2024-03-28",
            "Yhteensä B;;51;", "Kaikki;;351;"]  # fmt: skip
    table, left = read(contracts(tmp_path, *rows))
    assert table["value_amount"].tolist() == [100, 200, 50, 1] and "3 rows (first row 4) are sums" in left


def test_the_sum_that_a_spreadsheet_writes_below_one_row_is_no_contract(tmp_path):
    rows = [
        "C-1;River;100;2024-03-25",
        ";River Total;100;",
        "C-2;Hill;200;2024-03-26",
        "C-3;Sum Total;200;2024-03-26",
        ";Grand Total;500;",
    ]
    table, left = read(contracts(tmp_path, *rows))
    assert table["contract_id"].tolist() == ["C-1", "C-2", "C-3"] and "2 rows (first row 3) are sums" in left


@pytest.mark.parametrize(
    "rows", [("C-1;River;100;2024-03-25", "C-2;;100;", "C-3;;200;"), ("C-1;;100;", "C-2;;200;", "C-3;;300;")]
)
def test_a_contract_of_which_nothing_but_the_value_is_known_is_no_sum(tmp_path, rows):
    table, _ = read(contracts(tmp_path, *rows))
    assert len(table) == 3


def test_a_firm_called_total_is_no_sum(tmp_path):
    table, left = read(contracts(tmp_path, "C-1;Total;100;2024-03-25", "C-2;Sum;200;"))
    assert table["supplier_name"].tolist() == ["Total", "Sum"] and not left


def test_titles_above_a_table_are_said_and_a_unit_there_is_not_overlooked(tmp_path):
    table, left = read(workbook(tmp_path, ["Contracts of 2024"], [], HEADINGS, RIVER))
    assert table["value_amount"].tolist() == [100] and "row 1 stands above the headings" in left
    said = refusal(workbook(tmp_path, ["(단위: 천원)"], HEADINGS, RIVER))
    assert "row 1: A line above the headings names a unit ('(단위: 천원)')" in said


def test_a_message_names_the_row_that_the_spreadsheet_shows(tmp_path):
    said = refusal(
        workbook(tmp_path, ["Contracts of 2024"], [], HEADINGS, [], RIVER, [], ["C-2", "Hill", "many", DAY])
    )
    assert "sheet Sheet, row 7" in said and "'many'" in said
    assert "row 4" in refusal(contracts(tmp_path, "C-1;River;100;2024-03-25", "", "C-2;Hill;many;2024-03-25"))


def test_one_contract_in_two_files_does_not_count_twice(tmp_path):
    january, february = tmp_path / "january.csv", tmp_path / "february.csv"
    january.write_text("contract id,contractor\nC-1,River\n")
    february.write_text("contract id,contractor\nC-2,Hill\nC-1,River\n")
    with pytest.raises(InputError, match=r"contract_id 'C-1' is in january\.csv and in february\.csv"):
        data.bring_in([january, february])


@pytest.mark.parametrize(
    ("day", "said"),
    [("2567-03-25", "The year 2567 is of the Buddhist calendar: write it as 2024"), ("25/03/2567", "write it as 2024"),
     ("1402-12-05", "The year 1402 is of the Persian or the Islamic calendar"), ("9999-12-31", "read as empty (row 2: '9999-12-31')"), ("2099-12-31", "read as empty (row 2: '2099-12-31')"),
     ("2081-04-15", "in the Bikram Sambat calendar of Nepal that year began in 2024"), ("15/04/2081", "that year began in 2024")],
)  # fmt: skip
def test_years_of_another_calendar_are_missing_and_it_is_said_what_to_do(tmp_path, day, said):
    found = data.bring_in([contracts(tmp_path, f"C-1;River;900;{day}")])
    assert found.load()["contracts"]["date_signed"].isna().all()
    (left,) = (one for one in found.sources[0]["left"] if "signed" in one)
    assert said in left and ("calendar" in left) == (day not in ("9999-12-31", "2099-12-31"))


def test_a_planned_end_may_lie_far_ahead_but_not_beside_what_happened_in_years_to_come(tmp_path):
    headings = "contract id;contractor;signed;end date"
    concession = data.bring_in([contracts(tmp_path, "C-1;River;2024-03-25;2064-03-25", headings=headings)])
    assert concession.load()["contracts"]["period_end"].dt.year.tolist() == [2064]
    of_nepal = data.bring_in([contracts(tmp_path, "C-1;River;2080-12-12;2083-03-15", headings=headings)])
    assert of_nepal.load()["contracts"][["date_signed", "period_end"]].isna().all(axis=None)


def test_the_thirteenth_month_tells_a_calendar_and_a_currency_asks_for_it(tmp_path, capsys):
    said = refusal(contracts(tmp_path, "C-1;River;900;2016-04-30", "C-2;Hill;900;2016-13-05"))
    assert "'2016-13-05' is not a day that can be read. If 13 is its month, it is of the Ethiopian" in said
    found = data.bring_in([contracts(tmp_path, "C-1;River;ETB 900;2016-04-30")])
    assert "in the Ethiopian one their years would be seven or eight later" in found.sources[0]["left"][-1]


def test_years_of_another_calendar_are_named_in_json_too(tmp_path, capsys):
    release = {"ocid": "ocds-abc123-1", "id": "1", "tag": ["tender"]}
    release["tender"] = {
        "id": "t",
        "tenderPeriod": {"endDate": "2567-02-01T00:00:00Z"},
        "value": {"amount": "2567 baht"},
    }
    path = tmp_path / "p.json"
    path.write_text(json.dumps({"version": "1.1", "releases": [release]}))
    amounts, days = sorted(data.bring_in([path]).notes)
    assert "2567 baht" in amounts and "calendar" not in amounts
    assert days.endswith("The year 2567 is of the Buddhist calendar: write it as 2024.")
    cli.run(["data", "validate", str(path)])
    assert "is read as no date. The year 2567 is" in " ".join(capsys.readouterr().out.split())
    for day, advice in (
        ("2081-02-01T00:00:00Z", "that year began in 2024"),
        ("2016-13-05T00:00:00Z", "If 13 is its month, it is of the Ethiopian"),
    ):
        release["tender"]["tenderPeriod"]["endDate"] = day
        path.write_text(json.dumps({"version": "1.1", "releases": [release]}))
        assert data.bring_in([path]).load()["tenders"]["tender_end"].isna().all()
        assert any(advice in note for note in data.bring_in([path]).notes)


# Numbers, units, currencies -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("heading", "unit"),
    [("contract value (M€)", 10**6), ("contract value (kUSD)", 10**3), ("contract value (bn KRW)", 10**9), ("contract value in thousands", 10**3),
     ("Valor do contrato (milhões)", 10**6), ("Monto del contrato (miles de millones)", 10**9), ("Monto del contrato (miles de USD)", 10**3),
     ("Montant du contrat (milliards FCFA)", 10**9), ("계약금액(백만원)", 10**6), ("계약금액(천만원)", 10**7), ("계약금액(십억원)", 10**9), ("계약금액(억원)", 10**8),
     ("계약금액(원)", 1), ("contract value (Rs. lakh)", 10**5), ("contract value (crore)", 10**7), ("contract value ('000 KES)", 10**3),
     ("contract value (incl. VAT)", 1), ("contract value (hundred million won)", 10**8), ("contract value (млн грн)", 10**6),
     ("contract value USD'000", 10**3), ("contract value (USD'000)", 10**3), ("contract value (x 1,000)", 10**3), ("contract value in 1'000'000 CHF", 10**6),
     ("contract value (10^6 UGX)", 10**6), ("contract value (Tsh. '000,000)", 10**6), ("contract value (thousands of millions)", 10**9),
     ("contract value (百万円)", 10**6), ("contract value [单位：万元]", 10**4), ("contract value (백만)", 10**6), ("contract value (tys. zł)", 10**3),
     ("contract value [单位：亿元]", 10**8), ("contract value (億円)", 10**8), ("contract value (千円)", 10**3), ("contract value (조원)", 10**12),
     ("contract value (trillion UGX)", 10**12), ("contract value (ten thousand yuan)", 10**4), ("contract value (10⁶ UGX)", 10**6),
     ("contract value (USD m)", 10**6), ("contract value (€k)", 10**3), ("contract value (bUSD)", 10**9), ("contract value (main works)", 1),
     ("contract value (before VAT, kUSD)", 10**3), ("contract value 원 (백만)", 10**6),
     ("contract value (bin TL)", 10**3), ("contract value (MDH)", 10**6), ("contract value (KFCFA)", 10**3), ("contract value (करोड़)", 10**7),
     ("contract value (KES)", 1), ("contract value (Ksh)", 1)],
)  # fmt: skip
def test_the_unit_of_a_heading_counts(tmp_path, heading, unit):
    table, _ = read(contracts(tmp_path, "C-1;River;15", headings=f"contract id;contractor;{heading}"))
    assert table["value_amount"].tolist() == [15 * unit]


@pytest.mark.parametrize(
    "heading",
    [
        "Valor do contrato (R$ mil)",
        "contract value (m)",
        "contract value (TEUR)",
        "contract value (above 1,000,000)",
    ],
)
def test_a_unit_that_could_be_two_is_asked_for(tmp_path, heading):
    path = contracts(tmp_path, "C-1;River;15", headings=f"contract id;contractor;{heading}")
    assert f"the heading {heading!r} may name a unit" in refusal(path)


@pytest.mark.parametrize(
    ("cells", "right"),
    [(["1 234 567,89", "12,50"], [1234567.89, 12.5]), (["1234567,89"], [1234567.89]), (["1.234.567", "900"], [1234567, 900]),
     (["1.500", "12,75"], [1500, 12.75]), (["1,500", "1,250,000"], [1500, 1250000]), (["1'234.50"], [1234.5]),
     (["0.45", "1"], [0.45, 1]), (["12,34,567.50", "1,50,000"], [1234567.5, 150000]), (["0.500", "2.250"], [0.5, 2.25]), (["1.125", "2.5"], [1.125, 2.5])],
)  # fmt: skip
def test_numbers_are_read_as_their_column_writes_them(tmp_path, cells, right):
    rows = [f"C-{number};River;{cell}" for number, cell in enumerate(cells)]
    table, _ = read(contracts(tmp_path, *rows, headings="contract id;contractor;contract value"))
    assert table["value_amount"].tolist() == right


def test_a_thousand_with_a_point_is_asked_for_and_not_divided_by_a_thousand(tmp_path, capsys):
    path = contracts(
        tmp_path,
        *(f"C-{n};River;900" for n in range(2100)),
        "C-x;Hill;1.500",
        headings="contract id;contractor;contract value",
    )
    assert "'1.500' can be read as 1500 or as 1.5" in refusal(path)
    way = tmp_path / "way.toml"
    command = ["data", "import", str(path), "--to", str(tmp_path / "out"), "--mapping", str(way)]
    assert cli.run(command) == 2 and 'decimal = ""' in way.read_text()
    assert cli.run(command) == 2, "the question is not answered yet"
    assert "how numbers are written" in " ".join(capsys.readouterr().err.split())
    way.write_text(way.read_text().replace('decimal = ""', 'decimal = ","'))
    assert cli.run(command) == 0
    assert data.load(tmp_path / "out")["contracts"]["value_amount"].iloc[-1] == 1500


@pytest.mark.parametrize(
    "cells", [["1,500", "1.250,75"], ["1.500", "2,000.50"], ["1.500", "12.75"], ["1,500", "1.500"]]
)
def test_a_thousand_among_numbers_with_the_same_mark_is_asked_for(tmp_path, cells):
    rows = [f"C-{number};River;{cell}" for number, cell in enumerate(cells)]
    said = refusal(contracts(tmp_path, *rows, headings="contract id;contractor;contract value"))
    assert f"{cells[0]!r} can be read as 1500 or as 1.5" in said or "in two ways" in said
    assert "row 2" in said


def test_a_comma_before_three_digits_is_asked_for_where_semicolons_stand_between_cells(tmp_path):
    headings, cells = "contract id;contractor;contract value", ["1,500", "250,000"]
    rows = [f"C-{number};River;{cell}" for number, cell in enumerate(cells)]
    path = contracts(tmp_path, *rows, headings=headings)
    assert "row 2: amounts such as '1,500' can be read as 1500 or as 1.5" in refusal(path)
    assert data.proposals([path])[0].decimal == ""
    # Between commas, and where a cell can be read in one way only, nothing is to be asked.
    rows = [f'C-{number},River,"{cell}"' for number, cell in enumerate(cells)]
    table, _ = read(contracts(tmp_path, *rows, headings=headings.replace(";", ",")))
    assert table["value_amount"].tolist() == [1500, 250000]


def test_with_yes_no_question_is_passed_over(tmp_path, capsys):
    contracts(tmp_path, "C-1;River;1.500", headings="contract id;contractor;contract value")
    assert (
        cli.run(["data", "import", str(tmp_path / "works.csv"), "--to", str(tmp_path / "out"), "--yes"]) == 2
    )
    assert "1.500" in capsys.readouterr().err and not (tmp_path / "out").exists()


def test_currencies_of_cells_and_headings_are_kept_apart(tmp_path):
    headings = "contract id;contractor;contract value"
    table, _ = read(contracts(tmp_path, "C-1;River;USD 100", "C-2;Hill;₩1,100,000", headings=headings))
    assert table["value_amount"].tolist() == [100, 1100000] and table["currency"].tolist() == ["USD", "KRW"]
    table, left = read(
        contracts(tmp_path, "C-1;River;1;1300", headings=f"{headings} (USD);contract value (KRW)")
    )
    assert (
        table["currency"].tolist() == ["USD"]
        and "'contract value (USD)' is read as value_amount already" in left
    )
    path = tmp_path / "modifications.csv"
    path.write_text("change id,contract id,old value,new value\n1,C-1,USD 5,USD 6\n2,C-1,KRW 5,KRW 6\n")
    assert "row 3: Amounts are in several currencies: KRW and USD" in refusal(path)
    path.write_text("change id,contract id,old value,new value\n1,C-1,USD 5,KRW 6\n")
    assert "row 2: Amounts of one row are in several currencies" in refusal(path)


@pytest.mark.parametrize(
    ("heading", "currency"),
    [("KRW", "KRW"), ("MMXN", "MXN"), ("bn EUR", "EUR"), ("bUSD", "USD"), ("원", "KRW"), ("원, KRW", "KRW"), ("USD, 원", None), ("VAT", None)],
)  # fmt: skip
def test_the_currency_of_a_heading_counts_where_it_is_one(tmp_path, heading, currency):
    table, _ = read(
        contracts(tmp_path, "C-1;River;15", headings=f"contract id;contractor;contract value ({heading})")
    )
    assert table.get("currency", pd.Series([None])).tolist() == [currency]


@pytest.mark.parametrize("nothing", [text for text in notation.EMPTY if text])
def test_what_stands_for_nothing_is_neither_amount_nor_day(tmp_path, nothing):
    table, _ = read(contracts(tmp_path, f"C-1;River;{nothing};{nothing}", "C-2;Hill;5;2024-03-25"))
    assert table["value_amount"].isna().tolist() == table["date_signed"].isna().tolist() == [True, False]


def test_a_column_of_currencies_is_read(tmp_path):
    rows = ["C-1;River;100;ugx", "C-2;Hill;5;USD", "C-3;Hill;5;"]
    table, _ = read(contracts(tmp_path, *rows, headings="contract id;contractor;contract value;Moneda"))
    assert table["currency"].tolist() == ["UGX", "USD", None]


def test_a_sign_of_several_currencies_stays_a_sign(tmp_path):
    rows = ["C-1;River;¥100", "C-2;Hill;$ 5", "C-3;Hill;5"]
    table, _ = read(contracts(tmp_path, *rows, headings="contract id;contractor;contract value"))
    assert table["currency"].tolist() == ["¥", "$", None]


def test_an_amount_in_two_currencies_is_refused(tmp_path):
    assert "'USD 5 €', which is not a number" in refusal(contracts(tmp_path, "C-1;River;USD 5 €;2024-03-25"))


def test_a_share_is_no_amount(tmp_path):
    assert "'10%', which is not an amount" in refusal(contracts(tmp_path, "C-1;River;10%;2024-03-25"))


def test_shares_of_one_are_not_taken_for_per_cents(tmp_path):
    path = tmp_path / "progress.csv"
    path.write_text("contract id,month,actual\nC-1,2024-03-31, 0.45\nC-1,2024-04-30,1\n")
    assert "no number under 'actual' is above 1" in refusal(path)
    (proposed,) = data.proposals([path])
    proposed.units["actual"] = 100
    table = data.bring_in([path], mappings=[proposed]).load()["progress"]
    assert table["actual"].tolist() == [45, 100]
    for cells in ((0.5, 45), (0, 1)):
        path.write_text("contract id,month,actual\n" + "".join(f"C-1,2024-03-31,{cell}\n" for cell in cells))
        assert read(path, "progress")[0]["actual"].tolist() == list(cells)


@pytest.mark.parametrize(
    ("name", "line", "said"),
    [("projects", "project id;title;latitude\nP-1;Bridge;37,566\n", "latitude is a number from -90 to 90"),
     ("tenders", "tender id;title;bidders\nT-1;Bridge;1.500\n", "'1.500' can be read as 1500 or as 1.5"),
     ("tenders", "tender id;title;bidders\nT-1;Bridge;USD 5\n", "'bidders' holds 'USD 5'"),
     ("tenders", "tender id;title;bidders\nT-1;Bridge;1.5\n", "number_of_tenderers is a whole number"),
     ("tenders", "tender id;title;bidders\nT-1;Bridge;-1\n", "number_of_tenderers is a whole number of 0 and more")],
)  # fmt: skip
def test_a_number_that_its_column_cannot_hold_is_refused(tmp_path, name, line, said):
    path = tmp_path / f"{name}.csv"
    path.write_text(line)
    assert said in refusal(path) and "row 2" in refusal(path)


def test_an_empty_cell_in_a_column_of_whole_numbers_is_empty(tmp_path):
    path = contracts(
        tmp_path, "T-1;3;Road", "T-2;;Bridge", headings="tender id;number of bidders;tender title"
    )
    assert read(path, "tenders")[0]["number_of_tenderers"].fillna(-1).tolist() == [3, -1]


# Days ---------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "right"),
    [("15 mars 2024", "2024-03-15"), ("15 de marzo de 2024", "2024-03-15"), ("March 15, 2024", "2024-03-15"), ("1er août 2024", "2024-08-01"),
     ("2024년 3월 15일", "2024-03-15"), ("2024. 3. 15.", "2024-03-15"), ("15 Mar 2024 5:30 pm", "2024-03-15 17:30"),
     ("2024년 3월 15일 오후 5:30", "2024-03-15 17:30"), ("25/03/2024 17:30", "2024-03-25 17:30"), ("25/03/2024 12:05 AM", "2024-03-25 00:05"),
     ("25/03/2024 1:05 AM", "2024-03-25 01:05"), ("25/03/2024 12:30 p.m.", "2024-03-25 12:30"), (" 25/03/2024 ", "2024-03-25"),
     ("25/03/2024 17h30", "2024-03-25 17:30"), ("2024-03-25 05:30 PM", "2024-03-25 17:30"), ("2024-03-25T17:30:00Z", "2024-03-25 17:30")],
)  # fmt: skip
def test_a_day_in_words_and_the_time_behind_a_day_are_read(tmp_path, text, right):
    table, _ = read(contracts(tmp_path, f"C-1;River;100;{text}"))
    assert table["date_signed"].tolist() == [pd.Timestamp(right)]


@pytest.mark.parametrize(
    "text",
    ["2024-03-25", "25/03/2024", "03/25/2024", "25.03.2024", "25-03-2024", "03-25-2024", "2024/03/25", "2024.03.25", "20240325"],
)  # fmt: skip
def test_a_day_that_fits_one_form_only_is_read(tmp_path, text):
    table, _ = read(contracts(tmp_path, f"C-1;River;100;{text}"))
    assert table["date_signed"].tolist() == [pd.Timestamp("2024-03-25")]


@pytest.mark.parametrize(
    "text",
    [
        "02-05-2024",
        "25/03/24",
        "15-Mar-24",
        "31 February 2024",
        "25/03/2024 noon",
        "25/03/2024 13:05 PM",
        "25/03/2024 0:05 AM",
        "45366",
    ],
)
def test_a_day_that_cannot_be_read_in_one_way_is_asked_for(tmp_path, text):
    assert text.split()[0] in refusal(contracts(tmp_path, f"C-1;River;100;{text}"))


@pytest.mark.parametrize(
    ("days", "said"),
    [
        (["25/03/2024", "soon"], "'soon' is not a day that can be read"),
        (["25/03/2024", "2024.03.27", "26/03/2024"], "in several ways: '25/03/2024' and '2024.03.27'"),
        (["02-05-2024"], "'02-05-2024' can be read as %d-%m-%Y or as %m-%d-%Y"),
    ],
)
def test_what_is_asked_about_days_names_those_that_do_not_fit(tmp_path, days, said):
    rows = [f"C-{number};River;100;{day}" for number, day in enumerate(days)]
    assert said in refusal(contracts(tmp_path, *rows))


def test_hours_of_several_zones_keep_their_zone_row_by_row(tmp_path):
    days = ["2024-03-25T10:00:00+09:00", "", "2024-03-26T10:00:00+03:00"]
    table, _ = read(contracts(tmp_path, *(f"C-{number};River;1;{day}" for number, day in enumerate(days))))
    assert table["date_signed_offset"].fillna(0).tolist() == [540, 0, 180]


def test_a_bid_after_the_hour_of_the_deadline_is_late_in_a_table_too(tmp_path):
    (tmp_path / "tenders.csv").write_text("tender id,published,deadline\nT-1,01/03/2024,25/03/2024 17:00\n")
    (tmp_path / "bids.csv").write_text(
        "bid id,tender id,bidder,amount,bid date,status\n1,T-1,River,5,25/03/2024 17:30,Valid\n"
    )
    made = data.bring_in([tmp_path / "tenders.csv", tmp_path / "bids.csv"]).load()
    assert made["bids"]["date"].iloc[0] - made["tenders"]["tender_end"].iloc[0] == pd.Timedelta(minutes=30)
    assert made["bids"]["status"].tolist() == ["valid"]


# Ids and codes ------------------------------------------------------------------------------------------------------------------


def test_those_who_are_not_named_are_not_one_firm(tmp_path):
    table, left = read(
        contracts(
            tmp_path, "C-1;N/A;100;2024-03-25", "C-2;#N/A;200;2024-03-25", "C-3;미상;5;2024-03-25", "C-4;Hill;5;2024-03-25"
        )
    )  # fmt: skip
    assert table["supplier_id"].isna().tolist() == [True, True, True, False]
    assert "2 rows (first row 2) name nobody ('N/A')" in left and "row 3: '#N/A'" in left


def test_an_id_that_a_spreadsheet_shortened_is_refused(tmp_path):
    path = contracts(tmp_path, "C-1;River;1.23E+09", headings="contract id;contractor;contractor id")
    assert "cut the last digits of this id off" in refusal(path)


def test_codes_are_known_in_any_letters_and_others_are_said(tmp_path):
    path = tmp_path / "tenders.csv"
    path.write_text("tender id,title,method\nT-1,Bridge,Open\nT-2,School,SELECTIVE\nT-3,Road,pública\n")
    table, left = read(path, "tenders")
    assert table["procurement_method"].tolist() == ["open", "selective", "pública"]
    assert "'pública' is not among the codes that are known: open, selective, limited, direct" in left


def test_yes_and_no_are_known_in_any_letters_and_something_else_is_said(tmp_path):
    path, cells = tmp_path / "disclosures.csv", ["Yes", "TRUE", "Sí", "예", "no", "NÃO", "0", "perhaps"]
    rows = [f"D-{number};P-1;budget;2024-03-25;{cell}\n" for number, cell in enumerate(cells)]
    path.write_text("disclosure id;project id;item;date event;automatic\n" + "".join(rows), encoding="utf-8")
    table, left = read(path, "disclosures")
    assert table["automatic"].tolist() == [True] * 4 + [False] * 3 + [None]
    assert "column 'automatic': 1 cell is read as empty (row 9: 'perhaps')" in left


def test_what_is_no_data_in_a_folder_is_named_and_the_rest_is_read(tmp_path):
    place = tmp_path / "delivery"
    (place / "2024").mkdir(parents=True)
    contracts(place / "2024", "C-1;River;5;2024-03-25", "C-2;Hill;;2024-03-25")
    for name, content in (
        ("2024/map.dat", "x"),
        ("read me.txt", "x"),
        ("2024/empty.csv", ""),
        (".hidden", "x"),
    ):
        (place / name).write_text(content)
    made = data.bring_in([place])
    assert {one["file"]: one["left"] for one in made.sources if one["taken"] == "nothing"} == {
        "delivery/2024/map.dat": ["not JSON, CSV or XLSX"],
        "delivery/read me.txt": ["not JSON, CSV or XLSX"],
        "delivery/2024/empty.csv": ["the file is empty"],
    }
    (rows, filled), seen = made.tables["contracts"], made.overview().loc["contracts"]
    assert (rows, filled["contract_id"], filled["value_amount"]) == (2, 2, 1)
    assert (seen["rows"], seen["columns filled in every row"], seen["partly"], seen["never"]) == (2, 4, 1, 0)


@pytest.mark.parametrize("name", ["works.gz", "works.csv.gz"])
def test_a_damaged_archive_is_named(tmp_path, name):
    (tmp_path / name).write_bytes(b"\x1f\x8b\x08\x00 cut off")
    assert "The compressed file is damaged" in (said := refusal(tmp_path / name)) and name in said


def test_a_column_that_is_left_out_is_said_with_the_reason(tmp_path):
    _, left = read(
        contracts(tmp_path, "C-1;River;5;red", headings="contract id;contractor;contract value;Colour")
    )
    assert left == "column 'Colour': no column of the toolkit is called so"


def test_rows_without_an_id_are_said(tmp_path):
    _, left = read(contracts(tmp_path, "C-1;River;100;2024-03-25", ";Hill;200;2024-03-25"))
    assert "column 'contract id': row 3 has no id" in left


# Workbooks ----------------------------------------------------------------------------------------------------------------------


def test_merged_cells_of_a_table_give_their_text_to_each_row_and_no_number(tmp_path):
    path = workbook(
        tmp_path,
        HEADINGS,
        RIVER,
        ["C-2", None, 200, DAY],
        change=lambda sheet: sheet.merge_cells("B2:B3"),
    )
    table, left = read(path)
    assert table["supplier_name"].tolist() == ["River", "River"] and "cells B2:B3 are merged" in left
    path = workbook(
        tmp_path,
        HEADINGS,
        RIVER,
        ["C-2", "Hill", None, DAY],
        change=lambda sheet: sheet.merge_cells("C2:C3"),
    )
    assert "number in the merged cells C2:C3 stands for several rows" in refusal(path)


def test_what_the_format_of_a_cell_shows_counts(tmp_path):
    def percent(sheet):
        sheet["C2"].number_format = "0.0%"

    path = workbook(tmp_path, ["contract id", "month", "actual"], ["C-1", DAY, 0.45], change=percent)
    assert read(path, "progress")[0]["actual"].tolist() == [45]

    def forms(sheet):
        sheet["B2"].number_format = "0000000000"
        sheet["C2"].number_format, sheet["C3"].number_format = '"USD" #,##0', "[$₩-412]#,##0"

    path = workbook(
        tmp_path,
        ["contract id", "contractor id", "contract value"],
        ["C-1", 12345, 100],
        ["C-2", 678, 9],
        change=forms,
    )
    table, _ = read(path)
    assert table["supplier_id"].tolist() == ["0000012345", "678"]
    assert table["currency"].tolist() == ["USD", "KRW"] and table["value_amount"].tolist() == [100, 9]


def test_a_unit_in_the_format_of_a_cell_is_not_overlooked(tmp_path):
    def shown(form):
        return lambda sheet: setattr(sheet["C2"], "number_format", form)

    for unit in ("k", "M", "b"):
        assert f"shows the unit '{unit}'" in refusal(
            workbook(tmp_path, HEADINGS, RIVER, change=shown(f'0"{unit}"'))
        )
    said = refusal(workbook(tmp_path, HEADINGS, RIVER, change=shown('0.0" million"')))
    assert "The cell C2 shows the unit 'million' and holds 100" in said and "sheet Sheet" in said
    # Here the format divides, and the cell holds all of it.
    whole = workbook(tmp_path, HEADINGS, ["C-1", "River", 2_500_000, DAY], change=shown('0.0,," million"'))
    assert read(whole)[0]["value_amount"].tolist() == [2_500_000]


def test_a_table_may_begin_in_its_second_column(tmp_path):
    table, _ = read(workbook(tmp_path, ["", *HEADINGS], ["", *RIVER], ["", *HILL]))
    assert table["supplier_name"].tolist() == ["River", "Hill"]


@pytest.mark.parametrize("headings", ["Field;Value", "contract id;January"])
def test_a_table_of_which_nothing_is_known_is_refused(tmp_path, headings):
    path = contracts(tmp_path, "C-1;5", headings=headings).rename(tmp_path / "contracts.csv")
    assert "No heading here is known" in refusal(path)


@pytest.mark.parametrize(
    ("name", "start", "said"),
    [("old.xls", b"\xd0\xcf\x11\xe0", "old or a protected Excel workbook"), ("old.xlsx", b"\xd0\xcf\x11\xe0", "old or a protected Excel workbook"),
     ("works.xlsx", b"contract id,contractor\n", "not a workbook"), ("works.csv", b"%PDF-1.7\n", "This is a PDF"),
     ("works.xlsx", b"PK\x03\x04", "The workbook is cut off"), ("works.csv", b"<html><body>404", "web page"), ("works.csv", b"PK\x03\x04", "cut off"), ("works.csv", b'{"releases": []}', "This is JSON")],
)  # fmt: skip
def test_a_file_of_another_kind_than_its_name_says_is_named(tmp_path, name, start, said):
    (tmp_path / name).write_bytes(start + b" " * 600)
    assert said in refusal(tmp_path / name)


def test_why_a_workbook_shows_no_table_is_said(tmp_path):
    def hide(sheet):
        sheet.sheet_state = "hidden"
        sheet.parent.create_sheet("notes")["A1"] = "see the other sheet"
        sheet.parent.create_sheet("later")

    said = refusal(workbook(tmp_path, HEADINGS, RIVER, change=hide))
    assert "'Sheet' is hidden" in said and "'notes' is no table" in said and "'later' is empty" in said


def test_a_workbook_under_another_name_is_no_zip_of_data(tmp_path):
    path = workbook(tmp_path, HEADINGS, RIVER).rename(tmp_path / "works.csv")
    assert "This is a workbook" in refusal(path)


@pytest.mark.parametrize(
    "rows",
    [
        ("1;A;100;x", '2;B;200;"a note', "3;C;300;y", "4;D;400;z"),
        ("1;A;100;x", '2;B;200;"a note', '3;C;300;"y"', "4;D;400;z"),
    ],
)
def test_a_quotation_mark_that_is_not_closed_hides_no_rows(tmp_path, rows):
    said = refusal(contracts(tmp_path, *rows, headings="contract id;contractor;contract value;note"))
    assert "works.csv, row 3: A quotation mark begins a text of several lines, and does not end it" in said


def test_quotation_marks_within_one_line_hide_no_rows_and_are_read_beside_a_text_of_several_lines(tmp_path):
    rows = ('1;A;100;"two\nlines"', '2;"Hotel "Ritz" Ltd";200;x', "3;C;300;y")
    made = data.bring_in([contracts(tmp_path, *rows, headings="contract id;contractor;contract value;note")])
    assert made.load()["contracts"]["supplier_name"].tolist() == ["A", 'Hotel Ritz" Ltd"', "C"]


def test_quotation_marks_around_lines_or_inside_a_cell_are_read(tmp_path):
    rows = ['1;"The ""River"" Ltd";100;"two', 'lines; of a note"', '2;3" Pipes;200;x']
    made, _ = read(contracts(tmp_path, *rows, headings="contract id;contractor;contract value;note"))
    assert (
        made["supplier_name"].tolist() == ['The "River" Ltd', '3" Pipes']
        and made["value_amount"].sum() == 300
    )


@pytest.mark.parametrize(
    ("headings", "said"),
    [("contract value (revised);contract value (original)", "'contract value (revised)' may be something else than value_amount"),
     ("contract value (incl. VAT);contract value (excl. VAT)", "(excl. VAT)' may both be value_amount"),
     ("Montant du marché (TTC, millions);Montant du marché (HT)", "may both be value_amount"),
     ("contract value;end date (actual)", "'end date (actual)' may be something else than period_end")],
)  # fmt: skip
def test_a_heading_that_may_be_another_amount_or_day_is_asked_for(tmp_path, headings, said):
    day = "2024-03-25" if "end date" in headings else 5
    assert said in refusal(
        contracts(tmp_path, f"C-1;River;6;{day}", headings=f"contract id;contractor;{headings}")
    )


def test_the_heading_that_says_nothing_more_is_the_column(tmp_path):
    headings = "contract id;contractor;contract value (revised);contract value (UGX);end date (dd/mm/yyyy)"
    made, left = read(contracts(tmp_path, "C-1;River;6;5;25/03/2024", headings=headings))
    assert made["value_amount"].tolist() == [5] and made["currency"].tolist() == ["UGX"]
    assert "column 'contract value (revised)': 'contract value (UGX)' is read as value_amount already" in left


def test_an_encoding_that_does_not_exist_is_said(tmp_path):
    path = contracts(tmp_path, "C-1;River;5;2024-03-25")
    for name in ("klingon", "base64", "undefined"):
        with pytest.raises(InputError, match=f"no encoding called '{name}'"):
            data.bring_in([path], encoding=name)


RIGHT = {
    "cp949": "한강건설 주식회사", "cp1251": "ООО «Мостострой»", "latin-1": "CONSTRUÇÃO CIVIL SÃO JOSÉ & CÍA", "cp1252": "Société Générale O´Higgins",
    "shift_jis": "株式会社山田建設", "cp1256": "شركة البناء", "iso-8859-2": "Přístavní Łączność", "cp1250": "Zakład Żółty",
    "mac-roman": "Construcción Ibáñez", "iso-8859-15": "Œuvres d’eau A×B N°Œ".replace("’", "'"), "cp1253": "Έργα Οδοποιίας",
}  # fmt: skip


@pytest.mark.parametrize(
    ("own", "stated"),
    [("cp949", "latin-1"), ("cp949", "cp1252"), ("cp949", "cp1251"), ("cp1251", "latin-1"), ("cp1256", "cp1252"),
     ("cp1252", "cp1251"), ("cp1250", "cp1252"), ("cp1253", "cp1252"), ("mac-roman", "cp1252"), *((one, one) for one in RIGHT)],
)  # fmt: skip
def test_letters_that_do_not_go_together_in_the_encoding_that_was_stated_are_doubted(tmp_path, own, stated):
    path = tmp_path / "works.csv"
    path.write_bytes(f"contract id,contractor,contract value\nC-1,{RIGHT[own]},100\n".encode(own))
    made = data.bring_in([path], encoding=stated)
    assert any("letters that do not go together" in left for left in made.sources[0]["left"]) == (
        own != stated
    )
    assert (made.load()["contracts"]["supplier_name"].item() == RIGHT[own]) == (own == stated)


def test_headings_read_in_another_encoding_than_their_own_are_not_called_unknown_alone(tmp_path):
    path = tmp_path / "works.csv"
    path.write_bytes("계약번호,계약상대자,계약금액\nC-1,한강건설,100\n".encode("cp949"))
    with pytest.raises(InputError, match="State another encoding: read as latin-1"):
        data.bring_in([path], encoding="latin-1")
    assert data.bring_in([path], encoding="cp949").load()["contracts"]["supplier_name"].item() == "한강건설"


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16", "utf-32"])
def test_wide_letters_are_read_with_or_without_their_mark(tmp_path, encoding):
    path = tmp_path / "works.csv"
    path.write_bytes("contract id,contractor,contract value\nC-1,River,100\n".encode(encoding))
    assert data.bring_in([path], encoding=encoding).load()["contracts"]["supplier_name"].item() == "River"


def test_a_number_in_a_column_of_days_is_no_day(tmp_path):
    path = workbook(tmp_path, HEADINGS, RIVER, ["C-2", "Hill", 200, 45366])
    assert "45366" in (said := refusal(path)) and "row 3" in said


def test_cells_that_are_days_and_numbers_need_no_form(tmp_path):
    path = workbook(
        tmp_path, HEADINGS, ["C-1", "River", 2500.5, DAY], ["C-2", "Hill", "1.250,75", "26/03/2024"]
    )
    table, _ = read(path)
    assert table["value_amount"].tolist() == [2500.5, 1250.75]
    assert table["date_signed"].tolist() == [pd.Timestamp("2024-03-25"), pd.Timestamp("2024-03-26")]


def test_hidden_rows_and_sheets_of_notes_are_said(tmp_path):
    def change(sheet):
        sheet.row_dimensions[3].hidden = True
        sheet.parent.create_sheet("Notes").append(["Source: ministry"])

        sheet.column_dimensions.group("B", "C", hidden=True)

    table, left = read(workbook(tmp_path, HEADINGS, RIVER, HILL, change=change))
    assert "columns B, C are hidden, and read like the others" in left
    assert len(table) == 2 and "row 3 is hidden, and read like the others" in left
    assert "sheet 'Notes' is no table" in left


def test_the_line_of_the_separator_is_no_heading(tmp_path):
    path = tmp_path / "works.csv"
    path.write_text("sep=|\ncontract id|contractor|contract value\nC-1|River, Ltd; Hill|5\n")
    assert read(path)[0]["supplier_name"].tolist() == ["River, Ltd; Hill"]


def test_a_comma_in_a_heading_separates_nothing_where_semicolons_do(tmp_path):
    path = contracts(
        tmp_path,
        "C-1;5;River",
        "C-2;6;Hill",
        headings="contract id;contract value (UGX, with VAT, rounded);contractor",
    )
    assert read(path)[0]["supplier_name"].tolist() == ["River", "Hill"]


@pytest.mark.parametrize("name", ["retirement_days.csv", "Retirement days.csv", "retirement-days.csv.gz"])
def test_a_file_called_as_a_table_of_two_words_is_that_table(name):
    made = mapping.propose(name, "", ["worker_id", "contract_id", "month", "days_reported"], {})
    assert made.table == "retirement_days" and "days_reported" in made.columns


def test_a_name_of_a_heading_leads_to_one_column_that_some_table_has():
    columns: dict[str, list[str]] = {}
    for column, names in mapping.NAMES.items():
        assert any(mapping.has_column(table, column) for table in schemas.CONSTRUCTION), column
        for name in names.split("|"):
            columns.setdefault(name, []).append(column)
            assert mapping.named_column(name.upper()) == column
    assert {name: found for name, found in columns.items() if len(found) > 1} == {}


@pytest.mark.parametrize(
    ("heading", "column"),
    [("The contract number", "contract_id"), ("Contract_Number", "contract_id"), ("Contract-Sum (gross)", "value_amount"), ("Contract value in KRW", "value_amount"),
     ("Code du projet", "project_id"), ("ID de la oferta", "bid_id"), ("CNPJ do licitante", "tenderer_id"), ("계약 금액", "value_amount"), ("Colour", None)],
)  # fmt: skip
def test_a_heading_may_have_other_marks_and_small_words(heading, column):
    assert mapping.named_column(heading) == column


@pytest.mark.parametrize("table", mapping._OFFERED)
def test_a_table_of_the_toolkit_is_known_by_its_own_columns(table):
    columns = sorted(column for column in schemas.CONSTRUCTION[table].names)
    found = mapping.propose("works.csv", "", columns, {})
    assert (found.table, found.columns) == (table, {column: column for column in columns})
    assert (found.left, found.questions, found.units) == ([], [], {})


@pytest.mark.parametrize(
    ("table", "heading", "column"),
    [("contracts", "Amount", "value_amount"), ("payments", "Contract value", "amount"), ("tenders", "Buyer", "buyer_id"), ("tenders", "Budget", "cost_estimate")],
)  # fmt: skip
def test_a_heading_means_what_its_table_has(table, heading, column):
    found = mapping.propose(f"{table}.csv", "", [heading, "Latitude"], {})
    assert found.columns == {heading: column} and found.left == ["Latitude"]


def test_ids_and_days_alone_are_no_bids(tmp_path):
    path = contracts(tmp_path, "ocds-1;2024-03-25;active", headings="ocid;date;status")
    assert "No table of the toolkit fits" in refusal(path)


@pytest.mark.parametrize(
    "headings",
    ["_link;ocid;id;date;tag;tender/id;tender/title;tender/value/amount;buyer/name", "ocid;id;value/amount;value/currency;status;date;title",
     "id;compiledRelease/tender/title;compiledRelease/awards/0/suppliers/0/name", "id;title;budget/amount/amount;contractingProcesses/0/id",
     "id;tender.title;tender.value.amount", "id;tender/title;firm", "tender/title;buyer/name;firm"],
)  # fmt: skip
def test_a_standard_that_was_flattened_is_not_read_as_a_table_of_an_office(tmp_path, headings):
    path = contracts(tmp_path, ";".join("1" * headings.count(";") + "1"), headings=headings)
    assert "flattened into tables" in refusal(path) and "as JSON" in refusal(path)


def test_a_stroke_in_a_heading_is_no_path(tmp_path):
    path = contracts(
        tmp_path, "C-1;River;5;2024-03-25", headings="contract id;Supplier / firm;date/status;signed"
    )
    assert "flattened" not in read(path)[1]


def test_a_proposal_asks_nothing_where_nothing_is_to_be_read():
    found = mapping.propose("works.csv", "", HEADINGS, {})
    assert not found.questions and not found.units
    # A table whose rows have no id of one column needs no number for them.
    assert not mapping.propose("progress.csv", "", ["planned", "actual"], {}).questions
    (question,) = mapping.propose("contracts.csv", "", ["contractor", "price"], {}).questions
    assert question == "no column is contract_id: rows are numbered instead"


def test_rows_without_an_id_are_numbered_through_all_files(tmp_path):
    for place, rows in (("a", ["River;5", "Hill;6"]), ("b", ["Dale;7"])):
        (tmp_path / place).mkdir()
        contracts(tmp_path / place, *rows, headings="contractor;contract value")
    made = data.bring_in([tmp_path / "a" / "works.csv", tmp_path / "b" / "works.csv"]).load()["contracts"]
    assert made["contract_id"].tolist() == ["contract-1", "contract-2", "contract-3"]
    wages = tmp_path / "wages.csv"
    wages.write_text("worker id;contract id;month;days paid\nw;c;2024-05-31;20\n", encoding="utf-8")
    assert read(wages, "wages")[0]["wage_id"].tolist() == ["wage-1"]
    cards = tmp_path / "attendance.csv"
    cards.write_text("worker id;contract id;date\nw;c;2024-05-31\n", encoding="utf-8")
    assert list(read(cards, "attendance")[0]) == ["worker_id", "contract_id", "date"]


def test_an_id_that_says_that_there_is_none_names_nothing_but_its_own_row(tmp_path):
    headings = "contract id;tender id;contractor;contract value"
    made = read(contracts(tmp_path, "N/A;N/A;River;5", "C-2;T-2;Hill;6", headings=headings))[0]
    assert made["contract_id"].tolist() == ["N/A", "C-2"]
    assert made["tender_id"].isna().tolist() == [True, False]


def test_a_mapping_is_read_as_it_was_written(tmp_path):
    odd = 'Price "net"\\\n\tof all'
    written = [
        mapping.Columns("works.csv", "", "contracts", {odd: "value_amount"}, {odd: 0.01}, "%d/%m/%Y", ","),
        mapping.Columns("works.xlsx", "Sheet 1", "bids", {"firm": "tenderer_id"}, {}, "%Y-%m-%d", "."),
    ]
    mapping.write(tmp_path / "way.toml", written)
    assert mapping.read(tmp_path / "way.toml") == written


WAY = '[[table]]\nfile = "works.csv"\ntable = "contracts"\n'


@pytest.mark.parametrize("one", ["[[table]]", "[table]"])
def test_a_mapping_of_a_few_lines_is_enough(tmp_path, one):
    way = tmp_path / "way.toml"
    way.write_text(WAY.replace("[[table]]", one))
    assert mapping.read(way) == [mapping.Columns("works.csv", "", "contracts", {}, {}, "%Y-%m-%d", ".")]


@pytest.mark.parametrize(
    ("text", "said"),
    [(None, "The mapping is missing"), ("[[table", "The mapping cannot be read"), ("", "The mapping names no table"),
     ('[[table]]\nfile = "works.csv"\n', "not the mapping of an import"), ('[[table]]\ntable = "contracts"\n', "not the mapping of an import"),
     (f'{WAY}columns = "firm"\n', "not the mapping of an import"), (f"{WAY}units = 1000\n", "not the mapping of an import"),
     (f"{WAY}dates = 1\n", "not the mapping of an import"), (f"{WAY}[table.units]\nfirm = 0\n", "not the mapping of an import"),
     (WAY.replace("contracts", "awards"), "There is no table 'awards'"), (f'{WAY}[table.columns]\nfirm = "colour"\n', "has no column 'colour'")],
)  # fmt: skip
def test_a_mapping_that_cannot_be_followed_is_refused(tmp_path, text, said):
    way = tmp_path / "way.toml"
    if text is not None:
        way.write_text(text)
    with pytest.raises(InputError, match=said) as error:
        mapping.read(way)
    assert error.value.where.startswith(str(way)) and error.value.fix


@pytest.mark.parametrize(
    ("heading", "column"),
    [
        ("Fecha de la firma", "date_signed"),
        ("Date de la signature", "date_signed"),
        ("Data da assinatura", "date_signed"),
        ("Date of signature", "date_signed"),
        ("Date of the award", "award_date"),
        ("Número del contrato", "contract_id"),
        ("Nº do contrato", "contract_id"),
        ("Name of the supplier", "supplier_name"),
        ("Nombre del proveedor", "supplier_name"),
        ("Le montant", "amount"),
        ("Montant dû", "amount_registered"),
        ("Los", None),
    ],
)
def test_small_words_in_a_heading_decide_nothing(heading, column):
    assert mapping.named_column(heading) == column
