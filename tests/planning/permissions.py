"""Who may use the addresses of plans of quotas."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from paceline.goals.planning import actions
from paceline.goals.planning.actions import NewPlan, NewVersion
from paceline.goals.planning.models import QuotaPlan, Step
from tests.permission_table import EVERYONE, Url
from tests.world import NOW, World

PAY_DESK = {"dana", "wen"}
CHECKERS = {"ines", "erik"}
SEERS = PAY_DESK | CHECKERS
# Plans that ask nobody below somebody are invisible to them.
HIDDEN = {"*": 404, **dict.fromkeys(SEERS | {"priya", "marco", "omar", "sofia"}, 403)}


def planned(world: World) -> dict[str, Any]:
    new = NewPlan(
        "2027", "sales", "USD", date(2027, 1, 1), date(2028, 1, 1), Step.QUARTER,
        [world.north, world.south],
    )  # fmt: skip
    version = NewVersion(target=Decimal(1000))
    return {"pk": actions.make_plan(plan=new, version=version, by=world.dana, at=NOW).pk}


def _submitted(world: World) -> dict[str, Any]:

    values = planned(world)
    actions.submit(plan=QuotaPlan.objects.get(**values), by=world.dana, at=NOW)
    return values


def _part(world: World) -> dict[str, Any]:
    return {**planned(world), "person_pk": world.priya.pk}


LINE = {"priya", "marco"}
URLS = {
    "planning:plans": Url(allow={"GET": EVERYONE - {"hana", "ada"}}),
    "planning:new": Url(
        allow={"GET": PAY_DESK, "POST": PAY_DESK}, data=lambda _world: {"name": "x"}
    ),
    "planning:plan": Url(
        args=planned, allow={"GET": SEERS | {"priya", "marco", "omar", "sofia"}}, hidden=404
    ),
    "planning:version_new": Url(
        args=planned,
        allow={"GET": PAY_DESK, "POST": PAY_DESK},
        hidden=HIDDEN,
        data=lambda _world: {"target": "x"},
    ),
    "planning:part": Url(args=_part, allow={"GET": SEERS | LINE}, hidden=404),
    "planning:propose": Url(
        args=_part,
        allow={"POST": LINE | {"erik"}},
        hidden={"*": 404, **dict.fromkeys(PAY_DESK | {"ines"}, 403)},
        data=lambda _world: {"said-amount": "5"},
    ),
    "planning:agree": Url(
        args=_part,
        allow={"POST": PAY_DESK},
        hidden={"*": 404, **dict.fromkeys(CHECKERS | LINE, 403)},
        data=lambda _world: {"agreed-amount": "5"},
    ),
    "planning:ask": Url(args=planned, allow={"POST": PAY_DESK}, hidden=HIDDEN),
    "planning:agree_rest": Url(args=planned, allow={"POST": PAY_DESK}, hidden=HIDDEN),
    "planning:submit": Url(args=planned, allow={"POST": PAY_DESK}, hidden=HIDDEN),
    "planning:return": Url(
        args=_submitted,
        allow={"POST": CHECKERS},
        hidden=HIDDEN,
        data=lambda _world: {"reason": "x"},
    ),
    "planning:approve": Url(args=_submitted, allow={"POST": CHECKERS}, hidden=HIDDEN),
}
