"""Who may use the addresses of quotas."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from paceline.goals import actions
from paceline.goals.models import Level, Unit
from tests.goals.conftest import make_aims, propose
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


def _goal(world: World) -> dict[str, Any]:
    return {"pk": make_aims(world).priya.pk}


def _opened(world: World) -> dict[str, Any]:
    aims = make_aims(world)
    goal = propose(
        world, period=aims.quarter, name="Cards", level=Level.PERSON, owner=world.priya,
        team=world.north, measured=actions.Measured(Decimal(0), Decimal(9), measure="cards_done"),
    )  # fmt: skip
    return {"pk": goal.pk}


def _own(world: World) -> dict[str, Any]:
    return {"pk": make_aims(world).priya.pk}


def _period(world: World) -> dict[str, Any]:
    return {"pk": make_aims(world).quarter.pk}


def _strategy(world: World) -> dict[str, Any]:
    return {"pk": make_aims(world).strategy.pk}


# Priya's goal: herself, those above, who oversees; nobody else is of her team.
READ = {"priya", "marco", "erik", "dana", "wen", "hana"}
CHANGE = {"priya", "marco", "erik"}
KEEP = {"erik", "dana", "wen", "hana"}
# Who sees the goal is forbidden, who does not finds nothing.
SEEN = dict.fromkeys(READ, 403) | {"*": 404}
WRITE = {"erik", "marco", "sofia"}

URLS = {
    "goals:tree": Url(allow={"GET": EVERYONE}),
    "goals:goals": Url(allow={"GET": EVERYONE}),
    "goals:mine": Url(allow={"GET": EVERYONE}),
    "goals:alignment": Url(allow={"GET": EVERYONE}),
    "goals:goal_new": Url(allow={"GET": EVERYONE, "POST": EVERYONE}, data=lambda _world: {}),
    "goals:goal": Url(args=_goal, allow={"GET": READ}, hidden=404),
    "goals:behind": Url(args=_opened, allow={"GET": READ}, hidden=404),
    "goals:below": Url(args=_goal, allow={"GET": READ}, hidden=404),
    "goals:move": Url(
        args=_goal, allow={"POST": CHANGE}, hidden=SEEN, data=lambda _world: {"how": "out"}
    ),
    "goals:goal_edit": Url(
        args=_goal, allow={"GET": CHANGE, "POST": CHANGE}, hidden=SEEN, data=lambda _world: {}
    ),
    "goals:agree": Url(
        args=_goal, allow={"POST": CHANGE}, hidden=SEEN, data=lambda _world: {"terms": "1"}
    ),
    "goals:comment": Url(
        args=_goal, allow={"POST": READ}, hidden=404, data=lambda _world: {"text": "Why?"}
    ),
    "goals:check_in": Url(
        args=_own,
        allow={"GET": {"priya"}, "POST": {"priya"}},
        hidden=SEEN,
        data=lambda _world: {},
    ),
    "goals:close": Url(
        args=_goal, allow={"GET": CHANGE, "POST": CHANGE}, hidden=SEEN, data=lambda _world: {}
    ),
    "goals:periods": Url(allow={"GET": KEEP}),
    "goals:period_new": Url(allow={"GET": KEEP, "POST": KEEP}, data=lambda _world: {}),
    "goals:period": Url(args=_period, allow={"GET": KEEP, "POST": KEEP}, data=lambda _world: {}),
    "goals:strategies": Url(allow={"GET": EVERYONE}),
    "goals:strategy_new": Url(allow={"GET": WRITE, "POST": WRITE}, data=lambda _world: {}),
    "goals:strategy": Url(args=_strategy, allow={"GET": EVERYONE}),
    "goals:strategy_edit": Url(
        args=_strategy, allow={"GET": {"erik"}, "POST": {"erik"}}, data=lambda _world: {}
    ),
    "goals:strategy_comment": Url(
        args=_strategy, allow={"POST": EVERYONE}, data=lambda _world: {"text": "Good."}
    ),
    "goals:strategy_archive": Url(args=_strategy, allow={"POST": {"erik"}}, data=lambda _world: {}),
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
