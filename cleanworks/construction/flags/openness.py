"""What the public can see: disclosure and answers."""

from __future__ import annotations

import narwhals as nw
from narwhals import col, lit

from cleanworks.construction.flags._core import Settings
from cleanworks.construction.flags._processes import Frame, Processes

from ._core import indicator, indicators_in
from ._processes import known


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
def disclosure_share(processes: Processes, settings: Settings) -> list[tuple[str, Frame]]:
    items = processes.table("disclosures").filter(~col("project_id").is_null())
    items = items.select("project_id", share=(~col("date_published").is_null()).cast(nw.Float64))
    share = items.group_by("project_id").agg(col("share").mean())
    few = col("share") < settings.disclosure_share
    return [processes.of_names("project", share, "project_id", "share", few)]


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
def disclosure_delay(processes: Processes, settings: Settings) -> list[tuple[str, Frame]]:
    return _waits(processes, "disclosure", "date_event", "date_published", settings.disclosure_days)


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
def unanswered(processes: Processes, settings: Settings) -> list[tuple[str, Frame]]:
    return _waits(processes, "question", "date_asked", "date_answered", settings.answer_days)


OPENNESS = indicators_in(globals())


def _waits(processes: Processes, level: str, start: str, end: str, limit: int) -> list[tuple[str, Frame]]:
    """The days from one event to the other, or to the reading day while that has not come."""
    if processes.today is None:
        return []
    today = lit(processes.today)
    until = nw.when(known(col(end) <= today)).then(col(end)).otherwise(today)
    rows = processes.table(f"{level}s").filter(known(col(start) <= today))
    days = processes.days_between(col(start), until)
    return [processes.of_rows(level, rows, f"{level}_id", days, col("value") > limit)]
