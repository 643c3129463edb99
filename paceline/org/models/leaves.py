"""Days on which people are away although they are employed."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from paceline.kernel.periods import EffectiveDated, EffectiveQuerySet, ends_after_start, no_overlap
from paceline.org.models.people import Person, ReportingPath, Role


class LeaveKind(models.TextChoices):
    """Paid leave asks less of a target; unpaid leave pays less as well, where the plan says so."""

    PAID = "paid", pgettext_lazy("leave", "Paid")
    UNPAID = "unpaid", pgettext_lazy("leave", "Unpaid")


class LeaveQuerySet(EffectiveQuerySet):
    def visible_to(self, person: Person) -> LeaveQuerySet:
        """HR and those who run or check pay see when anybody is away; others their own days and
        those of everyone below them. Of which kind a leave is, is another right.
        """
        if person.has_role(Role.HR, Role.COMPENSATION, Role.FINANCE):
            return self
        paths = ReportingPath.objects.filter(ancestor=person)
        below = paths if person.acting_on is None else paths.on(person.acting_on)
        return self.filter(Q(person=person) | Q(person__in=below.values("descendant")))


class Leave(EffectiveDated):
    """Days on which a person is away from work, paid or not."""

    person = models.ForeignKey(Person, models.PROTECT, related_name="leaves")
    kind = models.CharField(pgettext_lazy("leave", "kind"), max_length=6, choices=LeaveKind.choices)

    objects = LeaveQuerySet.as_manager()

    class Meta:
        ordering = ("-starts_on", "id")
        constraints = (
            ends_after_start("leave_ends_after_start"),
            no_overlap(
                "leave_once_at_a_time",
                of=["person"],
                message=_("This person is away already on some of these days."),
            ),
        )

    def __str__(self) -> str:
        return f"{self.person}: {self.starts_on}"
