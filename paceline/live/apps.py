from __future__ import annotations

from django.apps import AppConfig


class LiveConfig(AppConfig):
    name = "paceline.live"
    label = "live"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from paceline.live import presence, queries, topics  # noqa: PLC0415 - models are ready only now

        topics.register("person", topics.is_own)
        topics.register("presence", presence.may_follow)
        topics.register("progress", queries.may_follow_progress)
