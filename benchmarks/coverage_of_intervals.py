"""How often intervals hold the truth: every estimator of cleanworks.integrity on data whose truth is known.

    python benchmarks/coverage_of_intervals.py [--replications 2000] [--only mean] [FILE.csv]

Nominal 95 % intervals should cover between 93 and 97 %. Rows marked "known to fail" are there because a lesson warns of
them: the plain interval of a rare event, errors that ignore clusters, the published rule of the CPI on five sources,
Newey-West errors on short correlated series, a threshold with a bend inside the bandwidth.
"""

from __future__ import annotations

import argparse
import time

import numpy as np
import pandas as pd

from cleanworks.integrity import composite, evaluation, sensitive, survey
from cleanworks.integrity.survey import RatePrior

SOUND, FAILS = "95 %", "known to fail"


def simple_mean(rng):
    """Mean of 100 people drawn alone, skewed scores."""
    return survey.mean(pd.DataFrame({"y": rng.gamma(4, 1, 100)}), "y"), 4.0


def clusters(rng, each=15, strata=3, units=15):
    """Scores in 3 strata of 15 clusters of 15 people, with weights that go with the stratum."""
    stratum = np.repeat(np.arange(strata), units)
    level = stratum + rng.normal(0, 0.7, strata * units)
    table = pd.DataFrame(
        {
            "y": np.repeat(level, each) + rng.normal(size=strata * units * each),
            "s": np.repeat(stratum, each),
            "c": np.repeat(np.arange(strata * units), each),
        }
    )
    table["w"] = 1.0 + table["s"]
    table["part"] = rng.random(len(table)) < 0.3
    table["x"] = rng.poisson(2, len(table)) + 1.0
    return table


DESIGN = dict(weight="w", stratum="s", cluster="c")
CLUSTERED_MEAN = (0 * 1 + 1 * 2 + 2 * 3) / 6


def clustered_mean(rng):
    """Weighted mean of a stratified sample of clusters."""
    return survey.mean(clusters(rng), "y", **DESIGN), CLUSTERED_MEAN


def part_of_a_sample(rng):
    """The same for a third of the respondents."""
    table = clusters(rng)
    return survey.mean(table, "y", where=table["part"], **DESIGN), CLUSTERED_MEAN


def clustered_ratio(rng):
    """Ratio of two totals in the same design."""
    return survey.ratio(clusters(rng), "y", "x", **DESIGN), CLUSTERED_MEAN / 3


def forgotten_clusters(rng):
    """The same mean, clusters forgotten."""
    return survey.mean(clusters(rng), "y", weight="w"), CLUSTERED_MEAN


def rare_in_clusters(rng, rate=0.03, strength=30):
    """Share of 3 % in 60 clusters of 25 with correlation 0.03."""
    own = rng.beta(rate * strength, (1 - rate) * strength, 60)
    table = pd.DataFrame({"b": rng.random(1500) < np.repeat(own, 25), "c": np.repeat(np.arange(60), 25)})
    return survey.proportion(table, "b", cluster="c"), rate


def bribery_rate(rng):
    """SDG 16.5.1: rate of 4 % among the 70 % of 1,500 people who had a contact."""
    contact = rng.random(1500) < 0.7
    answer = np.where(rng.random(1500) < 0.04, "yes", "no")
    paid = pd.Series(answer).where(contact)
    table = pd.DataFrame({"contact": contact, "paid": paid, "asked": paid})
    return survey.bribery_prevalence(table).rate, 0.04


def wilson_rare(rng):
    """Wilson, a rate between 0.5 and 3 %, 300 people. At one fixed rate coverage jumps, because counts are whole."""
    rate = rng.uniform(0.005, 0.03)
    return survey.wilson(rng.binomial(300, rate), 300), rate


def wilson_common(rng):
    """Wilson, 20 % of 300."""
    return survey.wilson(rng.binomial(300, 0.2), 300), 0.2


def plain_rare(rng):
    """Plain interval, the same rates."""
    rate = rng.uniform(0.005, 0.03)
    return survey.proportion(pd.DataFrame({"b": rng.random(300) < rate}), "b", interval="wald"), rate


def warner(rng):
    """Warner's design with 0.7, rate 5 %, 600 people."""
    return sensitive.warner(rng.binomial(600, sensitive.share_of_yes(0.05, p=0.7)), 600, 0.7), 0.05


def forced(rng):
    """Forced response with a die, rate 5 %, 600 people."""
    said = sensitive.share_of_yes(0.05, p_yes=1 / 6, p_truth=2 / 3)
    return sensitive.forced_response(rng.binomial(600, said), 600, 1 / 6, 2 / 3), 0.05


def counts(rng):
    """List experiment, four harmless items, rate 10 %, 600 people."""
    treated = np.arange(600) % 2 == 0
    count = rng.binomial(4, 0.4, 600) + (treated & (rng.random(600) < 0.1))
    return sensitive.list_experiment(pd.DataFrame({"count": count, "treated": treated}), items=4), 0.1


def alpha(rng):
    """Cronbach's alpha of five equal items, 120 people."""
    items = rng.normal(size=(120, 1)) + 1.2 * rng.normal(size=(120, 5))
    return composite.cronbach_alpha(pd.DataFrame(items)), 5 / (5 + 1.44)


def cpi(rng):
    """CPI rule, five sources (nominal 90 %)."""
    return composite.cpi_score(np.clip(rng.normal(50, 6, 5), 0, 100)), 50


def correlation(rng):
    """Correlation of two rounds, 80 bodies."""
    x = rng.normal(size=80)
    return evaluation.retest_correlation(pd.Series(x), pd.Series(0.6 * x + 0.8 * rng.normal(size=80))), 0.6


def differences(rng):
    """Difference in differences, 60 institutions, 6 years, persistent noise."""
    panel = evaluation.simulate_panel(rng, units=60, periods=6, start=3, effect=0.5, persistence=0.5)
    return evaluation.difference_in_differences(panel, "score"), 0.5


def event(rng):
    """Event study, effect one year after the start."""
    panel = evaluation.simulate_panel(rng, units=60, periods=6, start=3, effect=0.5, persistence=0.5)
    return evaluation.event_study(panel, "score", leads=2, lags=2)[0].loc[1], 0.5


def staggered(rng):
    """Group-time effects, three starts, bootstrap of 200."""
    panel = evaluation.simulate_panel(rng, units=90, periods=6, start=2, effect=0.0)
    late = panel["institution_id"] % 2 == 0
    start = panel["start"].where(~late, panel["start"] + 2)
    panel = panel.assign(start=start, score=panel["score"] + 0.5 * (panel["year"] >= start))
    return evaluation.group_time_effects(panel, "score", rng, draws=200)[0], 0.5


def series(rng, persistence=0.0, n=60):
    """Change of level, 60 periods, independent noise."""
    noise = rng.normal(size=n + 20)
    for i in range(1, len(noise)):
        noise[i] += persistence * noise[i - 1]
    time = np.arange(n)
    y = pd.Series(0.02 * time + 1.0 * (time >= n // 2) + noise[20:], index=time)
    return evaluation.interrupted_series(y, n // 2).level, 1.0


def threshold(rng, bend=0.0):
    """Jump at a threshold, straight lines, about 240 bodies inside."""
    x = pd.Series(rng.uniform(-1, 1, 300))
    y = x + bend * x**3 + 0.5 * (x >= 0) + pd.Series(rng.normal(size=300))
    return evaluation.threshold_effect(x, y, 0, 0.8), 0.5


def shrunk(rng):
    """Shrunken rates of 200 institutions of 260 (share of institutions covered)."""
    truth = rng.beta(0.01 * 150, 0.99 * 150, 200)
    n = pd.Series(np.full(200, 260))
    table = survey.shrink_rates(pd.Series(rng.binomial(n, truth)), n)
    return table, truth


def known_prior(rng):
    """The same with the true prior."""
    truth = rng.beta(0.01 * 150, 0.99 * 150, 200)
    n = pd.Series(np.full(200, 260))
    return survey.shrink_rates(pd.Series(rng.binomial(n, truth)), n, RatePrior(0.01, 150)), truth


ESTIMATORS = {
    "mean": (simple_mean, SOUND),
    "mean, clusters": (clustered_mean, SOUND),
    "mean, part of a sample": (part_of_a_sample, SOUND),
    "ratio, clusters": (clustered_ratio, SOUND),
    "share, clusters": (rare_in_clusters, SOUND),
    "SDG 16.5.1": (bribery_rate, SOUND),
    "Wilson, rare": (wilson_rare, SOUND),
    "Wilson, common": (wilson_common, SOUND),
    "shrunken rates": (shrunk, SOUND),
    "shrunken rates, true prior": (known_prior, SOUND),
    "Warner": (warner, SOUND),
    "forced response": (forced, SOUND),
    "list experiment": (counts, SOUND),
    "alpha": (alpha, SOUND),
    "retest correlation": (correlation, SOUND),
    "difference in differences": (differences, SOUND),
    "event study": (event, SOUND),
    "group-time effects": (staggered, SOUND),
    "interrupted series": (series, SOUND),
    "threshold": (threshold, SOUND),
    "plain interval, rare": (plain_rare, FAILS),
    "mean, clusters forgotten": (forgotten_clusters, FAILS),
    "CPI, five sources (90 %)": (cpi, FAILS),
    "interrupted series, 20 periods, correlated": (lambda rng: series(rng, 0.5, 20), FAILS),
    "threshold with a bend": (lambda rng: threshold(rng, 4.0), FAILS),
}


def covers(found, truth) -> float:
    """1 or 0; for a table of institutions the share of them."""
    low, high = (
        found[part] if isinstance(found, (pd.Series, pd.DataFrame)) else getattr(found, part)
        for part in ("low", "high")
    )
    return float(np.mean((np.asarray(low) <= truth) & (truth <= np.asarray(high))))


def measure(name: str, replications: int) -> dict:
    """Coverage of one estimator with its simulation error."""
    make, kind = ESTIMATORS[name]
    rng = np.random.default_rng([2024, list(ESTIMATORS).index(name)])
    began = time.perf_counter()
    hits = np.array([covers(*make(rng)) for _ in range(replications)])
    return {
        "estimator": name,
        "expected": kind,
        "coverage": hits.mean(),
        "error": hits.std(ddof=1) / replications**0.5,
        "ok": kind == FAILS or 0.93 <= hits.mean() <= 0.97,
        "seconds": time.perf_counter() - began,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--replications", type=int, default=2000)
    parser.add_argument("--only", default="", help="estimators whose name contains this")
    parser.add_argument("file", nargs="?", help="CSV file to write")
    options = parser.parse_args()
    rows = []
    print(f"{'estimator':<45}{'coverage':>9}{'error':>8}  expected")
    for name in ESTIMATORS:
        if options.only in name:
            row = measure(name, options.replications)
            rows.append(row)
            mark = "" if row["ok"] else "  OUTSIDE 93 TO 97 %"
            print(
                f"{name:<45}{row['coverage']:>9.3f}{row['error']:>8.4f}  {row['expected']}{mark}", flush=True
            )
    if options.file:
        pd.DataFrame(rows).to_csv(options.file, index=False)
    raise SystemExit(0 if all(row["ok"] for row in rows) else 1)


if __name__ == "__main__":
    main()
