"""The chapters of the crowd, in order."""

from __future__ import annotations

from random import Random
from typing import Any

from paceline.crm.actions.segments import save_segment
from paceline.search import actions as search
from paceline.web.demo.crowd import deals, orders, talk
from paceline.web.demo.crowd.customers import Crowd
from paceline.web.demo.crowd.desks import Desk, open_desks
from paceline.web.demo.stage import SEED, Stage

# Three deals for ten customers.
DEALS_PERCENT = 30
SEGMENTS = {
    "zh-hant": ("常買的人", "很久沒買", "有潛力"),
    "zh-hans": ("常买的人", "很久没买", "有潜力"),
    "en": ("Buys often", "Silent for long", "Promising"),
}
RULES: tuple[dict[str, Any], ...] = (
    {"orders_min": 3},
    {"not_bought_for": 180},
    {"lifecycle": ["prospect"], "has_bought": True},
)


def bring_in(stage: Stage, customers: int) -> None:
    """So many companies and contacts, with deals, talk, orders and segments of every team."""
    random = Random(f"{SEED} crowd {customers}")  # noqa: S311 - a made-up company, no secrets
    desks = open_desks(stage, random)
    until = stage.at(1, 18)
    stage.say(f"a crowd of {customers:,}")
    buyers = Crowd(desks, until, random).bring_in(customers)
    stage.say("deals of the crowd")
    ways = deals.bring_in(buyers, customers * DEALS_PERCENT // 100, until, random)
    talk.bring_in(buyers, ways, until, random)
    stage.say("orders of the crowd")
    orders.bring_in(stage, buyers, random)
    _keep_segments(stage, desks)
    for kind in ("company", "contact", "lead", "deal"):
        stage.say(f"search: {kind}")
        search.rebuild(kind=kind)


def _keep_segments(stage: Stage, desks: list[Desk]) -> None:
    for desk in desks:
        for name, rule in zip(SEGMENTS[desk.plan.place.language], RULES, strict=True):
            for kind in ("company", "contact"):
                save_segment(
                    of=kind, name=name, rule=rule, team=desk.pipeline.team, by=desk.lead,
                    at=stage.at(4, 9),
                )  # fmt: skip
