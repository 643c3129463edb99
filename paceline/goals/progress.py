"""How far a goal has come, what is missing, and where it will end: arithmetic without a clock.

The methods are written down in docs/goals.md. A day counts as gone at its end.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, localcontext
from enum import StrEnum

PLACES = Decimal("0.0001")
NONE, ONE, WEEK = Decimal(0), Decimal(1), 7
POINTS_MIN = 3  # fewer say nothing about how much a forecast may err
ON_PACE, AT_RISK = Decimal("0.9"), Decimal("0.7")

# Two-sided 80 % of Student's t by degrees of freedom; beyond the table, of the normal.
_T80 = (
    "3.078", "1.886", "1.638", "1.533", "1.476", "1.440", "1.415", "1.397", "1.383", "1.372",
    "1.363", "1.356", "1.350", "1.345", "1.341", "1.337", "1.333", "1.330", "1.328", "1.325",
    "1.323", "1.321", "1.319", "1.318", "1.316", "1.315", "1.314", "1.313", "1.311", "1.310",
)  # fmt: skip
_NORMAL80 = Decimal("1.282")


class Status(StrEnum):
    """How a goal stands beside its pace."""

    UNKNOWN = "unknown"
    REACHED = "reached"
    ON_PACE = "on_pace"
    AT_RISK = "at_risk"
    BEHIND = "behind"


def divided(part: Decimal, whole: Decimal) -> Decimal | None:
    """A part of a whole, to 28 digits; None where the whole is nothing."""
    return None if whole == 0 else part / whole


@dataclass(frozen=True, slots=True)
class Point:
    """What was reached by the end of a day."""

    on: date
    value: Decimal


@dataclass(frozen=True, slots=True)
class Track:
    """What is to be reached when, and what was reached so far.

    ``points`` in order of their days, one a day, within the period. A ``level`` is a rate or an
    average that holds for the whole period, instead of growing with it. ``counts``: the value is a
    count that begins at nothing with the period, whatever there was before.
    """

    starts_on: date
    ends_before: date
    start: Decimal
    target: Decimal
    rises: bool
    is_level: bool = False
    points: Sequence[Point] = ()
    counts: bool = False

    @property
    def days(self) -> int:
        return (self.ends_before - self.starts_on).days

    @property
    def is_limit(self) -> bool:
        """Whether the target is what a count may come to at most: it is held until the end, or
        not any more; there is no way that leads down to it."""
        return self.counts and not self.rises and not self.is_level

    @property
    def begins_at(self) -> Decimal:
        """The value on the eve of the period; a count has none yet, whatever the start says."""
        return NONE if self.counts and not self.is_level else self.start

    @property
    def way(self) -> Decimal:
        """From where it begins to the target; nothing where the goal is to hold something."""
        return NONE if self.is_limit else self.target - self.begins_at

    @property
    def floor(self) -> Decimal | None:
        """What is never below nothing is not expected to be, either."""
        known = (self.start, self.target, *(one.value for one in self.points))
        return NONE if min(known) >= 0 else None

    def gone(self, as_of: date) -> int:
        """Days of the period that are over by the end of a day."""
        return min(max((as_of - self.starts_on).days + 1, 0), self.days)

    def paced(self, as_of: date) -> Decimal:
        """What would be reached by the end of a day if it went evenly."""
        if self.is_level:
            return self.target
        share = divided(Decimal(self.gone(as_of)), Decimal(self.days)) or NONE
        return (self.begins_at + (self.target - self.begins_at) * share).quantize(PLACES)

    def is_reached(self, value: Decimal) -> bool:
        return value >= self.target if self.rises else value <= self.target


@dataclass(frozen=True, slots=True)
class Forecast:
    """Where the goal will end if it goes on so; without an interval there is too little to tell."""

    value: Decimal
    low: Decimal | None = None
    high: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """How a goal stands as of a day.

    ``progress`` is the part of the way from start to target, None where there is no way between
    them. ``gap`` is what is missing, never below nothing; of a limit, by how much it is passed, and
    ``room`` what is left below it. Paces are by week.
    """

    value: Decimal | None
    value_on: date | None
    progress: Decimal | None
    elapsed: Decimal
    paced: Decimal
    gap: Decimal | None
    days_left: int
    pace: Decimal | None
    pace_needed: Decimal | None
    forecast: Forecast | None
    status: Status
    room: Decimal | None = None


def stand(track: Track, as_of: date) -> Standing:
    """How a goal stands as of the end of a day, by the points up to it."""
    points = [one for one in track.points if one.on <= as_of]
    gone, left = track.gone(as_of), track.days - track.gone(as_of)
    elapsed = divided(Decimal(gone), Decimal(track.days)) or NONE
    if not points:
        return Standing(
            None, None, None, elapsed, track.paced(as_of), None, left, None, None, None,
            Status.UNKNOWN,
        )  # fmt: skip
    last = points[-1]
    missing = track.target - last.value if track.rises else last.value - track.target
    gap = max(missing, NONE)
    way = divided(last.value - track.begins_at, track.way)
    progress = None if way is None else way.quantize(PLACES)
    return Standing(
        value=last.value,
        value_on=last.on,
        progress=progress,
        elapsed=elapsed,
        paced=track.paced(as_of),
        gap=gap,
        days_left=left,
        pace=None if track.is_level else _pace(track, last),
        pace_needed=_pace_needed(track, last, left),
        forecast=_forecast(track, points),
        status=_status(track, last, progress, elapsed),
        room=max(-missing, NONE) if track.is_limit else None,
    )


def _pace(track: Track, last: Point) -> Decimal | None:
    found = divided((last.value - track.begins_at) * WEEK, Decimal(track.gone(last.on)))
    return None if found is None else found.quantize(PLACES)


def _pace_needed(track: Track, last: Point, left: int) -> Decimal | None:
    """What each week left must bring; nothing for levels and limits, and once it is reached."""
    if track.is_level or track.is_limit or track.is_reached(last.value):
        return None
    found = divided((track.target - last.value) * WEEK, Decimal(left))
    return None if found is None else found.quantize(PLACES)


def _status(track: Track, last: Point, progress: Decimal | None, elapsed: Decimal) -> Status:
    holds = track.is_level or track.way == 0
    if track.is_reached(last.value):
        if not holds or elapsed >= ONE:
            return Status.REACHED
        spends_fast = track.is_limit and last.value * ON_PACE > track.paced(last.on)
        return Status.AT_RISK if spends_fast else Status.ON_PACE
    if progress is None:
        return Status.BEHIND
    due = ONE if track.is_level else elapsed
    if not track.is_level and progress >= ON_PACE * due:
        return Status.ON_PACE
    return Status.AT_RISK if progress >= AT_RISK * due else Status.BEHIND


def _forecast(track: Track, points: Sequence[Point]) -> Forecast | None:
    with localcontext() as context:
        context.prec = 40
        found = _of_level(points) if track.is_level else _of_growth(track, points)
    return found if found is None or track.floor is None else _from(track.floor, found)


def _from(floor: Decimal, found: Forecast) -> Forecast:
    low, high = (None if one is None else max(one, floor) for one in (found.low, found.high))
    return Forecast(max(found.value, floor), low, high)


def _of_growth(track: Track, points: Sequence[Point]) -> Forecast | None:
    """The pace so far, carried on: a random walk with drift.

    With drift r and, from the increments, variance s² a day, the value in h days after x days
    spreads by s²·h·(1 + h/x): the walk's own spread, and that of the drift's estimate.
    """
    gone = Decimal(track.gone(points[-1].on))
    if gone == 0:
        return None
    ahead = Decimal(track.days) - gone
    last = points[-1].value
    drift = (last - track.begins_at) / gone
    value = last + drift * ahead
    if len(points) < POINTS_MIN:
        return Forecast(value.quantize(PLACES))
    squares, steps = NONE, 0
    before_days, before = NONE, track.begins_at
    for point in points:
        days = Decimal(track.gone(point.on))
        long = days - before_days
        if long > 0:
            squares += (point.value - before - drift * long) ** 2 / long
            steps += 1
        before_days, before = days, point.value
    if steps < POINTS_MIN:
        return Forecast(value.quantize(PLACES))
    spread = squares / (steps - 1) * ahead * (ONE + ahead / gone)
    return _between(value, _t80(steps - 1) * spread.sqrt())


def _of_level(points: Sequence[Point]) -> Forecast:
    """The mean of what was measured; the next one spreads around it as those did."""
    count = len(points)
    if count < POINTS_MIN:
        return Forecast(points[-1].value.quantize(PLACES))
    mean = sum((one.value for one in points), NONE) / count
    squares = sum(((one.value - mean) ** 2 for one in points), NONE)
    spread = squares / (count - 1) * (ONE + ONE / count)
    return _between(mean, _t80(count - 1) * spread.sqrt())


def _between(value: Decimal, half: Decimal) -> Forecast:
    return Forecast(
        value.quantize(PLACES), (value - half).quantize(PLACES), (value + half).quantize(PLACES)
    )


def _t80(freedom: int) -> Decimal:
    return Decimal(_T80[freedom - 1]) if freedom <= len(_T80) else _NORMAL80
