"""Where the registry keeps its records: an SQLite file, SQLite in memory, or PostgreSQL by URL."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from cleanworks.construction.registry.journal import START, Damage, Entry
from cleanworks.errors import InputError, without_secrets

if TYPE_CHECKING:
    import sqlalchemy


BATCH = 5_000

# Options of an address that are no secret; to blank them out of a message would spoil its words.
_PUBLIC_OPTIONS = frozenset({"user", "host", "hostaddr", "port", "dbname", "sslmode", "connect_timeout"})


class Store:
    """Three tables: ``records`` (what is true now), ``journal`` (how it came about), ``head`` (the end of the chain).

    One writer at a time: the writer holds the line in ``head`` (PostgreSQL: ``SELECT ... FOR UPDATE``) or the file
    (SQLite: ``BEGIN IMMEDIATE``). A second writer waits and then sees what the first one did.

    With ``must_exist`` it is opened for reading, and nothing is made, not even a file: either there is a registry, or there is
    an `InputError`. With ``even_damaged`` one that lost a table is opened too, so that its damage can be described.
    """

    def __init__(
        self, place: str | Path = ":memory:", *, must_exist: bool = False, even_damaged: bool = False
    ) -> None:
        try:
            import sqlalchemy as sql
        except ImportError:
            raise InputError(
                "The registry needs SQLAlchemy.",
                fix='Install it with: python -m pip install "cleanworks[analysis]".',
            ) from None
        self.sql = sql
        self.place, self.reads_only, self.even_damaged = str(place), must_exist, even_damaged
        self._hidden: list[str] = []
        self.engine = self._engine(self.place, must_exist)
        self._describe()
        try:
            self._find() if must_exist else self._create()
        except BaseException:
            self.close()
            raise

    def _engine(self, place: str, must_exist: bool) -> sqlalchemy.Engine:
        sql, extra = self.sql, {}
        try:
            url = _address(sql, place)
            self._hidden = _secrets(url, place)
            if url.get_backend_name() == "sqlite":
                extra = {"connect_args": {"timeout": 60}}
                if place == ":memory:":
                    extra["poolclass"] = sql.pool.StaticPool
                    extra["connect_args"]["check_same_thread"] = False
                if must_exist:
                    url = _only_if_there(url, place)
                elif url.database and url.database != ":memory:":
                    _for_its_owner(Path(url.database))
            engine = sql.create_engine(url, **extra)
        except ModuleNotFoundError as error:
            raise InputError(
                f"The driver for {place.split(':')[0]} is not installed.",
                where=without_password(place),
                fix=f"Install it with: python -m pip install {'psycopg[binary]' if 'psycopg' in str(error) else error.name}.",
            ) from None
        except InputError:  # which is a ValueError too
            raise
        except (sql.exc.ArgumentError, ValueError):
            raise InputError(
                "This is not a database address.",
                where=without_password(place),
                fix="Give a file, or postgresql://user@host/name.",
            ) from None
        if engine.dialect.name == "sqlite":
            sql.event.listen(engine, "connect", lambda raw, _: setattr(raw, "isolation_level", None))
            sql.event.listen(engine, "begin", _begin)
        return engine

    def _describe(self) -> None:
        sql = self.sql
        self.meta = sql.MetaData()
        text = sql.Text
        self.records = sql.Table(
            "records",
            self.meta,
            sql.Column("kind", text, primary_key=True),
            sql.Column("record", text, primary_key=True),
            sql.Column("contract_id", text, index=True),
            sql.Column("state", text, nullable=False),
            sql.Column("content", text, nullable=False),
        )
        self.journal = sql.Table(
            "journal",
            self.meta,
            sql.Column(
                "n",
                sql.BigInteger().with_variant(sql.Integer, "sqlite"),
                primary_key=True,
                autoincrement=False,
            ),
            *(
                sql.Column(name, text, nullable=False)
                for name in [
                    "at",
                    "user_id",
                    "role",
                    "action",
                    "kind",
                    "record",
                    "state",
                    "change",
                    "previous",
                    "hash",
                ]
            ),
            sql.Index("journal_of_record", "kind", "record"),
        )
        self.head = sql.Table(
            "head", self.meta, sql.Column("one", sql.Integer, primary_key=True), sql.Column("n", sql.BigInteger),
            sql.Column("hash", text),
        )  # fmt: skip

    def _find(self) -> None:
        """Look for the registry's tables, and write nothing."""
        with self._opening(), self.engine.connect() as connection, connection.begin():
            if not self._there(connection):
                raise InputError(
                    "This is a database, but it holds no registry.",
                    where=self._public_place(),
                    fix="Give the file or the address into which records were entered or played.",
                )

    def _create(self) -> None:
        sql = self.sql
        with self._opening(), self.writing(create=True) as connection:
            if self.engine.dialect.name == "postgresql":
                connection.execute(sql.text("SELECT pg_advisory_xact_lock(20120501)"))
            if self._there(connection):
                return
            self.meta.create_all(connection)
            connection.execute(self.head.insert().values(one=1, n=0, hash=START))
            for statement in _TRIGGERS[self.engine.dialect.name]:
                connection.execute(sql.text(statement))

    def _there(self, connection: sqlalchemy.Connection) -> bool:
        """Whether the registry's tables are there. A table of another database that has one of their names is refused."""
        ours = {table.name: set(table.columns.keys()) for table in self.meta.tables.values()}
        found = self._columns(connection)
        if not found or found == ours:
            if not found and not self.reads_only and self._made_by_others(connection):
                raise InputError(
                    "This database belongs to something else.",
                    where=self._public_place(),
                    fix="Give the registry a database of its own.",
                )
            return bool(found)
        # Two of the names are no chance: this was a registry.
        if len(found) > 1 or (self.reads_only and found.get("journal") == ours["journal"]):
            if self.even_damaged:
                return True
            damage = self._tables_damaged(connection)[0]
            raise InputError(
                f"The registry is damaged: {damage.place}: {damage.what}.",
                where=self._public_place(),
                fix="It was changed by hand: take its last copy.",
            )
        raise InputError(
            f"The table '{min(found)}' of this database belongs to something else.",
            where=self._public_place(),
            fix="Give the registry a database of its own.",
        )

    def _columns(self, connection: sqlalchemy.Connection) -> dict[str, set[str]]:
        """The columns of each table that has one of the registry's names."""
        look = self.sql.inspect(connection)
        return {
            name: {column["name"] for column in look.get_columns(name)}
            for name in look.get_table_names()
            if name in self.meta.tables
        }

    def _made_by_others(self, connection: sqlalchemy.Connection) -> bool:
        """Whether a file holds anything at all. A database of PostgreSQL may be shared."""
        return self.engine.dialect.name == "sqlite" and bool(_objects_of_file(connection))

    def _tables_damaged(self, connection: sqlalchemy.Connection) -> list[Damage]:
        found = self._columns(connection)
        return [
            Damage(
                f"table {name}",
                "it has other columns than a registry's" if name in found else "it is missing",
            )
            for name, table in sorted(self.meta.tables.items())
            if found.get(name) != set(table.columns.keys())
        ]

    def damaged(self, connection: sqlalchemy.Connection) -> tuple[list[Damage], bool]:
        """What of the tables, indexes and triggers is missing, changed or strange, and whether journal and records can be read.

        What should be there is what `Store` makes. In a file nothing else may be there; of PostgreSQL only what belongs to the
        registry's tables is looked at, because a database may be shared.
        """
        try:
            return self._damaged(connection)
        except self.unreadable as error:
            # Of a file it is what is damaged, unless somebody else is writing; a server may be away.
            name = getattr(getattr(error, "orig", None), "sqlite_errorname", "")
            if self.engine.dialect.name != "sqlite" or name.startswith("SQLITE_BUSY"):
                raise
            return [Damage("the file", f"it cannot be read: {reason(error)}")], False

    def _damaged(self, connection: sqlalchemy.Connection) -> tuple[list[Damage], bool]:
        tables = self._tables_damaged(connection)
        if self.engine.dialect.name == "sqlite":
            there = _objects_of_file(connection)
            with contextlib.closing(Store()) as fresh, fresh.reading() as made:
                expected = _objects_of_file(made)
            inner = [
                Damage("the file", line)
                for (line,) in connection.exec_driver_sql("PRAGMA integrity_check(20)")
                if line != "ok"
            ]
        else:
            there, expected, inner = self._objects_of_server(connection), self._expected_of_server(), []
        named = {damage.place for damage in tables}
        for place in sorted(there.keys() | expected.keys()):
            if place in named or there.get(place) == expected.get(place):
                continue
            what = (
                "it is missing"
                if place not in there
                else "a registry has none of this name"
                if place not in expected
                else "it was changed"
            )
            tables.append(Damage(place, what))
        return tables + inner, not named

    def _objects_of_server(self, connection: sqlalchemy.Connection) -> dict[str, str]:
        """Indexes, triggers, rules and policies of the registry's tables in PostgreSQL, with their definitions."""
        found = {}
        for name in self.meta.tables:
            for query in _CATALOGUE:
                for what, text in connection.execute(self.sql.text(query), {"name": name}):
                    found[what] = re.sub(r"\bON \S+\.(\w+)", r"ON \1", text).replace(" USING btree", "")
        return found

    def _expected_of_server(self) -> dict[str, str]:
        from sqlalchemy.schema import CreateIndex

        function, trigger = _TRIGGERS["postgresql"]
        expected = {"trigger journal_closed": f"{trigger} [O] {function.split('$$')[1]}"}
        for name, table in self.meta.tables.items():
            key = ", ".join(table.primary_key.columns.keys())
            expected[f"index {name}_pkey"] = f"CREATE UNIQUE INDEX {name}_pkey ON {name} ({key})"
            for index in table.indexes:
                expected[f"index {index.name}"] = str(CreateIndex(index))
        return expected

    @contextmanager
    def _opening(self) -> Iterator[None]:
        """Say in one sentence why a database cannot be opened."""
        try:
            yield
        except (self.sql.exc.DBAPIError, UnicodeDecodeError) as error:
            if self.reads_only and _is_half_written(error):
                raise InputError(
                    "Somebody was stopped while writing to the registry, and what was half written has not been taken back yet.",
                    where=self._public_place(),
                    fix=f"Keep {Path(self.place).name}-journal beside it, and open it once with `Registry`, which takes that back.",
                ) from None
            raise InputError(
                f"The registry cannot be opened: {self._reason(error)}.",
                where=self._public_place(),
                fix="Check the path or the address; if the file is damaged, take its last copy.",
            ) from None

    def _public_place(self) -> str:
        """The place for a message: an address without its password."""
        return without_password(self.place)

    def _reason(self, error: Exception) -> str:
        """What the database says, without the secrets of its address: some drivers repeat them."""
        text = reason(error)
        for secret in self._hidden:
            text = text.replace(secret, "***")
        return text

    @contextmanager
    def writing(self, create: bool = False) -> Iterator[sqlalchemy.Connection]:
        """A transaction that only one writer at a time can hold. An error inside undoes all of it."""
        if self.reads_only:
            raise InputError(
                "The registry was opened for reading.",
                where=self._public_place(),
                fix="Open it with `Registry` to enter records.",
            )
        with self.engine.connect().execution_options(writing=True) as connection, connection.begin():
            if not create:
                connection.execute(self.sql.select(self.head.c.n).with_for_update())
            yield connection

    @contextmanager
    def reading(self) -> Iterator[sqlalchemy.Connection]:
        """A transaction that only reads. A file that broke after it was opened is named."""
        try:
            with self.engine.connect() as connection, connection.begin():
                yield connection
        except (self.sql.exc.DatabaseError, UnicodeDecodeError) as error:
            raise InputError(
                f"The registry cannot be read: {self._reason(error)}.",
                where=self._public_place(),
                fix="Check the path or the address; if the file is damaged, take its last copy.",
            ) from None

    def last(self, connection: sqlalchemy.Connection) -> tuple[int, str]:
        """Number and hash of the journal's last line.

        Raises
        ------
        InputError
            The registry does not remember it, so that it is damaged.
        """
        found = self.remembered(connection)
        if found is None:
            raise InputError(
                "The registry does not remember the last line of its journal.",
                where=self._public_place(),
                fix="It was damaged or changed by hand: `cleanworks registry check` says where. Take its last copy.",
            )
        return found

    def remembered(self, connection: sqlalchemy.Connection) -> tuple[int, str] | None:
        """Number and hash of the journal's last line as the registry keeps them; None if they are gone or not what they should be."""
        rows = connection.execute(self.sql.select(self.head.c.one, self.head.c.n, self.head.c.hash)).all()
        if len(rows) != 1 or not isinstance(rows[0][1], int) or not isinstance(rows[0][2], str):
            return None
        one, n, seal = rows[0]
        return (n, seal) if one == 1 else None

    @property
    def unreadable(self) -> tuple[type[Exception], ...]:
        """What a database raises for bytes that are not what the table says."""
        return (self.sql.exc.DatabaseError, ValueError, TypeError)

    def every_line(self, connection: sqlalchemy.Connection) -> Iterator[Entry]:
        """The journal, in order, with an empty line in the place of one that cannot be read."""
        j = self.journal
        query = self.sql.select(*(j.c[name] for name in Entry._fields))
        place = 0
        try:
            for entry in self.lines(connection):
                yield entry
                place += 1
            return
        except self.unreadable:
            pass
        # One line that cannot be read hides its whole batch: from here, line by line.
        unreadable: tuple[type[Exception], ...] = (*self.unreadable, self.sql.exc.SQLAlchemyError)
        numbers = [n for (n,) in connection.execute(self.sql.select(j.c.n).order_by(j.c.n))][place:]
        for n in numbers:
            try:
                yield Entry._make(connection.execute(query.where(j.c.n == n)).one())
            except unreadable:
                yield Entry._make((n, *[None] * (len(Entry._fields) - 1)))

    def find(self, connection: sqlalchemy.Connection, kind: str, record: str) -> sqlalchemy.Row[Any] | None:
        r = self.records
        query = self.sql.select(r.c.state, r.c.content, r.c.contract_id).where(
            r.c.kind == kind, r.c.record == record
        )
        return connection.execute(query).first()

    def rows(
        self, connection: sqlalchemy.Connection, kind: str, contracts: Iterable[str] | None = None
    ) -> Sequence[sqlalchemy.Row[Any]]:
        r = self.records
        query = self.sql.select(r.c.record, r.c.contract_id, r.c.state, r.c.content).where(r.c.kind == kind)
        if contracts is not None:
            query = query.where(r.c.contract_id.in_(sorted(contracts)))
        return connection.execute(query.order_by(r.c.record)).all()

    def kinds(self, connection: sqlalchemy.Connection) -> set[object]:
        """The kinds of records that are there."""
        return {kind for (kind,) in connection.execute(self.sql.select(self.records.c.kind).distinct())}

    def lines(
        self, connection: sqlalchemy.Connection, kind: str | None = None, record: str | None = None
    ) -> Iterator[Entry]:
        j = self.journal
        query = self.sql.select(*(j.c[name] for name in Entry._fields)).order_by(j.c.n)
        if kind is not None:
            query = query.where(j.c.kind == kind)
        if record is not None:
            query = query.where(j.c.record == record)
        for row in connection.execution_options(yield_per=BATCH).execute(query):
            yield Entry._make(row)

    def append(self, connection: sqlalchemy.Connection, entries: list[Entry]) -> None:
        """Add journal lines; the last one is the end of the chain from now on."""
        for start in range(0, len(entries), BATCH):
            connection.execute(
                self.journal.insert(), [entry._asdict() for entry in entries[start : start + BATCH]]
            )
        if entries:
            connection.execute(self.head.update().values(n=entries[-1].n, hash=entries[-1].hash))

    def write(
        self, connection: sqlalchemy.Connection, new: list[dict[str, Any]], changed: list[dict[str, Any]]
    ) -> None:
        """Add new records, and new contents of records."""
        sql, r = self.sql, self.records
        for start in range(0, len(new), BATCH):
            connection.execute(r.insert(), new[start : start + BATCH])
        if changed:
            where = sql.and_(r.c.kind == sql.bindparam("_kind"), r.c.record == sql.bindparam("_record"))
            values = {"state": sql.bindparam("_state"), "content": sql.bindparam("_content")}
            connection.execute(r.update().where(where).values(values), changed)

    def close(self) -> None:
        self.engine.dispose()


def _address(sql: ModuleType, place: str) -> sqlalchemy.URL:
    """The address of a place: a path is a file of SQLite, and PostgreSQL is reached by psycopg."""
    if "://" not in place:
        if place != without_password(place):
            raise ValueError("an address, and no path: a file of that name would show the password")
        return sql.URL.create("sqlite", database=place)
    url = sql.make_url(place)
    return url.set(drivername="postgresql+psycopg") if url.drivername == "postgresql" else url


def _only_if_there(url: sqlalchemy.URL, place: str) -> sqlalchemy.URL:
    """The address of an SQLite file to read: SQLite would answer a wrong path with an empty new file."""
    path = Path(url.database or "")
    if not path.is_file():
        raise InputError(
            "There is no such registry.",
            where=without_password(place),
            fix="Give the path of its file, or a database address.",
        )
    return url.set(database=path.resolve().as_uri(), query={"mode": "ro", "uri": "true"})


def without_password(place: str) -> str:
    """A place for a message: of an address its kind, user, machine and database, never its password or options.

    A password with ``@`` or ``/`` in it cannot be told from the rest for certain, so that whatever stands before the last ``@`` goes.
    """
    kind, mark, rest = place.partition("://")
    if not mark:
        return _without_likely_password(place)
    user, at, rest = rest.rpartition("@")
    name, *secret = re.split(r"(?i)[:;]|%3a", user, maxsplit=1)
    rest = rest.partition("?")[0].partition("#")[0]
    if not at:
        # The machine was forgotten: what follows a colon is a port or the password.
        rest = re.sub(r":(?!\d+(?:[/,]|$))[^/]*$", ":***", rest)
    return f"{kind}://{name}{':***' if secret else ''}{at}{rest}"


def _without_likely_password(place: str) -> str:
    """A place that is no address as it should be, and perhaps was meant to be one: `postgresql:u:secret@host`, `host=h password=secret`."""
    place = without_secrets(place)
    before, at, rest = place.rpartition("@")
    first, colon, more = before.partition(":")
    if (
        at
        and colon
        and not (re.fullmatch(r"[A-Za-z]", first) and more[:1] in ("\\", "/") and ":" not in more)
    ):
        return f"{first}:***@{rest}"
    return re.sub(r"(?i)^(postgres\w*:)(?!//).*", r"\1***", place)


def _secrets(url: sqlalchemy.URL, place: str) -> list[str]:
    """What no message may repeat: the password, also the rest of one that has ``@`` in it, and the values of options."""
    user = place.partition("://")[2].rpartition("@")[0]
    values = [
        url.password,
        *user.partition(":")[2].split("@"),
        *(
            value
            for name, value in url.query.items()
            if isinstance(value, str) and name not in _PUBLIC_OPTIONS
        ),
    ]
    return sorted({str(value) for value in values if value}, key=len, reverse=True)


def _for_its_owner(path: Path) -> None:
    """Make the file of a new registry so that nobody else can read it: it holds wages and names."""
    with contextlib.suppress(FileExistsError, OSError):  # what hinders it, opening the database says
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))


def _is_half_written(error: Exception) -> bool:
    """Whether SQLite would have to undo the work of a writer that was killed, which it does not when it only reads."""
    return str(getattr(getattr(error, "orig", None), "sqlite_errorname", "")).startswith("SQLITE_READONLY")


def reason(error: Exception) -> str:
    """The first line of what a database says."""
    words = str(getattr(error, "orig", None) or error).strip() or type(error).__name__
    return words.splitlines()[0].rstrip(".")


def _objects_of_file(connection: sqlalchemy.Connection) -> dict[str, str]:
    """Everything that an SQLite file says it holds, with its definition; its statistics (ANALYZE) aside."""
    return {
        f"{kind} {name}": " ".join((text or "").split())
        for kind, name, text in connection.exec_driver_sql("SELECT type, name, sql FROM sqlite_master")
        if not str(name).startswith("sqlite_stat")
    }


def _begin(connection: sqlalchemy.Connection) -> None:
    writing = connection.get_execution_options().get("writing")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")


# The journal takes no change. Who owns the file can still remove the trigger: then the chain of hashes tells.
_TRIGGERS = {
    "sqlite": [
        f"CREATE TRIGGER journal_no_{word.lower()} BEFORE {word} ON journal "
        "BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END"
        for word in ("UPDATE", "DELETE")
    ],
    "postgresql": [
        "CREATE OR REPLACE FUNCTION journal_closed() RETURNS trigger AS $$ "
        "BEGIN RAISE EXCEPTION 'the journal is append-only'; END $$ LANGUAGE plpgsql",
        "CREATE TRIGGER journal_closed BEFORE DELETE OR UPDATE ON journal "
        "FOR EACH ROW EXECUTE FUNCTION journal_closed()",
    ],
}

# What hangs on one table of PostgreSQL: (name, definition). [O]: the trigger is switched on.
_CATALOGUE = [
    "SELECT 'index ' || indexname, indexdef FROM pg_indexes WHERE schemaname = current_schema() AND tablename = :name",
    "SELECT 'trigger ' || tgname, pg_get_triggerdef(t.oid) || ' [' || CAST(tgenabled AS text) || '] ' || prosrc "
    "FROM pg_trigger t JOIN pg_proc p ON p.oid = tgfoid WHERE tgrelid = to_regclass(:name) AND NOT tgisinternal",
    "SELECT 'rule ' || rulename, definition FROM pg_rules WHERE schemaname = current_schema() AND tablename = :name",
    "SELECT 'policy ' || policyname, cmd FROM pg_policies WHERE schemaname = current_schema() AND tablename = :name",
]
