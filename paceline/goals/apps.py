from __future__ import annotations

from django.apps import AppConfig


class GoalsConfig(AppConfig):
    name = "paceline.goals"
    label = "goals"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from paceline.goals.kinds import register_kinds  # noqa: PLC0415 - once models are loaded

        register_kinds()
