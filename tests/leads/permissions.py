"""Who may use the addresses of routing and inquiries."""

from __future__ import annotations

from typing import Any

from tests.leads.conftest import add_lead, make_desk
from tests.permission_table import Url
from tests.world import World

NORTH = {"priya", "marco"}
SELLERS = NORTH | {"omar", "sofia"}
READERS = SELLERS | {"erik"}
# Other sellers see nothing of North; those who have nothing to do with customers are refused.
SELLERS_ONLY = {"*": 403, "omar": 404, "sofia": 404, "priya": 403}


def _north(world: World) -> dict[str, Any]:
    return {"pk": world.north.pk}


def _rule(world: World) -> dict[str, Any]:
    return {"pk": make_desk(world).rule.pk}


def _lead(world: World) -> dict[str, Any]:
    return {"pk": add_lead(world).pk}


HIDDEN = {"*": 404, "priya": 403, "erik": 403}
URLS = {
    "leads:inquiries": Url(allow={"GET": READERS}),
    "leads:report": Url(allow={"GET": READERS}),
    "leads:own_hours": Url(
        allow={"GET": SELLERS, "POST": SELLERS}, data=lambda _world: {"day0": "x"}
    ),
    "leads:routing": Url(allow={"GET": READERS}),
    "leads:desk": Url(
        args=_north, allow={"GET": NORTH | {"erik"}, "POST": {"marco"}}, hidden=SELLERS_ONLY
    ),
    "leads:hours": Url(
        args=_north, allow={"GET": {"marco"}, "POST": {"marco"}}, hidden=SELLERS_ONLY,
        data=lambda _world: {"day0": "x"},
    ),
    "leads:try": Url(args=_north, allow={"GET": NORTH | {"erik"}}, hidden=SELLERS_ONLY),
    "leads:rule_new": Url(
        args=_north, allow={"GET": {"marco"}, "POST": {"marco"}}, hidden=SELLERS_ONLY
    ),
    "leads:rule": Url(args=_rule, allow={"GET": {"marco"}, "POST": {"marco"}}, hidden=HIDDEN),
    "leads:rule_place": Url(args=_rule, allow={"POST": {"marco"}}, hidden=HIDDEN),
    "leads:rule_remove": Url(args=_rule, allow={"POST": {"marco"}}, hidden=HIDDEN),
    "leads:give": Url(args=_lead, allow={"POST": NORTH}, hidden={"*": 404, "erik": 403}),
}  # fmt: skip
