"""Real files break rules in kinds of ways. Each kind here: what a user is told, and the number that is right."""

from __future__ import annotations

import json

import pandas as pd
import pytest

from cleanworks import cli, data
from cleanworks.construction import flags, payments
from cleanworks.data import database
from cleanworks.errors import InputError
from cleanworks.standards import coverage, oc4ids, ocds, shape
from cleanworks.standards.doubts import Doubts
from cleanworks.standards.stream import open_source
from cleanworks.standards.validate import validate
from tests.few import few

HEAD = {
    "uri": "https://example.org/p.json",
    "version": "1.1",
    "publishedDate": "2024-05-01T00:00:00Z",
    "publisher": {"name": "Rain City"},
}


def release(number=1, ocid=None, **members):
    known = {
        "ocid": ocid or f"ocds-abc123-{number}", "id": f"r{number}", "date": "2024-04-01T09:00:00Z", "tag": ["award"], "initiationType": "tender",
        "tender": {"id": "t", "status": "complete", "procurementMethod": "open"},
    }  # fmt: skip
    return {**known, **members}


def bid(number, firm, amount, status="valid", currency="KRW", **members):
    made = {
        "id": number,
        "status": status,
        "tenderers": [{"id": firm}],
        "value": {"amount": amount, "currency": currency},
        **members,
    }
    return {key: value for key, value in made.items() if value is not ...}


def award(firm, amount=..., number="a", currency="KRW", **members):
    made = {"id": number, "status": "active", "suppliers": [{"id": firm}], **members}
    return made if amount is ... else {**made, "value": {"amount": amount, "currency": currency}}


def process(number, bids, awards, **members):
    return release(number, bids={"details": bids}, awards=awards, **members)


def ordinary(first, last):
    """Processes whose margins lie between 11 and 30 %: the fence is far from all of them."""
    return [
        process(n, [bid("1", "F1", 100), bid("2", "F2", 110 + n)], [award("F1", 100)])
        for n in range(first, last)
    ]


def package(tmp_path, releases, **head):
    file = tmp_path / "package.json"
    file.write_text(json.dumps({**HEAD, **head, "releases": releases}), encoding="utf-8")
    return file


def answers(tables, code, level="process", **settings):
    found = flags.evaluate(tables, [code], flags.Settings(**settings))
    return {row.id: (row.value, row.flagged) for row in found[found["level"] == level].itertuples()}


# Ids are local to their process --------------------------------------------------------------------------------------------


def test_processes_that_all_have_a_contract_1_keep_their_own_changes():
    def one(number, changes):
        amendments = [
            {"id": str(n), "date": f"2024-0{n + 1}-01T00:00:00Z", "rationale": "rain"} for n in range(changes)
        ]
        contract = {"id": "1", "awardID": "1", "dateSigned": "2024-01-01T00:00:00Z", "amendments": amendments,
                    "period": {"startDate": "2024-01-01T00:00:00Z", "endDate": "2025-01-01T00:00:00Z"}}  # fmt: skip
        return release(number, awards=[award("F", 5, "1")], contracts=[contract])

    tables = ocds.tables_of([one(number, changes) for number, changes in enumerate([4, 0, 0, 0, 0, 0])])
    assert len(tables["modifications"]) == 4
    assert tables["contracts"]["contract_id"].is_unique
    found = answers(tables, "change-intensity", "contract", as_of="2025-01-01")
    assert [flagged for _, flagged in found.values()] == [True, False, False, False, False, False]
    assert found["ocds-abc123-0/1"][0] == pytest.approx(4, rel=0.01)


def test_item_classes_of_a_firm_are_not_lost_where_all_awards_have_one_id():
    items = [
        {"id": "1", "classification": {"id": "45000000"}},
        {"id": "2", "classification": {"id": "90000000"}},
    ]
    tables = ocds.tables_of([release(n, awards=[award("F", 5, "1", items=items)]) for n in range(25)])
    assert answers(tables, "R048", "tenderer") == {"F": (2.0, False)}


def test_payments_and_milestones_stay_with_their_contract():
    def one(number):
        implementation = {
            "milestones": [{"id": "1", "type": "payment", "dueDate": "2024-02-01T00:00:00Z"}],
            "transactions": [{"id": "1", "date": f"2024-02-0{number}T00:00:00Z", "value": {"amount": number, "currency": "KRW"}}, {"value": {"amount": 7}}],
        }  # fmt: skip
        return release(number, contracts=[{"id": "1", "awardID": "1", "implementation": implementation}])

    paid = ocds.tables_of([one(1), one(2)])["payments"]
    assert paid["payment_id"].is_unique and len(paid) == 4
    assert paid["date_due"].notna().tolist() == [True, False, True, False]


def test_two_contracts_without_ids_belong_to_no_award_without_an_id():
    tables = ocds.tables_of(
        [
            release(
                awards=[award("F1", 100, None)],
                contracts=[{"id": None, "awardID": None}, {"id": None, "awardID": None}],
            )
        ]
    )
    assert tables["contracts"]["contract_id"].is_unique
    assert tables["contracts"]["supplier_id"].isna().all()


def test_firms_that_share_a_placeholder_id_are_told_apart_by_name(tmp_path):
    bids = [
        {
            "id": str(n),
            "status": "valid",
            "tenderers": [{"id": "0", "name": name}],
            "value": {"amount": 100, "currency": "KRW"},
        }
        for n, name in enumerate(["River Ltd", "Hill Ltd"])
    ]
    file = package(tmp_path, [release(bids={"details": bids})])
    assert set(ocds.read(file)["bids"]["tenderer_id"]) == {"River Ltd", "Hill Ltd"}
    (note,) = [problem for problem in validate(file).problems if "different names" in problem.message]
    assert "'0'" in note.message and "River Ltd" in note.message


@pytest.mark.parametrize(
    "word",
    few(
        [
            "N/A",
            "#N/A",
            "S/D",
            "No informado",
            "não informado",
            "Non renseigné",
            "not available",
            "미상",
            "—",
        ],
        ["#N/A", "No informado", "미상"],
    ),
)
def test_a_word_for_nobody_is_no_firm_as_an_id_or_as_a_name(word):
    awards = [
        award(word),
        award(word, suppliers=[{"name": word}]),
        award(word, suppliers=[{"id": word, "name": "Hill"}]),
    ]
    tables = ocds.tables_of([release(number, awards=[one]) for number, one in enumerate(awards)])
    assert [None if pd.isna(one) else one for one in tables["awards"]["supplier_id"]] == [None, None, "Hill"]


def test_codes_in_other_letters_are_the_codes():
    """Two valid bids at one price are worth a look, also where the publisher writes Valid."""
    bids = [bid("1", "F1", 100, "Valid"), bid("2", "F2", 100, "VALID ")]
    tender = {"id": "t", "status": "Complete", "procurementMethod": "Open"}
    tables = ocds.tables_of([process(1, bids, [award("F1", 100, status="Active")], tender=tender)])
    assert tables["bids"]["status"].tolist() == ["valid", "valid"]
    assert tables["awards"]["status"].tolist() == ["active"]
    assert tables["tenders"].loc[0, ["status", "procurement_method"]].tolist() == ["complete", "open"]
    assert flags.evaluate(tables, ["R028"])["flagged"].any()


def test_a_placeholder_without_a_name_is_no_firm_and_spaces_make_no_second_one(tmp_path):
    bids = [bid("1", "N/A", 100), bid("2", "n/a", 100), bid("3", "7", 130), bid("4", "7 ", 130)]
    tables = ocds.read(package(tmp_path, [process(1, bids, [award("7", 130)])]))
    assert tables["bids"]["tenderer_id"].tolist() == [None, None, "7", "7"]
    assert answers(tables, "R028") == {"ocds-abc123-1": (0.0, False)}


def test_a_release_that_is_there_twice_pays_once(tmp_path):
    paid = {"transactions": [{"date": "2024-04-01T09:00:00Z", "value": {"amount": 60, "currency": "KRW"}}]}
    one = process(1, [], [award("F1", 100)], contracts=[{"id": "c", "awardID": "a", "implementation": paid}])
    (tmp_path / "b.json").write_text(json.dumps({**HEAD, "releases": [one]}), encoding="utf-8")
    found = data.bring_in([package(tmp_path, [one]), tmp_path / "b.json"])
    assert found.load()["payments"]["amount"].tolist() == [60]


@pytest.mark.parametrize("number", [None, ..., "1"])
def test_bids_without_an_id_of_their_own_are_each_their_own(number):
    bids = [bid(number, "F1", 100), bid(number, "F2", 100), bid(number, "F3", 130)]
    tables = ocds.tables_of([process(1, bids, [award("F1", 100)])])
    assert answers(tables, "R028") == {"ocds-abc123-1": (1.0, True)}
    assert set(answers(tables, "R028", "tenderer")) == {"F1", "F2"}


@pytest.mark.parametrize("number", ["S/N", "sin RUC", "tba", "000-000", "99999999999"])
def test_more_ids_that_stand_for_no_id_are_told_apart_and_named(tmp_path, number):
    firms = [{"id": number, "name": name} for name in ("River", "Hill", "Lake")]
    said = [
        release(n, awards=[{"id": "a", "status": "active", "suppliers": [firm]}])
        for n, firm in enumerate(firms)
    ]
    assert ocds.tables_of(said)["awards"]["supplier_id"].tolist() == ["River", "Hill", "Lake"]
    path = tmp_path / "p.json"
    path.write_text(json.dumps({**HEAD, "releases": said}))
    assert any(
        f"the id {number!r} stands for 3 different names" in str(one) for one in validate(path).first.values()
    )


def test_a_release_id_is_local_to_its_process(tmp_path):
    assert validate(package(tmp_path, [release(n, id="same") for n in range(3)])).ok
    twice = [release(1, id="same"), release(1, id="same", date="2024-04-02T09:00:00Z")]
    report = validate(package(tmp_path, twice))
    assert [problem.path for problem in report.problems if problem.severity == "error"] == ["/id"]


# Moments -----------------------------------------------------------------------------------------------------------------


def test_a_bid_is_late_by_the_clock_of_its_own_place():
    period = {"startDate": "2024-03-01T00:00:00Z", "endDate": "2024-03-20T09:00:00Z"}  # 18:00 in Seoul

    def one(number, date):
        tender = {"id": "t", "status": "complete", "tenderPeriod": period}
        return process(number, [bid("1", "F1", 100, date=date)], [award("F1", 100)], tender=tender)

    tables = ocds.tables_of(
        [
            one(1, "2024-03-20T17:30:00+09:00"),
            one(2, "2024-03-20T18:30:00+09:00"),
            one(3, "2024-03-20T08:59:00Z"),
        ]
    )
    assert {number[-1]: flagged for number, (_, flagged) in answers(tables, "R030").items()} == {
        "1": False,
        "2": True,
        "3": False,
    }
    # A day is shown by the clock that stood there.
    assert tables["bids"]["date"].dt.hour.tolist() == [17, 18, 8]


# When a bid came, the deadline, and whether it was late: None where that cannot be told.
MOMENTS = [
    ("2024-03-20T10:00:00+09:00", "2024-03-20", False),  # a deadline told as a day ends with that day
    ("2024-03-20T20:00:00-05:00", "2024-03-20", None),  # the day after in UTC, the same day on the spot
    ("2024-03-20T10:00:00Z", "2024-03-20T00:00:00Z", False),  # a day, written as its midnight
    ("2024-03-20T10:00:00+09:00", "2024-03-20T00:00:00+09:00", False),
    ("2024-03-21T00:00:00Z", "2024-03-20", True),
    ("2024-03-20", "2024-03-20T08:00:00+09:00", None),
    ("2024-03-21", "2024-03-20T18:00:00+09:00", True),
    ("2024-03-20T17:30:00", "2024-03-20T18:00:00+09:00", None),  # late only if its unwritten zone is UTC
    ("2024-03-20T18:30:00", "2024-03-20T18:00:00+09:00", True),
    ("2024-03-20T08:30:00Z", "2024-03-20T09:00:00", False),
]


def offered(date, deadline):
    tender = {"id": "t", "tenderPeriod": {"startDate": "2024-03-01T00:00:00Z", "endDate": deadline}}
    return process(1, [bid("1", "F1", 100, date=date)], [award("F1", 100)], tender=tender)


@pytest.mark.parametrize(("date", "deadline", "late"), MOMENTS)
def test_no_bid_is_late_by_a_zone_or_an_hour_that_nobody_wrote(date, deadline, late):
    found = answers(ocds.tables_of([offered(date, deadline)]), "R030")
    assert [flagged for _, flagged in found.values()] == ([] if late is None else [late])


@pytest.mark.parametrize(("date", "deadline", "late"), few(MOMENTS, MOMENTS[5:7]))
def test_nor_on_duckdb_with_days_of_a_piece_that_needed_no_offsets(tmp_path, date, deadline, late):
    other = process(2, [bid("1", "F1", 100, date="2024-03-20T17:30:00+09:00")], [award("F1", 100)])
    data.bring_in([package(tmp_path, [offered(date, deadline), other])], to=tmp_path / "kept")
    with database.database("200MB", 1) as engine:
        found = flags.evaluate(database.tables_of(tmp_path / "kept", engine), ["R030"], engine=engine)
    found = found[found["level"].eq("process")]
    assert found["flagged"].tolist() == ([] if late is None else [late])


@pytest.mark.parametrize("amount", [0, -100])
def test_what_is_not_above_zero_is_no_price(amount):
    bids = [bid("1", "F1", amount, "disqualified"), bid("2", "F2", 100), bid("3", "F3", 90)]
    tables = ocds.tables_of([process(1, bids, [award("F3", 90)])])
    assert answers(tables, "R036") == {"ocds-abc123-1": (0.0, False)}


def test_columns_with_a_zone_are_compared_too():
    seoul = pd.Series(pd.to_datetime(["2024-03-20 17:30", "2024-03-20 18:30"])).dt.tz_localize("Asia/Seoul")
    tables = {
        "bids": pd.DataFrame(
            {
                "bid_id": ["1", "2"],
                "tender_id": ["a", "b"],
                "tenderer_id": "F",
                "status": "valid",
                "date": seoul,
            }
        ),
        "tenders": pd.DataFrame(
            {"tender_id": ["a", "b"], "tender_end": pd.to_datetime(["2024-03-20 09:00"] * 2)}
        ),
        "contracts": pd.DataFrame({"contract_id": ["1", "2"], "tender_id": ["a", "b"], "supplier_id": "F"}),
    }
    assert [flagged for _, flagged in answers(tables, "R030").values()] == [False, True]


def test_the_order_of_releases_is_that_of_their_moments(tmp_path):
    early = release(
        1, id="1", date="2024-03-01T08:00:00+09:00", tag=["tender"], tender={"id": "t", "status": "active"}
    )
    late = release(
        1, id="2", date="2024-03-01T01:00:00Z", tag=["tender"], tender={"id": "t", "status": "complete"}
    )
    assert ocds.read(package(tmp_path, [late, early]))["tenders"]["status"].tolist() == ["complete"]


@pytest.mark.parametrize(
    "text", ["05/02/2024", "5.2.2024", "2024/02/05", "05-02-2024", "Feb 5 2024", "2024-02-31"]
)
def test_a_day_that_can_only_be_guessed_is_refused_with_its_row(text):
    with pytest.raises(InputError, match="row 1"):
        payments.days_late(pd.Series(["2024-02-05", text]), pd.Series(["2024-02-06", "2024-02-06"]))
    with pytest.raises(InputError):
        payments.due_date(text, 15)


def test_days_late_with_zones():
    assert payments.days_late("2024-01-31T00:00:00+09:00", "2024-02-05") == 5
    assert payments.days_late("2024-01-31T17:30:00+09:00", "2024-02-01T09:00:00Z") == 1
    assert payments.days_late("2024-01-31T17:30:00+09:00", "2024-01-31T08:30:00Z") == 0
    due = pd.Series(pd.to_datetime(["2024-01-31"])).dt.tz_localize("Asia/Seoul")
    assert payments.days_late(due, pd.Series(["2024-02-02"])).tolist() == [2]


@pytest.mark.parametrize("date", ["0001-01-01T00:00:00Z", "9999-12-31T00:00:00Z"])
def test_placeholder_dates_are_no_dates_and_said(tmp_path, date):
    file = package(
        tmp_path,
        [release(tender={"id": "t", "tenderPeriod": {"startDate": "2024-01-01T00:00:00Z", "endDate": date}})],
    )
    assert ocds.read(file)["tenders"]["tender_end"].isna().all()
    assert any("stands for no date" in problem.message for problem in validate(file).problems)
    coverage.of_file(file)


def test_a_day_that_does_not_exist_is_an_error_without_a_schema(tmp_path):
    report = validate(package(tmp_path, [release(date="2024-02-31T00:00:00Z")]))
    assert not report.ok and "does not exist" in report.problems[0].message


# Reading strictly --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"a": 1, "a": 2}', "'a' appears twice"), ('{"a": NaN}', "NaN is not a number"), ('{"a": -Infinity}', "Infinity is not a number"),
        ('{"a": 1e999}', "1e999 is not a number"), ('{"a": "x\ny"}', "line break"), ('{"a": "x\ty"}', "0x09"), ('{"a" }', "not valid JSON"),
    ],
)  # fmt: skip
def test_what_json_does_not_allow_is_refused_with_line_and_place(tmp_path, text, said):
    file = tmp_path / "p.json"
    file.write_text(
        '{"version": "1.1",\n"releases": [\n{"ocid": "ocds-abc123-1", "tender": ' + text + "}]}",
        encoding="utf-8",
    )
    with pytest.raises(InputError) as refused:
        validate(file)
    assert (
        said in refused.value.message
        and "line 3" in refused.value.message
        and "release 1" in refused.value.message
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [("0", "a number"), ('"test"', "a text"), ("null", "null"), ("[]", "empty list"), ("", "empty"),
     ('{"version": "1.1", "releases": 5}', "releases is a number, not a list"), ('{"version": "1.1", "releases": {"a": "b"}}', "releases is an object"),
     ('{"version": "1.1", "releases": null}', "releases is null")],
)  # fmt: skip
def test_a_file_that_holds_no_list_is_told_so_in_words(tmp_path, text, said):
    file = tmp_path / "p.json"
    file.write_text(text)
    with pytest.raises(InputError) as refused:
        open_source(file)
    assert said in refused.value.message


@pytest.mark.parametrize(("encoding", "said"), [("latin-1", "Latin-1"), ("cp949", "CP949")])
def test_another_encoding_is_named(tmp_path, encoding, said):
    file = tmp_path / "p.json"
    title = "Construcción" if encoding == "latin-1" else "다리 공사"
    file.write_bytes(
        json.dumps(
            {**HEAD, "releases": [release(tender={"id": "t", "title": title})]}, ensure_ascii=False
        ).encode(encoding)
    )
    with pytest.raises(InputError, match=said):
        validate(file)


def test_a_byte_order_mark_lines_and_concatenated_objects_are_read(tmp_path):
    file = tmp_path / "p.json"
    for text in (
        "\n\n".join(json.dumps(release(n)) for n in range(3)),
        "".join(json.dumps(release(n)) for n in range(3)),
    ):
        file.write_text("\ufeff" + text, encoding="utf-8")
        assert len(ocds.read(file)["tenders"]) == 3


@pytest.mark.parametrize("version", [None, "1.0", 1.1, "1.1.5", "", "v1.1 "])
def test_versions_that_can_be_read_are_read_and_said(tmp_path, version):
    head = {"version": version} if version is not None else {}
    file = tmp_path / "p.json"
    old = release(1, contracts=[{"id": "1", "awardID": "a", "amendment": {"rationale": "rain"}, "implementation": {"transactions": [
        {"id": "1", "amount": {"amount": 5, "currency": "KRW"}, "providerOrganization": {"scheme": "X", "id": "9", "legalName": "City"}}]}}])  # fmt: skip
    file.write_text(
        json.dumps({**{k: v for k, v in HEAD.items() if k != "version"}, **head, "releases": [old]})
    )
    tables = ocds.read(file)
    assert tables["payments"]["amount"].tolist() == [5.0] and tables["payments"]["payer_id"].tolist() == [
        "X-9"
    ]
    assert tables["modifications"]["rationale"].tolist() == ["rain"]
    notes = [problem.message for problem in validate(file).problems if problem.path == "/version"]
    assert len(notes) == (version in (None, "1.0", 1.0, "")), notes


def test_a_version_of_tomorrow_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"2\.0"):
        validate(package(tmp_path, [release()], version="2.0"))


def test_a_record_may_only_link_to_its_releases(tmp_path):
    file = tmp_path / "records.json"
    linked = {"url": "https://example.org/1.json", "date": "2024-01-01T00:00:00Z", "tag": ["tender"]}
    file.write_text(
        json.dumps(
            {
                **HEAD,
                "records": [
                    {
                        "ocid": "ocds-abc123-1",
                        "releases": [linked],
                        "compiledRelease": release(1, tag=["compiled"]),
                    }
                ],
            }
        )
    )
    assert validate(file).ok
    assert len(ocds.read(file)["tenders"]) == 1
    file.write_text(json.dumps({**HEAD, "records": [{"ocid": "ocds-abc123-1", "releases": [linked]}]}))
    assert validate(file).ok


@pytest.mark.parametrize("releases", [5, "none", {"a": 1}, [5], [None]])
def test_releases_of_a_record_that_are_none_are_one_error(tmp_path, releases):
    file = tmp_path / "records.json"
    file.write_text(json.dumps({**HEAD, "records": [{"ocid": "ocds-abc123-1", "releases": releases}]}))
    report = validate(file)
    assert not report.ok and report.problems[0].path.startswith("/releases")
    ocds.read(file)
    coverage.of_file(file)


def test_a_compiled_release_of_null_is_an_error(tmp_path):
    path = tmp_path / "p.json"
    record = {"ocid": "ocds-abc123-1", "compiledRelease": None, "releases": [release(1)]}
    path.write_text(json.dumps({**HEAD, "records": [record]}))
    assert any("compiledRelease is null, not an object" in str(one) for one in validate(path).first.values())


def test_records_that_only_link_are_said(tmp_path):
    path = tmp_path / "p.json"
    link = {"url": "https://example.org/r/1", "date": "2024-01-31T00:00:00Z", "tag": ["tender"]}
    linked = [{"ocid": f"ocds-abc123-{n}", "releases": [link]} for n in (1, 2)]
    path.write_text(
        json.dumps({**HEAD, "records": [*linked, {"ocid": "ocds-abc123-3", "releases": [release(3)]}]})
    )
    assert data.bring_in([path]).notes == [
        "p.json: 2 records only link to releases, and links are not followed."
    ]
    path.write_text(json.dumps({**HEAD, "records": linked}))
    with pytest.raises(InputError, match="2 records only link to releases"):
        data.bring_in([path])


def record_of(number, *releases, whole=None):
    record = {"ocid": f"ocds-abc123-{number}", "releases": list(releases)}
    return {**record, "compiledRelease": whole} if whole else record


def records(tmp_path, *list_, **head):
    file = tmp_path / "records.json"
    file.write_text(json.dumps({**HEAD, **head, "records": list_}), encoding="utf-8")
    return file


LINK = {"url": "https://example.org/r/1", "date": "2024-01-31T00:00:00Z", "tag": ["tender"]}


def test_a_record_that_is_there_again_is_one_process_wherever_it_is_read(tmp_path):
    def told(date, title):
        return record_of(1, whole=release(1, date=date, tag=["compiled"], tender={"id": "t", "title": title}))

    later = told("2024-10-01T00:00:00+09:00", "October")
    file = records(tmp_path, later, told("2024-02-01T00:00:00Z", "February"), record_of(1, LINK))
    assert ocds.read(file)["tenders"]["title"].tolist() == ["October"]
    assert data.bring_in([file]).load()["tenders"]["title"].tolist() == ["October"]
    assert coverage.of_file(file).elements == 1


def test_a_record_that_links_to_a_part_of_its_releases_is_said(tmp_path):
    tender = {"id": "t", "numberOfTenderers": 2}
    file = records(
        tmp_path, record_of(1, release(1, tender=tender), LINK), record_of(2, LINK, whole=release(2))
    )
    said = "1 record links to a part of its releases"
    assert said in data.bring_in([file]).notes[0] and len(data.bring_in([file]).notes) == 1
    assert said in data.flags_of(file, codes=["R018"]).notes[0]


def test_coverage_says_what_of_a_file_could_not_be_read(tmp_path, capsys):
    file = records(
        tmp_path, record_of(1, process(1, [bid("1", "F1", "12 000")], [])), record_of(2, LINK), version=None
    )
    imported = tmp_path / "imported"
    data.bring_in([file], imported)
    for source in (file, imported):
        assert cli.run(["data", "coverage", str(source)]) == 0
        out = capsys.readouterr().out
        assert (
            'bids.amount: 1 value is no number or no day that can be read, and counts as missing ("12 000")'
            in out
        )
        assert "1 record only links to releases" in out and "does not say its version" in out
    project = {"id": "p", "title": "Bridge", "budget": {"amount": {"amount": "a lot", "currency": "KRW"}}}
    file.write_text(json.dumps({"projects": [project, project]}), encoding="utf-8")
    assert cli.run(["data", "coverage", str(file)]) == 0
    out = capsys.readouterr().out
    assert (
        "OC4IDS project package, 1 project\n" in out and "projects.budget_amount: 1 value is no number" in out
    )
    assert "1 project is there again" in out and "does not say its version" in out


def test_what_cannot_be_read_in_a_file_is_said(tmp_path):
    bids = [
        bid("1", "F1", "12 000", date="20240201T120000Z"),
        bid("2", "F2", {"a": 1}),
        bid("3", "F3", 100, date="2024-02-01T12:00:00Z"),
        bid("4", "F4", None),
    ]
    path = tmp_path / "p.jsonl"
    path.write_text("".join(json.dumps(process(n, bids, [award("F3", 100)])) + "\n" for n in (1, 2)))
    for to in (None, tmp_path / "out"):
        amounts, dates = data.bring_in([path], to).notes
        assert amounts.startswith("bids.amount: 4 values are no number") and '"12 000"' in amounts
        assert dates.startswith("bids.date: 2 values are") and "20240201T120000Z" in dates
    assert "bids.amount: 4 values" in (tmp_path / "out" / "README.md").read_text()


def test_one_fault_at_many_places_is_one_line(tmp_path, capsys):
    file = package(tmp_path, [release(n, contracts=[{"id": str(c)} for c in range(5)]) for n in range(40)])
    assert cli.run(["data", "validate", str(file)]) == 1
    out = capsys.readouterr().out
    assert out.count("awardID is missing") == 1 and "200" in out


def test_releases_of_one_process_are_one_process_in_every_command(tmp_path):
    releases = [release(n, id=str(k), date=f"2024-04-0{k}T00:00:00Z", tender={"id": "t", "title": "x"} if k == 1 else {"id": "t", "status": "active"})
                for k in (1, 2) for n in range(600)]  # fmt: skip
    found = coverage.of_file(package(tmp_path, releases))
    assert found.elements == 600
    assert found.fields.loc["tender/title", "share"] == found.fields.loc["tender/status", "share"] == 1.0


def test_a_blank_id_is_an_error_and_a_blank_text_a_note(tmp_path):
    report = validate(package(tmp_path, [release(ocid=" ")]))
    assert "blank" in next(p.message for p in report.problems if p.path == "/ocid")
    report = validate(package(tmp_path, [release(tender={"id": "t", "title": "  "})]))
    assert report.ok and any(p.path == "/tender/title" for p in report.problems)


# Missing is not zero -----------------------------------------------------------------------------------------------------


def test_without_a_word_on_changes_no_indicator_on_changes_answers(tmp_path):
    contract = {"id": "c1", "awardID": "a", "dateSigned": "2020-01-01T00:00:00Z", "value": {"amount": 5, "currency": "USD"},
                "period": {"startDate": "2020-01-01T00:00:00Z", "endDate": "2021-01-01T00:00:00Z"}}  # fmt: skip
    file = package(tmp_path, [release(awards=[award("S")], contracts=[contract])])
    tables = ocds.read(file)
    on_changes = [
        code
        for code, one in flags.REGISTRY.items()
        if any(field.startswith("modifications.") for field in one.fields)
    ]
    assert not flags.coverage(tables).loc[on_changes, "possible"].any()
    assert not flags.possible(flags.filled_columns(tables)).loc[on_changes, "possible"].any()
    assert not coverage.of_file(file).indicators.loc[on_changes, "possible"].any()
    assert not set(flags.evaluate(tables)["code"]) & set(on_changes)
    said = ocds.tables_of([release(awards=[award("S")], contracts=[{**contract, "amendments": []}])])
    assert answers(said, "change-intensity", "contract") == {"ocds-abc123-1/c1": (0.0, False)}


@pytest.mark.parametrize(
    ("bids", "pairs"),
    [
        ([bid("1", "A", 100), bid("2", "B", 110)], {"A/B"}),
        # Partners of one bid meet the other bidder, not each other.
        ([bid("1", "A", 100, tenderers=[{"id": "A"}, {"id": "B"}]), bid("2", "C", 110)], {"A/C", "B/C"}),
        # A partner who also bids alone does bid against the other partner.
        ([bid("1", "A", 100, tenderers=[{"id": "A"}, {"id": "B"}]), bid("2", "A", 110)], {"A/B"}),
        # Two joint bids with a partner in common.
        ([bid("1", "A", 9, tenderers=[{"id": "A"}, {"id": "B"}]), bid("2", "A", 8, tenderers=[{"id": "A"}, {"id": "C"}])], {"A/B", "A/C", "B/C"}),
        ([bid("1", "A", 100, relatedLots=["1"]), bid("2", "B", 110, relatedLots=["2"])], set()),
        ([bid(f"{firm}{lot}", firm, 100, relatedLots=[lot]) for firm in "AB" for lot in "12"], {"A/B"}),
        ([bid("1", "A", 100), bid("2", "B", None, "invited"), bid("3", "C", None, "invited")], set()),
        ([bid("1", "A", 100, "withdrawn"), bid("2", "B", 100, ...)], {"A/B"}),
    ],
)  # fmt: skip
def test_firms_bid_together_where_each_made_a_bid_of_its_own_for_one_lot(bids, pairs):
    lots = {"lots": [{"id": "1"}, {"id": "2"}]} if "relatedLots" in bids[0] else {}
    tender = {"id": "t", "status": "complete", "procurementMethod": "open", **lots}
    tables = ocds.tables_of([process(1, bids, [], tender=tender)])
    assert {pair: 1.0 for pair in pairs} == {
        pair: value for pair, (value, _) in answers(tables, "co-bidding", "pair of firms").items()
    }


def test_coverage_possible_and_evaluate_agree_on_every_file():
    files = [
        [process(1, [bid("1", "F", 5)], [])], [release(2)], [process(3, [{"id": "1", "tenderers": [{"id": "F"}]}], [award("F", 5)])],
        [release(4, contracts=[{"id": "1", "awardID": "a"}])],
    ]  # fmt: skip
    for releases in files:
        tables = ocds.tables_of(releases)
        able = flags.coverage(tables)["possible"]
        assert able.equals(flags.possible(flags.filled_columns(tables))["possible"])
        assert set(flags.evaluate(tables)["code"]) <= set(able[able].index)
        for code in able[~able].index:
            try:
                assert flags.evaluate(tables, [code]).empty
            except InputError:
                continue


def test_bids_without_a_status_tell_nothing_about_disqualification():
    bids = [bid("1", "F1", 100, ...), bid("2", "F2", 120, ...)]
    tables = ocds.tables_of([process(1, bids, [award("F1", 100)])])
    assert not flags.coverage(tables).loc["R035", "possible"]
    assert "R035" not in set(flags.evaluate(tables)["code"]) and answers(tables, "R035") == {}
    mixed = ocds.tables_of(
        [
            process(1, bids, [award("F1", 100)]),
            process(2, [bid("1", "F1", 1), bid("2", "F2", 2, "disqualified")], [award("F1")]),
        ]
    )
    assert answers(mixed, "R035") == {"ocds-abc123-2": (1.0, True)}


@pytest.mark.parametrize(("count", "answered"), [(0, False), (-1, False), (1, True), (2, True)])
def test_a_tender_of_no_tenderers_has_no_answer(count, answered):
    tables = {
        "tenders": pd.DataFrame(
            {"tender_id": ["a", "b"], "procurement_method": "open", "number_of_tenderers": [count, 5]}
        )
    }
    assert ("a" in answers(tables, "R018")) == answered


def test_a_count_of_one_beside_two_bids_has_no_answer():
    tender = {"id": "t", "status": "complete", "procurementMethod": "open", "numberOfTenderers": 1}
    tables = ocds.tables_of(
        [process(1, [bid("1", "F1", 100), bid("2", "F2", 105)], [award("F1", 100)], tender=tender)]
    )
    assert answers(tables, "R018") == {}


@pytest.mark.parametrize(
    "beside",
    [{"tender": {"tenderers": [{"id": "F1"}, {"id": "F2"}]}}, {"bids": {"statistics": [{"id": "1", "measure": "bids", "value": 3}]}}],
)  # fmt: skip
def test_a_count_of_one_beside_more_who_are_named_or_counted_has_no_answer(tmp_path, beside):
    tender = {"id": "t", "status": "complete", "procurementMethod": "open", "numberOfTenderers": 1}
    tenders = [{**tender, **beside.get("tender", {})}, {**tender, "tenderers": [{"id": "F1"}]}]
    said = [
        release(1, tender=tenders[0], **{k: v for k, v in beside.items() if k == "bids"}),
        release(2, tender=tenders[1]),
    ]
    path = tmp_path / "p.json"
    path.write_text(json.dumps({**HEAD, "releases": said}))
    for tables in (ocds.read(path), data.bring_in([path]).load()):
        assert answers(tables, "R018") == {"ocds-abc123-2": (1.0, True)}


def test_numbers_that_arrive_as_texts_are_read_or_refused():
    tenders = pd.DataFrame(
        {"tender_id": ["a", "b"], "procurement_method": "open", "number_of_tenderers": ["1", "2"]}
    )
    assert answers({"tenders": tenders}, "R018") == {"a": (1.0, True), "b": (0.0, False)}
    with pytest.raises(InputError, match=r"number_of_tenderers, row 1"):
        answers({"tenders": tenders.assign(number_of_tenderers=["1", "two"])}, "R018")


def market(**columns):
    contracts = pd.DataFrame(
        {
            "contract_id": list("vwxyz"),
            "tender_id": list("abcde"),
            "supplier_id": list("pqrst"),
            "value_amount": 5.0,
        }
    )
    return {
        "tenders": pd.DataFrame({"tender_id": list("abcde"), "buyer_id": "B"}),
        "contracts": contracts.assign(**columns),
    }


def test_concentration_answers_only_from_known_money_and_firms():
    assert answers(market(), "concentration", "buyer") == {"B": (pytest.approx(0.2), False)}
    assert answers(market(value_amount=0.0), "concentration", "buyer") == {}
    assert answers(market(value_amount=[9, -5, 1, 1, 1]), "concentration", "buyer") == {}
    assert answers(market(supplier_id=["p", None, None, None, None]), "concentration", "buyer") == {}


def test_a_cancelled_contract_concentrates_nothing():
    def bought(number, firm, amount, status):
        contract = {
            "id": "c",
            "awardID": "a",
            "status": status,
            "value": {"amount": amount, "currency": "KRW"},
        }
        return release(number, buyer={"id": "B"}, awards=[award(firm, amount)], contracts=[contract])

    five = [bought(number, f"F{number}", 100, "active") for number in range(5)]
    tables = ocds.tables_of([*five, bought(5, "F9", 10_000, "cancelled")])
    assert answers(tables, "concentration", "buyer") == {"B": (pytest.approx(0.2), False)}


def test_concentration_is_counted_by_currency():
    mixed = market(value_amount=[1e9, 1e5, 1e5, 1e5, 1e5], currency=["PYG", "USD", "USD", "USD", "USD"])
    assert answers(mixed, "concentration", "buyer") == {}
    assert answers(mixed, "concentration", "buyer", minimum_group=4) == {
        "B (USD)": (pytest.approx(0.25), False)
    }


def test_a_change_without_its_amounts_leaves_the_overrun_unknown():
    contracts = pd.DataFrame({"contract_id": ["a", "b"], "value_amount": [100.0, 100.0]})
    changes = pd.DataFrame(
        {
            "contract_id": ["a", "a", "b"],
            "old_value": [100, None, 100],
            "new_value": [120, None, 130],
            "type": ["value", "value", "value"],
        }
    )
    assert set(answers({"contracts": contracts, "modifications": changes}, "cost-overrun", "contract")) == {
        "b"
    }
    time_only = changes.assign(type=["value", "duration", "value"])
    assert set(answers({"contracts": contracts, "modifications": time_only}, "cost-overrun", "contract")) == {
        "a",
        "b",
    }


def test_payments_in_another_currency_than_the_contract_are_not_added():
    contracts = pd.DataFrame({"contract_id": ["a", "b"], "value_amount": [100.0, 100.0], "currency": "KRW"})
    claims = pd.DataFrame(
        {
            "contract_id": ["a", "a", "b"],
            "amount": [60, 60, 60],
            "date_paid": pd.Timestamp("2024-01-01"),
            "currency": ["KRW", "USD", "KRW"],
        }
    )
    changes = pd.DataFrame({"contract_id": ["b"], "old_value": [100], "new_value": [100]})
    found = answers({"contracts": contracts, "claims": claims, "modifications": changes}, "R068", "contract")
    assert found == {"b": (pytest.approx(0.6), False)}


# The winner's price, lots and currencies ------------------------------------------------------------------------------------


def test_the_margin_is_counted_from_the_price_awarded():
    odd = process(1, [bid("1", "F1", 100), bid("2", "F1", 98), bid("3", "F2", 101)], [award("F1", 100)])
    found = answers(ocds.tables_of([odd, *ordinary(2, 12)]), "R024")
    assert found["ocds-abc123-1"] == (pytest.approx(0.01), True)
    assert sum(flagged for _, flagged in found.values()) == 1


def test_a_cancelled_award_beside_the_active_one_does_not_hide_it():
    odd = process(
        1,
        [bid("1", "F1", 100), bid("2", "F2", 100.5)],
        [{**award("F2", number="a0"), "status": "cancelled"}, award("F1", 100, "a1")],
    )
    assert answers(ocds.tables_of([odd, *ordinary(2, 12)]), "R024")["ocds-abc123-1"] == (
        pytest.approx(0.005),
        True,
    )


LOTS = {"id": "t", "status": "complete", "procurementMethod": "open", "lots": [{"id": "L1"}, {"id": "L2"}]}


def test_bids_are_compared_within_one_lot():
    bids = [
        bid("1", "F1", 10, "disqualified", relatedLots=["L1"]),
        bid("2", "F2", 12, relatedLots=["L1"]),
        bid("3", "F3", 500, relatedLots=["L2"]),
    ]
    tables = ocds.tables_of([process(1, bids, [award("F3", 500, relatedLots=["L2"])], tender=LOTS)])
    assert answers(tables, "R036") == {"ocds-abc123-1": (0.0, False)}
    assert answers(tables, "R024") == {}
    two = [*bids[1:], bid("4", "F4", 505, relatedLots=["L2"])]
    tables = ocds.tables_of(
        [
            process(
                1,
                two,
                [award("F3", 500, "a1", relatedLots=["L2"]), award("F2", 12, "a2", relatedLots=["L1"])],
                tender=LOTS,
            )
        ]
    )
    assert answers(tables, "R024") == {"ocds-abc123-1": (pytest.approx(0.01), False)}


def test_bids_of_several_lots_that_name_none_are_not_compared():
    tables = ocds.tables_of(
        [process(1, [bid("1", "F1", 100), bid("2", "F2", 100)], [award("F1", 100)], tender=LOTS)]
    )
    assert answers(tables, "R028") == {} and answers(tables, "R024") == {}


def test_currencies_are_never_mixed():
    other = process(
        0,
        [bid("1", "F1", 100, currency="USD"), bid("2", "F2", 101, currency="USD")],
        [award("F1", 100, currency="KRW")],
    )
    found = answers(ocds.tables_of([other, *ordinary(1, 12)]), "R024")
    assert "ocds-abc123-0" not in found and len(found) == 11
    same = ocds.tables_of(
        [process(1, [bid("1", "F1", 100), bid("2", "F2", 100, currency="USD")], [award("F1", 100)])]
    )
    assert answers(same, "R028") == {"ocds-abc123-1": (0.0, False)}


def test_prices_of_nothing_are_no_identical_prices():
    tables = ocds.tables_of(
        [process(1, [bid("1", "F1", 0), bid("2", "F2", 0), bid("3", "F3", 90)], [award("F3", 90)])]
    )
    assert answers(tables, "R028") == {"ocds-abc123-1": (0.0, False)}


def test_one_process_is_no_outlier_among_itself():
    tables = ocds.tables_of([process(1, [bid("1", "F1", 100), bid("2", "F2", 105)], [award("F1", 100)])])
    assert answers(tables, "R024") == {"ocds-abc123-1": (pytest.approx(0.05), False)}
    assert answers(tables, "R058") == {"ocds-abc123-1": (pytest.approx(0.05), False)}


def test_the_same_process_in_two_projects_is_two_rows():
    process_ = {
        "id": "ocds-abc123-1",
        "summary": {"contractValue": {"amount": 5, "currency": "KRW"}, "suppliers": [{"id": "F"}]},
    }
    tables = oc4ids.tables_of(
        [{"id": f"oc4ids-abc123-{n}", "contractingProcesses": [process_]} for n in range(2)]
    )
    assert tables["contracts"]["contract_id"].is_unique and tables["tenders"]["tender_id"].is_unique
    flags.evaluate(tables)


# What looks like one thing and is another -------------------------------------------------------------------------------------


def test_a_partner_or_the_winner_of_another_lot_that_works_for_the_contractor_has_not_lost():
    joint = {"tenderers": [{"id": "A"}, {"id": "B"}]}
    won = award("A", 100)
    won["suppliers"].append({"id": "B"})
    parts = [{"id": str(n), "subcontractor": {"id": firm}} for n, firm in enumerate("BCD")]
    won["subcontracting"] = {"subcontracts": parts}
    other = award("C", 50, number="lot 2")
    bids = [bid("1", "A", 100, **joint), bid("2", "C", 120), bid("3", "D", 130)]
    tables = ocds.tables_of([process(1, bids, [won, other], contracts=[{"id": "c", "awardID": "a"}])])
    assert [value for value, _ in answers(tables, "R070", "contract").values()] == [1], "D alone has lost"


def test_a_tender_that_a_tag_calls_cancelled_is_cancelled_until_it_is_told_otherwise():
    first = {**release(1, "o"), "date": "2024-01-01T00:00:00Z", "tender": {"id": "t", "status": "active"}}
    stop = {
        **release(2, "o"),
        "date": "2024-02-01T00:00:00Z",
        "tag": ["tenderCancellation"],
        "tender": {"id": "t"},
    }
    again = {**release(3, "o"), "date": "2024-03-01T00:00:00Z", "tender": {"id": "t", "status": "active"}}
    for releases, status in (
        ([first, stop], "cancelled"),
        ([first, stop, again], "active"),
        ([stop], "cancelled"),
    ):
        (made,) = ocds.compiled_of(releases, "releases")
        assert made["tender"]["status"] == status


def test_the_value_of_an_award_is_not_that_of_each_of_its_contracts():
    def worth(*contracts):
        tables = ocds.tables_of([process(1, [], [award("A", 100)], contracts=list(contracts))])
        return tables["contracts"]["value_amount"].fillna(-1).tolist()

    assert worth({"id": "c", "awardID": "a"}) == [100]
    assert worth({"id": "c", "awardID": "a"}, {"id": "d", "awardID": "a"}) == [-1, -1]
    cancelled = {"id": "d", "awardID": "a", "status": "cancelled"}
    assert worth({"id": "c", "awardID": "a"}, cancelled) == [100, -1], (
        "one was signed in the place of the other"
    )
    assert worth(cancelled) == [100]


def test_records_of_a_versioned_release_alone_are_said(tmp_path):
    known = record_of(1, whole=release(1))
    versioned = {"ocid": "ocds-abc123-9", "versionedRelease": {"tender": {}}}
    found = data.bring_in([records(tmp_path, known, versioned)])
    assert any("1 record holds nothing but a versioned release" in note for note in found.notes)


def test_one_currency_is_one_in_any_letters_and_a_text_of_two_numbers_is_none():
    bids = [bid("1", "A", 100, currency="KRW"), bid("2", "B", 120, currency="krw ")]
    tables = ocds.tables_of([process(1, bids, [award("A", 100)])])
    assert answers(tables, "R024") and set(tables["bids"]["currency"]) == {"KRW"}
    texts = ["1.000", "12.500", "-3.250", "1000.000", "0.125", "12.50"]
    found = [shape.number(text) for text in texts]
    assert found == [None, None, None, 1000, 0.125, 12.5]


def test_a_text_that_can_be_no_thousands_is_a_number():
    def place(*coordinates):
        where = [{"id": "l", "geometry": {"type": "Point", "coordinates": list(coordinates)}}]
        made = oc4ids.tables_of([{"id": "p", "locations": where}])["projects"]
        return made[["longitude", "latitude"]].fillna(-1).to_numpy().tolist()

    assert place("36.817", "-1.286") == [[36.817, -1.286]]
    assert place("336.817", "-1.286") == [[-1, -1]], "no place"


@pytest.mark.parametrize(
    ("agreed", "old", "new", "known"),
    [("KES", "KES", "kes", True), ("KES", "USD", "USD", False), ("KES", "KES", "USD", False), (None, "USD", "USD", True), ("KES", None, None, True)],
)  # fmt: skip
def test_a_change_in_another_currency_than_its_contract_adds_nothing_that_is_known(agreed, old, new, known):
    def value(amount, currency):
        return {"amount": amount, **({"currency": currency} if currency else {})}

    change = {"id": "m", "oldContractValue": value(100, old), "newContractValue": value(150, new)}
    summary = {"contractValue": value(1000, agreed), "modifications": [change]}
    tables = oc4ids.tables_of([{"id": "p", "contractingProcesses": [{"id": "o", "summary": summary}]}])
    assert tables["modifications"]["new_value"].notna().tolist() == [known]


def test_a_sum_of_money_is_no_share_of_the_work():
    seen = {"period": {"endDate": "2024-01-31"}, "value": {"amount": 5, "currency": "KES"}}
    metrics = [{"id": name, "observations": [seen]} for name in ("financialProgress", "costToDate")]
    summary = {"contractValue": {"amount": 10}}
    project = {"id": "p", "contractingProcesses": [{"id": "o", "summary": summary}], "metrics": metrics}
    progress = oc4ids.tables_of([project])["progress"]
    assert progress["cost"].tolist() == [5] and progress.get("paid", pd.Series([None])).isna().all()


def test_firms_that_have_a_contract_together_are_one_contractor_and_not_the_first_of_them():
    won = award("B", 100)
    won["suppliers"].append({"id": "A", "name": "Aa"})
    tables = ocds.tables_of([process(1, [], [won], contracts=[{"id": "c", "awardID": "a"}])])
    assert tables["contracts"]["supplier_id"].tolist() == ["A + B"]
    summary = {
        "contractValue": {"amount": 10},
        "suppliers": [{"id": "B", "name": "Bb"}, {"id": "A", "name": "Aa"}],
    }
    tables = oc4ids.tables_of([{"id": "p", "contractingProcesses": [{"id": "o", "summary": summary}]}])
    assert tables["contracts"][["supplier_id", "supplier_name"]].to_numpy().tolist() == [["A + B", "Aa + Bb"]]
    summary["suppliers"].append({"address": {}})
    tables = oc4ids.tables_of([{"id": "p", "contractingProcesses": [{"id": "o", "summary": summary}]}])
    assert tables["contracts"]["supplier_id"].tolist() == [None], "whoever else is one of them is not known"


def test_a_contractor_that_is_listed_under_two_ids_is_one_firm():
    firms = [{"id": "3f30", "name": "Aa"}, {"id": "EAM98", "name": "Aa"}]
    won = {**award("B", 100), "suppliers": firms}
    of_ocds = ocds.tables_of([process(1, [], [won], contracts=[{"id": "c", "awardID": "a"}])])
    summary = {"contractValue": {"amount": 10}, "suppliers": firms}
    of_oc4ids = oc4ids.tables_of([{"id": "p", "contractingProcesses": [{"id": "o", "summary": summary}]}])
    for tables in (of_ocds, of_oc4ids):
        assert tables["contracts"][["supplier_id", "supplier_name"]].to_numpy().tolist() == [["3f30", "Aa"]]


@pytest.mark.parametrize(
    ("measures", "said"), [((0.2, 0.9), True), ((0.2, 1), True), ((0.2, 40), False), ((0, 1), False)]
)
def test_progress_in_shares_of_one_is_said(measures, said):
    seen = [
        {"period": {"endDate": f"2024-0{n}-28"}, "measure": value}
        for n, value in enumerate(measures, start=1)
    ]
    project = {"id": "p", "metrics": [{"id": "physicalProgress", "observations": seen}]}
    notes = Doubts().take(oc4ids.tables_of([project])).notes()
    assert any("is 1 all of the work?" in note for note in notes) == said
