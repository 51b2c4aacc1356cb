"""A registry that somebody changed behind its journal: every way is found and located, and none is published."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from cleanworks.cli import run
from cleanworks.construction import registry
from cleanworks.construction.registry import User, without_password
from cleanworks.errors import InputError

OFFICIAL = User("official-1", "official")
PROJECT = {
    "project_id": "P-1", "title": "Bridge", "district": "North", "budget_amount": 5e9,
    "period_start": "2026-01-01", "period_end": "2027-06-30",
}  # fmt: skip


@pytest.fixture
def file(tmp_path) -> Path:
    return filled(tmp_path / "works.db", "Bridge")


def filled(path: Path, title: str) -> Path:
    with registry.Registry(path) as book:
        for number in range(1, 4):
            project = {**PROJECT, "project_id": f"P-{number}", "title": title}
            book.enter(OFFICIAL, "projects", project, at=f"2026-01-0{number}T09:00:00")
    return path


def tamper(path: Path, *statements: str) -> None:
    raw = sqlite3.connect(path)
    for trigger in ("journal_no_update", "journal_no_delete"):
        raw.execute(f"DROP TRIGGER {trigger}")
    for statement in statements:
        raw.execute(statement)
    raw.commit()
    raw.close()


WAYS = [
    ("UPDATE journal SET change = '{broken' WHERE n = 2", "journal line 2"),
    ("UPDATE journal SET change = 'null' WHERE n = 2", "journal line 2"),
    ("UPDATE journal SET change = '[1]' WHERE n = 2", "journal line 2"),
    ("UPDATE journal SET change = 7 WHERE n = 2", "journal line 2"),
    ("UPDATE journal SET change = x'ff00fe' WHERE n = 2", "journal line 2"),
    ("UPDATE journal SET change = CAST(x'ff41' AS TEXT) WHERE n = 2", "journal line 2"),
    ("UPDATE journal SET hash = x'00' WHERE n = 3", "journal line 3"),
    ("UPDATE journal SET hash = x'00' WHERE n = 2", "journal line 2"),
    ("UPDATE journal SET hash = 1.5 WHERE n = 2", "journal line 2"),
    ("DELETE FROM head", "end of the journal"),
    ("UPDATE head SET n = 'two'", "end of the journal"),
    ("UPDATE head SET hash = NULL", "end of the journal"),
    ("DELETE FROM journal", "end of the journal"),
    ("DELETE FROM journal WHERE n = 2", "journal line 2"),
    ("UPDATE records SET content = 'null' WHERE record = 'P-2'", "projects P-2"),
    ("UPDATE records SET content = CAST(x'ff41' AS TEXT) WHERE record = 'P-2'", "records of projects"),
    ("UPDATE records SET state = 'approved' WHERE record = 'P-2'", "projects P-2"),
    # Who may see a record is said by its contract; a record of a kind that nobody knows is seen by nobody.
    ("UPDATE records SET contract_id = 'C-1' WHERE record = 'P-2'", "projects P-2"),
    ("UPDATE records SET kind = 'dreams' WHERE record = 'P-2'", "records of dreams"),
    (
        "INSERT INTO records (kind, record, state, content) VALUES ('dreams', 'D-1', 'entered', '{}')",
        "records of dreams",
    ),
    ("UPDATE records SET content = content || ' ' WHERE record = 'P-2'", "projects P-2"),
    ("UPDATE journal SET n = 9 WHERE n = 3", "journal line 3"),
    ("UPDATE journal SET at = '2020-01-01T00:00:00' WHERE n = 1", "journal line 1"),
    ("UPDATE journal SET user_id = 'somebody' WHERE n = 1", "journal line 1"),
    ("UPDATE journal SET record = 'P-8' WHERE n = 2", "journal line 2"),
    ("UPDATE journal SET previous = hash WHERE n = 2", "journal line 2"),
    ("UPDATE journal SET change = replace(change, 'Bridge', 'Bridgé') WHERE n = 3", "journal line 3"),
]


@pytest.mark.parametrize(("statement", "place"), WAYS)
def test_every_way_of_tampering_is_located_and_raises_nothing(file, statement, place):
    tamper(file, statement)
    with registry.existing(file) as book:
        assert place in [damage.place for damage in book.verify()]


@pytest.mark.parametrize(("statement", "place"), [WAYS[0], WAYS[7]])
def test_nothing_is_published_from_a_damaged_registry(file, tmp_path, capsys, statement, place):
    tamper(file, statement)
    assert run(["registry", "verify", str(file)]) == 1
    assert place in capsys.readouterr().out
    assert run(["allimi", str(tmp_path / "site"), "--registry", str(file)]) == 2
    assert place in capsys.readouterr().err
    assert not (tmp_path / "site").exists()


AROUND = {
    "DROP TABLE head": "table head: it is missing",
    "DROP TABLE journal": "table journal: it is missing",
    "DROP TABLE records": "table records: it is missing",
    "ALTER TABLE records DROP COLUMN state": "table records: it has other columns than a registry's",
    "ALTER TABLE journal RENAME COLUMN at TO moment": "table journal: it has other columns than a registry's",
    "DROP TRIGGER journal_no_delete": "trigger journal_no_delete: it is missing",
    "DROP TRIGGER journal_no_update; CREATE TRIGGER journal_no_update BEFORE UPDATE ON journal BEGIN SELECT 1; END":
        "trigger journal_no_update: it was changed",
    "CREATE TRIGGER hush AFTER INSERT ON journal BEGIN DELETE FROM records; END": "trigger hush: a registry has none of this name",
    "CREATE VIEW wages AS SELECT * FROM records": "view wages: a registry has none of this name",
    "CREATE TABLE second (n)": "table second: a registry has none of this name",
    "DROP INDEX journal_of_record": "index journal_of_record: it is missing",
    "CREATE INDEX quick ON journal (at)": "index quick: a registry has none of this name",
    "DROP INDEX journal_of_record; CREATE INDEX journal_of_record ON journal (kind, record) WHERE n < 3":
        "index journal_of_record: it was changed",
    "UPDATE head SET one = 5": "end of the journal: the registry does not remember its last line",
    "PRAGMA writable_schema = 1; UPDATE sqlite_master SET rootpage = 3 WHERE name = 'journal_of_record'": "the file: ",
}  # fmt: skip


def test_lines_that_changed_places_are_not_called_too_few(file, capsys):
    tamper(file, *(f"UPDATE journal SET n = {new} WHERE n = {old}" for old, new in ((2, 9), (3, 2), (9, 3))))
    assert run(["registry", "verify", str(file)]) == 1
    said = capsys.readouterr().out
    assert "journal line 2: it does not follow from the line before it" in said
    assert "end of the journal: its last line is not the one that the registry remembers" in said
    assert "counted 3 lines" not in said


@pytest.mark.parametrize("statements", AROUND)
def test_whatever_is_changed_around_the_journal_is_named_and_nothing_is_published(
    file, tmp_path, capsys, statements
):
    raw = sqlite3.connect(file)
    raw.executescript(statements)
    raw.close()
    assert run(["registry", "check", str(file)]) == 1
    [said] = capsys.readouterr().out.splitlines()[:1]
    assert said.startswith(AROUND[statements])
    assert run(["allimi", str(tmp_path / "site"), "--registry", str(file)]) == 2
    assert "The registry is damaged" in capsys.readouterr().err
    assert not (tmp_path / "site").exists()


def test_what_sqlite_adds_by_itself_is_no_damage(file):
    raw = sqlite3.connect(file)
    raw.executescript("ANALYZE; VACUUM")
    raw.close()
    with registry.existing(file) as book:
        assert book.verify() == []


def test_what_a_killed_writer_left_half_written_is_named_and_taken_back(file, capsys):
    """SQLite undoes it when somebody may write; whoever reads is told what to do."""
    import subprocess
    import sys

    subprocess.run(
        [
            sys.executable,
            "-c",
            "import os, sqlite3, sys\n"
            "raw = sqlite3.connect(sys.argv[1], isolation_level=None)\n"
            "raw.execute('PRAGMA cache_size = 1')\n"
            "raw.execute('BEGIN IMMEDIATE')\n"
            "for n in range(200):\n"
            "    raw.execute('INSERT INTO records VALUES (?, ?, ?, ?, ?)', ('x', str(n), '', '', 'y' * 4000))\n"
            "os._exit(9)\n",
            str(file),
        ],
        check=False,
    )
    assert Path(f"{file}-journal").stat().st_size > 0
    assert run(["registry", "check", str(file)]) == 2
    assert (
        "stopped while writing to the registry" in (said := capsys.readouterr().err)
        and "works.db-journal" in said
    )
    registry.Registry(file).store.close()
    assert run(["registry", "check", str(file)]) == 0


def test_a_registry_emptied_whole_is_found_by_a_hash_kept_outside(file, capsys):
    with registry.existing(file) as book:
        head = book.head()[1]
    file.unlink()
    registry.Registry(file).close()
    assert run(["registry", "check", str(file)]) == 0  # a new one agrees with itself
    capsys.readouterr()
    assert run(["registry", "check", str(file), "--head", head]) == 1
    assert "no line has the hash" in capsys.readouterr().out


def test_a_registry_is_not_begun_in_a_file_of_something_else(tmp_path):
    path = tmp_path / "other.db"
    raw = sqlite3.connect(path)
    raw.execute("CREATE TABLE customers (name)")
    raw.close()
    before = path.read_bytes()
    with pytest.raises(InputError, match="belongs to something else"):
        registry.Registry(path)
    assert path.read_bytes() == before


def test_a_registry_replaced_whole_is_found_by_a_hash_kept_outside(file, tmp_path, capsys):
    assert run(["registry", "head", str(file)]) == 0
    head = capsys.readouterr().out.strip()
    with registry.Registry(file) as book:
        book.enter(OFFICIAL, "projects", {**PROJECT, "project_id": "P-9"})
    assert run(["registry", "verify", str(file), "--head", head]) == 0
    other = filled(tmp_path / "other.db", "Palace")
    assert run(["registry", "verify", str(other)]) == 0  # it agrees with itself
    capsys.readouterr()
    assert run(["registry", "verify", str(other), "--head", head]) == 1
    assert "no line has the hash" in capsys.readouterr().out


def test_what_is_not_a_hash_is_refused(file, capsys):
    assert run(["registry", "verify", str(file), "--head", "abc"]) == 2
    assert "'abc' is not a hash" in capsys.readouterr().err


def test_a_new_registry_is_for_its_owner_alone(file):
    assert file.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("postgresql://clerk:se:cret@host/works", "postgresql://clerk:***@host/works"),
        ("postgresql://clerk:p@secret@host/works", "postgresql://clerk:***@host/works"),
        ("postgresql://host/works?user=clerk&password=secret", "postgresql://host/works"),
        ("postgresql://clerk:secret@host:bad/works", "postgresql://clerk:***@host:bad/works"),
        ("postgresql:clerk:se:cret@host/works", "postgresql:***@host/works"),
        ("clerk:secret@host", "clerk:***@host"),
        ("host=h user=clerk password=secret dbname=works", "host=h user=clerk password=*** dbname=works"),
        ("postgresql://clerk:secret", "postgresql://clerk:***"),
        ("postgresql:///clerk:secret", "postgresql:///clerk:***"),
        ("postgresql://clerk%3Asecret@host/works", "postgresql://clerk:***@host/works"),
        ("postgresql://clerk;secret@host/works", "postgresql://clerk:***@host/works"),
        ("postgresql://host:5432/works", "postgresql://host:5432/works"),
        ("postgresql:clerk:secret", "postgresql:***"),
        ("Server=h;Uid=clerk;Pwd=secret;", "Server=h;Uid=clerk;Pwd=***;"),
        ("host=h token=secret", "host=h token=***"),
        ("C:\\us@er\\works.db", "C:\\us@er\\works.db"),
        ("works.db", "works.db"),
    ],
)
def test_an_address_is_shown_without_its_secrets(address, shown):
    assert without_password(address) == shown


@pytest.mark.parametrize(
    "address",
    [
        "postgresql://clerk:secret@localhost:bad/works",
        "postgresql://clerk:secret@127.0.0.1:1/works",
        "postgresql://127.0.0.1:1/works?user=clerk&password=secret",
        "postgresql://clerk:p@secret@127.0.0.1:1/works",
        "nothing://clerk:secret@127.0.0.1/works",
        "postgresql:clerk:secret@127.0.0.1/works",
        "postgresql://127.0.0.1:1/works?user=u&password=secret",
    ],
)
def test_no_message_shows_a_password(address):
    with pytest.raises(InputError) as caught:
        registry.existing(address)
    assert "secret" not in caught.value.message
    assert "f***" not in caught.value.message, "the name of the user is no secret"


@pytest.mark.parametrize(
    "address",
    [
        "postgresql:clerk:secret@host/works",
        "postgresql:clerk:secret",
        "host=h user=clerk password=secret dbname=works",
        "Server=h;Uid=clerk;Pwd=secret;",
    ],
)
def test_no_file_is_named_after_a_password(tmp_path, monkeypatch, address):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match="not a database address"):
        registry.Registry(address)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "address",
    [
        "postgresql://clerk:secret@host/works",
        "postgresql://host/works?user=clerk&password=secret",
        "host=h password='secret' dbname=works",
        "//clerk:a@secret@host/works",
    ],
)
def test_an_address_in_the_place_of_a_file_is_named_without_its_password(tmp_path, capsys, address):
    for command in (
        ["site", str(tmp_path / "out"), "--data", address], ["data", "check", address], ["profile", "check", address], ["links", address],
    ):  # fmt: skip
        assert run(command) == 2
        assert "secret" not in capsys.readouterr().err
