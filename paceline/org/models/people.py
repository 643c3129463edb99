"""People, seats, teams and who reports to whom, each fact with the days on which it counts."""

from __future__ import annotations

from datetime import date

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeBoundary, RangeOperators
from django.db import models
from django.db.models import F, Q
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from paceline.kernel.money import CurrencyField
from paceline.kernel.periods import (
    DateRange,
    EffectiveDated,
    EffectiveQuerySet,
    OneId,
    OneWord,
    ends_after_start,
    no_overlap,
)


class Role(models.TextChoices):
    """What a person may do beyond their own desk. Being a lead follows from the reporting line."""

    SALESPERSON = "salesperson", _("Salesperson")
    LEAD = "lead", _("Team lead")
    COMPENSATION = "compensation", _("Compensation manager")
    FINANCE = "finance", _("Finance approver")
    HR = "hr", _("HR")
    EXECUTIVE = "executive", _("Executive")
    ADMINISTRATOR = "administrator", _("Administrator")


class PersonQuerySet(models.QuerySet["Person"]):
    def visible_to(self, person: Person) -> PersonQuerySet:
        """Colleagues are listed for everyone; what may be read of them is the matrix's business."""
        return self if person.pk else self.none()

    def employed_on(self, day: date) -> PersonQuerySet:
        return self.filter(
            Q(employments__ends_before__isnull=True) | Q(employments__ends_before__gt=day),
            employments__starts_on__lte=day,
        ).distinct()


class Person(models.Model):
    """A human being known to the company, with or without a way to sign in."""

    number = models.CharField(_("employee number"), max_length=40, unique=True)
    name = models.CharField(pgettext_lazy("person", "name"), max_length=120)
    latin_name = models.CharField(_("name in Latin letters"), max_length=120, blank=True)
    email = models.EmailField(_("e-mail address"), blank=True)
    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="person"
    )

    objects = PersonQuerySet.as_manager()

    # The day on which this person acts: set by whoever brings them in (middleware, job, test), so
    # that rights that ended yesterday no longer count. Unset: grants without an end count.
    acting_on: date | None = None
    # By which token they act, for the audit trail; empty in a browser.
    acting_through: str = ""

    class Meta:
        ordering = ("name", "id")
        verbose_name = _("person")
        verbose_name_plural = _("people")

    def __str__(self) -> str:
        return self.name

    @cached_property
    def roles(self) -> frozenset[str]:
        """Roles that count on ``acting_on``; one query at most, none when prefetched."""
        day = self.acting_on
        return frozenset(
            grant.role
            for grant in self.role_grants.all()
            if (grant.ends_before is None if day is None else grant.counts_on(day))
        )

    def has_role(self, *roles: str) -> bool:
        """Whether the person has at least one of the roles."""
        return not self.roles.isdisjoint(roles)


class Leaver(models.TextChoices):
    """How somebody left, for plans that pay on what is not due yet by it."""

    GOOD = "good", pgettext_lazy("leaver", "Good")
    BAD = "bad", pgettext_lazy("leaver", "Bad")


class Employment(EffectiveDated):
    """Days for which a person works here, where, and in which currency they are paid."""

    person = models.ForeignKey(Person, models.PROTECT, related_name="employments")
    country = models.CharField(_("country"), max_length=2)
    currency = CurrencyField(_("currency"))
    language = models.CharField(_("language"), max_length=10, default="en")
    time_zone = models.CharField(_("time zone"), max_length=64, default="UTC")
    region = models.CharField(_("region of work"), max_length=80, blank=True)
    probation_ends_before = models.DateField(_("probation until before"), null=True, blank=True)
    leaver = models.CharField(
        _("kind of leaving"), max_length=4, choices=Leaver.choices, blank=True
    )

    objects = EffectiveQuerySet.as_manager()

    class Meta:
        ordering = ("person", "starts_on")
        constraints = (
            ends_after_start("employment_ends_after_start"),
            models.CheckConstraint(
                name="employment_leaver_has_left",
                condition=Q(leaver="") | Q(ends_before__isnull=False),
            ),
            no_overlap(
                "employment_once_at_a_time",
                of=["person"],
                message=_("This person is already employed on some of these days."),
            ),
        )

    def __str__(self) -> str:
        return f"{self.person} {self.starts_on}"


class Position(models.Model):
    """A kind of seat: plans follow positions, people hold them for a time."""

    code = models.CharField(_("code"), max_length=60, unique=True)
    title = models.CharField(_("title"), max_length=120)
    level = models.CharField(_("level"), max_length=40, blank=True)
    job_family = models.CharField(_("job family"), max_length=80, blank=True)

    class Meta:
        ordering = ("code",)

    def __str__(self) -> str:
        return self.title


class PositionHolding(EffectiveDated):
    """Who holds which position on which days: one at a time."""

    person = models.ForeignKey(Person, models.PROTECT, related_name="position_holdings")
    position = models.ForeignKey(Position, models.PROTECT, related_name="holdings")

    objects = EffectiveQuerySet.as_manager()

    class Meta:
        constraints = (
            ends_after_start("holding_ends_after_start"),
            no_overlap(
                "holding_one_position_at_a_time",
                of=["person"],
                message=_("This person already holds a position on some of these days."),
            ),
        )

    def __str__(self) -> str:
        return f"{self.person}: {self.position}"


TEAM_DEPTH_MAX = 12  # how many teams may lie one below another, the highest included


class Team(models.Model):
    """A group of people; teams hang below one another as a tree."""

    code = models.CharField(_("code"), max_length=60, unique=True)
    name = models.CharField(pgettext_lazy("team", "name"), max_length=120)
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="children"
    )

    class Meta:
        ordering = ("name", "id")
        constraints = (
            models.CheckConstraint(
                name="team_is_not_its_own_parent",
                condition=Q(parent__isnull=True) | ~Q(parent=F("id")),
            ),
        )

    def __str__(self) -> str:
        return self.name


class TeamMembership(EffectiveDated):
    """Which team a person belongs to on which days: one at a time."""

    person = models.ForeignKey(Person, models.PROTECT, related_name="team_memberships")
    team = models.ForeignKey(Team, models.PROTECT, related_name="memberships")

    objects = EffectiveQuerySet.as_manager()

    class Meta:
        constraints = (
            ends_after_start("membership_ends_after_start"),
            no_overlap(
                "membership_one_team_at_a_time",
                of=["person"],
                message=_("This person already belongs to a team on some of these days."),
            ),
        )

    def __str__(self) -> str:
        return f"{self.person}: {self.team}"


class ReportingLine(EffectiveDated):
    """Whom a person reports to on which days: one manager at a time, never in a circle."""

    person = models.ForeignKey(Person, models.PROTECT, related_name="reporting_lines")
    manager = models.ForeignKey(Person, models.PROTECT, related_name="report_lines")

    objects = EffectiveQuerySet.as_manager()

    class Meta:
        constraints = (
            ends_after_start("reporting_ends_after_start"),
            no_overlap(
                "reporting_one_manager_at_a_time",
                of=["person"],
                message=_("This person already reports to someone on some of these days."),
            ),
            models.CheckConstraint(
                name="reporting_not_to_oneself", condition=~Q(person=F("manager"))
            ),
        )

    def __str__(self) -> str:
        return f"{self.person} → {self.manager}"


class ReportingPath(EffectiveDated):
    """Everyone above a person on which days: the reporting lines' closure, kept for reading.

    ``depth`` 1 is the direct manager. Rebuilt in the transaction that changes a reporting line. It
    leads on over leads who have left, so it is read for rights and views; pay reads the lines.
    """

    ancestor = models.ForeignKey(Person, models.CASCADE, related_name="+")
    descendant = models.ForeignKey(Person, models.CASCADE, related_name="+")
    depth = models.PositiveSmallIntegerField()

    objects = EffectiveQuerySet.as_manager()

    class Meta:
        constraints = (ends_after_start("path_ends_after_start"),)
        indexes = (
            models.Index(fields=["ancestor", "descendant", "starts_on"], name="path_downwards"),
            models.Index(fields=["descendant", "starts_on"], name="path_upwards"),
        )

    def __str__(self) -> str:
        return f"{self.ancestor} ↓{self.depth} {self.descendant}"


class RoleGrant(EffectiveDated):
    """A role that a person has for a time; kept so that past rights can be shown."""

    person = models.ForeignKey(Person, models.PROTECT, related_name="role_grants")
    role = models.CharField(_("role"), max_length=20, choices=Role.choices)
    granted_by = models.ForeignKey(Person, models.PROTECT, null=True, blank=True, related_name="+")

    objects = EffectiveQuerySet.as_manager()

    class Meta:
        constraints = (
            ends_after_start("grant_ends_after_start"),
            ExclusionConstraint(
                name="grant_once_per_role_at_a_time",
                expressions=[
                    (OneId("person"), RangeOperators.EQUAL),
                    (OneWord("role"), RangeOperators.EQUAL),
                    (
                        DateRange("starts_on", "ends_before", RangeBoundary()),
                        RangeOperators.OVERLAPS,
                    ),
                ],
                violation_error_message=_("This person has the role on some of these days."),
            ),
        )

    def __str__(self) -> str:
        return f"{self.person}: {self.get_role_display()}"
