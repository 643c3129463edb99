"""The labels and fields that a project has for its cards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Max

from paceline.boards import following
from paceline.boards.actions import projects, recording
from paceline.boards.actions.projects import NameTaken
from paceline.boards.actions.recording import TooMany
from paceline.boards.models import Card, CardField, Colour, Label, Project
from paceline.kernel import audit, findable
from paceline.kernel.own_fields import FieldKind
from paceline.live.actions import publish_all
from paceline.org.models import Person

LABELS_MAX = 100
FIELDS_MAX = 40
OPTIONS_MAX = 100


class OptionsMissing(Exception):
    """A field to choose from needs the words to choose, at most ``OPTIONS_MAX``."""


@transaction.atomic
def add_label(
    *, project: Project, name: str, colour: Colour, by: Person | None, at: datetime
) -> Label:
    """A new label. Raises ``NameTaken``, ``TooMany`` and ``FactsInvalid``."""
    found = projects.held(project)
    rows = Label.objects.filter(project=found)
    if rows.count() >= LABELS_MAX:
        raise TooMany("labels", LABELS_MAX)
    made = Label(project=found, name=name.strip(), colour=colour)
    recording.check(made, ["name", "colour"])
    if rows.filter(name__iexact=made.name).exists():
        raise NameTaken(made.name)
    made.save()
    audit.record("label_added", subject=made, by=by, at=at, after={"project": found.pk})
    following.changed(found.pk)
    publish_all([f"project:{found.pk}"], "label", str(made.pk))
    return made


@transaction.atomic
def change_label(
    *, label: Label, name: str, colour: Colour, by: Person | None, at: datetime
) -> Label:
    """Rename a label or give it another colour."""
    found = projects.held(label.project)
    row: Label = Label.objects.get(pk=label.pk)
    before = {"name": row.name, "colour": row.colour}
    row.name, row.colour = name.strip(), colour
    recording.check(row, ["name", "colour"])
    others = Label.objects.filter(project=found, name__iexact=row.name).exclude(pk=row.pk)
    if others.exists():
        raise NameTaken(row.name)
    after = {"name": row.name, "colour": row.colour}
    if after == before:
        return row
    row.save(update_fields=["name", "colour"])
    audit.record("label_changed", subject=row, by=by, at=at, before=before, after=after)
    _found_again(row)
    return row


def _found_again(label: Label) -> None:
    cards = Card.objects.filter(labellings__label=label).values_list("pk", flat=True)
    findable.changed("card", list(cards))
    following.changed(label.project_id)
    publish_all([f"project:{label.project_id}"], "label", str(label.pk))


@transaction.atomic
def delete_label(*, label: Label, by: Person | None, at: datetime) -> int:
    """A label goes from all cards; returns from how many."""
    projects.held(label.project)
    cards = list(Card.objects.filter(labellings__label=label).values_list("pk", flat=True))
    before = {"name": label.name, "cards": len(cards)}
    audit.record("label_deleted", subject=label, by=by, at=at, before=before)
    following.changed(label.project_id)
    publish_all([f"project:{label.project_id}"], "label", str(label.pk))
    label.delete()
    findable.changed("card", cards)
    return len(cards)


@transaction.atomic
def add_field(
    *,
    project: Project,
    label: str,
    kind: FieldKind,
    options: Sequence[str] = (),
    is_required: bool = False,
    by: Person | None,
    at: datetime,
) -> CardField:
    """A new field for the cards of a project."""
    found = projects.held(project)
    rows = CardField.objects.filter(project=found, retired_at__isnull=True)
    if rows.count() >= FIELDS_MAX:
        raise TooMany("fields", FIELDS_MAX)
    last = rows.aggregate(last=Max("rank"))["last"]
    made = CardField(
        project=found, label=label.strip(), kind=kind, options=_words(kind, options),
        is_required=is_required, rank=0 if last is None else last + 1,
    )  # fmt: skip
    recording.check(made, ["label", "kind"])
    if rows.filter(label__iexact=made.label).exists():
        raise NameTaken(made.label)
    made.save()
    audit.record("card_field_added", subject=made, by=by, at=at, after={"kind": kind})
    publish_all([f"project:{found.pk}"], "field", str(made.pk))
    return made


def _words(kind: str, options: Sequence[str]) -> list[str]:
    if kind not in {FieldKind.CHOICE, FieldKind.CHOICES}:
        return []
    words = list(dict.fromkeys(one.strip()[:80] for one in options if one.strip()))
    if not 0 < len(words) <= OPTIONS_MAX:
        raise OptionsMissing
    return words


@transaction.atomic
def change_field(
    *, field: CardField, facts: Mapping[str, Any], by: Person | None, at: datetime
) -> CardField:
    """Rename a field, change its words, or take it out of use (``retired``)."""
    found = projects.held(field.project)
    row: CardField = CardField.objects.get(pk=field.pk)
    values = dict(facts)
    if "retired" in values:
        row.retired_at = at if values.pop("retired") else None
    if "options" in values:
        values["options"] = _words(row.kind, values["options"])
    if unknown := sorted(set(values) - {"label", "options", "is_required"}):
        raise recording.FieldUnknown(", ".join(unknown))
    for name, value in values.items():
        setattr(row, name, value.strip() if isinstance(value, str) else value)
    recording.check(row, ["label"])
    others = CardField.objects.filter(
        project=found, label__iexact=row.label, retired_at__isnull=True
    )
    if row.retired_at is None and others.exclude(pk=row.pk).exists():
        raise NameTaken(row.label)
    row.save(update_fields=["label", "options", "is_required", "retired_at"])
    audit.record("card_field_changed", subject=row, by=by, at=at, after={"fields": sorted(facts)})
    publish_all([f"project:{found.pk}"], "field", str(row.pk))
    return row
