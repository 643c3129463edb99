from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = (("files", "0001_initial"),)
    operations = (migrations.AddField("storedfile", "removed_at", models.DateTimeField(null=True)),)
