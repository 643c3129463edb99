"""Order lines, shares and rates as the engine reads them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.csv
from django.db import connection
from django.db.models import Case, F, Max, OuterRef, QuerySet, Subquery, Sum, Value, When
from django.db.models.functions import Concat, TruncMonth
from django.urls import reverse
from django.utils.http import urlencode
from psycopg import sql

from paceline.imports.models import Import, ImportState
from paceline.kernel import formats
from paceline.kernel.periods import month_after
from paceline.kernel.shell import PaletteEntry
from paceline.kernel.table_rows import ByNumber
from paceline.orders import attributes
from paceline.orders.models import (
    ANCHOR_DAYS,
    ORDERED_ON,
    ExchangeRate,
    LineShare,
    MonthRevision,
    MonthSnapshot,
    OrderLine,
    OrderLineBefore,
)
from paceline.org.models import Person

ORDER_NUMBER_MAX = 60

LINES = pa.schema(
    [
        pa.field("line_id", pa.string(), nullable=False),
        pa.field("order_id", pa.string(), nullable=False),
        pa.field("ordered_on", pa.date32(), nullable=False),
        pa.field("payee_id", pa.string()),
        pa.field("customer", pa.string()),
        pa.field("product", pa.string()),
        pa.field("category", pa.string()),
        pa.field("channel", pa.string()),
        pa.field("territory", pa.string()),
        pa.field("kind", pa.string(), nullable=False),
        pa.field("quantity", pa.decimal128(18, 4), nullable=False),
        pa.field("amount", pa.decimal128(18, 4), nullable=False),
        pa.field("cost", pa.decimal128(18, 4)),
        pa.field("currency", pa.string(), nullable=False),
        pa.field("returns_line_id", pa.string()),
        pa.field("invoiced_on", pa.date32()),
        pa.field("shipped_on", pa.date32()),
        pa.field("paid_on", pa.date32()),
        pa.field("final_on", pa.date32()),
        pa.field("sold_on", pa.date32()),
        pa.field("is_split", pa.bool_(), nullable=False),
    ]
)
SPLITS = pa.schema(
    [
        pa.field("line_id", pa.string(), nullable=False),
        pa.field("payee_id", pa.string(), nullable=False),
        pa.field("share", pa.decimal128(9, 8), nullable=False),
        pa.field("is_overlay", pa.bool_(), nullable=False),
    ]
)
OWNERS = pa.schema(
    [
        pa.field("kind", pa.string(), nullable=False),
        pa.field("key", pa.string(), nullable=False),
        pa.field("payee_id", pa.string(), nullable=False),
        pa.field("share", pa.decimal128(9, 8), nullable=False),
        pa.field("starts_on", pa.date32(), nullable=False),
        pa.field("ends_before", pa.date32()),
    ]
)
RATES = pa.schema(
    [
        pa.field("from_currency", pa.string(), nullable=False),
        pa.field("to_currency", pa.string(), nullable=False),
        pa.field("on_date", pa.date32(), nullable=False),
        pa.field("rate_type", pa.string(), nullable=False),
        pa.field("rate", pa.decimal128(18, 10), nullable=False),
    ]
)


def _day_of_return(name: str) -> str:
    """A return counts on its own day, but never before its sale: not at all while that waits."""
    return (
        f"COALESCE(l.{name}, CASE WHEN r.{name} IS NOT NULL"
        f" THEN greatest(l.ordered_on, r.{name}) END)"
    )


# Empty texts leave as NULL, so that a plan's "no channel" means the same whatever the file said.
_LINES = f"""
SELECT l.source || '/' || l.order_number || '/' || l.line_number AS line_id,
       l.source || '/' || l.order_number, l.ordered_on, p.number,
       nullif(l.customer, ''), nullif(l.product, ''),
       nullif(l.category, ''), nullif(l.channel, ''), nullif(l.territory, ''), l.kind, l.quantity,
       l.amount, l.cost, l.currency, r.source || '/' || r.order_number || '/' || r.line_number,
       {", ".join(map(_day_of_return, ANCHOR_DAYS[1:]))},
       COALESCE(r.ordered_on, l.sold_on),
       own.line_id IS NOT NULL OR returned.line_id IS NOT NULL{{own_attributes}}
FROM orders_orderline l
LEFT JOIN org_person p ON p.id = l.person_id
LEFT JOIN orders_orderline r ON r.id = l.returns_line_id
LEFT JOIN (SELECT DISTINCT line_id FROM orders_lineshare) own ON own.line_id = l.id
LEFT JOIN (SELECT DISTINCT line_id FROM orders_lineshare) returned
    ON returned.line_id = l.returns_line_id
WHERE l.ordered_on >= {{starts_on}} AND l.ordered_on < {{ends_before}}
ORDER BY (l.source || '/' || l.order_number || '/' || l.line_number) COLLATE "C"
"""  # noqa: S608 - our own columns
# A return of a shared line goes back to those who shared in it.
_SPLITS = """
SELECT l.source || '/' || l.order_number || '/' || l.line_number, p.number, s.share, s.is_overlay
FROM orders_orderline l
JOIN orders_lineshare s ON s.line_id = CASE
    WHEN l.returns_line_id IS NULL OR EXISTS (
        SELECT 1 FROM orders_lineshare own WHERE own.line_id = l.id) THEN l.id
    ELSE l.returns_line_id END
JOIN org_person p ON p.id = s.person_id
WHERE l.ordered_on >= {starts_on} AND l.ordered_on < {ends_before}
ORDER BY (l.source || '/' || l.order_number || '/' || l.line_number) COLLATE "C",
    p.number COLLATE "C"
"""
_OWNERS = """
SELECT o.kind, o.key, p.number, o.share, o.starts_on, o.ends_before
FROM orders_owner o JOIN org_person p ON p.id = o.person_id
WHERE o.starts_on < {ends_before} AND (o.ends_before IS NULL OR o.ends_before > {starts_on})
ORDER BY o.kind COLLATE "C", o.key COLLATE "C", p.number COLLATE "C", o.starts_on
"""
_RATES = """
SELECT from_currency, to_currency, "on", rate_type, rate FROM orders_exchangerate
WHERE "on" >= {starts_on} AND "on" < {ends_before}
ORDER BY from_currency, to_currency, "on", rate_type COLLATE "C"
"""


MONTHS_SHOWN = 120
LINES_OF_ORDER_SHOWN = 50
HISTORY_SHOWN = 50


def order_lines_table(starts_on: date, ends_before: date) -> pa.Table:
    """The lines and returns of the days, by ``line_id``, in the engine's columns.

    ``is_split`` marks those that `credit_splits_table` has rows of. Behind these columns come the
    company's own attributes.
    """
    own = attributes.columns()
    expressions = "".join(f", {expression}" for _name, expression, _type in own)
    schema = pa.schema([*LINES, *(pa.field(name, kind) for name, _expression, kind in own)])
    query = _LINES.replace("{own_attributes}", expressions)
    return _table(query, schema, starts_on, ends_before)


def credit_splits_table(starts_on: date, ends_before: date) -> pa.Table:
    """Who shared in the lines of the days; returns of shared lines are shared alike."""
    return _table(_SPLITS, SPLITS, starts_on, ends_before)


def exchange_rates_table(starts_on: date, ends_before: date) -> pa.Table:
    """All kinds of rates of the days."""
    return _table(_RATES, RATES, starts_on, ends_before)


@dataclass(frozen=True, slots=True)
class ReturnedLine:
    """A return, the line that it takes back, and the amounts of both."""

    return_id: str
    line_id: str
    on: date
    amount: Decimal
    of: Decimal


def returned_lines(starts_on: date, ends_before: date) -> list[ReturnedLine]:
    """Returns of the days in their order, each with the line that it takes back. One query."""
    rows = OrderLine.objects.filter(
        returns_line__isnull=False, ordered_on__gte=starts_on, ordered_on__lt=ends_before
    ).select_related("returns_line")
    return [
        ReturnedLine(
            row.line_id,
            row.returns_line.line_id,
            row.ordered_on,
            row.amount,
            row.returns_line.amount,
        )
        for row in rows.order_by("ordered_on", "pk")
        if row.returns_line is not None
    ]


def owners_table(starts_on: date, ends_before: date) -> pa.Table:
    """Who owned what on some day of the range."""
    return _table(_OWNERS, OWNERS, starts_on, ends_before)


def paid_lines(line_ids: Collection[str], before: date) -> list[tuple[str, date, Decimal]]:
    """Of some lines those that the customer paid before a day: id, day and amount. One query."""
    rows = OrderLine.objects.filter(paid_on__lt=before).annotate(
        key=Concat("source", Value("/"), "order_number", Value("/"), "line_number")
    )
    found = rows.filter(key__in=list(line_ids)).order_by("key")
    return list(found.values_list("key", "paid_on", "amount"))


LINE_FACTS = (
    "ordered_on", "customer", "product", "category", "channel", "territory", "kind", "quantity",
    "amount", "cost", "currency",
)  # fmt: skip


def latest_lines(
    people: QuerySet[Person], before: date, limit: int, columns: Collection[str] = LINE_FACTS
) -> list[dict[str, Any]]:
    """The latest lines and returns of some people, in the engine's columns: order, payee, and those
    of ``columns`` that a line has. One query.
    """
    names = [name for name in LINE_FACTS if name in columns]
    rows = (
        OrderLine.objects.filter(person__in=people.values("pk"), ordered_on__lt=before)
        .order_by("-ordered_on", "-id")
        .values_list("source", "order_number", "person__number", *names)[:limit]
    )
    return [
        {
            "order_id": f"{source}/{order}",
            "payee_id": number,
            **{name: None if fact == "" else fact for name, fact in zip(names, facts, strict=True)},
        }
        for source, order, number, *facts in rows
    ]


def _table(query: str, schema: pa.Schema, starts_on: date, ends_before: date) -> pa.Table:
    """The rows of a query as Arrow, by COPY: a million lines take seconds, not minutes."""
    days = {"starts_on": sql.Literal(starts_on), "ends_before": sql.Literal(ends_before)}
    copy = sql.SQL("COPY ({}) TO STDOUT (FORMAT csv)").format(sql.SQL(query).format(**days))
    with connection.cursor() as cursor, cursor.copy(copy) as out:
        return arrow_of(b"".join(bytes(chunk) for chunk in out), schema)


def arrow_of(data: bytes, schema: pa.Schema) -> pa.Table:
    """What PostgreSQL copied out as CSV, with the columns of a schema."""
    if not data:
        return schema.empty_table()
    table = pa.csv.read_csv(
        pa.BufferReader(data),
        read_options=pa.csv.ReadOptions(column_names=schema.names),
        parse_options=pa.csv.ParseOptions(newlines_in_values=True),
        convert_options=pa.csv.ConvertOptions(
            column_types=schema,
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
            null_values=[""],
            true_values=["t"],
            false_values=["f"],
        ),
    )
    return pa.Table.from_arrays(
        [column.combine_chunks() for column in table.columns], schema=schema
    )


# Lines that count on some of the days by another day than the order's, and the returns of them.
_MONTHS_BY_DAY = """
SELECT date_trunc('month', l.ordered_on)::date FROM orders_orderline l
WHERE l.{name} >= %s AND l.{name} < %s
UNION SELECT date_trunc('month', b.ordered_on)::date FROM orders_orderline b
JOIN orders_orderline l ON l.id = b.returns_line_id
WHERE l.{name} >= %s AND l.{name} < %s
"""


def months_with(dates: Collection[str], starts_on: date, ends_before: date) -> list[date]:
    """The months of orders that have lines of the range, by any of these days of a line.

    A return that takes its day from its sale may itself lie in another month than both.
    """
    found = set(
        MonthRevision.objects.filter(
            month__gte=starts_on.replace(day=1), month__lt=ends_before
        ).values_list("month", flat=True)
    )
    for name in ANCHOR_DAYS:
        if name in dates and name != ORDERED_ON:
            query = sql.SQL(_MONTHS_BY_DAY).format(name=sql.Identifier(name))
            with connection.cursor() as cursor:
                cursor.execute(query, [starts_on, ends_before] * 2)
                found |= {month for (month,) in cursor.fetchall()}
    return sorted(found)


def months_changed_since(digests: QuerySet[Any, str]) -> list[date]:
    """Of the months whose files have these hashes, those whose lines were written to since."""
    now = MonthRevision.objects.filter(month=OuterRef("month")).values("revision")
    used = MonthSnapshot.objects.filter(digest__in=digests).values("month")
    used = used.annotate(used=Max("revision")).annotate(now=Subquery(now)).order_by("month")
    return list(used.filter(now__gt=F("used")).values_list("month", flat=True))


def months() -> list[tuple[str, str]]:
    """The months that have lines, the newest first, with their names."""
    known = MonthRevision.objects.order_by("-month").values_list("month", flat=True)
    return [(f"{month:%Y-%m}", formats.month(month)) for month in known[:MONTHS_SHOWN]]


def days_of_month(value: str) -> tuple[date, date]:
    """The half-open days of a month written ``2026-07``."""
    month = date.fromisoformat(f"{value}-01")
    return month, month_after(month)


def sold_by_month(
    people: Collection[int],
    starts_on: date,
    ends_before: date,
    *,
    product: str = "",
    channel: str = "",
) -> list[tuple[int, date, str, Decimal]]:
    """What the lines and returns of people came to: person, month, currency, sum. One query.

    With ``product`` or ``channel`` only the lines that say exactly this.
    """
    only = {name: value for name, value in (("product", product), ("channel", channel)) if value}
    rows = (
        OrderLine.objects.filter(
            person__in=people, ordered_on__gte=starts_on, ordered_on__lt=ends_before, **only
        )
        .order_by()
        .annotate(month=TruncMonth("ordered_on"))
        .values_list("person_id", "month", "currency")
        .annotate(total=Sum("amount"))
    )
    return list(rows)


def latest_rates(to: str, currencies: Collection[str], before: date) -> dict[str, Decimal]:
    """The latest rate of each currency before a day, the kind of rate called average first.

    Currencies without a rate are missing; the currency itself has none.
    """
    rows = (
        ExchangeRate.objects.filter(to_currency=to, from_currency__in=currencies, on__lt=before)
        .annotate(other=Case(When(rate_type="average", then=0), default=1))
        .order_by("from_currency", "other", "-on", "rate_type")
        .distinct("from_currency")
    )
    return dict(rows.values_list("from_currency", "rate"))


def currencies() -> list[tuple[str, str]]:
    """The currencies of order lines, told by the control totals of their imports."""
    sums = Import.objects.filter(
        kind__in=("order_lines", "returns"),
        state__in=(ImportState.COMMITTED, ImportState.UNDOING),
    ).values_list("totals__sums", flat=True)
    found = {one["currency"] for totals in sums for one in totals or () if one["currency"]}
    return [(one, one) for one in sorted(found)]


def rate_currencies() -> list[tuple[str, str]]:
    """The currencies between which rates are known."""
    pairs = ExchangeRate.objects.order_by().values_list("from_currency", "to_currency").distinct()
    return [(one, one) for one in sorted({currency for pair in pairs for currency in pair})]


def lines_of_order(line: OrderLine) -> list[OrderLine]:
    """The other lines of the same order."""
    same = OrderLine.objects.filter(source=line.source, order_number=line.order_number)
    return list(
        same.exclude(pk=line.pk).order_by(ByNumber("line_number"), "pk")[:LINES_OF_ORDER_SHOWN]
    )


def history_of(line: OrderLine) -> list[OrderLineBefore]:
    """What the line said before each import that changed it, the latest first."""
    rows = OrderLineBefore.objects.filter(row_id=line.pk).select_related("source_import")
    return list(rows.order_by("-source_import_id")[:HISTORY_SHOWN])


def shares_of(line: OrderLine) -> list[LineShare]:
    """Who shares in the line, what comes on top last."""
    return list(line.shares.select_related("person").order_by("is_overlay", "-share", "pk"))


def returns_of(line: OrderLine) -> list[OrderLine]:
    """What came back of the line."""
    return list(line.return_lines.order_by("ordered_on", "pk")[:LINES_OF_ORDER_SHOWN])


def sources() -> list[str]:
    """The sales systems that lines came from, read off the index of the natural key."""
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH RECURSIVE known AS ("
            " (SELECT source FROM orders_orderline ORDER BY source LIMIT 1) UNION ALL"
            " SELECT (SELECT source FROM orders_orderline WHERE source > known.source"
            "  ORDER BY source LIMIT 1) FROM known WHERE known.source IS NOT NULL)"
            " SELECT source FROM known WHERE source IS NOT NULL"
        )
        return [source for (source,) in cursor.fetchall()]


def palette(person: Person, text: str) -> list[PaletteEntry]:
    """Orders with exactly this number, whatever the case of its letters. Two queries.

    Order lines come by the million, so they are looked up by their natural key and stand in no
    other index.
    """
    number = text.strip()
    visible = OrderLine.objects.visible_to(person)
    if not number or len(number) > ORDER_NUMBER_MAX or visible.query.is_empty():
        return []
    wanted = {number, number.upper(), number.lower()}
    lines = visible.filter(source__in=sources(), order_number__in=wanted)
    found = lines.values("source", "order_number", "customer").distinct()
    return [
        PaletteEntry(
            label=row["order_number"],
            detail=" · ".join(filter(None, [row["customer"], row["source"]])),
            url=f"{reverse('orders:lines')}?{urlencode({'lines-q': row['order_number']})}",
            icon="receipt",
        )
        for row in found.order_by("source", "order_number", "customer")[:8]
    ]
