"""What people make of the lists: fields of their own, and views that they keep."""

from __future__ import annotations

from typing import Any, Self

from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from paceline.crm.models.pipelines import TeamQuerySet
from paceline.crm.models.records import scope_of
from paceline.kernel.own_fields import FieldKind
from paceline.org.models import Person, Team


class ListKind(models.TextChoices):
    """The four lists, by the name of their records."""

    COMPANY = "company", pgettext_lazy("list", "Companies")
    CONTACT = "contact", pgettext_lazy("list", "Contacts")
    LEAD = "lead", pgettext_lazy("list", "Leads")
    DEAL = "deal", pgettext_lazy("list", "Deals")


class CustomField(models.Model):
    """A field that a team added to its records. Values stand by its id, so it can be renamed.

    ``options`` are the words of a list; a word that was removed stays readable where it was chosen.
    """

    team = models.ForeignKey(Team, models.PROTECT, related_name="+")
    of = models.CharField(max_length=7, choices=ListKind.choices)
    label = models.CharField(_("label"), max_length=60)
    kind = models.CharField(_("kind"), max_length=9, choices=FieldKind.choices)
    options = models.JSONField(default=list, blank=True)
    is_required = models.BooleanField(_("required"), default=False)
    rank = models.PositiveIntegerField(default=0)
    retired_at = models.DateTimeField(null=True, blank=True)

    objects = TeamQuerySet.as_manager()

    class Meta:
        ordering = ("team", "of", "rank", "id")
        constraints = (
            models.UniqueConstraint(
                "team",
                "of",
                Lower("label"),
                condition=Q(retired_at__isnull=True),
                name="custom_field_label_once",
            ),
        )

    def __str__(self) -> str:
        return self.label

    @property
    def key(self) -> str:
        """The name under which records keep its value."""
        return str(self.pk)


class SavedViewQuerySet(models.QuerySet[Any]):
    def visible_to(self, person: Person) -> Self:
        """One's own, and those that somebody shared with a team of theirs."""
        scope = scope_of(person)
        shared = Q(team_id__in=scope.all_teams) if scope.sells else Q(pk__in=())
        return self.filter(Q(owner=person) | shared)


class SavedView(models.Model):
    """Filters, order and columns of a list, kept under a name; shared when it has a team.

    ``choices`` are the parameters of the table. They name things by id, and what is gone since is
    left out when the view is opened.
    """

    owner = models.ForeignKey(Person, models.PROTECT, related_name="+")
    team = models.ForeignKey(Team, models.PROTECT, null=True, blank=True, related_name="+")
    of = models.CharField(max_length=7, choices=ListKind.choices)
    name = models.CharField(_("name"), max_length=60)
    choices = models.JSONField(default=dict)
    created_at = models.DateTimeField()

    objects = SavedViewQuerySet.as_manager()

    class Meta:
        ordering = ("name", "id")
        constraints = (
            models.UniqueConstraint("owner", "of", Lower("name"), name="saved_view_name_once"),
        )

    def __str__(self) -> str:
        return self.name


class Batch(models.Model):
    """One change of many records at once: what it was, and whether it was taken back."""

    key = models.UUIDField(unique=True)
    of = models.CharField(max_length=7, choices=ListKind.choices)
    what = models.JSONField(default=dict)
    by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    count = models.PositiveIntegerField(default=0)
    skipped = models.PositiveIntegerField(default=0)
    ended_at = models.DateTimeField(null=True)
    undone_at = models.DateTimeField(null=True)
    progress = models.ForeignKey("live.Progress", models.SET_NULL, null=True, related_name="+")

    objects: models.Manager[Any] = models.Manager()

    class Meta:
        ordering = ("-at",)

    def __str__(self) -> str:
        return f"batch {self.pk}"
