"""What cap, floor and condition of a component leave of what the rows of its table pay."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from paceline.engine.money import EXACT
from paceline.engine.plan.model import Component, Plan

ZERO = Decimal(0)


@dataclass(frozen=True)
class Limits:
    """`least` is the value of what bounds are compared with from which the condition holds; None
    without a condition, or where it looks at something else.
    """

    cap: Decimal | None
    floor: Decimal | None
    least: Decimal | None
    is_open: bool = False  # the condition looks at something else

    @property
    def any(self) -> bool:
        held = self.least is not None or self.is_open
        return held or self.cap is not None or self.floor is not None

    def within(self, amount: Decimal) -> Decimal:
        """An amount within cap and floor."""
        if self.cap is not None:
            amount = min(amount, self.cap)
        return amount if self.floor is None else max(amount, self.floor)

    def paid(self, amount: Decimal, value: Decimal) -> Decimal:
        """What is paid at a value; nothing where the condition does not hold."""
        if self.least is not None and value < self.least:
            return ZERO
        return self.within(amount)


def limits_of(plan: Plan, component: Component, target_of: Callable[[str], Decimal]) -> Limits:
    """The limits of a component; a condition on attainment at the target that examples have."""
    rates, when = component.rates, component.when
    least: Decimal | None = None
    is_open = False
    if when is not None:
        of = rates.subject if rates is not None and rates.subject else component.measure
        on_quota = when.formula is None and when.on == "attainment"
        looks_at = plan.quota(when.subject).measure if on_quota else when.subject
        is_open = when.formula is not None or looks_at != of
        if on_quota and not is_open:
            least = EXACT.multiply(when.at_least, target_of(when.subject))
        elif not is_open:
            least = when.at_least
    return Limits(component.cap, component.floor, least, is_open)
