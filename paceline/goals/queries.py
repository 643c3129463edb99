"""Quotas as screens and the engine read them."""

from __future__ import annotations

from datetime import date

import pyarrow as pa

from paceline.goals.models import Quota

QUOTAS = pa.schema(
    [
        pa.field("quota", pa.string(), nullable=False),
        pa.field("payee_id", pa.string(), nullable=False),
        pa.field("starts_on", pa.date32(), nullable=False),
        pa.field("ends_before", pa.date32(), nullable=False),
        pa.field("amount", pa.decimal128(18, 4), nullable=False),
        pa.field("currency", pa.string(), nullable=False),
    ]
)


def quotas_table(starts_on: date, ends_before: date) -> pa.Table:
    """The standing quotas that count on some day of the range, for the engine."""
    rows = list(
        Quota.objects.standing()
        .during(starts_on, ends_before)
        .order_by("measure", "person__number", "starts_on")
        .values_list("measure", "person__number", "starts_on", "ends_before", "amount", "currency")
    )
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(QUOTAS)
    return pa.table(
        [pa.array(column, field.type) for column, field in zip(columns, QUOTAS, strict=True)],
        schema=QUOTAS,
    )
