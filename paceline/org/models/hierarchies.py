"""Named hierarchies beside the reporting line: who answers for a region, a brand, a project."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from paceline.kernel.periods import EffectiveDated, EffectiveQuerySet, ends_after_start, no_overlap
from paceline.org.models.people import Person


class Hierarchy(models.Model):
    """A tree of people with a name of its own; plans roll sales up through it by its code."""

    code = models.CharField(_("code"), max_length=60, unique=True)
    name = models.CharField(pgettext_lazy("hierarchy", "name"), max_length=120)

    class Meta:
        ordering = ("name", "id")

    def __str__(self) -> str:
        return self.name


class HierarchyLine(EffectiveDated):
    """Who stands below whom in a hierarchy on which days: below one person, never in a circle."""

    hierarchy = models.ForeignKey(Hierarchy, models.PROTECT, related_name="lines")
    person = models.ForeignKey(Person, models.PROTECT, related_name="hierarchy_lines")
    manager = models.ForeignKey(Person, models.PROTECT, related_name="+")

    objects = EffectiveQuerySet.as_manager()

    class Meta:
        constraints = (
            ends_after_start("hierarchy_line_ends_after_start"),
            no_overlap(
                "hierarchy_one_manager_at_a_time",
                of=["hierarchy", "person"],
                message=_("This person already has a place there on some of these days."),
            ),
            models.CheckConstraint(
                name="hierarchy_not_below_oneself", condition=~Q(person=F("manager"))
            ),
        )

    def __str__(self) -> str:
        return f"{self.hierarchy}: {self.person} → {self.manager}"
