"""What people type about shops, rules, live streams and claims."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from babel.core import get_global
from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from paceline.imports import kinds as imports
from paceline.kernel.currency_fields import CurrencyCodeField
from paceline.kernel.day_fields import DayField
from paceline.kernel.selects import LongSelect
from paceline.kernel.time_zones import time_zones
from paceline.orders.shops import wording
from paceline.orders.shops.actions import NewRule, NewShop, NewSlot
from paceline.orders.shops.asking import AskingFailed
from paceline.orders.shops.attribution import key_of
from paceline.orders.shops.folder.places import FolderPlace
from paceline.orders.shops.models import RuleKind, Shop, ShopKind
from paceline.org.models import Person, Team


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
    currency = CurrencyCodeField(help_text=gettext_lazy("Where an order names none."))
    time_zone = forms.ChoiceField(
        label=gettext_lazy("Time zone"),
        choices=time_zones,
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


class PrivateKeyField(forms.CharField):
    """A private key that opens without a password, as nobody is there to type one."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            max_length=8000,
            widget=forms.Textarea(attrs={"rows": 3, "autocomplete": "off"}),
            **kwargs,
        )

    def clean(self, value: Any) -> str:
        import asyncssh  # noqa: PLC0415 - as much to load as all of Django, and few need it

        found = str(super().clean(value))
        if found:
            try:
                asyncssh.import_private_key(found)
            except (asyncssh.KeyImportError, asyncssh.KeyEncryptionError):
                raise forms.ValidationError(
                    _("This is no private key without a password.")
                ) from None
        return found


class AccessForm(forms.Form):
    """What is needed to ask a shop; the fields are those of its kind."""

    FIELDS = {
        ShopKind.SHOPIFY: ("token",),
        ShopKind.WOOCOMMERCE: ("key", "secret"),
        ShopKind.FILES: ("password", "private_key"),
    }
    token = forms.CharField(label=gettext_lazy("Admin API access token"), max_length=200)
    key = forms.CharField(label=gettext_lazy("Consumer key"), max_length=200)
    secret = forms.CharField(label=gettext_lazy("Consumer secret"), max_length=200)
    password = forms.CharField(label=gettext_lazy("Password"), max_length=200, required=False)
    private_key = PrivateKeyField(label=gettext_lazy("or private key"), required=False)

    def __init__(self, *args: Any, kind: ShopKind, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        wanted = self.FIELDS.get(kind, ())
        for name in list(self.fields):
            if name not in wanted:
                del self.fields[name]
            elif name != "private_key":
                self.fields[name].widget = forms.PasswordInput(attrs={"autocomplete": "off"})

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if "private_key" in self.fields and not self.errors and not any(cleaned.values()):
            self.add_error("password", _("Give a password or a private key."))
        return cleaned

    def access(self) -> dict[str, str]:
        """What was given; nothing stays of what opened the shop before."""
        return {name: one.strip() for name, one in self.cleaned_data.items() if one.strip()}


class RuleForm(forms.Form):
    """By what orders are credited to whom, and in which days."""

    kind = forms.ChoiceField(label=gettext_lazy("Kind"), choices=RuleKind.choices)
    key = forms.CharField(
        label=gettext_lazy("What the order says"),
        max_length=120,
        help_text=gettext_lazy("The code, the mark in the link or the agent, in any case."),
    )
    shop = forms.ModelChoiceField(
        label=gettext_lazy("Shop"),
        queryset=Shop.objects.all(),
        required=False,
        empty_label=gettext_lazy("Every shop"),
    )
    person = forms.ModelChoiceField(label=gettext_lazy("Payee"), queryset=Person.objects.none())
    starts_on = DayField(
        label=gettext_lazy("First day"), widget=forms.DateInput(attrs={"type": "date"})
    )
    last_day = DayField(
        label=gettext_lazy("Last day"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
    )

    def __init__(self, *args: Any, viewer: Person, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = Person.objects.visible_to(viewer)
        self.fields["person"].queryset = people  # type: ignore[attr-defined]
        shops = Shop.objects.visible_to(viewer)
        self.fields["shop"].queryset = shops  # type: ignore[attr-defined]

    def clean_key(self) -> str:
        found = str(self.cleaned_data["key"])
        if not key_of(found):
            raise forms.ValidationError(_("Say what the order says."))
        return found

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        first, last = cleaned.get("starts_on"), cleaned.get("last_day")
        if first and last and last < first:
            self.add_error("last_day", _("The last day lies before the first."))
        return cleaned

    def new_rule(self) -> NewRule:
        data = self.cleaned_data
        last = data["last_day"]
        return NewRule(
            kind=RuleKind(data["kind"]),
            key=data["key"],
            person=data["person"],
            starts_on=data["starts_on"],
            ends_before=last + timedelta(days=1) if last else None,
            shop=data["shop"],
        )


class LastDayForm(forms.Form):
    """The last day on which a rule counts."""

    last_day = DayField(
        label=gettext_lazy("Last day"), widget=forms.DateInput(attrs={"type": "date"})
    )


class SlotForm(forms.Form):
    """Live streams of one host in one shop, once or every week."""

    shop = forms.ModelChoiceField(label=gettext_lazy("Shop"), queryset=Shop.objects.none())
    host = forms.ModelChoiceField(
        label=gettext_lazy("Live-stream host"), queryset=Person.objects.none()
    )
    starts_at = forms.DateTimeField(
        label=gettext_lazy("Begins"),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        help_text=gettext_lazy("In your own time zone."),
    )
    minutes = forms.IntegerField(
        label=gettext_lazy("Minutes"), min_value=1, max_value=24 * 60, initial=120
    )
    weeks = forms.IntegerField(
        label=gettext_lazy("Weeks"),
        min_value=1,
        max_value=53,
        initial=1,
        help_text=gettext_lazy("How many weeks in a row it takes place at this time."),
    )

    def __init__(self, *args: Any, viewer: Person, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = Person.objects.visible_to(viewer)
        self.fields["host"].queryset = people  # type: ignore[attr-defined]
        shops = Shop.objects.visible_to(viewer)
        self.fields["shop"].queryset = shops  # type: ignore[attr-defined]

    def new_slot(self) -> NewSlot:
        data = self.cleaned_data
        return NewSlot(
            shop=data["shop"],
            host=data["host"],
            starts_at=data["starts_at"],
            ends_at=data["starts_at"] + timedelta(minutes=data["minutes"]),
            weeks=data["weeks"],
        )


class ClaimForm(forms.Form):
    """An order that is one's own, by its shop and number, and why."""

    shop = forms.ModelChoiceField(label=gettext_lazy("Shop"), queryset=Shop.objects.all())
    number = forms.CharField(label=gettext_lazy("Order number"), max_length=60)
    why = forms.CharField(
        label=gettext_lazy("Why it is yours"),
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("Your lead decides by this, and it is kept with the order."),
    )


class AssignForm(forms.Form):
    """To whom chosen orders are assigned, and why."""

    person = forms.ModelChoiceField(label=gettext_lazy("Payee"), queryset=Person.objects.none())
    reason = forms.CharField(label=gettext_lazy("Why"), max_length=1000)

    def __init__(self, *args: Any, viewer: Person, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = Person.objects.visible_to(viewer)
        self.fields["person"].queryset = people  # type: ignore[attr-defined]


class FilesShopForm(ShopForm):
    """A shop that leaves files: where, of what name, and what they hold."""

    KINDS = ("order_lines", "returns", "line_dates")

    import_kind = forms.ChoiceField(label=gettext_lazy("What the files hold"))
    path = forms.CharField(
        label=gettext_lazy("Folder"),
        max_length=500,
        help_text=gettext_lazy("On this machine below one set up for shops, or on the server."),
    )
    pattern = forms.CharField(
        label=gettext_lazy("File names"),
        max_length=100,
        initial="*.csv",
        help_text=gettext_lazy("* stands for anything."),
    )
    host = forms.CharField(
        label=gettext_lazy("SFTP server"),
        max_length=200,
        required=False,
        help_text=gettext_lazy("Empty: the folder is on this machine."),
    )
    port = forms.IntegerField(
        label=gettext_lazy("Port"), min_value=1, max_value=65535, initial=22, required=False
    )
    user = forms.CharField(label=gettext_lazy("User name"), max_length=100, required=False)
    host_key = forms.CharField(
        label=gettext_lazy("Public key of the server"),
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=gettext_lazy("One line such as ssh-ed25519 AAAA…; no other server is believed."),
    )
    password = forms.CharField(
        label=gettext_lazy("Password"),
        max_length=200,
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
    )
    private_key = PrivateKeyField(label=gettext_lazy("or private key"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, kind=ShopKind.FILES, gives_secret=False, **kwargs)
        choices = [(key, imports.kind(key).label) for key in self.KINDS]
        self.fields["import_kind"].choices = choices  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("host"):
            self._clean_server(cleaned)
        elif cleaned.get("path"):
            try:
                FolderPlace({"path": cleaned["path"]}).files()
            except AskingFailed as error:
                self.add_error("path", wording.reason(error.code, error.params))
        return cleaned

    def _clean_server(self, cleaned: dict[str, Any]) -> None:
        import asyncssh  # noqa: PLC0415 - as much to load as all of Django, and few need it

        for name in ("user", "host_key"):
            if not cleaned.get(name):
                self.add_error(name, _("An SFTP server needs it."))
        given = cleaned.get("password") or cleaned.get("private_key")
        if not given and "private_key" not in self.errors:
            self.add_error("password", _("Give a password or a private key."))
        try:
            asyncssh.import_public_key(cleaned.get("host_key", ""))
        except asyncssh.KeyImportError:
            self.add_error("host_key", _("This is no public key."))

    def new_shop(self) -> NewShop:
        data = self.cleaned_data
        options = {"import_kind": data["import_kind"], "path": data["path"].strip(),
                   "pattern": data["pattern"].strip()}  # fmt: skip
        if data["host"]:
            options |= {"host": data["host"].strip(), "port": data["port"] or 22,
                        "user": data["user"], "host_key": data["host_key"].strip()}  # fmt: skip
        return replace(super().new_shop(), options=options)

    def access(self) -> dict[str, str]:
        """What opens the server; empty for a folder of this machine."""
        data = self.cleaned_data
        if not data["host"]:
            return {}
        return {name: data[name] for name in ("password", "private_key") if data[name]}
