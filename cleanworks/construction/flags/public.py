"""What the public can see: disclosure and answers."""

from __future__ import annotations

import pandas as pd

from cleanworks.construction import disclosure as measure
from cleanworks.construction.flags._core import Settings
from cleanworks.typed import Tables

from ._core import answer, indicator, indicators_in
from ._processes import reading_day


@indicator(
    "disclosure-share",
    "Share of required items published",
    family="disclosure",
    levels=("project",),
    source=("ccs-s76", "cost-ids"),
    definition="How much of what a project must publish is published.",
    formula="items with a date of publication / items required; < 50 % flags (illustrative)",
    unit="share of items",
    fields=("disclosures.project_id", "disclosures.date_published"),
    innocent=("The item does not exist yet or does not apply.",),
)
def disclosure_share(tables: Tables, settings: Settings) -> pd.DataFrame:
    share = measure.published_share(tables["disclosures"])
    return answer("project", share.index, share, share < settings.disclosure_share)


@indicator(
    "disclosure-delay",
    "Days from event to publication",
    family="disclosure",
    levels=("disclosure",),
    source=("ccs-s76",),
    definition="Something was published long after it happened, or is still missing.",
    formula="date_published - date_event, or reading day - date_event while missing; > 30 days flags",
    unit="days",
    fields=("disclosures.disclosure_id", "disclosures.date_event", "disclosures.date_published"),
    innocent=("A court or a privacy rule held it back.",),
)
def disclosure_delay(tables: Tables, settings: Settings) -> pd.DataFrame:
    delays = measure.timeliness(tables["disclosures"], as_of=reading_day(tables, settings))
    return answer(
        "disclosure", delays["disclosure_id"], delays["days"], delays["days"] > settings.disclosure_days
    )


@indicator(
    "unanswered",
    "Citizens' questions without an answer",
    family="disclosure",
    levels=("question",),
    source=("ccs-s13",),
    definition="A question was answered late, or not at all.",
    formula="date_answered - date_asked, or reading day - date_asked while open; > 14 days flags",
    unit="days",
    fields=("questions.question_id", "questions.date_asked", "questions.date_answered"),
    innocent=("It was answered by telephone.", "It needed a site visit."),
)
def unanswered(tables: Tables, settings: Settings) -> pd.DataFrame:
    waits = measure.answer_times(tables["questions"], as_of=reading_day(tables, settings))
    return answer("question", waits["question_id"], waits["days"], waits["days"] > settings.answer_days)


PUBLIC = indicators_in(globals())
