from __future__ import annotations

from django.apps import AppConfig


class MailConfig(AppConfig):
    name = "paceline.mail"
    label = "mail"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        # Only now are the models loaded that these need.
        from paceline.crm import sequels  # noqa: PLC0415
        from paceline.kernel import acts  # noqa: PLC0415
        from paceline.mail import actions, hints, panels  # noqa: PLC0415
        from paceline.mail.acts import ACTS  # noqa: PLC0415

        acts.register(ACTS)
        hints.register()
        panels.register()
        sequels.add_forgetting(actions.forget)
