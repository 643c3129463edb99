"""Orders in one row each, told in one currency."""

from __future__ import annotations

from typing import Any

from django.db.models import Aggregate

from paceline.crm.models import BuyingRules
from paceline.kernel.money import currency_digits
from paceline.orders.models import OrderLine

UNKNOWN = "USD"
# So many of the first order lines say in which currency a company sells.
LOOKED_AT = 10_000


class Mode(Aggregate):
    """The value that occurs most; of several the first."""

    function = "mode"
    template = "%(function)s() WITHIN GROUP (ORDER BY %(expressions)s)"


def rules_in_force() -> BuyingRules:
    """The latest rules; where nobody decided, the currency of most orders."""
    decided = BuyingRules.objects.order_by("-decided_at", "-pk").first()
    if decided is not None:
        return decided
    lines = OrderLine.objects.order_by("pk")[:LOOKED_AT]
    sold_in = lines.aggregate(most=Mode("currency"))["most"]
    return BuyingRules(pk=0, currency=sold_in or UNKNOWN)


def take_orders(cursor: Any, most: int) -> tuple[int, int]:
    """Take up to ``most`` rows of changed orders away; how many rows, and orders, they were."""
    cursor.execute("CREATE TEMP TABLE touched (source text, order_number text) ON COMMIT DROP")
    cursor.execute(
        "WITH taken AS (DELETE FROM orders_touchedorder WHERE id IN"
        " (SELECT id FROM orders_touchedorder ORDER BY id LIMIT %s) RETURNING source, order_number),"
        " distinct_ones AS (INSERT INTO touched SELECT DISTINCT source, order_number FROM taken"
        " RETURNING 1) SELECT (SELECT count(*) FROM taken), (SELECT count(*) FROM distinct_ones)",
        [most],
    )
    taken, orders = cursor.fetchone()
    cursor.execute("ANALYZE touched")
    return int(taken), int(orders)


def _told(currency: str, amount: str, day: str) -> str:
    """An amount in the currency of the rules, rounded once, half up; NULL without a rate."""
    return f"""
        CASE WHEN {currency} = %(currency)s OR {amount} = 0 THEN {amount}
        ELSE round({amount} * (
            SELECT r.rate FROM orders_exchangerate r
            WHERE r.from_currency = {currency} AND r.to_currency = %(currency)s
              AND r.rate_type = %(rate_type)s AND r."on" <= {day}
              AND r."on" >= {day} - %(rate_days)s ORDER BY r."on" DESC LIMIT 1
        ), %(digits)s) END"""


def _parameters(rules: BuyingRules) -> dict[str, Any]:
    return {
        "currency": rules.currency,
        "rate_type": rules.rate_type,
        "rate_days": rules.rate_days,
        "digits": currency_digits(rules.currency),
    }


# Each order by currency, from its lines.
_BY_CURRENCY = """
    SELECT l.source, l.order_number, l.currency, sum(l.amount) AS amount,
           min(l.ordered_on) AS first_on,
           min(l.ordered_on) FILTER (WHERE l.kind = 'sale') AS sold_on,
           min(l.person_id) AS one_person, max(l.person_id) AS other_person,
           min(l.channel) AS channel
    FROM {orders} t JOIN orders_orderline l USING (source, order_number) GROUP BY 1, 2, 3
"""


def sum_orders(cursor: Any, rules: BuyingRules) -> None:
    """Sum the orders that were taken; those without a line any more go."""
    # Whose figures change: before the orders do, because an order that goes takes its row along.
    cursor.execute(
        """
        INSERT INTO touched_company SELECT DISTINCT k.company_id FROM touched t
        JOIN crm_orderlink k USING (source, order_number) WHERE k.company_id IS NOT NULL
        ON CONFLICT DO NOTHING
        """
    )
    cursor.execute(
        """
        INSERT INTO touched_contact SELECT DISTINCT k.contact_id FROM touched t
        JOIN crm_orderlink k USING (source, order_number) WHERE k.contact_id IS NOT NULL
        ON CONFLICT DO NOTHING
        """
    )
    cursor.execute(
        f"""
        WITH parts AS ({_BY_CURRENCY.format(orders="touched")}),
        dated AS (
            SELECT p.*, min(coalesce(sold_on, first_on)) OVER (PARTITION BY source, order_number)
                   AS bought_on FROM parts p),
        summed AS (
            SELECT source, order_number, bought_on,
                   CASE WHEN min(one_person) = max(other_person) THEN min(one_person) END AS person,
                   min(channel) AS channel,
                   CASE WHEN count(*) = 1 THEN min(currency) ELSE '' END AS currency,
                   CASE WHEN count(*) = 1 THEN sum(amount) END AS amount,
                   CASE WHEN count(*) = count(told) THEN sum(told) END AS value,
                   bool_or(amount > 0) AS is_sale
            FROM (SELECT d.*, {_told("d.currency", "d.amount", "d.bought_on")} AS told
                  FROM dated d) x
            GROUP BY 1, 2, 3)
        INSERT INTO crm_customerorder AS o
            (source, order_number, bought_on, person_id, channel, currency, amount, value, is_sale)
        SELECT * FROM summed
        ON CONFLICT (source, order_number) DO UPDATE SET
            bought_on = excluded.bought_on, person_id = excluded.person_id,
            channel = excluded.channel, currency = excluded.currency, amount = excluded.amount,
            value = excluded.value, is_sale = excluded.is_sale
        WHERE (o.bought_on, o.person_id, o.channel, o.currency, o.amount, o.value, o.is_sale)
            IS DISTINCT FROM (excluded.bought_on, excluded.person_id, excluded.channel,
                excluded.currency, excluded.amount, excluded.value, excluded.is_sale)
        """,
        _parameters(rules),
    )
    for table in ("crm_waitingorder w USING crm_customerorder o", "crm_customerorder o"):
        joined = "w.order_id = o.id AND " if "waiting" in table else ""
        cursor.execute(
            f"""
            DELETE FROM {table} {"," if "USING" in table else "USING"} touched t
            WHERE {joined} o.source = t.source AND o.order_number = t.order_number
              AND NOT EXISTS (SELECT 1 FROM orders_orderline l
                              WHERE l.source = t.source AND l.order_number = t.order_number)
            """
        )


def convert_again(cursor: Any, rules: BuyingRules) -> None:
    """Tell every order in the currency of the rules, by the rates as they are now."""
    one = _told("o.currency", "o.amount", "o.bought_on")
    cursor.execute(
        f"""
        UPDATE crm_customerorder x SET value = told FROM (
            SELECT o.id, {one} AS told FROM crm_customerorder o WHERE o.currency <> '') c
        WHERE c.id = x.id AND x.value IS DISTINCT FROM c.told
        """,
        _parameters(rules),
    )
    parts = _BY_CURRENCY.format(orders="(SELECT * FROM crm_customerorder WHERE currency = '')")
    cursor.execute(
        f"""
        UPDATE crm_customerorder x SET value = c.told FROM (
            SELECT o.id, CASE WHEN count(*) = count(p.told) THEN sum(p.told) END AS told
            FROM crm_customerorder o JOIN LATERAL (
                SELECT {_told("p.currency", "p.amount", "o.bought_on")} AS told
                FROM ({parts}) p
                WHERE p.source = o.source AND p.order_number = o.order_number) p ON true
            WHERE o.currency = '' GROUP BY o.id) c
        WHERE c.id = x.id AND x.value IS DISTINCT FROM c.told
        """,
        _parameters(rules),
    )
