"""What people keep of their questions, and in which currency the company adds up."""

from __future__ import annotations

from typing import Any, Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from paceline.boards.models import Card
from paceline.crm.models import scope_of
from paceline.kernel.money import CurrencyField
from paceline.org.models import Person, ReportingPath, Role, Team, TeamMembership

# Who oversees the weeks and notes of every team; the written matrix is in access.py.
SEES_ALL_TEAMS = (Role.COMPENSATION, Role.FINANCE, Role.EXECUTIVE)


class ReportingRule(models.Model):
    """In which currency figures of several currencies are added up, and by which kind of rate. The
    latest counts."""

    currency = CurrencyField(_("currency"))
    rate_type = models.CharField(_("kind of rate"), max_length=20, default="average")
    decided_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField()

    class Meta:
        ordering = ("-id",)

    def __str__(self) -> str:
        return f"{self.currency} ({self.rate_type})"


class Sharing(models.TextChoices):
    """Who sees something besides the one who made it."""

    OWN = "own", pgettext_lazy("shared with", "Nobody else")
    TEAM = "team", pgettext_lazy("shared with", "A team")
    ROLE = "role", pgettext_lazy("shared with", "Everyone with a role")
    ALL = "all", pgettext_lazy("shared with", "Everyone")


class SharedQuerySet(models.QuerySet[Any]):
    def visible_to(self, person: Person) -> Self:
        """One's own, and what was shared with one's team, one's role or everyone."""
        members = TeamMembership.objects.filter(person=person)
        if person.acting_on is not None:
            members = members.on(person.acting_on)
        return self.filter(
            Q(owner=person)
            | Q(sharing=Sharing.ALL)
            | Q(sharing=Sharing.ROLE, role__in=person.roles)
            | Q(sharing=Sharing.TEAM, team__in=members.values("team"))
        )

    def kept(self) -> Self:
        """Without what was put away."""
        return self.filter(removed_at__isnull=True)


class Shared(models.Model):
    """Something with a name that its owner may share. What it shows is decided for each reader."""

    name = models.CharField(_("name"), max_length=120)
    owner = models.ForeignKey(Person, models.PROTECT, related_name="+", verbose_name=_("owner"))
    sharing = models.CharField(
        _("shared with"), max_length=4, choices=Sharing.choices, default=Sharing.OWN
    )
    team = models.ForeignKey(Team, models.PROTECT, null=True, blank=True, related_name="+")
    role = models.CharField(_("role"), max_length=20, choices=Role.choices, blank=True)
    made_at = models.DateTimeField()
    changed_at = models.DateTimeField(_("last change"))
    removed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        abstract = True


def shared_with(name: str) -> models.CheckConstraint:
    """A team or role is named where, and only where, it is shared with one."""
    return models.CheckConstraint(
        name=name,
        condition=Q(team__isnull=False, sharing=Sharing.TEAM, role="")
        | (Q(team__isnull=True, sharing=Sharing.ROLE) & ~Q(role=""))
        | Q(team__isnull=True, role="", sharing__in=[Sharing.OWN, Sharing.ALL]),
    )


class SavedQuestion(Shared):
    """A question of the explorer, kept as its address says it."""

    asked = models.CharField(_("question"), max_length=2000)

    objects = SharedQuerySet.as_manager()

    class Meta:
        ordering = ("name", "id")
        constraints = (shared_with("question_shared_with"),)

    def __str__(self) -> str:
        return self.name


class Dashboard(Shared):
    """Charts that somebody put together. ``only_team`` is a team's code, kept as text: a team that
    is gone is said, not guessed; ``span`` names the days of charts that have none of their own."""

    only_team = models.CharField(_("team"), max_length=60, blank=True)
    span = models.CharField(_("days"), max_length=20, blank=True)

    objects = SharedQuerySet.as_manager()

    class Meta:
        ordering = ("name", "id")
        constraints = (shared_with("dashboard_shared_with"),)

    def __str__(self) -> str:
        return self.name


class Tile(models.Model):
    """A place of a dashboard: a chart of the catalogue, or a kept question."""

    dashboard = models.ForeignKey(Dashboard, models.CASCADE, related_name="tiles")
    rank = models.PositiveSmallIntegerField()
    chart = models.CharField(max_length=40, blank=True)
    question = models.ForeignKey(SavedQuestion, models.PROTECT, null=True, related_name="+")
    is_wide = models.BooleanField(_("wide"), default=False)

    class Meta:
        ordering = ("dashboard", "rank")
        constraints = (
            models.UniqueConstraint(fields=["dashboard", "rank"], name="tile_rank_once"),
            models.CheckConstraint(
                name="tile_of_a_chart_or_a_question",
                condition=(~Q(chart="") & Q(question__isnull=True))
                | Q(chart="", question__isnull=False),
            ),
        )

    def __str__(self) -> str:
        return f"{self.dashboard_id}: {self.chart or self.question_id}"


class Cadence(models.TextChoices):
    """How often a dashboard is mailed."""

    DAILY = "daily", pgettext_lazy("how often", "Every day")
    WEEKLY = "weekly", pgettext_lazy("how often", "Every week")
    MONTHLY = "monthly", pgettext_lazy("how often", "Every month, on its first day")


class Mailing(models.Model):
    """That somebody is sent a dashboard by mail, in their language and zone, with their rights.

    ``site`` is the address of this installation, for the links; ``weekday`` counts from Monday, 0.
    """

    dashboard = models.ForeignKey(Dashboard, models.PROTECT, related_name="mailings")
    recipient = models.ForeignKey(Person, models.PROTECT, related_name="+")
    cadence = models.CharField(_("how often"), max_length=7, choices=Cadence.choices)
    weekday = models.PositiveSmallIntegerField(_("day of the week"), default=0)
    hour = models.PositiveSmallIntegerField(_("hour"), default=8)
    site = models.CharField(max_length=200)
    next_at = models.DateTimeField(db_index=True)
    asked_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    stopped_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("dashboard", "recipient")
        constraints = (
            models.UniqueConstraint(
                fields=["dashboard", "recipient"],
                condition=Q(stopped_at__isnull=True),
                name="mailing_once_per_recipient",
            ),
            models.CheckConstraint(
                name="mailing_hour_and_weekday", condition=Q(hour__lte=23, weekday__lte=6)
            ),
        )

    def __str__(self) -> str:
        return f"{self.dashboard}: {self.recipient}"


def _teams_about(person: Person) -> models.QuerySet[Any]:
    """The teams in which somebody works, or those below them; a part of whatever asks."""
    day = person.acting_on
    below, members = ReportingPath.objects.filter(ancestor=person), TeamMembership.objects.all()
    below, members = (
        rows.filter(ends_before__isnull=True) if day is None else rows.on(day)
        for rows in (below, members)
    )
    about = members.filter(Q(person=person) | Q(person__in=below.values("descendant")))
    return about.order_by().values("team")


class NoteKind(models.TextChoices):
    """What a note beside the figures is about."""

    MARKET = "market", pgettext_lazy("note", "Market")
    COMPETITOR = "competitor", pgettext_lazy("note", "Competitor")
    CUSTOMER = "customer", pgettext_lazy("note", "Customers")
    OWN = "own", pgettext_lazy("note", "Our own doing")


class NoteQuerySet(models.QuerySet[Any]):
    def visible_to(self, person: Person) -> Self:
        """Notes of the whole company, and those of teams that one works in, leads or oversees."""
        rows = self.filter(removed_at__isnull=True)
        if person.has_role(*SEES_ALL_TEAMS):
            return rows
        return rows.filter(Q(team__isnull=True) | Q(team__in=_teams_about(person)))


class MarketNote(models.Model):
    """What happened on a day that explains a figure: of one measure or any, of a team or all."""

    on = models.DateField(_("day"))
    kind = models.CharField(_("kind"), max_length=10, choices=NoteKind.choices)
    measure = models.CharField(_("measure"), max_length=40, blank=True)
    team = models.ForeignKey(Team, models.PROTECT, null=True, blank=True, related_name="+")
    text = models.TextField(_("note"), max_length=2000)
    written_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    written_at = models.DateTimeField()
    removed_at = models.DateTimeField(null=True)

    objects = NoteQuerySet.as_manager()

    class Meta:
        ordering = ("-on", "-id")
        indexes = (models.Index(fields=["on"], name="market_note_day"),)

    def __str__(self) -> str:
        return f"{self.on} {self.kind}"


class TeamReviewQuerySet(models.QuerySet[Any]):
    def visible_to(self, person: Person) -> Self:
        """Of teams that one works in, leads or oversees."""
        if person.has_role(*SEES_ALL_TEAMS):
            return self
        return self.filter(team__in=scope_of(person).all_teams)


class TeamReview(models.Model):
    """A team's look at its week: begun when something is first written. ``week`` is a Monday."""

    team = models.ForeignKey(Team, models.PROTECT, related_name="+")
    week = models.DateField(_("week"))
    begun_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    begun_at = models.DateTimeField()

    objects = TeamReviewQuerySet.as_manager()

    class Meta:
        ordering = ("-week", "team")
        constraints = (
            models.UniqueConstraint(fields=["team", "week"], name="team_review_once_a_week"),
        )

    def __str__(self) -> str:
        return f"{self.team} {self.week}"


class EntryKind(models.TextChoices):
    GAP = "gap", pgettext_lazy("team review", "Gap")
    DECISION = "decision", pgettext_lazy("team review", "Decision")


class ReviewEntry(models.Model):
    """A gap that the team saw, or what it decided; taken back it stays in the trail."""

    review = models.ForeignKey(TeamReview, models.PROTECT, related_name="entries")
    kind = models.CharField(_("kind"), max_length=8, choices=EntryKind.choices)
    text = models.TextField(_("text"), max_length=2000)
    written_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    written_at = models.DateTimeField()
    removed_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("review", "id")

    def __str__(self) -> str:
        return f"{self.review}: {self.kind}"


class ReviewTask(models.Model):
    """A card that was made in a review: it lives on its board."""

    review = models.ForeignKey(TeamReview, models.PROTECT, related_name="tasks")
    card = models.OneToOneField(Card, models.CASCADE, related_name="+")

    class Meta:
        ordering = ("review", "id")

    def __str__(self) -> str:
        return f"{self.review}: {self.card_id}"
