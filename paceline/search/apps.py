from __future__ import annotations

from django.apps import AppConfig


class SearchConfig(AppConfig):
    name = "paceline.search"
    label = "search"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from paceline.kernel import findable  # noqa: PLC0415 - models are ready only now
        from paceline.search import actions  # noqa: PLC0415

        findable.listen(actions.index)
