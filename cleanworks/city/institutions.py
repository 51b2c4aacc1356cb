"""Institutions of the simulated country and what an integrity assessment collects about them, 2016 to 2025.

Nothing here describes a real body. Sizes, averages, gaps and rates lie near the published ones (the constants name
their sources); everything else is ours. The truth behind the answers is kept in its own table, ``integrity_truth``,
so that a lesson can measure what an assessment finds and what it misses.

How an answer comes about:

1. Each body has an integrity out of a hundred for users and one for staff. It moves slowly from year to year, by a
   lasting part and a part that fades. Two programmes change it by a known amount; a third, consulting for low scorers,
   changes nothing, so that whoever sees an effect there has met regression to the mean.
2. A respondent adds a personal shift, each question a random one; the sum is rounded to the seven steps of the scale.
3. People who met a bribe demand answer less often, and not all of them say so: the reported rate is below the true one.
4. A few bodies steer: part of their list are friends who tick the best answer everywhere.
5. In 2022 the questionnaire changes. Scores jump; integrity does not. Scores of both sides do not compare.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from cleanworks import profiles
from cleanworks.draws import Draws, exp, log, normal_share, power
from cleanworks.errors import InputError

YEARS = tuple(range(2016, 2026))
NEW_QUESTIONNAIRE = 2022
SEED = 20_250_703

QUESTIONS = (
    "transparent_handling",
    "breach_of_standards",
    "passive_conduct",
    "preferential_treatment",
    "improper_solicitation",
    "abuse_of_power",
    "private_interest",
)
"""Perception questions 1 to 7 of 2025 (acrc-s4). All but the first name something bad: 7 is then the worst answer."""

_OFFSETS = np.array([-0.10, 0.10, -0.35, 0.05, 0.15, -0.05, 0.20])
"""How much better than the average each question is answered, in steps of the scale. Ours; sums to zero."""


@dataclass(frozen=True)
class Kind:
    """A type of institution. Bodies: counts of 2025 (acrc-s65), corporations of 2022 (acrc-s14a)."""

    name: str
    title: str
    bodies: int
    staff: int  # median, ours
    perceived: float  # distance from the average of all bodies, points of 100
    effort: float
    gap: float  # users minus staff in 2022, points of 100: acrc-s37 for three types, ours for the rest


KINDS = (
    Kind("central", "Ministry", 48, 900, 0.8, 1.4, 27.0),
    Kind("metropolitan", "Metropolitan government", 17, 4500, 1.2, 3.2, 26.0),
    Kind("basic", "Local government", 218, 950, -1.8, -3.2, 29.2),
    Kind("education", "Education office", 17, 2600, 1.8, 4.8, 16.6),
    Kind("corporation", "Public corporation", 195, 700, 5.2, 2.5, 27.9),
)
"""Distances chosen so that the overall scores of 2025 lie near those published by type (acrc-s65)."""

LEAVERS = 45
"""Corporations no longer assessed from 2024: 195 bodies of the high-scoring type became about 150 (acrc-s14a)."""

# Year averages in points of 100. Users and staff: acrc-s50, s35, s53, s26, s36, s37, s44; staff of 2016 and both of 2024
# and 2025 are ours (chosen so that the perceived average is the published one). Effort: acrc-s90, s88, s37, s44, s14a,
# s29; 2016 to 2018 and 2020 ours. Up to 2021 all lie 1.5 lower, because weaker bodies were not yet in the programme.
_USERS = (80.4, 81.3, 83.5, 84.7, 85.3, 85.4, 90.3, 87.0, 86.9, 87.0)
_STAFF = (76.6, 76.6, 77.2, 76.4, 75.9, 75.7, 62.6, 63.3, 60.8, 61.0)
_EFFORT = (83.0, 82.5, 81.5, 81.0, 82.0, 83.2, 82.0, 82.2, 83.8, 85.4)
# Shares that REPORT an experience. Users: acrc-s35, s53, s26, s36, s44, s29; 2016, 2022 and 2024 ours. Staff: acrc-s44; rest ours.
_USERS_REPORT = (0.0105, 0.0100, 0.0070, 0.0050, 0.0040, 0.0041, 0.0042, 0.0042, 0.0046, 0.0049)
_STAFF_REPORT = (0.0200, 0.0200, 0.0200, 0.0200, 0.0200, 0.0200, 0.0200, 0.0199, 0.0205, 0.0200)

ADMITS = 0.75
"""Share of those with an experience who say so. Ours."""
ANSWERS_LESS = 0.85
"""How much less likely they are to answer at all. Ours."""
RESPONSE_RATE = {"citizens": 0.35, "staff": 0.55}
"""Ours."""

PROGRAMME_EFFECT = 1.0
"""Points of 100 that a body gains from the second year of the initiative programme; half in the first. Ours; published
comparisons show 0.5 to 1.2 and are not causal (acrc-s86)."""
PROGRAMME_POPULATION = 300_000
"""Local governments of this population or more entered in 2018 (acrc-s30); all bodies from 2022."""
REFORM_EFFECT = 3.0
"""Points of 100 for users in bodies of the reform pilot, drawn by lot; their bribery rate falls by 40 %. Ours."""
REFORM_RATE = 0.6
REFORM_STARTS = (2021, 2023)
GAMING_SHARE = 0.02
GAMING_FROM = 2020

AREAS = (
    ("anti-corruption infrastructure", 4),
    ("policy transparency and reliability", 3),
    ("removing corruption-causing factors", 4),
    ("integrity awareness and culture", 3),
    ("prevention and reporting", 3),
)
"""Areas of effort and number of tasks in the initiative assessment of 2014 (acrc-s8)."""

RANKS = ("junior", "middle", "senior", "head")
FINDERS = ("integrity body", "police", "audit board", "supervising body", "inside")


def make(
    *,
    seed: int = SEED,
    profile: profiles.Profile | None = None,
    bodies: float = 1.0,
    respondents: float = 1.0,
    respondent_years: Iterable[int] = (2024, 2025),
) -> dict[str, pd.DataFrame]:
    """Make the tables of the integrity assessment.

    Parameters
    ----------
    seed : int
        The same seed gives the same tables. A year's answers do not depend on which other years are asked for.
    profile : Profile, optional
        Sets respondents for each body and the scale of money; the active one by default.
    bodies, respondents : float
        1.0 gives 495 bodies and about 260 users and 100 staff for each; 0.1 a tenth of the bodies or respondents.
    respondent_years : iterable of int
        Years whose single answers are kept. Ten years are always simulated and summed up in ``survey_results``; the
        answers of two of them make about 300,000 rows.

    Returns
    -------
    dict of DataFrame
        ``institutions``, ``citizen_responses``, ``staff_responses``, ``survey_results``, ``cases``, ``initiatives``,
        ``programmes``, ``integrity_truth``.
    """
    keep = set(respondent_years)
    if keep - set(YEARS):
        raise InputError(
            f"There is no year {min(keep - set(YEARS))}.",
            where="respondent_years",
            fix=f"Years are {YEARS[0]} to {YEARS[-1]}.",
        )
    if not bodies > 0 or not respondents > 0:
        raise InputError(
            "Sizes must be above zero.", where="bodies or respondents", fix="1.0 is the full size."
        )
    chosen = profile or profiles.active()
    country = _Country(seed)
    institutions = _institutions(country.rng("institutions"), bodies)
    programmes = _programmes(country.rng("programmes"), institutions)
    truth = _truth(country.rng("truth"), institutions, programmes)
    sizes = {
        "citizens": chosen["survey.citizens_per_institution"] * respondents,
        "staff": chosen["survey.staff_per_institution"] * respondents,
    }
    summaries: list[pd.DataFrame] = []
    answers: dict[str, list[pd.DataFrame]] = {"citizens": [], "staff": []}
    for survey in ("citizens", "staff"):
        samples = _sample_sizes(country.rng("samples", survey), institutions, sizes[survey], survey)
        for year in YEARS:
            here = truth[truth["year"].eq(year)].reset_index(drop=True)
            rng = country.rng(survey, str(year))
            asked = samples.reindex(here["institution_id"]).to_numpy()
            table, summary = _survey(rng, survey, year, here, asked, keep=year in keep)
            summaries.append(summary)
            if table is not None:
                answers[survey].append(table)
    results = pd.concat(summaries, ignore_index=True)
    consulted = _consulted(country.rng("consulting"), results, institutions)
    programmes = pd.concat([programmes, consulted], ignore_index=True).sort_values(
        ["institution_id", "year", "programme"], ignore_index=True
    )
    return {
        "institutions": institutions,
        "citizen_responses": _joined(answers["citizens"], "citizens"),
        "staff_responses": _joined(answers["staff"], "staff"),
        "survey_results": results.sort_values(["institution_id", "year", "survey"], ignore_index=True),
        "cases": _cases(country.rng("cases"), institutions, truth, chosen["city.contract_median"]),
        "initiatives": _initiatives(country.rng("initiatives"), truth, programmes),
        "programmes": programmes,
        "integrity_truth": truth.drop(columns=["users", "staff_view"]),
    }


@dataclass(frozen=True)
class _Country:
    """Gives each table and year its own stream of chance, so that one does not move another."""

    seed: int

    def rng(self, *names: str) -> Draws:
        seeds = [self.seed, *(zlib.crc32(name.encode()) for name in names)]
        return Draws(np.random.Generator(np.random.PCG64(seeds)))


# -- bodies ------------------------------------------------------------------------------------------------------------


def _institutions(rng: Draws, scale: float) -> pd.DataFrame:
    blocks = []
    for kind in KINDS:
        n = max(3, round(kind.bodies * scale))
        population = np.full(n, np.nan)
        if kind.name == "basic":
            population = rng.lognormal(log(120_000), 0.95, n).clip(10_000, 1_200_000).round(-2)
        elif kind.name == "metropolitan":
            population = rng.lognormal(log(2_300_000), 0.6, n).round(-3)
        spread = rng.lognormal(0, 0.8, n)
        staff = kind.staff * (
            spread if kind.name != "basic" else np.sqrt(population / 120_000) * power(spread, 0.3)
        )
        last = np.full(n, YEARS[-1])
        if kind.name == "corporation":
            last[rng.choice(n, size=min(n - 2, round(LEAVERS * scale)), replace=False)] = 2023
        blocks.append(
            pd.DataFrame(
                {
                    "institution_id": [f"{kind.name[:3].upper()}-{i:03d}" for i in range(1, n + 1)],
                    "name": [f"{kind.title} {i}" for i in range(1, n + 1)],
                    "type": kind.name,
                    "region": [
                        f"Region {1 + i % 17:02d}" for i in rng.permutation(n)
                    ],  # 17 regions, as many as metropolitan governments
                    "staff": staff.round().astype("int64").clip(60),
                    "population": population,
                    "first_year": YEARS[0],
                    "last_year": last,
                }
            )
        )
    return pd.concat(blocks, ignore_index=True)


def _programmes(rng: Draws, institutions: pd.DataFrame) -> pd.DataFrame:
    """Enrolment: one row for each body and year in a programme."""
    starts = pd.Series(np.where(institutions["type"].eq("basic"), NEW_QUESTIONNAIRE, YEARS[0]))
    starts[institutions["population"].ge(PROGRAMME_POPULATION) & institutions["type"].eq("basic")] = 2018
    lots = rng.permutation(len(institutions))
    share = max(1, round(len(institutions) * 0.06))
    reform = pd.Series(np.nan, index=institutions.index)
    for i, start in enumerate(REFORM_STARTS):
        reform[lots[i * share : (i + 1) * share]] = start
    blocks = []
    for name, first in (("initiative_assessment", starts), ("reform_pilot", reform)):
        for year in YEARS:
            inside = first.le(year) & institutions["last_year"].ge(year)
            blocks.append(
                pd.DataFrame(
                    {
                        "institution_id": institutions.loc[inside, "institution_id"],
                        "year": year,
                        "programme": name,
                    }
                )
            )
    return pd.concat(blocks, ignore_index=True)


def _truth(rng: Draws, institutions: pd.DataFrame, programmes: pd.DataFrame) -> pd.DataFrame:
    """Integrity, effort and bribery of every body and year, with what the programmes changed."""
    n, t = len(institutions), len(YEARS)
    types = institutions["type"].to_numpy()
    common, own_users, own_staff, own_effort = (_path(rng, n, t, sd) for sd in (2.1, 1.2, 2.6, 3.2))
    programme, reform = _effects(institutions, programmes)
    shift = _by_type(types, "perceived", centred=True)
    gap = np.subtract(_USERS, _STAFF) * _by_type(types, "gap") / 27.7
    # The programmes are part of the published averages, so their mean effect is taken out of the level.
    level = 0.705 * np.array(_USERS) + 0.295 * np.array(_STAFF) + shift
    users = level + 0.295 * gap + common + own_users + _without_mean(programme + reform)
    staff_view = level - 0.705 * gap + common + own_staff + _without_mean(programme)
    effort = np.array(_EFFORT) + _by_type(types, "effort", centred=True) + 0.8 * common + own_effort
    # What the answers are about, free of the questionnaire: it does not jump in 2022.
    integrity = 80 + shift + common + 0.705 * (own_users + reform) + 0.295 * own_staff + programme
    gaming = np.zeros((n, t), dtype=bool)
    gamers = rng.choice(n, size=max(1, round(n * GAMING_SHARE)), replace=False)
    gaming[gamers] = np.array(YEARS) >= GAMING_FROM
    # Lower integrity goes with more bribery; the rest is drawn once for each body.
    lean = exp(-0.10 * (common + own_users)) * rng.gamma(2.0, 0.5, (n, 1))
    users_rate = _true_rate(_USERS_REPORT, lean) * np.where(reform > 0, REFORM_RATE, 1.0)
    staff_rate = _true_rate(_STAFF_REPORT, np.sqrt(lean))
    table = pd.DataFrame(
        {
            "institution_id": np.repeat(institutions["institution_id"].to_numpy(), t),
            "year": np.tile(YEARS, n),
            "integrity": integrity.ravel(),
            "effort": effort.clip(20, 98).ravel(),
            "citizen_bribery": users_rate.ravel(),
            "staff_bribery": staff_rate.ravel(),
            "programme_effect": programme.ravel(),
            "reform_effect": reform.ravel(),
            "gaming": gaming.ravel(),
            "users": _perception(users, _USERS_REPORT).ravel(),
            "staff_view": _perception(staff_view, _STAFF_REPORT).ravel(),
        }
    )
    last = np.repeat(institutions["last_year"].to_numpy(), t)
    return table[table["year"] <= last].reset_index(drop=True)


def _without_mean(effect: np.ndarray) -> np.ndarray:
    return effect - effect.mean(axis=0)


def _perception(score: np.ndarray, reported: tuple[float, ...]) -> np.ndarray:
    """What the seven perception questions must score for all nine to reach ``score``.

    The two experience questions carry two ninths and lose all points at a rate of 5 %: our teaching model, see
    ``cleanworks.integrity.assessment``. It matters only for how near the averages come to the published ones.
    """
    experience = 100 * (1 - np.array(reported) / 0.05)
    return (score - 2 / 9 * experience) / (7 / 9)


def _path(rng: Draws, n: int, t: int, sd: float) -> np.ndarray:
    """Deviations (bodies by years) with standard deviation ``sd``: 60 % lasting, the rest fades by half each year."""
    lasting = rng.normal(0, math.sqrt(0.6), (n, 1))
    fading = np.empty((n, t))
    fading[:, 0] = rng.normal(0, 1, n)
    for year in range(1, t):
        fading[:, year] = 0.5 * fading[:, year - 1] + rng.normal(0, math.sqrt(0.75), n)
    return sd * (lasting + math.sqrt(0.4) * fading)


def _by_type(types: np.ndarray, field: str, *, centred: bool = False) -> np.ndarray:
    """A column with the value of each body's type; centred on the bodies still assessed in the last year."""
    value = {kind.name: getattr(kind, field) for kind in KINDS}
    stay = {kind.name: kind.bodies - (LEAVERS if kind.name == "corporation" else 0) for kind in KINDS}
    mean = sum(value[name] * stay[name] for name in value) / sum(stay.values()) if centred else 0.0
    return np.array([value[name] - mean for name in types])[:, None]


def _effects(institutions: pd.DataFrame, programmes: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """What the initiative programme and the reform pilot add, points of 100, bodies by years.

    Bodies that were in the initiative programme from the start carry its full effect throughout.
    """
    years = np.array(YEARS)
    first = programmes.groupby(["programme", "institution_id"])["year"].min()

    def inside(name: str) -> np.ndarray:
        start = first[name].reindex(institutions["institution_id"]).to_numpy(dtype=float)[:, None]
        return years - start  # years inside; negative before, NaN never

    programme = inside("initiative_assessment")
    step = np.where(programme >= 1, 1.0, np.where(programme == 0, 0.5, 0.0))
    from_start = (programme[:, :1] == 0) & (institutions["type"] != "basic").to_numpy()[:, None]
    reform = np.where(inside("reform_pilot") >= 0, REFORM_EFFECT, 0.0)
    return PROGRAMME_EFFECT * np.where(from_start, 1.0, step), reform


def _true_rate(reported: tuple[float, ...], lean: np.ndarray) -> np.ndarray:
    """True bribery rates whose reported average is the given one, because some stay away and some stay silent."""
    return (np.array(reported) / (ADMITS * ANSWERS_LESS) * lean / lean.mean(axis=0)).clip(0, 0.5)


# -- answers -----------------------------------------------------------------------------------------------------------

_PERSON, _QUESTION = 0.9, 1.0
_GRID = np.linspace(-2, 11, 2601)
# Mean score out of ten of an answer whose middle lies at each point of the grid: rounding to 1..7 has no closed inverse.
_MEAN_ON_GRID = (10 / 6) * sum(
    normal_share((_GRID - step - 0.5) / math.sqrt(_PERSON * _PERSON + _QUESTION * _QUESTION))
    for step in range(1, 7)
)


def _middle(score: np.ndarray) -> np.ndarray:
    """Where the middle of an answer must lie, in steps of the scale, for its mean to be a score out of ten."""
    score = np.clip(score, 0.2, 9.9)
    after = np.searchsorted(_MEAN_ON_GRID, score)
    step = _MEAN_ON_GRID[after] - _MEAN_ON_GRID[after - 1]
    return _GRID[after] - (_MEAN_ON_GRID[after] - score) / step * (_GRID[after] - _GRID[after - 1])


def _sample_sizes(rng: Draws, institutions: pd.DataFrame, mean: float, survey: str) -> pd.Series:
    """How many people each body's sample invites, the same every year."""
    spread = 0.35
    wanted = rng.lognormal(log(mean) - spread * spread / 2, spread, len(institutions))
    invited = np.maximum(2, np.round(wanted / RESPONSE_RATE[survey]))
    if survey == "staff":
        invited = np.minimum(invited, institutions["staff"].to_numpy())
    return pd.Series(invited.astype(np.intp), index=institutions["institution_id"].to_numpy())


def _survey(
    rng: Draws, survey: str, year: int, truth: pd.DataFrame, invited: np.ndarray, *, keep: bool
) -> tuple[pd.DataFrame | None, pd.DataFrame]:
    """One survey of one year: the single answers (when kept) and their summary for each body."""
    target, rate = (
        (truth["users"], truth["citizen_bribery"])
        if survey == "citizens"
        else (truth["staff_view"], truth["staff_bribery"])
    )
    gaming = truth["gaming"].to_numpy()
    chance = RESPONSE_RATE[survey] * np.where(gaming, 1.6, 1.0)
    answered = np.maximum(1, rng.binomial(invited, chance))
    body = np.repeat(np.arange(len(truth)), answered)
    people = len(body)
    # Among those who answer, people with an experience are rarer than among those asked.
    met = rate.to_numpy() * ANSWERS_LESS / (1 - rate.to_numpy() * (1 - ANSWERS_LESS))
    experienced = rng.random(people) < met[body]
    friend = gaming[body] & (rng.random(people) < 0.4)
    reported = experienced & ~friend & (rng.random(people) < ADMITS)
    # People with an experience answer two steps lower; the target is the average of all.
    middle = _middle(target.to_numpy() / 10)
    personal = middle[body] + _PERSON * rng.standard_normal(people) - 2.0 * experienced
    goodness = personal[:, None] + _OFFSETS + _QUESTION * rng.standard_normal((people, 7))
    goodness[friend] = 7
    answers = np.clip(np.rint(goodness), 1, 7)
    answers[:, 1:] = 8 - answers[:, 1:]
    answers[rng.random((people, 7)) < 0.015] = np.nan
    times = np.where(reported, rng.geometric(0.5, people), 0)
    summary = _summed(survey, year, truth["institution_id"], invited, answered, answers, reported)
    if not keep:
        return None, summary
    letter = survey[0].upper()
    table = pd.DataFrame(
        {
            "response_id": [f"{letter}{year}-{i:06d}" for i in range(1, people + 1)],
            "institution_id": truth["institution_id"].to_numpy()[body],
            "year": year,
        }
    )
    if survey == "citizens":
        table["duty"] = _duties(rng, body, len(truth))
        table["mode"] = rng.choice(
            ["telephone", "email", "text message", "messenger"], people, p=[0.45, 0.1, 0.3, 0.15]
        )
    table[list(QUESTIONS)] = answers
    table["experienced"] = reported
    table["times"] = times
    return table, summary


def _summed(
    survey: str,
    year: int,
    ids: pd.Series,
    invited: np.ndarray,
    answered: np.ndarray,
    answers: np.ndarray,
    reported: np.ndarray,
) -> pd.DataFrame:
    """Means of the answers of each body; rows of ``answers`` are ordered by body."""
    starts = np.concatenate([[0], np.cumsum(answered)[:-1]]).astype(np.intp)
    given = ~np.isnan(answers)
    totals = np.add.reduceat(np.where(given, answers, 0.0), starts, axis=0)
    counts = np.add.reduceat(given, starts, axis=0, dtype=np.intp)
    with np.errstate(invalid="ignore", divide="ignore"):
        means = np.where(counts > 0, totals / counts, np.nan)
    table = pd.DataFrame(
        {"institution_id": ids, "year": year, "survey": survey, "invited": invited, "answered": answered}
    )
    table[list(QUESTIONS)] = means
    table["experienced"] = np.add.reduceat(reported, starts, dtype=np.intp)
    return table


def _duties(rng: Draws, body: np.ndarray, bodies: int) -> list[str]:
    """The duty that each user had to do with: every body has two to five of them."""
    count = rng.integers(2, 6, bodies)
    share = rng.random(len(body))
    number = np.floor(share * np.sqrt(share) * count[body]).astype(np.intp)
    return [f"duty {i + 1}" for i in number]


def _joined(tables: list[pd.DataFrame], survey: str) -> pd.DataFrame:
    if tables:
        return pd.concat(tables, ignore_index=True)
    columns = ["response_id", "institution_id", "year", *(["duty", "mode"] if survey == "citizens" else [])]
    return pd.DataFrame(columns=[*columns, *QUESTIONS, "experienced", "times"])


def _consulted(rng: Draws, results: pd.DataFrame, institutions: pd.DataFrame) -> pd.DataFrame:
    """Consulting for bodies far below the mean of their type the year before. It has no effect."""
    good = results[list(QUESTIONS)].copy()
    good.iloc[:, 1:] = 8 - good.iloc[:, 1:]
    mean = (
        good.mean(axis=1)
        .groupby([results["institution_id"], results["year"]])
        .mean()
        .rename("mean")
        .reset_index()
    )
    mean = mean.merge(institutions[["institution_id", "type", "last_year"]], on="institution_id")
    by = mean.groupby(["type", "year"])["mean"]
    mean["z"] = (mean["mean"] - by.transform("mean")) / by.transform("std")
    low = mean[mean["z"].lt(-1.0) & mean["year"].lt(mean["last_year"])]
    taken = low[rng.random(len(low)) < 0.3]
    return pd.DataFrame(
        {
            "institution_id": taken["institution_id"],
            "year": taken["year"] + 1,
            "programme": "integrity_consulting",
        }
    )


# -- cases -------------------------------------------------------------------------------------------------------------

_CASES_OUTSIDE = 0.93
"""Cases found outside for each body and year: 390 in 450 bodies (acrc-s29)."""


def _cases(rng: Draws, institutions: pd.DataFrame, truth: pd.DataFrame, money: float) -> pd.DataFrame:
    """Corruption cases that came to light, one row each; a third of them found by the body itself.

    Few bodies have many: 153 of 450 had any in 2025 (acrc-s29), so counts vary far more than by chance alone.
    """
    staff = truth["institution_id"].map(institutions.set_index("institution_id")["staff"]).to_numpy(float)
    lean = np.sqrt(staff / np.median(staff)) * exp(-0.08 * (truth["integrity"] - truth["integrity"].mean()))
    lean = lean * rng.gamma(0.45, 1 / 0.45, len(truth))
    count = rng.poisson(_CASES_OUTSIDE * 1.5 * lean / lean.mean())
    row = np.repeat(np.arange(len(truth)), count)
    n = len(row)
    year = truth["year"].to_numpy()[row]
    day = rng.integers(0, 365, n)
    found = rng.choice(FINDERS, n, p=[0.15, 0.25, 0.13, 0.14, 0.33])
    table = pd.DataFrame(
        {
            "case_id": [f"CASE-{i:05d}" for i in range(1, n + 1)],
            "institution_id": truth["institution_id"].to_numpy()[row],
            "year": year,
            "date_found": pd.to_datetime(pd.Series(year).astype(str) + "-01-01")
            + pd.to_timedelta(day, unit="D"),
            "kind": rng.choice(
                ["bribery", "embezzlement", "favour in hiring", "misuse of information"],
                n,
                p=[0.5, 0.25, 0.1, 0.15],
            ),
            "found_by": found,
            "rank": rng.choice(RANKS, n, p=[0.50, 0.33, 0.14, 0.03]),
            "people": rng.geometric(0.75, n),
            # Half of the amounts are below one part in 300 of a middling public works contract.
            "amount": np.round(rng.lognormal(log(money / 300), 1.6, n), -2 if money > 1e7 else 0),
        }
    )
    return table


# -- initiatives -------------------------------------------------------------------------------------------------------


def _initiatives(rng: Draws, truth: pd.DataFrame, programmes: pd.DataFrame) -> pd.DataFrame:
    """One row for each task of each body in the initiative programme: what it claims, proves, and did.

    ``planted_done`` is the truth. Claims lie above it, more so where lists are steered; a desk reader sees through part
    of this; a site check, made for a third of the tasks, finds what was done.
    """
    enrolled = programmes.loc[programmes["programme"].eq("initiative_assessment"), ["institution_id", "year"]]
    bodies = enrolled.merge(
        truth[["institution_id", "year", "effort", "gaming"]], on=["institution_id", "year"]
    )
    tasks = [(area, f"task {i}") for area, n in AREAS for i in range(1, n + 1)]
    n, k = len(bodies), len(tasks)
    ease = rng.normal(0, 4, k)
    done = bodies["effort"].to_numpy()[:, None] + ease - ease.mean() + rng.normal(0, 8, (n, k))
    done = done.clip(0, 100)
    excess = rng.exponential(5, (n, k)) + 8 * bodies["gaming"].to_numpy()[:, None]
    claimed = (done + excess).clip(0, 100)
    proof = rng.random((n, k)) - excess / 60
    evidence = np.where(proof > 0.12, "full", np.where(proof > 0.0, "partial", "none"))
    trust = np.where(evidence == "full", 0.35, np.where(evidence == "partial", -0.4, -1.2))
    desk = (done + trust * excess).clip(0, 100)
    visited = rng.random((n, k)) < 0.3
    site = np.where(visited, (done + rng.normal(0, 2, (n, k))).clip(0, 100), np.nan)
    return pd.DataFrame(
        {
            "initiative_id": [f"INI-{i:06d}" for i in range(1, n * k + 1)],
            "institution_id": np.repeat(bodies["institution_id"].to_numpy(), k),
            "year": np.repeat(bodies["year"].to_numpy(), k),
            "area": [area for area, _ in tasks] * n,
            "task": [task for _, task in tasks] * n,
            "claimed_score": claimed.round(1).ravel(),
            "evidence": evidence.ravel(),
            "desk_score": desk.round(1).ravel(),
            "site_checked": visited.ravel(),
            "site_score": site.round(1).ravel(),
            "planted_done": done.round(1).ravel(),
        }
    )
