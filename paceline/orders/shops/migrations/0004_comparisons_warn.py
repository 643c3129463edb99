"""A comparison may succeed and still have something to say, as when an interface is outdated."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = (("shops", "0003_buyers_are_forgotten"),)
    operations = (
        migrations.AddField(
            "comparison", "warning", models.CharField(max_length=60, blank=True, default="")
        ),
        migrations.AddField("comparison", "warning_params", models.JSONField(default=dict)),
    )
