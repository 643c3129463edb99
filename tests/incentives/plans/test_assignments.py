"""Assignments: whom a plan pays on which days, and who may therefore read it."""

from __future__ import annotations

from datetime import date

import pytest

from paceline.incentives.actions.assignments import (
    AssignmentOverlaps,
    EndBeforeStart,
    assign_plan,
    end_assignment,
    remove_assignment,
)
from paceline.incentives.models import Plan, PlanAssignment, PlanVersion
from paceline.incentives.queries import plans as queries
from paceline.incentives.queries.assignments import assigned_days, days_paid
from paceline.org import actions as org
from paceline.org.models import TEAM_DEPTH_MAX
from tests.world import World

pytestmark = pytest.mark.django_db
FIRST, NEXT = date(2026, 7, 1), date(2026, 10, 1)


def names(plan: Plan, on: date) -> list[str]:
    return [person.name for person in queries.people_paid(plan, on)]


def test_positions_teams_and_people_are_followed_to_payees(
    world: World, approved: PlanVersion
) -> None:
    plan = approved.plan
    terms = {"plan": plan, "starts_on": FIRST, "by": world.dana, "at": world.now}
    assign_plan(to=world.seller, **terms)
    assert names(plan, world.today) == ["Omar Haddad", "Priya Nair"]
    assign_plan(to=world.north, ends_before=NEXT, **terms)
    assert names(plan, world.today) == ["Marco Bianchi", "Omar Haddad", "Priya Nair"]
    assign_plan(to=world.sofia, **terms)
    assert names(plan, NEXT) == ["Omar Haddad", "Priya Nair", "Sofia Costa"]
    assert names(plan, date(2026, 6, 30)) == []


def test_who_is_paid_through_a_team_far_above_reads_the_plan(
    world: World, approved: PlanVersion
) -> None:
    """Teams lie up to twelve deep: the plan of the highest pays the lowest, who may read it."""
    told = {"by": world.dana, "at": world.now}
    team = world.north
    levels = 1 if team.parent_id is None else 2
    while levels < TEAM_DEPTH_MAX:
        levels += 1
        team = org.create_team(code=f"T{levels}", name=f"Team {levels}", parent=team, **told)
    with pytest.raises(org.TeamCircle):
        org.create_team(code="T0", name="Too deep", parent=team, **told)
    tall = org.create_team(code="T", name="Tall", **told)
    org.create_team(code="TB", name="Below", parent=tall, **told)
    with pytest.raises(org.TeamCircle):
        org.change_team(team=tall, name="Tall", parent=team.parent, **told)
    org.move_to_team(person=world.sofia, team=team, starts_on=FIRST, **told)
    assign_plan(plan=approved.plan, to=world.north, starts_on=FIRST, **told)
    assert "Sofia Costa" in names(approved.plan, world.today)
    plans = [approved.plan_id]
    (whole,) = (
        one for one in assigned_days(plans, FIRST, NEXT) if one.payee_number == world.sofia.number
    )
    assert days_paid(world.sofia, plans, FIRST, NEXT) == [whole]
    assert Plan.objects.visible_to(world.sofia).filter(pk=approved.plan_id).exists()


def test_an_overlap_is_refused_with_the_row_in_the_way(world: World, approved: PlanVersion) -> None:
    terms = {"plan": approved.plan, "to": world.priya, "by": world.dana, "at": world.now}
    first = assign_plan(starts_on=FIRST, ends_before=NEXT, **terms)
    with pytest.raises(AssignmentOverlaps) as refusal:
        assign_plan(starts_on=date(2026, 9, 30), **terms)
    assert refusal.value.existing == first
    second = assign_plan(starts_on=NEXT, **terms)
    with pytest.raises(AssignmentOverlaps):
        end_assignment(assignment=first, ends_before=None, by=world.dana, at=world.now)
    with pytest.raises(EndBeforeStart):
        end_assignment(assignment=second, ends_before=NEXT, by=world.dana, at=world.now)
    assert list(PlanAssignment.objects.order_by("pk").values_list("ends_before", flat=True)) == [
        NEXT,
        None,
    ]


def test_an_assignment_ends_and_a_wrong_one_goes(world: World, approved: PlanVersion) -> None:
    row = assign_plan(
        plan=approved.plan, to=world.priya, starts_on=FIRST, by=world.dana, at=world.now
    )
    end_assignment(assignment=row, ends_before=NEXT, by=world.dana, at=world.now)
    assert names(approved.plan, NEXT) == []
    remove_assignment(assignment=row, reason="Wrong plan", by=world.dana, at=world.now)
    assert not PlanAssignment.objects.exists()


def test_a_payee_reads_the_plans_that_pay_them(world: World, approved: PlanVersion) -> None:
    plan = approved.plan
    everyone = {
        name for name, person in world.cast.items() if plan in Plan.objects.visible_to(person)
    }
    assert everyone == {"dana", "wen", "ines", "hana", "erik"}
    terms = {"starts_on": FIRST, "by": world.dana, "at": world.now}
    row = assign_plan(plan=plan, to=world.company, **terms)
    for person in (world.priya, world.marco, world.omar):
        assert plan in Plan.objects.visible_to(person)
    remove_assignment(assignment=row, reason="x", by=world.dana, at=world.now)
    assign_plan(plan=plan, to=world.priya, **terms)
    assert plan in Plan.objects.visible_to(world.marco)  # who leads Priya
    assert plan not in Plan.objects.visible_to(world.omar)
    assert plan not in Plan.objects.visible_to(world.ada)


def test_a_payee_reads_no_draft(world: World, draft: PlanVersion) -> None:
    assign_plan(plan=draft.plan, to=world.priya, starts_on=FIRST, by=world.dana, at=world.now)
    assert not PlanVersion.objects.visible_to(world.priya).exists()
    assert not PlanVersion.objects.visible_to(world.hana).exists()
    assert PlanVersion.objects.visible_to(world.ines).exists()
    assert queries.plan_rows(world.priya, world.today) == []
