"""Forms of a review and of notes beside figures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from paceline.boards.queries import places_for
from paceline.insights.measures import MEASURES
from paceline.insights.models import EntryKind, NoteKind
from paceline.kernel.day_fields import DayField
from paceline.org.models import Person, Team

DAY = forms.DateInput(attrs={"type": "date"})


class EntryForm(forms.Form):
    kind = forms.ChoiceField(label=_("Kind"), choices=EntryKind.choices)
    text = forms.CharField(
        label=_("What was seen or decided"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class TaskForm(forms.Form):
    """A card made of what was decided."""

    title = forms.CharField(label=_("What to do"), max_length=300)
    executor = forms.TypedChoiceField(label=_("Who"), required=False, empty_value=None, coerce=int)
    due_on = DayField(label=_("Until when"), required=False, widget=DAY)
    place = forms.ChoiceField(label=_("Project and list"))

    def __init__(
        self,
        *args: Any,
        viewer: Person,
        team: Team,
        people: Sequence[tuple[int, str]],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        places = places_for(viewer, team.pk)
        self.places = {str(one.pk): one for one, _name in places}
        names = [(str(one.pk), name) for one, name in places]
        self.fields["place"].choices = names  # type: ignore[attr-defined]
        self.fields["executor"].choices = [("", "–"), *people]  # type: ignore[attr-defined]

    @property
    def cards(self) -> Any:
        return self.places[self.cleaned_data["place"]]

    def facts(self) -> dict[str, Any]:
        names = ("title", "executor", "due_on")
        found = {name: self.cleaned_data[name] for name in names if self.cleaned_data[name]}
        if "executor" in found:
            found["executor"] = Person.objects.get(pk=found["executor"])
        return found


class NoteForm(forms.Form):
    """What happened that explains a figure."""

    on = DayField(label=_("Day"), widget=DAY)
    kind = forms.ChoiceField(label=_("Kind"), choices=NoteKind.choices)
    measure = forms.ChoiceField(label=_("Of which measure"), required=False)
    team = forms.TypedChoiceField(label=_("Team"), required=False, empty_value=None)
    text = forms.CharField(
        label=_("Note"), max_length=2000, widget=forms.Textarea(attrs={"rows": 2})
    )

    def __init__(self, *args: Any, teams: Sequence[Team], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known = {str(one.pk): one for one in teams}
        own: Any = self.fields["team"]
        own.choices = [("", _("The whole company")), *((pk, t.name) for pk, t in known.items())]
        own.coerce = known.__getitem__
        every: Any = [("", _("Any")), *((key, one.name) for key, one in MEASURES.items())]
        self.fields["measure"].choices = every  # type: ignore[attr-defined]
