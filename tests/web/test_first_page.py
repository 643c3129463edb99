"""The first page: what waits for somebody, asked in few queries however much there is."""

from __future__ import annotations

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from paceline.boards import actions as boards
from paceline.incentives.actions import threads
from paceline.incentives.queries import pay_attention
from paceline.kernel.shell import Attention
from paceline.kernel.waiting import Waiting, counts, worded
from paceline.orders.shops.models import ShopOrder
from paceline.org import actions as org
from paceline.org.models import Person
from tests.incentives.pay.conftest import build_quarter
from tests.keeping import once
from tests.shops.permissions import an_order
from tests.world import NOW, World, sign_in


def test_the_pay_desk_sees_everything_that_waits_in_few_queries(world: World) -> None:
    quarter = once(build_quarter, world)
    run = quarter.run()
    statement = quarter.release(run, "priya")[0]
    threads.ask_about_line(
        component=statement.components.get(), line_id="shop/A2/1", body="Why?", by=world.priya,
        at=NOW,
    )  # fmt: skip
    an_order(world)
    org.end_employment(
        person=world.marco, ends_before=date(2026, 7, 1), by=world.hana, at=NOW, reason="Moved"
    )
    project = boards.add_project(
        facts={"name": "Closing", "reach": "company", "time_zone": "UTC"},
        lists=[boards.NewList("To do")], by=world.erik, at=NOW,
    )  # fmt: skip
    for n in range(8):
        facts = {"title": f"Close {n}", "executor": world.dana, "due_on": date(2026, 7, 1 + n)}
        boards.add_card(cards=project.lists.get(), facts=facts, by=world.dana, at=NOW)
    later = {"title": "Much later", "executor": world.dana, "due_on": date(2090, 1, 1)}
    boards.add_card(cards=project.lists.get(), facts=later, by=world.dana, at=NOW)
    dana = sign_in(world.dana)
    dana.get("/")  # notes when the session was used last
    with CaptureQueriesContext(connection) as queries:
        page = dana.get("/").content.decode()
    for text in (
        "1 question waits",
        "1 message or order of a shop could not be taken in.",
        "1 order of a shop is nobody",
        "1 person reports to someone who has left",
        "is released in part",
        "Close 0",
        "Close 5",
        "2</span> more",
    ):
        assert text in page, text
    assert "waits for your word" not in page
    assert "Close 6" not in page
    assert "Much later" not in page
    assert "Close 0" not in sign_in(world.ines).get("/").content.decode()
    assert len(queries) <= 15, [one["sql"][:120] for one in queries]


def test_periods_of_long_ago_are_shown_where_there_are_no_others(world: World) -> None:
    """Whoever brings old years in first is not told that nothing was calculated."""
    run = once(build_quarter, world).run()
    later = run.period.starts_on.replace(year=run.period.starts_on.year + 4)
    (state,) = pay_attention.recent_states(later)
    assert (state.period, state.last_run) == (run.period, run)


@pytest.mark.django_db
def test_rows_of_many_tables_are_counted_at_once(world: World) -> None:
    sold = Person.objects.filter(name__contains="P")
    both = sold.values("pk").union(Person.objects.filter(name="Omar Haddad").values("pk"))
    rows = [sold.order_by("name"), Person.objects.none(), both, ShopOrder.objects.all()]
    with CaptureQueriesContext(connection) as queries:
        assert counts(rows) == [1, 0, 2, 0]
    assert len(queries) == 1
    assert counts([Person.objects.none()]) == [0]

    def say(count: int) -> Attention:
        return Attention(f"{count} wait", "/")

    first = Attention("First", "/")
    found = worded([Waiting(both, say), first, Waiting(ShopOrder.objects.all(), say)])
    assert [one.text for one in found] == ["2 wait", "First"]
