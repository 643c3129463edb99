from __future__ import annotations

from django.apps import AppConfig


class LeadsConfig(AppConfig):
    name = "paceline.leads"
    label = "leads"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        # Only now are the models loaded that these need.
        from paceline.kernel import acts  # noqa: PLC0415
        from paceline.leads import arrivals, hints, panels  # noqa: PLC0415
        from paceline.leads.acts import ACTS  # noqa: PLC0415

        acts.register(ACTS)
        arrivals.register()
        hints.register()
        panels.register()
