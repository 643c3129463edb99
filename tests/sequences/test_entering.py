"""Customers and leads that enter a segment begin a sequence."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse

from paceline.crm import actions as crm
from paceline.crm.models import (
    Activity,
    LeadStatus,
)
from paceline.sequences import actions
from paceline.sequences.models import Enrolment, Sequence
from tests.sequences.conftest import (
    at,
    make_customer,
    make_sequence,
    usual_steps,
)
from tests.world import NOW, World

pytestmark = pytest.mark.django_db


def _segment(world: World) -> Any:
    return crm.save_segment(
        of="contact", name="Japan", rule={"country": ["JP"]}, team=world.north, by=world.marco,
        at=NOW,
    )  # fmt: skip


def test_who_enters_a_segment_begins(world: World) -> None:
    """Not who was in it before; at most so many a day; only of the team; who leaves it stops."""
    japan = {"country": "JP"}
    before = make_customer(world, "Before", facts=japan)
    sequence = make_sequence(world, segment=_segment(world), per_day=2)
    told = {"by": world.marco, "at": NOW}
    assert actions.enter_segments(at=NOW) == 0
    ann, ben, cara = (make_customer(world, one, facts=japan) for one in ("Ann", "Ben", "Cara"))
    make_customer(world, "Tom", facts={"country": "TW"})
    make_customer(world, "Eve", facts=japan, team=world.south, owner=world.omar, by=world.omar)
    assert actions.enter_segments(at=NOW) == 2
    assert actions.enter_segments(at=NOW + timedelta(hours=1)) == 0, "two a day"
    assert actions.enter_segments(at=at("2026-07-16", 0)) == 1, "a new day in Taipei"
    begun = Enrolment.objects.filter(sequence=sequence)
    assert {one.contact for one in begun} == {ann, ben, cara}
    crm.change(record=ann, facts={"country": "KR"}, by=world.priya, at=at("2026-07-16"))
    assert actions.enter_segments(at=at("2026-07-16")) == 0
    assert begun.get(contact=ann).ended_why == "left"
    ann.refresh_from_db()
    crm.change(record=ann, facts=japan, by=world.priya, at=at("2026-07-17"))
    assert actions.enter_segments(at=at("2026-07-17")) == 0, "each customer only once"
    actions.change_sequence(sequence=sequence, facts={"again_days": 7}, **told)
    ann.refresh_from_db()
    crm.change(record=ann, facts={"country": "KR"}, by=world.priya, at=at("2026-07-20"))
    actions.enter_segments(at=at("2026-07-20"))
    ann.refresh_from_db()
    crm.change(record=ann, facts=japan, by=world.priya, at=at("2026-07-24"))
    assert actions.enter_segments(at=at("2026-07-24")) == 1, "a week after it ended"
    actions.switch_sequence(sequence=sequence, on=False, **told)
    assert actions.enter_segments(at=at("2026-07-25")) == 0
    assert actions.walk(at=at("2026-07-25")) == 0, "off: no step is made"
    actions.switch_sequence(sequence=sequence, on=True, present=True, by=world.marco,
                            at=at("2026-07-27"))  # fmt: skip
    assert actions.enter_segments(at=at("2026-07-27")) == 1, "with those who belong already"
    assert begun.filter(contact=before).exists()


def test_leads_that_enter_a_segment_begin(world: World, client_for) -> None:
    """Those who come to meet the rule, of the team; converted or given up they stop."""
    told = {"by": world.marco, "at": NOW}

    def lead(name: str, **more: Any) -> Any:
        given = {"team": world.north, "owner": world.priya, "by": world.priya, "at": NOW} | more
        return crm.add_lead(facts={"name": name, "rating": 3}, **given)

    segment = crm.save_segment(
        of="lead", name="Warm", rule={"rating_min": 4}, team=world.north, **told
    )
    page = client_for(world.marco)
    sent = {"team": world.north.pk, "name": "Warm leads", "of": "lead", "segment": segment.pk,
            "per_day": 50}  # fmt: skip
    assert page.post(reverse("sequences:new"), {**sent, "of": "contact"}).status_code == 422
    assert page.post(reverse("sequences:new"), sent).status_code == 303
    sequence = Sequence.objects.get(name="Warm leads")
    assert (sequence.of, sequence.segment) == ("lead", segment)
    actions.write_version(sequence=sequence, steps=usual_steps(), stops=(), **told)
    actions.switch_sequence(sequence=sequence, on=True, **told)
    ivy, max_ = lead("Ivy"), lead("Max")
    foreign = lead("Canary", team=world.south, owner=world.omar, by=world.omar)
    assert actions.enter_segments(at=NOW) == 0
    for one in (ivy, max_, foreign):
        crm.change(record=one, facts={"rating": 5}, by=None, at=NOW)
    assert actions.enter_segments(at=NOW) == 2
    begun = Enrolment.objects.filter(sequence=sequence, cause="segment")
    assert {one.lead for one in begun} == {ivy, max_}
    assert actions.walk(at=at("2026-07-17")) == 2
    task = Activity.objects.get(lead=ivy)
    assert (task.subject, task.assignee) == ("Ask Ivy how it works", world.priya)
    assert "Warm leads" in page.get(f"/crm/leads/{ivy.pk}").content.decode()
    ivy.refresh_from_db()
    crm.set_status(lead=ivy, status=LeadStatus.UNQUALIFIED, why_not="No", by=world.priya,
                   at=at("2026-07-18"))  # fmt: skip
    actions.enter_segments(at=at("2026-07-18"))
    actions.walk(at=at("2026-07-20"))
    assert begun.get(lead=ivy).ended_at is not None
    assert begun.get(lead=max_).ended_at is None or begun.get(lead=max_).ended_why == "last"
