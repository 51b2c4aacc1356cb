"""Tenders, bids, awards, contracts and payments as the indicators read them, on whichever engine holds the tables.

The definitions are Narwhals expressions, written once: pandas computes them in a lesson and in a browser, DuckDB where the tables
are files of any size. Two habits keep the answers equal. Ids become whole numbers, once: engines compare these many times faster
than texts. And what may be missing becomes a number or a plain no before it is compared, because pandas takes an unknown
comparison for untrue and a database leaves it unknown; 0 stands for an unknown firm, no lot, no currency written.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeAlias, cast

import narwhals as nw
import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from cleanworks.construction.flags._core import Settings
from cleanworks.moments import OFFSET
from cleanworks.typed import Tables

SUBMITTED = ("pending", "valid", "disqualified")
FINAL = ("active", "cancelled", "unsuccessful")
UNIT = ("process", "lot")  # within it bids are compared
CANCELLED = ("cancelled",)  # a tender, a contract, a project: nothing was bought
ENDED = (*CANCELLED, "terminated", "closed")  # contracts that run no longer

col, lit = nw.col, nw.lit


# Columns in which something has happened; a due date or a planned end may lie in the future and does not count.
EVENTS = (
    ("progress", "period"),
    ("reports", "date"),
    ("claims", "date_paid"),
    ("claims", "date_claimed"),
    ("payments", "date_paid"),
    ("wages", "date_paid"),
    ("attendance", "date"),
    ("modifications", "date"),
    ("disclosures", "date_published"),
    ("questions", "date_asked"),
    ("questions", "date_answered"),
    ("contracts", "date_signed"),
    ("bids", "date"),
    ("milestones", "date_met"),
)
MONDAY = dt.datetime(1900, 1, 1)  # from which days and weeks are counted
_DAY, _DAY_MINUTES = 86_400_000_000, 1440  # a day in microseconds and in minutes
_END_OFFSET = "tender_end_offset"
_OF_WORKERS = ("attendance", "wages", "retirement_days")


def reading_day(tables: Tables, settings: Settings) -> pd.Timestamp:
    """The day on which the tables are read: ``settings.as_of``, or the latest event in them (NaT if there is none).

    Examples
    --------
    >>> reading_day(tables, Settings())
    Timestamp('2026-06-30 00:00:00')
    >>> reading_day(tables, Settings(as_of="2024-06-30"))
    Timestamp('2024-06-30 00:00:00')
    """
    return _latest_event(tables, settings)[0]


def _latest_event(tables: Tables, settings: Settings) -> tuple[pd.Timestamp, str]:
    """The `reading_day`, and the ``table.column`` that tells it; "" where the settings do, or nothing."""
    if settings.as_of is not None:
        day = pd.Timestamp(settings.as_of)
        return (day if day.tzinfo is None else day.tz_convert("UTC").tz_localize(None)), ""
    latest = [
        ((_reported(tables[name]) if name == "progress" else tables[name])[column].max(), f"{name}.{column}")
        for name, column in EVENTS
        if name in tables and column in tables[name]
    ]
    told = [(pd.Timestamp(day), place) for day, place in latest if pd.notna(day)]
    return max(told) if told else (pd.NaT, "")


def _reported(progress: pd.DataFrame) -> pd.DataFrame:
    """Months of which something is reported; those of a plan lie ahead."""
    return progress[progress["actual"].notna()] if "actual" in progress else progress


Frame: TypeAlias = nw.LazyFrame[Any]
"""Rows as an engine computes them. Those of pandas are there at once, and answer to the same methods."""

How: TypeAlias = Literal["left", "inner"]


class Engine(Protocol):
    """What computes: pandas (`Memory`), or a database where tables outgrow the memory."""

    def frame(self, table: Any) -> Frame: ...

    def brought(self, table: pd.DataFrame) -> Frame: ...

    def keep(self, frame: Frame) -> Frame: ...

    def numbered(self, frame: Frame, name: str) -> Frame: ...

    def numbers_of(self, frame: Frame, column: str, values: Frame, name: str) -> Frame: ...

    def values_of(self, frame: Frame, values: Frame) -> Frame: ...

    def in_order(self, frame: Frame, name: str) -> Frame: ...

    def where(self, frame: Frame, key: str, others: Frame, *, there: bool) -> Frame: ...

    def looked_up(self, frame: Frame, values: Frame, key: str, how: How) -> Frame: ...

    def days_between(self, start: nw.Expr, end: nw.Expr) -> nw.Expr: ...

    def latest(self, table: Any, columns: Sequence[str]) -> pd.DataFrame: ...

    def row_by_row(self, frame: Frame) -> Frame: ...

    def collected(self, frame: Frame) -> pd.DataFrame: ...


class Counting(Engine, Protocol):
    """An engine that also knows which columns hold something, because the tables are not in memory to look."""

    def filled(self, tables: Mapping[str, Any]) -> set[str]: ...


class Memory:
    """pandas: what is computed is there at once."""

    def frame(self, table: pd.DataFrame) -> Frame:
        return _in_memory(table)

    def brought(self, table: pd.DataFrame) -> Frame:
        """A small table that was computed here, where the others are."""
        return _in_memory(table)

    def keep(self, frame: Frame) -> Frame:
        """The same rows, computed only once however often they are read."""
        return frame

    def numbered(self, frame: Frame, name: str) -> Frame:
        """The rows with a whole number each, from 1."""
        rows = cast("nw.DataFrame[Any]", frame).with_row_index(name)
        return cast("Frame", rows.with_columns(col(name).cast(nw.Int64) + 1))

    def numbers_of(self, frame: Frame, column: str, values: Frame, name: str) -> Frame:
        """The frame with ``name`` in place of ``column``: the numbers of its values, 0 where a value is none of these."""
        native = frame.to_native()
        known_values = pd.Index(values.to_native()[values.columns[1]])
        # Numbers run from 1 in the order of the rows.
        # Few values fill many rows: each is looked up once, and a missing one is -1, which is the last.
        places, values_there = pd.factorize(native[column])
        found = np.append(known_values.get_indexer(values_there) + 1, 0).astype(np.int64)[places]
        return _in_memory(native.drop(columns=column).assign(**{name: found}))

    def values_of(self, frame: Frame, values: Frame) -> Frame:
        """The frame with the values behind its numbers; the reverse of `numbers_of`."""
        native = frame.to_native()
        number, text = values.columns
        found = values.to_native()[text].array.take(native[number].to_numpy(np.int64) - 1)
        return _in_memory(native.assign(**{text: found}))

    def in_order(self, frame: Frame, name: str) -> Frame:
        return frame.sort(name)

    def where(self, frame: Frame, key: str, others: Frame, *, there: bool) -> Frame:
        """The rows whose key is among, or is not among, those of another frame, where none is missing."""
        native = frame.to_native()
        return _in_memory(native[native[key].isin(others.to_native()[key]) == there])

    def looked_up(self, frame: Frame, values: Frame, key: str, how: How) -> Frame:
        """The frame, in its order, with what ``values``, one row a key, says of its key."""
        return frame.join(values, on=key, how=how)

    def days_between(self, start: nw.Expr, end: nw.Expr) -> nw.Expr:
        return days_between(start, end)

    def latest(self, table: Any, columns: Sequence[str]) -> pd.DataFrame:
        """Rows among which are the highest values of some columns."""
        return self.collected(self.frame(table))[list(columns)]

    def row_by_row(self, frame: Frame) -> Frame:
        """The frame where a row can be compared with those before it, and a median be taken."""
        return frame

    def collected(self, frame: Frame) -> pd.DataFrame:
        return frame.to_native()


def _in_memory(table: pd.DataFrame) -> Frame:
    return cast("Frame", nw.from_native(table, eager_only=True))


class Processes:
    """The tables of contracting processes.

    ``tables`` are pandas DataFrames with dates as instants (see `_core.prepared`), or what ``engine.frame`` takes. ``in_pandas`` are
    the same for what that engine cannot compute. ``filled`` names the columns that hold something: one without a value is not there,
    so that no indicator goes a way that `flags.coverage` calls closed.
    """

    def __init__(
        self,
        tables: Mapping[str, Any],
        settings: Settings,
        engine: Engine | None = None,
        in_pandas: Processes | None = None,
        filled: Collection[str] | None = None,
    ) -> None:
        self.settings, self.engine, self.in_pandas = settings, engine or Memory(), in_pandas
        self._tables, self._filled = tables, filled
        self._frames: dict[Any, Any] = {}
        self.some_joint = False  # whether any bid is one of several firms; known once `offers` is made

    def table(self, name: str) -> Frame:
        """One table as it came."""
        if name not in self._frames:
            self._frames[name] = self.engine.frame(self._tables[name])
        return self._frames[name]

    def days_between(self, start: nw.Expr, end: nw.Expr) -> nw.Expr:
        """``end - start`` in days."""
        return self.engine.days_between(start, end)

    def has(self, name: str, *columns: str) -> bool:
        return name in self._tables and set(columns) <= set(self._columns(name))

    def _columns(self, name: str) -> Sequence[str]:
        if name not in self._tables:
            return ()
        columns = self._tables[name].columns
        if self._filled is None:
            return columns
        # Offsets without a value say that no clock has its zone beside it.
        return [one for one in columns if f"{name}.{one}" in self._filled or one.endswith(OFFSET)]

    def standing(self, name: str, without: Collection[str] = CANCELLED) -> Frame:
        """The rows of a table without tenders, contracts and projects that were cancelled, and without what belongs to such a contract.

        A contract that was cancelled before its signature has no cost, no time and no changes to be judged by. What was paid and what
        was worked is no plan but has happened, and is looked at whatever became of the contract.
        """
        rows = self.table(name)
        if name in ("tenders", "contracts", "projects"):
            return self.of_standing(rows, without)
        if not self.has("contracts", "contract_id", "status"):
            return rows
        theirs = self.table("contracts").filter(in_state(without) & ~col("contract_id").is_null())
        theirs = theirs.select("contract_id")
        if rows.collect_schema()["contract_id"] != theirs.collect_schema()["contract_id"]:
            rows, theirs = (one.with_columns(col("contract_id").cast(nw.String)) for one in (rows, theirs))
        return self.engine.where(rows, "contract_id", theirs, there=False)

    def of_standing(self, rows: Frame, without: Collection[str] = CANCELLED) -> Frame:
        """Rows that say a status, without the cancelled ones."""
        return rows.filter(~in_state(without)) if "status" in rows.columns else rows

    def with_end(self, frame: Frame) -> Frame:
        """Rows of contracts with ``ended``: 1 where theirs runs no longer."""
        if not self.has("contracts", "contract_id", "status"):
            return frame.with_columns(ended=whole(0))
        contracts = self.table("contracts").filter(~col("contract_id").is_null())
        return self.looked_up(
            frame, contracts.select("contract_id", ended=in_state(ENDED).cast(nw.Int64)), "contract_id"
        )

    def column(self, frame: Frame, name: str) -> np.ndarray:
        """One column of numbers, from which a fence is computed."""
        return self.engine.collected(frame.select(name))[name].to_numpy(float)

    @cached_property
    def tenders(self) -> Frame:
        """One row a process: its number ``process``, ``tender_id``, what the table says of it, and four answers.

        ``kept``: not cancelled, not excluded; ``compared``: its prices are compared; ``several``: it has several lots; ``by_price``:
        nothing else decides.
        """
        wanted = (
            "tender_id", "status", "procurement_method", "procurement_method_details", "cost_estimate", "tender_start", "tender_end",
            _END_OFFSET, "number_of_tenderers", "number_of_lots", "price_only", "buyer_id", "procuring_entity_id", "project_id",
        )  # fmt: skip
        name = next(
            name for name in ("tenders", "bids", "awards", "contracts") if self.has(name, "tender_id")
        )
        there = [one for one in wanted if one in self._columns(name)] if name == "tenders" else ["tender_id"]
        frame = self.table(name).select(there).filter(~col("tender_id").is_null())
        frame = self.engine.numbered(frame if name == "tenders" else frame.unique(), "process")
        kept, compared = lit(True), lit(True)
        if "status" in there:
            kept = ~in_state(CANCELLED)
        if "procurement_method_details" in there:
            if self.settings.excluded_details:
                kept = kept & ~among("procurement_method_details", self.settings.excluded_details)
            if self.settings.no_price_comparison:
                compared = ~among("procurement_method_details", self.settings.no_price_comparison)
        several = known(col("number_of_lots") > 1) if "number_of_lots" in there else lit(False)
        by_price = ~known(col("price_only") == lit(False)) if "price_only" in there else lit(True)
        answers = {"kept": kept, "compared": compared, "several": several, "by_price": by_price}
        return self.engine.keep(frame.with_columns(**answers))

    @cached_property
    def firms(self) -> Frame:
        """Every firm that bid or was awarded something: ``firm`` and ``tenderer_id``."""
        places = (("bids", "tenderer_id"), (self._awarding, "supplier_id"))
        return self._numbers("firm", "tenderer_id", places)

    @cached_property
    def offers(self) -> Frame:
        """Bids, one row for each of their firms: ``process, lot, firm, currency, amount`` and what may be said of them.

        ``amount`` is unknown where it is not above 0, because that is no price.
        ``bid`` is 0 where the firm bid alone and else the number of the joint bid. ``valid``, ``out`` (disqualified), ``submitted``,
        ``judged`` (has a status), ``invited`` (has not bid yet), ``late`` (after the deadline), ``dated`` (it can be told), and of the process ``kept``, ``compared``, ``by_price`` (nothing else decides);
        ``placed`` is no for a bid that names no lot in a process of several: it cannot be compared with any other.
        """
        wanted = ("tenderer_id", "bid_id", "amount", "status", "currency", "lot_id", "date", "date_offset")
        frame, there = self._of_processes("bids", wanted)
        # Looked for before texts become numbers, or a database would make them numbers twice.
        if "bid_id" in there:
            joint = frame.filter(~col("bid_id").is_null()).group_by("process", "bid_id").agg(rows=nw.len())
            joint = self.engine.numbered(joint.filter(col("rows") > 1).drop("rows"), "bid")
            joint = self.engine.keep(joint)
            self.some_joint = bool(self.engine.collected(joint.select(rows=nw.len()))["rows"].iloc[0])
        frame = self._coded(frame, there, "tenderer_id", "firm", lambda: self.firms)
        frame = self._lots_and_currencies(frame, there)
        if self.some_joint:
            frame = frame.join(joint, on=["process", "bid_id"], how="left")
            frame = frame.with_columns(bid=col("bid").fill_null(0).cast(nw.Int64))
        else:
            frame = frame.with_columns(bid=whole(0))
        status = "status" in there
        late, dated = self._late(there)
        return self.engine.keep(
            frame.select(
                "process", "lot", "firm", "currency", "bid", "kept", "compared", "by_price", "placed",
                amount=above_zero("amount") if "amount" in there else number(None),
                valid=known(col("status") == "valid") if status else lit(False),
                out=known(col("status") == "disqualified") if status else lit(False),
                submitted=among("status", SUBMITTED) if status else lit(True),
                judged=~col("status").is_null() if status else lit(False),
                invited=known(col("status") == "invited") if status else lit(False),
                late=late,
                dated=dated,
            )
        )  # fmt: skip

    def _late(self, there: Collection[str]) -> tuple[nw.Expr, nw.Expr]:
        """Whether a bid came after the deadline, and whether that can be told: not where a zone that is not written decides."""
        if "date" not in there or "tender_end" not in self.tenders.columns:
            return lit(False), lit(False)
        late = known(col("date") > col("closes"))
        dated = ~(col("date").is_null() | col("closes").is_null())
        if "date_offset" in there or _END_OFFSET in self.tenders.columns:
            offset = col("date_offset") if "date_offset" in there else lit(0.0)
            deadline = col("closes_offset")
            shift = offset.fill_null(0.0) - deadline.fill_null(0.0)
            by_clocks = known(self.days_between(col("closes"), col("date")) + shift / _DAY_MINUTES > 0)
            no_zone = offset.is_null() | deadline.is_null() | col("closes_day") | _midnight("date", offset)
            dated = dated & ~(no_zone & (late != by_clocks))
        return late, dated

    @cached_property
    def awarded(self) -> Frame:
        """Awards, one row for each supplier, as `offers`; without such a table each contract is an active award."""
        name = self._awarding
        wanted = (
            ("supplier_id", "amount", "status", "currency", "lot_id")
            if name == "awards"
            else ("supplier_id", "status")
        )
        frame, there = self._of_processes(name, wanted)
        if name == "contracts" and "status" in there:
            frame, there = frame.filter(~in_state(CANCELLED)), [one for one in there if one != "status"]
        frame = self._coded(frame, there, "supplier_id", "firm", lambda: self.firms)
        frame = self._lots_and_currencies(frame, there)
        status = "status" in there
        return self.engine.keep(
            frame.select(
                "process", "lot", "firm", "currency", "kept", "placed",
                amount=number("amount" in there and "amount"),
                active=known(col("status") == "active") if status else lit(name != "awards"),
                final=among("status", FINAL) if status else lit(name != "awards"),
            )
        )  # fmt: skip

    @property
    def contracts(self) -> Frame:
        """Contracts: ``process, firm, currency`` (a text, empty where none is written) and ``amount``."""
        frame, there = self._of_processes("contracts", ("supplier_id", "value_amount", "currency", "status"))
        if "status" in there:
            frame = frame.filter(~in_state(CANCELLED))
        frame = self._coded(frame, there, "supplier_id", "firm", lambda: self._contractors)
        currency = lit("")
        if "currency" in there:
            currency = (
                nw.when(col("currency").is_null()).then(lit("")).otherwise(col("currency").cast(nw.String))
            )
        return frame.select("process", "firm", currency=currency, amount=number("value_amount"))

    @cached_property
    def _contractors(self) -> Frame:
        return self._numbers("firm", "supplier_id", (("contracts", "supplier_id"),))

    @cached_property
    def decided(self) -> Frame:
        """Active awards of processes in which every award is final."""
        awards = self.awarded.filter(col("kept") & col("placed"))
        still_open = awards.filter(~col("final")).select("process").unique()
        return self.engine.where(awards.filter(col("active")), "process", still_open, there=False)

    @cached_property
    def winners(self) -> Frame:
        """``process, lot, winner, price, award_currency`` where one active award went to one firm and all awards are final."""
        one = self.decided.group_by(*UNIT).agg(
            col("firm").max().alias("winner"),
            col("amount").max().alias("price"),
            col("currency").max().alias("award_currency"),
            rows=nw.len(),
        )
        one = one.filter(col("rows") == 1, col("winner") > 0).drop("rows")
        return self.engine.keep(one.with_columns(price=nw.when(col("price") > 0).then(col("price"))))

    @cached_property
    def contenders(self) -> Frame:
        """Valid bids of single firms that can be compared, kept processes only."""
        alone = (col("bid") == 0) & (col("firm") > 0)
        return self.offers.filter(col("valid") & col("kept") & col("placed") & alone)

    @cached_property
    def priced(self) -> Frame:
        """Bids that were submitted with a price, where prices are compared; kept processes only."""
        wanted = col("kept") & col("compared") & col("placed") & col("submitted")
        return self.offers.filter(wanted & ~col("amount").is_null())

    @cached_property
    def margins(self) -> Frame:
        """``process, lot, winner, second, margin``: how far the lowest valid bid of another firm lies above the price awarded.

        ``second`` is that bid. The price awarded is the award's amount, else the winner's lowest valid bid. Where a lower bid than that
        was valid, price alone cannot have decided, and the lot is left out.
        """
        bids = self.contenders.filter(col("compared") & ~col("amount").is_null()).join(
            self.winners, on=list(UNIT), how="inner"
        )
        own = known(col("firm") == col("winner"))
        bids = bids.with_columns(
            own=nw.when(own).then(col("amount")), second=nw.when(~own).then(col("amount"))
        )
        units = bids.group_by(*UNIT, "winner").agg(
            col("own").min(), col("second").min(), col("price").max(), col("award_currency").max(),
            **currencies(),
        )  # fmt: skip
        # Only an award with a price says in which currency it was paid.
        awarded = nw.when(~col("price").is_null()).then(col("award_currency")).otherwise(whole(0))
        units = self.in_one_currency(units.with_columns(award_currency=awarded))
        units = units.with_columns(
            paid=nw.when(col("price").is_null()).then(col("own")).otherwise(col("price"))
        )
        units = units.filter(~col("own").is_null() & known(col("second") >= col("paid")))
        units = units.with_columns(margin=(col("second") - col("paid")) / col("paid"))
        return self.engine.keep(units.select(*UNIT, "winner", "second", "margin"))

    def in_one_currency(self, units: Frame) -> Frame:
        """The units whose bids are all in one currency, and that is the award's where it says one. See `currencies`."""
        one = col("lowest_currency")
        same = (one == col("highest_currency")) & (
            (col("award_currency") == 0) | (one == 0) | (one == col("award_currency"))
        )
        if self.settings.currency:
            wanted = self._named_currencies.filter(col("text") == self.settings.currency)
            same = same & one.is_in([0, *self.engine.collected(wanted)["currency"].tolist()])
        return units.filter(same)

    def buyers(self, column: str | None = None) -> Frame | None:
        """``process`` and ``who``: ``tenders.buyer_id`` (or another column), else the public authority of its project."""
        there = self.tenders.columns
        if column is None and "buyer_id" not in there:
            if not (self.has("projects", "project_id", "public_authority") and "project_id" in there):
                return None
            owners = self.table("projects").select("project_id", who=col("public_authority"))
            owners = owners.filter(~col("project_id").is_null())
            found = self.looked_up(
                self.tenders.select("process", "project_id"), owners, "project_id", "inner"
            )
            return found.select("process", "who").filter(~col("who").is_null())
        column = column or "buyer_id"
        if column not in there:
            return None
        return self.tenders.select("process", who=col(column)).filter(~col("who").is_null())

    @cached_property
    def counted(self) -> Frame:
        """Open and selective tenders whose number of tenderers is known: 1 or more, and not fewer than the firms that bid."""
        tenders = self.tenders.filter(
            among("procurement_method", ("open", "selective")) & known(col("number_of_tenderers") >= 1)
        )
        if not self.has("bids", "tender_id", "tenderer_id", "bid_id"):
            return tenders
        came = self.offers.filter(col("submitted") & (col("firm") > 0))
        # Looking closely is dear: only where the rows outnumber the tenderers can the firms do so.
        rows = came.group_by("process").agg(rows=nw.len())
        rows = rows.join(self.tenders.select("process", "number_of_tenderers"), on="process", how="inner")
        rows = rows.filter(known(col("rows") > col("number_of_tenderers")))
        came = came.join(rows, on="process", how="inner")
        # A consortium is one tenderer; its bid, and the bids of one firm, may be several rows.
        if self.some_joint:
            came = came.with_columns(firm=nw.when(col("bid") > 0).then(-col("bid")).otherwise(col("firm")))
        more = came.select("process", "number_of_tenderers", "firm").unique()
        more = more.group_by("process", "number_of_tenderers").agg(firms=nw.len())
        more = more.filter(known(col("firms") > col("number_of_tenderers"))).select("process")
        tenders = tenders.select("process", "kept", "number_of_tenderers")
        return self.engine.keep(self.engine.where(tenders, "process", more, there=False))

    @property
    def today(self) -> dt.datetime | None:
        """The day on which the tables are read, see `reading_day`; None where nothing tells it."""
        day, _ = self.read_on
        return None if pd.isna(day) else day.to_pydatetime(warn=False)

    @cached_property
    def read_on(self) -> tuple[pd.Timestamp, str]:
        """The day on which the tables are read, and the column that tells it, see `_latest_event`."""
        latest = {}
        if self.settings.as_of is None:
            for name in {name for name, _ in EVENTS} & set(self._tables):
                columns = [column for table, column in EVENTS if table == name and self.has(name, column)]
                if columns:
                    table = self._tables[name]
                    if name == "progress" and self.has(name, "actual"):
                        table = self.table(name).filter(~col("actual").is_null()).to_native()
                    latest[name] = self.engine.latest(table, columns)
        return _latest_event(latest, self.settings)

    @cached_property
    def changes(self) -> Frame:
        """Changes with what they add to the price, and what their contract says of its signature.

        ``added`` is unknown where an amount is missing; in ``rise`` a change of time or scope alone may leave its amounts away.
        """
        of_change = self._there("modifications", "contract_id", "official_id", "date", "new_period_end")
        more = {}
        if self.has("modifications", "old_value", "new_value"):
            old, new = number("old_value"), number("new_value")
            more = {"added": new - old, "rise": new - old}
            if self.has("modifications", "type"):
                silent = old.is_null() & new.is_null() & among("type", ("duration", "scope"))
                more["rise"] = nw.when(silent).then(lit(0.0)).otherwise(new - old)
        changes = self.table("modifications").select(*of_change, **more)
        signed = self.table("contracts").filter(~col("contract_id").is_null())
        signed = signed.select(
            self._there("contracts", "contract_id", "supplier_id", "date_signed", "status")
        )
        return self.engine.keep(self.looked_up(changes, signed, "contract_id"))

    @property
    def ledger(self) -> Frame:
        """The `whole_ledger` without cancelled contracts, see `standing`."""
        return self.of_standing(self.whole_ledger)

    @cached_property
    def whole_ledger(self) -> Frame:
        """Contracts, each with the `totals` of its changes, the day of the ``first`` and the ``agreed_end``, as far as the tables tell.

        ``added`` is what all changes add to the price, ``rises`` what those add that raise it, ``early`` what the early ones add. A
        change without a day counts as the last that moved the end; of several on one day the latest end counts.
        """
        columns = (
            "contract_id",
            "status",
            "tender_id",
            "supplier_id",
            "value_amount",
            "date_signed",
            "period_start",
            "period_end",
        )
        ledger = self.table("contracts").select(self._there("contracts", *columns))
        if not self.has("modifications", "contract_id"):
            return ledger
        changes, sums, first = self.changes, {}, {}
        if "rise" in changes.columns:
            sums = {
                "added": col("rise"),
                "rises": nw.when(col("rise") < 0).then(lit(0.0)).otherwise(col("rise")),
            }
            if {"date", "date_signed"} <= set(changes.columns):
                days = self.days_between(col("date_signed"), col("date"))
                late = known(days > self.settings.early_change_days)
                # A change without a day, or without its amounts, may or may not be an early rise.
                early = nw.when(late).then(lit(0.0)).otherwise(col("added"))
                sums["early"] = nw.when(~days.is_null()).then(early)
        if "date" in changes.columns:
            first = {"first": col("date")}
        ledger = self.looked_up(ledger, totals(changes, "contract_id", sums, first), "contract_id")
        if "period_end" in ledger.columns and "new_period_end" in changes.columns:
            moved = changes.filter(~col("new_period_end").is_null())
            by = ["new_period_end"]
            if "date" in changes.columns:
                moved, by = moved.with_columns(undated=col("date").is_null()), ["undated", "date", *by]
            moved = moved.unique("contract_id", keep="last", order_by=by)
            ledger = self.looked_up(ledger, moved.select("contract_id", "new_period_end"), "contract_id")
            end = nw.when(~col("new_period_end").is_null()).then(col("new_period_end"))
            ledger = ledger.with_columns(agreed_end=end.otherwise(col("period_end")))
        return self.engine.keep(ledger)

    @cached_property
    def tendered(self) -> Frame:
        """The `ledger` of contracts whose tender is known, with ``estimate`` and ``method`` of it."""
        tenders = self.table("tenders").filter(~col("tender_id").is_null())
        columns = {"estimate": "cost_estimate", "method": "procurement_method"}
        said = {name: col(column) for name, column in columns.items() if self.has("tenders", column)}
        tenders = tenders.select("tender_id", **said)
        return self.engine.keep(self.looked_up(self.ledger, tenders, "tender_id", "inner"))

    @cached_property
    def handed_on(self) -> Frame:
        """The `totals` of the subcontracts of each contract: ``passed``, money of the first tier, and ``depth``, the highest tier."""
        sums, highest = {}, {}
        tier = self.has("subcontracts", "tier")
        if self.has("subcontracts", "value_amount"):
            amount = number("value_amount")
            if self.has("subcontracts", "prime_amount"):
                given = ~col("prime_amount").is_null()
                amount = nw.when(given).then(number("prime_amount")).otherwise(amount)
            first = col("tier").is_null() | known(col("tier") == 1) if tier else lit(True)
            sums = {"passed": nw.when(first).then(amount).otherwise(lit(0.0))}
        if tier:
            highest = {"depth": number("tier")}
        firms = self.standing("subcontracts").filter(~col("contract_id").is_null())
        return self.engine.keep(totals(firms, "contract_id", sums, highest=highest))

    @cached_property
    def handing_on(self) -> Frame:
        """Contracts with what `handed_on` says of them."""
        columns = self._there("contracts", "contract_id", "supplier_id", "value_amount")
        return self.looked_up(self.standing("contracts").select(columns), self.handed_on, "contract_id")

    @cached_property
    def claimed(self) -> Frame:
        """The `totals` of what was ``paid`` of the claims of each contract."""
        paid = nw.when(col("date_paid").is_null()).then(lit(0.0)).otherwise(number("amount"))
        claims = self.table("claims").filter(~col("contract_id").is_null())
        return self.engine.keep(totals(claims, "contract_id", {"paid": paid}))

    @cached_property
    def passed_on(self) -> Frame:
        """Payments that somebody who has received money owes to somebody else; the client's own are not among them.

        ``until`` is the day of payment, or the reading day while nothing was paid by then.
        """
        columns = (
            "payment_id", "contract_id", "payer_id", "payee_type", "tier", "amount_registered", "date_received", "date_due", "date_paid"
        )  # fmt: skip
        today, paid = lit(self.today), col("date_paid")
        payments = self.table("payments").select(
            *self._there("payments", *columns),
            until=nw.when(known(paid <= today)).then(paid).otherwise(today),
        )
        owed = ~col("date_received").is_null() & ~known(col("payee_type") == "prime")
        return self.engine.keep(payments.filter(owed))

    def share_of_claims(self, payments: Frame) -> Frame:
        """The ``share`` of what some payments passed on in what the client paid for the contract."""
        paid = nw.when(col("date_paid").is_null()).then(lit(0.0)).otherwise(number("amount"))
        payments = payments.filter(~col("contract_id").is_null())
        sent = totals(payments, "contract_id", {"sent": paid}).rename({"rows": "payments"})
        shares = self.looked_up(self.claimed, sent, "contract_id")
        shares = shares.select("contract_id", sent=total("sent", "payments"), came=total("paid"))
        shares = shares.filter(col("came") > 0).select("contract_id", share=col("sent") / col("came"))
        return shares.drop_nulls("share")

    @cached_property
    def workers(self) -> Frame:
        """Every worker with a card, a wage or a report of days: ``worker`` and ``worker_id``."""
        return self._numbers("worker", "worker_id", [(name, "worker_id") for name in _OF_WORKERS])

    @cached_property
    def sites(self) -> Frame:
        """The contracts of `workers`: ``site`` and ``contract_id``."""
        return self._numbers("site", "contract_id", [(name, "contract_id") for name in _OF_WORKERS])

    def _numbered_workers(self, name: str, **more: nw.Expr) -> Frame:
        rows = self.table(name).filter(~col("worker_id").is_null())
        there = self._there(name, "worker_id", "contract_id")
        rows = self._coded(rows.select(*there, **more), there, "worker_id", "worker", lambda: self.workers)
        return self._coded(rows, there, "contract_id", "site", lambda: self.sites)

    @cached_property
    def visits(self) -> Frame:
        """Every ``worker``, ``site`` and ``day`` of the cards once; site 0 is none that is known."""
        rows = self._numbered_workers("attendance", day=col("date").dt.truncate("1d")).drop_nulls("day")
        return self.engine.keep(rows.select("worker", "site", "day").unique())

    @cached_property
    def card_days(self) -> Frame:
        """``days`` with a card by ``worker``, ``site`` and the first day of the ``month``."""
        visits = self.visits.filter(col("site") > 0)
        visits = visits.select("worker", "site", month=col("day").dt.truncate("1mo"))
        return self.engine.keep(visits.group_by("worker", "site", "month").agg(days=nw.len()))

    def told_by_month(self, name: str, column: str) -> Frame:
        """The `totals` of what a list tells of a worker's month on a site: ``told``."""
        rows = self._numbered_workers(name, month=col("month").dt.truncate("1mo"), told=number(column))
        rows = rows.filter(col("site") > 0).drop_nulls("month")
        return self.engine.keep(totals(rows, ("worker", "site", "month"), {"told": col("told")}))

    def of_months(self, frame: Frame, value: str, flagged: nw.Expr) -> tuple[str, Frame]:
        """An answer about the months of workers on their sites, each named by its last day."""
        found = self.engine.values_of(frame.with_columns(hit=flagged), self.workers)
        found = self.engine.values_of(found, self.sites)
        day = next_month(col("month")).dt.offset_by("-1d").dt.to_string("%Y-%m-%d")
        parts = [col("worker_id").cast(nw.String), col("contract_id").cast(nw.String), day]
        found = found.with_columns(name=nw.concat_str(parts, separator="/"))
        return self.of_names("worker and month", found, "name", value, col("hit"))

    def _there(self, name: str, *wanted: str) -> list[str]:
        return [one for one in wanted if one in self._columns(name)]

    def looked_up(self, frame: Frame, values: Frame, key: str, how: How = "left") -> Frame:
        """The frame with what ``values``, one row a key, says of its key."""
        if frame.collect_schema()[key] != values.collect_schema()[key]:
            frame, values = (one.with_columns(col(key).cast(nw.String)) for one in (frame, values))
        return self.engine.looked_up(frame, values, key, how)

    def of_rows(
        self,
        level: str,
        frame: Frame,
        name: str,
        value: nw.Expr,
        hit: nw.Expr,
        **also: nw.Expr,
    ) -> tuple[str, Frame]:
        """An answer about the rows that have a name and whose value is known; ``hit`` reads ``value`` and what is named ``also``."""
        found = frame.select(id=col(name), value=value.cast(nw.Float64), **also).drop_nulls(["id", "value"])
        return level, found.select("id", "value", flagged=known(hit))

    def of_groups(
        self, level: str, frame: Frame, name: str, value: nw.Expr, hit: nw.Expr
    ) -> tuple[str, Frame]:
        """An answer about groups, one row each, by their names; engines give groups in any order. See `of_rows`."""
        return self.of_rows(level, self.engine.in_order(frame, name), name, value, hit)

    def of_processes(self, frame: Frame, value: str, flagged: nw.Expr) -> tuple[str, Frame]:
        """An answer about processes, in the order in which they stand in their table."""
        found = self.engine.keep(_answer(frame, "process", value, flagged, name="process"))
        found = self.engine.values_of(found, self._names)
        found = self.engine.in_order(found, "process").select(
            id=col("tender_id"), value=col("value"), flagged=col("flagged")
        )
        return "process", found

    @cached_property
    def _names(self) -> Frame:
        return self.tenders.select("process", "tender_id")

    def of_firms(
        self, frame: Frame, value: str | int, flagged: bool | nw.Expr, level: str = "tenderer"
    ) -> tuple[str, Frame]:
        """An answer about firms, by their names."""
        return self.of_numbers(level, frame, self.firms, value, flagged)

    def of_numbers(
        self, level: str, frame: Frame, values: Frame, value: str | int, flagged: bool | nw.Expr
    ) -> tuple[str, Frame]:
        """An answer about what has a number, by the names behind the numbers."""
        name = values.columns[1]
        found = self.engine.in_order(self.engine.values_of(frame, values), name)
        return level, _answer(found, name, value, flagged)

    def of_names(
        self, level: str, frame: Frame, name: str, value: str, flagged: nw.Expr
    ) -> tuple[str, Frame]:
        return level, _answer(self.engine.in_order(frame, name), name, value, flagged)

    @property
    def _awarding(self) -> str:
        """The table that says who won: awards, or contracts where there is no such table or it does not say."""
        if self.has("awards", "tender_id", "supplier_id", "status"):
            return "awards"
        whole = self.has("contracts", "tender_id", "supplier_id")
        return "awards" if self.has("awards", "tender_id") and not whole else "contracts"

    @cached_property
    def _named_currencies(self) -> Frame:
        return self._numbers("currency", "text", (("bids", "currency"), ("awards", "currency")), plain=False)

    @cached_property
    def _lots(self) -> Frame:
        return self._numbers("lot", "text", (("bids", "lot_id"), ("awards", "lot_id")), plain=False)

    def _numbers(
        self, number: str, name: str, places: Iterable[tuple[str, str]], plain: bool = True
    ) -> Frame:
        """A number from 1 for every different value of some columns; ``plain`` leaves the values as they are."""
        places = [(table, column) for table, column in places if self.has(table, column)]
        kinds = {self.table(table).collect_schema()[column] for table, column in places}
        plain = plain and len(kinds) == 1 and nw.Categorical not in kinds
        parts = []
        for table, column in places:
            values = self.table(table).select(col(column).alias(name)).filter(~col(name).is_null())
            parts.append((values if plain else values.with_columns(col(name).cast(nw.String))).unique())
        values = nw.concat(parts).unique() if len(parts) > 1 else parts[0]
        return self.engine.keep(self.engine.numbered(values, number).select(number, name))

    def _coded(
        self, frame: Frame, there: Collection[str], column: str, name: str, numbers: Callable[[], Frame]
    ) -> Frame:
        """The frame with a column as the numbers of its values; 0 where a value, or the whole column, is missing."""
        if column not in there:
            return frame.with_columns(whole(0).alias(name))
        values = numbers()
        if frame.collect_schema()[column] != values.collect_schema()[values.columns[1]]:
            # A missing value may become a word here; it is none of the values, and so stays missing.
            frame = frame.with_columns(col(column).cast(nw.String))
        return self.engine.numbers_of(frame, column, values, name)

    def _lots_and_currencies(self, frame: Frame, there: Collection[str]) -> Frame:
        frame = self._coded(frame, there, "lot_id", "lot", lambda: self._lots)
        frame = self._coded(frame, there, "currency", "currency", lambda: self._named_currencies)
        return frame.with_columns(placed=~(col("several") & (col("lot") == 0)))

    def _of_processes(self, name: str, wanted: Sequence[str]) -> tuple[Frame, list[str]]:
        """Rows of a table with the number of their process; and which of the wanted columns there are."""
        there = [one for one in wanted if one in self._columns(name)]
        of_tender = ["process", "tender_id", "kept", "compared", "several", "by_price"]
        tenders = self.tenders
        if "date" in there and "tender_end" in tenders.columns:
            offset = col(_END_OFFSET) if _END_OFFSET in tenders.columns else lit(0.0)
            # A deadline told as a day ends with the day; many publishers write a day as its midnight.
            day = _midnight("tender_end", offset)
            last = col("tender_end").dt.offset_by("1d").dt.offset_by("-1us")
            closes = nw.when(day).then(last).otherwise(col("tender_end"))
            tenders = tenders.with_columns(closes=closes, closes_day=day, closes_offset=offset)
            of_tender += ["closes", "closes_day", "closes_offset"]
        tenders = tenders.select(of_tender)
        rows = self.table(name).select("tender_id", *there)
        if rows.collect_schema()["tender_id"] != tenders.collect_schema()["tender_id"]:
            rows, tenders = (one.with_columns(col("tender_id").cast(nw.String)) for one in (rows, tenders))
        return rows.join(tenders, on="tender_id", how="inner"), there


def known(condition: nw.Expr) -> nw.Expr:
    """A condition that is untrue where it is unknown."""
    return condition.fill_null(False)


def among(column: str, values: Iterable[str]) -> nw.Expr:
    """Whether a text is one of some; a missing one is not."""
    return known(col(column).is_in(list(values)))


def in_state(states: Collection[str]) -> nw.Expr:
    """Whether a status is one of some."""
    return known(col("status").cast(nw.String).is_in(list(states)))


def totals(
    frame: Frame,
    key: str | Sequence[str],
    sums: Mapping[str, nw.Expr] | None = None,
    lowest: Mapping[str, nw.Expr] | None = None,
    highest: Mapping[str, nw.Expr] | None = None,
) -> Frame:
    """One row a key: how many ``rows`` it has, sums to be read by `total`, and lowest and highest values."""
    sums, lowest, highest = sums or {}, lowest or {}, highest or {}
    keys = [key] if isinstance(key, str) else list(key)
    groups = frame.select(*keys, **sums, **lowest, **highest).group_by(*keys)
    return groups.agg(
        *(col(name).sum() for name in sums),
        *(col(name).count().alias(f"{name}_known") for name in sums),
        *(col(name).min() for name in lowest),
        *(col(name).max() for name in highest),
        rows=nw.len(),
    )


def total(name: str, rows: str = "rows") -> nw.Expr:
    """A sum of `totals`: 0 without a row, and unknown where one of the values is, because what is missing is not zero."""
    complete = col(f"{name}_known").fill_null(0) == col(rows).fill_null(0)
    return nw.when(complete).then(col(name).fill_null(0.0))


def _midnight(column: str, offset: nw.Expr) -> nw.Expr:
    """Whether an instant is midnight by its own clock."""
    clock = col(column).dt
    minutes = clock.hour().cast(nw.Float64) * 60 + clock.minute().cast(nw.Float64) + offset.fill_null(0.0)
    return known((minutes % _DAY_MINUTES == 0) & (clock.second() == 0))


def days_between(start: nw.Expr, end: nw.Expr) -> nw.Expr:
    """``end - start`` in days, where an engine knows the length of a time."""
    return (end - start).dt.total_microseconds() / _DAY


def next_month(day: nw.Expr) -> nw.Expr:
    """The first day of the month after a day's."""
    return day.dt.truncate("1mo").dt.offset_by("32d").dt.truncate("1mo")


def above_zero(column: str) -> nw.Expr:
    """An amount; unknown where it is not above 0, because nothing can be divided by it."""
    return nw.when(number(column) > 0).then(number(column))


def whole(value: int) -> nw.Expr:
    return lit(value, nw.Int64)


def number(column: str | Literal[False] | None) -> nw.Expr:
    """A column of amounts; all unknown where there is none."""
    return col(column).cast(nw.Float64) if column else lit(None, nw.Float64)


def currency_of(processes: Processes, table: str) -> nw.Expr:
    """The currency of a table's rows as a text; empty where none is written."""
    if not processes.has(table, "currency"):
        return lit("")
    return nw.when(col("currency").is_null()).then(lit("")).otherwise(col("currency").cast(nw.String))


def currencies() -> dict[str, nw.Expr]:
    """What a group of bids says of its currencies, for `Processes.in_one_currency`."""
    return {"lowest_currency": col("currency").min(), "highest_currency": col("currency").max()}


def _answer(frame: Frame, id_: str, value: str | int, flagged: bool | nw.Expr, name: str = "id") -> Frame:
    number = col(value) if isinstance(value, str) else lit(float(value), nw.Float64)
    hit = lit(flagged) if isinstance(flagged, bool) else flagged
    return frame.select(col(id_).alias(name), value=number.cast(nw.Float64), flagged=known(hit))
