"""Goals: how they come to be agreed, change, hang together, and end."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from django.db import IntegrityError, connection, transaction
from django.urls import reverse

from paceline.goals import access, actions
from paceline.goals.actions import PeriodFacts, Said
from paceline.goals.cadence import latest_due, next_due
from paceline.goals.models import (
    Agreement,
    CheckIn,
    Confidence,
    Direction,
    Goal,
    GoalChange,
    Level,
    Side,
)
from paceline.goals.models.goals import TYPED
from paceline.goals.queries.attention import attention
from paceline.goals.queries.goals import waiting_for_word
from paceline.kernel.audit import AuditEntry
from paceline.kernel.waiting import worded
from paceline.notifications.models import Notification
from paceline.org import actions as org
from tests.goals.conftest import UNTIL, Aims, agree_both, counted, propose
from tests.world import NOW, TODAY, World, sign_in

pytestmark = pytest.mark.django_db


def _told(person: object) -> list[str]:
    return list(Notification.objects.filter(recipient=person).values_list("kind", flat=True))


def test_both_sides_agree(world: World, aims: Aims) -> None:
    goal = aims.priya
    assert access.side_of(world.priya, goal) == Side.OWNER
    assert access.side_of(world.marco, goal) == access.side_of(world.erik, goal) == Side.LEAD
    assert access.side_of(world.omar, goal) is None
    assert not Goal.objects.agreed().filter(pk=goal.pk).exists()
    actions.comment(goal=goal, text="Why so little?", by=world.marco, at=NOW)
    agree_both(goal, world.priya, world.marco)
    assert Goal.objects.agreed().get(pk=goal.pk) == goal
    with pytest.raises(actions.AgreedAlready):
        actions.agree(goal=goal, side=Side.OWNER, terms=1, by=world.priya, at=NOW)
    row = Agreement.objects.get(goal=goal, side=Side.LEAD)
    assert (row.person, row.terms_said["target"]) == (world.marco, "92000")
    assert {"goal_commented", "goal_agreed"} <= set(_told(world.priya))
    assert "goal_proposed" in _told(world.marco)
    # Nobody stands above the executive: the owner's word is enough.
    actions.agree(goal=aims.company, side=Side.OWNER, terms=1, by=world.erik, at=NOW)
    assert Goal.objects.agreed().filter(pk=aims.company.pk).exists()
    assert Agreement.objects.get(goal=aims.company, side=Side.LEAD).person is None
    # What was agreed stands, whoever asks.
    with pytest.raises(IntegrityError), transaction.atomic():
        Agreement.objects.filter(pk=row.pk).update(person=world.omar)


def test_a_change_needs_a_reason_and_their_word_again(world: World, aims: Aims) -> None:
    goal = aims.priya
    agree_both(goal, world.priya, world.marco)
    wish = {"target": Decimal(80_000)}
    with pytest.raises(actions.ReasonMissing):
        actions.change_goal(goal=goal, facts=wish, by=world.marco, at=NOW)
    goal.refresh_from_db()
    assert (goal.target, goal.terms, goal.version) == (Decimal(92_000), 1, 1)
    actions.change_goal(goal=goal, facts=wish, reason="The fair is off", by=world.marco, at=NOW)
    goal.refresh_from_db()
    assert (goal.target, goal.terms, goal.version) == (Decimal(80_000), 2, 2)
    assert not Goal.objects.agreed().filter(pk=goal.pk).exists()
    with pytest.raises(actions.TermsChanged):
        actions.agree(goal=goal, side=Side.OWNER, terms=1, by=world.priya, at=NOW)
    change = GoalChange.objects.get(goal=goal)
    assert (change.before, change.after) == ({"target": "92000"}, {"target": "80000"})
    assert change.reason == "The fair is off"
    assert "goal_changed" in _told(world.priya)
    # A reason why, not the terms: nobody has to agree again.
    actions.change_goal(goal=goal, facts={"why": "Stock"}, by=world.priya, at=NOW)
    goal.refresh_from_db()
    assert (goal.terms, goal.version) == (2, 3)


def test_two_people_change_one_goal(world: World, aims: Aims) -> None:
    goal = aims.priya
    seen = goal.version
    actions.change_goal(goal=goal, facts={"name": "Chairs"}, seen=seen, by=world.marco, at=NOW)
    actions.change_goal(
        goal=goal, facts={"name": "Sell chairs", "weight": Decimal(40)}, seen=seen,
        by=world.priya, at=NOW,
    )  # fmt: skip
    goal.refresh_from_db()
    assert (goal.name, goal.weight) == ("Chairs", Decimal(40))
    with pytest.raises(actions.ChangedMeanwhile) as caught:
        actions.change_goal(goal=goal, facts={"name": "Tables"}, seen=seen, by=world.priya, at=NOW)
    (conflict,) = caught.value.conflicts
    assert (conflict.field, conflict.theirs, conflict.mine, conflict.by) == (
        "name", "Chairs", "Tables", world.marco.name,
    )  # fmt: skip


def test_no_circle_and_no_tower(world: World, aims: Aims) -> None:
    with pytest.raises(actions.GoalCircle):
        actions.move_goal(goal=aims.company, parent=aims.priya, by=world.erik, at=NOW)
    with pytest.raises(actions.GoalCircle):
        actions.move_goal(goal=aims.company, parent=aims.company, by=world.erik, at=NOW)
    with pytest.raises(IntegrityError, match="would serve itself"), transaction.atomic():
        Goal.objects.filter(pk=aims.company.pk).update(parent=aims.priya)
    below = aims.priya
    for depth in range(9):
        below = propose(
            world, period=aims.quarter, name=f"Step {depth}", measured=counted(1),
            level=Level.PERSON, owner=world.priya, parent=below,
        )  # fmt: skip
    with pytest.raises(actions.TooDeep):
        propose(world, period=aims.quarter, name="Too low", measured=counted(1),
                level=Level.PERSON, owner=world.priya, parent=below)  # fmt: skip


def test_order_below_a_parent(world: World, aims: Aims) -> None:
    made = [
        propose(world, period=aims.quarter, name=name, measured=counted(1), level=Level.TEAM,
                owner=world.marco, team=world.north, parent=aims.company)
        for name in ("b", "c", "d")
    ]  # fmt: skip
    actions.move_goal(goal=made[2], parent=aims.company, after=aims.north, by=world.erik, at=NOW)
    actions.move_goal(goal=made[0], parent=aims.company, by=world.erik, at=NOW)
    for _again in range(12):  # until there is no room between two ranks
        actions.move_goal(goal=made[1], parent=aims.company, after=made[0], by=world.erik, at=NOW)
        actions.move_goal(goal=made[2], parent=aims.company, after=made[0], by=world.erik, at=NOW)
    names = Goal.objects.filter(parent=aims.company).values_list("name", flat=True)
    assert list(names) == ["b", "d", "c", "Grow North"]
    assert not GoalChange.objects.exists()
    actions.move_goal(goal=made[1], parent=aims.north, by=world.erik, at=NOW)
    assert GoalChange.objects.get().after == {"parent": aims.north.pk}


def test_what_cannot_be(world: World, aims: Aims) -> None:
    rows = Goal.objects.count()
    common = {"period": aims.quarter, "name": "x", "level": Level.PERSON, "owner": world.priya}
    with pytest.raises(actions.TargetOnTheWrongSide):
        propose(world, measured=counted(5, 9), **common)
    with pytest.raises(actions.TargetOnTheWrongSide):
        propose(world, measured=counted(9, 5, Direction.DOWN), **common)
    with pytest.raises(actions.MeasureUnknown):
        propose(world, measured=actions.Measured(Decimal(0), Decimal(1), measure="gone"), **common)
    with pytest.raises(actions.GoalInvalid):
        propose(world, measured=counted(1), **{**common, "name": ""})
    with pytest.raises(actions.AtLeastNothing):  # what is counted never comes to less than nothing
        actions.change_goal(goal=aims.priya, facts={"target": Decimal(-1)}, by=world.priya, at=NOW)
    with pytest.raises(actions.AtLeastNothing):  # no complaint, written the wrong way round
        propose(world, measured=counted(0, 0), **common)
    assert Goal.objects.count() == rows
    # Zero to zero is something to hold, such as no complaint.
    held = propose(world, measured=counted(0, 0, Direction.DOWN), **common)
    assert held.target == held.start_value == 0
    with pytest.raises(actions.AtLeastNothing):
        actions.change_goal(goal=held, facts={"direction": Direction.UP}, by=world.priya, at=NOW)
    held.refresh_from_db()
    assert held.direction == Direction.DOWN
    # What a source counts begins at nothing, whatever the start: at most five is no way down.
    at_most = actions.Measured(Decimal(0), Decimal(5), Direction.DOWN, measure="orders")
    limit = propose(world, measured=at_most, **common)
    with pytest.raises(actions.TargetOnTheWrongSide):
        actions.change_goal(goal=limit, facts={"measure": TYPED}, by=world.priya, at=NOW)
    limit.refresh_from_db()
    assert (limit.measure, limit.start_value, limit.target) == ("orders", 0, 5)
    # So at least fifteen may be asked after a year of twenty: that start is only compared with.
    fewer = actions.Measured(Decimal(20), Decimal(15), measure="orders")
    least = propose(world, measured=fewer, **common)
    assert (least.start_value, least.target, least.direction) == (20, 15, Direction.UP)
    with pytest.raises(actions.TargetOnTheWrongSide):
        actions.change_goal(goal=least, facts={"measure": TYPED}, by=world.priya, at=NOW)
    with pytest.raises(actions.AtLeastNothing):
        actions.change_goal(goal=least, facts={"target": Decimal(0)}, by=world.priya, at=NOW)


def _check_in(world: World, goal: Goal, on: date, value: int, **more: str) -> CheckIn:
    said = Said(on, Decimal(value), Confidence.HIGH, **more)
    return actions.check_in(goal=goal, said=said, today=TODAY, by=world.priya, at=NOW)


def test_check_ins(world: World, aims: Aims) -> None:
    goal = aims.priya
    first = _check_in(world, goal, date(2026, 7, 6), 5_000, blockers="No stock")
    later = _check_in(world, goal, date(2026, 7, 13), 9_000)
    goal.refresh_from_db()
    assert goal.last_check_in == later
    _check_in(world, goal, date(2026, 7, 7), 5_500)
    goal.refresh_from_db()
    assert goal.last_check_in == later
    assert first.source_value == 0  # nothing was sold in the product
    assert "goal_blocked" in _told(world.marco)
    for outside in (date(2026, 6, 30), TODAY + timedelta(days=1)):
        with pytest.raises(actions.OutsideThePeriod):
            _check_in(world, goal, outside, 1)
    assert CheckIn.objects.count() == 3
    assert next_due(aims.quarter, None) == date(2026, 7, 7)
    assert next_due(aims.quarter, date(2026, 7, 7)) == date(2026, 7, 14)
    assert next_due(aims.quarter, date(2026, 9, 29)) == date(2026, 9, 30)
    assert next_due(aims.quarter, date(2026, 9, 30)) is None
    assert latest_due(aims.quarter, date(2026, 7, 6)) is None
    assert latest_due(aims.quarter, date(2026, 7, 20)) == date(2026, 7, 14)
    assert latest_due(aims.quarter, date(2027, 1, 1)) == date(2026, 9, 30)


def test_reminders_come_by_day_once_and_together(world: World, aims: Aims) -> None:
    other = propose(
        world, period=aims.quarter, name="Call", measured=counted(50), level=Level.PERSON,
        owner=world.priya, weight=Decimal(40),
    )  # fmt: skip
    for goal in (aims.priya, other):
        agree_both(goal, world.priya, world.marco)
    Goal.objects.update(created_at=datetime(2026, 6, 20, tzinfo=UTC))
    sent_before = Notification.objects.count()

    def remind(at: datetime) -> int:
        return actions.remind_owners(local=lambda zone: at.astimezone(ZoneInfo(zone)), at=at)

    assert remind(datetime(2026, 7, 7, 0, 30, tzinfo=UTC)) == 0  # half past eight in Taipei
    morning = datetime(2026, 7, 7, 1, 5, tzinfo=UTC)
    assert remind(morning) == 1
    assert remind(morning + timedelta(hours=1)) == 0
    row = Notification.objects.latest("pk")
    assert (row.recipient, row.kind, row.params) == (
        world.priya, "goal_check_ins_due", {"count": 2},
    )  # fmt: skip
    assert Notification.objects.count() == sent_before + 1
    said = Said(date(2026, 7, 14), Decimal(1), Confidence.LOW)
    actions.check_in(goal=other, said=said, today=TODAY, by=world.priya, at=NOW)
    assert remind(datetime(2026, 7, 14, 2, tzinfo=UTC)) == 1
    assert Notification.objects.latest("pk").params == {"goal": "Sell chairs"}


def test_nothing_is_due_before_a_goal_was_made(world: World, aims: Aims) -> None:
    goal = aims.priya
    agree_both(goal, world.priya, world.marco)
    for made, due in ((date(2026, 6, 20), 7), (date(2026, 7, 8), 14)):
        Goal.objects.update(created_at=datetime(made.year, made.month, made.day, 9, tzinfo=UTC))
        goal.refresh_from_db()
        assert goal.heard_on == made
        page = sign_in(world.priya).get(f"/goals/{goal.pk}")
        assert page.context["due"] == date(2026, 7, due)
    waiting = [one.text for one in worded(attention(world.priya, date(2026, 7, 13)))]
    assert "1 check-in is due" not in waiting
    waiting = [one.text for one in worded(attention(world.priya, date(2026, 7, 14)))]
    assert "1 check-in is due" in waiting


def test_a_moved_period_loses_nothing(world: World, aims: Aims) -> None:
    goal = aims.priya
    agree_both(goal, world.priya, world.marco)
    _check_in(world, goal, date(2026, 7, 2), 1_000)
    facts = PeriodFacts("2026 Q3", date(2026, 7, 6), UNTIL)
    with pytest.raises(actions.ReasonMissing):
        actions.change_period(
            period=aims.quarter, facts=facts, seen=1, reason="", by=world.erik, at=NOW
        )
    moved = actions.change_period(
        period=aims.quarter, facts=facts, seen=1, reason="Later start", by=world.erik, at=NOW
    )
    goal.refresh_from_db()
    assert (moved, goal.terms, goal.check_ins.count()) == (3, 2, 1)
    assert not Goal.objects.agreed().filter(pk=goal.pk).exists()
    assert GoalChange.objects.get(goal=goal).after["starts_on"] == "2026-07-06"
    with pytest.raises(actions.PeriodChangedMeanwhile):
        actions.change_period(
            period=aims.quarter, facts=facts, seen=1, reason="x", by=world.erik, at=NOW
        )
    with pytest.raises(actions.PeriodNameTaken):
        actions.add_period(facts=facts, by=world.erik, at=NOW)
    with pytest.raises(actions.PeriodEndsBeforeItBegins):
        actions.add_period(facts=PeriodFacts("x", UNTIL, UNTIL), by=world.erik, at=NOW)


def test_an_owner_who_leaves(world: World, aims: Aims) -> None:
    goal = aims.priya
    assert not Goal.objects.without_owner(TODAY).filter(pk=goal.pk).exists()
    org.end_employment(
        person=world.priya, ends_before=TODAY, by=world.hana, at=NOW, reason="Resigned"
    )
    waiting = Goal.objects.without_owner(TODAY)
    assert list(waiting.visible_to(world.marco)) == [goal]
    assert not waiting.visible_to(world.omar).exists()
    for person in (world.marco, world.erik):
        if hasattr(person, "_crm_scope"):
            del person._crm_scope
    assert access.may_change(world.marco, goal)
    assert not access.may_change(world.sofia, goal)
    actions.change_goal(goal=goal, facts={"team": world.north}, by=world.marco, at=NOW)
    said = "1 goal is without owner"
    for person, is_told in ((world.marco, True), (world.erik, True), (world.sofia, False)):
        told = [one for one in worded(attention(person, TODAY)) if one.text == said]
        assert bool(told) == is_told, person
    actions.change_goal(goal=goal, facts={"owner": world.marco}, by=world.marco, at=NOW)
    assert not Goal.objects.without_owner(TODAY).exists()


def test_a_teams_goal_without_owner_waits_for_its_own_leads(world: World, aims: Aims) -> None:
    """Everybody reads the goals of North; only its leads and the executive can give them away."""
    north = aims.north
    org.end_employment(person=world.marco, ends_before=TODAY, by=world.hana, at=NOW)
    address = reverse("goals:goals") + "?goals-is-whose=to-give"
    said = "1 goal is without owner"
    assert north in Goal.objects.visible_to(world.sofia).without_owner(TODAY)
    for person, is_told in ((world.erik, True), (world.sofia, False), (world.omar, False)):
        told = [one for one in worded(attention(person, TODAY)) if one.text == said]
        assert [one.url for one in told] == ([address] if is_told else []), person
        if person != world.omar:  # who is not offered this
            table = sign_in(person).get(address).content.decode().split("<tbody>")[-1]
            assert (north.name in table) == is_told, person


def test_who_sees_what(world: World, aims: Aims) -> None:
    seen = {
        name: set(Goal.objects.visible_to(person).values_list("name", flat=True))
        for name, person in world.cast.items()
    }
    shared = {"Grow", "Grow North"}
    everything = shared | {"Sell chairs"}
    assert {name for name, names in seen.items() if names == everything} == {
        "priya", "marco", "erik", "dana", "wen", "hana",
    }  # fmt: skip
    assert (
        seen["omar"] == seen["sofia"] == seen["ines"] == seen["ada"] == shared
    )  # and Fred, who has left
    actions.change_goal(
        goal=aims.priya, facts={}, contributors=[world.omar], by=world.priya, at=NOW
    )
    assert Goal.objects.visible_to(world.omar).filter(pk=aims.priya.pk).exists()
    assert access.may_check_in(world.omar, aims.priya)
    assert not access.may_change(world.omar, aims.priya)
    assert not access.may_check_in(world.marco, aims.priya)


def test_looking_back(world: World, aims: Aims) -> None:
    goal = aims.priya
    with pytest.raises(actions.ReasonMissing):
        actions.close_goal(goal=goal, value=None, is_dropped=True, by=world.marco, at=NOW)
    with pytest.raises(actions.GoalNotOver):
        actions.close_goal(goal=goal, value=None, by=world.marco, at=NOW)
    actions.close_goal(
        goal=goal, value=Decimal(95_000), went_well="Bundles", to_change="Start sooner",
        by=world.priya, at=NOW,
    )  # fmt: skip
    goal.refresh_from_db()
    assert (goal.closed_at, goal.retrospective.value) == (NOW, Decimal(95_000))
    with pytest.raises(actions.GoalIsClosed):
        _check_in(world, goal, TODAY, 1)
    with pytest.raises(actions.ParentIsClosed):
        propose(world, period=aims.quarter, name="x", measured=counted(1), level=Level.PERSON,
                owner=world.priya, parent=goal)  # fmt: skip
    assert AuditEntry.objects.filter(action="goal_closed", subject_id=str(goal.pk)).count() == 1


def test_strategy_keeps_its_versions(world: World, aims: Aims) -> None:
    page, text = aims.strategy, actions.StrategyText("Close by", "We answer within a minute")
    told = {"by": world.erik, "at": NOW}
    with pytest.raises(actions.ReasonMissing):
        actions.write_strategy(page=page, text=text, seen=1, reason=" ", **told)
    actions.write_strategy(page=page, text=text, seen=1, reason="Chat grew", **told)
    with pytest.raises(actions.StrategyChangedMeanwhile):
        actions.write_strategy(page=page, text=text, seen=1, reason="x", **told)
    with pytest.raises(actions.StrategyUnchanged):
        actions.write_strategy(page=page, text=text, seen=2, reason="x", **told)
    said = list(page.versions.values_list("number", "positioning", "reason"))
    assert said == [
        (2, "We answer within a minute", "Chat grew"), (1, "The shop that answers first", ""),
    ]  # fmt: skip
    actions.comment_on_strategy(page=page, text="At night as well?", by=world.priya, at=NOW)
    assert "strategy_commented" in _told(world.erik)
    with connection.cursor() as cursor, pytest.raises(IntegrityError), transaction.atomic():
        cursor.execute("DELETE FROM goals_strategyversion")


def test_whoever_led_a_lead_who_left_has_the_word(world: World, aims: Aims) -> None:
    """Marco leaves; Priya's line to him stays open, and Erik leads on."""
    goal = aims.priya
    org.end_employment(
        person=world.marco, ends_before=date(2026, 7, 10), by=world.hana, at=world.now
    )
    world.erik.acting_on = world.priya.acting_on = TODAY
    assert Goal.objects.visible_to(world.erik).filter(pk=goal.pk).exists()
    assert access.side_of(world.erik, goal) == Side.LEAD
    actions.agree(goal=goal, side=Side.OWNER, terms=1, by=world.priya, at=NOW)
    assert not Agreement.objects.filter(goal=goal, side=Side.LEAD).exists()
    assert _told(world.erik).count("goal_agreed") == 1
    assert goal in waiting_for_word(world.erik, TODAY)
    actions.agree(goal=goal, side=Side.LEAD, terms=1, by=world.erik, at=NOW)
    assert Goal.objects.agreed().filter(pk=goal.pk).exists()
    assert "goal_agreed" not in _told(world.marco)


def test_where_everybody_above_has_left_the_owners_word_is_enough(world: World, aims: Aims) -> None:
    for person in (world.marco, world.erik):
        org.end_employment(
            person=person, ends_before=date(2026, 7, 10), by=world.hana, at=world.now
        )
    actions.agree(goal=aims.priya, side=Side.OWNER, terms=1, by=world.priya, at=NOW)
    assert Agreement.objects.get(goal=aims.priya, side=Side.LEAD).person is None
    assert Goal.objects.agreed().filter(pk=aims.priya.pk).exists()


def test_a_lead_at_work_is_asked_alone(world: World, aims: Aims) -> None:
    actions.agree(goal=aims.priya, side=Side.OWNER, terms=1, by=world.priya, at=NOW)
    assert aims.priya in waiting_for_word(world.marco, TODAY)
    assert aims.priya not in waiting_for_word(world.erik, TODAY)
