"""Charts of a period that is under way: pace against plan, and the forecast of its end."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from django.utils.translation import gettext as _

from paceline.insights import words
from paceline.insights.asked import Question
from paceline.insights.charts.frame import Cell, Drawn, Frame, Place
from paceline.insights.charts.leads import listed, opened
from paceline.insights.dimensions import Span, bucket_name, span_of
from paceline.insights.measures import MEASURES, SALES
from paceline.insights.projection import project
from paceline.insights.queries.answers import facts_of
from paceline.insights.queries.desk import Desk
from paceline.insights.queries.quotas import quota_facts
from paceline.insights.queries.sales import sales_of
from paceline.kernel import formats
from paceline.kernel.charts import LineChart, Series

ZERO = Decimal(0)
DAY = timedelta(days=1)
WEEKS_NEEDED = 21  # eight to learn from, thirteen to try it on


def pace(place: Place) -> Drawn:
    """Sales so far beside the quota of the days, day by day."""
    desk, frame = place.desk, place.frame
    span = frame.span or span_of("this_quarter", desk.today)
    question = frame.question("attainment", span, over="day")
    facts = facts_of(desk, question)
    days = [span.starts_on + DAY * n for n in range(span.days)]
    sold = {
        day: one.get("holders_sold", ZERO) - one.get("holders_returned", ZERO)
        for (day, _key), one in facts.items()
    }
    quota = {day: one.get("quota", ZERO) for (day, _key), one in facts.items()}
    before = span.year_before()
    whole = frame.question("attainment", span)
    last = _a_year_before(place, span)
    drawn = Drawn(place.key, place.name, place.definition, url=place.url)
    if not any(quota.values()):
        return replace(
            drawn,
            why=_("Nobody whose figures you may see has a quota for sales in these days."),
        )
    currency = desk.currency(frame.currency)
    so_far = summed([sold.get(day, ZERO) for day in days])
    planned = summed([quota.get(day, ZERO) for day in days])
    past = summed([last.get(before.starts_on + DAY * n, ZERO) for n in range(span.days)])
    here = max(0, min(span.days, (desk.today - span.starts_on).days + 1)) - 1
    share = (so_far[here] / planned[here]) if here >= 0 and planned[here] else None
    shown = [value if n <= here else None for n, value in enumerate(so_far)]
    weekly = [n for n in range(span.days) if n % 7 == 6 or n in {here, span.days - 1}]
    places = weekly if place.has_table else []
    series = (shown, planned, past)
    return replace(
        drawn,
        headline=formats.percent(share.quantize(Decimal("0.001"))) if share is not None else "–",
        change=_("%(sold)s of %(quota)s that the plan has by now")
        % {
            "sold": formats.money(so_far[here] if here >= 0 else ZERO, currency),
            "quota": formats.money(planned[here] if here >= 0 else ZERO, currency),
        },
        direction="" if share is None else "up" if share >= 1 else "down",
        chart=LineChart(
            name=f"tile-{place.key}",
            title=f"{place.name} · {span.worded}",
            labels=[bucket_name(day, "day") for day in days],
            series=[
                Series(MEASURES["net_sales"].name, shown),
                Series(MEASURES["quota"].name, planned, is_muted=True),
                Series(_("A year before"), past, is_muted=True),
            ],
            unit="money",
            currency=currency,
        ),
        head=[
            _("Until"), str(MEASURES["net_sales"].name), str(MEASURES["quota"].name),
            _("A year before"), "",
        ],
        rows=[
            [
                Cell(bucket_name(days[n], "day"), is_figure=False),
                Cell(formats.money(shown[n], currency)),
                Cell(formats.money(planned[n], currency)),
                Cell(formats.money(past[n], currency)),
                _records(desk, replace(whole, span=Span(span.starts_on, days[n] + DAY)))
                if n <= here
                else Cell(""),
            ]
            for n in places
        ],
        raw=[
            [days[n].isoformat(), *(words.plain(one[n], currency) for one in series)]
            for n in range(span.days)
        ],
        unit=currency,
        leads=opened(desk, whole),
    )  # fmt: skip


def _records(desk: Desk, question: Question) -> Cell:
    """The order lines behind a sum of days that are gone."""
    url = listed(desk, question, of=SALES)
    return Cell(_("Records") if url else "", url, is_figure=False)


def _a_year_before(place: Place, span: Span) -> dict[date | None, Decimal]:
    """What those who have a quota in the days sold on the same days a year before."""
    desk, frame = place.desk, place.frame
    holders = {
        str(key) for _day, key in quota_facts(desk, _by_person(frame, span), ["quota"]) if key
    }
    if not holders:
        return {}
    earlier = replace(
        frame.question("net_sales", span, over="day"), span=span.year_before(), only={}
    )
    facts = sales_of(desk, earlier, ["sold", "returned"], holders)
    return {day: one["sold"] - one["returned"] for (day, _key), one in facts.items()}


def _by_person(frame: Frame, span: Span) -> Question:
    return frame.question("attainment", span, split="person")


def summed(values: list[Decimal]) -> list[Decimal]:
    """Each value with all before it."""
    found, total = [], ZERO
    for value in values:
        total += value
        found.append(total)
    return found


def forecast(place: Place) -> Drawn:
    """Where net sales of a period will end, with a range learned from earlier forecasts."""
    desk, frame = place.desk, place.frame
    span = frame.span or span_of("this_quarter", desk.today)
    drawn = Drawn(place.key, place.name, place.definition, url=place.url)
    by_day = daily(place, span)
    found = project(by_day, span, desk.today)
    if found is None:
        return replace(
            drawn, why=_("A forecast needs some sales in the thirteen weeks before today.")
        )
    currency = desk.currency(frame.currency)
    days = [span.starts_on + DAY * n for n in range(span.days)]
    actual = summed([by_day.get(day, ZERO) for day in days])
    here = (min(desk.today, span.ends_before) - span.starts_on).days
    labels = [bucket_name(day, "day") for day in days]
    question = frame.question("net_sales", span)
    low, middle, high = found.low, found.middle, found.high
    words_of = {
        "low": formats.money(low[-1], currency), "high": formats.money(high[-1], currency),
    }  # fmt: skip
    return replace(
        drawn,
        headline=formats.money(middle[-1], currency),
        change=_("between %(low)s and %(high)s in eight of ten cases") % words_of,
        chart=LineChart(
            name=f"tile-{place.key}",
            title=f"{place.name} · {span.worded}",
            labels=labels,
            series=[
                Series(_("So far"), [*actual[:here], *[None] * (span.days - here)]),
                Series(_("Expected"), _from(middle, here, actual, span.days), is_muted=True),
                Series(_("Low"), _from(low, here, actual, span.days), is_muted=True),
                Series(_("High"), _from(high, here, actual, span.days), is_muted=True),
            ],
            unit="money",
            currency=currency,
            mark=here - 1 if 0 < here < span.days else None,
        ),
        head=[_("Until"), _("So far"), _("Low"), _("Expected"), _("High"), ""],
        rows=[
            [
                Cell(bucket_name(days[n], "day"), is_figure=False),
                Cell(formats.money(actual[n], currency)),
                *(Cell("") for _gap in range(3)),
                _records(desk, replace(question, span=Span(span.starts_on, days[n] + DAY))),
            ]
            for n in (range(max(here - 1, 0), here) if place.has_table else ())
        ]
        + [
            [
                Cell(bucket_name(days[here + n], "day"), is_figure=False),
                Cell(""),
                Cell(formats.money(low[n], currency)),
                Cell(formats.money(middle[n], currency)),
                Cell(formats.money(high[n], currency)),
                Cell(""),
            ]
            for n in (range(len(middle)) if place.has_table else ())
            if n % 7 == 6 or n == len(middle) - 1
        ],
        raw=[
            [days[n].isoformat(), words.plain(actual[n], currency), "", "", ""]
            for n in range(here)
        ]
        + [
            [days[here + n].isoformat(), "",
             *(words.plain(one[n], currency) for one in (low, middle, high))]
            for n in range(len(middle))
        ],
        unit=currency,
        leads=opened(desk, question),
    )  # fmt: skip


def _from(
    values: list[Decimal], here: int, actual: list[Decimal], days: int
) -> list[Decimal | None]:
    """A line that begins where the actual one ends."""
    found: list[Decimal | None] = [None] * here + list(values)
    if here:
        found[here - 1] = actual[here - 1]
    return found[:days]


def daily(place: Place, span: Span) -> dict[date, Decimal]:
    """Net sales by day: of the period, and of the weeks that a forecast learns from."""
    desk: Desk = place.desk
    starts_on = min(span.starts_on, desk.today - timedelta(weeks=WEEKS_NEEDED))
    question = place.frame.question("net_sales", span, over="day")
    facts = facts_of(desk, replace(question, span=Span(starts_on, span.ends_before)))
    return {
        day: one.get("sold", ZERO) - one.get("returned", ZERO)
        for (day, _key), one in facts.items()
        if day is not None
    }
