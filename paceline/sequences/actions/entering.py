"""Who enters a segment begins its sequence; who leaves it stops, where the sequence says so."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from paceline.crm.queries.segments import narrowed, read_for
from paceline.kernel import audit
from paceline.sequences.actions.beginning import AlreadyUnderWay, SequenceIsOff, enrol
from paceline.sequences.actions.telling import tell_begun
from paceline.sequences.actions.tracing import end
from paceline.sequences.models import (
    RECORDS,
    Cause,
    Ended,
    Enrolment,
    Member,
    Sequence,
    Stop,
)
from paceline.sequences.queries.people import Staff


def members_of(sequence: Sequence, at: datetime) -> Any:
    """The records of the sequence's team that belong to its segment now, whoever may see them;
    “mine” in the rule are those of whoever keeps the segment."""
    segment: Any = sequence.segment
    rows = RECORDS[sequence.of].objects.kept().filter(team=sequence.team_id)
    return narrowed(rows, segment.rule, read_for(sequence.of, segment.owner, at.date()))


def note_members(sequence: Sequence, at: datetime) -> None:
    """Know those who belong now, so that only who enters later begins. Part of another action."""
    sequence.members.all().delete()
    if sequence.segment is not None:
        ids = members_of(sequence, at).order_by("pk").values_list("pk", flat=True)
        _keep(sequence, list(ids), at)


def _keep(sequence: Sequence, ids: list[int], at: datetime) -> None:
    key = f"{sequence.of}_id"
    Member.objects.bulk_create(
        (Member(sequence=sequence, since=at, **{key: pk}) for pk in ids), batch_size=2000
    )


def enter_segments(*, at: datetime) -> int:
    """Look who entered and who left the segments of all sequences that are on; how many began. One
    transaction a sequence."""
    rows = Sequence.objects.kept().filter(on_since__isnull=False, segment__isnull=False)
    return sum(_enter(pk, at) for pk in list(rows.order_by("pk").values_list("pk", flat=True)))


@transaction.atomic
def _enter(sequence_id: int, at: datetime) -> int:
    rows = Sequence.objects.select_for_update(of=("self",)).select_related("segment__owner")
    sequence: Sequence = rows.get(pk=sequence_id)
    if sequence.on_since is None or sequence.segment is None or sequence.retired_at is not None:
        return 0
    key = f"{sequence.of}_id"
    known = set(sequence.members.values_list(key, flat=True))
    now = set(members_of(sequence, at).order_by().values_list("pk", flat=True))
    _leave(sequence, known - now, at)
    staff = Staff(at)
    entered = sorted(now - known)[: _room(sequence, staff)]
    begun = _begin(sequence, entered, staff)
    _keep(sequence, entered, at)
    if begun:
        audit.record("sequence_entered", subject=sequence, by=None, at=at, after={"begun": begun})
    return begun


def _room(sequence: Sequence, staff: Staff) -> int:
    """How many more may begin on this day of the team."""
    zone = staff.calendar_of_team(sequence.team_id).hours.zone
    local = staff.at.astimezone(zone)
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    begun = sequence.enrolments.filter(cause=Cause.SEGMENT, started_at__gte=midnight).count()
    return max(0, sequence.per_day - begun)


def _begin(sequence: Sequence, ids: list[int], staff: Staff) -> int:
    key = f"{sequence.of}_id"
    had = sequence.enrolments.filter(**{f"{key}__in": ids})
    if sequence.again_days is not None:
        since = staff.at - timedelta(days=sequence.again_days)
        had = had.exclude(ended_at__isnull=False, ended_at__lte=since)
    barred = set(had.values_list(key, flat=True))
    records = RECORDS[sequence.of].objects.select_related("owner", "team")
    begun = []
    for record in records.filter(pk__in=set(ids) - barred).order_by("pk"):
        try:
            begun.append(enrol(sequence, record, Cause.SEGMENT, staff, by=None))
        except (AlreadyUnderWay, SequenceIsOff):
            continue
    tell_begun(begun, staff.at)
    return len(begun)


def _leave(sequence: Sequence, ids: set[int], at: datetime) -> None:
    if not ids:
        return
    key = f"{sequence.of}_id__in"
    sequence.members.filter(**{key: ids}).delete()
    rows = Enrolment.objects.running().filter(
        sequence=sequence, cause=Cause.SEGMENT, version__stops__contains=[Stop.LEFT], **{key: ids}
    )
    locked = rows.select_for_update(of=("self",)).select_related(*RECORDS).order_by("pk")
    end(locked, Ended.LEFT, by=None, at=at)
