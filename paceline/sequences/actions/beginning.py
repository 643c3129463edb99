"""Beginning a sequence with one customer, and stopping it by hand."""

from __future__ import annotations

from collections.abc import Sequence as Many
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from paceline.kernel import audit
from paceline.org.models import Person
from paceline.sequences.actions.telling import tell_begun
from paceline.sequences.actions.tracing import announce, end, plan, trace
from paceline.sequences.models import (
    RECORDS,
    Cause,
    Ended,
    Enrolment,
    Sequence,
    Start,
    Version,
    What,
)
from paceline.sequences.queries.people import Staff


class AlreadyUnderWay(Exception):
    """The record goes through this sequence already."""


class OtherTeam(Exception):
    """The record is of another team or kind than the sequence, or was put away."""


class SequenceIsOff(Exception):
    """The sequence is off, or was put away."""


@transaction.atomic
def begin(*, sequence: Sequence, record: Any, by: Person, at: datetime) -> Enrolment:
    """Begin a sequence with a record. Raises ``AlreadyUnderWay``, ``OtherTeam`` and
    ``SequenceIsOff``."""
    made = enrol(sequence, record, Cause.HAND, Staff(at), by=by)
    tell_begun([made], at)
    audit.record("enrolment_started", subject=made, by=by, at=at, after={"sequence": sequence.pk})
    return made


def enrol(
    sequence: Sequence,
    record: Any,
    cause: Cause,
    staff: Staff,
    *,
    by: Person | None,
    start: Start | None = None,
) -> Enrolment:
    """Let a record begin. Part of another action, which tells other systems of all that began."""
    kind = str(record._meta.model_name)
    if kind != sequence.of or record.team_id != sequence.team_id or record.archived_at is not None:
        raise OtherTeam(record)
    version, first = staff.first_of(sequence)
    if sequence.on_since is None or sequence.retired_at is not None or version is None:
        raise SequenceIsOff(sequence)
    calendar = staff.calendar_of_team(record.team_id)
    made = Enrolment(
        sequence=sequence, version=version, cause=cause, start=start, started_at=staff.at,
        started_by=by, counted_from=calendar.today(staff.at), **{kind: record},
    )  # fmt: skip
    plan(made, first, staff)
    try:
        with transaction.atomic():
            made.save()
    except IntegrityError as problem:
        raise AlreadyUnderWay(record) from problem
    trace(made, What.STARTED, staff.at, why=cause, person=by)
    announce([made])
    return made


def latest(sequence: Sequence) -> Version | None:
    """The version with which whoever enters begins."""
    found: Version | None = sequence.versions.order_by("-number").first()
    return found


def steps_of(version: Version) -> Many[Any]:
    return list(version.steps.select_related("person", "template").order_by("rank"))


@transaction.atomic
def stop(*, enrolment: Enrolment, by: Person, at: datetime) -> Enrolment:
    """Stop a sequence with a customer; one that is over stays as it is."""
    rows = Enrolment.objects.select_for_update(of=("self",)).select_related(*RECORDS)
    found: Enrolment = rows.get(pk=enrolment.pk)
    if found.ended_at is None:
        end([found], Ended.HAND, by=by, at=at)
        audit.record("enrolment_stopped", subject=found, by=by, at=at)
    return found
