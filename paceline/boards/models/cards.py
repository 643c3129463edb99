"""Cards: what is to be done, by whom and until when, and what hangs on them."""

from __future__ import annotations

from typing import Any, Self

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Deferrable, F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from paceline.boards.models.projects import CardList, Label, Project
from paceline.org.models import Person

TEXT_MAX = 20_000


class CardQuerySet(models.QuerySet[Any]):
    def visible_to(self, person: Person) -> Self:
        """A card is seen by whoever sees its project."""
        return self.filter(project__in=Project.objects.visible_to(person).values("pk"))

    def kept(self) -> Self:
        return self.filter(archived_at__isnull=True)

    def open(self) -> Self:
        return self.filter(archived_at__isnull=True, done_at__isnull=True)


class Card(models.Model):
    """Something to do. It stands in a list, or is a part (``parent``) of a card that does.

    ``executor`` is the one who answers for it; participants help or want to know. ``due_time`` is
    a time of day in the project's zone; without it the card is due on the whole day. ``rank``
    orders the cards of a list, or the parts of a card. ``version`` rises with every change.
    """

    project = models.ForeignKey(Project, models.CASCADE, related_name="cards")
    list = models.ForeignKey(CardList, models.PROTECT, null=True, related_name="cards")
    parent = models.ForeignKey("self", models.PROTECT, null=True, related_name="parts")
    rank = models.BigIntegerField()
    title = models.CharField(pgettext_lazy("of a text", "title"), max_length=300)
    description = models.TextField(_("description"), max_length=TEXT_MAX, blank=True)
    executor = models.ForeignKey(
        Person,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=pgettext_lazy("card", "executor"),
    )
    starts_on = models.DateField(pgettext_lazy("card", "start"), null=True, blank=True)
    due_on = models.DateField(_("due"), null=True, blank=True)
    due_time = models.TimeField(_("time of day"), null=True, blank=True)
    estimate = models.PositiveIntegerField(_("estimated minutes"), null=True, blank=True)
    custom = models.JSONField(default=dict, blank=True)
    done_at = models.DateTimeField(null=True, blank=True)
    done_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    version = models.PositiveIntegerField(default=1)
    created_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField(_("created"))
    changed_at = models.DateTimeField(_("last change"))
    archived_at = models.DateTimeField(null=True, blank=True)
    recurrence = models.ForeignKey(
        "boards.Recurrence", models.SET_NULL, null=True, related_name="cards"
    )
    recurs_on = models.DateField(null=True)

    objects = CardQuerySet.as_manager()

    class Meta:
        ordering = ("list", "rank", "id")
        verbose_name = _("card")
        constraints = (
            models.CheckConstraint(
                name="card_in_a_list_or_part_of_a_card",
                condition=Q(list__isnull=False, parent__isnull=True)
                | Q(list__isnull=True, parent__isnull=False),
            ),
            models.UniqueConstraint(
                fields=["list", "rank"],
                name="card_rank_once_per_list",
                deferrable=Deferrable.DEFERRED,
            ),
            models.UniqueConstraint(
                fields=["parent", "rank"],
                name="part_rank_once_per_card",
                deferrable=Deferrable.DEFERRED,
            ),
            models.UniqueConstraint(
                fields=["recurrence", "recurs_on"], name="card_once_per_recurrence_and_day"
            ),
            models.CheckConstraint(
                name="card_starts_before_it_is_due",
                condition=Q(starts_on__isnull=True)
                | Q(due_on__isnull=True)
                | Q(starts_on__lte=F("due_on")),
            ),
            models.CheckConstraint(
                name="card_due_time_has_a_day",
                condition=Q(due_time__isnull=True) | Q(due_on__isnull=False),
            ),
        )
        indexes = (
            models.Index(fields=["project", "due_on"], name="card_project_due"),
            models.Index(
                fields=["executor", "due_on"],
                condition=Q(archived_at__isnull=True, done_at__isnull=True),
                name="card_open_of_executor",
            ),
            models.Index(
                fields=["due_on"],
                condition=Q(archived_at__isnull=True, done_at__isnull=True),
                name="card_open_due",
            ),
        )

    def __str__(self) -> str:
        return self.title


class OfCardQuerySet(models.QuerySet[Any]):
    """What hangs on a card is seen by whoever sees the card."""

    def visible_to(self, person: Person) -> Self:
        seen = Project.objects.visible_to(person).values("pk")
        return self.filter(card__project__in=seen)


class Participant(models.Model):
    """That somebody takes part in a card: they are told what happens with it."""

    card = models.ForeignKey(Card, models.CASCADE, related_name="participants")
    person = models.ForeignKey(Person, models.PROTECT, related_name="+")

    objects = OfCardQuerySet.as_manager()

    class Meta:
        ordering = ("id",)
        constraints = (models.UniqueConstraint(fields=["card", "person"], name="participant_once"),)
        indexes = (models.Index(fields=["person"], name="participant_person"),)

    def __str__(self) -> str:
        return f"{self.card}: {self.person}"


class Labelling(models.Model):
    """That a card bears a label."""

    card = models.ForeignKey(Card, models.CASCADE, related_name="labellings")
    label = models.ForeignKey(Label, models.CASCADE, related_name="labellings")

    class Meta:
        ordering = ("id",)
        constraints = (models.UniqueConstraint(fields=["card", "label"], name="labelling_once"),)

    def __str__(self) -> str:
        return f"{self.card}: {self.label}"


class Checklist(models.Model):
    """Things to tick off on a card."""

    card = models.ForeignKey(Card, models.CASCADE, related_name="checklists")
    name = models.CharField(pgettext_lazy("checklist", "name"), max_length=120)
    rank = models.PositiveIntegerField(default=0)

    objects = OfCardQuerySet.as_manager()

    class Meta:
        ordering = ("card", "rank", "id")

    def __str__(self) -> str:
        return self.name


class ChecklistItem(models.Model):
    """One thing to tick off."""

    checklist = models.ForeignKey(Checklist, models.CASCADE, related_name="items")
    text = models.CharField(_("what to do"), max_length=500)
    rank = models.PositiveIntegerField(default=0)
    done_at = models.DateTimeField(null=True, blank=True)
    done_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ("checklist", "rank", "id")

    def __str__(self) -> str:
        return self.text


class Dependency(models.Model):
    """That a card waits for another one of its project. They never wait in a circle."""

    card = models.ForeignKey(Card, models.CASCADE, related_name="waits_for")
    on = models.ForeignKey(Card, models.CASCADE, related_name="holds_up")
    by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()

    objects = OfCardQuerySet.as_manager()

    class Meta:
        ordering = ("id",)
        constraints = (
            models.UniqueConstraint(fields=["card", "on"], name="dependency_once"),
            models.CheckConstraint(name="dependency_on_another", condition=~Q(card=F("on"))),
        )

    def __str__(self) -> str:
        return f"{self.card} ← {self.on}"


class CardChange(models.Model):
    """What a change of a card said before and after, field by field, with the version it made.

    ``act`` is one of the words of the audit trail. ``undoes`` names the change it took back.
    """

    card = models.ForeignKey(Card, models.CASCADE, related_name="changes")
    version = models.PositiveIntegerField()
    act = models.CharField(max_length=40)
    at = models.DateTimeField(_("when"))
    by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    before = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    after = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    batch = models.ForeignKey("boards.Batch", models.PROTECT, null=True, related_name="changes")
    undoes = models.OneToOneField("self", models.PROTECT, null=True, related_name="undone_by")

    objects = OfCardQuerySet.as_manager()

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(
                fields=["card", "version"], name="change_version_once_per_card"
            ),
        )

    def __str__(self) -> str:
        return f"change {self.pk}"


class Batch(models.Model):
    """One change of many cards at once, which can be taken back as one."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="batches")
    what = models.JSONField(default=dict)
    by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    count = models.PositiveIntegerField(default=0)
    skipped = models.PositiveIntegerField(default=0)
    undone_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-at",)

    def __str__(self) -> str:
        return f"batch {self.pk}"
