"""Goals and results: what a payee is asked to reach, and figures that somebody entered."""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeBoundary, RangeOperators
from django.db import models
from django.db.models import Deferrable, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from paceline.imports.models import Import
from paceline.kernel.money import CurrencyField, MoneyField
from paceline.kernel.periods import (
    DateRange,
    EffectiveDated,
    EffectiveQuerySet,
    OneId,
    ends_after_start,
)
from paceline.org.models import Person, ReportingPath, Role, Team, TeamMembership


class HashOfText(models.Func):
    """A text as a big integer, so that a GiST index needs no extension to compare it."""

    function = "hashtextextended"
    template = "%(function)s(%(expressions)s, 0)"
    output_field = models.BigIntegerField()


READERS = (Role.COMPENSATION, Role.FINANCE, Role.EXECUTIVE)


def line_below(person: Person) -> models.QuerySet[Any, Any]:
    paths = ReportingPath.objects.filter(ancestor=person)
    below = paths if person.acting_on is None else paths.on(person.acting_on)
    return below.values("descendant")


class QuotaQuerySet(EffectiveQuerySet):
    def visible_to(self, person: Person) -> QuotaQuerySet:
        """Those who run or check pay see all; others their own and those of everyone below them,
        and what the teams of these people are asked for.
        """
        if person.has_role(*READERS):
            return self
        members = TeamMembership.objects.filter(Q(person=person) | Q(person__in=line_below(person)))
        if person.acting_on is not None:
            members = members.on(person.acting_on)
        return self.filter(
            Q(person=person) | Q(person__in=line_below(person)) | Q(team__in=members.values("team"))
        )

    def standing(self) -> QuotaQuerySet:
        """Quotas that have not been replaced by a later decision."""
        return self.filter(replaced_by__isnull=True)


def _one_standing(name: str, holder: str) -> ExclusionConstraint:
    return ExclusionConstraint(
        name=name,
        expressions=[
            (OneId(holder), RangeOperators.EQUAL),
            (OneId(HashOfText("measure")), RangeOperators.EQUAL),
            (DateRange("starts_on", "ends_before", RangeBoundary()), RangeOperators.OVERLAPS),
        ],
        condition=Q(replaced_by__isnull=True) & Q(**{f"{holder}__isnull": False}),
        deferrable=Deferrable.DEFERRED,
        violation_error_message=_("There is already a quota on some of these days."),
    )


class Quota(EffectiveDated):
    """The target of a measure for a person, or for a team as a whole, over a range of days.

    A change keeps the row it replaces: ``replaced_by`` points to the newer one.
    """

    person = models.ForeignKey(Person, models.PROTECT, null=True, related_name="quotas")
    team = models.ForeignKey(Team, models.PROTECT, null=True, related_name="quotas")
    measure = models.CharField(_("measure"), max_length=60, default="sales")
    amount = MoneyField(_("quota"))
    currency = CurrencyField(_("currency"))
    set_at = models.DateTimeField()
    set_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    reason = models.TextField(_("why"), blank=True)
    replaced_by = models.ForeignKey(
        "self", models.PROTECT, null=True, related_name="replaced_quotas"
    )
    imported_by = models.ForeignKey(Import, models.PROTECT, null=True, related_name="+")

    objects = QuotaQuerySet.as_manager()

    class Meta:
        ordering = ("-starts_on", "person", "team", "measure", "id")
        constraints = (
            ends_after_start("quota_ends_after_start"),
            models.CheckConstraint(name="quota_not_negative", condition=Q(amount__gte=0)),
            models.CheckConstraint(name="quota_has_an_end", condition=Q(ends_before__isnull=False)),
            models.CheckConstraint(
                name="quota_of_a_person_or_a_team",
                condition=Q(person__isnull=True) ^ Q(team__isnull=True),
            ),
            _one_standing("quota_one_standing_at_a_time", "person"),
            _one_standing("quota_one_standing_of_a_team", "team"),
        )

    def __str__(self) -> str:
        return f"{self.holder} {self.measure} {self.starts_on}"

    @property
    def holder(self) -> Person | Team:
        """Who is asked: a person, or a team as a whole."""
        found: Person | Team | None = self.person or self.team
        assert found is not None  # noqa: S101 -- a constraint of the table
        return found


class Unit(models.TextChoices):
    MONEY = "money", _("Money")
    QUANTITY = "quantity", pgettext_lazy("unit", "Number")
    PERCENT = "percent", _("Percentage")


class FigureKind(models.Model):
    """A figure that people enter, such as satisfaction, reply time or hours; plans use its name."""

    name = models.SlugField(_("name"), max_length=60, unique=True)
    label = models.CharField(_("label"), max_length=60, unique=True)
    unit = models.CharField(_("unit"), max_length=8, choices=Unit.choices)

    class Meta:
        ordering = ("label", "id")

    def __str__(self) -> str:
        return self.label


class FigureQuerySet(models.QuerySet[Any]):
    def visible_to(self, person: Person) -> FigureQuerySet:
        """Those who run or check pay see all; others their own and those of everyone below them."""
        if person.has_role(*READERS):
            return self
        return self.filter(Q(person=person) | Q(person__in=line_below(person)))

    def standing(self) -> FigureQuerySet:
        """Figures that have not been replaced by a later entry."""
        return self.filter(replaced_by__isnull=True)


class Figure(models.Model):
    """What somebody entered for a person on a day; without a value it was taken back.

    A share is kept as a number (58% is 0.58). A change keeps the row it replaces: ``replaced_by``
    points to the newer one.
    """

    person = models.ForeignKey(Person, models.PROTECT, related_name="figures")
    kind = models.ForeignKey(FigureKind, models.PROTECT, related_name="figures")
    on = models.DateField(_("day it counts on"))
    value = models.DecimalField(_("value"), max_digits=18, decimal_places=10, null=True)
    entered_at = models.DateTimeField()
    entered_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    reason = models.TextField(_("why"), blank=True)
    replaced_by = models.ForeignKey(
        "self", models.PROTECT, null=True, related_name="replaced_figures"
    )
    imported_by = models.ForeignKey(Import, models.PROTECT, null=True, related_name="+")

    objects = FigureQuerySet.as_manager()

    class Meta:
        ordering = ("-on", "person", "kind", "id")
        constraints = (
            ExclusionConstraint(
                name="figure_one_standing_a_day",
                expressions=[
                    (OneId("person"), RangeOperators.EQUAL),
                    (OneId("kind"), RangeOperators.EQUAL),
                    (
                        DateRange("on", "on", RangeBoundary(inclusive_upper=True)),
                        RangeOperators.EQUAL,
                    ),
                ],
                condition=Q(replaced_by__isnull=True),
                deferrable=Deferrable.DEFERRED,
                violation_error_message=_("This figure was entered for that day already."),
            ),
        )

    def __str__(self) -> str:
        return f"{self.person} {self.kind} {self.on}"
