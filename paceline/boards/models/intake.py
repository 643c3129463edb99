"""Boards that came from other products: the file, how far it is, and what was not carried."""

from __future__ import annotations

from typing import Any, Self

from django.db import models
from django.db.models import Q

from paceline.boards.models.projects import Project
from paceline.files.models import StoredFile
from paceline.live.models import Progress
from paceline.org.models import Person


class IntakeKind(models.TextChoices):
    """The products whose exports are read."""

    TRELLO = "trello", "Trello"
    TEAMBITION = "teambition", "Teambition"


class BoardIntakeQuerySet(models.QuerySet[Any]):
    def visible_to(self, person: Person) -> Self:
        """Whoever brought a board sees how it went; so does whoever sees the project."""
        seen = Project.objects.visible_to(person).values("pk")
        return self.filter(Q(requested_by=person) | Q(project__in=seen))


class BoardIntake(models.Model):
    """One export that becomes a project. ``facts`` are those of the project to be.

    ``counts`` says what came, ``left`` what was not carried (a number by code), ``strangers`` the
    people of the file whom nobody here is; ``failure`` why nothing came at all.
    """

    kind = models.CharField(max_length=10, choices=IntakeKind.choices)
    file = models.ForeignKey(StoredFile, models.PROTECT, related_name="+")
    file_name = models.CharField(max_length=200)
    facts = models.JSONField(default=dict)
    requested_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    requested_at = models.DateTimeField()
    progress = models.ForeignKey(Progress, models.PROTECT, null=True, related_name="+")
    ended_at = models.DateTimeField(null=True)
    project = models.ForeignKey(Project, models.PROTECT, null=True, related_name="intakes")
    counts = models.JSONField(default=dict)
    left = models.JSONField(default=dict)
    strangers = models.JSONField(default=list)
    failure = models.JSONField(default=dict)

    objects = BoardIntakeQuerySet.as_manager()

    class Meta:
        ordering = ("-id",)

    def __str__(self) -> str:
        return self.file_name
