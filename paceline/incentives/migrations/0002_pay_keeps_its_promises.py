from __future__ import annotations

import django.db.models.deletion
from django.db import migrations, models

import paceline.kernel.money

KEEP = """
CREATE FUNCTION pay_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% keeps what a run calculated; a correction is a new run', TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER statement_never_changes BEFORE UPDATE OR DELETE ON incentives_statement
    FOR EACH ROW EXECUTE FUNCTION pay_refuse_change();
CREATE TRIGGER component_never_changes BEFORE UPDATE OR DELETE ON incentives_statementcomponent
    FOR EACH ROW EXECUTE FUNCTION pay_refuse_change();
CREATE TRIGGER tier_never_changes BEFORE UPDATE OR DELETE ON incentives_statementtier
    FOR EACH ROW EXECUTE FUNCTION pay_refuse_change();
CREATE TRIGGER payroll_export_never_changes BEFORE UPDATE OR DELETE ON incentives_payrollexport
    FOR EACH ROW EXECUTE FUNCTION pay_refuse_change();
CREATE TRIGGER payroll_entry_never_changes BEFORE UPDATE OR DELETE ON incentives_payrollentry
    FOR EACH ROW EXECUTE FUNCTION pay_refuse_change();
CREATE TRIGGER finalisation_never_changes BEFORE UPDATE OR DELETE ON incentives_runfinalisation
    FOR EACH ROW EXECUTE FUNCTION pay_refuse_change();
"""
FREE = """
DROP TRIGGER statement_never_changes ON incentives_statement;
DROP TRIGGER component_never_changes ON incentives_statementcomponent;
DROP TRIGGER tier_never_changes ON incentives_statementtier;
DROP TRIGGER payroll_export_never_changes ON incentives_payrollexport;
DROP TRIGGER payroll_entry_never_changes ON incentives_payrollentry;
DROP TRIGGER finalisation_never_changes ON incentives_runfinalisation;
DROP FUNCTION pay_refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = (
        ("incentives", "0001_initial"),
        ("live", "0001_initial"),
        ("org", "0001_initial"),
    )
    operations = (
        migrations.DeleteModel(name="PeriodClosure"),
        migrations.RemoveConstraint(model_name="linethread", name="thread_once_per_line"),
        migrations.RemoveField(model_name="linethread", name="component"),
        migrations.AddField(
            model_name="linethread",
            name="component",
            field=models.ForeignKey(
                default=0,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="threads",
                to="incentives.statementcomponent",
            ),
            preserve_default=False,
        ),
        migrations.AddConstraint(
            model_name="linethread",
            constraint=models.UniqueConstraint(
                fields=["component", "line_id"], name="thread_once_per_component_and_line"
            ),
        ),
        migrations.RemoveField(model_name="payrollentry", name="statement"),
        migrations.AddField(
            model_name="payrollentry",
            name="release",
            field=models.OneToOneField(
                default=0,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="payroll_entry",
                to="incentives.release",
            ),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="run", name="ended_at", field=models.DateTimeField(null=True)
        ),
        migrations.AddConstraint(
            model_name="run",
            constraint=models.UniqueConstraint(
                condition=models.Q(("ended_at__isnull", True)),
                fields=["period"],
                name="run_one_under_way_per_period",
            ),
        ),
        migrations.AddConstraint(
            model_name="run",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("computed_at__isnull", True), ("ended_at__isnull", False), _connector="OR"
                ),
                name="run_with_results_has_ended",
            ),
        ),
        migrations.AlterField(
            model_name="statementcomponent",
            name="measure",
            field=models.DecimalField(decimal_places=12, max_digits=38, null=True),
        ),
        migrations.AlterField(
            model_name="statementtier",
            name="lower_amount",
            field=models.DecimalField(decimal_places=12, max_digits=38, null=True),
        ),
        migrations.AlterField(
            model_name="statementtier",
            name="upper_amount",
            field=models.DecimalField(decimal_places=12, max_digits=38, null=True),
        ),
        migrations.AlterField(
            model_name="statementtier",
            name="base",
            field=models.DecimalField(decimal_places=12, max_digits=38),
        ),
        migrations.AddField(
            model_name="statementcomponent",
            name="condition_adjustment",
            field=paceline.kernel.money.MoneyField(decimal_places=4, default=0, max_digits=20),
        ),
        migrations.RunSQL(KEEP, FREE),
    )
