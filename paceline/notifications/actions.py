"""Telling people, and remembering what they have read.

These are no business facts, so they leave no audit line; the action that tells has left its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from paceline.live.actions import publish, publish_all
from paceline.notifications.models import Notification
from paceline.org.models import Person


@transaction.atomic
def notify(
    *, recipients: Iterable[Person], kind: str, params: Mapping[str, Any], url: str, at: datetime
) -> list[Notification]:
    """Tell each of the people once, and their open pages as soon as this is committed.

    ``params`` are JSON values for the sentence that the sending app registered for ``kind``;
    ``url`` is a path inside the product, whose view checks the reader's right.
    """
    unique = {person.pk: person for person in recipients}
    made = Notification.objects.bulk_create(
        Notification(recipient=person, kind=kind, params=dict(params), url=url, created_at=at)
        for person in unique.values()
    )
    publish_all([f"person:{person_id}" for person_id in unique], "notification")
    return made


@transaction.atomic
def mark_read(*, notification: Notification, by: Person, at: datetime) -> None:
    """The recipient has read it; reading again changes nothing."""
    Notification.objects.visible_to(by).unread().filter(pk=notification.pk).update(read_at=at)
    publish(f"person:{by.pk}", "notification")


@transaction.atomic
def mark_all_read(*, by: Person, at: datetime) -> int:
    """The recipient has seen the list; returns how many were unread."""
    seen = Notification.objects.visible_to(by).unread().update(read_at=at)
    if seen:
        publish(f"person:{by.pk}", "notification")
    return seen
