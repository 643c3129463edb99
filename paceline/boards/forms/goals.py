"""The form of a goal's next step."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy, pgettext_lazy

from paceline.boards.forms.cards import PersonField, date_input
from paceline.boards.models import CardList
from paceline.kernel.day_fields import DayField
from paceline.kernel.selects import LongSelect
from paceline.org.models import Person


class NextStepForm(forms.Form):
    """What to do next for a goal, on which board, by whom and until when."""

    title = forms.CharField(label=gettext_lazy("What to do"), max_length=300)
    place = forms.ChoiceField(label=gettext_lazy("Project and list"), widget=LongSelect)
    due_on = DayField(label=gettext_lazy("Due"), required=False, widget=date_input())

    def __init__(
        self,
        *args: Any,
        places: Sequence[tuple[CardList, str]],
        people: Sequence[Person],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.places = {str(one.pk): one for one, _name in places}
        names = [(str(one.pk), name) for one, name in places]
        self.fields["place"].choices = names  # type: ignore[attr-defined]
        self.fields["executor"] = PersonField(people, label=pgettext_lazy("card", "Executor"))
        self.order_fields(["title", "place", "executor", "due_on"])

    @property
    def cards(self) -> CardList:
        return self.places[self.cleaned_data["place"]]

    def facts(self) -> dict[str, Any]:
        names = ("title", "executor", "due_on")
        return {name: self.cleaned_data[name] for name in names if self.cleaned_data[name]}
