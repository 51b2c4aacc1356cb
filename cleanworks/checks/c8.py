"""Checks of the exercise set c8: red flags."""

from __future__ import annotations

from cleanworks import city
from cleanworks.construction import flags
from cleanworks.learn import CheckSet, Outcome, compare, open_answer

check = CheckSet("c8")


@check.question("c8-e1", "single_open")
def single_open(single_open: object) -> Outcome:
    tenders = city.load("tenders")
    is_open = tenders["procurement_method"] == "open"
    single = tenders["number_of_tenderers"] == 1
    return compare(
        single_open,
        int((is_open & single).sum()),
        mistakes=[
            (int(single.sum()), "This counts all methods. Keep only the open tenders."),
            (int(is_open.sum()), "This counts the open tenders. Ask also how many firms took part."),
        ],
    )


@check.question("c8-e2", "precision")
def precision(precision: object) -> Outcome:
    names = ("tenders", "bids", "contracts", "planted")
    tables = dict(zip(names, city.load(*names), strict=True))
    results = flags.evaluate(tables, ["R003"])
    score = flags.score(results, "R003", flags.labels(tables, "short_tender_period", "process"))
    return compare(
        precision,
        score.precision.value,
        rtol=0.01,
        mistakes=[
            (score.recall.value, "This is the recall: of the planted cases, how many were flagged."),
            (results["flagged"].mean(), "This is the share of all tenders that are flagged, right or wrong."),
            (score.false_alarm_rate.value, "This is the false alarm rate."),
        ],
    )


@check.question("c8-e3", "expected")
def expected(expected: object) -> Outcome:
    right, wrong = 0.80 * 20, 0.10 * 980
    return compare(
        expected,
        right / (right + wrong),
        rtol=0.03,
        mistakes=[
            (0.80, "This is the recall. Count the right and the wrong alarms."),
            (0.90, "You took the false alarms away from one. Count them in tenders: how many of the 980?"),
            (right / 1000, "Divide by all alarms, not by all tenders."),
        ],
    )


@check.question("c8-e4", "letter")
def letter(letter: object) -> Outcome:
    return open_answer(
        letter,
        [
            "says which pattern is the reason why the file was chosen",
            "says that a flag often has an ordinary reason, or is no finding",
            "asks for something that the office can send",
            "does not accuse: no word such as corruption, fraud or offence",
        ],
    )
