"""What happened just now, for open pages; and how far long work has come."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import models
from django.utils.translation import gettext_lazy as _

from paceline.live import wording
from paceline.org.models import Person

# A page says every twenty seconds that it is open.
PRESENT_SECONDS = 45


class LiveEvent(models.Model):
    """A hint that something changed: ids and kinds only, never content.

    Pages fetch their part again, so the rights stay in the views. Appended in a tiny transaction of
    its own under one advisory lock, so that id order is commit order.
    """

    topic = models.CharField(max_length=120)
    kind = models.CharField(max_length=60)
    ref = models.CharField(max_length=60, blank=True)
    at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"{self.id} {self.topic} {self.kind}"


class Doing(models.TextChoices):
    VIEWING = "viewing", _("viewing")
    EDITING = "editing", _("editing")


class PresenceQuerySet(models.QuerySet["Presence"]):
    def at(self, moment: datetime) -> PresenceQuerySet:
        """Pages that have said lately that they are open; others are gone, however they went."""
        return self.filter(seen_at__gt=moment - timedelta(seconds=PRESENT_SECONDS))


class Presence(models.Model):
    """One open page of one person, and what they do there: forgotten soon after it is closed.

    No business fact: the table is unlogged, and a restart of a killed database empties it.
    """

    person = models.ForeignKey(Person, models.CASCADE, related_name="+")
    page = models.UUIDField()
    kind = models.CharField(max_length=60)
    ref = models.CharField(max_length=60)
    doing = models.CharField(max_length=10, choices=Doing.choices)
    seen_at = models.DateTimeField(db_index=True)

    objects = PresenceQuerySet.as_manager()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["kind", "ref", "person", "page"], name="presence_once_per_page"
            ),
        )

    def __str__(self) -> str:
        return f"{self.person} {self.doing} {self.kind} {self.ref}"


class ProgressState(models.TextChoices):
    QUEUED = "queued", _("Waiting")
    RUNNING = "running", _("Running")
    DONE = "done", _("Done")
    FAILED = "failed", _("Failed")
    CANCELLED = "cancelled", _("Cancelled")


class ProgressQuerySet(models.QuerySet["Progress"]):
    def visible_to(self, person: Person) -> ProgressQuerySet:
        """Work is shown to the person who started it."""
        return self.filter(started_by=person)


class Progress(models.Model):
    """How far a background job has come, and whether its starter asked it to stop."""

    kind = models.CharField(max_length=60)
    started_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    started_at = models.DateTimeField()
    state = models.CharField(
        max_length=10, choices=ProgressState.choices, default=ProgressState.QUEUED
    )
    done = models.BigIntegerField(default=0)
    total = models.BigIntegerField(default=0)
    step = models.CharField(max_length=60, blank=True)
    failure = models.CharField(max_length=80, blank=True)
    failure_params = models.JSONField(default=dict)
    ended_at = models.DateTimeField(null=True)
    cancel_requested_at = models.DateTimeField(null=True)

    objects = ProgressQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.kind} {self.done}/{self.total}"

    @property
    def is_over(self) -> bool:
        return self.ended_at is not None

    @property
    def percent(self) -> int | None:
        """Whole percents done, 100 only at the end; ``None`` while the total is unknown."""
        if self.state == ProgressState.DONE:
            return 100
        return min(99, self.done * 100 // self.total) if self.total else None

    @property
    def is_stopping(self) -> bool:
        """Its starter asked it to stop, and it has not ended yet."""
        return self.cancel_requested_at is not None and not self.is_over

    @property
    def is_counted(self) -> bool:
        """Whether there is a figure to show. A step that counts nothing is no standstill at 0."""
        return bool(self.total and (self.done or not self.step or self.is_over))

    @property
    def label(self) -> str:
        """What goes on, or how it ended, in the reader's language."""
        going_on = "" if self.is_over else wording.label(self.kind)
        return going_on or str(ProgressState(self.state).label)

    @property
    def step_text(self) -> str:
        """The running step in the reader's language."""
        if self.state == ProgressState.QUEUED:
            return str(ProgressState.QUEUED.label)
        return wording.step_text(self.kind, self.step)

    @property
    def failure_text(self) -> str:
        """Why the work failed, in the reader's language; empty when it did not."""
        return wording.failure_text(self.kind, self.failure, self.failure_params)
