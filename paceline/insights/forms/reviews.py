"""Forms of a review and of notes beside figures."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from paceline.boards.queries import places_for
from paceline.insights.measures import MEASURES
from paceline.insights.models import EntryKind, NoteKind
from paceline.insights.queries import reviews
from paceline.org.models import Person, Team
from paceline.org.queries import members

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
    executor = forms.ModelChoiceField(
        label=_("Who"), queryset=Person.objects.none(), required=False
    )
    due_on = forms.DateField(label=_("Until when"), required=False, widget=DAY)
    place = forms.ChoiceField(label=_("Project and list"))

    def __init__(self, *args: Any, viewer: Person, team: Team, on: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        places = places_for(viewer, team.pk)
        self.places = {str(one.pk): one for one, _name in places}
        names = [(str(one.pk), name) for one, name in places]
        self.fields["place"].choices = names  # type: ignore[attr-defined]
        self.fields["executor"].queryset = members([team], on)  # type: ignore[attr-defined]

    @property
    def cards(self) -> Any:
        return self.places[self.cleaned_data["place"]]

    def facts(self) -> dict[str, Any]:
        names = ("title", "executor", "due_on")
        return {name: self.cleaned_data[name] for name in names if self.cleaned_data[name]}


class NoteForm(forms.Form):
    """What happened that explains a figure."""

    on = forms.DateField(label=_("Day"), widget=DAY)
    kind = forms.ChoiceField(label=_("Kind"), choices=NoteKind.choices)
    measure = forms.ChoiceField(label=_("Of which measure"), required=False)
    team = forms.ModelChoiceField(
        label=_("Team"), queryset=Team.objects.none(), required=False,
        empty_label=_("The whole company"),
    )  # fmt: skip
    text = forms.CharField(
        label=_("Note"), max_length=2000, widget=forms.Textarea(attrs={"rows": 2})
    )

    def __init__(self, *args: Any, viewer: Person, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        every: Any = [("", _("Any")), *((key, one.name) for key, one in MEASURES.items())]
        self.fields["measure"].choices = every  # type: ignore[attr-defined]
        teams = Team.objects.filter(pk__in=[one.pk for one in reviews.teams_for(viewer)])
        self.fields["team"].queryset = teams  # type: ignore[attr-defined]
