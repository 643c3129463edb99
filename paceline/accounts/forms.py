"""What a reader may set for themselves."""

from __future__ import annotations

import zoneinfo
from functools import cache

from django import forms
from django.utils.translation import gettext_lazy as _

from paceline.accounts.models import LANGUAGES, Theme


@cache
def time_zones() -> tuple[tuple[str, str], ...]:
    """Every zone that is named for a place, and UTC; the names are the same in all languages."""
    places = (
        name
        for name in zoneinfo.available_timezones()
        if "/" in name and not name.startswith(("Etc/", "SystemV/", "posix/", "right/", "US/"))
    )
    return (("UTC", "UTC"), *((name, name.replace("_", " ")) for name in sorted(places)))


class PreferencesForm(forms.Form):
    """Any of the three; what is missing stays as it is."""

    language = forms.ChoiceField(label=_("Language"), choices=LANGUAGES, required=False)
    time_zone = forms.ChoiceField(
        label=_("Time zone"),
        choices=time_zones,
        required=False,
        help_text=_("Times are shown in this zone. Days on which pay counts do not move with it."),
    )
    theme = forms.ChoiceField(label=_("Theme"), choices=Theme.choices, required=False)
