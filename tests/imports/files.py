"""Small files that tests bring."""

from __future__ import annotations

from paceline.imports import actions
from paceline.imports.models import Import
from tests.world import NOW, World

LINES = """Order,Line,Order date,Payee,Amount,Currency
A-1,1,2026-07-01,{priya},100.00,USD
A-1,2,2026-07-01,{priya},50.50,USD
A-2,1,2026-07-02,nobody,10.00,USD
"""


def imported(world: World, *, lines: int, name: str = "a") -> Import:
    """So many order lines of one person and one day, written."""
    header = "Order,Line,Order date,Payee,Amount,Currency"
    rows = [f"{name}-{n},1,2026-07-01,{world.priya.number},10.00,USD" for n in range(lines)]
    source = actions.upload(
        kind="order_lines",
        content="\n".join([header, *rows]).encode(),
        name=f"{name}.csv",
        by=world.dana,
        at=NOW,
    )
    source = actions.check(source=source, by=world.dana, at=NOW)
    return actions.commit(source=source, by=world.dana, at=NOW)
