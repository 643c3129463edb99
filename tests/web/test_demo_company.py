"""The demonstration company is the same each time, and its story still plays."""

from __future__ import annotations

from collections import Counter
from datetime import date
from pathlib import Path
from random import Random
from typing import Any

import pytest
from django.db.models import Sum

from paceline.crm.models import Contact, Deal, DealContributor, Pipeline
from paceline.goals.models import CheckIn, Figure, Goal, Quota
from paceline.incentives.models import (
    Balance,
    Hold,
    LineThread,
    Payable,
    PlanSubmission,
    Release,
    Run,
    RunFinalisation,
    Settlement,
    StatementComponent,
)
from paceline.orders.models import OrderLine
from paceline.orders.shops.models import Claim, Outcome, ShopOrder
from paceline.org.models import Person, Role
from paceline.web.demo import pay, story, web_shop
from paceline.web.demo.calendar import Calendar, Quarter, Season
from paceline.web.demo.cast import Cast
from paceline.web.demo.sales import sell
from paceline.web.demo.shops import MARKETS

DAY = date(2026, 11, 23)


def test_quarters_follow_one_another() -> None:
    calendar = Calendar(DAY)
    assert calendar.running == Quarter(2026, 4)
    assert calendar.last_closed.key == "2026Q3"
    assert [quarter.key for quarter in calendar.quarters][::8] == ["2024Q4", "2026Q4"]
    assert calendar.quarters[0].ends_before == date(2025, 1, 1)


def test_fairs_are_busy_and_the_new_year_is_quiet() -> None:
    season = Season(fairs={(11, 11): 6.0}, black_friday=5.0, new_year_dip=0.4)
    plain = season.weight(date(2026, 8, 19), DAY)
    assert season.weight(date(2026, 11, 11), DAY) > 5 * plain
    assert season.weight(date(2026, 11, 27), DAY) > 4 * plain
    assert season.weight(date(2026, 2, 17), DAY) < plain / 2


def test_the_same_day_makes_the_same_company() -> None:
    first, second = (
        sell(MARKETS[3], Cast(Calendar(DAY), Random(1)), Calendar(DAY), Random(2)) for _ in range(2)
    )
    assert first.lines == second.lines
    assert first.returns == second.returns
    assert len(first.lines) == MARKETS[3].lines
    assert max(line.day for line in first.lines) < DAY


def test_about_120_people_with_names_of_their_places() -> None:
    cast = Cast(Calendar(DAY), Random(1))
    places = Counter(member.place.country for member in cast.members.values())
    assert set(places) == {"TW", "CN", "JP", "DE", "BR"}
    assert 110 <= len(cast.members) <= 130
    assert len({member.email for member in cast.members.values()}) == len(cast.members)
    assert {role: len(cast.with_role(role)) for role in Role}[Role.COMPENSATION] == 2


@pytest.mark.parametrize("as_of", [date(2026, 1, 1), date(2026, 2, 28), date(2028, 2, 29)])
def test_any_day_will_do(as_of: date) -> None:
    calendar = Calendar(as_of)
    cast = Cast(calendar, Random(1))
    made = sell(MARKETS[5], cast, calendar, Random(2))
    for line in made.lines:
        assert cast.members[line.seller].works_on(line.day)


def _check_the_web_shop() -> None:
    """Its messages became orders; what cannot be read, and what is nobody's, waits."""
    told = ShopOrder.objects.filter(shop__source=web_shop.SOURCE)
    assert (told.count(), told.exclude(problem="").count()) == (36, 0)
    assert told.filter(attribution=None).count() == 8
    assert set(told.exclude(attribution=None).values_list("attribution__basis", flat=True)) == {
        "coupon", "referral", "agent", "named", "live",
    }  # fmt: skip
    assert Outcome.objects.filter(state="refused").count() == 1
    assert Claim.objects.filter(state="open").count() == 1


def _choose(settings: Any, folder: Path) -> None:
    """Files where nobody else's are; sums of months are not kept, as when it is set up."""
    settings.MEDIA_ROOT, settings.CALCULATION_SUMS_MIB = folder / "media", 0


@pytest.mark.django_db
def test_the_story_plays(settings: object, tmp_path: Path) -> None:
    _choose(settings, tmp_path)
    stage = story.tell(story.draw_up(DAY, tmp_path / "files", lambda _what: None, scale=0.02))
    assert Person.objects.count() == len(stage.cast.members)
    assert {door.role for door in story.doors(DAY)} == set(Role)
    unsent = stage.day(7)
    sold = [line for one in stage.sales for line in (*one.lines, *one.returns) if line.day < unsent]
    by_file = OrderLine.objects.exclude(source=web_shop.SOURCE)
    assert by_file.count() == len(sold)
    _check_the_web_shop()
    in_dollars = OrderLine.objects.filter(currency="USD").aggregate(sum=Sum("amount"))["sum"]
    assert in_dollars == sum(line.amount for line in sold if line.currency == "USD")
    assert Quota.objects.exclude(replaced_by=None).exists(), "a quota was changed"
    keys = list(Run.objects.order_by("pk").values_list("period__key", flat=True))
    assert keys == ["2026Q1", "2026Q2", "2026Q3", "2026Q4"]
    last = Run.objects.get(period__key="2026Q3")
    paid = set(last.run_plans.values_list("version__plan__code", flat=True))
    assert paid == {one.name for one in pay.PLANS if one.campaign is None}
    campaign = StatementComponent.objects.filter(statement__run__period__key="2026Q4")
    assert campaign.filter(version__plan__code="shanghai-1111").exists()
    earned = StatementComponent.objects.filter(statement__run=last, earned__gt=0)
    kinds = set(earned.values_list("component", flat=True))
    assert {
        "score-card",
        "team-pool",
        "overlay",
        "area-override",
        "region-override",
        "team-bonus",
        "care-bonus",
        "premium",
    } <= kinds
    away = next(one for one in stage.cast.members.values() if one.away is not None)
    rows = earned.model.objects.filter(statement__run=last, version__plan__code="shanghai-growth")
    asked = {rows.filter(statement__payee__number=one.number).first() for one in [away]}
    assert {row.quota for row in asked if row} == {110_000}, "one month of three"
    mended = Figure.objects.get(replaced_by__isnull=False)
    assert mended.replaced_by.reason
    unpaid = OrderLine.objects.filter(source="taipei", kind="sale", paid_on=None)
    assert unpaid.filter(channel="官網", ordered_on__lt=stage.day(30)).count() == 0
    assert RunFinalisation.objects.get().period.key == "2026Q1"
    assert Pipeline.objects.count() == 10
    assert Deal.objects.count() >= 40
    levels = Counter(Goal.objects.values_list("level", flat=True))
    assert (levels["company"], levels["team"]) == (2, 16)
    assert levels["person"] > 25
    assert CheckIn.objects.exists()
    assert {deal.stage.kind for deal in Deal.objects.select_related("stage")} >= {"open", "won"}
    assert Contact.objects.filter(order_links__isnull=False).distinct().count() >= 40
    assert not DealContributor.objects.filter(deal__owner=None).exists()
    assert Release.objects.filter(period__key="2026Q3").exists()
    assert LineThread.objects.filter(resolution=None).count() == 1
    assert PlanSubmission.objects.filter(version__approval=None).count() == 1
    settled = Settlement.objects.filter(computed_at__isnull=False)
    assert [one.run.period.key for one in settled.order_by("pk")] == ["2026Q1", "2026Q2", "2026Q3"]
    kinds = set(Payable.objects.values_list("kind", flat=True))
    assert {"earned", "draw", "guarantee", "clawback", "recovered", "held", "released"} <= kinds
    assert Hold.objects.standing().count() == 1
    assert Balance.objects.filter(plan__settlement__run__period__key="2026Q3").exists()
    assert (tmp_path / "files" / "taipei-orders-with-mistakes.csv").exists()
