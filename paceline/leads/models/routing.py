"""How a team's leads find the person who answers them, and the trace of every assignment."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from paceline.crm.models import Lead, Source, scope_of
from paceline.org.models import Person, Team


class OwnTeamsQuerySet(models.QuerySet[Any]):
    def visible_to(self, person: Person) -> Self:
        """Of one's own teams and of those one leads; an executive reads all."""
        scope = scope_of(person)
        if scope.oversees:
            return self
        return self.filter(team_id__in=scope.all_teams) if scope.sells else self.none()


class WorkingWeek(models.Model):
    """When a team or a person works. A person without one works as their team, in their own zone.

    ``week``: seven lists of spans of minutes since midnight, Monday first (``leads.hours``).
    """

    team = models.OneToOneField(Team, models.PROTECT, null=True, related_name="+")
    person = models.OneToOneField(Person, models.PROTECT, null=True, related_name="+")
    time_zone = models.CharField(_("time zone"), max_length=64, blank=True)
    week = models.JSONField(default=list)
    closed_on = ArrayField(models.DateField(), verbose_name=_("closed on"), default=list)
    decided_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField()

    objects: models.Manager[Any] = models.Manager()

    class Meta:
        constraints = (
            models.CheckConstraint(
                name="week_of_a_team_or_a_person",
                condition=Q(team__isnull=False, person__isnull=True)
                | Q(team__isnull=True, person__isnull=False),
            ),
        )

    def __str__(self) -> str:
        return f"hours {self.pk}"


class RoutingDesk(models.Model):
    """What a team decided about its leads: whether rules give them, who gets what no rule takes,
    how soon a reply is due, and after which time another person gets an unanswered one.

    Its row is the lock under which a team's leads are given, one after the other.
    """

    team = models.OneToOneField(Team, models.PROTECT, related_name="+")
    is_on = models.BooleanField(_("leads are given by rules"), default=False)
    fallback = models.ForeignKey(
        Person, models.PROTECT, null=True, blank=True, related_name="+",
        verbose_name=_("whoever gets what no rule gives"),
    )  # fmt: skip
    reply_minutes = models.PositiveIntegerField(_("reply within (minutes of work)"), default=60)
    again_minutes = models.PositiveIntegerField(
        _("given to another after (minutes of work)"), null=True, blank=True
    )
    decided_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField()

    objects = OwnTeamsQuerySet.as_manager()

    class Meta:
        constraints = (
            models.CheckConstraint(name="desk_reply_is_due", condition=Q(reply_minutes__gte=1)),
            models.CheckConstraint(
                name="desk_again_after_a_while",
                condition=Q(again_minutes__isnull=True) | Q(again_minutes__gte=5),
            ),
        )

    def __str__(self) -> str:
        return f"desk of {self.team_id}"


class Method(models.TextChoices):
    ROUND_ROBIN = "round_robin", _("In turn")
    LEAST_BUSY = "least_busy", _("Whoever has least to do")
    FIXED = "fixed", _("Always the first who is there")


class RoutingRule(models.Model):
    """One rule of a team, tried in the order of ``rank``. An empty condition asks nothing.

    ``last_given_to`` is where round robin stands. ``lead_weight`` and ``deal_weight`` say how much
    an open lead and an open deal count as work.
    """

    team = models.ForeignKey(Team, models.PROTECT, related_name="+")
    rank = models.PositiveIntegerField()
    name = models.CharField(_("name"), max_length=80)
    languages = ArrayField(
        models.CharField(max_length=10), verbose_name=_("languages"), default=list, blank=True
    )
    countries = ArrayField(
        models.CharField(max_length=2), verbose_name=_("countries"), default=list, blank=True
    )
    territories = ArrayField(
        models.CharField(max_length=80), verbose_name=_("territories"), default=list, blank=True
    )
    sources = ArrayField(
        models.CharField(max_length=20, choices=Source.choices), verbose_name=_("channels"),
        default=list, blank=True,
    )  # fmt: skip
    interests = ArrayField(
        models.CharField(max_length=80), verbose_name=_("interested in"), default=list, blank=True
    )
    method = models.CharField(_("who gets it"), max_length=11, choices=Method.choices)
    at_work_only = models.BooleanField(_("only who is at work now"), default=False)
    lead_weight = models.DecimalField(
        _("an open lead counts"), max_digits=6, decimal_places=2, default=Decimal(1)
    )
    deal_weight = models.DecimalField(
        _("an open deal counts"), max_digits=6, decimal_places=2, default=Decimal(1)
    )
    last_given_to = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    is_on = models.BooleanField(_("in use"), default=True)
    removed_at = models.DateTimeField(null=True)

    objects = OwnTeamsQuerySet.as_manager()

    class Meta:
        ordering = ("team", "rank", "id")
        constraints = (
            models.CheckConstraint(
                name="rule_weights_are_not_negative",
                condition=Q(lead_weight__gte=0, deal_weight__gte=0),
            ),
            models.UniqueConstraint(
                fields=["team", "rank"],
                condition=Q(removed_at__isnull=True),
                name="rule_rank_once_per_team",
            ),
        )

    def __str__(self) -> str:
        return self.name


class RuleMember(models.Model):
    """Somebody whom a rule may choose, in order."""

    rule = models.ForeignKey(RoutingRule, models.CASCADE, related_name="members")
    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    rank = models.PositiveIntegerField()

    class Meta:
        ordering = ("rank", "id")
        constraints = (models.UniqueConstraint(fields=["rule", "person"], name="rule_member_once"),)

    def __str__(self) -> str:
        return f"{self.rule_id}: {self.person_id}"


class Cause(models.TextChoices):
    ARRIVED = "arrived", pgettext_lazy("why a lead was given", "New")
    UNANSWERED = "unanswered", pgettext_lazy("why a lead was given", "Not answered in time")
    ASKED = "asked", pgettext_lazy("why a lead was given", "Asked for by hand")


class AssignmentQuerySet(models.QuerySet[Any]):
    def visible_to(self, person: Person) -> Self:
        """Whoever sees the lead."""
        return self.filter(lead__in=Lead.objects.visible_to(person))


class Assignment(models.Model):
    """That rules gave a lead to somebody, or to nobody: which rule, and why not to others.

    ``trace`` is a list: one entry a rule that was tried, with the condition that it failed or the
    people it looked at, each with the reason why they were passed over and their load.
    """

    lead = models.ForeignKey(Lead, models.CASCADE, related_name="assignments")
    at = models.DateTimeField(_("when"))
    cause = models.CharField(_("why"), max_length=10, choices=Cause.choices)
    rule = models.ForeignKey(RoutingRule, models.PROTECT, null=True, related_name="+")
    person = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    trace = models.JSONField(default=list)

    objects = AssignmentQuerySet.as_manager()

    class Meta:
        ordering = ("-at", "-id")
        indexes = (models.Index(fields=["lead", "-id"], name="assignment_of_lead"),)

    def __str__(self) -> str:
        return f"assignment {self.pk}"
