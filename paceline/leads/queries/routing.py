"""Rules of a team, the people they choose among, and the trace of what they did."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import Count, Max, QuerySet

from paceline.crm.models import OPEN_STATUSES, Deal, Lead, StageKind
from paceline.crm.models.records import SELLERS
from paceline.leads.choosing import Candidate
from paceline.leads.models import Assignment, RoutingDesk, RoutingRule
from paceline.leads.queries.hours import hours_of_people
from paceline.org.models import Employment, Leave, Person, RoleGrant, Team, TeamMembership

WORK = {"lead": Lead, "deal": Deal}


def desk_of(team: Team) -> RoutingDesk | None:
    """What a team decided about its leads."""
    return RoutingDesk.objects.filter(team=team).select_related("fallback").first()


def rules_of(team: Team | int) -> QuerySet[Any]:
    """The rules of a team in order, their members with them."""
    rows = RoutingRule.objects.filter(team=team, removed_at__isnull=True)
    return rows.prefetch_related("members__person").order_by("rank", "id")


def teams_with_rules() -> set[int]:
    """The ids of the teams that have at least one rule."""
    rows = RoutingRule.objects.filter(removed_at__isnull=True)
    return set(rows.order_by().values_list("team", flat=True).distinct())


def sellers_of(team: Team, at: datetime) -> list[Person]:
    """Those of a team who sell on the day; the lead of the team may put them into rules."""
    on = at.date()
    members = TeamMembership.objects.on(on).filter(team=team).values("person")
    grants = RoleGrant.objects.on(on).filter(role__in=SELLERS).values("person")
    rows = Person.objects.employed_on(on).filter(pk__in=members).filter(pk__in=grants)
    return list(rows.order_by("name", "id"))


def candidates_of(
    rules: Iterable[RoutingRule],
    team_id: int,
    *,
    more: Iterable[int] = (),
    had_it: Iterable[int] = (),
    at: datetime,
) -> dict[int, dict[int, Candidate]]:
    """For each rule (0: nobody's rule) whom it may choose among, as they are at a moment.

    Ten queries, however many rules and people there are. Days are those of each person's zone.
    """
    rules = list(rules)
    ids = {member.person_id for rule in rules for member in rule.members.all()} | set(more)
    hours = hours_of_people(ids, team_id, at.date())
    days = {pk: at.astimezone(hours[pk].zone).date() for pk in ids}
    here = _counting(Employment.objects.filter(person_id__in=ids), days)
    away = _counting(Leave.objects.filter(person_id__in=ids), days)
    grants = RoleGrant.objects.filter(person_id__in=ids, role__in=SELLERS)
    sells = _counting(grants, days)
    leads = _open(Lead.objects.kept().filter(owner_id__in=ids, status__in=OPEN_STATUSES))
    deals = _open(Deal.objects.kept().filter(owner_id__in=ids, stage__kind=StageKind.OPEN))
    given = dict(
        Assignment.objects.filter(person_id__in=ids)
        .order_by()
        .values_list("person_id")
        .annotate(last=Max("at"))
    )
    had = set(had_it)

    def candidate(pk: int, rule: RoutingRule | None) -> Candidate:
        load = Decimal(0)
        if rule is not None:
            load = leads[pk] * rule.lead_weight + deals[pk] * rule.deal_weight
        return Candidate(
            person=pk,
            is_here=pk in here,
            is_away=pk in away,
            sells=pk in sells,
            is_at_work=hours[pk].are_open(at),
            had_it=pk in had,
            load=load,
            given_at=given.get(pk),
        )

    found = {
        rule.pk: {m.person_id: candidate(m.person_id, rule) for m in rule.members.all()}
        for rule in rules
    }
    return found | {0: {pk: candidate(pk, None) for pk in more}}


def _counting(rows: Any, days: dict[int, Any]) -> set[int]:
    """Those who have a row that counts on their day."""
    return {one.person_id for one in rows if one.counts_on(days[one.person_id])}


def _open(rows: Any) -> dict[int, int]:
    counts = dict(rows.order_by().values_list("owner_id").annotate(n=Count("pk")))
    return defaultdict(int, counts)


def assignments_of(lead: Lead, limit: int = 10) -> list[Assignment]:
    """How rules gave a lead, the latest first."""
    rows = Assignment.objects.filter(lead=lead).select_related("rule", "person", "by")
    return list(rows.order_by("-id")[:limit])
