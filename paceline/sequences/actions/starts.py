"""One sequence begun with many: drafted from a list, begun by a job part by part, taken back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence as Many
from datetime import datetime
from typing import Any

from django.db import transaction

from paceline.crm import access as crm
from paceline.kernel import audit, jobs
from paceline.live import actions as live
from paceline.live.actions import publish_all
from paceline.org.models import Person
from paceline.sequences.actions.beginning import (
    AlreadyUnderWay,
    OtherTeam,
    SequenceIsOff,
    enrol,
)
from paceline.sequences.actions.telling import tell_begun, tell_ended
from paceline.sequences.actions.tracing import announce, take_back_tasks
from paceline.sequences.models import RECORDS, Cause, Enrolment, Line, Sequence, Start, What
from paceline.sequences.queries.people import Staff

START_MAX = 5_000
PART = 100
START_JOB = "sequences.run_start"
WORK = "sequence_start"
# Why it is over, as other systems are told; here nothing is left of it.
TAKEN_BACK = "taken_back"


class TooManyToStart(Exception):
    """At most ``START_MAX`` begin at once."""


class StartBegun(Exception):
    """This was begun before."""


class StartUndone(Exception):
    """This was taken back before, or is still under way."""


@transaction.atomic
def draft_start(*, of: str, ids: Many[int], by: Person, at: datetime) -> Start:
    """Keep who was chosen, until a sequence is chosen too. Raises ``TooManyToStart``."""
    if len(ids) > START_MAX:
        raise TooManyToStart
    made: Start = Start.objects.create(of=of, ids=list(ids), by=by, made_at=at)
    return made


@transaction.atomic
def begin_start(*, start: Start, sequence: Sequence, by: Person, at: datetime) -> Start:
    """Begin with them. Raises ``StartBegun``, ``OtherTeam`` and ``SequenceIsOff``."""
    found: Start = Start.objects.select_for_update(of=("self",)).get(pk=start.pk)
    if found.begun_at is not None:
        raise StartBegun(found)
    if sequence.of != found.of:
        raise OtherTeam
    if sequence.on_since is None or sequence.retired_at is not None:
        raise SequenceIsOff(sequence)
    found.sequence, found.begun_at = sequence, at
    found.progress = live.start_progress(kind=WORK, by=by, at=at, total=len(found.ids))
    found.save(update_fields=["sequence", "begun_at", "progress"])
    audit.record("sequence_start_begun", subject=found, by=by, at=at,
                 after={"sequence": sequence.pk, "count": len(found.ids)})  # fmt: skip
    jobs.enqueue(START_JOB, lock=f"sequence-start-{by.pk}", start_id=found.pk)
    return found


def run_start(*, start: Start, at: datetime) -> Start:
    """Begin with all of them, ``PART`` in a transaction. Doing it again goes on where it stopped; a
    cancel keeps those who began, which can be taken back."""
    if start.ended_at is not None or start.progress is None or start.sequence is None:
        return start
    by = start.by
    by.acting_on = at.date()
    try:
        while start.done < len(start.ids):
            live.advance(start.progress, done=start.done, step="changing")
            _begin_part(start, Staff(at), by)
    except live.Cancelled:
        live.stop(start.progress, at=at)
    else:
        live.finish(start.progress, at=at)
    _end(start, at)
    return start


@transaction.atomic
def _end(start: Start, at: datetime) -> None:
    start.ended_at = at
    start.save(update_fields=["ended_at"])
    publish_all(["sequences"], "start", str(start.pk))


@transaction.atomic
def _begin_part(start: Start, staff: Staff, by: Person) -> None:
    ids = start.ids[start.done : start.done + PART]
    rows = RECORDS[start.of].objects.visible_to(by).kept().select_related("owner", "team")
    known = rows.in_bulk(ids)
    skipped = Counter(start.skipped)
    begun: list[Enrolment] = []
    for pk in ids:
        found = _begin_one(start, known.get(pk), staff, by)
        if isinstance(found, str):
            skipped[found] += 1
        else:
            begun.append(found)
    start.begun += len(begun)
    tell_begun(begun, staff.at)
    start.skipped, start.done = dict(skipped), start.done + len(ids)
    start.save(update_fields=["skipped", "done", "begun"])
    publish_all(["sequences"], "start", str(start.pk))


def _begin_one(start: Start, record: Any, staff: Staff, by: Person) -> Enrolment | str:
    """Begin with one; returns why not where it is refused."""
    if record is None:
        return "gone"
    if not crm.may_change(by, record):
        return "not_yours"
    sequence: Any = start.sequence
    try:
        return enrol(sequence, record, Cause.LIST, staff, by=by, start=start)
    except AlreadyUnderWay:
        return "under_way"
    except OtherTeam:
        return "other_team"
    except SequenceIsOff:
        return "off"


@transaction.atomic
def undo_start(*, start: Start, by: Person, at: datetime) -> tuple[int, int]:
    """Take it back: those with whom nothing was done yet never began, and their open tasks go. With
    whom a task was done or a mail written the sequence stays. Raises ``StartUndone``; returns how
    many were taken back and how many stayed."""
    found: Start = Start.objects.select_for_update(of=("self",)).get(pk=start.pk)
    if found.undone_at is not None or found.ended_at is None:
        raise StartUndone(found)
    rows = Enrolment.objects.filter(start=found).select_related(*RECORDS)
    stayed = 0
    back: list[Enrolment] = []
    for one in rows.select_for_update(of=("self",)).order_by("pk"):
        if _was_done(one):
            stayed += 1
            continue
        take_back_tasks(one, at)
        announce([one])
        back.append(one)
    tell_ended(back, at, why=TAKEN_BACK)
    Enrolment.objects.filter(pk__in=[one.pk for one in back]).delete()
    found.undone_at = at
    found.save(update_fields=["undone_at"])
    audit.record("sequence_start_undone", subject=found, by=by, at=at,
                 after={"back": len(back), "stayed": stayed})  # fmt: skip
    return len(back), stayed


def _was_done(enrolment: Enrolment) -> bool:
    lines = Line.objects.filter(enrolment=enrolment, what=What.MADE)
    return (
        lines.filter(mail__isnull=False).exists()
        or lines.filter(activity__done_at__isnull=False).exists()
    )
