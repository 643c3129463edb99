"""The components whose next tier is no number, and why: nothing is left out without a word."""

from __future__ import annotations

from typing import Literal

from paceline.engine import windows
from paceline.engine.plan.model import Component, Plan
from paceline.engine.whatif.kept import Kept
from paceline.engine.whatif.steps import Steps

Untold = Literal["grid", "filled", "days", "rows", "parts", "differs"]


def untold_steps(plan: Plan, kept: Kept) -> dict[str, Untold]:
    """The components whose next tier is no number, by id, each with why.

    Of tiers that begin anew in each order, day or week: `grid`, several measures choose the cell;
    `filled`, the tiers are filled by one measure and pay on another; `rows`, what rows of a
    table of rates earned before rounding is not kept, of amounts, by another measure, or rounded by
    tier or line; `parts`, nor are interpolated amounts of all others.
    `days`: tiers begin anew on a day, and another measure of those days alone finds them.
    `differs`: what a run keeps does not come to what was paid.
    """
    steps = Steps(plan, kept)
    return {
        one.id: _why(plan, one)
        for one in plan.components
        if one.rates is not None
        and one.id in kept.earned
        and one.id not in steps.books.others
        and one.id not in steps.books.known
        and (one.rates.imported is not None or len(one.rates.tiers) > 1)
        and not any(steps.of(one))
    }


def _why(plan: Plan, component: Component) -> Untold:
    rates = component.rate_table
    if rates.by_shares:
        return "filled"
    if not windows.is_shorter(plan, windows.window_of(plan, component)):
        return "days" if rates.decided_by and rates.change == "anew" else "differs"
    if rates.imported is not None:
        return "rows"
    if rates.across:
        return "grid"
    return "parts" if rates.reading == "interpolated" else "differs"
