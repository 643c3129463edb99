from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class IncentivesConfig(AppConfig):
    name = "paceline.incentives"
    label = "incentives"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from paceline.incentives import (  # noqa: PLC0415 - models are ready only now
            acts,
            alignment,
            deal_pay,
            followed,
            found,
            goal_measures,
            pay_notices,
            pay_words,
            plan_notices,
            quota_effect_words,
            settled_words,
        )
        from paceline.incentives.kinds.rate_rows import register_kind  # noqa: PLC0415
        from paceline.incentives.kinds.terms import register_kinds  # noqa: PLC0415
        from paceline.kernel import own_work  # noqa: PLC0415
        from paceline.kernel.acts import register  # noqa: PLC0415
        from paceline.webhooks import kinds as events  # noqa: PLC0415

        register(acts.PLANS)
        register(acts.PAY)
        events.register(pay_notices.EVENTS)
        own_work.register(
            own_work.OwnWork(
                "plan", _("Goals and pay"), _("My plan"), "clipboard-text", "incentives:my-plan", 3
            )
        )
        register_kinds()
        register_kind()
        pay_words.register()
        followed.register()
        found.register()
        goal_measures.register()
        alignment.register()
        deal_pay.register()
        pay_notices.register()
        plan_notices.register()
        quota_effect_words.register()
        settled_words.register()
