"""When something is due next, on somebody's own clock."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

from paceline.kernel.periods import zone_named


def next_time(cadence: str, weekday: int, hour: int, zone_name: str, after: datetime) -> datetime:
    """The first moment after one at which the hour strikes in the zone: every day, on a weekday
    (Monday is 0), or on the first of a month. An hour that a clock leaps over strikes right after.
    """
    zone = zone_named(zone_name)
    day = after.astimezone(zone).date()
    while True:
        moment = datetime.combine(day, time(hour), zone)
        if moment.astimezone(UTC) > after and _fits(cadence, weekday, day):
            return moment.astimezone(UTC)
        day += timedelta(days=1)


def _fits(cadence: str, weekday: int, day: date) -> bool:
    if cadence == "weekly":
        return day.weekday() == weekday
    return day.day == 1 if cadence == "monthly" else True
