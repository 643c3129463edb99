"""Setting an owner by hand, and naming an attribute of order lines."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from paceline.kernel.day_fields import DayField
from paceline.orders.actions import Holding
from paceline.orders.models import NAME_SHAPE, AttributeType, Owner, OwnerKind
from paceline.org.models import Person


class OwnerForm(forms.Form):
    """What is owned, by whom, how much of it, in which days, and why."""

    kind = forms.ChoiceField(label=gettext_lazy("Owned by column"), choices=OwnerKind.choices)
    key = forms.CharField(
        label=gettext_lazy("What is owned"),
        max_length=200,
        help_text=gettext_lazy("As the order lines write it."),
    )
    person = forms.ModelChoiceField(label=gettext_lazy("Payee"), queryset=Person.objects.none())
    share = forms.DecimalField(
        label=gettext_lazy("Share (%)"),
        min_value=0,
        max_value=100,
        max_digits=9,
        decimal_places=6,
        initial=100,
    )
    starts_on = DayField(
        label=gettext_lazy("First day"), widget=forms.DateInput(attrs={"type": "date"})
    )
    last_day = DayField(
        label=gettext_lazy("Last day"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
    )
    reason = forms.CharField(
        label=gettext_lazy("Why"),
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=gettext_lazy("Kept in the audit trail."),
    )

    def __init__(self, *args: Any, viewer: Person, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = Person.objects.visible_to(viewer)
        self.fields["person"].queryset = people  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        first, last = cleaned.get("starts_on"), cleaned.get("last_day")
        if first and last and last < first:
            self.add_error("last_day", _("The last day lies before the first."))
        if cleaned.get("share") == 0:
            self.add_error("share", _("A share lies above zero."))
        return cleaned

    def holding(self) -> Holding:
        data = self.cleaned_data
        last = data["last_day"]
        return Holding(
            kind=OwnerKind(data["kind"]),
            key=data["key"].strip(),
            share=Decimal(data["share"]).scaleb(-2),
            starts_on=data["starts_on"],
            ends_before=last + timedelta(days=1) if last else None,
        )


def initial_of(owner: Owner) -> dict[str, Any]:
    """What the form shows when an existing row is to be changed."""
    return {
        "kind": owner.kind,
        "key": owner.key,
        "person": owner.person_id,
        "share": f"{owner.share.scaleb(2).normalize():f}",
        "starts_on": owner.starts_on,
        "last_day": owner.last_day,
    }


class AttributeForm(forms.Form):
    """An attribute of order lines: its name in plans, what people call it, and what it holds."""

    name = forms.RegexField(
        NAME_SHAPE,
        label=gettext_lazy("Name in plans"),
        max_length=40,
        help_text=gettext_lazy("Small letters, digits and underscores, such as host_id."),
        error_messages={"invalid": gettext_lazy("Use small letters, digits and underscores.")},
    )
    label = forms.CharField(label=gettext_lazy("Label"), max_length=60)
    type = forms.ChoiceField(
        label=pgettext_lazy("attribute", "Holds"),
        choices=AttributeType.choices,
        help_text=gettext_lazy(
            "A person is found by number, address or name; plans get the number."
        ),
    )
