"""An account's proofs, sessions and tokens, for the pages that show them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session as StoredSession
from django.db.models import Case, Count, When, Window
from django.utils.translation import gettext as _

from paceline.accounts.models import ApiToken, User
from paceline.kernel.interface.areas import areas

SHOWN_SESSIONS = 20  # whoever has more signs all others out; a session lasts a day at most
# Which words in a browser's name give it away; the first that occurs wins.
BROWSERS = (
    ("Edg/", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("MicroMessenger", "WeChat"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Macintosh", "macOS"),
    ("Linux", "Linux"),
)


@dataclass(frozen=True, slots=True)
class SecondFactors:
    """Which proofs beside the password an account has."""

    app_since: datetime | None
    passkeys: int
    recovery_codes_left: int | None

    @property
    def any(self) -> bool:
        return self.app_since is not None or self.passkeys > 0


@dataclass(frozen=True, slots=True)
class Sessions:
    """The signed-in browsers that are shown, and how many more there are."""

    shown: list[Session]
    earlier: int


@dataclass(frozen=True, slots=True)
class Session:
    """One signed-in browser."""

    pk: int
    device: str
    address: str
    since: datetime
    is_here: bool


def second_factors(user: User) -> SecondFactors:
    """One query."""
    app_since, passkeys, codes = None, 0, None
    for proof in Authenticator.objects.filter(user=user):
        if proof.type == Authenticator.Type.TOTP:
            app_since = proof.created_at
        elif proof.type == Authenticator.Type.WEBAUTHN:
            passkeys += 1
        else:
            codes = len(proof.wrap().get_unused_codes())
    return SecondFactors(app_since, passkeys, codes)


def sessions(user: User, here: str, at: datetime) -> Sessions:
    """Browsers in which the account is signed in: the one with the key ``here``, then those that
    signed in last; one query.
    """
    alive = StoredSession.objects.filter(expire_date__gt=at).values("session_key")
    rows = (
        UserSession.objects.filter(user=user, session_key__in=alive)
        .annotate(
            is_here=Case(When(session_key=here, then=True), default=False),
            total=Window(Count("*")),
        )
        .order_by("-is_here", "-created_at", "-pk")
    )
    found = list(rows[:SHOWN_SESSIONS])
    shown = [
        Session(
            pk=session.pk,
            device=device(session.user_agent),
            address=session.ip,
            since=session.created_at,
            is_here=session.is_here,
        )
        for session in found
    ]
    return Sessions(shown, found[0].total - len(found) if found else 0)


def device(user_agent: str) -> str:
    """A browser and its system in words that a reader knows."""
    browser = next((name for word, name in BROWSERS if word in user_agent), "")
    system = next((name for word, name in SYSTEMS if word in user_agent), "")
    if browser and system:
        return _("%(browser)s on %(system)s") % {"browser": browser, "system": system}
    return browser or system or _("Unknown browser")


@dataclass(frozen=True, slots=True)
class TokenRow:
    """A living token as its page shows it: what it may read and change, in words."""

    token: ApiToken
    reads: str
    writes: str


def tokens_of(user: User, at: datetime) -> list[TokenRow]:
    """An account's living tokens, the newest first; one query."""
    return [described(token) for token in ApiToken.objects.alive(at).filter(user=user)]


def described(token: ApiToken) -> TokenRow:
    """A token with its scopes in the reader's words."""
    return TokenRow(token, _areas_of(token, "read"), _areas_of(token, "write"))


def _areas_of(token: ApiToken, verb: str) -> str:
    return " · ".join(str(one.label) for one in areas() if f"{one.key}:{verb}" in token.scopes)
