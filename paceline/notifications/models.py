"""What a person should know, worded in their own language when it is read."""

from __future__ import annotations

from django.db import models

from paceline.notifications import wording
from paceline.org.models import Person


class NotificationQuerySet(models.QuerySet["Notification"]):
    def visible_to(self, person: Person) -> NotificationQuerySet:
        return self.filter(recipient=person)

    def unread(self) -> NotificationQuerySet:
        return self.filter(read_at__isnull=True)


class Notification(models.Model):
    """One message to one person. ``kind`` and ``params`` are worded by the app that sent it."""

    recipient = models.ForeignKey(Person, models.PROTECT, related_name="notifications")
    kind = models.CharField(max_length=60)
    params = models.JSONField(default=dict)
    url = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)

    objects = NotificationQuerySet.as_manager()

    class Meta:
        ordering = ("-id",)
        indexes = (
            models.Index(
                fields=["recipient"],
                condition=models.Q(read_at__isnull=True),
                name="notification_unread",
            ),
        )

    def __str__(self) -> str:
        return f"{self.recipient}: {self.kind}"

    @property
    def text(self) -> str:
        """The sentence in the language of whoever reads it now."""
        return wording.text_of(self.kind, self.params)

    @property
    def icon(self) -> str:
        return wording.icon_of(self.kind)

    @property
    def is_read(self) -> bool:
        return self.read_at is not None
