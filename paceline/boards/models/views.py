"""Views of a project that somebody keeps under a name: which cards, how drawn, in which order."""

from __future__ import annotations

from typing import Any, Self

from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from paceline.boards.models.projects import Project
from paceline.org.models import Person


class ViewKind(models.TextChoices):
    """How the cards of a project are drawn."""

    BOARD = "board", _("Board")
    LIST = "list", pgettext_lazy("view of cards", "List")
    TABLE = "table", pgettext_lazy("view of cards", "Table")
    CALENDAR = "calendar", pgettext_lazy("view of cards", "Calendar")
    TIMELINE = "timeline", pgettext_lazy("view of cards", "Timeline")


class KeptViewQuerySet(models.QuerySet[Any]):
    def visible_to(self, person: Person) -> Self:
        """One's own, and those shared in a project, as far as one sees the project."""
        seen = Project.objects.visible_to(person).values("pk")
        return self.filter(Q(owner=person) | Q(shared_at__isnull=False), project__in=seen)


class KeptView(models.Model):
    """Filters, swimlanes and order of a view; from ``shared_at`` on of whoever sees the project.

    ``choices`` are the parameters of its address; what they name and is gone is left out.
    """

    project = models.ForeignKey(Project, models.CASCADE, related_name="kept_views")
    owner = models.ForeignKey(Person, models.PROTECT, related_name="+")
    kind = models.CharField(max_length=8, choices=ViewKind.choices)
    name = models.CharField(pgettext_lazy("view of cards", "name"), max_length=60)
    choices = models.JSONField(default=dict)
    created_at = models.DateTimeField()
    shared_at = models.DateTimeField(null=True)

    objects = KeptViewQuerySet.as_manager()

    class Meta:
        ordering = ("name", "id")
        constraints = (
            models.UniqueConstraint("project", "owner", Lower("name"), name="kept_view_name_once"),
        )

    def __str__(self) -> str:
        return self.name
