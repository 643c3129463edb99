"""The head of a plan and its policies: what it is called, pays for and takes for granted."""

from __future__ import annotations

from datetime import date

from django.utils.dates import MONTHS, WEEKDAYS
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from paceline.incentives.calculation.documents import MONTH_WORDS, WEEKDAY_WORDS
from paceline.incentives.forms.plan.attributes import Attributes
from paceline.incentives.forms.plan.choices import Choice, Shape
from paceline.incentives.forms.plan.fields import Choices, members_at, words_at
from paceline.incentives.forms.plan.parts import Part, Place, Value, Words
from paceline.incentives.forms.plan.references import first, ids

PERIODS: Choices = (
    ("month", _("Month")),
    ("quarter", _("Quarter")),
    ("half-year", _("Half-year")),
    ("year", _("Year")),
)


def _firsts_of_months(_place: Place) -> Choices:
    return [
        (f"{month:02}-01", date_format(date(2000, month, 1), "MONTH_DAY_FORMAT"))
        for month in range(1, 13)
    ]


_PATTERNS: Choices = (
    ("4-4-5", _("4, 4 and 5 weeks")),
    ("4-5-4", _("4, 5 and 4 weeks")),
    ("5-4-4", _("5, 4 and 4 weeks")),
)
_WEEKS: tuple[Part, ...] = (
    Value("fiscal_weeks/pattern", _("Months of a quarter have"), "choice", _PATTERNS),
    Value(
        "fiscal_weeks/year_ends/weekday", _("Years end on a"), "choice",
        tuple((word, WEEKDAYS[place]) for place, word in enumerate(WEEKDAY_WORDS)),
    ),
    Value(
        "fiscal_weeks/year_ends/rule", _("Which of them"), "choice",
        (
            ("last", _("the last of the month")),
            ("nearest", _("the one nearest to the month's end")),
        ),
    ),
    Value(
        "fiscal_weeks/year_ends/month", _("Of the month"), "choice",
        tuple((word, MONTHS[place]) for place, word in enumerate(MONTH_WORDS, start=1)),
    ),
)  # fmt: skip
HEAD: tuple[Part, ...] = (
    Words("name", pgettext_lazy("plan", "Name")),
    Words("purpose", _("What it rewards"), optional=True),
    Value("currency", _("Currency")),
    Value("period", _("Paid for each"), "choice", PERIODS),
    Choice(
        "calendar", _("The plan's year"),
        (
            Shape(
                "months", _("begins with a month"),
                beside=(
                    Value(
                        "year_starts", _("Year starts on"), "choice", _firsts_of_months,
                        optional=True, default="01-01",
                    ),
                ),
            ),
            Shape(
                "weeks", _("consists of weeks, such as 4-4-5"), beside=_WEEKS,
                starts={
                    "fiscal_weeks": {
                        "pattern": "4-4-5",
                        "year_ends": {"weekday": "saturday", "rule": "last", "month": "december"},
                    }
                },
            ),
        ),
        read=lambda place: "weeks" if place.has("fiscal_weeks") else "months",
    ),
    Choice(
        "target_incentive", _("Target incentive"),
        (
            Shape("", _("none")),
            Shape(
                "amount", _("one amount for all"), mark="amount",
                inside=(Value("amount", _("Amount"), unit="amount"),),
                starts={"target_incentive": {"amount": "1000.00"}},
            ),
            Shape(
                "measure", _("payee by payee, a measure"), mark="measure",
                inside=(Value("measure", _("Measure"), "choice", ids("measures")),),
                starts={"target_incentive": lambda place: {"measure": first("measures")(place)}},
            ),
        ),
        key="target_incentive",
        hint=_("What a payee is meant to earn at target."),
    ),
    Attributes(),
)  # fmt: skip
NOT_EDITED = ("paceline", "plan")  # the version of the language, and the plan's code

_DAYS: Choices = (
    ("order-date", _("the day of the order")),
    ("anchor-date", _("the day that places the line in a period")),
    ("period-end", _("the last day of the period")),
)
STRETCHES: Choices = (
    ("period", _("the running total of the period")),
    ("transaction", _("each line by itself")),
    ("day", _("the total of each day")),
    ("week", _("the total of each week")),
    ("half-month", _("the total of each half-month")),
    ("month", _("the total of each month")),
    ("quarter", _("the running total of the quarter")),
    ("half-year", _("the running total of the half-year")),
    ("year", _("the running total of the year")),
)


def _has_several_direct(place: Place) -> bool:
    """Which rule takes a line matters, and is stated, where there are several direct ones."""
    rules = members_at(place.data, "credits")
    return sum(words_at(one, "kind") == "direct" for one in rules) > 1


POLICIES: tuple[Part, ...] = (
    Value(
        "boundary", _("A value exactly on a boundary belongs to"), "choice",
        (("upper", _("the upper tier")), ("lower", _("the lower tier"))),
    ),
    Value(
        "rounding/mode", _("Rounding"), "choice",
        (
            ("half-up", _("halves upwards")),
            ("half-even", _("halves to the even digit")),
            ("down", _("always downwards")),
        ),
    ),
    Value(
        "rounding/stage", _("Rounded once for each"), "choice",
        (("component", _("component")), ("tier", _("tier")), ("line", _("order line"))),
    ),
    Value("accumulation", _("Rate tables see"), "choice", STRETCHES, redraws=True),
    Value("hierarchy_date", _("Managers are those of"), "choice", _DAYS),
    Value("exchange/date", _("Exchange rate of"), "choice", _DAYS),
    Value(
        "anchor", _("A line belongs to the period of its"), "choice",
        (
            ("booking", _("order date")),
            ("invoice", _("invoice date")),
            ("shipment", _("shipping date")),
            ("cash", _("date of payment")),
            ("return-window", _("end of the return window")),
        ),
    ),
    Value(
        "returns", _("A return counts"), "choice",
        (("own-day", _("on its own day")), ("as-sold", _("as of the sale that it takes back"))),
    ),
    Value(
        "retroactivity", _("When a closed period would now be paid otherwise"), "choice",
        (
            ("carry-forward", _("the difference comes into the next one")),
            ("ignore", _("it stays as it was paid")),
        ),
    ),
    Value(
        "splits", _("Shares of a split line"), "choice",
        (
            ("exactly-100", _("add up to exactly 100%")),
            ("overlays", _("may pass 100% with overlays")),
        ),
    ),
    Value(
        "precedence", _("Of several credit rules that a line meets"), "choice",
        (
            ("all", _("all take it")),
            ("listed", _("the first in the list takes it")),
            ("most-specific", _("the one that tests most takes it")),
        ),
        when=_has_several_direct,
    ),
    Value(
        "accumulation_order", _("Order of lines inside the window"), "words",
        hint=_("Column names with commas between; line_id last."),
    ),
    Value(
        "exchange/rate", _("Kind of exchange rate"),
        hint=_("As named in the imported rates, for example average."),
    ),
)  # fmt: skip
