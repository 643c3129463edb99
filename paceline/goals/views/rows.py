"""Goals as lists and trees show them: figures in words, a bar, states, and what may be done."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from django.urls import reverse

from paceline.goals import access, wording
from paceline.goals.measures import Source
from paceline.goals.models import Goal
from paceline.goals.progress import Standing
from paceline.goals.queries.goals import Level, Node
from paceline.goals.standing import sources_of, standing_of
from paceline.kernel import formats
from paceline.kernel.shell import Badge
from paceline.org.models import Person


@dataclass(slots=True)
class GoalRow:
    """One goal in words. ``filled`` is the bar: 0 to 100, None without a way to go."""

    goal: Any
    url: str
    value: str
    aim: str
    progress: str
    filled: str | None
    status: Badge
    state: Badge
    may_change: bool = False
    count: int = 0
    hidden: int = 0
    below: list[GoalRow] = field(default_factory=list)


def row_of(
    goal: Any, as_of: date, sources: Mapping[str, Source], person: Person | None = None
) -> GoalRow:
    standing = standing_of(goal, as_of, sources)
    return GoalRow(
        goal=goal,
        url=reverse("goals:goal", args=[goal.pk]),
        value=wording.value(standing.value, goal),
        aim=wording.aim(goal),
        progress=formats.percent(standing.progress) if standing.progress is not None else "",
        filled=filled(standing),
        status=wording.status(standing),
        state=wording.state(goal),
        may_change=person is not None and access.may_change(person, goal),
    )


def filled(standing: Standing) -> str | None:
    """How full the bar is, between nothing and the whole."""
    if standing.progress is None:
        return None
    share = min(max(standing.progress, Decimal(0)), Decimal(1))
    return f"{share.scaleb(2).normalize():f}"


def rows_of(goals: Iterable[Any], as_of: date, person: Person | None = None) -> list[GoalRow]:
    """Goals in words; the sources are looked up once."""
    found = list(goals)
    sources = sources_of(found)
    return [row_of(goal, as_of, sources, person) for goal in found]


def tree_rows(level: Level, as_of: date, person: Person) -> list[GoalRow]:
    """A level of the tree in words, with what was fetched below it."""
    every: list[Goal] = []
    waiting = list(level.nodes)
    while waiting:
        node = waiting.pop()
        every.append(node.goal)
        waiting += node.below
    sources = sources_of(every)

    def made(node: Node) -> GoalRow:
        row = row_of(node.goal, as_of, sources, person)
        row.count, row.hidden = node.count, node.hidden
        row.below = [made(one) for one in node.below]
        return row

    return [made(node) for node in level.nodes]
