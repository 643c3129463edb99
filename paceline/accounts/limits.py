"""How long whoever tried too often has to wait, as the sign-in library counts it.

The library says that a limit is reached, and not until when.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from allauth.account import app_settings
from allauth.core.internal.ratelimit import Rate, get_cache_key, parse_rates
from django.core.cache import cache
from django.http import HttpRequest

APP = "allauth.account"


def minutes_left(
    request: HttpRequest, at: datetime, *, action: str = "", key: str = ""
) -> int | None:
    """Whole minutes, at least one, until no limit of ``action`` is reached by this request.

    Without ``action`` until none at all is. Limits by a key, such as the address somebody tries to
    sign in with, count where ``key`` is given. ``None`` if no limit is known to be reached.
    """
    limits = dict(_limits(request, action, key))
    kept = cache.get_many(limits)
    ends = [
        found[limits[name].amount - 1] + limits[name].duration
        for name, found in kept.items()
        if len(found) >= limits[name].amount
    ]
    seconds = max(ends, default=0) - at.timestamp()
    return -int(-seconds // 60) if seconds > 0 else None


def _limits(request: HttpRequest, action: str, key: str) -> Iterator[tuple[str, Rate]]:
    """Each limit by the name under which its attempts are kept, the newest first."""
    every = app_settings.RATE_LIMITS
    for name in [action] if action else every:
        for rate in parse_rates(every.get(name)):
            is_known = {"ip": True, "key": bool(key), "user": request.user.is_authenticated}
            if is_known[rate.per]:
                asked = {"app": APP, "action": name, "rate": rate, "key": key or None}
                yield get_cache_key(request, **asked), rate
