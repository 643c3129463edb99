"""Who may use the addresses of connections with Trello."""

from __future__ import annotations

from typing import Any

from paceline.boards.trello.models import Connection, Member
from paceline.kernel import sealed
from tests.boards.conftest import Work, make_work
from tests.permission_table import EVERYONE, Grounded, Url
from tests.world import NOW, World

ARRANGES = {"marco"}
# Who sees the project but may not arrange it knows of the connection; others of nothing.
SEEN = dict.fromkeys(EVERYONE, 404) | dict.fromkeys({"priya", "marco", "erik"}, 403)


def _connected(world: World) -> tuple[Work, Connection]:
    work = make_work(world)
    made = Connection.objects.create(
        project=work.campaign, key="k" * 32, connected_by=world.marco, connected_at=NOW,
        sealed=sealed.seal('{"key": "", "secret": "s", "token": ""}', purpose="trello access"),
    )  # fmt: skip
    return work, made


def _url(allow: dict[str, Any], data: Any = None) -> Url:
    return Url(
        args=Grounded(_connected, lambda _world, made: {"pk": made[0].campaign.pk}), allow=allow,
        hidden=SEEN, data=data or (lambda _world: {}),
    )  # fmt: skip


def _member(_world: World, made: tuple[Work, Connection]) -> dict[str, Any]:
    row = Member.objects.create(connection=made[1], key="m", name="Zoe")
    return {"pk": row.pk}


URLS = {
    "trello:connection": _url({"GET": ARRANGES}),
    "trello:access": _url({"GET": ARRANGES, "POST": ARRANGES}),
    "trello:board": _url({"GET": ARRANGES, "POST": ARRANGES}),
    "trello:start": _url({"GET": ARRANGES, "POST": ARRANGES}),
    "trello:compare": _url({"POST": ARRANGES}),
    "trello:disconnect": _url({"POST": ARRANGES}),
    "trello:member": Url(
        args=Grounded(_connected, _member), allow={"POST": ARRANGES}, hidden=SEEN,
        data=lambda _world: {"person": ""},
    ),
    "trello:receive": Url(args=lambda _world: {"key": "unknown"}, allow={}, anonymous="open"),
}  # fmt: skip
