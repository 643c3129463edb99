"""The API tokens of all, for administrators."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.db.models import Exists, OuterRef, QuerySet

from paceline.accounts.models import ApiToken, User
from paceline.org.models import Employment


def living_tokens(at: datetime) -> QuerySet[ApiToken]:
    """Every token that still opens the interface, with its owner. One query."""
    return ApiToken.objects.alive(at).select_related("user__person")


def token_owners_who_left(on: date, at: datetime) -> QuerySet[User]:
    """Accounts with living tokens whose person works here no more, wherever on earth it is."""
    employed = Employment.objects.filter(person__user=OuterRef("pk"))
    around = employed.during(on - timedelta(days=1), on + timedelta(days=2))
    return User.objects.filter(
        Exists(ApiToken.objects.alive(at).filter(user=OuterRef("pk"))), ~Exists(around)
    )
