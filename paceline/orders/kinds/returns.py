"""Returns from files: each takes back (a part of) a line that was sold."""

from __future__ import annotations

import pyarrow as pa
from django.utils.translation import gettext_lazy as _

from paceline.imports import checking
from paceline.imports.actions import staging
from paceline.imports.actions.staging import Target
from paceline.imports.kinds import Changes, Check, Commit, Field, FieldType, ImportKind
from paceline.orders import access
from paceline.orders.actions import lines
from paceline.orders.kinds.lines import (
    AMOUNT,
    KEY,
    LINE_NUMBER,
    QUANTITY,
    SOURCE,
    VALUES,
    match_lines,
)

DAY_HINT = _("Without it a return counts on its own day, or on that of its sale if that is later.")
FIELDS = (
    SOURCE,
    Field(
        "order_number",
        _("Return"),
        required=True,
        max_length=60,
        aliases=(
            "return number", "return no", "return id", "rma", "credit note", "退貨單號", "退货单号",
            "退款单号", "退款編號", "Retoure", "Devolução",
        ),
        example="R-2001",
    ),
    LINE_NUMBER,
    Field(
        "ordered_on",
        _("Return date"),
        FieldType.DAY,
        required=True,
        aliases=("date", "returned on", "return date", "退貨日期", "退货日期", "退款日期", "日期"),
        example="2026-08-04",
    ),
    Field(
        "original_order",
        _("Order returned"),
        required=True,
        max_length=60,
        aliases=("order", "order number", "original order", "訂單編號", "订单编号", "原订单号", "原訂單編號"),
        example="A-1001",
    ),
    Field(
        "original_line",
        _("Line returned"),
        required=True,
        max_length=40,
        aliases=("original line", "order line", "原項次", "原行号", "原明细编号"),
        example="1",
    ),
    QUANTITY,
    AMOUNT,
    Field(
        "invoiced_on",
        _("Credit note date"),
        FieldType.DAY,
        aliases=("credited on", "credit date", "折讓日期", "折讓單日期", "红字发票日期", "红冲日期"),
        hint=DAY_HINT,
    ),
    Field(
        "paid_on",
        _("Refund date"),
        FieldType.DAY,
        aliases=("refunded on", "refunded at", "退款日", "退款時間", "退款入帳日", "退款到账日期", "退款时间"),
        hint=DAY_HINT,
    ),
)  # fmt: skip

TARGET = Target(
    table="orders_orderline",
    key=KEY,
    values=(*VALUES, "returns_line_id"),
    before="orders_orderlinebefore",
    records="""
        SELECT a.row, a.source, a.order_number, a.line_number, 'return' AS kind, a.ordered_on,
               o.person_id, o.customer, o.product, o.category, o.channel, o.territory,
               -abs(a.quantity) AS quantity, -abs(a.amount) AS amount,
               CAST(-abs(CASE WHEN o.quantity <> 0 AND abs(a.quantity) = abs(o.quantity)
                              THEN o.cost END) AS DECIMAL(20, 4)) AS cost,
               o.currency, a.invoiced_on, CAST(NULL AS DATE) AS shipped_on, a.paid_on,
               CAST(NULL AS DATE) AS final_on, CAST(NULL AS DATE) AS sold_on,
               CAST(NULL AS VARCHAR) AS attributes,
               o.line_id AS returns_line_id
        FROM accepted a JOIN originals o ON o.source = a.source
             AND o.order_number = a.original_order AND o.line_number = a.original_line
        ORDER BY a.source, a.order_number, a.line_number
    """,
)

ORIGINALS = """
SELECT l.id, l.source, l.order_number, l.line_number, l.ordered_on, l.person_id, l.customer,
       l.product, l.category, l.channel, l.territory, l.quantity, l.amount, l.cost, l.currency
FROM orders_orderline l
JOIN unnest(%s::text[], %s::text[], %s::text[]) k (source, order_number, line_number)
     USING (source, order_number, line_number)
WHERE l.kind = 'sale'
"""
RETURNED = """
SELECT r.returns_line_id, r.source, r.order_number, r.line_number, r.amount
FROM orders_orderline r WHERE r.returns_line_id = ANY(%s)
"""
MONEY = pa.decimal128(20, 4)
ORIGINAL_COLUMNS = {
    "line_id": pa.int64(),
    "source": pa.string(),
    "order_number": pa.string(),
    "line_number": pa.string(),
    "ordered_on": pa.date32(),
    "person_id": pa.int64(),
    **dict.fromkeys(("customer", "product", "category", "channel", "territory"), pa.string()),
    "quantity": pa.decimal128(18, 4),
    "amount": MONEY,
    "cost": MONEY,
    "currency": pa.string(),
}


def register_originals(check: Check, order: str, line: str) -> list[int]:
    """Make the stored lines that a file refers to known as ``originals``; returns their ids."""
    wanted = check.duck.execute(
        f"SELECT DISTINCT source, {order}, {line} FROM lines ORDER BY ALL"  # noqa: S608
    ).fetchall()
    keys = [list(column) for column in zip(*wanted, strict=True)] or [[], [], []]
    found = staging.rows_of(ORIGINALS, keys)
    columns = {
        name: pa.array([row[index] for row in found], kind)
        for index, (name, kind) in enumerate(ORIGINAL_COLUMNS.items())
    }
    check.duck.register("originals_found", pa.table(columns))
    check.duck.execute("CREATE OR REPLACE TABLE originals AS SELECT * FROM originals_found")
    return [row[0] for row in found]


def check_returns(check: Check) -> None:
    checking.refuse_repeats(check, KEY)
    ids = register_originals(check, "original_order", "original_line")
    returned = staging.rows_of(RETURNED, [ids])
    names = ("line_id", "source", "order_number", "line_number", "amount")
    types = (pa.int64(), pa.string(), pa.string(), pa.string(), MONEY)
    columns = {
        name: pa.array([row[index] for row in returned], kind)
        for index, (name, kind) in enumerate(zip(names, types, strict=True))
    }
    check.duck.register("returned_before", pa.table(columns))
    checking.add_problem(
        check,
        """
        SELECT l.row, 'original_line', 'original_unknown', json_object(
               'order', l.original_order, 'line', l.original_line), 'error'
        FROM lines l ANTI JOIN originals o ON o.source = l.source
             AND o.order_number = l.original_order AND o.line_number = l.original_line
        WHERE l.original_order <> '' AND l.original_line <> ''
        """,
    )
    left = """
        FROM lines l LEFT JOIN originals o ON o.source = l.source
             AND o.order_number = l.original_order AND o.line_number = l.original_line
    """
    joined = """
        FROM lines l JOIN originals o ON o.source = l.source
             AND o.order_number = l.original_order AND o.line_number = l.original_line
    """
    checking.add_problem(
        check,
        "SELECT l.row, 'ordered_on', 'return_before_sale', json_object("
        "'day', CAST(l.ordered_on AS VARCHAR), 'sold_on', CAST(o.ordered_on AS VARCHAR)), 'error'"
        f"{joined} WHERE l.ordered_on < o.ordered_on",
    )
    checking.add_problem(
        check,
        f"""
        WITH now AS (
            SELECT l.row, o.line_id, o.amount AS sold, o.currency, abs(l.amount) AS amount,
                   sum(abs(l.amount)) OVER (PARTITION BY o.line_id) AS in_file {joined}),
        before AS (
            SELECT b.line_id, sum(abs(b.amount)) AS amount FROM returned_before b
            ANTI JOIN lines l USING (source, order_number, line_number) GROUP BY ALL)
        SELECT n.row, 'amount', 'returned_more_than_sold', json_object(
               'sold', CAST(n.sold AS VARCHAR), 'currency', n.currency,
               'returned', CAST(n.in_file + COALESCE(b.amount, 0) AS VARCHAR)), 'error'
        FROM now n LEFT JOIN before b USING (line_id)
        WHERE n.in_file + COALESCE(b.amount, 0) > n.sold
        """,  # noqa: S608
    )

    # The currency is the sale's; control totals need it beside the amount.
    check.duck.execute(f"CREATE OR REPLACE TABLE lines AS SELECT l.*, o.currency {left}")


def match_returns(check: Check) -> Changes:
    return match_lines(check, TARGET)


def apply_returns(check: Check, changes: Changes, commit: Commit) -> Changes:
    lines.write_lines(TARGET, changes, commit)
    return changes


def undo_returns(commit: Commit) -> None:
    lines.undo_lines(TARGET, commit)


RETURNS = ImportKind(
    key="returns",
    label=_("Returns"),
    purpose=_("What came back, each referring to the line that was sold."),
    fields=FIELDS,
    may_import=access.may_import_lines,
    check=check_returns,
    match=match_returns,
    apply=apply_returns,
    undo=undo_returns,
    lock=lines.lock_lines,
    icon="receipt-refund",
    day_field="ordered_on",
    sum_field="amount",
    currency_field="currency",
    order=60,
)
