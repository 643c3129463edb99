"""The days of an order line beside the order's own, and closed days that say which they mean."""

from __future__ import annotations

import django.contrib.postgres.fields
from django.db import migrations, models

import paceline.orders.models

# A day of a line is closed when a final run has used days of its kind; a return counts on its own
# day for every kind. Whoever changes only a day that is not closed changes nothing of that run.
CLOSED = """
    SELECT min(d.day) INTO day FROM {rows}
    CROSS JOIN LATERAL (VALUES {days}) d (name, day, is_touched)
    JOIN orders_closeddays c ON d.is_touched AND d.day >= c.starts_on AND d.day < c.ends_before
        AND (d.name = ANY (c.dates) OR (d.name = 'ordered_on' AND {line}.kind = 'return'));
"""
FACTS = (
    "kind", "returns_line_id", "ordered_on", "person_id", "customer", "product", "category",
    "channel", "territory", "quantity", "amount", "cost", "currency", "sold_on", "source",
    "order_number", "line_number",
)  # fmt: skip
NAMES = ("ordered_on", "invoiced_on", "shipped_on", "paid_on", "final_on")


def _rows(alias: str) -> str:
    return ", ".join(f"{alias}.{name}" for name in FACTS)


ALONE = CLOSED.format(
    rows="touched t", line="t", days=", ".join(f"('{name}', t.{name}, true)" for name in NAMES)
)
BOTH = CLOSED.format(
    rows="was w JOIN now n ON n.id = w.id",
    line="n",
    days=", ".join(
        f"('{name}', {one}.{name}, w.{name} IS DISTINCT FROM n.{name}"
        f" OR ({_rows('w')}) IS DISTINCT FROM ({_rows('n')}))"
        for name in NAMES
        for one in ("w", "n")
    ),
)
FUNCTION = """
CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    day date;
BEGIN
    IF NOT EXISTS (SELECT 1 FROM orders_closeddays) THEN
        RETURN NULL;
    END IF;
    {look}
    IF day IS NOT NULL THEN
        RAISE EXCEPTION 'order lines of % are closed', day USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
"""
HOLD = (
    FUNCTION.format(name="orders_refuse_closed_days", look=ALONE)
    + FUNCTION.format(name="orders_refuse_closed_changes", look=BOTH)
    + """
DROP TRIGGER closed_days_update_new ON orders_orderline;
DROP TRIGGER closed_days_update_old ON orders_orderline;
CREATE TRIGGER closed_days_update AFTER UPDATE ON orders_orderline
    REFERENCING OLD TABLE AS was NEW TABLE AS now FOR EACH STATEMENT
    EXECUTE FUNCTION orders_refuse_closed_changes();
"""
)
BEFORE = """
    SELECT min(l.ordered_on) INTO day FROM touched l
    JOIN orders_closeddays c ON l.ordered_on >= c.starts_on AND l.ordered_on < c.ends_before;
"""
BACK = (
    """
DROP TRIGGER closed_days_update ON orders_orderline;
DROP FUNCTION orders_refuse_closed_changes();
"""
    + FUNCTION.format(name="orders_refuse_closed_days", look=BEFORE)
    + """
CREATE TRIGGER closed_days_update_new AFTER UPDATE ON orders_orderline
    REFERENCING NEW TABLE AS touched FOR EACH STATEMENT
    EXECUTE FUNCTION orders_refuse_closed_days();
CREATE TRIGGER closed_days_update_old AFTER UPDATE ON orders_orderline
    REFERENCING OLD TABLE AS touched FOR EACH STATEMENT
    EXECUTE FUNCTION orders_refuse_closed_days();
"""
)


class Migration(migrations.Migration):
    dependencies = [
        ("imports", "0002_row_pictures"),
        ("orders", "0002_closed_days_hold"),
        ("org", "0002_one_role_at_a_time"),
    ]

    operations = [
        migrations.AddField(
            model_name="closeddays",
            name="dates",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=20),
                default=paceline.orders.models._ordered_on,
                size=None,
            ),
        ),
        migrations.AddField(
            model_name="orderline",
            name="final_on",
            field=models.DateField(null=True, verbose_name="end of the return window"),
        ),
        migrations.AddField(
            model_name="orderline",
            name="invoiced_on",
            field=models.DateField(null=True, verbose_name="invoice date"),
        ),
        migrations.AddField(
            model_name="orderline",
            name="paid_on",
            field=models.DateField(null=True, verbose_name="payment date"),
        ),
        migrations.AddField(
            model_name="orderline",
            name="shipped_on",
            field=models.DateField(null=True, verbose_name="shipping date"),
        ),
        migrations.AddField(
            model_name="orderline",
            name="sold_on",
            field=models.DateField(null=True, verbose_name="date of the sale"),
        ),
        migrations.AddField(
            model_name="orderlinebefore",
            name="final_on",
            field=models.DateField(null=True),
        ),
        migrations.AddField(
            model_name="orderlinebefore",
            name="invoiced_on",
            field=models.DateField(null=True),
        ),
        migrations.AddField(
            model_name="orderlinebefore",
            name="paid_on",
            field=models.DateField(null=True),
        ),
        migrations.AddField(
            model_name="orderlinebefore",
            name="shipped_on",
            field=models.DateField(null=True),
        ),
        migrations.AddField(
            model_name="orderlinebefore",
            name="sold_on",
            field=models.DateField(null=True),
        ),
        migrations.AddIndex(
            model_name="orderline",
            index=models.Index(
                condition=models.Q(("invoiced_on__isnull", False)),
                fields=["invoiced_on", "ordered_on"],
                name="order_line_invoiced_on",
            ),
        ),
        migrations.AddIndex(
            model_name="orderline",
            index=models.Index(
                condition=models.Q(("shipped_on__isnull", False)),
                fields=["shipped_on", "ordered_on"],
                name="order_line_shipped_on",
            ),
        ),
        migrations.AddIndex(
            model_name="orderline",
            index=models.Index(
                condition=models.Q(("paid_on__isnull", False)),
                fields=["paid_on", "ordered_on"],
                name="order_line_paid_on",
            ),
        ),
        migrations.AddIndex(
            model_name="orderline",
            index=models.Index(
                condition=models.Q(("final_on__isnull", False)),
                fields=["final_on", "ordered_on"],
                name="order_line_final_on",
            ),
        ),
        migrations.AddConstraint(
            model_name="orderline",
            constraint=models.CheckConstraint(
                condition=models.Q(("sold_on__isnull", True), ("kind", "return"), _connector="OR"),
                name="order_line_sold_on_of_returns",
            ),
        ),
        migrations.RunSQL(HOLD, BACK),
    ]
