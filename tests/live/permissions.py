"""Who may follow what happens, and look at or stop whose work."""

from __future__ import annotations

from typing import Any

from paceline.live.actions import start_progress
from tests.incentives.pay.permissions import THEIRS, Calculated, calculated, released
from tests.permission_table import EVERYONE, Grounded, Url
from tests.world import World


def _work_of_priya(world: World) -> dict[str, Any]:
    progress = start_progress(kind="lesson", by=world.priya, at=world.now, total=10)
    return {"pk": progress.pk}


def _statement_of_priya(world: World, found: Calculated) -> dict[str, Any]:
    return {"kind": "statement", "ref": str(released(world, found)["pk"])}


def _opens_page(_world: World) -> dict[str, Any]:
    return {"page": "5ed3d66e-7b0e-4ae5-bf2c-47b0a1f8a8c6", "doing": "viewing"}


URLS = {
    "live:events": Url(allow={"GET": EVERYONE}),
    "live:presence": Url(
        args=Grounded(calculated, _statement_of_priya),
        allow={"GET": THEIRS, "POST": THEIRS},
        hidden=404,
        data=_opens_page,
    ),
    "live:progress": Url(args=_work_of_priya, allow={"GET": {"priya"}}, hidden=404),
    "live:cancel": Url(
        args=_work_of_priya, allow={"POST": {"priya"}}, hidden=404, data=lambda _world: {}
    ),
}
