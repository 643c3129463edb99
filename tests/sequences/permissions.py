"""Who may use the addresses of sequences."""

from __future__ import annotations

from typing import Any

from paceline.sequences import actions
from tests.permission_table import Url
from tests.sequences.conftest import make_customer, make_sequence
from tests.world import NOW, World

NORTH = {"priya", "marco"}
SELLERS = NORTH | {"omar", "sofia"}
READERS = SELLERS | {"erik"}
FOREIGN = {"*": 403, "omar": 404, "sofia": 404}
ARRANGED = {"*": 403, "omar": 404, "sofia": 404}


def _sequence(world: World) -> dict[str, Any]:
    return {"pk": make_sequence(world).pk}


def _customer(world: World) -> dict[str, Any]:
    return {"kind": "contact", "pk": make_customer(world).pk}


def _enrolment(world: World) -> dict[str, Any]:
    made = actions.begin(
        sequence=make_sequence(world), record=make_customer(world), by=world.priya, at=NOW
    )
    return {"pk": made.pk}


def _start(world: World) -> dict[str, Any]:
    return {"pk": actions.draft_start(of="contact", ids=[1], by=world.priya, at=NOW).pk}


URLS = {
    "sequences:list": Url(allow={"GET": READERS}),
    "sequences:new": Url(
        allow={"GET": {"marco", "sofia"}, "POST": {"marco", "sofia"}},
        data=lambda _world: {"name": ""},
    ),
    "sequences:sequence": Url(args=_sequence, allow={"GET": NORTH | {"erik"}}, hidden=FOREIGN),
    "sequences:customers": Url(args=_sequence, allow={"GET": NORTH | {"erik"}}, hidden=FOREIGN),
    "sequences:change": Url(
        args=_sequence, allow={"GET": {"marco"}, "POST": {"marco"}}, hidden=ARRANGED,
        data=lambda _world: {"name": ""},
    ),
    "sequences:steps": Url(
        args=_sequence, allow={"GET": {"marco"}, "POST": {"marco"}}, hidden=ARRANGED,
        data=lambda _world: {"step-0-act": "call"},
    ),
    "sequences:switch": Url(args=_sequence, allow={"POST": {"marco"}}, hidden=ARRANGED),
    "sequences:retire": Url(args=_sequence, allow={"POST": {"marco"}}, hidden=ARRANGED),
    "sequences:start": Url(
        args=_start, allow={"GET": {"priya"}, "POST": {"priya"}}, hidden={"*": 404}
    ),
    "sequences:start_undo": Url(args=_start, allow={"POST": {"priya"}}, hidden={"*": 404}),
    "sequences:stop": Url(args=_enrolment, allow={"POST": NORTH}, hidden={"*": 404, "erik": 403}),
    "sequences:begin": Url(args=_customer, allow={"POST": NORTH}, hidden={"*": 404, "erik": 403}),
}  # fmt: skip
