"""Who calls: the token, its owner's account, and the person as which it acts today."""

from __future__ import annotations

import zoneinfo
from dataclasses import dataclass
from datetime import date, datetime

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import gettext as _

from paceline.accounts.actions import count_call
from paceline.accounts.models import ApiToken
from paceline.accounts.tokens import digest_of, is_token
from paceline.kernel.interface import Problem
from paceline.kernel.periods import zone_named
from paceline.org.models import Person
from paceline.org.queries import at_work

SCHEME = "bearer"
MINUTE = 60


@dataclass(frozen=True, slots=True)
class Caller:
    """A living token, and its person acting on the date where they are employed."""

    token: ApiToken
    person: Person
    today: date
    zone: zoneinfo.ZoneInfo


def find_caller(request: HttpRequest, at: datetime) -> Caller:
    """Whoever the token of the request belongs to. Raises ``Problem`` for anybody else.

    An account that was closed, and a person who does not work here today, have no token that
    opens anything, whatever the table says.
    """
    scheme, _space, secret = request.headers.get("Authorization", "").partition(" ")
    secret = secret.strip()
    if scheme.lower() != SCHEME or not is_token(secret):
        raise _stranger(_("Send it as “Authorization: Bearer …”."))
    token = count_call(digest=digest_of(secret), at=at)
    if token is None or not token.user.is_active:
        raise _stranger(_("It is unknown, was revoked, or has ended."))
    found = at_work(Person.objects.filter(user=token.user), at)
    if found is None:
        raise _stranger(_("Its owner does not work here at present."))
    person, today = found
    person.acting_through = token.prefix
    return Caller(token, person, today, zone_named(token.user.time_zone))


def refuse_too_many(token: ApiToken, at: datetime) -> None:
    """Raise ``Problem`` once the calls of this minute are more than a token may make."""
    if token.calls > settings.API_CALLS_PER_MINUTE:
        wait = MINUTE - at.second
        detail = _("A token may call %(count)s times a minute. Wait %(seconds)s seconds.")
        values = {"count": settings.API_CALLS_PER_MINUTE, "seconds": wait}
        raise Problem("too_many", detail % values, headers={"Retry-After": str(wait)})


def _stranger(detail: str) -> Problem:
    return Problem("not_signed_in", detail, headers={"WWW-Authenticate": 'Bearer realm="Paceline"'})
