"""What people keep of their questions, and in which currency the company adds up."""

from __future__ import annotations

from typing import Any, Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from paceline.kernel.money import CurrencyField
from paceline.org.models import Person, Role, Team, TeamMembership


class ReportingRule(models.Model):
    """In which currency figures of several currencies are added up, and by which kind of rate. The
    latest counts."""

    currency = CurrencyField(_("currency"))
    rate_type = models.CharField(_("kind of rate"), max_length=20, default="average")
    decided_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField()

    class Meta:
        ordering = ("-id",)

    def __str__(self) -> str:
        return f"{self.currency} ({self.rate_type})"


class Sharing(models.TextChoices):
    """Who sees something besides the one who made it."""

    OWN = "own", pgettext_lazy("shared with", "Nobody else")
    TEAM = "team", pgettext_lazy("shared with", "A team")
    ROLE = "role", pgettext_lazy("shared with", "Everyone with a role")
    ALL = "all", pgettext_lazy("shared with", "Everyone")


class SharedQuerySet(models.QuerySet[Any]):
    def visible_to(self, person: Person) -> Self:
        """One's own, and what was shared with one's team, one's role or everyone."""
        members = TeamMembership.objects.filter(person=person)
        if person.acting_on is not None:
            members = members.on(person.acting_on)
        return self.filter(
            Q(owner=person)
            | Q(sharing=Sharing.ALL)
            | Q(sharing=Sharing.ROLE, role__in=person.roles)
            | Q(sharing=Sharing.TEAM, team__in=members.values("team"))
        )

    def kept(self) -> Self:
        """Without what was put away."""
        return self.filter(removed_at__isnull=True)


class Shared(models.Model):
    """Something with a name that its owner may share. What it shows is decided for each reader."""

    name = models.CharField(_("name"), max_length=120)
    owner = models.ForeignKey(Person, models.PROTECT, related_name="+", verbose_name=_("owner"))
    sharing = models.CharField(
        _("shared with"), max_length=4, choices=Sharing.choices, default=Sharing.OWN
    )
    team = models.ForeignKey(Team, models.PROTECT, null=True, blank=True, related_name="+")
    role = models.CharField(_("role"), max_length=20, choices=Role.choices, blank=True)
    made_at = models.DateTimeField()
    changed_at = models.DateTimeField(_("last change"))
    removed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        abstract = True


def shared_with(name: str) -> models.CheckConstraint:
    """A team or role is named where, and only where, it is shared with one."""
    return models.CheckConstraint(
        name=name,
        condition=Q(team__isnull=False, sharing=Sharing.TEAM, role="")
        | (Q(team__isnull=True, sharing=Sharing.ROLE) & ~Q(role=""))
        | Q(team__isnull=True, role="", sharing__in=[Sharing.OWN, Sharing.ALL]),
    )


class SavedQuestion(Shared):
    """A question of the explorer, kept as its address says it."""

    asked = models.CharField(_("question"), max_length=2000)

    objects = SharedQuerySet.as_manager()

    class Meta:
        ordering = ("name", "id")
        constraints = (shared_with("question_shared_with"),)

    def __str__(self) -> str:
        return self.name
