"""Goals of the company, its teams and its people, and how they come to be agreed."""

from __future__ import annotations

from datetime import date
from typing import Any, Self

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Deferrable, Exists, F, OuterRef, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from paceline.crm.models import scope_of
from paceline.goals.models.periods import GoalPeriod
from paceline.goals.models.quotas import Unit
from paceline.goals.models.strategy import StrategyPage
from paceline.kernel.money import CurrencyField, MoneyField
from paceline.org.models import Employment, Person, Role, Team

# Who reads every goal: they oversee the company, its pay or its people.
OVERSEERS = (Role.EXECUTIVE, Role.COMPENSATION, Role.HR)
TYPED = "typed"


class Level(models.TextChoices):
    """Whose goal it is."""

    COMPANY = "company", pgettext_lazy("level of a goal", "Company")
    TEAM = "team", pgettext_lazy("level of a goal", "Team")
    PERSON = "person", pgettext_lazy("level of a goal", "Person")


class Direction(models.TextChoices):
    """Which side of the target is good."""

    UP = "up", pgettext_lazy("direction of a goal", "At least")
    DOWN = "down", pgettext_lazy("direction of a goal", "At most")


class GoalQuerySet(models.QuerySet[Any]):
    def visible_to(self, person: Person) -> Self:
        """Everyone reads the goals of the company and of teams. A person's goals are read by the
        person, those above, the team, who contributes, and who oversees the company."""
        if not person.pk:
            return self.none()
        if person.has_role(*OVERSEERS):
            return self
        scope = scope_of(person)
        helps = GoalContributor.objects.filter(goal=OuterRef("pk"), person_id=scope.person)
        return self.filter(
            ~Q(level=Level.PERSON)
            | Q(owner_id__in=scope.people)
            | Q(team_id__in=scope.all_teams)
            | Q(Exists(helps))
        )

    def open(self) -> Self:
        """Neither closed nor dropped."""
        return self.filter(closed_at__isnull=True)

    def agreed(self) -> Self:
        """What both sides agreed to as it stands now."""
        sides = Agreement.objects.filter(goal=OuterRef("pk"), terms=OuterRef("terms"))
        return self.filter(
            Exists(sides.filter(side=Side.OWNER)), Exists(sides.filter(side=Side.LEAD))
        )

    def with_state(self) -> Self:
        """Adds what the state follows from: which sides agreed, and whether it was talked about."""
        sides = Agreement.objects.filter(goal=OuterRef("pk"), terms=OuterRef("terms"))
        return self.annotate(
            owner_agreed=Exists(sides.filter(side=Side.OWNER)),
            lead_agreed=Exists(sides.filter(side=Side.LEAD)),
            is_discussed=Exists(GoalComment.objects.filter(goal=OuterRef("pk"))),
        )

    def without_owner(self, on: Any) -> Self:
        """Open goals whose owner does not work here on a day, or that have none."""
        works = Employment.objects.filter(person=OuterRef("owner")).on(on)
        return self.open().filter(~Exists(works))


class Goal(models.Model):
    """What somebody or a team wants to reach in a period, and how it is measured.

    ``measure`` names a source of the registry, or is ``typed``. ``terms`` rises whenever something
    changes that both sides agreed to; ``version`` with every change. ``team`` is the team of a
    team's goal, and of a personal goal the team in which it was made. ``rank`` orders the goals
    below one parent. ``last_check_in`` repeats the newest one for lists.
    """

    period = models.ForeignKey(
        GoalPeriod, models.PROTECT, related_name="goals", verbose_name=_("period")
    )
    level = models.CharField(_("level"), max_length=7, choices=Level.choices)
    team = models.ForeignKey(
        Team, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("team")
    )
    owner = models.ForeignKey(
        Person, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("owner")
    )
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="children",
        verbose_name=_("serves"),
    )  # fmt: skip
    rank = models.BigIntegerField(default=0)
    strategy = models.ForeignKey(
        StrategyPage, models.PROTECT, null=True, blank=True, related_name="goals",
        verbose_name=_("strategy"),
    )  # fmt: skip
    name = models.CharField(pgettext_lazy("of a goal", "name"), max_length=160)
    why = models.TextField(_("why"), max_length=5000, blank=True)
    measure = models.CharField(_("measure"), max_length=80, default=TYPED)
    unit = models.CharField(_("unit"), max_length=8, choices=Unit.choices)
    currency = CurrencyField(_("currency"), blank=True)
    start_value = MoneyField(_("start"))
    target = MoneyField(_("target"))
    direction = models.CharField(_("direction"), max_length=4, choices=Direction.choices)
    weight = models.DecimalField(_("weight"), max_digits=5, decimal_places=2)
    terms = models.PositiveIntegerField(default=1)
    version = models.PositiveIntegerField(default=1)
    last_check_in = models.ForeignKey("CheckIn", models.PROTECT, null=True, related_name="+")
    created_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField(_("last change"))
    closed_at = models.DateTimeField(null=True, blank=True)

    objects = GoalQuerySet.as_manager()

    class Meta:
        ordering = ("rank", "id")
        constraints = (
            models.CheckConstraint(
                name="goal_weight_is_a_share", condition=Q(weight__gte=0, weight__lte=100)
            ),
            models.CheckConstraint(
                name="goal_not_below_itself",
                condition=Q(parent__isnull=True) | ~Q(parent=F("id")),
            ),
            models.CheckConstraint(
                name="goal_of_a_team_names_it",
                condition=~Q(level=Level.TEAM) | Q(team__isnull=False),
            ),
            models.CheckConstraint(
                name="goal_of_the_company_has_no_team",
                condition=~Q(level=Level.COMPANY) | Q(team__isnull=True),
            ),
            models.CheckConstraint(
                name="goal_money_has_a_currency",
                condition=(Q(unit=Unit.MONEY) & ~Q(currency=""))
                | (~Q(unit=Unit.MONEY) & Q(currency="")),
            ),
            models.CheckConstraint(
                name="goal_target_on_the_good_side",
                # What a source counts begins at nothing, on whichever side of the start it ends.
                condition=~Q(measure=TYPED)
                | (Q(direction=Direction.UP) & Q(target__gte=F("start_value")))
                | (Q(direction=Direction.DOWN) & Q(target__lte=F("start_value"))),
            ),
        )
        indexes = (
            models.Index(fields=["period", "parent", "rank"], name="goal_tree"),
            models.Index(fields=["owner", "period"], name="goal_owner_period"),
        )

    def __str__(self) -> str:
        return self.name

    @property
    def heard_on(self) -> date:
        """The day of the last check-in, or that on which the goal was made: none was due before."""
        return self.last_check_in.on if self.last_check_in else self.created_at.date()


class GoalContributor(models.Model):
    """Somebody who helps to reach a goal that another owns."""

    goal = models.ForeignKey(Goal, models.CASCADE, related_name="contributors")
    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    since = models.DateTimeField()

    class Meta:
        ordering = ("person__name", "id")
        constraints = (
            models.UniqueConstraint(fields=["goal", "person"], name="goal_contributor_once"),
        )

    def __str__(self) -> str:
        return f"{self.goal}: {self.person}"


class GoalComment(models.Model):
    """What somebody said about a goal: the discussion before and after it was agreed."""

    goal = models.ForeignKey(Goal, models.PROTECT, related_name="comments")
    author = models.ForeignKey(Person, models.PROTECT, related_name="+")
    text = models.TextField(_("comment"), max_length=5000)
    at = models.DateTimeField(_("when"))

    class Meta:
        ordering = ("at", "id")

    def __str__(self) -> str:
        return f"comment {self.pk}"


class Side(models.TextChoices):
    """Who has to agree to a goal."""

    OWNER = "owner", pgettext_lazy("side of an agreement", "Owner")
    LEAD = "lead", pgettext_lazy("side of an agreement", "Lead")


class Agreement(models.Model):
    """That a side agreed to the goal as its ``terms`` then stood. Never changed or deleted.

    ``terms_said`` keeps what was agreed to. The lead's side without a person says that nobody
    stands above the owner, whose word is enough then.
    """

    goal = models.ForeignKey(Goal, models.PROTECT, related_name="agreements")
    terms = models.PositiveIntegerField()
    side = models.CharField(max_length=5, choices=Side.choices)
    person = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField(_("when"))
    terms_said = models.JSONField(default=dict, encoder=DjangoJSONEncoder)

    class Meta:
        ordering = ("-terms", "side", "id")
        constraints = (
            models.UniqueConstraint(fields=["goal", "terms", "side"], name="agreed_once_per_side"),
            models.CheckConstraint(
                name="agreement_of_an_owner_names_them",
                condition=Q(side=Side.LEAD) | Q(person__isnull=False),
            ),
        )

    def __str__(self) -> str:
        return f"{self.goal} {self.terms}: {self.side}"


class GoalChange(models.Model):
    """What a change said before and after, and why. Never changed or deleted."""

    goal = models.ForeignKey(Goal, models.PROTECT, related_name="changes")
    version = models.PositiveIntegerField()
    terms = models.PositiveIntegerField()
    before = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    after = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    reason = models.CharField(_("why"), max_length=1000, blank=True)
    by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField(_("when"))

    class Meta:
        ordering = ("-version",)
        constraints = (
            models.UniqueConstraint(
                fields=["goal", "version"],
                name="goal_change_once_per_version",
                deferrable=Deferrable.DEFERRED,
            ),
        )

    def __str__(self) -> str:
        return f"{self.goal} {self.version}"
