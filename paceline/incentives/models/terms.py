"""What was agreed or is stated outside the plans, each with the days on which it holds.

Every kind has a key that tells its rows apart, and values; the database forbids two rows of one key
on one day.
"""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeBoundary, RangeOperators
from django.db import models
from django.db.models import Deferrable, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from paceline.imports.models import Import
from paceline.incentives.models.plans import Plan
from paceline.incentives.models.statements import PAY_DESK
from paceline.kernel.money import CurrencyField, MoneyField
from paceline.kernel.periods import (
    DateRange,
    EffectiveDated,
    EffectiveQuerySet,
    OneId,
    OneWord,
    ends_after_start,
)
from paceline.org.models import Person, Team


class TermQuerySet(EffectiveQuerySet):
    def visible_to(self, person: Person) -> TermQuerySet:
        """Those who make and check pay see all; what it did to a payee stands in the statement."""
        return self if person.has_role(*PAY_DESK) else self.none()


def _once(name: str, *key: OneId | OneWord) -> ExclusionConstraint:
    days = DateRange("starts_on", "ends_before", RangeBoundary())
    return ExclusionConstraint(
        name=name,
        expressions=[
            *((one, RangeOperators.EQUAL) for one in key),
            (days, RangeOperators.OVERLAPS),
        ],
        deferrable=Deferrable.DEFERRED,
        violation_error_message=_("Something else already holds on some of these days."),
    )


class Term(EffectiveDated):
    """Something that holds on some days: ``key`` tells about what, ``values`` what it says."""

    key: ClassVar[tuple[str, ...]]
    values: ClassVar[tuple[str, ...]]

    imported_by = models.ForeignKey(Import, models.PROTECT, null=True, related_name="+")

    objects = TermQuerySet.as_manager()

    class Meta:
        abstract = True

    def told(self) -> dict[str, Any]:
        """The row as the trail keeps it."""
        names = (*self.key, *self.values, "starts_on", "ends_before")
        return {name: _plain(getattr(self, name)) for name in names}


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, models.Model) else value


class AgreedAmount(Term):
    """What a guarantee or a draw of a plan comes to for one payee, in the plan's currency."""

    key = ("plan", "clause", "person")
    values = ("amount",)

    plan = models.ForeignKey(Plan, models.PROTECT, related_name="agreed_amounts")
    clause = models.CharField(_("clause"), max_length=60)
    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    amount = MoneyField(_("amount"))

    class Meta:
        ordering = ("plan", "clause", "person", "starts_on")
        constraints = (
            ends_after_start("agreed_amount_ends_after_start"),
            models.CheckConstraint(name="agreed_amount_not_negative", condition=Q(amount__gte=0)),
            _once("agreed_amount_once", OneId("plan"), OneWord("clause"), OneId("person")),
        )

    def __str__(self) -> str:
        return f"{self.plan} {self.clause}: {self.person}"


class BasePay(Term):
    """What a person is paid a month besides incentives; rules of law look at both together."""

    key = ("person",)
    values = ("amount", "currency")

    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    amount = MoneyField(_("amount"))
    currency = CurrencyField(_("currency"))

    class Meta:
        ordering = ("person", "starts_on")
        constraints = (
            ends_after_start("base_pay_ends_after_start"),
            models.CheckConstraint(name="base_pay_not_negative", condition=Q(amount__gte=0)),
            _once("base_pay_once", OneId("person")),
        )

    def __str__(self) -> str:
        return f"{self.person}"


class MinimumWage(Term):
    """The least that a month's pay may be left at in a region of a country."""

    key = ("country", "region")
    values = ("amount", "currency")

    country = models.CharField(_("country"), max_length=2)
    region = models.CharField(_("region"), max_length=80)
    amount = MoneyField(_("amount"))
    currency = CurrencyField(_("currency"))

    class Meta:
        ordering = ("country", "region", "starts_on")
        constraints = (
            ends_after_start("minimum_wage_ends_after_start"),
            models.CheckConstraint(name="minimum_wage_above_zero", condition=Q(amount__gt=0)),
            _once("minimum_wage_once", OneWord("country"), OneWord("region")),
        )

    def __str__(self) -> str:
        return f"{self.country} {self.region}"


class AgreementKind(models.TextChoices):
    CLAWBACK = "clawback", _("Taking back what failed sales earned")
    HOLDBACK = "holdback", _("Keeping back what is not due on leaving")


class Agreement(Term):
    """A payee's agreement to what the law allows only with one."""

    key = ("person", "kind")
    values = ("reference",)

    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    kind = models.CharField(
        pgettext_lazy("agreement", "about"), max_length=8, choices=AgreementKind.choices
    )
    reference = models.CharField(pgettext_lazy("agreement", "where it stands"), max_length=200)

    class Meta:
        ordering = ("person", "kind", "starts_on")
        constraints = (
            ends_after_start("agreement_ends_after_start"),
            _once("agreement_once", OneId("person"), OneWord("kind")),
        )

    def __str__(self) -> str:
        return f"{self.person} {self.kind}"


class CoalitionValue(Term):
    """What some members of a team together are worth to a pool that is shared by value.

    ``members`` are employee numbers joined by ``+``, in order.
    """

    key = ("pool", "team", "members")
    values = ("value",)

    pool = models.CharField(_("pool"), max_length=60)
    team = models.ForeignKey(Team, models.PROTECT, related_name="+")
    members = models.CharField(_("members"), max_length=400)
    value = MoneyField(_("value"))

    class Meta:
        ordering = ("pool", "team", "members", "starts_on")
        constraints = (
            ends_after_start("coalition_ends_after_start"),
            models.CheckConstraint(name="coalition_not_negative", condition=Q(value__gte=0)),
            _once("coalition_once", OneWord("pool"), OneId("team"), OneWord("members")),
        )

    def __str__(self) -> str:
        return f"{self.pool} {self.team}: {self.members}"
