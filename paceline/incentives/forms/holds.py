"""What stopping somebody's pay asks for."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from paceline.incentives.calculation import documents
from paceline.incentives.calculation.settling import settles
from paceline.incentives.models import HoldReason, Plan
from paceline.incentives.queries.plans import versions_in_force
from paceline.incentives.wording import component_name
from paceline.org.models import Person

EVERYTHING = ""


class HoldForm(forms.Form):
    """Whose pay is stopped, what of it, and why."""

    payee = forms.ModelChoiceField(Person.objects.none(), label=_("Payee"), empty_label="–")
    what = forms.ChoiceField(label=_("What is held"), required=False)
    line_id = forms.CharField(
        label=_("Order line"),
        max_length=200,
        required=False,
        help_text=_("Only what this line earned, as statements name it: shop/A-1001/1."),
    )
    reason = forms.ChoiceField(
        label=_("Reason"), choices=HoldReason.choices, help_text=_("The payee reads it.")
    )
    note = forms.CharField(
        label=_("Note"),
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("For the pay desk; kept in the audit trail."),
    )

    def __init__(self, *args: Any, asking: Person, on: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        payee = self.fields["payee"]
        assert isinstance(payee, forms.ModelChoiceField)  # noqa: S101 - declared above
        payee.queryset = Person.objects.visible_to(asking).order_by("name")
        what = self.fields["what"]
        assert isinstance(what, forms.ChoiceField)  # noqa: S101 - declared above
        what.choices = [(EVERYTHING, _("Everything")), *_parts(on)]

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        code, _slash, component = (values.get("what") or "").partition("/")
        values["plan"] = Plan.objects.filter(code=code).first() if code else None
        values["component"] = component
        return values


def _parts(on: date) -> list[tuple[str, str]]:
    """Every plan in effect that settles, and each of its components."""
    found: list[tuple[str, str]] = []
    for version in versions_in_force(on):
        if not settles(version):
            continue
        plan = documents.load(version.source)
        found.append((version.plan.code, version.name))
        found += [
            (
                f"{version.plan.code}/{component.id}",
                f"{version.name}: {component_name(plan, component.id)}",
            )
            for component in plan.components
            if component.unit == "money"
        ]
    return found
