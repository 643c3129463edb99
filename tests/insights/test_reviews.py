"""The weekly review of a team, and notes beside figures."""

from __future__ import annotations

from contextlib import closing
from datetime import date, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from paceline.boards import actions as boards
from paceline.boards.models import Card
from paceline.goals import actions as goals
from paceline.goals import measures
from paceline.goals.models import Confidence, Goal, Level, Unit
from paceline.insights.actions import bring_up_to_date
from paceline.insights.dimensions import Span
from paceline.insights.models import MarketNote, ReviewEntry, TeamReview
from paceline.insights.queries import reviews
from paceline.insights.queries.desk import Desk
from paceline.kernel import formats
from tests.goals.conftest import propose
from tests.world import NOW, World

pytestmark = pytest.mark.django_db

WEEK = date(2026, 5, 4)


def test_pages_with_and_without_figures_open_to_the_same_teams(sold: World) -> None:
    """A page with a desk reads the teams of its reader there, other pages by themselves."""
    shelf = bring_up_to_date(at=NOW)
    opened = set()
    for who, person in sold.cast.items():
        person.acting_on = sold.today
        with closing(Desk(person, sold.today, shelf)) as desk:
            about = {team.pk for team in desk.teams_about}
        assert about == {team.pk for team in reviews.teams_for(person)}, who
        opened.add(frozenset(about))
    assert len(opened) > 2, "nobody, some and all"


def test_a_team_looks_at_its_week(sold: World, client_for, django_assert_max_num_queries) -> None:
    address = reverse("insights:review", args=[sold.north.pk, WEEK.isoformat()])
    client = client_for(sold.marco)
    assert "$400.00" in client.get(address).content.decode()
    assert not TeamReview.objects.exists()
    assert client.post(f"{address}/write", {"kind": "gap", "text": " "}).status_code == 422
    assert not TeamReview.objects.exists()
    client.post(f"{address}/write", {"kind": "gap", "text": "Too few chats answered"})
    client.post(f"{address}/write", {"kind": "decision", "text": "Two people at noon"})
    note = {"on": "2026-05-06", "kind": "competitor", "text": "Rival cut prices", "back": address}
    client.post(reverse("insights:note_new"), {**note, "team": sold.north.pk})
    text = client.get(address).content.decode()
    for said in ("Too few chats answered", "Two people at noon", f'hx-get="{address}/beside"'):
        assert said in text
    assert "Rival cut prices" in client.get(f"{address}/beside").content.decode()
    # The middle of a week is the same week; the week after shows what was decided.
    middle = reverse("insights:review", args=[sold.north.pk, "2026-05-07"])
    assert "Too few chats answered" in client.get(middle).content.decode()
    after = reverse("insights:review", args=[sold.north.pk, "2026-05-11"])
    assert "Two people at noon" in client.get(after).content.decode()
    project = boards.add_project(
        facts={"name": "North", "team": sold.north, "time_zone": "Asia/Taipei"},
        lists=[boards.NewList("To do")],
        by=sold.marco,
        at=NOW,
    )
    place = project.lists.get().pk
    task = {"title": "Plan noon", "executor": sold.priya.pk, "due_on": "2026-12-24", "place": place}
    client.post(f"{address}/tasks", task)
    assert Card.objects.get().title == "Plan noon"
    assert client.post(f"{address}/tasks", {**task, "place": place + 9}).status_code == 422
    assert Card.objects.count() == 1
    assert "Plan noon" in client.get(f"{after}/beside").content.decode()
    part = client.get(f"{after}/beside", headers={"HX-Request": "true"}).content.decode()
    assert "Plan noon" in part
    assert "<html" not in part
    for n in range(5):  # however many projects there are
        boards.add_project(
            facts={"name": f"More {n}", "team": sold.north, "time_zone": "UTC"},
            lists=[boards.NewList("To do")], by=sold.marco, at=NOW,
        )  # fmt: skip
    for page in (address, f"{address}/beside"):
        client.get(page)
        with django_assert_max_num_queries(15):
            client.get(page)
    # A member reads and writes, who works elsewhere does neither; only the writer takes back.
    entry = ReviewEntry.objects.get(kind="gap")
    back = reverse("insights:entry_back", args=[entry.pk])
    assert client_for(sold.priya).get(address).status_code == 200
    assert client_for(sold.priya).post(back).status_code == 403
    assert client_for(sold.omar).get(address).status_code == 404
    assert client_for(sold.omar).post(back).status_code == 404
    assert client_for(sold.erik).get(address).status_code == 200
    assert client_for(sold.erik).post(f"{address}/write", {"kind": "gap"}).status_code == 403
    client.post(back)
    assert "Too few chats answered" not in client.get(address).content.decode()
    assert client_for(sold.omar).post(
        reverse("insights:note_back", args=[MarketNote.objects.get().pk])
    ).status_code == 404  # fmt: skip
    assert (
        client.get(reverse("insights:review", args=[sold.north.pk, "someday"])).status_code == 404
    )


def test_pages_of_goals_of_many_measures_ask_little(sold: World, client_for) -> None:
    """My plan and the week of a team among goals of every family of measures."""
    project = boards.add_project(
        facts={"name": "North", "team": sold.north, "time_zone": "Asia/Taipei"},
        lists=[boards.NewList("To do")], by=sold.marco, at=NOW,
    )  # fmt: skip
    label = boards.add_label(project=project, name="Now", colour="red", by=sold.marco, at=NOW)
    kind = goals.add_figure_kind(
        name="calls", label="Calls", unit=Unit.QUANTITY, by=sold.dana, at=NOW
    )
    part = project.lists.get()
    keys = [
        "orders", "deals_won", "talks", "feedback_hours", "reply_minutes", "cards_done",
        f"cards_done:project.{project.pk}", f"cards_done:list.{part.pk}",
        f"cards_done:label.{label.pk}", f"figure:{kind.name}", "credited:1.base", "typed",
    ]  # fmt: skip
    today = timezone.localdate(timezone=ZoneInfo("Asia/Taipei"))
    month = timedelta(days=30)
    days = goals.PeriodFacts("Now", today - month, today + month)
    period = goals.add_period(facts=days, by=sold.erik, at=NOW)
    for key in keys:
        measured = goals.Measured(Decimal(0), Decimal(9), measure=key)
        if measures.find(key) is None and key != "typed":
            measured = goals.Measured(Decimal(0), Decimal(9))
        made = propose(sold, period=period, name=f"Goal {key}", measured=measured,
                       level=Level.PERSON, owner=sold.priya, team=sold.north)  # fmt: skip
        Goal.objects.filter(pk=made.pk).update(measure=key)
    week = reverse("insights:review", args=[sold.north.pk, today.isoformat()])
    for person, address in (
        (sold.priya, reverse("incentives:my-plan")), (sold.priya, week), (sold.marco, week),
    ):  # fmt: skip
        most = 15 if address == week else 20
        client = client_for(person)
        client.get(address)
        with CaptureQueriesContext(connection) as asked:
            text = client.get(address).content.decode()
        assert len(asked) <= most, (address, [one["sql"][:300] for one in asked])
        assert "Goal cards_done" in text


def test_goals_of_a_week_that_is_over(sold: World, client_for) -> None:
    """By the end of the week, where somebody checked in; else the last value, with its day."""
    today = timezone.localdate(timezone=ZoneInfo("Asia/Taipei"))
    monday = today - timedelta(days=today.weekday() + 14)
    days = goals.PeriodFacts("Now", monday - timedelta(days=30), today + timedelta(days=30))
    period = goals.add_period(facts=days, by=sold.erik, at=NOW)
    for name, said in (("Early", [(8, 3)]), ("Both", [(3, 4), (9, 7)]), ("Late", [(11, 5)])):
        measured = goals.Measured(Decimal(0), Decimal(90))
        made = propose(sold, period=period, name=name, measured=measured,
                       level=Level.PERSON, owner=sold.priya, team=sold.north)  # fmt: skip
        for after, value in said:
            told = goals.Said(monday + timedelta(days=after - 1), Decimal(value), Confidence.LOW)
            goals.check_in(goal=made, said=told, today=today, by=sold.priya, at=NOW)
    week = Span(monday, monday + timedelta(days=7))
    found = {line.goal.name: line for line in reviews.goals_of(sold.priya, sold.north, week, today)}
    assert {name: (line.standing.value, line.later) for name, line in found.items()} == {
        "Early": (Decimal(3), monday + timedelta(days=7)),
        "Both": (Decimal(4), None),
        "Late": (Decimal(5), monday + timedelta(days=10)),
    }
    page = client_for(sold.priya).get(
        reverse("insights:review", args=[sold.north.pk, monday.isoformat()])
    )
    assert f"on {formats.day(monday + timedelta(days=10))}" in page.content.decode()


def test_the_list_leads_to_the_last_full_week(sold: World, client_for) -> None:
    page = reverse("insights:reviews")
    today = timezone.localdate(timezone=ZoneInfo("Asia/Taipei"))
    monday = today - timedelta(days=today.weekday())
    last, running = (
        reverse("insights:review", args=[sold.north.pk, day.isoformat()])
        for day in (monday - timedelta(days=7), monday)
    )
    client = client_for(sold.marco)
    text = client.get(page).content.decode()
    assert last in text
    assert running not in text
    # Once something was written in the review of the running week, that one is under way.
    client.post(f"{running}/write", {"kind": "gap", "text": "Too few chats answered"})
    text = client.get(page).content.decode()
    assert f'<a href="{running}">' in text
    client.post(reverse("insights:entry_back", args=[ReviewEntry.objects.get().pk]))
    assert last in client.get(page).content.decode()
