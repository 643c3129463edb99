"""What every record of a customer has in common: whose it is, who else may see it, its version."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from paceline.org.models import Person, ReportingPath, Role, Team, TeamMembership

# Who works with customers; the written matrix is in the access modules.
SELLERS = (Role.SALESPERSON, Role.LEAD)
OVERSEERS = (Role.EXECUTIVE,)
PAY_DESK = (Role.COMPENSATION, Role.FINANCE)


class Reach(models.TextChoices):
    """How far a record can be seen besides its owner and those above them."""

    OWN = "own", pgettext_lazy("reach", "Owner only")
    TEAM = "team", pgettext_lazy("reach", "Team")
    ALL = "all", pgettext_lazy("reach", "Everyone who sells")


class Source(models.TextChoices):
    """Where a customer came from."""

    SHOP = "shop", _("Online shop")
    CHAT = "chat", _("Chat")
    LIVE_STREAM = "live_stream", _("Live stream")
    SOCIAL = "social", _("Social media")
    SEARCH = "search", pgettext_lazy("source of a customer", "Search")
    ADVERTISEMENT = "advertisement", _("Advertisement")
    REFERRAL = "referral", _("Referral")
    MARKETPLACE = "marketplace", _("Marketplace")
    FORM = "form", _("Web form")
    EVENT = "event", pgettext_lazy("source of a customer", "Event")
    CALL = "call", _("Phone call")
    FILE = "file", pgettext_lazy("source of a customer", "Import")
    OTHER = "other", _("Other")


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose records somebody may see: their team, the people below them and those people's teams.

    Ids, found once for a person and day, so that tables of 100,000 rows are asked by index.
    """

    person: int
    teams: frozenset[int]
    below: frozenset[int]
    led: frozenset[int]
    sells: bool
    oversees: bool
    keeps_pay: bool

    @property
    def people(self) -> frozenset[int]:
        """The person and all below."""
        return self.below | {self.person}

    @property
    def all_teams(self) -> frozenset[int]:
        return self.teams | self.led


def scope_of(person: Person) -> Scope:
    """The scope on the day on which the person acts; one query, then kept on the person."""
    kept: tuple[Any, Scope] | None = getattr(person, "_crm_scope", None)
    if kept is not None and kept[0] == person.acting_on:
        return kept[1]
    day = person.acting_on
    paths = ReportingPath.objects.filter(ancestor=person)
    paths = paths.filter(ends_before__isnull=True) if day is None else paths.on(day)
    paths = paths.order_by()
    members = TeamMembership.objects.filter(
        models.Q(person=person) | models.Q(person__in=paths.values("descendant"))
    )
    members = members.filter(ends_before__isnull=True) if day is None else members.on(day)
    # Everyone below with no team, and everyone with each team of theirs.
    nobody = models.Value(None, models.BigIntegerField())
    rows = paths.values_list("descendant_id", nobody).union(
        members.order_by().values_list("person_id", "team_id"), all=True
    )
    below: set[int] = set()
    teams: set[int] = set()
    led: set[int] = set()
    for member, team in rows:
        if team is None:
            below.add(member)
        else:
            (teams if member == person.pk else led).add(team)
    scope = Scope(
        person=person.pk,
        teams=frozenset(teams),
        below=frozenset(below),
        led=frozenset(led),
        sells=person.has_role(*SELLERS),
        oversees=person.has_role(*OVERSEERS),
        keeps_pay=person.has_role(*PAY_DESK),
    )
    person._crm_scope = (day, scope)  # type: ignore[attr-defined]
    return scope


def seen_by(scope: Scope) -> Q:
    """Which records somebody who sells may see: their own, those of all below them, what their team
    shares, what everyone may see, and what waits for an owner in a team of theirs."""
    return (
        Q(owner_id__in=scope.people)
        | Q(reach=Reach.ALL)
        | Q(reach=Reach.TEAM, team_id__in=scope.teams)
        | Q(owner_id__isnull=True, team_id__in=scope.all_teams)
    )


class RecordQuerySet(models.QuerySet[Any]):
    def visible_to(self, person: Person) -> Self:
        """An executive reads all; who sells what ``seen_by`` says; everybody else nothing."""
        scope = scope_of(person)
        if scope.oversees:
            return self
        return self.filter(seen_by(scope)) if scope.sells else self.none()

    def kept(self) -> Self:
        """Without what was merged into another record or put away."""
        return self.filter(archived_at__isnull=True)


class Record(models.Model):
    """A record of a team's customers, owned by one of its people or by nobody yet.

    ``version`` rises with every change, so that nobody overwrites what they have not seen.
    ``custom`` holds the values of the team's own fields, by the field's id.
    """

    team = models.ForeignKey(Team, models.PROTECT, related_name="+", verbose_name=_("team"))
    owner = models.ForeignKey(
        Person, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("owner")
    )
    reach = models.CharField(
        _("who may see it"), max_length=4, choices=Reach.choices, default=Reach.TEAM
    )
    source = models.CharField(
        pgettext_lazy("where a record came from", "source"),
        max_length=20,
        choices=Source.choices,
        blank=True,
    )
    source_detail = models.CharField(_("source in detail"), max_length=200, blank=True)
    custom = models.JSONField(default=dict, blank=True)
    version = models.PositiveIntegerField(default=1)
    created_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField(_("created"))
    changed_at = models.DateTimeField(_("last change"))
    archived_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        abstract = True


# What something may hang on: the four kinds of records, by the name of their foreign key.
RECORD_KINDS = ("company", "contact", "lead", "deal")


def on_one_record(name: str, kinds: tuple[str, ...] = RECORD_KINDS) -> models.CheckConstraint:
    """Exactly one of the foreign keys is filled."""
    one = Q()
    for kind in kinds:
        others = {f"{other}__isnull": True for other in kinds if other != kind}
        one |= Q(**{f"{kind}__isnull": False}, **others)
    return models.CheckConstraint(name=name, condition=one)


def on_some_record(name: str, kinds: tuple[str, ...] = RECORD_KINDS) -> models.CheckConstraint:
    """At least one of the foreign keys is filled."""
    some = Q()
    for kind in kinds:
        some |= Q(**{f"{kind}__isnull": False})
    return models.CheckConstraint(name=name, condition=some)


class TeamRules(models.Model):
    """What a team decided about its records: how far new ones can be seen."""

    team = models.OneToOneField(Team, models.PROTECT, related_name="+")
    reach = models.CharField(_("who may see it"), max_length=4, choices=Reach.choices)
    decided_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.team}: {self.reach}"
