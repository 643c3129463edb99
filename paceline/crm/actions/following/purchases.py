"""What each customer bought so far, from the orders that are theirs."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from paceline.crm.models import BuyingRules

KINDS = ("company", "contact")
# From so many purchase days on somebody has a usual gap: of two gaps one can be usual.
GAPS_MIN = 2


def prepare_all(cursor: Any) -> None:
    """Everybody who ever bought is counted anew."""
    for kind in KINDS:
        cursor.execute(
            f"CREATE TEMP TABLE touched_{kind} ON COMMIT DROP AS"
            f" SELECT DISTINCT {kind}_id AS id FROM crm_orderlink WHERE {kind}_id IS NOT NULL"
            f" UNION SELECT {kind}_id FROM crm_purchases WHERE {kind}_id IS NOT NULL"
        )
        cursor.execute(f"ANALYZE touched_{kind}")


def count(cursor: Any, rules: BuyingRules) -> int:
    """Count the customers in ``touched_company`` and ``touched_contact``; how many changed."""
    return sum(_count(cursor, kind, rules) for kind in KINDS)


def _count(cursor: Any, kind: str, rules: BuyingRules) -> int:
    cursor.execute(
        f"""
        WITH bought AS MATERIALIZED (
            SELECT t.id, o.bought_on, o.value, o.is_sale, o.channel
            FROM touched_{kind} t JOIN crm_orderlink k ON k.{kind}_id = t.id
            JOIN crm_customerorder o USING (source, order_number)),
        days AS (
            SELECT id, bought_on, bought_on - lag(bought_on) OVER (
                PARTITION BY id ORDER BY bought_on) AS gap
            FROM (SELECT DISTINCT id, bought_on FROM bought WHERE is_sale) d),
        gaps AS (
            SELECT id, percentile_disc(0.5) WITHIN GROUP (ORDER BY gap) AS usual
            FROM days WHERE gap IS NOT NULL GROUP BY id HAVING count(*) >= {GAPS_MIN}),
        summed AS (
            SELECT id, count(*) FILTER (WHERE is_sale) AS orders,
                   coalesce(sum(value), 0) AS value, count(*) FILTER (WHERE value IS NULL)
                   AS unvalued,
                   min(bought_on) FILTER (WHERE is_sale) AS first_on,
                   max(bought_on) FILTER (WHERE is_sale) AS last_on,
                   coalesce(array_agg(DISTINCT channel::text ORDER BY channel::text)
                       FILTER (WHERE is_sale AND channel <> ''), '{{}}') AS channels
            FROM bought GROUP BY id),
        months AS (
            SELECT id, array_agg(DISTINCT month ORDER BY month) AS months FROM (
                SELECT b.id, ((extract(year FROM b.bought_on) - extract(year FROM s.first_on)) * 12
                    + extract(month FROM b.bought_on) - extract(month FROM s.first_on))::int
                    AS month
                FROM bought b JOIN summed s USING (id) WHERE b.is_sale) m GROUP BY id)
        INSERT INTO crm_purchases AS p ({kind}_id, orders, value, unvalued, first_on, last_on,
            usual_gap, quiet_after, months, channels)
        SELECT id, orders, value, unvalued, first_on, last_on, usual,
               CASE WHEN usual IS NOT NULL THEN
                   last_on + greatest(%(quiet_days)s, ceil(usual * %(quiet_times)s))::int END,
               coalesce(months, '{{}}'), channels
        FROM summed LEFT JOIN gaps USING (id) LEFT JOIN months USING (id)
        ON CONFLICT ({kind}_id) DO UPDATE SET orders = excluded.orders, value = excluded.value,
            unvalued = excluded.unvalued, first_on = excluded.first_on,
            last_on = excluded.last_on, usual_gap = excluded.usual_gap,
            quiet_after = excluded.quiet_after, months = excluded.months,
            channels = excluded.channels
        WHERE (p.orders, p.value, p.unvalued, p.first_on, p.last_on, p.usual_gap, p.quiet_after,
               p.months, p.channels) IS DISTINCT FROM (excluded.orders, excluded.value,
               excluded.unvalued, excluded.first_on, excluded.last_on, excluded.usual_gap,
               excluded.quiet_after, excluded.months, excluded.channels)
        """,
        {"quiet_days": rules.quiet_days, "quiet_times": rules.quiet_times},
    )
    counted = int(cursor.rowcount)
    cursor.execute(
        f"""
        DELETE FROM crm_purchases p USING touched_{kind} t WHERE p.{kind}_id = t.id
          AND NOT EXISTS (SELECT 1 FROM crm_orderlink k
              JOIN crm_customerorder o USING (source, order_number) WHERE k.{kind}_id = t.id)
        """
    )
    return counted + int(cursor.rowcount)


def measure_fifths(cursor: Any, at: datetime) -> None:
    """Where the fifths of all who ever bought lie; equal figures fall into one fifth."""
    borders = "ARRAY[0.2, 0.4, 0.6, 0.8]::float8[]"
    for kind in KINDS:
        cursor.execute(
            f"""
            INSERT INTO crm_fifths (of, last_on, orders, value, customers, measured_at)
            SELECT '{kind}',
                coalesce(percentile_disc({borders}) WITHIN GROUP (ORDER BY p.last_on), '{{}}'),
                coalesce(percentile_disc({borders}) WITHIN GROUP (ORDER BY p.orders), '{{}}'),
                coalesce(percentile_disc({borders}) WITHIN GROUP (ORDER BY p.value), '{{}}'),
                count(*), %(at)s
            FROM crm_purchases p JOIN crm_{kind} r ON r.id = p.{kind}_id
            WHERE r.archived_at IS NULL AND p.orders > 0
            ON CONFLICT (of) DO UPDATE SET last_on = excluded.last_on, orders = excluded.orders,
                value = excluded.value, customers = excluded.customers,
                measured_at = excluded.measured_at
            """,
            {"at": at},
        )
