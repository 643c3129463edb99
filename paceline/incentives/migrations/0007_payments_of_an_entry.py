from __future__ import annotations

import django.core.validators
import django.db.models.deletion
from django.db import migrations, models

import paceline.kernel.money

# Each entry was one payment so far.
MOVE = """
INSERT INTO incentives_payrollpayment (entry_id, amount, currency)
SELECT id, amount, currency FROM incentives_payrollentry ORDER BY id;
SET CONSTRAINTS ALL IMMEDIATE;
SET CONSTRAINTS ALL DEFERRED;
"""
KEEP = """
CREATE TRIGGER payroll_payment_never_changes BEFORE UPDATE OR DELETE ON incentives_payrollpayment
    FOR EACH ROW EXECUTE FUNCTION pay_refuse_change();
"""
FREE = "DROP TRIGGER payroll_payment_never_changes ON incentives_payrollpayment;"


class Migration(migrations.Migration):
    dependencies = (("incentives", "0006_settlement"),)
    operations = (
        migrations.CreateModel(
            name="PayrollPayment",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("amount", paceline.kernel.money.MoneyField(decimal_places=4, max_digits=20)),
                (
                    "currency",
                    paceline.kernel.money.CurrencyField(
                        max_length=3,
                        validators=[
                            django.core.validators.RegexValidator(
                                "^[A-Z]{3}$", "Use a three-letter currency code."
                            )
                        ],
                    ),
                ),
                (
                    "entry",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="payments",
                        to="incentives.payrollentry",
                    ),
                ),
            ],
            options={"ordering": ("entry", "id")},
        ),
        migrations.AddConstraint(
            model_name="payrollpayment",
            constraint=models.UniqueConstraint(
                fields=["entry", "currency"], name="payroll_payment_once_per_currency"
            ),
        ),
        migrations.RunSQL(MOVE, migrations.RunSQL.noop),
        migrations.RunSQL(KEEP, FREE),
        migrations.RemoveField(model_name="payrollentry", name="amount"),
        migrations.RemoveField(model_name="payrollentry", name="currency"),
    )
