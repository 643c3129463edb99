"""A tier of a statement may be a row of a table of rates: its key is kept, its number may be high."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("incentives", "0011_statements_say_their_days"),
    ]

    operations = [
        migrations.AddField(
            model_name="statementtier",
            name="key",
            field=models.CharField(blank=True, max_length=1000),
        ),
        migrations.AlterField(
            model_name="statementtier",
            name="tier",
            field=models.PositiveIntegerField(),
        ),
    ]
