"""Who may follow what happens, and look at or stop whose work."""

from __future__ import annotations

from typing import Any

from paceline.live.actions import start_progress
from tests.permission_table import EVERYONE, Url
from tests.world import World


def _work_of_priya(world: World) -> dict[str, Any]:
    progress = start_progress(kind="lesson", by=world.priya, at=world.now, total=10)
    return {"pk": progress.pk}


URLS = {
    "live:events": Url(allow={"GET": EVERYONE}),
    "live:progress": Url(args=_work_of_priya, allow={"GET": {"priya"}}, hidden=404),
    "live:cancel": Url(
        args=_work_of_priya, allow={"POST": {"priya"}}, hidden=404, data=lambda _world: {}
    ),
}
