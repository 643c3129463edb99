"""Where the sales of a period will end, told from the weeks before; exact, without a clock."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from paceline.insights.dimensions import Span

LEARN_WEEKS, TRY_WEEKS = 8, 13
DAY = timedelta(days=1)
STEP = Decimal("0.0001")
ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Projection:
    """The running total for each day that is left: expected, and the ends of the range."""

    low: list[Decimal]
    middle: list[Decimal]
    high: list[Decimal]


def project(by_day: Mapping[date, Decimal], span: Span, today: date) -> Projection | None:
    """Sold before today, and for each day from today on the mean of its weekday in the eight weeks
    before. ``None`` where nothing was sold in the weeks before, or no day is left.

    The range: the same was forecast from each of the thirteen weeks before, as many days ahead as
    these weeks allow; a tenth of those that ended above and a tenth of those below are left out,
    as shares of what was expected, and the rest applies to what is expected now.
    """
    first = max(today, span.starts_on)
    left = (span.ends_before - first).days
    begins = today - timedelta(weeks=TRY_WEEKS)
    if left <= 0 or not any(by_day.get(begins + DAY * n) for n in range(TRY_WEEKS * 7)):
        return None
    so_far = sum((value for day, value in by_day.items() if span.starts_on <= day < first), ZERO)
    expected = ahead(by_day, today, first, left)
    down, up = spread(by_day, today, left)
    low, middle, high, total = [], [], [], ZERO
    for value in expected:
        total += value
        middle.append((so_far + total).quantize(STEP))
        low.append((so_far + total * down).quantize(STEP))
        high.append((so_far + total * up).quantize(STEP))
    return Projection(low, middle, high)


def ahead(by_day: Mapping[date, Decimal], today: date, first: date, days: int) -> list[Decimal]:
    """What each of some days is expected to sell, told from the eight weeks before ``today``."""
    means = {}
    for n in range(7):
        weekday = today - DAY * (n + 1)
        past = [by_day.get(weekday - timedelta(weeks=week), ZERO) for week in range(LEARN_WEEKS)]
        means[weekday.weekday()] = sum(past, ZERO) / LEARN_WEEKS
    return [means[(first + DAY * n).weekday()] for n in range(days)]


def spread(by_day: Mapping[date, Decimal], today: date, days: int) -> tuple[Decimal, Decimal]:
    """The shares of an expectation between which eight of ten earlier ones ended."""
    found = []
    for week in range(1, TRY_WEEKS + 1):
        then = today - timedelta(weeks=week)
        horizon = min(days, week * 7)
        expected = sum(ahead(by_day, then, then, horizon), ZERO)
        if expected > 0:
            came = sum((by_day.get(then + DAY * n, ZERO) for n in range(horizon)), ZERO)
            found.append(came / expected)
    if not found:
        return Decimal(1), Decimal(1)
    found.sort()
    cut = len(found) // 10
    return min(found[cut], Decimal(1)), max(found[len(found) - 1 - cut], Decimal(1))
