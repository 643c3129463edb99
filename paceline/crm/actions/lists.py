"""Fields of a team's own, views that are kept, and changing many records at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import uuid4

from django.db import transaction

from paceline.crm import access
from paceline.crm.actions import customers, leads, recording, shares, telling, timeline
from paceline.crm.actions.pipelines import NameTaken
from paceline.crm.hints import LISTS, MODELS
from paceline.crm.models import (
    Batch,
    CustomField,
    Deal,
    DealContributor,
    FieldKind,
    Lead,
    LeadStatus,
    RecordChange,
    SavedView,
    Tagging,
)
from paceline.kernel import audit, jobs
from paceline.live import actions as live
from paceline.live.actions import publish_all
from paceline.org.models import Person, Team

FIELDS_MAX = 40
OPTIONS_MAX = 100
VIEWS_MAX = 60
BATCH_MAX = 20_000
PART = 200
BATCH_JOB = "crm.change_many"
BATCH_WORK = "crm_batch"


class TooManyFields(Exception):
    """A team has at most ``FIELDS_MAX`` fields of its own on one kind of record."""


class OptionsMissing(Exception):
    """A list to choose from has at least one word, and not too many."""


class TooManyViews(Exception):
    """Somebody keeps at most ``VIEWS_MAX`` views of a list."""


class TooManyRecords(Exception):
    """So many records are not changed at once; narrow the list."""


class BatchUndone(Exception):
    """This change was taken back before, or is still under way."""


@transaction.atomic
def add_custom_field(
    *,
    team: Team,
    of: str,
    label: str,
    kind: FieldKind,
    options: Sequence[str] = (),
    is_required: bool = False,
    by: Person | None,
    at: datetime,
) -> CustomField:
    """A new field on a team's records. Raises ``NameTaken``, ``OptionsMissing``, ``TooManyFields``
    and ``FactsInvalid``."""
    standing = CustomField.objects.filter(team=team, of=of, retired_at__isnull=True)
    if standing.filter(label__iexact=label.strip()).exists():
        raise NameTaken(label)
    count = standing.count()
    if count >= FIELDS_MAX:
        raise TooManyFields
    field = CustomField(
        team=team, of=of, label=label.strip(), kind=kind, is_required=is_required, rank=count,
        options=_options(kind, options),
    )  # fmt: skip
    recording.check(field, ["of", "label", "kind"])
    field.save()
    audit.record("custom_field_added", subject=field, by=by, at=at, after={"of": of, "kind": kind})
    return field


def _options(kind: str, options: Sequence[str]) -> list[str]:
    if kind not in {FieldKind.CHOICE, FieldKind.CHOICES}:
        return []
    words = list(dict.fromkeys(one.strip()[:100] for one in options if one.strip()))
    if not words or len(words) > OPTIONS_MAX:
        raise OptionsMissing
    return words


@transaction.atomic
def change_custom_field(
    *,
    field: CustomField,
    label: str,
    options: Sequence[str] = (),
    is_required: bool,
    in_use: bool = True,
    by: Person | None,
    at: datetime,
) -> CustomField:
    """Rename a field, change its words, or take it out of use. Values and views stay: they go by
    the field's id. Raises ``NameTaken`` and ``OptionsMissing``."""
    found: CustomField = CustomField.objects.select_for_update().get(pk=field.pk)
    same = CustomField.objects.filter(
        team=found.team_id, of=found.of, label__iexact=label.strip(), retired_at__isnull=True
    )
    if in_use and same.exclude(pk=found.pk).exists():
        raise NameTaken(label)
    before = {"label": found.label, "options": found.options, "in_use": found.retired_at is None}
    found.label, found.is_required = label.strip(), is_required
    found.options = _options(found.kind, options)
    found.retired_at = None if in_use else found.retired_at or at
    recording.check(found, ["label"])
    found.save(update_fields=["label", "options", "is_required", "retired_at"])
    audit.record(
        "custom_field_changed", subject=found, by=by, at=at, before=before,
        after={"label": found.label, "options": found.options, "in_use": in_use},
    )  # fmt: skip
    return found


@transaction.atomic
def save_view(
    *, of: str, name: str, choices: Mapping[str, str], team: Team | None, by: Person, at: datetime
) -> SavedView:
    """Keep the filters and order of a list under a name; shared with a team where one is given.

    The same name again replaces one's own view. Raises ``TooManyViews`` and ``FactsInvalid``.
    """
    known = SavedView.objects.filter(owner=by, of=of, name__iexact=name.strip()).first()
    if known is None and SavedView.objects.filter(owner=by, of=of).count() >= VIEWS_MAX:
        raise TooManyViews
    view = known or SavedView(owner=by, of=of, created_at=at)
    view.name, view.team, view.choices = name.strip(), team, dict(choices)
    recording.check(view, ["of", "name"])
    view.save()
    audit.record("view_saved", subject=view, by=by, at=at, after={"of": of, "shared": bool(team)})
    return view


@transaction.atomic
def delete_view(*, view: SavedView, by: Person, at: datetime) -> None:
    """A view goes; the records that it showed stay."""
    audit.record("view_deleted", subject=view, by=by, at=at, before={"of": view.of})
    view.delete()


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
    """Change the records of a batch, ``PART`` in a transaction. Doing it again goes on where it
    stopped. What the person may not change is skipped and counted; a cancel keeps what is done,
    which can be undone."""
    if batch.ended_at is not None or batch.progress is None:
        return batch
    by = batch.by
    by.acting_on = at.date()
    ids: list[int] = batch.what["ids"]
    done = batch.count + batch.skipped
    try:
        while done < len(ids):
            live.advance(batch.progress, done=done, step="changing")
            with transaction.atomic():
                written = []
                for pk in ids[done : done + PART]:
                    changed = _change_one(batch, pk, by, at)
                    written += [pk] if changed else []
                    batch.count += changed
                    batch.skipped += not changed
                _tell_systems(batch, written, at)
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
    """Facts and owners of many records are told at once; tags are no news, and the rest was told
    one by one."""
    what = batch.what
    fields = ["owner"] if "owner" in what else sorted(what.get("set", ()))
    if ids and fields and "status" not in fields:
        telling.tell_changed(batch.of, ids, fields, at)


@transaction.atomic
def _save(batch: Batch, *fields: str) -> None:
    batch.save(update_fields=list(fields))


def _change_one(  # noqa: PLR0911 - one answer a way
    batch: Batch, pk: int, by: Person, at: datetime
) -> bool:
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
        if "tag" in what:
            return _tag(record, what["tag"], batch, by, at)
        if "archive" in what:
            customers.archive(record=record, by=by, at=at)
            return True
        facts = what["set"]
        if isinstance(record, Lead) and "status" in facts:
            if record.status == LeadStatus.CONVERTED:
                return False
            leads.set_status(lead=record, status=LeadStatus(facts["status"]), by=by, at=at)
            return True
        return recording.apply(record, facts, by=by, at=at, batch=batch.key, quiet=True)
    except (recording.RecordIsArchived, recording.FactsInvalid):
        return False


def _give(record: Any, owner_id: int | None, batch: Batch, by: Person, at: datetime) -> bool:
    """Somebody who shares in a deal already is left out: their shares would melt into one."""
    if not access.may_assign(by, record):
        return False
    owner = None if owner_id is None else Person.objects.get(pk=owner_id)
    if not isinstance(record, Deal):
        return recording.apply(record, {"owner": owner}, by=by, at=at, batch=batch.key, quiet=True)
    if owner is None or DealContributor.objects.filter(deal=record, person=owner).exists():
        return False
    shares.assign_deal(deal=record, owner=owner, batch=batch.key, by=by, at=at)
    return True


def _tag(record: Any, word: str, batch: Batch, by: Person, at: datetime) -> bool:
    tag = timeline.tag_of(record.team, word)
    _row, is_new = Tagging.objects.get_or_create(
        tag=tag, **{batch.of: record}, defaults={"by": by, "at": at, "batch": batch.key}
    )
    return is_new


@transaction.atomic
def undo_batch(*, batch: Batch, by: Person, at: datetime) -> tuple[int, int]:
    """Take a change of many records back. What somebody changed again since stays as it is.

    Raises ``BatchUndone``. Returns how many were taken back and how many stayed.
    """
    found: Batch = Batch.objects.select_for_update().get(pk=batch.pk)
    if found.undone_at is not None or found.ended_at is None:
        raise BatchUndone(found)
    back = Tagging.objects.filter(batch=found.key).delete()[0]
    stayed = 0
    rows = RecordChange.objects.filter(batch=found.key).select_related(found.of)
    for change in rows.order_by("pk"):
        record = getattr(change, found.of)
        if _take_back(record, change, by, at):
            back += 1
        else:
            stayed += 1
    if "archive" in found.what:
        back += _restore(found, by, at)
    found.undone_at = at
    found.save(update_fields=["undone_at"])
    audit.record("batch_undone", subject=found, by=by, at=at,
                 after={"back": back, "stayed": stayed})  # fmt: skip
    publish_all([LISTS[found.of]], "batch", str(found.pk))
    return back, stayed


def _take_back(record: Any, change: RecordChange, by: Person, at: datetime) -> bool:
    try:
        now = recording.locked(record)
    except recording.RecordIsArchived:
        return False
    if any(recording.told(getattr(now, name)) != value for name, value in change.after.items()):
        return False
    before = {
        name: Person.objects.filter(pk=value).first() if name == "owner" else value
        for name, value in change.before.items()
    }
    if isinstance(now, Deal) and "owner" in before:
        if before["owner"] is None:
            return False
        shares.assign_deal(deal=now, owner=before["owner"], by=by, at=at)
        return True
    return recording.apply(now, before, by=by, at=at, quiet=True)


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
