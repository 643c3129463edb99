"""Fields that people add to their records: how each kind is asked for, checked, kept and shown."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any, Protocol

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy

from paceline.kernel import formats
from paceline.kernel.day_fields import DayField


class FieldKind(models.TextChoices):
    TEXT = "text", pgettext_lazy("kind of field", "Text")
    LONG_TEXT = "long_text", pgettext_lazy("kind of field", "Long text")
    NUMBER = "number", pgettext_lazy("kind of field", "Number")
    MONEY = "money", pgettext_lazy("kind of field", "Amount of money")
    DAY = "day", pgettext_lazy("kind of field", "Date")
    YES_NO = "yes_no", pgettext_lazy("kind of field", "Yes or no")
    CHOICE = "choice", pgettext_lazy("kind of field", "One of a list")
    CHOICES = "choices", pgettext_lazy("kind of field", "Several of a list")
    LINK = "link", pgettext_lazy("kind of field", "Web address")


class OwnField(Protocol):
    """A row that describes such a field; records keep its value under its ``key``."""

    pk: Any
    label: Any
    kind: Any
    options: Any
    is_required: Any

    @property
    def key(self) -> str: ...


def name_of(field: OwnField) -> str:
    """The name of the field in a form."""
    return f"custom-{field.pk}"


def form_field(  # noqa: PLR0911 - one kind each
    field: OwnField, values: Mapping[str, Any]
) -> forms.Field:
    """The form's field with what is kept in it."""
    value = values.get(field.key)
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
            return DayField(
                widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"), **given
            )
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


def _options(field: OwnField, *chosen: Any) -> list[tuple[str, str]]:
    """The words of the list; one that was taken off it stays where it was chosen."""
    words = dict.fromkeys([*field.options, *(one for one in chosen if one)])
    return [(one, one) for one in words]


def kept(field: OwnField, value: Any) -> Any:
    """A value as the record keeps it in JSON."""
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    if isinstance(value, date):
        return value.isoformat()
    if field.kind == FieldKind.YES_NO:
        return bool(value) or None
    return value or None


def read(field: OwnField, given: Any, values: Mapping[str, Any]) -> Any:
    """What a program says of a field, checked as its form checks it, as the record keeps it.

    ``None`` empties it. Raises ``ValidationError`` with sentences for the reader.
    """
    if given is not None:
        _refuse_other_type(FieldKind(field.kind), given)
        if field.kind == FieldKind.DAY:
            given = _day(given)
    return kept(field, form_field(field, values).clean(given))


def _refuse_other_type(kind: FieldKind, given: Any) -> None:
    """Forms take any text; a program says numbers, truth and lists as what they are."""
    if kind == FieldKind.YES_NO:
        if not isinstance(given, bool):
            raise ValidationError(_("This must be true or false."))
    elif kind == FieldKind.CHOICES:
        if not isinstance(given, list):
            raise ValidationError(_("This must be a list."))
    elif kind in {FieldKind.NUMBER, FieldKind.MONEY}:
        if isinstance(given, bool) or not isinstance(given, str | int | Decimal):
            raise ValidationError(_("This must be a number."))
    elif not isinstance(given, str):
        raise ValidationError(_("This must be text."))


def _day(given: str) -> date:
    try:
        return date.fromisoformat(given)
    except ValueError:
        raise ValidationError(_("This must be a date such as 2026-07-31.")) from None


def shown(field: OwnField, value: Any) -> str:
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
