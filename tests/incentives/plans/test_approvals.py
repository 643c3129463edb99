"""Approval: by another, of the text that was read, exactly once."""

from __future__ import annotations

from datetime import timedelta
from threading import Barrier, Thread

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import translation

from paceline.incentives.actions import approvals, plans
from paceline.incentives.models import PlanApproval, PlanReturn, PlanVersion
from paceline.incentives.queries import plans as queries
from paceline.kernel.models import AuditEntry
from paceline.notifications.models import Notification
from paceline.notifications.wording import text_of
from paceline.org.actions import add_person, grant_role
from paceline.org.models import Person, Role
from tests.incentives.plans.conftest import LATER, SOURCE, fresh
from tests.world import World

pytestmark = pytest.mark.django_db


def approve(version: PlanVersion, by: Person, world: World) -> PlanApproval:
    return approvals.approve_plan(version=version, digest=version.digest, by=by, at=world.now)


def test_finance_approves_what_compensation_submitted(world: World, submitted: PlanVersion) -> None:
    approval = approve(submitted, world.ines, world)
    assert (approval.author, approval.approved_by) == (world.dana, world.ines)
    assert fresh(submitted).state == "approved"
    assert AuditEntry.objects.filter(action="plan_approved", actor_id=world.ines.pk).count() == 1


def test_nobody_approves_a_text_they_wrote_on(world: World, draft: PlanVersion) -> None:
    """Neither who began it, nor who edited it, nor who submitted it; not in the database either."""
    saved = plans.save_draft(
        version=draft, source=SOURCE.replace("rate: 4%", "rate: 5%"), lock_version=1,
        effective_from=draft.effective_from, by=world.wen, at=world.now,
    )  # fmt: skip
    approvals.submit_plan(version=saved, by=world.hana, at=world.now)
    for person in (world.dana, world.wen, world.hana):
        with pytest.raises(approvals.ApproverWroteOnIt):
            approve(saved, person, world)
        with pytest.raises(approvals.ApproverWroteOnIt):
            approvals.return_plan(version=saved, reason="x", by=person, at=world.now)
        with pytest.raises(DatabaseError), transaction.atomic():
            PlanApproval.objects.create(
                version=saved, author=world.dana, approved_by=person, approved_at=world.now
            )
    with pytest.raises(DatabaseError, match="did not write"), transaction.atomic():
        PlanApproval.objects.create(
            version=saved, author=world.ines, approved_by=world.dana, approved_at=world.now
        )
    assert not PlanApproval.objects.exists()
    assert not PlanReturn.objects.exists()


def test_only_the_text_that_was_read_is_approved(world: World, submitted: PlanVersion) -> None:
    read = submitted.digest
    approvals.withdraw_plan(version=submitted, by=world.dana, at=world.now)
    with pytest.raises(approvals.NotSubmitted):
        approve(submitted, world.ines, world)
    plans.save_draft(
        version=submitted, source=SOURCE.replace("rate: 4%", "rate: 9%"), lock_version=1,
        effective_from=submitted.effective_from, by=world.dana, at=world.now,
    )  # fmt: skip
    approvals.submit_plan(version=submitted, by=world.dana, at=world.now)
    with pytest.raises(approvals.TextChangedMeanwhile):
        approvals.approve_plan(version=submitted, digest=read, by=world.ines, at=world.now)
    assert not PlanApproval.objects.exists()


def test_a_text_is_sent_back_with_a_reason(world: World, submitted: PlanVersion) -> None:
    with pytest.raises(approvals.ReasonMissing):
        approvals.return_plan(version=submitted, reason="  ", by=world.ines, at=world.now)
    assert fresh(submitted).state == "submitted"
    approvals.return_plan(version=submitted, reason="Cap too high", by=world.ines, at=world.now)
    assert fresh(submitted).state == "draft"
    assert PlanReturn.objects.get().reason == "Cap too high"
    with pytest.raises(approvals.NotSubmitted):
        approve(submitted, world.ines, world)
    waiting = queries.attention(world.dana, world.today)
    assert [item.text for item in waiting] == ["Seller commission was sent back to you"]


def test_an_approval_is_never_taken_back(world: World, approved: PlanVersion) -> None:
    with pytest.raises(approvals.AlreadyApproved) as refusal:
        approvals.withdraw_plan(version=approved, by=world.dana, at=world.now)
    assert refusal.value.approval.approved_by == world.ines
    for statement in (
        "DELETE FROM incentives_planapproval",
        "DELETE FROM incentives_plansubmission",
        "UPDATE incentives_planapproval SET note = 'x'",
    ):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
    assert fresh(approved).state == "approved"


@pytest.mark.django_db(transaction=True)
def test_of_two_approvals_at_once_exactly_one_counts(world: World, submitted: PlanVersion) -> None:
    second = add_person(number="F2", name="Second finance", by=None, at=world.now)
    grant_role(person=second, role=Role.FINANCE, starts_on=world.founded, by=None, at=world.now)
    start = Barrier(2)
    outcomes: list[object] = []

    def approve_at_once(person: Person) -> None:
        try:
            start.wait(timeout=60)
            outcomes.append(approve(submitted, person, world))
        except approvals.AlreadyApproved as late:
            outcomes.append(late)
        finally:
            connection.close()

    threads = [Thread(target=approve_at_once, args=[one]) for one in (world.ines, second)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    counted = PlanApproval.objects.get()
    [won] = [outcome for outcome in outcomes if isinstance(outcome, PlanApproval)]
    [late] = [o for o in outcomes if isinstance(o, approvals.AlreadyApproved)]
    assert won == counted == late.approval
    assert AuditEntry.objects.filter(action="plan_approved").count() == 1


def test_the_version_of_a_period_is_the_one_in_force_on_its_first_day(
    world: World, approved: PlanVersion
) -> None:
    plan = approved.plan
    later = plans.start_draft(plan=plan, effective_from=LATER, by=world.dana, at=world.now)
    assert queries.version_on(plan, LATER) == approved
    approvals.submit_plan(version=later, by=world.dana, at=world.now)
    assert queries.version_on(plan, LATER) == approved
    approve(later, world.ines, world)
    assert queries.version_on(plan, LATER) == later
    assert queries.version_on(plan, LATER - timedelta(days=1)) == approved
    assert queries.version_on(plan, approved.effective_from - timedelta(days=1)) is None


def test_what_waits_is_shown_to_those_who_can_act(world: World, submitted: PlanVersion) -> None:
    assert [item.text for item in queries.attention(world.ines, world.today)] == [
        "Seller commission waits for approval"
    ]
    for person in (world.dana, world.wen, world.priya, world.ada):
        assert queries.attention(person, world.today) == []


def test_those_concerned_are_told_and_nobody_else(world: World, submitted: PlanVersion) -> None:
    def told() -> list[tuple[str, Person]]:
        rows = Notification.objects.order_by("pk").select_related("recipient")
        return [(one.kind, one.recipient) for one in rows]

    assert told() == [("plan_submitted", world.ines)]
    approvals.return_plan(version=submitted, reason="Cap", by=world.ines, at=world.now)
    approvals.submit_plan(version=submitted, by=world.wen, at=world.now)
    approve(submitted, world.ines, world)
    assert told()[1:] == [
        ("plan_returned", world.dana),
        ("plan_submitted", world.ines),
        ("plan_approved", world.dana),
        ("plan_approved", world.wen),
    ]
    kept = Notification.objects.first()
    assert kept is not None
    with translation.override("zh-hans"):
        text = text_of(kept.kind, kept.params)
    assert in_language(submitted, "zh-Hans") in text
    assert submitted.plan.code not in text
    # What was told before the name was kept says the code.
    with translation.override("en"):
        assert "the plan seller." in text_of(kept.kind, kept.params | {"plan": "seller"})


def in_language(version: PlanVersion, language: str) -> str:
    name: str = version.outline["name"][language]
    return name
