"""History from a folder of tables: the plan itself run over the periods that the tables cover."""

from __future__ import annotations

from datetime import date

from paceline.engine.lint.history import History, days_of, history_of
from paceline.engine.periods import Period, PeriodKind, period_from_key
from paceline.engine.plan.model import Plan
from paceline.engine.run import calculate
from paceline.engine.tables import ORDER_LINES, Tables

MAX_PERIODS = 8
_MONTHS: dict[PeriodKind, int] = {"month": 1, "quarter": 3, "half-year": 6, "year": 12}
_LETTERS: dict[PeriodKind, str] = {"month": "M", "quarter": "Q", "half-year": "H"}


def read_history(plan: Plan, tables: Tables) -> History:
    """What the plan's measures came to in the last eight of its periods that have order lines.

    Raises InputInvalid when the tables cannot be calculated.
    """
    days = days_of(tables) if ORDER_LINES.name in tables else None
    if days is None:
        return History()
    periods = periods_between(plan.period, *days)[-MAX_PERIODS:]
    return history_of((calculate(plan, tables, period) for period in periods), tables)


def periods_between(kind: PeriodKind, first: date, last: date) -> list[Period]:
    """The calendar periods of a kind from that of the first day to that of the last."""
    months = _MONTHS[kind]
    place = (first.year * 12 + first.month - 1) // months
    end = (last.year * 12 + last.month - 1) // months
    return [_period(kind, months, one) for one in range(place, end + 1)]


def _period(kind: PeriodKind, months: int, place: int) -> Period:
    year, number = divmod(place * months, 12)
    if kind == "year":
        return period_from_key(f"{year:04}")
    return period_from_key(f"{year:04}{_LETTERS[kind]}{number // months + 1}")
