"""When check-ins are due: by the rhythm of the period, and on its last day."""

from __future__ import annotations

from datetime import date, timedelta

from paceline.goals.models import Cadence, GoalPeriod

DAYS = {Cadence.WEEKLY: 7, Cadence.FORTNIGHTLY: 14, Cadence.MONTHLY: 28}
ONE_DAY = timedelta(days=1)


def next_due(period: GoalPeriod, last: date | None) -> date | None:
    """The first due day after the last check-in; None without a rhythm, or when all are done.

    Due days are counted from the first day of the period.
    """
    if period.cadence == Cadence.NEVER:
        return None
    final = period.end - ONE_DAY
    if last is not None and last >= final:
        return None
    step = DAYS[Cadence(period.cadence)]
    # The first week is over at the end of its seventh day.
    since = 0 if last is None else max((last - period.starts_on).days + 1, 0)
    due = period.starts_on + timedelta(days=(since // step + 1) * step - 1)
    return min(due, final)


def latest_due(period: GoalPeriod, as_of: date) -> date | None:
    """The last due day on or before a day; None before the first."""
    if period.cadence == Cadence.NEVER:
        return None
    final = period.end - ONE_DAY
    if as_of >= final:
        return final
    step = DAYS[Cadence(period.cadence)]
    rounds = ((as_of - period.starts_on).days + 1) // step
    return period.starts_on + timedelta(days=rounds * step - 1) if rounds > 0 else None
