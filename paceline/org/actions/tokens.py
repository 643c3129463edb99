"""Tokens of people who left."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction

from paceline.accounts.actions import revoke_tokens
from paceline.org.queries.tokens import token_owners_who_left

LEFT = "Their owner does not work here any more."


@transaction.atomic
def revoke_tokens_of_leavers(*, on: date, at: datetime) -> int:
    """Revoke what people who left still have; returns how many tokens there were.

    They open nothing from the first day of absence on; this makes the list say so, and keeps them
    shut should their owner come back.
    """
    return sum(
        revoke_tokens(user=user, by=None, at=at, reason=LEFT)
        for user in token_owners_who_left(on, at)
    )
