"""Facts by bucket and key, and folding them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

# (first day of the bucket or None, key of the split or None) → fact → value
Place = tuple[date | None, str | None]
Found = dict[Place, dict[str, Decimal]]


def add(found: Found, place: Place, fact: str, value: Decimal) -> None:
    facts = found.setdefault(place, {})
    facts[fact] = facts.get(fact, Decimal(0)) + value


def together(parts: Iterable[Found]) -> Found:
    """What several sources found, place by place."""
    found: Found = {}
    for part in parts:
        for place, facts in part.items():
            for fact, value in facts.items():
                add(found, place, fact, value)
    return found
