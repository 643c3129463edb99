"""Somebody who was erased leaves closed lines too, and nothing else of them changes."""

from __future__ import annotations

from django.db import migrations

ALLOW = """
DROP TRIGGER closed_days_update ON orders_orderline;
CREATE TRIGGER closed_days_update AFTER UPDATE ON orders_orderline
    REFERENCING OLD TABLE AS was NEW TABLE AS now FOR EACH STATEMENT
    WHEN (current_setting('paceline.erasing', true) IS DISTINCT FROM 'on')
    EXECUTE FUNCTION orders_refuse_closed_changes();
CREATE FUNCTION orders_only_customers_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM was JOIN now USING (id)
               WHERE to_jsonb(was) - 'customer' <> to_jsonb(now) - 'customer') THEN
        RAISE EXCEPTION 'only the customer of a line can be forgotten'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER customers_are_forgotten AFTER UPDATE ON orders_orderline
    REFERENCING OLD TABLE AS was NEW TABLE AS now FOR EACH STATEMENT
    WHEN (current_setting('paceline.erasing', true) = 'on')
    EXECUTE FUNCTION orders_only_customers_change();
"""
REFUSE = """
DROP TRIGGER customers_are_forgotten ON orders_orderline;
DROP FUNCTION orders_only_customers_change();
DROP TRIGGER closed_days_update ON orders_orderline;
CREATE TRIGGER closed_days_update AFTER UPDATE ON orders_orderline
    REFERENCING OLD TABLE AS was NEW TABLE AS now FOR EACH STATEMENT
    EXECUTE FUNCTION orders_refuse_closed_changes();
"""


class Migration(migrations.Migration):
    dependencies = (("orders", "0006_orders_are_followed"),)
    operations = (migrations.RunSQL(ALLOW, REFUSE),)
