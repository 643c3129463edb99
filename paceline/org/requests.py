"""A request of somebody who is signed in, as the middleware hands it to views."""

from __future__ import annotations

from datetime import date, datetime

from django.http import HttpRequest

from paceline.org.models import Person


class PersonRequest(HttpRequest):
    """``person`` acts on ``today``, which is the day in their own time zone."""

    person: Person
    today: date


class TokenRequest(PersonRequest):
    """A call with a token, ``now``, by its owner and within its ``scopes``."""

    now: datetime
    scopes: frozenset[str]
