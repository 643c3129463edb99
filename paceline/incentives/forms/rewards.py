"""Saying which component rewards which goals."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from paceline.goals import measures
from paceline.goals.models import Goal
from paceline.incentives.models import Plan, PlanVersion
from paceline.incentives.models.plans import in_reader_language
from paceline.kernel.selects import LongSelect
from paceline.org.models import Person

GOALS_MAX = 2000


class RewardForm(forms.Form):
    """A component of a plan in force, and either a measure or one goal."""

    component = forms.ChoiceField(label=gettext_lazy("Component of a plan"))
    measure = forms.ChoiceField(
        label=pgettext_lazy("of a goal", "Measure"),
        required=False,
        help_text=gettext_lazy("Every goal of this measure whose owner the plan pays;"),
    )
    goal = forms.ModelChoiceField(
        label=gettext_lazy("or one goal"),
        queryset=Goal.objects.none(),
        required=False,
        widget=LongSelect,
    )

    def __init__(
        self, *args: Any, versions: Sequence[PlanVersion], viewer: Person, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.plans: dict[str, Plan] = {str(one.plan_id): one.plan for one in versions}
        known: Any = self.fields
        known["component"].choices = [
            (
                version.name,
                [
                    (f"{version.plan_id}:{one['id']}",
                     f"{version.name}: {in_reader_language(one.get('name', {})) or one['id']}")
                    for one in version.outline.get("components", ())
                ],
            )
            for version in versions
        ]  # fmt: skip
        known["measure"].choices = [
            ("", "–"),
            *((one.key, one.label) for one in measures.offered(viewer)),
        ]
        open_goals = Goal.objects.visible_to(viewer).open().exclude(level="person")
        known["goal"].queryset = open_goals.order_by("-period__starts_on", "name")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if bool(cleaned.get("measure")) == bool(cleaned.get("goal")) and not self.errors:
            self.add_error("measure", _("Choose either a measure or a goal."))
        return cleaned

    def chosen(self) -> tuple[Plan, str]:
        plan, _colon, component = self.cleaned_data["component"].partition(":")
        return self.plans[plan], component
