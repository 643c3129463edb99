"""When a recurring card comes: days by the calendar, times of day in a zone."""

from __future__ import annotations

import calendar
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from paceline.boards.models import Recurrence, Unit

# A day that is never reached ends the search.
LAST = date(2200, 1, 1)


@dataclass(frozen=True, slots=True)
class Pattern:
    """Every ``every`` ``unit`` from ``starts_on``, at a time of day of a zone."""

    unit: str
    every: int
    weekdays: Sequence[int]
    starts_on: date
    ends_before: date | None
    at_time: time
    zone: str

    @classmethod
    def of(cls, recurrence: Recurrence) -> Pattern:
        return cls(
            unit=recurrence.unit,
            every=recurrence.every,
            weekdays=recurrence.weekdays,
            starts_on=recurrence.starts_on,
            ends_before=recurrence.ends_before,
            at_time=recurrence.at_time,
            zone=recurrence.project.time_zone,
        )

    def moment(self, day: date) -> datetime:
        """The instant of a day's time of day in the zone.

        A time that daylight saving skips comes when the clock has gone past it; of one that comes
        twice the first counts.
        """
        return datetime.combine(day, self.at_time, tzinfo=ZoneInfo(self.zone)).astimezone(UTC)

    def after(self, at: datetime) -> tuple[date, datetime] | None:
        """The first day and instant later than ``at``; None when it ends before."""
        nearly = at.astimezone(ZoneInfo(self.zone)).date() - timedelta(days=2)
        for day in self.days(nearly):
            if self.ends_before is not None and day >= self.ends_before:
                return None
            moment = self.moment(day)
            if moment > at:
                return day, moment
        return None

    def last_until(self, at: datetime, since: datetime) -> date | None:
        """The last day whose instant lies from ``since`` to ``at``."""
        found = None
        day = since.astimezone(ZoneInfo(self.zone)).date() - timedelta(days=2)
        for one in self.days(day):
            if self.ends_before is not None and one >= self.ends_before:
                break
            moment = self.moment(one)
            if moment > at:
                break
            if moment >= since:
                found = one
        return found

    def days(self, since: date) -> Iterator[date]:
        """The days of the pattern from ``since`` on."""
        since = max(since, self.starts_on)
        turns = {Unit.DAY: self._daily, Unit.WEEK: self._weekly}
        for day in turns.get(Unit(self.unit), self._monthly)(since):
            if day >= LAST:
                return
            if day >= since:
                yield day

    def _daily(self, since: date) -> Iterator[date]:
        passed = (since - self.starts_on).days // self.every
        day = self.starts_on + timedelta(days=passed * self.every)
        while True:
            yield day
            day += timedelta(days=self.every)

    def _weekly(self, since: date) -> Iterator[date]:
        monday = self.starts_on - timedelta(days=self.starts_on.weekday())
        passed = (since - monday).days // 7 // self.every
        monday += timedelta(days=7 * passed * self.every)
        wanted = sorted(set(self.weekdays)) or [self.starts_on.weekday()]
        while True:
            for one in wanted:
                yield monday + timedelta(days=one)
            monday += timedelta(days=7 * self.every)

    def _monthly(self, since: date) -> Iterator[date]:
        step = self.every * (12 if self.unit == Unit.YEAR else 1)
        first = self.starts_on.year * 12 + self.starts_on.month - 1
        passed = max((since.year * 12 + since.month - 1 - first) // step, 0)
        months = first + passed * step
        while True:
            year, month = divmod(months, 12)
            # The 31st of a short month is its last day.
            last = calendar.monthrange(year, month + 1)[1]
            yield date(year, month + 1, min(self.starts_on.day, last))
            months += step
