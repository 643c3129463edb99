from __future__ import annotations

from django.apps import AppConfig


class IncentivesConfig(AppConfig):
    name = "paceline.incentives"
    label = "incentives"
    default_auto_field = "django.db.models.BigAutoField"
