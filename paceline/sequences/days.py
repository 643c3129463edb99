"""On which day and at which moment a step is due. Pure: hours and leave are handed in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from paceline.leads.hours import Hours
from paceline.sequences.models import Counting

AHEAD_MAX = 400


@dataclass(frozen=True, slots=True)
class Calendar:
    """When somebody works: their hours in their zone, and the days on which they are away
    (half-open; without an end for ever)."""

    hours: Hours
    away: Sequence[tuple[date, date | None]] = ()

    def today(self, at: datetime) -> date:
        return at.astimezone(self.hours.zone).date()

    def works_on(self, day: date) -> bool:
        """Whether the person is at work on some hours of the day."""
        if day in self.hours.closed or not self.hours.week[day.weekday()]:
            return False
        return not any(
            starts_on <= day and (ends_before is None or day < ends_before)
            for starts_on, ends_before in self.away
        )

    def due_on(self, counted_from: date, days: int, counting: str) -> date | None:
        """The day on which a step is due: so many days after another, or so many on which the
        person works; never one on which they do not work. ``None`` when there is none."""
        left = days if counting == Counting.WORKDAYS else 0
        first = counted_from if counting == Counting.WORKDAYS else counted_from + timedelta(days)
        for ahead in range(AHEAD_MAX):
            day = first + timedelta(ahead)
            if not self.works_on(day):
                continue
            if left == 0 or (left == 1 and day > counted_from):
                return day
            left -= day > counted_from
        return None

    def due_at(
        self, counted_from: date, days: int, counting: str, not_before: datetime
    ) -> datetime | None:
        """The moment of a step: when work begins on its day, or now if that has begun. After the
        end of work it is the next day of work."""
        day = self.due_on(counted_from, days, counting)
        return None if day is None else self.at_work(day, not_before)

    def at_work(self, first: date, not_before: datetime) -> datetime | None:
        """The first moment of work from a day on that is not before another moment."""
        day = max(first, self.today(not_before))
        for ahead in range(AHEAD_MAX):
            one = day + timedelta(ahead)
            if not self.works_on(one):
                continue
            noon = datetime(one.year, one.month, one.day, 12, tzinfo=self.hours.zone)
            for begins, ends in self.hours.spans(noon, 1):
                if ends > not_before:
                    return max(begins, not_before)
        return None
