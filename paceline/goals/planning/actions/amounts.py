"""What people say from below, and what is settled on for each; by hand and from files."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import connection, transaction
from django.db.models import F
from django.urls import reverse

from paceline.goals.planning import queries
from paceline.goals.planning.actions.refusals import NotAsked
from paceline.goals.planning.actions.versions import is_open, open_version
from paceline.goals.planning.models import AgreedQuota, ProposedQuota, QuotaPlan, QuotaShare
from paceline.imports.actions import staging
from paceline.imports.kinds import Changes, Commit, UndoRefused
from paceline.kernel import audit
from paceline.live.actions import publish
from paceline.notifications.actions import notify
from paceline.org.models import Person

LOCK = "quota_plans"


@transaction.atomic
def propose(
    *, plan: QuotaPlan, person: Person, amount: Decimal, reason: str, by: Person, at: datetime
) -> ProposedQuota:
    """Say what a person believes to reach; what was said before stays readable.

    Raises ``VersionClosed`` and ``NotAsked``.
    """
    version = open_version(plan)
    if not QuotaShare.objects.filter(version=version, person=person).exists():
        raise NotAsked
    before = ProposedQuota.objects.filter(plan=plan, person=person, replaced_by=None).first()
    made = ProposedQuota(
        plan=plan, person=person, amount=amount, reason=reason, said_by=by, said_at=at
    )
    _replace(made, before)
    audit.record(
        "quota_proposed",
        subject=plan,
        by=by,
        at=at,
        before=None if before is None else {"amount": before.amount},
        after={"person": person.number, "amount": amount},
        reason=reason,
    )
    publish("quota_plans", "proposed")
    return made


def _replace(made: Any, before: Any) -> None:
    """Keep a new row as the one that stands; the old one points to it."""
    if before is not None:
        # Out of the way first: only one row may stand. Its own key is a place-holder for a moment.
        type(before).objects.filter(pk=before.pk).update(replaced_by=before)
    made.save()
    if before is not None:
        type(before).objects.filter(pk=before.pk).update(replaced_by=made)


@transaction.atomic
def agree(
    *, plan: QuotaPlan, amounts: Mapping[int, Decimal], reason: str, by: Person, at: datetime
) -> int:
    """Settle on amounts by person; returns how many changed.

    Raises ``VersionClosed`` and ``NotAsked``; then nothing changed.
    """
    version = open_version(plan)
    asked = set(QuotaShare.objects.filter(version=version).values_list("person_id", flat=True))
    if not amounts.keys() <= asked:
        raise NotAsked
    standing = AgreedQuota.objects.filter(plan=plan, replaced_by=None, person__in=amounts)
    before = {one.person_id: one for one in standing}
    changed = {
        person: amount
        for person, amount in amounts.items()
        if person not in before or before[person].amount != amount
    }
    for person, amount in changed.items():
        row = AgreedQuota(
            plan=plan, person_id=person, amount=amount, reason=reason, said_by=by, said_at=at
        )
        _replace(row, before.get(person))
    if changed:
        audit.record(
            "quotas_agreed",
            subject=plan,
            by=by,
            at=at,
            after={"people": len(changed), "total": sum(changed.values(), Decimal(0))},
            reason=reason,
        )
        publish("quota_plans", "agreed")
    return len(changed)


@transaction.atomic
def agree_rest(*, plan: QuotaPlan, by: Person, at: datetime) -> int:
    """Settle on what the rules ask for everyone of whom nothing was agreed; returns how many.

    Raises ``VersionClosed``.
    """
    version = open_version(plan)
    rest = {
        part.person.pk: part.share.amount
        for part in queries.every_part(version)
        if part.agreed is None
    }
    return agree(plan=plan, amounts=rest, reason="", by=by, at=at)


@transaction.atomic
def ask_for_proposals(*, plan: QuotaPlan, by: Person, at: datetime) -> int:
    """Ask everyone who said nothing yet what they believe to reach; returns how many.

    Raises ``VersionClosed``.
    """
    version = open_version(plan)
    people = [part.person for part in queries.every_part(version) if part.proposed is None]
    notify(
        recipients=people,
        kind="quota_to_propose",
        params={"plan": plan.name},
        url=reverse("planning:plan", args=[plan.pk]),
        at=at,
    )
    audit.record("quota_proposals_asked", subject=plan, by=by, at=at, after={"people": len(people)})
    return len(people)


# Agreed amounts from files


def lock_agreed() -> None:
    staging.lock_target(LOCK)


def write_agreed(changes: Changes, commit: Commit) -> None:
    """Write staged amounts; changed ones replace the row that stood."""
    commit.step("writing")
    with connection.cursor() as cursor:
        cursor.execute(_STAND_ASIDE)
        cursor.execute(_INSERT, [commit.by.pk, commit.at, commit.source.pk])
        if cursor.rowcount != changes.new + changes.changed:
            raise staging.ImportInterfered
        cursor.execute(_REPLACE, [commit.source.pk])
        if cursor.rowcount != changes.changed:
            raise staging.ImportInterfered


_STAND_ASIDE = """
UPDATE planning_agreedquota t SET replaced_by_id = t.id
FROM pg_temp.matched m WHERE t.id = m.id AND m.differs
"""
_INSERT = """
INSERT INTO planning_agreedquota (plan_id, person_id, amount, reason, said_by_id, said_at,
                                  imported_by_id)
SELECT s.plan_id, s.person_id, s.amount, '', %s, %s, %s
FROM pg_temp.staged s LEFT JOIN pg_temp.matched m ON m.row = s.row
WHERE m.row IS NULL OR m.differs ORDER BY s.plan_id, s.person_id
"""
_REPLACE = """
UPDATE planning_agreedquota t SET replaced_by_id = n.id
FROM pg_temp.matched m JOIN pg_temp.staged s ON s.row = m.row
JOIN planning_agreedquota n ON n.plan_id = s.plan_id AND n.person_id = s.person_id
     AND n.replaced_by_id IS NULL AND n.imported_by_id = %s
WHERE t.id = m.id AND m.differs
"""


def undo_agreed(commit: Commit) -> None:
    """Take imported amounts back; those they replaced stand again. Raises ``UndoRefused``."""
    mine = AgreedQuota.objects.filter(imported_by=commit.source)
    later = mine.filter(replaced_by__isnull=False).select_related("person", "plan").first()
    if later is not None:
        raise UndoRefused("agreed_quota_replaced", person=later.person.name, plan=later.plan.name)
    closed = {
        pk for pk in mine.order_by().values_list("plan", flat=True).distinct()
        if not is_open(QuotaPlan.objects.get(pk=pk))
    }  # fmt: skip
    if closed:
        raise UndoRefused("quota_plan_closed", plan=QuotaPlan.objects.get(pk=min(closed)).name)
    before = list(AgreedQuota.objects.filter(replaced_by__in=mine).values_list("pk", flat=True))
    # Out of the way until the newer row is gone: only one may stand.
    AgreedQuota.objects.filter(pk__in=before).update(replaced_by=F("pk"))
    mine.delete()
    AgreedQuota.objects.filter(pk__in=before).update(replaced_by=None)
