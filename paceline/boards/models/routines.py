"""What a project does by itself: recurring cards and rules; and a person's calendar feed."""

from __future__ import annotations

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from paceline.boards.models.cards import Card
from paceline.boards.models.projects import CardList, Label, OfProjectQuerySet, Project
from paceline.org.models import Person


class Unit(models.TextChoices):
    DAY = "day", pgettext_lazy("recurrence", "Days")
    WEEK = "week", pgettext_lazy("recurrence", "Weeks")
    MONTH = "month", pgettext_lazy("recurrence", "Months")
    YEAR = "year", pgettext_lazy("recurrence", "Years")


class Recurrence(models.Model):
    """A card that comes again and again: every ``every`` ``unit``, counted from ``starts_on``.

    ``weekdays`` (0 is Monday) are those of a weekly one. ``at_time`` is a time of day in the
    project's zone, whatever daylight saving does; ``next_at`` is the moment of the next card. What
    the card looks like stands in ``title`` to ``checklist``; it is due ``due_after`` days later.
    """

    checklist = models.JSONField(default=list, blank=True)
    weekdays = models.JSONField(default=list, blank=True)
    project = models.ForeignKey(Project, models.CASCADE, related_name="recurrences")
    list = models.ForeignKey(CardList, models.PROTECT, related_name="+", verbose_name=_("list"))
    title = models.CharField(pgettext_lazy("of a text", "title"), max_length=300)
    description = models.TextField(_("description"), max_length=20_000, blank=True)
    executor = models.ForeignKey(
        Person,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=pgettext_lazy("card", "executor"),
    )
    labels = models.ManyToManyField(Label, related_name="+", blank=True)
    due_after = models.PositiveSmallIntegerField(_("due after days"), null=True, blank=True)
    unit = models.CharField(pgettext_lazy("recurrence", "unit"), max_length=5, choices=Unit.choices)
    every = models.PositiveSmallIntegerField(_("every"), default=1)
    at_time = models.TimeField(_("time of day"))
    starts_on = models.DateField(_("first day"))
    ends_before = models.DateField(_("until before"), null=True, blank=True)
    next_at = models.DateTimeField(null=True, blank=True, db_index=True)
    created_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField()
    stopped_at = models.DateTimeField(null=True, blank=True)

    objects = OfProjectQuerySet.as_manager()

    class Meta:
        ordering = ("project", "title", "id")
        constraints = (
            models.CheckConstraint(
                name="recurrence_every_positive", condition=Q(every__gte=1, every__lte=366)
            ),
            models.CheckConstraint(
                name="recurrence_ends_after_start",
                condition=Q(ends_before__isnull=True) | Q(ends_before__gt=F("starts_on")),
            ),
        )

    def __str__(self) -> str:
        return self.title


class Trigger(models.TextChoices):
    CREATED = "created", pgettext_lazy("rule", "A card is created")
    MOVED = "moved", pgettext_lazy("rule", "A card comes to a list")
    LABELLED = "labelled", pgettext_lazy("rule", "A card gets a label")
    DUE = "due", pgettext_lazy("rule", "A card is nearly due")


class Rule(models.Model):
    """What a project does when something happens: ``trigger`` → ``steps``, one after the other.

    ``list`` narrows those of moves and new cards, ``label`` names that of a labelling,
    ``days_before`` says how long before the due date. ``steps`` are ``{"do": …}`` with the ids that
    they need, checked when the rule is kept.
    """

    steps = models.JSONField(default=list)
    project = models.ForeignKey(Project, models.CASCADE, related_name="rules")
    name = models.CharField(pgettext_lazy("rule", "name"), max_length=120)
    trigger = models.CharField(pgettext_lazy("rule", "when"), max_length=8, choices=Trigger.choices)
    list = models.ForeignKey(CardList, models.CASCADE, null=True, blank=True, related_name="+")
    label = models.ForeignKey(Label, models.CASCADE, null=True, blank=True, related_name="+")
    days_before = models.PositiveSmallIntegerField(null=True, blank=True)
    created_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField()
    stopped_at = models.DateTimeField(null=True, blank=True)

    objects = OfProjectQuerySet.as_manager()

    class Meta:
        ordering = ("project", "id")
        constraints = (
            models.CheckConstraint(
                name="rule_of_labelling_names_a_label",
                condition=~Q(trigger=Trigger.LABELLED) | Q(label__isnull=False),
            ),
            models.CheckConstraint(
                name="rule_of_due_says_when",
                condition=~Q(trigger=Trigger.DUE) | Q(days_before__isnull=False),
            ),
        )

    def __str__(self) -> str:
        return self.name


class RuleRun(models.Model):
    """That a rule was carried out on a card; of a due date once. ``outcome`` says what was done."""

    rule = models.ForeignKey(Rule, models.CASCADE, related_name="runs")
    card = models.ForeignKey(Card, models.CASCADE, related_name="rule_runs")
    at = models.DateTimeField()
    due_on = models.DateField(null=True)
    outcome = models.JSONField(default=list, encoder=DjangoJSONEncoder)

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(
                fields=["rule", "card", "due_on"], name="rule_run_once_per_due_date"
            ),
        )

    def __str__(self) -> str:
        return f"run {self.pk}"


class Feed(models.Model):
    """The secret address under which a calendar program reads a person's cards.

    Only the hash of the secret is kept: the address is shown once. A person has one that counts.
    """

    person = models.ForeignKey(Person, models.CASCADE, related_name="+")
    digest = models.CharField(max_length=64, unique=True)
    made_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    read_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-made_at",)
        constraints = (
            models.UniqueConstraint(
                fields=["person"], condition=Q(revoked_at__isnull=True), name="feed_one_per_person"
            ),
        )

    def __str__(self) -> str:
        return f"feed {self.pk}"
