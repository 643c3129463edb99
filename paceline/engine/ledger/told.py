"""What lines can tell: the components whose money can be laid on the lines of one payee."""

from __future__ import annotations

from paceline.engine import windows
from paceline.engine.columns import (
    BOOLEAN,
    DATE,
    EXACT,
    EXCHANGE,
    MONEY,
    PLACE,
    SHARE,
    STORED,
    TEXT,
    table,
)
from paceline.engine.formula.tree import names_in
from paceline.engine.plan.model import Component, Plan
from paceline.engine.plan.scope import word

TRACE_LINES = table(
    "lines",
    "component tier line_id from_payee_id level is_overlay",
    {
        "component": TEXT,
        "payee_id": TEXT,
        "line_id": TEXT,
        "tier": PLACE,
        "ordered_on": DATE,
        "order_id": TEXT,
        "credit": TEXT,
        "kind": TEXT,
        "from_payee_id": TEXT,
        "level": PLACE,
        "is_overlay": BOOLEAN,
        "share": SHARE,
        "amount": STORED,
        "currency": TEXT,
        "rate": EXCHANGE,
        "amount_plan": EXACT,
        "running_before": EXACT,
        "running_after": EXACT,
        "base_in_tier": EXACT,
        "earned": MONEY,
        "clause": TEXT,
    },
    nullable="order_id kind",
)


def is_followed(plan: Plan, component: Component) -> bool:
    """A component's money can be laid on its lines: it has a rate table on a measure that lines add
    up to, and earns nothing at zero.
    """
    rates = component.rates
    if rates is None or not plan.measure(component.measure or "").is_summed:
        return False
    if rates.across and windows.is_shorter(plan, windows.window_of(plan, component)):
        return False
    if rates.value == "rate" or rates.imported is not None:
        return rates.value == "rate"
    if rates.by_last_day and windows.is_longer(plan, windows.window_of(plan, component)):
        return False  # what earlier periods were paid changes with the tiers, not with lines
    at_zero = [one for one in rates.tiers if not one.lower]
    return rates.subject is None and not any(one.rate for one in at_zero)  # in no column of a grid


def decided_by_others(plan: Plan) -> set[str]:
    """The components that what other payees sold decides, too: pools, contests, and whatever draws
    on what such a component earned. A payee's own lines do not tell what they pay.
    """
    found: set[str] = set()
    for component in plan.components:
        formulas = [component.formula, *(one.by for one in component.multipliers)]
        conditions = [component.when, *(one.when for one in component.multipliers)]
        formulas += [one.formula for one in conditions if one is not None]
        if component.scorecard is not None:
            card = component.scorecard
            formulas += [card.target, *(one.value for one in card.indicators)]
            formulas += [one.gate for one in card.indicators]
        drawn = {name for one in formulas if one is not None for name in names_in(one.root)}
        if (
            component.pool is not None
            or component.contest is not None
            or any(f"{word(one)}.earned" in drawn for one in found)
        ):
            found.add(component.id)
    return found
