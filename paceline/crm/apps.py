from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CrmConfig(AppConfig):
    name = "paceline.crm"
    label = "crm"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        # Only now are the models loaded that these need.
        from paceline.crm import found, hints  # noqa: PLC0415
        from paceline.crm.access import may_read_customers  # noqa: PLC0415
        from paceline.crm.actions.waking import wake  # noqa: PLC0415
        from paceline.crm.acts import ACTS, EVENTS  # noqa: PLC0415
        from paceline.crm.intake import register_kinds  # noqa: PLC0415
        from paceline.kernel import acts, own_work  # noqa: PLC0415
        from paceline.orders import news  # noqa: PLC0415
        from paceline.webhooks import kinds as events  # noqa: PLC0415

        acts.register(ACTS)
        events.register(EVENTS)
        found.register()
        hints.register()
        news.follow(wake)
        register_kinds()
        own_work.register(
            own_work.OwnWork(
                "tasks", _("Tasks with customers"), _("My tasks"), "checkbox", "crm:tasks", 2,
                may_read_customers,
            )
        )  # fmt: skip
