"""Two equivalent sets of questions, drawn from the quizzes of the modules."""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from cleanworks.errors import InputError
from cleanworks.learning import tidy_code
from cleanworks.workshop.catalogue import Lesson
from cleanworks.workshop.languages import translated_text
from cleanworks.workshop.quiz import (
    LONGEST,
    STRATEGY,
    GiveAway,
    give_away,
    order,
    parse_quiz,
    speaks_of_others,
)

Form = Literal["A", "B"]
FORMS: tuple[Form, ...] = ("A", "B")
_DRAWS = 200
_ROOM = 0.03
MOST = 24
"""Questions of one form, if nothing else is said: about twenty minutes."""
IN_A_WORKSHOP = 12
"""Questions of a form that a workshop hands out: about ten minutes. The rest are in the book."""
SECONDS = 50
"""What one question takes, as a plan counts it."""


@dataclass(frozen=True)
class Item:
    """One question. Texts are Markdown; ``right`` are positions of options as the lesson lists them."""

    id: str
    lesson: str
    objective: int
    question: str
    options: tuple[str, ...]
    right: tuple[int, ...]
    several: bool = False


@dataclass(frozen=True)
class Test:
    """Both forms. ``orders`` says for each form which item comes when and in which order its options stand."""

    __test__ = False  # not one of pytest's

    items: tuple[Item, ...]
    orders: dict[str, tuple[tuple[str, tuple[int, ...]], ...]]
    untested: tuple[tuple[str, int], ...] = ()

    @property
    def id(self) -> str:
        """Changes with every word of a question, so that answers to another test are told apart."""
        content = [
            [[i.id, i.lesson, i.objective, i.question, i.options, i.right] for i in self.items],
            [[form, self.orders[form]] for form in FORMS],
        ]
        return hashlib.sha256(json.dumps(content, ensure_ascii=True).encode()).hexdigest()[:12]

    def item(self, id: str) -> Item:
        return next(item for item in self.items if item.id == id)


def draw(
    lessons: Sequence[Lesson],
    *,
    seed: int = 1,
    most: int = MOST,
    said: Mapping[str, Mapping[str, str]] | None = None,
) -> Test:
    """Two forms for these lessons: every objective that fits is asked in both, and the same seed gives the same forms.

    Of the questions that there are, those are drawn whose options do not give the right one away by their length
    (:func:`cleanworks.workshop.quiz.give_away`), and the right options are dealt evenly to the places.

    Raises
    ------
    InputError
        No lesson has a quiz question, or the number of questions is not positive.
    """
    if most < 1:
        raise InputError("A test has at least one question.", fix="Ask for one or more.")
    chance = random.Random(f"cleanworks test {seed}")
    pools: dict[tuple[str, int], list[Item]] = {}
    for lesson in lessons:
        for item in quiz_items(lesson, (said or {}).get(lesson.id, {})):
            pools.setdefault((item.lesson, item.objective), []).append(item)
    if not pools:
        raise InputError(
            "None of these lessons has a quiz question that names its objective.",
            fix="Add quiz cells to the lessons, or build the workshop without a test.",
        )
    objectives, chosen = _fair(pools, most, chance)
    orders: dict[str, tuple[tuple[str, tuple[int, ...]], ...]] = {}
    for form in FORMS:
        orders[form] = _dealt(chosen[form], chance)
    used = {item.id: item for form in FORMS for item in chosen[form]}
    untested = tuple(sorted(set(pools) - set(objectives)))
    return Test(tuple(used[id] for id in sorted(used)), orders, untested)


def quiz_items(lesson: Lesson, said: Mapping[str, str] = MappingProxyType({})) -> list[Item]:
    """The quiz questions of a lesson that name an objective, in English or by the translations of the lesson's texts."""
    found = []
    for cell in lesson.notebook.with_tag("quiz"):
        quiz = parse_quiz(translated_text(cell.source, said))
        if cell.block.question is None or cell.block.objective is None or quiz.problems(several=True):
            continue
        right = tuple(position for position, option in enumerate(quiz.options) if option.right)
        found.append(
            Item(
                cell.block.question,
                lesson.id,
                cell.block.objective,
                quiz.question,
                tuple(option.text for option in quiz.options),
                right,
                cell.block.several,
            )
        )
    return found


def form_for(code: str, moment: str) -> Form:
    """The form that a code gets before or after. The page computes the same."""
    first = sum(ord(letter) for letter in tidy_code(code)) % 2
    return FORMS[first if moment == "before" else 1 - first]


def _in_turn(objectives: list[tuple[str, int]], most: int, chance: random.Random) -> list[tuple[str, int]]:
    """At most so many objectives, taken from the lessons in turn, in the order of the course."""
    left: dict[str, list[tuple[str, int]]] = {}
    for objective in objectives:
        left.setdefault(objective[0], []).append(objective)
    for pool in left.values():
        pool.sort()
        if len(objectives) > most:
            chance.shuffle(pool)
    taken: list[tuple[str, int]] = []
    while len(taken) < most and any(left.values()):
        for pool in left.values():
            if pool and len(taken) < most:
                taken.append(pool.pop(0))
    return [objective for objective in objectives if objective in set(taken)]


def _fair(
    pools: dict[tuple[str, int], list[Item]], most: int, chance: random.Random
) -> tuple[list[tuple[str, int]], dict[str, list[Item]]]:
    """Objectives, and for each form one item of each. Of many draws the one whose questions give least away."""

    def drawn() -> tuple[list[tuple[str, int]], dict[str, list[Item]]]:
        objectives = _in_turn(list(pools), most, chance)
        made: dict[str, list[Item]] = {form: [] for form in FORMS}
        for objective in objectives:
            pool = sorted(pools[objective], key=lambda item: item.id)
            chance.shuffle(pool)
            made["A"].append(pool[0])
            made["B"].append(pool[1] if len(pool) > 1 else pool[0])
        return objectives, made

    def worst(made: tuple[list[tuple[str, int]], dict[str, list[Item]]]) -> float:
        return max(measured(items).longest for items in made[1].values())

    best = drawn()
    for _ in range(_DRAWS):
        if worst(best) <= LONGEST - _ROOM:
            break
        best = min(best, drawn(), key=worst)
    return best


def measured(items: Sequence[Item], orders: dict[str, tuple[int, ...]] | None = None) -> GiveAway:
    """How far the items of a form give themselves away, in the order in which its options stand."""
    asked = []
    for item in items:
        if len(item.right) != 1:
            continue
        places = (orders or {}).get(item.id) or tuple(range(len(item.options)))
        asked.append(([item.options[place] for place in places], places.index(item.right[0])))
    return give_away(asked)


def _dealt(items: Sequence[Item], chance: random.Random) -> tuple[tuple[str, tuple[int, ...]], ...]:
    """The items in an order, and the options of each: one in which "the longest, else the commonest place" says little."""

    def tried() -> tuple[tuple[str, tuple[int, ...]], ...]:
        shuffled = list(items)
        chance.shuffle(shuffled)
        return _ordered(shuffled, chance)

    def cue(orders: tuple[tuple[str, tuple[int, ...]], ...]) -> float:
        return measured(items, dict(orders)).strategy

    best = tried()
    for _ in range(_DRAWS):
        if cue(best) < STRATEGY:
            break
        best = min(best, tried(), key=cue)
    return best


def _ordered(items: Sequence[Item], chance: random.Random) -> tuple[tuple[str, tuple[int, ...]], ...]:
    """For each item the order of its options: by chance, with the right ones dealt evenly to the places."""
    bags: dict[int, list[int]] = {}
    made = []
    for item in items:
        n = len(item.options)
        places = list(order(item.options, f"{chance.random()}"))
        free = [place for place, option in enumerate(places) if not speaks_of_others(item.options[option])]
        if len(item.right) == 1 and len(free) == n:
            bag = bags.setdefault(n, [])
            if not bag:
                bag.extend(range(n))
                chance.shuffle(bag)
            at, to = places.index(item.right[0]), bag.pop()
            places[at], places[to] = places[to], places[at]
        made.append((item.id, tuple(places)))
    return tuple(made)
