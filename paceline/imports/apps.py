from __future__ import annotations

from django.apps import AppConfig


class ImportsConfig(AppConfig):
    name = "paceline.imports"
    label = "imports"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from paceline.imports.company import register_kinds  # noqa: PLC0415 - once models are loaded

        register_kinds()
