"""The policies that every plan states: what the choices are, and how they are read."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, Literal

from paceline.engine.money import RoundingMode
from paceline.engine.plan.clauses import Clause, Unreadable, meant, nearest

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


_HALVES = {"rounding": ("mode", "stage"), "exchange": ("date", "rate")}
_NO_LIST = {"accumulation_order": "[ordered_on, line_id]", "exchange/rate": "a rate type"}


def read_policies(clause: Clause, names: Iterable[str], *, has_choice: bool) -> Policies:
    """Every policy, none left out; which rule takes a line matters where there are several.

    All that is left out or wrong is told at once. `names` are the columns of an order line.
    """
    clause.keys([], list(MEANING))
    found: dict[str, Any] = {} if has_choice or clause.has("precedence") else {"precedence": "all"}
    for key in MEANING:
        if key in found or not _is_stated(clause, key, key):
            continue
        inner = clause.child(key)
        try:
            if key in _HALVES:
                inner.keys([], _HALVES[key])
                found |= _halves(inner, key)
            elif key == "accumulation_order":
                found[key] = _order(inner, sorted(names))
            else:
                found[key] = inner.choice(CHOICES[key])
        except Unreadable:
            continue
    if len(found) < len(Policies.__dataclass_fields__):
        raise Unreadable
    return Policies(**found)


def refuse_all(root: Clause, *, has_choice: bool) -> None:
    """For a document without policies: each one that it has to state, with its choices."""
    for key in MEANING:
        if key != "precedence" or has_choice:
            _is_stated(replace(root, path="policies"), key, key)


def _halves(clause: Clause, policy: str) -> dict[str, str]:
    """The two parts of a policy, as they are called in `Policies`."""
    found = {}
    for key in _HALVES[policy]:
        place = f"{policy}/{key}"
        if not _is_stated(clause, key, place):
            continue
        inner = clause.child(key)
        try:
            found[f"{policy}_{key}"] = (
                inner.choice(CHOICES[place]) if place in CHOICES else inner.scalar()
            )
        except Unreadable:
            continue
    return found


def _is_stated(clause: Clause, key: str, policy: str) -> bool:
    """Whether a policy is there; one left out is refused with its choices."""
    if clause.has(key):
        return True
    options = _options(policy)
    meaning = f" ({MEANING[policy]})" if policy in MEANING else ""
    clause.refuse(
        "policy_missing",
        f"the policy {policy} is not stated{meaning}; choose {options}",
        policy=policy,
        choices=options,
    )
    return False


def _options(policy: str) -> str:
    if policy in _HALVES:
        parts = (f"{key}: {_options(f'{policy}/{key}')}" for key in _HALVES[policy])
        return f"{{{', '.join(parts)}}}"
    return _NO_LIST.get(policy) or " or ".join(CHOICES[policy])


def _order(clause: Clause, names: list[str]) -> tuple[str, ...]:
    """The columns that put lines in order; the last one is the line's own id."""
    order = clause.words()
    for name in order:
        if name not in names and name != "line_id":
            near = nearest(name, names)
            raise clause.refuse(
                "name_unknown",
                f"there is no column {name[:60]}{meant(near)}",
                name=name[:60],
                nearest=near,
                known=", ".join(names),
            )
    if order[-1:] != ("line_id",) or len(set(order)) != len(order):
        raise clause.refuse(
            "order_not_total",
            "the order must end with line_id, or two lines could tie",
            order=", ".join(order),
        )
    return order
