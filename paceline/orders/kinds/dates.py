"""Invoices, shipments and payments from files of their own: they come later than the order."""

from __future__ import annotations

import pyarrow as pa
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from paceline.imports import checking
from paceline.imports.actions import staging
from paceline.imports.actions.staging import Target
from paceline.imports.kinds import Changes, Check, Commit, Field, ImportKind
from paceline.orders import access
from paceline.orders.actions import lines
from paceline.orders.kinds.lines import (
    FINAL_ON,
    INVOICED_ON,
    KEY,
    LINE_NUMBER,
    ORDER_NUMBER,
    PAID_ON,
    SHIPPED_ON,
    SOURCE,
    VALUES,
    check_days,
)

DAYS = (INVOICED_ON, SHIPPED_ON, PAID_ON, FINAL_ON)
FIELDS = (
    SOURCE,
    ORDER_NUMBER,
    Field(
        "line_number",
        pgettext_lazy("sale", "Line"),
        max_length=40,
        aliases=LINE_NUMBER.aliases,
        hint=_("Without it the days are those of every line of the order."),
    ),
    *DAYS,
)
# One line of the file may be about every line of an order.
LINES_OF_ORDER_MAX = 10_000
_GIVEN = {field.name for field in DAYS}
_VALUES = ", ".join(f"d_{name} AS {name}" if name in _GIVEN else name for name in VALUES)
TARGET = Target(
    table="orders_orderline",
    key=KEY,
    values=(*VALUES, "returns_line_id"),
    before="orders_orderlinebefore",
    records=f"""
        SELECT a.row * {LINES_OF_ORDER_MAX} + a.place AS row, a.source, a.order_number,
               a.known_line AS line_number, {_VALUES}, a.returns_line_id
        FROM dated a SEMI JOIN accepted USING (row)
        ORDER BY a.source, a.order_number, a.known_line
    """,  # noqa: S608 - our own columns
)
KNOWN = f"""
SELECT l.id, l.source, l.order_number, l.line_number, l.returns_line_id,
       {", ".join(f"l.{name}" for name in VALUES if name != "attributes")}, l.attributes::text
FROM orders_orderline l
JOIN unnest(%s::text[], %s::text[]) k (source, order_number) USING (source, order_number)
"""  # noqa: S608
MONEY = pa.decimal128(20, 4)
KNOWN_COLUMNS = {
    "line_id": pa.int64(),
    **dict.fromkeys(KEY, pa.string()),
    "returns_line_id": pa.int64(),
    **{
        name: pa.int64()
        if name == "person_id"
        else MONEY
        if name in {"amount", "cost", "quantity"}
        else pa.date32()
        if name.endswith("_on")
        else pa.string()
        for name in VALUES
    },
}


def check_dates(check: Check) -> None:
    _register_known(check)
    checking.refuse_repeats(check, KEY)
    given = " OR ".join(f"{field.name}_text <> ''" for field in DAYS)
    checking.add_problem(
        check,
        f"SELECT row, '', 'no_day_given', '{{}}', 'error' FROM lines WHERE NOT ({given})",  # noqa: S608
    )
    for line, code in (("", "order_unknown"), ("l.line_number <> ''", "line_unknown")):
        same = "AND k.line_number = l.line_number" if line else ""
        checking.add_problem(
            check,
            f"""
            SELECT l.row, 'order_number', '{code}', json_object(
                   'order', l.order_number, 'line', l.line_number), 'error'
            FROM lines l WHERE {line or "l.line_number = ''"} AND l.order_number <> ''
                 AND NOT EXISTS (SELECT 1 FROM known k WHERE k.source = l.source
                                 AND k.order_number = l.order_number {same})
            """,  # noqa: S608
        )
    # What is said of one line counts before what is said of its whole order.
    merged = ", ".join(
        f"COALESCE(l.{field.name}, k.{field.name}) AS d_{field.name}" for field in DAYS
    )
    check.duck.execute(
        f"""
        CREATE OR REPLACE TABLE dated AS
        SELECT l.row, k.*, k.line_number AS known_line, {merged},
               row_number() OVER (PARTITION BY l.row ORDER BY k.line_number) - 1 AS place
        FROM lines l JOIN known k ON k.source = l.source AND k.order_number = l.order_number
             AND l.line_number IN ('', k.line_number)
        QUALIFY row_number() OVER (
            PARTITION BY k.line_id ORDER BY l.line_number = '', l.row) = 1
        """  # noqa: S608
    )
    renamed = ", ".join(f"d_{field.name} AS {field.name}" for field in DAYS)
    check_days(check, rows=f"(SELECT DISTINCT row, ordered_on, {renamed} FROM dated)")  # noqa: S608


def _register_known(check: Check) -> None:
    """The stored lines of the orders that the file names, as ``known``."""
    wanted = check.duck.execute(
        "SELECT DISTINCT source, order_number FROM lines ORDER BY ALL"
    ).fetchall()
    keys = [list(column) for column in zip(*wanted, strict=True)] or [[], []]
    found = staging.rows_of(KNOWN, keys)
    columns = {
        name: pa.array([row[index] for row in found], kind)
        for index, (name, kind) in enumerate(KNOWN_COLUMNS.items())
    }
    check.duck.register("known_found", pa.table(columns))
    check.duck.execute("CREATE OR REPLACE TABLE known AS SELECT * FROM known_found")


def match_dates(check: Check) -> Changes:
    """Compare with what is stored; a day that is closed neither comes nor goes."""
    staging.stage(TARGET, check)
    changes = staging.match(TARGET)
    closed = lines.closed_changes(TARGET)
    if not closed:
        return changes
    found = {row // LINES_OF_ORDER_MAX: day for row, day in closed}
    checking.refuse_rows(
        check, [(row, "order_number", "day_closed", {"day": day}) for row, day in found.items()]
    )
    staging.stage(TARGET, check)
    return staging.match(TARGET)


def apply_dates(check: Check, changes: Changes, commit: Commit) -> Changes:
    lines.write_lines(TARGET, changes, commit)
    return changes


def undo_dates(commit: Commit) -> None:
    lines.undo_lines(TARGET, commit)


LINE_DATES = ImportKind(
    key="line_dates",
    label=_("Invoices, shipments and payments"),
    purpose=_("When orders were invoiced, shipped or paid, or could no longer come back."),
    fields=FIELDS,
    may_import=access.may_import_lines,
    check=check_dates,
    match=match_dates,
    apply=apply_dates,
    undo=undo_dates,
    lock=lines.lock_lines,
    icon="calendar-check",
    order=65,
)
