"""Split rows, numbered by their lines: text ids are compared once, and whole numbers after that."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from paceline.engine.columns import BOOLEAN, PLACE, TEXT, table

LINE = "line"
"""The column of split rows that numbers their lines."""
NUMBER, IS_REPLACED = "split line", "split replaced"
"""The columns of split lines that number them, and say whether split rows replace their own payee;
no attribute of a line can be called like them."""
SHARED = {"payee_id": "split payee", "share": "split share", "is_overlay": "split overlay"}
"""What a split row says, by the columns that hold it beside its line."""
SPLIT_IDS = table("split_ids", "line_id", {"line_id": TEXT, LINE: PLACE, "is_replaced": BOOLEAN})


def number_lines(rows: pa.Table) -> tuple[pa.Table, pa.Table]:
    """The split rows with the numbers of their lines, and a row for each of these: its id, its
    number, and whether split rows replace its own payee. One that has overlays alone keeps it.
    """
    ids, numbers = _numbered(rows.column("line_id").combine_chunks())
    rows = rows.append_column(LINE, numbers)
    lines = pc.cast(pc.indices_nonzero(pc.is_valid(ids)), pa.int32())
    parts = replacing(rows)
    is_replaced = pa.repeat(pa.scalar(value=True), len(ids))
    if parts.num_rows < rows.num_rows:
        is_replaced = pc.is_in(lines, pc.unique(parts.column(LINE)))
    return rows, pa.table([ids, lines, is_replaced], names=list(SPLIT_IDS.names))


def replacing(rows: pa.Table) -> pa.Table:
    """The split rows that are no overlays: they replace the line's own payee."""
    overlays = rows.column("is_overlay")
    plain = overlays.null_count == 0 and not pc.any(overlays).as_py()
    return rows if plain else rows.filter(pc.invert(overlays))


def split_lines(lines: pa.Table, ids: pa.Table) -> pa.Table:
    """Those of the lines that have split rows, with their numbers."""
    numbers = pc.index_in(lines.column("line_id"), value_set=ids.column("line_id"))
    if numbers.null_count:
        lines, numbers = lines.filter(pc.is_valid(numbers)), numbers.drop_null()
    is_replaced = ids.column("is_replaced").take(numbers)
    return lines.append_column(NUMBER, numbers).append_column(IS_REPLACED, is_replaced)


def lay_beside(lines: pa.Table, rows: pa.Table) -> pa.Table:
    """What each split row says, beside the columns of its line; `lines` are all of those that the
    rows name, and each of them once.
    """
    places = pc.inverse_permutation(lines.column(NUMBER).combine_chunks())
    laid = lines.drop_columns([NUMBER, IS_REPLACED]).take(places.take(rows.column(LINE)))
    for name, beside in SHARED.items():
        laid = laid.append_column(beside, rows.column(name))
    return laid


def _numbered(ids: pa.Array) -> tuple[pa.Array, pa.Array]:
    """The different ids, and for each of the given ones its place among them."""
    before, now = ids.slice(0, max(len(ids) - 1, 0)), ids.slice(1)
    ascend = pc.all(pc.fill_null(pc.greater_equal(now, before), fill_value=False)).as_py()
    if len(ids) > 1 and ascend:  # as most tables are written, and cheaper than a dictionary
        is_new = pa.concat_arrays([pa.array([True]), pc.not_equal(now, before)])
        places = pc.cumulative_sum(pc.cast(is_new, pa.int32()))
        return ids.filter(is_new), pc.subtract(places, pa.scalar(1, pa.int32()))
    encoded = ids.dictionary_encode()
    return encoded.dictionary, encoded.indices
