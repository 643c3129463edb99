from __future__ import annotations

import django.db.models.deletion
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeBoundary
from django.db import migrations, models

from paceline.kernel.periods import DateRange, OneId

# A text that was submitted stands still; an approval is by someone else and is never taken back.
# Returning or withdrawing deletes the submission, after which the text is a draft again.
KEEP = """
CREATE FUNCTION plan_text_stands_still() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM incentives_plansubmission WHERE version_id = OLD.id)
       AND NOT EXISTS (SELECT FROM incentives_planapproval WHERE version_id = OLD.id) THEN
        RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
    END IF;
    IF TG_OP = 'DELETE' OR (NEW.plan_id, NEW.number, NEW.source, NEW.digest, NEW.effective_from,
                            NEW.authored_by_id, NEW.authored_at, NEW.outline)
       IS DISTINCT FROM    (OLD.plan_id, OLD.number, OLD.source, OLD.digest, OLD.effective_from,
                            OLD.authored_by_id, OLD.authored_at, OLD.outline) THEN
        RAISE EXCEPTION 'a submitted plan text stands still' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER plan_version_stands_still BEFORE UPDATE OR DELETE ON incentives_planversion
    FOR EACH ROW EXECUTE FUNCTION plan_text_stands_still();

CREATE FUNCTION plan_approval_is_by_another() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN
        RAISE EXCEPTION 'an approval is never changed' USING ERRCODE = 'restrict_violation';
    END IF;
    IF NOT EXISTS (SELECT FROM incentives_plansubmission WHERE version_id = NEW.version_id) THEN
        RAISE EXCEPTION 'only a submitted text is approved' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.author_id IS DISTINCT FROM
           (SELECT authored_by_id FROM incentives_planversion WHERE id = NEW.version_id)
       OR NEW.approved_by_id = NEW.author_id
       OR EXISTS (SELECT FROM incentives_planedit
                  WHERE version_id = NEW.version_id AND edited_by_id = NEW.approved_by_id)
       OR EXISTS (SELECT FROM incentives_plansubmission
                  WHERE version_id = NEW.version_id AND submitted_by_id = NEW.approved_by_id) THEN
        RAISE EXCEPTION 'a plan is approved by someone who did not write it'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER plan_approval_by_another BEFORE INSERT OR UPDATE OR DELETE
    ON incentives_planapproval FOR EACH ROW EXECUTE FUNCTION plan_approval_is_by_another();

CREATE FUNCTION plan_submission_stays_approved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM incentives_planapproval WHERE version_id = OLD.version_id) THEN
        RAISE EXCEPTION 'an approved plan stays submitted' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE TRIGGER plan_submission_stays BEFORE UPDATE OR DELETE ON incentives_plansubmission
    FOR EACH ROW EXECUTE FUNCTION plan_submission_stays_approved();
"""
FREE = """
DROP TRIGGER plan_submission_stays ON incentives_plansubmission;
DROP FUNCTION plan_submission_stays_approved();
DROP TRIGGER plan_approval_by_another ON incentives_planapproval;
DROP FUNCTION plan_approval_is_by_another();
DROP TRIGGER plan_version_stands_still ON incentives_planversion;
DROP FUNCTION plan_text_stands_still();
"""


def once(target: str) -> ExclusionConstraint:
    """Assignments to one position, team or person do not overlap; others do not collide."""
    return ExclusionConstraint(
        name=f"assignment_{target}_once",
        expressions=[
            (OneId("plan"), "="),
            (OneId(target), "="),
            (DateRange("starts_on", "ends_before", RangeBoundary()), "&&"),
        ],
        condition=models.Q((f"{target}__isnull", False)),
        violation_error_message=f"This plan already pays this {target} on some of these days.",
    )


TARGETS = ("position", "team", "person")


class Migration(migrations.Migration):
    dependencies = (("incentives", "0002_pay_keeps_its_promises"), ("org", "0001_initial"))
    operations = (
        migrations.AddField(
            model_name="planversion", name="outline", field=models.JSONField(default=dict)
        ),
        migrations.CreateModel(
            name="PlanEdit",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("edited_at", models.DateTimeField()),
                ("digest", models.CharField(max_length=64)),
                (
                    "edited_by",
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
                        related_name="edits",
                        to="incentives.planversion",
                    ),
                ),
            ],
            options={"ordering": ("version", "id")},
        ),
        *(
            migrations.RemoveConstraint("planassignment", f"assignment_{one}_once")
            for one in TARGETS
        ),
        *(migrations.AddConstraint("planassignment", once(one)) for one in TARGETS),
        migrations.RunSQL(KEEP, FREE),
    )
