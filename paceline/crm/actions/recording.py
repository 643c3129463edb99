"""How a record changes: locked, compared with what was seen, kept field by field, told to others.

Everything here runs inside the transaction of the action that calls it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F

from paceline.crm import hints
from paceline.crm.actions import telling, waking
from paceline.crm.models import Following, Record, RecordChange
from paceline.crm.names import name_keys
from paceline.kernel import audit, findable
from paceline.live.actions import publish_all
from paceline.notifications.actions import notify
from paceline.org.models import Person


class FactsInvalid(Exception):
    """Something about the record cannot be so. ``errors``: by field, sentences for the reader."""

    def __init__(self, errors: Mapping[str, list[str]]) -> None:
        super().__init__(str(dict(errors)))
        self.errors = dict(errors)


class FieldUnknown(Exception):
    """A record of this kind has no such field that may be changed like this."""


class RecordIsArchived(Exception):
    """The record was merged or put away meanwhile; it changes no more."""


@dataclass(frozen=True, slots=True)
class Conflict:
    """A field that somebody else changed to something else since the record was read."""

    field: str
    theirs: Any
    mine: Any
    by: str
    at: datetime


class ChangedMeanwhile(Exception):
    """Somebody else changed the same fields since ``seen``; nothing was saved."""

    def __init__(self, record: models.Model, conflicts: list[Conflict]) -> None:
        super().__init__(str(record))
        self.record = record
        self.conflicts = conflicts


WRITTEN_AT_ONCE = 250
FIELDS: dict[str, tuple[str, ...]] = {
    "company": (
        "name", "latin_name", "number", "registration", "industry", "people_count", "website",
        "address", "country", "territory", "language", "currency", "lifecycle", "rating", "parent",
        "source", "source_detail", "reach", "owner", "team", "custom",
    ),
    "contact": (
        "name", "latin_name", "number", "title", "department", "company", "languages", "country",
        "territory", "address", "time_zone", "lifecycle", "rating", "source", "source_detail",
        "reach", "owner", "team", "custom",
    ),
    "lead": (
        "name", "company_name", "title", "status", "why_not", "message", "interest", "languages",
        "country", "territory", "rating", "source", "source_detail", "reach", "owner", "team",
        "custom",
    ),
    "deal": (
        "title", "company", "contact", "amount", "currency", "expected_close_on", "next_step",
        "next_step_on", "has_no_competitor", "source", "source_detail", "reach", "owner", "team",
        "custom",
    ),
}  # fmt: skip


def kind_of(record: Record) -> str:
    """The name of the foreign key by which things hang on this record."""
    return str(record._meta.model_name)


def told(value: Any) -> Any:
    """A value as it is kept in a change: a related row by its id."""
    if isinstance(value, models.Model):
        return value.pk
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    if isinstance(value, datetime | date):
        return value.isoformat()
    return value


def locked(record: Record) -> Any:
    """The record as it is now, held until the transaction ends."""
    model: Any = type(record)
    found = model.objects.select_for_update(of=("self",), no_key=True).get(pk=record.pk)
    if found.archived_at is not None:
        raise RecordIsArchived(found)
    return found


def check(record: models.Model, names: Iterable[str]) -> None:
    """Let the fields named check themselves. Raises ``FactsInvalid``."""
    wanted = set(names)
    others = [one.name for one in record._meta.fields if one.name not in wanted]
    try:
        record.clean_fields(exclude=others)
    except ValidationError as error:
        raise FactsInvalid(error.message_dict) from error


def refuse_unknown(kind: str, names: Iterable[str]) -> None:
    unknown = sorted(set(names) - set(FIELDS[kind]))
    if unknown:
        raise FieldUnknown(", ".join(unknown))


def apply(
    record: Any,
    facts: Mapping[str, Any],
    *,
    seen: int | None = None,
    by: Person | None,
    at: datetime,
    batch: UUID | None = None,
    act: str = "record_changed",
    quiet: bool = False,
) -> bool:
    """Write those of the facts that differ on a locked record; returns whether any did.

    ``seen`` is the version that whoever asks has read. What others changed since in other fields
    stays; the same field changed to something else raises ``ChangedMeanwhile``.
    """
    if "custom" in facts:
        facts = {**facts, "custom": merged_custom(record.custom, facts["custom"])}
    differing = {
        name: value for name, value in facts.items() if told(getattr(record, name)) != told(value)
    }
    if seen is not None and seen < record.version:
        conflicts = conflicts_of(record, differing, seen)
        if conflicts:
            raise ChangedMeanwhile(record, conflicts)
        differing = _without_stale(record, differing, seen)
    if not differing:
        return False
    before = {name: told(getattr(record, name)) for name in differing}
    for name, value in differing.items():
        setattr(record, name, value)
    check(record, differing)
    keyed = keep_name_keys(record, differing)
    after = {name: told(getattr(record, name)) for name in differing}
    note(record, before, after, by=by, at=at, batch=batch, act=act)
    record.save(update_fields=[*differing, *keyed, "version", "changed_at"])
    announce(record, by=by, at=at, quiet=quiet)
    return True


def apply_to_all(
    records: Sequence[Any],
    facts: Mapping[str, Any],
    *,
    by: Person | None,
    at: datetime,
    batch: UUID | None = None,
) -> list[int]:
    """Write the same facts to locked records of one kind, those in which any differs; which.

    A few statements for all of them. Nobody is told: whoever changes many tells nobody of each.
    """
    if not records:
        return []
    wanted = {name: told(value) for name, value in facts.items()}
    changed: list[Any] = []
    notes: list[RecordChange] = []
    lines: list[dict[str, Any]] = []
    for record in records:
        values = {name: kept(record, name) for name in wanted}
        new = {**wanted}
        if "custom" in wanted:
            new["custom"] = merged_custom(record.custom, facts["custom"])
        after = {name: value for name, value in new.items() if values[name] != value}
        if not after:
            continue
        for name in after:
            setattr(record, name, new["custom"] if name == "custom" else facts[name])
        if not changed:
            check(record, facts)
        record.version += 1
        record.changed_at = at
        changed.append(record)
        notes.append(
            RecordChange(
                **{kind_of(record): record}, version=record.version, by=by, at=at, batch=batch,
                before={name: values[name] for name in after}, after=after,
            )
        )  # fmt: skip
        lines.append({"version": record.version, "fields": sorted(after)})
    if changed:
        _write_all(changed, list(facts), notes)
        audit.record_all("record_changed", subjects=changed, by=by, at=at, after=lines)
    return [one.pk for one in changed]


def kept(record: Any, name: str) -> Any:
    """What a field says as a change keeps it; a related row is not fetched for it."""
    field = record._meta.get_field(name)
    return told(getattr(record, field.attname))


def _write_all(changed: Sequence[Any], names: Sequence[str], notes: Sequence[RecordChange]) -> None:
    """The rows of records that were changed alike, what they said before, and who is told."""
    kind, ids = kind_of(changed[0]), [one.pk for one in changed]
    keyed = {one for record in changed for one in keep_name_keys(record, names)}
    model: Any = type(changed[0])
    if keyed or "custom" in names:  # each has its own
        fields = [*names, *keyed, "version", "changed_at"]
        model.objects.bulk_update(changed, fields, batch_size=WRITTEN_AT_ONCE)
    else:
        values = {name: getattr(changed[0], name) for name in names}
        model.objects.filter(pk__in=ids).update(
            **values, version=F("version") + 1, changed_at=changed[0].changed_at
        )
    RecordChange.objects.bulk_create(notes)
    findable.changed(kind, ids)
    waking.wake()
    topics = dict.fromkeys(topic for one in changed for topic in hints.topics_of(one))
    publish_all(topics, "changed")


def keep_name_keys(record: Any, changed: Iterable[str]) -> list[str]:
    """Bring what names are compared by up to date; returns the fields that are to be saved."""
    if not hasattr(record, "name_keys") or not {"name", "latin_name"} & set(changed):
        return []
    names = (record.name, getattr(record, "latin_name", ""))
    record.name_keys = name_keys(names, is_person=kind_of(record) != "company")
    return ["name_keys"]


def merged_custom(known: Mapping[str, Any], changed: Mapping[str, Any]) -> dict[str, Any]:
    """The values of one's own fields with some of them changed; an empty one goes."""
    values = {**known, **changed}
    return {key: value for key, value in values.items() if value not in (None, "", [])}


def note(
    record: Any,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    *,
    by: Person | None,
    at: datetime,
    batch: UUID | None = None,
    act: str = "record_changed",
) -> None:
    """Raise the version, keep what changed, and leave an audit line that names the fields only."""
    record.version += 1
    record.changed_at = at
    RecordChange.objects.create(
        **{kind_of(record): record}, version=record.version, by=by, at=at, batch=batch,
        before=dict(before), after=dict(after),
    )  # fmt: skip
    fields = sorted(after)
    audit.record(
        act, subject=record, by=by, at=at, after={"version": record.version, "fields": fields}
    )
    if batch is None:
        telling.tell_change(kind_of(record), record, before, after, act, at)


def touch(
    record: Any,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    *,
    by: Person | None,
    at: datetime,
    act: str = "record_changed",
) -> None:
    """The same for what hangs on a record, such as its phones, lines or shares."""
    note(record, before, after, by=by, at=at, act=act)
    record.save(update_fields=["version", "changed_at"])
    announce(record, by=by, at=at)


def announce(record: Any, *, by: Person | None, at: datetime, quiet: bool = False) -> None:
    """Keep the record findable, and tell open pages and followers that it changed."""
    findable.changed(kind_of(record), [record.pk])
    waking.wake()
    publish_all(hints.topics_of(record), "changed", str(record.pk))
    if not quiet:
        tell_followers(record, by=by, at=at)


def tell_followers(record: Record, *, by: Person | None, at: datetime) -> None:
    """Those who follow the record and may still see it; never whoever made the change."""
    kind = kind_of(record)
    rows = Following.objects.filter(**{kind: record}).select_related("person")
    people = [one.person for one in rows if by is None or one.person_id != by.pk]
    tell(record, people, "crm_followed", by=by, at=at)


def tell(
    record: Record, people: Iterable[Person], sentence: str, *, by: Person | None, at: datetime
) -> None:
    """Tell those of the people who may see the record. No name of a customer is kept in it."""
    model: Any = type(record)
    others = [one for one in people if by is None or one.pk != by.pk]
    seeing = [one for one in others if model.objects.visible_to(one).filter(pk=record.pk).exists()]
    if seeing:
        who = "Paceline" if by is None else by.name
        notify(
            recipients=seeing, kind=sentence, params={"who": who},
            url=address_of(record), at=at,
        )  # fmt: skip


def address_of(record: Record) -> str:
    return {
        "company": f"/crm/companies/{record.pk}",
        "contact": f"/crm/contacts/{record.pk}",
        "lead": f"/crm/leads/{record.pk}",
        "deal": f"/crm/deals/{record.pk}",
    }[kind_of(record)]


def changes_since(record: Record, seen: int) -> list[RecordChange]:
    """What was changed after the version that somebody read, the oldest first."""
    rows = RecordChange.objects.filter(**{kind_of(record): record}, version__gt=seen)
    return list(rows.select_related("by").order_by("version"))


def conflicts_of(record: Record, differing: Mapping[str, Any], seen: int) -> list[Conflict]:
    """Fields that both changed, to different values."""
    found: dict[str, Conflict] = {}
    first: dict[str, Any] = {}
    for change in changes_since(record, seen):
        for name, value in change.after.items():
            first.setdefault(name, change.before.get(name))
            if name in differing:
                who = "Paceline" if change.by is None else change.by.name
                found[name] = Conflict(name, value, told(differing[name]), who, change.at)
    # Whoever still sends the value that they read has not changed this field.
    return [one for name, one in found.items() if one.mine != first[name]]


def _without_stale(record: Record, differing: Mapping[str, Any], seen: int) -> dict[str, Any]:
    """Fields that only the other person changed keep what they say now."""
    theirs = {name for change in changes_since(record, seen) for name in change.after}
    return {name: value for name, value in differing.items() if name not in theirs}


def added(record: Any, *, by: Person | None, at: datetime) -> None:
    """What follows when a record was made."""
    kind = kind_of(record)
    audit.record(f"{kind}_added", subject=record, by=by, at=at, after={"team": record.team_id})
    findable.changed(kind, [record.pk])
    telling.tell_added(kind, [record.pk], at)
    publish_all(hints.topics_of(record), "added", str(record.pk))
    if record.owner is not None and (by is None or record.owner_id != by.pk):
        tell(record, [record.owner], "crm_assigned", by=by, at=at)


def raise_version(model: Any, pk: int) -> None:
    """Raise the version of a row that is no record, such as a column of the board."""
    model.objects.filter(pk=pk).update(version=F("version") + 1)
