"""Making several records one with all that hangs on them, and taking that back exactly."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Field

from paceline.crm.actions import recording
from paceline.crm.models import (
    DOUBLED,
    ImportedRecord,
    LeadStatus,
    Merge,
    Purchases,
    Record,
    RecordChange,
)
from paceline.live.actions import publish
from paceline.org.models import Person

RECORDS_MAX = 10
# What the one that stays does not take over from the others.
OWN = frozenset({"team", "reach", "custom"})


class TooManyToMerge(Exception):
    """At least two and at most ``RECORDS_MAX`` records of one kind become one."""


class MergeIsUndone(Exception):
    """It was taken back before."""


class ChangedSinceMerge(Exception):
    """What the merge wrote was changed since. ``change`` says by whom and when."""

    def __init__(self, change: RecordChange) -> None:
        super().__init__(str(change))
        self.change = change


def fields_to_choose(kind: str) -> list[str]:
    """The fields of which one value is kept."""
    return [name for name in recording.FIELDS[kind] if name not in OWN and name != "owner"]


def chosen_values(
    survivor: Any, others: Sequence[Any], choices: Mapping[str, int]
) -> dict[str, Any]:
    """What the one that stays will say: of each field the chosen record's value, else its own,
    else the first that says anything."""
    by_pk = {one.pk: one for one in (survivor, *others)}
    kind = recording.kind_of(survivor)
    values: dict[str, Any] = {}
    for name in fields_to_choose(kind):
        chosen = by_pk.get(choices.get(name, 0))
        if chosen is None:
            told = (one for one in (survivor, *others) if getattr(one, name) not in (None, "", []))
            chosen = next(told, survivor)
        values[name] = getattr(chosen, name)
    if values.get("parent") is not None and values["parent"].pk in by_pk:
        values["parent"] = None
    if any(getattr(one, "status", "") == LeadStatus.CONVERTED for one in by_pk.values()):
        values["status"] = LeadStatus.CONVERTED  # its conversion comes along
    custom: dict[str, Any] = {}
    for one in reversed((survivor, *others)):
        custom |= one.custom
    values["custom"] = custom
    values["owner"] = survivor.owner or next((one.owner for one in others if one.owner), None)
    return values


@transaction.atomic
def merge(
    *,
    survivor: Record,
    others: Sequence[Record],
    choices: Mapping[str, int],
    seen: Mapping[int, int],
    by: Person,
    at: datetime,
) -> Merge:
    """Make records one. ``choices``: by field the id of the record whose value is kept; ``seen``:
    by id the version that was read.

    Raises ``ChangedMeanwhile`` when one of them changed since, ``RecordIsArchived`` when one was
    merged or put away, and ``TooManyToMerge``; then nothing changed.
    """
    kind = recording.kind_of(survivor)
    ids = {survivor.pk, *(one.pk for one in others)}
    if kind not in DOUBLED or not 2 <= len(ids) <= RECORDS_MAX or len(ids) != len(others) + 1:
        raise TooManyToMerge
    if any(type(one) is not type(survivor) for one in others):
        raise TooManyToMerge
    held = _held(kind, ids)
    refuse_changed(held, seen)
    stays: Any = held.pop(survivor.pk)
    gone = [held[pk] for pk in sorted(held)]
    values = chosen_values(stays, gone, choices)
    points = _points(stays)
    moved = [entry for one in gone for entry in _move(one, stays, ids, by, at)]
    before, after = {}, {}
    for name, value in values.items():
        if recording.told(getattr(stays, name)) != recording.told(value):
            before[name], after[name] = recording.told(getattr(stays, name)), recording.told(value)
            setattr(stays, name, value)
    keyed = recording.keep_name_keys(stays, after)
    now = _points(stays)
    shown = {"points": (points, now)} if points != now else {}
    recording.note(
        stays, before | {name: old for name, (old, _new) in shown.items()} | {"merged": []},
        after | {name: new for name, (_old, new) in shown.items()}
        | {"merged": [one.pk for one in gone]},
        by=by, at=at, act="records_merged",
    )  # fmt: skip
    stays.save(update_fields=[*after, *keyed, "version", "changed_at"])
    for one in gone:
        one.archived_at, one.merged_into = at, stays
        recording.note(one, {}, {"merged_into": stays.pk}, by=by, at=at, act="records_merged")
        one.save(update_fields=["archived_at", "merged_into", "version", "changed_at"])
        recording.announce(one, by=by, at=at, quiet=True)
    made: Merge = Merge.objects.create(
        kind=kind, survivor=stays.pk, merged=[one.pk for one in gone], version=stays.version,
        before=before, moved=moved, at=at, by=by,
    )  # fmt: skip
    recording.announce(stays, by=by, at=at)
    publish("duplicates", "changed")
    return made


def _held(kind: str, ids: set[int]) -> dict[int, Any]:
    """The records, locked in the order of their ids."""
    rows = DOUBLED[kind].objects.select_for_update(of=("self",), no_key=True)
    held = {one.pk: one for one in rows.filter(pk__in=ids).order_by("pk")}
    for one in held.values():
        if one.archived_at is not None:
            raise recording.RecordIsArchived(one)
    return held


def refuse_changed(held: Mapping[int, Any], seen: Mapping[int, int]) -> None:
    """Who merges decides on what they read: any later change needs another look."""
    for one in held.values():
        if seen.get(one.pk) == one.version:
            continue
        conflicts = [
            recording.Conflict(
                name, value, None, "Paceline" if change.by is None else change.by.name, change.at
            )
            for change in recording.changes_since(one, seen.get(one.pk, 0))
            for name, value in change.after.items()
        ]
        raise recording.ChangedMeanwhile(one, conflicts)


def _points(record: Any) -> list[list[str]]:
    return [[one.kind, one.value, one.label] for one in record.points.order_by("rank", "id")]


def references(model: Any) -> list[tuple[Any, Field[Any, Any]]]:
    """Every table and column that points to records of a kind, but for their own histories."""
    return [
        (one.related_model, one.field)
        for one in model._meta.related_objects
        if one.related_model not in (RecordChange, ImportedRecord, Purchases)
        and one.field.name != "merged_into"
        and one.field.many_to_many is not True
    ]


def _move(
    source: Any, target: Any, together: set[int], by: Person, at: datetime
) -> list[list[Any]]:
    """Let everything that points to one record point to another; what stands there already stays.

    Returns table, column, the record it came from, and the rows.
    """
    moved = []
    for model, field in references(type(source)):
        rows = model._default_manager.filter(**{field.name: source}).order_by("pk")
        if issubclass(model, Record):
            if model is type(source):  # among themselves they are not moved: they become one
                rows = rows.exclude(pk__in=together)
            ids = _move_records(rows, field.name, target, by, at)
        else:
            ids = move_rows(model, list(rows.values_list("pk", flat=True)), field.name, target)
        if ids:
            moved.append([model._meta.label, field.name, source.pk, ids])
    return moved


def move_rows(model: Any, ids: list[int], name: str, target: Any) -> list[int]:
    try:
        with transaction.atomic():
            model._default_manager.filter(pk__in=ids).update(**{name: target})
    except IntegrityError:
        return [pk for pk in ids if _move_row(model, pk, name, target)]
    return ids


def _move_row(model: Any, pk: int, name: str, target: Any) -> bool:
    try:
        with transaction.atomic():
            model._default_manager.filter(pk=pk).update(**{name: target})
    except IntegrityError:
        return False  # such as a number or a tag that the other one has as well
    return True


def _move_records(rows: Any, name: str, target: Any, by: Person, at: datetime) -> list[int]:
    """Contacts and deals of a company change by a change of their own, so that whoever edits one
    is told."""
    moved = []
    for row in rows.select_for_update(of=("self",), no_key=True):
        recording.apply(row, {name: target}, by=by, at=at, quiet=True)
        moved.append(row.pk)
    return moved


@transaction.atomic
def undo_merge(*, merged: Merge, by: Person, at: datetime) -> Merge:
    """Make them several again: each says what it said, and has what hung on it.

    What came to the one that stayed since then stays with it. Raises ``MergeIsUndone``,
    ``ChangedSinceMerge`` when a field that the merge wrote was changed since, and
    ``RecordIsArchived``.
    """
    found: Merge = Merge.objects.select_for_update().get(pk=merged.pk)
    if found.undone_at is not None:
        raise MergeIsUndone(found)
    model: Any = DOUBLED[found.kind]
    held = model.objects.select_for_update(of=("self",), no_key=True).in_bulk(
        sorted([found.survivor, *found.merged])
    )
    stays = held[found.survivor]
    if stays.archived_at is not None:
        raise recording.RecordIsArchived(stays)
    for change in recording.changes_since(stays, found.version):
        if set(change.after) & set(found.before):
            raise ChangedSinceMerge(change)
    before, after = {"points": _points(stays)}, {}
    _move_back(found, held, by, at)
    after["points"] = _points(stays)
    for name, value in found.before.items():
        field = model._meta.get_field(name)
        before[name], after[name] = recording.told(getattr(stays, name)), value
        setattr(stays, field.attname, field.target_field.to_python(value)
                if field.is_relation and value is not None else field.to_python(value))  # fmt: skip
    keyed = recording.keep_name_keys(stays, found.before)
    recording.note(stays, before | {"merged": found.merged}, after | {"merged": []},
                   by=by, at=at, act="merge_undone")  # fmt: skip
    stays.save(update_fields=[*found.before, *keyed, "version", "changed_at"])
    for pk in found.merged:
        one = held[pk]
        one.archived_at, one.merged_into = None, None
        recording.note(one, {"merged_into": stays.pk}, {"merged_into": None}, by=by, at=at,
                       act="merge_undone")  # fmt: skip
        one.save(update_fields=["archived_at", "merged_into", "version", "changed_at"])
        recording.announce(one, by=by, at=at, quiet=True)
    found.undone_at, found.undone_by = at, by
    found.save(update_fields=["undone_at", "undone_by"])
    recording.announce(stays, by=by, at=at)
    publish("duplicates", "changed")
    return found


def _move_back(found: Merge, held: Mapping[int, Any], by: Person, at: datetime) -> None:
    tables = {model._meta.label: model for model, _f in references(DOUBLED[found.kind])}
    stays = held[found.survivor]
    for label, name, source, ids in found.moved:
        model = tables[label]
        rows = model._default_manager.filter(pk__in=ids, **{name: stays})
        if issubclass(model, Record):
            for row in rows.select_for_update(of=("self",), no_key=True).order_by("pk"):
                recording.apply(row, {name: held[source]}, by=by, at=at, quiet=True)
        else:
            rows.update(**{name: held[source]})
