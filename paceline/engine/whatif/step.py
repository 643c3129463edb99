"""The next place where a component pays otherwise."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

StepKind = Literal["tier", "stretch", "column", "condition", "multiplier", "score"]


@dataclass(frozen=True)
class Step:
    """The next place where a component pays otherwise.

    `missing` is what the measure lacks to `reach`, below zero where less of it pays more; `pays` is
    what the component, and `pays_in_all` what all components of money pay more there. A
    `stretch` is a new order, day or week whose tiers begin at zero: `missing` is what it needs.
    `key` is the key of a table of rates that the tier belongs to; `tier` is then the row's number.

    Where tiers are reached by one measure and pay on another, what reaching the next one pays
    depends on what is sold on the way, and is no number: `pays` and `pays_in_all` are None, and
    `rates` are what a tier pays up to there and from there on.
    """

    component: str
    kind: StepKind
    clause: str
    tier: int | None
    measure: str
    reach: Decimal
    missing: Decimal
    pays: Decimal | None
    pays_in_all: Decimal | None
    key: str = ""
    rates: tuple[Decimal, Decimal] | None = None
