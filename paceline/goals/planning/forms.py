"""What people type about plans of quotas."""

from __future__ import annotations

from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from paceline.goals.models import FigureKind
from paceline.goals.planning.actions import NewPlan, NewVersion
from paceline.goals.planning.models import (
    MONTHS_OF,
    Basis,
    QuotaPlanVersion,
    Season,
    Step,
)
from paceline.goals.planning.spread import months_of
from paceline.kernel.currency_fields import CurrencyCodeField
from paceline.kernel.money import currency_digits
from paceline.kernel.periods import month_after
from paceline.org.models import Team

MONTHS_MAX = 24
UNITS = ("0", "1", "10", "100", "1000", "10000")
HUNDRED = Decimal(100)


class MonthField(forms.CharField):
    """A month, as ``2027-01``; its first day."""

    widget = forms.TextInput(attrs={"type": "month", "placeholder": "2027-01"})

    def clean(self, value: Any) -> date | None:
        text = super().clean(value)
        if not text:
            return None
        try:
            return date.fromisoformat(f"{text}-01")
        except ValueError as error:
            raise forms.ValidationError(_("Write a month as 2027-01.")) from error


class NumbersField(forms.CharField):
    """Numbers with commas between them; none for an empty field."""

    def clean(self, value: Any) -> list[Decimal]:
        text = str(super().clean(value) or "").replace("，", ",").replace("、", ",")
        try:
            found = [Decimal(one.strip().rstrip("%")) for one in text.split(",") if one.strip()]
        except InvalidOperation as error:
            raise forms.ValidationError(_("Write numbers with commas between them.")) from error
        if any(not one.is_finite() or one < 0 or one > 10**12 for one in found):
            raise forms.ValidationError(_("Every number must be zero or more."))
        return found


class VersionForm(forms.Form):
    """The target and by what it is spread."""

    target = forms.DecimalField(
        label=gettext_lazy("Target"),
        min_value=Decimal("0.01"),
        max_digits=18,
        decimal_places=4,
        help_text=gettext_lazy("What the company wants to reach in all these months."),
    )
    over_assignment = forms.DecimalField(
        label=gettext_lazy("Assigned above it (%)"),
        min_value=0,
        max_value=100,
        max_digits=5,
        decimal_places=2,
        initial=0,
        help_text=gettext_lazy("People are asked for more than the target, so that it holds."),
    )
    basis = forms.ChoiceField(
        label=gettext_lazy("Spread over people by"), choices=Basis.choices, initial=Basis.HISTORY
    )
    potential = forms.ModelChoiceField(
        label=gettext_lazy("Figure with the potential"),
        queryset=FigureKind.objects.all(),
        required=False,
        help_text=gettext_lazy("The latest figure entered for each payee."),
    )
    evenness = forms.DecimalField(
        label=gettext_lazy("Of this equally (%)"),
        min_value=0,
        max_value=100,
        max_digits=5,
        decimal_places=2,
        initial=0,
        help_text=gettext_lazy(
            "A part that does not follow the past: who sold much is not only asked for more."
        ),
    )
    season = forms.ChoiceField(
        label=gettext_lazy("Spread over months"), choices=Season.choices, initial=Season.HISTORY
    )
    weights = NumbersField(
        label=gettext_lazy("Weights of the months"),
        required=False,
        max_length=600,
        help_text=gettext_lazy("Such as 8, 7, 8, 8, 8, 9, 7, 7, 8, 9, 12, 9: one for each month."),
    )
    ramp = NumbersField(
        label=gettext_lazy("Ramp of the newly hired (%)"),
        required=False,
        max_length=200,
        help_text=gettext_lazy("Part of a full quota in the first months, such as 25, 50, 75."),
    )
    relief = forms.IntegerField(
        label=gettext_lazy("Relief from so many days of leave in a month"),
        required=False,
        min_value=1,
        max_value=31,
        help_text=gettext_lazy("The month then asks for its other days only. Empty: no relief."),
    )
    unit = forms.ChoiceField(label=gettext_lazy("Rounded to"), initial="100")
    reason = forms.CharField(
        label=gettext_lazy("Why"),
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=gettext_lazy("Kept with the version."),
    )

    def __init__(self, *args: Any, months: int | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.months = months
        self.fields["unit"].choices = [  # type: ignore[attr-defined]
            (one, _("the currency's smallest unit") if one == "0" else one) for one in UNITS
        ]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("basis") == Basis.POTENTIAL and not cleaned.get("potential"):
            self.add_error("potential", _("Choose the figure that says it."))
        if any(one > HUNDRED for one in cleaned.get("ramp") or ()):
            self.add_error("ramp", _("A ramp asks for at most 100 % of a quota."))
        months = self.months or self._months_of(cleaned)
        weights = cleaned.get("weights") or []
        if cleaned.get("season") == Season.TYPED and months and len(weights) != months:
            text = ngettext(
                "Give one weight: the plan has one month.",
                "Give %(months)s weights, one for each month.",
                months,
            )
            self.add_error("weights", text % {"months": months})
        elif cleaned.get("season") == Season.TYPED and weights and not any(weights):
            self.add_error("weights", _("At least one month must weigh something."))
        return cleaned

    def _months_of(self, _cleaned: dict[str, Any]) -> int | None:
        return None

    def new_version(self, currency: str) -> NewVersion:
        data = self.cleaned_data
        unit = Decimal(data["unit"]) or Decimal(1).scaleb(-currency_digits(currency))
        return NewVersion(
            target=data["target"],
            over_assignment=data["over_assignment"].scaleb(-2),
            basis=Basis(data["basis"]),
            potential=data["potential"] if data["basis"] == Basis.POTENTIAL else None,
            evenness=data["evenness"].scaleb(-2),
            season=Season(data["season"]),
            season_weights=data["weights"] if data["season"] == Season.TYPED else (),
            ramp=[one.scaleb(-2) for one in data["ramp"]],
            relief_from_days=data["relief"],
            unit=unit,
            reason=data["reason"],
        )


class PlanForm(VersionForm):
    """A new plan: what, for whom and when, and its first version."""

    name = forms.CharField(label=gettext_lazy("Name of the plan"), max_length=120)
    measure = forms.CharField(
        label=gettext_lazy("Measure"),
        max_length=60,
        initial="sales",
        help_text=gettext_lazy("By this name pay plans look up the quota."),
    )
    currency = CurrencyCodeField()
    first_month = MonthField(label=gettext_lazy("First month"), max_length=7)
    last_month = MonthField(label=gettext_lazy("Last month"), max_length=7)
    step = forms.ChoiceField(
        label=gettext_lazy("One quota for each"), choices=Step.choices, initial=Step.QUARTER
    )
    teams = forms.ModelMultipleChoiceField(
        label=gettext_lazy("Teams"),
        queryset=Team.objects.all(),
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("Their salespeople, and those of the teams below them."),
    )
    product = forms.CharField(
        label=gettext_lazy("Only one product"),
        required=False,
        max_length=200,
        help_text=gettext_lazy("As order lines name it; then only its lines count as history."),
    )
    channel = forms.CharField(label=gettext_lazy("Only one channel"), required=False, max_length=80)
    field_order = (
        "name", "measure", "currency", "first_month", "last_month", "step", "teams", "product",
        "channel", "target", "over_assignment", "basis", "potential", "evenness", "season",
        "weights", "ramp", "relief", "unit", "reason",
    )  # fmt: skip

    def _months_of(self, cleaned: dict[str, Any]) -> int | None:
        first, last = cleaned.get("first_month"), cleaned.get("last_month")
        if not first or not last:
            return None
        if last < first:
            self.add_error("last_month", _("The last month lies before the first."))
            return None
        months = len(months_of(first, month_after(last)))
        if months > MONTHS_MAX:
            text = _("A plan covers at most %(most)s months.") % {"most": MONTHS_MAX}
            self.add_error("last_month", text)
            return None
        size = MONTHS_OF[Step(cleaned["step"])] if cleaned.get("step") else 1
        if months % size:
            text = _("%(months)s months are no whole number of these.") % {"months": months}
            self.add_error("step", text)
        return months

    def new_plan(self) -> NewPlan:
        data = self.cleaned_data
        return NewPlan(
            name=data["name"].strip(),
            measure=data["measure"].strip(),
            currency=data["currency"],
            starts_on=data["first_month"],
            ends_before=month_after(data["last_month"]),
            step=Step(data["step"]),
            teams=list(data["teams"]),
            product=data["product"].strip(),
            channel=data["channel"].strip(),
        )


def initial_of(version: QuotaPlanVersion) -> dict[str, Any]:
    """What the form shows when a plan is spread anew."""
    unit = str(version.unit.to_integral_value()) if version.unit >= 1 else "0"
    typed = version.season == Season.TYPED
    return {
        "target": _plain(version.target),
        "over_assignment": _plain(version.over_assignment.scaleb(2)),
        "basis": version.basis,
        "potential": version.potential_id,
        "evenness": _plain(version.evenness.scaleb(2)),
        "season": version.season,
        "weights": ", ".join(map(_plain, version.season_weights)) if typed else "",
        "ramp": ", ".join(_plain(one.scaleb(2)) for one in version.ramp),
        "relief": version.relief_from_days,
        "unit": unit if unit in UNITS else "0",
    }


def _plain(value: Decimal) -> str:
    return f"{value.normalize():f}"


class AmountForm(forms.Form):
    """An amount for one person, in the digits of the plan's currency, and why."""

    amount = forms.DecimalField(
        label=gettext_lazy("Amount for the whole time"), min_value=0, max_digits=18
    )
    reason = forms.CharField(
        label=gettext_lazy("Why"),
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def __init__(self, *args: Any, currency: str, seen: Decimal, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.currency, self.seen = currency, seen

    def clean_amount(self) -> Decimal:
        amount: Decimal = self.cleaned_data["amount"]
        digits = currency_digits(self.currency)
        if amount != amount.quantize(Decimal(1).scaleb(-digits)):
            text = ngettext(
                "%(currency)s has %(digits)s decimal digit.",
                "%(currency)s has %(digits)s decimal digits.",
                digits,
            )
            raise forms.ValidationError(text % {"currency": self.currency, "digits": digits})
        return amount


class AgreementForm(AmountForm):
    """An agreed amount that differs from what the rules ask needs a reason."""

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        differs = cleaned.get("amount", self.seen) != self.seen
        if differs and not cleaned.get("reason", "").strip():
            self.add_error("reason", _("Say why it differs from what the rules ask."))
        return cleaned
