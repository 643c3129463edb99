from __future__ import annotations

from django.apps import AppConfig

from paceline.accounts.acts import ACTS
from paceline.kernel import acts


class AccountsConfig(AppConfig):
    name = "paceline.accounts"
    label = "accounts"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        acts.register(ACTS)
