"""The person behind the account that asks; without an employment today there is none."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import resolve_url
from django.utils.translation import gettext as _

from paceline.org.models import Person


class SignedInPerson:
    """Sets ``request.person``: the signed-in person acting today where they work, or ``None``.

    Sign-in ends with the employment: whoever does not work here today is signed out and told so.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.person = None  # type: ignore[attr-defined]
        if not request.user.is_authenticated:
            return self.get_response(request)
        person: Person | None = getattr(request.user, "person", None)
        if person is None:
            why = _("Your account belongs to nobody yet. Please ask an administrator.")
            return _turned_away(request, why)
        if person.acting_on is None:  # whoever brought the account found nobody at work
            why = _("You do not work here at present, so you have been signed out.")
            return _turned_away(request, why)
        request.today = person.acting_on  # type: ignore[attr-defined]
        request.person = person  # type: ignore[attr-defined]
        return self.get_response(request)


def _turned_away(request: HttpRequest, why: str) -> HttpResponse:
    logout(request)
    messages.error(request, why)
    url = resolve_url(settings.LOGIN_URL)
    if request.headers.get("HX-Request") == "true":
        leave = HttpResponse()
        leave.headers["HX-Redirect"] = url
        return leave
    return HttpResponseRedirect(url)
