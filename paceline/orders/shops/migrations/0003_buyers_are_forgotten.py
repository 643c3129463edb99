"""What a shop said stays as it came, until it is emptied: nothing else of it ever changes."""

from __future__ import annotations

from django.db import migrations, models

EMPTY = """
DROP TRIGGER deliveries_stay ON shops_delivery;
CREATE TRIGGER deliveries_stay BEFORE DELETE OR TRUNCATE ON shops_delivery
    FOR EACH STATEMENT EXECUTE FUNCTION shops_refuse_change();
CREATE FUNCTION shops_only_empties() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.emptied_at IS NULL OR OLD.emptied_at IS NOT NULL OR NEW.body <> ''::bytea
        OR to_jsonb(OLD) - 'body' - 'emptied_at' <> to_jsonb(NEW) - 'body' - 'emptied_at'
    THEN
        RAISE EXCEPTION 'what a shop said stays as it came' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER deliveries_only_empty BEFORE UPDATE ON shops_delivery
    FOR EACH ROW EXECUTE FUNCTION shops_only_empties();
"""
STAY = """
DROP TRIGGER deliveries_only_empty ON shops_delivery;
DROP FUNCTION shops_only_empties();
DROP TRIGGER deliveries_stay ON shops_delivery;
CREATE TRIGGER deliveries_stay BEFORE UPDATE OR DELETE OR TRUNCATE ON shops_delivery
    FOR EACH STATEMENT EXECUTE FUNCTION shops_refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = (("shops", "0002_deliveries_stay"),)
    operations = (
        migrations.AddField("delivery", "emptied_at", models.DateTimeField(null=True)),
        migrations.AddField("shoporder", "buyer_erased_at", models.DateTimeField(null=True)),
        migrations.RunSQL(EMPTY, STAY),
    )
