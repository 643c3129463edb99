"""Tables of rates: rows by which plans pay, and what they said before an import changed them."""

import django.db.models.deletion
from django.db import migrations, models

import paceline.kernel.money


class Migration(migrations.Migration):
    dependencies = [
        ("imports", "0002_row_pictures"),
        ("incentives", "0012_rows_of_tables_of_rates"),
    ]

    operations = [
        migrations.CreateModel(
            name="RateRowBefore",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("row_id", models.BigIntegerField()),
                ("ends_before", models.DateField(null=True)),
                ("ends_at", models.DecimalField(decimal_places=8, max_digits=24, null=True)),
                ("rate", models.DecimalField(decimal_places=8, max_digits=20, null=True)),
                (
                    "amount",
                    paceline.kernel.money.MoneyField(decimal_places=4, max_digits=20, null=True),
                ),
                ("currency", models.CharField(blank=True, max_length=3)),
                ("imported_by_id", models.BigIntegerField(null=True)),
                (
                    "source_import",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="imports.import",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="RateRow",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("rate_table", models.CharField(max_length=63, verbose_name="table of rates")),
                ("keys", models.CharField(max_length=1000, verbose_name="for")),
                ("starts_on", models.DateField(verbose_name="first day")),
                (
                    "above",
                    models.DecimalField(decimal_places=8, max_digits=24, verbose_name="from"),
                ),
                ("ends_before", models.DateField(null=True)),
                (
                    "ends_at",
                    models.DecimalField(
                        decimal_places=8, max_digits=24, null=True, verbose_name="to"
                    ),
                ),
                (
                    "rate",
                    models.DecimalField(
                        decimal_places=8, max_digits=20, null=True, verbose_name="rate"
                    ),
                ),
                (
                    "amount",
                    paceline.kernel.money.MoneyField(
                        decimal_places=4, max_digits=20, null=True, verbose_name="amount"
                    ),
                ),
                ("currency", models.CharField(blank=True, max_length=3, verbose_name="currency")),
                (
                    "imported_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="imports.import",
                    ),
                ),
            ],
            options={
                "ordering": ("rate_table", "keys", "starts_on", "above"),
                "constraints": [
                    models.UniqueConstraint(
                        fields=("rate_table", "keys", "starts_on", "above"), name="rate_row_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("ends_before__isnull", True),
                            ("ends_before__gt", models.F("starts_on")),
                            _connector="OR",
                        ),
                        name="rate_row_ends_after_start",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("rate__isnull", True), ("amount__isnull", True), _connector="XOR"
                        ),
                        name="rate_row_pays_one",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("above__gte", 0)), name="rate_row_from_zero"
                    ),
                ],
            },
        ),
    ]
