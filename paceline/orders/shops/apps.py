from __future__ import annotations

from django.apps import AppConfig


class ShopsConfig(AppConfig):
    name = "paceline.orders.shops"
    label = "shops"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        # Only now are the models loaded that these need.
        from paceline.kernel import acts  # noqa: PLC0415
        from paceline.live import topics  # noqa: PLC0415
        from paceline.notifications import wording as notices  # noqa: PLC0415
        from paceline.orders.shops import access  # noqa: PLC0415
        from paceline.orders.shops.acts import ACTS, NOTICES  # noqa: PLC0415

        acts.register(ACTS)
        topics.register("shops", topics.is_whole_list)
        topics.register("shop", access.may_follow_shop)
        topics.register("claims", topics.is_whole_list)
        for kind, text in NOTICES.items():
            notices.register(kind, text, icon="receipt")
