"""Writing what happened: calls, notes, mails, meetings, tasks, feedback, files, tags, following."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from paceline.crm import hints, sequels
from paceline.crm.actions import recording
from paceline.crm.models import (
    RECORD_KINDS,
    TEXT_MAX,
    Activity,
    ActivityKind,
    Attachment,
    Company,
    Contact,
    Deal,
    Feedback,
    FeedbackKind,
    Following,
    Lead,
    Mention,
    Record,
    Severity,
    Tag,
    Tagging,
)
from paceline.crm.sequels import Moment
from paceline.files.actions import store_file
from paceline.kernel import audit
from paceline.live.actions import publish_all
from paceline.org.models import Person, Team

TAGS_MAX = 40
MENTIONS_MAX = 20
_NAMED = re.compile(r"@\[[^\]\n]{1,120}\]\((\d{1,18})\)")


class NothingSaid(Exception):
    """Neither a subject nor a text."""


class TextTooLong(Exception):
    """The text has more than ``TEXT_MAX`` letters. ``length`` says how many."""

    def __init__(self, length: int) -> None:
        super().__init__(length)
        self.length = length


class NotATask(Exception):
    """Only a task can be done."""


class FeedbackIsSettled(Exception):
    """It was settled before."""


class TooManyTags(Exception):
    """A record has at most ``TAGS_MAX`` tags."""


@dataclass(frozen=True, slots=True)
class On:
    """The records that something hangs on."""

    company: Company | None = None
    contact: Contact | None = None
    lead: Lead | None = None
    deal: Deal | None = None

    @classmethod
    def record(cls, record: Any) -> On:
        """The record, and of a deal its customer, of a contact the company."""
        if isinstance(record, Deal):
            return cls(deal=record, contact=record.contact, company=record.company)
        if isinstance(record, Contact):
            return cls(contact=record, company=record.company)
        return cls(**{recording.kind_of(record): record})

    @property
    def records(self) -> list[Record]:
        found = [getattr(self, kind) for kind in RECORD_KINDS]
        return [one for one in found if one is not None]

    def keys(self) -> dict[str, Any]:
        return {kind: getattr(self, kind) for kind in RECORD_KINDS}


@transaction.atomic
def add_activity(
    *,
    on: On,
    kind: ActivityKind,
    facts: Mapping[str, Any],
    at: datetime,
    by: Person | None,
    happened_at: datetime | None = None,
) -> Activity:
    """Write down a call, note, mail, chat or meeting, or give a task (``due_on``, ``assignee``).

    People named as ``@[Name](id)`` are told, if they may see one of the records. Raises
    ``NothingSaid``, ``TextTooLong`` and ``FactsInvalid``.
    """
    known = {"subject", "text", "direction", "minutes", "due_on", "assignee"}
    if unknown := set(facts) - known:
        raise recording.FieldUnknown(", ".join(sorted(unknown)))
    activity = Activity(
        kind=kind, at=happened_at or at, created_by=by, created_at=at, **on.keys(), **facts
    )
    _check(activity)
    activity.save()
    _mention(activity, on, by, at)
    audit.record("activity_added", subject=activity, by=by, at=at, after={"kind": kind})
    _published(on, activity)
    assignee = activity.assignee
    if assignee is not None and (by is None or assignee.pk != by.pk):
        recording.tell(on.records[0], [assignee], "crm_task", by=by, at=at)
    for record in on.records:
        recording.tell_followers(record, by=by, at=at)
    sequels.follow(Moment.ACTIVITY_WRITTEN, activity=activity, by=by, at=at)
    return activity


def _check(activity: Activity) -> None:
    activity.subject, activity.text = activity.subject.strip(), activity.text.strip()
    if not activity.subject and not activity.text and activity.kind != ActivityKind.CALL:
        raise NothingSaid
    if len(activity.text) > TEXT_MAX:
        raise TextTooLong(len(activity.text))
    if activity.kind != ActivityKind.TASK and activity.due_on is not None:
        raise recording.FactsInvalid({"due_on": [_("Only a task is due.")]})
    recording.check(activity, ["kind", "direction", "subject", "minutes", "due_on"])


def _mention(activity: Activity, on: On, by: Person | None, at: datetime) -> None:
    ids = {int(one) for one in _NAMED.findall(activity.text)[:MENTIONS_MAX]}
    people = list(Person.objects.filter(pk__in=ids))
    Mention.objects.bulk_create(Mention(activity=activity, person=one) for one in people)
    if people:
        recording.tell(on.records[0], people, "crm_mentioned", by=by, at=at)


def _published(on: On, activity: Activity | Feedback) -> None:
    topics = [topic for record in on.records for topic in hints.topics_of(record)[:1]]
    people = [f"person:{activity.assignee_id}"] if activity.assignee_id else []
    publish_all([*dict.fromkeys(topics), *people], "activity", str(activity.pk))


def on_of(row: Any) -> On:
    """The records that an activity, feedback or file hangs on."""
    return On(**{kind: getattr(row, kind) for kind in RECORD_KINDS})


@transaction.atomic
def change_activity(
    *,
    activity: Activity,
    facts: Mapping[str, Any],
    seen: int | None = None,
    by: Person | None,
    at: datetime,
) -> Activity:
    """Change what was written. ``seen`` is the version that was read: a later one raises
    ``ChangedMeanwhile`` without naming fields."""
    found: Activity = Activity.objects.select_for_update(of=("self",)).get(pk=activity.pk)
    if seen is not None and seen != found.version:
        raise recording.ChangedMeanwhile(found, [])
    known = {"subject", "text", "direction", "minutes", "due_on", "assignee", "at"}
    if unknown := set(facts) - known:
        raise recording.FieldUnknown(", ".join(sorted(unknown)))
    for name, value in facts.items():
        setattr(found, name, value)
    _check(found)
    found.version += 1
    found.save(update_fields=[*facts, "subject", "text", "version"])
    audit.record("activity_changed", subject=found, by=by, at=at, after={"fields": sorted(facts)})
    _published(on_of(found), found)
    sequels.follow(Moment.ACTIVITY_CHANGED, activity=found, by=by, at=at)
    return found


@transaction.atomic
def finish_task(
    *, activity: Activity, done: bool = True, by: Person | None, at: datetime
) -> Activity:
    """A task is done, or is not after all. Raises ``NotATask``."""
    found: Activity = Activity.objects.select_for_update(of=("self",)).get(pk=activity.pk)
    if found.kind != ActivityKind.TASK:
        raise NotATask(found)
    if (found.done_at is not None) == done:
        return found
    found.done_at, found.done_by = (at, by) if done else (None, None)
    found.version += 1
    found.save(update_fields=["done_at", "done_by", "version"])
    audit.record("activity_changed", subject=found, by=by, at=at, after={"done": done})
    _published(on_of(found), found)
    return found


@transaction.atomic
def remove_activity(*, activity: Activity, by: Person | None, at: datetime) -> None:
    """Take back what was written by mistake; that something stood there stays in the trail."""
    found: Activity = Activity.objects.select_for_update(of=("self",)).get(pk=activity.pk)
    on = on_of(found)
    audit.record("activity_removed", subject=found, by=by, at=at, before={"kind": found.kind})
    _published(on, found)
    sequels.follow(Moment.ACTIVITY_CHANGED, activity=found, by=by, at=at, is_gone=True)
    found.delete()


def write_done_step(deal: Deal, *, by: Person, at: datetime) -> Activity:
    """The next step that was done, as a finished task of the timeline. Part of another action."""
    on = On.record(deal)
    activity = Activity.objects.create(
        kind=ActivityKind.TASK, subject=deal.next_step, at=at, due_on=deal.next_step_on,
        assignee=by, done_at=at, done_by=by, created_by=by, created_at=at, **on.keys(),
    )  # fmt: skip
    audit.record("activity_added", subject=activity, by=by, at=at, after={"kind": "task"})
    _published(on, activity)
    return activity


@transaction.atomic
def add_feedback(  # noqa: PLR0913
    *,
    on: On,
    kind: FeedbackKind,
    text: str,
    severity: Severity = Severity.NORMAL,
    assignee: Person | None = None,
    due_on: date | None = None,
    order: tuple[str, str] = ("", ""),
    by: Person | None,
    at: datetime,
) -> Feedback:
    """Keep what a customer said of us. Raises ``NothingSaid`` and ``TextTooLong``."""
    told = text.strip()
    if not told:
        raise NothingSaid
    if len(told) > TEXT_MAX:
        raise TextTooLong(len(told))
    feedback = Feedback.objects.create(
        kind=kind, severity=severity, text=told, at=at, assignee=assignee, due_on=due_on,
        order_source=order[0], order_number=order[1], created_by=by, **on.keys(),
    )  # fmt: skip
    audit.record("feedback_added", subject=feedback, by=by, at=at, after={"kind": kind})
    _published(on, feedback)
    if assignee is not None and (by is None or assignee.pk != by.pk):
        recording.tell(on.records[0], [assignee], "crm_task", by=by, at=at)
    return feedback


@transaction.atomic
def settle_feedback(
    *, feedback: Feedback, outcome: str, by: Person | None, at: datetime
) -> Feedback:
    """Say how it was settled. Raises ``NothingSaid`` and ``FeedbackIsSettled``."""
    found: Feedback = Feedback.objects.select_for_update(of=("self",)).get(pk=feedback.pk)
    if found.settled_at is not None:
        raise FeedbackIsSettled(found)
    if not outcome.strip():
        raise NothingSaid
    found.settled_at, found.settled_by, found.outcome = at, by, outcome.strip()[:5000]
    found.save(update_fields=["settled_at", "settled_by", "outcome"])
    audit.record("feedback_settled", subject=found, by=by, at=at)
    _published(on_of(found), found)
    return found


@transaction.atomic
def attach_file(
    *, record: Record, content: Any, name: str, media_type: str, by: Person, at: datetime
) -> Attachment:
    """Keep a file with a record. Raises ``FileTooLarge``."""
    stored = store_file(content, name="attachment", media_type=media_type, by=by, at=at)
    attachment = Attachment.objects.create(
        **{recording.kind_of(record): record}, file=stored, name=name.strip()[:200] or "file",
        added_by=by, added_at=at,
    )  # fmt: skip
    audit.record("file_attached", subject=record, by=by, at=at, after={"file": attachment.pk})
    publish_all(hints.topics_of(record)[:1], "file", str(record.pk))
    return attachment


@transaction.atomic
def remove_file(*, attachment: Attachment, by: Person, at: datetime) -> None:
    """A file leaves a record."""
    attachment.removed_at = at
    attachment.save(update_fields=["removed_at"])
    record = on_of(attachment).records[0]
    audit.record("file_removed", subject=record, by=by, at=at, before={"file": attachment.pk})
    publish_all(hints.topics_of(record)[:1], "file", str(record.pk))


@transaction.atomic
def set_tags(*, record: Record, names: Sequence[str], by: Person | None, at: datetime) -> list[str]:
    """Give a record exactly these tags of its team; new words become tags. Returns them."""
    found = recording.locked(record)
    wanted = {name.strip()[:40].casefold(): name.strip()[:40] for name in names if name.strip()}
    if len(wanted) > TAGS_MAX:
        raise TooManyTags(found)
    kind = recording.kind_of(found)
    standing = {one.tag.name.casefold(): one for one in found.taggings.select_related("tag")}
    before = sorted(one.tag.name for one in standing.values())
    gone = [one.pk for key, one in standing.items() if key not in wanted]
    new = [name for key, name in wanted.items() if key not in standing]
    if not gone and not new:
        return before
    Tagging.objects.filter(pk__in=gone).delete()
    Tagging.objects.bulk_create(
        Tagging(**{kind: found}, tag=tag_of(found.team, name), by=by, at=at) for name in new
    )
    after = sorted(one.tag.name for one in found.taggings.select_related("tag"))
    recording.touch(found, {"tags": before}, {"tags": after}, by=by, at=at)
    return after


def tag_of(team: Team, name: str) -> Tag:
    """The team's tag of this name, made when it is new."""
    known = Tag.objects.filter(team=team, name__iexact=name).first()
    return known or Tag.objects.create(team=team, name=name)


@transaction.atomic
def follow(*, record: Record, follows: bool, by: Person, at: datetime) -> bool:
    """Be told of what happens with a record, or no more. Returns whether anything changed."""
    key: dict[str, Any] = {"person": by, recording.kind_of(record): record}
    if follows:
        return Following.objects.get_or_create(**key, defaults={"since": at})[1]
    return bool(Following.objects.filter(**key).delete()[0])
