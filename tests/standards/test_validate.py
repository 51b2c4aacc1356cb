"""Validation: with the official schemas, without them, and what the report says."""

from __future__ import annotations

import copy
import gzip
import json
import shutil
import socket

import pytest

from cleanworks import city
from cleanworks.errors import InputError
from cleanworks.standards import checks, oc4ids, ocds
from cleanworks.standards.validate import KEEP, merge_patch, validate

TABLES = city.make(projects=20)
PROJECTS = list(oc4ids.projects(TABLES, updated="2026-06-30"))
PROJECT = next(
    p for p in PROJECTS if any(c["summary"].get("transactions") for c in p.get("contractingProcesses", []))
)
RELEASE = next(r for r in ocds.compiled(TABLES, published="2026-06-30") if r.get("contracts"))


def put(folder, *elements, head=None):
    path = folder / "file.json"
    if head is not None:
        path.write_text(json.dumps({**head, "projects": list(elements)}))
    else:
        path.write_text("".join(json.dumps(one) + "\n" for one in elements))
    return path


def changed(thing, place, value):
    """A copy with one place changed; ``...`` removes it."""
    made = copy.deepcopy(thing)
    *above, last = place
    inner = made
    for step in above:
        inner = inner[step]
    if value is ...:
        del inner[last]
    else:
        inner[last] = value
    return made


@pytest.mark.parametrize(
    ("file", "folder", "errors"),
    [
        ("oc4ids-0.9.5/examples/example.json", "oc4ids-0.9.5", 0),
        ("ocds-sample/ocds-213czf-000-00001-06-implementation.json", "ocds-1.1.5", 0),
    ],
)
def test_the_official_examples_are_valid_both_ways(shared_data, file, folder, errors):
    assert validate(shared_data / file, shared_data / folder).errors == errors
    assert validate(shared_data / file).errors == errors


def test_real_data_have_the_errors_that_another_validator_finds(shared_data, real_ocds):
    import jsonschema

    report = validate(real_ocds, shared_data / "ocds-1.1.5")
    schema = json.loads((shared_data / "ocds-1.1.5" / "release-schema.json").read_text())
    for name in ("bid", "subcontracting"):
        schema = merge_patch(
            schema,
            json.loads(
                (shared_data / "ocds-1.1.5" / "extensions" / name / "release-schema.json").read_text()
            ),
        )
    validator = jsonschema.Draft4Validator(schema)
    with gzip.open(real_ocds, "rt", encoding="utf-8") as lines:
        others = [
            ["/" + "/".join(map(str, e.absolute_path)) for e in validator.iter_errors(json.loads(line))]
            for line in lines
        ]
    assert report.elements == len(others) == 10
    assert report.invalid == sum(bool(found) for found in others)
    assert sorted(p.path for p in report.problems if p.severity == "error") == sorted(
        path for found in others for path in found
    )


def test_the_schema_is_found_below_the_folder_and_nothing_is_fetched(shared_data, tmp_path, monkeypatch):
    def no_network(*args, **kwargs):
        raise AssertionError("the network was asked")

    monkeypatch.setattr(socket.socket, "connect", no_network)
    assert validate(put(tmp_path, PROJECT), shared_data).ok
    assert validate(put(tmp_path, RELEASE), shared_data).ok


# The same mistakes must be found with the official schema and without it.
MISTAKES = [
    (PROJECT, ("id",), ..., "id is missing"),
    (PROJECT, ("status",), "running", ""),
    (PROJECT, ("period", "startDate"), "2026-13-01", ""),
    (PROJECT, ("budget", "amount", "amount"), "5 million", ""),
    (PROJECT, ("budget", "amount", "currency"), "won", ""),
    (PROJECT, ("contractingProcesses", 0, "summary", "tender", "procurementMethod"), "secret", ""),
    (RELEASE, ("ocid",), ..., ""),
    (RELEASE, ("tag",), ["done"], ""),
    (RELEASE, ("bids", "details", 0, "status"), "lost", ""),
    (RELEASE, ("awards", 0, "id"), ..., ""),
    (RELEASE, ("contracts", 0, "dateSigned"), "yesterday", ""),
    (RELEASE, ("contracts", 0, "value", "amount"), [5], ""),
]


@pytest.mark.parametrize(("thing", "place", "value", "message"), MISTAKES)
@pytest.mark.parametrize("with_schema", [False, True])
def test_mistakes_are_found_with_and_without_the_schema(
    request, tmp_path, thing, place, value, message, with_schema
):
    folder = request.getfixturevalue("shared_data") if with_schema else None
    if place == ("ocid",):
        # A release without an ocid is not known to be one: only inside a package is it checked.
        path = tmp_path / "file.json"
        path.write_text(
            json.dumps(
                {
                    "version": "1.1",
                    "uri": "u:x",
                    "publishedDate": "2026-01-01T00:00:00Z",
                    "publisher": {"name": "N"},
                    "releases": [changed(thing, place, value)],
                }
            )
        )
    else:
        path = put(tmp_path, PROJECT if thing is PROJECT else RELEASE, changed(thing, place, value))
    report = validate(path, folder)
    problems = [one for one in report.problems if one.severity == "error"]
    assert report.invalid == 1 and problems
    assert message in str(problems[0])
    assert "line" in str(problems[0])


def test_without_the_schema_an_organisation_needs_an_id(tmp_path):
    # The official schema lets it have none; but then nothing can point at it.
    report = validate(put(tmp_path, changed(PROJECT, ("parties", 0, "id"), ...)))
    assert "/parties/0" in [one.path for one in report.problems if one.severity == "error"]


@pytest.mark.parametrize(
    ("thing", "place", "value", "message"),
    [
        (PROJECT, ("publicAuthority", "id"), "nobody", "the organisation 'nobody' is not among the parties"),
        (PROJECT, ("period", "endDate"), "1999-01-01T00:00:00Z", "before it begins"),
        (PROJECT, ("id",), "project-1", "registered prefix"),
        (PROJECT, ("metrics", 0, "observations", 0, "measure"), 900, "a progress of 900 % cannot be"),
        (PROJECT, ("metrics", 0, "observations", 0, "measure"), "half", "'half' is not a number"),
        (RELEASE, ("contracts", 0, "awardID"), "A-none", "there is no award 'A-none'"),
        (RELEASE, ("buyer", "id"), "nobody", "not among the parties"),
        (RELEASE, ("ocid",), "1", "registered prefix"),
    ],
)
def test_what_a_schema_cannot_see_is_noted(tmp_path, thing, place, value, message):
    report = validate(put(tmp_path, changed(thing, place, value)))
    assert report.ok  # a note is no error
    assert any(message in one.message for one in report.problems if one.severity == "note"), report.problems


@pytest.mark.parametrize(
    ("kind", "thing", "said"),
    [
        # OCDS takes a null for a single value as its removal; OC4IDS knows no null.
        ("releases", {"language": None}, []),
        ("releases", {"tender": None}, ["null is not an object"]),
        ("projects", {"description": None}, ["null is not a text"]),
        ("projects", {"documents": None}, ["null is not a list"]),
        ("projects", {"description": None, "title": 5}, ["null is not a text", "5 is a number, not a text"]),
        (
            "projects",
            {"description": 4, "title": 5},
            ["4 is a number, not a text", "5 is a number, not a text"],
        ),
        ("projects", {"budget": {"amount": {"amount": "ten"}}}, ["the amount 'ten' is not a number"]),
        # An extension may put money anywhere.
        ("releases", {"x_cost": {"currency": "won"}}, ["'won' is not a currency of three capital letters"]),
        ("projects", {"documents": [{"title": "No id"}]}, ["id is missing"]),
        (
            "releases",
            {"awards": [{"id": "1", "status": "won"}]},
            ["'won' is not in the list of codes: active, cancelled, pending, unsuccessful"],
        ),
        ("releases", {"buyer": {"id": 10**400, "name": "A number longer than any computer counts"}}, []),
    ],
)
def test_kinds_of_values_without_the_schema(kind, thing, said):
    whole = PROJECT if kind == "projects" else RELEASE
    asked = {name: whole[name] for name in ("id", "ocid", "date", "tag", "initiationType") if name in whole}
    assert [sentence for _, sentence in checks.structure({**asked, **thing}, kind)] == said


def test_a_release_names_only_its_parties_and_its_periods_end_after_they_begin():
    def period(start, end):
        return {"startDate": start, "endDate": end}

    release = {
        "ocid": "ocds-abc123-1",
        "parties": [{"id": "a"}],
        "buyer": {"id": "a"},
        "tender": {
            "procuringEntity": {"id": "b"},
            "tenderPeriod": period("2024-03-02T00:00:00Z", "2024-03-01T00:00:00Z"),
            # One moment, written in Seoul and in London.
            "awardPeriod": period("2024-03-02T00:00:00+09:00", "2024-03-01T15:00:00Z"),
        },
    }
    assert list(checks.consistency(release, "releases")) == [
        ("/tender/procuringEntity", "the organisation 'b' is not among the parties"),
        ("/tender/tenderPeriod", "it ends (2024-03-01) before it begins (2024-03-02)"),
    ]


def test_a_progress_is_looked_at_also_where_money_stands_beside_it():
    observations = [{"measure": 250, "value": {"amount": 1}}, {"value": {"amount": 1}}]
    project = {"metrics": [{"id": "physicalProgress", "observations": observations}]}
    assert list(checks.consistency(project, "projects"))[-1:] == [
        ("/metrics/physicalProgress", "a progress of 250 % cannot be")
    ]


def test_a_transaction_that_names_no_milestone_and_one_below_zero(tmp_path):
    number = next(
        n for n, c in enumerate(PROJECT["contractingProcesses"]) if c["summary"].get("transactions")
    )
    place = ("contractingProcesses", number, "summary", "transactions", 0)
    wrong = changed(PROJECT, (*place, "relatedImplementationMilestone", "id"), "gone")
    wrong = changed(wrong, (*place, "value", "amount"), -5)
    wrong = changed(wrong, (*place, "payee"), {"id": "nobody"})
    messages = [one.message for one in validate(put(tmp_path, wrong)).problems]
    assert "there is no milestone 'gone'" in messages and "the amount is negative" in messages
    assert any("the organisation 'nobody' is not among" in message for message in messages)


def test_additional_fields_and_codes_are_notes(shared_data, tmp_path):
    odd = {**PROJECT, "colour": "blue", "sector": ["transport.cableCar"]}
    report = validate(put(tmp_path, odd), shared_data)
    notes = {one.path: one.message for one in report.problems if one.severity == "note"}
    assert report.ok
    assert "additional field" in notes["/colour"]
    assert "'transport.cableCar' is not in the standard's open list" in notes["/sector"]


def test_the_extension_adds_the_role_of_subcontractor(shared_data, tmp_path):
    release = {**RELEASE, "parties": [{"id": "F", "name": "F", "roles": ["subcontractor", "friend"]}]}
    notes = [
        one.message
        for one in validate(put(tmp_path, release), shared_data).problems
        if one.path == "/parties/roles"
    ]
    assert notes == ["the code 'friend' is not in the standard's open list"]


HEAD = {
    "uri": "https://example.org/p",
    "publishedDate": "2026-06-30T00:00:00Z",
    "version": "0.9",
    "publisher": {"name": "City"},
}


@pytest.mark.parametrize("with_schema", [False, True])
def test_the_head_of_a_package_is_checked(request, tmp_path, with_schema):
    folder = request.getfixturevalue("shared_data") if with_schema else None
    assert validate(put(tmp_path, PROJECT, head=HEAD), folder).ok
    bad = {key: value for key, value in HEAD.items() if key != "publisher"}
    report = validate(put(tmp_path, PROJECT, head=bad), folder)
    assert [one.message for one in report.problems if one.severity == "error"] == ["publisher is missing"]
    assert all(str(one).startswith("the package, /") or one.severity == "note" for one in report.problems)


def test_an_empty_package_and_two_equal_ids(tmp_path):
    assert not validate(put(tmp_path, head=HEAD)).ok
    report = validate(put(tmp_path, PROJECT, PROJECT))
    assert [one.message for one in report.problems] == ["an element before it has the same id"]


def test_all_are_counted_and_few_are_kept(tmp_path):
    wrong = [
        {**changed(PROJECT, ("status",), "running"), "id": f"oc4ids-abc123-{n}"} for n in range(KEEP + 30)
    ]
    report = validate(put(tmp_path, *wrong))
    assert (report.elements, report.invalid, report.errors) == (KEEP + 30, KEEP + 30, KEEP + 30)
    assert len(report.problems) == KEEP
    assert len(report.counts) == 1  # one kind of mistake, whatever the values


def test_records(shared_data, tmp_path):
    record = {"ocid": RELEASE["ocid"], "compiledRelease": changed(RELEASE, ("tag",), ["done"])}
    other = {"ocid": "ocds-abc123-1", "releases": []}
    report = validate(put(tmp_path, record, other), shared_data)
    places = {one.path: one.message for one in report.problems if one.severity == "error"}
    assert "/compiledRelease/tag/0" in places
    assert (
        places["/"]
        if "/" in places
        else places[""] == "the record has neither releases nor a compiledRelease"
    )


def test_folders_without_the_schema(shared_data, tmp_path):
    path = put(tmp_path, PROJECT)
    with pytest.raises(InputError, match="no such folder"):
        validate(path, tmp_path / "none")
    with pytest.raises(InputError, match=r"no project-schema\.json.*schema of OC4IDS"):
        validate(path, shared_data / "ocds-1.1.5")
    folder = tmp_path / "schema"
    shutil.copytree(shared_data / "oc4ids-0.9.5", folder)
    (folder / "project-schema.json").chmod(0o644)
    (folder / "project-schema.json").write_text("{")
    with pytest.raises(InputError, match="The schema cannot be read"):
        validate(path, folder)
