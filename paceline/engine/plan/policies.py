"""The policies that every plan states: what the choices are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from paceline.engine.money import RoundingMode

Boundary = Literal["upper", "lower"]
Accumulation = Literal[
    "period", "transaction", "day", "week", "half-month", "month", "quarter", "half-year", "year"
]
# Windows from the shortest to the longest; `period` is whatever the plan pays by.
WINDOWS = ("transaction", "day", "week", "half-month", "month", "quarter", "half-year", "year")
DatePolicy = Literal["order-date", "anchor-date", "period-end"]
Anchor = Literal["booking", "invoice", "shipment", "cash", "return-window"]
Returns = Literal["own-day", "as-sold"]
Retroactivity = Literal["carry-forward", "ignore"]
Precedence = Literal["all", "listed", "most-specific"]
# The column of the order line that holds each anchor.
ANCHORS: dict[str, str] = {
    "booking": "ordered_on",
    "invoice": "invoiced_on",
    "shipment": "shipped_on",
    "cash": "paid_on",
    "return-window": "final_on",
}
SplitPolicy = Literal["exactly-100", "overlays"]

CHOICES: dict[str, tuple[str, ...]] = {
    "boundary": ("upper", "lower"),
    "accumulation": ("period", *WINDOWS),
    "hierarchy_date": ("order-date", "anchor-date", "period-end"),
    "anchor": tuple(ANCHORS),
    "returns": ("own-day", "as-sold"),
    "retroactivity": ("carry-forward", "ignore"),
    "precedence": ("all", "listed", "most-specific"),
    "splits": ("exactly-100", "overlays"),
    "rounding/mode": ("half-up", "half-even", "down"),
    "rounding/stage": ("component", "tier", "line"),
    "exchange/date": ("order-date", "anchor-date", "period-end"),
}

MEANING: dict[str, str] = {
    "boundary": "the tier that a value exactly on a boundary belongs to",
    "accumulation": "the window whose running total a rate table sees: the period, each line alone "
    "or another stretch of the calendar",
    "accumulation_order": "the columns that order lines inside the window",
    "hierarchy_date": "the day on which the reporting line is read",
    "anchor": "the date that places a line in a period",
    "returns": "whether a return is credited as of its own day or of the sale that it takes back",
    "retroactivity": "what happens when a closed period would now be paid otherwise",
    "precedence": "which of several credit rules that a line meets takes it",
    "splits": "what the shares of a split line must add up to",
    "rounding": "how and where amounts are rounded",
    "exchange": "which day's rate, and which kind of rate, converts a line",
}


@dataclass(frozen=True)
class Policies:
    """Every policy of a plan, none left out."""

    boundary: Boundary
    rounding_mode: RoundingMode
    rounding_stage: Literal["component", "tier", "line"]
    accumulation: Accumulation
    accumulation_order: tuple[str, ...]
    hierarchy_date: DatePolicy
    exchange_date: DatePolicy
    exchange_rate: str
    anchor: Anchor
    splits: SplitPolicy
    returns: Returns
    retroactivity: Retroactivity
    precedence: Precedence
