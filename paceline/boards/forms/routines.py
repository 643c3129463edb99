"""The forms of recurring cards, rules and ready projects."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, time
from typing import Any

from django import forms
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy

from paceline.boards.forms.cards import PersonField, date_input
from paceline.boards.forms.projects import ProjectForm
from paceline.boards.models import CardList, Label, Trigger, Unit
from paceline.kernel.day_fields import DayField
from paceline.org.models import Person


class RecurrenceForm(forms.Form):
    """What comes again, how often, at what time of day."""

    title = forms.CharField(label=pgettext_lazy("of a text", "Title"), max_length=300)
    description = forms.CharField(
        label=gettext_lazy("Description"), required=False, max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )  # fmt: skip
    checklist = forms.CharField(
        label=gettext_lazy("Checklist, one item a line"), required=False, max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )  # fmt: skip
    every = forms.IntegerField(label=gettext_lazy("Every"), min_value=1, max_value=366, initial=1)
    unit = forms.ChoiceField(
        label=pgettext_lazy("recurrence", "Unit"), choices=Unit.choices, initial=Unit.WEEK
    )
    weekdays = forms.TypedMultipleChoiceField(
        label=gettext_lazy("On these days of the week"), required=False, coerce=int,
        choices=list(WEEKDAYS.items()), widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("For those that come by weeks."),
    )  # fmt: skip
    at_time = forms.TimeField(
        label=gettext_lazy("Time of day"), initial=time(9),
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
    )  # fmt: skip
    starts_on = DayField(label=gettext_lazy("First day"), widget=date_input())
    ends_before = DayField(label=gettext_lazy("Until before"), required=False, widget=date_input())
    due_after = forms.IntegerField(
        label=gettext_lazy("Due after days"), required=False, min_value=0, max_value=365
    )

    def __init__(
        self,
        *args: Any,
        lists: Sequence[CardList],
        people: Sequence[Person],
        labels: Sequence[Label],
        on: date,
        zone: str,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.lists = {str(one.pk): one for one in lists}
        self.known_labels = {str(one.pk): one for one in labels}
        self.fields["list"] = forms.TypedChoiceField(
            label=pgettext("list of cards", "List"),
            choices=[(key, one.name) for key, one in self.lists.items()],
            coerce=lambda key: self.lists[key],
        )  # fmt: skip
        self.fields["executor"] = PersonField(people, empty=_("Nobody yet"), label=_("Executor"))
        self.fields["labels"] = forms.TypedMultipleChoiceField(
            label=_("Labels"), required=False, widget=forms.CheckboxSelectMultiple,
            choices=[(key, one.name) for key, one in self.known_labels.items()],
            coerce=lambda key: self.known_labels[key],
        )  # fmt: skip
        self.fields["starts_on"].initial = on
        self.fields["at_time"].help_text = _("In the time zone of the project: %(zone)s.") % {
            "zone": zone
        }
        self.order_fields(["title", "list", "executor", "labels"])

    def facts(self) -> dict[str, Any]:
        data = dict(self.cleaned_data)
        data.pop("labels")
        data["checklist"] = [one.strip() for one in data["checklist"].splitlines() if one.strip()]
        data["weekdays"] = sorted(data["weekdays"]) if data["unit"] == Unit.WEEK else []
        return data


# What narrows a rule, by the triggers to which it belongs; and the steps as they are done. Moving
# comes last, so that its rules see all.
NARROWED_BY: dict[str, tuple[str, ...]] = {
    "list": (Trigger.MOVED.value, Trigger.CREATED.value),
    "label": (Trigger.LABELLED.value,),
    "days_before": (Trigger.DUE.value,),
}
STEPS = ("assign", "add_label", "due", "notify", "finish", "move")


class RuleForm(forms.Form):
    """When what happens, and what is done then."""

    name = forms.CharField(label=pgettext_lazy("rule", "Name"), max_length=120)
    trigger = forms.ChoiceField(
        label=pgettext_lazy("rule", "What happens"), choices=Trigger.choices
    )
    days_before = forms.IntegerField(
        label=gettext_lazy("Days before it is due"), required=False, min_value=0, max_value=365
    )
    due = forms.IntegerField(
        label=gettext_lazy("Make it due in so many days"), required=False, min_value=0,
        max_value=365,
    )  # fmt: skip
    notify = forms.CharField(
        label=gettext_lazy("Tell its people"), required=False, max_length=200,
        help_text=gettext_lazy("A sentence to the executor and the participants."),
    )  # fmt: skip
    finish = forms.BooleanField(label=gettext_lazy("Finish it"), required=False)

    def __init__(
        self,
        *args: Any,
        lists: Sequence[CardList],
        people: Sequence[Person],
        labels: Sequence[Label],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        rows = [(str(one.pk), one.name) for one in lists]
        marks = [(str(one.pk), one.name) for one in labels]
        self.lists = {str(one.pk): one for one in lists}
        self.known_labels = {str(one.pk): one for one in labels}

        def choice(label: str, choices: list[tuple[str, str]]) -> forms.ChoiceField:
            return forms.ChoiceField(label=label, required=False, choices=[("", "–"), *choices])

        self.fields["list"] = choice(_("In this list only"), rows)
        self.fields["label"] = choice(_("With this label"), marks)
        self.fields["assign"] = PersonField(people, label=_("Give it to"))
        self.fields["move"] = choice(_("Move it to"), rows)
        self.fields["add_label"] = choice(_("Label it"), marks)

    def conditions(self) -> list[tuple[forms.BoundField, str]]:
        """What the rule waits for, and what narrows it, with the triggers to which it belongs."""
        return [
            (self["trigger"], ""),
            *((self[name], " ".join(triggers)) for name, triggers in NARROWED_BY.items()),
        ]

    def step_fields(self) -> list[forms.BoundField]:
        """What is done, in the order in which it is done."""
        return [self[name] for name in STEPS]

    def clean(self) -> dict[str, Any]:
        """What narrows another trigger does not count."""
        data: dict[str, Any] = super().clean() or self.cleaned_data
        for name, triggers in NARROWED_BY.items():
            if data.get("trigger") not in triggers:
                data[name] = None if name == "days_before" else ""
        return data

    def steps(self) -> list[dict[str, Any]]:
        """What is done, in the order of the form."""
        data = self.cleaned_data
        found: list[dict[str, Any]] = []
        if data["assign"]:
            found.append({"do": "assign", "person": data["assign"].pk})
        if data["add_label"]:
            found.append({"do": "label", "label": int(data["add_label"])})
        if data["due"] is not None:
            found.append({"do": "due", "days": data["due"]})
        if data["notify"].strip():
            found.append({"do": "notify", "text": data["notify"]})
        if data["finish"]:
            found.append({"do": "finish"})
        if data["move"]:
            found.append({"do": "move", "list": int(data["move"])})
        return found


class BeginForm(ProjectForm):
    """A project from a ready one; its dates are counted from a day."""

    day = DayField(widget=date_input())

    def __init__(self, *args: Any, day_label: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["day"].label = day_label
        self.order_fields(["name", "day", "description", "team", "reach", "open_right"])

    def facts(self) -> dict[str, Any]:
        return {name: value for name, value in super().facts().items() if name != "day"}
