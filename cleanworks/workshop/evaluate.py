"""`cleanworks workshop evaluate`: anonymous files of a class become one report of what was learned.

What participants handed in is read as data, checked entry by entry, and never executed. A file that cannot be used is
left out and named in the report; the rest is evaluated.
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
import statistics
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, cast

from markupsafe import Markup

from cleanworks import learning, paper, words
from cleanworks.errors import InputError
from cleanworks.learn import record
from cleanworks.words import say
from cleanworks.workshop.forms import Key, handed_in, typed_answers
from cleanworks.workshop.times import PARTS, Times
from cleanworks.written import harmless

if TYPE_CHECKING:
    import pandas as pd

    from cleanworks.workshop.forms.items import Form
    from cleanworks.workshop.forms.key import KeyStatement

KEY = "key.json"
CLASS = "cleanworks-class"
"""Format of the file that a board saves: the records of a class that was served live."""

HIDDEN = "hidden"
"""What stands in place of a number of too few people."""

# What a check says -> heading. Who only opened a hint or the solution used no check.
_OUTCOMES = {
    "correct": "correct",
    "answered": "answered (open)",
    "not-yet": "not yet",
    "not-attempted": "not attempted",
    "raised": "raised",
    "": "no check",
}


@dataclass
class Class:
    """All that a class handed in: tests, judgements, progress, what was said three months later, and what was left out and why."""

    key: Key
    tests: list[handed_in.Answers] = field(default_factory=list)
    judgements: list[handed_in.Answers] = field(default_factory=list)
    follow_ups: list[handed_in.Answers] = field(default_factory=list)
    plans: list[handed_in.Answers] = field(default_factory=list)
    progress: list[tuple[str, record.Lessons]] = field(default_factory=list)
    left_out: list[tuple[str, str]] = field(default_factory=list)
    times: Times = field(default_factory=Times)


def gather(folder: Path | str, key: Key, *, times: Times | None = None) -> Class:
    """Read every answer and progress file of a folder, also in zips, and tables of answers on paper that were typed in.

    Raises
    ------
    InputError
        There is no such folder, or not one file in it can be used.
    """
    folder = Path(folder)
    found = handed_in.Found()
    made = Class(key, times=times or Times())
    read: list[handed_in.Answers] = []
    copies: dict[str, str] = {}
    for name, content in handed_in.files(folder, found, (".json", *typed_answers.SUFFIXES)):
        if name.rpartition("/")[2] == KEY:
            continue
        digest = hashlib.sha256(content).hexdigest()
        if digest in copies:
            found.leave(name, f"is a copy of {copies[digest]}")
            continue
        copies[digest] = name
        if name.casefold().endswith(typed_answers.SUFFIXES):
            try:
                for one in typed_answers.sheets(name, content, key):
                    if isinstance(one, handed_in.Answers):
                        read.append(one)
                    else:
                        found.leave(*one)
            except ValueError as error:
                found.leave(name, str(error))
            continue
        try:
            content = handed_in.loads(content)
        except ValueError:
            found.leave(name, "is broken: it is not a JSON file")
            continue
        try:
            if isinstance(content, dict) and content.get("format") == handed_in.FORMAT:
                read.append(handed_in.answers(name, content, key))
            elif isinstance(content, dict) and content.get("format") == CLASS:
                made.progress += [(f"{name}, line {n}", one) for n, one in enumerate(_class(content, key), 1)]
            else:
                made.progress.append((name, _progress(content, key)))
        except ValueError as error:
            found.leave(name, str(error))
    places = {
        "evaluation": made.judgements,
        "follow-up": made.follow_ups,
        "action-plan": made.plans,
    }
    for answers in _once(read, found):
        places.get(answers.kind, made.tests).append(answers)
    made.left_out = sorted(found.left_out)
    if not (made.tests or made.judgements or made.follow_ups or made.plans or made.progress):
        reasons = "".join(f"\n  {name} {why}." for name, why in made.left_out[:5])
        raise InputError(
            f"No file in this folder can be used.{reasons}",
            where=str(folder),
            fix="Put in it the .json files that participants saved, zips of them, or tables of answers on paper (.csv, .xlsx).",
        )
    return made


def _once(read: list[handed_in.Answers], found: handed_in.Found) -> list[handed_in.Answers]:
    """One page per code: equal ones count once; of different ones nobody knows which counts, so none does."""
    groups: dict[tuple[str, str], list[handed_in.Answers]] = defaultdict(list)
    for answers in read:
        groups[answers.kind, answers.code].append(answers)
    kept = []
    for group in groups.values():
        if len({answers.same for answers in group}) == 1:
            kept.append(group[0])
            for other in group[1:]:
                found.leave(other.name, f"says the same as {group[0].name}")
        else:
            for answers in group:
                another = next(a.name for a in group if a is not answers)
                found.leave(
                    answers.name, f"has the code of {another} and other answers: nobody knows which counts"
                )
    return kept


def _progress(content: Any, key: Key) -> record.Lessons:
    """The lessons of this workshop in a learner's record (:mod:`cleanworks.learn.record`); others are passed over.

    Raises
    ------
    ValueError
        With the reason why the file is left out, as the end of a sentence that begins with its name.
    """
    if not isinstance(content, dict) or content.get("format") != record.FORMAT:
        raise ValueError("is not a file of answers or progress from this toolkit")
    lessons = {id: lesson for id, lesson in record.lessons_of(content).items() if id in key.lessons}
    if not lessons:
        raise ValueError("holds no lesson of this workshop")
    return lessons


def _class(content: dict[str, Any], key: Key) -> list[record.Lessons]:
    """The records in the file of a class that was served live (:meth:`cleanworks.workshop.board.room.Room.saved`).

    Raises
    ------
    ValueError
        As above; one wrong entry leaves the whole file out, because nobody knows what else was changed.
    """
    if set(content) != {"format", "version", "workshop", "records"} or content["version"] != 1:
        raise ValueError("does not have the entries of a class's file")
    if content["workshop"] != key.workshop:
        raise ValueError(f"belongs to another workshop ({str(content['workshop'])[:60]!r})")
    if not isinstance(content["records"], list) or not all(
        isinstance(one, dict) for one in content["records"]
    ):
        raise ValueError("does not have the entries of a class's file")
    found = [record.checked(lessons) for lessons in content["records"]]
    return [{id: one for id, one in lessons.items() if id in key.lessons} for lessons in found]


def answers_table(tests: Iterable[handed_in.Answers], key: Key) -> pd.DataFrame:
    """The answers as `cleanworks.learning` wants them; a question left out counts as not right."""
    import pandas as pd

    right = {id: list(item.right) for id, item in key.items.items()}
    objective = {id: f"{item.lesson} {item.objective}" for id, item in key.items.items()}
    order = {id: position for position, id in enumerate(key.items)}
    rows = [
        (test.code, test.kind, id, objective[id], test.answers.get(id) == right[id])
        for test in tests
        for id in sorted(key.forms[cast("Form", test.form)], key=order.__getitem__)
    ]
    table = pd.DataFrame(rows, columns=list(learning.COLUMNS))
    # In the order of the course, whoever comes first.
    return table.sort_values("item", key=lambda column: column.map(order), kind="stable", ignore_index=True)


@dataclass(frozen=True)
class Report:
    """A report to send on: a page, and its tables by name."""

    page: paper.Page
    tables: dict[str, pd.DataFrame]

    def save(self, folder: Path | str, *, pdf: bool = True) -> list[Path]:
        """Write report.html, report.pdf and one CSV file per table. Cells that look like formulas are made harmless."""
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        made = [self.page.save(folder / "report.html")]
        if pdf:
            made.append(self.page.save(folder / "report.pdf"))
        for name, table in self.tables.items():
            path = folder / f"{name}.csv"
            path.write_text(harmless_csv(_headed(table, self.page.language)), encoding="utf-8", newline="")
            made.append(path)
        return made


def _headed(table: pd.DataFrame, language: str | None = None) -> pd.DataFrame:
    """A table under headings in the language of the report."""
    return table.rename(columns=lambda name: say(name, language))


def harmless_csv(table: pd.DataFrame) -> str:
    """CSV that a spreadsheet opens as text and numbers only."""
    import pandas as pd

    def cell(value: Any) -> str:
        if isinstance(value, str):
            return harmless(value)
        if pd.isna(value):
            return ""
        return f"{value:.4g}" if isinstance(value, float) else str(value)

    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow([cell(str(column)) for column in table.columns])
    writer.writerows([cell(value) for value in row] for row in table.itertuples(index=False, name=None))
    return out.getvalue()


def report(made: Class, *, follow_up: bool = False) -> Report:
    """The report of a class, in its language. Numbers of fewer people than the key's smallest group do not appear in it.

    With ``follow_up`` it begins with the four levels of Kirkpatrick (1994) side by side: reaction, learning, behaviour, result.

    Raises
    ------
    InputError
        The four levels are wanted, and nobody answered the survey after three months.
    """
    key = made.key
    if follow_up and not made.follow_ups:
        raise InputError(
            "Nobody's survey after three months is in this folder.",
            fix="Put in it the files of forms/three-months-later.html, or a table typed-follow-up.csv; or leave out --follow-up.",
        )
    with words.speaking(key.language):
        sections: list[Markup] = [_summary(made)]
        tables: dict[str, pd.DataFrame] = {}
        later = (_levels, _later) if follow_up else ()
        for part in (*later, _planned, _learning, _judgement, _exercises, _minutes):
            html, part_tables = part(made)
            sections.append(html)
            tables.update(part_tables)
        sections.append(_left_out(made))
        title = f"{say('What participants learned')}: {key.title}"
    body = Markup("\n").join([Markup("<h1>{}</h1>").format(title), *(one for one in sections if one)])
    return Report(paper.Page(title, body, key.language, style=_STYLE), tables)


_STYLE = """
td, th { font-size: .9em; }
.scroll { overflow-x: auto; }
@media print { .scroll { overflow: visible; } }
"""


def _summary(made: Class) -> Markup:
    kinds = Counter(test.kind for test in made.tests)
    both = len(
        {t.code for t in made.tests if t.kind == "before"} & {t.code for t in made.tests if t.kind == "after"}
    )
    facts = [
        f"{kinds['before']} tests before and {kinds['after']} after; {both} people took both",
        f"{len(made.judgements)} evaluation forms",
        *([f"{len(made.follow_ups)} surveys after three months"] if made.follow_ups else []),
        *([f"{len(made.plans)} action plans"] if made.plans else []),
        f"{len(made.progress)} progress records",
        f"{len(made.left_out)} files left out, listed at the end",
    ]
    told = (
        "Files carry a code that each person made up, and no name. "
        f"Numbers of fewer than {made.key.least} people are not shown."
    )
    return _list(f"{say(fact)}." for fact in facts) + _note(told)


def _learning(made: Class) -> tuple[Markup, dict[str, Any]]:
    key = made.key
    if not made.tests:
        return Markup(), {}
    answers = answers_table(made.tests, key)
    both = learning.linked(answers)
    people = both["code"].nunique()
    if people < key.least:
        return _heading("What was learned") + _without_links(answers, key), {}
    gains = learning.gains(both)
    gains.insert(0, "objective", [_objective(key, name) for name in gains.index])
    shown = gains[gains["n"] >= key.least]
    dropped = len(gains) - len(shown)
    # The mean over all objectives is taken over those that are shown, so that no difference gives the others away.
    totals = learning.scores(both[both["objective"].isin(shown.index)])
    overall = learning.paired_gain(totals["before"], totals["after"])
    possible = learning.share_of_possible(totals["before"], totals["after"])
    groups = learning.stayed(answers)
    lost = int(groups.loc["only before", "people"])
    items = _items(both, key)
    found = (
        f"Of 100 questions, the same {overall.n} people answered {100 * totals['before'].mean():.0f} before and "
        f"{100 * totals['after'].mean():.0f} after: a gain of {100 * overall.value:.0f} points "
        f"(95 % interval {100 * overall.low:.0f} to {100 * overall.high:.0f})."
    )
    rest = (
        f" {say(f'That is {_percent(possible)} of what was still to be learned.')}"
        if possible == possible
        else ""
    )
    parts = [
        _heading("What was learned"),
        Markup("<p><strong>{}</strong>{}</p>").format(say(found), rest),
        _paragraph(
            "How to read this: every interval is about the same people before and after. Of twenty intervals, one misses by "
            "chance. There was no comparison group, and some questions were asked both times, so part of a gain may be "
            "practice with the questions. An objective that nearly everybody knew before cannot gain."
        ),
    ]
    if lost:
        gone = f"{lost} of {lost + int(groups.loc['both', 'people'])} people who began did not take the second test."
        parts.append(Markup("<p>{} {}</p>").format(say(gone), say(_leavers(groups, key.least))))
    parts.append(_gain_figure(shown, overall.n))
    table = shown.reset_index(names="module and objective")
    table = table.rename(columns={"low": "interval from", "high": "interval to"})
    parts.append(
        _shown(
            table,
            "Gain per objective: shares of right answers of the same people, with the 95 % interval",
            {name: _percent for name in ("before", "after", "gain", "interval from", "interval to")},
        )
    )
    if dropped:
        parts.append(_note(f"{dropped} objectives are not shown: too few people answered them both times."))
    hardest = items.sort_values("right after").head(5)
    parts += [
        _heading("The questions"),
        _paragraph(
            "A question that few answer after the workshop was taught badly, or asked badly: read it first. Discrimination is "
            "the correlation of a question with the person's other answers; near zero or below, look for a trap in its words."
        ),
        _shown(
            hardest,
            "The five hardest questions after the workshop",
            {
                "right before": _percent,
                "right after": _percent,
                "discrimination": partial(_decimal, places=2),
            },
        ),
    ]
    return Markup("\n").join(parts), {"gains": table, "questions": items}


def _items(both: pd.DataFrame, key: Key) -> pd.DataFrame:
    after, before = learning.items(both, "after"), learning.items(both, "before")
    made = after[["objective", "n", "right", "discrimination"]].rename(columns={"right": "right after"})
    few = before["n"] < key.least
    made.insert(2, "right before", before["right"].mask(few).reindex(made.index))
    made = made[made["n"] >= key.least].reset_index(names="question")
    made.insert(1, "asks", [key.items[id].question for id in made["question"]])
    return made.drop(columns="objective")


def _without_links(answers: pd.DataFrame, key: Key) -> Markup:
    table = learning.scores(answers)
    sizes = table.notna().sum()
    if sizes.min() < key.least:
        return _paragraph(f"Fewer than {key.least} people took one of the tests, so no result is shown.")
    gain = learning.unpaired_gain(table["before"], table["after"])
    return _paragraph(
        f"Fewer than {key.least} people could be recognised by their code in both tests. The groups as wholes answered "
        f"{_percent(table['before'].mean())} before and {_percent(table['after'].mean())} after: a difference of "
        f"{100 * gain.value:.0f} points (95 % interval {100 * gain.low:.0f} to {100 * gain.high:.0f}). "
        "They may not be the same people."
    )


def _percent(share: float) -> str:
    """A share as it is written in the language of the report: 60%, 60 %."""
    from babel.numbers import format_percent

    return format_percent(round(share, 2), locale=words.language()) if share == share else "-"


def _decimal(value: float, places: int) -> str:
    """A number as it is written in the language of the report: 0.31, 0,31."""
    from babel.numbers import format_decimal

    return (
        format_decimal(value, format=f"0.{'0' * places}", locale=words.language()) if value == value else "-"
    )


def _leavers(groups: pd.DataFrame, least: int) -> str:
    if groups.loc["only before", "people"] < least:
        return "They are too few to say how they differ; the gain is that of those who stayed."
    left, stay = groups.loc["only before", "before"], groups.loc["both", "before"]
    return (
        f"Before, they answered {_percent(left)}, and those who stayed {_percent(stay)}. The gain is that of those who stayed; what the "
        "others would have gained is not known."
    )


def _gain_figure(gains: pd.DataFrame, n: int) -> Markup:
    from cleanworks import figures

    if gains.empty:
        return Markup()
    positive = int((gains["low"] > 0).sum())
    title = f"{positive} of {len(gains)} objectives show a gain that is more than chance"
    figure, axes = figures.new(
        title,
        x="Share of right answers (%)",
        source=f"The same {n} people before and after",
        height=1.6 + 0.27 * len(gains),
    )
    places = range(len(gains))
    axes.hlines(
        places, 100 * gains["before"], 100 * gains["after"], color=figures.COLOURS["grey"], linewidth=1.5
    )
    axes.plot(
        100 * gains["before"],
        places,
        "o",
        color=figures.COLOURS["orange"],
        markerfacecolor="white",
        label="before",
    )
    axes.plot(100 * gains["after"], places, "o", color=figures.COLOURS["blue"], label="after")
    axes.set_yticks(list(places), list(gains.index))
    axes.invert_yaxis()
    axes.set_xlim(-3, 103)
    figure.legend(loc="outside upper right", ncols=2)
    alt = (
        f"For each of {len(gains)} objectives, the share of right answers before as a ring and after as a dot; the table below "
        "has the numbers."
    )
    return Markup(paper.figure(figure, alt=say(alt)))


def _judgement(made: Class) -> tuple[Markup, dict[str, Any]]:
    return _said(made.judgements, made.key.statements, made.key.least, "What participants say", "evaluation")


def _later(made: Class) -> tuple[Markup, dict[str, Any]]:
    return _said(made.follow_ups, made.key.follow_up, made.key.least, "What became of it", "follow-up")


def _said(
    forms: list[handed_in.Answers],
    statements: Mapping[str, KeyStatement],
    least: int,
    heading: str,
    name: str,
) -> tuple[Markup, dict[str, Any]]:
    """The marks and the words of a survey."""
    import pandas as pd

    if not forms:
        return Markup(), {}
    if len(forms) < least:
        return _heading(heading) + _paragraph(f"Fewer than {least} forms came back; none is shown."), {}
    rows, written = [], []
    for id, statement in statements.items():
        given = [form.answers[id] for form in forms if id in form.answers]
        if statement.kind == "scale":
            # Only mean and number: with counts beside them, single marks could be worked out.
            enough = len(given) >= least
            mean = f"{statistics.fmean(mark[0] for mark in given):.1f}" if enough else say(HIDDEN)
            text = say(statement.text)
            if id.startswith("module-"):
                text = f"{say('How useful for your work')}: {statement.text}"
            rows.append((text, str(len(given)) if enough else say(HIDDEN), mean))
        elif len(given) >= least:
            # In an order that says nothing about who wrote what.
            given.sort(key=lambda text: hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest())
            written.append(_heading(statement.text, 3) + _list(map(_one_line, given), ' dir="auto"'))
        elif given:
            few = f"Fewer than {least} people wrote something."
            written.append(_heading(statement.text, 3) + _note(few))
    table = pd.DataFrame(rows, columns=["statement", "people", "mean (1 to 5)"])
    html = _heading(heading) + _shown(table, "1 means not at all, 5 means fully")
    return html + Markup().join(written), {name: table}


def _planned(made: Class) -> tuple[Markup, dict[str, Any]]:
    """What was planned, and beside it what the same person said three months later."""
    import pandas as pd

    heading, least = _heading("What was planned"), made.key.least
    if not made.plans:
        return Markup(), {}
    if len(made.plans) < least:
        return heading + _paragraph(f"Fewer than {least} action plans came back; none is shown."), {}
    later = {form.code: form.answers for form in made.follow_ups}
    done = Counter(_done(later.get(plan.code)) for plan in made.plans)
    rows = []
    for plan in made.plans:
        said = later.get(plan.code)
        row = [_one_line(plan.answers.get(id, "")) for id in made.key.action_plan]
        if made.follow_ups:
            row += [say(_done(said)), *(_one_line((said or {}).get(id, "")) for id in ("case", "stood"))]
        rows.append(row)
    # In an order that says nothing about who wrote what.
    rows.sort(key=lambda row: hashlib.sha256(row[0].encode("utf-8", "surrogatepass")).digest())
    columns = ["what will change", "by when", "whose consent", "how others would see it"]
    told = Markup()
    if made.follow_ups:
        columns += ["done after three months", "what was done", "what stood in the way"]
        counts = ", ".join(
            f"{say(answer)}: {done[answer]}" for answer in (*_DONE.values(), _UNKNOWN) if done[answer]
        )
        begin, end = (
            say(f"Of {len(made.plans)} plans, after three months"),
            say("People say this of themselves."),
        )
        told = Markup("<p>{}: {}. {}</p>").format(begin, counts, end)
    table = pd.DataFrame(rows, columns=columns)
    caption = "Action plans, each with what the same person said of it later" if told else "Action plans"
    return heading + told + _shown(table, caption), {"plans": table}


_DONE = {5: "done", 4: "mostly done", 3: "partly done", 2: "hardly begun", 1: "not done"}
_UNKNOWN = "not known"


def _done(said: Mapping[str, Any] | None) -> str:
    """What somebody says three months later of the plan."""
    return _DONE[said["plan"][0]] if said and "plan" in said else _UNKNOWN


AGREES = 4
"""The mark from which on somebody is counted as saying yes: "mostly" and "fully"."""


def _levels(made: Class) -> tuple[Markup, dict[str, Any]]:
    """Reaction, learning, behaviour and result side by side, each with what it can prove and what it cannot."""
    import pandas as pd

    least = made.key.least
    came = len({form.code for form in (*made.tests, *made.judgements)})
    surveys = say(f"{len(made.follow_ups)} surveys after three months")
    rows = [
        (
            "1. Reaction: did they find it useful?",
            say(f"{len(made.judgements)} evaluation forms"),
            "; ".join(
                _yes(made.judgements, id, said, least)
                for id, said in (("use", "can use it"), ("recommend", "would recommend it"))
            ),
            "What people thought on the last day.",
            "That they learned something, or will do something. People also like workshops that change nothing.",
        ),
        (
            "2. Learning: can they do more?",
            *_gain(made),
            "That the same people answered more of such questions than before.",
            "That the workshop alone did it: there was no comparison group, and questions were seen before.",
        ),
        (
            "3. Behaviour: do they do it?",
            say(f"{len(made.follow_ups)} surveys after three months, of {came} people who came")
            if came
            else surveys,
            "; ".join(
                _yes(made.follow_ups, id, said, least)
                for id, said in (
                    ("used", "used it"),
                    ("plan", "did what they had planned"),
                    ("room", "were given time and consent"),
                )
            ),
            "What those who answered say they did.",
            "What the others did: who did nothing answers less often. And that somebody else saw it: ask for the document.",
        ),
        (
            "4. Result: is something different?",
            surveys,
            _yes(made.follow_ups, "different", "say that something works differently", least),
            "That some people inside see a difference, and which.",
            "That the workshop is the reason, or that citizens notice. For that take the number of the action plan's "
            "point 5, from before and after, in this office and in one that did not take part.",
        ),
    ]
    said = [(say(level), asked, found, say(can), say(cannot)) for level, asked, found, can, cannot in rows]
    table = pd.DataFrame(said, columns=["level", "asked", "found", "what it can prove", "what it cannot"])
    told = (
        "Each level says something that the one before cannot, and is harder to know. "
        f"Yes means a mark of {AGREES} or 5."
    )
    html = _heading("Four levels, side by side") + _paragraph(told)
    return html + _shown(table, "What is known after three months"), {"levels": table}


def _yes(forms: list[handed_in.Answers], id: str, said: str, least: int) -> str:
    marks = [form.answers[id][0] for form in forms if id in form.answers]
    if len(marks) < least:
        return say(f"{said}: too few answers")
    yes = _share(sum(mark >= AGREES for mark in marks), len(marks), least)
    return say(f"{said}: {yes} of {len(marks)}")


def _gain(made: Class) -> tuple[str, str]:
    """(what was asked, what was found) of the tests before and after."""
    if not made.tests:
        return say("no tests"), say("not known")
    both = learning.linked(answers_table(made.tests, made.key))
    people = both["code"].nunique()
    asked = say(f"{people} people in both tests")
    if people < made.key.least:
        return asked, say("too few to say")
    totals = learning.scores(both)
    gain = learning.paired_gain(totals["before"], totals["after"])
    return asked, say(
        f"{100 * totals['before'].mean():.0f} of 100 right before, {100 * totals['after'].mean():.0f} after: "
        f"{100 * gain.value:+.0f} points (95 % interval {100 * gain.low:.0f} to {100 * gain.high:.0f})"
    )


def _one_line(text: str) -> str:
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:600]


def _exercises(made: Class) -> tuple[Markup, dict[str, Any]]:
    least = made.key.least
    if len(made.progress) < least:
        told = _paragraph(f"Fewer than {least} progress records came back; none is shown.")
        return (_heading("Progress in the book and the notebooks") + told if made.progress else Markup()), {}
    records = [lessons for _, lessons in made.progress]
    tables = {
        "lessons": (_lessons_table(records, made.key), "Which lessons participants marked as read"),
        "quizzes": (_quizzes_table(records, made.key), "How the quiz of the book was answered"),
        "exercises": (
            _exercises_table(records, made.key),
            "How the exercises ended, and how much help people took",
        ),
        "open": (
            _open_table(records, made.key),
            "Open questions: which lines of the rubric people found true of their own text. Nobody else has judged the texts",
        ),
    }
    shown = {name: (table, caption) for name, (table, caption) in tables.items() if len(table)}
    html = _heading("Progress in the book and the notebooks") + _paragraph(
        "From the records that participants exported. They say what people did on their own devices; who hands in two records "
        "counts twice."
    )
    html += Markup().join(_shown(table, caption) for table, caption in shown.values())
    return html, {name: table for name, (table, _) in shown.items()}


def _lessons_table(records: list[record.Lessons], key: Key) -> pd.DataFrame:
    import pandas as pd

    rows = []
    for id, lesson in key.lessons.items():
        read = sum("read" in one.get(id, {}) for one in records)
        rows.append((id, lesson.title, str(len(records)), _share(read, len(records), key.least)))
    return pd.DataFrame(rows, columns=["lesson", "title", "records", "read"])


def _quizzes_table(records: list[record.Lessons], key: Key) -> pd.DataFrame:
    import pandas as pd

    rows = []
    for id, entries in _by_question(records, "quiz"):
        first = sum(entry["first"] for entry in entries)
        right = sum(entry["right"] for entry in entries)
        asks = key.items[id].question if id in key.items else ""
        rows.append((id, asks, *_counts([first, right - first, len(entries) - right], key.least)))
    return pd.DataFrame(
        rows, columns=["question", "asks", "people", "right at the first try", "right later", "not yet right"]
    )


def _exercises_table(records: list[record.Lessons], key: Key) -> pd.DataFrame:
    import pandas as pd

    least, rows = key.least, []
    for id, entries in _by_question(records, "exercises"):
        ended = [entry.get("outcome", "") for entry in entries]
        checks = [entry["checks"] for entry in entries if "checks" in entry]
        helped = [sum(name in entry for entry in entries) for name in ("hints", "solution")]
        rows.append(
            (
                id,
                *_counts([ended.count(outcome) for outcome in _OUTCOMES], least),
                f"{statistics.fmean(checks):.1f}"
                if len(checks) >= least
                else say(HIDDEN if checks else "not recorded"),
                *(_share(count, len(entries), least) for count in helped),
            )
        )
    columns = [
        "question",
        "people",
        *_OUTCOMES.values(),
        "checks (mean)",
        "opened a hint",
        "opened the solution",
    ]
    return pd.DataFrame(rows, columns=columns)


def _open_table(records: list[record.Lessons], key: Key) -> pd.DataFrame:
    """How many people answered each open question, ticked its rubric, and found each line of it true of their text."""
    import pandas as pd

    least, rows = key.least, []
    for id, entries in _by_question(records, "exercises"):
        answered = [entry for entry in entries if entry.get("outcome") == "answered"]
        ticked = [entry["ticks"] for entry in answered if "ticks" in entry]
        # Editions can differ in their rubrics; the one that most people had is counted.
        lengths = Counter(len(ticks) for ticks in ticked)
        length = max(lengths, key=lambda n: (lengths[n], n), default=0)
        same = [ticks for ticks in ticked if len(ticks) == length]
        if not answered:
            continue
        lines = [
            f"{number}: {_share(sum(marks), len(same), least)}"
            for number, marks in enumerate(zip(*same, strict=True), 1)
        ]
        people = str(len(answered)) if len(answered) >= least else say(HIDDEN)
        rows.append(
            (id, people, _share(len(ticked), len(answered), least), ", ".join(lines) or say("not ticked"))
        )
    return pd.DataFrame(rows, columns=["question", "answered", "ticked the rubric", "lines found true"])


def _by_question(records: list[record.Lessons], kind: str) -> list[tuple[str, list[dict[str, Any]]]]:
    """Every question of the quiz or of the exercises with what each record says of it."""
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for lessons in records:
        for lesson in lessons.values():
            for id, entry in lesson.get(kind, {}).items():
                found[id].append(entry)
    return sorted(found.items(), key=lambda one: _natural(one[0]))


def _counts(counts: list[int], least: int) -> list[str]:
    """The sum of the counts and each of them, without those that would tell about a few people."""
    if sum(counts) < least:
        return [say(HIDDEN)] * (len(counts) + 1)
    hide = learning.hidden(counts, least)
    return [str(sum(counts)), *(say(HIDDEN) if h else str(c) for c, h in zip(counts, hide, strict=True))]


def _share(count: int, of: int, least: int) -> str:
    return say(HIDDEN) if of < least or learning.hidden([count, of - count], least)[0] else str(count)


def _minutes(made: Class) -> tuple[Markup, dict[str, Any]]:
    import pandas as pd

    rows = []
    for id, lesson in made.key.lessons.items():
        for part in PARTS:
            known = [
                r.minutes
                for r in made.times.records
                if (r.lesson, r.part, r.workshop.lstrip("'")) == (id, part, made.key.workshop)
            ]
            if known:
                rows.append(
                    (
                        id,
                        lesson.title,
                        say(part),
                        getattr(lesson, part),
                        int(statistics.median(known)),
                        len(known),
                    )
                )
    if not rows:
        return Markup(), {}
    table = pd.DataFrame(rows, columns=["module", "title", "part", "planned", "recorded", "sessions"])
    over = int((table["recorded"] - table["planned"]).sum())
    verdict = (
        f"Together {abs(over)} minutes {'more' if over > 0 else 'less'} than planned."
        if over
        else "As planned in all."
    )
    caption = "Planned and recorded minutes (the median where there were several sessions)"
    html = _heading("Minutes") + _paragraph(verdict) + _shown(table, caption)
    return html, {"minutes": table}


def _left_out(made: Class) -> Markup:
    if not made.left_out:
        return Markup()
    most = 50
    lines = [
        Markup("<bdi>{}</bdi> {}.").format(_one_line(name), say(why)) for name, why in made.left_out[:most]
    ]
    more = _paragraph(f"And {len(made.left_out) - most} more.") if len(made.left_out) > most else ""
    return _heading("Files that were left out") + _list(lines) + more


def _objective(key: Key, name: str) -> str:
    lesson, number = name.rsplit(" ", 1)
    objectives = key.lessons[lesson].objectives if lesson in key.lessons else ()
    return objectives[int(number) - 1] if 0 < int(number) <= len(objectives) else name


def _natural(id: str) -> list[Any]:
    import re

    return [int(part) if part.isdigit() else part for part in re.split(r"(\d+)", id)]


def _heading(text: str, level: int = 2) -> Markup:
    return Markup("<h{0}>{1}</h{0}>").format(level, say(text))


def _paragraph(text: str) -> Markup:
    return Markup("<p>{}</p>").format(say(text))


def _note(text: str) -> Markup:
    return Markup("<p class='note'>{}</p>").format(say(text))


def _list(lines: Iterable[str], attributes: str = "") -> Markup:
    items = Markup().join(Markup("<li{}>{}</li>").format(Markup(attributes), line) for line in lines)
    return Markup("<ul>{}</ul>").format(items)


def _as_written(cell: Any) -> str:
    """A mean keeps its point in the file, which other programs read; on the page it is written as in its language."""
    text = str(cell)
    return _decimal(float(text), 1) if re.fullmatch(r"\d+\.\d", text) else text


def _shown(
    table: pd.DataFrame, caption: str, formats: Mapping[str, Callable[[Any], str]] = MappingProxyType({})
) -> Markup:
    """A table in the language of the report, which can be moved sideways where it is too wide."""
    said = {say(name): formats.get(name, _as_written) for name in table.columns}
    caption = say(caption)
    made = paper.table(_headed(table), caption=caption, formats=said)
    scroll = Markup('<div class="scroll" tabindex="0" role="region" aria-label="{}">{}</div>')
    return scroll.format(caption, Markup(made))
