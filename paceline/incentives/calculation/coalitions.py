"""What a payee adds to the coalitions whose values a plan states."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction

from paceline.engine.plan.games import Addition, additions
from paceline.engine.plan.model import Pool
from paceline.engine.settlement.shares import round_fraction

__all__ = ["Addition", "Pool", "additions_of", "average_of"]


def additions_of(pool: Pool, number: str) -> tuple[Addition, ...]:
    """Each coalition that the payee comes to; empty for who is no player of stated values."""
    values = dict(pool.stated)
    if not any(number in members for members in values):
        return ()
    return additions(values, number)


def average_of(found: Iterable[Addition]) -> Decimal:
    """What is added on average over the orders of coming, in hundredths."""
    listed = list(found)
    whole = sum((Fraction(one.adds) * one.orders for one in listed), Fraction(0))
    return round_fraction(whole / sum(one.orders for one in listed), 2, "half-up")
