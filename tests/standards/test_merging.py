"""Merging releases: the rules of OCDS 1.1, and the same results as the reference tool on a thousand generated histories."""

from __future__ import annotations

import json
import random
import warnings

import pytest

from cleanworks.standards import fields, merging, ocds


def history(seed):
    """Releases of one process that add, change, remove and replace at every depth."""
    rng = random.Random(seed)
    words = ["a", "b", "c", None, "", "a b", 0, 5, 2.5, True]

    def value(field, depth):
        if field.depth and field.kind in fields.SIMPLE:
            return rng.choice([[], ["x"], ["x", "y"], ["z"]])
        if field.kind in fields.SIMPLE:
            return rng.choice(words)
        if field.depth:
            return [
                element(field.kind, depth + 1, number) for number in rng.sample("1234", rng.randint(0, 3))
            ]
        return element(field.kind, depth + 1, None)

    def element(kind, depth, number):
        known = fields.objects("releases")[kind]
        names = [name for name in known if name != "id"]
        chosen = rng.sample(names, min(len(names), rng.randint(0, 3))) if depth < 5 else []
        made = {name: value(known[name], depth) for name in chosen}
        if "id" in known and number is not None and rng.random() < 0.9:
            made["id"] = number
        return made

    releases = []
    for day in range(1, rng.randint(2, 6)):
        whole = element("Release", 0, None)
        releases.append(
            {
                **whole,
                "ocid": "ocds-abc123-1",
                "id": str(day),
                "date": f"2024-03-{day:02d}T00:00:00Z",
                "tag": ["tender"],
            }
        )
    rng.shuffle(releases)
    return releases


def flat(rules, place=()):
    for name, rule in rules.items():
        if isinstance(rule, dict):
            yield from flat(rule, (*place, name))
        else:
            yield (*place, name), rule


@pytest.mark.parametrize("block", range(10))
def test_a_thousand_histories_give_what_the_reference_tool_gives(block):
    ocdsmerge = pytest.importorskip("ocdsmerge")
    merger = ocdsmerge.Merger(merge_rules=dict(flat(fields.merge_rules())))
    for seed in range(block * 100, block * 100 + 100):
        releases = history(seed)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            expected = merger.create_compiled_release(json.loads(json.dumps(releases)))
        assert merging.compiled(releases) == expected, seed


def with_ids(value, change):
    """A value with the ids of all its objects changed."""
    if isinstance(value, list):
        return [with_ids(one, change) for one in value]
    if not isinstance(value, dict):
        return value
    return {
        name: change(one) if name == "id" and isinstance(one, str | int) else with_ids(one, change)
        for name, one in value.items()
    }


def test_an_id_that_is_now_a_number_and_now_a_text_stays_one_thing():
    """The reference tool writes what a later release repeats into the first, and the rest into a second thing; here both are one."""
    ocdsmerge = pytest.importorskip("ocdsmerge")
    merger = ocdsmerge.Merger(merge_rules=dict(flat(fields.merge_rules())))
    for seed in range(100):
        rng, releases = random.Random(seed), history(seed)
        mixed = with_ids(releases, lambda one, rng=rng: int(one) if rng.random() < 0.5 else one)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            expected = merger.create_compiled_release(releases)
        assert with_ids(merging.compiled(mixed), str) == with_ids(expected, str), seed


def test_the_rules_are_those_of_the_official_schema(shared_data):
    rules = pytest.importorskip("ocdsmerge.rules")
    from cleanworks.standards.validate import merge_patch

    folder = shared_data / "ocds-1.1.5"
    schema = json.loads((folder / "release-schema.json").read_text())
    for extension in sorted(folder.glob("extensions/*/release-schema.json")):
        schema = merge_patch(schema, json.loads(extension.read_text()))
    official, ours = rules.get_merge_rules(schema), dict(flat(fields.merge_rules()))
    assert {place: ours.get(place) for place in official} == official
    # What is ours alone are the lists of texts of the extensions for lots.
    assert all(place[-1] == "relatedLots" for place in set(ours) - set(official))


def release(number, date, **members):
    return {"ocid": "ocds-abc123-1", "id": str(number), "date": date, "tag": ["tender"], **members}


def test_releases_are_ordered_by_their_moment():
    early = release(1, "2024-03-01T08:00:00+09:00", tender={"id": "t", "status": "active"})
    late = release(2, "2024-03-01T01:00:00Z", tender={"id": "t", "status": "complete"})
    for order in ([early, late], [late, early]):
        whole = merging.compiled(order)
        assert whole["tender"]["status"] == "complete"
        assert whole["date"] == "2024-03-01T01:00:00Z"


def test_of_two_releases_of_one_moment_the_later_in_the_file_decides():
    one = release(1, "2024-03-01T09:00:00+09:00", tender={"id": "t", "status": "active"})
    two = release(2, "2024-03-01T00:00:00Z", tender={"id": "t", "status": "complete"})
    assert merging.compiled([one, two])["tender"]["status"] == "complete"
    assert merging.compiled([two, one])["tender"]["status"] == "active"


def test_null_removes_a_value_and_lists_of_texts_are_replaced():
    whole = merging.compiled(
        [
            release(
                1,
                "2024-03-01T00:00:00Z",
                tender={"id": "t", "description": "x", "additionalProcurementCategories": ["goods", "works"]},
            ),
            release(
                2,
                "2024-03-02T00:00:00Z",
                tender={"id": "t", "description": None, "additionalProcurementCategories": ["works"]},
            ),
        ]
    )
    assert whole["tender"] == {"id": "t", "additionalProcurementCategories": ["works"]}


def test_what_one_release_tells_apart_is_not_merged_into_one():
    """Three bids with one id in one release are three bids, also where a later release says more of the process."""
    bids = [
        {
            "id": "1",
            "tenderers": [{"id": firm}],
            "status": "valid",
            "value": {"amount": 100, "currency": "KRW"},
        }
        for firm in "ABC"
    ]
    first = release(1, "2024-03-01T00:00:00Z", tender={"id": "t"}, bids={"details": bids})
    later = release(2, "2024-03-02T00:00:00Z", tender={"id": "t", "status": "complete"})
    for releases in ([first], [first, later]):
        (whole,) = ocds.compiled_of(releases, "releases")
        assert sorted(ocds.tables_of([whole])["bids"]["tenderer_id"]) == ["A", "B", "C"]
        assert ocds.tables_of([whole])["bids"]["bid_id"].is_unique


def test_elements_of_any_kind_can_be_merged():
    odd = release(
        1,
        "2024-03-01T00:00:00Z",
        awards=[{"id": {"a": 1}, "title": "x"}, {"id": ["b"]}],
        tender="none",
        bids=[1, 2],
    )
    even = release(
        2, 20240302, awards=[{"id": {"a": 1}, "status": "active"}], tender={"id": "t"}, bids={"details": None}
    )
    assert merging.compiled([odd, even])["awards"][0]["status"] == "active"
