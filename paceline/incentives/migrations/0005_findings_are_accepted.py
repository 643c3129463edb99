from __future__ import annotations

import django.db.models.deletion
from django.db import migrations, models

# An acceptance is never rewritten, and what was approved keeps the acceptances that it had.
KEEP = """
CREATE FUNCTION finding_acceptance_stands() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        RAISE EXCEPTION 'an acceptance is never changed' USING ERRCODE = 'restrict_violation';
    END IF;
    IF EXISTS (SELECT FROM incentives_planapproval WHERE version_id =
               CASE WHEN TG_OP = 'DELETE' THEN OLD.version_id ELSE NEW.version_id END) THEN
        RAISE EXCEPTION 'an approved plan keeps what was accepted about it'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE TRIGGER finding_acceptance_stands BEFORE INSERT OR UPDATE OR DELETE
    ON incentives_findingacceptance FOR EACH ROW EXECUTE FUNCTION finding_acceptance_stands();
"""
FREE = """
DROP TRIGGER finding_acceptance_stands ON incentives_findingacceptance;
DROP FUNCTION finding_acceptance_stands();
"""


class Migration(migrations.Migration):
    dependencies = (
        ("incentives", "0004_complete_plan_language"),
        ("org", "0002_one_role_at_a_time"),
    )
    operations = (
        migrations.CreateModel(
            name="FindingAcceptance",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("key", models.CharField(max_length=32)),
                ("code", models.CharField(max_length=40)),
                ("clause", models.CharField(max_length=200)),
                ("accepted_at", models.DateTimeField()),
                ("reason", models.TextField(verbose_name="why")),
                (
                    "accepted_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="org.person",
                    ),
                ),
                (
                    "version",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="acceptances",
                        to="incentives.planversion",
                    ),
                ),
            ],
            options={"ordering": ("version", "id")},
        ),
        migrations.AddConstraint(
            "findingacceptance",
            models.UniqueConstraint(fields=["version", "key"], name="finding_accepted_once"),
        ),
        migrations.AddConstraint(
            "findingacceptance",
            models.CheckConstraint(
                condition=~models.Q(reason__regex=r"^\s*$"),
                name="finding_accepted_with_a_reason",
            ),
        ),
        migrations.RunSQL(KEEP, FREE),
    )
