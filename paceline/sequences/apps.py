from __future__ import annotations

from django.apps import AppConfig


class SequencesConfig(AppConfig):
    name = "paceline.sequences"
    label = "sequences"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        # Only now are the models loaded that these need.
        from paceline.kernel import acts  # noqa: PLC0415
        from paceline.sequences import happenings, hints, panels  # noqa: PLC0415
        from paceline.sequences.acts import ACTS, EVENTS  # noqa: PLC0415
        from paceline.webhooks import kinds as events  # noqa: PLC0415

        acts.register(ACTS)
        events.register(EVENTS)
        happenings.register()
        hints.register()
        panels.register()
