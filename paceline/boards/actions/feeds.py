"""The secret address under which a calendar program reads a person's cards."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from paceline.boards.models import Feed
from paceline.kernel import audit
from paceline.org.models import Person

READ_EVERY = timedelta(hours=1)


def digest_of(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


@transaction.atomic
def make_feed(*, by: Person, at: datetime) -> str:
    """A new address; the one before stops working. Returns the secret, which is kept nowhere."""
    Person.objects.select_for_update(no_key=True).get(pk=by.pk)
    _revoke(by, at)
    secret = secrets.token_urlsafe(32)
    made = Feed.objects.create(person=by, digest=digest_of(secret), made_at=at)
    audit.record("feed_made", subject=made, by=by, at=at)
    return secret


@transaction.atomic
def revoke_feed(*, by: Person, at: datetime) -> bool:
    """The address stops working; returns whether there was one."""
    return _revoke(by, at)


def _revoke(person: Person, at: datetime) -> bool:
    known = Feed.objects.filter(person=person, revoked_at__isnull=True).first()
    if known is None:
        return False
    known.revoked_at = at
    known.save(update_fields=["revoked_at"])
    audit.record("feed_revoked", subject=known, by=person, at=at)
    return True


def note_read(*, feed: Feed, at: datetime) -> None:
    """Keep when the address was last asked, once an hour. No fact of business: no audit line."""
    late = Q(read_at__isnull=True) | Q(read_at__lte=at - READ_EVERY)
    Feed.objects.filter(late, pk=feed.pk).update(read_at=at)
