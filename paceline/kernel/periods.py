"""Effective dates: half-open ranges of days that the database keeps from overlapping.

``starts_on`` is the first day, ``ends_before`` the first day that no longer counts; ``None`` means
open. Screens show the last day (``ends_before`` minus one).
"""

from __future__ import annotations

import zoneinfo
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any, Self

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeBoundary, RangeOperators
from django.db import models
from django.db.models import F, Func, Q
from django.utils.dateparse import parse_date
from django.utils.translation import gettext_lazy as _

# Days before and after lie beyond what calendars can count from them.
YEAR_EARLIEST, YEAR_LATEST = 1800, 2399


def is_countable(day: date) -> bool:
    """Whether weeks, months and years can be counted from a day in both directions."""
    return YEAR_EARLIEST <= day.year <= YEAR_LATEST


def zone_named(name: str) -> zoneinfo.ZoneInfo:
    """The time zone of a name; UTC for one that this machine does not know."""
    try:
        return zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError):
        return zoneinfo.ZoneInfo("UTC")


def day_in(text: str) -> date | None:
    """The day that an address or a form names, written 2026-07-31; None where it names none."""
    try:
        day = parse_date(text)
    except ValueError:
        return None
    return day if day is not None and is_countable(day) else None


def month_from(day: date, months: int) -> date:
    """The first day of the month that lies so many months after that of a day; before, if
    negative."""
    place = day.year * 12 + day.month - 1 + months
    return date(place // 12, place % 12 + 1, 1)


def month_after(day: date) -> date:
    """The first day of the month after that of a day."""
    return month_from(day, 1)


class DateRange(Func):
    """``daterange(starts_on, ends_before, '[)')`` as an expression."""

    function = "daterange"


class OneId(Func):
    """``int8range(id, id, '[]')``: one id as a range, so that GiST needs no extension.

    For a column only: the expression is written twice and must carry no parameters.
    """

    function = "int8range"
    template = "%(function)s(%(expressions)s, %(expressions)s, '[]')"


class OneWord(Func):
    """One word as a range of its hash, for the same purpose; equal hashes would only refuse more.

    For a column only, like :class:`OneId`.
    """

    function = "int8range"
    template = "%(function)s(hashtext(%(expressions)s), hashtext(%(expressions)s), '[]')"


def no_overlap(
    name: str, *, of: Sequence[str], message: Any, unless_null: str = ""
) -> ExclusionConstraint:
    """Forbid two rows with the same foreign keys ``of`` on the same day.

    Name a nullable key in ``unless_null``: rows without it never collide. (Left to itself, a null
    key would become the range of every id and collide with all.)
    """
    same: list[tuple[Any, str]] = [(OneId(field), RangeOperators.EQUAL) for field in of]
    days = DateRange("starts_on", "ends_before", RangeBoundary())
    return ExclusionConstraint(
        name=name,
        expressions=[*same, (days, RangeOperators.OVERLAPS)],
        condition=Q(**{f"{unless_null}__isnull": False}) if unless_null else None,
        violation_error_message=message,
    )


def ends_after_start(name: str) -> models.CheckConstraint:
    """An empty range overlaps nothing, so it is refused."""
    return models.CheckConstraint(
        name=name,
        condition=Q(ends_before__isnull=True) | Q(ends_before__gt=F("starts_on")),
        violation_error_message=_("The end must come after the start."),
    )


class EffectiveQuerySet(models.QuerySet[Any]):
    """Rows that count on a day or during a range of days."""

    def on(self, day: date) -> Self:
        """Rows that count on ``day``."""
        return self.filter(Q(ends_before__isnull=True) | Q(ends_before__gt=day), starts_on__lte=day)

    def during(self, starts_on: date, ends_before: date | None) -> Self:
        """Rows that count on at least one day of the half-open range."""
        rows = self.filter(Q(ends_before__isnull=True) | Q(ends_before__gt=starts_on))
        return rows if ends_before is None else rows.filter(starts_on__lt=ends_before)


class EffectiveDated(models.Model):
    """A fact with a first day and, once known, a first day after it."""

    starts_on = models.DateField(_("from"))
    ends_before = models.DateField(_("until before"), null=True, blank=True)

    class Meta:
        abstract = True

    @property
    def last_day(self) -> date | None:
        """The last day that counts, for screens."""
        return None if self.ends_before is None else self.ends_before - timedelta(days=1)

    def counts_on(self, day: date) -> bool:
        return self.starts_on <= day and (self.ends_before is None or day < self.ends_before)
