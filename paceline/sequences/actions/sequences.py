"""Making and changing sequences: each change of the steps is a new version."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence as Many
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Max

from paceline.crm.actions import recording
from paceline.kernel import audit
from paceline.live.actions import publish_all
from paceline.mail import filling
from paceline.mail.models import MailTemplate
from paceline.org.models import Person, Team
from paceline.sequences.actions.beginning import latest, steps_of
from paceline.sequences.actions.entering import note_members
from paceline.sequences.actions.tracing import end, plan, trace
from paceline.sequences.models import (
    RECORDS,
    STEPS_MAX,
    Act,
    Counting,
    Ended,
    Enrolment,
    Line,
    Sequence,
    Step,
    Stop,
    Version,
    What,
    Whom,
)
from paceline.sequences.queries.people import Staff

SEQUENCES_MAX = 60
DAYS_MAX = 365
FACTS = ("name", "segment", "per_day", "again_days")


class TooManySequences(Exception):
    """A team has at most ``SEQUENCES_MAX`` sequences."""


class SequenceNameTaken(Exception):
    """Another sequence of the team is called so."""


class TooManySteps(Exception):
    """A sequence has at most ``STEPS_MAX`` steps, each at most ``DAYS_MAX`` days after another."""


class NothingToDo(Exception):
    """A sequence has at least one step, and each says what is to be done."""


class StopUnknown(Exception):
    """Nothing stops a sequence like this."""


@dataclass(frozen=True, slots=True)
class NewStep:
    """A step as it is written. ``key`` names the step of the version before that it goes on."""

    act: str
    days: int = 0
    counting: str = Counting.WORKDAYS
    texts: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    whom: str = Whom.OWNER
    person: Person | None = None
    template: MailTemplate | None = None
    key: int | None = None


@transaction.atomic
def add_sequence(
    *, team: Team, of: str, name: str, by: Person | None, at: datetime, **more: Any
) -> Sequence:
    """A sequence without steps, off. Raises ``TooManySequences`` and ``SequenceNameTaken``."""
    kept = Sequence.objects.kept().filter(team=team)
    if kept.count() >= SEQUENCES_MAX:
        raise TooManySequences
    found = Sequence(team=team, of=of, made_by=by, made_at=at)
    _write(found, {"name": name, **more})
    found.save()
    audit.record("sequence_added", subject=found, by=by, at=at, after={"of": of})
    publish_all(["sequences"], "changed", str(found.pk))
    return found


def _write(found: Sequence, facts: Mapping[str, Any]) -> None:
    unknown = set(facts) - set(FACTS)
    if unknown:
        raise recording.FieldUnknown(", ".join(sorted(unknown)))
    for key, value in facts.items():
        setattr(found, key, value.strip() if key == "name" else value)
    same = Sequence.objects.kept().filter(team=found.team_id, name__iexact=found.name)
    if same.exclude(pk=found.pk).exists():
        raise SequenceNameTaken(found.name)
    if found.segment is not None and found.segment.of != found.of:
        raise recording.FactsInvalid({"segment": []})
    recording.check(found, ["name", "of", "per_day", "again_days"])


@transaction.atomic
def change_sequence(
    *, sequence: Sequence, facts: Mapping[str, Any], by: Person | None, at: datetime
) -> Sequence:
    """Another name, segment or pace. With another segment those who belong to it now are known,
    and do not begin unless they enter it anew. Raises ``SequenceNameTaken``."""
    found: Sequence = Sequence.objects.select_for_update(of=("self",)).get(pk=sequence.pk)
    before = found.segment_id
    _write(found, facts)
    found.save(update_fields=list(facts))
    if found.segment_id != before:
        note_members(found, at)
    audit.record("sequence_changed", subject=found, by=by, at=at, after={"fields": sorted(facts)})
    publish_all(["sequences"], "changed", str(found.pk))
    return found


@transaction.atomic
def switch_sequence(
    *, sequence: Sequence, on: bool, present: bool = False, by: Person | None, at: datetime
) -> Sequence:
    """Switch it on or off. Switched on, only those who enter the segment from now on begin; with
    ``present`` those who belong already as well. Raises ``NothingToDo`` without steps."""
    found: Sequence = Sequence.objects.select_for_update(of=("self",)).get(pk=sequence.pk)
    if on and latest(found) is None:
        raise NothingToDo
    if on == (found.on_since is not None):
        return found
    found.on_since = at if on else None
    found.save(update_fields=["on_since"])
    if on:
        found.members.all().delete()
        if not present:
            note_members(found, at)
    audit.record("sequence_switched", subject=found, by=by, at=at, after={"on": on})
    publish_all(["sequences"], "changed", str(found.pk))
    return found


@transaction.atomic
def retire_sequence(*, sequence: Sequence, by: Person, at: datetime) -> Sequence:
    """Put a sequence away; whoever is under way stops."""
    found: Sequence = Sequence.objects.select_for_update(of=("self",)).get(pk=sequence.pk)
    if found.retired_at is None:
        found.retired_at, found.on_since = at, None
        found.save(update_fields=["retired_at", "on_since"])
        end(_running(found), Ended.RETIRED, by=by, at=at)
        audit.record("sequence_retired", subject=found, by=by, at=at)
        publish_all(["sequences"], "changed", str(found.pk))
    return found


def _running(sequence: Sequence) -> Any:
    rows = Enrolment.objects.running().filter(sequence=sequence)
    return rows.select_for_update(of=("self",)).select_related(*RECORDS).order_by("pk")


@transaction.atomic
def write_version(
    *,
    sequence: Sequence,
    steps: Many[NewStep],
    stops: Many[str],
    moves: bool = False,
    by: Person | None,
    at: datetime,
) -> Version:
    """Write the steps anew, as the next version. Whoever is under way finishes on the version with
    which they began; with ``moves`` they go on with the step after the last one that they had.

    Raises ``NothingToDo``, ``TooManySteps``, ``StopUnknown`` and ``UnknownWords``.
    """
    found: Sequence = Sequence.objects.select_for_update(of=("self",)).get(pk=sequence.pk)
    _check(steps, stops)
    before = latest(found)
    number = 1 if before is None else before.number + 1
    made: Version = Version.objects.create(
        sequence=found, number=number, stops=sorted(set(stops)), made_by=by, made_at=at
    )
    used = Step.objects.filter(version__sequence=found).aggregate(last=Max("key"))["last"] or 0
    known = set() if before is None else {one.key for one in before.steps.all()}
    rows = []
    for rank, one in enumerate(steps):
        key = one.key if one.key in known else None
        if key is None:
            used += 1
            key = used
        known.discard(key)
        rows.append(
            Step(
                version=made,
                key=key,
                rank=rank,
                days=one.days,
                counting=one.counting,
                act=one.act,
                whom=one.whom,
                template=one.template if one.act == Act.MAIL else None,
                person=one.person if one.whom == Whom.PERSON else None,
                texts={} if one.act == Act.MAIL else _texts(one),
            )
        )
    Step.objects.bulk_create(rows)
    if moves:
        _move(found, made, at)
    audit.record("sequence_changed", subject=found, by=by, at=at,
                 after={"version": number, "steps": len(rows), "moves": moves})  # fmt: skip
    publish_all(["sequences"], "changed", str(found.pk))
    return made


def _check(steps: Many[NewStep], stops: Many[str]) -> None:
    if not steps:
        raise NothingToDo
    if len(steps) > STEPS_MAX or any(not 0 <= one.days <= DAYS_MAX for one in steps):
        raise TooManySteps
    if set(stops) - set(Stop):
        raise StopUnknown
    for one in steps:
        if one.act == Act.MAIL:
            if one.template is None:
                raise NothingToDo
        elif not any(text["subject"] for text in _texts(one).values()):
            raise NothingToDo
        for text in one.texts.values():
            filling.check("\n".join(text.values()))
        if one.whom == Whom.PERSON and one.person is None:
            raise NothingToDo


def _texts(step: NewStep) -> dict[str, dict[str, str]]:
    """Languages that say something."""
    kept = {}
    for code, text in step.texts.items():
        subject, body = text.get("subject", "").strip()[:200], text.get("body", "").strip()
        if subject or body:
            kept[code] = {"subject": filling.one_line(subject), "body": body}
    return kept


def _move(sequence: Sequence, version: Version, at: datetime) -> None:
    """Let those under way go on with the new version, after the last step that they had."""
    steps = list(steps_of(version))
    ranks = {one.key: one.rank for one in steps}
    staff = Staff(at)
    for one in _running(sequence):
        had = Line.objects.filter(
            enrolment=one, what__in=[What.MADE, What.SKIPPED], step__isnull=False
        )
        keys = had.order_by("-id").values_list("step__key", flat=True)
        last = next((ranks[key] for key in keys if key in ranks), -1)
        trace(one, What.MOVED, at, facts={"version": version.number})
        one.version = version
        rest = [step for step in steps if step.rank > last]
        if rest:
            plan(one, rest[0], staff)
            one.save(update_fields=["version", "next_step", "next_at"])
        else:
            one.save(update_fields=["version"])
            end([one], Ended.LAST, by=None, at=at)
