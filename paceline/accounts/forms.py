"""What a reader may set for themselves."""

from __future__ import annotations

import zoneinfo
from functools import cache
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from paceline.accounts.models import LANGUAGES, Theme, User
from paceline.kernel.selects import LongSelect


@cache
def time_zones() -> tuple[tuple[str, str], ...]:
    """Every zone that is named for a place, and UTC; the names are the same in all languages."""
    places = (
        name
        for name in zoneinfo.available_timezones()
        if "/" in name and not name.startswith(("Etc/", "SystemV/", "posix/", "right/", "US/"))
    )
    return (("UTC", "UTC"), *((name, name.replace("_", " ")) for name in sorted(places)))


class NewAddressForm(forms.Form):
    """The address to sign in with from now on."""

    email = forms.EmailField(
        label=_("New address"),
        max_length=254,
        help_text=_("We send a link there. The address changes once you open it and agree."),
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )

    def __init__(self, *args: Any, user: User, **terms: Any) -> None:
        super().__init__(*args, **terms)
        self.user = user

    def clean_email(self) -> str:
        email: str = self.cleaned_data["email"].strip().lower()
        if email == self.user.email:
            raise forms.ValidationError(_("You sign in with this address already."))
        if User.objects.filter(email__iexact=email).exists():
            raise forms.ValidationError(_("Someone already signs in with this address."))
        return email


class PreferencesForm(forms.Form):
    """Any of the three; what is missing stays as it is."""

    language = forms.ChoiceField(label=_("Language"), choices=LANGUAGES, required=False)
    time_zone = forms.ChoiceField(
        label=_("Time zone"),
        choices=time_zones,
        required=False,
        widget=LongSelect,
        help_text=_("Times are shown in this zone. Days on which pay counts do not move with it."),
    )
    theme = forms.ChoiceField(label=_("Theme"), choices=Theme.choices, required=False)

    def __init__(self, *args: Any, whole: bool = False, **kwargs: Any) -> None:
        """``whole``: the page that shows all three, where none is left out."""
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.required = whole
