from __future__ import annotations

from django.apps import AppConfig


class GoalsConfig(AppConfig):
    name = "paceline.goals"
    label = "goals"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        # Only now are the models loaded that these need.
        from paceline.goals.acts import ACTS  # noqa: PLC0415
        from paceline.goals.kinds import register_kinds  # noqa: PLC0415
        from paceline.kernel import acts  # noqa: PLC0415
        from paceline.live import topics  # noqa: PLC0415

        acts.register(ACTS)
        register_kinds()
        for whole_list in ("quotas", "figures"):
            topics.register(whole_list, topics.is_whole_list)
