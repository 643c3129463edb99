"""Lines of text that a job makes into cards."""

from __future__ import annotations

from typing import Any, Self

from django.db import models

from paceline.boards.models.cards import Batch
from paceline.boards.models.projects import CardList, Project
from paceline.live.models import Progress
from paceline.org.models import Person


class PasteQuerySet(models.QuerySet[Any]):
    def visible_to(self, person: Person) -> Self:
        """The text is theirs who pasted it, as long as they see the project."""
        seen = Project.objects.visible_to(person).values("pk")
        return self.filter(requested_by=person, project__in=seen)


class Paste(models.Model):
    """``count`` lines that become cards at the end of a list.

    ``text`` is kept until they are; ``batch`` takes them back as one; ``failure`` is the name of
    what was refused.
    """

    project = models.ForeignKey(Project, models.CASCADE, related_name="pastes")
    list = models.ForeignKey(CardList, models.CASCADE, related_name="+")
    text = models.TextField()
    count = models.PositiveIntegerField()
    requested_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    requested_at = models.DateTimeField()
    progress = models.ForeignKey(Progress, models.PROTECT, null=True, related_name="+")
    ended_at = models.DateTimeField(null=True)
    batch = models.ForeignKey(Batch, models.SET_NULL, null=True, related_name="+")
    failure = models.CharField(max_length=40, blank=True)

    objects = PasteQuerySet.as_manager()

    class Meta:
        ordering = ("-id",)

    def __str__(self) -> str:
        return f"paste {self.pk}"
