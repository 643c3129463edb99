"""What measures are split and narrowed by, and lengths of time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from paceline.kernel import formats
from paceline.kernel.periods import month_from

Text = str | Promise
NOBODY = ""  # the key of lines that name none

DIMENSIONS: dict[str, Text] = {
    "team": gettext_lazy("Team"),
    "person": gettext_lazy("Person"),
    "channel": gettext_lazy("Channel"),
    "category": gettext_lazy("Category"),
    "product": gettext_lazy("Product"),
    "territory": gettext_lazy("Territory"),
    "customer": gettext_lazy("Customer"),
    "currency": gettext_lazy("Currency"),
    "pipeline": gettext_lazy("Pipeline"),
    "stage": gettext_lazy("Stage"),
    "origin": pgettext_lazy("of a customer", "Where they came from"),
    "kind": pgettext_lazy("feedback", "Kind"),
    "severity": gettext_lazy("Severity"),
}
BUCKETS: dict[str, Text] = {
    "day": gettext_lazy("Day"),
    "week": gettext_lazy("Week"),
    "month": gettext_lazy("Month"),
    "quarter": gettext_lazy("Quarter"),
    "year": gettext_lazy("Year"),
}
SPANS: dict[str, Text] = {
    "this_week": gettext_lazy("This week"),
    "last_week": gettext_lazy("Last week"),
    "this_month": gettext_lazy("This month"),
    "last_month": pgettext_lazy("days", "Last month"),
    "this_quarter": gettext_lazy("This quarter"),
    "last_quarter": gettext_lazy("Last quarter"),
    "this_year": gettext_lazy("This year"),
    "last_year": gettext_lazy("Last year"),
    "weeks_13": gettext_lazy("Last 13 weeks"),
    "months_12": gettext_lazy("Last 12 months"),
    "last_year_and_this": gettext_lazy("Last year and this year"),
    "days": gettext_lazy("Days of one's own"),
}
COMPARISONS: dict[str, Text] = {
    "previous": gettext_lazy("The days before"),
    "year": gettext_lazy("A year before"),
}
YEARS_MAX = 10


@dataclass(frozen=True, slots=True)
class Span:
    """Half-open days; ``kind`` is the length of time that they are one of, or nothing."""

    starts_on: date
    ends_before: date
    kind: str = ""

    @property
    def days(self) -> int:
        return (self.ends_before - self.starts_on).days

    @property
    def worded(self) -> str:
        return formats.span_of_days(self.starts_on, self.ends_before)

    def before(self) -> Span:
        """As long just before: the month before a month, else as many days."""
        if self.kind:
            first = bucket_of(self.starts_on - timedelta(days=1), self.kind)
            return Span(first, self.starts_on, self.kind)
        return Span(self.starts_on - timedelta(days=self.days), self.starts_on)

    def year_before(self) -> Span:
        """The same days of the year before; of weeks the 52 weeks before."""
        if self.kind == "week":
            back = timedelta(weeks=52)
            return Span(self.starts_on - back, self.ends_before - back, "week")
        return Span(_year_back(self.starts_on), _year_back(self.ends_before), self.kind)


def span_of(kind: str, today: date) -> Span:
    """The days that a name like ``last_month`` means on a day."""
    if kind == "last_year_and_this":
        return Span(date(today.year - 1, 1, 1), date(today.year + 1, 1, 1))
    which, _low, length = kind.partition("_")
    if which == "weeks":
        end = bucket_of(today, "week")
        return Span(end - timedelta(weeks=int(length)), end)
    if which == "months":
        end = bucket_after(today, "month")
        return Span(month_from(end, -int(length)), end)
    first = bucket_of(today, length)
    if which == "last":
        first = bucket_of(first - timedelta(days=1), length)
    return Span(first, bucket_after(first, length), length)


def bucket_of(day: date, length: str) -> date:
    """The first day of the week, month … that a day lies in."""
    if length == "week":
        return day - timedelta(days=day.weekday())
    if length == "month":
        return day.replace(day=1)
    if length == "quarter":
        return date(day.year, day.month - (day.month - 1) % 3, 1)
    return date(day.year, 1, 1) if length == "year" else day


def bucket_after(day: date, length: str) -> date:
    """The first day after the week, month … that a day lies in."""
    if length == "day":
        return day + timedelta(days=1)
    if length == "week":
        return bucket_of(day, length) + timedelta(days=7)
    months = {"month": 1, "quarter": 3, "year": 12}[length]
    return month_from(bucket_of(day, length), months)


def buckets(span: Span, length: str) -> list[date]:
    """The first days of the buckets that the days touch."""
    found, day = [], bucket_of(span.starts_on, length)
    while day < span.ends_before:
        found.append(day)
        day = bucket_after(day, length)
    return found


def bucket_name(day: date, length: str) -> str:
    """A bucket as the reader sees it on an axis."""
    if length == "month":
        return formats.month(day)
    if length == "quarter":
        return _("%(year)d Q%(quarter)d") % {"year": day.year, "quarter": (day.month + 2) // 3}
    return str(day.year) if length == "year" else formats.day(day)


def _year_back(day: date) -> date:
    if (day.month, day.day) == (2, 29):
        return date(day.year - 1, 2, 28)
    return day.replace(year=day.year - 1)
