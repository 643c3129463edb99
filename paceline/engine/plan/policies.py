"""The policies that every plan states: what the choices are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from paceline.engine.money import RoundingMode

Boundary = Literal["upper", "lower"]
Accumulation = Literal["period", "transaction"]
DatePolicy = Literal["order-date", "period-end"]
SplitPolicy = Literal["exactly-100", "overlays"]

CHOICES: dict[str, tuple[str, ...]] = {
    "boundary": ("upper", "lower"),
    "accumulation": ("period", "transaction"),
    "hierarchy_date": ("order-date", "period-end"),
    "anchor": ("booking",),
    "splits": ("exactly-100", "overlays"),
    "rounding/mode": ("half-up", "half-even", "down"),
    "rounding/stage": ("component",),
    "exchange/date": ("order-date", "period-end"),
}

MEANING: dict[str, str] = {
    "boundary": "the tier that a value exactly on a boundary belongs to",
    "accumulation": "whether a rate table sees the running total of the period or each line alone",
    "accumulation_order": "the columns that order lines inside the window",
    "hierarchy_date": "the day on which the reporting line is read",
    "anchor": "the date that places a line in a period",
    "splits": "what the shares of a split line must add up to",
    "rounding": "how and where amounts are rounded",
    "exchange": "which day's rate, and which kind of rate, converts a line",
}


@dataclass(frozen=True)
class Policies:
    """Every policy of a plan, none left out."""

    boundary: Boundary
    rounding_mode: RoundingMode
    rounding_stage: Literal["component"]
    accumulation: Accumulation
    accumulation_order: tuple[str, ...]
    hierarchy_date: DatePolicy
    exchange_date: DatePolicy
    exchange_rate: str
    anchor: Literal["booking"]
    splits: SplitPolicy
