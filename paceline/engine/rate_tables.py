"""Tables of rates: rows of a file made into tiers, each key's in order, or refused.

A file may hold a million rows, so nothing here goes from row to row: columns are compared with
themselves, one row further down.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from paceline.engine.columns import EXACT, PLACE, TEXT, Column
from paceline.engine.plan.imported import imported_tables, lookups_of
from paceline.engine.plan.model import ImportedTiers, Plan, RateTable
from paceline.engine.shape import arrow_type
from paceline.engine.tables import LINE_ATTRIBUTES

TABLE = "rate_tables"
MAX_ROWS = 2_000_000
SHOWN = 20
FOREVER = 2**31 - 1
Finding = tuple[str, str, str, str, int]  # code, table, subject, detail, rows


@dataclass(frozen=True)
class RateRows:
    """A table of rates, laid out: a row for each tier, keys that state more before those that leave
    a column open, each key's tiers from below.

    `rows` has `by_<column>` (empty for any value), `pattern` (which columns are open), `entry` (a
    key from a day on; of several that a line meets the lowest holds), `first` and `before` (the
    stretches of days between `changes` in which it holds), `tier`, `lower`, `upper`, `paid`, the
    `row` counted from 1, the `line` of the file, and the `key` in words. `patterns` are those that
    occur.
    """

    rows: pa.Table
    changes: tuple[date, ...]
    patterns: tuple[int, ...]


def key_columns(plan: Plan) -> list[Column]:
    """The columns of the file by which a plan asks."""
    names = dict.fromkeys(name for _, by in imported_tables(plan) for name in by)
    return [Column(name, TEXT, required=False) for name in names]


def rate_rows(tables: Mapping[str, pa.Table], rates: RateTable) -> RateRows:
    """The rows that a rate table asks, laid out; they have been checked before."""
    return _laid_out(_Held(tables[TABLE]), rates.rows, rates.value)


class _Held:
    """A table that is the same as itself only: Arrow's equality reads every value."""

    def __init__(self, rows: pa.Table) -> None:
        self.rows = rows

    def __hash__(self) -> int:
        return id(self.rows)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Held) and other.rows is self.rows


@lru_cache(maxsize=4)
def _laid_out(held: _Held, imported: ImportedTiers, value: str) -> RateRows:
    rows = _in_order(held, imported, value)
    _in_order.cache_clear()  # laid out it is not asked again
    count = rows.num_rows
    starts = _starts_entry(rows, imported.by)
    entry = pc.cast(pc.subtract(pc.cumulative_sum(pc.cast(starts, pa.int64())), 1), pa.int32())
    row = pa.array(range(1, count + 1), pa.int32())
    first_rows = row.filter(starts)
    tier = pc.add(pc.subtract(row, first_rows.take(entry)), 1)
    following = pc.fill_null(_next(starts), fill_value=True)
    upper = pc.if_else(following, pa.nulls(count, arrow_type(EXACT)), _next(rows.column("from")))
    ends = _ends(rows, imported.by, starts)
    days = pc.unique(pa.chunked_array([rows.column("starts_on").combine_chunks(), ends]))
    changes = days.drop_null().sort()
    first = pc.fill_null(pc.add(pc.index_in(rows.column("starts_on"), changes), 1), fill_value=0)
    before = pc.fill_null(pc.add(pc.index_in(ends, changes), 1), fill_value=FOREVER)
    pattern = rows.column("pattern")
    laid: dict[str, Any] = {f"by_{name}": rows.column(name) for name in imported.by}
    place = arrow_type(PLACE)
    laid |= {
        "pattern": pattern,
        "entry": entry,
        "first": pc.cast(first, place),
        "before": pc.cast(before, place),
        "tier": pc.cast(tier, place),
        "lower": rows.column("from"),
        "upper": upper,
        "paid": rows.column("paid"),
        "row": row,
        "line": rows.column("line"),
        "starts_on": rows.column("starts_on"),
        "ends_before": ends,
    }
    laid["key"] = _keys_of(rows, imported.by)
    patterns = tuple(sorted(pc.unique(pattern).to_pylist()))
    return RateRows(pa.table(laid).combine_chunks(), tuple(changes.to_pylist()), patterns)


def _keys_of(rows: pa.Table, by: tuple[str, ...]) -> pa.Array:
    """Each row's key as a reader is told it: its values, `*` for any, and the day it starts on."""
    parts = [rows.column(name).combine_chunks() for name in by]
    parts = [pc.if_else(pc.equal(one, ""), "*", one) for one in parts]
    days = pc.cast(rows.column("starts_on").combine_chunks(), pa.string())
    joined = pc.binary_join_element_wise(*parts, KEY)
    return pc.coalesce(pc.binary_join_element_wise(joined, days, KEY), joined)


KEY = " · "  # between the parts of a key


@lru_cache(maxsize=1)
def _in_order(held: _Held, imported: ImportedTiers, value: str) -> pa.Table:
    """The rows of one table, keys that state more first; an empty key column reads as any.

    Kept from the checks until they are laid out: of a million rows that is half a second.
    """
    table = held.rows
    lines = pa.array(range(1, table.num_rows + 1), pa.int32())
    named = pc.fill_null(pc.equal(table.column("rate_table"), imported.name), fill_value=False)
    rows = table.append_column("line", lines).filter(named)
    columns: dict[str, Any] = {}
    pattern = pa.array([0] * rows.num_rows, pa.int32())
    for name in imported.by:
        column = pc.fill_null(rows.column(name), fill_value="")
        columns[name] = column
        is_open = pc.cast(pc.equal(column, ""), pa.int32())
        pattern = pc.add(pc.multiply(pattern, 2), is_open)
    columns |= {name: rows.column(name) for name in ("starts_on", "ends_before", "from", "to")}
    columns |= {"pattern": pattern, "paid": pc.cast(rows.column(value), pa.decimal128(38, 8))}
    columns |= {"line": rows.column("line"), "currency": rows.column("currency")}
    found = pa.table(columns)
    ever = pa.scalar(date.min, pa.date32())
    since = pc.fill_null(found.column("starts_on"), fill_value=ever)
    keys = ["pattern", *imported.by, "since", "from"]
    order = pc.sort_indices(
        found.append_column("since", since), sort_keys=[(key, "ascending") for key in keys]
    )
    return found.take(order).combine_chunks()


def _next(column: pa.ChunkedArray | pa.Array) -> pa.Array:
    """Each row's value of the row below; the last has none."""
    whole = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    return pa.concat_arrays([whole.slice(1), pa.nulls(min(1, len(whole)), whole.type)])


def _starts_key(rows: pa.Table, by: tuple[str, ...]) -> pa.Array:
    """Whether a row is of another key than the row above."""
    return _differs(rows, by)


def _starts_entry(rows: pa.Table, by: tuple[str, ...]) -> pa.Array:
    """Whether a row is of another key, or day, than the row above."""
    return _differs(rows, (*by, "starts_on"))


def _differs(rows: pa.Table, names: tuple[str, ...]) -> pa.Array:
    count = rows.num_rows
    if not count:
        return pa.array([], pa.bool_())
    found: pa.Array | None = None
    for name in names:
        column = rows.column(name).combine_chunks()
        above, below = column.slice(0, count - 1), column.slice(1)
        one_missing = pc.xor(pc.is_null(above), pc.is_null(below))
        differs = pc.or_(pc.fill_null(pc.not_equal(above, below), fill_value=False), one_missing)
        found = differs if found is None else pc.or_(found, differs)
    return pa.concat_arrays([pa.array([True]), found])


def _ends(rows: pa.Table, by: tuple[str, ...], starts: pa.Array) -> pa.Array:
    """The day before which each row holds: as stated, or the day on which the key's next rows
    start.
    """
    stated = rows.column("ends_before").combine_chunks()
    if not rows.num_rows:
        return stated
    # From the first row of an entry the next entry of the same key begins with the next start.
    at = pc.indices_nonzero(starts)
    days, keys = rows.column("starts_on").combine_chunks().take(at), _starts_key(rows, by).take(at)
    same_key = pc.invert(pc.fill_null(_next(keys), fill_value=True))
    following = pc.if_else(same_key, _next(days), pa.nulls(len(days), days.type))
    entry = pc.subtract(pc.cumulative_sum(pc.cast(starts, pa.int64())), 1)
    return pc.coalesce(stated, following.take(entry))


# --- what is refused ------------------------------------------------------------------------------


def check_rate_tables(plan: Plan, tables: Mapping[str, pa.Table]) -> list[Finding]:
    """All that is wrong with the rows that a plan asks; each named by its line and key."""
    table = tables[TABLE]
    if table.num_rows > MAX_ROWS:
        return [("rate_table_too_long", TABLE, str(table.num_rows), str(MAX_ROWS), table.num_rows)]
    found: list[Finding] = []
    for (name, by, _), rates in lookups_of(plan).items():
        imported = rates.rows
        rows = _in_order(_Held(table), imported, rates.value)
        if not rows.num_rows:
            found.append(("rate_table_empty", TABLE, name, "", 1))
            continue
        found += _unasked(plan, table, name, by)
        for code, line, key, detail, count in _Checking(rows, by, plan.currency).findings(SHOWN):
            found.append((code, TABLE, f"{name}, {line}: {key}", detail, count))
    return list(dict.fromkeys(found))


def _unasked(plan: Plan, table: pa.Table, name: str, by: tuple[str, ...]) -> list[Finding]:
    """Columns of order lines in which rows say something though the plan does not ask by them: they
    would hold for more than they say.
    """
    texts = {name for name, kind in plan.attributes.items() if kind == "text"}
    texts |= {name for name, kind in LINE_ATTRIBUTES.items() if kind == "text"}
    texts -= {"currency"}
    rows = table.filter(pc.fill_null(pc.equal(table.column("rate_table"), name), fill_value=False))
    found: list[Finding] = []
    for column in sorted({*texts, "payee_id"} & set(table.column_names) - set(by)):
        said = pc.not_equal(pc.fill_null(rows.column(column), fill_value=""), "")
        if count := pc.sum(pc.cast(said, pa.int64())).as_py():
            found.append(("rate_column_unasked", TABLE, name, column, count))
    return found


def faults(
    rows: pa.Table, name: str, by: tuple[str, ...], value: str, most: int
) -> list[tuple[str, int, str]]:
    """What is wrong with the rows of one table of rates: code, place of the row counted from 1, and
    what it says there; `most` of a kind.
    """
    imported = ImportedTiers(name, by, "each", "refuse", "")
    found = _Checking(_in_order(_Held(rows), imported, value), by, None).findings(most)
    return [(code, line, detail) for code, line, _key, detail, _count in found]


Fault = tuple[str, int, str, str, int]  # code, line, key, detail, rows


class _Checking:
    """The rows of one table, in order. `currency` is what its amounts are in, if that matters."""

    def __init__(self, rows: pa.Table, by: tuple[str, ...], currency: str | None) -> None:
        self.rows, self.by, self.currency = rows, by, currency
        self.starts = _starts_entry(rows, by)
        self.is_last = pc.fill_null(_next(self.starts), fill_value=True)

    def findings(self, most: int) -> list[Fault]:
        """All that is wrong, at most so many of a kind."""
        self.most = most
        rows = self.rows
        lower, upper = rows.column("from").combine_chunks(), rows.column("to").combine_chunks()
        above = _next(lower)
        zero = pa.scalar(0, arrow_type(EXACT))
        inside = pc.invert(self.is_last)
        stated = pc.and_(inside, pc.is_valid(upper))
        currency = rows.column("currency")
        tests: list[tuple[str, pa.Array, pa.Array]] = [
            ("rate_row_unpaid", pc.is_null(rows.column("paid")), lower),
            ("rate_row_repeated", pc.and_(inside, pc.equal(above, lower)), lower),
            ("rate_rows_start_late", pc.and_(self.starts, pc.not_equal(lower, zero)), lower),
            ("rate_rows_gap", pc.and_(stated, pc.less(upper, above)), upper),
            ("rate_rows_overlap", pc.and_(stated, pc.greater(upper, above)), upper),
            ("rate_rows_end", pc.and_(self.is_last, pc.is_valid(upper)), upper),
        ]
        if self.currency is not None:
            foreign = pc.not_equal(
                pc.if_else(pc.equal(currency, ""), None, currency), self.currency
            )
            tests.append(("rate_row_currency", foreign, currency))
        found: list[Fault] = []
        for code, test, detail in tests:
            found += self._named(code, test, detail)
        return found + self._days()

    def _days(self) -> list[Fault]:
        """The days of a key: rows of one start end together, and the next begin where they end."""
        rows = self.rows
        starts, ends = (rows.column(name).combine_chunks() for name in ("starts_on", "ends_before"))
        inside = pc.invert(self.is_last)
        differ = pc.and_(inside, pc.not_equal(_text(ends), _next(_text(ends))))
        same_key = pc.invert(pc.fill_null(_next(_starts_key(rows, self.by)), fill_value=True))
        follows = pc.and_(self.is_last, same_key)
        return [
            *self._named("rate_days_reversed", pc.less_equal(ends, starts), ends),
            *self._named("rate_days_differ", differ, ends),
            *self._named("rate_days_gap", pc.and_(follows, pc.less(ends, _next(starts))), ends),
            *self._named(
                "rate_days_overlap", pc.and_(follows, pc.greater(ends, _next(starts))), ends
            ),
        ]

    def _named(self, code: str, test: pa.Array, detail: Any) -> Iterator[Fault]:
        """The rows that a test is true of, the first in the file."""
        where = pc.indices_nonzero(pc.fill_null(test, fill_value=False))
        if not len(where):
            return
        rows = self.rows.append_column("detail", detail).take(where)
        rows = rows.take(pc.sort_indices(rows, sort_keys=[("line", "ascending")]))
        for row in rows.slice(0, self.most).to_pylist():
            key = ", ".join(row[name] or "*" for name in self.by)
            said = row["detail"]
            told = "" if said is None else said if isinstance(said, str | date) else _plain(said)
            yield (code, row["line"], key, str(told), len(where))


def _text(days: pa.Array) -> pa.Array:
    return pc.fill_null(pc.cast(days, pa.string()), fill_value="")


def _plain(value: Any) -> str:
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
