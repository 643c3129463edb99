"""Deciding on what the linter found: accepted with a reason, taken back, or mended."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from paceline.incentives.actions.approvals import AlreadyApproved, ReasonMissing
from paceline.incentives.actions.plans import (
    DraftChangedMeanwhile,
    TextStandsStill,
    save_draft,
    tell_of_plan,
)
from paceline.incentives.calculation.documents import Finding
from paceline.incentives.calculation.findings import findings_of, mended
from paceline.incentives.models import FindingAcceptance, PlanVersion
from paceline.kernel import audit
from paceline.org.models import Person


class FindingGone(Exception):
    """The text has no such finding (any more), or it offers no mend."""


@transaction.atomic
def accept_findings(
    *, version: PlanVersion, key: str, alike: bool, reason: str, by: Person, at: datetime
) -> list[FindingAcceptance]:
    """Accept a finding with a reason; with ``alike`` all open ones of its kind and component too.

    A finding that was accepted already stays with its first reason. Raises ``ReasonMissing``,
    ``FindingGone`` or ``AlreadyApproved``.
    """
    if not reason.strip():
        raise ReasonMissing
    version = _locked(version)
    if version.state == "approved":
        raise AlreadyApproved(version.approval)
    found = [one for one in findings_of(version, at.date()) if one.severity != "unseen"]
    chosen = next((one for one in found if one.key == key), None)
    if chosen is None:
        raise FindingGone(key)
    taken = set(version.acceptances.values_list("key", flat=True))
    wanted = [one for one in found if one is chosen or (alike and are_alike(one, chosen))]
    rows = [
        FindingAcceptance.objects.create(
            version=version, key=one.key, code=one.code, clause=one.clause, accepted_by=by,
            accepted_at=at, reason=reason,
        )
        for one in wanted
        if one.key not in taken
    ]  # fmt: skip
    for row in rows:
        audit.record(
            "plan_finding_accepted", subject=version, by=by, at=at, reason=reason,
            after={"finding": row.code, "clause": row.clause, "key": row.key},
        )  # fmt: skip
    if rows:
        tell_of_plan(version.plan_id, "finding")
    return rows


def are_alike(one: Finding, other: Finding) -> bool:
    """Whether two findings are of one kind about one component: one reason may do for both."""
    return one.code == other.code and one.params.get("component") == other.params.get("component")


@transaction.atomic
def reopen_finding(*, version: PlanVersion, key: str, by: Person, at: datetime) -> None:
    """Take an acceptance back. Raises ``FindingGone`` or ``AlreadyApproved``."""
    version = _locked(version)
    if version.state == "approved":
        raise AlreadyApproved(version.approval)
    row = version.acceptances.filter(key=key).first()
    if row is None:
        raise FindingGone(key)
    audit.record(
        "plan_finding_reopened", subject=version, by=by, at=at,
        before={"finding": row.code, "clause": row.clause, "reason": row.reason},
    )  # fmt: skip
    row.delete()
    tell_of_plan(version.plan_id, "finding")


@transaction.atomic
def mend_draft(
    *, version: PlanVersion, key: str, lock_version: int, by: Person, at: datetime
) -> PlanVersion:
    """Save the draft with the mend of a finding made.

    Raises ``FindingGone``, ``TextStandsStill`` or ``DraftChangedMeanwhile``.
    """
    version = _locked(version)
    if version.state != "draft":
        raise TextStandsStill(version)
    if version.lock_version != lock_version:
        raise DraftChangedMeanwhile(version)
    source = mended(version, version.source, key, at.date())
    if source is None:
        raise FindingGone(key)
    return save_draft(
        version=version,
        source=source,
        effective_from=version.effective_from,
        lock_version=lock_version,
        by=by,
        at=at,
    )


def _locked(version: PlanVersion) -> PlanVersion:
    return PlanVersion.objects.select_for_update(of=("self",)).get(pk=version.pk)
