"""A simulated class: the tests before and after a workshop, and the truth behind them.

Nobody in it exists. What is planted, so that a method can be judged by it:

1. Five objectives of four questions each. The first is nearly known before (nothing left to gain), the last was not taught
   at all (no gain), the three between were taught.
2. People who know less leave before the second test more often, and those who leave would have gained less.
3. Question ``q11`` misleads: the more a person knows, the more often it is answered "wrong".
4. People type their code a second time as people do: in small letters, with a space, now and then with a slip.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from cleanworks.draws import Draws, exp
from cleanworks.errors import InputError

SEED = 20_261_231
PEOPLE = 48
ITEMS_EACH = 4
MISLEADING = "q11"

OBJECTIVES = (
    "Read a register of payments",
    "Compute days late and interest",
    "Decide about direct payment",
    "Compare cash on time and late",
    "Explain untouchable money",
)
# On the logit scale: how easy the objective's questions are before, and what teaching adds for somebody average.
_EASE = (2.6, -0.4, -0.2, -0.6, -0.9)
_TAUGHT = (0.3, 1.9, 1.4, 1.6, 0.0)
_MORE_FOR_THE_ABLE = 0.8
_SLIPS = 0.05


def make(people: int = PEOPLE, seed: int = SEED) -> dict[str, pd.DataFrame]:
    """The class of a workshop; the same numbers give the same class.

    Returns
    -------
    dict with two tables

    ``answers``
        One row per person, test and question, as the files say: ``code`` (as typed), ``moment`` (before, after), ``item``,
        ``objective``, ``right``.
    ``truth``
        One row per person: ``code`` (as meant), ``stayed``, ``before`` and ``after``: the expected share right, for
        those who left too.
    """
    if not 2 <= people <= 100_000:
        raise InputError(
            "A class has 2 to 100,000 people.", where="people", fix="Give a number from 2 to 100,000."
        )
    rng = Draws(np.random.Generator(np.random.PCG64([seed, people])))
    ability = rng.normal(0, 1, people)
    stayed = rng.random(people) < 1 / (1 + exp(-(1.3 + 1.3 * ability)))
    codes = _codes(people, rng)
    typed = [_typed(code, rng) for code in codes]
    slope, ease, objective = _items(rng)
    before = _chance(ability, slope, ease)
    gain = np.maximum(0, 1 + _MORE_FOR_THE_ABLE * ability)[:, None] * np.asarray(_TAUGHT)[objective]
    gain[:, int(MISLEADING[1:]) - 1] = 0
    after = _chance(ability, slope, ease + gain)
    tables = [
        _answers(codes, "before", before, objective, rng),
        _answers(typed, "after", after, objective, rng)[np.repeat(stayed, before.shape[1])],
    ]
    truth = pd.DataFrame(
        {"code": codes, "stayed": stayed, "before": before.mean(axis=1), "after": after.mean(axis=1)}
    )
    return {"answers": pd.concat(tables, ignore_index=True), "truth": truth}


def _items(rng: Draws) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    objective = np.repeat(np.arange(len(OBJECTIVES)), ITEMS_EACH)
    slope = rng.uniform(0.9, 1.5, objective.size)
    ease = np.asarray(_EASE)[objective] + rng.normal(0, 0.4, objective.size)
    place = int(MISLEADING[1:]) - 1
    slope[place], ease[place] = -2.5, -0.5
    return slope, ease, objective


def _chance(ability: np.ndarray, slope: np.ndarray, ease: np.ndarray) -> np.ndarray:
    """Chance of a right answer, people by questions; a guess is right once in five."""
    return 0.2 + 0.8 / (1 + exp(-(ability[:, None] * slope + ease)))


def _answers(
    codes: Sequence[str], moment: str, chance: np.ndarray, objective: np.ndarray, rng: Draws
) -> pd.DataFrame:
    people, items = chance.shape
    return pd.DataFrame(
        {
            "code": np.repeat(np.asarray(codes, dtype=object), items),
            "moment": moment,
            "item": np.tile([f"q{n}" for n in range(1, items + 1)], people),
            "objective": np.tile(np.asarray(OBJECTIVES, dtype=object)[objective], people),
            "right": (rng.random(chance.shape) < chance).ravel(),
        }
    )


def _codes(people: int, rng: Draws) -> list[str]:
    """Two letters, a day, two letters, no code twice."""
    letters = np.array(list("ABCDEFGHJKLMNPRSTUVWYZ"))
    codes: dict[str, None] = {}
    while len(codes) < people:
        four = "".join(rng.choice(letters, 4))
        codes[f"{four[:2]}{rng.integers(1, 29):02}{four[2:]}"] = None
    return list(codes)


def _typed(code: str, rng: Draws) -> str:
    if rng.random() < _SLIPS:
        return f"{code[:-1]}{'X' if code[-1] != 'X' else 'Q'}"
    return (code, code.lower(), f"{code[:2]} {code[2:4]} {code[4:]}", f"{code} ")[rng.integers(4)]
