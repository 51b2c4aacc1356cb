"""Every JSON kind at every field: the validator names it, and nothing that reads the file stops."""

from __future__ import annotations

import json

import pytest

from cleanworks.construction import flags
from cleanworks.standards import coverage, fields, oc4ids, ocds
from cleanworks.standards.validate import validate

KINDS = {
    "null": None, "true": True, "number": 5, "fraction": 2.5, "text": "text", "blank": " ", "list": [], "list of numbers": [5],
    "list of texts": ["x"], "list of lists": [["x"]], "list of objects": [{"id": ["x"]}], "object": {}, "odd object": {"id": {"a": 1}, "value": [1]},
}  # fmt: skip
VALUES = {
    "text": "x", "id": "1", "number": 0.5, "integer": 1, "flag": True, "moment": "2024-03-01T00:00:00Z", "measure": "50", "object": {"a": 1},
    "any": "x",
}  # fmt: skip


def whole(list_name, kind=None, depth=0, name=""):
    """An object of the standard with every one of its fields filled, as deep as the readers look."""
    made = {}
    for field in fields.objects(list_name)[kind or fields.root(list_name)].values():
        if field.kind in fields.SIMPLE:
            value = {"currency": "KRW", "uri": "https://example.org/", "url": "https://example.org/"}.get(
                field.name, VALUES[field.kind]
            )
        elif depth < 4:
            value = whole(list_name, field.kind, depth + 1, field.name)
        else:
            continue
        for _ in range(field.depth):
            value = [value]
        made[field.name] = value
    if name == "milestones":
        made["type"] = "payment"
    if name in ("forecasts", "metrics"):
        made["id"] = "physicalProgress"
    if kind is None:
        made["id"] = "oc4ids-abc123-1" if list_name == "projects" else "r1"
        if list_name != "projects":
            made |= {"ocid": "ocds-abc123-1", "tag": ["compiled"], "initiationType": "tender"}
    return made


def places(value, place=()):
    """Every place of an object, with what stands there."""
    for key, member in (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    ):
        yield (*place, key), member
        yield from places(member, (*place, key))


def put(value, place, other):
    """A copy of the object with another value at one place."""
    if not place:
        return other
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[place[0]] = put(copy[place[0]], place[1:], other)
    return copy


def on_the_way(value, place):
    """The object with nothing below it but what leads to one place: small files are read fast."""
    if not place or not isinstance(value, (dict, list)):
        return value
    if isinstance(value, list):
        return [on_the_way(value[0], place[1:])]
    return {
        key: on_the_way(member, place[1:]) if key == place[0] else member
        for key, member in value.items()
        if key == place[0] or not isinstance(member, (dict, list)) or key == "tag"
    }


def wrong_at_every_field(list_name, kind):
    element = whole(list_name)
    # An object of the same name looks alike wherever it stands: each field of each object once, where it comes first.
    seen, made = set(), []
    for place, there in places(element):
        names = tuple(part for part in place if isinstance(part, str))[-2:]
        if (names, isinstance(place[-1], int)) in seen or type(there) is type(KINDS[kind]):
            continue
        seen.add((names, isinstance(place[-1], int)))
        made.append(put(on_the_way(element, place), place, KINDS[kind]))
    return made


@pytest.mark.parametrize(
    ("list_name", "kinds"),
    [
        ("releases", ["fraction", "odd object"]),
        pytest.param("releases", list(KINDS), marks=pytest.mark.everything),
        pytest.param("projects", list(KINDS), marks=pytest.mark.everything),
    ],
    ids=["two kinds in releases", "releases", "projects"],
)
def test_no_kind_of_value_at_any_field_stops_a_reader(tmp_path, list_name, kinds):
    elements = [element for kind in kinds for element in wrong_at_every_field(list_name, kind)]
    assert len(elements) > 200 * len(kinds)
    file = tmp_path / "odd.jsonl"
    key = "id" if list_name == "projects" else "ocid"
    # Ids that are texts differ, so that the file holds as many processes as lines.
    for number, element in enumerate(elements):
        if isinstance(element.get(key), str) and element[key].strip():
            element[key] = f"{element[key]}{number}"
    # The first line tells what the file is.
    elements.insert(0, {**whole(list_name), key: whole(list_name)[key] + "-first"})
    file.write_text("\n".join(json.dumps(element) for element in elements), encoding="utf-8")
    report = validate(file)
    assert report.elements == len(elements)
    reader = oc4ids if list_name == "projects" else ocds
    tables = reader.read(file)
    assert len(tables["tenders" if list_name == "releases" else "projects"]) >= len(elements) - 40
    answers = flags.evaluate(tables)
    assert set(answers["code"]) <= set(flags.possible(flags.filled_columns(tables)).query("possible").index)
    assert coverage.of_file(file).elements <= len(elements)


@pytest.mark.parametrize("list_name", ["projects", "releases"])
@pytest.mark.parametrize("kind", ["text", "list of lists", "odd object"])
def test_a_wrong_kind_is_an_error_with_its_place_and_the_kind_that_belongs_there(tmp_path, list_name, kind):
    file = tmp_path / "odd.jsonl"
    element = whole(list_name)
    known = fields.objects(list_name)[fields.root(list_name)]
    for field in known.values():
        if field.kind in ("text", "object", "any") and kind == "text" and not field.depth:
            continue  # this text is what belongs there
        if field.kind == "object" or (
            field.kind not in fields.SIMPLE and not field.depth and kind == "odd object"
        ):
            continue
        file.write_text(json.dumps(put(element, (field.name,), KINDS[kind])), encoding="utf-8")
        if field.name in ("ocid", "id") and kind != "text":
            continue  # a line without its id cannot be told to be a release
        report = validate(file)
        assert any(
            problem.path.startswith(f"/{field.name}")
            for problem in report.problems
            if problem.severity == "error"
        ), field


def test_a_whole_element_is_valid(tmp_path, shared_data):
    for list_name, schema in (("projects", "oc4ids-0.9.5"), ("releases", "ocds-1.1.5")):
        element = whole(list_name)
        file = tmp_path / f"{list_name}.jsonl"
        file.write_text(json.dumps(element), encoding="utf-8")
        without = validate(file)
        by_schema = validate(file, shared_data / schema)
        # Codes, addresses and places are invented here; kinds, required fields and days are right by both.
        invented = ("list of codes", "candidates", "not one of", 'is not a "')
        for report in (without, by_schema):
            errors = [
                problem
                for problem in report.problems
                if problem.severity == "error" and "coordinates" not in problem.path
            ]
            assert not [
                problem for problem in errors if not any(words in problem.message for words in invented)
            ]


@pytest.mark.parametrize("list_name", ["projects", "releases"])
@pytest.mark.parametrize("kind", ["number", "object"])
def test_the_official_schema_finds_no_wrong_kind_that_the_own_checks_do_not(
    tmp_path, shared_data, list_name, kind
):
    file = tmp_path / "odd.jsonl"
    elements = [{**whole(list_name)}, *wrong_at_every_field(list_name, kind)]
    file.write_text("\n".join(json.dumps(element) for element in elements), encoding="utf-8")
    schema = shared_data / ("oc4ids-0.9.5" if list_name == "projects" else "ocds-1.1.5")
    own, official = validate(file), validate(file, schema)
    assert official.errors >= own.errors  # the union never says less
    wrong = {p.number for p in official.problems if p.severity == "error" and "is not of type" in p.message}
    assert wrong <= {p.number for p in own.problems if p.severity == "error"} | set(
        range(KEPT, len(elements) + 2)
    )


KEPT = 40  # problems that a report keeps word for word; those after it cannot be compared
