"""What stands behind the figure of a goal: every measure opens to its records, by one's rights."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.urls import reverse

from paceline.crm import actions as crm
from paceline.crm.models import ActivityKind, Feedback
from paceline.goals import actions, measures
from paceline.goals.measures.reading import behind, read
from paceline.goals.models import Direction, Goal, Level, Unit
from paceline.orders.models import LineShare, OrderLine
from tests.crm.conftest import make_sales
from tests.goals.conftest import Aims, propose
from tests.world import NOW, TODAY, World

pytestmark = pytest.mark.django_db
DAY = date(2026, 7, 2)


def _goal(world: World, aims: Aims, measure: str, unit: Unit = Unit.QUANTITY, **facts: Any) -> Goal:
    currency = "USD" if unit == Unit.MONEY else ""
    measured = actions.Measured(
        Decimal(0), Decimal(1), Direction.UP, measure, unit=unit, currency=currency
    )
    named = {"level": Level.PERSON, "owner": world.priya, "team": world.north, **facts}
    return propose(world, period=aims.quarter, name=measure, measured=measured, **named)


def _line(number: str, person: Any, day: date, amount: str, **more: Any) -> OrderLine:
    facts = {"line_number": "1", "product": "Lamp", "channel": "Shop", **more}
    return OrderLine.objects.create(
        source="shop", order_number=number, ordered_on=day, person=person, quantity=1,
        amount=Decimal(amount), currency="USD", **facts,
    )  # fmt: skip


def _opened(goal: Goal, reader: Any) -> Any:
    source = measures.find(goal.measure)
    assert source is not None
    return behind(goal, source, reader, TODAY)


def test_lines_and_orders_open_by_the_rights_of_the_reader(
    world: World, aims: Aims, client_for, django_assert_max_num_queries
) -> None:
    sale = _line("1", world.priya, DAY, "100")
    _line("1", world.priya, DAY, "50", line_number="2")
    _line("2", world.omar, DAY, "70")
    shared = _line("6", world.priya, DAY, "40")
    LineShare.objects.create(line=shared, person=world.priya, share=Decimal("0.25"))
    LineShare.objects.create(line=shared, person=world.omar, share=Decimal("0.75"))
    _line("R", world.priya, date(2026, 7, 10), "-20", kind="return", returns_line=shared)
    _line("before", world.priya, date(2026, 6, 30), "999")
    own = _goal(world, aims, "sales", Unit.MONEY)
    company = _goal(world, aims, "sales", Unit.MONEY, level=Level.COMPANY, owner=world.erik,
                    team=None)  # fmt: skip
    orders, back = _goal(world, aims, "orders"), _goal(world, aims, "return_rate", Unit.PERCENT)
    value = _goal(world, aims, "order_value", Unit.MONEY)
    figures = read([own, company, orders], TODAY)
    for goal in (own, company):
        seen = _opened(goal, world.dana)
        assert sum(one.amount for one in seen.seen) == figures[goal.pk].value
        assert seen.hidden == 0
    told = [(one.text, one.amount, one.figure, one.url) for one in _opened(own, world.priya).seen]
    assert told == [
        ("Order R", Decimal("-5.0000"), "Return", ""), ("Order 6", Decimal("10.0000"), "Sale", ""),
        ("Order 1", Decimal(50), "Sale", ""), ("Order 1", Decimal(100), "Sale", ""),
    ]  # fmt: skip
    # Priya's own and nobody else's; Marco what is below him; Erik all; who may, opens the line.
    for reader, seen, hidden in ((world.priya, 4, 3), (world.marco, 4, 3), (world.erik, 7, 0)):
        found = _opened(company, reader)
        assert (len(found.seen), found.hidden) == (seen, hidden), reader
    assert reverse("orders:line", args=[sale.pk]) in [
        one.url for one in _opened(own, world.dana).seen
    ]
    assert [one.amount for one in _opened(orders, world.priya).seen] == [40, 150]
    assert figures[orders.pk].value == 2
    assert len(_opened(back, world.priya).seen) == 4
    assert len(_opened(value, world.priya).seen) == 3
    # Pages, search and a file of everything.
    OrderLine.objects.bulk_create(
        OrderLine(source="shop", order_number=f"B{n}", line_number="1", ordered_on=DAY,
                  person=world.priya, quantity=1, amount=1, currency="USD")
        for n in range(2_100)
    )  # fmt: skip
    page = reverse("goals:behind", args=[own.pk])
    client = client_for(world.priya)
    client.get(page)
    with django_assert_max_num_queries(15):
        text = client.get(page).content.decode()
    assert "The newest" in text
    assert "behind-page=2" in text
    assert "Order B7<" not in client.get(f"{page}?behind-q=order+6").content.decode()
    answer = client.get(f"{page}?behind-export=csv")
    rows = list(csv.reader(io.StringIO(b"".join(answer).decode("utf-8-sig"))))
    assert len(rows) == 1 + 4 + 2_100
    assert client_for(world.omar).get(page).status_code == 404  # a goal that is not theirs to read


def test_deals_talks_feedback_and_figures_open(world: World, aims: Aims, client_for) -> None:
    sales = make_sales(world)
    for deal, pipeline in ((sales.deal, sales.north), (sales.foreign, sales.south)):
        won = pipeline.stages.get(kind="won")
        type(deal).objects.filter(pk=deal.pk).update(stage=won, closed_on=date(2026, 7, 9))
    at = datetime(2026, 7, 3, 4, tzinfo=UTC)
    crm.add_activity(
        on=crm.On.record(sales.deal), kind="call", facts={"text": "Hello there"}, by=world.priya,
        at=NOW,
    )  # fmt: skip
    for hours in (3, None):
        settled = None if hours is None else at + timedelta(hours=hours)
        Feedback.objects.create(kind="complaint", text="Late again", at=at, assignee=world.priya,
                                settled_at=settled, created_by=world.priya,
                                deal=sales.deal)  # fmt: skip
    kind = actions.add_figure_kind(
        name="calls", label="Calls", unit=Unit.QUANTITY, by=world.dana, at=NOW
    )
    entry = actions.Entry(world.priya, kind, date(2026, 7, 3), Decimal(7))
    actions.enter_figures(entries=[entry], reason="", by=world.dana, at=NOW)
    expected = {
        "deals_won": [("Spring order", "Aurora Ltd", "", Decimal("1200.5000"))],
        "deal_amount": [("Spring order", "Aurora Ltd", "", Decimal("1200.5000"))],
        "win_rate": [("Spring order", "Aurora Ltd", "won", Decimal("1200.5000"))],
        "new_customers": [("Aurora Ltd", "", "", None)],
        "talks": [("Hello there", "Spring order", str(ActivityKind.CALL.label), None)],
        "complaints": [("Late again", "Complaint · Spring order", "open", None),
                       ("Late again", "Complaint · Spring order", "settled", None)],
        "feedback_hours": [("Late again", "Complaint · Spring order", "settled", Decimal("3.0"))],
        "figure:calls": [("Calls", "", "", Decimal(7))],
    }  # fmt: skip
    units = {"deal_amount": Unit.MONEY, "win_rate": Unit.PERCENT}
    for key, rows in expected.items():
        own = _goal(world, aims, key, units.get(key, Unit.QUANTITY))
        whole = _goal(world, aims, key, units.get(key, Unit.QUANTITY), level=Level.COMPANY,
                      owner=world.erik, team=None)  # fmt: skip
        found = _opened(own, world.marco)
        told = [(one.text, one.detail, one.figure, one.amount) for one in found.seen]
        assert (told, found.hidden) == (rows, 0), key
        assert all(one.url for one in found.seen), key
        # Omar reads the company's figure, and of North's records only that they are.
        seen = _opened(whole, world.omar)
        canary = 1 if key in {"deals_won", "deal_amount", "win_rate"} else 0
        assert {one.text for one in seen.seen} <= {"Canary of South"}, key
        assert (len(seen.seen), seen.hidden) == (canary, len(rows)), key
        text = client_for(world.omar).get(reverse("goals:behind", args=[whole.pk])).content.decode()
        assert "Spring order" not in text
        assert "Aurora" not in text
        assert client_for(world.marco).get(
            reverse("goals:behind", args=[own.pk])
        ).status_code == 200  # fmt: skip


def test_every_source_that_is_registered_opens(world: World, aims: Aims) -> None:
    for source in measures.offered(world.erik):
        assert source.records is not None, source.key


def test_a_change_of_measure_says_names(world: World, aims: Aims, client_for) -> None:
    goal = _goal(world, aims, "deals_won")
    actions.change_goal(
        goal=goal, facts={"measure": "talks"}, contributors=None, seen=goal.version, reason="Calls",
        by=world.priya, at=NOW,
    )  # fmt: skip
    text = client_for(world.priya).get(reverse("goals:goal", args=[goal.pk])).content.decode()
    assert "Deals won → Talks with customers" in text
    assert "deals_won →" not in text
