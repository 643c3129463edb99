"""Each answer in the reader's language and time zone."""

from __future__ import annotations

import zoneinfo
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone, translation

LANGUAGE_COOKIE = "paceline-language"


class Preferences:
    """Signed in: the account's language and zone. Otherwise the cookie's or the browser's language."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        user = request.user
        if user.is_authenticated:
            language, zone = user.language, user.time_zone
        else:
            chosen = request.COOKIES.get(LANGUAGE_COOKIE, "")
            known = dict(settings.LANGUAGES)
            language = chosen if chosen in known else translation.get_language_from_request(request)
            zone = settings.TIME_ZONE
        request.LANGUAGE_CODE = language  # type: ignore[attr-defined]
        with translation.override(language), timezone.override(_zone(zone)):
            response = self.get_response(request)
            response.headers.setdefault("Content-Language", language)
            return response


def _zone(name: str) -> zoneinfo.ZoneInfo:
    try:
        return zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError):
        return zoneinfo.ZoneInfo("UTC")
