"""Notifications are their recipient's alone."""

from __future__ import annotations

from typing import Any

from paceline.notifications.actions import notify
from tests.permission_table import EVERYONE, Url
from tests.world import World


def _told_to_priya(world: World) -> dict[str, Any]:
    (told,) = notify(
        recipients=[world.priya], kind="lesson_ready", params={}, url="/", at=world.now
    )
    return {"pk": told.pk}


URLS = {
    "notifications:list": Url(allow={"GET": EVERYONE}),
    "notifications:bell": Url(allow={"GET": EVERYONE}),
    "notifications:read": Url(
        args=_told_to_priya, allow={"POST": {"priya"}}, hidden=404, data=lambda _world: {}
    ),
    "notifications:read_all": Url(allow={"POST": EVERYONE}, data=lambda _world: {}),
}
