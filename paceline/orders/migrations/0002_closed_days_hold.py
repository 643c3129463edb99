"""No line of a closed day comes, changes or goes, whoever asks the database."""

from __future__ import annotations

from django.db import migrations

FUNCTION = """
CREATE FUNCTION orders_refuse_closed_days() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    day date;
BEGIN
    IF NOT EXISTS (SELECT 1 FROM orders_closeddays) THEN
        RETURN NULL;
    END IF;
    SELECT min(l.ordered_on) INTO day FROM touched l
    JOIN orders_closeddays c ON l.ordered_on >= c.starts_on AND l.ordered_on < c.ends_before;
    IF day IS NOT NULL THEN
        RAISE EXCEPTION 'order lines of % are closed', day USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$
"""
# One look a statement, over all its rows: a row trigger would cost as much as the write itself.
TRIGGERS = """
CREATE TRIGGER closed_days_insert AFTER INSERT ON orders_orderline
    REFERENCING NEW TABLE AS touched FOR EACH STATEMENT
    EXECUTE FUNCTION orders_refuse_closed_days();
CREATE TRIGGER closed_days_update_new AFTER UPDATE ON orders_orderline
    REFERENCING NEW TABLE AS touched FOR EACH STATEMENT
    EXECUTE FUNCTION orders_refuse_closed_days();
CREATE TRIGGER closed_days_update_old AFTER UPDATE ON orders_orderline
    REFERENCING OLD TABLE AS touched FOR EACH STATEMENT
    EXECUTE FUNCTION orders_refuse_closed_days();
CREATE TRIGGER closed_days_delete AFTER DELETE ON orders_orderline
    REFERENCING OLD TABLE AS touched FOR EACH STATEMENT
    EXECUTE FUNCTION orders_refuse_closed_days();
"""
BACK = """
DROP TRIGGER closed_days_insert ON orders_orderline;
DROP TRIGGER closed_days_update_new ON orders_orderline;
DROP TRIGGER closed_days_update_old ON orders_orderline;
DROP TRIGGER closed_days_delete ON orders_orderline;
DROP FUNCTION orders_refuse_closed_days();
"""


class Migration(migrations.Migration):
    dependencies = [("orders", "0001_initial")]

    operations = [migrations.RunSQL(FUNCTION + ";" + TRIGGERS, BACK)]
