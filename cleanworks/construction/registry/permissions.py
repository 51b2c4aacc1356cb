"""Who may do what, and in which order: the rules of the working model, without any storage.

From the sources: the seven stages and who enters (ccs-s9, ccs-s10), the approval line "contractor writes, supervisor
checks, the city's official approves" (ccs-s9, ccs-s10), evaluations at 30, 60 and 95 % (ccs-s10), the review of the
payment split before the bank transfers (ccs-s31, ccs-s32). **Our modelling choices**: which kind of record needs which
signatures where the sources name none (the sign-off ladder of each form is not confirmed in any source we saw), what must
be approved before what, that a user has one role (so nobody signs twice on one record), and what each role sees.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from cleanworks import input_checks
from cleanworks.errors import InputError

ROLES = ("contractor", "supervisor", "official", "bank", "worker", "citizen")

STAGES = {
    1: "Users and project registered",
    2: "Approved schedule loaded",
    3: "Daily, weekly and monthly reports",
    4: "Work directives down, action reports up",
    5: "Documents registered",
    6: "Performance evaluated at the review points",
    7: "As-built drawings registered",
}

# The states of a record. Without a checker or an approver in its line a record skips that state.
ENTERED, CHECKED, APPROVED, RELEASED = "entered", "checked", "approved", "released"


class Refusal(InputError):
    """A rule of the registry forbids the step. The message names the rule."""


class TakenAlready(Refusal):
    """Someone else did the step first."""


@dataclass(frozen=True)
class User:
    """Somebody who signs in. ``contracts`` limits contractors and supervisors; ``worker_id`` a worker.

    Raises
    ------
    InputError
        A role that does not exist.
    """

    user_id: str
    role: str
    contracts: frozenset[str] = field(default_factory=frozenset)
    worker_id: str | None = None

    def __post_init__(self) -> None:
        input_checks.choice(self.role, ROLES, f"role of user {self.user_id}")
        names = [self.contracts] if isinstance(self.contracts, str) else self.contracts
        object.__setattr__(self, "contracts", frozenset(names))


@dataclass(frozen=True)
class Line:
    """The way of one kind of record: its stage, who enters, who checks, who approves, and who releases money."""

    stage: int
    enter: tuple[str, ...]
    check: str | None = None
    approve: str | None = None
    release: str | None = None
    answer: str | None = None

    @property
    def steps(self) -> tuple[tuple[str, str, str], ...]:
        """The steps after entering: name, role, state reached."""
        wanted = (
            ("check", self.check, CHECKED),
            ("approve", self.approve, APPROVED),
            ("release", self.release, RELEASED),
        )
        return tuple((name, role, state) for name, role, state in wanted if role)

    @property
    def final(self) -> str:
        """The state from which a record may no longer be corrected."""
        if self.approve:
            return APPROVED
        return CHECKED if self.check else ENTERED


_SITE = ("contractor", "supervisor", "official")

LINES: dict[str, Line] = {
    "projects": Line(1, ("official",)),
    "tenders": Line(1, ("official",)),
    "bids": Line(1, ("official",)),
    "contracts": Line(1, ("official",)),
    "modifications": Line(1, ("official",)),
    "users": Line(1, _SITE),
    "schedules": Line(2, ("contractor",), approve="official"),
    "progress": Line(3, ("contractor",), "supervisor", "official"),
    "reports": Line(3, ("contractor",), "supervisor", "official"),
    "directives": Line(4, ("official",)),
    "actions": Line(4, ("contractor", "supervisor"), approve="official"),
    "documents": Line(5, _SITE),
    "subcontracts": Line(5, ("contractor",), approve="official"),
    "claims": Line(5, ("contractor",), "supervisor", "official", release="bank"),
    "payments": Line(5, ("contractor",), "supervisor", "official", release="bank"),
    "workers": Line(5, ("contractor",)),
    "attendance": Line(5, ("contractor",)),
    "wages": Line(5, ("contractor",), approve="official", release="bank"),
    "retirement_days": Line(5, ("contractor",)),
    "disclosures": Line(5, ("official",), answer="official"),
    "questions": Line(5, ("citizen",), answer="official"),
    "complaints": Line(5, ("contractor", "worker", "citizen"), answer="official"),
    "evaluations": Line(6, ("official",)),
    "as_built": Line(7, ("contractor",), approve="official"),
}

# What each role sees. "own" is the rows of its contracts, or of the worker himself; "all" every row; anything else nothing.
SEES: dict[str, dict[str, str]] = {
    "official": dict.fromkeys(LINES, "all"),
    "contractor": dict.fromkeys(LINES, "own"),
    "supervisor": {t: "own" for t in LINES if t not in ("wages", "bids", "complaints")},
    "bank": {"claims": "all", "payments": "all", "wages": "all"},
    "worker": dict.fromkeys(("workers", "attendance", "wages", "retirement_days"), "own"),
    "citizen": {},
}

# These need an approved schedule (stage 2) of their contract: our reading of the order of the stages.
NEED_SCHEDULE = ("reports", "progress", "evaluations", "as_built")
# Short mode has neither (ccs-s10).
LONG_MODE_ONLY = ("reports", "evaluations")


def line(table: str) -> Line:
    """The line of one kind of record; `InputError` for a kind that the registry does not keep."""
    if table not in LINES:
        raise InputError(
            f"The registry keeps no table {table!r}.", where="registry", fix=f"It keeps: {', '.join(LINES)}."
        )
    return LINES[table]


def next_state(table: str, state: str | None, step: str, role: str, what: str = "The record") -> str:
    """The state after a step, or a `Refusal` that names the broken rule.

    Parameters
    ----------
    table : str
        Kind of record.
    state : str or None
        State now; None: there is no such record yet.
    step : str
        ``"enter"``, ``"check"``, ``"approve"``, ``"release"``, ``"correct"``, ``"send back"``,
        ``"receive"`` (money arrived at the payer) or ``"answer"``.
    role : str
        Who acts.
    what : str
        What a person calls the record, for the message.
    """
    way = line(table)
    if step == "enter":
        _need_role(role, way.enter, f"enter {table}")
        if state is not None:
            raise Refusal(
                f"{what} is there already; a number is given once.",
                where="rule of numbers",
                fix="Use a new number.",
            )
        return ENTERED
    if state is None:
        raise Refusal(f"{what} is not in the registry.", where="registry", fix="Enter it first.")
    if step == "correct":
        _need_role(role, way.enter, f"correct {table}")
        if _rank(state) >= _rank(way.final):
            raise Refusal(
                f"{what} is {state}, and an approved record is never changed.",
                where="rule of records",
                fix="Enter a new record that refers to it.",
            )
        return ENTERED
    if step == "answer":
        _need_role(role, (way.answer,) if way.answer else (), f"answer {table}")
        return state
    if step == "receive":
        _need_role(role, (way.release,) if way.release else (), f"receive {table}")
        if state != APPROVED:
            raise Refusal(
                f"{what} is {state}; money moves for approved records only.",
                where="rule of steps",
                fix="Have the record approved first.",
            )
        return state
    if step == "send back":
        _need_role(role, tuple(r for r in (way.check, way.approve) if r), f"send back {table}")
        if _rank(state) >= _rank(way.final):
            raise Refusal(
                f"{what} is {state} and cannot be sent back.",
                where="rule of records",
                fix="Enter a new record that refers to it.",
            )
        return ENTERED
    return _forward(way, table, state, step, role, what)


def _forward(way: Line, table: str, state: str, step: str, role: str, what: str) -> str:
    steps = way.steps
    names = [name for name, _, _ in steps]
    if step not in names:
        raise Refusal(
            f"There is no step {step!r} for {table}.",
            where="rule of steps",
            fix=f"Steps: {', '.join(names)}.",
        )
    place = names.index(step)
    _, wanted, reached = steps[place]
    _need_role(role, (wanted,) if wanted else (), f"{step} {table}")
    if _rank(state) >= _rank(reached):
        raise TakenAlready(
            f"{what} is {state} already.", where="rule of steps", fix="Look at its journal to see by whom."
        )
    before = steps[place - 1][2] if place else ENTERED
    if state != before:
        raise Refusal(
            f"{what} is {state}; it must be {before} before anybody can {step} it.",
            where="rule of steps",
            fix=f"Ask the {steps[place - 1][1]} to {names[place - 1]} it.",
        )
    return reached


def may_see(role: str, table: str) -> str:
    """``"all"``, ``"own"`` or ``"none"``."""
    return SEES[role].get(table, "none")


def rights() -> Mapping[str, Mapping[str, str]]:
    """For each table, what each role may do, in words: the table that a course shows."""
    rows = {}
    for table, way in LINES.items():
        rows[table] = {role: ", ".join(_rights_of(way, table, role)) for role in ROLES}
    return rows


def _rights_of(way: Line, table: str, role: str) -> Iterable[str]:
    if role in way.enter:
        yield "enters"
    if role == way.check:
        yield "checks"
    if role == way.approve:
        yield "approves"
    if role == way.release:
        yield "pays"
    if role == way.answer:
        yield "answers"
    sees = may_see(role, table)
    if sees != "none":
        yield f"sees {sees}"


def _need_role(role: str, allowed: tuple[str, ...], action: str) -> None:
    if role not in allowed:
        who = " or ".join(allowed) or "nobody"
        raise Refusal(
            f"The role {role} may not {action}; this is for: {who}.",
            where="rule of roles",
            fix="Ask somebody who has that role.",
        )


def _rank(state: str) -> int:
    return (ENTERED, CHECKED, APPROVED, RELEASED).index(state)
