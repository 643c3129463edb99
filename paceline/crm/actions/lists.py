"""Fields of a team's own, and views that are kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db import transaction

from paceline.crm.actions import recording
from paceline.crm.actions.pipelines import NameTaken
from paceline.crm.models import CustomField, FieldKind, SavedView
from paceline.kernel import audit
from paceline.org.models import Person, Team

FIELDS_MAX = 40
OPTIONS_MAX = 100
VIEWS_MAX = 60


class TooManyFields(Exception):
    """A team has at most ``FIELDS_MAX`` fields of its own on one kind of record."""


class OptionsMissing(Exception):
    """A list to choose from has at least one word, and not too many."""


class TooManyViews(Exception):
    """Somebody keeps at most ``VIEWS_MAX`` views of a list."""


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
