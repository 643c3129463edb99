"""What the alignment page looks at: the open goals of a period, and who ought to have some."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db.models import Exists, OuterRef, Subquery, Value
from django.db.models.functions import Coalesce

from paceline.crm.models import scope_of
from paceline.goals.alignment import Line
from paceline.goals.models import Goal, GoalPeriod
from paceline.goals.models.goals import OVERSEERS
from paceline.org.models import Employment, Person, Role, RoleGrant, TeamMembership

FIELDS = (
    "pk", "name", "level", "owner_id", "team_id", "parent_id", "strategy_id", "measure", "unit",
    "currency", "target", "direction", "weight",
    "owner__name", "owner_left",
)  # fmt: skip
SELLERS = (Role.SALESPERSON, Role.LEAD)


def lines_for(person: Person, period: GoalPeriod, on: date) -> list[Line]:
    """The open goals of a period that a person sees, and whether anybody answers for them on a day.
    One query."""
    rows = Goal.objects.visible_to(person).open().filter(period=period).order_by("rank", "pk")
    works = Employment.objects.filter(person=OuterRef("owner")).on(on)
    return [Line(*row) for row in rows.annotate(owner_left=~Exists(works)).values_list(*FIELDS)]


@dataclass(frozen=True, slots=True)
class Expected:
    """Somebody who ought to own goals, and the team where they are."""

    pk: int
    name: str
    team: str


def expected_owners(person: Person, on: date) -> dict[int, Expected]:
    """Who sells or leads and is the reader's business: themselves and those below; for whoever
    oversees, everybody. By name; one query."""
    grants = RoleGrant.objects.filter(role__in=SELLERS).on(on)
    people = Person.objects.employed_on(on).filter(pk__in=grants.values("person"))
    if not person.has_role(*OVERSEERS):
        people = people.filter(pk__in=scope_of(person).people)
    team = TeamMembership.objects.filter(person=OuterRef("pk")).on(on).values("team__name")
    rows = people.annotate(team=Coalesce(Subquery(team[:1]), Value("")))
    found = rows.order_by("name", "pk").values_list("pk", "name", "team")
    return {row[0]: Expected(*row) for row in found}
