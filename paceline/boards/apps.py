from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class BoardsConfig(AppConfig):
    name = "paceline.boards"
    label = "boards"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        # Only now are the models loaded that these need.
        from paceline.boards import found, goals, hints, intake_words  # noqa: PLC0415
        from paceline.boards.access import may_add_project  # noqa: PLC0415
        from paceline.boards.acts import ACTS, EVENTS  # noqa: PLC0415
        from paceline.kernel import acts, own_work  # noqa: PLC0415
        from paceline.webhooks import kinds as events  # noqa: PLC0415

        acts.register(ACTS)
        events.register(EVENTS)
        found.register()
        goals.register()
        hints.register()
        intake_words.register()
        own_work.register(
            own_work.OwnWork(
                "cards", _("Cards"), _("My work"), "user-check", "boards:mine", 1, may_add_project
            )
        )
