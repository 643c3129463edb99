from __future__ import annotations

from django.apps import AppConfig


class OrdersConfig(AppConfig):
    name = "paceline.orders"
    label = "orders"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from paceline.orders.kinds import register_kinds  # noqa: PLC0415 - once models are loaded

        register_kinds()
