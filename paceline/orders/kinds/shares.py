"""Who shared in a line: splits that make up the whole, or overlays on top of it."""

from __future__ import annotations

import pyarrow as pa
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from paceline.imports import checking
from paceline.imports.actions import staging
from paceline.imports.actions.staging import Target
from paceline.imports.kinds import PAYEE_NAMES, Changes, Check, Commit, Field, FieldType, ImportKind
from paceline.orders import access
from paceline.orders.actions import lines
from paceline.orders.actions.days import closed_line
from paceline.orders.kinds.lines import LINE_NUMBER, ORDER_NUMBER, SOURCE
from paceline.orders.kinds.returns import register_originals

FIELDS = (
    SOURCE,
    ORDER_NUMBER,
    Field(
        "line_number",
        pgettext_lazy("sale", "Line"),
        required=True,
        max_length=40,
        aliases=LINE_NUMBER.aliases,
        example="1",
    ),
    Field(
        "payee",
        _("Payee"),
        FieldType.PERSON,
        required=True,
        aliases=PAYEE_NAMES,
        example="E-17",
    ),
    Field(
        "share",
        _("Share"),
        FieldType.SHARE,
        required=True,
        aliases=(
            "split",
            "percent",
            "percentage",
            "拆分比例",
            "比例",
            "分成比例",
            "业绩分成",
            "份额",
            "占比",
        ),
        hint=_("The shares of a line make 100%; overlays come on top."),
        example="50%",
    ),
    Field(
        "is_overlay",
        _("On top"),
        FieldType.CHOICE,
        default="no",
        aliases=("overlay", "on top", "疊加", "叠加"),
        choices={
            "yes": ("yes", "true", "1", "y", "是"),
            "no": ("no", "false", "0", "n", "否"),
        },
        example="no",
    ),
)
TARGET = Target(
    table="orders_lineshare",
    key=("line_id", "person_id"),
    values=("share", "is_overlay"),
    before="orders_linesharebefore",
    records="""
        SELECT a.row, o.line_id, a.payee_id AS person_id, CAST(a.share AS DECIMAL(9, 8)) AS share,
               a.is_overlay = 'yes' AS is_overlay
        FROM accepted a JOIN originals o USING (source, order_number, line_number)
        ORDER BY o.line_id, a.payee_id
    """,
)
KNOWN_SHARES = """
SELECT s.line_id, s.person_id, s.share, s.is_overlay FROM orders_lineshare s
WHERE s.line_id = ANY(%s)
"""


def check_shares(check: Check) -> None:
    checking.refuse_repeats(check, ("source", "order_number", "line_number", "payee_id"))
    ids = register_originals(check, "order_number", "line_number")
    known = staging.rows_of(KNOWN_SHARES, [ids])
    columns = {
        "line_id": pa.array([row[0] for row in known], pa.int64()),
        "payee_id": pa.array([row[1] for row in known], pa.int64()),
        "share": pa.array([row[2] for row in known], pa.decimal128(20, 8)),
        "is_overlay": pa.array([row[3] for row in known], pa.bool_()),
    }
    check.duck.register("known_shares", pa.table(columns))
    checking.add_problem(
        check,
        """
        SELECT l.row, 'line_number', 'line_unknown', json_object(
               'order', l.order_number, 'line', l.line_number), 'error'
        FROM lines l ANTI JOIN originals o USING (source, order_number, line_number)
        WHERE l.order_number <> '' AND l.line_number <> ''
        """,
    )
    checking.add_problem(
        check,
        "SELECT row, 'share', 'share_out_of_range', json_object('value', share_text), 'error'"
        " FROM lines WHERE share <= 0 OR share > 9",
    )
    checking.add_problem(
        check,
        """
        WITH here AS (SELECT l.row, o.line_id, l.payee_id, l.share, l.is_overlay = 'yes' AS overlay
                      FROM lines l JOIN originals o USING (source, order_number, line_number)),
        every AS (
            SELECT line_id, share, overlay FROM here
            UNION ALL
            SELECT k.line_id, k.share, k.is_overlay FROM known_shares k
            ANTI JOIN here h ON h.line_id = k.line_id AND h.payee_id = k.payee_id),
        sums AS (SELECT line_id, sum(share) FILTER (NOT overlay) AS whole FROM every GROUP BY ALL)
        SELECT h.row, 'share', 'shares_not_whole',
               json_object('sum', CAST(s.whole AS VARCHAR)), 'error'
        FROM here h JOIN sums s USING (line_id)
        WHERE NOT h.overlay AND s.whole <> 1
        """,
    )
    checking.refuse_together(check, ("source", "order_number", "line_number"))


def match_shares(check: Check) -> Changes:
    staging.stage(TARGET, check)
    changes = staging.match(TARGET)
    closed = staging.rows_of(
        f"""
        SELECT s.row, min(d.day)::text FROM pg_temp.staged s
        LEFT JOIN pg_temp.matched m ON m.row = s.row
        JOIN orders_orderline l ON l.id = s.line_id {closed_line("l")}
        WHERE m.row IS NULL OR m.differs GROUP BY s.row
        """  # noqa: S608 - our own columns
    )
    if not closed:
        return changes
    found = [(row, "line_number", "day_closed", {"day": day}) for row, day in closed]
    checking.refuse_rows(check, found)
    staging.drop_rows([row for row, _day in closed])
    return staging.match(TARGET)


def apply_shares(check: Check, changes: Changes, commit: Commit) -> Changes:
    lines.write_shares(TARGET, changes, commit)
    return changes


def undo_shares(commit: Commit) -> None:
    lines.undo_shares(TARGET, commit)


LINE_SHARES = ImportKind(
    key="line_shares",
    label=_("Shares of lines"),
    purpose=_("Lines that several people sold together, or that count for a specialist as well."),
    fields=FIELDS,
    may_import=access.may_import_lines,
    check=check_shares,
    match=match_shares,
    apply=apply_shares,
    undo=undo_shares,
    lock=lines.lock_lines,
    icon="users-group",
    order=70,
)
