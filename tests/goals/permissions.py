"""Who may use the addresses of quotas."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from paceline.goals import actions
from tests.permission_table import EVERYONE, Url
from tests.world import World

PAY_DESK = {"dana", "wen"}


def _priyas(world: World) -> dict[str, Any]:
    target = actions.Target("sales", date(2026, 7, 1), date(2026, 10, 1), Decimal(100_000), "USD")
    quota = actions.set_quota(
        person=world.priya, target=target, reason="plan", by=world.dana, at=world.now
    )
    return {"pk": quota.pk}


URLS = {
    "goals:quotas": Url(allow={"GET": EVERYONE}),
    "goals:quota": Url(
        args=_priyas,
        allow={"GET": PAY_DESK | {"ines", "erik", "marco", "priya"}},
        hidden=404,
    ),
    "goals:quota_new": Url(
        allow={"GET": PAY_DESK, "POST": PAY_DESK}, data=lambda _world: {"period": "2026Q3"}
    ),
}
