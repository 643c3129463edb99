"""Currencies that people give: one of those in use, in small letters or capitals."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from paceline.kernel.money import refuse_currency_out_of_use


class CurrencyCodeField(forms.CharField):
    """An ISO 4217 code of money that is in use; ``usd`` is taken as USD."""

    default_validators = [refuse_currency_out_of_use]

    def __init__(self, **terms: Any) -> None:
        super().__init__(**{"label": _("Currency"), "max_length": 3, **terms})

    def to_python(self, value: Any) -> str:
        return (super().to_python(value) or "").upper()
