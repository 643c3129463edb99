"""What deciding about pay below zero asks for, and what ending it does."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from paceline.incentives.models import Release, Shortfall, ShortfallEnding, ShortfallTreatment
from paceline.kernel import formats


class ShortfallForm(forms.Form):
    """Of whom, what becomes of it, and why; those that nobody decided are chosen at first."""

    releases = forms.TypedMultipleChoiceField(
        label=_("Payments below zero"),
        coerce=int,
        widget=forms.CheckboxSelectMultiple,
        error_messages={
            "required": _("Choose the payments that you decide about."),
            "invalid_choice": _(
                "What is below zero has changed since this page was opened. Choose again."
            ),
        },
    )
    treatment = forms.ChoiceField(
        label=_("What becomes of them"),
        choices=ShortfallTreatment.choices,
        widget=forms.RadioSelect,
        help_text=_(
            "What is deducted from later pay is not in this file: later files are lessened by it,"
            " never below zero. What is collected now stands in the file with its minus; many"
            " payroll systems refuse that."
        ),
    )
    reason = forms.CharField(
        label=_("Reason"),
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("The payee reads it; kept in the audit trail."),
    )

    def __init__(
        self,
        sent: Mapping[str, Any] | None = None,
        *,
        short: Iterable[tuple[Release, Decimal, Shortfall | None]],
    ) -> None:
        rows = list(short)
        open_ones = [release.pk for release, _amount, decision in rows if decision is None]
        initial = {"releases": open_ones, "treatment": ShortfallTreatment.CARRY}
        super().__init__(sent, initial=initial)
        releases = self.fields["releases"]
        assert isinstance(releases, forms.TypedMultipleChoiceField)  # noqa: S101 - declared above
        releases.choices = [
            (release.pk, _named(release, amount)) for release, amount, _decision in rows
        ]


def _named(release: Release, amount: Decimal) -> str:
    payee = release.payee
    return f"{payee.number} {payee.name} · {formats.money(amount, release.currency)}"


class ClosureForm(forms.Form):
    """How what is still to be deducted ends, and why; ``left`` is the amount that was shown."""

    left = forms.DecimalField(widget=forms.HiddenInput)
    ending = forms.ChoiceField(
        label=_("What becomes of it"),
        choices=ShortfallEnding.choices,
        widget=forms.RadioSelect,
        help_text=_("Either way nothing is deducted from later pay any more."),
    )
    reason = forms.CharField(
        label=_("Reason"),
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("The payee reads it; kept in the audit trail."),
    )
