"""What a person has not read yet."""

from __future__ import annotations

from django.db.models import QuerySet

from paceline.notifications.models import Notification
from paceline.org.models import Person


def unread_count(person: Person) -> int:
    """For the bell of every page: one query on a partial index."""
    return Notification.objects.visible_to(person).unread().count()


def latest(person: Person) -> QuerySet[Notification]:
    """All of a person's notifications, newest first."""
    return Notification.objects.visible_to(person)
