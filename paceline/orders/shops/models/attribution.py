"""Whose an order is: rules, live streams, claims, and what they came to."""

from __future__ import annotations

from datetime import datetime

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeBoundary, RangeOperators
from django.db import models
from django.db.models import F, Func, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from paceline.kernel import formats
from paceline.kernel.periods import (
    DateRange,
    EffectiveDated,
    EffectiveQuerySet,
    OneId,
    OneWord,
    ends_after_start,
)
from paceline.orders.shops.models.orders import ShopOrder
from paceline.orders.shops.models.shops import READERS, Shop
from paceline.org.models import Person, ReportingPath


class RuleKind(models.TextChoices):
    """By what an order names its salesperson, in the order in which that counts."""

    COUPON = "coupon", _("Coupon")
    REFERRAL = "referral", _("Referral link")
    AGENT = "agent", _("Chat agent")


class AttributionRule(EffectiveDated):
    """Orders that carry ``key`` are credited to ``person``; ``shop`` empty means every shop."""

    kind = models.CharField(_("kind"), max_length=10, choices=RuleKind.choices)
    key = models.CharField(_("what the order says"), max_length=120)
    shop = models.ForeignKey(Shop, models.PROTECT, null=True, blank=True, related_name="rules")
    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    made_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    made_at = models.DateTimeField()

    objects = EffectiveQuerySet.as_manager()

    class Meta:
        ordering = ("kind", "key", "-starts_on")
        constraints = (
            ends_after_start("rule_ends_after_start"),
            ExclusionConstraint(
                name="rule_once_at_a_time",
                expressions=[
                    (OneWord("kind"), RangeOperators.EQUAL),
                    (OneWord("key"), RangeOperators.EQUAL),
                    (OneId("shop"), RangeOperators.EQUAL),
                    (
                        DateRange("starts_on", "ends_before", RangeBoundary()),
                        RangeOperators.OVERLAPS,
                    ),
                ],
                condition=Q(shop__isnull=False),
            ),
            ExclusionConstraint(
                name="rule_of_all_shops_once_at_a_time",
                expressions=[
                    (OneWord("kind"), RangeOperators.EQUAL),
                    (OneWord("key"), RangeOperators.EQUAL),
                    (
                        DateRange("starts_on", "ends_before", RangeBoundary()),
                        RangeOperators.OVERLAPS,
                    ),
                ],
                condition=Q(shop__isnull=True),
            ),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.key}: {self.person}"


class Moments(Func):
    function = "tstzrange"


class LiveSlot(models.Model):
    """A live stream of a shop and its host: what is ordered in it is the host's."""

    shop = models.ForeignKey(Shop, models.PROTECT, related_name="slots")
    host = models.ForeignKey(Person, models.PROTECT, related_name="+")
    starts_at = models.DateTimeField(_("from"))
    ends_at = models.DateTimeField(_("until"))
    made_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    made_at = models.DateTimeField()

    class Meta:
        ordering = ("-starts_at",)
        constraints = (
            models.CheckConstraint(
                name="slot_ends_after_start", condition=Q(ends_at__gt=F("starts_at"))
            ),
            ExclusionConstraint(
                name="slot_one_host_at_a_time",
                expressions=[
                    (OneId("shop"), RangeOperators.EQUAL),
                    (Moments("starts_at", "ends_at", RangeBoundary()), RangeOperators.OVERLAPS),
                ],
            ),
        )

    def __str__(self) -> str:
        return f"{self.shop} {self.starts_at:%Y-%m-%d %H:%M}: {self.host}"


class ClaimState(models.TextChoices):
    OPEN = "open", _("Waits for the lead")
    APPROVED = "approved", pgettext_lazy("claim", "Approved")
    REFUSED = "refused", pgettext_lazy("claim", "Refused")


class ClaimQuerySet(models.QuerySet["Claim"]):
    def visible_to(self, person: Person) -> ClaimQuerySet:
        """One's own and those of the people below; the pay desk and finance read all."""
        if person.has_role(*READERS):
            return self
        mine = Q(person=person)
        if person.acting_on is not None:
            below = ReportingPath.objects.on(person.acting_on).filter(ancestor=person)
            mine |= Q(person__in=below.values("descendant"))
        return self.filter(mine)


class Claim(models.Model):
    """Somebody says that an order is theirs, and why; their lead decides."""

    order = models.ForeignKey(ShopOrder, models.PROTECT, related_name="claims")
    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    why = models.CharField(_("why"), max_length=1000)
    made_at = models.DateTimeField()
    state = models.CharField(max_length=8, choices=ClaimState.choices, default=ClaimState.OPEN)
    decided_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=1000, blank=True)

    objects = ClaimQuerySet.as_manager()

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(
                fields=["order", "person"],
                condition=Q(state=ClaimState.OPEN),
                name="claim_open_once",
            ),
            models.CheckConstraint(
                name="claim_not_decided_by_oneself",
                condition=Q(decided_by__isnull=True) | ~Q(decided_by=F("person")),
            ),
        )

    def __str__(self) -> str:
        return f"{self.order}: {self.person}"


class Basis(models.TextChoices):
    """What decided whose an order is, in the order in which that counts."""

    CLAIM = "claim", _("Approved claim")
    HAND = "hand", _("Assigned by hand")
    NAMED = "named", _("Named by the shop")
    COUPON = "coupon", _("Coupon")
    REFERRAL = "referral", _("Referral link")
    AGENT = "agent", _("Chat agent")
    LIVE = "live", _("Live-stream slot")


class Attribution(models.Model):
    """Whose an order is and what decided it; ``others`` are those whom another rule named."""

    order = models.OneToOneField(ShopOrder, models.PROTECT, related_name="attribution")
    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    basis = models.CharField(max_length=10, choices=Basis.choices)
    said = models.CharField(max_length=200, blank=True)
    rule = models.ForeignKey(AttributionRule, models.PROTECT, null=True, related_name="+")
    slot = models.ForeignKey(LiveSlot, models.PROTECT, null=True, related_name="+")
    claim = models.ForeignKey(Claim, models.PROTECT, null=True, related_name="+")
    by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()
    others = models.JSONField(default=list)

    class Meta:
        indexes = (
            models.Index(fields=["id"], condition=~Q(others=[]), name="attribution_conflict"),
        )

    def __str__(self) -> str:
        return f"{self.order}: {self.person}"

    @property
    def told(self) -> str:
        """What the order said, for people."""
        return said_in_words(self.basis, self.said)


def said_in_words(basis: str, said: str) -> str:
    """What an order said as people read it: of a live stream when it began, in their zone."""
    if basis == Basis.LIVE and said:
        return formats.moment(datetime.fromisoformat(said))
    return said
