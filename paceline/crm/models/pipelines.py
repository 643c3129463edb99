"""A team's pipelines: stages, what a deal must have to leave one, checklists and playbooks."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Deferrable, Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from paceline.crm.models.records import scope_of
from paceline.kernel.money import CurrencyField
from paceline.org.models import Person, Team


def seen_teams(person: Person) -> Q:
    """What belongs to a team the person works in or leads; an executive sees every team's."""
    scope = scope_of(person)
    if scope.oversees:
        return Q()
    return Q(team_id__in=scope.all_teams) if scope.sells else Q(pk__in=())


class TeamQuerySet(models.QuerySet[Any]):
    def visible_to(self, person: Person) -> TeamQuerySet:
        return self.filter(seen_teams(person))


class Pipeline(models.Model):
    """The way on which a team's deals go, in stages."""

    team = models.ForeignKey(Team, models.PROTECT, related_name="+", verbose_name=_("team"))
    name = models.CharField(_("name"), max_length=80)
    currency = CurrencyField(_("currency"))
    rank = models.PositiveIntegerField(default=0)
    retired_at = models.DateTimeField(null=True, blank=True)

    objects = TeamQuerySet.as_manager()

    class Meta:
        ordering = ("team", "rank", "id")
        constraints = (
            models.UniqueConstraint("team", Lower("name"), name="pipeline_name_once_per_team"),
        )

    def __str__(self) -> str:
        return self.name


class StageKind(models.TextChoices):
    OPEN = "open", pgettext_lazy("stage", "Open")
    WON = "won", pgettext_lazy("stage", "Won")
    LOST = "lost", pgettext_lazy("stage", "Lost")


class Stage(models.Model):
    """A step of a pipeline. ``version`` rises whenever a card of its column moves.

    ``probability`` is the share of deals that are won from here; ``days_until_stale`` says after
    how many days a deal has waited too long.
    """

    pipeline = models.ForeignKey(Pipeline, models.PROTECT, related_name="stages")
    name = models.CharField(_("name"), max_length=80)
    kind = models.CharField(
        _("kind"), max_length=4, choices=StageKind.choices, default=StageKind.OPEN
    )
    rank = models.IntegerField(default=0)
    probability = models.DecimalField(_("probability"), max_digits=5, decimal_places=4)
    days_until_stale = models.PositiveIntegerField(_("stale after days"), null=True, blank=True)
    version = models.PositiveBigIntegerField(default=1)
    retired_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("pipeline", "rank", "id")
        constraints = (
            models.UniqueConstraint(
                "pipeline",
                Lower("name"),
                condition=Q(retired_at__isnull=True),
                name="stage_name_once_per_pipeline",
            ),
            models.UniqueConstraint(
                fields=["pipeline", "rank"],
                name="stage_rank_once_per_pipeline",
                deferrable=Deferrable.DEFERRED,
            ),
            models.CheckConstraint(
                name="stage_probability_in_range",
                condition=Q(probability__gte=0, probability__lte=1),
            ),
            models.CheckConstraint(
                name="stage_probability_of_closed",
                condition=(
                    Q(kind=StageKind.OPEN)
                    | Q(kind=StageKind.WON, probability=1)
                    | Q(kind=StageKind.LOST, probability=0)
                ),
            ),
        )

    def __str__(self) -> str:
        return self.name


class CriterionKind(models.TextChoices):
    """What a deal can be asked to have before it leaves a stage forwards."""

    COMPANY = "company", _("A company")
    CONTACT = "contact", _("A contact")
    REACHABLE = "reachable", _("A phone, mail or chat of the contact")
    AMOUNT = "amount", _("An amount")
    PRODUCTS = "products", _("Products")
    EXPECTED_CLOSE = "expected_close", _("An expected close date")
    NEXT_STEP = "next_step", _("A next step with its date")
    CHECKLIST = "checklist", _("Every required item of the checklist")
    QUESTIONS = "questions", _("Answers to the questions of the playbook")
    CALL = "call", _("A call")
    MEETING = "meeting", _("A meeting")
    NOTE = "note", _("A note")
    COMPETITOR = "competitor", _("The competitors, or that there is none")
    FIELD = "field", _("A field of your own")


class Criterion(models.Model):
    """What a deal must have before it goes on from a stage; ``field`` only for one's own field."""

    stage = models.ForeignKey(Stage, models.CASCADE, related_name="criteria")
    kind = models.CharField(_("what"), max_length=16, choices=CriterionKind.choices)
    field = models.ForeignKey("crm.CustomField", models.PROTECT, null=True, blank=True)

    class Meta:
        ordering = ("id",)
        constraints = (
            models.UniqueConstraint(
                fields=["stage", "kind", "field"],
                nulls_distinct=False,
                name="criterion_once_per_stage",
            ),
            models.CheckConstraint(
                name="criterion_names_a_field",
                condition=Q(kind=CriterionKind.FIELD, field__isnull=False)
                | (~Q(kind=CriterionKind.FIELD) & Q(field__isnull=True)),
            ),
        )

    def __str__(self) -> str:
        return f"{self.stage}: {self.kind}"


class ChecklistItem(models.Model):
    """Something to tick off while a deal is in a stage."""

    stage = models.ForeignKey(Stage, models.CASCADE, related_name="checklist")
    text = models.CharField(_("what to do"), max_length=200)
    is_required = models.BooleanField(_("required"), default=False)
    rank = models.PositiveIntegerField(default=0)
    retired_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("stage", "rank", "id")

    def __str__(self) -> str:
        return self.text


class Play(models.Model):
    """A page of a stage's playbook: a script to say, or advice."""

    stage = models.ForeignKey(Stage, models.CASCADE, related_name="plays")
    title = models.CharField(pgettext_lazy("of a text", "title"), max_length=120)
    text = models.TextField(_("script"), max_length=20_000, blank=True)
    language = models.CharField(_("language"), max_length=10, blank=True)
    rank = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ("stage", "rank", "id")

    def __str__(self) -> str:
        return self.title


class Question(models.Model):
    """A question that is asked of every deal in a stage; its answers stay with the deal."""

    stage = models.ForeignKey(Stage, models.CASCADE, related_name="questions")
    text = models.CharField(_("question"), max_length=300)
    rank = models.PositiveIntegerField(default=0)
    retired_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("stage", "rank", "id")

    def __str__(self) -> str:
        return self.text


class LostReason(models.Model):
    """Why deals are lost, in a team's own words."""

    team = models.ForeignKey(Team, models.PROTECT, related_name="+")
    name = models.CharField(_("name"), max_length=80)
    retired_at = models.DateTimeField(null=True, blank=True)

    objects = TeamQuerySet.as_manager()

    class Meta:
        ordering = ("name", "id")
        constraints = (
            models.UniqueConstraint("team", Lower("name"), name="lost_reason_once_per_team"),
        )

    def __str__(self) -> str:
        return self.name


class Competitor(models.Model):
    """Somebody else who offers the same."""

    team = models.ForeignKey(Team, models.PROTECT, related_name="+")
    name = models.CharField(_("name"), max_length=120)
    notes = models.TextField(_("strengths and weaknesses"), max_length=5000, blank=True)
    retired_at = models.DateTimeField(null=True, blank=True)

    objects = TeamQuerySet.as_manager()

    class Meta:
        ordering = ("name", "id")
        constraints = (
            models.UniqueConstraint("team", Lower("name"), name="competitor_once_per_team"),
        )

    def __str__(self) -> str:
        return self.name
