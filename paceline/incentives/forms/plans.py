"""Forms around plans: a new plan, a new version, an assignment, an end."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from paceline.incentives import pay_words
from paceline.incentives.actions.plans import EffectiveInsidePeriodBefore
from paceline.incentives.calculation.documents import edit
from paceline.incentives.calculation.periods import containing
from paceline.incentives.forms.plan.head import PERIODS
from paceline.incentives.models import Plan
from paceline.incentives.plan_templates import PlanTemplate, periods_of
from paceline.kernel import formats
from paceline.kernel.currency_fields import CurrencyCodeField
from paceline.kernel.day_fields import DayField
from paceline.org.models import Person, Position, Team


def day_field(label: Any, **terms: Any) -> DayField:
    return DayField(
        label=label, widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}), **terms
    )


CODE_TAKEN = _("Another plan has this code.")


def mid_period(nearest: date) -> str:
    return gettext("A version counts from the first day of a period, for example %(day)s.") % {
        "day": formats.day(nearest)
    }


def inside_period_before(refused: EffectiveInsidePeriodBefore) -> str:
    period = pay_words.period_name(refused.period)
    if refused.nearest is None:
        text = gettext(
            "The version before pays %(period)s as a whole; days would be paid twice. End the"
            " assignments of this plan, and pay by a plan of its own from then on."
        )
        return text % {"period": period}
    text = gettext(
        "The version before pays %(period)s as a whole; days would be paid twice. Periods of both"
        " versions begin on %(day)s; or end the assignments of this plan, and pay by a plan of its"
        " own from then on."
    )
    return text % {"period": period, "day": formats.day(refused.nearest)}


class NewPlanForm(forms.Form):
    """A plan from a ready one: its name and code, currency, period and first day."""

    name = forms.CharField(label=pgettext_lazy("plan", "Name"), max_length=120)
    code = forms.RegexField(
        label=pgettext_lazy("short name", "Code"),
        regex=r"^[a-z][a-z0-9-]*$",
        max_length=60,
        help_text=_("Small letters, digits and hyphens. It stays for good."),
        error_messages={"invalid": _("Write small letters, digits and hyphens, a letter first.")},
    )
    currency = CurrencyCodeField()
    period = forms.ChoiceField(label=_("Paid for each"), choices=PERIODS)
    effective_from = day_field(_("Effective from"), help_text=_("The first day of a period."))

    def __init__(self, *args: Any, template: PlanTemplate, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.template = template
        fitting = periods_of(template.key)
        period = self.fields["period"]
        assert isinstance(period, forms.ChoiceField)  # noqa: S101 - declared above
        period.choices = [(value, label) for value, label in PERIODS if value in fitting]

    def clean_code(self) -> str:
        code: str = self.cleaned_data["code"]
        if Plan.objects.filter(code=code).exists():
            raise forms.ValidationError(CODE_TAKEN)
        return code

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        day, kind = cleaned.get("effective_from"), cleaned.get("period")
        if day and kind:
            first_day = containing(day, kind).starts_on
            if day != first_day:
                self.add_error("effective_from", mid_period(first_day))
        return cleaned

    def source(self) -> str:
        """The ready plan's text with this name, code, currency and period."""
        values = self.cleaned_data
        source = self.template.source
        for key in ("name", "currency", "period"):
            source = edit.set_value(source, (key,), values[key])
        return edit.set_value(source, ("plan",), values["code"])


class EffectiveFromForm(forms.Form):
    """The day from which a new version is to count."""

    effective_from = day_field(_("Effective from"), help_text=_("The first day of a period."))


class AssignmentForm(forms.Form):
    """Whom a plan pays, and on which days. Exactly one of position, team and person."""

    position = forms.ModelChoiceField(
        Position.objects.none(), label=_("Position"), required=False, empty_label="–"
    )
    team = forms.ModelChoiceField(
        Team.objects.none(),
        label=_("Team"),
        required=False,
        empty_label="–",
        help_text=_("With the teams below it."),
    )
    person = forms.ModelChoiceField(
        Person.objects.none(), label=_("Person"), required=False, empty_label="–"
    )
    starts_on = day_field(_("First day"))
    last_day = day_field(_("Last day"), required=False, help_text=_("Empty: no end yet."))

    def __init__(self, data: Any, *, asking: Person, today: date, counts_from: date) -> None:
        super().__init__(data, initial={"starts_on": max(today, counts_from)})
        if counts_from > today:
            self.fields["starts_on"].help_text = gettext(
                "The plan counts from %(day)s on; before that it pays nothing."
            ) % {"day": formats.day(counts_from)}
        choices: dict[str, Any] = {
            "position": Position.objects.order_by("title"),
            "team": Team.objects.order_by("name"),
            "person": Person.objects.visible_to(asking).order_by("name"),
        }
        for name, rows in choices.items():
            field = self.fields[name]
            assert isinstance(field, forms.ModelChoiceField)  # noqa: S101 - declared above
            field.queryset = rows

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        chosen = [values[key] for key in ("position", "team", "person") if values.get(key)]
        if len(chosen) != 1:
            raise forms.ValidationError(_("Choose one position, one team or one person."))
        values["to"] = chosen[0]
        values["ends_before"] = day_after(values.get("last_day"))
        return values


class LastDayForm(forms.Form):
    """The last day of an assignment; empty opens its end again."""

    last_day = day_field(_("Last day"), required=False)

    def ends_before(self) -> date | None:
        return day_after(self.cleaned_data.get("last_day"))


def day_after(last_day: date | None) -> date | None:
    """Screens take the last day that counts; rows keep the first that does not."""
    return None if last_day is None else last_day + timedelta(days=1)
