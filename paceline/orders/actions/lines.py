"""Writing imported lines, returns, shares and rates; and taking them back."""

from __future__ import annotations

from paceline.imports.actions import staging
from paceline.imports.actions.staging import Target
from paceline.imports.kinds import Changes, Commit, UndoRefused
from paceline.orders.actions.days import LOCK, raise_revisions

CHANGED_DAYS = """
SELECT s.ordered_on FROM pg_temp.staged s
LEFT JOIN pg_temp.matched m ON m.row = s.row WHERE m.row IS NULL OR m.differs
UNION SELECT t.ordered_on FROM orders_orderline t
JOIN pg_temp.matched m ON m.id = t.id WHERE m.differs
"""
DAYS_OF_IMPORT = """
SELECT ordered_on FROM orders_orderline WHERE imported_by_id = %s
UNION SELECT ordered_on FROM orders_orderlinebefore WHERE source_import_id = %s
"""
DAYS_OF_SHARES = """
SELECT l.ordered_on FROM orders_lineshare s JOIN orders_orderline l ON l.id = s.line_id
WHERE s.imported_by_id = %s
"""


def lock_lines() -> None:
    staging.lock_target(LOCK)


def lock_rates() -> None:
    staging.lock_target("exchange rates")


def write_lines(target: Target, changes: Changes, commit: Commit) -> None:
    """Write staged lines and raise the revision of every month they touch."""
    raise_revisions(CHANGED_DAYS, [])
    staging.write(target, changes, commit)


def undo_lines(target: Target, commit: Commit) -> None:
    """Take lines back. Raises ``UndoRefused`` when something stands on them."""
    staging.refuse_if_changed_since(target, commit)
    source = commit.source.pk
    _refuse_closed(DAYS_OF_IMPORT, [source, source])
    _refuse_dependent(
        "SELECT min(r.order_number), count(*) FROM orders_orderline r"
        " JOIN orders_orderline l ON l.id = r.returns_line_id"
        " WHERE l.imported_by_id = %s AND r.imported_by_id IS DISTINCT FROM %s",
        source,
        "undo_lines_returned",
    )
    _refuse_dependent(
        "SELECT min(l.order_number), count(*) FROM orders_lineshare s"
        " JOIN orders_orderline l ON l.id = s.line_id"
        " WHERE l.imported_by_id = %s AND s.imported_by_id IS DISTINCT FROM %s",
        source,
        "undo_lines_shared",
    )
    raise_revisions(DAYS_OF_IMPORT, [source, source])
    staging.take_back(target, commit)


def undo_shares(target: Target, commit: Commit) -> None:
    staging.refuse_if_changed_since(target, commit)
    _refuse_closed(DAYS_OF_SHARES, [commit.source.pk])
    staging.take_back(target, commit)


def undo_rates(target: Target, commit: Commit) -> None:
    staging.refuse_if_changed_since(target, commit)
    staging.take_back(target, commit)


def _refuse_closed(days: str, parameters: list[int]) -> None:
    found = staging.rows_of(
        f"SELECT min(d.ordered_on)::text, count(*) FROM ({days}) d"  # noqa: S608 - our own queries
        " JOIN orders_closeddays c ON d.ordered_on >= c.starts_on AND d.ordered_on < c.ends_before",
        parameters,
    )
    day, count = found[0]
    if count:
        raise UndoRefused("undo_closed_days", day=day)


def _refuse_dependent(query: str, source: int, code: str) -> None:
    order_number, count = staging.rows_of(query, [source, source])[0]
    if count:
        raise UndoRefused(code, order_number=order_number, rows=count)
