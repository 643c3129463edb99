"""Who may use the addresses of quotas."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from paceline.goals import actions
from paceline.goals.models import Unit
from tests.permission_table import EVERYONE, Url
from tests.world import World

PAY_DESK = {"dana", "wen"}


def _priyas(world: World) -> dict[str, Any]:
    target = actions.Target("sales", date(2026, 7, 1), date(2026, 10, 1), Decimal(100_000), "USD")
    quota = actions.set_quota(
        person=world.priya, target=target, reason="plan", by=world.dana, at=world.now
    )
    return {"pk": quota.pk}


def _priyas_figure(world: World) -> dict[str, Any]:
    kind = actions.add_figure_kind(
        name="reply", label="Reply", unit=Unit.QUANTITY, by=world.dana, at=world.now
    )
    (figure,) = actions.enter_figures(
        entries=[actions.Entry(world.priya, kind, date(2026, 7, 31), Decimal(18))],
        reason="",
        by=world.dana,
        at=world.now,
    )
    return {"pk": figure.pk}


URLS = {
    "goals:figures": Url(allow={"GET": EVERYONE}),
    "goals:figure": Url(
        args=_priyas_figure,
        allow={"GET": PAY_DESK | {"ines", "erik", "marco", "priya"}},
        hidden=404,
    ),
    "goals:figures_enter": Url(
        allow={"GET": PAY_DESK, "POST": PAY_DESK}, data=lambda _world: {"period": "2026Q3"}
    ),
    "goals:figure_kinds": Url(
        allow={"GET": PAY_DESK | {"ines", "erik"}, "POST": PAY_DESK},
        data=lambda _world: {"name": "hours", "label": "Hours", "unit": "quantity"},
    ),
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
