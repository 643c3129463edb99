"""The forms of a card."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from paceline.boards.models import TEXT_MAX, Card, CardField
from paceline.kernel import own_fields
from paceline.kernel.day_fields import DayField
from paceline.kernel.selects import LongSelect
from paceline.org.models import Person

FACTS = ("title", "description", "executor", "starts_on", "due_on", "due_time", "estimate")


def date_input() -> forms.DateInput:
    return forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class PersonField(forms.TypedChoiceField):
    """Somebody among people that were read before."""

    widget = LongSelect

    def __init__(self, people: Sequence[Person], *, empty: str = "–", **kwargs: Any) -> None:
        self.people = {str(one.pk): one for one in people}
        kwargs.setdefault("required", False)
        super().__init__(
            choices=[("", empty), *((key, one.name) for key, one in self.people.items())],
            coerce=lambda key: self.people[key], empty_value=None, **kwargs,
        )  # fmt: skip

    def prepare_value(self, value: Any) -> Any:
        return value.pk if isinstance(value, Person) else value


class CardForm(forms.Form):
    """All fields of a card, those that its project added as well."""

    title = forms.CharField(label=pgettext_lazy("of a text", "Title"), max_length=300)
    description = forms.CharField(
        label=gettext_lazy("Description"), required=False, max_length=TEXT_MAX,
        widget=forms.Textarea(attrs={"rows": 6}),
    )  # fmt: skip
    starts_on = DayField(label=pgettext_lazy("card", "Start"), required=False, widget=date_input())
    due_on = DayField(label=gettext_lazy("Due"), required=False, widget=date_input())
    due_time = forms.TimeField(
        label=gettext_lazy("Time of day"), required=False,
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
    )  # fmt: skip
    estimate = forms.IntegerField(
        label=gettext_lazy("Estimated minutes"), required=False, min_value=1, max_value=1_000_000
    )
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(
        self,
        *args: Any,
        people: Sequence[Person],
        fields: Sequence[CardField],
        card: Card | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        known = list(people)
        if card is not None and card.executor is not None and card.executor not in known:
            known.insert(0, card.executor)
        self.fields["executor"] = PersonField(
            known, empty=_("Nobody yet"), label=pgettext_lazy("card", "Executor")
        )
        self.own_fields = fields
        for one in fields:
            values = {} if card is None else card.custom
            self.fields[own_fields.name_of(one)] = own_fields.form_field(one, values)
        self.order_fields(["title", "description", "executor", "starts_on", "due_on", "due_time"])

    def facts(self) -> dict[str, Any]:
        facts = {name: self.cleaned_data[name] for name in FACTS}
        facts["custom"] = {
            one.key: own_fields.kept(one, self.cleaned_data[own_fields.name_of(one)])
            for one in self.own_fields
        }
        return facts


def initial_of(card: Card) -> dict[str, Any]:
    return {name: getattr(card, name) for name in (*FACTS, "version")}
