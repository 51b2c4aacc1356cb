"""Checks of the exercise set m9: did it work?"""

from __future__ import annotations

from cleanworks.integrity import evaluation, published
from cleanworks.learn import CheckSet, Correct, Outcome, compare, compare_choice, every, open_answer

check = CheckSet("m9")


@check.question("m9-e1", "gain")
def gain(gain: object) -> Outcome:
    return compare(
        gain,
        evaluation.expected_gain(6.0, 8.0, 0.6),
        rtol=0.005,
        unit="points",
        mistakes=[
            (0.6 * 2.0, "This is the part of its distance that the body keeps. Which part does it lose?"),
            (2.0, "This is the whole distance to the mean. With a correlation above 0 a part of it stays."),
        ],
    )


@check.question("m9-e2", "effect")
def effect(effect: object) -> Outcome:
    return compare(
        effect,
        (78 - 70) - (77 - 72),
        unit="points",
        mistakes=[
            (78 - 70, "This compares before and after. The others rose too."),
            (78 - 77, "This compares the two groups after only. They did not begin at the same level."),
        ],
    )


@check.question("m9-e3", "expected")
def expected(expected: object) -> Outcome:
    weak = evaluation.share_rising(evaluation.implied_correlation(137 / 460))[1]
    # Bodies are whole: who rounds is right as well.
    whole = isinstance(compare(expected, round(22 * weak)), Correct)
    return compare(
        expected,
        round(22 * weak) if whole else 22 * weak,
        rtol=0.01,
        unit="bodies",
        mistakes=[
            (22 * 137 / 460, "This uses the rate of all bodies. Weak bodies rise more often."),
            (weak, "This is a share. Take it times 22 to get a number of bodies."),
        ],
    )


@check.question("m9-e4", "choose_by", "note")
def note(choose_by: object, note: object) -> Outcome:
    return every(
        compare_choice(
            choose_by,
            "lot",
            options=["need", "wish", "lot"],
            name="`choose_by`",
            mistakes=[
                ("need", "Then the advised start lower than the others, and the lowest rise by themselves."),
                ("wish", "Bodies that ask for advisers may be those that would improve anyway."),
            ],
        ),
        open_answer(
            note,
            [
                "says that weak bodies tend to rise in the next year without any help",
                "says that a part of the 18, and not all of it, can be explained by this",
                "compares weak bodies that get advisers with weak bodies that do not get them yet",
                "does not compare the advised weak bodies with all the other bodies",
                "does not say that advisers have no effect",
            ],
            name="`note`",
        ),
    )


@check.question("m9-e5", "found")
def found(found: object) -> Outcome:
    scores = published.series("ia_headline", "overall", of="2012-2021")
    fits = {start: evaluation.interrupted_series(scores, start=start) for start in range(2015, 2020)}
    jumps = sum(fit.level.low > 0 or fit.level.high < 0 for fit in fits.values())
    either = sum(
        fit.level.low > 0 or fit.level.high < 0 or fit.slope.low > 0 or fit.slope.high < 0
        for fit in fits.values()
    )
    return compare(
        found,
        either,
        unit="years",
        mistakes=[
            (jumps, "You found one. Look at both intervals of every line: another year has one as well."),
            (
                len(fits),
                "Not every interval leaves out zero: one whose ends have different signs holds it.",
            ),
            (
                len(fits) - either,
                "These are the years in which both intervals hold zero. The task asks for the others.",
            ),
        ],
    )
