"""A reader's own account: how the product speaks to them, and how they prove who they are."""

from __future__ import annotations

from typing import cast

from allauth.account.adapter import get_adapter
from allauth.core.internal.ratelimit import consume_or_429
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, override
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from paceline.accounts import actions, queries
from paceline.accounts.address_links import LinkWornOut, make_link_token, read_link_token
from paceline.accounts.forms import NewAddressForm, PreferencesForm
from paceline.accounts.middleware import LANGUAGE_COOKIE
from paceline.accounts.models import User
from paceline.accounts.verification import is_demo_session, needs_reauthentication
from paceline.kernel import formats
from paceline.kernel.pages import page, refuse

COOKIE_SECONDS = 365 * 24 * 3600


@login_not_required
@require_http_methods(["GET", "POST"])
def preferences(request: HttpRequest) -> HttpResponse:
    """Show and change language, time zone and theme; the language also before sign-in."""
    user = request.user if isinstance(request.user, User) else None
    if request.method == "POST":
        form = PreferencesForm(request.POST)
        if form.is_valid():
            return _change(request, user, form.cleaned_data)
    elif user is None:
        return redirect(settings.LOGIN_URL)
    else:
        form = PreferencesForm(
            whole=True,
            initial={
                "language": user.language,
                "time_zone": user.time_zone,
                "theme": user.theme,
            },
        )
    if user is None:
        return HttpResponseRedirect(_next(request), status=303)
    status = 422 if form.is_bound else 200
    return page(request, "accounts/preferences.html", {"form": form}, status=status)


def _change(request: HttpRequest, user: User | None, wanted: dict[str, str]) -> HttpResponse:
    language = wanted["language"]
    if user is not None:
        actions.change_preferences(user=user, at=timezone.now(), **wanted)
        language = user.language
        with override(language):
            messages.success(request, _("Saved."))
    answer = HttpResponseRedirect(_next(request), status=303)
    if language:
        answer.set_cookie(
            LANGUAGE_COOKIE,
            language,
            max_age=COOKIE_SECONDS,
            secure=settings.SESSION_COOKIE_SECURE,
            httponly=True,
            samesite="Lax",
        )
    return answer


def _next(request: HttpRequest) -> str:
    """Where the form said to go on to, if it lies on this site."""
    wanted = request.POST.get("next", "")
    if url_has_allowed_host_and_scheme(wanted, {request.get_host()}, request.is_secure()):
        return wanted
    return reverse("accounts:preferences") if request.user.is_authenticated else "/"


@require_GET
def security(request: HttpRequest) -> HttpResponse:
    """The second factor, the password and every browser that is signed in."""
    user = cast("User", request.user)
    here = request.session.session_key or ""
    context = {
        "email": user.email,
        "factors": queries.second_factors(user),
        "sessions": queries.sessions(user, here, timezone.now()),
        "has_password": user.has_usable_password(),
        "by_one_click": is_demo_session(request),
    }
    return page(request, "accounts/security.html", context)


@needs_reauthentication
@require_http_methods(["GET", "POST"])
def address(request: HttpRequest) -> HttpResponse:
    """Ask to sign in with another address: a link is sent there, and changes nothing yet."""
    user = cast("User", request.user)
    form = NewAddressForm(request.POST if request.method == "POST" else None, user=user)
    if form.is_bound and form.is_valid():
        too_many = consume_or_429(request, app="allauth.account", action="manage_email", user=user)
        if too_many is not None:
            return cast("HttpResponse", too_many)
        email = form.cleaned_data["email"]
        path = reverse("accounts:address_link", args=[make_link_token(user, email)])
        said = {"current": user.email, "url": request.build_absolute_uri(path)}
        if get_adapter(request).send_mail("account/email/address_link", email, said):
            told = _("A link is on its way to %(email)s. Open it in this browser.")
            messages.success(request, told % {"email": email})
        return HttpResponseRedirect(reverse("accounts:security"), status=303)
    status = 422 if form.is_bound else 200
    context = {"form": form, "current": user.email}
    return page(request, "accounts/address.html", context, status=status)


@needs_reauthentication
@require_http_methods(["GET", "POST"])
def address_link(request: HttpRequest, token: str) -> HttpResponse:
    """The link from the mail, opened by whoever asked for it: then the address changes."""
    user = cast("User", request.user)
    again = {"url": reverse("accounts:address"), "action": _("Ask for another link")}
    try:
        email = read_link_token(token, user)
    except LinkWornOut:
        text = _(
            "It works for a day, once, and for the account that asked for it. Nothing was changed."
        )
        return refuse(request, 410, _("This link no longer works."), text, **again)
    if request.method == "GET":
        return page(request, "accounts/address_link.html", {"current": user.email, "email": email})
    before, now = user.email, timezone.now()
    try:
        actions.change_address(user=user, email=email, by=getattr(request, "person", None), at=now)
    except actions.AddressTaken:
        title = _("Someone already signs in with this address.")
        return refuse(request, 409, title, _("Nothing was changed."), **again)
    adapter = get_adapter(request)
    said = {"new": email, "when": formats.moment(now), "address": adapter.get_client_ip(request)}
    adapter.send_mail("account/email/address_changed", before, said)
    messages.success(request, _("You sign in with %(email)s from now on.") % {"email": email})
    return HttpResponseRedirect(reverse("accounts:security"), status=303)


@require_POST
def end_session(request: HttpRequest, pk: int) -> HttpResponse:
    """Sign one of the reader's own browsers out."""
    user = cast("User", request.user)
    person = getattr(request, "person", None)
    try:
        actions.end_session(user=user, session_id=pk, by=person, at=timezone.now())
    except actions.SessionGone:
        raise Http404 from None
    messages.success(request, _("That browser is signed out."))
    return HttpResponseRedirect(reverse("accounts:security"), status=303)


@require_POST
def end_other_sessions(request: HttpRequest) -> HttpResponse:
    """Sign all of the reader's browsers out but this one."""
    ended = actions.end_other_sessions(
        user=cast("User", request.user),
        here=request.session.session_key or "",
        by=getattr(request, "person", None),
        at=timezone.now(),
    )
    messages.success(
        request,
        ngettext(
            "%(count)d other browser is signed out.",
            "%(count)d other browsers are signed out.",
            ended,
        )
        % {"count": ended},
    )
    return HttpResponseRedirect(reverse("accounts:security"), status=303)


@require_GET
def second_steps(request: HttpRequest) -> HttpResponse:
    """Second steps are shown with everything else that belongs to signing in."""
    return HttpResponseRedirect(reverse("accounts:security"))


@login_not_required
def closed_door(request: HttpRequest) -> HttpResponse:
    """Pages that the sign-in library offers and this product does not."""
    raise Http404
