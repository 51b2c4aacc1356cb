"""The registry itself: every action of every role goes through :meth:`Registry.act`."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from cleanworks.construction.registry import journal, permissions, shapes
from cleanworks.construction.registry.permissions import Refusal, User
from cleanworks.construction.registry.store import BATCH, Store, reason

if TYPE_CHECKING:
    import sqlalchemy


# The first line of a registry that says whether its entries are simulated. No role's table: nobody enters it by hand.
ORIGIN = ("registry", "origin")


@dataclass(frozen=True)
class Step:
    """One action: who, what, on which record. ``at`` is the time it is written under (default: now, UTC)."""

    user: User
    action: str
    kind: str
    record: str
    fields: Mapping[str, object] = field(default_factory=dict)
    at: str = ""


@dataclass
class _Now:
    """A record while a batch runs."""

    state: str
    content: dict[str, Any]
    contract_id: str | None
    stored: bool


class Registry:
    """A registry in memory (default), in an SQLite file, or on PostgreSQL (``postgresql://...``).

    Parameters
    ----------
    place : path, address, or ``":memory:"``
        A new place becomes an empty registry, unless ``must_exist``: see `existing`.

    Raises
    ------
    InputError
        SQLAlchemy or the driver is missing, the place cannot be opened, or its tables belong to something else.
    """

    def __init__(
        self, place: str | Path = ":memory:", *, must_exist: bool = False, even_damaged: bool = False
    ) -> None:
        self.store = Store(place, must_exist=must_exist, even_damaged=even_damaged)

    def close(self) -> None:
        self.store.close()

    def __enter__(self) -> Registry:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    # One action -------------------------------------------------------------------------------------------------

    def enter(self, user: User, kind: str, record: Mapping[str, object], at: str = "") -> str:
        """Take in one record. Returns its key.

        Raises
        ------
        Refusal
            Wrong role, a number used already, a step out of order, another firm's contract.
        InputError
            A missing field, a negative amount, a reference to nothing.
        """
        permissions.line(kind)
        shapes.check_table(pd.DataFrame([dict(record)]), kind)
        key = shapes.key_of(kind, record)
        self.act([Step(user, "enter", kind, key, record, at)])
        return key

    def correct(self, user: User, kind: str, key: str, at: str = "", **fields: Any) -> None:
        """Change fields of a record that is not approved yet; it starts its way again."""
        self.act([Step(user, "correct", kind, key, fields, at)])

    def check(self, user: User, kind: str, key: str, at: str = "", **fields: Any) -> None:
        """The supervisor's signature."""
        self.act([Step(user, "check", kind, key, fields, at)])

    def approve(self, user: User, kind: str, key: str, at: str = "", **fields: Any) -> None:
        """The official's signature. `TakenAlready` if a colleague was first."""
        self.act([Step(user, "approve", kind, key, fields, at)])

    def send_back(self, user: User, kind: str, key: str, reason: str, at: str = "") -> None:
        """Return a record to its writer; the reason is kept in the journal."""
        self.act([Step(user, "send back", kind, key, {"sent_back_because": reason}, at)])

    def release(self, user: User, kind: str, key: str, at: str = "", **fields: Any) -> None:
        """The bank's transfer."""
        self.act([Step(user, "release", kind, key, fields, at)])

    def answer(self, user: User, kind: str, key: str, at: str = "", **fields: Any) -> None:
        """Answer a question, settle a complaint, publish an item."""
        self.act([Step(user, "answer", kind, key, fields, at)])

    # Many actions -----------------------------------------------------------------------------------------------

    def act(self, steps: Iterable[Step], *, trusted: bool = False) -> int:
        """Do steps in order, all or none. Returns how many journal lines were written.

        ``trusted`` leaves out the check of each changed record's shape, and takes values as they are; only for rows whose tables
        were checked as a whole and hold what JSON can hold.
        """
        with self.store.writing() as connection:
            batch = _Batch(self.store, connection, trusted)
            for step in steps:
                batch.do(step)
            batch.flush()
            return batch.written

    # Looking ----------------------------------------------------------------------------------------------------

    def see(self, user: User, kind: str) -> pd.DataFrame:
        """What a user may see of one table, with the state of each record.

        Raises
        ------
        Refusal
            The role sees nothing of this table.
        """
        permissions.line(kind)
        scope = permissions.may_see(user.role, kind)
        if scope == "none":
            raise Refusal(
                f"A {user.role} does not see {kind}.",
                where="rule of sight",
                fix="Use the public view for what everybody sees.",
            )
        limit = user.contracts if scope == "own" and user.role in ("contractor", "supervisor") else None
        frame = self.table(kind, contracts=limit)
        if user.role == "worker" and len(frame):
            frame = frame[frame["worker_id"] == user.worker_id].reset_index(drop=True)
        return frame

    def table(self, kind: str, contracts: Iterable[str] | None = None, state: bool = True) -> pd.DataFrame:
        """All records of one kind; dates as dates. For the model's own use: a person looks through `see`."""
        with self.store.reading() as connection:
            rows = self.store.rows(connection, kind, contracts)
        frame = pd.DataFrame([json.loads(row.content) for row in rows])
        if frame.empty:
            return pd.DataFrame(columns=list(shapes.SHAPES[kind].columns))
        for column in frame.columns:
            if shapes.is_date(column):
                days = pd.to_datetime(frame[column], errors="coerce", format="ISO8601", utc=True)
                frame[column] = days.dt.tz_localize(None)
        return frame.assign(state=[row.state for row in rows]) if state else frame

    def history(self, kind: str, key: str) -> pd.DataFrame:
        """The journal of one record: when, who, in which role, which action, and the state reached."""
        with self.store.reading() as connection:
            lines = list(self.store.lines(connection, kind, key))
        columns = ["n", "at", "user_id", "role", "action", "state", "hash"]
        found = pd.DataFrame([[getattr(line, c) for c in columns] for line in lines], columns=columns)
        return found.assign(at=pd.to_datetime(found["at"], format="ISO8601"))

    @property
    def simulated(self) -> bool:
        """Whether its first journal line says that the entries are simulated. A registry filled by hand says nothing: False."""
        with self.store.reading() as connection:
            origin = self.store.find(connection, *ORIGIN)
        return origin is not None and bool(json.loads(origin.content)["simulated"])

    def head(self) -> tuple[int, str]:
        """Number and hash of the last journal line. Publish it: nobody can then rewrite the past unseen."""
        with self.store.reading() as connection:
            return self.store.last(connection)

    def verify(self, published: tuple[int, str] | str | None = None) -> list[journal.Damage]:
        """Look for tampering: an empty list, or where it is. A damaged registry is described, whatever is wrong with it.

        Journal and records are compared with each other, and tables, indexes and triggers with those that a registry makes.

        Parameters
        ----------
        published : hash of a line that was published earlier, or its number and hash, optional
            With it, even a journal that was rewritten from end to end is found out: keep `head()` outside the registry.
        """
        number, wanted = (None, published) if isinstance(published, str) else published or (0, journal.START)
        there = wanted == journal.START
        content: dict[tuple[str, str], tuple[str, str, str | None]] = {}
        with self.store.reading() as connection:
            around, readable = self.store.damaged(connection)
            if not readable:
                return around
            found: list[journal.Damage] = []
            known = (*permissions.LINES, ORIGIN[0])
            with suppress(*self.store.unreadable):  # a kind that is no text is none of ours either
                found += [
                    journal.Damage(f"records of {kind}", "the registry has no such kind of record")
                    for kind in sorted(map(str, self.store.kinds(connection) - set(known)))
                ]
            for kind in known:
                try:
                    for row in self.store.rows(connection, kind):
                        content[kind, row.record] = (row.content, row.state, row.contract_id)
                except self.store.unreadable as error:
                    found.append(
                        journal.Damage(f"records of {kind}", f"they cannot be read: {reason(error)}")
                    )

            def lines() -> Iterator[journal.Entry]:
                nonlocal there
                for entry in self.store.every_line(connection):
                    there = there or (entry.hash == wanted and number in (None, entry.n))
                    yield entry

            found += journal.find_damage(lines(), content, self.store.remembered(connection))
        if not there:
            place = f"journal line {number}" if number is not None else "the journal"
            what = (
                "it is not the line that was published"
                if number is not None
                else "no line has the hash that was published"
            )
            found.append(journal.Damage(place, what))
        return found + around


class _Batch:
    """Steps on their way into one transaction. Records are looked up once and kept until the end."""

    def __init__(self, store: Store, connection: sqlalchemy.Connection, trusted: bool) -> None:
        self.store, self.connection, self.trusted = store, connection, trusted
        self.number, self.previous = store.last(connection)
        self.empty = self.number == 0
        self.records: dict[tuple[str, str], _Now | None] = {}
        self.touched: set[tuple[str, str]] = set()
        self.entries: list[journal.Entry] = []
        self.written = 0

    def do(self, step: Step) -> None:
        name = (step.kind, step.record)
        if name == ORIGIN:
            self._declare(step)
            return
        now = self._record(name)
        what = f"The record {step.record} of {step.kind}"
        fields = dict(step.fields) if self.trusted else journal.plain(step.fields)
        try:
            state = permissions.next_state(
                step.kind, now.state if now else None, step.action, step.user.role, what
            )
        except permissions.TakenAlready as refusal:
            raise permissions.TakenAlready(
                f"{refusal.what} {self._by(name)}", where=refusal.where, fix=refusal.fix
            ) from None
        contract: Any = (
            now.contract_id
            if now
            else fields.get("contract_id") or (step.record if step.kind == "contracts" else None)
        )
        self._need_scope(step, contract)
        if step.action == "enter":
            self._need_parents(step, fields, contract)
            now = self.records[name] = _Now(state, {}, contract, stored=False)
        assert now is not None  # `next_state` lets only "enter" begin a record
        if step.action == "correct" and (keys := [k for k in shapes.SHAPES[step.kind].key if k in fields]):
            raise Refusal(
                f"{what} has the key {keys[0]}, which is never changed.",
                where="rule of numbers",
                fix="Enter a new record with the right number.",
            )
        if step.action != "enter" and fields and not self.trusted:
            shapes.check_table(pd.DataFrame([{**now.content, **fields}]), step.kind)
        now.state = state
        now.content.update(fields)
        self.touched.add(name)
        self._write(step, state, fields)

    def _declare(self, step: Step) -> None:
        """Say what the entries are, before the first of them; nobody can turn a simulated city into a real one later."""
        if self.number or step.user.role != "official":
            raise Refusal(
                "Only an official can say whether entries are simulated, and only in the first line.",
                where="rule of origin",
                fix="Begin a new registry with it.",
            )
        fields = {"simulated": bool(step.fields["simulated"])}
        self.records[ORIGIN] = _Now(permissions.ENTERED, fields, None, stored=False)
        self.touched.add(ORIGIN)
        self._write(step, permissions.ENTERED, fields)

    def _record(self, name: tuple[str, str]) -> _Now | None:
        if name not in self.records:
            row = None if self.empty else self.store.find(self.connection, *name)
            self.records[name] = (
                _Now(row.state, json.loads(row.content), row.contract_id, stored=True) if row else None
            )
        return self.records[name]

    def _need_scope(self, step: Step, contract: str | None) -> None:
        user = step.user
        if user.role in ("contractor", "supervisor") and contract and contract not in user.contracts:
            raise Refusal(
                f"The user {user.user_id} does not work on contract {contract}.",
                where="rule of contracts",
                fix="Register the user for the contract first.",
            )

    def _need_parents(self, step: Step, fields: Mapping[str, Any], contract: str) -> None:
        for column, parent in (shapes.SHAPES[step.kind].refers or {}).items():
            if fields.get(column) is not None and not self._record((parent, str(fields[column]))):
                raise Refusal(
                    f"The record {step.record} of {step.kind} refers to {parent} {fields[column]}, and there is no such record.",
                    where="rule of order",
                    fix=f"Enter it in {parent} first.",
                )
        of = self._record(("contracts", contract)) if step.kind in permissions.LONG_MODE_ONLY else None
        if of is not None and of.content.get("mode") == "short":
            raise Refusal(
                f"Contract {contract} is in short mode, which has no {step.kind}.",
                where="rule of modes",
                fix="Leave it out, or open the contract in full mode.",
            )
        if step.kind in permissions.NEED_SCHEDULE and not self._approved("schedules", contract):
            raise Refusal(
                f"Contract {contract} has no approved schedule, and {step.kind} come after it.",
                where="rule of order",
                fix="The contractor loads the schedule (stage 2) and the official approves it.",
            )
        if step.kind == "evaluations":
            self._need_progress(contract, fields)
        if step.kind == "as_built":
            self._need_inspection(contract)

    def _approved(self, kind: str, key: str) -> bool:
        found = self._record((kind, key))
        return found is not None and found.state in (permissions.APPROVED, permissions.RELEASED)

    def _rows(self, kind: str, contract: str) -> list[_Now]:
        """Records of one contract, from the store and from this batch."""
        for row in self.store.rows(self.connection, kind, [contract]):
            self._record((kind, row.record))
        return [r for (k, _), r in self.records.items() if k == kind and r and r.contract_id == contract]

    def _need_progress(self, contract: str, fields: Mapping[str, Any]) -> None:
        reached = max(
            (
                r.content.get("actual") or 0
                for r in self._rows("reports", contract)
                if r.state == permissions.APPROVED
            ),
            default=0,
        )
        if reached < float(fields["point"]):
            raise Refusal(
                f"Contract {contract} is evaluated at {fields['point']} %, and approved reports say {reached} %.",
                where="rule of order",
                fix="Wait for an approved report that reaches the review point.",
            )

    def _need_inspection(self, contract: str) -> None:
        done = any(
            r.content.get("kind") == "final" and r.content.get("date_inspected")
            for r in self._rows("claims", contract)
        )
        if not done:
            raise Refusal(
                f"Contract {contract} has had no final inspection; as-built drawings come after it.",
                where="rule of order",
                fix="Enter the final inspection first.",
            )

    def _by(self, name: tuple[str, str]) -> str:
        lines = list(self.store.lines(self.connection, *name))
        return f"{lines[-1].user_id} was first, at {lines[-1].at}." if lines else ""

    def _write(self, step: Step, state: str, fields: dict[str, Any]) -> None:
        self.number += 1
        at = step.at or datetime.now(UTC).isoformat(timespec="seconds")
        change = journal.to_json(fields)
        user = step.user
        parts = (self.number, at, user.user_id, user.role, step.action, step.kind, step.record, state, change)
        seal = journal.seal(self.previous, *parts)
        self.entries.append(journal.Entry(*parts, self.previous, seal))
        self.previous = seal
        self.written += 1
        if len(self.entries) >= BATCH:
            self._append()

    def _append(self) -> None:
        self.store.append(self.connection, self.entries)
        self.entries = []

    def flush(self) -> None:
        self._append()
        new, changed = [], []
        for name in sorted(self.touched):
            now = self.records[name]
            if now is None:
                continue
            content = journal.to_json(now.content)
            if now.stored:
                changed.append(
                    {"_kind": name[0], "_record": name[1], "_state": now.state, "_content": content}
                )
            else:
                new.append(
                    {
                        "kind": name[0],
                        "record": name[1],
                        "contract_id": now.contract_id,
                        "state": now.state,
                        "content": content,
                    }
                )
        self.store.write(self.connection, new, changed)


def existing(place: str | Path, *, even_damaged: bool = False) -> Registry:
    """Open a registry that is there, to read it. Nothing is made or changed by it.

    With ``even_damaged`` one that lost a table is opened too, for `Registry.verify` alone.

    Raises
    ------
    InputError
        The file is missing, is no database, or is the database of something else.
    """
    return Registry(place, must_exist=True, even_damaged=even_damaged)
