"""Notes of the market beside figures."""

from __future__ import annotations

from typing import Any

from paceline.insights.queries.desk import Desk


def notes_beside(_desk: Desk, _frame: Any) -> list[Any]:
    return []
