"""Goals as lists, as a tree, and one with everything about it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db.models import Count, Exists, IntegerField, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from paceline.crm.models import scope_of
from paceline.goals import access, measures
from paceline.goals.models import (
    Agreement,
    CheckIn,
    Goal,
    GoalChange,
    GoalComment,
    GoalContributor,
    GoalPeriod,
    Retrospective,
    StrategyPage,
)
from paceline.org import queries as org
from paceline.org.models import Person, Team

ROOTS_MAX, BELOW_MAX = 40, 40
HISTORY_MAX, COMMENTS_MAX, CHECK_INS_MAX = 100, 200, 400
PARENTS_MAX = 2000


# What every list shows of a goal. More tables in one query are dear: PostgreSQL weighs every order
# of joining them, five in 4 ms and nine in 70, however few the rows.
SHOWN = ("period", "owner", "team", "last_check_in", "reading")


def goals_for(person: Person) -> QuerySet[Goal]:
    """The goals that a person may read, with what lists show of them."""
    dropped = Retrospective.objects.filter(goal=OuterRef("pk"), is_dropped=True)
    rows: QuerySet[Goal] = Goal.objects.visible_to(person)
    return rows.with_state().annotate(was_dropped=Exists(dropped)).select_related(*SHOWN)  # type: ignore[attr-defined, no-any-return]


def goals_with_names(person: Person) -> QuerySet[Goal]:
    """The same with the names of what they serve and of who proposed them."""
    above = Goal.objects.filter(pk=OuterRef("parent")).values("name")
    strategy = StrategyPage.objects.filter(pk=OuterRef("strategy")).values("title")
    by = Person.objects.filter(pk=OuterRef("created_by")).values("name")
    return goals_for(person).annotate(
        parent_name=Subquery(above[:1]),
        strategy_title=Subquery(strategy[:1]),
        proposed_by=Subquery(by[:1]),
    )


def periods() -> list[GoalPeriod]:
    """Every period, the latest first."""
    return list(GoalPeriod.objects.all()[:200])


def period_of_day(known: Iterable[GoalPeriod], on: date) -> GoalPeriod | None:
    """The period that one thinks of on a day: the shortest that holds it, else the latest."""
    rows = list(known)
    running = [one for one in rows if one.counts_on(on)]
    if running:
        return min(running, key=lambda one: (one.end - one.starts_on, -one.pk))
    return rows[0] if rows else None


@dataclass(slots=True)
class Node:
    """A goal in the tree. ``below`` are those that were fetched, ``count`` how many there are."""

    goal: Goal
    count: int = 0
    below: list[Node] = field(default_factory=list)

    @property
    def hidden(self) -> int:
        return max(self.count - len(self.below), 0)


@dataclass(slots=True)
class Level:
    """Goals below one parent, as far as they were fetched."""

    nodes: list[Node]
    more: bool


def _with_count(rows: QuerySet[Goal], person: Person) -> QuerySet[Goal]:
    below = Goal.objects.visible_to(person).filter(parent=OuterRef("pk")).order_by()
    counted = below.values("parent").annotate(n=Count("pk")).values("n")
    return rows.annotate(below=Coalesce(Subquery(counted, output_field=IntegerField()), 0))


def roots(person: Person, period: GoalPeriod, start: int = 0) -> Level:
    """The goals of a period that hang from nothing in it, with those right below. Two queries."""
    top = goals_for(person).filter(period=period)
    above = Goal.objects.visible_to(person).filter(period=period).values("pk")
    top = top.filter(Q(parent__isnull=True) | ~Q(parent__in=above)).order_by("rank", "pk")
    rows = list(_with_count(top, person)[start : start + ROOTS_MAX + 1])
    nodes = [Node(goal, goal.below) for goal in rows[:ROOTS_MAX]]  # type: ignore[attr-defined]
    _fetch_below(nodes, person)
    return Level(nodes, len(rows) > ROOTS_MAX)


def below(person: Person, parent: Goal, start: int = 0) -> Level:
    """The goals right below one, and below them. Two queries."""
    found = goals_for(person).filter(parent=parent).order_by("rank", "pk")
    rows = list(_with_count(found, person)[start : start + BELOW_MAX + 1])
    nodes = [Node(goal, goal.below) for goal in rows[:BELOW_MAX]]  # type: ignore[attr-defined]
    return Level(nodes, len(rows) > BELOW_MAX)


def _fetch_below(nodes: list[Node], person: Person) -> None:
    """The next level of a few goals, while it is small enough to be shown at once."""
    wanted, room = [], BELOW_MAX
    for node in nodes:
        if 0 < node.count <= room:
            wanted.append(node)
            room -= node.count
    if not wanted:
        return
    found = goals_for(person).filter(parent__in=[node.goal.pk for node in wanted])
    children: dict[int | None, list[Node]] = defaultdict(list)
    for goal in _with_count(found, person).order_by("rank", "pk"):
        children[goal.parent_id].append(Node(goal, goal.below))  # type: ignore[attr-defined]
    for node in wanted:
        node.below = children[node.goal.pk]


def neighbours(person: Person, goal: Goal) -> list[Goal]:
    """Those beside a goal that the person sees, in order, itself among them."""
    rows = Goal.objects.visible_to(person).filter(parent=goal.parent_id)
    if goal.parent_id is None:
        rows = rows.filter(period=goal.period_id)
    return list(rows.order_by("rank", "pk"))


@dataclass(slots=True)
class Everything:
    """What the page of a goal shows beside the goal itself."""

    check_ins: list[CheckIn]
    agreements: list[Agreement]
    changes: list[GoalChange]
    comments: list[GoalComment]
    contributors: list[GoalContributor]
    below: Level


def everything(person: Person, goal: Goal) -> Everything:
    """Six queries."""
    said = CheckIn.objects.filter(goal=goal).select_related("by").order_by("-on", "-id")
    agreed = Agreement.objects.filter(goal=goal).select_related("person")
    changes = GoalChange.objects.filter(goal=goal).select_related("by").order_by("-version")
    comments = GoalComment.objects.filter(goal=goal).select_related("author").order_by("-id")
    helped = list(GoalContributor.objects.filter(goal=goal).select_related("person"))
    goal._prefetched_objects_cache = {"contributors": helped}  # type: ignore[attr-defined]
    return Everything(
        check_ins=list(reversed(said[:CHECK_INS_MAX])),
        agreements=list(agreed[:HISTORY_MAX]),
        changes=list(changes[:HISTORY_MAX]),
        comments=list(reversed(comments[:COMMENTS_MAX])),
        contributors=helped,
        below=below(person, goal),
    )


def names_of(changes: Iterable[GoalChange], reader: Person) -> dict[str, dict[Any, str]]:
    """The names of what changes name by id: people, teams, periods, strategy pages, goals that the
    reader sees; and of measures by their keys."""
    wanted: dict[str, set[int]] = defaultdict(set)
    for change in changes:
        for said in (change.before, change.after):
            for name in ("owner", "team", "period", "parent", "strategy"):
                if isinstance(said.get(name), int):
                    wanted[name].add(said[name])
    found: dict[str, dict[Any, str]] = {}
    tables: dict[str, Any] = {
        "owner": Person.objects, "team": Team.objects, "period": GoalPeriod.objects,
        "parent": Goal.objects.visible_to(reader), "strategy": StrategyPage.objects,
    }  # fmt: skip
    for name, ids in wanted.items():
        rows = tables[name].filter(pk__in=ids)
        found[name] = {one.pk: str(one) for one in rows}
    said = {one.get("measure") for change in changes for one in (change.before, change.after)}
    keys = {key for key in said if key}
    if keys:
        known = measures.known(keys)
        found["measure"] = {key: one.label_for(reader) for key, one in known.items()}
    return found


def people_named(ids: Iterable[int | None]) -> dict[int, str]:
    """Names of people by id. One query at most."""
    wanted = {one for one in ids if one is not None}
    rows = Person.objects.filter(pk__in=wanted).values_list("pk", "name")
    return dict(rows) if wanted else {}


def owned_by(person: Person) -> QuerySet[Goal]:
    """Open goals that a person owns or helps with."""
    rows = goals_for(person).open()  # type: ignore[attr-defined]
    helps = GoalContributor.objects.filter(person=person).values("goal")
    found: QuerySet[Goal] = rows.filter(Q(owner=person) | Q(pk__in=helps))
    return found.order_by("-period__starts_on", "period", "-weight", "pk")


def parents_for(person: Person, period: GoalPeriod | None) -> QuerySet[Goal]:
    """Goals of the company and of teams that a new goal may serve, in days that overlap."""
    rows: QuerySet[Goal] = Goal.objects.visible_to(person).open().exclude(level="person")
    if period is not None:
        rows = rows.filter(
            period__starts_on__lt=period.end, period__ends_before__gt=period.starts_on
        )
    return rows.select_related("period", "team")


def parents_beside(person: Person, pk: int) -> list[Goal]:
    """A goal that a new one is to serve, if the person sees it, and the open ones that it may serve
    instead, in days that overlap. One query."""
    its = GoalPeriod.objects.filter(goals=pk)
    beside = Q(
        closed_at=None,
        level__in=["company", "team"],
        period__starts_on__lt=Subquery(its.values("ends_before")[:1]),
        period__ends_before__gt=Subquery(its.values("starts_on")[:1]),
    )
    rows: QuerySet[Goal] = Goal.objects.visible_to(person).filter(Q(pk=pk) | beside)
    return list(rows.select_related("period", "team"))


def waiting_for_word(
    person: Person, on: date, goals: QuerySet[Goal] | None = None
) -> QuerySet[Goal]:
    """Open goals on whose terms the person's own word is missing: as the owner, or as their lead;
    of all, or of some that know their state.

    A lead is asked once the owner has agreed; whoever leads on where a lead has left, too.
    """
    rows: Any = Goal.objects.with_state() if goals is None else goals
    rows = rows.open().filter(period__ends_before__gt=on)
    reports = org.led_by(person, on).values("pk")
    asked = Q(owner=person, owner_agreed=False) | Q(
        owner__in=reports, owner_agreed=True, lead_agreed=False
    )
    found: QuerySet[Goal] = rows.filter(asked)
    return found


def waiting_for_owner(person: Person, on: date) -> QuerySet[Goal]:
    """Open goals whose owner has left, as far as the person may give them to somebody: executives
    all, leads those of their teams."""
    rows: Any = Goal.objects.visible_to(person).without_owner(on)
    found: QuerySet[Goal] = rows
    if not access.may_change_every_goal(person):
        teams = scope_of(person).all_teams
        found = rows.filter(team__in=teams).exclude(level="company")
    return found


def periods_with_counts() -> list[GoalPeriod]:
    """Every period with how many goals are open in it and how many were closed."""
    closed = Q(goals__closed_at__isnull=False)
    rows = GoalPeriod.objects.annotate(
        open_goals=Count("goals", filter=~closed), closed_goals=Count("goals", filter=closed)
    )
    return list(rows[:200])
