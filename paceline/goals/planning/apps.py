from __future__ import annotations

from django.apps import AppConfig


class PlanningConfig(AppConfig):
    name = "paceline.goals.planning"
    label = "planning"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        # Only now are the models loaded that these need.
        from paceline.goals.planning.acts import ACTS, NOTICES  # noqa: PLC0415
        from paceline.goals.planning.kinds import AGREED_QUOTAS  # noqa: PLC0415
        from paceline.imports import kinds  # noqa: PLC0415
        from paceline.kernel import acts  # noqa: PLC0415
        from paceline.live import topics  # noqa: PLC0415
        from paceline.notifications import wording as notices  # noqa: PLC0415

        acts.register(ACTS)
        kinds.register(AGREED_QUOTAS)
        topics.register("quota_plans", topics.is_whole_list)
        for kind, text in NOTICES.items():
            notices.register(kind, text, icon="target")
