"""Whose account it is that signs in, and whose session goes on."""

from __future__ import annotations

from typing import cast

from allauth.account.auth_backends import AuthenticationBackend
from django.utils import timezone

from paceline.accounts.models import User
from paceline.org.models import Person
from paceline.org.queries import at_work


class AccountAtWork(AuthenticationBackend):  # type: ignore[misc]
    """Brings the account of a session together with the person who acts through it.

    ``user.person`` is there then without asking again, acting today, with the roles that count. The
    account of somebody who does not work here comes alone: who may go on is not decided here.
    """

    def get_user(self, user_id: int) -> User | None:
        """The account with that key, if it may sign in; one query for all who work here."""
        found = at_work(Person.objects.filter(user=user_id), timezone.now())
        if found is None:
            return cast("User | None", super().get_user(user_id))
        person, _today = found
        user = person.user
        return user if user is not None and self.user_can_authenticate(user) else None
