"""Proposing goals, changing them, and what follows: new agreement, sources read anew."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from paceline.goals import measures
from paceline.goals.actions import record, tree
from paceline.goals.actions.figures import ReasonMissing
from paceline.goals.models import (
    Agreement,
    Direction,
    Goal,
    GoalChange,
    GoalContributor,
    GoalPeriod,
    GoalReading,
    Level,
    StrategyPage,
    Unit,
)
from paceline.goals.models.goals import TYPED
from paceline.kernel import audit, findable, jobs
from paceline.org.models import Person, Team

READ_JOB = "goals.read"
# What a source is asked about: with another of these it says something else.
MEASURED_BY = frozenset({"measure", "unit", "currency", "owner", "team", "period"})
FIELDS = (*record.TERMS, "team", "strategy", "why")
CONTRIBUTORS_MAX = 30


class GoalInvalid(Exception):
    """Something about the goal cannot be so. ``errors``: by field, sentences for the reader."""

    def __init__(self, errors: Mapping[str, list[str]]) -> None:
        super().__init__(str(dict(errors)))
        self.errors = dict(errors)


class TargetOnTheWrongSide(Exception):
    """The target lies on the other side of the start than the direction says."""


class AtLeastNothing(Exception):
    """A goal that begins at nought and asks for no more is reached whatever happens."""


class MeasureUnknown(Exception):
    """No source has this key now."""


class TooManyContributors(Exception):
    """A goal that more people help with than ``CONTRIBUTORS_MAX`` is a team's."""


@dataclass(frozen=True, slots=True)
class Conflict:
    """A field that somebody else changed to something else since the goal was read."""

    field: str
    theirs: Any
    mine: Any
    by: str
    at: datetime


class ChangedMeanwhile(Exception):
    """Somebody else changed the same fields since ``seen``; nothing was saved."""

    def __init__(self, goal: Goal, conflicts: list[Conflict]) -> None:
        super().__init__(str(goal))
        self.goal = goal
        self.conflicts = conflicts


@dataclass(frozen=True, slots=True)
class Measured:
    """How a goal is measured: by what, from where to where, and which side is good.

    The unit and whether there is a currency follow from the source; a typed measure says its own.
    """

    start_value: Decimal
    target: Decimal
    direction: Direction = Direction.UP
    measure: str = TYPED
    unit: Unit = Unit.QUANTITY
    currency: str = ""

    def facts(self) -> dict[str, Any]:
        """The fields of a goal. Raises as ``refuse_wrong_side``, and ``MeasureUnknown``."""
        unit = self.unit
        if self.measure != TYPED:
            source = measures.find(self.measure)
            if source is None:
                raise MeasureUnknown(self.measure)
            unit = source.unit
        counts = _counts(self.measure, unit)
        refuse_wrong_side(self.direction, self.start_value, self.target, counts=counts)
        return {
            "measure": self.measure,
            "unit": unit,
            "currency": self.currency if unit == Unit.MONEY else "",
            "start_value": self.start_value,
            "target": self.target,
            "direction": self.direction,
        }


def _counts(measure: str, unit: str) -> bool:
    """Whether a source counts it from nothing in each period."""
    return measure != TYPED and not measures.is_level(measure, unit)


def refuse_wrong_side(
    direction: str, start: Decimal, target: Decimal, *, counts: bool = False
) -> None:
    """Raises ``TargetOnTheWrongSide`` and ``AtLeastNothing``.

    A target equal to the start is to be held. But "no complaints" written as at least 0 would
    count as reached with three of them. What ``counts`` begins at nothing in each period: its
    start is only compared with, such as last year's 20 orders beside the 15 that are asked now.
    """
    if direction == Direction.UP and (target <= 0 if counts else start == target == 0):
        raise AtLeastNothing
    if counts:
        return
    if (target < start) if direction == Direction.UP else (target > start):
        raise TargetOnTheWrongSide


@dataclass(frozen=True, slots=True)
class Proposal:
    """A goal as it is proposed: whose, for when, what, why, and what it serves."""

    period: GoalPeriod
    name: str
    measured: Measured
    level: Level
    owner: Person | None
    team: Team | None = None
    parent: Goal | None = None
    strategy: StrategyPage | None = None
    weight: Decimal = Decimal(0)
    why: str = ""
    contributors: Iterable[Person] = ()


@transaction.atomic
def propose_goal(*, proposal: Proposal, by: Person | None, at: datetime) -> Goal:
    """Propose a goal; it counts once both sides agreed to it.

    Raises ``MeasureUnknown``, ``AtLeastNothing``, ``TargetOnTheWrongSide``, ``GoalInvalid``,
    ``ParentIsClosed``, ``TooDeep`` and ``TooManyContributors``.
    """
    tree.hold()
    goal = Goal(
        period=proposal.period,
        name=proposal.name.strip(),
        why=proposal.why.strip(),
        level=proposal.level,
        owner=proposal.owner,
        team=None if proposal.level == Level.COMPANY else proposal.team,
        strategy=proposal.strategy,
        weight=proposal.weight,
        created_by=by,
        created_at=at,
        changed_at=at,
        **proposal.measured.facts(),
    )
    tree.place_last(goal, proposal.parent)
    _check(goal, FIELDS)
    goal.save()
    _keep_contributors(goal, proposal.contributors, at)
    audit.record(
        "goal_proposed",
        subject=goal,
        by=by,
        at=at,
        after={**record.terms_of(goal), "level": str(goal.level)},
    )
    findable.changed("goal", [goal.pk])
    read_anew([goal])
    record.hint(goal, "proposed")
    record.tell(goal, _other_side(goal, at.date()), "goal_proposed", by=by, at=at)
    return goal


@transaction.atomic
def change_goal(
    *,
    goal: Goal,
    facts: Mapping[str, Any],
    contributors: Iterable[Person] | None = None,
    seen: int | None = None,
    reason: str = "",
    by: Person | None,
    at: datetime,
) -> Goal:
    """Change a goal. What both sides agreed to before needs a reason, and their word again.

    ``seen`` is the version that whoever asks has read: what others changed since in other fields
    stays, the same field changed to something else raises ``ChangedMeanwhile``. Raises also
    ``GoalIsClosed``, ``ReasonMissing``, ``AtLeastNothing``, ``TargetOnTheWrongSide``,
    ``GoalInvalid`` and ``TooManyContributors``.
    """
    found = record.locked(goal)
    differing = _differing(found, facts)
    if seen is not None and seen < found.version:
        conflicts, stale = conflicts_of(found, differing, seen)
        if conflicts:
            raise ChangedMeanwhile(found, conflicts)
        differing = {name: value for name, value in differing.items() if name not in stale}
    helped = contributors is not None and _keep_contributors(found, contributors, at)
    if not differing:
        if helped:
            record.hint(found, "changed")
        return found
    was_owned_by = found.owner_id
    before = {name: record.told(getattr(found, name)) for name in differing}
    for name, value in differing.items():
        setattr(found, name, value)
    if differing.keys() & {"direction", "start_value", "target", "measure", "unit"}:
        counts = _counts(found.measure, found.unit)
        refuse_wrong_side(found.direction, found.start_value, found.target, counts=counts)
    _check(found, differing)
    needs_word = bool(differing.keys() & set(record.TERMS))
    if needs_word:
        if Agreement.objects.filter(goal=found).exists() and not reason.strip():
            raise ReasonMissing(found)
        found.terms += 1
    record.note(found, before, reason=reason, by=by, at=at)
    saved = [*differing, "version", "terms", "changed_at"]
    found.save(update_fields=saved)
    if differing.keys() & MEASURED_BY:
        read_anew([found])
    _follow_change(found, was_owned_by, needs_word=needs_word, by=by, at=at)
    return found


def _follow_change(
    goal: Goal, was_owned_by: int | None, *, needs_word: bool, by: Person | None, at: datetime
) -> None:
    findable.changed("goal", [goal.pk])
    record.hint(goal, "changed")
    if goal.owner_id != was_owned_by and goal.owner is not None:
        record.tell(goal, [goal.owner], "goal_given", by=by, at=at)
    elif needs_word:
        record.tell(goal, _other_side(goal, at.date()), "goal_changed", by=by, at=at)


def _differing(goal: Goal, facts: Mapping[str, Any]) -> dict[str, Any]:
    unknown = sorted(set(facts) - set(FIELDS))
    if unknown:
        raise KeyError(", ".join(unknown))
    return {
        name: value
        for name, value in facts.items()
        if record.told(getattr(goal, name)) != record.told(value)
    }


def conflicts_of(
    goal: Goal, differing: Mapping[str, Any], seen: int
) -> tuple[list[Conflict], set[str]]:
    """Fields that both changed to different values; and those that only the other person did."""
    found: dict[str, Conflict] = {}
    first: dict[str, Any] = {}
    rows = GoalChange.objects.filter(goal=goal, version__gt=seen).select_related("by")
    for change in rows.order_by("version"):
        for name, value in change.after.items():
            first.setdefault(name, change.before.get(name))
            if name in differing:
                who = "Paceline" if change.by is None else change.by.name
                found[name] = Conflict(name, value, record.told(differing[name]), who, change.at)
    # Whoever still sends the value that they read has not changed this field.
    conflicts = [one for name, one in found.items() if one.mine != first[name]]
    return conflicts, set(first) - {one.field for one in conflicts}


def _check(goal: Goal, names: Iterable[str]) -> None:
    wanted = set(names)
    others = [one.name for one in goal._meta.fields if one.name not in wanted]
    try:
        goal.clean_fields(exclude=others)
    except ValidationError as error:
        raise GoalInvalid(error.message_dict) from error


def _keep_contributors(goal: Goal, people: Iterable[Person], at: datetime) -> bool:
    """Bring those who help in line; returns whether anything changed. The owner is none of them."""
    wanted = {one.pk: one for one in people if one.pk != goal.owner_id}
    if len(wanted) > CONTRIBUTORS_MAX:
        raise TooManyContributors
    known = set(GoalContributor.objects.filter(goal=goal).values_list("person_id", flat=True))
    gone, new = known - wanted.keys(), wanted.keys() - known
    if gone:
        GoalContributor.objects.filter(goal=goal, person__in=gone).delete()
    GoalContributor.objects.bulk_create(
        GoalContributor(goal=goal, person=wanted[pk], since=at) for pk in sorted(new)
    )
    return bool(gone or new)


def read_anew(changed: Iterable[Goal]) -> None:
    """Forget what sources said of goals that are about something else now, and ask them again."""
    found = list(changed)
    GoalReading.objects.filter(goal__in=found).delete()
    asked = [goal.pk for goal in found if goal.measure != TYPED]
    if asked:
        jobs.enqueue(READ_JOB, goals=asked)


def _other_side(goal: Goal, on: date) -> list[Person]:
    owner = [] if goal.owner is None else [goal.owner]
    return [*owner, *record.leads_of(goal, on)]
