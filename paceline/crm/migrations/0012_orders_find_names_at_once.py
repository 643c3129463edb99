from __future__ import annotations

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
from django.db import migrations, models

# What the job itself links it counts itself: then these keep silent.
SILENT = "IF current_setting('paceline.following', true) = 'on' THEN RETURN NULL; END IF;"
KINDS = ("company", "contact")
FOLLOWED = "number, archived_at, team_id, owner_id, reach"


def _row(row: str, names: str) -> str:
    return ", ".join(f"{row}.{name.strip()}" for name in names.split(","))


def _changes(kind: str, names: str) -> str:
    return f"""
        CREATE TRIGGER {kind}_changes AFTER UPDATE ON crm_{kind} FOR EACH ROW WHEN (
            ({_row("NEW", names)}) IS DISTINCT FROM ({_row("OLD", names)}))
            EXECUTE FUNCTION crm_{kind}_is_touched();
    """


def _by_name(kind: str) -> str:
    """Whoever comes, is renamed or goes: by what their names were compared by until then."""
    return f"""
        DROP TRIGGER {kind}_comes ON crm_{kind};
        DROP TRIGGER {kind}_changes ON crm_{kind};
        CREATE OR REPLACE FUNCTION crm_{kind}_is_touched() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            {SILENT}
            INSERT INTO crm_touchedcustomer ({kind}_id, name_keys) VALUES (NEW.id, OLD.name_keys);
            RETURN NULL;
        END $$;
        CREATE FUNCTION crm_{kind}_rows_come() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            {SILENT}
            INSERT INTO crm_touchedcustomer ({kind}_id) SELECT id FROM touched;
            RETURN NULL;
        END $$;
        CREATE FUNCTION crm_{kind}_rows_go() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            {SILENT}
            INSERT INTO crm_touchedcustomer ({kind}_id, name_keys)
                SELECT id, name_keys FROM touched;
            RETURN NULL;
        END $$;
        CREATE TRIGGER {kind}_comes AFTER INSERT ON crm_{kind}
            REFERENCING NEW TABLE AS touched FOR EACH STATEMENT
            EXECUTE FUNCTION crm_{kind}_rows_come();
        CREATE TRIGGER {kind}_goes AFTER DELETE ON crm_{kind}
            REFERENCING OLD TABLE AS touched FOR EACH STATEMENT
            EXECUTE FUNCTION crm_{kind}_rows_go();
        {_changes(kind, FOLLOWED + ", name_keys")}
    """  # noqa: S608 - our own words


def _by_number(kind: str) -> str:
    return f"""
        DROP TRIGGER {kind}_comes ON crm_{kind};
        DROP TRIGGER {kind}_goes ON crm_{kind};
        DROP TRIGGER {kind}_changes ON crm_{kind};
        DROP FUNCTION crm_{kind}_rows_come();
        DROP FUNCTION crm_{kind}_rows_go();
        CREATE OR REPLACE FUNCTION crm_{kind}_is_touched() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            {SILENT}
            INSERT INTO crm_touchedcustomer ({kind}_id) VALUES (NEW.id);
            RETURN NULL;
        END $$;
        CREATE TRIGGER {kind}_comes AFTER INSERT ON crm_{kind}
            FOR EACH ROW WHEN (NEW.number <> '') EXECUTE FUNCTION crm_{kind}_is_touched();
        {_changes(kind, FOLLOWED)}
    """  # noqa: S608 - our own words


class Migration(migrations.Migration):
    dependencies = (("crm", "0011_orders_to_decide"),)
    operations = (
        migrations.AddField(
            "touchedcustomer",
            "name_keys",
            django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=200), null=True, size=None
            ),
        ),
        migrations.AddIndex(
            "waitingorder",
            django.contrib.postgres.indexes.GinIndex(
                fields=["name_keys"], name="waiting_order_names"
            ),
        ),
        migrations.RunSQL("".join(map(_by_name, KINDS)), "".join(map(_by_number, KINDS))),
    )
