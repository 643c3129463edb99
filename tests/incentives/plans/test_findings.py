"""Findings in the product: shown, accepted with a reason, mended, and in the way of submission."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pytest
from django.db import DatabaseError, transaction
from django.test import Client

from paceline.incentives.actions import approvals, findings, plans
from paceline.incentives.calculation.findings import findings_of, open_serious
from paceline.incentives.models import FindingAcceptance, PlanSubmission, PlanVersion
from paceline.kernel.models import AuditEntry
from tests.incentives.pay.conftest import Quarter, build_quarter, write_line
from tests.incentives.plans.conftest import FROM, SOURCE, fresh
from tests.incentives.plans.test_pages import editor_post
from tests.keeping import once
from tests.world import World

pytestmark = pytest.mark.django_db
SignIn = Callable[..., Client]
WHOLE = SOURCE.replace("reading: slice", "reading: whole")
HTMX = {"HX-Request": "true"}
V1 = "/incentives/plans/seller-commission/versions/1/"
REASON = "Agreed with the works council until the end of the year."


@pytest.fixture
def cliffs(world: World) -> PlanVersion:
    """Dana's draft that pays 2 % or 4 % of everything: a serious cliff at quota."""
    return plans.create_plan(source=WHOLE, effective_from=FROM, by=world.dana, at=world.now)


def serious(version: PlanVersion, world: World) -> str:
    [finding] = open_serious(version, world.today)
    return finding.key


def accept(version: PlanVersion, world: World, **changed: object) -> list[FindingAcceptance]:
    key = changed.pop("key", None) or serious(version, world)
    asked: dict[str, object] = {
        "version": version, "key": key, "alike": False, "reason": REASON, "by": world.dana,
        "at": world.now, **changed,
    }  # fmt: skip
    return findings.accept_findings(**asked)  # type: ignore[arg-type]


def test_serious_findings_keep_a_text_from_being_submitted(
    world: World, cliffs: PlanVersion
) -> None:
    with pytest.raises(approvals.FindingsOpen) as refusal:
        approvals.submit_plan(version=cliffs, by=world.dana, at=world.now)
    [finding] = refusal.value.findings
    assert (finding.code, finding.amounts["jump"]) == ("cliff", Decimal("2000.00"))
    assert not PlanSubmission.objects.exists()
    assert not AuditEntry.objects.filter(action="plan_submitted").exists()
    accept(cliffs, world)
    approvals.submit_plan(version=cliffs, by=world.dana, at=world.now)
    assert fresh(cliffs).state == "submitted"


def test_an_acceptance_is_a_row_with_who_when_and_why(world: World, cliffs: PlanVersion) -> None:
    [row] = accept(cliffs, world)
    assert (row.code, row.clause) == ("cliff", "components/commission/rates/tiers/2")
    assert (row.accepted_by, row.accepted_at, row.reason) == (world.dana, world.now, REASON)
    entry = AuditEntry.objects.get(action="plan_finding_accepted")
    assert (entry.actor_id, entry.reason) == (world.dana.pk, REASON)
    assert entry.after == {"finding": "cliff", "clause": row.clause, "key": row.key}
    [again] = [*FindingAcceptance.objects.all()]
    assert findings.accept_findings(
        version=cliffs, key=again.key, alike=True, reason="Other", by=world.wen, at=world.now
    ) == []  # fmt: skip
    assert FindingAcceptance.objects.get().reason == REASON


@pytest.mark.parametrize("reason", ["", "  \n "])
def test_without_a_reason_nothing_is_accepted(
    world: World, cliffs: PlanVersion, reason: str
) -> None:
    with pytest.raises(approvals.ReasonMissing):
        accept(cliffs, world, reason=reason)
    with pytest.raises(DatabaseError), transaction.atomic():
        FindingAcceptance.objects.create(
            version=cliffs, key="k", code="cliff", clause="x", reason=reason,
            accepted_by=world.dana, accepted_at=world.now,
        )  # fmt: skip
    assert not FindingAcceptance.objects.exists()
    assert not AuditEntry.objects.filter(action="plan_finding_accepted").exists()


def test_what_is_not_found_cannot_be_accepted(world: World, cliffs: PlanVersion) -> None:
    unseen = [one.key for one in findings_of(cliffs, world.today) if one.severity == "unseen"]
    for key in ("0" * 32, *unseen):
        with pytest.raises(findings.FindingGone):
            accept(cliffs, world, key=key)
    assert not FindingAcceptance.objects.exists()


def test_a_changed_cause_is_a_new_finding(world: World, cliffs: PlanVersion) -> None:
    accept(cliffs, world)
    saved = plans.save_draft(
        version=cliffs, source=WHOLE.replace("rate: 4%", "rate: 5%"), lock_version=1,
        effective_from=FROM, by=world.dana, at=world.now,
    )  # fmt: skip
    with pytest.raises(approvals.FindingsOpen) as refusal:
        approvals.submit_plan(version=saved, by=world.dana, at=world.now)
    assert refusal.value.findings[0].amounts["jump"] == Decimal("3000.00")
    saved = plans.save_draft(
        version=saved, source=WHOLE.replace("# Most of the pay.", "# Most."), lock_version=2,
        effective_from=FROM, by=world.dana, at=world.now,
    )  # fmt: skip
    assert open_serious(saved, world.today) == []


def test_one_reason_may_do_for_all_of_a_kind(world: World) -> None:
    three = WHOLE.replace(
        "        - {from: 100%, rate: 4%}",
        "        - {from: 80%, rate: 3%}\n        - {from: 100%, rate: 4%}",
    )
    version = plans.create_plan(source=three, effective_from=FROM, by=world.dana, at=world.now)
    first, second = open_serious(version, world.today)
    rows = accept(version, world, key=first.key, alike=True)
    assert {row.key for row in rows} == {first.key, second.key}
    assert open_serious(version, world.today) == []
    # the bonus and the whole-amount table are other kinds and were not accepted with them
    assert {row.code for row in rows} == {"cliff"}


def test_an_acceptance_is_taken_back_until_approval_and_never_changed(
    world: World, cliffs: PlanVersion
) -> None:
    [row] = accept(cliffs, world)
    findings.reopen_finding(version=cliffs, key=row.key, by=world.dana, at=world.now)
    assert not FindingAcceptance.objects.exists()
    assert AuditEntry.objects.get(action="plan_finding_reopened").before == {
        "finding": "cliff", "clause": row.clause, "reason": REASON,
    }  # fmt: skip
    [row] = accept(cliffs, world)
    with pytest.raises(DatabaseError, match="never changed"), transaction.atomic():
        FindingAcceptance.objects.update(reason="Something else")
    approvals.submit_plan(version=cliffs, by=world.dana, at=world.now)
    approvals.approve_plan(version=cliffs, digest=cliffs.digest, by=world.ines, at=world.now)
    for act in (
        lambda: findings.reopen_finding(version=cliffs, key=row.key, by=world.dana, at=world.now),
        lambda: accept(cliffs, world, key=row.key),
    ):
        with pytest.raises(approvals.AlreadyApproved):
            act()
    with pytest.raises(DatabaseError, match="keeps what was accepted"), transaction.atomic():
        FindingAcceptance.objects.all().delete()
    assert FindingAcceptance.objects.get().reason == REASON


def test_a_mend_is_a_saved_edit_of_the_draft(world: World, cliffs: PlanVersion) -> None:
    key = serious(cliffs, world)
    with pytest.raises(plans.DraftChangedMeanwhile):
        findings.mend_draft(version=cliffs, key=key, lock_version=7, by=world.dana, at=world.now)
    mended = findings.mend_draft(
        version=cliffs, key=key, lock_version=1, by=world.wen, at=world.now
    )
    assert mended.source == SOURCE
    assert [edit.edited_by for edit in mended.edits.all()] == [world.dana, world.wen]
    approvals.submit_plan(version=mended, by=world.dana, at=world.now)
    with pytest.raises(plans.TextStandsStill):
        findings.mend_draft(version=mended, key=key, lock_version=2, by=world.wen, at=world.now)
    assert fresh(mended).source == SOURCE


def test_a_draft_is_thrown_away_with_its_acceptances(world: World, cliffs: PlanVersion) -> None:
    accept(cliffs, world)
    plans.discard_draft(version=cliffs, reason="Begun twice", by=world.dana, at=world.now)
    assert not FindingAcceptance.objects.exists()
    assert AuditEntry.objects.filter(action="plan_finding_accepted").count() == 1


# --- pages ----------------------------------------------------------------------------------------


def test_the_version_page_tells_decides_and_remembers(
    world: World, client_for: SignIn, cliffs: PlanVersion
) -> None:
    client = client_for(world.dana)
    page = client.get(V1).content.decode()
    assert "At 100% of quota ($100,000.00) pay jumps by $2,000.00" in page
    assert "from $2,000.00 to $4,000.00." in page
    assert "The amounts assume a quota of $100,000.00." in page
    assert "<cite>Larkin 2014</cite>" in page
    assert "Decide on 1 finding" in page
    assert f'action="{V1}submission"' not in page
    refused = client.post(f"{V1}submission", {"note": ""})
    assert refused.status_code == 409
    assert "1 serious finding is neither mended nor accepted with a reason: A cliff in pay." in (
        refused.content.decode()
    )
    assert fresh(cliffs).state == "draft"
    key = serious(cliffs, world)
    assert client.post(f"{V1}findings/{key}/acceptance", {"reason": " "}).status_code == 303
    assert not FindingAcceptance.objects.exists()
    client.post(f"{V1}findings/{key}/acceptance", {"reason": REASON})
    page = client.get(V1).content.decode()
    assert f"<q>{REASON}</q>" in page
    assert "Dana Weiss accepted a finding: A cliff in pay" in page
    assert f'action="{V1}submission"' in page
    assert client.post(f"{V1}findings/{key}/acceptance/removal").status_code == 303
    assert "Decide on 1 finding" in client.get(V1).content.decode()


def test_the_approver_accepts_while_it_waits_and_the_author_no_longer(
    world: World, client_for: SignIn, submitted: PlanVersion
) -> None:
    [bonus] = [one for one in findings_of(submitted, world.today) if one.code == "bonus_cliff"]
    place = f"{V1}findings/{bonus.key}/acceptance"
    assert client_for(world.dana).post(place, {"reason": REASON}).status_code == 403
    assert not FindingAcceptance.objects.exists()
    assert client_for(world.ines).post(place, {"reason": REASON}).status_code == 303
    assert FindingAcceptance.objects.get().accepted_by == world.ines
    approvals.approve_plan(version=submitted, digest=submitted.digest, by=world.ines, at=world.now)
    late = client_for(world.ines).post(f"{place}/removal")
    assert late.status_code == 409
    assert "what was accepted about it stands" in late.content.decode()
    assert FindingAcceptance.objects.count() == 1


def test_readers_of_the_approved_plan_see_no_findings(
    world: World, client_for: SignIn, approved: PlanVersion
) -> None:
    for person in (world.erik, world.hana):
        page = client_for(person).get(V1).content.decode()
        assert "Findings about this text" not in page
        assert "A bonus that is all or nothing" not in page
    assert "A bonus that is all or nothing" in client_for(world.ines).get(V1).content.decode()


def test_the_editor_shows_findings_live_and_mends_with_one_click(
    world: World, client_for: SignIn, cliffs: PlanVersion
) -> None:
    client = client_for(world.dana)
    page = client.get(f"{V1}draft").content.decode()
    assert "A cliff in pay" in page
    sliced = {"components.0.rates.reading": "slice"}
    live = client.post(
        f"{V1}draft/preview",
        editor_post(cliffs, op="", edited="fields", **sliced),
        headers=HTMX,
    )
    text = live.content.decode()
    assert 'id="findings" class="findings" hx-swap-oob="true"' in text
    assert "A cliff in pay" not in text
    assert "A bonus that is all or nothing" in text
    key = serious(cliffs, world)
    mended = client.post(f"{V1}draft/preview", editor_post(cliffs, op=f"mend {key}"))
    text = mended.content.decode()
    assert "reading: slice" in text
    assert "A cliff in pay" not in text
    assert fresh(cliffs).source == WHOLE  # nothing is saved by looking
    plain = client.post(f"{V1}draft", editor_post(cliffs, op=f"mend {key}"))
    assert "reading: slice" in plain.content.decode()
    gone = client.post(f"{V1}draft/preview", editor_post(cliffs, op="mend nothing"))
    assert "reading: whole" in gone.content.decode()
    broken = client.post(
        f"{V1}draft/preview", editor_post(cliffs, op="", edited="text", source="a: [")
    )
    assert "A cliff in pay" not in broken.content.decode()


def test_the_version_page_mends_and_saves(
    world: World, client_for: SignIn, cliffs: PlanVersion
) -> None:
    client = client_for(world.dana)
    place = f"{V1}findings/{serious(cliffs, world)}/mend"
    assert client.post(place, {"lock_version": "9"}).status_code == 409
    assert fresh(cliffs).source == WHOLE
    assert client.post(place, {"lock_version": "1"}).status_code == 303
    assert fresh(cliffs).source == SOURCE
    assert client.post(place, {"lock_version": "2"}).status_code == 409
    assert client_for(world.ines).post(place, {"lock_version": "2"}).status_code == 403


@pytest.mark.parametrize("language", ["zh-hant", "zh-hans"])
def test_findings_speak_the_readers_language(
    world: World, client_for: SignIn, cliffs: PlanVersion, language: str
) -> None:
    world.dana.user.language = language
    world.dana.user.save(update_fields=["language"])
    page = client_for(world.dana).get(V1).content.decode()
    found = re.search(r'<div id="findings".*?</form>', page, re.DOTALL)
    assert found is not None
    said = re.sub(r"<[^>]*>|Kishore et al|Larkin|Oyer|US|sales", "", found[0])
    assert not re.search(r"[A-Za-z]{5,}", said), said[:2000]


# --- from the product's own past ------------------------------------------------------------------


def next_version(quarter: Quarter, old: str, new: str) -> PlanVersion:
    """Dana's next draft of the sellers' plan, for the third quarter, with one change."""
    world = quarter.world
    draft = plans.start_draft(
        plan=quarter.seller.plan, effective_from=date(2026, 7, 1), by=world.dana, at=world.now
    )
    return plans.save_draft(
        version=draft, source=draft.source.replace(old, new), lock_version=draft.lock_version,
        effective_from=draft.effective_from, by=world.dana, at=world.now,
    )  # fmt: skip


def test_past_runs_say_whom_a_cap_would_have_held_back(world: World, client_for: SignIn) -> None:
    quarter = once(build_quarter, world)
    quarter.run()
    draft = next_version(
        quarter,
        "        - {from: 100%, rate: 4%}\n",
        "        - {from: 100%, rate: 4%}\n    cap: 2500.00\n",
    )
    [cap] = [one for one in findings_of(draft, world.today) if one.code == "cap_in_reach"]
    # Priya sold 119,000 against 100,000: 2,760.00 of which 260.00 would be held back.
    assert (cap.people, cap.amounts["lost"]) == ((world.priya.number,), Decimal("260.00"))
    page = client_for(world.dana).get(
        f"/incentives/plans/{draft.plan.code}/versions/{draft.number}/"
    )
    text = " ".join(page.content.decode().split())
    assert "In the periods that are known it held back $260.00." in text
    assert "It held 1 person back: Priya Nair" in text


def test_past_lines_say_when_rates_pass_the_margin(world: World) -> None:
    quarter = once(build_quarter, world)
    quarter.run()
    write_line("M1", world.priya, date(2026, 6, 2), "1000.00", cost=Decimal("970.00"))
    draft = next_version(quarter, "rate: 2%", "rate: 2.5%")
    [rate] = open_serious(draft, world.today)
    assert (rate.code, rate.amounts["rate"], rate.amounts["margin"]) == (
        "margin_exceeded", Decimal("0.04"), Decimal("0.03"),
    )  # fmt: skip


def test_without_a_past_it_is_said_what_could_not_be_seen(
    world: World, client_for: SignIn, draft: PlanVersion
) -> None:
    page = client_for(world.dana).get(V1).content.decode()
    assert "could not be looked at" in page
    assert "no past period has a measure of the same meaning" in page
    assert "no order line in the plan&#x27;s currency has a cost" in page


def test_a_cap_that_was_accepted_stays_accepted_when_more_is_known(world: World) -> None:
    quarter = once(build_quarter, world)
    draft = next_version(
        quarter,
        "        - {from: 100%, rate: 4%}\n",
        "        - {from: 100%, rate: 4%}\n    cap: 2500.00\n",
    )
    before = {one.code: one.key for one in findings_of(draft, world.today)}
    quarter.run()
    after = {one.code: one.key for one in findings_of(draft, world.today)}
    assert before["cap_in_reach"] == after["cap_in_reach"]
