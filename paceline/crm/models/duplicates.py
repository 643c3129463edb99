"""Records that may be one and the same, and those that were made one."""

from __future__ import annotations

from typing import Any, Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from paceline.crm.models.customers import Company, Contact
from paceline.crm.models.deals import Deal
from paceline.crm.models.leads import Lead
from paceline.crm.models.lists import ListKind
from paceline.org.models import Person

# The kinds of records of which there may be two of the same customer.
DOUBLED: dict[str, Any] = {"company": Company, "contact": Contact, "lead": Lead}
# Those of which several may be made one: deals too, which are never found to be the same.
MERGED: dict[str, Any] = {**DOUBLED, "deal": Deal}


class DuplicatePairQuerySet(models.QuerySet[Any]):
    def visible_to(self, person: Person) -> Self:
        """Pairs of which the person sees both, and neither is put away or merged."""
        seen = Q(pk__in=())
        for kind, model in DOUBLED.items():
            ids = model.objects.visible_to(person).kept().order_by().values("pk")
            seen |= Q(kind=kind, first__in=ids, second__in=ids)
        return self.filter(seen)


class DuplicatePair(models.Model):
    """Two records that look like one: how much they do, and why.

    ``first`` and ``second`` are ids of records of ``kind``, the lower one first. Whoever says that
    they are two keeps them apart for good.
    """

    kind = models.CharField(max_length=7, choices=ListKind.choices)
    first = models.BigIntegerField()
    second = models.BigIntegerField()
    score = models.PositiveSmallIntegerField()
    reasons = ArrayField(models.CharField(max_length=20), default=list)
    found_at = models.DateTimeField()
    set_apart_at = models.DateTimeField(null=True)
    set_apart_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")

    objects = DuplicatePairQuerySet.as_manager()

    class Meta:
        ordering = ("-score", "kind", "first", "second")
        constraints = (
            models.UniqueConstraint(fields=["kind", "first", "second"], name="pair_once"),
            models.CheckConstraint(name="pair_in_order", condition=Q(first__lt=F("second"))),
        )
        indexes = (
            models.Index(fields=["kind", "-score"], condition=Q(set_apart_at__isnull=True),
                         name="pair_by_score"),
        )  # fmt: skip

    def __str__(self) -> str:
        return f"{self.kind} {self.first} and {self.second}"


class MergeQuerySet(models.QuerySet[Any]):
    def visible_to(self, person: Person) -> Self:
        """Merges into records that the person sees."""
        seen = Q(pk__in=())
        for kind, model in MERGED.items():
            seen |= Q(kind=kind, survivor__in=model.objects.visible_to(person).values("pk"))
        return self.filter(seen)


class Merge(models.Model):
    """That records became one: what the one that stays said before, and what moved to it.

    ``moved`` lists, by table and column, the rows of each merged record that point to the survivor
    now; what already stood there stays with the merged record.
    """

    kind = models.CharField(max_length=7, choices=ListKind.choices)
    survivor = models.BigIntegerField()
    merged = ArrayField(models.BigIntegerField())
    version = models.PositiveIntegerField()
    before = models.JSONField(default=dict)
    moved = models.JSONField(default=list)
    at = models.DateTimeField(_("when"))
    by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    undone_at = models.DateTimeField(null=True)
    undone_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")

    objects = MergeQuerySet.as_manager()

    class Meta:
        ordering = ("-id",)
        indexes = (models.Index(fields=["kind", "survivor"], name="merge_survivor"),)

    def __str__(self) -> str:
        return f"merge {self.pk}"
