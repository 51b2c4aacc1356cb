"""Tables on disk: the same as in memory, believed only when untouched, never half-written."""

import json

import pytest
from pandas.testing import assert_frame_equal

from cleanworks import city
from cleanworks.city import assembly, schemas, storage
from cleanworks.errors import InputError


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("data")
    city.write(path, integrity=False)
    return path


@pytest.fixture
def ready(folder, monkeypatch):
    """An environment that points at the ready-made tables, with nothing remembered."""
    monkeypatch.setenv("CLEANWORKS_DATA", str(folder))
    monkeypatch.delenv("CLEANWORKS_PROFILE", raising=False)
    city._read.cache_clear()
    return folder


def forbid_making(monkeypatch):
    def refuse(*_):
        raise AssertionError("the city was made although ready-made tables are there")

    monkeypatch.setattr(city, "_works", refuse)


def test_written_and_made_tables_are_the_same(ready, monkeypatch):
    forbid_making(monkeypatch)
    made = city.make()
    for name in schemas.CONSTRUCTION:
        assert_frame_equal(city.load(name), made[name])


def test_nothing_but_tables_and_manifest_is_left(folder):
    assert {p.name for p in folder.iterdir()} == {"manifest.json"} | {
        f"{n}.csv" for n in schemas.CONSTRUCTION
    }


def test_the_manifest_counts_rows(folder):
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["tables"]["projects"]["rows"] == 300
    assert (folder / "projects.csv").read_text(encoding="utf-8").count("\n") == 301


def test_pieces_written_one_after_the_other_are_the_whole(tmp_path, seoul):
    one = storage.write(tmp_path / "one", 250, 5, seoul, blocks_at_once=1)
    all_ = storage.write(tmp_path / "all", 250, 5, seoul, blocks_at_once=10)
    assert one == all_


def test_another_profile_is_made_and_not_read(ready):
    there = set(city.load("projects")["district"])
    here = set(city.load("projects", profile="exampleland")["district"])
    assert not there & here


def test_tables_of_older_code_are_made_again(tmp_path, monkeypatch):
    manifest = city.write(tmp_path, integrity=False)
    (tmp_path / "manifest.json").write_text(
        json.dumps({**manifest, "fingerprint": manifest["fingerprint"][:-1] + "-"})
    )
    monkeypatch.setenv("CLEANWORKS_DATA", str(tmp_path))
    (tmp_path / "projects.csv").unlink()
    assert len(city.load("projects")) == 300


def test_a_table_that_is_not_in_the_folder_is_made(ready):
    assert len(city.load("institutions")) > 0


def test_a_changed_file_is_refused(tmp_path, monkeypatch):
    city.write(tmp_path, integrity=False)
    monkeypatch.setenv("CLEANWORKS_DATA", str(tmp_path))
    path = tmp_path / "claims.csv"
    path.write_text(path.read_text(encoding="utf-8").replace("CL-000001", "CL-999999"), encoding="utf-8")
    city._read.cache_clear()
    with pytest.raises(
        InputError, match=r"claims\.csv: The data file of table 'claims' was changed.*Make the data again"
    ):
        city.load("claims")
    path.unlink()
    with pytest.raises(InputError, match="table 'claims' is missing"):
        city.load("claims")


@pytest.mark.parametrize("text", ["not json", "[]", "{}"])
def test_a_broken_manifest_is_refused(tmp_path, monkeypatch, text):
    (tmp_path / "manifest.json").write_text(text)
    monkeypatch.setenv("CLEANWORKS_DATA", str(tmp_path))
    with pytest.raises(InputError, match="list of data files cannot be read"):
        city.load("projects")


def test_a_manifest_cannot_point_out_of_its_folder(tmp_path, monkeypatch, seoul):
    city.write(tmp_path / "data", integrity=False)
    manifest = tmp_path / "data" / "manifest.json"
    manifest.write_text(manifest.read_text().replace('"claims.csv"', '"../claims.csv"'))
    (tmp_path / "data" / "claims.csv").rename(tmp_path / "claims.csv")
    monkeypatch.setenv("CLEANWORKS_DATA", str(tmp_path / "data"))
    city._read.cache_clear()
    with pytest.raises(InputError, match="outside its folder"):
        city.load("claims")


def test_an_absent_folder_means_making(tmp_path, monkeypatch):
    monkeypatch.setenv("CLEANWORKS_DATA", str(tmp_path / "nowhere"))
    assert len(city.load("projects")) == 300


def test_a_run_that_stops_leaves_the_good_files_alone(tmp_path, monkeypatch, seoul):
    storage.write(tmp_path, 50, 1, seoul)
    before = {p.name: p.read_bytes() for p in tmp_path.iterdir()}
    real = assembly.pieces

    def stops(*args, **more):
        yield next(real(*args, **more))
        raise KeyboardInterrupt

    monkeypatch.setattr(assembly, "pieces", stops)
    with pytest.raises(KeyboardInterrupt):
        storage.write(tmp_path, 900, 2, seoul)
    assert {p.name: p.read_bytes() for p in tmp_path.iterdir()} == before


def test_a_folder_that_cannot_be_written_to(tmp_path, seoul):
    (tmp_path / "file").write_text("x")
    with pytest.raises(InputError, match="cannot be written"):
        storage.write(tmp_path / "file" / "data", 10, 1, seoul)


def test_a_full_disk_leaves_nothing_behind(tmp_path, monkeypatch, seoul):
    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(storage, "to_csv", full)
    with pytest.raises(InputError, match="No space left on device"):
        storage.write(tmp_path, 10, 1, seoul)
    assert list(tmp_path.iterdir()) == []


def test_a_file_is_read_once_in_a_session(ready, monkeypatch):
    reads = []
    real = storage.read_trusted
    monkeypatch.setattr(storage, "read_trusted", lambda path, name: reads.append(name) or real(path, name))
    city.load("projects")
    city.load("projects")
    assert reads == ["projects"]
