"""Who may use the addresses of the interface; each app's calls stand in a table of their own."""

from __future__ import annotations

from tests.permission_table import EVERYONE, NOBODY, Url
from tests.world import World

ALL = {"GET": EVERYONE}


def _rest(_world: World) -> dict[str, str]:
    return {"rest": "not/here"}


URLS = {
    "api:reference": Url(allow=ALL),
    "api:schema": Url(allow=ALL, anonymous="open"),
    "api:nothing": Url(args=_rest, allow={"GET": NOBODY}, hidden=404, anonymous="token"),
    "api:v1:api-root": Url(allow={"GET": NOBODY}, hidden=404, anonymous="token"),
    "api:v1:read_me": Url(allow=ALL, anonymous="token"),
    "api:v1:list_people": Url(allow=ALL, anonymous="token"),
    "api:v1:read_person": Url(
        args=lambda world: {"pk": world.priya.pk}, allow=ALL, anonymous="token"
    ),
    "api:v1:list_teams": Url(allow=ALL, anonymous="token"),
    "api:v1:read_team": Url(
        args=lambda world: {"pk": world.north.pk}, allow=ALL, anonymous="token"
    ),
    "api:v1:list_positions": Url(allow=ALL, anonymous="token"),
}
