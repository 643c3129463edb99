"""Charts that are no single question: funnel, customers who stay, pay against contribution."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from paceline.crm.models import Pipeline, Stage, StageChange, StageKind
from paceline.insights import cubes, words
from paceline.insights.asked import Question
from paceline.insights.charts.frame import Cell, Drawn, Place
from paceline.insights.charts.leads import listed, opened
from paceline.insights.dimensions import Span, bucket_after, bucket_name, span_of
from paceline.insights.measures import MEASURES
from paceline.insights.queries.answers import facts_of
from paceline.insights.queries.deals import moves_of
from paceline.insights.queries.desk import Desk
from paceline.insights.queries.sales import narrowed
from paceline.kernel import formats
from paceline.kernel.charts import BarChart, LineChart, ScatterChart, Series
from paceline.kernel.periods import month_from

STEP, CENT = Decimal("0.001"), Decimal("0.0001")
COHORTS_DRAWN, MONTHS_ON = 6, 12
PERCENT_TONES = 5


def funnel(place: Place) -> Drawn:
    """How many deals came into each stage of a pipeline: of the chosen team, or the first seen."""
    desk, frame = place.desk, place.frame
    drawn = Drawn(place.key, place.name, place.definition, url=place.url)
    seen = Pipeline.objects.visible_to(desk.reader).filter(retired_at__isnull=True)
    if frame.team:
        seen = seen.filter(team__code__in=desk.teams_below(frame.team))
    span = frame.span or span_of("weeks_13", desk.today)
    question = frame.question("stage_entries", span, split="stage")
    known = _stages(seen.order_by("team__name", "rank", "pk"), moves_of(desk, question))
    if not known:
        return replace(drawn, why=_("None of the teams whose deals you may see has a pipeline."))
    pipeline, began = known[0].pipeline, sum(one.began for one in known)
    stages = [
        (one, one.came)
        for one in known
        if one.kind != StageKind.LOST and (one.came or not one.retired_at)
    ]
    if not any(count for _stage, count in stages):
        return replace(drawn, why=_("No deal moved in these days."))
    most = max(count for _stage, count in stages)
    names = [one.name for one, _count in stages]
    shares = [formats.percent((Decimal(count) / most).quantize(STEP)) for _stage, count in stages]
    won = sum(count for one, count in stages if one.kind == StageKind.WON)
    process = reverse("crm:process", args=[pipeline.pk])
    return replace(
        drawn,
        headline=formats.number(won),
        change=_("won of %(count)s that began, in “%(pipeline)s” of %(team)s")
        % {
            "count": formats.number(began),
            "pipeline": pipeline.name,
            "team": pipeline.team.name,
        },
        chart=BarChart(
            name=f"tile-{place.key}",
            title=f"{place.name} · {span.worded}",
            labels=names,
            series=[Series(_("Came in"), [count for _stage, count in stages])],
            is_flat=True,
            height=max(160, 40 + 34 * len(stages)),
        ),
        head=[_("Stage"), _("Came in"), _("Of the most"), ""],
        rows=[
            [
                Cell(one.name, is_figure=False),
                Cell(formats.number(count)),
                Cell(share),
                Cell(_("Records"), listed(desk, question.narrowed(stage=str(one.pk))),
                     is_figure=False),
            ]
            for (one, count), share in zip(stages, shares, strict=True)
            if place.has_table
        ],
        raw=[[one.name, count] for one, count in stages],
        leads=[(_("Process"), process), (_("Deals"), reverse("crm:deals"))],
    )  # fmt: skip


def _stages(pipelines: QuerySet[Pipeline], moves: QuerySet[StageChange]) -> list[Any]:
    """The stages of the first of some pipelines, in order, with how often its deals ``came`` into
    each and how often they ``began`` there. One query."""
    here = moves.filter(to_stage=OuterRef("pk"), deal__pipeline=OuterRef("pipeline")).order_by()
    came, began = (
        rows.values("to_stage").annotate(n=Count("pk")).values("n")
        for rows in (here, here.filter(from_stage=None))
    )
    stages = Stage.objects.filter(pipeline=Subquery(pipelines.values("pk")[:1]))
    told = stages.annotate(came=Coalesce(Subquery(came), 0), began=Coalesce(Subquery(began), 0))
    return list(told.select_related("pipeline__team").order_by("rank"))


def cohort(place: Place) -> Drawn:
    """Of those who bought for the first time in a month, how many came back later."""
    desk, frame = place.desk, place.frame
    span = frame.span or span_of("months_12", desk.today)
    question = frame.question("customers", span)
    found = cubes.cohorts(desk.lines, narrowed(desk, question), over="month")[-MONTHS_ON:]
    drawn = Drawn(place.key, place.name, place.definition, url=place.url)
    if not found:
        return drawn
    shares = [
        [(Decimal(count) / one.stayed[0]).quantize(STEP) if one.stayed[0] else None
         for count in one.stayed]
        for one in found
    ]  # fmt: skip
    longest = max(len(one) for one in shares)
    numbered = [
        ngettext("+%(count)d month", "+%(count)d months", n) % {"count": n}
        for n in range(1, longest)
    ]
    names = [bucket_name(one.first, "month") for one in found]
    worth = _worth_of(place, question, found[0].first)
    currency = desk.currency(frame.currency)
    series = [
        Series(name, [*share[1:], *[None] * (longest - len(share))])
        for name, share in list(zip(names, shares, strict=True))[:COHORTS_DRAWN]
        if len(share) > 1
    ]
    return replace(
        drawn,
        headline=formats.number(sum(one.stayed[0] for one in found)),
        change=_("new customers · %(days)s") % {"days": span.worded},
        chart=LineChart(
            name=f"tile-{place.key}",
            title=f"{place.name} · {span.worded}",
            labels=numbered,
            series=series,
            unit="percent",
        )
        if series
        else None,
        head=[
            _("First order"),
            _("Customers"),
            *([f"{MEASURES['customer_value'].name} ({currency})"] if worth else []),
            *numbered,
        ],
        rows=[
            [
                Cell(name, is_figure=False),
                Cell(formats.number(one.stayed[0]), _of_cohort(desk, question, one.first, 0)),
                *([Cell(formats.money(worth[one.first], currency))] if worth else []),
                *(
                    Cell(
                        formats.percent(value),
                        _of_cohort(desk, question, one.first, later) if value else "",
                        tone="" if not value else f"heat-{min(PERCENT_TONES, 1 + int(value * 10))}",
                    )
                    for later, value in enumerate(share[1:], 1)
                ),
                *(Cell("") for _gap in range(longest - len(share))),
            ]
            for name, one, share in zip(names, found, shares, strict=True)
            if place.has_table
        ],
        raw=[
            [
                one.first.isoformat(),
                one.stayed[0],
                *([words.plain(worth[one.first], currency)] if worth else []),
                *one.stayed[1:],
            ]
            for one in found
        ],
        leads=opened(desk, replace(question, measure=MEASURES["new_customers"])),
    )


def _worth_of(place: Place, question: Question, since: date) -> dict[date, Decimal]:
    """What a customer of each cohort bought in the days, in the mean; on the chart's own page.

    Nothing where the reader is told customers of a total whose parts they do not see: a cohort of
    one would tell them.
    """
    desk = place.desk
    whose = narrowed(desk, replace(question, split="person"))
    if not place.is_whole or whose != narrowed(desk, question):
        return {}
    rates = desk.rates(desk.currency(question.currency))
    # Whoever bought for the first time since then bought nothing before.
    whose = replace(whose, starts_on=max(whose.starts_on, since))
    sums = cubes.cohort_sales(desk.lines, whose, rates, over="month")
    return {first: (net / count).quantize(CENT) for first, (count, net) in sums.items()}


def _of_cohort(desk: Desk, question: Question, first: date, later: int) -> str:
    """Where those of a cohort are listed who bought so many months later."""
    month = month_from(first, later)
    within = question.span
    days = [
        Span(max(one, within.starts_on), min(bucket_after(one, "month"), within.ends_before))
        for one in (first, month)
    ]
    return listed(desk, replace(question, span=days[1], span_name="days"), began=days[0])


def pay_against_contribution(place: Place) -> Drawn:
    """A point for each person whose pay the reader may open."""
    desk, frame = place.desk, place.frame
    span = frame.span or span_of("last_quarter", desk.today)
    facts = facts_of(desk, frame.question("cost_of_sales", span, split="person"))
    people = sorted(
        (
            (str(number), one.get("sold", Decimal(0)) - one.get("returned", Decimal(0)),
             one["earned"])
            for (_bucket, number), one in facts.items()
            if number and "earned" in one
        ),
        key=lambda one: -one[1],
    )  # fmt: skip
    drawn = Drawn(place.key, place.name, place.definition, url=place.url)
    if not people:
        return replace(
            drawn,
            why=_("No statement that you may read was released for pay periods in these days."),
        )
    currency = desk.currency(frame.currency)
    sold = sum((one[1] for one in people), Decimal(0))
    earned = sum((one[2] for one in people), Decimal(0))
    names = [desk.names.get(number, number) for number, *_rest in people]
    listed = reverse("incentives:statements")
    return replace(
        drawn,
        headline=formats.percent((earned / sold).quantize(STEP)) if sold > 0 else "–",
        change=_("%(earned)s earned of %(sold)s sold")
        % {"earned": formats.money(earned, currency), "sold": formats.money(sold, currency)},
        chart=ScatterChart(
            name=f"tile-{place.key}",
            title=f"{place.name} · {span.worded}",
            labels=names,
            label_title=MEASURES["net_sales"].name,
            series=[Series(MEASURES["earned"].name, [one[2] for one in people])],
            positions=[one[1] for one in people],
            positions_unit="money",
            unit="money",
            currency=currency,
        ),
        head=[
            _("Person"), str(MEASURES["net_sales"].name), str(MEASURES["earned"].name),
            str(MEASURES["cost_of_sales"].name),
        ],
        rows=[
            [
                Cell(name, f"{listed}?{urlencode({'statements-q': name})}", is_figure=False),
                Cell(formats.money(net, currency)),
                Cell(formats.money(pay, currency)),
                Cell(formats.percent((pay / net).quantize(STEP)) if net > 0 else "–"),
            ]
            for name, (_number, net, pay) in zip(names, people, strict=True)
            if place.has_table
        ],
        raw=[
            [name, words.plain(net, currency), words.plain(pay, currency)]
            for name, (_number, net, pay) in zip(names, people, strict=True)
        ],
        unit=currency,
        leads=[(_("Statements"), reverse("incentives:statements"))],
    )  # fmt: skip
