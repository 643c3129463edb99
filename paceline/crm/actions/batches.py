"""Changing many records at once, part by part, and taking it back.

What is changed alike in all of them is changed as a set: a few statements for a thousand records.
What has more to it, such as a deal's owner with its shares, goes record by record.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import uuid4

from django.db import transaction

from paceline.crm import access
from paceline.crm.actions import customers, leads, recording, shares, telling, timeline
from paceline.crm.hints import LISTS
from paceline.crm.models import (
    MODELS,
    Batch,
    Deal,
    DealContributor,
    Lead,
    LeadStatus,
    RecordChange,
    Tag,
    Tagging,
)
from paceline.kernel import audit, jobs
from paceline.live import actions as live
from paceline.live.actions import publish_all
from paceline.live.models import Progress
from paceline.org.models import Person

BATCH_MAX = 20_000
# So many in one transaction: as a set, and record by record.
SET_PART, PART = 1_000, 200
BATCH_JOB, UNDO_JOB = "crm.change_many", "crm.undo_many"
# More are taken back by a job: a page would be waited for too long.
UNDONE_AT_ONCE = 500
BATCH_WORK = "crm_batch"


class TooManyRecords(Exception):
    """So many records are not changed at once; narrow the list."""


class BatchUndone(Exception):
    """This change was taken back before, or is still under way."""


@transaction.atomic
def request_batch(
    *, of: str, ids: Sequence[int], what: Mapping[str, Any], by: Person, at: datetime
) -> Batch:
    """Begin to change many records; a job does it, part by part.

    ``what`` is ``{"owner": id}``, ``{"tag": word}``, ``{"set": {field: value}}`` or
    ``{"archive": True}``. Raises ``TooManyRecords``.
    """
    if len(ids) > BATCH_MAX:
        raise TooManyRecords
    progress = live.start_progress(kind=BATCH_WORK, by=by, at=at, total=len(ids))
    batch: Batch = Batch.objects.create(
        key=uuid4(), of=of, what={**what, "ids": list(ids)}, by=by, at=at, progress=progress
    )
    audit.record("batch_changed", subject=batch, by=by, at=at,
                 after={"of": of, "what": sorted(what), "count": len(ids)})  # fmt: skip
    jobs.enqueue(BATCH_JOB, lock=f"crm-batch-{by.pk}", batch_id=batch.pk)
    return batch


def run_batch(*, batch: Batch, at: datetime) -> Batch:
    """Change the records of a batch, a part in a transaction. Doing it again goes on where it
    stopped. What the person may not change is skipped and counted; a cancel keeps what is done,
    which can be undone."""
    if batch.ended_at is not None or batch.progress is None:
        return batch
    by = batch.by
    by.acting_on = at.date()
    ids: list[int] = batch.what["ids"]
    done = batch.count + batch.skipped
    size = SET_PART if _is_alike(batch) else PART
    try:
        while done < len(ids):
            live.advance(batch.progress, done=done, step="changing")
            part = ids[done : done + size]
            with transaction.atomic():
                with telling.together(at):
                    changed = _change_part(batch, part, by, at)
                batch.count += len(changed)
                batch.skipped += len(part) - len(changed)
                _tell_systems(batch, changed, at)
                batch.save(update_fields=["count", "skipped"])
                publish_all([LISTS[batch.of]], "batch", str(batch.pk))
            done = batch.count + batch.skipped
    except live.Cancelled:
        live.stop(batch.progress, at=at)
    else:
        live.finish(batch.progress, at=at)
    batch.ended_at = at
    _save(batch, "ended_at")
    publish_all([LISTS[batch.of]], "batch", str(batch.pk))
    return batch


def _tell_systems(batch: Batch, ids: list[int], at: datetime) -> None:
    """Facts, owners and tags of many records are told at once; the rest was gathered while it was
    done record by record."""
    what = batch.what
    fields = sorted(what.get("set", ()))
    for key, field in (("owner", "owner"), ("tag", "tags")):
        fields = [field] if key in what else fields
    if fields and ids and "status" not in fields:
        telling.tell_changed(batch.of, ids, fields, at)


@transaction.atomic
def _save(batch: Batch, *fields: str) -> None:
    batch.save(update_fields=list(fields))


def _is_alike(batch: Batch) -> bool:
    """Whether all records are changed in the same way, with nothing else to think of."""
    what = batch.what
    if "archive" in what or ("owner" in what and batch.of == "deal"):
        return False
    return not (batch.of == "lead" and "status" in what.get("set", {}))


def _change_part(batch: Batch, ids: Sequence[int], by: Person, at: datetime) -> list[int]:
    """Change some of the records; which."""
    if not _is_alike(batch):
        return [pk for pk in ids if _change_one(batch, pk, by, at)]
    records = _held(batch.of, ids, by)
    what = batch.what
    if "tag" in what:
        return _tag_all(batch, records, by, at)
    if "owner" in what:
        records = [one for one in records if access.may_assign(by, one)]
        owner = None if what["owner"] is None else Person.objects.get(pk=what["owner"])
        facts: Mapping[str, Any] = {"owner": owner}
    else:
        facts = what["set"]
    try:
        return recording.apply_to_all(records, facts, by=by, at=at, batch=batch.key)
    except recording.FactsInvalid:
        return []


def _held(kind: str, ids: Sequence[int], by: Person) -> list[Any]:
    """Those of the records that the person may change, held until the transaction ends."""
    rows = MODELS[kind].objects.visible_to(by).kept().filter(pk__in=ids).order_by("pk")
    if kind == "deal":
        rows = rows.prefetch_related("contributors")
    held = rows.select_for_update(of=("self",), no_key=True)
    return [one for one in held if access.may_change(by, one)]


def _tag_all(batch: Batch, records: Sequence[Any], by: Person, at: datetime) -> list[int]:
    """A tag is a team's: each record gets the one of its own team."""
    tags: dict[int, Tag] = {}
    known = Tagging.objects.filter(
        **{f"{batch.of}__in": [one.pk for one in records]}, tag__name__iexact=batch.what["tag"]
    )
    tagged = set(known.values_list("tag__team_id", f"{batch.of}_id"))
    rows: list[Tagging] = []
    ids: list[int] = []
    for record in records:
        if record.team_id not in tags:
            tags[record.team_id] = timeline.tag_of(record.team, batch.what["tag"])
        if (record.team_id, record.pk) not in tagged:
            rows.append(Tagging(tag=tags[record.team_id], **{batch.of: record}, by=by, at=at,
                                batch=batch.key))  # fmt: skip
            ids.append(record.pk)
    Tagging.objects.bulk_create(rows, ignore_conflicts=True)
    return ids


def _change_one(batch: Batch, pk: int, by: Person, at: datetime) -> bool:
    """Change one record of a batch; returns whether anything changed."""
    model = MODELS[batch.of]
    seen = model.objects.visible_to(by).kept().filter(pk=pk).first()
    if seen is None or not access.may_change(by, seen):
        return False
    what = batch.what
    try:
        record = recording.locked(seen)
        if "owner" in what:
            return _give(record, what["owner"], batch, by, at)
        if "archive" in what:
            customers.archive(record=record, by=by, at=at)
            return True
        return _set_status(record, LeadStatus(what["set"]["status"]), by, at)
    except (recording.RecordIsArchived, recording.FactsInvalid):
        return False


def _set_status(lead: Lead, status: LeadStatus, by: Person, at: datetime) -> bool:
    if lead.status == LeadStatus.CONVERTED:
        return False
    leads.set_status(lead=lead, status=status, by=by, at=at)
    return True


def _give(deal: Deal, owner_id: int | None, batch: Batch, by: Person, at: datetime) -> bool:
    """Somebody who shares in a deal already is left out: their shares would melt into one."""
    if owner_id is None or not access.may_assign(by, deal):
        return False
    owner = Person.objects.get(pk=owner_id)
    if DealContributor.objects.filter(deal=deal, person=owner).exists():
        return False
    shares.assign_deal(deal=deal, owner=owner, batch=batch.key, by=by, at=at)
    return True


@transaction.atomic
def request_undo(*, batch: Batch, by: Person, at: datetime) -> tuple[int, int] | None:
    """Take a change back: a small one at once, as ``undo_batch`` does, a large one by a job.

    Raises ``BatchUndone``, also while a job is at it.
    """
    found: Batch = Batch.objects.select_for_update(of=("self",)).get(pk=batch.pk)
    if found.undone_at is not None or is_under_way(found):
        raise BatchUndone(found)
    if found.count <= UNDONE_AT_ONCE:
        return undo_batch(batch=found, by=by, at=at)
    found.progress = live.start_progress(kind=BATCH_WORK, by=by, at=at, total=found.count)
    found.save(update_fields=["progress"])
    jobs.enqueue(UNDO_JOB, lock=f"crm-batch-{by.pk}", batch_id=found.pk)
    return None


def is_under_way(batch: Batch) -> bool:
    """Whether a job changes the records now, or takes the change back."""
    progress = batch.progress
    return batch.ended_at is None or (progress is not None and progress.state in live.RUNNING)


def run_undo(*, batch: Batch, at: datetime) -> None:
    """Take a large change back, whole or not at all, with progress."""
    progress = batch.progress
    if progress is None or batch.undone_at is not None:
        return
    try:
        with transaction.atomic():
            undo_batch(batch=batch, by=batch.by, at=at, progress=progress)
            live.finish(progress, at=at)
    except live.Cancelled:
        live.stop(progress, at=at)


@transaction.atomic
def undo_batch(
    *, batch: Batch, by: Person, at: datetime, progress: Progress | None = None
) -> tuple[int, int]:
    """Take a change of many records back. What somebody changed again since stays as it is.

    Raises ``BatchUndone``. Returns how many were taken back and how many stayed.
    """
    found: Batch = Batch.objects.select_for_update(of=("self",)).get(pk=batch.pk)
    if found.undone_at is not None or found.ended_at is None:
        raise BatchUndone(found)
    with telling.together(at):
        back = _untag(found, at)
        stayed = 0
        rows = RecordChange.objects.filter(batch=found.key).order_by("pk")
        for part in _parts(list(rows)):
            if progress is not None:
                live.advance(progress, done=back + stayed, step="changing")
            taken = _take_back(found.of, part, by, at)
            back += taken
            stayed += len(part) - taken
        if "archive" in found.what:
            back += _restore(found, by, at)
    found.undone_at = at
    found.save(update_fields=["undone_at"])
    audit.record("batch_undone", subject=found, by=by, at=at,
                 after={"back": back, "stayed": stayed})  # fmt: skip
    publish_all([LISTS[found.of]], "batch", str(found.pk))
    return back, stayed


def _untag(batch: Batch, at: datetime) -> int:
    rows = Tagging.objects.filter(batch=batch.key)
    ids = list(rows.order_by("pk").values_list(f"{batch.of}_id", flat=True))
    rows.delete()
    if ids:
        telling.tell_changed(batch.of, ids, ["tags"], at)
    return len(ids)


def _parts(changes: list[RecordChange]) -> Iterator[list[RecordChange]]:
    return (changes[place : place + SET_PART] for place in range(0, len(changes), SET_PART))


def _take_back(kind: str, changes: Sequence[RecordChange], by: Person, at: datetime) -> int:
    """Those records that still say what the batch made of them say again what they said before;
    those that go back to the same are changed as a set."""
    of = {getattr(one, f"{kind}_id"): one for one in changes}
    rows = MODELS[kind].objects.kept().filter(pk__in=of).order_by("pk")
    alike: dict[str, list[Any]] = defaultdict(list)
    before: dict[str, dict[str, Any]] = {}
    for record in rows.select_for_update(of=("self",), no_key=True):
        change = of[record.pk]
        if all(recording.kept(record, name) == value for name, value in change.after.items()):
            key = repr(sorted(change.before.items()))
            alike[key].append(record)
            before[key] = change.before
    owners: set[int] = {one["owner"] for one in before.values() if one.get("owner")}
    people = {one.pk: one for one in Person.objects.filter(pk__in=owners)}
    return sum(
        _say_again(kind, records, before[key], people, by, at) for key, records in alike.items()
    )


def _say_again(
    kind: str,
    records: Sequence[Any],
    before: Mapping[str, Any],
    people: Mapping[int, Person],
    by: Person,
    at: datetime,
) -> int:
    facts = dict(before)
    if "owner" in facts:
        facts["owner"] = people.get(facts["owner"])
        if kind == "deal":
            if facts["owner"] is None:
                return 0
            for deal in records:
                shares.assign_deal(deal=deal, owner=facts["owner"], by=by, at=at)
            return len(records)
    changed = recording.apply_to_all(records, facts, by=by, at=at)
    if changed:
        telling.tell_changed(kind, changed, sorted(facts), at)
    return len(changed)


def _restore(batch: Batch, by: Person, at: datetime) -> int:
    rows = MODELS[batch.of].objects.filter(
        pk__in=batch.what["ids"],
        archived_at__range=(batch.at, batch.ended_at),
        merged_into__isnull=True,
    )
    count = 0
    for record in rows.order_by("pk"):
        customers.restore(record=record, by=by, at=at)
        count += 1
    return count
