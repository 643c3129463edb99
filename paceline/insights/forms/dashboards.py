"""Forms of dashboards: whose figures, what stands where, when it is mailed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from paceline.insights.actions.dashboards import TILES_MAX, Put
from paceline.insights.charts.catalogue import CHARTS, may_read_chart
from paceline.insights.dimensions import SPANS
from paceline.insights.forms.questions import NONE, ShareForm
from paceline.insights.models import Cadence, Dashboard, SavedQuestion
from paceline.insights.queries.desk import Desk
from paceline.org.models import Person, Team

DAYS = {
    0: gettext_lazy("Monday"), 1: gettext_lazy("Tuesday"), 2: gettext_lazy("Wednesday"),
    3: gettext_lazy("Thursday"), 4: gettext_lazy("Friday"), 5: gettext_lazy("Saturday"),
    6: gettext_lazy("Sunday"),
}  # fmt: skip
OWN_DAYS = [("", gettext_lazy("Each chart's own")), *(
    (key, name) for key, name in SPANS.items() if key != "days"
)]  # fmt: skip


class FrameForm(forms.Form):
    """Whose figures and of which days; sent by GET."""

    team = forms.ChoiceField(label=gettext_lazy("Team"), required=False)
    span = forms.ChoiceField(label=gettext_lazy("Days"), required=False, choices=OWN_DAYS)

    def __init__(self, *, desk: Desk, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        known = [(code, one.name) for code, one in desk.teams.items()]
        chosen = str((self.initial or {}).get("team", ""))
        if chosen and chosen not in desk.teams:
            known.append((chosen, chosen))
        every: Any = [("", gettext_lazy("All that I may see")), *known]
        self.fields["team"].choices = every  # type: ignore[attr-defined]


class LayoutForm(ShareForm):
    """A dashboard: its name, who else finds it, and what stands in each place in order."""

    def __init__(
        self,
        *args: Any,
        dashboard: Dashboard | None,
        puts: Sequence[Put],
        viewer: Person,
        **kwargs: Any,
    ) -> None:
        if dashboard is not None:
            kwargs["initial"] = {
                "name": dashboard.name, "sharing": dashboard.sharing, "team": dashboard.team_id,
                "role": dashboard.role, "only_team": dashboard.only_team, "span": dashboard.span,
            }  # fmt: skip
        super().__init__(*args, viewer=viewer, **kwargs)
        teams = [(one.code, one.name) for one in Team.objects.all()]
        gone = "" if dashboard is None else dashboard.only_team
        if gone and gone not in dict(teams):
            teams.append((gone, gone))
        self.fields["only_team"] = forms.ChoiceField(
            label=_("Figures of"), required=False, choices=[("", _("All that I may see")), *teams]
        )
        self.fields["span"] = forms.ChoiceField(label=_("Days"), required=False, choices=OWN_DAYS)
        self.questions = {one.pk: one for one in SavedQuestion.objects.visible_to(viewer).kept()}
        charts = [
            (f"chart:{key}", one.name) for key, one in CHARTS.items() if may_read_chart(viewer, one)
        ]
        asked = [(f"question:{pk}", one.name) for pk, one in self.questions.items()]
        for place in range(TILES_MAX):
            put = puts[place] if place < len(puts) else None
            choices = [NONE, *charts, *asked]
            value = _value_of(put)
            if value and value not in dict(choices):
                choices.append((value, _("(no longer there)")))
            self.fields[f"tile-{place}"] = forms.ChoiceField(
                label=_("Place %(number)d") % {"number": place + 1},
                required=False,
                choices=choices,
                initial=value,
            )
            self.fields[f"wide-{place}"] = forms.BooleanField(
                label=_("Wide"), required=False, initial=put.is_wide if put else False
            )

    @property
    def places(self) -> list[tuple[Any, Any]]:
        return [(self[f"tile-{place}"], self[f"wide-{place}"]) for place in range(TILES_MAX)]

    @property
    def head(self) -> list[Any]:
        return [self[name] for name in ("name", "sharing", "team", "role", "only_team", "span")]

    def tiles(self) -> list[Put]:
        """What was chosen, in its order, without the empty places."""
        found = []
        for place in range(TILES_MAX):
            kind, _colon, key = self.cleaned_data[f"tile-{place}"].partition(":")
            is_wide = self.cleaned_data[f"wide-{place}"]
            if kind == "chart" and key in CHARTS:
                found.append(Put(chart=key, is_wide=is_wide))
            elif kind == "question" and int(key) in self.questions:
                found.append(Put(question=self.questions[int(key)], is_wide=is_wide))
        return found

    def facts(self) -> dict[str, Any]:
        names = ("name", "sharing", "team", "role", "only_team", "span")
        return {name: self.cleaned_data[name] for name in names}


def _value_of(put: Put | None) -> str:
    if put is None:
        return ""
    return f"chart:{put.chart}" if put.chart else f"question:{put.question and put.question.pk}"


class MailForm(forms.Form):
    """When a dashboard is mailed, and to whom."""

    cadence = forms.ChoiceField(
        label=gettext_lazy("How often"), choices=Cadence.choices, initial=Cadence.WEEKLY
    )
    weekday = forms.ChoiceField(label=gettext_lazy("Day of the week"), choices=list(DAYS.items()))
    hour = forms.IntegerField(
        label=gettext_lazy("Hour"), min_value=0, max_value=23, initial=8,
        help_text=gettext_lazy("On the clock of whoever receives it."),
    )  # fmt: skip

    def __init__(self, *args: Any, viewer: Person, is_owner: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if is_owner:
            people = Person.objects.visible_to(viewer).filter(user__is_active=True)
            self.fields["recipient"] = forms.ModelChoiceField(
                label=_("To"),
                queryset=people,
                required=False,
                empty_label=_("Myself"),
            )
