"""Who may use the addresses of routing and inquiries."""

from __future__ import annotations

from typing import Any

from paceline.leads import actions, texts
from paceline.leads.sent import Given
from tests.leads.conftest import add_lead, make_desk
from tests.permission_table import EVERYONE, Url
from tests.world import NOW, World

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


def _made(world: World) -> Any:
    return actions.add_form(
        team=world.north, name="Fair", languages=["en"], fields=texts.usual_fields(),
        by=world.marco, at=NOW,
    )  # fmt: skip


def _form(world: World) -> dict[str, Any]:
    return {"pk": _made(world).pk}


def _key(world: World) -> dict[str, Any]:
    return {"key": _made(world).key}


def _held(world: World) -> dict[str, Any]:
    given = Given({"name": "Ivy", "email": "ivy@example.com"})
    submission = actions.take_in(form=_made(world), given=given, at=NOW)
    return {"pk": submission.pk, "what": "discard"}


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
    "leads:forms": Url(allow={"GET": READERS}),
    "leads:form_new": Url(
        allow={"GET": {"marco", "sofia"}, "POST": {"marco", "sofia"}},
        data=lambda _world: {"name": ""},
    ),
    "leads:form": Url(args=_form, allow={"GET": {"marco"}, "POST": {"marco"}}, hidden=HIDDEN),
    "leads:form_state": Url(args=_form, allow={"POST": {"marco"}}, hidden=HIDDEN),
    "leads:held": Url(allow={"GET": SELLERS}),
    "leads:decide": Url(
        args=_held, allow={"POST": NORTH}, hidden={"*": 403, "omar": 404, "sofia": 404}
    ),
    "leads:public_script": Url(allow={"GET": EVERYONE}, anonymous="open"),
    "leads:public_form": Url(
        args=_key, allow={"GET": EVERYONE, "POST": EVERYONE}, anonymous="open"
    ),
    "leads:public_token": Url(args=_key, allow={"GET": EVERYONE}, anonymous="open"),
    "leads:public_thanks": Url(args=_key, allow={"GET": EVERYONE}, anonymous="open"),
    "leads:give": Url(args=_lead, allow={"POST": NORTH}, hidden={"*": 404, "erik": 403}),
}  # fmt: skip
