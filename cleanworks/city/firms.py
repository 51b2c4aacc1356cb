"""The firms of a market, with invented names."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cleanworks.city.block import Block, numbered
from cleanworks.city.schemas import TRADES
from cleanworks.draws import Draws, power

_FIRST = [
    "Al",
    "Bel",
    "Cor",
    "Dan",
    "El",
    "Fen",
    "Gal",
    "Hal",
    "Ist",
    "Jor",
    "Kel",
    "Lor",
    "Mar",
    "Nor",
    "Or",
    "Pel",
    "Quin",
    "Ros",
    "Sel",
    "Tor",
    "Ul",
    "Val",
    "Wen",
    "Yor",
    "Zel",
    "Ab",
    "Bri",
    "Cal",
    "Dor",
    "Em",
]
_SECOND = [
    "ado",
    "abe",
    "andra",
    "eko",
    "enna",
    "eri",
    "iva",
    "ilo",
    "ima",
    "onde",
    "oru",
    "ora",
    "una",
    "uvi",
    "ymo",
]
_PRIMES = ["Construction", "Civil", "Builders", "Infrastructure"]
_SPECIALISTS = {
    "earthworks": "Earthworks",
    "concrete": "Concrete",
    "steel": "Steel",
    "waterproofing": "Waterproofing",
    "paving": "Paving",
    "drainage": "Drainage",
    "piping": "Piping",
    "electrical": "Electric",
    "mechanical": "Mechanical",
    "landscaping": "Landscapes",
    "masonry": "Masonry",
    "scaffolding": "Scaffolding",
    "painting": "Coatings",
    "signage": "Signs",
}


@dataclass(frozen=True)
class Firms:
    """Firms of one kind: ids, names, trade (specialists only) and how often each is met."""

    ids: np.ndarray
    names: np.ndarray
    weight: np.ndarray
    trade: np.ndarray


def primes(block: Block) -> Firms:
    """Prime contractors. A few firms meet many tenders, most meet few."""
    count = block.profile["city.firms"]
    rng = block.market_rng("primes")
    stems = _stems(rng, count)
    kinds = rng.choice(_PRIMES, count)
    names = np.array([f"{stem} {kind}" for stem, kind in zip(stems, kinds, strict=True)], dtype=object)
    return Firms(_ids("F", block, count), names, _popularity(rng, count), np.full(count, "", dtype=object))


def specialists(block: Block) -> Firms:
    """Subcontractors, each with one trade."""
    count = block.profile["city.subcontractors"]
    rng = block.market_rng("specialists")
    stems = _stems(rng, count)
    trades = np.array(TRADES.split(), dtype=object)
    # Every trade has firms; the rest fall at random.
    trade = trades[
        np.r_[np.arange(min(len(trades) * 3, count)) % len(trades), rng.integers(0, len(trades), count)][
            :count
        ]
    ]
    names = np.array(
        [f"{stem} {_SPECIALISTS[t]}" for stem, t in zip(stems, trade, strict=True)], dtype=object
    )
    return Firms(_ids("SF", block, count), names, _popularity(rng, count), trade)


def _ids(prefix: str, block: Block, count: int) -> np.ndarray:
    return numbered(prefix, (np.full(count, block.market), 3), (np.arange(1, count + 1), 3))


def _stems(rng: Draws, count: int) -> np.ndarray:
    every = np.array([first + second for first in _FIRST for second in _SECOND], dtype=object)
    mixed = rng.permutation(every)
    return np.array(
        [mixed[i % len(mixed)] + (f" {i // len(mixed) + 1}" if i >= len(mixed) else "") for i in range(count)]
    )


def _popularity(rng: Draws, count: int) -> np.ndarray:
    weight = rng.permutation(power(np.arange(count) + 4.0, -0.75))
    return weight / weight.sum()
