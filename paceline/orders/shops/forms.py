"""What people type about shops, rules, live streams and claims."""

from __future__ import annotations

import zoneinfo
from typing import Any
from urllib.parse import urlsplit

from babel.core import get_global
from django import forms
from django.core.validators import RegexValidator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from paceline.kernel.selects import LongSelect
from paceline.orders.shops.actions import NewShop
from paceline.orders.shops.models import ShopKind
from paceline.org.models import Team

CURRENCY = RegexValidator(r"^[A-Z]{3}$", gettext_lazy("Use a three-letter currency code."))


def zones() -> list[tuple[str, str]]:
    return [(one, one) for one in sorted(zoneinfo.available_timezones())]


class ShopForm(forms.Form):
    """A shop that sends messages: its name, where it is, and how its money and days count."""

    name = forms.CharField(label=gettext_lazy("Name of the shop"), max_length=80)
    source = forms.SlugField(
        label=gettext_lazy("Sales system"),
        max_length=40,
        help_text=gettext_lazy("By this word order lines name the shop. It does not change later."),
    )
    address = forms.URLField(
        label=gettext_lazy("Address of the shop"),
        max_length=200,
        required=False,
        assume_scheme="https",
        help_text=gettext_lazy("Needed to compare with the shop every night."),
    )
    currency = forms.CharField(
        label=gettext_lazy("Currency"),
        max_length=3,
        validators=[CURRENCY],
        help_text=gettext_lazy("Where an order names none."),
    )
    time_zone = forms.ChoiceField(
        label=gettext_lazy("Time zone"),
        choices=zones,
        widget=LongSelect,
        help_text=gettext_lazy("The day of an order is the day there."),
    )
    team = forms.ModelChoiceField(
        label=gettext_lazy("Team"), queryset=Team.objects.all(), required=False
    )
    secret = forms.CharField(
        label=gettext_lazy("Signing secret"),
        max_length=200,
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text=gettext_lazy("Shopify shows it where webhooks are set up."),
    )

    def __init__(self, *args: Any, kind: ShopKind, gives_secret: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kind = kind
        if not gives_secret:
            del self.fields["secret"]
        else:
            self.fields["secret"].required = True
        if kind in {ShopKind.WEBHOOK, ShopKind.FILES}:
            del self.fields["address"]

    def clean_currency(self) -> str:
        found = str(self.cleaned_data["currency"])
        if found not in get_global("all_currencies"):
            raise forms.ValidationError(_("“%(value)s” is no currency.") % {"value": found})
        return found

    def clean_address(self) -> str:
        found = str(self.cleaned_data.get("address") or "")
        if urlsplit(found).username is not None:
            raise forms.ValidationError(_("Give no name or password in the address."))
        return found

    def new_shop(self) -> NewShop:
        data = self.cleaned_data
        return NewShop(
            kind=self.kind,
            name=data["name"].strip(),
            source=data["source"],
            currency=data["currency"],
            time_zone=data["time_zone"],
            address=data.get("address", ""),
            team=data["team"],
        )


class SecretForm(forms.Form):
    """A new signing secret that the shop has made."""

    secret = forms.CharField(
        label=gettext_lazy("New signing secret"),
        max_length=200,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
    )


class AccessForm(forms.Form):
    """What is needed to ask a shop; the fields are those of its kind."""

    FIELDS = {
        ShopKind.SHOPIFY: ("token",),
        ShopKind.WOOCOMMERCE: ("key", "secret"),
    }
    token = forms.CharField(label=gettext_lazy("Admin API access token"), max_length=200)
    key = forms.CharField(label=gettext_lazy("Consumer key"), max_length=200)
    secret = forms.CharField(label=gettext_lazy("Consumer secret"), max_length=200)

    def __init__(self, *args: Any, kind: ShopKind, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        wanted = self.FIELDS.get(kind, ())
        for name in list(self.fields):
            if name not in wanted:
                del self.fields[name]
            else:
                self.fields[name].widget = forms.PasswordInput(attrs={"autocomplete": "off"})
