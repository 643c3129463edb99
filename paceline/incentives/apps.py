from __future__ import annotations

from django.apps import AppConfig


class IncentivesConfig(AppConfig):
    name = "paceline.incentives"
    label = "incentives"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from paceline.incentives import acts, pay_words  # noqa: PLC0415 - models are ready only now
        from paceline.kernel.acts import register  # noqa: PLC0415

        register(acts.PLANS)
        pay_words.register()
