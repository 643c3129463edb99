"""What a shop said is never changed and never deleted, whoever asks the database."""

from __future__ import annotations

from django.db import migrations

REFUSE = """
CREATE FUNCTION shops_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'what a shop said stays as it came' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER deliveries_stay BEFORE UPDATE OR DELETE OR TRUNCATE ON shops_delivery
    FOR EACH STATEMENT EXECUTE FUNCTION shops_refuse_change();
"""
ALLOW = """
DROP TRIGGER deliveries_stay ON shops_delivery;
DROP FUNCTION shops_refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = (("shops", "0001_initial"),)
    operations = (migrations.RunSQL(REFUSE, ALLOW),)
