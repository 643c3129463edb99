"""Days that people give: none so far off that nothing can be counted from it."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from paceline.kernel.periods import is_countable


class DayField(forms.DateField):
    """A day from 1800 to 2399."""

    default_error_messages = {"far_off": _("This day is too long ago or too far ahead.")}

    def to_python(self, value: Any) -> date | None:
        day = super().to_python(value)
        if day is not None and not is_countable(day):
            raise ValidationError(self.error_messages["far_off"], code="far_off")
        return day
