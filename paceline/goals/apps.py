from __future__ import annotations

from django.apps import AppConfig


class GoalsConfig(AppConfig):
    name = "paceline.goals"
    label = "goals"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        # Only now are the models loaded that these need.
        from paceline.goals import found, hints  # noqa: PLC0415
        from paceline.goals.acts import ACTS, EVENTS  # noqa: PLC0415
        from paceline.goals.kinds import register_kinds  # noqa: PLC0415
        from paceline.goals.measures import deals, figures, orders, replies  # noqa: PLC0415
        from paceline.kernel import acts  # noqa: PLC0415
        from paceline.webhooks import kinds as events  # noqa: PLC0415

        acts.register(ACTS)
        events.register(EVENTS)
        register_kinds()
        hints.register()
        found.register()
        for sources in (orders, deals, replies, figures):
            sources.register()
