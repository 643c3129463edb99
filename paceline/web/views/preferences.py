"""Language, time zone and theme from the shell's menu, before and after sign-in."""

from __future__ import annotations

import zoneinfo

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from paceline.accounts import actions
from paceline.accounts.middleware import LANGUAGE_COOKIE
from paceline.accounts.models import Theme

COOKIE_SECONDS = 365 * 24 * 3600


@login_not_required
@require_POST
def update(request: HttpRequest) -> HttpResponse:
    """Keep what was chosen and go back; unknown values are left out."""
    language = _known(request.POST.get("language", ""), set(dict(settings.LANGUAGES)))
    response = HttpResponseRedirect(_way_back(request), status=303)
    if request.user.is_authenticated:
        actions.change_preferences(
            user=request.user,
            at=timezone.now(),
            language=language,
            time_zone=_known(request.POST.get("time_zone", ""), zoneinfo.available_timezones()),
            theme=_known(request.POST.get("theme", ""), set(Theme.values)),
        )
    if language:
        response.set_cookie(
            LANGUAGE_COOKIE,
            language,
            max_age=COOKIE_SECONDS,
            secure=settings.SESSION_COOKIE_SECURE,
            httponly=True,
            samesite="Lax",
        )
    return response


def _known(value: str, values: set[str]) -> str:
    return value if value in values else ""


def _way_back(request: HttpRequest) -> str:
    url = request.POST.get("next", "")
    hosts = {request.get_host()}
    is_ours = url_has_allowed_host_and_scheme(url, hosts, require_https=request.is_secure())
    return url if is_ours else "/"
