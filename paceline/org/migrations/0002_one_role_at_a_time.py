from __future__ import annotations

import django.contrib.postgres.constraints
import django.contrib.postgres.fields.ranges
from django.db import migrations

import paceline.kernel.periods


class Migration(migrations.Migration):
    dependencies = (("org", "0001_initial"),)
    operations = (
        migrations.RemoveConstraint("rolegrant", "grant_open_once_per_role"),
        migrations.AddConstraint(
            "rolegrant",
            django.contrib.postgres.constraints.ExclusionConstraint(
                name="grant_once_per_role_at_a_time",
                expressions=[
                    (paceline.kernel.periods.OneId("person"), "="),
                    (paceline.kernel.periods.OneWord("role"), "="),
                    (
                        paceline.kernel.periods.DateRange(
                            "starts_on",
                            "ends_before",
                            django.contrib.postgres.fields.ranges.RangeBoundary(),
                        ),
                        "&&",
                    ),
                ],
                violation_error_message="This person has the role on some of these days.",
            ),
        ),
    )
