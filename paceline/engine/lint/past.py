"""History from a folder of tables: the plan itself run over the periods that the tables cover."""

from __future__ import annotations

from datetime import date

from paceline.engine.lint.history import History, days_of, history_of
from paceline.engine.periods import Period
from paceline.engine.plan.model import Plan
from paceline.engine.run import calculate
from paceline.engine.tables import ORDER_LINES, Tables

MAX_PERIODS = 8


def read_history(plan: Plan, tables: Tables) -> History:
    """What the plan's measures came to in the last eight of its periods that have order lines.

    Raises InputInvalid when the tables cannot be calculated.
    """
    days = days_of(tables) if ORDER_LINES.name in tables else None
    if days is None:
        return History()
    periods = periods_between(plan, *days)[-MAX_PERIODS:]
    return history_of((calculate(plan, tables, period) for period in periods), tables)


def periods_between(plan: Plan, first: date, last: date) -> list[Period]:
    """The plan's periods from that of the first day to that of the last."""
    found = [plan.calendar.period(plan.period, first)]
    while found[-1].ends_before <= last:
        found.append(plan.calendar.period(plan.period, found[-1].ends_before))
    return found
