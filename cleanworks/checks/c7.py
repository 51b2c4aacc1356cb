"""Checks of the exercise set c7: workers."""

from __future__ import annotations

from cleanworks import city, profiles
from cleanworks.construction import flags
from cleanworks.learn import CheckSet, Outcome, compare
from cleanworks.typed import Tables

check = CheckSet("c7")


@check.question("c7-e1", "never_seen")
def never_seen(never_seen: object) -> Outcome:
    wages, attendance, workers = city.load("wages", "attendance", "workers")
    paid, seen = set(wages["worker_id"]), set(attendance["worker_id"])
    return compare(
        never_seen,
        len(paid - seen),
        unit="workers",
        mistakes=[
            (
                int((~wages["worker_id"].isin(seen)).sum()),
                "You counted wages and not workers: a worker has one a month. Count each once.",
            ),
            (
                len(seen - paid),
                "This is the other way round: workers on the card without a wage. Which list spends the money?",
            ),
            (
                len(set(workers["worker_id"]) - seen),
                "You started from the roster. Start from those who have a wage.",
            ),
        ],
    )


@check.question("c7-e2", "large")
def large(large: object) -> Outcome:
    gaps = flags.evaluate(_tables("wages", "attendance"), ["ghost-days"])
    gaps = gaps[gaps["level"] == "worker and month"]
    above = gaps["value"] > 10
    return compare(
        large,
        int(above.sum()),
        unit="lines",
        mistakes=[
            (
                int(gaps["flagged"].sum()),
                "This is the threshold of the flag. Compare the column `value` with the task's own number.",
            ),
            (
                float(gaps.loc[above, "value"].sum()),
                "This adds up days. Count lines: one for each worker and month.",
            ),
            (int((gaps["value"] > 0).sum()), "This counts every gap, forgotten cards included."),
        ],
    )


@check.question("c7-e3", "lower_end")
def lower_end(lower_end: object) -> Outcome:
    tables = _tables("workers", "wages", "planted")
    results = flags.evaluate(tables, ["shared-account"])
    score = flags.score(results, "shared-account", flags.labels(tables, "shared_account", "account"))
    return compare(
        lower_end,
        score.precision.low,
        rtol=0.03,
        mistakes=[
            (
                score.precision.value,
                "This is the precision itself, the middle. Where does its interval begin?",
            ),
            (
                score.recall.low,
                "This belongs to the recall. Precision asks how many of the alarms were right.",
            ),
            (score.precision.high, "This is the upper end. The task asks for the other one."),
        ],
    )


@check.question("c7-e4", "public")
def public(public: object) -> Outcome:
    tables = _tables("workers", "attendance")
    smallest = profiles.active()["privacy.minimum_cell"]
    results = flags.evaluate(tables, ["double-presence"])
    workers = tables["workers"]
    counts = workers.loc[
        workers["worker_id"].isin(results.loc[results["flagged"], "id"]), "trade"
    ].value_counts()
    everybody = workers["trade"].value_counts()
    return compare(
        public,
        counts[counts >= smallest].to_dict(),
        unit="workers",
        mistakes=[
            (
                counts.to_dict(),
                "The small counts are still there. On a small site everybody knows who the one is.",
            ),
            (
                everybody[everybody >= smallest].to_dict(),
                "This counts all workers of each trade. Start from `found`.",
            ),
            (
                counts[counts > smallest].to_dict(),
                'You left out the trades with exactly the smallest number. Read "at least" again.',
            ),
        ],
    )


def _tables(*names: str) -> Tables:
    return dict(zip(names, city.load(*names), strict=True))
