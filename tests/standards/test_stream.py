"""Reading files element by element, and what a person is told who hands in a broken one."""

from __future__ import annotations

import gzip
import json
import tracemalloc

import pytest

from cleanworks.errors import InputError
from cleanworks.standards import stream

PROJECTS = [{"id": f"oc4ids-abc123-{n}", "title": f"Bridge {n}, 교량"} for n in range(5)]
PACKAGE = {
    "uri": "https://example.org",
    "publishedDate": "2026-01-01T00:00:00Z",
    "version": "0.9",
    "publisher": {"name": "City"},
    "projects": PROJECTS,
}


def read(path):
    source = stream.open_source(path)
    return source, [element.value for element in source.elements]


def put(folder, content, name="file.json"):
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


@pytest.mark.parametrize("indent", [None, 2])
def test_a_package(tmp_path, indent):
    source, found = read(put(tmp_path, json.dumps(PACKAGE, indent=indent, ensure_ascii=False)))
    assert (source.list_name, source.package, found) == ("projects", True, PROJECTS)
    assert source.header == {key: value for key, value in PACKAGE.items() if key != "projects"}


def test_a_package_whose_head_comes_after_the_list(tmp_path):
    turned = {"projects": PROJECTS, **{k: v for k, v in PACKAGE.items() if k != "projects"}}
    source, found = read(put(tmp_path, json.dumps(turned)))
    assert found == PROJECTS and source.header["version"] == "0.9"


def test_lines_with_their_numbers(tmp_path):
    path = put(
        tmp_path, "\n".join(json.dumps(one) for one in PROJECTS[:2]) + "\n\n" + json.dumps(PROJECTS[2])
    )
    source = stream.open_source(path)
    assert [(e.number, e.line) for e in source.elements] == [(1, 1), (2, 2), (3, 4)]
    assert not source.package


def test_a_file_with_a_byte_order_mark_and_a_compressed_one(tmp_path):
    text = json.dumps(PACKAGE)
    assert read(put(tmp_path, b"\xef\xbb\xbf" + text.encode()))[1] == PROJECTS
    assert read(put(tmp_path, gzip.compress(text.encode()), "file.json.gz"))[1] == PROJECTS


@pytest.mark.parametrize("escaped", [False, True])
@pytest.mark.parametrize("size", [1, 2, 3, 7, 64])
def test_windows_of_any_size_give_the_same(tmp_path, monkeypatch, size, escaped):
    # Numbers, texts with quotes and characters of three bytes are all cut somewhere.
    values = [
        {"id": "oc4ids-abc123-1", "n": 1234567, "t": 'a "b" \\ 교량', "x": [1.5e3, True, None]},
        {"id": "oc4ids-abc123-2", "n": -1},
    ]
    path = put(
        tmp_path, json.dumps({"version": "0.9", "projects": values, "number": 12}, ensure_ascii=escaped)
    )
    monkeypatch.setattr(stream, "CHUNK", size)
    source, found = read(path)
    assert found == values and source.header["number"] == 12


def test_memory_does_not_grow_with_the_file(tmp_path):
    import tracemalloc

    def peak(number):
        path = tmp_path / f"{number}.jsonl"
        with path.open("w") as file:
            for n in range(number):
                file.write(json.dumps({"id": f"oc4ids-abc123-{n}", "title": "x" * 2000}) + "\n")
        tracemalloc.start()
        assert sum(1 for _ in stream.open_source(path).elements) == number
        used = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return used

    # 4 MB and 40 MB: both windows are full.
    assert peak(20_000) < 1.2 * peak(2_000)


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ({"id": "oc4ids-abc123-1"}, "projects"),
        ({"id": "1", "contractingProcesses": []}, "projects"),
        ({"ocid": "ocds-1", "tag": ["tender"]}, "releases"),
        ({"ocid": "ocds-1", "compiledRelease": {}}, "records"),
        ({"ocid": "ocds-1", "releases": []}, "records"),
    ],
)
def test_kinds_of_lines(tmp_path, value, kind):
    source, found = read(put(tmp_path, json.dumps(value)))
    assert source.list_name == kind and found == [value]


@pytest.mark.parametrize("escaped", [False, True])
def test_every_cut_gives_one_message(tmp_path, escaped):
    small = {**PACKAGE, "projects": [{**PROJECTS[0], "n": -1.5e3, "f": [True, None]}]}
    text = json.dumps(small, ensure_ascii=escaped).encode()
    for length in range(1, len(text)):
        with pytest.raises(InputError) as caught:
            read(put(tmp_path, text[:length]))
        message = caught.value.message
        assert "file.json" in message and (
            "stops in the middle of" in message or "is not UTF-8" in message
        ), (length, message)


def test_the_message_names_the_project_and_the_line(tmp_path):
    text = json.dumps(PACKAGE, indent=1)
    cut = text[: text.index("Bridge 3")]
    with pytest.raises(InputError, match=r"line \d+: The file stops in the middle of project 4\."):
        read(put(tmp_path, cut))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "The file is empty"),
        ("   \n ", "The file is empty"),
        ("[1, 2]", "bare list, not a package"),
        (
            '{"version": "1.1", "releases": [{"ocid": "1"}], "records": [{"ocid": "2"}]}',
            "line 1: The package holds two lists, releases and records",
        ),
        (
            '{"ocid": "1"}\n{"ocid": "2", "compiledRelease": {}}',
            "line 2: element 2 is one of records, and those before it are releases",
        ),
        ("<html>", "web page or XML"),
        ("id,title\n1,Road", "not JSON"),
        (b"PK\x03\x04\x14\0\0\0\x08\0", "zip file or a spreadsheet"),
        # Without the time of packing, which would give the test another name in another second and process.
        (gzip.compress(gzip.compress(b'{"ocid": "1"}', mtime=0), mtime=0), "packed twice"),
        ('{"a": 1}'.encode("utf-16"), "UTF-16"),
        (
            '{"id": "oc4ids-abc123-1", "title": "Stra\u00dfe"}'.encode("latin-1"),
            r"line 1: Byte \d+ is not UTF-8 text.*EUC-KR",
        ),
        ('{"name": "GeoJSON"}', "neither OCDS nor OC4IDS.*begins with: name"),
        ("{}", "neither OCDS nor OC4IDS.*begins with: nothing"),
        ('{"version": "0.9", "projects": [1]}', "project 1 is a number, not an object"),
        ('{"version": "0.9", "projects": [{"id": "x",}]}', "not valid JSON in project 1"),
        ('{"version": "0.9", "projects": [{}]} {}', "Something follows"),
        ('{"version": "0.9" "projects": [{}]}', "A member's name in quotes|Expected"),
        ('{"version": "1.1", "projects": []}', "OC4IDS version 1.1; 0.9 is read here"),
        ('{"releases": [{"ocid": "x"}], "version": "2.0"}', "OCDS version 2.0; 1.1 is read here"),
        ('{"ocid": "a"}\n{"ocid": ', "stops in the middle of element 2"),
        ('{"ocid": "a"}\n["x"]', "line 2: element 2 is a list"),
        ('{"ocid": "a", "x": ' + "[" * 100_000, "nested too deeply|stops in the middle"),
    ],
)
def test_bad_files_get_one_sentence(tmp_path, content, message):
    with pytest.raises(InputError, match=message):
        read(put(tmp_path, content))


def test_other_versions_that_begin_alike(tmp_path):
    source, _ = read(put(tmp_path, '{"version": "1.1.5", "releases": [{"ocid": "x"}]}'))
    assert source.header["version"] == "1.1.5"
    with pytest.raises(InputError, match=r"version 0\.95"):
        read(put(tmp_path, '{"version": "0.95", "projects": []}'))


def test_no_such_file_and_a_broken_archive(tmp_path):
    with pytest.raises(InputError, match="no such file"):
        stream.open_source(tmp_path / "nothing.json")
    broken = gzip.compress(json.dumps(PACKAGE).encode())[:60]
    with pytest.raises(InputError, match="compressed file is damaged"):
        read(put(tmp_path, broken, "b.json.gz"))


# Files that would not fit into memory ------------------------------------------------------------------------------------


def test_an_element_without_an_end_is_one_message_before_it_fills_the_memory(tmp_path, monkeypatch):
    monkeypatch.setattr(stream, "LONGEST", 1 << 21)
    head = '{"version": "0.9", "projects": [{"id": "oc4ids-abc123-1", "title": "'
    path = put(tmp_path, head + "a" * (24 << 20))
    tracemalloc.start()
    try:
        with pytest.raises(InputError, match=r"2,097,152 characters have no end \(project 1\)"):
            read(path)
        assert tracemalloc.get_traced_memory()[1] < 14 << 20  # the file is larger
    finally:
        tracemalloc.stop()


def test_a_package_on_one_line_may_have_any_size(tmp_path, monkeypatch):
    monkeypatch.setattr(stream, "LONGEST", 1 << 17)
    many = [{"id": f"oc4ids-abc123-{n}", "title": "x" * 1000} for n in range(4000)]
    path = put(tmp_path, json.dumps({**PACKAGE, "projects": many}))
    assert len(read(path)[1]) == 4000


def test_what_unpacks_to_hundreds_of_times_its_size_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(stream, "ENOUGH", 1 << 20)
    path = put(tmp_path, gzip.compress(b" " * (8 << 20) + json.dumps(PACKAGE).encode()), "bomb.json.gz")
    with pytest.raises(
        InputError, match=r"bomb\.json\.gz: The compressed file unpacks to more than 300 times"
    ):
        read(path)
    monkeypatch.setattr(stream, "ENOUGH", 1 << 30)
    assert read(path)[1] == PROJECTS


def test_a_number_of_thousands_of_digits_is_one_message(tmp_path):
    path = put(tmp_path, '{"ocid": "a", "tender": {"value": {"amount": ' + "1" * 5000 + "}}}")
    with pytest.raises(InputError, match="thousands of digits"):
        read(path)


# The quick reader says what the slower one says ---------------------------------------------------------------------------

RELEASES = [
    {"ocid": f"ocds-a-{n}", "tender": {"id": n, "title": 'x: "y", {z}', "value": {"amount": 1.5}}}
    for n in range(12)
]


@pytest.mark.parametrize("form", ["one line", "own lines", "indented", "JSON lines"])
def test_most_elements_are_read_quickly_and_hold_the_same(tmp_path, monkeypatch, form):
    pytest.importorskip("msgspec")
    if form == "JSON lines":
        content = "\n".join(json.dumps(one) for one in RELEASES)
    elif form == "own lines":
        content = '{"releases": [\n' + ",\n".join(json.dumps(one) for one in RELEASES) + "\n]}"
    else:
        content = json.dumps({"releases": RELEASES}, indent=2 if form == "indented" else None)
    file = put(tmp_path, content)
    slowly, read_slowly = [], stream._Text.value
    monkeypatch.setattr(stream._Text, "value", lambda text: slowly.append(text.unit) or read_slowly(text))
    elements = list(stream.open_source(file).elements)
    assert [one.value for one in elements] == RELEASES
    assert len({unit for unit in slowly if unit[-1].isdigit()}) <= 2  # the first one, and the last one
    parts = stream.divided(file, 300)
    assert len(parts) > 2 and parts[-1].last
    assert [one.value for part in parts for one in stream.open_part(part).elements] == RELEASES


@pytest.mark.parametrize(
    "after",
    ["], %s: [%s]}", "], %s: {}} [%s]", "]} {%s: [%s]}"],
    ids=["a second list", "a list after the package", "a second package"],
)
def test_a_file_is_not_cut_into_parts_inside_what_follows_its_list(tmp_path, after):
    """Between two elements of another list it looks like a place to cut."""
    releases = ", ".join(json.dumps(one) for one in RELEASES)
    file = put(tmp_path, '{"releases": [' + releases + after % ('"others"', releases))
    with pytest.raises(InputError):
        for part in stream.divided(file, 300):
            list(stream.open_part(part).elements)


@pytest.mark.parametrize(
    "wrong",
    [
        '{"ocid": "b", "x": 1, "x": 2}',
        '{"ocid": "b", "x": {"y": 1, "y": 1}}',
        '{"ocid": "b", "x\\u003a": 1, "x": 1, "x": 2}',
        '{"ocid": "b", "x": NaN}',
        '{"ocid": "b", "x": 1e999}',
        '{"ocid": "b", "x": "a\x01"}',
        '{"ocid": "b", "x": "a\tb"}',
        '{"ocid": "b", "x": 01}',
        '{"ocid": "b", "x": [1,]}',
        '{"ocid": "b", "x": "\\q"}',
        '{"ocid": "b", "x": "\\ud800"}',
        '{"ocid": "b", "\\uDE00x": "\\ud83d\\ude00"}',
        '{"ocid": "b", "x": ' + "1" * 5000 + "}",
        "[1]",
    ],
)
@pytest.mark.parametrize("lines", [True, False])
def test_what_is_not_strict_json_gets_the_same_message_from_both(tmp_path, monkeypatch, wrong, lines):
    texts = [json.dumps(one) for one in RELEASES]
    texts[5] = wrong
    content = "\n".join(texts) if lines else '{"releases": [\n' + ",\n".join(texts) + "\n]}"
    path, said = put(tmp_path, content), []
    for one in (stream._msgspec(), None):
        monkeypatch.setattr(stream, "_msgspec", lambda one=one: one)
        with pytest.raises(InputError) as caught:
            read(path)
        said.append(caught.value.message)
    assert said[0] == said[1] and f"line {6 if lines else 7}" in said[0]


def test_what_both_read_is_equal_to_the_last_digit(tmp_path):
    strange = '{"ocid": "b", "n": 123456789012345678901234567890, "x": "\\ud83d\\ude00", "f": 0.1, "g": 1e22, "h": -0.0}'
    texts = [json.dumps(one) for one in RELEASES[:3]] + [strange] + [json.dumps(RELEASES[3])]
    found = read(put(tmp_path, "\n".join(texts)))[1]
    assert [repr(one) for one in found] == [repr(json.loads(one)) for one in texts]
    assert [repr(stream.again(stream.kept(one))) for one in found] == [repr(one) for one in found]
