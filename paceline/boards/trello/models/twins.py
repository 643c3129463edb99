"""What here and what in Trello is the same thing, and what both said last."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from paceline.boards.trello.models.connections import Connection
from paceline.org.models import Person


class TwinKind(models.TextChoices):
    LIST = "list"
    LABEL = "label"
    CARD = "card"
    CHECKLIST = "checklist"
    ITEM = "item"
    COMMENT = "comment"


class Twin(models.Model):
    """A thing of the project and its twin on the board.

    ``local`` is its id here, ``key`` its id there; ``card`` the id here of the card that it hangs
    on. No foreign keys: that a thing is gone here or there is just what has to be noticed. ``base``
    is what both agreed on last; ``version`` that of the row here at the time; ``place`` Trello's
    number for its place. ``making_since``: it is being made there, and whether it was is not known
    yet. ``gone_at``: it was deleted there, and stays here. ``trouble`` says why it is not carried.
    """

    connection = models.ForeignKey(Connection, models.CASCADE, related_name="twins")
    kind = models.CharField(max_length=9, choices=TwinKind.choices)
    local = models.BigIntegerField(null=True)
    key = models.CharField(max_length=40, blank=True)
    card = models.BigIntegerField(null=True)
    base = models.JSONField(null=True)
    version = models.BigIntegerField(default=0)
    place = models.DecimalField(max_digits=30, decimal_places=10, null=True)
    making_since = models.DateTimeField(null=True)
    gone_at = models.DateTimeField(null=True)
    trouble = models.CharField(max_length=40, blank=True)
    trouble_params = models.JSONField(default=dict)
    trouble_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("id",)
        constraints = (
            models.UniqueConstraint(
                fields=["connection", "kind", "key"],
                condition=~Q(key=""),
                name="trello_twin_there_once",
            ),
            models.UniqueConstraint(
                fields=["connection", "kind", "local"],
                condition=Q(local__isnull=False),
                name="trello_twin_here_once",
            ),
        )
        indexes = (
            models.Index(fields=["connection", "card"], name="trello_twin_card"),
            models.Index(
                fields=["connection"], condition=~Q(trouble=""), name="trello_twin_trouble"
            ),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.local} {self.key}"


class Member(models.Model):
    """A member of the board, and who of the company that is, if anybody."""

    connection = models.ForeignKey(Connection, models.CASCADE, related_name="members")
    key = models.CharField(max_length=40)
    name = models.CharField(max_length=200)
    person = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ("name", "id")
        constraints = (
            models.UniqueConstraint(fields=["connection", "key"], name="trello_member_once"),
            models.UniqueConstraint(
                fields=["connection", "person"],
                condition=Q(person__isnull=False),
                name="trello_person_once",
            ),
        )

    def __str__(self) -> str:
        return self.name


class Conflict(models.Model):
    """Both sides changed the same field to something else: the later one stands, both are kept."""

    connection = models.ForeignKey(Connection, models.CASCADE, related_name="conflicts")
    card = models.BigIntegerField()
    title = models.CharField(max_length=300)
    field = models.CharField(max_length=20)
    here = models.JSONField(null=True)
    there = models.JSONField(null=True)
    here_at = models.DateTimeField()
    there_at = models.DateTimeField()
    kept_here = models.BooleanField()
    at = models.DateTimeField()

    class Meta:
        ordering = ("-id",)
        indexes = (models.Index(fields=["connection", "-id"], name="trello_conflict_newest"),)

    def __str__(self) -> str:
        return f"{self.title}: {self.field}"
