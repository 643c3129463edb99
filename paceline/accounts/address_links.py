"""The link by which the owner of a new address proves that it is theirs.

It says who asked, from which address to which, and is signed; nothing is kept until it is opened.
The sign-in library would keep an unproven address as one of the account's own, and send a link for
a new password to it if asked: to whoever reads a mistyped address.
"""

from __future__ import annotations

from django.core import signing

from paceline.accounts.models import User

SALT = "paceline.accounts.address"
HOURS = 24


class LinkWornOut(Exception):
    """The link is too old, was used, is incomplete, or is not this account's."""


def make_link_token(user: User, email: str) -> str:
    return signing.dumps({"user": user.pk, "from": user.email, "to": email}, salt=SALT)


def read_link_token(token: str, user: User) -> str:
    """The new address. Raises ``LinkWornOut``; after a change the link is worn out by itself."""
    try:
        said = signing.loads(token, salt=SALT, max_age=HOURS * 3600)
    except signing.BadSignature:
        raise LinkWornOut from None
    if (said["user"], said["from"]) != (user.pk, user.email):
        raise LinkWornOut
    return str(said["to"])
