"""The order that somebody imagines: only what the plans of a statement look at is asked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from paceline.incentives.calculation.imagined import Type
from paceline.incentives.change_words import column_name
from paceline.kernel.day_fields import DayField

MOST = Decimal("9999999999.9999")
_NUMBERS = frozenset({"money", "quantity", "percent"})


class OrderForm(forms.Form):
    """Amount and currency, and a field for each column that credit rules and measures read."""

    amount = forms.DecimalField(
        label=_("One more order of"), max_digits=14, decimal_places=4, min_value=0, max_value=MOST
    )
    currency = forms.ChoiceField(label=_("Currency"))

    def __init__(
        self, data: Mapping[str, Any] | None, currencies: Iterable[str], asked: Mapping[str, Type]
    ) -> None:
        super().__init__(data)
        listed = list(currencies)
        field = self.fields["currency"]
        field.choices = [(one, one) for one in listed]  # type: ignore[attr-defined]
        self.initial = {"currency": listed[0]}
        for name, kind in asked.items():
            self.fields[name] = _field(name, kind)


def _field(name: str, kind: Type) -> forms.Field:
    label = column_name(name)
    if kind in _NUMBERS:
        return forms.DecimalField(
            label=label, required=False, max_digits=14, decimal_places=4, max_value=MOST
        )
    if kind == "date":
        return DayField(
            label=label,
            required=False,
            widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        )
    if kind == "boolean":
        return forms.BooleanField(label=label, required=False)
    return forms.CharField(
        label=label,
        required=False,
        max_length=200,
        empty_value=None,
        widget=forms.TextInput(attrs={"placeholder": pgettext_lazy("value of an order", "empty")}),
    )
