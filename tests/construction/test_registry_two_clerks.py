"""Two clerks approve the same report at once: one wins, the other is told. In two processes, on SQLite and PostgreSQL."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

from cleanworks.construction import registry
from cleanworks.construction.registry import User
from cleanworks.errors import InputError

_spec = importlib.util.spec_from_file_location("registry_postgres", Path(__file__).with_name("postgres.py"))
postgres = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(postgres)

OFFICIAL = User("official-0", "official")
CONTRACTOR = User("builder-1", "contractor", frozenset({"C-1"}))
SUPERVISOR = User("eye-1", "supervisor", frozenset({"C-1"}))

# Says that it is ready, waits for the word on its standard input, and approves.
CLERK = """
import sys
from cleanworks.construction.registry import Registry, TakenAlready, User
place, name = sys.argv[1:]
book, me = Registry(place), User(name, "official")
print("ready", flush=True)
sys.stdin.readline()
for n in range(20):
    try:
        book.approve(me, "reports", f"R-{n}")
        print(n, "won", flush=True)
    except TakenAlready as refusal:
        print(n, "told", refusal.what, flush=True)
"""


@pytest.fixture(scope="module")
def server():
    if os.name == "nt" or postgres.programs() is None:
        reason = "PostgreSQL is not installed: the registry on PostgreSQL is NOT tested (Debian: apt-get install postgresql)"
        if os.environ.get("CI") == "true" and sys.platform == "linux":
            pytest.fail(reason)
        pytest.skip(reason)
    with postgres.server() as address:
        yield address


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request, tmp_path):
    return str(tmp_path / "registry.db") if request.param == "sqlite" else request.getfixturevalue("server")


PROJECT = {
    "project_id": "P-1", "title": "Bridge", "district": "North", "budget_amount": 5e9,
    "period_start": "2026-01-01", "period_end": "2027-06-30",
}  # fmt: skip


def fill(book):
    book.enter(OFFICIAL, "projects", PROJECT)
    book.enter(
        OFFICIAL,
        "contracts",
        {
            "contract_id": "C-1", "project_id": "P-1", "supplier_id": "F-1", "official_id": "o", "mode": "long",
            "value_amount": 4e9, "date_signed": "2025-12-20", "period_start": "2026-01-01", "period_end": "2027-06-30",
        },
    )  # fmt: skip
    book.enter(CONTRACTOR, "schedules", {"contract_id": "C-1"})
    book.approve(OFFICIAL, "schedules", "C-1")
    for n in range(20):
        report = {
            "report_id": f"R-{n}", "contract_id": "C-1", "report_type": "daily", "date": "2026-03-02",
            "submitted_at": "2026-03-02T18:00:00", "planned": 10.0, "actual": 8.0,
        }  # fmt: skip
        book.enter(CONTRACTOR, "reports", report)
        book.check(SUPERVISOR, "reports", f"R-{n}")


def test_one_clerk_wins_and_the_other_is_told(place):
    with registry.Registry(place) as book:
        fill(book)
        book.store.engine.dispose()
        clerks = [
            subprocess.Popen(
                [sys.executable, "-c", CLERK, place, name],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            )
            for name in ("clerk-a", "clerk-b")
        ]  # fmt: skip
        for clerk in clerks:
            assert clerk.stdout.readline() == "ready\n", clerk.stderr.read()
        for clerk in clerks:
            clerk.stdin.write("go\n")
            clerk.stdin.flush()
        said = [clerk.communicate() for clerk in clerks]
        assert not any(error for _, error in said), said
        lines = [out.splitlines() for out, _ in said]
        for n in range(20):
            outcomes = sorted(line[n].split()[1] for line in lines)
            assert outcomes == ["told", "won"]
            told = next(line[n] for line in lines if "told" in line[n])
            other = "clerk-b" if told in lines[0] else "clerk-a"
            assert f"approved already. {other} was first" in told
        assert (book.table("reports")["state"] == "approved").all()
        assert book.verify() == []


def test_postgresql_keeps_its_journal_closed(server):
    from sqlalchemy import text
    from sqlalchemy.exc import DBAPIError

    with registry.Registry(server) as book:
        # A line of its own: an empty journal would let itself be deleted.
        book.enter(OFFICIAL, "projects", {**PROJECT, "project_id": "P-closed"})
        with book.store.engine.connect() as raw, pytest.raises(DBAPIError, match="append-only"):
            raw.execute(text("DELETE FROM journal"))


AROUND = {
    "DROP TRIGGER journal_closed ON journal": "trigger journal_closed: it is missing",
    "ALTER TABLE journal DISABLE TRIGGER journal_closed": "trigger journal_closed: it was changed",
    "CREATE OR REPLACE FUNCTION journal_closed() RETURNS trigger AS 'BEGIN RETURN OLD; END' LANGUAGE plpgsql":
        "trigger journal_closed: it was changed",
    "CREATE RULE hush AS ON INSERT TO journal DO INSTEAD NOTHING": "rule hush: a registry has none of this name",
    "CREATE POLICY hide ON records USING (false)": "policy hide: a registry has none of this name",
    "DROP INDEX journal_of_record": "index journal_of_record: it is missing",
    "CREATE INDEX quick ON journal (at)": "index quick: a registry has none of this name",
    "DROP TABLE head": "table head: it is missing",
}  # fmt: skip


def test_what_is_changed_around_the_journal_in_postgresql_is_named(server):
    import psycopg

    registry.Registry(server).close()
    try:
        for statement, said in AROUND.items():
            with registry.existing(server) as book, psycopg.connect(server) as raw:
                assert book.verify() == []
                book.store.engine.dispose()
                raw.execute(statement)
                raw.commit()
                found = [f"{damage.place}: {damage.what}" for damage in book.verify()]
                assert said in found
                raw.execute("DROP TABLE IF EXISTS records, journal, head CASCADE")
            registry.Registry(server).close()
    finally:
        with psycopg.connect(server) as raw:
            raw.execute("DROP TABLE IF EXISTS records, journal, head CASCADE")


def test_the_postgresql_database_of_something_else_stays_as_it_is(server):
    from sqlalchemy import create_engine, inspect, text

    main = create_engine(
        server.replace("postgresql://", "postgresql+psycopg://"), isolation_level="AUTOCOMMIT"
    )
    with main.connect() as raw:
        raw.execute(text("CREATE DATABASE letters"))
    main.dispose()
    other = server.replace("/postgres?", "/letters?")
    with pytest.raises(InputError, match="holds no registry"):
        registry.public_view(other)
    engine = create_engine(other.replace("postgresql://", "postgresql+psycopg://"))
    assert inspect(engine).get_table_names() == []
    engine.dispose()
    with pytest.raises(InputError, match='database "nothing" does not exist'):
        registry.public_view(server.replace("/postgres?", "/nothing?"))
    with registry.Registry(other) as book:
        book.enter(OFFICIAL, "projects", PROJECT)
    assert len(registry.public_view(other)["projects"]) == 1


@pytest.mark.parametrize("kind", ["postgresql", "oracle", "nonsense", "sqlite"])
def test_a_message_never_shows_a_password(kind):
    with pytest.raises(InputError) as error:
        registry.public_view(f"{kind}://clerk:open-sesame@localhost:1/works")
    assert "sesame" not in str(error.value) and "clerk" in str(error.value)
