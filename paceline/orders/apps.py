from __future__ import annotations

from django.apps import AppConfig


class OrdersConfig(AppConfig):
    name = "paceline.orders"
    label = "orders"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        # Only now are the models loaded that these need.
        from paceline.kernel import acts  # noqa: PLC0415
        from paceline.orders.acts import ACTS, EVENTS  # noqa: PLC0415
        from paceline.orders.kinds import register_kinds  # noqa: PLC0415
        from paceline.webhooks import kinds as events  # noqa: PLC0415

        acts.register(ACTS)
        events.register(EVENTS)
        register_kinds()
