"""A plan's way into force: submitted by one, approved or sent back by another."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime

from django.db import transaction
from django.urls import reverse

from paceline.incentives.access.plans import APPROVERS, wrote_on
from paceline.incentives.actions.plans import TextStandsStill, tell_of_plan
from paceline.incentives.calculation.documents import Finding
from paceline.incentives.calculation.findings import open_serious
from paceline.incentives.models import PlanApproval, PlanReturn, PlanSubmission, PlanVersion
from paceline.kernel import audit
from paceline.notifications.actions import notify
from paceline.org.models import Person, RoleGrant


class NotSubmitted(Exception):
    """Nothing waits for approval here: never submitted, withdrawn, or sent back."""


class AlreadyApproved(Exception):
    """Someone else approved first; ``approval`` says who and when."""

    def __init__(self, approval: PlanApproval) -> None:
        self.approval = approval
        super().__init__(str(approval))


class ApproverWroteOnIt(Exception):
    """Nobody approves a text that they wrote on or submitted."""


class TextChangedMeanwhile(Exception):
    """The text that waits is not the one that the approver read."""


class FindingsOpen(Exception):
    """Serious ``findings`` are neither mended nor accepted."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        self.findings = tuple(findings)
        super().__init__(f"{len(self.findings)} serious findings")


class ReasonMissing(Exception):
    """A text is only sent back with a reason."""


@transaction.atomic
def submit_plan(
    *, version: PlanVersion, note: str = "", by: Person, at: datetime
) -> PlanSubmission:
    """Ask for approval. From here on the text stands still.

    Raises ``TextStandsStill``, or ``FindingsOpen`` while the text has serious findings that nobody
    accepted.
    """
    version = _locked(version)
    if version.state != "draft":
        raise TextStandsStill(version)
    serious = open_serious(version, at.date())
    if serious:
        raise FindingsOpen(serious)
    submission = PlanSubmission.objects.create(
        version=version, submitted_by=by, submitted_at=at, note=note
    )
    audit.record(
        "plan_submitted", subject=version, by=by, at=at, reason=note,
        after={"digest": version.digest, "effective_from": version.effective_from},
    )  # fmt: skip
    tell_of_plan(version.plan_id, "submitted")
    _tell(version, "plan_submitted", _approvers(at.date()), by, at)
    return submission


@transaction.atomic
def withdraw_plan(*, version: PlanVersion, reason: str = "", by: Person, at: datetime) -> None:
    """Take the submission back; the text is a draft again. Raises ``NotSubmitted``."""
    version = _waiting(version)
    version.submission.delete()
    audit.record("plan_withdrawn", subject=version, by=by, at=at, reason=reason)
    tell_of_plan(version.plan_id, "withdrawn")


@transaction.atomic
def approve_plan(
    *, version: PlanVersion, digest: str, note: str = "", by: Person, at: datetime
) -> PlanApproval:
    """Approve the text that was read, known by its ``digest``. It counts from ``effective_from``.

    Of two people at once exactly one approves; the other gets ``AlreadyApproved``. Raises
    ``NotSubmitted``, ``ApproverWroteOnIt`` or ``TextChangedMeanwhile`` too.
    """
    version = _waiting(version)
    if wrote_on(by, version):
        raise ApproverWroteOnIt(version)
    if digest != version.digest:
        raise TextChangedMeanwhile(version)
    approval = PlanApproval.objects.create(
        version=version, author=version.authored_by, approved_by=by, approved_at=at, note=note
    )
    audit.record(
        "plan_approved", subject=version, by=by, at=at, reason=note,
        after={"digest": version.digest, "effective_from": version.effective_from},
    )  # fmt: skip
    tell_of_plan(version.plan_id, "approved")
    _tell(version, "plan_approved", [version.authored_by, version.submission.submitted_by], by, at)
    return approval


@transaction.atomic
def return_plan(*, version: PlanVersion, reason: str, by: Person, at: datetime) -> PlanReturn:
    """Send the text back to its author with a reason; it is a draft again.

    Raises ``ReasonMissing``, ``NotSubmitted``, ``AlreadyApproved`` or ``ApproverWroteOnIt``.
    """
    if not reason.strip():
        raise ReasonMissing
    version = _waiting(version)
    if wrote_on(by, version):
        raise ApproverWroteOnIt(version)
    waiting_for = [version.authored_by, version.submission.submitted_by]
    version.submission.delete()
    sent_back = PlanReturn.objects.create(
        version=version, returned_by=by, returned_at=at, reason=reason
    )
    audit.record("plan_returned", subject=version, by=by, at=at, reason=reason)
    tell_of_plan(version.plan_id, "returned")
    _tell(version, "plan_returned", waiting_for, by, at)
    return sent_back


def _locked(version: PlanVersion) -> PlanVersion:
    """The row, locked before its facts are read: whoever waits for the lock then sees them."""
    return PlanVersion.objects.select_for_update(of=("self",)).get(pk=version.pk)


def _waiting(version: PlanVersion) -> PlanVersion:
    version = _locked(version)
    if version.state == "approved":
        raise AlreadyApproved(version.approval)
    if version.state != "submitted":
        raise NotSubmitted(version)
    return version


def _approvers(on: date) -> list[Person]:
    """Everyone who approves plans on a day."""
    grants = RoleGrant.objects.on(on).filter(role__in=APPROVERS).select_related("person")
    return [grant.person for grant in grants]


def _tell(
    version: PlanVersion, kind: str, recipients: Iterable[Person], by: Person, at: datetime
) -> None:
    """Tell those concerned, but not the one who acts.

    The plan's name is kept in every language that it has: each reads it in their own.
    """
    name = version.outline.get("name") or version.plan.code
    notify(
        recipients=[person for person in recipients if person != by],
        kind=kind,
        params={"plan": name, "number": version.number, "person": by.name},
        url=reverse("incentives:plan-version", args=[version.plan.code, version.number]),
        at=at,
    )
