"""How soon customers are answered, as goals are measured by it and as dashboards show it."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from paceline.crm import actions as crm
from paceline.crm.models import Feedback
from paceline.goals import actions as goals
from paceline.goals import measures
from paceline.goals.measures.reading import behind, read
from paceline.goals.models import Direction, Goal, Level, Unit
from paceline.insights import actions as insights
from paceline.insights.asked import Question
from paceline.insights.dimensions import Span
from paceline.insights.measures import MEASURES
from paceline.insights.queries.answers import answer
from paceline.insights.queries.desk import Desk
from paceline.leads.models import Inquiry
from tests.goals.conftest import make_aims, propose
from tests.world import NOW, TODAY, World

pytestmark = pytest.mark.django_db


def at(day: int, hour: int = 4) -> datetime:
    return datetime(2026, 7, day, hour, tzinfo=UTC)


def test_replies_and_feedback_measure_goals_and_stand_on_dashboards(
    world: World, tmp_path, settings
) -> None:
    settings.INSIGHTS_CUBES = tmp_path / "cubes"

    def inquiry(
        whose: Any, day: int, minutes: int | None, channel: str = "chat", **more: Any
    ) -> None:
        team = world.south if whose == world.omar else world.north
        lead = crm.add_lead(
            team=team, owner=whose, facts={"name": f"Lead {day} {whose.name}"}, by=whose, at=NOW
        )
        lead.inquiries.all().delete()
        arrived = at(day)
        told: dict[str, Any] = {} if minutes is None else {
            "answered_at": arrived + timedelta(hours=20), "answered_by": whose,
            "worked_seconds": minutes * 60,
        }  # fmt: skip
        Inquiry.objects.create(
            team=team, lead=lead, channel=channel, arrived_at=arrived, target_minutes=60,
            due_at=arrived + timedelta(hours=1), **{**told, **more},
        )  # fmt: skip

    inquiry(world.priya, 1, 30)
    inquiry(world.priya, 2, 61, channel="form")
    inquiry(world.priya, 3, None)  # waits, past its time
    inquiry(world.priya, 4, None, closed_at=at(5))  # closed without a reply
    inquiry(world.priya, 30, 5)  # not yet
    inquiry(world.omar, 6, 20)
    for day, hours in ((2, 3), (3, None)):
        settled = None if hours is None else at(day) + timedelta(hours=hours)
        Feedback.objects.create(
            kind="complaint", text="Late", at=at(day), assignee=world.priya, settled_at=settled,
            created_by=world.priya, lead=Inquiry.objects.filter(team=world.north).first().lead,
        )  # fmt: skip
    aims = make_aims(world)

    def goal(measure: str, unit: Unit = Unit.QUANTITY, **whose: Any) -> Goal:
        measured = goals.Measured(
            Decimal(100), Decimal(0), Direction.DOWN, measure=measure, unit=unit
        )
        named = {"level": Level.PERSON, "owner": world.priya, "team": world.north, **whose}
        return propose(world, period=aims.quarter, name=measure, measured=measured, **named)

    company = {"level": Level.COMPANY, "owner": world.erik, "team": None}
    every = {
        "minutes": goal("reply_minutes"),
        "all": goal("reply_minutes", **company),
        "in time": goal("replies_in_time", Unit.PERCENT),
        "feedback": goal("feedback"),
        "settled": goal("feedback_hours"),
    }
    found = read(list(every.values()), TODAY)
    assert {name: found[one.pk].value for name, one in every.items()} == {
        "minutes": Decimal("45.5000"), "all": Decimal("37.0000"), "in time": Decimal("0.3333"),
        "feedback": 2, "settled": 3,
    }  # fmt: skip
    source = measures.find("reply_minutes")
    assert source is not None
    opened = behind(every["all"], source, world.marco, TODAY)
    assert [(one.text, one.amount, one.figure) for one in opened.seen] == [
        ("Lead 2 Priya Nair", Decimal("61.0"), "late"),
        ("Lead 1 Priya Nair", Decimal("30.0"), "in time"),
    ]
    assert opened.hidden == 1
    source = measures.find("replies_in_time")
    assert source is not None
    opened = behind(every["in time"], source, world.marco, TODAY)
    assert [(one.text, one.amount, one.figure) for one in opened.seen] == [
        ("Lead 3 Priya Nair", None, "late"),
        ("Lead 2 Priya Nair", Decimal("61.0"), "late"),
        ("Lead 1 Priya Nair", Decimal("30.0"), "in time"),
    ]
    # The same on dashboards, of what the reader sees.
    july = Span(date(2026, 7, 1), date(2026, 7, 16))
    with closing(Desk(world.marco, TODAY, insights.bring_up_to_date(at=NOW))) as desk:
        time = answer(desk, Question(MEASURES["response_time"], july))
        assert time.total.value == (Decimal(91) / 60 / 2).quantize(Decimal("0.00000001"))
        share = answer(desk, Question(MEASURES["replies_in_time"], july, split="origin"))
        assert {row.key: row.value for row in share.rows} == {
            "chat": Decimal("0.5"), "form": Decimal(0),
        }  # fmt: skip
        only = answer(desk, Question(MEASURES["response_time"], july, only={"origin": "chat"}))
        assert only.total.value == Decimal("0.5")
        team = Question(MEASURES["response_time"], july, only={"team": "south"})
        assert answer(desk, team).total.value is None
    with closing(Desk(world.omar, TODAY, insights.bring_up_to_date(at=NOW))) as desk:
        time = answer(desk, Question(MEASURES["response_time"], july))
        assert time.total.value == (Decimal(1) / 3).quantize(Decimal("0.00000001"))
