"""API tokens: made, counted while they are used, and revoked."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.db.models import Case, F, Value, When

from paceline.accounts.models import ApiToken, User
from paceline.accounts.tokens import LIFE_MAX, TOKENS_MAX, digest_of, new_secret, prefix_of
from paceline.kernel import audit
from paceline.kernel.audit import Actor


class TooManyTokens(Exception):
    """The account has as many tokens as it may."""


class TokenLivesTooLong(Exception):
    """A token ends after a year at the latest, and not before it was made."""


class TokenGone(Exception):
    """The token was revoked or has ended already."""


@transaction.atomic
def make_token(
    *,
    user: User,
    name: str,
    scopes: Iterable[str],
    expires_at: datetime,
    by: Actor | None,
    at: datetime,
) -> tuple[ApiToken, str]:
    """Make a token; the second value is the secret, which is kept nowhere.

    Raises ``TooManyTokens`` and ``TokenLivesTooLong``.
    """
    User.objects.select_for_update().get(pk=user.pk)
    if not at < expires_at <= at + LIFE_MAX:
        raise TokenLivesTooLong(expires_at)
    if ApiToken.objects.alive(at).filter(user=user).count() >= TOKENS_MAX:
        raise TooManyTokens(user)
    secret = new_secret()
    token = ApiToken.objects.create(
        user=user,
        name=name,
        prefix=prefix_of(secret),
        digest=digest_of(secret),
        scopes=sorted(set(scopes)),
        made_at=at,
        expires_at=expires_at,
    )
    after = {"of": user.email, "scopes": token.scopes, "ends": expires_at}
    audit.record("token_made", subject=token, by=by, at=at, after=after)
    return token, secret


@transaction.atomic
def revoke_token(*, token: ApiToken, by: Actor | None, at: datetime, reason: str = "") -> None:
    """Let a token open nothing any more. Raises ``TokenGone``."""
    token = ApiToken.objects.select_for_update().select_related("user").get(pk=token.pk)
    if token.revoked_at is not None or token.expires_at <= at:
        raise TokenGone(token)
    _revoke(token, by=by, at=at, reason=reason)


def revoke_tokens(*, user: User, by: Actor | None, at: datetime, reason: str = "") -> int:
    """Revoke every token of an account; returns how many there were."""
    alive = ApiToken.objects.alive(at).filter(user=user).select_related("user")
    found = list(alive.select_for_update(of=("self",)))
    for token in found:
        _revoke(token, by=by, at=at, reason=reason)
    return len(found)


def _revoke(token: ApiToken, *, by: Actor | None, at: datetime, reason: str) -> None:
    token.revoked_at = at
    token.save(update_fields=["revoked_at"])
    before = {"of": token.user.email, "scopes": token.scopes, "ends": token.expires_at}
    audit.record("token_revoked", subject=token, by=by, at=at, before=before, reason=reason)


def count_call(*, digest: str, at: datetime) -> ApiToken | None:
    """Note a call with the token of this hash; ``calls`` says how many there were this minute.

    ``None`` if no living token has it. Two statements, and no wait for another call's answer.
    """
    minute = at.replace(second=0, microsecond=0)
    found = ApiToken.objects.alive(at).filter(digest=digest)
    again = When(minute=minute, then=F("calls") + 1)
    if not found.update(minute=minute, calls=Case(again, default=Value(1)), last_used_at=at):
        return None
    return found.select_related("user").first()
