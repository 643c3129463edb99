"""What a reader may set for themselves."""

from __future__ import annotations

from typing import Any

from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.webauthn.forms import AddWebAuthnForm, EditWebAuthnForm
from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from paceline.accounts.models import LANGUAGES, Theme, User
from paceline.kernel.interface.areas import areas
from paceline.kernel.selects import LongSelect
from paceline.kernel.time_zones import time_zones


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


class NewTokenForm(forms.Form):
    """What a program may do with the token, and for how long."""

    DAYS = (
        ("30", _("30 days")),
        ("90", _("90 days")),
        ("180", _("180 days")),
        ("365", _("A year")),
    )

    name = forms.CharField(
        label=pgettext_lazy("API token", "Name"),
        max_length=80,
        help_text=_("What will use it, so that you know later whether it may go."),
    )
    days = forms.ChoiceField(label=_("Ends after"), choices=DAYS, initial="90")
    reads = forms.MultipleChoiceField(
        label=_("May read"), required=False, widget=forms.CheckboxSelectMultiple
    )
    writes = forms.MultipleChoiceField(
        label=_("May change"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Never more than you may yourself. Choose as little as the program needs."),
    )

    def __init__(self, *args: Any, **terms: Any) -> None:
        super().__init__(*args, **terms)
        known = list(areas())
        self.fields["reads"].choices = [(f"{one.key}:read", one.label) for one in known]  # type: ignore[attr-defined]
        self.fields["writes"].choices = [  # type: ignore[attr-defined]
            (f"{one.key}:write", one.label) for one in known if one.writes
        ]

    def clean(self) -> dict[str, Any]:
        found: dict[str, Any] = super().clean() or {}
        if not self.errors and not self.scopes():
            raise forms.ValidationError(_("Choose at least one thing that the token may do."))
        return found

    def scopes(self) -> list[str]:
        """What was chosen, as tokens keep it."""
        return [*self.cleaned_data.get("reads", ()), *self.cleaned_data.get("writes", ())]


class AddPasskeyForm(AddWebAuthnForm):  # type: ignore[misc]
    """The library's form in this product's words."""

    name = forms.CharField(label=pgettext_lazy("passkey", "Name"), required=False)
    passwordless = forms.BooleanField(
        label=_("Sign in with this passkey alone"),
        required=False,
        help_text=_(
            "Neither address nor password is typed then; the device has to know you by your"
            " fingerprint, your face or a code."
        ),
    )


class EditPasskeyForm(EditWebAuthnForm):  # type: ignore[misc]
    """A passkey's name, called in words that can be translated."""

    name = forms.CharField(label=pgettext_lazy("passkey", "Name"))


class SetUpAppForm(ActivateTOTPForm):  # type: ignore[misc]
    """The first code that an authenticator app shows."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        code = self.fields["code"]
        code.label = _("Code that the app shows")
        code.widget.attrs.pop("placeholder", None)
        code.widget.attrs["inputmode"] = "numeric"

    @property
    def secret_parts(self) -> list[str]:
        """The key in fours, as it is read aloud and typed."""
        return [self.secret[place : place + 4] for place in range(0, len(self.secret), 4)]


class _CodeField:
    """Asks for the codes that an account has: nobody is asked for an app that they never set up."""

    user: User
    fields: dict[str, forms.Field]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        owned = Authenticator.objects.filter(user=self.user).values_list("type", flat=True)
        kinds = set(owned)
        self.has_app = Authenticator.Type.TOTP in kinds
        self.has_codes = Authenticator.Type.RECOVERY_CODES in kinds
        self.has_passkey = Authenticator.Type.WEBAUTHN in kinds
        code = self.fields["code"]
        code.label = _("Code of your authenticator app") if self.has_app else _("Recovery code")
        code.help_text = (
            _("Or one of your recovery codes.") if self.has_app and self.has_codes else ""
        )
        code.widget.attrs.pop("placeholder", None)


class SecondStepForm(_CodeField, AuthenticateForm):  # type: ignore[misc]
    """The second step at sign-in, by a code."""


class SecondStepAgainForm(_CodeField, ReauthenticateForm):  # type: ignore[misc]
    """The second step once more, by a code, before something weighty."""
