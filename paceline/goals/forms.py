"""Setting a quota by hand."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from paceline.goals.actions import Target
from paceline.goals.models import Quota
from paceline.imports.conversion import period_of
from paceline.org.models import Person


class QuotaForm(forms.Form):
    """A payee, a period or days, a target, and why."""

    person = forms.ModelChoiceField(label=gettext_lazy("Payee"), queryset=Person.objects.none())
    measure = forms.CharField(label=gettext_lazy("Measure"), max_length=60, initial="sales")
    period = forms.CharField(
        label=gettext_lazy("Period"),
        required=False,
        max_length=10,
        help_text=gettext_lazy("Such as 2026, 2026H2, 2026Q3 or 2026-07; or give the days."),
    )
    starts_on = forms.DateField(
        label=gettext_lazy("First day"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
    )
    last_day = forms.DateField(
        label=gettext_lazy("Last day"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
    )
    amount = forms.DecimalField(
        label=gettext_lazy("Quota"), min_value=0, max_digits=18, decimal_places=4
    )
    currency = forms.RegexField(
        r"^[A-Z]{3}$",
        label=gettext_lazy("Currency"),
        max_length=3,
        error_messages={"invalid": gettext_lazy("Use a three-letter currency code.")},
    )
    reason = forms.CharField(
        label=gettext_lazy("Why"),
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=gettext_lazy("Kept with the quota and in the audit trail."),
    )

    def __init__(self, *args: Any, viewer: Person, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = Person.objects.visible_to(viewer)
        self.fields["person"].queryset = people  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        text = cleaned.get("period", "").strip()
        if text:
            days = period_of(text)
            if days is None:
                self.add_error("period", _("This is not a period."))
            else:
                cleaned["starts_on"], cleaned["ends_before"] = days
        elif cleaned.get("starts_on") and cleaned.get("last_day"):
            cleaned["ends_before"] = cleaned["last_day"] + timedelta(days=1)
            if cleaned["ends_before"] <= cleaned["starts_on"]:
                self.add_error("last_day", _("The last day lies before the first."))
        else:
            self.add_error("period", _("Give a period, or the first and the last day."))
        return cleaned

    def target(self) -> Target:
        data = self.cleaned_data
        return Target(
            measure=data["measure"].strip(),
            starts_on=data["starts_on"],
            ends_before=data["ends_before"],
            amount=data["amount"],
            currency=data["currency"],
        )


def initial_of(quota: Quota) -> dict[str, Any]:
    """What the form shows when an existing quota is to be changed."""
    return {
        "person": quota.person_id,
        "measure": quota.measure,
        "starts_on": quota.starts_on,
        "last_day": quota.last_day,
        "amount": quota.amount.normalize(),
        "currency": quota.currency,
    }
