"""Fields that a team added: how each kind is asked for, checked, kept and shown."""

from __future__ import annotations

from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from django import forms
from django.utils.translation import gettext as _

from paceline.crm.forms.choices import date_input
from paceline.crm.models import CustomField, FieldKind, Record
from paceline.kernel import formats


def name_of(field: CustomField) -> str:
    """The name of the field in a form."""
    return f"custom-{field.pk}"


def form_field(  # noqa: PLR0911 - one kind each
    field: CustomField, record: Record | None
) -> forms.Field:
    """The form's field with what the record says in it."""
    value = None if record is None else record.custom.get(field.key)
    given: dict[str, Any] = {
        "label": field.label,
        "required": field.is_required and field.kind != FieldKind.YES_NO,
        "initial": value,
    }
    match field.kind:
        case FieldKind.LONG_TEXT:
            given["widget"] = forms.Textarea(attrs={"rows": 3})
            return forms.CharField(max_length=5000, **given)
        case FieldKind.NUMBER | FieldKind.MONEY:
            return forms.DecimalField(max_digits=20, decimal_places=4, **given)
        case FieldKind.DAY:
            return forms.DateField(widget=date_input(), **given)
        case FieldKind.YES_NO:
            return forms.BooleanField(**given)
        case FieldKind.CHOICE:
            return forms.ChoiceField(choices=[("", "–"), *_options(field, value)], **given)
        case FieldKind.CHOICES:
            given["widget"] = forms.CheckboxSelectMultiple
            return forms.MultipleChoiceField(choices=_options(field, *(value or ())), **given)
        case FieldKind.LINK:
            return forms.URLField(max_length=500, assume_scheme="https", **given)
    return forms.CharField(max_length=300, **given)


def _options(field: CustomField, *chosen: Any) -> list[tuple[str, str]]:
    """The words of the list; one that was taken off it stays where it was chosen."""
    words = dict.fromkeys([*field.options, *(one for one in chosen if one)])
    return [(one, one) for one in words]


def kept(field: CustomField, value: Any) -> Any:
    """A value as the record keeps it in JSON."""
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    if isinstance(value, date):
        return value.isoformat()
    if field.kind == FieldKind.YES_NO:
        return bool(value) or None
    return value or None


def shown(field: CustomField, value: Any) -> str:
    """A kept value in the reader's words; one of another kind is shown as it is."""
    if value in (None, "", []):
        return ""
    try:
        if field.kind in {FieldKind.NUMBER, FieldKind.MONEY}:
            return formats.number(Decimal(str(value)))
        if field.kind == FieldKind.DAY:
            return formats.day(date.fromisoformat(str(value)))
    except (InvalidOperation, ValueError):
        return str(value)
    if field.kind == FieldKind.YES_NO:
        return _("Yes") if value else ""
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
