"""What was agreed or is stated outside the plans, as pages and the engine read it."""

from __future__ import annotations

from datetime import date
from typing import Any

import pyarrow as pa
from django.db.models import QuerySet

from paceline.incentives.models.plans import Plan
from paceline.incentives.models.terms import (
    AgreedAmount,
    Agreement,
    BasePay,
    CoalitionValue,
    MinimumWage,
    Term,
)
from paceline.org.models import Person

COALITIONS = pa.schema(
    [
        pa.field("pool", pa.string(), nullable=False),
        pa.field("team", pa.string(), nullable=False),
        pa.field("members", pa.string(), nullable=False),
        pa.field("value", pa.decimal128(18, 4), nullable=False),
        pa.field("starts_on", pa.date32(), nullable=False),
        pa.field("ends_before", pa.date32()),
    ]
)
Row = dict[str, Any]


def terms_for(person: Person, model: type[Term]) -> QuerySet[Any]:
    """The rows of a kind that a person may read."""
    related = [name for name in model.key if model._meta.get_field(name).is_relation]
    return model.objects.visible_to(person).select_related(*related)


def agreed_amounts(plan: Plan, on: date) -> list[Row]:
    """What is agreed with payees of a plan on a day, for the engine."""
    rows = AgreedAmount.objects.filter(plan=plan).on(on).order_by("clause", "person__number")
    names = ("clause", "payee_id", "amount")
    values = rows.values_list("clause", "person__number", "amount")
    return [dict(zip(names, row, strict=True)) for row in values]


def wages(on: date) -> list[Row]:
    """The base pay of the month in which a day lies, for the engine."""
    rows = BasePay.objects.on(on).order_by("person__number")
    month = on.replace(day=1)
    return [
        {"payee_id": number, "month": month, "amount": amount, "currency": currency}
        for number, amount, currency in rows.values_list("person__number", "amount", "currency")
    ]


def minimum_wages(on: date) -> list[Row]:
    """The minimum wages of a day, for the engine."""
    names = ("country", "region", "starts_on", "ends_before", "amount", "currency")
    return list(MinimumWage.objects.on(on).order_by("country", "region").values(*names))


def agreements(on: date) -> list[Row]:
    """The agreements that hold on a day, for the engine."""
    names = ("payee_id", "kind", "reference", "starts_on", "ends_before")
    rows = Agreement.objects.on(on).order_by("person__number", "kind")
    values = rows.values_list("person__number", *names[1:])
    return [dict(zip(names, row, strict=True)) for row in values]


def coalitions_table(starts_on: date, ends_before: date) -> pa.Table:
    """The values of coalitions that hold on some day of the range, for a run."""
    rows = list(
        CoalitionValue.objects.during(starts_on, ends_before)
        .order_by("pool", "team__code", "members", "starts_on")
        .values_list("pool", "team__code", "members", "value", "starts_on", "ends_before")
    )
    columns = list(zip(*rows, strict=True)) or [()] * len(COALITIONS)
    arrays = [pa.array(one, field.type) for one, field in zip(columns, COALITIONS, strict=True)]
    return pa.Table.from_arrays(arrays, schema=COALITIONS)
