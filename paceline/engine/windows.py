"""Windows: the stretches of days that measures and rate tables look at.

A window goes by a key: `period`, `to-date year`, `before year`, `rolling 3`, `since-hire` and so
on. The days from the first window's start to the period's end are cut into spans at every edge of a
window, so that each window is a run of whole spans; lines are summed by span once, for all windows.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from paceline.engine.periods import Period
from paceline.engine.plan.model import Component, Measure, Plan
from paceline.engine.plan.policies import WINDOWS

PERIOD = "period"
MAX_DAYS = 3_700


def window_of(plan: Plan, component: Component) -> str:
    """The window that a component accumulates over; the plan's own kind of period is `period`."""
    window = component.accumulation or plan.policies.accumulation
    return PERIOD if window == plan.period else window


def is_shorter(plan: Plan, window: str) -> bool:
    """The window begins anew inside the period."""
    return window != PERIOD and WINDOWS.index(window) < WINDOWS.index(plan.period)


def is_longer(plan: Plan, window: str) -> bool:
    """The window may have begun before the period."""
    return window != PERIOD and WINDOWS.index(window) > WINDOWS.index(plan.period)


def to_date(unit: str) -> str:
    return f"to-date {unit}"


def before(unit: str) -> str:
    return f"before {unit}"


def key_of(measure: Measure) -> str:
    """The window that a measure looks at."""
    window = measure.window
    if window is None:
        return PERIOD
    parts = {
        "to-date": (window.unit,),
        "rolling": (str(window.months),),
        "campaign": (str(window.starts_on), str(window.ends_before)),
    }.get(window.kind, ())
    return " ".join((window.kind, *parts))


def over(plan: Plan, unit: str) -> str:
    """The window so far of a quota's `over`."""
    return PERIOD if unit in {PERIOD, plan.period} else to_date(unit)


def interval(plan: Plan, period: Period, key: str, earliest: date) -> tuple[date, date]:
    """A window's days, half-open; an empty one starts where it ends.

    `earliest` is the first day on which anybody is in the plan.
    """
    end = period.ends_before
    kind, _, rest = key.partition(" ")
    start = period.starts_on
    if kind in {"to-date", "before"}:
        first = plan.calendar.start_of(rest, end - timedelta(days=1))
        start = first if is_shorter(plan, rest) else min(first, start)
        end = end if kind == "to-date" else period.starts_on
    elif kind == "rolling":
        start = plan.calendar.back(end, int(rest))
    elif kind == "campaign":
        first, last = (date.fromisoformat(part) for part in rest.split(" "))
        start, end = min(first, end), min(last, end)
    elif kind == "since-hire":
        start = min(earliest, start)
    elif kind == "year-before":
        start, end = plan.calendar.back(start, 12), plan.calendar.back(end, 12)
    return start, end


def target_window(plan: Plan, period: Period, unit: str) -> tuple[date, date]:
    """The days in which the rows of a quota are its targets: the whole window, not only so far."""
    if unit in {PERIOD, plan.period}:
        return period.starts_on, period.ends_before
    last = period.ends_before - timedelta(days=1)
    return plan.calendar.start_of(unit, last), plan.calendar.end_of(unit, last)


def straddled(plan: Plan, period: Period, keys: Iterable[str]) -> list[tuple[str, date]]:
    """The units, not shorter than the period, that begin inside it though the plan looks at one of
    them up to the period's end: part of the period would belong to neither.
    """
    units = {key.partition(" ")[2] for key in keys if key.startswith(("to-date ", "before "))}
    last = period.ends_before - timedelta(days=1)
    starts = {unit: plan.calendar.start_of(unit, last) for unit in units}
    return sorted(
        (unit, start)
        for unit, start in starts.items()
        if not is_shorter(plan, unit) and start > period.starts_on
    )


@dataclass(frozen=True)
class Spans:
    """The spans of a run: their first days, and the run of spans of each window."""

    starts: tuple[date, ...]
    runs: dict[str, tuple[int, int]]  # first and last span; (1, 0) for an empty window

    @property
    def horizon(self) -> date:
        """The first day that any window looks at."""
        return self.starts[0]


def spans_of(plan: Plan, period: Period, keys: Iterable[str], earliest: date) -> Spans:
    """Cut the days into spans. Days before MAX_DAYS ago are not looked at."""
    limit = period.ends_before - timedelta(days=MAX_DAYS)
    intervals = {}
    for key in keys:
        start, end = interval(plan, period, key, earliest)
        intervals[key] = (max(start, limit), end)
    edges = {edge for start, end in intervals.values() if start < end for edge in (start, end)}
    starts = tuple(sorted(edges - {period.ends_before}))
    runs = {}
    for key, (start, end) in intervals.items():
        inside = [place for place, day in enumerate(starts) if start <= day < end]
        runs[key] = (inside[0], inside[-1]) if inside else (1, 0)
    return Spans(starts, runs)


def instance_of(plan: Plan, unit: str, day: date) -> date:
    """The first day of the day, week, half-month, month … that a day lies in."""
    if unit == "day":
        return day
    if unit == "week":
        return plan.calendar.week_of(day)
    if unit == "half-month":
        return day.replace(day=16 if day.day > 15 else 1)
    return plan.calendar.start_of(unit, day)


__all__ = [
    "MAX_DAYS",
    "PERIOD",
    "Spans",
    "before",
    "instance_of",
    "interval",
    "is_longer",
    "is_shorter",
    "key_of",
    "over",
    "spans_of",
    "straddled",
    "to_date",
    "window_of",
]
