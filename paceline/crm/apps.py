from __future__ import annotations

from django.apps import AppConfig


class CrmConfig(AppConfig):
    name = "paceline.crm"
    label = "crm"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        # Only now are the models loaded that these need.
        from paceline.crm import found, hints  # noqa: PLC0415
        from paceline.crm.actions.waking import wake  # noqa: PLC0415
        from paceline.crm.acts import ACTS, EVENTS  # noqa: PLC0415
        from paceline.crm.intake import register_kinds  # noqa: PLC0415
        from paceline.kernel import acts  # noqa: PLC0415
        from paceline.orders import news  # noqa: PLC0415
        from paceline.webhooks import kinds as events  # noqa: PLC0415

        acts.register(ACTS)
        events.register(EVENTS)
        found.register()
        hints.register()
        news.follow(wake)
        register_kinds()
