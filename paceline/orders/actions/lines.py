"""Writing imported lines, returns, shares and rates; and taking them back."""

from __future__ import annotations

from django.db import connection

from paceline.imports.actions import staging
from paceline.imports.actions.staging import Target
from paceline.imports.kinds import Changes, Commit, UndoRefused
from paceline.orders.actions.days import LOCK, closed_days, closed_line, raise_revisions
from paceline.orders.models import ANCHOR_DAYS, ClosedDays
from paceline.orders.queries import sources
from paceline.webhooks.actions import announce

# What a run reads of a line besides the days that place it in a period.
FACTS = (
    "kind", "returns_line_id", "ordered_on", "person_id", "customer", "product", "category",
    "channel", "territory", "quantity", "amount", "cost", "currency", "sold_on", "attributes",
)  # fmt: skip
# A return may take its days from the line it takes back: its month changes with that line.
CHANGED_DAYS = """
SELECT s.ordered_on FROM pg_temp.staged s
LEFT JOIN pg_temp.matched m ON m.row = s.row WHERE m.row IS NULL OR m.differs
UNION SELECT t.ordered_on FROM orders_orderline t
JOIN pg_temp.matched m ON m.id = t.id WHERE m.differs
UNION SELECT r.ordered_on FROM orders_orderline r
JOIN pg_temp.matched m ON m.id = r.returns_line_id WHERE m.differs
"""
DAYS_OF_IMPORT = """
SELECT ordered_on FROM orders_orderline WHERE imported_by_id = %s
UNION SELECT ordered_on FROM orders_orderlinebefore WHERE source_import_id = %s
UNION SELECT r.ordered_on FROM orders_orderline r
JOIN orders_orderlinebefore b ON b.row_id = r.returns_line_id WHERE b.source_import_id = %s
"""
# Whether a line has shares stands in the file of its month, and that of its returns in theirs.
NEWLY_SHARED_DAYS = """
WITH new AS (SELECT s.line_id FROM pg_temp.staged s
             LEFT JOIN pg_temp.matched m ON m.row = s.row WHERE m.row IS NULL)
SELECT l.ordered_on FROM orders_orderline l JOIN new ON new.line_id = l.id
UNION SELECT r.ordered_on FROM orders_orderline r JOIN new ON new.line_id = r.returns_line_id
"""
SHARED_DAYS_OF_IMPORT = """
SELECT l.ordered_on FROM orders_orderline l
JOIN orders_lineshare s ON s.line_id = l.id WHERE s.imported_by_id = %s
UNION SELECT r.ordered_on FROM orders_orderline r
JOIN orders_lineshare s ON s.line_id = r.returns_line_id WHERE s.imported_by_id = %s
"""
# New lines go with all their days, of which a file has few: each set of them is asked once. Only of
# changed lines is compared what they say.
CLOSED_BY_UNDO = f"""
WITH n AS (SELECT DISTINCT n.kind, {", ".join(f"n.{name}" for name in ANCHOR_DAYS)}
           FROM orders_orderline n WHERE n.imported_by_id = %(source)s AND NOT EXISTS (
               SELECT 1 FROM orders_orderlinebefore w
               WHERE w.row_id = n.id AND w.source_import_id = %(source)s))
SELECT min(touched.day)::text, count(*) FROM (
    SELECT d.day FROM n {closed_line("n")}
    UNION ALL
    SELECT d.day FROM orders_orderline n JOIN orders_orderlinebefore w ON w.row_id = n.id
    {closed_days("n", "w", FACTS)}
    WHERE n.imported_by_id = %(source)s AND w.source_import_id = %(source)s
) touched
"""  # noqa: S608 - our own columns
# Of so many new lines of a file it is asked whether another sales system has them: enough to see
# that a file was brought under another name, and never more than some thousand looks into an index.
LOOKED_AT_MAX = 1_000
_KNOWN_ELSEWHERE = """
WITH looked_at AS (
    SELECT s.* FROM pg_temp.staged s LEFT JOIN pg_temp.matched m ON m.row = s.row
    WHERE m.row IS NULL
      AND s.row %% (SELECT 1 + count(*) / %(most)s FROM pg_temp.staged) = 0
    ORDER BY s.row LIMIT %(most)s
)
SELECT min(n.row), t.source, count(*), (SELECT count(*) FROM looked_at), min(n.order_number)
FROM looked_at n CROSS JOIN LATERAL (
    SELECT l.source FROM orders_orderline l
    WHERE l.source = ANY(%(systems)s) AND l.source <> n.source
      AND l.order_number = n.order_number AND l.line_number = n.line_number
      AND l.ordered_on = n.ordered_on AND l.amount = n.amount AND l.currency = n.currency
    OFFSET 0
) t GROUP BY t.source ORDER BY count(*) DESC, t.source LIMIT 3
"""
# Lines of which an import changed only the days stay what they are when it is undone.
_ONLY_DAYS = f"""
EXISTS (SELECT 1 FROM orders_orderlinebefore w WHERE w.row_id = l.id
        AND w.source_import_id = l.imported_by_id
        AND ({", ".join(f"w.{name}" for name in FACTS)})
            IS NOT DISTINCT FROM ({", ".join(f"l.{name}" for name in FACTS)}))
"""  # noqa: S608 - our own columns
RETURNED_LINES = f"""
SELECT min(r.order_number), count(*) FROM orders_orderline r
JOIN orders_orderline l ON l.id = r.returns_line_id
WHERE l.imported_by_id = %s AND r.imported_by_id IS DISTINCT FROM %s AND NOT {_ONLY_DAYS}
"""  # noqa: S608
SHARED_LINES = f"""
SELECT min(l.order_number), count(*) FROM orders_lineshare s
JOIN orders_orderline l ON l.id = s.line_id
WHERE l.imported_by_id = %s AND s.imported_by_id IS DISTINCT FROM %s AND NOT {_ONLY_DAYS}
"""  # noqa: S608
CLOSED_SHARES = f"""
SELECT min(d.day)::text, count(DISTINCT s.id) FROM orders_lineshare s
JOIN orders_orderline l ON l.id = s.line_id {closed_line("l")} WHERE s.imported_by_id = %(source)s
"""  # noqa: S608


def lock_lines() -> None:
    staging.lock_target(LOCK)


def lock_rates() -> None:
    staging.lock_target("exchange rates")


def write_lines(target: Target, changes: Changes, commit: Commit) -> None:
    """Write staged lines and raise the revision of every month they touch."""
    raise_revisions(CHANGED_DAYS, [])
    staging.write(target, changes, commit)
    if changes.new or changes.changed:
        _announce(commit)


def undo_lines(target: Target, commit: Commit) -> None:
    """Take lines back. Raises ``UndoRefused`` when something stands on them."""
    staging.refuse_if_changed_since(target, commit)
    source = commit.source.pk
    _refuse_closed(CLOSED_BY_UNDO, source)
    _refuse_dependent(RETURNED_LINES, source, "undo_lines_returned")
    _refuse_dependent(SHARED_LINES, source, "undo_lines_shared")
    raise_revisions(DAYS_OF_IMPORT, [source, source, source])
    staging.take_back(target, commit)
    _announce(commit)


def _announce(commit: Commit) -> None:
    """Lines come by the million: what is told is the import that changed them."""
    data = {"import": commit.source.pk, "kind": commit.source.kind}
    announce(kind="order_lines.changed", data=data, at=commit.at)


def write_shares(target: Target, changes: Changes, commit: Commit) -> None:
    """Write staged shares; months whose lines become shared get a new revision."""
    raise_revisions(NEWLY_SHARED_DAYS, [])
    staging.write(target, changes, commit)


def undo_shares(target: Target, commit: Commit) -> None:
    """Take shares back; months whose lines may be shared no more get a new revision."""
    staging.refuse_if_changed_since(target, commit)
    source = commit.source.pk
    _refuse_closed(CLOSED_SHARES, source)
    raise_revisions(SHARED_DAYS_OF_IMPORT, [source, source])
    staging.take_back(target, commit)


def undo_rates(target: Target, commit: Commit) -> None:
    staging.refuse_if_changed_since(target, commit)
    staging.take_back(target, commit)


def known_elsewhere() -> list[tuple[int, str, int, int, str]]:
    """Systems that know lines which ``staged`` would add under another name: the same number, day
    and amount. Each with a row of the file, the system, how many of how many, and an order.
    """
    systems = sources()
    asked = {"systems": systems, "most": LOOKED_AT_MAX}
    return staging.rows_of(_KNOWN_ELSEWHERE, asked) if systems else []


def keep_attributes() -> None:
    """Let staged lines keep the attributes of which their file says nothing."""
    with connection.cursor() as cursor:
        cursor.execute(_KEEP_ATTRIBUTES)


_KEEP_ATTRIBUTES = """
UPDATE pg_temp.staged s SET attributes = t.attributes || COALESCE(s.attributes, '{}'::jsonb)
FROM orders_orderline t
WHERE t.source = s.source AND t.order_number = s.order_number AND t.line_number = s.line_number
      AND t.attributes IS NOT NULL
"""


def closed_changes(target: Target) -> list[tuple[int, str]]:
    """The staged rows that would touch a closed day, each with that day."""
    facts = [name for name in target.values if name in FACTS]
    return [
        (row, day)
        for row, day in staging.rows_of(
            f"""
            SELECT n.row, min(d.day)::text FROM pg_temp.staged n
            LEFT JOIN pg_temp.matched m ON m.row = n.row
            LEFT JOIN orders_orderline w ON w.id = m.id
            {closed_days("n", "w", facts)} WHERE m.row IS NULL OR m.differs GROUP BY n.row
            """  # noqa: S608 - our own columns
        )
    ]


def _refuse_closed(query: str, source: int) -> None:
    ((day, count),) = staging.rows_of(query, {"source": source})
    if not count:
        return
    closed = ClosedDays.objects.filter(starts_on__lte=day, ends_before__gt=day)
    starts_on, ends_before = closed.order_by("closed_at").values_list("starts_on", "ends_before")[0]
    raise UndoRefused(
        "undo_closed_days",
        day=day,
        starts_on=starts_on.isoformat(),
        ends_before=ends_before.isoformat(),
    )


def _refuse_dependent(query: str, source: int, code: str) -> None:
    order_number, count = staging.rows_of(query, [source, source])[0]
    if count:
        raise UndoRefused(code, order_number=order_number, rows=count)
