"""Opening a run: its tables, and what the steps stand on."""

from __future__ import annotations

from paceline.engine import checks
from paceline.engine.errors import InputInvalid
from paceline.engine.executor import Workspace
from paceline.engine.layout import lay_out, put_slots
from paceline.engine.marks import put_splits
from paceline.engine.people import people_of
from paceline.engine.periods import Period
from paceline.engine.shape import Shape
from paceline.engine.steps import portions
from paceline.engine.steps.days import Days
from paceline.engine.windows import MAX_DAYS


def open_run(workspace: Workspace, shape: Shape, period: Period, *, check: bool = False) -> Days:
    """Open the inputs and lay out what the steps stand on.

    `check` reads every row for what would make the result wrong.
    """
    days = open_days(workspace, shape, period, check=check)
    people_of(shape, workspace.inputs, period).put(workspace)
    return days


def open_days(workspace: Workspace, shape: Shape, period: Period, *, check: bool = False) -> Days:
    """The same without the people, for a trace, which asks for some of them only. It leaves out
    the checks: its run made them.
    """
    open_tables(workspace, shape, period)
    put_splits(workspace)
    if check:
        checks.check_inputs(workspace, shape, period)
    else:
        checks.note_what_came_in(workspace)
    return lay_out_run(workspace, shape, period)


def open_tables(workspace: Workspace, shape: Shape, period: Period) -> None:
    """Open the inputs, and see that all are there that the plan needs; split rows are put under
    their names later.
    """
    if (period.ends_before - period.starts_on).days > MAX_DAYS:
        raise InputInvalid([checks.problem("period_too_long", "period", period.key, str(MAX_DAYS))])
    given = workspace.open_inputs()
    checks.check_presence(shape.plan, given, period)


def lay_out_run(workspace: Workspace, shape: Shape, period: Period) -> Days:
    """Lay out what the steps stand on."""
    days = lay_out(workspace, shape, period)
    open_receivers(workspace, shape, days)
    return days


def open_receivers(workspace: Workspace, shape: Shape, days: Days) -> None:
    """Who besides a line's own payee may be credited; refuses rules that take more than a line."""
    receivers = {rule.to for rule in shape.rules}
    if receivers & {"owner", "team"}:
        put_slots(workspace)
    if "owner" in receivers:
        workspace.create("owner_slots", portions.owner_slots)
        workspace.create("owner_totals", portions.owner_totals)
    if "team" in receivers:
        workspace.create("mates", portions.mates)
    if portions.taking_rules(shape):
        over = workspace.rows(f"overtaken {days}", lambda: portions.overtaken(shape, days))
        if over:
            raise InputInvalid(
                [checks.problem("shares_exceed_line", "order_lines", line) for (line,) in over]
            )
