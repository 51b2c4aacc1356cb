"""Tenders, bids and awards as the indicators read them, on whichever engine holds the tables.

The definitions are Narwhals expressions, written once: pandas computes them in a lesson and in a browser, DuckDB where the tables
are files of any size. Two habits keep the answers equal. Ids become whole numbers, once: engines compare these many times faster
than texts. And what may be missing becomes a number or a plain no before it is compared, because pandas takes an unknown
comparison for untrue and a database leaves it unknown; 0 stands for an unknown firm, no lot, no currency written.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

import narwhals as nw
import numpy as np
import pandas as pd

SUBMITTED = ("pending", "valid", "disqualified")
FINAL = ("active", "cancelled", "unsuccessful")
UNIT = ("process", "lot")  # within it bids are compared

col, lit = nw.col, nw.lit


class Memory:
    """pandas: what is computed is there at once."""

    def frame(self, table) -> nw.DataFrame:
        return nw.from_native(table, eager_only=True)

    def keep(self, frame):
        """The same rows, computed only once however often they are read."""
        return frame

    def numbered(self, frame, name: str):
        """The rows with a whole number each, from 1."""
        return frame.with_row_index(name).with_columns(col(name).cast(nw.Int64) + 1)

    def numbers_of(self, frame, column: str, values, name: str):
        """The frame with ``name`` in place of ``column``: the numbers of its values, 0 where a value is none of these."""
        native = frame.to_native()
        known_values = pd.Index(values.to_native()[values.columns[1]])
        # Numbers run from 1 in the order of the rows.
        found = known_values.get_indexer(native[column].array) + 1
        found = np.where(native[column].isna(), 0, found).astype(np.int64)
        return nw.from_native(native.drop(columns=column).assign(**{name: found}), eager_only=True)

    def values_of(self, frame, values):
        """The frame with the values behind its numbers, in their order; the reverse of `numbers_of`."""
        native = frame.to_native()
        number, text = values.columns
        native = native.sort_values(number, kind="stable")
        found = values.to_native()[text].array.take(native[number].to_numpy(np.int64) - 1)
        return nw.from_native(native.assign(**{text: found}), eager_only=True)

    def collected(self, frame) -> pd.DataFrame:
        return frame.to_native()


class Processes:
    """The tables of contracting processes.

    ``tables`` are pandas DataFrames with dates as instants (see `_core.prepared`), or what ``engine.frame`` takes.
    """

    def __init__(self, tables: Mapping[str, Any], settings, engine=None):
        self.settings, self.engine = settings, engine or Memory()
        self._tables = tables
        self._frames: dict[Any, Any] = {}
        self.some_joint = False  # whether any bid is one of several firms; known once `offers` is made

    def table(self, name: str):
        """One table as it came."""
        if name not in self._frames:
            self._frames[name] = self.engine.frame(self._tables[name])
        return self._frames[name]

    def has(self, name: str, *columns: str) -> bool:
        return name in self._tables and set(columns) <= set(self._columns(name))

    def _columns(self, name):
        return self._tables[name].columns if name in self._tables else ()

    def column(self, frame, name: str) -> np.ndarray:
        """One column of numbers, from which a fence is computed."""
        return self.engine.collected(frame.select(name))[name].to_numpy(float)

    @cached_property
    def tenders(self):
        """One row a process: its number ``process``, ``tender_id``, what the table says of it, and four answers.

        ``kept``: not cancelled, not excluded; ``compared``: its prices are compared; ``several``: it has several lots; ``by_price``:
        nothing else decides.
        """
        wanted = (
            "tender_id", "status", "procurement_method", "procurement_method_details", "cost_estimate", "tender_start", "tender_end",
            "number_of_tenderers", "number_of_lots", "price_only", "buyer_id", "procuring_entity_id", "project_id",
        )  # fmt: skip
        name = next(
            name for name in ("tenders", "bids", "awards", "contracts") if self.has(name, "tender_id")
        )
        there = [one for one in wanted if one in self._columns(name)] if name == "tenders" else ["tender_id"]
        frame = self.table(name).select(there).filter(~col("tender_id").is_null())
        frame = self.engine.numbered(frame if name == "tenders" else frame.unique(), "process")
        kept, compared = lit(True), lit(True)
        if "status" in there:
            kept = ~known(col("status") == "cancelled")
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
    def firms(self):
        """Every firm that bid or was awarded something: ``firm`` and ``tenderer_id``."""
        places = (("bids", "tenderer_id"), (self._awarding, "supplier_id"))
        return self._numbers("firm", "tenderer_id", places)

    @cached_property
    def offers(self):
        """Bids, one row for each of their firms: ``process, lot, firm, currency, amount`` and what may be said of them.

        ``bid`` is 0 where the firm bid alone and else the number of the joint bid. ``valid``, ``out`` (disqualified), ``submitted``,
        ``judged`` (has a status), ``late`` (after the deadline), ``dated`` (both days known), and of the process ``kept``, ``compared``, ``by_price`` (nothing else decides);
        ``placed`` is no for a bid that names no lot in a process of several: it cannot be compared with any other.
        """
        wanted = ("tenderer_id", "bid_id", "amount", "status", "currency", "lot_id", "date")
        frame, there = self._of_processes("bids", wanted)
        frame = self._coded(frame, there, "tenderer_id", "firm", lambda: self.firms)
        frame = self._lots_and_currencies(frame, there)
        if "bid_id" in there:
            joint = frame.filter(~col("bid_id").is_null()).group_by("process", "bid_id").agg(rows=nw.len())
            joint = self.engine.numbered(joint.filter(col("rows") > 1).drop("rows"), "bid")
            joint = self.engine.keep(joint)
            self.some_joint = bool(self.engine.collected(joint.select(rows=nw.len()))["rows"].iloc[0])
        if self.some_joint:
            frame = frame.join(joint, on=["process", "bid_id"], how="left")
            frame = frame.with_columns(bid=col("bid").fill_null(0).cast(nw.Int64))
        else:
            frame = frame.with_columns(bid=whole(0))
        status = "status" in there
        dated = "date" in there and self.has("tenders", "tender_end")
        return self.engine.keep(
            frame.select(
                "process", "lot", "firm", "currency", "bid", "kept", "compared", "by_price", "placed",
                amount=number("amount" in there and "amount"),
                valid=known(col("status") == "valid") if status else lit(False),
                out=known(col("status") == "disqualified") if status else lit(False),
                submitted=among("status", SUBMITTED) if status else lit(True),
                judged=~col("status").is_null() if status else lit(False),
                late=known(col("date") > col("tender_end")) if dated else lit(False),
                dated=~(col("date").is_null() | col("tender_end").is_null()) if dated else lit(False),
            )
        )  # fmt: skip

    @cached_property
    def awarded(self):
        """Awards, one row for each supplier, as `offers`; without such a table each contract is an active award."""
        name = self._awarding
        there = (
            ("supplier_id", "amount", "status", "currency", "lot_id")
            if name == "awards"
            else ("supplier_id",)
        )
        frame, there = self._of_processes(name, there)
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
    def contracts(self):
        """Contracts: ``process, firm, currency`` (a text, empty where none is written) and ``amount``."""
        frame, there = self._of_processes("contracts", ("supplier_id", "value_amount", "currency"))
        frame = self._coded(frame, there, "supplier_id", "firm", lambda: self._contractors)
        currency = lit("")
        if "currency" in there:
            currency = (
                nw.when(col("currency").is_null()).then(lit("")).otherwise(col("currency").cast(nw.String))
            )
        return frame.select("process", "firm", currency=currency, amount=number("value_amount"))

    @cached_property
    def _contractors(self):
        return self._numbers("firm", "supplier_id", (("contracts", "supplier_id"),))

    @cached_property
    def decided(self):
        """Active awards of processes in which every award is final."""
        awards = self.awarded.filter(col("kept"), col("placed"))
        still_open = awards.filter(~col("final")).select("process").unique()
        return awards.filter(col("active")).join(still_open, on="process", how="anti")

    @cached_property
    def winners(self):
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
    def contenders(self):
        """Valid bids of single firms that can be compared, kept processes only."""
        return self.offers.filter(col("valid"), col("kept"), col("placed"), col("bid") == 0, col("firm") > 0)

    @cached_property
    def margins(self):
        """``process, lot, winner, second, margin``: how far the lowest valid bid of another firm lies above the price awarded.

        ``second`` is that bid. The price awarded is the award's amount, else the winner's lowest valid bid. Where a lower bid than that
        was valid, price alone cannot have decided, and the lot is left out.
        """
        bids = self.contenders.filter(col("compared"), ~col("amount").is_null()).join(
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
        units = units.filter(
            ~col("own").is_null(), ~col("second").is_null(), col("paid") > 0, col("second") >= col("paid")
        )
        units = units.with_columns(margin=(col("second") - col("paid")) / col("paid"))
        return self.engine.keep(units.select(*UNIT, "winner", "second", "margin"))

    def in_one_currency(self, units):
        """The units whose bids are all in one currency, and that is the award's where it says one. See `currencies`."""
        one = col("lowest_currency")
        same = (one == col("highest_currency")) & (
            (col("award_currency") == 0) | (one == 0) | (one == col("award_currency"))
        )
        if self.settings.currency:
            wanted = self._named_currencies.filter(col("text") == self.settings.currency)
            same = same & one.is_in([0, *self.engine.collected(wanted)["currency"].tolist()])
        return units.filter(same)

    def buyers(self, column: str | None = None):
        """``process`` and ``who``: ``tenders.buyer_id`` (or another column), else the public authority of its project."""
        if column is None and not self.has("tenders", "buyer_id"):
            if not (
                self.has("projects", "project_id", "public_authority") and self.has("tenders", "project_id")
            ):
                return None
            owners = self.table("projects").select("project_id", who=col("public_authority"))
            owners = owners.filter(~col("project_id").is_null())
            found = self.tenders.select("process", "project_id").join(owners, on="project_id", how="inner")
            return found.select("process", "who").filter(~col("who").is_null())
        column = column or "buyer_id"
        if not self.has("tenders", column):
            return None
        return self.tenders.select("process", who=col(column)).filter(~col("who").is_null())

    @cached_property
    def counted(self):
        """Open and selective tenders whose number of tenderers is known: 1 or more, and not fewer than the firms that bid."""
        tenders = self.tenders.filter(
            among("procurement_method", ("open", "selective")), known(col("number_of_tenderers") >= 1)
        )
        if not self.has("bids", "tender_id", "tenderer_id", "bid_id"):
            return tenders
        came = self.offers.filter(col("submitted"), col("firm") > 0)
        # Looking closely is dear: only where the rows outnumber the tenderers can the firms do so.
        rows = came.group_by("process").agg(rows=nw.len())
        rows = rows.join(self.tenders.select("process", "number_of_tenderers"), on="process", how="inner")
        rows = rows.filter(known(col("rows") > col("number_of_tenderers")))
        came = came.join(rows, on="process", how="inner")
        # A consortium is one tenderer; its bid, and the bids of one firm, may be several rows.
        alone = came.filter(col("bid") == 0).select("process", "number_of_tenderers", "firm").unique()
        joint = (
            came.filter(col("bid") > 0).select("process", "number_of_tenderers", firm=-col("bid")).unique()
        )
        more = nw.concat([alone, joint]).group_by("process", "number_of_tenderers").agg(firms=nw.len())
        more = more.filter(known(col("firms") > col("number_of_tenderers"))).select("process")
        return tenders.join(more, on="process", how="anti")

    def of_processes(self, frame, value: str, flagged):
        """An answer about processes, in the order in which they stand in their table."""
        found = self.engine.values_of(frame, self.tenders.select("process", "tender_id"))
        return "process", _answer(found, "tender_id", value, flagged)

    def of_firms(self, frame, value, flagged, level: str = "tenderer"):
        """An answer about firms, by their names."""
        found = self.engine.values_of(frame, self.firms).sort("tenderer_id")
        return level, _answer(found, "tenderer_id", value, flagged)

    def of_names(self, level: str, frame, name: str, value, flagged):
        return level, _answer(frame.sort(name), name, value, flagged)

    @property
    def _awarding(self):
        return "awards" if "awards" in self._tables else "contracts"

    @cached_property
    def _named_currencies(self):
        return self._numbers("currency", "text", (("bids", "currency"), ("awards", "currency")), plain=False)

    @cached_property
    def _lots(self):
        return self._numbers("lot", "text", (("bids", "lot_id"), ("awards", "lot_id")), plain=False)

    def _numbers(self, number, name, places, plain=True):
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

    def _coded(self, frame, there, column, name, numbers):
        """The frame with a column as the numbers of its values; 0 where a value, or the whole column, is missing."""
        if column not in there:
            return frame.with_columns(whole(0).alias(name))
        values = numbers()
        if frame.collect_schema()[column] != values.collect_schema()[values.columns[1]]:
            # A missing value may become a word here; it is none of the values, and so stays missing.
            frame = frame.with_columns(col(column).cast(nw.String))
        return self.engine.numbers_of(frame, column, values, name)

    def _lots_and_currencies(self, frame, there):
        frame = self._coded(frame, there, "lot_id", "lot", lambda: self._lots)
        frame = self._coded(frame, there, "currency", "currency", lambda: self._named_currencies)
        return frame.with_columns(placed=~(col("several") & (col("lot") == 0)))

    def _of_processes(self, name, wanted):
        """Rows of a table with the number of their process; and which of the wanted columns there are."""
        there = [one for one in wanted if one in self._columns(name)]
        of_tender = ["process", "tender_id", "kept", "compared", "several", "by_price"]
        if "date" in there and self.has("tenders", "tender_end"):
            of_tender.append("tender_end")
        tenders = self.tenders.select(of_tender)
        rows = self.table(name).select("tender_id", *there)
        if rows.collect_schema()["tender_id"] != tenders.collect_schema()["tender_id"]:
            rows, tenders = (one.with_columns(col("tender_id").cast(nw.String)) for one in (rows, tenders))
        return rows.join(tenders, on="tender_id", how="inner"), there


def known(condition):
    """A condition that is untrue where it is unknown."""
    return condition.fill_null(False)


def among(column: str, values):
    """Whether a text is one of some; a missing one is not."""
    return known(col(column).is_in(list(values)))


def whole(value: int):
    return lit(value, nw.Int64)


def number(column):
    """A column of amounts; all unknown where there is none."""
    return col(column).cast(nw.Float64) if column else lit(None, nw.Float64)


def currency_of(processes, table: str):
    """The currency of a table's rows as a text; empty where none is written."""
    if not processes.has(table, "currency"):
        return lit("")
    return nw.when(col("currency").is_null()).then(lit("")).otherwise(col("currency").cast(nw.String))


def currencies():
    """What a group of bids says of its currencies, for `Processes.in_one_currency`."""
    return {"lowest_currency": col("currency").min(), "highest_currency": col("currency").max()}


def _answer(frame, id_, value, flagged):
    value = col(value) if isinstance(value, str) else lit(float(value), nw.Float64)
    flagged = lit(flagged) if isinstance(flagged, bool) else flagged
    return frame.select(id=col(id_), value=value.cast(nw.Float64), flagged=known(flagged))
