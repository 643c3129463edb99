"""What a plan's years are, as sentences."""

from __future__ import annotations

from collections.abc import Iterator

from babel.dates import get_day_names, get_month_names
from django.utils.translation import gettext as _

from paceline.incentives.calculation.documents import JANUARY, MonthYear, Plan, WeekYear
from paceline.incentives.wording.clauses import Clause
from paceline.incentives.wording.names import joined
from paceline.kernel import formats


def calendar_clauses(plan: Plan) -> Iterator[Clause]:
    """Nothing where the plan's years are the calendar's own."""
    if isinstance(plan.calendar, MonthYear) and plan.calendar != JANUARY:
        starts = formats.month_and_day(plan.calendar.begins)
        yield Clause("year_starts", _("The plan's year starts on %(day)s.") % {"day": starts})
    if isinstance(plan.calendar, WeekYear):
        yield Clause("fiscal_weeks", _weeks(plan.calendar))


def _weeks(calendar: WeekYear) -> str:
    locale = formats.reader_locale()
    days = get_day_names(locale=locale)
    months = get_month_names(context="stand-alone", locale=locale)
    ends = {
        "last": _(
            "The plan's year consists of weeks and ends on the last %(weekday)s of %(month)s."
        ),
        "nearest": _(
            "The plan's year consists of weeks and ends on the %(weekday)s nearest to the end of"
            " %(month)s."
        ),
    }[calendar.rule]
    parts = _(
        "The three months of a quarter have %(first)s, %(second)s and %(third)s weeks; a 53rd week"
        " of the year belongs to its last month."
    )
    first, second, third = calendar.pattern
    said = {"weekday": days[calendar.weekday], "month": months[calendar.month]}
    return joined(ends % said, parts % {"first": first, "second": second, "third": third})


__all__ = ["calendar_clauses"]
