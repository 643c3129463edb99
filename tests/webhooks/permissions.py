"""Who may use the addresses of webhooks: administrators."""

from __future__ import annotations

from typing import Any

from paceline.webhooks import actions
from paceline.webhooks.models import Endpoint
from tests.permission_table import Url
from tests.world import World

THEM = {"ada"}


def _endpoint(world: World) -> Endpoint:
    return actions.add_endpoint(
        url="https://127.0.0.1/", description="", kinds=[], by=world.ada, at=world.now
    )[0]


def _pk(world: World) -> dict[str, Any]:
    return {"pk": _endpoint(world).pk}


def _message(world: World) -> dict[str, Any]:
    endpoint = _endpoint(world)
    message = actions.send_trial(endpoint=endpoint, by=world.ada, at=world.now)
    return {"pk": endpoint.pk, "message": message.pk}


BOTH = {"GET": THEM, "POST": THEM}
URLS = {
    "webhooks:list": Url(allow={"GET": THEM}),
    "webhooks:new": Url(allow=BOTH),
    "webhooks:endpoint": Url(args=_pk, allow={"GET": THEM}),
    "webhooks:change": Url(args=_pk, allow=BOTH),
    "webhooks:secret": Url(args=_pk, allow={"POST": THEM}),
    "webhooks:state": Url(args=_pk, allow={"POST": THEM}),
    "webhooks:remove": Url(args=_pk, allow={"POST": THEM}),
    "webhooks:trial": Url(args=_pk, allow={"POST": THEM}),
    "webhooks:message": Url(args=_message, allow={"GET": THEM}),
    "webhooks:again": Url(args=_message, allow={"POST": THEM}),
}
