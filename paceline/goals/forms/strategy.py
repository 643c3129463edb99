"""Forms of strategy pages."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from paceline.goals import access
from paceline.goals.actions import StrategyText
from paceline.goals.models import StrategyPage
from paceline.goals.models.strategy import STRATEGY_TEXT_MAX
from paceline.org.models import Person, Team


def _area(rows: int) -> forms.Textarea:
    return forms.Textarea(attrs={"rows": rows})


class StrategyForm(forms.Form):
    """What a page says; a new one also says whose it is, a changed one why."""

    team = forms.ModelChoiceField(
        label=gettext_lazy("Team"),
        queryset=Team.objects.all(),
        required=False,
        empty_label=gettext_lazy("The company as a whole"),
    )
    title = forms.CharField(label=pgettext_lazy("of a text", "Title"), max_length=120)
    positioning = forms.CharField(
        label=gettext_lazy("Positioning"),
        max_length=STRATEGY_TEXT_MAX,
        widget=_area(5),
        help_text=gettext_lazy("What we are to our customers, and why they choose us."),
    )
    customers = forms.CharField(
        label=gettext_lazy("Target customers"),
        max_length=STRATEGY_TEXT_MAX,
        required=False,
        widget=_area(4),
    )
    channels = forms.CharField(
        label=gettext_lazy("Channels"), max_length=STRATEGY_TEXT_MAX, required=False,
        widget=_area(4),
    )  # fmt: skip
    not_doing = forms.CharField(
        label=gettext_lazy("What we leave to others"),
        max_length=STRATEGY_TEXT_MAX,
        required=False,
        widget=_area(3),
    )

    def __init__(
        self, *args: Any, viewer: Person, page: StrategyPage | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.viewer = viewer
        if page is None:
            return
        self.fields.pop("team")
        self.fields["reason"] = forms.CharField(
            label=gettext_lazy("What changed, and why"), max_length=1000, widget=_area(2)
        )
        self.fields["seen"] = forms.IntegerField(widget=forms.HiddenInput)

    def clean_team(self) -> Team | None:
        team: Team | None = self.cleaned_data["team"]
        if not access.may_write_strategy(self.viewer, team):
            raise forms.ValidationError(_("You cannot write the strategy of this team."))
        return team

    def text(self) -> StrategyText:
        data = self.cleaned_data
        names = ("title", "positioning", "customers", "channels", "not_doing")
        return StrategyText(**{name: data[name].strip() for name in names})
