"""A company's own attributes of order lines on their way from a file's column to the engine's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyarrow as pa
from django.utils.translation import gettext_lazy as _

from paceline.imports import checking
from paceline.imports.kinds import Check, Field, FieldType
from paceline.orders.models import AttributeType, LineAttribute, OrderLine
from paceline.org.models import Person

MOST = 30
PREFIX = "attribute_"
# Names that order lines have already; a plan would not know which is meant.
TAKEN = frozenset(
    [
        "line_id",
        "order_id",
        "ordered_on",
        "payee_id",
        "customer",
        "product",
        "category",
        "channel",
        "territory",
        "kind",
        "quantity",
        "amount",
        "cost",
        "currency",
        "returns_line_id",
        "invoiced_on",
        "shipped_on",
        "paid_on",
        "final_on",
        "sold_on",
        "is_split",
    ]
)
_READ = {
    AttributeType.TEXT: FieldType.TEXT,
    AttributeType.PERSON: FieldType.PERSON,
    AttributeType.BOOLEAN: FieldType.CHOICE,
    AttributeType.DATE: FieldType.DAY,
    AttributeType.MONEY: FieldType.DECIMAL,
    AttributeType.QUANTITY: FieldType.DECIMAL,
    AttributeType.PERCENT: FieldType.SHARE,
}
YES_OR_NO = {
    "yes": ("yes", "true", "1", "y", "x", "是", "ja", "sim"),
    "no": ("no", "false", "0", "n", "否", "nein", "não"),
}
# A value of the line in the database as a column of the engine's type.
_COLUMNS: dict[str, tuple[str, pa.DataType]] = {
    AttributeType.TEXT: ("", pa.string()),
    AttributeType.PERSON: ("", pa.string()),
    AttributeType.BOOLEAN: ("::boolean", pa.bool_()),
    AttributeType.DATE: ("::date", pa.date32()),
    AttributeType.MONEY: ("::numeric(18, 4)", pa.decimal128(18, 4)),
    AttributeType.QUANTITY: ("::numeric(18, 4)", pa.decimal128(18, 4)),
    AttributeType.PERCENT: ("::numeric(18, 10)", pa.decimal128(18, 10)),
}


def known() -> list[LineAttribute]:
    """The attributes that lines may have, by name."""
    return list(LineAttribute.objects.order_by("name"))


def fields() -> tuple[Field, ...]:
    """A field of an import for each attribute."""
    return tuple(
        Field(
            f"{PREFIX}{one.name}",
            one.label,
            _READ[AttributeType(one.type)],
            aliases=(one.name, one.name.replace("_", " ")),
            choices=YES_OR_NO if one.type == AttributeType.BOOLEAN else {},
            hint=_("An attribute of your own plans; an empty cell leaves what the line says."),
        )
        for one in known()
    )


def record(attributes: Sequence[LineAttribute]) -> str:
    """The DuckDB expression that makes one JSON object of a line's attributes, or NULL.

    Values stay exact: numbers are written digit by digit.
    """
    if not attributes:
        return "CAST(NULL AS VARCHAR)"
    parts = ", ".join(_part(one) for one in attributes)
    return f"nullif('{{' || concat_ws(',', {parts}) || '}}', '{{}}')"


def _part(one: LineAttribute) -> str:
    column = f"{PREFIX}{one.name}"
    number = f"(SELECT n.number FROM numbers n WHERE n.id = {column}_id)"  # noqa: S608 - a name
    value = {
        AttributeType.TEXT: f"CAST(to_json(nullif({column}, '')) AS VARCHAR)",
        AttributeType.PERSON: f"CAST(to_json({number}) AS VARCHAR)",
        AttributeType.BOOLEAN: f"CASE {column} WHEN 'yes' THEN 'true' WHEN 'no' THEN 'false' END",
        AttributeType.DATE: f"'\"' || CAST({column} AS VARCHAR) || '\"'",
    }.get(AttributeType(one.type), f"CAST({column} AS VARCHAR)")
    return f"""'"{one.name}":' || {value}"""


def gather(check: Check) -> None:
    """The attributes of a file's lines as one column ``own`` of the check."""
    attributes = known()
    if any(one.type == AttributeType.PERSON for one in attributes):
        numbers = list(Person.objects.values_list("pk", "number"))
        checking.register_rows(check, "numbers", numbers, id=pa.int64(), number=pa.string())
    own = record(attributes)
    check.duck.execute(f"CREATE OR REPLACE TABLE lines AS SELECT *, {own} AS own FROM lines")  # noqa: S608


def columns() -> list[tuple[str, str, pa.DataType]]:
    """The attributes as columns of the engine: name, SQL expression and type of each.

    ``l`` is the line and ``r`` the line that it takes back, whose attributes a return shares.
    """
    found = []
    for one in known():
        cast, kind = _COLUMNS[one.type]
        said = f"(COALESCE(l.attributes, r.attributes) ->> '{one.name}'){cast}"
        found.append((one.name, said, kind))
    return found


def of_line(line: OrderLine) -> list[tuple[str, str, Any]]:
    """What a line says: label, type and value of each attribute, by label. A return says what its
    sale says. One query.
    """
    said = line.attributes or (line.returns_line.attributes if line.returns_line else None) or {}
    if not said:
        return []
    return [
        (one.label, one.type, said[one.name]) for one in LineAttribute.objects.filter(name__in=said)
    ]
