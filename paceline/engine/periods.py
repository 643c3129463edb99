"""Periods that are paid: half-open, named by a key such as 2020Q2 or, of weeks, 2020-02-02W13.

A key says by itself which days it means, whatever calendar a plan has.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Literal

PeriodKind = Literal["month", "quarter", "half-year", "year"]

PERIOD_KINDS: tuple[PeriodKind, ...] = ("month", "quarter", "half-year", "year")

_KEY = re.compile(
    r"(?P<year>[0-9]{4})(?:-?(?P<letter>[MQH])(?P<number>[0-9]{1,2})"
    r"|-(?P<month>[0-9]{2})(?P<from_month>[QHY])?)?"
)
_WEEKS_KEY = re.compile(
    r"(?P<first>[0-9]{4}-[0-9]{2}-[0-9]{2})W(?P<weeks>[0-9]{1,3})", re.IGNORECASE
)
MONTHS_OF: Mapping[str, int] = {"month": 1, "quarter": 3, "half-year": 6, "year": 12}
# Of years of weeks; the longest of each kind is that of a year of 53 weeks.
WEEKS_OF: Mapping[PeriodKind, tuple[int, ...]] = {
    "month": (4, 5, 6),
    "quarter": (13, 14),
    "half-year": (26, 27),
    "year": (52, 53),
}
_LETTERS: dict[str, PeriodKind] = {
    "M": "month",
    "Q": "quarter",
    "H": "half-year",
    "Y": "year",
}


FIRST_YEAR = 12  # windows look at more than ten years before the period


class PeriodUnknown(ValueError):
    """The text names no period."""


class WeeksUnknown(PeriodUnknown):
    """The text names weeks, but so many are no month, quarter, half-year or year."""

    def __init__(self, key: str, weeks: int) -> None:
        known = [one for weeks in WEEKS_OF.values() for one in weeks]
        self.weeks, self.nearest = weeks, min(known, key=lambda one: abs(one - weeks))
        said = ", ".join(map(str, known))
        super().__init__(
            f"{key}: {weeks} weeks are no period; those of a year of weeks have {said}"
        )


@dataclass(frozen=True)
class Period:
    """The days from `starts_on` up to, not including, `ends_before`.

    `kind` is None for a period of an own calendar; then it fits a plan of any period.
    """

    starts_on: date
    ends_before: date
    key: str
    kind: PeriodKind | None = None

    def __post_init__(self) -> None:
        if self.ends_before <= self.starts_on:
            raise PeriodUnknown(f"{self.key}: the period ends before it starts")
        if self.starts_on.year < FIRST_YEAR:
            raise PeriodUnknown(f"{self.key}: periods begin in the year {FIRST_YEAR} or later")


def period_from_key(key: str) -> Period:
    """The period that a key names: 2020, 2020H1, 2020Q2, 2020M06 or 2020-06; of years that begin in
    another month 2020-02Q, 2020-02H and 2020-02Y, the quarter, half-year and year from February on;
    of years of weeks 2020-02-02W13, the 13 weeks from 2 February on.

    Raises PeriodUnknown for anything else.
    """
    if of_weeks := _WEEKS_KEY.fullmatch(key.strip()):
        try:
            first = date.fromisoformat(of_weeks["first"])
            return period_of_weeks(first, int(of_weeks["weeks"]))
        except (ValueError, OverflowError) as error:
            if isinstance(error, PeriodUnknown):
                raise
            raise PeriodUnknown(f"{key!r} is no period of the calendar") from None
    match = _KEY.fullmatch(key.strip())
    if match is None:
        raise PeriodUnknown(
            f"{key!r} is no period; write 2020, 2020H1, 2020Q2, 2020-06 or, of weeks, 2020-02-02W13"
        )
    year = int(match["year"])
    kind: PeriodKind = "year"
    number = 1
    if match["letter"]:
        kind, number = _LETTERS[match["letter"]], int(match["number"])
    elif match["month"]:
        kind, number = "month", int(match["month"])
    if match["from_month"]:
        if 1 <= number <= 12 and 1 <= year <= 9998:
            return period_of(_LETTERS[match["from_month"]], date(year, number, 1))
        raise PeriodUnknown(f"{key!r} is no period of the calendar")
    months = MONTHS_OF[kind]
    if not 1 <= number <= 12 // months or not 1 <= year <= 9998:
        raise PeriodUnknown(f"{key!r} is no period of the calendar")
    known = period_of(kind, date(year, (number - 1) * months + 1, 1))
    return replace(known, key=key.strip())


def period_of(kind: PeriodKind, starts_on: date) -> Period:
    """The period of a kind that begins on the first of a month; its key names a period of the
    calendar year where it is one.
    """
    months = MONTHS_OF[kind]
    after = starts_on.year * 12 + starts_on.month - 1 + months
    ends_before = date(after // 12, after % 12 + 1, 1)
    return Period(starts_on, ends_before, _key(kind, starts_on, months), kind)


def period_of_weeks(starts_on: date, weeks: int) -> Period:
    """The period of so many weeks from a day on; their number says what kind it is.

    Raises PeriodUnknown where there is none of so many weeks.
    """
    key = f"{starts_on}W{weeks}"
    kind = next((one for one, known in WEEKS_OF.items() if weeks in known), None)
    if kind is None:
        raise WeeksUnknown(key, weeks)
    return Period(starts_on, starts_on + timedelta(weeks=weeks), key, kind)


def _key(kind: PeriodKind, starts_on: date, months: int) -> str:
    year = f"{starts_on.year:04}"
    if kind == "month":
        return f"{year}-{starts_on.month:02}"
    letter = next(one for one, known in _LETTERS.items() if known == kind)
    number, into = divmod(starts_on.month - 1, months)
    if into:
        return f"{year}-{starts_on.month:02}{letter}"
    return year if kind == "year" else f"{year}{letter}{number + 1}"
