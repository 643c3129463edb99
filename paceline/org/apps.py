from __future__ import annotations

from django.apps import AppConfig

from paceline.kernel import acts
from paceline.org.acts import ACTS


class OrgConfig(AppConfig):
    name = "paceline.org"
    label = "org"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from paceline.org import found  # noqa: PLC0415 - models are ready only now

        acts.register(ACTS)
        found.register()
