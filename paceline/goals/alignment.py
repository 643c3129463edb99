"""Where goals do not fit together: rules over the open goals of a period.

An app above adds what it knows by :func:`contribute`, such as goals that no pay plan rewards.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from paceline.goals.measures import Source
from paceline.goals.models import Direction, GoalPeriod, Level
from paceline.goals.models.goals import TYPED
from paceline.org.models import Person

WHOLE = Decimal(100)


@dataclass(frozen=True, slots=True)
class Line:
    """An open goal as the rules look at it; ``owner_left``: nobody who works here owns it."""

    pk: int
    name: str
    level: str
    owner_id: int | None
    team_id: int | None
    parent_id: int | None
    strategy_id: int | None
    measure: str
    unit: str
    currency: str
    target: Decimal
    direction: str
    weight: Decimal
    owner: str | None = None
    owner_left: bool = False


@dataclass(frozen=True, slots=True)
class Item:
    """Something that does not fit: what, whose and why, where to look; what it does not fit with
    (``other``), and the way to mend it (``mend``) for who may, each as words and an address."""

    label: str
    detail: str
    url: str
    other: tuple[str, str] | None = None
    mend: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """Findings that belong together, such as those of a team, under one line."""

    label: str
    detail: str
    items: list[Item]


@dataclass(slots=True)
class Section:
    """Findings by one rule, which it says in words; many of them by group."""

    key: str
    title: str
    rule: str
    items: list[Item] = field(default_factory=list)
    count: int = 0
    groups: list[Group] = field(default_factory=list)


Contribution = Callable[[Person, GoalPeriod, Sequence[Line], date], list[Section]]
_contributions: list[Contribution] = []


def contribute(find: Contribution) -> None:
    """Let an app above add sections; called once at start. It gets the person, the period, the
    goals that the person sees, and the day."""
    _contributions.append(find)


def contributed(
    person: Person, period: GoalPeriod, lines: Sequence[Line], on: date
) -> list[Section]:
    return [one for find in _contributions for one in find(person, period, lines, on)]


def hanging(lines: Iterable[Line]) -> list[Line]:
    """Goals that serve no other goal and no strategy."""
    return [one for one in lines if one.parent_id is None and one.strategy_id is None]


def crooked_weights(lines: Iterable[Line]) -> dict[int, Decimal]:
    """By owner, weights that together are not 100."""
    sums: dict[int, Decimal] = defaultdict(Decimal)
    for one in lines:
        if one.owner_id is not None:
            sums[one.owner_id] += one.weight
    return {owner: total for owner, total in sums.items() if total != WHOLE}


@dataclass(frozen=True, slots=True)
class Pull:
    """Two goals that pull against each other, and whether the one's rise hurts the other."""

    one: Line
    other: Line
    is_opposite: bool


def pulls(lines: Sequence[Line], sources: Mapping[str, Source]) -> list[Pull]:
    """Goals of one owner, or one above the other, where reaching the one hinders the other.

    They do when one measure is to rise and to fall at once; or when a source that is to rise is
    known to lower one that is to rise, or to raise one that is to fall.
    """
    found = []
    for one, other in _pairs(lines):
        if _is_opposite(one, other):
            found.append(Pull(one, other, is_opposite=True))
        elif _hurts(one, other, sources):
            found.append(Pull(one, other, is_opposite=False))
        elif _hurts(other, one, sources):
            found.append(Pull(other, one, is_opposite=False))
    return found


def _pairs(lines: Sequence[Line]) -> Iterator[tuple[Line, Line]]:
    """Goals worth comparing: one of each measure and direction of an owner, and each goal with the
    one above it."""
    by_owner: dict[int, dict[tuple[str, str], Line]] = defaultdict(dict)
    known = {one.pk: one for one in lines}
    for one in lines:
        if one.measure == TYPED:
            continue
        above = known.get(one.parent_id or 0)
        if above is not None and above.measure != TYPED and above.owner_id != one.owner_id:
            yield above, one
        if one.owner_id is not None:
            owned = by_owner[one.owner_id]
            if (one.measure, one.direction) not in owned:
                for before in owned.values():
                    yield before, one
                owned[one.measure, one.direction] = one


def _is_opposite(one: Line, other: Line) -> bool:
    return one.measure == other.measure and one.direction != other.direction


def _hurts(rising: Line, other: Line, sources: Mapping[str, Source]) -> bool:
    source = sources.get(other.measure)
    if source is None or rising.direction != Direction.UP:
        return False
    hurt_by = source.lowered_by if other.direction == Direction.UP else source.raised_by
    return rising.measure in hurt_by


@dataclass(frozen=True, slots=True)
class Shortfall:
    """A goal whose goals below, measured alike, do not make up its target."""

    above: Line
    total: Decimal
    count: int


# An amount of one currency in another; None where no rate is known.
Convert = Callable[[Decimal, str, str], Decimal | None]


def shortfalls(
    lines: Sequence[Line], sources: Mapping[str, Source], convert: Convert
) -> list[Shortfall]:
    """Targets that add up (sums, not rates) and are less than the target above them.

    Money of another currency is converted; where one has no rate, nothing is claimed.
    """
    below: dict[int, list[Line]] = defaultdict(list)
    for one in lines:
        if one.parent_id is not None:
            below[one.parent_id].append(one)
    found = []
    for above in lines:
        source = sources.get(above.measure)
        if source is None or source.is_level or above.direction != Direction.UP:
            continue
        targets = [
            one.target
            if one.currency == above.currency
            else convert(one.target, one.currency, above.currency)
            for one in below[above.pk]
            if (one.measure, one.direction) == (above.measure, above.direction)
        ]
        known = [target for target in targets if target is not None]
        total = sum(known, Decimal(0))
        if known and len(known) == len(targets) and total < above.target:
            found.append(Shortfall(above, total, len(known)))
    return found


def without_goals(people: Iterable[int], lines: Iterable[Line]) -> list[int]:
    """Those of the people who own no goal."""
    owning = {one.owner_id for one in lines}
    return [pk for pk in people if pk not in owning]


def is_personal(line: Line) -> bool:
    return line.level == Level.PERSON
