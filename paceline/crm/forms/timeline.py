"""Quick notes: a call, note, mail, chat, meeting or task; feedback; consent; erasing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from paceline.crm import queries
from paceline.crm.forms.choices import date_input
from paceline.crm.models import (
    TEXT_MAX,
    ActivityKind,
    ConsentChannel,
    Direction,
    FeedbackKind,
    LeadStatus,
    Severity,
)
from paceline.kernel import formats
from paceline.kernel.day_fields import DayField
from paceline.kernel.selects import LongSelect
from paceline.org.models import Person


def colleagues_of(viewer: Person, on: date) -> list[Person]:
    """To whom a task may be given: oneself first."""
    found = list(queries.sellers(viewer, on))
    return [viewer, *(one for one in found if one.pk != viewer.pk)]


class AssigneeField(forms.TypedChoiceField):
    """Somebody among colleagues that were read before: several forms of a page share them."""

    widget = LongSelect

    def __init__(self, colleagues: Sequence[Person]) -> None:
        self.people = {str(one.pk): one for one in colleagues}
        super().__init__(
            label=_("For"),
            required=False,
            choices=[(key, one.name) for key, one in self.people.items()],
            coerce=lambda key: self.people[key],
            empty_value=None,
        )


class ActivityForm(forms.Form):
    """One thing that happened or is to be done. Only what its kind needs is asked for."""

    kind = forms.ChoiceField(label=gettext_lazy("Kind"), choices=ActivityKind.choices)
    subject = forms.CharField(label=gettext_lazy("Subject"), max_length=200, required=False)
    text = forms.CharField(
        label=gettext_lazy("Text"), required=False, widget=forms.Textarea(attrs={"rows": 3})
    )
    direction = forms.ChoiceField(
        label=gettext_lazy("Direction"), required=False, choices=[("", "–"), *Direction.choices]
    )
    minutes = forms.IntegerField(
        label=gettext_lazy("Minutes"), required=False, min_value=0, max_value=1440
    )
    due_on = DayField(label=gettext_lazy("Due"), required=False, widget=date_input())

    def __init__(self, *args: Any, colleagues: Sequence[Person], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["assignee"] = AssigneeField(colleagues)

    def clean_text(self) -> str:
        text: str = self.cleaned_data["text"]
        if len(text) > TEXT_MAX:
            told = _("The text has %(length)s letters; %(most)s are the most.")
            counts = formats.with_counts({"length": len(text), "most": TEXT_MAX})
            raise forms.ValidationError(told % counts)
        return text

    def facts(self) -> dict[str, Any]:
        data = self.cleaned_data
        facts = {"subject": data["subject"], "text": data["text"]}
        if data["kind"] == ActivityKind.TASK:
            return {**facts, "due_on": data["due_on"], "assignee": data["assignee"]}
        if data["kind"] == ActivityKind.NOTE:
            return facts
        return {**facts, "direction": data["direction"], "minutes": data["minutes"]}


class FeedbackForm(forms.Form):
    """What a customer said of us."""

    kind = forms.ChoiceField(label=gettext_lazy("Kind"), choices=FeedbackKind.choices)
    severity = forms.ChoiceField(
        label=pgettext_lazy("feedback", "Severity"), choices=Severity.choices,
        initial=Severity.NORMAL,
    )  # fmt: skip
    text = forms.CharField(
        label=gettext_lazy("What they said"), max_length=TEXT_MAX,
        widget=forms.Textarea(attrs={"rows": 3}),
    )  # fmt: skip
    due_on = DayField(label=gettext_lazy("Answer by"), required=False, widget=date_input())

    def __init__(self, *args: Any, colleagues: Sequence[Person], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["assignee"] = AssigneeField(colleagues)


class ConsentForm(forms.Form):
    """That a customer allowed to be reached."""

    channel = forms.ChoiceField(label=gettext_lazy("Channel"), choices=ConsentChannel.choices)
    purpose = forms.CharField(label=gettext_lazy("For what"), max_length=200)
    source = forms.CharField(
        label=gettext_lazy("Where it was given"), max_length=200,
        help_text=gettext_lazy("Such as a form, a letter or a call, with its day."),
    )  # fmt: skip


class EraseForm(forms.Form):
    """Why a person is forgotten, and that it is meant."""

    reason = forms.CharField(
        label=gettext_lazy("Why"), max_length=300,
        help_text=gettext_lazy("Such as the day of the request. Name nobody here."),
    )  # fmt: skip
    is_meant = forms.BooleanField(label=gettext_lazy("I know that this cannot be undone."))


class StatusForm(forms.Form):
    """Where a lead stands."""

    status = forms.ChoiceField(
        label=gettext_lazy("Status"),
        choices=[one for one in LeadStatus.choices if one[0] != LeadStatus.CONVERTED],
    )
    why_not = forms.CharField(label=gettext_lazy("Why not"), max_length=200, required=False)
