"""How sure we are of who sits there: a second factor for pay, and a fresh proof before money moves.

Decorators for views::

    @needs_mfa                # run or approve pay, take another's second step away
    @needs_reauthentication   # release, payroll export

The one-click sign-in of the demonstration company counts as both; its pages say so.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from allauth.account.adapter import get_adapter
from allauth.account.authentication import get_authentication_records
from allauth.account.internal.flows import reauthentication
from allauth.account.internal.flows.login import record_authentication
from allauth.account.internal.flows.reauthentication import suspend_request
from allauth.core.exceptions import ReauthenticationRequired
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib import messages
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from paceline.accounts.models import User

DEMO_METHOD = "demo"
SECOND_FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)

Rest = ParamSpec("Rest")
View = Callable[Concatenate[HttpRequest, Rest], HttpResponseBase]


def has_second_factor(user: User) -> bool:
    """Whether the account has an authenticator app or a passkey."""
    return bool(Authenticator.objects.filter(user=user, type__in=SECOND_FACTORS).exists())


def lacking_second_factor(user: User) -> QuerySet[User]:
    """The account itself while it has neither an authenticator app nor a passkey; else no row."""
    proved = Authenticator.objects.filter(user=OuterRef("pk"), type__in=SECOND_FACTORS)
    return User.objects.filter(~Exists(proved), pk=user.pk)


def is_last_second_factor(one: Authenticator) -> bool:
    """Whether the account has no other authenticator app or passkey beside this."""
    others = Authenticator.objects.filter(user=one.user, type__in=SECOND_FACTORS)
    return not others.exclude(pk=one.pk).exists()


def is_demo_session(request: HttpRequest) -> bool:
    """Whether this session began with one click in the demonstration company."""
    if not settings.DEMO or not request.user.is_authenticated:
        return False
    records = get_authentication_records(request, request.user)
    return any(record.get("method") == DEMO_METHOD for record in records)


def used_second_factor(request: HttpRequest) -> bool:
    """Whether this session proved a second factor that the account still has, or is one of the
    demonstration.
    """
    if not isinstance(request.user, User):
        return False
    if is_demo_session(request):
        return True
    records = get_authentication_records(request, request.user)
    proved = any(record.get("method") == "mfa" for record in records)
    return proved and has_second_factor(request.user)


def record_demo_sign_in(request: HttpRequest, user: User) -> None:
    """Note in the session that it began with one click."""
    record_authentication(request, user, method=DEMO_METHOD)


def needs_mfa(view: View[Rest]) -> View[Rest]:
    """Let a request through only if its session used a second factor.

    Who has none yet is led to set one up; who has one is asked for it, and comes back.
    """

    @wraps(view)
    def guarded(
        request: HttpRequest, /, *args: Rest.args, **kwargs: Rest.kwargs
    ) -> HttpResponseBase:
        if used_second_factor(request):
            return view(request, *args, **kwargs)
        if isinstance(request.user, User) and has_second_factor(request.user):
            asks = _second_factor_page(request.user)
            if _is_fragment(request):
                return _leave_page(asks, _page_of(request))
            answer: HttpResponse = suspend_request(request, asks)
            return answer
        messages.warning(
            request,
            _("What you wanted to do needs a second step when you sign in. Set one up first."),
        )
        if _is_fragment(request):
            return _leave_page(reverse("accounts:security"), _page_of(request))
        return HttpResponseRedirect(
            reverse("accounts:security") + "?" + urlencode({"next": _page_of(request)})
        )

    return guarded


def needs_reauthentication(view: View[Rest]) -> View[Rest]:
    """Let a request through only if its person proved who they are within the last half hour."""

    @wraps(view)
    def guarded(
        request: HttpRequest, /, *args: Rest.args, **kwargs: Rest.kwargs
    ) -> HttpResponseBase:
        if is_demo_session(request):
            return view(request, *args, **kwargs)
        if reauthentication.is_reauthentication_required(request, app="paceline"):
            if _is_fragment(request):
                asks = get_adapter(request).get_reauthentication_methods(request.user)
                return _leave_page(asks[0]["url"], _page_of(request))
            raise ReauthenticationRequired
        return view(request, *args, **kwargs)

    return guarded


def _second_factor_page(user: User) -> str:
    """Where a second factor that the account has is asked for: the passkey before a code."""
    has_passkey = Authenticator.objects.filter(user=user, type=Authenticator.Type.WEBAUTHN).exists()
    return reverse("mfa_reauthenticate_webauthn" if has_passkey else "mfa_reauthenticate")


def _is_fragment(request: HttpRequest) -> bool:
    return request.headers.get("HX-Request") == "true"


def _page_of(request: HttpRequest) -> str:
    """Where to come back to: the page itself, or the address that was asked for."""
    if request.method == "GET" and not _is_fragment(request):
        return request.get_full_path()
    htmx = getattr(request, "htmx", None)
    path = getattr(htmx, "current_url_abs_path", None) if htmx else None
    return str(path or "/")


def _leave_page(url: str, come_back_to: str) -> HttpResponse:
    """Tell the browser to leave the page: a fragment cannot hold a sign-in form."""
    answer = HttpResponse()
    answer.headers["HX-Redirect"] = url + "?" + urlencode({"next": come_back_to})
    return answer
