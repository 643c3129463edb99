"""Who may use the addresses of imports."""

from __future__ import annotations

from typing import Any

from paceline.imports import actions
from tests.imports.files import LINES
from tests.permission_table import Url
from tests.world import World

PAY_DESK = {"dana", "wen"}
IMPORTERS = PAY_DESK | {"hana"}
# Who sells brings files of customers, which nobody else sees.
SELLERS = {"priya", "marco", "omar", "sofia"}
READERS = IMPORTERS | {"ines"}
# Who reads imports meets a refusal, HR meets nothing but its own, all others nothing.
BY_THE_PAY_DESK = {"ines": 403, "*": 404}


def checked(world: World) -> dict[str, Any]:
    text = LINES.format(priya=world.priya.number)
    source = actions.upload(
        kind="order_lines", content=text.encode(), name="july.csv", by=world.dana, at=world.now
    )
    actions.check(source=source, by=world.dana, at=world.now)
    return {"pk": source.pk}


def _committed(world: World) -> dict[str, Any]:
    found = checked(world)
    source = actions.files.Import.objects.get(pk=found["pk"])
    actions.commit(source=source, by=world.dana, at=world.now)
    return found


def _step(**data: Any) -> Url:
    return Url(
        args=checked, allow={"POST": PAY_DESK}, hidden=BY_THE_PAY_DESK, data=lambda _world: data
    )


URLS = {
    "imports:list": Url(allow={"GET": READERS | SELLERS}),
    "imports:new": Url(
        allow={"GET": IMPORTERS | SELLERS, "POST": IMPORTERS | SELLERS},
        data=lambda _world: {"kind": "people"},
    ),
    "imports:template": Url(
        args=lambda _world: {"kind": "order_lines"}, allow={"GET": PAY_DESK}, hidden=404
    ),
    "imports:import": Url(args=checked, allow={"GET": PAY_DESK | {"ines"}}, hidden=404),
    "imports:layout": _step(has_header="on"),
    "imports:mapping": _step(),
    "imports:commit": _step(),
    "imports:discard": _step(),
    "imports:undo": Url(
        args=_committed,
        allow={"POST": PAY_DESK},
        hidden=BY_THE_PAY_DESK,
        data=lambda _world: {"reason": "wrong month"},
    ),
    "imports:rejected": Url(args=checked, allow={"GET": PAY_DESK | {"ines"}}, hidden=404),
}
