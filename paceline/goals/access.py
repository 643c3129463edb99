"""Who may read and set what others are asked to reach."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import pgettext_lazy

from paceline.crm.models import scope_of
from paceline.goals.models import Goal, Level, Side
from paceline.goals.models.goals import OVERSEERS
from paceline.kernel.rights import EVERYONE, LINE_BELOW, Act, Relation, Rule, Section
from paceline.org.models import (
    Person,
    PersonQuerySet,
    ReportingPath,
    Role,
    Team,
    TeamMembership,
)

QUOTA = Section(
    pgettext_lazy("object of a right", "quota"),
    (
        Rule(
            "*",
            "read",
            roles=frozenset({Role.COMPENSATION, Role.FINANCE, Role.EXECUTIVE}),
            relations=LINE_BELOW | {Relation.SELF},
        ),
        Rule("*", "set", Act.MAKE, roles=frozenset({Role.COMPENSATION}), note="by hand or by file"),
    ),
)
FIGURE = Section(
    pgettext_lazy("object of a right", "entered figure"),
    (
        Rule(
            "*",
            "read",
            roles=frozenset({Role.COMPENSATION, Role.FINANCE, Role.EXECUTIVE}),
            relations=LINE_BELOW | {Relation.SELF},
        ),
        Rule(
            "*", "enter", Act.MAKE, roles=frozenset({Role.COMPENSATION}), note="by hand or by file"
        ),
    ),
)
EXECUTIVES = frozenset({Role.EXECUTIVE})
LEADS = frozenset({Role.LEAD, Role.EXECUTIVE})
OURS = LINE_BELOW | {Relation.SELF, Relation.PEER}
OWN_LINE = LINE_BELOW | {Relation.SELF}
GOAL = Section(
    pgettext_lazy("object of a right", "goal"),
    (
        Rule("of the company and of teams", "read", relations=EVERYONE),
        Rule(
            "of a person",
            "read",
            roles=frozenset(OVERSEERS),
            relations=OURS,
            note="peers of the team in which it was made; whoever contributes",
        ),
        Rule("of the company", "change", Act.MAKE, roles=EXECUTIVES, note="and propose"),
        Rule(
            "of a team",
            "change",
            Act.MAKE,
            roles=LEADS,
            note="and propose; of teams that they belong to or lead; executives of all",
        ),
        Rule(
            "of a person",
            "change",
            Act.MAKE,
            roles=EXECUTIVES,
            relations=OWN_LINE,
            note="and propose; of somebody who left, the leads of the team",
        ),
        Rule(
            "*",
            "agree",
            Act.MAKE,
            relations=OWN_LINE,
            note="the owner for one side, somebody above for the other; both have to",
        ),
        Rule(
            "*",
            "check in",
            Act.MAKE,
            relations=frozenset({Relation.SELF}),
            note="the owner, and whoever contributes",
        ),
        Rule("*", "comment", Act.MAKE, relations=EVERYONE, note="whoever may read it"),
    ),
)
BEHIND = Section(
    pgettext_lazy("object of a right", "order line behind a goal"),
    (
        Rule(
            "day, order, product, amount",
            "read",
            roles=frozenset({Role.COMPENSATION, Role.FINANCE, Role.EXECUTIVE}),
            relations=OWN_LINE,
            note="of lines that count for somebody, on the days when they were below",
        ),
    ),
)
PERIOD = Section(
    pgettext_lazy("object of a right", "period of goals"),
    (
        Rule("*", "read", relations=EVERYONE),
        Rule("*", "keep", Act.MAKE, roles=frozenset(OVERSEERS), note="add, and move with a reason"),
    ),
)
STRATEGY = Section(
    pgettext_lazy("object of a right", "strategy page"),
    (
        Rule("*", "read", relations=EVERYONE),
        Rule("*", "comment", Act.MAKE, relations=EVERYONE),
        Rule("of the company", "write", Act.MAKE, roles=EXECUTIVES),
        Rule("of a team", "write", Act.MAKE, roles=LEADS, note="of the own teams"),
    ),
)
SECTIONS = (QUOTA, FIGURE, GOAL, BEHIND, PERIOD, STRATEGY)


def may_set_quota(person: Person) -> bool:
    return QUOTA.allows("set", person.roles)


def may_read_all_quotas(person: Person) -> bool:
    return QUOTA.allows("read", person.roles)


def may_enter_figures(person: Person) -> bool:
    return FIGURE.allows("enter", person.roles)


def may_read_all_figures(person: Person) -> bool:
    return FIGURE.allows("read", person.roles)


def told_of_lines(person: Person) -> Callable[[int | None, date], bool]:
    """Whether the person is told of an order line that counts for somebody on a day: whoever reads
    all, else of their own and of those who stood below them then. One query."""
    if BEHIND.allows("read", person.roles, of_field="day, order, product, amount"):
        return lambda _who, _on: True
    below: dict[int, list[tuple[date, date | None]]] = {}
    paths = ReportingPath.objects.filter(ancestor=person)
    for who, first, end in paths.values_list("descendant", "starts_on", "ends_before"):
        below.setdefault(who, []).append((first, end))

    def is_told(who: int | None, on: date) -> bool:
        if who == person.pk:
            return True
        days = below.get(who or 0, ())
        return any(first <= on and (end is None or on < end) for first, end in days)

    return is_told


def may_keep_periods(person: Person) -> bool:
    return PERIOD.allows("keep", person.roles)


def may_write_strategy(person: Person, team: Team | None) -> bool:
    """Executives everywhere; leads for the teams that they belong to or lead."""
    if STRATEGY.allows("write", person.roles, of_field="of the company"):
        return True
    by_role = STRATEGY.allows("write", person.roles, of_field="of a team")
    return by_role and team is not None and team.pk in scope_of(person).all_teams


def may_write_any_strategy(person: Person) -> bool:
    return STRATEGY.allows("write", person.roles, of_field="of a team")


def may_change_every_goal(person: Person) -> bool:
    return GOAL.allows("change", person.roles, of_field="of the company")


def may_see_goals_without_owner(person: Person) -> bool:
    """Who may give a goal to somebody else has a list of those that wait for it."""
    return GOAL.allows("change", person.roles, of_field="of a team")


def may_propose(person: Person, level: str, team_id: int | None, owner_id: int | None) -> bool:
    """Whether the person may propose a goal of this level, team and owner."""
    if may_change_every_goal(person):
        return True
    scope = scope_of(person)
    if level == Level.PERSON:
        return owner_id in scope.people
    by_role = GOAL.allows("change", person.roles, of_field="of a team")
    return level == Level.TEAM and by_role and team_id in scope.all_teams


def levels_for(person: Person) -> list[Level]:
    """Whose goals the person may propose at all: of the company, of a team, of somebody."""
    if may_change_every_goal(person):
        return list(Level)
    by_role = GOAL.allows("change", person.roles, of_field="of a team")
    return [Level.TEAM, Level.PERSON] if by_role else [Level.PERSON]


def owners_for(person: Person, on: date, goal: Goal | None = None) -> PersonQuerySet:
    """Whom the person may name as the owner of a goal: a new one, or one that they change."""
    people = Person.objects.visible_to(person).employed_on(on)
    return people.filter(may_be_named(person, on, goal))


def may_be_named(person: Person, on: date, goal: Goal | None = None) -> Q:
    """What is true of those whom the person may name as owners: themselves and all below,
    executives everybody. A goal of a team that one leads may go to its members, too, and may stay
    with whoever has it."""
    if may_change_every_goal(person):
        return Q(pk__isnull=False)
    scope = scope_of(person)
    named = Q(pk__in=scope.people)
    if goal is not None:
        named |= Q(pk=goal.owner_id)
        leads = GOAL.allows("change", person.roles, of_field="of a team")
        if leads and goal.team_id in scope.all_teams:
            members = TeamMembership.objects.on(on).filter(team=goal.team_id)
            named |= Q(pk__in=members.values("person"))
    return named


def teams_for(person: Person, goal: Goal | None = None) -> QuerySet[Team]:
    """Teams that a goal which the person proposes or changes may be of."""
    if may_change_every_goal(person):
        return Team.objects.all()
    own = scope_of(person).all_teams
    return Team.objects.filter(pk__in=own if goal is None else {*own, goal.team_id})


def may_change(person: Person, goal: Goal) -> bool:
    """Whether the person may change, move, drop or close a goal that they see."""
    if goal.closed_at is not None:
        return False
    if may_propose(person, goal.level, goal.team_id, goal.owner_id):
        return True
    scope = scope_of(person)
    if goal.owner_id in scope.people:
        return True
    # Whoever left is in nobody's line any more: the leads of the team look after their goals.
    leads = GOAL.allows("change", person.roles, of_field="of a team")
    return leads and goal.team_id in scope.all_teams and not _stands_in_line(person, goal)


def _stands_in_line(person: Person, goal: Goal) -> bool:
    """Whether somebody stands above the owner on the day on which the person acts. One query, kept
    on the person."""
    day = person.acting_on
    kept: tuple[Any, frozenset[int]] | None = getattr(person, "_in_line", None)
    if kept is None or kept[0] != day:
        paths = ReportingPath.objects.filter(depth=1)
        paths = paths.filter(ends_before__isnull=True) if day is None else paths.on(day)
        kept = (day, frozenset(paths.values_list("descendant_id", flat=True)))
        person._in_line = kept  # type: ignore[attr-defined]
    return goal.owner_id in kept[1]


def side_of(person: Person, goal: Goal) -> Side | None:
    """For which side the person may agree to the goal, if for any."""
    if goal.owner_id is None or goal.closed_at is not None:
        return None
    if goal.owner_id == person.pk:
        return Side.OWNER
    if goal.owner_id in scope_of(person).below:
        return Side.LEAD
    return None


def may_check_in(person: Person, goal: Goal) -> bool:
    """The owner and who contributes, while the goal is open."""
    if goal.closed_at is not None:
        return False
    return goal.owner_id == person.pk or any(
        one.person_id == person.pk for one in goal.contributors.all()
    )
