"""Forms of routing: what a team decided, a rule, hours, and a lead to try rules with."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from paceline.crm.forms.choices import CountryField, RecordField, languages
from paceline.crm.models import Source
from paceline.kernel.countries import countries
from paceline.kernel.selects import LongSelect
from paceline.kernel.time_zones import time_zones_with
from paceline.leads import wording
from paceline.leads.choosing import Asked
from paceline.leads.hours import OFFICE, WeekInvalid, checked_week, parse_day, write_day
from paceline.leads.models import Method, RoutingDesk, RoutingRule, WorkingWeek
from paceline.org.models import Person


def words(text: str, longest: int = 80) -> list[str]:
    """What was written with commas between, each once."""
    plain = text.replace("，", ",").replace("、", ",").replace("\n", ",")
    found = (" ".join(one.split())[:longest] for one in plain.split(","))
    return list(dict.fromkeys(one for one in found if one))


class DeskForm(forms.Form):
    """What a team decided about its leads."""

    is_on = forms.BooleanField(
        label=gettext_lazy("Give new leads to people by the rules"), required=False
    )
    reply_minutes = forms.IntegerField(
        label=gettext_lazy("Reply within (minutes of work)"), min_value=1, max_value=20_000
    )
    again_minutes = forms.IntegerField(
        label=gettext_lazy("Not answered: given to another after (minutes of work)"),
        min_value=5, max_value=60_000, required=False,
        help_text=gettext_lazy("Counted in the hours of whoever has it. Left empty, it stays."),
    )  # fmt: skip

    def __init__(self, data: Any, *, desk: RoutingDesk | None, people: Sequence[Person]) -> None:
        known = {
            "is_on": desk.is_on if desk else False,
            "reply_minutes": desk.reply_minutes if desk else 60,
            "again_minutes": desk.again_minutes if desk else None,
            "fallback": desk.fallback_id if desk else None,
        }
        super().__init__(data, initial=known)
        kept = {one.pk for one in people} | ({desk.fallback_id} if desk else set())
        self.fields["fallback"] = forms.ModelChoiceField(
            label=_("Whoever gets what no rule gives"), required=False, widget=LongSelect,
            queryset=Person.objects.filter(pk__in=[one for one in kept if one]),
            empty_label=_("Nobody: it waits, and the lead of the team is told"),
        )  # fmt: skip


class RuleForm(forms.Form):
    """A rule: what it asks of a lead, whom it chooses, and how."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=80)
    languages = forms.MultipleChoiceField(
        label=gettext_lazy("Languages"), choices=languages, required=False,
        widget=forms.CheckboxSelectMultiple,
    )  # fmt: skip
    sources = forms.MultipleChoiceField(
        label=gettext_lazy("Channels"), choices=Source.choices, required=False,
        widget=forms.CheckboxSelectMultiple,
    )  # fmt: skip
    countries = forms.CharField(
        label=gettext_lazy("Countries"), required=False, max_length=600,
        help_text=gettext_lazy("Names or two-letter codes, separated by commas."),
    )  # fmt: skip
    territories = forms.CharField(
        label=gettext_lazy("Territories"), required=False, max_length=2000,
        help_text=gettext_lazy("Separated by commas."),
    )  # fmt: skip
    interests = forms.CharField(
        label=gettext_lazy("Interested in"), required=False, max_length=2000,
        help_text=gettext_lazy("Words, separated by commas; one of them is enough."),
    )  # fmt: skip
    method = forms.ChoiceField(label=gettext_lazy("Who gets it"), choices=Method.choices)
    at_work_only = forms.BooleanField(
        label=gettext_lazy("Only who is at work now, in their own time zone"), required=False
    )
    lead_weight = forms.DecimalField(
        label=gettext_lazy("An open lead counts"), min_value=0, max_value=1000, decimal_places=2,
        initial=Decimal(1),
    )  # fmt: skip
    deal_weight = forms.DecimalField(
        label=gettext_lazy("An open deal counts"), min_value=0, max_value=1000, decimal_places=2,
        initial=Decimal(1),
    )  # fmt: skip
    is_on = forms.BooleanField(label=gettext_lazy("In use"), required=False, initial=True)

    def __init__(self, data: Any, *, rule: RoutingRule | None, people: Sequence[Person]) -> None:
        known: dict[str, Any] = {}
        places: dict[int, int] = {}
        self.people = list(people)
        if rule is not None:
            known = {
                "name": rule.name, "languages": rule.languages, "sources": rule.sources,
                "countries": ", ".join(rule.countries),
                "territories": ", ".join(rule.territories),
                "interests": ", ".join(rule.interests), "method": rule.method,
                "at_work_only": rule.at_work_only, "is_on": rule.is_on,
                "lead_weight": f"{rule.lead_weight.normalize():f}",
                "deal_weight": f"{rule.deal_weight.normalize():f}",
            }  # fmt: skip
            members = [one.person for one in rule.members.all()]
            places = {one.pk: place for place, one in enumerate(members, start=1)}
            listed = {one.pk for one in people}
            self.people += [one for one in members if one.pk not in listed]
        super().__init__(data, initial=known)
        self.places = places

    def rows(self) -> list[tuple[Person, str, str]]:
        """Everybody with the place that they have: those who have one first, in order."""
        found = []
        for one in self.people:
            key = f"place-{one.pk}"
            known = str(self.places.get(one.pk, ""))
            found.append((one, key, self.data.get(key, "") if self.is_bound else known))
        return sorted(found, key=lambda row: (not row[2].isdecimal(), int(row[2] or 0)
                      if row[2].isdecimal() else 0))  # fmt: skip

    def clean_countries(self) -> list[str]:
        codes = {name.casefold(): code for code, name in countries()}
        known = set(codes.values())
        found = []
        for one in words(self.cleaned_data["countries"]):
            code = one.upper() if one.upper() in known else codes.get(one.casefold())
            if code is None:
                raise forms.ValidationError(_("No country is called “%(name)s”.") % {"name": one})
            found.append(code)
        return list(dict.fromkeys(found))

    def clean_territories(self) -> list[str]:
        return words(self.cleaned_data["territories"])

    def clean_interests(self) -> list[str]:
        return words(self.cleaned_data["interests"])

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not self.members():
            self.add_error(None, _("Give at least one person a place."))
        return cleaned

    def members(self) -> list[Person]:
        return [one for one, _key, place in self.rows() if place.isdecimal()]

    def facts(self) -> dict[str, Any]:
        return dict(self.cleaned_data)


class HoursForm(forms.Form):
    """A week of work, its zone, and the days on which nobody works."""

    time_zone = forms.ChoiceField(
        label=gettext_lazy("Time zone"), required=False, widget=LongSelect,
    )  # fmt: skip
    closed_on = forms.CharField(
        label=gettext_lazy("Closed on"), required=False, max_length=5000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("Holidays, one day a line: 2026-10-10."),
    )  # fmt: skip

    def __init__(self, data: Any, *, known: WorkingWeek | None, own: bool = False) -> None:
        week = known.week if known else OFFICE
        initial = {f"day{place}": write_day(spans) for place, spans in enumerate(week)}
        if known is not None:
            initial |= {
                "time_zone": known.time_zone,
                "closed_on": "\n".join(day.isoformat() for day in known.closed_on),
            }
        super().__init__(data, initial=initial)
        for place, name in enumerate(wording.DAYS):
            self.fields[f"day{place}"] = forms.CharField(
                label=str(name), required=False, max_length=80,
                widget=forms.TextInput(attrs={"placeholder": "09:00-12:00, 13:00-18:00"}),
            )  # fmt: skip
        self.order_fields([*(f"day{place}" for place in range(7)), "time_zone", "closed_on"])
        zones: Any = self.fields["time_zone"]
        usual = _("where you are employed") if own else _("where most of the team works")
        kept = None if known is None else known.time_zone
        zones.choices = [("", usual), *time_zones_with(kept)]

    def clean_closed_on(self) -> list[date]:
        try:
            lines = self.cleaned_data["closed_on"].split()
            return [date.fromisoformat(one) for one in lines]
        except ValueError:
            raise forms.ValidationError(_("Write each day as 2026-10-10.")) from None

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        week = []
        for place in range(7):
            try:
                week.append(parse_day(cleaned.get(f"day{place}", "")))
            except ValueError:
                self.add_error(f"day{place}", _("Write hours as 09:00-18:00."))
                week.append([])
        try:
            cleaned["week"] = checked_week(week)
        except WeekInvalid as problem:
            self.add_error(f"day{problem.day}", _("The hours must follow one another."))
        return cleaned


class TrialForm(forms.Form):
    """A lead to try rules with: one that is known, or one described here."""

    language = forms.ChoiceField(
        label=gettext_lazy("Language"), required=False, choices=lambda: [("", "–"), *languages()]
    )
    source = forms.ChoiceField(
        label=gettext_lazy("Channel"), required=False, choices=[("", "–"), *Source.choices]
    )
    territory = forms.CharField(label=gettext_lazy("Territory"), required=False, max_length=80)
    interest = forms.CharField(label=gettext_lazy("Interested in"), required=False, max_length=200)
    at = forms.DateTimeField(
        label=gettext_lazy("When"), required=False, help_text=gettext_lazy("Left empty: now."),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )  # fmt: skip

    def __init__(self, data: Any, *, viewer: Person) -> None:
        super().__init__(data, auto_id="try-%s")
        self.fields["lead"] = RecordField("lead", viewer, label=_("A lead that is known"))
        self.fields["country"] = CountryField(label=_("Country"))
        self.order_fields(["lead", "language", "country", "territory", "source", "interest", "at"])

    def asked(self) -> Asked:
        """What the rules look at: of the lead that was named, else as described."""
        data = self.cleaned_data
        if data["lead"] is not None:
            return Asked.of(data["lead"])
        spoken = [data["language"]] if data["language"] else []
        return Asked(spoken, data["country"], data["territory"], data["source"], data["interest"])
