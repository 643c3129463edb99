"""Working hours: how much of them lies between two moments, and when so much of them is over.

A week is seven lists of half-open spans of minutes since midnight, Monday first: ``[[540, 1080]]``
is nine to six. Spans are local times of a zone; they are brought to UTC day by day, so that a day
on which the clocks change has the hours that it really has.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

MINUTES = 24 * 60
DAYS_AHEAD_MAX = 400
OFFICE: list[list[list[int]]] = [[[540, 1080]]] * 5 + [[], []]


@dataclass(frozen=True, slots=True)
class Hours:
    """When somebody works: the week, its zone, and the days on which they do not."""

    week: Sequence[Sequence[Sequence[int]]]
    zone: ZoneInfo
    closed: frozenset[date] = frozenset()

    def spans(self, start: datetime, days: int) -> Iterator[tuple[datetime, datetime]]:
        """The spans of work from the local day of ``start`` on, in UTC and in order."""
        first = start.astimezone(self.zone).date()
        for ahead in range(days):
            day = first + timedelta(days=ahead)
            if day in self.closed:
                continue
            for begins, ends in self.week[day.weekday()]:
                yield self._moment(day, begins), self._moment(day, ends)

    def _moment(self, day: date, minutes: int) -> datetime:
        whole, minute = divmod(minutes, 60)
        extra, hour = divmod(whole, 24)
        local = datetime.combine(day + timedelta(days=extra), datetime.min.time())
        return local.replace(hour=hour, minute=minute, tzinfo=self.zone).astimezone(UTC)

    def are_open(self, at: datetime) -> bool:
        """Whether this is a moment of work."""
        return any(begins <= at < ends for begins, ends in self.spans(at, 1))

    def between(self, start: datetime, end: datetime) -> timedelta:
        """How much work lies between two moments; nothing when they come in the other order."""
        days = (end.astimezone(self.zone).date() - start.astimezone(self.zone).date()).days + 1
        total = timedelta()
        for begins, ends in self.spans(start, max(0, days)):
            total += max(timedelta(), min(ends, end) - max(begins, start))
        return total

    def after(self, start: datetime, work: timedelta) -> datetime | None:
        """The moment at which so much work has passed since ``start``.

        ``None`` when it has not within ``DAYS_AHEAD_MAX`` days, such as in a week without work.
        """
        left = work
        for first, ends in self.spans(start, DAYS_AHEAD_MAX):
            begins = max(first, start)
            if ends <= begins:
                continue
            if ends - begins >= left:
                return begins + left
            left -= ends - begins
        return None


class WeekInvalid(Exception):
    """This is no week of work; ``day`` says on which day (0 is Monday)."""

    def __init__(self, day: int) -> None:
        super().__init__(day)
        self.day = day


def checked_week(week: Any) -> list[list[list[int]]]:
    """A week whose spans follow one another within their day. Raises ``WeekInvalid``."""
    if not isinstance(week, list) or len(week) != 7:
        raise WeekInvalid(0)
    for place, spans in enumerate(week):
        last = 0
        for span in spans:
            begins, ends = span
            if not (last <= begins < ends <= MINUTES):
                raise WeekInvalid(place)
            last = ends
    return week


def parse_day(text: str) -> list[list[int]]:
    """``09:00-12:00, 13:00-18:00`` as spans. Raises ``ValueError``."""
    spans = []
    plain = text.replace("–", "-").replace("—", "-").replace("～", "-").replace("~", "-")
    for part in plain.replace("，", ",").replace("、", ",").replace(";", ",").split(","):
        if part.strip():
            begins, ends = part.split("-")
            spans.append([_minutes(begins), _minutes(ends)])
    return spans


def _minutes(text: str) -> int:
    hour, _sign, minute = text.replace("：", ":").strip().partition(":")
    found = int(hour) * 60 + int(minute or "0")
    if not (0 <= found <= MINUTES and int(minute or "0") < 60):
        raise ValueError(text)
    return found


def write_day(spans: Sequence[Sequence[int]]) -> str:
    """Spans as they are written in a form."""
    return ", ".join(f"{_clock(begins)}-{_clock(ends)}" for begins, ends in spans)


def _clock(minutes: int) -> str:
    hour, minute = divmod(minutes, 60)
    return f"{hour:02}:{minute:02}"
