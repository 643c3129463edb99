"""The records behind figures of dashboards, as far as their reader may see them."""

from __future__ import annotations

import csv
import io
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.urls import reverse

from paceline.crm import actions as crm
from paceline.crm.models import Feedback
from paceline.insights import actions
from paceline.insights.queries.desk import Desk
from paceline.insights.views import records
from paceline.leads.models import Inquiry
from paceline.orders.models import OrderLine
from paceline.org.models import Person
from tests.crm.conftest import make_sales
from tests.world import NOW, TODAY, World

pytestmark = pytest.mark.django_db
JULY = "span=days&from=2026-07-01&to=2026-07-31"


def make_work(world: World) -> None:
    """A won deal in each team, feedback and inquiries of both."""
    sales = make_sales(world)
    for deal, pipeline in ((sales.deal, sales.north), (sales.foreign, sales.south)):
        won = pipeline.stages.get(kind="won")
        type(deal).objects.filter(pk=deal.pk).update(stage=won, closed_on=date(2026, 7, 9))
    at = datetime(2026, 7, 3, 4, tzinfo=UTC)
    for deal, text in ((sales.deal, "Late again"), (sales.foreign, "Canary of feedback")):
        Feedback.objects.create(kind="complaint", text=text, at=at, deal=deal,
                                settled_at=at + timedelta(hours=3))  # fmt: skip
    for who, team in ((world.priya, world.north), (world.omar, world.south)):
        lead = crm.add_lead(
            team=team, owner=who, facts={"name": f"Lead of {who.name}"}, by=who, at=NOW
        )
        lead.inquiries.all().delete()
        Inquiry.objects.create(
            team=team, lead=lead, channel="chat", arrived_at=at, target_minutes=60,
            due_at=at + timedelta(hours=1), answered_at=at + timedelta(minutes=30),
            answered_by=who, worked_seconds=1800,
        )  # fmt: skip


@pytest.mark.parametrize(
    ("measure", "seen", "hidden"),
    [
        ("deals_won", "Spring order", "Canary of South"),
        ("deals_amount", "Spring order", "Canary of South"),
        ("win_rate", "Spring order", "Canary of South"),
        ("feedback", "Late again", "Canary of feedback"),
        ("time_to_settle", "Late again", "Canary of feedback"),
        ("response_time", "Lead of Priya", "Lead of Omar"),
        ("replies_in_time", "Lead of Priya", "Lead of Omar"),
        ("net_sales", "A3", "B2"),
        ("customers", "Acme", "Gamma"),
    ],
)
def test_a_figure_opens_down_to_its_records(
    sold: World, client_for, django_assert_max_num_queries, measure: str, seen: str, hidden: str
) -> None:
    make_work(sold)
    client = client_for(sold.marco)
    address = f"{reverse('insights:records')}?measure={measure}&{JULY}"
    client.get(address)
    with django_assert_max_num_queries(15):
        text = client.get(address).content.decode()
    assert seen in text
    assert hidden not in text
    asked = client.get(f"{reverse('insights:explore')}?measure={measure}&{JULY}")
    assert reverse("insights:records") in asked.content.decode()
    whole = b"".join(client.get(f"{address}&{_key(measure)}-export=csv")).decode("utf-8-sig")
    assert seen in whole
    assert len(list(csv.reader(io.StringIO(whole)))) == 2
    # Narrowed to somebody who did nothing: nothing, and no error.
    only = f"{address}&only-team=south"
    assert seen not in client.get(only).content.decode()


def _key(measure: str) -> str:
    sources = {"deals_won": "deals", "deals_amount": "deals", "win_rate": "deals",
               "feedback": "feedback", "time_to_settle": "feedback", "response_time": "replies",
               "replies_in_time": "replies", "net_sales": "sales",
               "customers": "customers"}  # fmt: skip
    return f"behind-{sources[measure]}"


def test_what_has_no_records_for_the_reader(sold: World, client_for) -> None:
    page = reverse("insights:records")
    quotas = f"{page}?measure=attainment&span=days&from=2026-04-01&to=2026-06-30"
    text = client_for(sold.marco).get(quotas).content.decode()
    assert "Priya Nair" in text
    assert "Omar Haddad" not in text

    def status(person: Any, query: str) -> int:
        return int(client_for(person).get(f"{page}?{query}").status_code)

    assert status(sold.marco, "measure=earned") == 404  # statements have a page of their own
    assert status(sold.ines, "measure=win_rate") == 403
    assert status(sold.marco, "measure=nothing") == 422
    assert status(sold.marco, "measure=net_sales&only-team=gone") == 422
    assert status(sold.hana, "measure=net_sales") == 403
    # The desk reads lines on their own page, narrowed in the same way.
    asked = client_for(sold.dana).get(f"{reverse('insights:explore')}?measure=net_sales&{JULY}")
    assert f"{reverse('orders:lines')}?from=2026-07-01" in asked.content.decode()


def test_more_lines_than_can_be_looked_through(
    sold: World, client_for, monkeypatch: pytest.MonkeyPatch, django_assert_max_num_queries
) -> None:
    """Among very many lines only the index sorts and finds; what takes too long is told."""
    lines = OrderLine.objects.order_by("-ordered_on", "-pk")
    OrderLine.objects.bulk_create(
        OrderLine(
            source="many", order_number=f"M{n:03}", line_number="1", quantity=1, amount=n,
            currency="USD", customer="Acme", product="Lamp", ordered_on=date(2026, 7, 1 + n % 28),
        )
        for n in range(120)
    )  # fmt: skip
    monkeypatch.setattr(records, "COUNTED_MAX", 100)
    client = client_for(sold.erik)
    address = f"{reverse('insights:records')}?measure=net_sales&{JULY}"

    def shown(query: str = "") -> list[str]:
        page = client.get(f"{address}{query}")
        assert page.status_code == 200
        table = page.context["table"]
        return [row.cells[1].text for row in table.body]

    newest = [one.order_number for one in lines[:50]]
    client.get(address)  # the months are brought up to date
    with django_assert_max_num_queries(15):
        assert shown() == newest
    assert shown("&behind-sales-sort=amount") == newest  # as if it had not been asked
    page = client.get(f"{address}&behind-sales-sort=amount")
    assert "behind-sales-sort=on" in page.content.decode()
    assert "behind-sales-sort=product" not in page.content.decode()
    assert "More than 100 lines" in page.content.decode()
    assert shown("&behind-sales-q=m119") == ["M119"]
    # A question that leaves fewer is sorted as one likes.
    few = client.get(f"{address}&only-person={sold.priya.number}&behind-sales-sort=amount")
    assert "More than 100 lines" not in few.content.decode()
    assert "behind-sales-sort=product" in few.content.decode()
    # The file has them all.
    whole = b"".join(client.get(f"{address}&behind-sales-export=csv")).decode("utf-8-sig")
    assert (
        len(list(csv.reader(io.StringIO(whole))))
        == 1 + lines.filter(ordered_on__gte=date(2026, 7, 1)).count()
    )
    monkeypatch.setattr(records, "MILLISECONDS_MAX", 50)
    slow = OrderLine.objects.extra(where=["pg_sleep(1) IS NOT NULL"])
    monkeypatch.setattr(records, "behind", lambda *_asked: slow)
    told = client.get(address)
    assert told.status_code == 422
    assert "Too many records to look through" in told.content.decode()
    assert "Ask for fewer days" in told.content.decode()


def test_stages_of_several_pipelines_are_told_apart(world: World) -> None:
    make_sales(world)

    def stages(person: Person) -> list[str]:
        with closing(Desk(person, TODAY, actions.bring_up_to_date(at=NOW))) as desk:
            return list(desk.stages.values())

    own, everybody = stages(world.marco), stages(world.erik)
    assert len(set(own)) == len(own)
    assert len(set(everybody)) == len(everybody)
    assert not any("·" in one for one in own)
    assert {one.split(" · ")[1] for one in everybody} == {"North", "South"}
