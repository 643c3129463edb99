"""The form of a company, contact, lead or deal: the record's own fields, its ways to be reached,
and the fields that its team added."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from django import forms
from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from paceline.crm.actions import Point
from paceline.crm.forms.choices import (
    ColleagueField,
    CountryField,
    RecordField,
    date_input,
    languages,
)
from paceline.crm.models import MODELS, CustomField, Pipeline, PointKind, Record, scope_of
from paceline.crm.points import is_readable
from paceline.crm.queries import pipelines_for, points_of
from paceline.kernel import own_fields
from paceline.org.models import Person, Team

LAYOUT: dict[str, tuple[str, ...]] = {
    "company": (
        "name", "latin_name", "number", "lifecycle", "rating", "industry", "people_count",
        "registration", "website", "country", "territory", "language", "currency", "address",
        "parent", "source", "source_detail", "reach",
    ),
    "contact": (
        "name", "latin_name", "company", "title", "department", "number", "lifecycle", "rating",
        "languages", "country", "territory", "address", "time_zone", "source", "source_detail",
        "reach",
    ),
    "lead": (
        "name", "company_name", "title", "message", "interest", "rating", "languages", "country",
        "territory", "source", "source_detail", "reach",
    ),
    "deal": (
        "title", "company", "contact", "amount", "currency", "expected_close_on", "next_step",
        "next_step_on", "source", "source_detail", "reach",
    ),
}  # fmt: skip
EMPTY_POINTS = 3


class PointRow:
    """One line of the ways to reach somebody, as it was written."""

    def __init__(self, place: int, kind: str, value: str, label: str) -> None:
        self.place, self.kind, self.value, self.label = place, kind, value, label

    @property
    def choices(self) -> list[tuple[str, str, bool]]:
        return [(key, str(label), key == self.kind) for key, label in PointKind.choices]


class RecordForm(forms.Form):
    """All fields of one kind of record; ``record`` is the one to change, or None for a new one."""

    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(
        self,
        data: Any = None,
        *,
        kind: str,
        viewer: Person,
        on: date,
        record: Record | None = None,
        initial: dict[str, Any] | None = None,
    ) -> None:
        self.kind, self.viewer, self.record = kind, viewer, record
        super().__init__(data, initial={**initial_of(record, kind), **(initial or {})})
        for name in LAYOUT[kind]:
            self.fields[name] = self._field(name)
        if record is None:
            self._ask_whose(on)
        team = None if record is None else record.team_id
        self.known_points = points_of(record) if record is not None and self.has_points else []
        self.own_fields = _own_fields(kind, viewer, team)
        for one in self.own_fields:
            self.fields[own_fields.name_of(one)] = own_fields.form_field(
                one, {} if record is None else record.custom
            )

    def _field(self, name: str) -> forms.Field:
        column: Any = MODELS[self.kind]._meta.get_field(name)
        label = str(column.verbose_name)
        label = label[:1].upper() + label[1:]
        if name == "country":
            return CountryField(label=label)
        if name in {"company", "contact", "parent"}:
            return RecordField("contact" if name == "contact" else "company", self.viewer,
                               label=label)  # fmt: skip
        if name == "languages":
            return forms.MultipleChoiceField(
                label=label, choices=languages, required=False,
                widget=forms.CheckboxSelectMultiple,
            )  # fmt: skip
        if name == "language":
            choices = [("", "–"), *languages()]
            return forms.ChoiceField(label=label, choices=choices, required=False)
        if name == "rating":
            choices = [("", "–"), *((str(n), "★" * n) for n in range(1, 6))]
            return forms.TypedChoiceField(
                label=label, choices=choices, required=False, coerce=int, empty_value=None
            )
        field: forms.Field = column.formfield(label=label)
        field.required = name in {"name", "title"} and self._names_it(name)
        if isinstance(column, models.DateField):
            field.widget = date_input()
        if isinstance(column, models.TextField):
            field.widget.attrs["rows"] = 3
        if name == "currency" and self.kind == "deal":
            field.required = False
            field.help_text = _("Left empty, that of the pipeline.")
        return field

    def _names_it(self, name: str) -> bool:
        return name == ("title" if self.kind == "deal" else "name")

    def _ask_whose(self, on: date) -> None:
        """A new record belongs to a team or pipeline, and to somebody."""
        if self.kind == "deal":
            pipelines = pipelines_for(self.viewer)
            self.fields["pipeline"] = forms.ModelChoiceField(
                label=_("Pipeline"),
                queryset=Pipeline.objects.filter(pk__in=[one.pk for one in pipelines]),
                initial=pipelines[0].pk if pipelines else None,
                empty_label=None,
            )
        else:
            teams = Team.objects.filter(pk__in=scope_of(self.viewer).all_teams)
            mine = sorted(scope_of(self.viewer).teams)
            self.fields["team"] = forms.ModelChoiceField(
                label=_("Team"), queryset=teams, initial=mine[0] if mine else None,
                empty_label=None,
            )  # fmt: skip
        self.fields["owner"] = ColleagueField(
            self.viewer, on, label=_("Owner"), initial=self.viewer.pk
        )
        self.fields["reach"].required = False
        self.fields["reach"].help_text = _("Left empty, as the team decided.")

    # What was written

    @property
    def has_points(self) -> bool:
        return self.kind != "deal"

    def point_rows(self) -> list[PointRow]:
        """The ways to reach somebody: those written or known, and a few empty lines."""
        rows = [PointRow(place, *row) for place, row in enumerate(self._written_points())]
        kinds = (PointKind.MOBILE, PointKind.EMAIL, PointKind.LINE)
        start = len(rows)
        empty = [PointRow(start + n, kinds[n], "", "") for n in range(EMPTY_POINTS)]
        return rows + empty

    def _written_points(self) -> list[tuple[str, str, str]]:
        if not self.is_bound:
            return [(one.kind, one.value, one.label) for one in self.known_points]
        found = []
        for place in range(60):
            value = self.data.get(f"point-{place}-value", "").strip()
            if value:
                kind = self.data.get(f"point-{place}-kind", PointKind.OTHER)
                label = self.data.get(f"point-{place}-label", "")
                found.append((kind, value, label.strip()))
        return found

    def points(self) -> list[Point]:
        return [Point(*row) for row in self._written_points()]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if self.has_points and any(
            kind not in PointKind.values or len(value) > 300 or len(label) > 60
            for kind, value, label in self._written_points()
        ):
            self.add_error(None, _("One of the phones or addresses is too long."))
        for text in self._unreadable():
            self.add_error(
                None, _("“%(value)s” is no number or address. Mend it, or choose “Other”.") % {
                    "value": text
                },
            )  # fmt: skip
        return cleaned

    def _unreadable(self) -> list[str]:
        """Numbers and addresses under which nobody is reached; what stood here before stays."""
        if not self.has_points:
            return []
        known = {(one.kind, one.value) for one in self.known_points}
        country = str(self.cleaned_data.get("country") or "")
        return [
            value[:80]
            for kind, value, _label in self._written_points()
            if (kind, value) not in known and not is_readable(kind, value, country)
        ]

    def facts(self) -> dict[str, Any]:
        """The record's fields as an action takes them."""
        facts = {name: self.cleaned_data[name] for name in LAYOUT[self.kind]}
        if self.record is None and not facts["reach"]:
            facts.pop("reach")
        if self.kind == "deal" and not facts["currency"]:
            facts.pop("currency")
        facts["custom"] = {
            one.key: own_fields.kept(one, self.cleaned_data[own_fields.name_of(one)])
            for one in self.own_fields
        }
        return facts


def _own_fields(kind: str, viewer: Person, team: int | None) -> list[CustomField]:
    rows = CustomField.objects.filter(of=kind, retired_at__isnull=True)
    teams = scope_of(viewer).teams if team is None else (team,)
    return list(rows.filter(team_id__in=teams))


def initial_of(record: Record | None, kind: str) -> dict[str, Any]:
    """What the form shows of a record."""
    if record is None:
        return {}
    values = {name: getattr(record, name) for name in LAYOUT[kind]}
    if kind == "deal" and values["amount"] is not None:
        values["amount"] = f"{values['amount'].normalize():f}"
    return {**values, "version": record.version}


def field_label(kind: str, name: str) -> str:
    """A field in words, also of those that are no column."""
    told = {
        "points": gettext_lazy("Phones and addresses"),
        "lines": gettext_lazy("Products"),
        "shares": gettext_lazy("Shares"),
        "tags": gettext_lazy("Tags"),
        "custom": gettext_lazy("Own fields"),
        "competitors": gettext_lazy("Competitors"),
        "archived": gettext_lazy("Put away"),
        "merged": gettext_lazy("Records merged into this one"),
        "merged_into": gettext_lazy("Merged into another record"),
        "stage": gettext_lazy("Stage"),
    }
    if name in told:
        return str(told[name])
    if name.startswith("item:"):
        return _("Checklist")
    if name.startswith("answer:"):
        return pgettext("to a question", "Answer")
    known = {one.name for one in MODELS[kind]._meta.get_fields()}
    label = str(MODELS[kind]._meta.get_field(name).verbose_name) if name in known else name
    return label[:1].upper() + label[1:]


def field_labels(kind: str, names: Iterable[str]) -> list[str]:
    return [field_label(kind, name) for name in dict.fromkeys(names)]
