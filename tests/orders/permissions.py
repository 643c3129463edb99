"""Who may use the addresses of order lines and exchange rates."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from paceline.orders.models import OrderLine
from tests.permission_table import EVERYONE, Url
from tests.world import World

READERS = {"dana", "wen", "ines"}


def _a_line(world: World) -> dict[str, Any]:
    line = OrderLine.objects.create(
        source="shop", order_number="A", line_number="1", ordered_on=date(2026, 7, 1),
        person=world.priya, quantity=1, amount=Decimal(5), currency="USD",
    )  # fmt: skip
    return {"pk": line.pk}


URLS = {
    "orders:line": Url(args=_a_line, allow={"GET": READERS}, hidden=404),
    "orders:lines": Url(allow={"GET": READERS}),
    "orders:attributes": Url(
        allow={"GET": READERS, "POST": {"dana", "wen"}},
        data=lambda _world: {"name": "host_id", "label": "Host", "type": "person"},
    ),
    "orders:owners": Url(allow={"GET": EVERYONE}),
    "orders:owner_new": Url(
        allow={"GET": {"dana", "wen"}, "POST": {"dana", "wen"}},
        data=lambda _world: {"kind": "territory", "key": "North"},
    ),
    "orders:rates": Url(allow={"GET": READERS}),
}
