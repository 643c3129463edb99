"""Forms of a pipeline and its stages, as a team lead arranges them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from paceline.crm.actions import NewStage
from paceline.crm.models import (
    CriterionKind,
    CustomField,
    Pipeline,
    Reach,
    Stage,
    StageKind,
    scope_of,
)
from paceline.kernel.currency_fields import CurrencyCodeField
from paceline.org.models import Person, Team

PLAYS_MAX = 12
REQUIRED = "*"


def usual_stages() -> list[NewStage]:
    """What a new pipeline begins with, in the reader's language."""
    return [
        NewStage(_("New inquiry"), Decimal("0.1"), days_until_stale=3),
        NewStage(_("Needs known"), Decimal("0.3"), days_until_stale=7,
                 criteria=(CriterionKind.CONTACT,)),
        NewStage(_("Offer sent"), Decimal("0.5"), days_until_stale=10,
                 criteria=(CriterionKind.AMOUNT, CriterionKind.NEXT_STEP)),
        NewStage(_("Agreed by word"), Decimal("0.8"), days_until_stale=7),
        NewStage(_("Won, paid"), kind=StageKind.WON),
        NewStage(_("Lost, closed"), kind=StageKind.LOST),
    ]  # fmt: skip


class PipelineForm(forms.Form):
    """A pipeline's team, name and currency."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=80)
    currency = CurrencyCodeField()

    def __init__(
        self, data: Any = None, *, viewer: Person, pipeline: Pipeline | None = None
    ) -> None:
        known = {} if pipeline is None else {"name": pipeline.name, "currency": pipeline.currency}
        super().__init__(data, initial=known)
        if pipeline is None:
            teams = Team.objects.filter(pk__in=scope_of(viewer).all_teams)
            self.fields["team"] = forms.ModelChoiceField(
                label=_("Team"), queryset=teams, empty_label=None
            )


class StageForm(forms.Form):
    """A stage: its chance, when a deal waits too long, and what is asked of a deal in it."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=80)
    probability = forms.DecimalField(
        label=gettext_lazy("Chance to win (%)"), min_value=0, max_value=100, decimal_places=2,
        required=False,
    )  # fmt: skip
    days_until_stale = forms.IntegerField(
        label=gettext_lazy("Stale after days"), min_value=1, max_value=3650, required=False
    )
    criteria = forms.MultipleChoiceField(
        label=gettext_lazy("Before it goes on, a deal has"), required=False,
        choices=[one for one in CriterionKind.choices if one[0] != CriterionKind.FIELD],
        widget=forms.CheckboxSelectMultiple,
    )  # fmt: skip
    fields_needed = forms.ModelMultipleChoiceField(
        label=gettext_lazy("… and these fields of your own"), required=False,
        queryset=CustomField.objects.none(), widget=forms.CheckboxSelectMultiple,
    )  # fmt: skip
    checklist = forms.CharField(
        label=gettext_lazy("Checklist"), required=False, max_length=5000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=gettext_lazy("One item a line; a star at its beginning makes it required."),
    )  # fmt: skip
    questions = forms.CharField(
        label=gettext_lazy("Questions of the playbook"), required=False, max_length=5000,
        widget=forms.Textarea(attrs={"rows": 4}), help_text=gettext_lazy("One question a line."),
    )  # fmt: skip

    def __init__(self, data: Any = None, *, stage: Stage) -> None:
        self.stage = stage
        criteria = list(stage.criteria.all())
        items = stage.checklist.filter(retired_at__isnull=True)
        asked = stage.questions.filter(retired_at__isnull=True)
        super().__init__(
            data,
            initial={
                "name": stage.name,
                "probability": f"{(stage.probability * 100).normalize():f}",
                "days_until_stale": stage.days_until_stale,
                "criteria": [one.kind for one in criteria if one.field_id is None],
                "fields_needed": [one.field_id for one in criteria if one.field_id is not None],
                "checklist": "\n".join(
                    f"{REQUIRED} {one.text}" if one.is_required else one.text for one in items
                ),
                "questions": "\n".join(one.text for one in asked),
            },
        )
        own = CustomField.objects.filter(team=stage.pipeline.team_id, of="deal", retired_at=None)
        self.fields["fields_needed"].queryset = own  # type: ignore[attr-defined]
        if stage.kind != StageKind.OPEN:
            for name in ("probability", "days_until_stale"):
                self.fields.pop(name)
        self.known_plays = [(one.title, one.text) for one in stage.plays.all()]

    def play_rows(self) -> list[dict[str, Any]]:
        """The pages of the playbook: those written or known, and two empty ones."""
        rows = self.plays() if self.is_bound else self.known_plays
        return [{"place": n, "title": title, "text": text}
                for n, (title, text) in enumerate([*rows, ("", ""), ("", "")])]  # fmt: skip

    def plays(self) -> list[tuple[str, str]]:
        found = []
        for place in range(PLAYS_MAX):
            title = self.data.get(f"play-{place}-title", "").strip()[:120]
            text = self.data.get(f"play-{place}-text", "").strip()[:20_000]
            if title or text:
                found.append((title or _("Script"), text))
        return found

    def facts(self) -> dict[str, Any]:
        data = self.cleaned_data
        facts: dict[str, Any] = {"name": data["name"]}
        if "probability" in self.fields:
            facts["probability"] = (data["probability"] or Decimal(0)).scaleb(-2)
            facts["days_until_stale"] = data["days_until_stale"]
        return facts

    def criteria_wanted(self) -> list[tuple[str, CustomField | None]]:
        data = self.cleaned_data
        plain: list[tuple[str, CustomField | None]] = [(kind, None) for kind in data["criteria"]]
        return plain + [(CriterionKind.FIELD, one) for one in data["fields_needed"]]

    def items(self) -> list[tuple[str, bool]]:
        lines = _lines(self.cleaned_data["checklist"])
        return [(one.lstrip("*＊ ")[:200], one[:1] in "*＊") for one in lines]

    def asked(self) -> list[str]:
        return [one[:300] for one in _lines(self.cleaned_data["questions"])]


def _lines(text: str) -> list[str]:
    return list(dict.fromkeys(line.strip() for line in text.splitlines() if line.strip()))


class ReachForm(forms.Form):
    """How far a team's records can be seen."""

    reach = forms.ChoiceField(label=gettext_lazy("Who may see it"), choices=Reach.choices)
    also_known = forms.BooleanField(
        label=gettext_lazy("Also for the records that the team has"), required=False
    )


class NameForm(forms.Form):
    """A name alone, of a lost reason or a competitor."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=80)
