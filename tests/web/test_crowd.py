"""The crowd of the demonstration is written in sets, and is what single actions would have made."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from django.db import connection
from django.db.models import Q, Sum
from django.utils import timezone

from paceline.crm.models import (
    Company,
    Contact,
    ContactPoint,
    Deal,
    OrderLink,
    Purchases,
    RecordChange,
    Segment,
    WaitingOrder,
)
from paceline.crm.names import name_keys
from paceline.crm.points import normalise
from paceline.orders.models import ClosedDays, OrderLine
from paceline.search.models import SearchDocument
from paceline.web.demo import crowd, story
from paceline.web.demo.crowd.orders import SOURCE

DAY = date(2026, 11, 23)


@pytest.mark.django_db
def test_a_crowd_comes(settings: object, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"  # type: ignore[attr-defined]
    stage = story.tell(DAY, tmp_path / "files", lambda _what: None, scale=0)
    closed = {"starts_on": date(2026, 1, 1), "ends_before": date(2026, 4, 1)}
    ClosedDays.objects.create(**closed, closed_at=timezone.now())
    crowd.bring_in(stage, 300)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    _check_customers()
    _check_deals()
    _check_orders(stage.day(8))


def _check_customers() -> None:
    assert (Company.objects.count(), Contact.objects.count()) == (90, 210)
    countries = set(Contact.objects.values_list("country", flat=True))
    assert countries == {"TW", "CN", "JP", "DE", "BR", "US"}
    for one in ContactPoint.objects.select_related("company", "contact"):
        holder = one.company or one.contact
        assert holder is not None
        assert one.normalised == normalise(one.kind, one.value, holder.country), one.value
    for person in Contact.objects.all():
        assert person.name_keys == name_keys((person.name, person.latin_name), is_person=True)
    for company in Company.objects.all():
        assert company.name_keys == name_keys((company.name,))
    changed = Company.objects.filter(version=2).count() + Contact.objects.filter(version=2).count()
    assert changed == RecordChange.objects.filter(lead=None).count() > 0
    assert SearchDocument.objects.filter(kind__in=("company", "contact")).count() == 300
    assert Segment.objects.count() == 60


def _check_deals() -> None:
    deals = Deal.objects.annotate(sum=Sum("lines__amount")).select_related("stage")
    assert deals.count() == 90
    assert set(deals.values_list("stage__kind", flat=True)) == {"open", "won", "lost"}
    for deal in deals:
        assert deal.amount == deal.sum
        assert deal.stage_changes.get(left_at=None).to_stage_id == deal.stage_id
        assert (deal.closed_on is None) == (deal.stage.kind == "open")
        assert sum(one.share for one in deal.contributors.all()) == 1


def _check_orders(last: date) -> None:
    """Nothing on closed days; nobody is paid for what was bought since."""
    lines = OrderLine.objects.filter(source=SOURCE)
    assert lines.count() > 600
    assert not lines.filter(ordered_on__range=(date(2026, 1, 1), date(2026, 3, 31))).exists()
    assert not lines.filter(person__isnull=False, ordered_on__gte=date(2026, 1, 1)).exists()
    assert lines.filter(person__isnull=False).exists()
    assert not lines.filter(ordered_on__gt=last).exists()
    for bought in Purchases.objects.all():
        holder = Q(company=bought.company_id) if bought.company_id else Q(contact=bought.contact_id)
        assert bought.orders == OrderLink.objects.filter(holder).count()
    assert WaitingOrder.objects.count() == 7
