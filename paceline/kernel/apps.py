from __future__ import annotations

from django.apps import AppConfig


class KernelConfig(AppConfig):
    name = "paceline.kernel"
    label = "kernel"
    default_auto_field = "django.db.models.BigAutoField"
