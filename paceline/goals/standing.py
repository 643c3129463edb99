"""How goals stand: their rows put beside the arithmetic of ``progress``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta

from paceline.goals import measures
from paceline.goals.measures import Source
from paceline.goals.models import CheckIn, Direction, Goal
from paceline.goals.models.goals import TYPED
from paceline.goals.progress import Point, Standing, Track, stand


def sources_of(goals: Iterable[Goal]) -> dict[str, Source]:
    """The sources that some goals are measured by, as far as there are."""
    return measures.known({goal.measure for goal in goals if goal.measure != TYPED})


def is_lost(goal: Goal, sources: Mapping[str, Source]) -> bool:
    """Whether the goal is measured by a source that is no more, or that counts otherwise now."""
    if goal.measure == TYPED:
        return False
    source = sources.get(goal.measure)
    return source is None or source.unit != goal.unit


def track_of(
    goal: Goal, sources: Mapping[str, Source] | None = None, points: Sequence[Point] | None = None
) -> Track:
    """What is to be reached when; with the points given, or the latest one alone. Without sources
    the measure is taken to be there still."""
    source = None if sources is None else sources.get(goal.measure)
    level = source is not None and source.is_level
    if sources is None:
        level = measures.is_level(goal.measure, goal.unit)
    return Track(
        starts_on=goal.period.starts_on,
        ends_before=goal.period.end,
        start=goal.start_value,
        target=goal.target,
        rises=goal.direction == Direction.UP,
        is_level=level,
        points=latest_point(goal) if points is None else points,
        counts=goal.measure != TYPED,
    )


def latest_point(goal: Goal) -> list[Point]:
    """What is known last: what the source said, or a check-in on a later day."""
    said = goal.last_check_in
    found = [] if said is None else [Point(said.on, said.value)]
    return with_reading(goal, found)[-1:]


def points_of(goal: Goal, check_ins: Iterable[CheckIn]) -> list[Point]:
    """The check-ins by day, the last of each day, and what the source said since."""
    period = goal.period
    by_day = {one.on: one.value for one in check_ins if period.counts_on(one.on)}
    return with_reading(goal, [Point(on, by_day[on]) for on in sorted(by_day)])


def with_reading(goal: Goal, points: list[Point]) -> list[Point]:
    """The points, and behind them what the source said on the same day or later."""
    reading = getattr(goal, "reading", None)
    points = [one for one in points if goal.period.counts_on(one.on)]
    if reading is None or reading.value is None:
        return points
    on = min(reading.as_of, goal.period.end - timedelta(days=1))
    if points and points[-1].on > on:
        return points
    return [*(one for one in points if one.on < on), Point(on, reading.value)]


def standing_of(
    goal: Goal,
    as_of: date,
    sources: Mapping[str, Source] | None = None,
    points: Sequence[Point] | None = None,
) -> Standing:
    """How a goal stands as of the end of a day; without sources nothing is asked."""
    return stand(track_of(goal, sources, points), as_of)
