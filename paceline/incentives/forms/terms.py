"""Setting by hand what was agreed or is stated outside the plans."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from paceline.incentives.models import Plan
from paceline.incentives.models.terms import (
    AgreedAmount,
    Agreement,
    AgreementKind,
    BasePay,
    CoalitionValue,
    MinimumWage,
    Term,
)
from paceline.kernel.countries import countries_or_none
from paceline.kernel.currency_fields import CurrencyCodeField
from paceline.kernel.day_fields import DayField
from paceline.kernel.selects import LongSelect
from paceline.org.models import Person, Team


def _day(label: Any, **options: Any) -> DayField:
    return DayField(
        label=label, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"), **options
    )


def _person() -> forms.ModelChoiceField[Person]:
    return forms.ModelChoiceField(label=gettext_lazy("Payee"), queryset=Person.objects.all())


def _amount(label: Any) -> forms.DecimalField:
    return forms.DecimalField(label=label, min_value=0, max_digits=18, decimal_places=4)


class TermForm(forms.Form):
    """What holds, from when until when, and why."""

    model: ClassVar[type[Term]]

    starts_on = _day(gettext_lazy("From"))
    last_day = _day(
        gettext_lazy("Last day"),
        required=False,
        help_text=gettext_lazy("Leave empty if it has no end."),
    )
    reason = forms.CharField(
        label=gettext_lazy("Why"), max_length=1000, widget=forms.Textarea(attrs={"rows": 2})
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.order_fields((*self.model.key, *self.model.values))

    @property
    def ends_before(self) -> date | None:
        last: date | None = self.cleaned_data["last_day"]
        return None if last is None else last + timedelta(days=1)

    def given(self) -> dict[str, Any]:
        """The key and the values of the row."""
        return {name: self.cleaned_data[name] for name in (*self.model.key, *self.model.values)}


class AgreedAmountForm(TermForm):
    model = AgreedAmount

    plan = forms.ModelChoiceField(label=gettext_lazy("Plan"), queryset=Plan.objects.all())
    clause = forms.CharField(
        label=gettext_lazy("Clause"),
        max_length=60,
        help_text=gettext_lazy("The id of the guarantee or draw in the plan."),
    )
    person = _person()
    amount = _amount(gettext_lazy("Amount"))


class BasePayForm(TermForm):
    model = BasePay

    person = _person()
    amount = _amount(gettext_lazy("Amount a month"))
    currency = CurrencyCodeField()


class MinimumWageForm(TermForm):
    model = MinimumWage

    country = forms.ChoiceField(
        label=gettext_lazy("Country"), choices=countries_or_none, widget=LongSelect
    )
    region = forms.CharField(
        label=gettext_lazy("Region"),
        max_length=80,
        help_text=gettext_lazy("As the employments write it."),
    )
    amount = forms.DecimalField(
        label=gettext_lazy("Amount a month"), min_value=0.0001, max_digits=18, decimal_places=4
    )
    currency = CurrencyCodeField()


class AgreementForm(TermForm):
    model = Agreement

    person = _person()
    kind = forms.ChoiceField(
        label=pgettext_lazy("agreement", "About"), choices=AgreementKind.choices
    )
    reference = forms.CharField(label=pgettext_lazy("agreement", "Where it stands"), max_length=200)


class CoalitionForm(TermForm):
    model = CoalitionValue

    pool = forms.CharField(
        label=gettext_lazy("Name in plans"),
        max_length=60,
        help_text=gettext_lazy("As the pool of the plan calls its values."),
    )
    team = forms.ModelChoiceField(label=gettext_lazy("Team"), queryset=Team.objects.all())
    members = forms.CharField(
        label=gettext_lazy("Members"),
        max_length=400,
        help_text=gettext_lazy("Employee numbers joined by +, such as E-17+E-23."),
    )
    value = _amount(gettext_lazy("Value"))

    def clean_members(self) -> str:
        numbers = {part.strip() for part in self.cleaned_data["members"].split("+")}
        known = set(Person.objects.filter(number__in=numbers).values_list("number", flat=True))
        for number in sorted(numbers - known):
            self.add_error("members", _("Nobody has the number “%(number)s”.") % {"number": number})
        return "+".join(sorted(numbers))


FORMS: dict[str, type[TermForm]] = {
    "agreed_amounts": AgreedAmountForm,
    "base_pay": BasePayForm,
    "minimum_wages": MinimumWageForm,
    "agreements": AgreementForm,
    "coalitions": CoalitionForm,
}
