"""Drafts: what may be saved, what is refused, and that a refusal leaves the draft as it was."""

from __future__ import annotations

from datetime import date

import pytest
from django.db import DatabaseError, connection, transaction

from paceline.incentives.actions import approvals, plans
from paceline.incentives.models import Plan, PlanEdit, PlanVersion
from paceline.kernel.models import AuditEntry
from tests.incentives.plans.conftest import FROM, LATER, SOURCE, fresh
from tests.world import World

pytestmark = pytest.mark.django_db


def save(
    version: PlanVersion, world: World, source: str = SOURCE, **changed: object
) -> PlanVersion:
    terms = {
        "effective_from": version.effective_from,
        "lock_version": version.lock_version,
        "by": world.dana,
        "at": world.now,
        **changed,
    }
    return plans.save_draft(version=version, source=source, **terms)  # type: ignore[arg-type]


def test_a_new_plan_is_a_draft_that_knows_what_it_is(world: World, draft: PlanVersion) -> None:
    assert (draft.plan.code, draft.number, draft.state) == ("seller-commission", 1, "draft")
    assert (draft.name, draft.currency, draft.period_kind) == (
        "Seller commission",
        "USD",
        "quarter",
    )
    assert draft.source == SOURCE
    entry = AuditEntry.objects.get(action="plan_created")
    assert (entry.actor_id, entry.after["digest"]) == (world.dana.pk, draft.digest)


def test_a_draft_is_saved_once_per_change(world: World, draft: PlanVersion) -> None:
    changed = SOURCE.replace("rate: 4%", "rate: 5%")
    saved = save(draft, world, changed, by=world.wen)
    assert (saved.source, saved.lock_version) == (changed, 2)
    assert save(saved, world, changed).lock_version == 2
    assert [edit.edited_by for edit in PlanEdit.objects.all()] == [world.dana, world.wen]


def test_a_second_tab_cannot_overwrite_the_first(world: World, draft: PlanVersion) -> None:
    first = save(draft, world, SOURCE.replace("rate: 4%", "rate: 5%"))
    with pytest.raises(plans.DraftChangedMeanwhile) as refusal:
        save(draft, world, SOURCE.replace("rate: 4%", "rate: 6%"), lock_version=1)
    assert refusal.value.version.source == first.source
    assert fresh(draft).source == first.source


@pytest.mark.parametrize(
    ("source", "code"),
    [
        (SOURCE.replace("from: 0%, rate: 2%", "from: 0%, to: 90%, rate: 2%"), "tier_gap"),
        (SOURCE.replace("from: 0%, rate: 2%", "from: 0%, to: 110%, rate: 2%"), "tier_overlap"),
        (SOURCE.replace("of: amount", "of: amount +", 1), "formula_malformed"),
        (
            SOURCE.replace("of: amount", "of: " + "(" * 40 + "amount" + ")" * 40, 1),
            "formula_too_deep",
        ),
        (SOURCE.replace("    cap:", "    capp:"), "key_unknown"),
        (SOURCE.replace("  boundary: upper ", "  # boundary: upper "), "policy_missing"),
        (SOURCE + "#" * 400_000, "document_too_long"),
        ("a: [" * 5_000, "document_too_deep"),
        ("paceline: 1\n  plan: x: y\n", "document_malformed"),
        ("&a [*a]", "alias_used"),
        ("", "key_missing"),
    ],
)
def test_what_cannot_be_a_plan_is_refused_with_its_place(
    world: World, draft: PlanVersion, source: str, code: str
) -> None:
    with pytest.raises(plans.PlanTextInvalid) as refusal:
        save(draft, world, source)
    assert code in [problem.code for problem in refusal.value.problems]
    assert (fresh(draft).source, fresh(draft).lock_version) == (SOURCE, 1)
    assert PlanEdit.objects.count() == 1


def test_a_version_takes_effect_on_the_first_day_of_a_period(
    world: World, draft: PlanVersion
) -> None:
    with pytest.raises(plans.EffectiveMidPeriod) as refusal:
        save(draft, world, effective_from=date(2026, 8, 15))
    assert refusal.value.nearest == date(2026, 7, 1)
    assert fresh(draft).effective_from == FROM


def test_codes_are_unique_and_stay(world: World, draft: PlanVersion) -> None:
    with pytest.raises(plans.PlanCodeTaken):
        plans.create_plan(source=SOURCE, effective_from=FROM, by=world.wen, at=world.now)
    with pytest.raises(plans.PlanCodeDiffers):
        save(draft, world, SOURCE.replace("plan: seller-commission", "plan: other"))
    assert list(Plan.objects.values_list("code", flat=True)) == ["seller-commission"]
    assert fresh(draft).source == SOURCE


def test_one_draft_at_a_time(world: World, draft: PlanVersion) -> None:
    with pytest.raises(plans.DraftAlreadyOpen) as refusal:
        plans.start_draft(plan=draft.plan, effective_from=LATER, by=world.wen, at=world.now)
    assert refusal.value.version == draft
    assert PlanVersion.objects.count() == 1


def test_the_next_version_begins_from_the_newest_text(world: World, approved: PlanVersion) -> None:
    second = plans.start_draft(plan=approved.plan, effective_from=LATER, by=world.wen, at=world.now)
    assert (second.number, second.source, second.authored_by) == (2, SOURCE, world.wen)


def test_a_discarded_draft_stays_in_the_audit_trail(world: World, draft: PlanVersion) -> None:
    plans.discard_draft(version=draft, reason="Not needed", by=world.dana, at=world.now)
    assert not Plan.objects.exists()
    entry = AuditEntry.objects.get(action="plan_draft_discarded")
    assert (entry.before["source"], entry.reason) == (SOURCE, "Not needed")


def test_a_submitted_text_stands_still(world: World, submitted: PlanVersion) -> None:
    with pytest.raises(plans.TextStandsStill):
        save(submitted, world, SOURCE.replace("rate: 4%", "rate: 5%"))
    with pytest.raises(plans.TextStandsStill):
        plans.discard_draft(version=submitted, reason="x", by=world.dana, at=world.now)
    with pytest.raises(DatabaseError, match="stands still"), transaction.atomic():
        PlanVersion.objects.filter(pk=submitted.pk).update(source="other")
    with pytest.raises(DatabaseError, match="stands still"), transaction.atomic():
        PlanVersion.objects.filter(pk=submitted.pk).update(effective_from=LATER)
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM incentives_planversion WHERE id = %s", [submitted.pk])
    assert fresh(submitted).source == SOURCE
    approvals.withdraw_plan(version=submitted, by=world.wen, at=world.now)
    assert save(submitted, world, SOURCE.replace("rate: 4%", "rate: 5%")).state == "draft"
