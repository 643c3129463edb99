"""The process as walked, the pipeline's page, and what a lead arranges."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.urls import reverse

from paceline.crm import actions
from paceline.crm.actions import Lost
from paceline.crm.models import Pipeline, Stage, StageKind
from paceline.crm.queries.process import walked
from tests.crm.conftest import Sales
from tests.world import NOW, TODAY, World

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def simple(world: World) -> Pipeline:
    stages = [actions.NewStage(name, days_until_stale=5) for name in ("A", "B", "C")]
    ends = [actions.NewStage("Won", kind=StageKind.WON),
            actions.NewStage("Lost", kind=StageKind.LOST)]  # fmt: skip
    return actions.add_pipeline(
        team=world.north, name="Simple", currency="USD", stages=[*stages, *ends], by=None, at=NOW
    )


def walk(world: World, pipeline: Pipeline, *steps: tuple[str, int], owner: str = "priya") -> None:
    """A deal that goes to each stage after so many days in the one before."""
    at = NOW
    person = world.cast[owner]
    deal = actions.add_deal(
        pipeline=pipeline, facts={"title": "x", "amount": Decimal(1)}, owner=person, by=None, at=at
    )
    for name, days in steps:
        at += days * DAY
        actions.move_deal(
            deal=deal, to=pipeline.stages.get(name=name), lost=Lost(note="x"), on=TODAY, by=None,
            at=at,
        )  # fmt: skip


def test_the_walk_is_read_from_the_log(world: World, simple: Pipeline) -> None:
    walk(world, simple, ("B", 2), ("C", 4), ("Won", 1))
    walk(world, simple, ("B", 4), ("A", 2), ("Lost", 3))
    walk(world, simple, ("C", 6))
    walk(world, simple)
    found = walked(simple, world.priya, NOW - DAY, NOW + 100 * DAY, NOW + 30 * DAY)
    rows = {
        one.stage.name: (one.entered, one.went_on, one.went_back, one.lost, one.waiting, one.median)
        for one in found.stages
    }
    assert rows == {
        "A": (5, 3, 0, 1, 1, timedelta(days=3, hours=12)),  # 2, 3, 4, 6
        "B": (2, 1, 1, 0, 0, 3 * DAY),  # 4, 2
        "C": (2, 1, 0, 0, 1, 1 * DAY),
        "Won": (1, 0, 0, 0, 1, None),
        "Lost": (1, 0, 0, 0, 1, None),
    }
    flows = {
        (one.before.name if one.before else "", one.after.name): (one.count, one.median)
        for one in found.flows
    }
    assert flows == {
        ("", "A"): (4, None), ("A", "B"): (2, 3 * DAY), ("B", "C"): (1, 4 * DAY),
        ("C", "Won"): (1, 1 * DAY), ("B", "A"): (1, 2 * DAY), ("A", "Lost"): (1, 3 * DAY),
        ("A", "C"): (1, 6 * DAY),
    }  # fmt: skip
    assert (found.began, found.won, found.lost, found.won_median) == (4, 1, 1, 7 * DAY)
    aged = {one.stage.name: (one.week, one.month, one.longer, one.stale) for one in found.aged}
    assert aged == {"A": (0, 1, 0, 1), "B": (0, 0, 0, 0), "C": (0, 1, 0, 1)}
    # Somebody of another team sees none of it.
    assert walked(simple, world.omar, NOW - DAY, NOW + 100 * DAY, NOW).began == 0


def test_the_map_is_drawn_and_told(world: World, simple: Pipeline, client_for) -> None:
    walk(world, simple, ("B", 0), ("C", 0), ("B", 0))
    address = reverse("crm:process", args=[simple.pk])
    body = client_for(world.priya).get(f"{address}?days=365").content.decode()
    assert body.count('class="process-box') == 5
    assert 'class="process-arrow is-back"' in body
    assert "Moves between stages" in body
    assert client_for(world.omar).get(address).status_code == 404


def test_a_lead_arranges_a_pipeline(world: World, sales: Sales, client_for) -> None:
    client = client_for(world.marco)
    added = client.post(
        reverse("crm:pipelines"), {"team": world.north.pk, "name": "Live", "currency": "TWD"}
    )
    made = Pipeline.objects.get(name="Live")
    assert added.headers["Location"] == reverse("crm:pipeline", args=[made.pk])
    assert made.stages.count() == 6
    twice = {"team": world.north.pk, "name": "LIVE", "currency": "TWD"}
    assert client.post(reverse("crm:pipelines"), twice).status_code == 422
    south = {"team": world.south.pk, "name": "Spy", "currency": "TWD"}
    assert client.post(reverse("crm:pipelines"), south).status_code == 422
    stage = sales.stage("New")
    page = reverse("crm:stage", args=[stage.pk])
    data = {
        "name": "First look", "probability": "12.5", "days_until_stale": "4",
        "criteria": ["contact", "note"], "checklist": "* Called\nSample sent\n",
        "questions": "What for?\nBy when?", "play-0-title": "Hello", "play-0-text": "您好",
    }  # fmt: skip
    assert client.post(page, data).status_code == 303
    now = Stage.objects.get(pk=stage.pk)
    assert (now.name, now.probability, now.days_until_stale) == ("First look", Decimal("0.125"), 4)
    assert [one.kind for one in now.criteria.all()] == ["contact", "note"]
    assert [(one.text, one.is_required) for one in now.checklist.all()] == [
        ("Called", True), ("Sample sent", False),
    ]  # fmt: skip
    assert [one.text for one in now.questions.all()] == ["What for?", "By when?"]
    assert now.plays.get().text == "您好"
    retire = reverse("crm:stage_retire", args=[stage.pk])
    assert client.post(retire, {}).headers["Location"] == page  # a deal is in it
    client.post(retire, {"move_to": sales.stage("Offer").pk})
    assert Stage.objects.get(pk=stage.pk).retired_at is not None
    reason = reverse("crm:pipeline_add", args=[sales.north.pk, "reason"])
    client.post(reason, {"name": "Price"})
    assert "Price" in client.get(reverse("crm:pipeline", args=[sales.north.pk])).content.decode()
