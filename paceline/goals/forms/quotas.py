"""Setting a quota and entering figures by hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from paceline.goals import queries
from paceline.goals.actions import Entry, Target
from paceline.goals.actions.figures import latest_of
from paceline.goals.forms import periods
from paceline.goals.models import Figure, FigureKind, Quota, Unit
from paceline.kernel import formats
from paceline.kernel.currency_fields import CurrencyCodeField
from paceline.kernel.day_fields import DayField
from paceline.org.models import Person, Team


class QuotaForm(forms.Form):
    """A payee or a team, a period or days, a target, and why."""

    person = forms.ModelChoiceField(
        label=gettext_lazy("Payee"), queryset=Person.objects.none(), required=False
    )
    team = forms.ModelChoiceField(
        label=gettext_lazy("Or team"),
        queryset=Team.objects.all(),
        required=False,
        help_text=gettext_lazy("For plans that hold the team as a whole against a target."),
    )
    measure = forms.CharField(label=gettext_lazy("Measure"), max_length=60, initial="sales")
    period = forms.CharField(label=gettext_lazy("Period"), required=False, max_length=30)
    starts_on = DayField(
        label=gettext_lazy("First day"),
        required=False,
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
    )
    last_day = DayField(
        label=gettext_lazy("Last day"),
        required=False,
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
    )
    amount = forms.DecimalField(
        label=gettext_lazy("Quota"), min_value=0, max_digits=18, decimal_places=4
    )
    currency = CurrencyCodeField()
    reason = forms.CharField(
        label=gettext_lazy("Why"),
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=gettext_lazy("Kept with the quota and in the audit trail."),
    )

    def __init__(self, *args: Any, viewer: Person, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = Person.objects.visible_to(viewer)
        self.fields["person"].queryset = people  # type: ignore[attr-defined]
        if not self.initial.get("starts_on"):
            self.initial.setdefault("period", periods.current(today))
        periods.offer(self, "period", today, _("Days of one's own, given below"))

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if bool(cleaned.get("person")) == bool(cleaned.get("team")):
            self.add_error("person", _("Choose either a payee or a team."))
        text = cleaned.get("period", "").strip()
        if text and (cleaned.get("starts_on") or cleaned.get("last_day")):
            self.add_error("period", _("Choose either a period or days."))
        elif text:
            days = periods.days_of(text)
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
        "team": quota.team_id,
        "measure": quota.measure,
        "starts_on": quota.starts_on,
        "last_day": quota.last_day,
        "amount": quota.amount.normalize(),
        "currency": quota.currency,
    }


HUNDRED = Decimal(100)


class GridChoice(forms.Form):
    """Which team's figures of which period, and which of them."""

    team = forms.ModelChoiceField(label=gettext_lazy("Team"), queryset=Team.objects.all())
    period = forms.CharField(
        label=gettext_lazy("Period"),
        max_length=30,
        help_text=gettext_lazy("Figures count on its last day."),
    )
    kind = forms.ModelMultipleChoiceField(
        label=gettext_lazy("Figures"),
        queryset=FigureKind.objects.all(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("Without a choice, those that are usual for the team."),
    )

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.setdefault("period", periods.current(today))
        periods.offer(self, "period", today, _("Choose a period"))

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        days = periods.days_of(cleaned.get("period", "").strip())
        if days is None and not self.errors.get("period"):
            self.add_error("period", _("This is not a period."))
        cleaned["days"] = days
        return cleaned

    @property
    def counts_on(self) -> date:
        last: date = self.cleaned_data["days"][1] - timedelta(days=1)
        return last


@dataclass(frozen=True, slots=True)
class GridRow:
    """A member of the team with a field for each figure."""

    person: Person
    cells: list[forms.BoundField]


class FigureGrid(forms.Form):
    """A team's figures of a day: a number for each member and kind, percentages in points."""

    seen = forms.IntegerField(widget=forms.HiddenInput)
    reason = forms.CharField(
        label=gettext_lazy("Why"),
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=gettext_lazy(
            "Where they come from; needed when a figure that was entered before changes."
        ),
    )

    def __init__(
        self, data: Any = None, *, members: Sequence[Person], kinds: Sequence[FigureKind], on: date
    ) -> None:
        known = queries.figures_on(members, kinds, on)
        super().__init__(data, initial={"seen": latest_of(known.values())})
        self.members, self.kinds, self.on = members, kinds, on
        for member in members:
            for kind in kinds:
                field = forms.DecimalField(
                    label=f"{member.name}{formats.colon()}{kind.label}",
                    required=False,
                    max_digits=18,
                    decimal_places=8 if kind.unit == Unit.PERCENT else 10,
                    initial=_as_typed(known.get((member.pk, kind.pk))),
                    widget=forms.TextInput(
                        attrs={
                            "inputmode": "decimal",
                            "class": "form-control is-figure",
                            "autocomplete": "off",
                            "size": 8,
                        }
                    ),
                )
                self.fields[_cell(member, kind)] = field

    def rows(self) -> list[GridRow]:
        return [
            GridRow(member, [self[_cell(member, kind)] for kind in self.kinds])
            for member in self.members
        ]

    def entries(self) -> list[Entry]:
        return [
            Entry(member, kind, self.on, _as_kept(self.cleaned_data[_cell(member, kind)], kind))
            for member in self.members
            for kind in self.kinds
        ]


def _cell(person: Person, kind: FigureKind) -> str:
    return f"v{person.pk}-{kind.pk}"


def _as_typed(figure: Figure | None) -> str:
    if figure is None or figure.value is None:
        return ""
    value = figure.value * (HUNDRED if figure.kind.unit == Unit.PERCENT else 1)
    return f"{value.normalize():f}"


def _as_kept(value: Decimal | None, kind: FigureKind) -> Decimal | None:
    if value is None or kind.unit != Unit.PERCENT:
        return value
    return value.scaleb(-2)


class FigureKindForm(forms.Form):
    """A kind of figure: its name in plans, what people call it, and its unit."""

    name = forms.RegexField(
        r"^[a-z0-9]+(-[a-z0-9]+)*$",
        label=gettext_lazy("Name in plans"),
        max_length=60,
        help_text=gettext_lazy("Small letters, digits and hyphens, such as first-reply."),
        error_messages={"invalid": gettext_lazy("Use small letters, digits and hyphens.")},
    )
    label = forms.CharField(label=gettext_lazy("Label"), max_length=60)
    unit = forms.ChoiceField(label=gettext_lazy("Unit"), choices=Unit.choices)
