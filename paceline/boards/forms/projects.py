"""The forms of a project and its lists."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from paceline.boards.models import CardList, Project, Reach, Right
from paceline.crm.models import scope_of
from paceline.kernel.selects import LongSelect
from paceline.kernel.time_zones import time_zones, time_zones_with
from paceline.org.models import Person, Role, Team


class ProjectForm(forms.Form):
    """A project: its name, what it is for, to whom it is open, in which zone it lives."""

    name = forms.CharField(label=pgettext_lazy("project", "Name"), max_length=120)
    description = forms.CharField(
        label=gettext_lazy("What it is for"), required=False, max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )  # fmt: skip
    reach = forms.ChoiceField(label=gettext_lazy("Who may see it"), choices=Reach.choices)
    open_right = forms.ChoiceField(
        label=gettext_lazy("What those may do who are no members"),
        choices=[one for one in Right.choices if one[0] != Right.ARRANGE],
    )
    time_zone = forms.ChoiceField(
        label=gettext_lazy("Time zone"),
        choices=time_zones,
        widget=LongSelect,
    )
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(
        self, *args: Any, viewer: Person, project: Project | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["team"] = forms.ModelChoiceField(
            label=_("Team"), queryset=_teams(viewer, project), required=False, empty_label="–"
        )
        zones: Any = self.fields["time_zone"]
        zones.choices = time_zones_with(self.initial.get("time_zone"))
        self.order_fields(["name", "description", "team", "reach", "open_right", "time_zone"])

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("reach") == Reach.TEAM and not cleaned.get("team"):
            self.add_error("team", _("Choose the team to which it is open."))
        return cleaned

    def facts(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in self.fields if name != "version"}


def _teams(viewer: Person, project: Project | None) -> Any:
    """One's own teams and those below; for those who oversee all, every team."""
    if viewer.has_role(Role.EXECUTIVE, Role.HR):
        return Team.objects.all()
    teams = set(scope_of(viewer).all_teams)
    if project is not None and project.team_id is not None:
        teams.add(project.team_id)
    return Team.objects.filter(pk__in=teams)


def initial_of(project: Project) -> dict[str, Any]:
    names = ("name", "description", "team", "reach", "open_right", "time_zone", "version")
    return {name: getattr(project, name) for name in names}


class ListForm(forms.Form):
    """A list: its name, how many cards may stand in it, whether they are done there.

    What was read is sent along, so that nobody overwrites what they have not seen.
    """

    name = forms.CharField(label=pgettext_lazy("list of cards", "Name"), max_length=80)
    limit = forms.IntegerField(
        label=gettext_lazy("Most open cards at once"), required=False, min_value=1, max_value=999,
        help_text=gettext_lazy("Left empty, there is no limit."),
    )  # fmt: skip
    ends_work = forms.BooleanField(label=gettext_lazy("Cards here are done"), required=False)
    seen_name = forms.CharField(required=False, widget=forms.HiddenInput)
    seen_limit = forms.IntegerField(required=False, widget=forms.HiddenInput)
    seen_ends_work = forms.CharField(required=False, widget=forms.HiddenInput)

    def facts(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in ("name", "limit", "ends_work")}

    def seen(self) -> dict[str, Any] | None:
        data = self.cleaned_data
        if not data["seen_name"]:
            return None
        return {
            "name": data["seen_name"],
            "limit": data["seen_limit"],
            "ends_work": data["seen_ends_work"] == "True",
        }


def seen_of(cards: CardList) -> dict[str, Any]:
    """The list as the form shows it, and as it was read."""
    values = {name: getattr(cards, name) for name in ("name", "limit", "ends_work")}
    return {**values, **{f"seen_{name}": value for name, value in values.items()}}
