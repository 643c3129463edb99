"""Forms beside a list: changing what was chosen, keeping a view, and fields of one's own."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from paceline.crm import panels
from paceline.crm.forms.choices import ColleagueField
from paceline.crm.forms.records import field_label
from paceline.crm.models import (
    MERGED,
    CustomField,
    FieldKind,
    LeadStatus,
    Lifecycle,
    ListKind,
    Reach,
    Source,
    scope_of,
)
from paceline.kernel import formats
from paceline.org.models import Person, Team

# Before the key of an act of an app above, among what one may do with many records.
ACT = "act:"
SETTABLE: dict[str, dict[str, Any]] = {
    "company": {"lifecycle": Lifecycle, "source": Source, "reach": Reach},
    "contact": {"lifecycle": Lifecycle, "source": Source, "reach": Reach},
    "lead": {"status": LeadStatus, "source": Source, "reach": Reach},
    "deal": {"source": Source, "reach": Reach},
}


class BatchForm(forms.Form):
    """What to do with the records that were chosen, or with all that the list found."""

    def __init__(self, data: Any = None, *, kind: str, viewer: Person, on: date) -> None:
        super().__init__(data, auto_id="batch-%s")
        self.fields["what"] = forms.ChoiceField(
            label=_("Change"), choices=[*_changes(kind), *_acts(kind, viewer)]
        )
        self.fields["owner"] = ColleagueField(viewer, on, label=_("Owner"))
        self.fields["tag"] = forms.CharField(label=_("Tag"), max_length=40, required=False)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("what") == "tag" and not cleaned.get("tag", "").strip():
            self.add_error("tag", _("Write the tag."))
        if cleaned.get("what") == "owner" and cleaned.get("owner") is None:
            self.add_error("owner", _("Choose one of the people."))
        return cleaned

    @property
    def act(self) -> str:
        """The act of an app above that was chosen; empty when records are to change."""
        what = str(self.cleaned_data["what"])
        return what.removeprefix(ACT) if what.startswith(ACT) else ""

    def wanted(self) -> dict[str, Any]:
        data = self.cleaned_data
        if data["what"] == "owner":
            return {"owner": data["owner"].pk}
        if data["what"] == "tag":
            return {"tag": data["tag"].strip()}
        if data["what"] == "archive":
            return {"archive": True}
        name, _sign, value = data["what"].partition("=")
        return {"set": {name: value}}


def _acts(kind: str, viewer: Person) -> list[tuple[str, str]]:
    return [(f"{ACT}{one.key}", str(one.label)) for one in panels.acts_for(viewer, kind)]


def _changes(kind: str) -> list[tuple[str, str]]:
    found = [("owner", _("Give to …")), ("tag", _("Add the tag …"))]
    for name, choices in SETTABLE[kind].items():
        label = field_label(kind, name)
        found += [
            (f"{name}={value}", f"{label}{formats.colon()}{word}")
            for value, word in choices.choices
            if value != LeadStatus.CONVERTED
        ]
    if kind in MERGED:
        found.append(("merge", _("Merge into one")))
    return [*found, ("archive", _("Put away"))]


class ViewForm(forms.Form):
    """A name for the list as it is, and whether the team sees it too."""

    name = forms.CharField(label=gettext_lazy("Name of the view"), max_length=60)

    def __init__(self, data: Any = None, *, viewer: Person) -> None:
        super().__init__(data, auto_id="view-%s")
        self.fields["team"] = forms.ModelChoiceField(
            label=_("Shared with"), required=False, empty_label=_("Only me"),
            queryset=Team.objects.filter(pk__in=scope_of(viewer).all_teams),
        )  # fmt: skip


class FieldForm(forms.Form):
    """A field of one's own: new, or one to change."""

    label = forms.CharField(label=gettext_lazy("Label"), max_length=60)
    options = forms.CharField(
        label=gettext_lazy("Words to choose from"), required=False, max_length=5000,
        widget=forms.Textarea(attrs={"rows": 4}), help_text=gettext_lazy("One word a line."),
    )  # fmt: skip
    is_required = forms.BooleanField(label=gettext_lazy("Required"), required=False)

    def __init__(
        self, data: Any = None, *, viewer: Person, field: CustomField | None = None
    ) -> None:
        known: dict[str, Any] = {}
        if field is not None:
            known = {
                "label": field.label,
                "options": "\n".join(field.options),
                "is_required": field.is_required,
                "in_use": field.retired_at is None,
            }
        super().__init__(data, initial=known)
        if field is None:
            teams = Team.objects.filter(pk__in=scope_of(viewer).all_teams)
            self.fields["team"] = forms.ModelChoiceField(
                label=_("Team"), queryset=teams, empty_label=None
            )
            self.fields["of"] = forms.ChoiceField(label=_("Of"), choices=ListKind.choices)
            self.fields["kind"] = forms.ChoiceField(label=_("Kind"), choices=FieldKind.choices)
        else:
            self.fields["in_use"] = forms.BooleanField(label=_("In use"), required=False)

    def words(self) -> list[str]:
        return str(self.cleaned_data["options"]).splitlines()
