"""Setting quotas by hand and from files; what a quota was before stays readable."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import connection, transaction
from django.utils import timezone
from psycopg import sql

from paceline.goals.models import Quota
from paceline.imports.actions import staging
from paceline.imports.kinds import Changes, Commit, UndoRefused
from paceline.kernel import audit
from paceline.live.actions import publish
from paceline.orders.models import ClosedDays
from paceline.org.models import Person, Team

LOCK = "quotas"


class QuotaOverlaps(Exception):
    """Another quota of the same measure stands on some of these days. ``existing`` is that one."""

    def __init__(self, existing: Quota) -> None:
        super().__init__(str(existing))
        self.existing = existing


class QuotaUnchanged(Exception):
    """The standing quota already says this."""


@dataclass(frozen=True, slots=True)
class Target:
    """How much of what, in which days (half-open)."""

    measure: str
    starts_on: date
    ends_before: date
    amount: Decimal
    currency: str


@transaction.atomic
def set_quota(
    *,
    person: Person | None = None,
    team: Team | None = None,
    target: Target,
    reason: str,
    by: Person | None,
    at: datetime,
) -> Quota:
    """Ask a person, or a team as a whole, to reach a target. A quota with the same first day is
    replaced and kept.

    Raises ``QuotaOverlaps`` and ``QuotaUnchanged``; then nothing changed.
    """
    staging.lock_target(LOCK)
    standing = list(
        Quota.objects.standing()
        .filter(person=person, team=team, measure=target.measure)
        .during(target.starts_on, target.ends_before)
        .order_by("starts_on")
    )
    replaced = next((quota for quota in standing if quota.starts_on == target.starts_on), None)
    for quota in standing:
        if quota is not replaced:
            raise QuotaOverlaps(quota)
    wanted = (target.ends_before, target.amount, target.currency)
    if replaced and (replaced.ends_before, replaced.amount, replaced.currency) == wanted:
        raise QuotaUnchanged(replaced)
    quota = Quota.objects.create(
        person=person,
        team=team,
        measure=target.measure,
        starts_on=target.starts_on,
        ends_before=target.ends_before,
        amount=target.amount,
        currency=target.currency,
        set_at=at,
        set_by=by,
        reason=reason,
    )
    if replaced:
        replaced.replaced_by = quota
        replaced.save(update_fields=["replaced_by"])
    audit.record(
        "quota_set",
        subject=quota,
        by=by,
        at=at,
        before=None if replaced is None else _as_told(replaced),
        after=_as_told(quota),
        reason=reason,
    )
    publish("quotas", "set")
    return quota


class QuotaDaysClosed(Exception):
    """A final pay run has used quotas of these days: of whom, and from which day."""

    def __init__(self, person: Person, starts_on: date) -> None:
        super().__init__(f"{person} {starts_on}")
        self.person, self.starts_on = person, starts_on


@transaction.atomic
def set_quotas(
    *, targets: Sequence[tuple[Person, Target]], reason: str, by: Person, at: datetime
) -> int:
    """Ask many people at once; quotas with the same first day are replaced and kept, equal ones
    stay. Returns how many were set or changed. Four queries for any number, and the rows.

    Raises ``QuotaOverlaps`` and ``QuotaDaysClosed``; then nothing changed.
    """
    if not targets:
        return 0
    staging.lock_target(LOCK)
    first = min(one.starts_on for _person, one in targets)
    after = max(one.ends_before for _person, one in targets)
    standing: dict[tuple[int, str], list[Quota]] = defaultdict(list)
    rows = Quota.objects.standing().filter(person__in={person.pk for person, _one in targets})
    for quota in rows.during(first, after).select_related("person", "team"):
        standing[quota.person_id, quota.measure].append(quota)
    closed = list(ClosedDays.objects.values_list("starts_on", "ends_before"))
    made, replaced = [], []
    for person, target in targets:
        same = _replaced_by(target, standing[person.pk, target.measure])
        wanted = (target.ends_before, target.amount, target.currency)
        if same and (same.ends_before, same.amount, same.currency) == wanted:
            continue
        if any(begin < target.ends_before and target.starts_on < end for begin, end in closed):
            raise QuotaDaysClosed(person, target.starts_on)
        made.append(
            Quota(
                person=person, measure=target.measure, starts_on=target.starts_on,
                ends_before=target.ends_before, amount=target.amount, currency=target.currency,
                set_at=at, set_by=by, reason=reason,
            )
        )  # fmt: skip
        replaced.append(same)
    if not made:
        return 0
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS quota_one_standing_at_a_time DEFERRED")
    Quota.objects.bulk_create(made)
    old = []
    for new, before in zip(made, replaced, strict=True):
        if before is not None:
            before.replaced_by = new
            old.append(before)
    Quota.objects.bulk_update(old, ["replaced_by"], batch_size=1000)
    audit.record(
        "quotas_set",
        subject=made[0],
        by=by,
        at=at,
        after={"quotas": len(made), "people": len({one.person_id for one in made})},
        reason=reason,
    )
    publish("quotas", "set")
    return len(made)


def _replaced_by(target: Target, standing: Sequence[Quota]) -> Quota | None:
    """The quota with the same first day. Raises ``QuotaOverlaps`` for any other on the days."""
    same = None
    for quota in standing:
        if quota.starts_on == target.starts_on:
            same = quota
        elif quota.starts_on < target.ends_before and target.starts_on < _end(quota):
            raise QuotaOverlaps(quota)
    return same


def _end(quota: Quota) -> date:
    assert quota.ends_before is not None  # noqa: S101 -- a constraint of the table
    return quota.ends_before


def _as_told(quota: Quota) -> dict[str, object]:
    names = ("measure", "starts_on", "ends_before", "amount", "currency")
    return {name: getattr(quota, name) for name in names}


def lock_quotas() -> None:
    staging.lock_target(LOCK)


def write_quotas(holder: str, changes: Changes, commit: Commit) -> None:
    """Write staged quotas of one kind of holder (the column ``person_id`` or ``team_id``): changed
    ones replace the standing row, which stays as history.
    """
    values: list[Any] = [commit.at, commit.by.pk, commit.source.pk]
    commit.step("writing")
    who = {"holder": sql.Identifier(holder)}
    with connection.cursor() as cursor:
        cursor.execute(
            "SET CONSTRAINTS quota_one_standing_at_a_time, quota_one_standing_of_a_team DEFERRED"
        )
        cursor.execute(sql.SQL(_INSERT).format(**who), values)
        if cursor.rowcount != changes.new + changes.changed:
            raise staging.ImportInterfered
        cursor.execute(sql.SQL(_REPLACE).format(**who), [commit.source.pk])
        if cursor.rowcount != changes.changed:
            raise staging.ImportInterfered


_INSERT = """
INSERT INTO goals_quota ({holder}, measure, starts_on, ends_before, amount, currency, set_at,
                         set_by_id, reason, imported_by_id)
SELECT s.{holder}, s.measure, s.starts_on, s.ends_before, s.amount, s.currency, %s, %s, '', %s
FROM pg_temp.staged s LEFT JOIN pg_temp.matched m ON m.row = s.row
WHERE m.row IS NULL OR m.differs
ORDER BY s.{holder}, s.measure, s.starts_on
"""
_REPLACE = """
UPDATE goals_quota t SET replaced_by_id = n.id
FROM pg_temp.matched m JOIN pg_temp.staged s ON s.row = m.row
JOIN goals_quota n ON n.{holder} = s.{holder} AND n.measure = s.measure
     AND n.starts_on = s.starts_on AND n.replaced_by_id IS NULL AND n.imported_by_id = %s
WHERE t.id = m.id AND m.differs
"""


def undo_quotas(commit: Commit) -> None:
    """Take imported quotas back; those they replaced stand again. Raises ``UndoRefused``."""
    mine = Quota.objects.filter(imported_by=commit.source)
    later = (
        mine.filter(replaced_by__isnull=False)
        .select_related("person", "team", "replaced_by")
        .first()
    )
    if later is not None:
        set_at = timezone.localtime(later.replaced_by.set_at).date().isoformat()
        raise UndoRefused("quota_replaced_since", person=later.holder.name, day=set_at)
    Quota.objects.filter(replaced_by__in=mine).update(replaced_by=None)
    mine.delete()
