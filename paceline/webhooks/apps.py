from __future__ import annotations

from django.apps import AppConfig

from paceline.kernel import acts
from paceline.webhooks.acts import ACTS


class WebhooksConfig(AppConfig):
    name = "paceline.webhooks"
    label = "webhooks"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from paceline.webhooks import wording  # noqa: PLC0415 - models are ready only now

        acts.register(ACTS)
        wording.register()
