"""The crowd of the demonstration is written in sets, and is what single actions would have made."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from django.db import connection
from django.db.models import Q, Sum
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from paceline.crm import access, actions
from paceline.crm.actions import batches
from paceline.crm.models import (
    Company,
    Contact,
    ContactPoint,
    Deal,
    OrderLink,
    Pipeline,
    Purchases,
    RecordChange,
    Segment,
    WaitingOrder,
)
from paceline.crm.names import name_keys
from paceline.crm.points import normalise
from paceline.orders.models import ClosedDays, OrderLine
from paceline.org.models import Person, Role
from paceline.search.models import SearchDocument
from paceline.web.demo import crowd, story
from paceline.web.demo.crowd.orders import SOURCE
from paceline.web.demo.stage import Stage
from tests.world import sign_in

DAY = date(2026, 11, 23)


@pytest.mark.django_db
def test_a_crowd_comes(settings: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"  # type: ignore[attr-defined]
    stage = story.tell(story.draw_up(DAY, tmp_path / "files", lambda _what: None, scale=0))
    closed = {"starts_on": date(2026, 1, 1), "ends_before": date(2026, 4, 1)}
    ClosedDays.objects.create(**closed, closed_at=timezone.now())
    crowd.bring_in(stage, 300)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    _check_customers()
    _check_deals()
    _check_orders(stage.day(8))
    assert actions.find_duplicates(kind="contact", by=None, at=stage.at(0)) > 0
    seller = stage.person(stage.cast.sellers_of("taipei-chat", DAY)[0])
    for person in (seller, stage.acting(Role.EXECUTIVE)):
        _check_queries(person)
    _check_many_at_once(stage, monkeypatch)


def _check_queries(person: Person) -> None:
    """No page asks more the more there is."""
    client = sign_in(Person.objects.get(pk=person.pk))  # they have an account since
    pipeline = Pipeline.objects.visible_to(person).order_by("pk")[0]
    contact = Contact.objects.visible_to(person).filter(company__isnull=False)[0]
    company = Company.objects.visible_to(person)[0]
    segment = Segment.objects.visible_to(person).first()
    deal = Deal.objects.visible_to(person).order_by("pk")[0]
    for address in (
        *(f"/crm/{one}?{one}-size=200" for one in ("companies", "contacts", "leads", "deals")),
        "/crm/contacts?contacts-sort=-company&contacts-page=2&contacts-size=25",
        "/crm/contacts?contacts-q=王",
        "/crm/deals?deals-sort=owner",
        f"/crm/contacts/{contact.pk}",
        f"/crm/companies/{company.pk}",
        f"/crm/deals/{deal.pk}",
        f"/crm/board/{pipeline.pk}",
        f"/crm/pipelines/{pipeline.pk}/process?days=365",
        "/crm/segments",
        *([f"/crm/segments/{segment.pk}"] if segment else []),  # an executive keeps none
        "/crm/cohorts",
        "/crm/duplicates?kind=contact",
        "/crm/orders",
        "/crm/tasks",
        "/leads/inquiries",
        "/palette?q=王",
    ):
        with CaptureQueriesContext(connection) as asked:
            answer = client.get(address)
        assert answer.status_code == 200, address
        assert len(asked) <= 15, (address, len(asked))


def _check_many_at_once(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """A set is changed, tagged and taken back by a few statements, the same for many as for few."""
    lead = stage.person(stage.cast.lead_of("taipei-chat"))
    mine = [
        one
        for one in Contact.objects.visible_to(lead).order_by("pk")
        if access.may_change(lead, one) and one.lifecycle != "lapsed"
    ]
    assert len(mine) > 10
    before = {one.pk: (one.lifecycle, one.version) for one in mine}
    for count in (2, len(mine)):
        ids = [one.pk for one in mine[:count]]
        what = {"set": {"lifecycle": "lapsed"}}
        batch = actions.request_batch(of="contact", ids=ids, what=what, by=lead, at=stage.at(0))
        with CaptureQueriesContext(connection) as asked:
            actions.run_batch(batch=batch, at=stage.at(0))
        assert (batch.count, batch.skipped) == (count, 0)
        assert len(asked) <= 40, len(asked)
        changed = Contact.objects.filter(pk__in=ids)
        assert set(changed.values_list("lifecycle", flat=True)) == {"lapsed"}
        assert RecordChange.objects.filter(batch=batch.key).count() == count
        with CaptureQueriesContext(connection) as asked:
            if count == 2:
                assert actions.request_undo(batch=batch, by=lead, at=stage.at(0)) == (count, 0)
            else:  # as if there were too many to wait for
                monkeypatch.setattr(batches, "UNDONE_AT_ONCE", 1)
                assert actions.request_undo(batch=batch, by=lead, at=stage.at(0)) is None
                batch.refresh_from_db()
                assert actions.is_under_way(batch)
                with pytest.raises(actions.BatchUndone):
                    actions.request_undo(batch=batch, by=lead, at=stage.at(0))
                batches.run_undo(batch=batch, at=stage.at(0))
                batch.refresh_from_db()
                assert batch.undone_at is not None
                assert not actions.is_under_way(batch)
        assert len(asked) <= 80, len(asked)
        for one in Contact.objects.filter(pk__in=ids):
            assert one.lifecycle == before[one.pk][0]
        mine = list(Contact.objects.filter(pk__in=[one.pk for one in mine]).order_by("pk"))


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
