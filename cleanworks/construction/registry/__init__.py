"""The working model of a clean construction system: a registry with seven stages, six roles and a sealed journal.

>>> from cleanworks.construction import registry
>>> book = registry.play(city.make(projects=20))
>>> book.verify()
[]
>>> shown = registry.public_view(book)

It imitates what the sources say about One-PMIS, Allimi, e-Baro and e-HR, and is none of them: `permissions` says what comes from
a source and what is our modelling choice. Records and their journal are kept by `store` in SQLite or PostgreSQL.
"""

from cleanworks.construction.registry.core import Registry, Step, existing
from cleanworks.construction.registry.journal import Damage
from cleanworks.construction.registry.payment_register import (
    direct_payment_duties,
    pass_on,
    pay_claim,
    register_split,
    sign_split,
    status,
)
from cleanworks.construction.registry.permissions import (
    LINES,
    ROLES,
    STAGES,
    Refusal,
    TakenAlready,
    User,
    next_state,
    rights,
)
from cleanworks.construction.registry.play import play
from cleanworks.construction.registry.public_register import public_view
from cleanworks.construction.registry.reconciliation import reconcile
from cleanworks.construction.registry.store import without_password

__all__ = [
    "LINES",
    "ROLES",
    "STAGES",
    "Damage",
    "Refusal",
    "Registry",
    "Step",
    "TakenAlready",
    "User",
    "direct_payment_duties",
    "existing",
    "next_state",
    "pass_on",
    "pay_claim",
    "play",
    "public_view",
    "reconcile",
    "register_split",
    "rights",
    "sign_split",
    "status",
    "without_password",
]
