"""Segments: customers by a rule, kept under a name and evaluated whenever somebody looks."""

from __future__ import annotations

from typing import Any, Self

from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from paceline.crm.models.records import scope_of
from paceline.org.models import Person, Team


class SegmentKind(models.TextChoices):
    """Of what customers a segment is."""

    COMPANY = "company", pgettext_lazy("list", "Companies")
    CONTACT = "contact", pgettext_lazy("list", "Contacts")
    LEAD = "lead", pgettext_lazy("list", "Leads")


class SegmentQuerySet(models.QuerySet[Any]):
    def visible_to(self, person: Person) -> Self:
        """One's own, and those that somebody shared with a team of theirs."""
        scope = scope_of(person)
        shared = Q(team_id__in=scope.all_teams) if scope.sells else Q(pk__in=())
        return self.filter(Q(owner=person) | shared)


class Segment(models.Model):
    """A rule by which customers belong together; shared when it has a team.

    ``rule`` holds conditions by name, all of which must be met. Who belongs is never kept: each
    reader sees those members whom they may see, as they are now.
    """

    owner = models.ForeignKey(Person, models.PROTECT, related_name="+")
    team = models.ForeignKey(Team, models.PROTECT, null=True, blank=True, related_name="+")
    of = models.CharField(_("of"), max_length=7, choices=SegmentKind.choices)
    name = models.CharField(_("name"), max_length=60)
    rule = models.JSONField(default=dict)
    created_at = models.DateTimeField()

    objects = SegmentQuerySet.as_manager()

    class Meta:
        ordering = ("name", "id")
        constraints = (
            models.UniqueConstraint("owner", "of", Lower("name"), name="segment_name_once"),
        )

    def __str__(self) -> str:
        return self.name
