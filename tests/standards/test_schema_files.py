"""The published schemas: fetched whole or not at all, checked byte for byte, found by name."""

from __future__ import annotations

import hashlib
import http.server
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from cleanworks import cli
from cleanworks.errors import InputError
from cleanworks.standards import schema_files

CONTENT = {"release-schema.json": b'{"properties": {}}', "codelists/method.csv": b"Code\nopen\n"}


@pytest.fixture
def small(monkeypatch) -> schema_files.Set:
    """A standard of two files in the place of the real ones."""
    files = tuple(
        schema_files.File(path, f"owner/repository/0123/{path}", hashlib.sha256(data).hexdigest())
        for path, data in CONTENT.items()
    )
    made = schema_files.Set("ocds-1.1.5", "A standard", "Apache-2.0", True, files)
    monkeypatch.setattr(schema_files, "sets", lambda: {made.name: made})
    return made


@pytest.fixture
def site(tmp_path) -> Iterator[tuple[str, Path]]:
    """Address of a server that has the files, and the folder it serves."""
    folder = tmp_path / "site"
    for path, data in CONTENT.items():
        file = folder / "owner/repository/0123" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None: ...

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", folder / "owner/repository/0123"
        server.shutdown()


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch) -> Path:
    """An empty folder of the user's own."""
    monkeypatch.setenv(schema_files.FOLDER, str(tmp_path / "cache"))
    return tmp_path / "cache"


def test_what_was_fetched_is_found_by_name_and_not_fetched_again(small, site, cache, capsys):
    address, folder = site
    with pytest.raises(InputError, match="cleanworks data schemas"):
        schema_files.schema_folder("ocds-1.1.5")
    assert cli.run(["data", "schemas", "--from", address]) == 0
    assert schema_files.schema_folder("ocds-1.1.5") == cache / "ocds-1.1.5"
    assert {path: (cache / "ocds-1.1.5" / path).read_bytes() for path in CONTENT} == CONTENT
    for file in folder.rglob("*.*"):
        file.unlink()
    assert cli.run(["data", "schemas", "--from", address]) == 0
    assert "here already" in capsys.readouterr().out


def test_a_file_that_was_changed_here_is_not_used_and_is_mended(small, site, cache):
    address, _ = site
    schema_files.fetch([small.name], address=address)
    (cache / "ocds-1.1.5" / "release-schema.json").write_text("{}")
    with pytest.raises(InputError, match="was changed"):
        schema_files.schema_folder("ocds-1.1.5")
    schema_files.fetch([small.name], address=address)
    assert schema_files.find("ocds-1.1.5")


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (
            lambda folder: (folder / "codelists/method.csv").write_text("Code\nclosed\n"),
            "not the file that was published",
        ),
        (lambda folder: (folder / "codelists/method.csv").unlink(), "cannot be fetched"),
    ],
    ids=["another file", "no file"],
)
def test_what_is_not_the_published_file_leaves_everything_as_it_was(small, site, cache, capsys, spoil, said):
    address, folder = site
    spoil(folder)
    assert cli.run(["data", "schemas", "--from", address]) == 2
    error = capsys.readouterr().err
    assert (
        said in error
        and f"{address}/owner/repository/0123/codelists/method.csv" in error
        and schema_files.FOLDER in error
    )
    assert not cache.exists() or not list(cache.iterdir())


def test_without_a_network_one_message_says_what_to_do(small, capsys):
    assert cli.run(["data", "schemas", "--from", "http://127.0.0.1:9"]) == 2
    error = capsys.readouterr().err
    assert "Check the network" in error and "Traceback" not in error


@pytest.mark.parametrize(
    ("name", "said"), [("ocds-1.0", "no standard has this name"), ("ocds-1.1.5", "cleanworks data schemas")]
)
def test_a_schema_that_is_not_there_is_one_message(tmp_path, capsys, name, said):
    file = tmp_path / "releases.json"
    file.write_text("{}")
    assert cli.run(["data", "validate", str(file), "--schema", name]) == 2
    assert said in capsys.readouterr().err


def test_a_file_is_validated_against_a_standard_by_its_name(monkeypatch, shared_data, capsys):
    monkeypatch.setenv(schema_files.FOLDER, str(shared_data))
    file = shared_data / "ocds-sample" / "ocds-213czf-000-00001-02-tender.json"
    assert cli.run(["data", "validate", str(file), "--schema", "ocds-1.1.5"]) == 0
    assert "checked against ocds-1.1.5 + bid + subcontracting" in capsys.readouterr().out


def test_every_file_has_one_place_and_a_digest():
    for one in schema_files.sets().values():
        paths = [file.path for file in one.files]
        assert paths and len(paths) == len(set(paths))
        assert all(len(file.sha256) == 64 and len(file.address.split("/")[2]) == 40 for file in one.files)
        assert "LICENSE" in paths and one.licence
