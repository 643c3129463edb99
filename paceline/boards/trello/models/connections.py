"""The connection of a project with a board in Trello, and what Trello said over it."""

from __future__ import annotations

from typing import Any, Self

from django.db import models
from django.db.models import Q

from paceline.boards.models import Project
from paceline.org.models import Person


class ConnectionQuerySet(models.QuerySet[Any]):
    def visible_to(self, person: Person) -> Self:
        """A connection is seen by whoever sees its project."""
        return self.filter(project__in=Project.objects.visible_to(person).values("pk"))

    def standing(self) -> Self:
        return self.filter(ended_at__isnull=True)

    def running(self) -> Self:
        return self.filter(ended_at__isnull=True, started_at__isnull=False)


class Connection(models.Model):
    """That a project and a board say the same, from ``started_at`` until ``ended_at``.

    ``sealed`` holds key, token and secret. ``key`` is the last part of the address to which Trello
    sends its messages (``callback``), and cannot be guessed. ``choices`` is what was read for
    choosing lists and members. ``began_at`` is when the pass began that has not ended,
    ``passed_at`` the last time that all was well, ``compared_at`` the last comparison of
    everything, which ``whole_asked_at`` asks for before its time. ``trouble`` says why nothing
    goes on (worded in ``wording``), ``retry_at`` when it is tried again.
    """

    project = models.ForeignKey(Project, models.CASCADE, related_name="trello_connections")
    board_id = models.CharField(max_length=40, blank=True)
    board_name = models.CharField(max_length=200, blank=True)
    board_url = models.URLField(max_length=300, blank=True)
    key = models.CharField(max_length=64, unique=True)
    callback = models.URLField(max_length=400, blank=True)
    webhook_id = models.CharField(max_length=40, blank=True)
    webhook_trouble = models.CharField(max_length=40, blank=True)
    sealed = models.BinaryField(null=True)
    account_id = models.CharField(max_length=40, blank=True)
    account_name = models.CharField(max_length=200, blank=True)
    choices = models.JSONField(default=dict)
    connected_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    connected_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    ended_at = models.DateTimeField(null=True)
    heard_at = models.DateTimeField(null=True)
    began_at = models.DateTimeField(null=True)
    passed_at = models.DateTimeField(null=True)
    compared_at = models.DateTimeField(null=True)
    whole_asked_at = models.DateTimeField(null=True)
    trouble = models.CharField(max_length=40, blank=True)
    trouble_params = models.JSONField(default=dict)
    trouble_since = models.DateTimeField(null=True)
    tries = models.PositiveIntegerField(default=0)
    retry_at = models.DateTimeField(null=True)

    objects = ConnectionQuerySet.as_manager()

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(
                fields=["project"],
                condition=Q(ended_at__isnull=True),
                name="trello_once_per_project",
            ),
            models.UniqueConstraint(
                fields=["board_id"],
                condition=Q(ended_at__isnull=True) & ~Q(board_id=""),
                name="trello_board_once",
            ),
        )

    def __str__(self) -> str:
        return f"{self.project}: {self.board_name}"


class Message(models.Model):
    """What Trello said, byte by byte, once for each of its actions.

    It only says where to look: what counts is what Trello answers when it is asked. So messages
    may come twice, late or in any order. ``card_key`` is the card that it speaks of.
    """

    connection = models.ForeignKey(Connection, models.CASCADE, related_name="messages")
    action_id = models.CharField(max_length=60)
    kind = models.CharField(max_length=60)
    card_key = models.CharField(max_length=40, blank=True)
    body = models.BinaryField()
    received_at = models.DateTimeField()
    taken_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(fields=["connection", "action_id"], name="trello_action_once"),
        )
        indexes = (
            models.Index(
                fields=["connection"], condition=Q(taken_at__isnull=True), name="trello_waiting"
            ),
        )

    def __str__(self) -> str:
        return f"{self.connection_id}: {self.kind}"


class Turned(models.Model):
    """Messages that were turned away at the door, counted by day and reason; none is kept."""

    connection = models.ForeignKey(Connection, models.CASCADE, related_name="turned")
    on = models.DateField()
    code = models.CharField(max_length=40)
    count = models.BigIntegerField(default=0)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["connection", "on", "code"], name="trello_turned_once_a_day"
            ),
        )

    def __str__(self) -> str:
        return f"{self.connection_id} {self.on} {self.code}: {self.count}"
