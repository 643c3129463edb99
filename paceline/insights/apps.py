from __future__ import annotations

from django.apps import AppConfig


class InsightsConfig(AppConfig):
    name = "paceline.insights"
    label = "insights"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        # Only now are the models loaded that these need.
        from paceline.insights import found  # noqa: PLC0415
        from paceline.insights.acts import ACTS  # noqa: PLC0415
        from paceline.kernel import acts  # noqa: PLC0415

        acts.register(ACTS)
        found.register()
