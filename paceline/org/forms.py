"""What the pages of people, teams and roles ask for."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from paceline.accounts.models import LANGUAGES
from paceline.kernel.countries import countries
from paceline.kernel.currency_fields import CurrencyCodeField
from paceline.kernel.day_fields import DayField
from paceline.kernel.selects import LongSelect
from paceline.kernel.time_zones import time_zones
from paceline.org.models import LeaveKind, Leaver, Person, Position, Role, Team


def _day(label: Any, **options: Any) -> DayField:
    return DayField(
        label=label, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"), **options
    )


def _reason(*, required: bool = False) -> forms.CharField:
    return forms.CharField(
        label=_("Reason"),
        max_length=1000,
        required=required,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Kept in the audit trail."),
    )


class PersonForm(forms.Form):
    """Name and address of a person who is known already."""

    name = forms.CharField(label=pgettext_lazy("person", "Name"), max_length=120)
    latin_name = forms.CharField(
        label=_("Name in Latin letters"),
        max_length=120,
        required=False,
        help_text=_("For readers of other scripts and for sorting."),
    )
    email = forms.EmailField(label=_("E-mail address"), max_length=254, required=False)


class TermsForm(forms.Form):
    """From when, and where, a person works here."""

    starts_on = _day(_("From"))
    country = forms.ChoiceField(label=_("Country"), choices=countries, widget=LongSelect)
    currency = CurrencyCodeField(
        label=_("Pay currency"), help_text=_("Three letters, for example TWD.")
    )
    language = forms.ChoiceField(label=_("Language"), choices=LANGUAGES)
    time_zone = forms.ChoiceField(label=_("Time zone"), choices=time_zones, widget=LongSelect)
    region = forms.CharField(
        label=_("Region of work"),
        max_length=80,
        required=False,
        help_text=_("Where minimum wages differ by region."),
    )
    probation_last_day = _day(_("Last day of probation"), required=False)
    reason = _reason()

    def terms(self) -> dict[str, Any]:
        """What of it is about the employment itself."""
        values = self.cleaned_data
        names = ("country", "currency", "language", "time_zone", "region")
        last: date | None = values["probation_last_day"]
        ends_before = None if last is None else last + timedelta(days=1)
        return {name: values[name] for name in names} | {"probation_ends_before": ends_before}


class NewPersonForm(TermsForm):
    """A person and their employment in one step."""

    number = forms.CharField(label=_("Employee number"), max_length=40)
    name = forms.CharField(label=pgettext_lazy("person", "Name"), max_length=120)
    latin_name = forms.CharField(label=_("Name in Latin letters"), max_length=120, required=False)
    email = forms.EmailField(label=_("E-mail address"), max_length=254, required=False)

    field_order = ("number", "name", "latin_name", "email", "starts_on")


class EndForm(forms.Form):
    """The last day of something."""

    last_day = _day(_("Last day"))
    reason = _reason(required=True)

    @property
    def ends_before(self) -> date:
        """The first day that no longer counts."""
        last: date = self.cleaned_data["last_day"]
        return last + timedelta(days=1)


class LeavingForm(EndForm):
    """The last day of an employment, and how it ended."""

    leaver = forms.ChoiceField(
        label=_("Kind of leaving"),
        choices=[("", _("Not said")), *Leaver.choices],
        required=False,
        help_text=_("Plans may treat what is not due yet differently for good and bad leavers."),
    )

    field_order = ("last_day", "leaver")


class SinceForm(forms.Form):
    """Something that counts from a day on, if need be until a last day."""

    starts_on = _day(_("From"))
    last_day = _day(_("Last day"), required=False, help_text=_("Leave empty if it has no end."))
    reason = _reason()

    @property
    def ends_before(self) -> date | None:
        last: date | None = self.cleaned_data["last_day"]
        return None if last is None else last + timedelta(days=1)

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        starts_on, last = values.get("starts_on"), values.get("last_day")
        if starts_on and last and last < starts_on:
            self.add_error("last_day", _("The end must come after the start."))
        return values


class PositionForm(SinceForm):
    position = forms.ModelChoiceField(
        Position.objects.all(), label=_("Position"), empty_label=_("Choose a position")
    )

    field_order = ("position", "starts_on")


class MembershipForm(SinceForm):
    team = forms.ModelChoiceField(
        Team.objects.all(), label=_("Team"), empty_label=_("Choose a team")
    )

    field_order = ("team", "starts_on")


class ManagerForm(SinceForm):
    manager = forms.ModelChoiceField(
        Person.objects.none(), label=_("Reports to"), empty_label=_("Choose someone")
    )

    field_order = ("manager", "starts_on")

    def __init__(self, *args: Any, on: date, person: Person, **options: Any) -> None:
        super().__init__(*args, **options)
        managers = Person.objects.employed_on(on).exclude(pk=person.pk)
        self.fields["manager"].queryset = managers  # type: ignore[attr-defined]


class LeaveForm(SinceForm):
    kind = forms.ChoiceField(
        label=pgettext_lazy("leave", "Kind"),
        choices=LeaveKind.choices,
        help_text=_("Unpaid leave may also take a part of what is earned; each plan says so."),
    )

    field_order = ("kind", "starts_on")


class HierarchyForm(forms.Form):
    """What a hierarchy is called."""

    name = forms.CharField(label=pgettext_lazy("hierarchy", "Name"), max_length=120)
    reason = _reason()


class NewHierarchyForm(forms.Form):
    code = forms.SlugField(
        label=_("Code"),
        max_length=60,
        help_text=_("What plans and files call it, such as region; it never changes."),
    )
    name = forms.CharField(label=pgettext_lazy("hierarchy", "Name"), max_length=120)


class PlaceForm(SinceForm):
    """Who stands below whom in a hierarchy."""

    person = forms.ModelChoiceField(
        Person.objects.none(), label=_("Person"), empty_label=_("Choose someone")
    )
    manager = forms.ModelChoiceField(
        Person.objects.none(), label=_("Stands below"), empty_label=_("Choose someone")
    )

    field_order = ("person", "manager", "starts_on")

    def __init__(self, *args: Any, on: date, by: Person, **options: Any) -> None:
        super().__init__(*args, **options)
        people = Person.objects.employed_on(on).exclude(pk=by.pk)
        self.fields["person"].queryset = people  # type: ignore[attr-defined]
        self.fields["manager"].queryset = people  # type: ignore[attr-defined]


class RoleForm(SinceForm):
    role = forms.ChoiceField(label=_("Role"), choices=Role.choices)

    field_order: tuple[str, ...] = ("role", "starts_on")


class GrantForm(RoleForm):
    """A role for anyone, on the page of roles."""

    person = forms.ModelChoiceField(
        Person.objects.none(), label=_("Person"), empty_label=_("Choose someone")
    )

    field_order = ("person", "role", "starts_on")

    def __init__(self, *args: Any, on: date, **options: Any) -> None:
        super().__init__(*args, **options)
        people = Person.objects.employed_on(on)
        self.fields["person"].queryset = people  # type: ignore[attr-defined]


class NewPositionForm(forms.Form):
    code = forms.SlugField(label=pgettext_lazy("short name", "Code"), max_length=60)
    title = forms.CharField(label=_("Title"), max_length=120)
    level = forms.CharField(label=_("Level"), max_length=40, required=False)
    job_family = forms.CharField(label=_("Job family"), max_length=80, required=False)


class TeamForm(forms.Form):
    """A team that exists already: what it is called and where it hangs."""

    name = forms.CharField(label=pgettext_lazy("team", "Name"), max_length=120)
    parent = forms.ModelChoiceField(
        Team.objects.all(), label=_("Part of"), required=False, empty_label=_("At the top")
    )
    reason = _reason()


class NewTeamForm(forms.Form):
    code = forms.SlugField(
        label=pgettext_lazy("short name", "Code"),
        max_length=60,
        help_text=_("What files call it; it never changes."),
    )
    name = forms.CharField(label=pgettext_lazy("team", "Name"), max_length=120)
    parent = forms.ModelChoiceField(
        Team.objects.all(), label=_("Part of"), required=False, empty_label=_("At the top")
    )


class AccountForm(forms.Form):
    email = forms.EmailField(
        label=_("E-mail address to sign in with"),
        max_length=254,
        help_text=_("They set their own password through a link."),
    )


class AddressForm(forms.Form):
    email = forms.EmailField(label=_("E-mail address to sign in with"), max_length=254)
    reason = _reason()


class ReasonForm(forms.Form):
    reason = _reason(required=True)


class ReviewForm(forms.Form):
    """The day of an access review."""

    on = _day(_("On"))


class TrailForm(forms.Form):
    """What narrows the audit trail."""

    since = _day(_("From"), required=False)
    until = _day(_("Until"), required=False)
    who = forms.ModelChoiceField(
        Person.objects.all(), label=_("Who"), required=False, empty_label=_("Everyone")
    )
