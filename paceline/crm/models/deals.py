"""Deals: what may be or was sold, who helped to sell it, and the way it went."""

from __future__ import annotations

from decimal import Decimal
from typing import Self

from django.db import models
from django.db.models import Deferrable, F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from paceline.crm.models.customers import Company, Contact
from paceline.crm.models.pipelines import (
    ChecklistItem,
    Competitor,
    LostReason,
    Pipeline,
    Question,
    Stage,
    StageKind,
)
from paceline.crm.models.records import Record, RecordQuerySet, scope_of, seen_by
from paceline.kernel.money import CurrencyField, MoneyField
from paceline.org.models import Person


class DealQuerySet(RecordQuerySet):
    def visible_to(self, person: Person) -> Self:
        """As every record, and for whoever shares in it. The pay desk reads what was won: it
        explains pay."""
        scope = scope_of(person)
        if scope.oversees:
            return self
        seen = Q(pk__in=())
        if scope.sells:
            # Ids, found once: asked of each deal, the database takes it for dear and plans badly.
            shared = DealContributor.objects.filter(person_id=scope.person).values("deal")
            seen |= seen_by(scope) | Q(pk__in=shared)
        if scope.keeps_pay:
            seen |= Q(stage__kind=StageKind.WON)
        return self.filter(seen)

    def open(self) -> Self:
        return self.filter(stage__kind=StageKind.OPEN)


class Deal(Record):
    """Something that may be sold to somebody, on its way through a pipeline.

    ``amount`` is the sum of the lines when there are any. ``board_rank`` orders the cards of a
    column. ``entered_at`` is when it came to its stage; ``closed_on`` the day it was won or lost.
    The customer's name is part of the deal: who may see the deal reads it.
    """

    pipeline = models.ForeignKey(Pipeline, models.PROTECT, related_name="deals")
    stage = models.ForeignKey(Stage, models.PROTECT, related_name="deals")
    board_rank = models.BigIntegerField()
    title = models.CharField(pgettext_lazy("of a text", "title"), max_length=200)
    company = models.ForeignKey(
        Company,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="deals",
        verbose_name=_("company"),
    )
    contact = models.ForeignKey(
        Contact,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="deals",
        verbose_name=_("contact"),
    )
    amount = MoneyField(_("amount"), null=True, blank=True)
    currency = CurrencyField(_("currency"))
    expected_close_on = models.DateField(_("expected close"), null=True, blank=True)
    next_step = models.CharField(_("next step"), max_length=200, blank=True)
    next_step_on = models.DateField(_("on"), null=True, blank=True)
    entered_at = models.DateTimeField()
    closed_on = models.DateField(_("closed"), null=True, blank=True)
    lost_reason = models.ForeignKey(
        LostReason,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="deals",
        verbose_name=_("why it was lost"),
    )
    lost_note = models.CharField(_("why it was lost, in words"), max_length=500, blank=True)
    has_no_competitor = models.BooleanField(_("nobody else competes"), default=False)
    merged_into = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="merged_from"
    )

    objects = DealQuerySet.as_manager()

    class Meta:
        ordering = ("-changed_at", "-id")
        verbose_name = _("deal")
        constraints = (
            models.CheckConstraint(
                name="deal_amount_not_negative",
                condition=Q(amount__isnull=True) | Q(amount__gte=0),
            ),
            models.CheckConstraint(
                name="deal_next_step_has_a_day",
                condition=(Q(next_step="") & Q(next_step_on__isnull=True))
                | (~Q(next_step="") & Q(next_step_on__isnull=False)),
            ),
            models.UniqueConstraint(
                fields=["stage", "board_rank"],
                name="deal_board_rank_once_per_stage",
                deferrable=Deferrable.DEFERRED,
            ),
        )
        indexes = (
            models.Index(fields=["team", "-changed_at"], name="deal_team_changed"),
            models.Index(fields=["owner", "-changed_at"], name="deal_owner_changed"),
            models.Index(fields=["-changed_at", "id"], name="deal_changed"),
            models.Index(fields=["closed_on", "stage"], name="deal_closed"),
        )

    def __str__(self) -> str:
        return f"deal {self.pk}"


class DealLine(models.Model):
    """A product of a deal. ``amount`` is quantity times price less the discount, rounded once to
    the digits of the deal's currency."""

    deal = models.ForeignKey(Deal, models.CASCADE, related_name="lines")
    product = models.CharField(_("product"), max_length=200)
    quantity = models.DecimalField(_("quantity"), max_digits=18, decimal_places=4)
    price = MoneyField(_("price"))
    discount = models.DecimalField(
        _("discount"), max_digits=7, decimal_places=6, default=Decimal(0)
    )
    amount = MoneyField(_("amount"))
    rank = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ("rank", "id")
        constraints = (
            models.CheckConstraint(name="deal_line_quantity", condition=Q(quantity__gt=0)),
            models.CheckConstraint(name="deal_line_price", condition=Q(price__gte=0)),
            models.CheckConstraint(
                name="deal_line_discount", condition=Q(discount__gte=0, discount__lte=1)
            ),
        )

    def __str__(self) -> str:
        return self.product


class ContributorKind(models.TextChoices):
    """How somebody helped to win a deal. An overlay counts on top of the whole."""

    OWNER = "owner", pgettext_lazy("contributor", "Owner")
    CO_SELLER = "co_seller", pgettext_lazy("contributor", "Sold together")
    ASSIST = "assist", pgettext_lazy("contributor", "Helped")
    OVERLAY = "overlay", pgettext_lazy("contributor", "On top")


class DealContributor(models.Model):
    """A person's share of a deal: it becomes the person's credit of the orders that came of it.

    All shares but overlays make up 100 %: a deferred trigger of the database adds them up.
    """

    deal = models.ForeignKey(Deal, models.CASCADE, related_name="contributors")
    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    kind = models.CharField(_("kind"), max_length=9, choices=ContributorKind.choices)
    share = models.DecimalField(_("share"), max_digits=9, decimal_places=8)

    class Meta:
        ordering = ("deal", "id")
        constraints = (
            models.UniqueConstraint(fields=["deal", "person"], name="contributor_once_per_deal"),
            models.UniqueConstraint(
                fields=["deal"],
                condition=Q(kind=ContributorKind.OWNER),
                name="contributor_one_owner_per_deal",
            ),
            models.CheckConstraint(name="contributor_share_above_zero", condition=Q(share__gt=0)),
            models.CheckConstraint(
                name="contributor_share_of_the_whole",
                condition=Q(kind=ContributorKind.OVERLAY) | Q(share__lte=1),
            ),
        )

    def __str__(self) -> str:
        return f"{self.deal}: {self.person} {self.share}"

    @property
    def is_overlay(self) -> bool:
        return self.kind == ContributorKind.OVERLAY


class DealCompetitor(models.Model):
    """That somebody else offers in this deal, and perhaps won it."""

    deal = models.ForeignKey(Deal, models.CASCADE, related_name="competitors")
    competitor = models.ForeignKey(Competitor, models.PROTECT, related_name="deals")
    won_it = models.BooleanField(_("won it"), default=False)

    class Meta:
        ordering = ("competitor__name", "id")
        constraints = (
            models.UniqueConstraint(fields=["deal", "competitor"], name="competitor_once_per_deal"),
        )

    def __str__(self) -> str:
        return f"{self.deal}: {self.competitor}"


class StageChange(models.Model):
    """That a deal moved: who moved it, when, from where to where. Never changed or deleted.

    ``left_at`` is written once, when the deal moves on: the time in the stage is between the two.
    """

    deal = models.ForeignKey(Deal, models.PROTECT, related_name="stage_changes")
    from_stage = models.ForeignKey(Stage, models.PROTECT, null=True, related_name="+")
    to_stage = models.ForeignKey(Stage, models.PROTECT, related_name="+")
    at = models.DateTimeField(_("when"))
    by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    left_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("at", "id")
        constraints = (
            models.UniqueConstraint(
                fields=["deal"],
                condition=Q(left_at__isnull=True),
                name="stage_change_one_open_per_deal",
            ),
            models.CheckConstraint(
                name="stage_change_leaves_after_it_came",
                condition=Q(left_at__isnull=True) | Q(left_at__gte=F("at")),
            ),
        )
        indexes = (
            models.Index(fields=["to_stage", "at"], name="stage_change_to"),
            models.Index(fields=["from_stage", "at"], name="stage_change_from"),
        )

    def __str__(self) -> str:
        return f"{self.deal}: {self.from_stage_id} → {self.to_stage_id}"


class ChecklistTick(models.Model):
    """That an item of the checklist is done for a deal."""

    deal = models.ForeignKey(Deal, models.CASCADE, related_name="ticks")
    item = models.ForeignKey(ChecklistItem, models.PROTECT, related_name="ticks")
    at = models.DateTimeField()
    by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = (models.UniqueConstraint(fields=["deal", "item"], name="tick_once_per_deal"),)

    def __str__(self) -> str:
        return f"{self.deal}: {self.item_id}"


class Answer(models.Model):
    """What a customer answered to a question of the playbook."""

    deal = models.ForeignKey(Deal, models.CASCADE, related_name="answers")
    question = models.ForeignKey(Question, models.PROTECT, related_name="answers")
    text = models.TextField(_("answer"), max_length=5000)
    at = models.DateTimeField()
    by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["deal", "question"], name="answer_once_per_deal"),
        )

    def __str__(self) -> str:
        return f"{self.deal}: {self.question_id}"


class OrderLink(models.Model):
    """That an order came from a customer, and perhaps of a deal.

    Orders are known by their source and number, as the shop knows them, so that an import can be
    undone and brought in again without losing the link.
    """

    source = models.CharField(max_length=40)
    order_number = models.CharField(_("order"), max_length=60)
    company = models.ForeignKey(Company, models.PROTECT, null=True, related_name="order_links")
    contact = models.ForeignKey(Contact, models.PROTECT, null=True, related_name="order_links")
    deal = models.ForeignKey(Deal, models.PROTECT, null=True, related_name="order_links")
    rule = models.CharField(_("by which rule"), max_length=40, default="hand")
    linked_at = models.DateTimeField()
    linked_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    credited_at = models.DateTimeField(_("credited"), null=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["source", "order_number"], name="order_linked_once"),
            models.CheckConstraint(
                name="order_link_to_something",
                condition=Q(company__isnull=False)
                | Q(contact__isnull=False)
                | Q(deal__isnull=False),
            ),
        )

    def __str__(self) -> str:
        return f"{self.source}/{self.order_number}"
