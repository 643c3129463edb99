"""Proving once more who one is: the library's pages, which say here when nothing could prove it."""

from __future__ import annotations

from collections.abc import Callable

from allauth.account import views as by_the_library
from allauth.account.adapter import get_adapter
from allauth.mfa.base import views as of_codes
from allauth.mfa.webauthn import views as of_passkeys
from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from paceline.kernel.pages import refuse


def _asking(request: HttpRequest, ask: Callable[..., HttpResponseBase]) -> HttpResponseBase:
    if get_adapter(request).get_reauthentication_methods(request.user):
        return ask(request)
    title = _("There is nothing to ask you for.")
    text = _(
        "This account has neither a password nor a second step by which you could prove again that"
        " it is you."
    )
    url, action = reverse("accounts:security"), _("Sign-in and security")
    return refuse(request, 409, title, text, url=url, action=action)


@require_http_methods(["GET", "POST"])
def by_password(request: HttpRequest) -> HttpResponseBase:
    return _asking(request, by_the_library.reauthenticate)


@require_http_methods(["GET", "POST"])
def by_code(request: HttpRequest) -> HttpResponseBase:
    return _asking(request, of_codes.reauthenticate)


@require_http_methods(["GET", "POST"])
def by_passkey(request: HttpRequest) -> HttpResponseBase:
    return _asking(request, of_passkeys.reauthenticate_webauthn)
