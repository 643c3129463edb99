from __future__ import annotations

import django.core.validators
import django.db.models.deletion
from django.db import migrations, models

import paceline.kernel.money

# What a settlement found stands as it is: a correction is another settlement.
KEPT = (
    "settledplan",
    "settlementinput",
    "payable",
    "payment",
    "balance",
    "settledearning",
    "takenback",
    "settlementnote",
    "hold",
    "holdrelease",
)
KEEP = "".join(
    f"CREATE TRIGGER {name}_never_changes BEFORE UPDATE OR DELETE ON incentives_{name}"
    " FOR EACH ROW EXECUTE FUNCTION pay_refuse_change();"
    for name in KEPT
)
FREE = "".join(f"DROP TRIGGER {name}_never_changes ON incentives_{name};" for name in KEPT)


class Migration(migrations.Migration):
    dependencies = (
        ("files", "0001_initial"),
        ("incentives", "0005_findings_are_accepted"),
        ("live", "0001_initial"),
        ("org", "0002_one_role_at_a_time"),
    )

    operations = (
        migrations.CreateModel(
            name="Hold",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "component",
                    models.CharField(blank=True, max_length=80, verbose_name="component"),
                ),
                (
                    "line_id",
                    models.CharField(blank=True, max_length=200, verbose_name="order line"),
                ),
                (
                    "reason",
                    models.CharField(
                        choices=[
                            ("dispute", "A question about it is open"),
                            ("evidence", "Papers are missing"),
                            ("customer", "The sale is being checked"),
                            ("conduct", "An investigation is under way"),
                            ("leaving", "The payee is leaving"),
                            ("other", "Another reason"),
                        ],
                        max_length=20,
                        verbose_name="reason",
                    ),
                ),
                ("note", models.TextField(max_length=1000, verbose_name="note")),
                ("placed_at", models.DateTimeField()),
                (
                    "payee",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="holds",
                        to="org.person",
                    ),
                ),
                (
                    "placed_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="org.person",
                    ),
                ),
                (
                    "plan",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="incentives.plan",
                    ),
                ),
            ],
            options={
                "ordering": ("-id",),
            },
        ),
        migrations.CreateModel(
            name="HoldRelease",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("reason", models.TextField(max_length=1000, verbose_name="reason")),
                ("released_at", models.DateTimeField()),
                (
                    "hold",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="release",
                        to="incentives.hold",
                    ),
                ),
                (
                    "released_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="org.person",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="SettledPlan",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("pays_on", models.DateField(verbose_name="day of payment")),
                ("fingerprint", models.CharField(max_length=64)),
                ("engine_version", models.CharField(max_length=40)),
                ("account", models.JSONField(default=dict)),
                (
                    "previous",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="next_ones",
                        to="incentives.settledplan",
                    ),
                ),
                (
                    "version",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="incentives.planversion",
                    ),
                ),
            ],
            options={
                "ordering": ("settlement", "version"),
            },
        ),
        migrations.CreateModel(
            name="SettledEarning",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("period_starts_on", models.DateField()),
                ("component", models.CharField(max_length=80)),
                ("earned", paceline.kernel.money.MoneyField(decimal_places=4, max_digits=20)),
                ("counted", paceline.kernel.money.MoneyField(decimal_places=4, max_digits=20)),
                (
                    "payee",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="org.person",
                    ),
                ),
                (
                    "plan",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="earnings",
                        to="incentives.settledplan",
                    ),
                ),
            ],
            options={
                "ordering": ("plan", "payee", "period_starts_on", "component"),
            },
        ),
        migrations.CreateModel(
            name="Payment",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
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
                ("amount", paceline.kernel.money.MoneyField(decimal_places=4, max_digits=20)),
                ("plan_amount", paceline.kernel.money.MoneyField(decimal_places=4, max_digits=20)),
                ("rate", models.DecimalField(decimal_places=10, max_digits=18)),
                ("clause", models.CharField(max_length=200)),
                (
                    "statement",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="payments",
                        to="incentives.statement",
                    ),
                ),
                (
                    "plan",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="payments",
                        to="incentives.settledplan",
                    ),
                ),
            ],
            options={
                "ordering": ("plan", "statement"),
            },
        ),
        migrations.CreateModel(
            name="Payable",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("entry", models.PositiveIntegerField()),
                ("kind", models.CharField(max_length=20)),
                ("account", models.CharField(max_length=20)),
                ("component", models.CharField(blank=True, max_length=80)),
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
                ("due_on", models.DateField(null=True)),
                ("reference", models.CharField(blank=True, max_length=200)),
                ("reason", models.CharField(blank=True, max_length=60)),
                ("clause", models.CharField(max_length=200)),
                (
                    "statement",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="payables",
                        to="incentives.statement",
                    ),
                ),
                (
                    "plan",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="payables",
                        to="incentives.settledplan",
                    ),
                ),
            ],
            options={
                "ordering": ("plan", "statement", "entry"),
            },
        ),
        migrations.CreateModel(
            name="Balance",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("account", models.CharField(max_length=20)),
                ("component", models.CharField(blank=True, max_length=80)),
                ("reference", models.CharField(blank=True, max_length=200)),
                ("origin", models.CharField(max_length=200)),
                ("since", models.DateField()),
                ("due_on", models.DateField(null=True)),
                ("original", paceline.kernel.money.MoneyField(decimal_places=4, max_digits=20)),
                ("amount", paceline.kernel.money.MoneyField(decimal_places=4, max_digits=20)),
                (
                    "basis",
                    paceline.kernel.money.MoneyField(decimal_places=4, max_digits=20, null=True),
                ),
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
                    "payee",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="org.person",
                    ),
                ),
                (
                    "plan",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="balances",
                        to="incentives.settledplan",
                    ),
                ),
            ],
            options={
                "ordering": ("plan", "payee", "account", "since", "id"),
            },
        ),
        migrations.CreateModel(
            name="Settlement",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.PositiveIntegerField(verbose_name="settlement")),
                ("requested_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(null=True)),
                ("computed_at", models.DateTimeField(null=True)),
                (
                    "progress",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="live.progress",
                    ),
                ),
                (
                    "requested_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="org.person",
                    ),
                ),
                (
                    "run",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="settlements",
                        to="incentives.run",
                    ),
                ),
            ],
            options={
                "ordering": ("-id",),
            },
        ),
        migrations.AddField(
            model_name="settledplan",
            name="settlement",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="plans",
                to="incentives.settlement",
            ),
        ),
        migrations.CreateModel(
            name="SettlementInput",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("table", models.CharField(max_length=40)),
                ("rows", models.BigIntegerField()),
                (
                    "file",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="files.storedfile",
                    ),
                ),
                (
                    "plan",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="inputs",
                        to="incentives.settledplan",
                    ),
                ),
            ],
            options={
                "ordering": ("plan", "table", "id"),
            },
        ),
        migrations.CreateModel(
            name="SettlementNote",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("code", models.CharField(max_length=60)),
                ("subject", models.CharField(blank=True, max_length=200)),
                ("clause", models.CharField(max_length=200)),
                (
                    "amount",
                    paceline.kernel.money.MoneyField(decimal_places=4, max_digits=20, null=True),
                ),
                (
                    "payee",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="org.person",
                    ),
                ),
                (
                    "plan",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="notes",
                        to="incentives.settledplan",
                    ),
                ),
            ],
            options={
                "ordering": ("plan", "code", "payee", "id"),
            },
        ),
        migrations.CreateModel(
            name="SettlementProblem",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("code", models.CharField(max_length=60)),
                ("params", models.JSONField(default=dict)),
                (
                    "payee",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="org.person",
                    ),
                ),
                (
                    "settlement",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="problems",
                        to="incentives.settlement",
                    ),
                ),
            ],
            options={
                "ordering": ("settlement", "code", "id"),
            },
        ),
        migrations.CreateModel(
            name="TakenBack",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("event_id", models.CharField(max_length=200)),
                ("line_id", models.CharField(max_length=200)),
                ("component", models.CharField(max_length=80)),
                ("original", paceline.kernel.money.MoneyField(decimal_places=4, max_digits=20)),
                ("amount", paceline.kernel.money.MoneyField(decimal_places=4, max_digits=20)),
                ("clause", models.CharField(max_length=200)),
                (
                    "payee",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="org.person",
                    ),
                ),
                (
                    "plan",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="taken_back",
                        to="incentives.settledplan",
                    ),
                ),
            ],
            options={
                "ordering": ("plan", "payee", "event_id"),
            },
        ),
        migrations.AddConstraint(
            model_name="hold",
            constraint=models.CheckConstraint(
                condition=models.Q(("component", ""), ("plan__isnull", False), _connector="OR"),
                name="hold_of_component_names_its_plan",
            ),
        ),
        migrations.AddConstraint(
            model_name="settledearning",
            constraint=models.UniqueConstraint(
                fields=("plan", "payee", "period_starts_on", "component"),
                name="settled_earning_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="payment",
            constraint=models.UniqueConstraint(fields=("plan", "statement"), name="payment_once"),
        ),
        migrations.AddConstraint(
            model_name="payable",
            constraint=models.UniqueConstraint(
                fields=("plan", "statement", "entry"), name="payable_once_per_entry"
            ),
        ),
        migrations.AddConstraint(
            model_name="balance",
            constraint=models.UniqueConstraint(
                fields=("plan", "payee", "account", "component", "reference", "origin", "since"),
                name="balance_once_per_place",
            ),
        ),
        migrations.AddConstraint(
            model_name="settlement",
            constraint=models.UniqueConstraint(
                fields=("run", "number"), name="settlement_number_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="settlement",
            constraint=models.UniqueConstraint(
                condition=models.Q(("ended_at__isnull", True)),
                fields=("run",),
                name="settlement_one_under_way_per_run",
            ),
        ),
        migrations.AddConstraint(
            model_name="settlement",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("computed_at__isnull", True), ("ended_at__isnull", False), _connector="OR"
                ),
                name="settlement_with_results_has_ended",
            ),
        ),
        migrations.AddConstraint(
            model_name="settledplan",
            constraint=models.UniqueConstraint(
                fields=("settlement", "version"), name="settled_plan_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="takenback",
            constraint=models.UniqueConstraint(
                fields=("plan", "payee", "event_id", "line_id", "component"),
                name="taken_back_once_per_event",
            ),
        ),
        migrations.RunSQL(KEEP, FREE),
    )
