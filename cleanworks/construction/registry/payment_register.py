"""The payment register of the working model: split, approve, pay in one of two ways, and see what is late.

The split into prime contractor, subcontractors, wages, equipment and materials, its review before payment and the bank's
transfer follow ccs-s31 and ccs-s32; the way past the contractor's account is the Korean rule for contracts from 2027
(ccs-s96). Deadlines, interest and the duty of direct payment are those of ``cleanworks.construction.payments``.
"""

from __future__ import annotations

from collections.abc import Collection

import pandas as pd

from cleanworks import input_checks
from cleanworks.construction import payments as pay
from cleanworks.construction.registry.core import Registry, Step
from cleanworks.construction.registry.permissions import Refusal, User
from cleanworks.errors import InputError
from cleanworks.typed import Day

PAYEES = ("prime", "subcontractor", "wages", "equipment", "materials")
ROUTES = ("through_prime", "direct")


def register_split(registry: Registry, user: User, claim_id: str, shares: pd.DataFrame) -> list[str]:
    """Enter who gets how much of one claim.

    Parameters
    ----------
    shares : DataFrame
        ``payment_id, payee_type, payee_id, amount_registered``; optional ``tier`` (0 for the prime contractor's own side, the
        default; 1 for a subcontractor's) and ``subcontract_id``.

    Returns
    -------
    list of the payments' keys.

    Raises
    ------
    InputError
        An unknown kind of payee, a negative amount, or shares that do not add up to the claim. Nothing is entered then.
    """
    claim = _claim(registry, claim_id)
    shares = shares.reset_index(drop=True)
    wrong = ~shares["payee_type"].isin(PAYEES)
    if wrong.any():
        raise InputError(
            f"{shares.loc[wrong, 'payee_type'].iloc[0]!r} is not a kind of payee.",
            where=f"split of {claim_id}, row {shares.index[wrong][0]}",
            fix=f"Use: {', '.join(PAYEES)}.",
        )
    tier = shares["tier"] if "tier" in shares else pd.Series(0, index=shares.index)
    total = float(shares.loc[tier <= 1, "amount_registered"].sum())
    if abs(total - float(claim["amount"])) > 1:
        raise InputError(
            f"The shares add up to {total:,.0f} and the claim is {float(claim['amount']):,.0f}.",
            where=f"split of {claim_id}",
            fix="Every unit of the claim needs a payee; a re-subcontractor's share is inside its giver's.",
        )
    frame = shares.assign(
        tier=tier,
        claim_id=claim_id,
        contract_id=claim["contract_id"],
        payer_id=user.user_id,
        amount=shares["amount_registered"],
        subcontract_id=shares.get("subcontract_id"),
        date_received=None,
        date_due=claim["date_claimed"],
        date_paid=None,
        method="cash",
        channel="through_prime",
    )
    from cleanworks.construction.registry import shapes

    shapes.check_table(frame, "payments")
    registry.act(
        [Step(user, "enter", "payments", row["payment_id"], row) for row in frame.to_dict("records")]
    )
    return list(frame["payment_id"])


def sign_split(registry: Registry, supervisor: User, official: User, claim_id: str) -> None:
    """Check and approve every line of one claim's split."""
    lines = _lines(registry, claim_id)
    steps = [Step(supervisor, "check", "payments", key) for key in lines["payment_id"]]
    registry.act([*steps, *(Step(official, "approve", "payments", key) for key in lines["payment_id"])])


def pay_claim(registry: Registry, bank: User, claim_id: str, date: Day, *, route: str, days: int) -> None:
    """The client's money moves.

    Parameters
    ----------
    date : date or str
        The day of the transfer.
    route : str
        ``"through_prime"``: the whole claim goes to the prime contractor, whose clock of ``days`` starts; each further share
        is paid by `pass_on`. ``"direct"``: the bank pays every payee on that day and nothing waits.

    Raises
    ------
    Refusal
        The claim or a line of its split is not approved, or there is no split.
    """
    input_checks.choice(route, ROUTES, "route")
    lines, day = _lines(registry, claim_id), pd.Timestamp(date)
    due = pay.due_date(day, days)
    steps = [Step(bank, "release", "claims", claim_id, {"date_paid": day}, day.isoformat())]
    for line in lines.itertuples():
        at_once = route == "direct" or line.payee_type == "prime"
        what = {"channel": route, "date_received": day, "date_due": due}
        step, more = ("release", {"date_paid": day}) if at_once else ("receive", {})
        steps.append(Step(bank, step, "payments", line.payment_id, {**what, **more}, day.isoformat()))
    registry.act(steps)


def pass_on(registry: Registry, bank: User, payment_id: str, date: Day, amount: float | None = None) -> None:
    """The prime contractor's bank passes one share on; ``amount`` if it is not the registered one."""
    day = pd.Timestamp(date)
    more = {} if amount is None else {"amount": amount}
    registry.release(bank, "payments", payment_id, day.isoformat(), date_paid=day, **more)


def status(registry: Registry, as_of: Day, rate: float, year_days: int = 365) -> pd.DataFrame:
    """State, days late and interest of every share that belongs to someone other than the prime contractor."""
    lines = registry.table("payments", state=False)
    return pay.payment_status(lines[lines["payee_type"] != "prime"], as_of, rate, year_days)


def direct_payment_duties(
    registry: Registry,
    as_of: Day,
    *,
    requested: Collection[str] = (),
    threshold: int = 2,
    may_threshold: int = 1,
) -> pd.DataFrame:
    """Subcontracts with missed instalments: whether the client may, or must, pay directly.

    ``requested`` names the subcontracts that asked. Other grounds than missed payments are for
    ``payments.direct_payment`` itself.

    Returns
    -------
    DataFrame indexed by subcontract: ``missed``, ``may``, ``must``.
    """
    lines = registry.table("payments", state=False)
    owed = lines[(lines["payee_type"] == "subcontractor") & (lines["tier"] == 1)]
    missed = pay.missed_instalments(owed, as_of)
    answers = [
        pay.direct_payment(m, requested=s in set(requested), threshold=threshold, may_threshold=may_threshold)
        for s, m in missed["missed"].items()
    ]
    return missed[["missed"]].assign(may=[a.may for a in answers], must=[a.must for a in answers])


def _claim(registry: Registry, claim_id: str) -> pd.Series:
    claims = registry.table("claims")
    found = claims[claims["claim_id"] == claim_id]
    if found.empty:
        raise Refusal(f"There is no claim {claim_id}.", where="rule of order", fix="Enter the claim first.")
    return found.iloc[0]


def _lines(registry: Registry, claim_id: str) -> pd.DataFrame:
    lines = registry.table("payments")
    lines = lines[lines["claim_id"] == claim_id]
    if lines.empty:
        raise Refusal(
            f"Claim {claim_id} has no registered split.",
            where="rule of order",
            fix="The contractor registers who gets how much before anybody pays.",
        )
    return lines
