from __future__ import annotations

from django.apps import AppConfig


class TrelloConfig(AppConfig):
    name = "paceline.boards.trello"
    label = "trello"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        # Only now are the models loaded that these need.
        from paceline.boards import following  # noqa: PLC0415
        from paceline.boards.trello import access, queries  # noqa: PLC0415
        from paceline.boards.trello.acts import ACTS, NOTICES  # noqa: PLC0415
        from paceline.kernel import acts  # noqa: PLC0415
        from paceline.live import topics  # noqa: PLC0415
        from paceline.notifications import wording as notices  # noqa: PLC0415

        acts.register(ACTS)
        topics.register("trello", access.may_follow)
        following.register(queries.wake)
        for kind, text in NOTICES.items():
            notices.register(kind, text, icon="alert-triangle")
