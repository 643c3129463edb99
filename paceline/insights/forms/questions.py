"""Asking by form, keeping what was asked, and the company's currency."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from paceline.insights.asked import VALUE_MAX, Question
from paceline.insights.dimensions import BUCKETS, COMPARISONS, DIMENSIONS, SPANS
from paceline.insights.measures import MEASURES
from paceline.insights.models import Sharing
from paceline.insights.queries.answers import may_read_measure
from paceline.insights.queries.desk import Desk
from paceline.kernel.currency_fields import CurrencyCodeField
from paceline.kernel.day_fields import DayField
from paceline.kernel.selects import LongSelect
from paceline.orders.models import ExchangeRate
from paceline.org.models import Person, Role, Team

NONE = ("", _("–"))


class AskForm(forms.Form):
    """Everything a question is made of; it is sent by GET, so that a question is an address."""

    measure = forms.ChoiceField(label=_("Measure"))
    over = forms.ChoiceField(label=_("Over time, by"), required=False)
    split = forms.ChoiceField(label=_("Split by"), required=False)
    span = forms.ChoiceField(label=_("Days"), choices=list(SPANS.items()))
    compare = forms.ChoiceField(label=_("Compare with"), required=False)

    def __init__(self, *, desk: Desk, question: Question | None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        choices = [
            (key, one.name) for key, one in MEASURES.items() if may_read_measure(desk.reader, one)
        ]
        splits = DIMENSIONS if question is None else question.measure.splits
        self._choose("measure", choices)
        self._choose("over", [NONE, *BUCKETS.items()])
        self._choose("split", [NONE, *((one, DIMENSIONS[one]) for one in splits)])
        self._choose("compare", [NONE, *COMPARISONS.items()])
        day = forms.DateInput(attrs={"type": "date"})
        self.fields["from"] = DayField(label=_("First day"), required=False, widget=day)
        self.fields["to"] = DayField(label=_("Last day"), required=False, widget=day)
        self.fields["in"] = forms.ChoiceField(label=_("Money in"), required=False)
        self._choose("in", _currencies(desk))
        for name in splits:
            self.fields[f"only-{name}"] = self._only(desk, name)

    def _choose(self, name: str, choices: Any) -> None:
        self.fields[name].choices = choices  # type: ignore[attr-defined]

    def _only(self, desk: Desk, name: str) -> forms.Field:
        label: Any = DIMENSIONS[name]
        if name == "team":
            teams = [(code, one.name) for code, one in desk.teams.items()]
            return forms.ChoiceField(label=label, required=False, choices=[NONE, *teams])
        if name == "person":
            seen = desk.people_seen
            people = sorted(
                ((n, name) for n, name in desk.names.items() if seen is None or n in seen),
                key=lambda one: one[1],
            )
            return forms.ChoiceField(
                label=label, required=False, choices=[NONE, *people], widget=LongSelect
            )
        if name == "stage":
            stages = list(desk.stages.items())
            return forms.ChoiceField(label=label, required=False, choices=[NONE, *stages])
        return forms.CharField(label=label, required=False, max_length=VALUE_MAX)

    @property
    def narrowing(self) -> list[Any]:
        return [self[name] for name in self.fields if name.startswith("only-")]

    @property
    def more(self) -> list[Any]:
        return [self[name] for name in ("from", "to", "in")]

    @property
    def is_narrowed(self) -> bool:
        return any(one.value() for one in self.narrowing)


def _currencies(desk: Desk) -> list[tuple[str, Any]]:
    """The company's currency and those that a rate leads to."""
    known = ExchangeRate.objects.order_by().values_list("to_currency", flat=True).distinct()
    own = desk.rule.currency
    return [("", own), *((one, one) for one in sorted(known) if one != own)]


def initial_of(question: Question) -> dict[str, str]:
    return dict(question.parameters())


class ShareForm(forms.Form):
    """A name, and who else finds it."""

    name = forms.CharField(label=_("Name"), max_length=120)
    sharing = forms.ChoiceField(
        label=_("Shared with"), choices=Sharing.choices, initial=Sharing.OWN,
        help_text=_("Each reader sees only the figures that they may see."),
    )  # fmt: skip
    team = forms.ModelChoiceField(label=_("Team"), queryset=Team.objects.none(), required=False)
    role = forms.ChoiceField(label=_("Role"), required=False)

    def __init__(self, *args: Any, viewer: Person, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["team"].queryset = Team.objects.all()  # type: ignore[attr-defined]
        self.fields["role"].choices = [NONE, *Role.choices]  # type: ignore[attr-defined]
        self.viewer = viewer

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("sharing") == Sharing.TEAM and not cleaned.get("team"):
            self.add_error("team", _("Choose the team."))
        if cleaned.get("sharing") == Sharing.ROLE and not cleaned.get("role"):
            self.add_error("role", _("Choose the role."))
        return cleaned


class RuleForm(forms.Form):
    """The currency in which figures of several are added up."""

    currency = CurrencyCodeField()
    rate_type = forms.CharField(label=_("Kind of rate"), max_length=20, initial="average")
