"""A request of somebody who is signed in, as the middleware hands it to views."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime

from django.http import HttpRequest

from paceline.kernel.interface import Problem
from paceline.org.models import Person, Team


class PersonRequest(HttpRequest):
    """``person`` acts on ``today``, which is the day in their own time zone."""

    person: Person
    today: date


class TokenRequest(PersonRequest):
    """A call with a token, ``now``, by its owner and within its ``scopes``."""

    now: datetime
    scopes: frozenset[str]


def team_with(request: TokenRequest, code: str, may: Callable[[Person, Team], bool]) -> Team:
    """The team of a code, for whoever may arrange things there; refused alike whether there is no
    such team or they may not, so that nobody learns which codes there are."""
    team = Team.objects.filter(code=code).first()
    if team is None or not may(request.person, team):
        raise Problem("forbidden")
    return team
