"""Changes to ways in: opening and closing accounts, preferences, ending sessions."""

from __future__ import annotations

from datetime import datetime

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.db import transaction

from paceline.accounts.actions.tokens import revoke_tokens
from paceline.accounts.models import User
from paceline.kernel import audit
from paceline.kernel.audit import Actor


class AddressTaken(Exception):
    """Another account already signs in with this address."""


class AccountAlreadyClosed(Exception):
    """The account could not sign in before either."""


class AccountAlreadyOpen(Exception):
    """The account may sign in already."""


class NoSecondStep(Exception):
    """The account has neither authenticator app nor passkey nor recovery codes."""


class SessionGone(Exception):
    """The account has no such session; perhaps it ended by itself."""


@transaction.atomic
def open_account(
    *, email: str, by: Actor | None, at: datetime, password: str | None = None
) -> User:
    """Create a way in. Without a password its owner sets one through a link that they are sent."""
    if User.objects.filter(email__iexact=email).exists():
        raise AddressTaken(email)
    user = User.objects.create_user(email, password, joined_at=at)
    # The administrator vouches for the address; its owner proves it by the link they are sent.
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    audit.record("account_opened", subject=user, by=by, at=at, after={"email": user.email})
    return user


@transaction.atomic
def change_preferences(  # the reader's own: who and whose are the same account
    *, user: User, at: datetime, language: str = "", time_zone: str = "", theme: str = ""
) -> None:
    """Change the given preferences of an account; empty ones stay as they are."""
    wanted = {"language": language, "time_zone": time_zone, "theme": theme}
    changed = {
        name: value for name, value in wanted.items() if value and value != getattr(user, name)
    }
    if not changed:
        return
    before = {name: getattr(user, name) for name in changed}
    for name, value in changed.items():
        setattr(user, name, value)
    user.save(update_fields=list(changed))
    audit.record("preferences_changed", subject=user, by=None, at=at, before=before, after=changed)


@transaction.atomic
def change_address(
    *, user: User, email: str, by: Actor | None, at: datetime, reason: str = ""
) -> User:
    """Let an account sign in with another address; the password and second factors stay."""
    user = User.objects.select_for_update().get(pk=user.pk)
    before, wanted = user.email, email.strip().lower()
    if wanted == before:
        return user
    if User.objects.filter(email__iexact=wanted).exclude(pk=user.pk).exists():
        raise AddressTaken(email)
    user.email = wanted
    user.save(update_fields=["email"])
    EmailAddress.objects.filter(user=user).delete()
    EmailAddress.objects.create(user=user, email=wanted, verified=True, primary=True)
    audit.record(
        "address_changed",
        subject=user,
        by=by,
        at=at,
        before={"email": before},
        after={"email": wanted},
        reason=reason,
    )
    return user


@transaction.atomic
def close_account(*, user: User, by: Actor, at: datetime, reason: str) -> None:
    """Stop an account from signing in, end its sessions and revoke its tokens, all at once."""
    user = User.objects.select_for_update().get(pk=user.pk)
    if not user.is_active:
        raise AccountAlreadyClosed(user)
    user.is_active = False
    user.save(update_fields=["is_active"])
    ended = end_sessions(user=user)
    revoke_tokens(user=user, by=by, at=at, reason=reason)
    audit.record(
        "account_closed",
        subject=user,
        by=by,
        at=at,
        before={"may sign in": True},
        after={"may sign in": False, "sessions ended": ended},
        reason=reason,
    )


@transaction.atomic
def reopen_account(*, user: User, by: Actor, at: datetime, reason: str) -> None:
    """Let a closed account sign in again."""
    user = User.objects.select_for_update().get(pk=user.pk)
    if user.is_active:
        raise AccountAlreadyOpen(user)
    user.is_active = True
    user.save(update_fields=["is_active"])
    audit.record(
        "account_reopened",
        subject=user,
        by=by,
        at=at,
        before={"may sign in": False},
        after={"may sign in": True},
        reason=reason,
    )


def end_sessions(*, user: User) -> int:
    """End every session of an account; returns how many there were.

    Each answer checks the session in the database, so the next request is already refused.
    """
    sessions = list(UserSession.objects.filter(user=user))
    for session in sessions:
        session.end()
    return len(sessions)


@transaction.atomic
def end_session(*, user: User, session_id: int, by: Actor | None, at: datetime) -> None:
    """Sign one browser out. Raises ``SessionGone`` if the account has no such session."""
    session = UserSession.objects.filter(user=user, pk=session_id).first()
    if session is None:
        raise SessionGone(session_id)
    session.end()
    audit.record("session_ended", subject=user, by=by, at=at, before={"address": session.ip})


@transaction.atomic
def end_other_sessions(*, user: User, here: str, by: Actor | None, at: datetime) -> int:
    """Sign every browser out but the one with the session key ``here``; returns how many."""
    others = list(UserSession.objects.filter(user=user).exclude(session_key=here))
    for session in others:
        session.end()
    if others:
        audit.record(
            "sessions_ended", subject=user, by=by, at=at, after={"sessions ended": len(others)}
        )
    return len(others)


@transaction.atomic
def sign_out_everywhere(*, user: User, by: Actor, at: datetime) -> int:
    """End every session of somebody else's account; returns how many there were."""
    ended = end_sessions(user=user)
    audit.record("sessions_ended", subject=user, by=by, at=at, after={"sessions ended": ended})
    return ended


@transaction.atomic
def remove_second_step(*, user: User, by: Actor, at: datetime, reason: str) -> int:
    """Take authenticator app, passkeys and recovery codes from whoever lost them.

    The password stays. Every session ends; returns how many there were. Raises ``NoSecondStep``.
    """
    user = User.objects.select_for_update().get(pk=user.pk)
    factors = Authenticator.objects.filter(user=user)
    kinds = list(factors.values_list("type", flat=True))
    if not kinds:
        raise NoSecondStep(user)
    factors.delete()
    ended = end_sessions(user=user)
    audit.record(
        "second_step_removed",
        subject=user,
        by=by,
        at=at,
        before={
            "authenticator apps": kinds.count(Authenticator.Type.TOTP),
            "passkeys": kinds.count(Authenticator.Type.WEBAUTHN),
        },
        after={"authenticator apps": 0, "passkeys": 0, "sessions ended": ended},
        reason=reason,
    )
    return ended


def note_link(*, user: User, by: Actor, at: datetime) -> None:
    """Note that someone was given a link to set the account's password with."""
    audit.record("password_link_made", subject=user, by=by, at=at)


def note_sign_in(*, user: User, by: Actor | None, at: datetime, way: str) -> None:
    """Note a sign-in that did not go through the sign-in page."""
    audit.record("signed_in", subject=user, by=by, at=at, after={"way": way})
