"""Months of order lines as immutable files: what pay runs calculate from."""

from __future__ import annotations

import json
from collections.abc import Collection
from datetime import date, datetime
from io import BytesIO
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from django.db import transaction

from paceline.files import actions as files
from paceline.files import queries as stored
from paceline.kernel.periods import month_after
from paceline.orders import queries
from paceline.orders.models import ORDERED_ON, MonthRevision, MonthSnapshot

MEDIA_TYPE = "application/vnd.apache.parquet"
MARK, TOTALS = "is_split", b"paceline.totals"  # what a run finds in the files that it reads


class LinesKeepChanging(Exception):
    """A month changed each time it was read; imports have to pause for a moment."""


def snapshot_months(
    starts_on: date, ends_before: date, at: datetime, dates: Collection[str] = (ORDERED_ON,)
) -> list[MonthSnapshot]:
    """Files of all months of orders that have lines on some day of the range, oldest first.

    ``dates`` says by which days of a line: with payments, a month long past comes along when one
    of its orders was paid in the range. A month is written again only when its lines changed, or
    when its file was written before files had marks; the same lines give the same bytes.
    """
    months = queries.months_with(dates, starts_on, ends_before)
    return [_snapshot(month, at) for month in months]


def _snapshot(month: date, at: datetime) -> MonthSnapshot:
    for _attempt in range(3):
        revision = MonthRevision.objects.get(month=month).revision
        known = MonthSnapshot.objects.filter(month=month, revision=revision).first()
        if known is not None and _is_as_written_now(stored.path_of_digest(known.digest)):
            return known
        with transaction.atomic():
            made = _write(month, revision, at)
            if MonthRevision.objects.get(month=month).revision == revision:
                return made
            transaction.set_rollback(True)
    raise LinesKeepChanging(month)


def _is_as_written_now(path: Path) -> bool:
    """Whether a month's file is there with its marks and totals: one that an earlier version wrote
    without them makes every run read more than it needs, so it is written again when next needed.
    """
    try:
        footer = pq.read_schema(path)
    except (OSError, pa.ArrowInvalid):
        return False
    return MARK in footer.names and TOTALS in (footer.metadata or {})


def _totals(table: pa.Table) -> dict[str, str]:
    """What the file holds, stated in its footer: lines and amount of each currency.

    A run starts from it instead of adding the lines up, and refuses a file that holds anything else
    (docs/calculation.md, 3.7).
    """
    amounts = pc.cast(table.column("amount"), pa.decimal128(38, 4))
    rows = pa.table({"currency": table.column("currency"), "amount": amounts})
    sums = rows.group_by("currency").aggregate([([], "count_all"), ("amount", "sum")])
    stated = {
        row["currency"]: [row["count_all"], f"{row['amount_sum']:f}"] for row in sums.to_pylist()
    }
    return {TOTALS.decode(): json.dumps(stated, sort_keys=True)}


ORDER = [(MARK, "descending"), ("payee_id", "ascending"), ("line_id", "ascending")]
ROWS_PER_GROUP = 32_768


def _in_reading_order(table: pa.Table) -> pa.Table:
    """The same lines, those with shares first, and then payee by payee: whoever looks for either
    then reads a few groups of the file, whose statistics tell the others apart.
    """
    return table.take(pc.sort_indices(table, ORDER))


def _write(month: date, revision: int, at: datetime) -> MonthSnapshot:
    table = _in_reading_order(queries.order_lines_table(month, month_after(month)))
    out = BytesIO()
    pq.write_table(
        table.replace_schema_metadata(_totals(table)),
        out,
        compression="zstd",
        version="2.6",
        row_group_size=ROWS_PER_GROUP,
    )
    name = f"order-lines-{month:%Y-%m}-r{revision}.parquet"
    file = files.store_file(out.getvalue(), name=name, media_type=MEDIA_TYPE, by=None, at=at)
    snapshot, _ = MonthSnapshot.objects.update_or_create(
        month=month,
        revision=revision,
        defaults={
            "digest": file.digest,
            "rows": table.num_rows,
            "path": str(stored.path_of(file)),
            "made_at": at,
        },
    )
    return snapshot
